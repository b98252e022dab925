"""From an unstable state to the one that the cell goes to, where a start off rest is asked for."""

from __future__ import annotations

import math
from dataclasses import replace

from mpi4py import MPI

import numpy as np
import pytest

from femsoret.base.errors import NotConverged
from femsoret.cells import box, rectangle
from femsoret.experiment import Experiment
from femsoret.fluids.groups import Groups, property_values
from femsoret.physics.closures import mixture_of_groups
from femsoret.post.fields import values_at
from femsoret.post.flow import rolls
from femsoret.problem.conditions import Temperature
from femsoret.report.summary.head import RunContext
from femsoret.report.summary.run import summary
from femsoret.report.words.stability import stability_sentence
from femsoret.studies.measure import departure as module
from femsoret.studies.measure.steady import measure

BELOW = (0.0, -1.0)


def lean(degrees):
    """Return up of a cell heated from below that leans."""
    return math.sin(math.radians(degrees)), -math.cos(math.radians(degrees))


def below(cell, *, Ra, up=BELOW, lean=None, psi=0.0):
    """Return a fluid, hot at the top, with up pointing downwards; a pure one where psi is zero."""
    groups = Groups(Ra=Ra, Pr=10.0, Le=10.0 if psi else 1.0, psi=psi)
    scaled = property_values(groups, c0=0.5, S_T_dT=0.1 if psi else 0.0)
    return Experiment(
        "cell",
        cell,
        mixture_of_groups(scaled, up=up, closure="linearised", pure=not psi),
        (Temperature(("top",), 0.5), Temperature(("bottom",), -0.5)),
        start_up=lean,
        absolute_temperature=False,
    )


def said(findings):
    return summary(findings, RunContext("groups"))


@pytest.fixture(scope="module")
def flat():
    """A flat box: the one long roll that a lean drives is no state of it when level."""
    cell = rectangle(MPI.COMM_WORLD, (4.0, 1.0), (16, 6))
    return measure(below(cell, Ra=5000.0, lean=lean(5.0)), with_numerical_error=False)


def test_a_box_that_a_lean_does_not_take_off_rest_gets_its_rolls_all_the_same(flat):
    assert flat.departure.solution is flat.solution
    assert flat.departure.growth_rate > 30.0  # rest, far above its threshold
    assert flat.stability.verdict == "no growth found"
    assert flat.walls["bottom"].nusselt == pytest.approx(2.0, abs=0.1)
    assert flat.rolls == 5  # far above the threshold what grows fastest is narrower than high


@pytest.fixture(scope="module")
def square():
    return rectangle(MPI.COMM_WORLD, (1.0, 1.0), (6, 6))


@pytest.mark.slow
@pytest.mark.serial
def test_the_roll_turns_the_way_in_which_the_lean_drives_it(square):
    """One degree is too little to leave rest, twenty are enough: both senses, both ways."""
    for sign in (1.0, -1.0):
        speeds = []
        for degrees in (1.0, 20.0):
            leaning = below(square, Ra=4000.0, lean=lean(sign * degrees))
            found = measure(leaning, with_numerical_error=False)
            assert (found.departure is not None) == (degrees == 1.0)
            assert found.rolls == 1
            u = found.solution.convection.function("u")
            speeds.append(values_at(u, [(0.5, 0.8)])[0, 0])
        assert speeds[0] == pytest.approx(speeds[1], rel=1e-5)


def test_a_composition_goes_along(square):
    found = measure(below(square, Ra=4000.0, lean=lean(1.0), psi=0.1), with_numerical_error=False)
    assert not found.failed
    assert found.departure.solution is found.solution
    assert found.stability.verdict == "no growth found"
    assert found.rolls == 1


def test_that_none_was_found_is_said_and_the_state_is_what_it_was(square, monkeypatch):
    tried = []

    def in_vain(*_args, **_options):
        tried.append(1)
        unsteady = {"is_unsteady": True}
        message = "tried:\n    march in time: the flow is unsteady"
        raise NotConverged(message, "nothing", record=unsteady)

    monkeypatch.setattr(module, "find_convection", in_vain)
    found = measure(below(square, Ra=4000.0, lean=lean(1.0)), with_numerical_error=False)
    assert len(tried) == 1  # in the other sense it would be as unsteady
    assert found.stability.verdict == "unstable"
    assert found.rolls is None
    assert found.speed.peclet_thermal < 1e-6
    assert found.departure.solution is None
    sentence = stability_sentence(said(found))
    assert "unstable: the real cell will not show this" in sentence
    assert "A search along its growing mode found no other steady state" in sentence
    assert "the flow is unsteady" in sentence


def test_nothing_is_sought_where_rest_is_stable_or_nobody_asked(square, monkeypatch):
    monkeypatch.setattr(module, "find_convection", None)
    stable = below(square, Ra=1000.0, lean=lean(1.0))
    for experiment in (stable, below(square, Ra=4000.0)):
        found = measure(experiment, with_numerical_error=False)
        assert found.departure is None
        assert said(found)["stability"]["departure"] is None


# -- counting ----------------------------------------------------------------------------------


@pytest.mark.parametrize("number", [1, 2, 5])
def test_rolls_are_counted_along_the_layer(comm, number):
    problem = below(rectangle(comm, (4.0, 1.0), (20, 4)), Ra=1.0).problem()
    k = number * math.pi / 4.0

    def flow(x):
        """Rolls, and an eddy in a corner too weak to count."""
        psi_x = np.sin(k * x[0]) * np.cos(math.pi * x[1])
        return np.stack([psi_x, -np.cos(k * x[0]) * np.sin(math.pi * x[1])])

    problem.function("u").interpolate(flow)
    assert rolls(problem) == number
    upright = replace(below(problem.cell, Ra=1.0, up=(1.0, 0.0))).problem()
    upright.function("u").interpolate(flow)
    # Across the layer now: at mid-length, where each of an even number of rolls has its edge.
    assert rolls(upright) == (1 if number % 2 else None)


def test_a_long_roll_is_one_though_its_flow_swings_at_the_ends(comm):
    problem = below(rectangle(comm, (4.0, 1.0), (20, 4)), Ra=1.0).problem()

    def flow(x):
        """psi = [1 - exp(-4 s)(cos 10 s + 0.4 sin 10 s)] sin(pi y), s from the nearer end."""
        s, way = np.minimum(x[0], 4.0 - x[0]), np.where(x[0] < 2.0, 1.0, -1.0)
        decay, turn = np.exp(-4.0 * s), 10.0 * s
        psi_x = way * 11.6 * decay * np.sin(turn)
        psi_y = math.pi * (1.0 - decay * (np.cos(turn) + 0.4 * np.sin(turn)))
        return np.stack([psi_y * np.cos(math.pi * x[1]), -psi_x * np.sin(math.pi * x[1])])

    problem.function("u").interpolate(flow)
    assert rolls(problem) == 1


def test_no_flow_and_flow_in_3d_have_no_rolls(comm):
    assert rolls(below(rectangle(comm, (2.0, 1.0), (4, 4)), Ra=1.0).problem()) is None
    cube = below(box(comm, (1.0, 1.0, 1.0), (2, 2, 2)), Ra=1.0, up=(0.0, -1.0, 0.0)).problem()
    cube.function("u").interpolate(lambda x: np.stack([0.0 * x[0], x[0] - 0.5, 0.0 * x[0]]))
    assert rolls(cube) is None
