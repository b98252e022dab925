"""Marches of an experiment through its schedule, with or without gravity."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final, Protocol

from femsoret.experiment import Experiment
from femsoret.experiment.schedule import Schedule, relaxation_time
from femsoret.physics.forms import DIFFUSION, Equations
from femsoret.post.internal_states import relaxation_rates
from femsoret.problem import Problem
from femsoret.solve import motion_of_bodies
from femsoret.solve.march import Clock, March, Step
from femsoret.studies.measure.all_states import find_states, with_all_states
from femsoret.studies.measure.camera import NO_FRAMES, Camera, Frames
from femsoret.studies.measure.convection import find_convection, hand_over
from femsoret.studies.measure.recorder import CumulativeBalances
from femsoret.studies.measure.rows import Column, Row
from femsoret.studies.measure.solution import Solution
from femsoret.studies.measure.states_in_time import begin_in_equilibrium, particles_of

AT_ITS_END = "the end time of the schedule"
"""Why a march ended, if for no other reason."""

WITH_GRAVITY: Final = "with_gravity"
"""Name of the march that instruments see."""

MARCHES: Final[Mapping[str, Equations | None]] = MappingProxyType(
    {WITH_GRAVITY: None, "without_gravity": DIFFUSION}
)
"""Name of the march -> equations; None stands for all equations of the experiment."""


def marches_of(experiment: Experiment) -> tuple[str, ...]:
    """Return the names of an experiment's marches.

    A pure fluid has no march without gravity, and a solid has one march only.

    Args:
        experiment: The experiment to run.
    """
    compared = experiment.mixture.species and experiment.flows
    return tuple(MARCHES) if compared else tuple(MARCHES)[:1]


@dataclass(frozen=True, eq=False)
class Marched:
    """A finished march.

    Args:
        problem: The problem in its last state, with all internal states of particles.
        shown: The problem that holds them together; the same one without particles.
        columns: Columns of the history.
        rows: One row of the history per step.
        clock: Time and counters at the end.
        ended_by: Why it ended, in a few words.
        frames: Phase maps that were taken on the way.
    """

    problem: Problem
    shown: Problem
    columns: tuple[Column, ...]
    rows: tuple[Row, ...]
    clock: Clock
    ended_by: str
    frames: Frames = NO_FRAMES


class MarchRecorder(Protocol):
    """Interface of what makes the rows of a history of a march."""

    @property
    def problem(self) -> Problem:
        """The problem that is marched."""

    @property
    def shown(self) -> Problem:
        """The problem that holds the internal states of particles together after a step."""

    @property
    def balances(self) -> CumulativeBalances:
        """The cumulative balances so far."""

    @property
    def columns(self) -> tuple[Column, ...]:
        """Columns of the history, in order."""

    def row(self, step: Step) -> Row:
        """Return the row of a step that the problem has just completed; collective."""


@dataclass(frozen=True, eq=False)
class Snapshot:
    """A march after a step: everything that a checkpoint stores besides the run's description.

    Args:
        problem: The problem, in its state after the last accepted step.
        shown: The problem that holds the internal states of particles together; the same one
            without particles.
        clock: Time and counters after this step.
        balances: The cumulative balances of the recorder.
        row: The last row of the history.
        ended: Why the march ends here, in a few words; empty while it continues.
        frames: Phase maps that were taken so far.
    """

    problem: Problem
    shown: Problem
    clock: Clock
    balances: CumulativeBalances
    row: Row
    ended: str
    frames: Frames = NO_FRAMES


def initial_problem(
    experiment: Experiment,
    schedule: Schedule,
    reference: Problem,
    equations: Equations | None = None,
) -> Problem:
    """Return a problem in the state that a schedule starts from.

    Args:
        experiment: The experiment.
        schedule: The schedule.
        reference: The steady state without gravity.
        equations: The equations to solve; None takes all equations of the experiment.

    Raises:
        NotConverged: The steady state to start from was not found.
    """
    problem = experiment.problem(equations)
    if schedule.start == "uniform":
        T = schedule.start_temperature
        theta = 0.0 if T is None else T - problem.mixture.T0
        problem.function("theta").x.array[:] = theta
        return problem
    hand_over(reference, problem)
    if schedule.start == "steady" and problem.layout.flows:
        find_convection(experiment, problem)
    return problem


def problem_to_march(
    experiment: Experiment, equations: Equations | None = None, *, degree: int | None = None
) -> Problem:
    """Return the problem that is marched, with a species for each internal state of particles.

    Args:
        experiment: The experiment.
        equations: The equations to solve; None takes all equations of the experiment.
        degree: Polynomial degree; None takes the experiment's.
    """
    return (with_all_states(experiment) or experiment).problem(equations, degree=degree)


def initial_state(
    steady: Solution, schedule: Schedule, equations: Equations | None = None
) -> Problem:
    """Return the problem that is marched in the state that a schedule starts from; collective.

    Particles with internal states have the steady occupations of a uniform initial temperature.

    Args:
        steady: The steady states without gravity of the experiment.
        schedule: The schedule.
        equations: The equations to solve; None takes all equations of the experiment.

    Raises:
        NotConverged: The steady state to start from was not found.
    """
    experiment, states = steady.experiment, steady.states
    if states is None:
        return initial_problem(experiment, schedule, steady.reference, equations)
    problem = problem_to_march(experiment, equations)
    if schedule.start == "uniform":
        T0 = float(problem.mixture.T0)
        T = T0 if schedule.start_temperature is None else schedule.start_temperature
        problem.function("theta").x.array[:] = T - T0
        begin_in_equilibrium(problem, T)
        return problem
    if schedule.start == "steady" and problem.layout.flows:
        fast = initial_problem(experiment, schedule, steady.reference)
        find_states(experiment, problem, states.reference, fast)
    else:
        hand_over(states.reference, problem)
    return problem


def march(
    recorder: MarchRecorder,
    schedule: Schedule,
    *,
    clock: Clock | None = None,
    each: Callable[[Snapshot], None] = lambda snapshot: None,
    camera: Camera | None = None,
) -> Marched:
    """March a problem through its schedule; collective.

    Args:
        recorder: Recorder of the problem, which must be in its initial state.
        schedule: The schedule.
        clock: Clock of the march to continue; None starts at t = 0.
        each: Called after every accepted step.
        camera: Takes phase maps on the way; None for none.

    Raises:
        NotConverged: The steps became too short; the problem holds the last accepted state.
    """
    problem, rows, ended = recorder.problem, list[Row](), ""
    camera = camera or Camera()
    if not problem.layout.flows:
        schedule = schedule.without_gravity()
    tau = _slowest_relaxation(problem)
    free = motion_of_bodies(problem)
    if clock is None:
        camera.take(recorder.shown, 0.0)  # before the march sets the walls
    others = (*schedule.stops, *schedule.protocol.breaks, schedule.end)
    stops = (*schedule.stops, *camera.stops(others))
    with March(problem, schedule.march, schedule.protocol, clock, free) as stepper:
        for step in stepper.until(schedule.end, stops):
            row = recorder.row(step)
            camera.take(recorder.shown, step.clock.t)
            rows.append(row)
            ended = _why_end(schedule, step, row, tau)
            snapshot = Snapshot(
                problem, recorder.shown, step.clock, recorder.balances, row, ended, camera.frames
            )
            each(snapshot)
            if ended:
                break
        return Marched(
            problem,
            recorder.shown,
            recorder.columns,
            tuple(rows),
            stepper.clock,
            ended,
            camera.frames,
        )


def _slowest_relaxation(problem: Problem) -> float:
    """Return the longer of the times in which diffusion and transitions relax, s."""
    T0 = float(problem.mixture.T0)
    rates = [rate for of in particles_of(problem) for rate in relaxation_rates(of.particle, T0)[:1]]
    tau = relaxation_time(problem.mixture, problem.orientation.gap)
    return max([tau, *(1.0 / float(rate) for rate in rates)])


def _why_end(schedule: Schedule, step: Step, row: Row, tau: float) -> str:
    """Return why a march ends after a step, in a few words; empty if it continues."""
    if schedule.stop is not None and schedule.stop.reached(row):
        return str(schedule.stop)
    waiting = any(time > step.clock.t for time in schedule.protocol.breaks)
    change = tau * max(step.rates.values())
    if schedule.settled is not None and not waiting and change < schedule.settled:
        return f"steady: changing by {change:.1e} per relaxation time"
    return AT_ITS_END if step.clock.t >= schedule.end else ""
