"""Dimensionless groups, there and back; the relations behind mu_c, Q_s and kappa_0."""

# ruff: noqa: SIM300  (S_T and D are quantities that are tested, not constants)

from __future__ import annotations

from dataclasses import replace
from math import isnan, nan

import pytest

from femsoret.base.errors import FluidError
from femsoret.fluids.composition import mean_molar_mass
from femsoret.fluids.database import load_fluid
from femsoret.fluids.groups import (
    DoubleDiffusiveGroups,
    Groups,
    double_diffusive_values,
    groups,
    property_values,
)
from femsoret.fluids.properties import R
from femsoret.fluids.values import chemical_derivative

BY_HAND = replace(
    load_fluid("water-ethanol").at(),
    T=300.0, c=0.25, rho=1000.0, mu=2e-3, kappa=0.5, cp=4000.0,
    beta_T=5e-4, beta_c=0.2, D=5e-10, S_T=4e-3,
)  # fmt: skip


def test_groups_by_hand():
    # nu = 2e-6, alpha = 1.25e-7
    g = groups(BY_HAND, L=0.01, dT=2.0, g=10.0)
    assert g.Ra == pytest.approx(10.0 * 5e-4 * 2.0 * 1e-6 / (2e-6 * 1.25e-7))
    assert g.Pr == pytest.approx(16.0)
    assert g.Le == pytest.approx(250.0)
    assert g.psi == pytest.approx(0.2 / 5e-4 * 4e-3 * 0.25 * 0.75)
    assert g.Sc == pytest.approx(2e-6 / 5e-10)


def test_psi_follows_the_signs():
    cell = {"L": 0.01, "dT": 2.0, "g": 10.0}
    psi = groups(BY_HAND, **cell).psi
    assert psi > 0.0
    assert groups(replace(BY_HAND, S_T=-4e-3), **cell).psi == -psi
    assert groups(replace(BY_HAND, beta_c=-0.2), **cell).psi == -psi
    assert groups(replace(BY_HAND, beta_T=-5e-4), **cell).psi == -psi
    assert groups(replace(BY_HAND, beta_T=-5e-4), **cell).Ra < 0.0


@pytest.mark.parametrize("Ra", [0.0, 1e3, -2e4])
@pytest.mark.parametrize("psi", [0.0, 0.2, -0.25])
@pytest.mark.parametrize("S_T_dT", [0.03, -0.4])
@pytest.mark.parametrize("known", [{}, {"T0_dT": 30.0, "mu_c": 5.0}])
def test_groups_round_trip(Ra, psi, S_T_dT, known):
    wanted = Groups(Ra=Ra, Pr=10.0, Le=100.0, psi=psi)
    values, g = property_values(wanted, c0=0.3, S_T_dT=S_T_dT, **known)
    got = groups(values, L=1.0, dT=1.0, g=g)
    for name in ("Ra", "Pr", "Le", "psi", "Sc"):
        assert getattr(got, name) == pytest.approx(getattr(wanted, name), rel=1e-14)
    assert g >= 0.0
    assert values.S_T == S_T_dT
    assert values.alpha == 1.0


def test_without_absolute_temperature_there_is_no_dufour_effect_and_no_entropy():
    wanted = Groups(Ra=1e3, Pr=10.0, Le=100.0, psi=0.2)
    values, _ = property_values(wanted, c0=0.5, S_T_dT=0.03)
    assert not values.has_entropy
    assert isnan(values.T)
    assert (values.Qs, values.kappa_0) == (0.0, 1.0)
    values, _ = property_values(wanted, c0=0.5, S_T_dT=0.03, T0_dT=30.0, mu_c=5.0)
    assert values.has_entropy
    assert values.Qs == pytest.approx(30.0 * 0.03 * 0.25 * 5.0)
    assert values.kappa_0 == pytest.approx(1.0 + 0.01 * 0.03**2 * 0.25**2 * 30.0 * 5.0)


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"Pr": 0.0}, "Pr = 0 is not positive"),
        ({"Le": -1.0}, "Le = -1 is not positive"),
        ({"Ra": nan}, "Ra = nan is not finite"),
    ],
)
def test_impossible_groups(changes, says):
    with pytest.raises(FluidError, match=says):
        Groups(**({"Ra": 1.0, "Pr": 1.0, "Le": 1.0, "psi": 0.0} | changes))


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"c0": 0.0}, "c0 = 0 is out of range"),
        ({"S_T_dT": 0.0}, "without a Soret effect, psi is 0"),
        ({"S_T_dT": nan}, "not finite"),
        ({"mu_c": -1.0}, "must both be positive"),
    ],
)
def test_impossible_scaled_properties(changes, says):
    with pytest.raises(FluidError, match=says):
        property_values(
            Groups(Ra=1.0, Pr=1.0, Le=1.0, psi=0.1), **({"c0": 0.5, "S_T_dT": 0.1} | changes)
        )


