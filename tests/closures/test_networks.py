"""Networks of transitions: conserved groups, steady occupations, and the fast limit."""

from __future__ import annotations

import numpy as np
import pytest

from femsoret.base.errors import FluidError
from femsoret.fluids.properties import Arrhenius, Constant, Linear, Proportional, R
from femsoret.physics.closures.homogenised import (
    covariance_soret,
    drift,
    fast_soret,
    heat_of_transport,
)
from femsoret.physics.closures.networks import conserved_groups, occupations
from femsoret.physics.closures.particles import InternalState, Transition, particle

T0 = 300.0


def chain(affinity=0.0, flux="fick", **changed):
    """Return three states in a ring, of which one transition is driven."""
    states = [
        InternalState("a", Constant(0.0), Linear(1e-10, T0, 1e-12), 2.0),
        InternalState("b", Linear(2e3, T0, -5.0), Constant(4e-10)),
        InternalState("c", Constant(5e3), Linear(2e-10, T0, 3e-12), 3.0),
    ]
    transitions = [
        Transition("a", "b", Arrhenius(1.0, T0, 2e4), Constant(affinity)),
        Transition("b", "c", Constant(3.0)),
        Transition("c", "a", Constant(0.5)),
    ]
    return particle("P", states, transitions, c0=1e-3, T0=T0, flux=flux, **changed)


def generator(of, T):
    k = np.array(of.rates(T), dtype=float)
    return k.T - np.diag(k.sum(axis=1))


def test_groups_are_the_connected_parts():
    assert conserved_groups(5, [(0, 3), (3, 1), (1, 0)]) == ((0, 1, 3), (2,), (4,))
    assert conserved_groups(2, []) == ((0,), (1,))


def test_what_is_conserved_is_orthogonal_to_every_transition():
    rng = np.random.default_rng(3)
    for _ in range(20):
        pairs = rng.integers(0, 6, (4, 2))
        pairs = pairs[pairs[:, 0] != pairs[:, 1]]
        groups = conserved_groups(6, map(tuple, pairs))
        stoichiometry = np.zeros((6, len(pairs)))
        stoichiometry[pairs[:, 0], np.arange(len(pairs))] -= 1.0
        stoichiometry[pairs[:, 1], np.arange(len(pairs))] += 1.0
        assert len(groups) == 6 - np.linalg.matrix_rank(stoichiometry)
        for group in groups:
            assert not stoichiometry[list(group)].sum(axis=0).any()


@pytest.mark.parametrize("affinity", [0.0, 8e3])
def test_occupations_are_steady(affinity):
    of = chain(affinity)
    p = np.array(of.occupations(310.0), dtype=float)
    assert p.sum() == pytest.approx(1.0, rel=1e-14)
    assert abs(generator(of, 310.0) @ p).max() <= 1e-14
    boltzmann = np.array(
        [s.degeneracy * np.exp(-s.free_energy(310.0, 0.0) / (R * 310.0)) for s in of.states]
    )
    apart = abs(p / (boltzmann / boltzmann.sum()) - 1.0).max()
    assert (apart > 0.1) if affinity else (apart <= 1e-12)


def test_occupations_of_rates_far_apart_keep_their_digits():
    k = [[0.0, 1e-12, 0.0], [1e8, 0.0, 1.0], [0.0, 1e-9, 0.0]]
    p = np.array(occupations(k, (0, 1, 2)))
    assert p[1] / p[0] == pytest.approx(1e-20, rel=1e-14)
    assert p[2] / p[1] == pytest.approx(1e9, rel=1e-14)


def test_an_affinity_is_the_work_of_a_cycle():
    """The product of rates around a ring, forwards over backwards (T. L. Hill)."""
    k = np.array(chain(8e3).rates(T0), dtype=float)
    ratio = k[0, 1] * k[1, 2] * k[2, 0] / (k[1, 0] * k[2, 1] * k[0, 2])
    assert R * T0 * np.log(ratio) == pytest.approx(8e3, rel=1e-12)


