"""Fluxes and entropy production, pointwise: the thermodynamics that everything else relies on."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pytest
from liquids import FIRST, SECOND, T0, driven, mixture, random_here, without_mixing
from pointwise import DIM, Field, Here

from femsoret.fluids.properties import Constant, Linear, R, negated, reflected
from femsoret.physics.closures import CLOSURES, BoussinesqMixture, MolarMixing, fluxes

each_closure = pytest.mark.parametrize("closure", CLOSURES.values(), ids=CLOSURES.keys())
each_number = pytest.mark.parametrize("number", [1, 2])
SEEDS = range(5)
REST = Field(4.0, (0.0, 0.0))


def some(closure, number):
    return mixture(closure, (FIRST, SECOND)[:number])


@dataclass(frozen=True)
class OffByOnePercent(BoussinesqMixture):
    """Heat of transport that Onsager's symmetry forbids."""

    def at(self, T, c):
        at = super().at(T, c)
        return replace(at, heats=tuple(1.01 * heat for heat in at.heats))


# -- entropy production --------------------------------------------------------------------------


def mismatch(m, here):
    """Return how far fluxes times forces are from the sum of squares, relative to the latter."""
    forces = here.value(fluxes.entropy_production(m, here.state))
    squares = here.value(fluxes.entropy_production_squares(m, here.state))
    assert squares > 0.0
    return abs(forces / squares - 1.0)


@each_closure
@each_number
def test_entropy_production_is_the_sum_of_squares(closure, number):
    m = some(closure, number)
    assert max(mismatch(m, random_here(number, seed)) for seed in SEEDS) < 1e-12


@each_closure
@each_number
def test_a_heat_of_transport_off_by_one_percent_is_found(closure, number):
    m = some(closure, number)
    broken = OffByOnePercent(**{name: getattr(m, name) for name in m.__dataclass_fields__})
    assert max(mismatch(broken, random_here(number, seed)) for seed in SEEDS) > 1e-6


@each_closure
def test_entropy_production_is_positive_without_a_temperature_gradient(closure):
    here = driven(1, REST, Field(0.05, (10.0, -5.0)))
    m = some(closure, 1)
    assert here.value(fluxes.entropy_production(m, here.state)) > 0.0


# -- Onsager -------------------------------------------------------------------------------------


def phenomenological(m, at_theta, at_gamma, i):
    """Return L of (q, j_i) = L (-grad T/T^2, -mu_c grad c/T), from fluxes under unit forces."""
    columns = []
    for axis_T, axis_c in ((1.0, 0.0), (0.0, 1.0)):
        here = driven(
            len(m.species), Field(at_theta, (axis_T, 0.0)), Field(at_gamma, (axis_c, 0.0))
        )
        # The other species must not answer to the gradients given to species i.
        alone = replace(m, species=tuple(m.species[k] if k == i else _inert(m, k) for k in _all(m)))
        s = here.state
        T = here.value(fluxes.local(alone, s).T)
        force = -axis_T / T**2 - axis_c * here.value(fluxes.local(m, s).G[i][i]) / T
        answers = (fluxes.heat_flux(alone, s), fluxes.mass_flux(alone, i, s))
        columns.append([here.value(flux)[0] / force for flux in answers])
    return np.array(columns).T


def _all(m):
    return range(len(m.species))


def _inert(m, k):
    return without_mixing(m.species[k])


@each_closure
@pytest.mark.parametrize(("number", "i"), [(1, 0), (2, 0), (2, 1)])
def test_cross_coefficients_are_equal(closure, number, i):
    L = phenomenological(some(closure, number), 7.0, 0.04, i)
    assert L[0, 1] == pytest.approx(L[1, 0], rel=1e-12)
    assert abs(L[0, 1]) > 1e-6 * np.sqrt(L[0, 0] * L[1, 1])  # and not because both are zero
    assert np.linalg.eigvalsh(L / np.sqrt(np.outer(np.diag(L), np.diag(L)))).min() > 0.0


# -- single fluxes -------------------------------------------------------------------------------


@each_closure
def test_fluxes_are_those_of_the_textbook(closure):
    # Written out from de Groot & Mazur, independently of the code's own factors.
    m, here = some(closure, 1), random_here(1, seed=11)
    theta, gamma = here.fields.values()
    T, c = T0 + theta.value, 0.35 + gamma.value
    grad_T, grad_c = np.array(theta.gradient), np.array(gamma.gradient)
    S_T = 8e-3 * (1 - np.exp((285.0 - T) / 18.0))
    D = 6e-10 * np.exp(-2e4 / R * (1 / T - 1 / 300.0))
    kappa = 0.13 - 2e-4 * (T - T0) + 0.03 * (c - 0.35)
    f = {"full": c * (1 - c), "dilute": c, "linearised": 0.35 * 0.65}[closure.name]
    T_q, c_q = (T0, 0.35) if closure.name == "linearised" else (T, c)
    M = 1 / (c_q / 0.132 + (1 - c_q) / 0.170)
    Qs = T_q * S_T * 1.1 * R * T_q * M / (0.132 * 0.170)
    j = -870.0 * D * (grad_c + S_T * f * grad_T)
    assert here.value(fluxes.mass_flux(m, 0, here.state)) == pytest.approx(j, rel=1e-12)
    assert here.value(fluxes.heat_flux(m, here.state)) == pytest.approx(
        -kappa * grad_T + Qs * j, rel=1e-12
    )


