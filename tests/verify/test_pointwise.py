"""The second law and reciprocity of the fluxes of four components, at a point."""

from __future__ import annotations

import numpy as np
from cases import POINTWISE, check
from liquids import SYMMETRIC, quaternary, random_here
from pointwise import flux_responses, relative_asymmetry

from femsoret.physics.closures import fluxes

GIVEN = "symmetric L and G"
SEEDS = range(5)
THETA, C = 7.0, (0.3, 0.22, 0.12)


def production(m, seed):
    """Return fluxes times forces and the quadratic form at a random state with random forces."""
    here = random_here(len(C), seed, spread=0.02)
    expressions = (fluxes.entropy_production, fluxes.entropy_production_squares)
    return tuple(here.value(expression(m, here.state)) for expression in expressions)


def numbers():
    """Return the numbers of the verification table."""
    m = quaternary(SYMMETRIC)
    ratios = [product / squares for product, squares in (production(m, seed) for seed in SEEDS)]
    return {
        "fluxes times forces over the quadratic form, less 1": max(abs(r - 1.0) for r in ratios),
        "asymmetry of the responses": float(relative_asymmetry(flux_responses(m, THETA, C))),
    }


def test_fluxes_times_forces_are_the_quadratic_form_and_responses_are_reciprocal():
    check(POINTWISE, GIVEN, numbers())


def test_entropy_is_produced_and_every_flux_responds_to_every_force():
    m = quaternary(SYMMETRIC)
    assert min(squares for _, squares in (production(m, seed) for seed in SEEDS)) > 0.0
    L = flux_responses(m, THETA, C)
    scale = np.sqrt(np.outer(np.diag(L), np.diag(L)))
    assert np.abs(L / scale)[~np.eye(len(L), dtype=bool)].min() > 1e-4  # or symmetry says nothing
    assert np.linalg.eigvalsh(L / scale).min() > 0.0
