"""A transient run: an experiment in time, and beside it the same without gravity."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final

import numpy as np

from femsoret.base.errors import ConditionError
from femsoret.base.log import get_logger
from femsoret.experiment import Experiment
from femsoret.experiment.schedule import Schedule, relaxation_time
from femsoret.physics.forms import CONDUCTION, DIFFUSION, Equations
from femsoret.post.chambers import why_not_together
from femsoret.post.evaluation import Evaluation, Layer, evaluate
from femsoret.post.laws import check_laws
from femsoret.post.readings import LineMean, NamedMean, Point, Reading, WallMean
from femsoret.post.soret import TrueSoret, read, true_soret
from femsoret.post.wall_flows import flows_of
from femsoret.problem import Problem
from femsoret.problem.conditions import sides_with_values
from femsoret.problem.layout import COMPOSITIONS
from femsoret.solve import solve_steady
from femsoret.solve.march import Clock, March, Step
from femsoret.studies.measure.recorder import Column, Ledger, Recorder, Row
from femsoret.studies.measure.solution import find_convection, hand_over, pure_diffusion

log = get_logger(__name__)

AT_ITS_END = "its end in time"
"""Why a march ended that nothing else ended."""

_ONE_PLACE: Final = 1e-6
"""Distance of two readings along the axis, over that of the walls, that counts as none."""

MARCHES: Final[Mapping[str, Equations | None]] = MappingProxyType(
    {"with_gravity": None, "without_gravity": DIFFUSION}
)
"""March of a run -> what it solves; None is the experiment's convection."""


def marches_of(experiment: Experiment) -> tuple[str, ...]:
    """Return the marches of an experiment: without species none is without gravity.

    Args:
        experiment: The experiment.
    """
    return tuple(MARCHES) if experiment.mixture.species else tuple(MARCHES)[:1]


@dataclass(frozen=True, eq=False)
class Yardsticks:
    """Steady states without gravity that a transient run is measured with.

    Args:
        conduction: Heat alone.
        reference: Heat and species.
        conduction_flows: Side -> heat flow of conduction, W.
        diffusion_flows: Composition -> side -> mass flow of diffusion alone, kg/s; empty where no
            wall holds a composition.
        true: S_T as the readings of the reference have it, one a species; empty without species,
            where they have one temperature, where a wall holds the composition, or where the
            readings are of chambers that have nothing in common.
    """

    conduction: Problem
    reference: Problem
    conduction_flows: dict[str, float]
    diffusion_flows: Mapping[str, Mapping[str, float]]
    true: tuple[TrueSoret, ...]


def yardsticks(experiment: Experiment) -> Yardsticks:
    """Solve for the steady states that a transient run is measured with.

    Args:
        experiment: The experiment.

    Raises:
        CaseError: A stabilisation leaves out the rate of change.
        NotConverged: A state was not found.
    """
    experiment.check_rates()
    conduction = experiment.problem(CONDUCTION)
    reference = experiment.problem(DIFFUSION)
    solve_steady(conduction, experiment.newton)
    hand_over(conduction, reference)
    solve_steady(reference, experiment.newton)
    check_laws(reference)
    true: tuple[TrueSoret, ...] = ()
    closed = not sides_with_values(reference.conditions, COMPOSITIONS)
    diffusion = {} if closed else flows_of(pure_diffusion(experiment)).mass
    if experiment.mixture.species and closed and experiment.orientation.dT:
        pair = experiment.pair
        at = read(reference, pair.hot, pair.cold)
        together = not why_not_together(reference, pair.hot, pair.cold)
        if together and at.has_difference(experiment.orientation.dT):
            with suppress(ConditionError):  # a mass fraction outside 0..1: nothing to read
                true = true_soret(reference, pair.hot, pair.cold)
    return Yardsticks(conduction, reference, dict(flows_of(conduction).heat), diffusion, true)


@dataclass(frozen=True, eq=False)
class Marched:
    """A finished march.

    Args:
        problem: The problem in its last state.
        columns: Columns of the rows.
        rows: One row a step.
        clock: Where time stands.
        ended_by: Why it ended, in a few words.
    """

    problem: Problem
    columns: tuple[Column, ...]
    rows: tuple[Row, ...]
    clock: Clock
    ended_by: str


