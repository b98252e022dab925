"""What a run says of its stability, beside closed forms, published onsets and proofs.

More cells: bench/stability.py.
"""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from dispersion import growth_rate
from scipy.optimize import brentq

from femsoret.cells import box, rectangle
from femsoret.experiment import Experiment
from femsoret.fluids.groups import Groups, property_values
from femsoret.fluids.properties import Constant, Proportional
from femsoret.physics.closures import (
    Component,
    Gravity,
    MulticomponentMixture,
    SoretTransport,
    mixture_of_groups,
)
from femsoret.post.stratification import stratification
from femsoret.problem.conditions import FreeSlip, Temperature
from femsoret.solve import growth_rates
from femsoret.studies.energy_method import coupled, growth_bound, why_stable
from femsoret.studies.measure import stability_check as module
from femsoret.studies.measure.numerical_error import numerical_error
from femsoret.studies.measure.solution import solve
from femsoret.studies.measure.stability_check import is_opposed, same_state, stability_check


def cell(comm, groups, up, size=(1.0, 1.0), cells=(4, 6), slip=(), degree=2):
    """Return a closed cell, hot at the top, with other sides adiabatic."""
    scaled = property_values(groups, c0=0.5, S_T_dT=0.1 if groups.psi else 0.0)
    walls = [Temperature(("top",), 0.5), Temperature(("bottom",), -0.5)]
    walls += [FreeSlip(slip)] if slip else []
    return Experiment(
        "cell",
        rectangle(comm, size, cells, grading=(1.0, 2.0)),
        mixture_of_groups(scaled, up=up, closure="linearised", pure=not groups.psi),
        tuple(walls),
        degree=degree,
        absolute_temperature=False,
    )


ABOVE, BELOW = (0.0, 1.0), (0.0, -1.0)


def leaning(degrees):
    return -math.sin(math.radians(degrees)), math.cos(math.radians(degrees))


def checked(experiment):
    return stability_check(solve(experiment))


@pytest.mark.parametrize(("factor", "verdict"), [(0.97, "stable"), (1.03, "unstable")])
def test_a_layer_on_either_side_of_1708(comm, factor, verdict):
    groups = Groups(Ra=factor * 1707.762, Pr=10.0, Le=1.0)
    layer = cell(comm, groups, BELOW, (math.pi / 3.1163, 1.0), (4, 8), ("left", "right"), 3)
    assert checked(layer).verdict == verdict


@pytest.mark.parametrize(("factor", "verdict"), [(0.97, "no growth found"), (1.03, "unstable")])
def test_free_plates_are_not_judged_by_the_threshold_of_rigid_ones(comm, factor, verdict):
    groups = Groups(Ra=factor * 657.511, Pr=10.0, Le=1.0)
    free = ("left", "right", "top", "bottom")
    layer = cell(comm, groups, BELOW, (math.pi / 2.2214, 1.0), (4, 6), free, 3)
    found = checked(layer)
    assert found.verdict == verdict
    assert (found.growth_rate > 0.0) == (factor > 1.0)


@pytest.mark.serial
@pytest.mark.parametrize(("factor", "verdict"), [(0.9, "no growth found"), (1.1, "unstable")])
def test_oscillations_of_a_mixture_heated_from_below(comm, factor, verdict):
    groups = Groups(Ra=factor * 2279.447, Pr=10.0, Le=100.0, psi=-0.25)
    layer = cell(comm, groups, BELOW, (math.pi / 3.1353, 1.0), (4, 8), ("left", "right"), 3)
    found = checked(layer)
    assert found.verdict == verdict
    if factor > 1.0:
        assert found.frequency == pytest.approx(11.2, rel=0.2)
    else:
        assert any(shift.imag for shift in found.shifts)


