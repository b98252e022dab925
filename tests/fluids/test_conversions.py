"""Conversions between forms of thermodiffusion: round trips, closed cells, published numbers."""

# ruff: noqa: SIM300  (S and Q1 are quantities that are tested, not constants)

from __future__ import annotations

from itertools import product

import numpy as np
import pytest

from femsoret.base.errors import FluidError
from femsoret.fluids import composition as comp
from femsoret.fluids import load_fluid
from femsoret.fluids.conversions import FORMS, convert, matching, soret_as, soret_from
from femsoret.fluids.electrolytes import (
    electrolyte_thermodynamic_factor,
    electrophoretic_thermodiffusion,
    mixture_thermodynamic_factor,
    seebeck_coefficient,
)
from femsoret.fluids.mixture_state import MixtureState, state_of
from femsoret.fluids.properties import R
from femsoret.fluids.soret_vectors import (
    composition_matrix,
    invariant_soret,
    invariant_uncertainty,
    primed_soret,
    primed_thermodiffusion,
)

SALT = MixtureState(
    T=298.15, m=0.5, M1=0.05844, M2=0.018015, rho=1017.0, D=1.474e-9, Gamma_el=0.929, ions=2,
    beta_T=2.88e-4, beta_c=0.696, beta_1=1.2e-4, beta_2=2.573e-4,
)  # fmt: skip


@pytest.mark.parametrize(("form", "other"), product(FORMS, FORMS))
def test_round_trips(form, other):
    value = soret_as(form, 1.2e-3, SALT)
    there = convert(value, form, other, SALT)
    assert convert(there, other, form, SALT) == pytest.approx(value, rel=1e-14)


def test_compositions_there_and_back():
    M1, M2 = 0.05844, 0.018015
    for c in (1e-6, 0.0285, 0.5, 0.97):
        for there, back, of in [
            (comp.mole_fraction, comp.mass_fraction, (M1, M2)),
            (comp.molality, comp.mass_fraction_at_molality, (M1,)),
            (comp.molarity, comp.mass_fraction_at_molarity, (1017.0, M1)),
            (comp.volume_fraction, comp.mass_fraction_at_volume_fraction, (2165.0, 997.05)),
        ]:
            assert back(there(c, *of), *of) == pytest.approx(c, rel=1e-14)
    # 0.5 mol of NaCl in a kilogram of water is 2.84 wt%.
    assert comp.mass_fraction_at_molality(0.5, M1) == pytest.approx(0.02922 / 1.02922, rel=1e-15)


def test_he_ar_to_all_printed_digits():
    # x = 0.5, 300 K, 1 atm, alpha_T 0.382, D 7.71e-5 m2/s.
    M1, M2, T, p = 39.948e-3, 4.0026e-3, 300.0, 101325.0
    C = round(p / (R * T), 2)  # as printed: with all its digits rho would end in 7
    rho = C * (M1 + M2) / 2.0
    state = MixtureState(T=T, x=0.5, M1=M1, M2=M2, rho=rho, D=7.71e-5)
    of = {name: convert(0.382, "alpha_T", name, state) for name in ("S_T", "k_T_x", "k_T_c")}
    D_T_kg = convert(0.382, "alpha_T", "D_T_kg", state)
    assert f"{C:.2f} {rho:.4f} {state['c']:.4f}" == "40.62 0.8926 0.9089"
    assert f"{1e3 * of['S_T']:.3f} {of['k_T_x']:.4f} {of['k_T_c']:.5f}" == "1.273 0.0955 0.03162"
    assert f"{1e6 * D_T_kg:.3f}" == "2.176"
    # Hirschfelder, Curtiss, Bird state it with the molar density: (C^2/rho) M1 M2 D k_T_x.
    assert C**2 / rho * M1 * M2 * 7.71e-5 * of["k_T_x"] == pytest.approx(D_T_kg, rel=1e-14)


