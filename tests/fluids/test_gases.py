"""Gases: exact limits of kinetic theory, Cantera against them and against measurements."""

from __future__ import annotations

import sys

import numpy as np
import pytest
from noble_gases import AR, HE, LENNARD_JONES

from femsoret.base.errors import FluidError, MissingDependency
from femsoret.fluids import read_fluid
from femsoret.fluids.database import fluid_toml
from femsoret.fluids.gases import (
    ISOTOPIC_LIMIT,
    Gas,
    gas_fluid,
    gas_mixture,
    gas_of,
    hard_spheres,
)
from femsoret.fluids.gases.multicomponent import fick_values
from femsoret.fluids.values import chemical_derivative

ATM = 101325.0


# -- the first approximation of Chapman and Enskog ----------------------------------------------


@pytest.mark.parametrize("light", [(0.01, 0.3878), (0.5, 0.5336), (0.99, 0.8853)])
def test_hard_spheres_of_helium_and_argon(light):
    x, magnitude = light
    helium_first = hard_spheres(HE, AR, (2.8525e-10, 3.410e-10))
    argon_first = hard_spheres(AR, HE, (3.410e-10, 2.8525e-10))
    # Printed to four digits; the heavy gas goes to the cold side.
    assert helium_first.thermal_diffusion_factor(x) == pytest.approx(-magnitude, abs=6e-5)
    assert argon_first.thermal_diffusion_factor(1.0 - x) == pytest.approx(magnitude, abs=6e-5)


@pytest.mark.parametrize("x", [0.1, 0.5, 0.9])
def test_isotopic_limit_of_hard_spheres(x):
    heavy, light = 1.0 + 1e-6, 1.0
    alpha = hard_spheres(heavy, light, (3e-10, 3e-10)).thermal_diffusion_factor(x)
    # The error of the limit is of the order of the relative difference of the masses.
    assert alpha * (heavy + light) / (heavy - light) == pytest.approx(ISOTOPIC_LIMIT, rel=1e-5)


@pytest.mark.parametrize(("pair", "alpha_T"), [("He-Ar", 0.393), ("Ne-Ar", 0.188)])
def test_lennard_jones_molecules(pair, alpha_T):
    found = LENNARD_JONES[pair].thermal_diffusion_factor(0.5)
    # Model values, known to three digits.
    assert found == pytest.approx(-alpha_T, rel=7e-3)


# -- Cantera --------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def cantera():
    return pytest.importorskip("cantera", reason="gases are computed with Cantera")


@pytest.mark.parametrize(("pair", "apart"), [("He-Ar", 0.026), ("Ne-Ar", 0.004)])
@pytest.mark.usefixtures("cantera")
def test_cantera_is_the_first_approximation_of_lennard_jones_molecules(pair, apart):
    exact, gas = LENNARD_JONES[pair], Gas(tuple(pair.split("-")))
    D = gas.at(300.0, ATM, (0.5, 0.5)).D[0, 1]
    assert pytest.approx(exact.diffusion(300.0, ATM), rel=1e-3) == D
    # Its tables of C* are some 0.3 % off at a reduced temperature of 10; alpha_T has 6C* - 5.
    assert gas.alpha_T(300.0, 0.5) == pytest.approx(exact.thermal_diffusion_factor(0.5), rel=apart)


# Magnitudes at mole fractions 0.05, 0.5 and 0.95 of the lighter gas, 300 K, all with gri30.yaml.
CANTERA = {
    ("H2", "N2"): (0.259, 0.348, 0.534),
    ("H2", "CO2"): (0.213, 0.300, 0.513),
    ("H2", "AR"): (0.242, 0.324, 0.494),
    ("N2", "CO2"): (0.052, 0.059, 0.068),
    ("H2", "CH4"): (0.231, 0.314, 0.491),
    ("CH4", "C3H8"): (0.060, 0.079, 0.114),
}


@pytest.mark.parametrize("pair", CANTERA, ids="-".join)
@pytest.mark.usefixtures("cantera")
def test_thermal_diffusion_factors_of_molecules(pair):
    gas = Gas(pair, "gri30.yaml")
    found = [gas.alpha_T(300.0, x) for x in (0.05, 0.5, 0.95)]
    assert [-a for a in found] == pytest.approx(CANTERA[pair], rel=5e-3, abs=6e-4)