@pytest.mark.parametrize("cell", [{"L": 0.0}, {"dT": -1.0}, {"g": -9.81}])
def test_impossible_cells(cell):
    with pytest.raises(FluidError, match="no dimensionless groups"):
        groups(BY_HAND, **({"L": 0.01, "dT": 1.0, "g": 9.81} | cell))


def test_psi_needs_a_thermal_expansion():
    with pytest.raises(FluidError, match="thermal expansion coefficient is 0"):
        groups(replace(BY_HAND, beta_T=0.0), L=0.01, dT=1.0, g=9.81)


@pytest.mark.parametrize("Ra", [1e4, -1e4])
def test_double_diffusive_values_give_the_equations_back(Ra):
    # REFERENCES section 7: Ra 1e4, Pr 0.71, Le 2, N 1, Sr = Df = 0.3
    wanted = DoubleDiffusiveGroups(Ra=Ra, Pr=0.71, Le=2.0, N=1.0, Sr=0.3, Df=0.3)
    v, g = double_diffusive_values(wanted)
    assert v.rho * v.D * v.Qs == pytest.approx(wanted.Df)
    assert v.S_T * v.f == pytest.approx(wanted.Sr)
    assert v.D == pytest.approx(1.0 / wanted.Le)
    assert v.kappa == pytest.approx(1.0 - 0.09)
    assert v.kappa_0 == pytest.approx(1.0, rel=1e-15)
    assert v.nu == 0.71
    assert g * v.beta_T / v.nu == pytest.approx(Ra)  # alpha_0 = 1
    assert -v.beta_c / v.beta_T == 1.0
    assert wanted.Sc == pytest.approx(1.42)
    assert not v.has_entropy


@pytest.mark.parametrize(
    ("Sr", "Df", "says"),
    [(0.0, 0.3, "Onsager"), (-0.3, 0.3, "opposite signs"), (2.0, 0.5, "not below 1")],
)
def test_double_diffusive_groups_against_thermodynamics(Sr, Df, says):
    with pytest.raises(FluidError, match=says):
        DoubleDiffusiveGroups(Ra=1.0, Pr=1.0, Le=1.0, Sr=Sr, Df=Df)


def test_soret_without_dufour_is_allowed():
    v, _ = double_diffusive_values(DoubleDiffusiveGroups(Ra=1.0, Pr=1.0, Le=1.0, Sr=0.5))
    assert (v.Qs, v.kappa, v.kappa_0) == (0.0, 1.0, 1.0)


def test_chemical_derivative_is_the_derivative_of_the_chemical_potentials():
    # Ideal mixture: mu_i = (R T/M_i) ln x_i per unit mass, differentiated numerically.
    from math import log

    T, c, M1, M2, h = 300.0, 0.3, 0.018, 0.046, 1e-6

    def difference(c):
        M = mean_molar_mass(c, M1, M2)
        return R * T * (log(c * M / M1) / M1 - log((1.0 - c) * M / M2) / M2)

    slope = (difference(c + h) - difference(c - h)) / (2.0 * h)
    assert chemical_derivative(T, c, 1.0, M1, M2) == pytest.approx(slope, rel=1e-8)
    assert chemical_derivative(T, c, 0.4, M1, M2) == pytest.approx(0.4 * slope, rel=1e-8)
