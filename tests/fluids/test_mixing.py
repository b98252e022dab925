"""Models of the thermodynamic factor against activity coefficients written out from the literature.

ln gamma_1 and ln gamma_2 are those of J. M. Prausnitz, R. N. Lichtenthaler, E. Gomes de Azevedo,
Molecular Thermodynamics of Fluid-Phase Equilibria, 3rd ed. 1999, tables 6-2 and eqs. 6-45 and
6-114. They are differentiated by complex steps, which are exact to round-off.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import ufl

from femsoret.base.errors import FluidError
from femsoret.fluids import load_fluid, read_fluid
from femsoret.fluids.composition import mole_fraction
from femsoret.fluids.database import fluid_toml
from femsoret.fluids.mixing import NRTL, Margules, RedlichKister, VanLaar
from femsoret.fluids.properties import depends_on_temperature, make_property, reflected

T = 310.0
X = np.linspace(0.02, 0.98, 25)
MASSES = (0.018, 0.046)
STEP = 1e-30


def margules(x1, A12, A21):
    x2 = 1 - x1
    return x2**2 * (A12 + 2 * (A21 - A12) * x1), x1**2 * (A21 + 2 * (A12 - A21) * x2)


def van_laar(x1, A, B):
    x2 = 1 - x1
    return A / (1 + A * x1 / (B * x2)) ** 2, B / (1 + B * x2 / (A * x1)) ** 2


def redlich_kister(x1, A, B, C):
    x2 = 1 - x1
    first = x2**2 * (A + B * (3 * x1 - x2) + C * (x1 - x2) * (5 * x1 - x2))
    return first, x1**2 * (A + B * (x1 - 3 * x2) + C * (x1 - x2) * (x1 - 5 * x2))


def nrtl(x1, t12, t21, alpha):
    x2, G12, G21 = 1 - x1, np.exp(-alpha * t12), np.exp(-alpha * t21)
    return (
        x2**2 * (t21 * (G21 / (x1 + x2 * G21)) ** 2 + t12 * G12 / (x2 + x1 * G12) ** 2),
        x1**2 * (t12 * (G12 / (x2 + x1 * G12)) ** 2 + t21 * G21 / (x1 + x2 * G21) ** 2),
    )


MODELS = [
    pytest.param(
        Margules((0.7, 30.0), (1.1,)), lambda x: margules(x, 0.7 + 30.0 / T, 1.1), id="margules"
    ),
    pytest.param(
        VanLaar((0.9, 0.0, 0.1), (0.2, 100.0, 0.0, 1e-3)),
        lambda x: van_laar(x, 0.9 + 0.1 * np.log(T), 0.2 + 100.0 / T + 1e-3 * T),
        id="van Laar",
    ),
    pytest.param(
        RedlichKister((0.5, -0.2, 0.1), (90.0, 40.0, -30.0)),
        lambda x: redlich_kister(x, 0.5 + 90 / T, -0.2 + 40 / T, 0.1 - 30 / T),
        id="Redlich-Kister",
    ),
    pytest.param(
        NRTL((0.2, 300.0), (-0.4, 250.0), 0.3),
        lambda x: nrtl(x, 0.2 + 300.0 / T, -0.4 + 250.0 / T, 0.3),
        id="NRTL",
    ),
]


@pytest.mark.parametrize(("model", "ln_gamma"), MODELS)
def test_gamma_is_the_derivative_of_both_activity_coefficients(model, ln_gamma):
    found = model.of_mole_fraction(T, X)
    slopes = [of.imag / STEP for of in ln_gamma(X + 1j * STEP)]
    # The literature's formulas obey Gibbs and Duhem, so that one Gamma belongs to both components.
    assert X * slopes[0] + (1 - X) * slopes[1] == pytest.approx(np.zeros_like(X), abs=1e-13)
    assert found == pytest.approx(1 + X * slopes[0], rel=1e-12)
    assert found == pytest.approx(1 - (1 - X) * slopes[1], rel=1e-12)
    assert np.ptp(found) > 0.1


@pytest.mark.parametrize(("model", "ln_gamma"), MODELS)
def test_pure_components_are_ideal(model, ln_gamma):
    assert [model.of_mole_fraction(T, x) for x in (0.0, 1.0)] == pytest.approx([1.0, 1.0])


@pytest.mark.parametrize(("model", "ln_gamma"), MODELS)
def test_exchanged_components_have_the_same_factor(model, ln_gamma):
    model = replace(model, molar_masses=MASSES)
    other, c = reflected(model), np.linspace(0.1, 0.9, 5)
    assert other.molar_masses == MASSES[::-1]
    assert other(T, 1 - c) == pytest.approx(model(T, c), rel=1e-13)
    assert reflected(other) == model


@pytest.mark.parametrize(("model", "ln_gamma"), MODELS)
def test_a_ufl_expression_is_the_same_number(model, ln_gamma):
    model = replace(model, molar_masses=MASSES)
    for c in (0.1, 0.6):
        expression = model(ufl.as_ufl(T), ufl.as_ufl(c))
        assert float(expression(())) == pytest.approx(model(T, c), rel=1e-14)


# Parameters of ChemSep (bij in K) as chemicals 1.5.2 and thermo 0.6.1 have them; Gamma at 25 C from
# the same packages, as the data sheet of the database prints it: two digits, w the mass fraction.
WATER_ETHANOL = NRTL((0.0, 624.8676222389441), (0.0, -29.166654483541816), 0.2937)
WATER_METHANOL = NRTL((0.0, 398.95345259688855), (0.0, -95.13209282738782), 0.2999)
WATER_ACETONE = NRTL((0.0, 666.7541568707342), (0.0, 409.6929122710524), 0.5663)
TOLUENE_METHANOL = NRTL((0.0, 507.24715167902986), (0.0, 444.85764166217945), 0.4064)
PUBLISHED = [
    (WATER_ETHANOL, (0.01801528, 0.04606844), 0.1, 0.74),
    (WATER_ETHANOL, (0.01801528, 0.04606844), 0.3, 0.35),
    (WATER_ETHANOL, (0.01801528, 0.04606844), 0.5, 0.22),
    (WATER_ETHANOL, (0.01801528, 0.04606844), 0.6088, 0.26),
    (WATER_ETHANOL, (0.01801528, 0.04606844), 0.7, 0.35),
    (WATER_ETHANOL, (0.01801528, 0.04606844), 0.8, 0.51),
    (WATER_ETHANOL, (0.01801528, 0.04606844), 0.9, 0.73),
    (WATER_METHANOL, (0.01801528, 0.03204186), 0.3, 0.69),
    (WATER_METHANOL, (0.01801528, 0.03204186), 0.5, 0.60),
    (WATER_METHANOL, (0.01801528, 0.03204186), 0.7, 0.64),
    (WATER_ACETONE, (0.01801528, 0.05807914), 0.3, 0.26),
    (WATER_ACETONE, (0.01801528, 0.05807914), 0.5, 0.15),
    (WATER_ACETONE, (0.01801528, 0.05807914), 0.8, 0.32),
    (TOLUENE_METHANOL, (0.09213842, 0.03204186), 0.3, 0.43),
    (TOLUENE_METHANOL, (0.09213842, 0.03204186), 0.7, 0.03),
]


@pytest.mark.parametrize(("model", "masses", "w", "expected"), PUBLISHED)
def test_values_of_thermo_and_chemicals(model, masses, w, expected):
    assert replace(model, molar_masses=masses)(298.15, w) == pytest.approx(expected, abs=0.005)


def test_a_mole_fraction():
    # He-Ar of the data sheet: x(Ar) = 1/2 is c(Ar) = 0.9089.
    assert mole_fraction(0.90893, 0.039948, 0.0040026) == pytest.approx(0.5, abs=1e-4)


@pytest.mark.parametrize(
    ("law", "depends"),
    [
        (Margules((1.0,), (2.0,)), False),
        (Margules((1.0,), (2.0, 3.0)), True),
        (RedlichKister((0.5, 0.1)), False),
        (RedlichKister((0.5,), (100.0,)), True),
        (0.8, False),
        ({"kind": "linear", "value": 0.8, "T_ref": 300.0, "slope_T": 0.0, "slope_c": 1.0}, False),
        ({"kind": "linear", "value": 0.8, "T_ref": 300.0, "slope_T": 1e-3}, True),
        (lambda T, c: 0.8, True),
    ],
)
def test_what_depends_on_temperature(law, depends):
    assert depends_on_temperature(make_property(law)) is depends


# -- in a fluid ------------------------------------------------------------------------------------

TABLE = {"kind": "nrtl", "tau12": [0.0, 624.8676], "tau21": [0.0, -29.16665], "alpha": 0.2937}


def test_a_fluid_gives_its_molar_masses():
    fluid = load_fluid("water-ethanol").with_(thermodynamic_factor=TABLE)
    assert fluid.at(298.15, 0.5).Gamma == pytest.approx(0.217, abs=1e-3)
    heavy = fluid.with_(molar_masses=[0.036030, 0.046069])
    x1 = mole_fraction(0.5, 0.036030, 0.046069)
    expected = WATER_ETHANOL.of_mole_fraction(298.15, x1)
    assert heavy.at(298.15, 0.5).Gamma == pytest.approx(expected, rel=1e-5)


def test_a_swapped_fluid_has_the_same_factor():
    fluid = load_fluid("water-ethanol").with_(thermodynamic_factor=TABLE)
    assert fluid.swapped().at(298.15, 0.6).Gamma == pytest.approx(
        fluid.at(298.15, 0.4).Gamma, rel=1e-12
    )


def test_a_fluid_file_restores_the_model(tmp_path):
    fluid = load_fluid("water-ethanol").with_(thermodynamic_factor=TABLE)
    (tmp_path / "mine.toml").write_text(fluid_toml(fluid), encoding="utf-8")
    assert read_fluid(tmp_path / "mine.toml") == fluid


def test_two_liquid_phases_are_no_mixture():
    # Demixing: the symmetric equation with A > 2 has Gamma = 1 - 2 A x1 x2 < 0 in the middle.
    unstable = {"kind": "margules", "A12": 2.1, "A21": 2.1}
    with pytest.raises(FluidError, match=r"thermodynamic_factor = -0\.0"):
        load_fluid("water-ethanol").with_(thermodynamic_factor=unstable, c=0.281)


@pytest.mark.parametrize(
    ("table", "message"),
    [
        ({"kind": "margules", "A12": []}, "missing A21"),
        ({"kind": "margules", "A12": [], "A21": 1.0}, "A12 has 0 coefficients"),
        ({"kind": "nrtl", "tau12": [1, 2, 3, 4, 5], "tau21": 1, "alpha": 0.3}, "5 coefficients"),
        ({"kind": "redlich-kister", "a": [0.1, 0.2], "b": [3.0]}, "2 coefficients a and 1"),
        ({**TABLE, "molar_masses": [0.018, 0.046]}, "unknown key 'molar_masses'"),
        ({"kind": "nrtl", "tau12": "x", "tau21": 1, "alpha": 0.3}, "not a number or a list"),
    ],
)
def test_wrong_tables(table, message):
    with pytest.raises(FluidError, match=message):
        load_fluid("water-ethanol").with_(thermodynamic_factor=table)


def test_only_the_thermodynamic_factor_can_be_such_a_model():
    with pytest.raises(FluidError, match="nrtl is a model of the thermodynamic factor"):
        load_fluid("water-ethanol").with_(soret=TABLE)
