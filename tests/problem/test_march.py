"""Marches end where they have to, can be stopped anywhere, and lose nothing on the way."""

from __future__ import annotations

from dataclasses import replace

from mpi4py import MPI

import numpy as np
import pytest
from everything import full_problem
from tolerances import REPEATED

from femsoret.base.errors import NotConverged
from femsoret.base.functions_of_time import Oscillation, ramp, steps
from femsoret.post.wall_flows import integral, wall_sums
from femsoret.problem.protocol import GRAVITY, ParameterChange, Protocol, WallValue
from femsoret.solve.march import March, MarchOptions
from femsoret.solve.march.rosenbrock import StepControl

OPTIONS = MarchOptions(tolerance=1e-2)
JUMP = 20.0
OUTSIDE = "conditions.1.T_outside"

PROTOCOL = Protocol(
    (
        WallValue("bottom", Oscillation(303.15, 2.0, frequency=1 / 150.0)),
        ParameterChange(OUTSIDE, ramp(293.15, 290.15, 30.0, begin=JUMP)),
        ParameterChange(GRAVITY, steps((0.02, 0.05), (JUMP,))),
    )
)
"""All kinds of walls at work, gravity that jumps where the surroundings begin to cool."""


def assert_same(found, expected, round_off=0.0):
    """On several ranks MUMPS adds up in the order in which messages arrive."""
    for a, b in zip(found, expected, strict=True):
        scale = REPEATED * np.abs(b).max(initial=0.0)
        assert a == pytest.approx(b, rel=REPEATED, abs=scale + round_off)


def marched(problem, end, *, stops=(), options=OPTIONS, protocol=PROTOCOL):
    """March from rest; return the accepted steps and the state."""
    for function in problem.functions:
        function.x.array[:] = 0.0
    with March(problem, options, protocol) as march:
        accepted = list(march.until(end, stops))
    return accepted, problem.get_state()


@pytest.fixture(scope="module")
def problem():
    return full_problem((3, 2))


def test_steps_end_at_stops_and_breaks(problem):
    stops = (7.3, 11.0, 33.3)
    accepted, _ = marched(problem, 60.0, stops=stops)
    ends = [step.clock.t for step in accepted]
    assert {*stops, JUMP, JUMP + 30.0, 60.0} <= set(ends)
    assert ends == sorted(ends)
    assert ends[-1] == 60.0
    assert ends == pytest.approx(np.cumsum([step.dt for step in accepted]), rel=1e-12)
    assert [step.clock.steps for step in accepted] == list(range(1, len(accepted) + 1))
    # No slivers: a stop costs a step or two, not a new start.
    assert min(step.dt for step in accepted[5:] if step.clock.t <= JUMP) > 0.05


def test_a_rejected_step_leaves_the_state_exactly(problem):
    long = replace(OPTIONS, first_step=40.0)
    rejected, after = marched(problem, JUMP, options=long)
    first = rejected[0]
    assert first.rejected > 0
    assert first.clock.rejections == first.rejected
    assert first.clock.factorisations == first.rejected + 1
    at_once = replace(OPTIONS, first_step=first.dt)
    accepted, same = marched(problem, JUMP, options=at_once)
    assert accepted[0].rejected == 0
    assert_same([s.dt for s in accepted], [s.dt for s in rejected])
    assert_same(after, same)
    # No species passes: what the nodes of the walls sum up is round-off of fractions in the cell.
    kept, again = first.throughput.left.values(), accepted[0].throughput.left.values()
    assert_same(again, kept, round_off=1e-15 * problem.cell.volume)