# By another theory, potentials fitted to data (pykingas 2.0.0, RET-Mie), and measured: how far
# Cantera is from them. x is the mole fraction of the lighter gas.
OTHERS = [
    ("He-Ar", 300.0, 0.5, 0.382, 0.06),
    ("He-Ar", 600.0, 0.5, 0.388, 0.07),
    ("Ne-Ar", 300.0, 0.5, 0.179, 0.07),
    ("H2-N2", 300.0, 0.5, 0.351, 0.02),
    ("H2-N2", 200.0, 0.5, 0.315, 0.08),
    ("H2-CO2", 300.0, 0.5, 0.349, 0.15),
    ("Ar-Kr", 300.0, 0.5, 0.113, 0.02),
    ("Kr-Xe", 300.0, 0.5, 0.041, 0.13),
    ("H2-D2", 348.15, 0.5, 0.149, 0.16),
]


@pytest.mark.parametrize(("pair", "T", "x", "alpha_T", "apart"), OTHERS)
@pytest.mark.usefixtures("cantera")
def test_distance_from_other_sources(pair, T, x, alpha_T, apart):
    assert -Gas(tuple(pair.split("-"))).alpha_T(T, x) == pytest.approx(alpha_T, rel=apart)


@pytest.mark.parametrize(
    ("pair", "D", "apart"), [("He-Ar", 0.761, 0.04), ("Ar-Xe", 0.115, 0.02), ("He-Xe", 0.544, 0.03)]
)
@pytest.mark.usefixtures("cantera")
def test_measured_diffusion_coefficients(pair, D, apart):
    found = Gas(tuple(pair.split("-"))).at(300.0, ATM, (0.5, 0.5)).D[0, 1]
    assert found == pytest.approx(1e-4 * D, rel=apart)


# -- gases as fluids ------------------------------------------------------------------------------


@pytest.mark.parametrize("pair", ["He-Ar", "H2-CO2"])
@pytest.mark.usefixtures("cantera")
def test_laws_are_what_cantera_computes(pair):
    fluid, gas, p = gas_fluid(pair, x=0.3, pressure=5e4), Gas(tuple(pair.split("-"))), 5e4
    for T, x in ((230.0, 0.04), (300.0, 0.37), (450.0, 0.8), (590.0, 0.97)):
        at = gas.at(T, p, (x, 1.0 - x))
        values = fluid.at(T, at.c[0])
        found = [values.rho, values.mu, values.kappa_0, values.cp, values.D, values.S_T]
        expected = [at.rho, at.mu, at.kappa_0, at.cp, at.D[0, 1], gas.alpha_T(T, x) / T]
        # Of the largest value over all compositions, 3e-4; the least is a quarter of it.
        assert found == pytest.approx(expected, rel=1.5e-3)
        assert values.beta_T == pytest.approx(1.0 / T, rel=1e-14)


@pytest.mark.usefixtures("cantera")
def test_the_other_gas_first_is_the_same_gas():
    first, second = gas_fluid("He-Ar", x=0.3).at(320.0), gas_fluid("Ar-He", x=0.7).at(320.0)
    even = ("rho", "mu", "kappa", "cp", "D", "psi", "Qs")
    odd = ("S_T", "beta_c", "Qs")
    for name in even[:-1]:
        assert getattr(first, name) == pytest.approx(getattr(second, name), rel=1e-9)
    for name in odd:
        assert getattr(first, name) == pytest.approx(-getattr(second, name), rel=1e-9)


@pytest.mark.usefixtures("cantera")
def test_soret_coefficient_in_terms_of_cantera():
    # D^T in kg/(m s) of argon in helium with alpha_T 0.382 and D 7.71e-5 m2/s at 300 K, 1 atm.
    C, T, D, x, alpha = 40.62, 300.0, 7.71e-5, 0.5, 0.382
    rho, M = C * 0.5 * (HE + AR), 0.5 * (HE + AR)
    c = x * AR / M
    assert rho * D * T * c * (1.0 - c) * alpha / T == pytest.approx(2.176e-6, rel=1e-3)
    assert C**2 / rho * HE * AR * D * x * (1.0 - x) * alpha == pytest.approx(2.176e-6, rel=1e-3)
    assert gas_fluid("Ar-He", x=0.5).at().c == pytest.approx(c, abs=5e-5)