def test_the_fast_limit_is_a_covariance():
    of = chain()
    S, T = fast_soret(of, T0), T0
    p = np.array(of.occupations(T))
    D = np.array([s.D(T) for s in of.states])
    E = np.array([0.0, 2e3 + 5.0 * T0, 5e3])  # F - T dF/dT
    cov = p @ (E * D) - (p @ E) * (p @ D)
    assert covariance_soret(of, T) == pytest.approx(cov / (R * T**2 * (p @ D)), rel=1e-9)
    assert pytest.approx(S, rel=1e-9) == covariance_soret(of, T)
    assert heat_of_transport(of, T) == pytest.approx(S * R * T**2, rel=1e-9)


def test_overdamped_states_add_the_slope_of_their_diffusivity():
    of, fick = chain(flux="overdamped"), chain()
    p = np.array(of.occupations(T0))
    slopes, D = np.array([1e-12, 0.0, 3e-12]), np.array([1e-10, 4e-10, 2e-10])
    more = fast_soret(of, T0) - fast_soret(fick, T0)
    assert more == pytest.approx(p @ slopes / (p @ D), rel=1e-9)
    assert drift(fick, T0) == pytest.approx(p @ slopes, rel=1e-9)
    assert abs(drift(of, T0)) <= 1e-9 * abs(drift(fick, T0))


def velocity_states(g, x, ratio=None):
    """Return two overdamped states of D = T/gamma; the second does not move unless told."""
    states = [
        InternalState("free", Constant(0.0), Proportional(1.0, 1.0)),
        InternalState("held", Constant(x * R), Proportional(1.0 / (ratio or 1e12), 1.0), g),
    ]
    return particle(
        "V",
        states,
        [Transition("free", "held", Constant(1.0))],
        c0=1e-3,
        T0=1.0,
        flux="overdamped",
    )


@pytest.mark.parametrize(
    ("g", "x", "chemical"), [(np.e**2, 2.0, 1.0), (20.0, 3.0, 1.4968), (1.0, 1.278, 0.2785)]
)
def test_degeneracy_reverses_the_sign(g, x, chemical):
    """-T S_chem = x/(1 + e^x/g) of a state that is held, against 1/T of velocity states."""
    of = velocity_states(g, x)
    assert -covariance_soret(of, 1.0) == pytest.approx(chemical, abs=1e-4)
    assert fast_soret(of, 1.0) == pytest.approx(1.0 - x / (1.0 + np.exp(x) / g), abs=1e-9)


@pytest.mark.parametrize(("ratio", "least"), [(10.0, 0.687), (20.0, 0.672), (50.0, 0.662)])
def test_without_degeneracy_no_two_states_reverse_it(ratio, least):
    found = min(fast_soret(velocity_states(1.0, E, ratio), 1.1) for E in np.linspace(0.2, 3.0, 281))
    assert found == pytest.approx(least, abs=5e-4)


@pytest.mark.parametrize(
    ("changed", "says"),
    [
        ({"flux": "stratonovich"}, "unknown form of the flux"),
        ({"shares": {"a": 0.5, "b": 0.4}}, "not fractions of one whole"),
        ({"shares": {"d": 1.0}}, "unknown state"),
    ],
)
def test_wrong_particles_are_refused(changed, says):
    with pytest.raises(FluidError, match=says):
        chain(**changed)


def test_groups_need_shares():
    states = [InternalState(n, Constant(0.0), Constant(1e-10)) for n in "abc"]
    with pytest.raises(FluidError, match=r"\(a, b\) and \(c\)"):
        particle("P", states, [Transition("a", "b", Constant(1.0))], c0=1e-3, T0=T0)
    shares = {"a": 0.25, "c": 0.75}
    of = particle("P", states, [Transition("a", "b", Constant(1.0))], c0=1e-3, T0=T0, shares=shares)
    assert of.shares == pytest.approx([0.125, 0.125, 0.75])
