"""Tables of properties: interpolation, monotony, ranges, and laws taken from a package."""

from __future__ import annotations

import sys
from types import ModuleType

import numpy as np
import pytest
import ufl
from scipy.interpolate import PchipInterpolator

from femsoret.base.errors import FluidError, MissingDependency
from femsoret.fluids import load_fluid, read_fluid
from femsoret.fluids.database import fluid_toml
from femsoret.fluids.properties import (
    Arrhenius,
    InMoleFraction,
    Limited,
    Linear,
    OutOfRange,
    Reflected,
    Sum,
    Table,
    VogelFulcherTammann,
    make_property,
)
from femsoret.fluids.sourced import sourced

KNOTS_T = (280.0, 285.0, 296.0, 300.0, 320.0)
KNOTS_C = (0.1, 0.3, 0.45, 0.9)


def table(values, T=KNOTS_T, c=KNOTS_C, **more):
    rows = tuple(tuple(map(float, row)) for row in values)
    return Table(rows, tuple(map(float, T)), tuple(map(float, c)), **more)


def at_ufl(law, T, c):
    """Evaluate a law of UFL expressions at a point."""
    return float(ufl.as_ufl(law(ufl.as_ufl(T), ufl.as_ufl(c)))(()))


# -- interpolation --------------------------------------------------------------------------------


def test_along_one_axis_it_is_scipys():
    values = (1.0, 1.2, 4.0, 3.0, 3.5)
    T = np.linspace(280.0, 320.0, 101)
    expected = PchipInterpolator(KNOTS_T, values)(T)
    np.testing.assert_allclose(Table(values, T=KNOTS_T)(T, 0.5), expected, rtol=1e-13)
    c = np.linspace(0.1, 0.9, 101)
    in_c = Table(values[:4], c=KNOTS_C)
    np.testing.assert_allclose(in_c(300.0, c), PchipInterpolator(KNOTS_C, values[:4])(c), 1e-13)


def test_a_bilinear_table_is_reproduced():
    T, c = np.meshgrid(KNOTS_T, KNOTS_C, indexing="ij")
    law = table(2.0 + 0.1 * (T - 300.0) - 3.0 * c + 0.02 * c * (T - 300.0))
    T, c = np.meshgrid(np.linspace(280, 320, 23), np.linspace(0.1, 0.9, 17), indexing="ij")
    exact = 2.0 + 0.1 * (T - 300.0) - 3.0 * c + 0.02 * c * (T - 300.0)
    np.testing.assert_allclose(law(T, c), exact, atol=1e-12)


def test_values_at_the_knots_and_columns_between_them():
    rng = np.random.default_rng(1)
    values = rng.normal(size=(5, 4))
    law = table(values)
    T, c = np.meshgrid(KNOTS_T, KNOTS_C, indexing="ij")
    np.testing.assert_allclose(law(T, c), values, atol=1e-13)


def test_it_converges_to_a_smooth_function():
    def exact(T, c):
        return np.exp((T - 300.0) / 30.0) * (1.0 + c + c**2)

    errors = []
    for n in (9, 17, 33):
        T, c = np.linspace(280, 320, n), np.linspace(0.1, 0.9, n)
        law = table(exact(T[:, None], c), T, c)
        T, c = np.linspace(281, 319, 77)[:, None], np.linspace(0.12, 0.88, 77)
        errors.append(np.abs(law(T, c) - exact(T, c)).max())
    assert errors[0] < 3e-3
    assert errors[1] < errors[0] / 3.5
    assert errors[2] < errors[1] / 3.5


@pytest.mark.parametrize("seed", range(12))
def test_it_is_monotone_where_its_values_are(seed):
    # Steep steps, for which the slopes along the lines of the grid alone would overshoot between.
    rng = np.random.default_rng(seed)
    n, m = rng.integers(2, 7, 2)
    steps = rng.exponential(1.0, (n, m)) ** 3 * (rng.random((n, m)) < 0.5)
    values = np.cumsum(np.cumsum(steps, axis=0), axis=1)
    T = 280.0 + np.cumsum(rng.exponential(3.0, n))
    c = 0.9 * np.cumsum(rng.exponential(1.0, m)) / (2.0 * m) % 1.0
    c = np.sort(c) + 1e-3 * np.arange(m)
    found = table(values, T, c)(
        np.linspace(T[0], T[-1], 151)[:, None], np.linspace(c[0], c[-1], 151)
    )
    for axis in (0, 1):
        assert np.diff(found, axis=axis).min() > -1e-11 * np.ptp(values)