@pytest.mark.usefixtures("cantera")
def test_a_case_can_choose_what_was_measured():
    fluid = gas_fluid("He-Ar", x=0.5, pressure=2 * ATM).chosen({"diffusion": "Malinauskas 1965"})
    assert (
        pytest.approx(0.5e-4 * 10 ** (1.684 * np.log10(300) - 4.2902), rel=1e-3)
        == fluid.at(300.0).D
    )
    assert (
        pytest.approx(0.5e-4 * 10 ** (1.684 * np.log10(373) - 4.2902), rel=1e-3)
        == fluid.at(373.0).D
    )
    measured = gas_fluid("H2-D2", x=0.5).chosen({"soret": "reference of hydrogen isotopes"})
    assert pytest.approx(-0.149 / 348.0, rel=1e-12) == measured.at(348.0).S_T
    assert "15.3 % more than 0.149" in gas_fluid("H2-D2", x=0.5).soret.note


@pytest.mark.usefixtures("cantera")
def test_a_gas_says_where_it_is_from(cantera):
    fluid = gas_fluid("He-N2", x=0.5)
    for name in ("viscosity", "conductivity", "heat_capacity", "diffusion", "soret"):
        entry = getattr(fluid, name)
        assert entry.computed_with == f"Cantera {cantera.__version__}"
        assert "gri30.yaml" in entry.source
        assert "Svehla" in entry.source
        assert entry.uncertainty is None
        assert entry.T_range == (200.0, 600.0)


@pytest.mark.usefixtures("cantera")
def test_a_gas_can_be_written_to_a_file_and_read_without_cantera(tmp_path, monkeypatch):
    fluid = gas_fluid("He-Ar", x=0.2)
    path = tmp_path / "he-ar.toml"
    path.write_text(fluid_toml(fluid), encoding="utf-8")
    monkeypatch.setitem(sys.modules, "cantera", None)
    assert read_fluid(path).at(310.0) == fluid.at(310.0)
    with pytest.raises(MissingDependency, match="Cantera, which is not installed"):
        Gas(("He", "Ar"))


@pytest.mark.parametrize(
    ("names", "given", "says"),
    [
        ("He", {"x": 0.5}, "two or more different molecules"),
        ("He-He", {"x": 0.5}, "two or more different molecules"),
        ("He-Arr", {"x": 0.5}, "did you mean 'Ar'"),
        ("He-Ne-Ar", {"x": 0.5}, "has 3 components"),
        ("He-Ar", {}, "given nowhere"),
        ("He-Ar", {"x": 0.5, "c": 0.5}, "given twice"),
        ("He-Ar", {"x": 1.0}, "mole fraction 1.0 of He is out of range"),
        ("He-Ar", {"x": 0.5, "pressure": -1.0}, "not positive"),
        ("He-Ar", {"x": 0.5, "mechanism": "none.yaml"}, "cannot be read"),
        ("He-Ar", {"x": 0.5, "mechanism": "nasa_gas.yaml"}, "no parameters of transport for 'He'"),
    ],
)
@pytest.mark.usefixtures("cantera")
def test_wrong_input(names, given, says):
    with pytest.raises(FluidError) as error:
        gas_fluid(names, **given)
    assert says in str(error.value)


# -- any number of components ---------------------------------------------------------------------


@pytest.mark.usefixtures("cantera")
def test_two_components_are_the_binary():
    gas, x = Gas(("He", "Ar")), 0.3
    at, matrices = gas.at(320.0, ATM, (x, 1.0 - x)), fick_values(gas, 320.0, ATM, (x, 1.0 - x))
    c = at.c[0]
    assert matrices.D[0, 0] == pytest.approx(at.D[0, 1], rel=1e-9)
    assert matrices.soret[0] == pytest.approx(c * (1 - c) * gas.alpha_T(320.0, x) / 320.0, rel=1e-9)
    M1, M2 = gas.molar_masses
    assert matrices.G[0, 0] == pytest.approx(chemical_derivative(320.0, c, 1.0, M1, M2), rel=1e-9)


