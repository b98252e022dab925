"""The tables of a case file that say what changes while an experiment runs."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, ClassVar, Final, Literal, TypeAlias

import numpy as np
from pydantic import (
    BeforeValidator,
    Field,
    JsonValue,
    ValidationInfo,
    field_validator,
    model_validator,
)
from pydantic_core import PydanticCustomError

from femsoret.base.errors import CaseError, ConditionError, nearest
from femsoret.base.functions_of_time import (
    Oscillation,
    PiecewiseLinear,
    Sum,
    TimeFunction,
    ramp,
    steps,
)
from femsoret.base.types import Array
from femsoret.case.messages import at_key, wrong
from femsoret.case.tables.gravity import GravityTable
from femsoret.case.values import (
    Angle,
    ByKind,
    Duration,
    FilePath,
    InUnit,
    Number,
    PositiveTime,
    Table,
    Temperature,
    Text,
    Time,
    Units,
    context_of,
)
from femsoret.experiment import Experiment
from femsoret.problem import conditions as bc
from femsoret.problem.layout import composition
from femsoret.problem.protocol import (
    GRAVITY,
    Change,
    GravityDirection,
    ParameterChange,
    Protocol,
    WallValue,
)

_START: Final = Duration(0.0)
_UNCHANGED: Final[dict[str, JsonValue]] = {
    "type": "quantity",
    "unit": "of the kind",
    "default": "what the case says without protocol",
}
_VALUE: Final[dict[str, JsonValue]] = {"type": "quantity", "unit": "of the kind"}


@dataclass(frozen=True)
class TransientSetting:
    """What the tables of a transient run refer to.

    Args:
        experiment: The experiment.
        gravity: Gravity as the case states it.
        units: Units of the case.
        temperature_shift: The experiment's temperatures less those of the case (groups).
        tau: Relaxation time, s.
        end: End of the run, s.
    """

    experiment: Experiment
    gravity: GravityTable
    units: Units
    temperature_shift: float
    tau: float
    end: float


class RampTable(Table):
    """A linear change from one value to another."""

    initial: Number | None = Field(
        default=None,
        description="Value before the ramp.",
        json_schema_extra=_UNCHANGED,
    )
    final: Number | None = Field(
        default=None,
        description="Value after it.",
        json_schema_extra=_UNCHANGED,
    )
    at: Time = Field(
        default=_START, description="When it begins.", json_schema_extra={"default": "0 s"}
    )
    duration: PositiveTime = Field(description="How long it takes.")

    @model_validator(mode="after")
    def _goes_somewhere(self) -> RampTable:
        if self.initial is None and self.final is None:
            raise wrong("a ramp without values", "give initial, final or both")
        return self


class StepTable(Table):
    """A jump. Before the first one the value is what the case says without protocol."""

    value: Number = Field(description="Value from then on.", json_schema_extra=_VALUE)
    at: Time = Field(description="When it jumps.")


class TimeSeriesTable(Table):
    """Values at times, with straight lines between them; two at one time are a jump."""

    file: FilePath | None = Field(
        default=None,
        description="Instead of times and values: a text file, relative to the case file, with a "
        "time and a value in each line, as an accelerometer leaves it; # begins a comment.",
        json_schema_extra={"default": "times and values stand in the case"},
    )
    time_unit: Text | None = Field(
        default=None,
        description="Unit of the times in the file.",
        json_schema_extra={"default": "s"},
    )
    unit: Text | None = Field(
        default=None,
        description="Unit of the values in the file.",
        json_schema_extra={"default": "that of the kind"},
    )
    times: Annotated[tuple[Time, ...], Field(min_length=1)] = Field(
        description="Times, in order. Every one ends a step."
    )
    values: Annotated[tuple[Number, ...], Field(min_length=1)] = Field(
        description="Values at them; the first holds before, the last one after.",
        json_schema_extra={"type": "list of quantities", "unit": "of the kind"},
    )

    @model_validator(mode="after")
    def _as_many(self) -> TimeSeriesTable:
        if len(self.times) != len(self.values):
            raise wrong(
                f"{len(self.times)} times and {len(self.values)} values",
                "one value for each time",
                "values",
            )
        return self


class OscillationTable(Table):
    """A sine on top of the rest: amplitude sin(2 pi frequency (t - at) + phase)."""

    amplitude: Number = Field(
        description="Amplitude, a difference of values.", json_schema_extra=_VALUE
    )
    frequency: Annotated[float, Field(strict=True, gt=0), InUnit("Hz")] | None = Field(
        default=None,
        description="Frequency; or give the period.",
        json_schema_extra={"default": "from the period"},
    )
    period: PositiveTime | None = Field(
        default=None,
        description="Period, instead of the frequency.",
        json_schema_extra={"default": "from the frequency"},
    )
    phase: Angle = Field(default=0.0, description="Phase.")
    at: Time = Field(
        default=_START, description="When it begins.", json_schema_extra={"default": "0 s"}
    )

    @model_validator(mode="after")
    def _how_fast(self) -> OscillationTable:
        if (self.frequency is None) == (self.period is None):
            raise wrong("give the frequency or the period, one of them", 'period = "1 h"')
        return self

    def hertz(self, tau: float) -> float:
        """Return the frequency, Hz.

        Args:
            tau: Relaxation time, s.
        """
        if self.period is not None:
            return 1.0 / self.period.seconds(tau)
        return self.frequency or 0.0


class SpinTable(Table):
    """A tilt that grows at a steady rate."""

    rate: Annotated[float, Field(strict=True), InUnit("deg/s")] = Field(
        description="Rate, with the sign of the tilt."
    )
    at: Time = Field(
        default=_START, description="When it begins.", json_schema_extra={"default": "0 s"}
    )


NamedChanges: TypeAlias = Iterator[tuple[tuple[str, ...], Change]]
"""Changes of the problem, each behind the names of what it changes."""


def _listed(value: object) -> object:
    """Let a single table stand for a list of one."""
    return [value] if isinstance(value, Mapping) else value


class _Change(Table):
    """What every change may do; one of ramp, step and table, with or without oscillations."""

    unit: ClassVar[str]
    ways: ClassVar[tuple[str, ...]] = ("ramp", "step", "table")

    kind: str  # first here, so that it comes first in what is written
    ramp: RampTable | None = Field(default=None, description="A linear change.")
    step: Annotated[tuple[StepTable, ...], BeforeValidator(_listed)] = Field(
        default=(), description="A jump, or a list of them."
    )
    table: TimeSeriesTable | None = Field(default=None, description="Values at times.")
    oscillation: Annotated[tuple[OscillationTable, ...], BeforeValidator(_listed)] = Field(
        default=(),
        description="A sine about what the rest says, or about what the case says where there is "
        "no rest; or a list of them, a spectrum.",
    )

    @model_validator(mode="before")
    @classmethod
    def _in_its_unit(cls, table: object, info: ValidationInfo) -> object:
        """Read the values of the inner tables, which do not know their unit."""
        if not isinstance(table, Mapping):
            return table
        read = dict(table)
        if isinstance(read.get("table"), Mapping) and "file" in read["table"]:
            read["table"] = _read_time_series(read["table"], info)
        for way in ("ramp", "step", "table", "oscillation"):
            if way in read:
                read[way] = _converted(read[way], cls.unit, info, way)
        return read

    @model_validator(mode="after")
    def _in_one_way(self) -> _Change:
        given = [way for way in self.ways if getattr(self, way)]
        if len(given) > 1:
            raise wrong(f"{' and '.join(given)} in one table", "keep one of them", given[1])
        if not given and not self.oscillation:
            raise wrong("nothing changes", f"give one of {', '.join(self.ways)}, oscillation")
        return self

    def values(self) -> Iterator[tuple[str, float]]:
        """Yield key and number of every value that is given, oscillations apart."""
        if self.ramp is not None:
            for key in ("initial", "final"):
                if getattr(self.ramp, key) is not None:
                    yield f"ramp.{key}", getattr(self.ramp, key)
        for i, step in enumerate(self.step):
            yield f"step.{i}.value", step.value
        if self.table is not None:
            yield from ((f"table.values.{i}", value) for i, value in enumerate(self.table.values))

    def build(self, setting: TransientSetting) -> NamedChanges:
        """Yield changes of the problem, each behind the names of what it changes.

        Args:
            setting: What the table refers to.

        Raises:
            FemsoretError: CaseError or ConditionError: there is no such thing to change.
        """
        raise NotImplementedError

    def piecewise(
        self, unchanged: float, tau: float, end: float, scale: float = 1.0, offset: float = 0.0
    ) -> PiecewiseLinear:
        """Return scale * (what the table says) + offset in time, without oscillations.

        Args:
            unchanged: Value without protocol, scaled already.
            tau: Relaxation time, s.
            end: End of the run, s.
            scale: Factor.
            offset: Addend.

        Raises:
            CaseError: Times out of order.
        """

        def value(given: float | None) -> float:
            return unchanged if given is None else scale * given + offset

        if self.ramp is not None:
            initial, final = value(self.ramp.initial), value(self.ramp.final)
            duration, at = self.ramp.duration.seconds(tau), self.ramp.at.seconds(tau)
            return ramp(initial, final, duration, at)
        if self.step:
            return steps(
                [unchanged, *(value(step.value) for step in self.step)],
                [step.at.seconds(tau) for step in self.step],
            )
        if self.table is not None:
            return PiecewiseLinear(
                tuple(time.seconds(tau) for time in self.table.times),
                tuple(value(given) for given in self.table.values),
            )
        return PiecewiseLinear((0.0,), (unchanged,))

    def frequencies(self, tau: float) -> list[float]:
        """Return the frequencies of all that oscillates or spins, Hz.

        Args:
            tau: Relaxation time, s.
        """
        return [wave.hertz(tau) for wave in self.oscillation]

    def _in_time(
        self, setting: TransientSetting, unchanged: float, scale: float = 1.0, offset: float = 0.0
    ) -> TimeFunction:
        """Return scale * (what the table says) + offset in time, oscillations included."""
        rest = self.piecewise(unchanged, setting.tau, setting.end, scale, offset)
        waves = tuple(
            Oscillation(
                0.0,
                scale * wave.amplitude,
                wave.hertz(setting.tau),
                math.radians(wave.phase),
                wave.at.seconds(setting.tau),
            )
            for wave in self.oscillation
        )
        return Sum((rest, *waves)) if waves else rest


_VALUES = frozenset({"initial", "final", "value", "values", "amplitude"})


def _read_time_series(table: Mapping[str, object], info: ValidationInfo) -> dict[str, object]:
    """Return the table that a file stands for: a case that is read has all its numbers in it."""
    for key in table:
        if key not in TimeSeriesTable.model_fields:
            raise wrong(
                "unknown key", nearest(str(key), TimeSeriesTable.model_fields), f"table.{key}"
            )
        if key in ("times", "values"):
            raise wrong(f"file and {key} in one table", "keep one of them", f"table.{key}")
    path = context_of(info).source.parent / str(table["file"])
    try:
        lines: Array = np.loadtxt(path, delimiter="," if path.suffix == ".csv" else None, ndmin=2)
    except (OSError, ValueError) as error:
        raise wrong(
            f"cannot read {path}: {error}",
            "two numbers a line, a time and a value; commas between them in a .csv, else blanks; "
            "a heading begins with #",
            "table.file",
        ) from error
    if lines.shape[0] == 0 or lines.shape[1] != 2:
        raise wrong(
            f"{path} has {lines.shape[0]} lines of {lines.shape[1]} numbers",
            "at least one line, and two numbers in each: a time and a value",
            "table.file",
        )

    def quantities(numbers: Array, unit: object) -> list[float | str]:
        return [x if unit is None else f"{x!r} {unit}" for x in map(float, numbers)]

    return {
        "times": quantities(lines[:, 0], table.get("time_unit")),
        "values": quantities(lines[:, 1], table.get("unit")),
    }


def _converted(raw: object, unit: str, info: ValidationInfo, key: str) -> object:
    """Return an inner table, or a list of them, with its values as numbers."""
    if isinstance(raw, Mapping):
        return {
            name: _numbers(item, unit, info, f"{key}.{name}") if name in _VALUES else item
            for name, item in raw.items()
        }
    if isinstance(raw, list | tuple):
        return [_converted(item, unit, info, f"{key}.{i}") for i, item in enumerate(raw)]
    return raw


def _numbers(raw: object, unit: str, info: ValidationInfo, key: str) -> object:
    if isinstance(raw, list | tuple):
        return [_numbers(item, unit, info, f"{key}.{i}") for i, item in enumerate(raw)]
    if key.endswith("amplitude") and unit == "K" and isinstance(raw, str) and "deg" in raw:
        raise wrong(f"{raw!r} is not a difference of temperatures", 'write it in K: "0.1 K"', key)
    try:
        return InUnit(unit).read(raw, info)
    except PydanticCustomError as error:
        context = error.context or {}
        raise wrong(str(context["what"]), str(context["hint"]), key) from error


class _OfSides(_Change):
    """A change of what sides are held at."""

    sides: Annotated[tuple[Text, ...], Field(min_length=1)] = Field(description="Names of sides.")

    @field_validator("sides")
    @classmethod
    def _each_once(cls, sides: tuple[str, ...]) -> tuple[str, ...]:
        for side in sides:
            if side == "all":
                raise wrong('"all" sides', 'name the sides, or use kind = "heating"')
            if sides.count(side) > 1:
                raise wrong(f"side {side!r} is named twice", "name each side once")
        return sides

    def _checked_sides(
        self, setting: TransientSetting, held: Collection[str], kind: str
    ) -> list[str]:
        """Return the sides to change: where there are conditions, behind solid walls.

        Args:
            setting: What the table refers to.
            held: Sides that have a condition of the kind.
            kind: Kind of the condition, for messages.

        Raises:
            ConditionError: A side has no such condition, or there is no such side.
        """
        cell, outer = setting.experiment.cell, []
        for side in self.sides:
            there = cell.thermal_sides(side) if side in cell.sides else (side,)
            outer += [name for name in there if name in held] or [side]
        for side in outer:
            if side not in held:
                what = f"side {side!r} has no condition of kind {kind}: there is nothing to change"
                raise ConditionError(
                    f"sides: {what}" if side in cell.sides else f"sides: no side {side!r}",
                    nearest(side, held),
                )
        return outer


class _OfTemperature(_OfSides):
    """A change of a temperature."""

    unit: ClassVar[str] = "K"

    @model_validator(mode="after")
    def _absolute(self, info: ValidationInfo) -> _OfTemperature:
        if context_of(info).units == "SI":
            for key, value in self.values():
                if value <= 0.0:
                    raise wrong(
                        f"{value:g} K is not an absolute temperature", 'above 0 K: "25 degC"', key
                    )
        return self


class TemperatureChange(_OfTemperature):
    """The temperature of sides that have one, K."""

    kind: Literal["temperature"] = Field(description="The temperature of walls.")

    def build(self, setting: TransientSetting) -> NamedChanges:
        """Yield the changes (see the base class)."""
        held = _held_values(setting, "theta")
        for side in self._checked_sides(setting, held, "temperature"):
            function = self._in_time(setting, held[side], offset=setting.temperature_shift)
            yield (f"the temperature of side {side!r}",), WallValue(side, function)


class SurroundingsChange(_OfTemperature):
    """The temperature of the surroundings of sides of kind robin, K."""

    kind: Literal["surroundings"] = Field(description="The temperature of surroundings.")

    def build(self, setting: TransientSetting) -> NamedChanges:
        """Yield the changes (see the base class)."""
        exchanging = _robin_conditions(setting)
        held = [side for condition in exchanging.values() for side in condition.sides]
        sides = set(self._checked_sides(setting, held, "robin"))
        for name, condition in exchanging.items():
            if not sides & set(condition.sides):
                continue
            if set(condition.sides) - sides:
                raise CaseError(
                    f"sides {', '.join(condition.sides)} share one condition of kind robin",
                    "name all of them, or give each its own [[condition]]",
                )
            function = self._in_time(setting, condition.T_outside, offset=setting.temperature_shift)
            yield _surroundings(condition), ParameterChange(name, function)


class CompositionChange(_OfSides):
    """The mass fraction of sides that have one."""

    unit: ClassVar[str] = "1"
    kind: Literal["composition"] = Field(description="The composition of walls.")

    @model_validator(mode="after")
    def _possible(self) -> CompositionChange:
        for key, value in self.values():
            if not 0.0 <= value <= 1.0:
                raise wrong(f"the mass fraction {value:g} is outside 0..1", "60 % is 0.6", key)
        return self

    def build(self, setting: TransientSetting) -> NamedChanges:
        """Yield the changes (see the base class)."""
        held = _held_values(setting, composition())
        for side in self._checked_sides(setting, held, "composition"):
            change = WallValue(side, self._in_time(setting, held[side]), composition())
            yield (f"the composition of side {side!r}",), change


class HeatingChange(_Change):
    """All temperature differences at once: 1 as the conditions say, 0 all walls at one temperature.

    A separation run ramps it from 0 to 1, a relaxation run (start = "steady") from 1 to 0.
    """

    unit: ClassVar[str] = "1"
    kind: Literal["heating"] = Field(description="All wall temperatures, surroundings as well.")
    rest: Temperature | None = Field(
        default=None,
        description="Temperature of all walls at 0.",
        json_schema_extra={"default": "mean of the hot and the cold wall"},
    )

    def build(self, setting: TransientSetting) -> NamedChanges:
        """Yield the changes (see the base class)."""
        rest = setting.experiment.orientation.T_mean
        if self.rest is not None:
            rest = self.rest + setting.temperature_shift
        for side, T in _held_values(setting, "theta").items():
            change = WallValue(side, self._in_time(setting, T, T - rest, rest))
            yield (f"the temperature of side {side!r}",), change
        for name, condition in _robin_conditions(setting).items():
            T = condition.T_outside
            function = self._in_time(setting, T, T - rest, rest)
            yield _surroundings(condition), ParameterChange(name, function)


class GravityChange(_Change):
    """The magnitude of gravity, m/s^2; with [groups] over that of the groups. Less than 0 is up."""

    unit: ClassVar[str] = "m/s^2"
    kind: Literal["gravity"] = Field(description="The magnitude of gravity.")

    def build(self, setting: TransientSetting) -> NamedChanges:
        """Yield the change (see the base class)."""
        unchanged = float(setting.experiment.mixture.gravity.magnitude)
        function = self._in_time(
            setting, unchanged, unchanged if setting.units == "groups" else 1.0
        )
        yield ("the magnitude of gravity",), ParameterChange(GRAVITY, function)


class TiltChange(_Change):
    """The tilt, degrees: the angle from the axis to up, towards where [gravity] leans."""

    unit: ClassVar[str] = "deg"
    ways: ClassVar[tuple[str, ...]] = ("ramp", "step", "table", "spin")
    kind: Literal["tilt"] = Field(description="The direction of gravity.")
    spin: SpinTable | None = Field(default=None, description="A steady turning.")

    def build(self, setting: TransientSetting) -> NamedChanges:
        """Yield the change (see the base class)."""
        experiment = setting.experiment
        if experiment.cell.coordinates.has_axis:
            raise CaseError(
                "an axisymmetric cell cannot be tilted",
                'its flow would depend on the angle: take 3D (kind = "cylinder")',
            )
        axis = experiment.orientation.axis
        unchanged, aside = setting.gravity.lean(axis, experiment.mixture.gravity.up)
        yield ("the tilt",), GravityDirection(axis, aside, self._in_time(setting, unchanged))

    def piecewise(
        self, unchanged: float, tau: float, end: float, scale: float = 1.0, offset: float = 0.0
    ) -> PiecewiseLinear:
        """Return the tilt in time, or the one that a spin gives (see the base class)."""
        if self.spin is None:
            return super().piecewise(unchanged, tau, end, scale, offset)
        at = self.spin.at.seconds(tau)
        turned = self.spin.rate * max(end - at, 0.0)
        return PiecewiseLinear((at, max(end, at)), (unchanged, unchanged + turned))

    def frequencies(self, tau: float) -> list[float]:
        """Return the frequencies of oscillations and of the spin (see the base class), Hz."""
        spin = [] if self.spin is None else [abs(self.spin.rate) / 360.0]
        return super().frequencies(tau) + spin


ChangeTable: TypeAlias = Annotated[
    TemperatureChange
    | SurroundingsChange
    | CompositionChange
    | HeatingChange
    | GravityChange
    | TiltChange,
    ByKind(),
]


def build_protocol(tables: Sequence[ChangeTable], setting: TransientSetting) -> Protocol:
    """Return what changes while a transient run goes on.

    Args:
        tables: The tables.
        setting: What the tables refer to.

    Raises:
        FemsoretError: CaseError or ConditionError: a table changes what is not there, or what
            another one changes.
    """
    changes: list[Change] = []
    first: dict[str, int] = {}
    for i, table in enumerate(tables):
        with at_key("protocol", i):
            for names, change in table.build(setting):
                for name in names:
                    if first.setdefault(name, i) != i:
                        raise CaseError(
                            f"{name} is changed twice, in protocol.{first[name]} and in "
                            f"protocol.{i}",
                            "put both into one table, with more steps or times",
                        )
                changes.append(change)
    return Protocol(tuple(changes))


def _held_values(setting: TransientSetting, block: str) -> dict[str, float]:
    """Return the values at which conditions hold a field, by side."""
    return {
        side: condition.value
        for condition in setting.experiment.conditions
        if isinstance(condition, bc.Temperature | bc.Composition)
        and condition.fields == (block,)
        and not callable(condition.value)
        for side in condition.sides
    }


def _robin_conditions(setting: TransientSetting) -> dict[str, bc.Robin]:
    """Return conditions of kind robin by the name of the parameter of their surroundings."""
    resolved = bc.resolve(setting.experiment.conditions, setting.experiment.cell)
    return {
        f"conditions.{i}.T_outside": condition
        for i, condition in enumerate(resolved)
        if isinstance(condition, bc.Robin)
    }


def _surroundings(condition: bc.Robin) -> tuple[str, ...]:
    return tuple(f"the surroundings of side {side!r}" for side in condition.sides)