@dataclass(frozen=True, eq=False)
class Stand:
    """Where a march stands: all that a checkpoint has to hold beside the run's description.

    Args:
        problem: The problem, in its state after the last accepted step.
        clock: Its clock.
        ledger: The books of its recorder.
        row: The last row.
        ended: Why the march ends here, in a few words; empty while it goes on.
    """

    problem: Problem
    clock: Clock
    ledger: Ledger
    row: Row
    ended: str


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
        equations: What is solved; None takes the experiment's convection.

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


def march(
    recorder: Recorder,
    schedule: Schedule,
    *,
    clock: Clock | None = None,
    each: Callable[[Stand], None] = lambda stand: None,
) -> Marched:
    """March a problem through its schedule; collective.

    Args:
        recorder: Recorder of the problem, which is in its first state.
        schedule: The schedule.
        clock: Where an earlier march stopped; None starts at 0.
        each: Called after every accepted step.

    Raises:
        NotConverged: Steps became too short; the state is the last accepted one.
    """
    problem, rows, ended = recorder.problem, list[Row](), ""
    if not problem.layout.flows:
        schedule = schedule.without_gravity()
    tau = relaxation_time(problem.mixture, problem.orientation.gap)
    with March(problem, schedule.march, schedule.protocol, clock) as stepper:
        for step in stepper.until(schedule.end, schedule.field_times):
            row = recorder.row(step)
            rows.append(row)
            ended = _why_end(schedule, step, row, tau)
            each(Stand(problem, step.clock, recorder.ledger, row, ended))
            if ended:
                break
        return Marched(problem, recorder.columns, tuple(rows), stepper.clock, ended)


def _why_end(schedule: Schedule, step: Step, row: Row, tau: float) -> str:
    """Return why a run ends with a step, in a few words; empty if it goes on."""
    if schedule.stop is not None and schedule.stop.reached(row):
        return str(schedule.stop)
    waiting = any(time > step.clock.t for time in schedule.protocol.breaks)
    change = tau * max(step.rates.values())
    if schedule.settled is not None and not waiting and change < schedule.settled:
        return f"steady: changing by {change:.1e} per relaxation time"
    return AT_ITS_END if step.clock.t >= schedule.end else ""


@dataclass(frozen=True)
class Evaluated:
    """What a laboratory would report from the course of a run.

    Args:
        fit: The fit.
        S_T: Soret coefficient of the fitted plateau, 1/K; None where dT is zero.
        D_true: D at the reference state, m2/s.
        S_T_true: The steady S_T between the walls, 1/K; None where there is none.
    """

    fit: Evaluation
    S_T: float | None
    D_true: float
    S_T_true: float | None

    @property
    def D_bias(self) -> float:
        """D over the true one, less 1."""
        return self.fit.D / self.D_true - 1.0

    @property
    def S_T_bias(self) -> float | None:
        """S_T over the true one, less 1."""
        if self.S_T is None or not self.S_T_true:
            return None
        return self.S_T / self.S_T_true - 1.0


@dataclass(frozen=True)
class Evaluations:
    """What the marches of a run evaluate to.

    Args:
        of: Name of the march ("with_gravity", "without_gravity") -> evaluation.
        refused: Name of the march -> why it is not evaluated.
        why_none: Why none is; empty where they are, or each has its own reason.
    """

    of: Mapping[str, Evaluated] = MappingProxyType({})
    refused: Mapping[str, str] = MappingProxyType({})
    why_none: str = ""


def evaluated(
    experiment: Experiment, schedule: Schedule, marched: Marched, true: Sequence[TrueSoret]
) -> Evaluated:
    """Evaluate a run as laboratories do.

    Args:
        experiment: The experiment.
        schedule: Its schedule, with an evaluation window.
        marched: The run.
        true: The steady S_T, one a species; empty where there is none.

    Raises:
        ConditionError: Nothing to evaluate: a record that does not determine D and S_T, or
            readings without a place on the axis.
    """
    window = schedule.evaluation
    if window is None or not experiment.mixture.species:
        raise ConditionError("nothing is evaluated here", "give the schedule an evaluation window")
    missing = why_not_together(marched.problem, experiment.pair.hot, experiment.pair.cold)
    if missing:
        raise ConditionError(f"no separation to evaluate, since {missing}", "read one chamber")
    rows, places = marched.rows, layer_of(experiment)
    fit = evaluate(
        [float(row["t"] or 0.0) for row in rows],
        [float(row["separation"] or 0.0) for row in rows],
        places,
        t0=window.t0,
        window=(window.start, window.end),
        relaxing=window.relaxing,
        # Steps are good to a part of the largest value that a field has, which walls have.
        noise=schedule.march.tolerance / abs(places.hot - places.cold),
    )
    at, dT = experiment.mixture.reference, experiment.orientation.dT
    strength = at.prefactors[0] * dT * (places.hot - places.cold)
    return Evaluated(
        fit=fit,
        S_T=fit.separation / strength if dT else None,
        D_true=at.slowest,
        S_T_true=true[0].value if true else None,
    )