@pytest.mark.parametrize(
    ("X", "verdict"), [(500.0, "no growth found"), (3000.0, "unstable")], ids=["below", "above"]
)
def test_fingers_heated_from_above(comm, X, verdict):
    """psi < 0: heat stratifies stably and hides what the composition does, X = Ra Le |psi|."""
    groups = Groups(Ra=X / 50.0, Pr=10.0, Le=100.0, psi=-0.5)
    found = checked(cell(comm, groups, ABOVE, (4.0, 1.0), (12, 6)))
    assert found.verdict == verdict
    assert not found.frequency
    if verdict == "unstable":
        assert found.reason == "a stationary mode grows, also at higher order"
        assert not found.lasts


@pytest.mark.parametrize("psi", [0.0, 0.2, 5.0])
@pytest.mark.parametrize("Ra", [1e2, 1e6])
def test_level_layers_that_heat_and_composition_stratify_are_proven_stable(comm, psi, Ra):
    found = checked(cell(comm, Groups(Ra=Ra, Pr=10.0, Le=100.0, psi=psi), ABOVE))
    assert (found.verdict, found.modes) == ("stable", 0)
    assert "stable everywhere" in found.reason


def test_what_heat_stratifies_stably_but_composition_does_not_is_not_proven(comm):
    solution = solve(cell(comm, Groups(Ra=1e3, Pr=10.0, Le=100.0, psi=-0.2), ABOVE))
    assert not why_stable(solution.convection, stratification(solution.convection))


def test_crossed_diffusion_beyond_what_the_energy_allows_is_not_proven(comm):
    """The energy's quadratic form is definite up to psi = 4 Le."""
    proven = []
    for psi in (3.6, 4.4):
        solution = solve(cell(comm, Groups(Ra=1.0, Pr=10.0, Le=1.0, psi=psi), ABOVE))
        layers = stratification(solution.convection)
        proven.append("stable everywhere" in why_stable(solution.convection, layers))
    assert proven == [True, False]


def ternary(comm, D, separation, *, Ra=1e3, up=ABOVE, G=None, **of_cell):
    """Return a closed cell with two components, Pr = 10, whose D_T is D S'."""
    mixture = MulticomponentMixture(
        T0=300.0,
        rho0=1.0,
        cp=1.0,
        beta_T=1.0,
        viscosity=Constant(10.0),
        conductivity=Constant(1.0),
        gravity=Gravity(10.0 * Ra, up),
        species=(Component("a", 0.3, 1.0), Component("b", 0.3, 1.0)),
        transport=SoretTransport(laws(D), tuple(map(Constant, separation)), G and laws(G, warm)),
    )
    pure = cell(comm, Groups(Ra=1.0, Pr=10.0, Le=1.0), up, **of_cell)
    walls = (Temperature(("top",), 300.5), Temperature(("bottom",), 299.5))
    return replace(pure, mixture=mixture, conditions=walls + pure.conditions[2:])


def laws(matrix, law=Constant):
    return tuple(tuple(map(law, row)) for row in matrix)


def warm(value):
    """Return a law of mixing without heat."""
    return Proportional(value, 300.0)


@pytest.mark.parametrize(
    ("across", "separation", "proven", "opposed"),
    [
        (0.0, (0.1, 0.1), True, False),
        (0.25, (0.2, 0.02), True, False),
        (0.25, (0.1, 0.1), False, False),
        (0.03, (0.2, -0.1), True, False),
        (0.03, (0.1, -0.9), False, True),
    ],
    ids=["alone", "across", "too far across", "one opposed", "unstable"],
)
def test_components_are_proven_stable_together(comm, across, separation, proven, opposed):
    solution = solve(ternary(comm, ((0.1, across), (0.0, 0.1)), separation, Ra=1e5))
    layers = stratification(solution.convection)
    assert layers.species_mix == (across > 0.0)
    assert ("stable everywhere" in why_stable(solution.convection, layers)) == proven
    assert is_opposed(layers) == opposed
    if separation[1] < 0.0:
        assert growth_rates(solution.convection, shifts=(1.0,)).is_stable == proven


