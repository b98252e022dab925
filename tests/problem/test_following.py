"""Where no steady state is found: the flow is followed in time."""

from __future__ import annotations

import numpy as np
import pytest

from femsoret.base.errors import NotConverged
from femsoret.cells import rectangle
from femsoret.fluids.groups import Groups, property_values
from femsoret.physics.closures import mixture_of_groups
from femsoret.physics.forms import strong_grad_div
from femsoret.problem import Problem
from femsoret.problem.conditions import Temperature
from femsoret.problem.orientation import up_vector
from femsoret.solve import find_steady, solve_steady
from femsoret.solve.march.following import FlowHistory, FollowInTime
from femsoret.solve.strategy import stages_of


def cell(comm, cells, tilt, *, Ra, Pr, Le, psi):
    """Return a square, hot above at tilt 0, on a mesh much too coarse for its flow."""
    scaled = property_values(Groups(Ra=Ra, Pr=Pr, Le=Le, psi=psi), c0=0.6, S_T_dT=1.0)
    return Problem(
        rectangle(comm, (1.0, 1.0), (cells, cells), grading=3.0),
        mixture_of_groups(scaled, up=up_vector((0.0, 1.0), tilt), closure="linearised", T0=10.0),
        (Temperature(("top",), 10.5), Temperature(("bottom",), 9.5)),
    )


def test_a_liquid_metal_heated_from_above(comm):
    """With 10 mu, which is little where Pr is small, Newton finds no state."""
    solve_steady(cell(comm, 6, 4.0, Ra=1e5, Pr=0.012, Le=100.0, psi=0.3))


def test_twin_keeps_state_walls_and_parameters(comm):
    problem = cell(comm, 3, 30.0, Ra=1e3, Pr=1.0, Le=10.0, psi=0.3)
    problem.parameters["gravity.magnitude"].value *= 0.5
    problem.wall_values["theta", "top"].x.array[:] = 0.25
    problem.function("theta").x.array[:] = 0.125
    twin = problem.with_equations(problem.equations.nearly_divergence_free())
    assert [t for t in twin.equations.terms if t.resistance] == [strong_grad_div]
    assert twin.parameters["gravity.magnitude"].value == 500.0
    assert np.all(twin.wall_values["theta", "top"].x.array == 0.25)
    assert np.all(twin.function("theta").x.array == 0.125)
    assert twin.function("theta") is not problem.function("theta")


@pytest.mark.serial
def test_settles_in_time(comm):
    """The flow settles with a strong grad-div term, and from there without."""
    problem = cell(comm, 5, 150.0, Ra=1e6, Pr=1.0, Le=3.0, psi=-0.3)
    report = find_steady(problem, stages=(FollowInTime(),))
    assert report.attempts[-1].converged
    assert sum(line.startswith("# convection") for line in report.history) == 2


def test_goes_on_in_time(comm):
    """What cannot be found is told apart: the course says that the flow goes on, and is a flow."""
    problem = cell(comm, 8, 120.0, Ra=3e6, Pr=0.05, Le=5.0, psi=-0.4)
    start = problem.get_state()
    with pytest.raises(NotConverged, match="the flow is unsteady") as failure:
        find_steady(problem, stages=(FollowInTime(),))
    record = failure.value.record
    assert record["is_unsteady"]
    course = FlowHistory(**record["course"])
    assert course.turnovers >= 30.0
    assert 0.01 < course.change < 1.0
    assert course.warmest < 1.5
    assert all(np.array_equal(a, b) for a, b in zip(problem.get_state(), start, strict=True))


@pytest.mark.parametrize(
    ("change", "before", "warmest", "says"),
    [
        (0.1, 0.1, 1.0, "is unsteady"),
        (0.1, 0.2, 1.0, "neither"),  # it may die down
        (0.005, 0.005, 1.0, "neither"),  # it may creep
        (1e-9, 1e-3, 1.0, "becomes steady"),
        (0.1, 0.1, 4.0, "diverges"),
    ],
)
def test_verdict(change, before, warmest, says):
    course = FlowHistory(40.0, 1.0, 100, 100.0, change, before, warmest)
    assert says in str(course)
    assert course.is_unsteady == (says == "is unsteady")


def test_place_among_the_stages(comm):
    problem = cell(comm, 2, 0.0, Ra=1e3, Pr=1.0, Le=10.0, psi=0.3)
    assert type(stages_of(problem)[-1]) is FollowInTime
    # Multigrid does not take so strong a term.
    assert FollowInTime not in set(map(type, stages_of(problem, "multigrid")))