@pytest.mark.parametrize("names", ["He-Ne-Ar", "H2-N2-CO2", "H2-He-N2-Ar"])
@pytest.mark.usefixtures("cantera")
def test_onsager_reciprocity_and_the_second_law(names):
    gas = Gas(tuple(names.split("-")))
    n = len(gas.names)
    x = np.arange(1.0, n + 1.0) / np.arange(1.0, n + 1.0).sum()
    T = 350.0
    at, matrices = gas.at(T, ATM, x), fick_values(gas, T, ATM, x)
    L = at.rho * T * matrices.D @ np.linalg.inv(matrices.G)
    assert pytest.approx(matrices.G.T, rel=1e-10) == matrices.G
    assert pytest.approx(L.T, rel=1e-8) == L
    assert np.linalg.eigvalsh(L + L.T).min() > 0.0
    # kappa = kappa_0 - rho Q*.D'_T at zero mass flux is positive, and smaller.
    heats = T * matrices.G @ matrices.soret
    assert 0.0 < at.rho * heats @ matrices.D_T < 0.1 * at.kappa_0


@pytest.mark.usefixtures("cantera")
def test_a_trace_of_a_third_component_changes_nothing():
    binary, ternary = Gas(("He", "Ar")), Gas(("He", "Ne", "Ar"))
    trace = 1e-9
    two = fick_values(binary, 300.0, ATM, (0.4, 0.6))
    three = fick_values(ternary, 300.0, ATM, (0.4, trace, 0.6 - trace))
    assert three.D[0, 0] == pytest.approx(two.D[0, 0], rel=1e-6)
    assert three.soret[0] == pytest.approx(two.soret[0], rel=1e-6)


MIXTURES = [
    ("He-Ne-Ar", {"He": 0.3, "Ne": 0.3}),
    ("H2-N2-CO2", {"H2": 0.5, "N2": 0.25}),
    ("H2-He-N2-Ar", {"H2": 0.25, "He": 0.25, "Ar": 0.25}),
]


@pytest.mark.parametrize(("names", "x"), MIXTURES)
@pytest.mark.usefixtures("cantera")
def test_a_gas_of_more_components_is_what_cantera_computes(names, x):
    fluid, gas = gas_mixture(names, x=x, pressure=2 * ATM), Gas(tuple(names.split("-")))
    full = np.array([x.get(name, 1.0 - sum(x.values())) for name in gas.names])
    for T in (230.0, 300.0, 500.0):
        at, exact = gas.at(T, 2 * ATM, full), fick_values(gas, T, 2 * ATM, full)
        found = fluid.at(T)
        assert pytest.approx(exact.D, abs=3e-3 * np.abs(exact.D).max()) == found.D
        assert found.soret == pytest.approx(exact.soret, abs=1e-2 * np.abs(exact.soret).max())
        assert pytest.approx(exact.G, rel=1e-10) == found.G
        ours = [found.rho, found.mu, found.kappa_0, found.cp]
        assert ours == pytest.approx([at.rho, at.mu, at.kappa_0, at.cp], rel=5e-3)
        # The heavy gases go to the cold side.
        assert (found.soret < 0.0)[0]


@pytest.mark.usefixtures("cantera")
def test_expansion_of_a_mixture_is_the_slope_of_its_density():
    fluid = gas_mixture("He-Ne-Ar", x={"He": 0.3, "Ne": 0.3})
    at, step = fluid.at(), 1e-6
    for i, beta in enumerate(at.beta_c):
        up, down = (
            fluid.at(300.0, tuple(c + s * step * (k == i) for k, c in enumerate(at.c))).rho
            for s in (1.0, -1.0)
        )
        assert beta == pytest.approx((up - down) / (2.0 * step * at.rho), rel=1e-6)


@pytest.mark.parametrize(
    ("names", "given", "says"),
    [
        ("He-Ne-Ar", {"x": 0.5}, "one fraction is given"),
        ("He-Ar", {"x": {"He": 0.5}}, "has two components"),
        ("He-Ne-Ar", {"x": {"He": 0.5}}, "the fractions of Ne, Ar are missing"),
        ("He-Ne-Ar", {"x": {"He": 0.5, "Na": 0.2}}, "has no component 'Na'"),
        ("He-Ne-Ar", {"x": {"He": 0.5, "Ne": 0.6}}, "add up to 1"),
        ("He-Ne-Ar", {"c": {"He": 0.5, "Ne": 0.2, "Ar": 0.2}}, "add up to 1"),
        ("He-Ne-Ar", {}, "given nowhere"),
    ],
)
@pytest.mark.usefixtures("cantera")
def test_wrong_input_of_mixtures(names, given, says):
    with pytest.raises(FluidError) as error:
        gas_of(names, **given)
    assert says in str(error.value)