@each_closure
@each_number
def test_no_mass_flux_at_the_soret_gradient(closure, number):
    m = some(closure, number)
    grad_T = np.array([300.0, -120.0])
    theta = Field(6.0, grad_T)
    c = [law.c0 + 0.03 for law in m.species]
    gamma = [
        Field(0.03, -law.soret(T0 + 6.0, c[0]) * closure.f(c_i, law.c0) * grad_T)
        for law, c_i in zip(m.species, c, strict=True)
    ]
    here = Here.of(theta, gamma)
    for i, law in enumerate(m.species):
        scale = 870.0 * law.diffusion(T0 + 6.0, c[0]) * np.linalg.norm(gamma[i].gradient)
        assert np.linalg.norm(here.value(fluxes.mass_flux(m, i, here.state))) < 1e-14 * scale
    # kappa is the conductivity at j = 0.
    kappa = m.conductivity(T0 + 6.0, c[0])
    assert here.value(fluxes.heat_flux(m, here.state)) == pytest.approx(-kappa * grad_T, rel=1e-12)


@each_closure
@each_number
def test_kappa_0_is_the_conductivity_at_uniform_composition(closure, number):
    m = some(closure, number)
    here = driven(number, Field(6.0, (1.0, 0.0)), Field(0.03, (0.0, 0.0)))
    kappa_0 = here.value(fluxes.kappa_0(m, here.state))
    assert -here.value(fluxes.heat_flux(m, here.state))[0] == pytest.approx(kappa_0, rel=1e-14)
    dufour = kappa_0 - m.conductivity(T0 + 6.0, 0.38)
    at = fluxes.local(m, here.state)
    expected = sum(870.0 * here.value(at.D_T[i]) * here.value(at.heats[i]) for i in range(number))
    assert dufour == pytest.approx(expected, rel=1e-9)
    assert dufour > 0.0


def test_kappa_0_of_full_closure_by_the_formula_of_the_design():
    # kappa_0 - kappa = rho0 D S_T^2 c^2 (1-c)^2 T mu_c
    m = some(CLOSURES["full"], 1)
    here = driven(1, REST, Field(0.05, (0.0, 0.0)))
    s, T, c = here.state, T0 + 4.0, 0.4
    expected = 870.0 * FIRST.diffusion(T, c) * FIRST.soret(T, c) ** 2 * (c * (1 - c)) ** 2 * T
    expected *= here.value(fluxes.local(m, s).G[0][0])
    assert here.value(fluxes.kappa_0(m, s)) - m.conductivity(T, c) == pytest.approx(
        expected, rel=1e-9
    )


@each_closure
def test_component_1_carries_its_heat_of_transport_to_the_cold(closure):
    # S_T > 0 and uniform temperature: a composition gradient drives heat along with the mass.
    m = some(closure, 1)
    here = driven(1, REST, Field(0.02, (-3.0, 1.0)))
    j, q = (
        here.value(f) for f in (fluxes.mass_flux(m, 0, here.state), fluxes.heat_flux(m, here.state))
    )
    heat = here.value(fluxes.local(m, here.state).heats[0])
    assert heat > 0.0
    assert j[0] > 0.0  # down the composition gradient
    assert q == pytest.approx(heat * j, rel=1e-12)
    # And in a temperature gradient, uniform composition: component 1 moves to the cold.
    here = driven(1, Field(4.0, (50.0, 0.0)), Field(0.02, (0.0, 0.0)))
    assert here.value(fluxes.mass_flux(m, 0, here.state))[0] < 0.0


def test_without_mixing_there_is_no_dufour_effect():
    m = mixture(CLOSURES["full"], (without_mixing(FIRST),))
    here = driven(1, REST, Field(0.02, (-3.0, 1.0)))
    assert here.value(fluxes.heat_flux(m, here.state)) == pytest.approx(np.zeros(DIM), abs=0.0)
    assert fluxes.local(m, here.state).heats == (0.0,)
    assert fluxes.local(m, here.state).G is None


# -- names of the components ---------------------------------------------------------------------


