"""Signals: every place gives the S_T of the closed form at rest, and its own error with a flow."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from water_ethanol import DT, L, tilted_box, tilted_cell

from femsoret.experiment import Pair
from femsoret.experiment.schedule import EvaluationWindow, Schedule, relaxation_time
from femsoret.post.places import field_of_view, port
from femsoret.post.readings import LineMean, Point, WallMean
from femsoret.post.signals import MeanGradient
from femsoret.solve.march import MarchOptions
from femsoret.studies.measure.solution import solve, solve_without_gravity
from femsoret.studies.measure.transient import measure_in_time


def still(x):
    return x


def with_signals(experiment):
    """Return an experiment that reads a pair of each kind, and gradients."""
    cell, dim = experiment.cell, experiment.cell.dim

    def at(*part):
        return tuple(L * p for p in (*part, 0.5)[:dim])

    def view(low, high):
        corners = [(0.2 * L, low * L, 0.0)[:dim], (0.7 * L, high * L, L)[:dim]]
        return field_of_view(cell, corners, still)

    pairs = (
        Pair("points", Point(at(0.4, 0.8)), Point(at(0.4, 0.3))),
        Pair("lines", LineMean(at(0.1, 0.7), at(0.9, 0.7)), LineMean(at(0.1, 0.2), at(0.8, 0.2))),
        Pair("windows", view(0.6, 0.9), view(0.1, 0.35)),
        Pair(
            "ports",
            port(cell, at(0.0, 0.8), 0.1 * L, still),
            port(cell, at(0.0, 0.2), 0.1 * L, still),
        ),
        Pair("across", WallMean("right"), WallMean("left")),
    )
    middle = at(0.5, 0.5)
    gradients = {
        "point": MeanGradient(middle, middle, at(0.0, 1.0), number=1),
        "line": MeanGradient(at(0.3, 0.6), at(0.7, 0.6), (0.0, 1.0, 0.0)[:dim]),
    }
    return replace(experiment, extra_readings=pairs, gradients=gradients)


@pytest.fixture(scope="module")
def solutions():
    """Solutions of the tilted cell on three meshes."""
    return [solve(with_signals(tilted_cell(n))) for n in (6, 12, 24)]


S_T = 3.171e-3  # of the fluid "water-ethanol", 1/K
PLACES = ("points", "lines", "windows", "ports")
GRADIENTS = ("point", "line")


def test_without_flow_all_signals_give_the_closed_form(solutions):
    fine = solutions[-1]
    for name in PLACES + GRADIENTS:
        (outcome,) = fine.signals[name].outcomes
        # S_T is constant, so that only the extent of a place makes S_true another number.
        assert outcome.true.fluid == pytest.approx(S_T, rel=1e-12)
        assert outcome.true.value == pytest.approx(S_T, rel=1e-5)
        # The profile of c is curved: its slope at degree 2 has an error of second order.
        rel = 3e-8 if name in GRADIENTS else 1e-9
        assert outcome.without_gravity == pytest.approx(outcome.true.value, rel=rel)


def test_at_degree_3_all_signals_at_rest_are_the_closed_form_to_ten_digits():
    experiment = replace(with_signals(tilted_cell(6)), degree=3)
    signals = solve_without_gravity(experiment).signals
    for name in PLACES + GRADIENTS:
        (outcome,) = signals[name].outcomes
        assert outcome.without_gravity == pytest.approx(outcome.true.value, rel=1e-10)


def test_at_degree_2_slopes_at_rest_have_an_error_of_second_order():
    def off(cells):
        (outcome,) = (
            solve_without_gravity(with_signals(tilted_cell(cells))).signals["point"].outcomes
        )
        return abs(outcome.without_gravity / outcome.true.value - 1.0)

    coarse, fine = off(12), off(24)
    assert 3.5 < coarse / fine < 4.5
    assert fine > 1e-9  # of the mesh: Newton's tolerance, and round-off, are far below


def test_a_signal_is_taken_between_its_places(solutions):
    seen = solutions[-1].signals
    assert seen["points"].at_reference.dT == pytest.approx(0.5 * DT, rel=1e-10)
    # A gradient counts as the difference across the whole gap.
    assert seen["point"].at_reference.dT == pytest.approx(DT, rel=1e-9)
    assert seen["point"].at.dc[0] < 0.0 < solutions[-1].soret.at.separation


def test_places_without_a_difference_say_so(solutions):
    across = solutions[-1].signals["across"]
    assert not across.outcomes
    assert across.missing == "the signal of the temperature is zero"
    assert abs(across.at.dc[0]) > 1e-6  # the tilt, while T is still conducted


def test_every_signal_converges(solutions):
    truth = solve(with_signals(tilted_cell(24)), degree=3).signals
    for name in PLACES + GRADIENTS:
        wanted = truth[name].outcomes[0].bias
        first, *_, last = (abs(s.signals[name].outcomes[0].bias - wanted) for s in solutions)
        # Degree 2, and two halvings: values converge with order 3 or 4, gradients with 2 or 3.
        order = 0.5 * np.log2(first / last)
        assert order > (2.0 if name in GRADIENTS else 2.8), (name, order)


def test_each_place_has_its_own_error(solutions):
    fine = solutions[-1]
    walls, middle = fine.soret.bias, fine.signals["point"].outcomes[0].bias
    assert walls < 0.0
    assert abs(middle - walls) > 0.1 * abs(walls)


@pytest.mark.slow
def test_a_plane_cell_equals_one_with_depth(comm):
    # Slippery front and back walls are not at hand: the box differs, but is at rest alike.
    found = solve(with_signals(tilted_box(4)))
    for name in PLACES + GRADIENTS:
        (outcome,) = found.signals[name].outcomes
        assert outcome.without_gravity == pytest.approx(outcome.true.value, rel=1e-6)
        assert outcome.true.value == pytest.approx(S_T, rel=1e-5)


@pytest.mark.slow
def test_every_signal_gives_D_and_S_T_in_time():
    experiment = with_signals(tilted_cell(12))
    tau = relaxation_time(experiment.mixture, experiment.orientation.gap)
    schedule = Schedule(end=4.0 * tau, march=MarchOptions(1e-3), evaluation=EvaluationWindow())
    found = measure_in_time(experiment, schedule)
    for name in PLACES + GRADIENTS:
        fits = found.of_signals[name].of
        # Heat takes its time, and properties vary: 0.2 % of D. A gradient on 12 mesh cells: 2 %.
        allowed = 0.03 if name in GRADIENTS else 0.003
        assert abs(fits["without_gravity"].D_bias) < allowed
        assert abs(fits["without_gravity"].S_T_bias) < 0.2 * allowed
        assert fits["with_gravity"].D_bias < -0.02  # the flow, which each place sees otherwise
    assert "the same position" in found.of_signals["across"].refused["with_gravity"]
