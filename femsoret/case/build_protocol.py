"""Building the protocol of a transient run: what its case says that changes."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from femsoret.base.errors import CaseError, ConditionError, nearest
from femsoret.base.functions_of_time import (
    Oscillation,
    PiecewiseLinear,
    Sum,
    TimeFunction,
    ramp,
    steps,
)
from femsoret.case.messages import located
from femsoret.case.tables import (
    ChangeTable,
    CompositionChange,
    GravityChange,
    HeatingChange,
    SurroundingsChange,
    TemperatureChange,
    TiltChange,
)
from femsoret.experiment import Experiment
from femsoret.problem import conditions as bc
from femsoret.problem.layout import composition
from femsoret.problem.orientation import tilt_and_lean, up_vector
from femsoret.problem.protocol import (
    GRAVITY,
    Change,
    GravityDirection,
    ParameterChange,
    Protocol,
    WallValue,
)

if TYPE_CHECKING:
    from femsoret.case.case import Case


def build_protocol(
    case: Case, experiment: Experiment, *, warmer: float, tau: float, end: float
) -> Protocol:
    """Return the protocol of a case.

    Args:
        case: The case.
        experiment: Its experiment.
        warmer: By how much the experiment's temperatures lie above those of the case (groups).
        tau: Relaxation time, s.
        end: End of the run, s.

    Raises:
        FemsoretError: CaseError or ConditionError, with the file and the table in its message.
    """
    return _Changes(case, experiment, warmer, tau, end).protocol()


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
                yield ParameterChange(GRAVITY, self._course(table, usual, scale))
            case TiltChange():
                self._take(i, "the tilt")
                if self.experiment.cell.coordinates.has_axis:
                    raise CaseError(
                        "an axisymmetric cell cannot be tilted",
                        'its flow would depend on the angle: take 3D (kind = "cylinder")',
                    )
                usual, aside = self._lean()
                axis = self.experiment.orientation.axis
                yield GravityDirection(axis, aside, self._course(table, usual))

    def _temperatures(self, i: int, table: TemperatureChange) -> Iterator[Change]:
        held = {s: c.value for c, s in self._sides() if isinstance(c, bc.Temperature)}
        for side in self._named(self._outwards(table.sides, held), held, "temperature"):
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
            yield WallValue(side, self._course(table, usual), composition())

    def _surroundings(self, i: int, table: SurroundingsChange) -> Iterator[Change]:
        held = [s for c, s in self._sides() if isinstance(c, bc.Robin)]
        sides = set(self._named(self._outwards(table.sides, held), held, "robin"))
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
            time_function = self._course(table, condition.T_outside, offset=self.warmer)
            yield ParameterChange(name, time_function)

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
        resolved = bc.resolve(self.experiment.conditions, self.experiment.cell)
        for i, condition in enumerate(resolved):
            if isinstance(condition, bc.Robin):
                yield f"conditions.{i}.T_outside", condition

    def _outwards(self, sides: Sequence[str], held: Collection[str]) -> list[str]:
        """Return where conditions for the temperature of sides hold: behind solid walls."""
        cell, found = self.experiment.cell, []
        for side in sides:
            there = cell.thermal_sides(side) if side in cell.sides else (side,)
            found += [name for name in there if name in held] or [side]
        return found

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
        if gravity.direction is None:
            return gravity.tilt or 0.0, up_vector(axis, 90.0, gravity.azimuth or 0.0)
        return tilt_and_lean(axis, self.experiment.mixture.gravity.up)

    def _course(
        self, table: ChangeTable, usual: float, scale: float = 1.0, offset: float = 0.0
    ) -> TimeFunction:
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
) -> PiecewiseLinear:
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
        return PiecewiseLinear(
            tuple(time.seconds(tau) for time in table.table.times),
            tuple(value(given) for given in table.table.values),
        )
    if isinstance(table, TiltChange) and table.spin is not None:
        at = table.spin.at.seconds(tau)
        return PiecewiseLinear(
            (at, max(end, at)), (usual, usual + table.spin.rate * max(end - at, 0.0))
        )
    return PiecewiseLinear((0.0,), (usual,))