def swapped(m):
    """Return the same liquid with its two components named the other way round."""
    (law,) = m.species
    other = replace(
        law,
        c0=1.0 - law.c0,
        beta_c=-law.beta_c,
        diffusion=reflected(law.diffusion),
        soret=negated(reflected(law.soret)),
        mixing=MolarMixing(law.mixing.M2, law.mixing.M1, law.mixing.Gamma),
    )
    return replace(
        m,
        viscosity=reflected(m.viscosity),
        conductivity=reflected(m.conductivity),
        species=(other,),
    )


@pytest.mark.parametrize("name", ["full", "linearised"])  # a trace has no such symmetry
def test_swapped_components_are_the_same_liquid(name):
    m = some(CLOSURES[name], 1)
    here = random_here(1, seed=12)
    theta, gamma = here.fields.values()
    there = Here.of(theta, [Field(-gamma.value, -np.array(gamma.gradient))])
    n = swapped(m)
    assert there.value(fluxes.mass_flux(n, 0, there.state)) == pytest.approx(
        -here.value(fluxes.mass_flux(m, 0, here.state)), rel=1e-12
    )
    for law in ("heat_flux", "buoyancy", "entropy_production", "kappa_0"):
        law = getattr(fluxes, law)
        assert there.value(law(n, there.state)) == pytest.approx(
            here.value(law(m, here.state)), rel=1e-11
        ), law
    assert there.value(fluxes.local(n, there.state).mu) == pytest.approx(
        here.value(fluxes.local(m, here.state).mu), rel=1e-11
    )


# -- buoyancy ------------------------------------------------------------------------------------


def test_buoyancy_lifts_the_warm_and_sinks_what_is_dense():
    m = some(CLOSURES["full"], 2)
    up = np.array(m.gravity.up)
    flat = (0.0, 0.0)
    zero = Field(0.0, flat)
    for fields, lift in (
        ((Field(2.0, flat), zero, zero), 9e-4 * 2.0),
        ((zero, Field(0.01, flat), zero), -0.21 * 0.01),
        ((zero, zero, Field(0.01, flat)), 0.13 * 0.01),
    ):
        here = Here.of(fields[0], fields[1:])
        force = here.value(fluxes.buoyancy(m, here.state))
        assert force == pytest.approx(870.0 * 9.81 * lift * up, rel=1e-12)


# -- heat of mixing --------------------------------------------------------------------------------


def test_partial_enthalpies_follow_from_the_chemical_potentials():
    law = Linear(1.1, T0, 4e-3, 0.35, -0.5)
    warming = replace(FIRST, mixing=MolarMixing(0.132, 0.170, law))
    m, here = mixture(CLOSURES["full"], (warming,)), random_here(1, seed=21)
    theta, gamma = here.fields.values()
    T, c = T0 + theta.value, 0.35 + gamma.value
    M = 1 / (c / 0.132 + (1 - c) / 0.170)
    # Gibbs and Helmholtz: Gamma alone of mu_c/T depends on T.
    H = -(T**2) * 4e-3 * R * M / (0.132 * 0.170 * c * (1 - c))
    assert m.at(T, (c,)).H[0][0] == pytest.approx(H, rel=1e-12)
    assert here.value(fluxes.local(m, here.state).H[0][0]) == pytest.approx(H, rel=1e-12)
    j = here.value(fluxes.mass_flux(m, 0, here.state))
    released = -H * (j @ np.array(gamma.gradient))
    assert here.value(fluxes.heat_of_mixing(m, here.state)) == pytest.approx(released, rel=1e-12)
    mu_c = m.at(T, (c,)).G[0][0]
    missing = -(mu_c - H) / T * (j @ np.array(gamma.gradient))
    assert here.value(fluxes.missing_entropy(m, here.state)) == pytest.approx(missing, rel=1e-12)


@pytest.mark.parametrize("closure", ["full", "linearised"])
def test_there_is_no_heat_of_mixing_where_it_would_be_zero_or_of_second_order(closure):
    law = Constant(1.1) if closure == "full" else Linear(1.1, T0, 4e-3)
    m = mixture(CLOSURES[closure], (replace(FIRST, mixing=MolarMixing(0.132, 0.170, law)),))
    here = random_here(1, seed=22)
    assert fluxes.local(m, here.state).H == ()
    assert fluxes.heat_of_mixing(m, here.state) == fluxes.missing_entropy(m, here.state) == 0.0


@each_closure
@each_number
def test_conduction_and_diffusion_share_the_entropy_production(closure, number):
    m, here = some(closure, number), random_here(number, seed=23)
    parts = [
        here.value(part(m, here.state))
        for part in (fluxes.conduction_entropy_production, fluxes.diffusion_entropy_production)
    ]
    assert min(parts) > 0.0
    assert sum(parts) == pytest.approx(
        here.value(fluxes.entropy_production(m, here.state)), rel=1e-12
    )
