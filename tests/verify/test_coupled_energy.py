"""Proofs of stability where compositions diffuse across one another, beside growth rates."""

from __future__ import annotations

import math
from dataclasses import replace

from mpi4py import MPI

import numpy as np
import pytest
from dispersion import growth_rate
from tolerances import ROUND_OFF

from femsoret.studies.coupled_energy import (
    Coupled,
    Wavenumbers,
    bound,
    growth_bound,
    ratio,
    together_stable,
    why_none_grows,
)

LAYER = Wavenumbers(math.pi, math.pi, math.pi / 3.0)
"""Of a cell of height 1 and a diagonal of 3."""


def layer(weights, upward, K, nu=10.0):
    """Return a layer at rest with uniform gradients."""
    up = np.array([0.0, 1.0])
    gradients = np.outer(upward, up)[None]
    return Coupled(MPI.COMM_SELF, np.asarray(weights), up, gradients, np.asarray(K)[None], nu)


def diffusing(D, separation):
    """Return K of a fluid with alpha = 1 and D_T = D S'."""
    D = np.atleast_2d(D)
    K = np.eye(1 + len(D))
    K[1:, 0], K[1:, 1:] = D @ separation, D
    return K


def random_layer(rng, number):
    """Return weights, upward gradients at rest and K: any signs, mostly heated from above."""
    modes = np.eye(number) + rng.uniform(0.0, 1.0) * rng.normal(size=(number, number))
    D = modes @ np.diag(10.0 ** rng.uniform(-3.0, -1.5, number)) @ np.linalg.inv(modes)
    separation = rng.normal(size=number)
    weights = 10.0 ** rng.uniform(1.0, 5.0) * np.r_[1.0, rng.normal(size=number)]
    upward = rng.choice([1.0, -1.0], p=[0.75, 0.25]) * np.r_[1.0, -separation]
    return weights, upward, diffusing(D, separation)


@pytest.mark.serial
@pytest.mark.parametrize(
    ("number", "layers", "least"), [pytest.param(2, 120, 0.7, marks=pytest.mark.slow), (3, 30, 0.6)]
)
def test_no_layer_that_is_proven_stable_grows(number, layers, least):
    rng = np.random.default_rng(17)
    proven = stable = growing = 0
    for _ in range(layers):
        weights, upward, K = random_layer(rng, number)
        proof = why_none_grows(layer(weights, upward, K), LAYER)
        rates = (growth_rate(weights, upward, K, 10.0, k).real for k in (3.0, 0.3, 1.0, 8.0))
        grows = any(rate > 1e-7 for rate in rates)  # 1e-4 of the slowest diffusion
        assert not (proof and grows)
        stable_by_both = weights[0] * upward[0] > 0.0 and weights[1:] @ upward[1:] > 0.0
        growing += grows
        stable += stable_by_both and not grows
        proven += stable_by_both and bool(proof)
    assert growing > 0.2 * layers
    assert proven > least * stable


@pytest.mark.serial
def test_the_layers_grow_as_chandrasekhar_has_it():
    """Ra_c = 1707.762 at k = 3.117, and X = Ra psi Le = 720 for long waves of a mixture."""
    pure = [
        growth_rate([10.0 * Ra, 0.0], [-1.0, 0.0], np.eye(2), 10.0, 3.117).real
        for Ra in (1707.5, 1708.0)
    ]
    K = diffusing(0.01, [1.0])
    mixed = [
        growth_rate([0.2 * X, -0.1 * X], [-1.0, 1.0], K, 10.0, 0.02).real for X in (716.0, 724.0)
    ]
    for below, above in (pure, mixed):
        assert below < 0.0 < above


OPPOSED = ((0.01, 0.001), (0.0005, 0.02)), (1.0, -0.3)
"""D and S': component 2 goes to the hot side and is stratified unstably where heat is not."""


def test_a_component_may_oppose_the_others():
    K, upward = diffusing(*OPPOSED), (1.0, -1.0, 0.3)
    for size, of_second, stable in ((1e6, -0.5, True), (1e6, -4.0, False), (1e-2, -4.0, True)):
        state = layer(size * np.array([1.0, -0.5, of_second]), upward, K)
        assert bool(why_none_grows(state, LAYER)) == stable
        assert together_stable(state) == (of_second > -1.0)