def test_forms_are_what_a_closed_cell_shows():
    # c(T) of a closed cell at rest, d ln[c/(1-c)]/dT = -S_T, differentiated in each measure.
    S_T, T0, M1, M2 = 5e-3, 300.0, 0.018015, 0.046069
    c0, beta_T, beta_c, beta_1, beta_2 = 0.3, 8e-4, 0.22, 2.6e-4, 1.09e-3
    state = MixtureState(
        T=T0, c=c0, M1=M1, M2=M2, beta_T=beta_T, beta_c=beta_c, beta_1=beta_1, beta_2=beta_2
    )
    h = 1e-3

    def slope(measure):
        T = np.array([T0 - h, T0 + h])
        ratio = c0 / (1.0 - c0) * np.exp(-S_T * (T - T0))
        values = measure(ratio / (1.0 + ratio), T)
        return -(values[1] - values[0]) / (2.0 * h)

    def density(c, T):
        return 900.0 * np.exp(beta_c * (c - c0) - beta_T * (T - T0))

    def odds(phi):
        return np.log(phi / (1.0 - phi))

    for form, measure in {
        "S_T": lambda c, T: odds(c),
        "S_T_2": lambda c, T: odds(1.0 - c),
        "S_T_primed": lambda c, T: c,
        "S_T_primed_x": lambda c, T: comp.mole_fraction(c, M1, M2),
        "S_T_dilute": lambda c, T: np.log(c),
        "S_T_molality": lambda c, T: np.log(comp.molality(c, M1)),
        "S_T_volume": lambda c, T: odds(
            comp.volume_fraction(c, np.exp(-beta_1 * (T - T0)), np.exp(-beta_2 * (T - T0)))
        ),
    }.items():
        assert slope(measure) == pytest.approx(soret_as(form, S_T, state), rel=1e-6), form
    molarity = slope(lambda c, T: np.log(comp.molarity(c, density(c, T), M1)))
    # d ln rho = beta_c dc - beta_T dT, and -dc/dT = c(1-c) S_T
    assert molarity == pytest.approx(soret_as("S_T_molarity", S_T, state), rel=1e-6)


def test_mass_and_mole_fractions():
    state = MixtureState(T=300.0, c=0.3, M1=0.018015, M2=0.046069)
    M = state["x"] * 0.018015 + (1.0 - state["x"]) * 0.046069
    factor = 0.018015 * 0.046069 / M**2
    for c_form, x_form in [("S_T_primed", "S_T_primed_x"), ("k_T_c", "k_T_x")]:
        in_c, in_x = (soret_as(form, 4e-3, state) for form in (c_form, x_form))
        assert in_c == pytest.approx(in_x * factor, rel=1e-14)


def test_heats_of_transport_are_consistent():
    # The barycentric heat per mass is T S_T c(1-c) mu_c, which the solver uses.
    fluid = load_fluid("water-ethanol")
    p, state = fluid.at(), state_of(fluid)
    assert soret_as("Q_mass", p.S_T, state) == pytest.approx(p.Qs, rel=1e-14)
    assert soret_as("psi", p.S_T, state) == pytest.approx(p.psi, rel=1e-14)
    assert soret_as("D_T", p.S_T, state) == pytest.approx(p.D_T, rel=1e-14)
    Q1, Q12 = (soret_as(form, p.S_T, state) for form in ("Q_solvent", "Q_molar"))
    assert Q1 == pytest.approx(Q12 * (1.0 - state["x"]), rel=1e-14)
    # The heat of a salt is the same in the electrolyte's terms and in those of the mixture.
    salt, whole = (soret_as(form, 1e-3, SALT) for form in ("Q_salt", "Q_solvent"))
    assert salt == pytest.approx(whole, rel=1e-14)
    # Agar's heats of the ions of NaCl, infinite dilution, 25 C: S_T = 2.70e-3 1/K.
    dilute = MixtureState(T=298.15, ions=2, Gamma_el=1.0)
    assert soret_from("Q_salt", 3460.0 + 530.0, dilute) == pytest.approx(2.70e-3, abs=5e-6)
    # Sawatzky's 25 kJ/mol of hydrogen in Zircaloy: 8.35e-3 1/K at 600 K.
    assert soret_from("Q_dilute", 25e3, MixtureState(T=600.0)) == pytest.approx(8.35e-3, abs=5e-6)


def test_thermodynamic_factors_of_a_salt():
    x = SALT["x"]
    Gamma = mixture_thermodynamic_factor(0.929, 2, x)
    assert Gamma == SALT["Gamma"]
    # nu Gamma_el [1 + c M2/((1-c) M1)], the form in mass fractions
    c = SALT["c"]
    assert Gamma == pytest.approx(2 * 0.929 * (1 + c * 0.018015 / ((1 - c) * 0.05844)), rel=1e-14)
    assert electrolyte_thermodynamic_factor(Gamma, 2, x) == pytest.approx(0.929, rel=1e-15)