def test_numbers_are_those_of_ufl_in_every_interval_and_outside():
    rng = np.random.default_rng(2)
    law = table(rng.normal(size=(5, 4)), outside="linear")
    for T in (270.0, 280.0, 283.0, 285.0, 290.0, 299.0, 300.0, 310.0, 320.0, 330.0):
        for c in (0.05, 0.1, 0.2, 0.4, 0.45, 0.7, 0.95):
            assert at_ufl(law, T, c) == pytest.approx(float(law(T, c)), rel=1e-12, abs=1e-13)


def test_the_slope_is_continuous():
    rng = np.random.default_rng(3)
    law, h = table(rng.normal(size=(5, 4)), outside="linear"), 1e-6
    for T in KNOTS_T:
        before, after = (law(T, 0.37) - law(T - h, 0.37)) / h, (law(T + h, 0.37) - law(T, 0.37)) / h
        assert after == pytest.approx(before, abs=1e-5)


def test_the_mirror_image_of_a_table_has_the_mirrored_values():
    values = np.array([[1.0, 1.1, 3.0, 3.1], [1.5, 1.7, 3.1, 8.0]])
    law = table(values, (280.0, 300.0))
    turned = table(values[::-1, ::-1], (280.0, 300.0), tuple(1.0 - c for c in KNOTS_C[::-1]))
    assert turned(300.0 - 6.0, 1.0 - 0.6) == pytest.approx(float(law(286.0, 0.6)), rel=1e-12)


# -- published values -----------------------------------------------------------------------------

CCL4, CYCLOHEXANE = 0.153823, 0.084162
ALPHA_1 = {
    "kind": "polynomial",
    "coefficients": [[-1.831, 0.181], [0.0104, -0.0008]],
    "T_ref": 298.15,
}
S_T_OF_CCL4 = {
    "kind": "in-mole-fraction",
    "model": {
        "kind": "product",
        "factors": [ALPHA_1, {"kind": "power", "value": -1.0, "T_ref": 1.0, "exponent": -1}],
    },
    "molar_masses": [CCL4, CYCLOHEXANE],
}
D_OF_CCL4 = {
    "kind": "in-mole-fraction",
    "model": {
        "kind": "polynomial",
        "coefficients": [[1.481e-9, -0.187e-9], [0.0244e-9, 0.0024e-9]],
        "T_ref": 298.15,
    },
    "molar_masses": [CCL4, CYCLOHEXANE],
}


@pytest.mark.parametrize(
    ("x", "S_T", "D"),
    [(0.1, 6.08e-3, 1.462e-9), (0.5, 5.84e-3, 1.388e-9), (0.9, 5.59e-3, 1.313e-9)],
)
def test_ccl4_cyclohexane(x, S_T, D):
    # T. G. Anderson, F. H. Horne, J. Chem. Phys. 55 (1971) 2831: alpha_1 and D, bilinear in mole
    # fraction and Celsius temperature; S_T = -alpha_1/T, here rounded to three digits.
    c = x * CCL4 / (x * CCL4 + (1.0 - x) * CYCLOHEXANE)
    assert make_property(S_T_OF_CCL4)(298.15, c) == pytest.approx(S_T, abs=0.5e-5)
    assert make_property(D_OF_CCL4)(298.15, c) == pytest.approx(D, abs=0.6e-12)
    warmer = make_property(D_OF_CCL4)(308.15, c)
    assert warmer == pytest.approx(D + 10.0 * (0.0244 + 0.0024 * x) * 1e-9, abs=1e-12)