@pytest.mark.parametrize(("psi", "proven"), [(3.9, True), (4.1, False)])
def test_soret_fluxes_are_borne_up_to_four_lewis_numbers(psi, proven):
    """Two components of one D = alpha and one S' are a binary fluid: definite up to psi = 4 Le."""
    K = diffusing(np.eye(2), [0.5, 0.5])
    state = layer(1e8 * np.array([1.0, -psi, -psi]), (1.0, -0.5, -0.5), K)
    assert bool(why_none_grows(state, LAYER)) == proven


def test_diffusion_that_would_grow_has_no_energy():
    state = layer([1.0, -1.0, -1.0], (1.0, -1.0, -1.0), diffusing(((1.0, 2.0), (2.0, 1.0)), [1, 1]))
    assert not why_none_grows(state, LAYER)
    assert not together_stable(state)
    assert growth_bound(state) is None


def test_the_ratio_is_that_of_gains_to_losses():
    """By hand: W = diag(a, b, b), M = w up - W g, K = 1: ratio |M/k|^2/(a|b)/(4 nu k_u^2)."""
    a, b, weights, upward = 2.0, 3.0, np.array([5.0, 0.0, 7.0]), np.array([1.0, 0.0, 1.0])
    state = replace(layer(weights, upward, np.eye(3)), strain=0.25 * 10.0 * LAYER.flow**2)
    gain = (3.0 / LAYER.heat) ** 2 / a + (4.0 / LAYER.composition) ** 2 / b
    expected = gain / (4.0 * 0.75 * 10.0 * LAYER.flow**2)
    W = np.diag([a, b, b])
    assert ratio(state, W, LAYER) == pytest.approx(expected, abs=2e-6)  # 1e-6 is added to it
    assert ratio(state, W, LAYER._replace(heat=None)) == math.inf
    assert ratio(state, -W, LAYER) > 1e12
    assert ratio(replace(state, strain=1e4), W, LAYER) == math.inf
    balanced = layer(W @ upward, upward, np.eye(3))
    assert ratio(balanced, W, Wavenumbers(1.0, None, None)) < 1e-5


def test_the_bound_is_made_of_supply_advection_exchange_and_turning():
    """By hand: W = diag(a, b, b), w - W g = (3, 0, 4), w + W g = (7, 0, 10)."""
    a, b, crossed, strain, speed = 2.0, 3.0, 0.7, 1.5, 0.4
    K = np.eye(3) + crossed * np.array([[0, 0, 0], [0, 0, 1], [0, -1, 0]])
    state = replace(layer([5.0, 0.0, 7.0], [1.0, 0.0, 1.0], K), strain=strain, speed=speed)
    gain = 0.5 * (strain + math.hypot(strain, math.hypot(3.0 / a**0.5, 4.0 / b**0.5)))
    exchange = 0.5 * math.hypot(7.0 / a**0.5, 10.0 / b**0.5)
    expected = math.hypot(gain, 2.0 * speed * math.sqrt(gain) + exchange + crossed * gain)
    assert bound(state, np.diag([a, b, b])) == pytest.approx(expected, rel=ROUND_OFF)
    assert bound(replace(state, matrices=-state.matrices), np.diag([a, b, b])) > 1e12


def test_properties_that_vary_count_at_their_worst_node():
    K = diffusing(*OPPOSED)
    state = layer(1e6 * np.array([1.0, -0.5, -0.5]), (1.0, -1.0, 0.3), K)
    assert why_none_grows(state, LAYER)
    reverse = K.copy()
    reverse[1:, 1:] *= np.array([[1.0, -30.0], [-30.0, 1.0]])
    mixed = replace(
        state,
        matrices=np.concatenate([np.repeat(K[None], 200, axis=0), reverse[None]]),
        gradients=np.repeat(state.gradients, 201, axis=0),
    )
    assert not why_none_grows(mixed, LAYER)
    steeper = replace(mixed, matrices=np.repeat(K[None], 201, axis=0))
    assert why_none_grows(steeper, LAYER)
    steeper.gradients[-1] *= 1.1
    assert not why_none_grows(steeper, LAYER)


@pytest.mark.serial
def test_growing_eigenvalues_are_within_their_bound():
    rng = np.random.default_rng(3)
    seen = 0
    for _ in range(12):
        weights, upward, K = random_layer(rng, 2)
        rates = [growth_rate(weights, upward, K, 10.0, k) for k in (1.0, 3.0, 8.0)]
        bound = growth_bound(layer(weights, upward, K))
        assert bound is not None
        for rate in rates:
            if rate.real > 0.0:
                assert abs(rate) < bound < 1e3 * np.sqrt(np.abs(weights @ upward)) + 1e3
                seen += 1
    assert seen > 5
