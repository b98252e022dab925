"""Four components that diffuse across one another: coefficients, entropy and rest, pointwise."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from liquids import SYMMETRIC, T0, quaternary, random_here
from pointwise import DIM, Field, Here, flux_responses, relative_asymmetry

from femsoret.base.errors import FluidError
from femsoret.fluids.properties import Constant
from femsoret.physics.closures import (
    MeasuredTransport,
    check_transport,
    fluxes,
    onsager_asymmetry,
    onsager_matrix,
)
from femsoret.physics.closures.point import solve, times

N = 3
C = (0.3, 0.22, 0.12)


def constants(matrix):
    return tuple(tuple(Constant(float(x)) for x in row) for row in matrix)


def measured(m, T=T0, c=C, *, G=True):
    """Return the same mixture with the coefficients that a laboratory would report at a state."""
    at = m.at(T, c)
    transport = MeasuredTransport(
        constants(at.D), tuple(Constant(float(x)) for x in at.D_T), constants(at.G) if G else None
    )
    return replace(m, transport=transport)


def test_elimination_solves():
    draw = np.random.default_rng(3)
    A = np.eye(4) + 0.3 * draw.normal(size=(4, 4))
    b = draw.normal(size=4)
    x = solve(tuple(map(tuple, A)), tuple(b))
    assert np.array(x) == pytest.approx(np.linalg.solve(A, b), rel=1e-12)
    assert np.array(times(tuple(map(tuple, A)), x)) == pytest.approx(b, rel=1e-12)


def test_measured_coefficients_give_back_the_heats_of_transport():
    m = quaternary(SYMMETRIC)
    check_transport(m)
    there, again = m.at(T0, C), measured(m).at(T0, C)
    assert np.array(again.heats) == pytest.approx(np.array(there.heats), rel=1e-12)
    assert onsager_matrix(again) == pytest.approx(onsager_matrix(there), rel=1e-12)


def test_entropy_production_by_diffusion_alone():
    # Written with L, which the code does not use: grad mu.L.grad mu/T^2.
    m, here = quaternary(SYMMETRIC), random_here(N, 4, spread=0.02)
    theta, *gamma = here.fields.values()
    flat = Here.of(Field(theta.value, (0.0, 0.0)), gamma)
    c = tuple(s.c0 + g.value for s, g in zip(m.species, gamma, strict=True))
    at = m.at(T0 + theta.value, c)
    force = np.array(at.G) @ np.array([g.gradient for g in gamma])
    expected = np.einsum("ia,ik,ka->", force, onsager_matrix(at), force) / at.T**2
    assert flat.value(fluxes.entropy_production(m, flat.state)) == pytest.approx(expected, 1e-11)


def test_coefficients_that_are_not_reciprocal_are_told_by_a_number():
    m = measured(quaternary(SYMMETRIC))
    assert onsager_asymmetry(m.at(T0, C)) < 1e-13
    D = np.array(m.at(T0, C).D)
    D[0, 1] *= 1.3
    off = replace(m, transport=replace(m.transport, D=constants(D)))
    assert onsager_asymmetry(off.at(T0, C)) > 1e-2
    assert relative_asymmetry(flux_responses(off, 0.0, C)) > 1e-2
    # What the code does with D and G is right all the same: entropy is fluxes times forces.
    here = random_here(N, 1, spread=0.02)
    assert here.value(fluxes.entropy_production(off, here.state)) == pytest.approx(
        here.value(fluxes.entropy_production_squares(off, here.state)), rel=1e-12
    )


def test_nothing_diffuses_at_the_gradient_of_rest():
    m, T = quaternary(SYMMETRIC), T0 + 6.0
    grad_T = np.array([300.0, -120.0])
    at = m.at(T, C)
    rest = -np.linalg.solve(np.array(at.D), np.array(at.D_T))
    gamma = [
        Field(c - s.c0, slope * grad_T) for c, s, slope in zip(C, m.species, rest, strict=True)
    ]
    here = Here.of(Field(6.0, grad_T), gamma)
    for i, j in enumerate(fluxes.mass_fluxes(m, here.state)):
        scale = at.rho * abs(at.D_T[i]) * np.linalg.norm(grad_T)
        assert np.linalg.norm(here.value(j)) < 1e-12 * scale
    q = here.value(fluxes.heat_flux(m, here.state))
    assert q == pytest.approx(-m.conductivity(T, C) * grad_T, rel=1e-12)


def test_without_thermodynamics_there_is_neither_dufour_nor_entropy():
    m, here = measured(quaternary(SYMMETRIC), G=False), random_here(N, 2, spread=0.02)
    (theta, *_) = here.fields.values()
    kappa = here.value(fluxes.local(m, here.state).kappa)
    q = here.value(fluxes.heat_flux(m, here.state))
    assert q == pytest.approx(-kappa * np.array(theta.gradient), rel=1e-12)
    with pytest.raises(FluidError, match="requires the thermodynamics of mixing"):
        fluxes.entropy_production(m, here.state)


def test_buoyancy_adds_up_all_species():
    m, here = quaternary(SYMMETRIC), random_here(N, 5, spread=0.02)
    theta, *gamma = here.fields.values()
    lift = 9e-4 * theta.value - 0.21 * gamma[0].value + 0.13 * gamma[1].value
    lift -= 0.05 * gamma[2].value
    force = here.value(fluxes.buoyancy(m, here.state))
    assert force == pytest.approx(870.0 * 9.81 * lift * np.array(m.gravity.up)[:DIM], rel=1e-12)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda D: D[:2, :2], "transport coefficients have the sizes"),
        (lambda D: -D, "real and positive"),
        (lambda D: D + 5.0 * np.array([[0, 1, 0], [-1, 0, 0], [0, 0, 0]]) * D[0, 0], "eigenvalues"),
    ],
)
def test_impossible_diffusion_is_refused(change, said):
    m = measured(quaternary(SYMMETRIC))
    D = change(np.array(m.at(T0, C).D))
    with pytest.raises(FluidError, match=said):
        check_transport(replace(m, transport=replace(m.transport, D=constants(D), G=None)))


def test_thermodynamics_that_would_destroy_entropy_is_refused():
    m = measured(quaternary(SYMMETRIC))
    G = -np.array(m.at(T0, C).G)
    with pytest.raises(FluidError, match="entropy production could be negative"):
        check_transport(replace(m, transport=replace(m.transport, G=constants(G))))