def test_a_law_in_mole_fractions_takes_the_molar_masses_of_its_fluid(tmp_path):
    law = {key: value for key, value in S_T_OF_CCL4.items() if key != "molar_masses"}
    fluid = load_fluid("water-ethanol").with_(soret=law, molar_masses=[CCL4, CYCLOHEXANE], c=0.5)
    assert (
        pytest.approx(float(make_property(S_T_OF_CCL4)(298.15, 0.5)), rel=1e-12)
        == fluid.at(298.15, 0.5).S_T
    )
    swapped = fluid.swapped()
    assert pytest.approx(-fluid.at(298.15, 0.7).S_T, rel=1e-12) == swapped.at(298.15, 0.3).S_T
    path = tmp_path / "fluid.toml"
    path.write_text(fluid_toml(fluid), encoding="utf-8")
    assert pytest.approx(fluid.at(290.0, 0.4).S_T, rel=1e-12) == read_fluid(path).at(290.0, 0.4).S_T


# -- ranges ---------------------------------------------------------------------------------------


def test_outside_a_table_there_is_an_error_unless_an_extrapolation_is_stated():
    law = Table((1.0, 2.0, 4.0), T=(280.0, 290.0, 300.0))
    with pytest.raises(OutOfRange, match=r"used at T = 310 K, but it is given from 280 to 300 K"):
        law(310.0, 0.5)
    constant, linear = (
        Table(law.values, law.T, outside=outside) for outside in ("constant", "linear")
    )
    assert constant(310.0, 0.5) == pytest.approx(4.0)
    assert constant(0.5 * 280.0, 0.5) == pytest.approx(1.0)
    slope = PchipInterpolator(law.T, law.values).derivative()(300.0)
    assert linear(310.0, 0.5) == pytest.approx(4.0 + 10.0 * slope)


def test_the_worst_of_many_numbers_is_named():
    law = Limited(Linear(1.0, 300.0, 0.1), (290.0, 310.0), (0.2, 0.6))
    with pytest.raises(OutOfRange) as caught:
        law(np.array([300.0, 311.0, 250.0, np.nan]), 0.3)
    assert (caught.value.at, caught.value.value, caught.value.excess) == (2, 250.0, 40.0)
    with pytest.raises(OutOfRange, match=r"at c = 0\.7, but it is given from 0\.2 to 0\.6"):
        law(300.0, 0.7)


def test_a_hair_outside_is_inside():
    # A finite-element solution may exceed the temperatures of the walls a little.
    law = Table((1.0, 2.0), T=(280.0, 300.0))
    assert law(300.0 + 1e-3 * 20.0 * 0.9, 0.5) == pytest.approx(2.0, rel=1e-3)
    with pytest.raises(OutOfRange):
        law(300.0 + 1e-3 * 20.0 * 1.1, 0.5)


def test_the_composition_of_the_law_is_named():
    law = Limited(Linear(1.0, 300.0, 0.1), c_range=(0.2, 0.6))
    with pytest.raises(OutOfRange, match=r"c = 0\.9 \(mass fraction of component 2\)"):
        Reflected(law)(300.0, 0.1)
    with pytest.raises(OutOfRange, match=r"\(mole fraction of component 1\)"):
        InMoleFraction(law, (1.0, 10.0))(300.0, 0.5)


def test_limits_are_kept_inside_sums():
    law = Sum((Linear(1.0, 300.0, 0.0), Limited(Arrhenius(1.0, 300.0, 1e4), (290.0, 310.0))))
    with pytest.raises(OutOfRange):
        law(320.0, 0.5)


def test_vogel_fulcher_tammann_is_given_above_its_divergence_only():
    with pytest.raises(OutOfRange, match="given from 250 to inf K"):
        VogelFulcherTammann(1e-3, 300.0, 500.0, 250.0)(240.0, 0.5)


def test_a_fluid_names_the_property_that_is_out_of_range():
    fluid = load_fluid("water-ethanol")
    law = {"kind": "table", "T": [290.0, 310.0], "values": [3e-3, 4e-3]}
    with pytest.raises(FluidError, match=r"water-ethanol: soret: a law is used at T = 320 K"):
        fluid.with_(soret=law).at(320.0)


# -- CoolProp -------------------------------------------------------------------------------------


def density(T, w):
    """Return the density of a made-up solution, kg/m3."""
    return 1000.0 - 0.2 * (T - 300.0) - 1e-3 * (T - 300.0) ** 2 + 300.0 * w + 50.0 * w**2


