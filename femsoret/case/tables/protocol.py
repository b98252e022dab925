"""The tables of a case file that say what changes while an experiment runs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Annotated, Any, ClassVar, Literal, TypeAlias

import numpy as np
from pydantic import (
    BeforeValidator,
    Field,
    ValidationInfo,
    field_validator,
    model_validator,
)
from pydantic_core import PydanticCustomError

from femsoret.base.errors import nearest
from femsoret.case.durations import Duration, PositiveTime, Time
from femsoret.case.tables.kinds import kinds_of, one_of_kinds
from femsoret.case.values import (
    Angle,
    FilePath,
    InUnit,
    Number,
    Table,
    Temperature,
    Text,
    context_of,
    wrong,
)

_START = Duration(0.0)
_USUAL: dict[str, Any] = {
    "type": "quantity",
    "unit": "of the kind",
    "default": "what the case says without protocol",
}
_VALUE: dict[str, Any] = {"type": "quantity", "unit": "of the kind"}


class RampTable(Table):
    """A linear change from one value to another."""

    initial: Number | None = Field(
        default=None,
        description="Value before the ramp.",
        json_schema_extra=_USUAL,
    )
    final: Number | None = Field(
        default=None,
        description="Value after it.",
        json_schema_extra=_USUAL,
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


class CourseTable(Table):
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
    def _as_many(self) -> CourseTable:
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


def _listed(value: Any) -> Any:
    """Let a single table stand for a list of one."""
    return [value] if isinstance(value, Mapping) else value


class _Change(Table):
    """What every change may do; one of ramp, step and table, with or without oscillations."""

    unit: ClassVar[str]
    ways: ClassVar[tuple[str, ...]] = ("ramp", "step", "table")

    kind: Any  # first here, so that it comes first in what is written
    ramp: RampTable | None = Field(default=None, description="A linear change.")
    step: Annotated[tuple[StepTable, ...], BeforeValidator(_listed)] = Field(
        default=(), description="A jump, or a list of them."
    )
    table: CourseTable | None = Field(default=None, description="Values at times.")
    oscillation: Annotated[tuple[OscillationTable, ...], BeforeValidator(_listed)] = Field(
        default=(),
        description="A sine about what the rest says, or about what the case says where there is "
        "no rest; or a list of them, a spectrum.",
    )

    @model_validator(mode="before")
    @classmethod
    def _in_its_unit(cls, table: Any, info: ValidationInfo) -> Any:
        """Read the values of the inner tables, which do not know their unit."""
        if not isinstance(table, Mapping):
            return table
        read = dict(table)
        if isinstance(read.get("table"), Mapping) and "file" in read["table"]:
            read["table"] = _read_course(read["table"], info)
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


_VALUES = frozenset({"initial", "final", "value", "values", "amplitude"})


def _read_course(table: Mapping[str, Any], info: ValidationInfo) -> dict[str, Any]:
    """Return the table that a file stands for: a case that is read has all its numbers in it."""
    for key in table:
        if key not in CourseTable.model_fields:
            raise wrong("unknown key", nearest(str(key), CourseTable.model_fields), f"table.{key}")
        if key in ("times", "values"):
            raise wrong(f"file and {key} in one table", "keep one of them", f"table.{key}")
    path = context_of(info).source.parent / str(table["file"])
    try:
        lines: Any = np.loadtxt(path, delimiter="," if path.suffix == ".csv" else None, ndmin=2)
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
    units = (table.get("time_unit"), table.get("unit"))
    times, values = (
        [f"{number!r} {unit}" if unit is not None else number for number in column.tolist()]
        for column, unit in zip(lines.T, units, strict=True)
    )
    return {"times": times, "values": values}


def _converted(raw: Any, unit: str, info: ValidationInfo, key: str) -> Any:
    """Return an inner table, or a list of them, with its values as numbers."""
    if isinstance(raw, Mapping):
        return {
            name: _numbers(item, unit, info, f"{key}.{name}") if name in _VALUES else item
            for name, item in raw.items()
        }
    if isinstance(raw, list | tuple):
        return [_converted(item, unit, info, f"{key}.{i}") for i, item in enumerate(raw)]
    return raw


def _numbers(raw: Any, unit: str, info: ValidationInfo, key: str) -> Any:
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


class SurroundingsChange(_OfTemperature):
    """The temperature of the surroundings of sides of kind robin, K."""

    kind: Literal["surroundings"] = Field(description="The temperature of surroundings.")


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


class GravityChange(_Change):
    """The magnitude of gravity, m/s^2; with [groups] over that of the groups. Less than 0 is up."""

    unit: ClassVar[str] = "m/s^2"
    kind: Literal["gravity"] = Field(description="The magnitude of gravity.")


class TiltChange(_Change):
    """The tilt, degrees: the angle from the axis to up, towards where [gravity] leans."""

    unit: ClassVar[str] = "deg"
    ways: ClassVar[tuple[str, ...]] = ("ramp", "step", "table", "spin")
    kind: Literal["tilt"] = Field(description="The direction of gravity.")
    spin: SpinTable | None = Field(default=None, description="A steady turning.")


_AnyChange: TypeAlias = (
    TemperatureChange
    | SurroundingsChange
    | CompositionChange
    | HeatingChange
    | GravityChange
    | TiltChange
)
ChangeTable: TypeAlias = Annotated[
    _AnyChange,
    Field(discriminator="kind"),
    BeforeValidator(lambda table: one_of_kinds(table, kinds_of(_AnyChange))),
]