def test_isotopes():
    # 15N2 in 14N2: alpha_0 0.36 makes alpha_T about 0.0124.
    nitrogen = MixtureState(T=300.0, M1=0.029, M2=0.028)
    assert convert(0.36, "alpha_0", "alpha_T", nitrogen) == pytest.approx(0.36 / 57, rel=1e-14)
    heavier = MixtureState(T=300.0, M1=0.030, M2=0.028)
    assert convert(0.36, "alpha_0", "alpha_T", heavier) == pytest.approx(0.0124, abs=5e-5)
    # Omega in per mille per amu per 100 K: Ca 1.5 makes 1.5e-5 1/K per atomic mass unit.
    calcium = MixtureState(M1=0.044, M2=0.040)
    assert soret_from("Omega", 1.5, calcium) == pytest.approx(4 * 1.5e-5, rel=1e-14)
    with pytest.raises(FluidError, match="both molar masses are the same"):
        soret_as("alpha_0", 1e-5, MixtureState(T=300.0, M1=0.028, M2=0.028))


def test_field_of_a_salt():
    # (1 eV - 0 eV)/(2 e T) is 1/(2 T) volts per kelvin.
    assert seebeck_coefficient(96485.33212, 0.0, 300.0) == pytest.approx(1 / 600.0, rel=1e-9)
    assert electrophoretic_thermodiffusion(2e-5, -3e-8) == pytest.approx(6e-13, rel=1e-14)


def test_ternary_vectors():
    # THN-IBB-nC12, 0.8/0.1/0.1: S' = 1.20(9), -0.34(14), -0.86(6) in 1e-3 1/K.
    primed, c = np.array([1.20e-3, -0.34e-3, -0.86e-3]), np.array([0.8, 0.1, 0.1])
    S = invariant_soret(primed, c)
    assert S == pytest.approx([10.1e-3, 5.2e-3, 0.0], abs=1e-17)
    assert primed_soret(S, c) == pytest.approx(primed, rel=1e-14)
    # any reference will do, and W takes no notice of a constant
    other = invariant_soret(primed, c, reference=0)
    assert primed_soret(other, c) == pytest.approx(primed, rel=1e-13)
    assert composition_matrix(c) @ np.ones(3) == pytest.approx(0.0, abs=1e-15)
    # uncertainties with the covariance that the three imply: 0.5 and 2.0
    u = np.array([0.09e-3, 0.14e-3, 0.06e-3])
    assert invariant_uncertainty(u, c, 0) == pytest.approx(0.5e-3, abs=0.05e-3)
    assert invariant_uncertainty(u, c, 1) == pytest.approx(2.0e-3, abs=0.05e-3)
    # in mole fractions the invariant coefficients are the same numbers
    M = np.array([0.13221, 0.13422, 0.17034])
    x = c / M / (c / M).sum()
    h = 1e-4
    apart = [np.log((c + s * h * primed) / M) for s in (-1.0, 1.0)]
    in_x = -(apart[0] - apart[1]) / (2 * h)
    assert in_x - in_x[-1] == pytest.approx(S, rel=1e-6, abs=1e-9)
    assert primed_soret(S, x).sum() == pytest.approx(0.0, abs=1e-18)


def test_a_binary_is_a_short_vector():
    c = np.array([0.3, 0.7])
    S = primed_soret(np.array([4e-3, 0.0]), c)
    assert S == pytest.approx([0.21 * 4e-3, -0.21 * 4e-3], rel=1e-14)
    D = np.array([[2e-9, 1e-10], [-3e-10, 1e-9]])
    assert primed_thermodiffusion(D, np.array([1e-3, -1e-3])) == pytest.approx([1.9e-12, -1.3e-12])


@pytest.mark.parametrize(
    ("call", "says"),
    [
        (lambda: convert(1.0, "alpha", "S_T", SALT), "did you mean"),
        (lambda: convert(1.0, "alpha_T", "S_T", MixtureState()), "needs T; not known: T"),
        (lambda: soret_as("k_T_x", 1e-3, MixtureState(T=300.0, c=0.5)), "not known: x"),
        (lambda: MixtureState(c=0.5, x=0.5), "given 2 times, as c and x"),
        (lambda: MixtureState(c=60.88), "60.88 wt% is c = 0.6088"),
        (lambda: MixtureState(T=-3.0), "T = -3 is not positive"),
        (
            lambda: soret_from("psi", 0.1, MixtureState(c=0.5, beta_T=1e-3, beta_c=0.0)),
            "psi does not determine S_T",
        ),
        (lambda: matching(["k_T", "kT"]), "unknown form 'kT'"),
        (lambda: composition_matrix(np.array([0.5, 0.6])), "add up to 1"),
        (
            lambda: invariant_uncertainty(np.ones(4), np.full(4, 0.25), 0),
            "uncertainties of three components, not of 4",
        ),
    ],
)
def test_what_cannot_be_converted(call, says):
    with pytest.raises(FluidError) as caught:
        call()
    assert says in str(caught.value)


def test_names_that_mean_several():
    assert matching(["k_T", "alpha_T", "k_T_c"]) == ("k_T_x", "k_T_c", "alpha_T")
