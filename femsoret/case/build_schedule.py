"""Building the schedule of a transient run from the tables of its case."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import TYPE_CHECKING, Final

import numpy as np

from femsoret import conditions as bc
from femsoret.case.durations import Duration
from femsoret.case.messages import located
from femsoret.case.protocol_tables import (
    ChangeTable,
    CompositionChange,
    GravityChange,
    HeatingChange,
    SurroundingsChange,
    TemperatureChange,
    TiltChange,
)
from femsoret.case.time_tables import STOP, TimeTable
from femsoret.courses import Course, Oscillation, Sum, Table, ramp, steps
from femsoret.errors import CaseError, ConditionError, nearest
from femsoret.experiment import Experiment
from femsoret.orientation import up_vector
from femsoret.protocol import (
    Change,
    GravityDirection,
    GravityMagnitude,
    ParameterChange,
    Protocol,
    WallValue,
)
from femsoret.schedule import EvaluationWindow, Schedule, Stop, relaxation_time
from femsoret.solve.march import MarchOptions
from femsoret.studies.recorder import history_columns
from femsoret.studies.transient import layer_of
from femsoret.units import quantity

if TYPE_CHECKING:
    from femsoret.case.case import Case

_MOST_FIELDS: Final = 10_000


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
    T = table.start_temperature
    march = MarchOptions(
        tolerance=table.tolerance,
        first_step=_optional(table.first_step, tau),
        largest_step=math.inf if table.largest_step is None else table.largest_step.seconds(tau),
        preset=case.solver.preset,
        petsc=case.solver.petsc,
    )
    return Schedule(
        end=end,
        start=table.start,
        start_temperature=None if T is None else T + warmer,
        protocol=_Changes(case, experiment, warmer, tau, end).protocol(),
        march=march,
        settled=table.settled,
        stop=_stop(case, table, experiment),
        field_times=_field_times(case, table, tau, end),
        evaluation=_evaluation(case, table, experiment, tau),
    )


def _optional(time: Duration | None, tau: float) -> float | None:
    return None if time is None else time.seconds(tau)


# -- protocol ----------------------------------------------------------------------------------


@dataclass
class _Changes:
    """The changes of a case, one after the other.

    Args:
        case: The case.
        experiment: Its experiment.
        warmer: By how much its temperatures lie above those of the case.
        tau: Relaxation time, s.
        end: End of the run, s.
        taken: What is changed -> number of the table that does.
    """

    case: Case
    experiment: Experiment
    warmer: float
    tau: float
    end: float
    taken: dict[str, int] = field(default_factory=dict)

    def protocol(self) -> Protocol:
        """Return them."""
        changes: list[Change] = []
        for i, table in enumerate(self.case.protocol):
            with located(self.case.source, "protocol", i):
                changes += self._changes(i, table)
        return Protocol(tuple(changes))

    def _changes(self, i: int, table: ChangeTable) -> Iterator[Change]:
        mixture = self.experiment.mixture
        match table:
            case TemperatureChange():
                yield from self._temperatures(i, table)
            case CompositionChange():
                yield from self._compositions(i, table)
            case SurroundingsChange():
                yield from self._surroundings(i, table)
            case HeatingChange():
                yield from self._heating(i, table)
            case GravityChange():
                self._take(i, "the magnitude of gravity")
                usual = float(mixture.gravity.magnitude)
                scale = usual if self.case.units == "groups" else 1.0
                yield GravityMagnitude(self._course(table, usual, scale))
            case TiltChange():
                self._take(i, "the tilt")
                usual, aside = self._lean()
                axis = self.experiment.orientation.axis
                yield GravityDirection(axis, aside, self._course(table, usual))

    def _temperatures(self, i: int, table: TemperatureChange) -> Iterator[Change]:
        held = {s: c.value for c, s in self._sides() if isinstance(c, bc.Temperature)}
        for side in self._named(table.sides, held, "temperature"):
            self._take(i, f"the temperature of side {side!r}")
            usual = held[side]
            assert not callable(usual)
            yield WallValue(side, self._course(table, usual, offset=self.warmer))

    def _compositions(self, i: int, table: CompositionChange) -> Iterator[Change]:
        held = {s: c.value for c, s in self._sides() if isinstance(c, bc.Composition)}
        for side in self._named(table.sides, held, "composition"):
            self._take(i, f"the composition of side {side!r}")
            usual = held[side]
            assert not callable(usual)
            yield WallValue(side, self._course(table, usual), "gamma_0")

    def _surroundings(self, i: int, table: SurroundingsChange) -> Iterator[Change]:
        held = [s for c, s in self._sides() if isinstance(c, bc.Robin)]
        sides = set(self._named(table.sides, held, "robin"))
        for name, condition in self._robin():
            if not sides & set(condition.sides):
                continue
            if set(condition.sides) - sides:
                raise CaseError(
                    f"sides {', '.join(condition.sides)} share one condition of kind robin",
                    "name all of them, or give each its own [[condition]]",
                )
            for side in condition.sides:
                self._take(i, f"the surroundings of side {side!r}")
            course = self._course(table, condition.T_outside, offset=self.warmer)
            yield ParameterChange(name, course)

    def _heating(self, i: int, table: HeatingChange) -> Iterator[Change]:
        frame = self.experiment.orientation
        rest = frame.T_mean if table.rest is None else table.rest + self.warmer
        for condition, side in self._sides():
            if isinstance(condition, bc.Temperature) and not callable(condition.value):
                self._take(i, f"the temperature of side {side!r}")
                T = condition.value
                yield WallValue(side, self._course(table, T, T - rest, rest))
        for name, robin in self._robin():
            for side in robin.sides:
                self._take(i, f"the surroundings of side {side!r}")
            T = robin.T_outside
            yield ParameterChange(name, self._course(table, T, T - rest, rest))

    def _sides(self) -> Iterator[tuple[bc.Condition, str]]:
        for condition in self.experiment.conditions:
            for side in condition.sides:
                yield condition, side

    def _robin(self) -> Iterator[tuple[str, bc.Robin]]:
        """Yield conditions of kind robin with the name of the parameter of their surroundings."""
        resolved = bc.resolve(self.experiment.conditions, tuple(self.experiment.cell.sides))
        for i, condition in enumerate(resolved):
            if isinstance(condition, bc.Robin):
                yield f"conditions.{i}.T_outside", condition

    def _named(self, sides: Sequence[str], held: object, kind: str) -> Sequence[str]:
        """Return sides that a table names, if they are held at what it changes."""
        allowed = [side for side in self.experiment.cell.sides if side in held]  # type: ignore[operator]
        for side in sides:
            if side not in allowed:
                known = side in self.experiment.cell.sides
                what = f"no condition of kind {kind}: there is nothing to change"
                raise ConditionError(
                    f"sides: side {side!r} has {what}" if known else f"sides: no side {side!r}",
                    nearest(side, allowed),
                )
        return sides

    def _take(self, i: int, what: str) -> None:
        first = self.taken.setdefault(what, i)
        if first != i:
            raise CaseError(
                f"{what} is changed twice, in protocol.{first} and in protocol.{i}",
                "put both into one table, with more steps or times",
            )

    def _lean(self) -> tuple[float, tuple[float, ...]]:
        """Return the tilt of the case, degrees, and the unit vector that up leans to."""
        axis, gravity = self.experiment.orientation.axis, self.case.gravity
        aside = up_vector(axis, 90.0, gravity.azimuth or 0.0)
        if gravity.direction is None:
            return gravity.tilt or 0.0, aside
        up, along = np.asarray(self.experiment.mixture.gravity.up), np.asarray(axis)
        lean = up - (up @ along) * along
        if len(axis) == 3 and np.linalg.norm(lean) > 1e-9:
            aside = tuple(float(x) for x in lean / np.linalg.norm(lean))
        return math.degrees(math.atan2(float(up @ np.asarray(aside)), float(up @ along))), aside

    def _course(
        self, table: ChangeTable, usual: float, scale: float = 1.0, offset: float = 0.0
    ) -> Course:
        """Return a course of scale * (what the table says) + offset.

        Args:
            table: The table.
            usual: The value without protocol, scaled already.
            scale: Factor.
            offset: Addend.
        """
        waves = tuple(
            Oscillation(
                0.0,
                scale * wave.amplitude,
                wave.hertz(self.tau),
                math.radians(wave.phase),
                wave.at.seconds(self.tau),
            )
            for wave in table.oscillation
        )
        rest = course_of(table, usual, scale, offset, self.tau, self.end)
        return Sum((rest, *waves)) if waves else rest


def course_of(
    table: ChangeTable, usual: float, scale: float, offset: float, tau: float, end: float
) -> Table:
    """Return the course of a change without its oscillations.

    Args:
        table: The change.
        usual: Value without protocol.
        scale: Factor of what the table says.
        offset: Addend.
        tau: Relaxation time, s.
        end: End of the run, s.

    Raises:
        CaseError: Times out of order.
    """

    def value(given: float | None) -> float:
        return usual if given is None else scale * given + offset

    if table.ramp is not None:
        line = table.ramp
        return ramp(
            value(line.initial),
            value(line.final),
            line.duration.seconds(tau),
            line.at.seconds(tau),
        )
    if table.step:
        return steps(
            [usual, *(value(step.value) for step in table.step)],
            [step.at.seconds(tau) for step in table.step],
        )
    if table.table is not None:
        return Table(
            tuple(time.seconds(tau) for time in table.table.times),
            tuple(value(given) for given in table.table.values),
        )
    if isinstance(table, TiltChange) and table.spin is not None:
        at = table.spin.at.seconds(tau)
        return Table((at, max(end, at)), (usual, usual + table.spin.rate * max(end - at, 0.0)))
    return Table((0.0,), (usual,))


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
    case: Case, table: TimeTable, experiment: Experiment, tau: float
) -> EvaluationWindow | None:
    held = any(c.field == "gamma_0" and c.essential for c in experiment.conditions)
    asked = bool(table.evaluation.model_fields_set)
    if not table.evaluate or not experiment.mixture.species:
        return None
    with located(case.source, "time", "evaluation"):
        try:
            if held:
                raise ConditionError(
                    "walls hold the composition: no separation relaxes",
                    "evaluate = false, or closed walls",
                )
            layer_of(experiment)
        except ConditionError:
            if asked:
                raise
            return None
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
        relaxing = window.relaxing if given.relaxing is None else given.relaxing
        return EvaluationWindow(t0, start, end, relaxing)


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