def evaluations(
    experiment: Experiment,
    schedule: Schedule,
    marched: Mapping[str, Marched],
    true: Sequence[TrueSoret],
) -> Evaluations:
    """Evaluate all marches of a run; of one that cannot be, the reason is kept.

    Args:
        experiment: The experiment.
        schedule: Its schedule.
        marched: March -> what it gave.
        true: The steady S_T, one a species; empty where there is none.
    """
    if not experiment.mixture.species:
        return Evaluations(why_none="a pure fluid separates nothing")
    if len(experiment.mixture.species) > 1:
        return Evaluations(
            why_none="the series that is fitted is that of one diffusing component, and there are "
            f"{len(experiment.mixture.species)}"
        )
    if schedule.evaluation is None:
        return Evaluations(why_none=schedule.not_evaluated)
    found, refused = {}, {}
    for name, done in marched.items():
        try:
            found[name] = evaluated(experiment, schedule, done, true)
        except ConditionError as error:
            log.warning("warning: no evaluation %s: %s", name.replace("_", " "), error.message)
            refused[name] = error.message
    return Evaluations(found, refused)


def layer_of(experiment: Experiment) -> Layer:
    """Return where the readings lie between the walls.

    Args:
        experiment: The experiment.

    Raises:
        ConditionError: Walls between which there is no layer, a reading along a line that is not
            perpendicular to the axis, or two readings at one place.
    """
    pair, wall_pair = experiment.pair, experiment.orientation.wall_pair
    if wall_pair is None:
        raise ConditionError(
            "no axis leads from a cold to a hot wall: no layer lies between them",
            "evaluate a cell between two walls of different temperatures",
        )
    axis = np.asarray(wall_pair.axis)
    origin = np.asarray(wall_pair.middle) @ axis - 0.5 * wall_pair.distance

    def place(reading: Reading) -> float:
        match reading:
            case WallMean():
                x: Any = experiment.cell.face(reading.side).centre
            case Point():
                x = np.asarray(reading.x)
            case LineMean() | NamedMean():
                along = (
                    reading.points
                    if isinstance(reading, NamedMean)
                    else np.asarray([reading.start, reading.end])
                )
                if np.ptp(along @ axis) > 1e-6 * wall_pair.distance:
                    raise ConditionError(
                        "a line reading that runs along the gradient has no place on the axis",
                        "evaluate with walls, points, or lines across the axis",
                    )
                x = along[0]
            case _:
                raise ConditionError(
                    "this kind of reading has no place on the axis", "evaluate with walls or points"
                )
        return float((x @ axis - origin) / wall_pair.distance)

    layer = Layer(wall_pair.distance, cold=place(pair.cold), hot=place(pair.hot))
    if abs(layer.hot - layer.cold) < _ONE_PLACE:
        raise ConditionError(
            "both readings lie at one place between the cold and the hot wall, "
            f"{layer.cold:.4g} of the gap: no separation along the gradient is read",
            "evaluate with readings at two places between these walls",
        )
    return layer


@dataclass(frozen=True, eq=False)
class TransientFindings:
    """The answers of one transient run.

    Args:
        experiment: What was run.
        schedule: Its schedule.
        yardsticks: The steady states that it is measured with.
        with_gravity: The run.
        without_gravity: The same without gravity; None in a pure fluid.
        evaluations: What the marches evaluate to.
    """

    experiment: Experiment
    schedule: Schedule
    yardsticks: Yardsticks
    with_gravity: Marched
    without_gravity: Marched | None
    evaluations: Evaluations

    @property
    def evaluated(self) -> Mapping[str, Evaluated]:
        """Name of the march ("with_gravity", "without_gravity") -> evaluation, where it has one."""
        return self.evaluations.of
