"""Protocols write what they say into a problem, and refuse what it does not have."""

from __future__ import annotations

import numpy as np
import pytest
from everything import C0, full_problem, liquid

from femsoret.base.errors import ConditionError
from femsoret.base.functions_of_time import Oscillation, ramp, steps
from femsoret.cells import rectangle
from femsoret.physics.forms import CONDUCTION, DIFFUSION
from femsoret.problem import Problem
from femsoret.problem.conditions import Composition, Temperature
from femsoret.problem.protocol import (
    GRAVITY,
    UNCHANGED,
    GravityDirection,
    ParameterChange,
    Protocol,
    WallValue,
)

ROBIN = "conditions.1.T_outside"


@pytest.fixture
def problem():
    return full_problem((2, 2))


def test_breaks_of_all_changes_in_order():
    protocol = Protocol(
        (
            WallValue("top", ramp(300.0, 305.0, 60.0)),
            ParameterChange(GRAVITY, steps((9.81, 0.0, 9.81), (20.0, 45.0))),
            GravityDirection((0.0, 1.0), (1.0, 0.0), Oscillation(0.0, 1.0, 0.1, start=60.0)),
            ParameterChange(ROBIN, ramp(290.0, 291.0, 5.0, begin=20.0)),
        )
    )
    assert sorted(set(protocol.breaks)) == [0.0, 20.0, 25.0, 45.0, 60.0]
    assert list(protocol.breaks) == sorted(protocol.breaks)
    assert protocol
    assert not UNCHANGED


def test_wall_temperatures_count_from_the_reference(problem):
    change = WallValue("bottom", steps((303.15, 310.15), (5.0,)))
    held = problem.wall_values["theta", "bottom"].x.array
    for t, since, theta in ((0.0, 0.0, 5.0), (5.0, 0.0, 5.0), (5.0, 5.0, 12.0)):
        change.apply(problem, t, since)
        assert held == pytest.approx(np.full(len(held), theta))
    problem.impose()
    dofs = problem.dofs_on("theta", ("bottom",))
    assert problem.function("theta").x.array[dofs] == pytest.approx(np.full(len(dofs), 12.0))


def test_wall_compositions_likewise(comm):
    m = liquid()
    walls = (Temperature("bottom", m.T0), Composition("bottom", C0), Composition("top", C0 + 0.1))
    problem = Problem(rectangle(comm, (1e-3, 1e-3), (1, 1)), m, walls, equations=DIFFUSION)
    change = WallValue("bottom", ramp(C0, C0 + 0.2, 10.0), block="gamma_0")
    change.apply(problem, 5.0, 0.0)
    assert problem.wall_values["gamma_0", "bottom"].x.array == pytest.approx(0.1)
    assert problem.wall_values["gamma_0", "top"].x.array == pytest.approx(0.1)
    assert problem.wall_values["theta", "bottom"].x.array == pytest.approx(0.0)


def test_gravity(problem):
    Protocol(
        (
            ParameterChange(GRAVITY, ramp(0.0, 9.81, 2.0)),
            GravityDirection((0.0, 1.0), (-1.0, 0.0), ramp(0.0, 30.0, 2.0)),
        )
    ).apply(problem, 2.0, 1.0)
    found = [float(problem.parameters[f"gravity.up.{i}"].value) for i in (0, 1)]
    assert found == pytest.approx([-0.5, np.sqrt(0.75)])
    assert float(problem.parameters["gravity.magnitude"].value) == pytest.approx(9.81)


def test_surroundings(problem):
    ParameterChange(ROBIN, steps((293.15, 280.0), (3.0,))).apply(problem, 3.0, 3.0)
    assert float(problem.parameters[ROBIN].value) == 280.0


def test_what_the_problem_does_not_have(problem):
    with pytest.raises(
        ConditionError, match="of side 'top', but no condition prescribes it there"
    ) as found:
        WallValue("top", ramp(0.0, 1.0, 1.0)).apply(problem, 0.0, 0.0)
    assert "bottom" in str(found.value)
    with pytest.raises(ConditionError, match="is not a parameter of the problem"):
        ParameterChange("gravity.magnitud", ramp(0.0, 1.0, 1.0)).apply(problem, 0.0, 0.0)


def test_changes_of_fields_that_are_left_out_are_passed_over(comm):
    m = liquid()
    walls = (Temperature("bottom", m.T0),)
    problem = Problem(rectangle(comm, (1e-3, 1e-3), (1, 1)), m, walls, equations=CONDUCTION)
    WallValue("bottom", ramp(C0, C0 + 0.2, 10.0), block="gamma_0").apply(problem, 5.0, 0.0)