HALF = {"size": (math.pi / 3.0, 1.0), "cells": (3, 4), "slip": ("left", "right"), "degree": 4}
"""Half a wavelength of a layer, k = 3."""


def normal_mode(state):
    """Return the leading eigenvalue of a layer with the properties of a state, k = 3."""
    return growth_rate(state.weights, state.upward, state.K, state.nu, 3.0)


@pytest.fixture(scope="module")
def crossed():
    """Return a layer with Soret, Dufour and cross-diffusion, as a function of Ra and up.

    Heated from above it grows, too, although heat and all components on the whole are stable.
    """

    def layer(comm, Ra, up):
        D, G = ((0.1, 0.03), (-0.02, 0.2)), ((2e-3, 1e-3), (1e-3, 4e-3))
        return ternary(comm, D, (-0.3, 0.5), Ra=Ra, up=up, G=G, **HALF)

    return layer


@pytest.mark.parametrize("up", [ABOVE, BELOW], ids=["above", "below"])
def test_modes_of_a_ternary_layer_are_those_of_its_stratification(comm, crossed, up):
    solution = solve(crossed(comm, 3e3, up))
    layers = stratification(solution.convection)
    state = coupled(layers)
    assert np.abs(state.K[0, 1:]).min() > 1e-3  # it has a Dufour effect
    expected = normal_mode(state).real
    found = growth_rates(solution.convection, shifts=(expected + 1.0,)).leading
    assert found.growth_rate == pytest.approx(expected, rel=1e-4)
    assert found.growth_rate > 0.0
    assert not why_stable(solution.convection, layers)
    assert growth_bound(solution.convection, layers) > found.growth_rate


def test_the_onset_of_a_ternary_layer_is_that_of_normal_modes(comm, crossed):
    """It oscillates. At the critical Rayleigh number by collocation the mesh's mode is neutral."""
    state = coupled(stratification(solve(crossed(comm, 1.0, BELOW)).convection))

    def mode(Ra):
        return normal_mode(replace(state, weights=Ra * state.weights))

    Ra = brentq(lambda Ra: mode(Ra).real, 10.0, 3000.0, xtol=1e-8)
    slope = (mode(1.01 * Ra).real - mode(0.99 * Ra).real) / 0.02
    found = growth_rates(solve(crossed(comm, Ra, BELOW)).convection, shifts=(1.0,)).leading
    assert found.frequency == pytest.approx(abs(mode(Ra).imag), rel=1e-5)
    assert found.frequency > 1.0
    assert found.growth_rate / slope == pytest.approx(0.0, abs=1e-5)  # relative error of Ra_c


@pytest.mark.parametrize(("tilt", "proven"), [(0.1, True), (5.0, False)])
def test_a_slope_is_proven_stable_only_where_it_is_small(comm, tilt, proven):
    groups = Groups(Ra=1e4, Pr=10.0, Le=100.0, psi=0.2)
    found = checked(cell(comm, groups, leaning(tilt)))
    assert (found.verdict == "stable") == proven
    assert found.lasts


@pytest.mark.parametrize("Ra", [3.0, 300.0])
def test_slow_flows_lose_energy(comm, Ra):
    """Heated from the side: what a small Rayleigh number proves, a larger one does not."""
    groups = Groups(Ra=Ra, Pr=1.0, Le=1.0)
    solution = solve(cell(comm, groups, leaning(90.0)))
    proof = why_stable(solution.convection, stratification(solution.convection))
    assert ("energy method" in proof) == (Ra < 100.0)


@pytest.mark.parametrize("Ra", [3.0, 300.0])
def test_slow_flows_of_three_components_lose_energy(comm, Ra):
    """A component that opposes the others: no energy but one that couples them has a proof."""
    D = ((0.5, 0.1), (0.05, 0.4))
    solution = solve(ternary(comm, D, (0.3, -0.5), Ra=Ra, up=leaning(90.0)))
    proof = why_stable(solution.convection, stratification(solution.convection))
    assert ("energy method" in proof) == (Ra < 100.0)