@pytest.fixture
def coolprop(monkeypatch):
    """A module in place of CoolProp that knows one solution, and one pure substance."""

    def props(output, _, T, __, p, name):
        assert p == 101325.0
        if not 273.0 <= T <= 320.0:
            raise ValueError(f"Your temperature {T} is not between 273 and 320.")
        if output not in {"D", "V"} or not name.startswith(("INCOMP::MADE-UP[", "Pure")):
            raise ValueError("unknown")
        w = float(name.partition("[")[2].rstrip("]") or 0.0)
        return density(T, w) if output == "D" else 1e-3 * np.exp(-(T - 300.0) / 40.0 + w)

    package, module = ModuleType("CoolProp"), ModuleType("CoolProp.CoolProp")
    package.__version__, package.CoolProp, module.PropsSI = "0.0-test", module, props
    monkeypatch.setitem(sys.modules, "CoolProp", package)
    monkeypatch.setitem(sys.modules, "CoolProp.CoolProp", module)


SOLUTION = {"kind": "coolprop", "substance": "INCOMP::MADE-UP", "quantity": "viscosity"}


def test_a_law_from_coolprop_is_a_table_with_its_origin(coolprop):
    law = make_property(SOLUTION | {"T_range": [280, 320], "c_range": [0.1, 0.5]})
    assert isinstance(law, Table)
    assert law(293.0, 0.33) == pytest.approx(1e-3 * np.exp(7.0 / 40.0 + 0.33), rel=2e-4)
    assert "CoolProp 0.0-test: viscosity of INCOMP::MADE-UP" in law.origin
    entry = sourced({"value": law, "source": "Melinder 2010"}, "Pa s")
    assert entry.source == f"Melinder 2010; {law.origin}"
    assert entry.mark == "computed with CoolProp 0.0-test"


def test_expansion_coefficients_are_differences_of_the_density(coolprop):
    of = {"T_range": [280, 320], "c_range": [0.1, 0.5]}
    beta_T = make_property(SOLUTION | of | {"quantity": "thermal_expansion"})
    beta_c = make_property(SOLUTION | of | {"quantity": "solutal_expansion"})
    T, w = 295.0, 0.3
    exact_T = (0.2 + 2e-3 * (T - 300.0)) / density(T, w)
    exact_c = (300.0 + 100.0 * w) / density(T, w)
    assert beta_T(T, w) == pytest.approx(exact_T, rel=1e-3)
    assert beta_c(T, w) == pytest.approx(exact_c, rel=1e-3)


def test_a_pure_substance_has_a_table_in_temperature(coolprop):
    law = make_property(SOLUTION | {"substance": "Pure", "T_range": [280, 320]})
    assert law.c == ()
    assert law(301.0, 0.5) == pytest.approx(1e-3 * np.exp(-1.0 / 40.0), rel=2e-4)


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"T_range": [280, 330]}, r"no viscosity of Pure: Your temperature .* is not between"),
        ({"quantity": "viscocity"}, "did you mean 'viscosity'"),
        ({"quantity": "solutal_expansion"}, "solutal_expansion needs a c_range"),
        ({"T_range": [300, 280]}, "is not a range"),
    ],
)
def test_what_is_wrong_with_a_law_from_coolprop_is_said(coolprop, changes, says):
    spec = SOLUTION | {"substance": "Pure", "T_range": [281, 320]} | changes
    with pytest.raises(FluidError, match=says):
        make_property(spec)


def test_without_coolprop_the_message_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "CoolProp", None)
    with pytest.raises(
        MissingDependency, match=r"viscosity of INCOMP::MADE-UP comes from .*\n.*pip install"
    ):
        make_property(SOLUTION | {"T_range": [282, 320]})


def test_real_coolprop_has_the_density_of_water():
    pytest.importorskip("CoolProp")
    law = make_property(
        {"kind": "coolprop", "substance": "Water", "quantity": "density", "T_range": [280, 320]}
    )
    # CoolProp 8.0: 997.05 kg/m3 at 25 C and 1 atm.
    assert law(298.15, 0.0) == pytest.approx(997.05, abs=0.05)