@pytest.mark.parametrize("at", [9, None], ids=["anywhere", "at a break"])
def test_going_on_is_as_if_never_stopped(problem, at):
    """From the state and the clock alone, by another march of another problem."""
    end = 60.0
    accepted, whole = marched(problem, end)
    if at is None:
        at = next(step.clock.steps for step in accepted if step.clock.t == JUMP)
    for function in problem.functions:
        function.x.array[:] = 0.0
    with March(problem, OPTIONS, PROTOCOL) as march:
        for step in march.until(end):
            if step.clock.steps == at:
                break
    other = problem.on(problem.cell)
    other.set_state(problem.get_state())
    with March(other, OPTIONS, PROTOCOL, step.clock) as march:
        rest = list(march.until(end))
    clocks, expected = [s.clock for s in rest], [s.clock for s in accepted[at:]]
    for count in ("steps", "rejections", "factorisations", "linear_iterations"):
        assert [getattr(c, count) for c in clocks] == [getattr(c, count) for c in expected]
    ahead, wanted = ([c.next_step or 0.0 for c in each] for each in (clocks, expected))
    assert_same(ahead, wanted)
    for a, b in zip(clocks, expected, strict=True):
        assert a.largest == pytest.approx(b.largest, rel=REPEATED)
    assert_same([c.t for c in clocks], [c.t for c in expected])
    assert_same(other.get_state(), whole)


def test_a_march_that_is_stuck_says_where_and_keeps_the_last_state(problem):
    impossible = MarchOptions(tolerance=1e-14, first_step=1.0, control=StepControl(cut=0.5))
    for function in problem.functions:
        function.x.array[:] = 0.0
    with March(problem, impossible, PROTOCOL) as march:
        before = problem.get_state()
        with pytest.raises(NotConverged, match=r"stopped at t = 0 s") as failure:
            next(march.until(10.0))
        assert march.clock.t == 0.0
    assert "increase the tolerance" in str(failure.value)
    assert all(np.array_equal(a, b) for a, b in zip(before, problem.get_state(), strict=True))


# -- balances ------------------------------------------------------------------------------------


def test_what_enters_and_does_not_leave_is_stored(problem):
    """With walls that move, that lose heat, that are heated, and with flow; step by step."""
    m = problem.mixture
    heat = m.rho0 * m.cp * problem.function("theta") * problem.dx
    stored, flows = [], []
    for function in problem.functions:
        function.x.array[:] = 0.0
    with March(problem, OPTIONS, PROTOCOL) as march:
        before = integral(problem, heat)
        for step in march.until(200.0):
            after = integral(problem, heat)
            stored.append(after - before)
            assert step.throughput.gained["theta"] == pytest.approx(
                stored[-1], abs=1e-9 * abs(after)
            )
            flows.append(wall_sums(problem, "theta", step.throughput.left["theta"]))
            species = wall_sums(problem, "gamma_0", step.throughput.left["gamma_0"])
            size = m.rho0 * m.species[0].c0 * problem.cell.volume
            mean = integral(problem, problem.function("gamma") * problem.dx)
            assert abs(mean) < 1e-12 * m.species[0].c0 * problem.cell.volume
            assert max(map(abs, species.values())) < 1e-12 * size
            before = after
    scale = max(abs(value) for flow in flows for value in flow.values())
    for flow, change in zip(flows, stored, strict=True):
        assert abs(sum(flow.values()) + change) < 1e-9 * scale
        assert abs(flow["right"]) < 1e-9 * scale  # insulated, whatever its corners do
    total = {side: sum(flow[side] for flow in flows) for side in flows[0]}
    assert sum(total.values()) == pytest.approx(-sum(stored), abs=1e-9 * scale)


# -- ranks ---------------------------------------------------------------------------------------


@pytest.mark.skipif(MPI.COMM_WORLD.size == 1, reason="needs more than one rank, there is 1")
def test_the_same_on_any_number_of_ranks(problem):
    alone = full_problem((3, 2), comm=MPI.COMM_SELF)
    readings = []
    for each in (problem, alone):
        accepted, _ = marched(each, 60.0)
        sums = wall_sums(each, "theta", accepted[-1].throughput.left["theta"])
        squares = [integral(each, f**2 * each.dx) for f in each.functions[3:]]
        readings.append(([step.clock.t for step in accepted], list(sums.values()), squares))
    for found, expected in zip(*readings, strict=True):
        assert found == pytest.approx(expected, rel=1e-9, abs=1e-9 * max(map(abs, expected)))