def test_without_gravity_nothing_can_grow(comm):
    weightless = cell(comm, Groups(Ra=1e4, Pr=10.0, Le=100.0, psi=-0.5), BELOW)
    gravity = replace(weightless.mixture.gravity, magnitude=0.0)
    found = checked(replace(weightless, mixture=replace(weightless.mixture, gravity=gravity)))
    assert found.verdict == "stable"


@pytest.mark.serial
def test_near_rest_and_its_roll_are_two_states(comm):
    """A square that leans, far above its onset, has both; a real one shows the roll."""
    square = cell(comm, Groups(Ra=1e4, Pr=10.0, Le=1.0), leaning(175.0), cells=(6, 6), degree=3)
    near_rest = solve(square)
    rolling = solve(replace(square, start_up=leaning(150.0)))
    assert stability_check(near_rest).verdict == "unstable"
    assert stability_check(rolling).verdict == "no growth found"
    assert not same_state(near_rest, rolling)
    assert not stability_check(rolling, near_rest).lasts
    second = numerical_error(rolling).second
    assert same_state(rolling, second)


def test_numbers_of_the_stratification(comm):
    """N^2 of heat is Ra Pr, of composition psi times that, in units of L and alpha."""
    solution = solve(cell(comm, Groups(Ra=50.0, Pr=10.0, Le=100.0, psi=0.2), ABOVE))
    heat, composition = stratification(solution.convection).scalars
    assert heat.stratified == pytest.approx((500.0, 500.0), rel=1e-9)
    assert composition.stratified == pytest.approx((100.0, 100.0), rel=1e-6)
    assert composition.mean == pytest.approx(100.0, rel=1e-6)
    assert composition.slowest == pytest.approx(0.01)
    tilted = solve(cell(comm, Groups(Ra=1e-6, Pr=10.0, Le=100.0, psi=0.2), leaning(30.0)))
    heat = stratification(tilted.convection).heat
    assert heat.slope == pytest.approx(math.tan(math.radians(30.0)), rel=1e-6)


def cube(comm, up, Ra=4000.0):
    scaled = property_values(Groups(Ra=Ra, Pr=10.0, Le=1.0), c0=0.5, S_T_dT=0.0)
    return Experiment(
        "cube",
        box(comm, (1.0, 1.0, 1.0), (2, 2, 2)),
        mixture_of_groups(scaled, up=up, closure="linearised", pure=True),
        (Temperature(("top",), 0.5), Temperature(("bottom",), -0.5)),
        absolute_temperature=False,
    )


@pytest.mark.parametrize(
    ("up", "suspected"), [((0.0, -1.0, 0.0), True), ((1.0, 0.0, 0.0), False)], ids=["below", "side"]
)
def test_a_large_cell_in_3d_says_what_its_stratification_lets_expect(
    comm, up, suspected, monkeypatch
):
    monkeypatch.setattr(module, "LARGEST_3D", 0)
    found = checked(cube(comm, up, 4000.0 if suspected else 1000.0))
    assert found.verdict == "not looked at"
    assert found.suspected == suspected
    assert ("may be unstable" in found.reason) == suspected


def test_in_3d_modes_that_grow_count_where_the_stratification_says_so(comm):
    found = checked(cube(comm, (0.0, -1.0, 0.0), 8000.0))
    assert found.verdict == "unstable"
    assert "heated from below" in found.reason


@pytest.mark.serial
def test_a_second_solve_on_another_branch_does_not_clear_a_state(comm):
    """A mode grows near rest; that none grows in the roll, found at higher order, is no comfort."""
    square = cell(comm, Groups(Ra=1e4, Pr=10.0, Le=1.0), leaning(175.0), cells=(6, 6), degree=3)
    rolling = solve(replace(square, start_up=leaning(150.0)))
    found = stability_check(solve(square), rolling)
    assert found.verdict == "unstable"
    assert "another state" in found.reason
