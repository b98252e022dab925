"""Building the schedule of a transient run from the tables of its case."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise
from typing import TYPE_CHECKING, Final

from femsoret.base.errors import CaseError, ConditionError, nearest
from femsoret.base.units import quantity
from femsoret.case.build_protocol import build_protocol, course_of
from femsoret.case.durations import Duration
from femsoret.case.messages import located
from femsoret.case.tables import (
    STOP,
    ChangeTable,
    GravityChange,
    HeatingChange,
    TiltChange,
    TimeTable,
)
from femsoret.experiment import Experiment
from femsoret.experiment.schedule import (
    CheckpointPolicy,
    EvaluationWindow,
    Schedule,
    Stop,
    expected_steps,
    relaxation_time,
)
from femsoret.problem import conditions as bc
from femsoret.problem.layout import COMPOSITIONS
from femsoret.problem.protocol import Protocol
from femsoret.solve.march import MarchOptions
from femsoret.studies.measure.recorder import history_columns
from femsoret.studies.measure.transient import layer_of

if TYPE_CHECKING:
    from femsoret.case.case import Case

_MOST_FIELDS: Final = 10_000

AFFORDABLE: Final = 5e5
"""Mesh cells times steps (of degree 2; the square of the degree counts) up to which a run in 2D has
its numerical error estimated unasked: some three minutes of one core, as the run itself (0.35 ms a
cell and step measured, with gravity and without)."""

STEPS_PER_PERIOD: Final = 4
"""Steps in a period of what oscillates, at least: longer ones would see it at one phase only."""


def build_schedule(case: Case, experiment: Experiment, warmer: float) -> Schedule | None:
    """Return the schedule of a case, None where it looks for a steady state.

    Args:
        case: The case.
        experiment: Its experiment.
        warmer: By how much the experiment's temperatures lie above those of the case (groups).

    Raises:
        FemsoretError: CaseError or ConditionError, with the file and the table in its message.
    """
    if case.time is None:
        return None
    table = case.time
    tau = relaxation_time(experiment.mixture, experiment.orientation.gap)
    end = table.end.seconds(tau)
    T, step = table.start_temperature, table.largest_step
    march = MarchOptions(
        tolerance=table.tolerance,
        first_step=_optional(table.first_step, tau),
        largest_step=(
            shortest_period(case.protocol, tau) / STEPS_PER_PERIOD
            if step is None
            else step.seconds(tau)
        ),
        preset=case.solver.preset,
        petsc=case.solver.petsc,
    )
    window, why_none = _evaluation(case, table, experiment, tau, end)
    protocol = build_protocol(case, experiment, warmer=warmer, tau=tau, end=end)
    of_walls = [t for t in case.protocol if not isinstance(t, GravityChange | TiltChange)]
    schedule = Schedule(
        end=end,
        start=table.start,
        start_temperature=_between_walls(experiment, protocol) if T is None else T + warmer,
        protocol=protocol,
        march=march,
        largest_step_at_rest=(
            shortest_period(of_walls, tau) / STEPS_PER_PERIOD if step is None else None
        ),
        settled=table.settled,
        stop=_stop(case, table, experiment),
        field_times=_field_times(case, table, tau, end),
        evaluation=window,
        not_evaluated=why_none,
        checkpoint=CheckpointPolicy(table.checkpoint.steps, table.checkpoint.minutes),
    )
    asked = table.numerical_error
    return replace(
        schedule, numerical_error=_affordable(experiment, schedule) if asked is None else asked
    )


def _affordable(experiment: Experiment, schedule: Schedule) -> bool:
    """Return whether a second run is made unasked: where it takes minutes at most."""
    cell = experiment.cell
    work = cell.num_cells * (experiment.degree / 2.0) ** 2 * expected_steps(schedule)
    return cell.dim == 2 and cell.remake is not None and work <= AFFORDABLE


def _between_walls(experiment: Experiment, protocol: Protocol) -> float | None:
    """Return the temperature that a liquid between hot and cold wall has before a run, K.

    It is their mean as the protocol has them then; None where that is what the conditions say.
    """
    frame, before = experiment.orientation, protocol.initial_temperatures()
    conditions = bc.resolve(experiment.conditions, experiment.cell)
    robin = {
        side: before.get(f"conditions.{i}.T_outside")
        for i, condition in enumerate(conditions)
        if isinstance(condition, bc.Robin)
        for side in condition.sides
    }
    moved = [before.get(side, robin.get(side)) for side in (frame.hot, frame.cold)]
    if moved == [None, None]:
        return None
    usual = (frame.T_hot, frame.T_cold)
    found = [T if now is None else now for now, T in zip(moved, usual, strict=True)]
    return 0.5 * sum(found)


def late_changes(case: Case, schedule: Schedule) -> tuple[str, ...]:
    """Return what the protocol of a case says of times when its run has ended, a sentence each.

    Args:
        case: The case.
        schedule: Its schedule.
    """
    late = [t for t in schedule.protocol.breaks if t > schedule.end * (1.0 + 1e-9)]
    if not late:
        return ()
    unit = "s" if case.units == "SI" else "L²/alpha"
    return (
        f"the protocol changes something until {late[-1]:.6g} {unit}, but the run ends at "
        f"{schedule.end:.6g} {unit}: what walls or gravity come to is never reached",
    )


def shortest_period(protocol: Sequence[ChangeTable], tau: float) -> float:
    """Return the shortest period of what oscillates or spins, s; infinite where nothing does.

    Args:
        protocol: What changes.
        tau: Relaxation time, s.
    """
    rates = [wave.hertz(tau) for table in protocol for wave in table.oscillation]
    rates += [
        abs(table.spin.rate) / 360.0
        for table in protocol
        if isinstance(table, TiltChange) and table.spin is not None
    ]
    return 1.0 / max(rates) if any(rates) else math.inf


def _optional(time: Duration | None, tau: float) -> float | None:
    return None if time is None else time.seconds(tau)


# -- when --------------------------------------------------------------------------------------


def _stop(case: Case, table: TimeTable, experiment: Experiment) -> Stop | None:
    found = STOP.fullmatch(table.stop or "")
    if found is None:
        return None
    driven = [
        side
        for condition in experiment.conditions
        if isinstance(condition, bc.Temperature | bc.Robin)
        or (isinstance(condition, bc.HeatFlux) and condition.value)
        for side in condition.sides
    ]
    columns = {
        column.name: column.unit for column in history_columns(experiment, driven, flow=True)
    }
    name, relation, value = found.groups()
    with located(case.source, "time", "stop"):
        if name not in columns:
            raise CaseError(f"{name!r} is no column of the history", nearest(name, columns))
        number = _number(value, "" if case.units == "groups" else columns[name])
    return Stop(name, ">" if relation == ">" else "<", number)


def _number(text: str, unit: str) -> float:
    try:
        return float(text)
    except ValueError:
        return quantity(text, unit or "1")


def _field_times(case: Case, table: TimeTable, tau: float, end: float) -> tuple[float, ...]:
    times = [time.seconds(tau) for time in table.fields_at]
    for i, time in enumerate(times):
        if time > end:
            with located(case.source, "time", "fields_at", i):
                raise CaseError(f"{time:g} s lies after the end of the run, {end:g} s", "end later")
    if table.fields_every is not None:
        interval = table.fields_every.seconds(tau)
        count = math.ceil(end / interval * (1.0 - 1e-9)) - 1
        if count > _MOST_FIELDS:
            with located(case.source, "time", "fields_every"):
                raise CaseError(
                    f"fields would be written {count} times", f"at most {_MOST_FIELDS} times"
                )
        times += [interval * (i + 1) for i in range(count)]
    return tuple(sorted(set(times)))


def _evaluation(
    case: Case, table: TimeTable, experiment: Experiment, tau: float, ends: float
) -> tuple[EvaluationWindow | None, str]:
    """Return what is evaluated; None where nothing is, with the reason."""
    held = bc.sides_with_values(experiment.conditions, COMPOSITIONS)
    asked = bool(table.evaluation.model_fields_set)
    if not table.evaluate or not experiment.mixture.species:
        return None, "not asked for"
    with located(case.source, "time", "evaluation"):
        try:
            if held:
                raise ConditionError(
                    "walls hold the composition: no separation relaxes",
                    "evaluate = false, or closed walls",
                )
            layer_of(experiment)
        except ConditionError as error:
            if asked:
                raise
            return None, error.message
        window = _heated_window(case, tau)
        given = table.evaluation
        t0 = window.t0 if given.t0 is None else given.t0.seconds(tau)
        start = max(window.start, t0) if given.start is None else given.start.seconds(tau)
        end = math.inf if given.end is None else given.end.seconds(tau)
        if not t0 <= start < end:
            raise CaseError(
                f"evaluated from {start:g} s to {end:g} s, with t0 = {t0:g} s",
                "t0 <= start < end",
            )
        if start >= ends:
            late = f"the run ends at {ends:g} s, but is evaluated from {start:g} s on"
            if asked:
                raise CaseError(late, "end later, or evaluate from earlier on")
            return None, f"{late}, when the heating is complete"
        relaxing = window.relaxing if given.relaxing is None else given.relaxing
        return EvaluationWindow(t0, start, end, relaxing), ""


def _heated_window(case: Case, tau: float) -> EvaluationWindow:
    """Return what follows from when the heating comes, or goes in the end."""
    for table in case.protocol:
        if not isinstance(table, HeatingChange):
            continue
        strength = course_of(table, 1.0, 1.0, 0.0, tau, math.inf)
        points = list(zip(strength.times, strength.values, strict=True))
        moves = [(a[0], b[0]) for a, b in pairwise(points) if a[1] != b[1]]
        relaxing = abs(strength.values[-1]) < 1e-9
        if moves:
            start, end = moves[-1] if relaxing else moves[0]
            return EvaluationWindow(0.5 * (start + end), end, relaxing=relaxing)
    return EvaluationWindow()
