"""Tables of functions of time: a ramp, steps or a time series, with oscillations about them."""

from __future__ import annotations

import math
import sys
from collections.abc import Mapping
from typing import Annotated, ClassVar, Final, Generic, Self, TypeVar

import numpy as np
from pydantic import BeforeValidator, Field, ValidationInfo, model_validator

from femsoret.base.functions_of_time import (
    Oscillation,
    PiecewiseLinear,
    Sum,
    TimeFunction,
    ramp,
    steps,
)
from femsoret.base.types import Array
from femsoret.case.messages import wrong
from femsoret.case.values import (
    Angle,
    Duration,
    FilePath,
    InUnit,
    PositiveTime,
    Table,
    Text,
    Time,
    context_of,
    optional,
)

V = TypeVar("V", bound=float)
"""Type of the values, annotated with their unit."""
D = TypeVar("D", bound=float)
"""Type of differences of values, annotated with their unit."""

_START: Final = Duration(0.0)
_UNCHANGED: Final = "the value in the case without protocol"


class _Generic(Table):
    """A table that is generic in the types of its values.

    Ranks exchange cases as pickles, and pickle finds a class by its name in its module. Pydantic
    puts only those classes there that are made at the top level of a module, under names that do
    not tell two units apart.
    """

    @classmethod
    def __pydantic_init_subclass__(cls, **_: object) -> None:
        names = vars(sys.modules[cls.__module__])
        while names.setdefault(cls.__qualname__, cls) is not cls:
            cls.__qualname__ += "_"


class RampTable(_Generic, Generic[V]):
    """A linear change from one value to another."""

    initial: V | None = optional("Value before the ramp.", default=_UNCHANGED)
    final: V | None = optional("Value after the ramp.", default=_UNCHANGED)
    at: Time = Field(default=_START, description="Start of the ramp.")
    duration: PositiveTime = Field(description="Duration of the ramp.")

    @model_validator(mode="after")
    def _goes_somewhere(self) -> Self:
        if self.initial is None and self.final is None:
            raise wrong("the ramp has no values", "give initial, final or both")
        return self


class StepTable(_Generic, Generic[V]):
    """A jump. Before the first jump, the value is that in the case without protocol."""

    value: V = Field(description="Value after the jump.")
    at: Time = Field(description="Time of the jump.")


class TimeSeriesTable(_Generic, Generic[V]):
    """Values at given times, with linear interpolation; two values at the same time are a jump."""

    file: FilePath | None = optional(
        "Instead of times and values: a text file, relative to the case file, with a "
        "time and a value in each line, such as a record of an accelerometer; # begins a comment.",
        default="times and values are given in the case",
    )
    time_unit: Text | None = optional("Unit of the times in the file.", default="s")
    unit: Text | None = optional("Unit of the values in the file.", default="that of the kind")
    times: Annotated[tuple[Time, ...], Field(min_length=1)] = Field(
        description="Times, in increasing order. A time step ends at each of them."
    )
    values: Annotated[tuple[V, ...], Field(min_length=1)] = Field(
        description="Values at these times. Before the first time and after the last one, the "
        "value is constant."
    )

    @model_validator(mode="before")
    @classmethod
    def _read_file(cls, table: object, info: ValidationInfo) -> object:
        """Replace the file by its numbers, so that a case that has been read no longer needs it."""
        if not isinstance(table, Mapping) or "file" not in table:
            return table
        for key in ("times", "values"):
            if key in table:
                raise wrong(f"file and {key} are in the same table", "keep one of them", key)
        path = context_of(info).source.parent / str(table["file"])
        try:
            lines: Array = np.loadtxt(
                path, delimiter="," if path.suffix == ".csv" else None, ndmin=2
            )
        except (OSError, ValueError) as error:
            raise wrong(
                f"cannot read {path}: {error}",
                "each line needs two numbers, a time and a value, separated by a comma in a .csv "
                "file and by blanks in others; a heading begins with #",
                "file",
            ) from error
        if lines.shape[0] == 0 or lines.shape[1] != 2:
            raise wrong(
                f"{path} has {lines.shape[0]} lines of {lines.shape[1]} numbers",
                "it needs at least one line, with two numbers in each: a time and a value",
                "file",
            )

        def quantities(numbers: Array, unit: object) -> list[float | str]:
            return [x if unit is None else f"{x!r} {unit}" for x in map(float, numbers)]

        read = {"file", "time_unit", "unit"}
        rest = {key: value for key, value in table.items() if key not in read}
        times = quantities(lines[:, 0], table.get("time_unit"))
        return rest | {"times": times, "values": quantities(lines[:, 1], table.get("unit"))}

    @model_validator(mode="after")
    def _as_many(self) -> Self:
        if len(self.times) != len(self.values):
            raise wrong(
                f"{len(self.times)} times and {len(self.values)} values",
                "give one value for each time",
                "values",
            )
        return self


class OscillationTable(_Generic, Generic[D]):
    """A sine added to the other changes: amplitude sin(2 pi frequency (t - at) + phase)."""

    amplitude: D = Field(description="Amplitude, a difference of values.")
    frequency: Annotated[float, Field(strict=True, gt=0), InUnit("Hz")] | None = optional(
        "Frequency, instead of the period.", default="from the period"
    )
    period: PositiveTime | None = optional(
        "Period, instead of the frequency.", default="from the frequency"
    )
    phase: Angle = Field(default=0.0, description="Phase at the start.")
    at: Time = Field(default=_START, description="Start of the oscillation.")

    @model_validator(mode="after")
    def _how_fast(self) -> Self:
        if (self.frequency is None) == (self.period is None):
            raise wrong("give either the frequency or the period", 'for example period = "1 h"')
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
    """A tilt that changes at a constant rate."""

    rate: Annotated[float, Field(strict=True), InUnit("deg/s")] = Field(
        description="Rate of change of the tilt; its sign is that of the tilt."
    )
    at: Time = Field(default=_START, description="Start of the rotation.")


def _listed(value: object) -> object:
    """Return a single table as a list with one item."""
    return [value] if isinstance(value, Mapping) else value


class FunctionTable(_Generic, Generic[V, D]):
    """A function of time: a ramp, steps or a table, with or without oscillations."""

    ways: ClassVar[tuple[str, ...]] = ("ramp", "step", "table")

    # First here, so that it comes first in what is written.
    kind: str = Field(description="Quantity that follows the function.")
    ramp: RampTable[V] | None = optional("A linear change.")
    step: Annotated[tuple[StepTable[V], ...], BeforeValidator(_listed)] = Field(
        default=(), description="A jump, or a list of them."
    )
    table: TimeSeriesTable[V] | None = optional("Values at given times.")
    oscillation: Annotated[tuple[OscillationTable[D], ...], BeforeValidator(_listed)] = Field(
        default=(),
        description="A sine about the ramp, steps or table, or about the value in the case if none "
        "of these is given; or a list of sines, for example a spectrum.",
    )

    @model_validator(mode="after")
    def _in_one_way(self) -> Self:
        given = [way for way in self.ways if getattr(self, way)]
        if len(given) > 1:
            raise wrong(
                f"{' and '.join(given)} are in the same table", "keep one of them", given[1]
            )
        if not given and not self.oscillation:
            raise wrong("nothing changes", f"give one of {', '.join(self.ways)}, oscillation")
        return self

    def piecewise(
        self, unchanged: float, tau: float, end: float, scale: float = 1.0, offset: float = 0.0
    ) -> PiecewiseLinear:
        """Return scale * f(t) + offset, where f is the function of the table without oscillations.

        Args:
            unchanged: Value without protocol, already scaled and offset.
            tau: Relaxation time, s.
            end: End of the run, s.
            scale: Factor on the values in the table.
            offset: Value added after scaling.

        Raises:
            CaseError: Times are not in increasing order.
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
        """Return the frequencies of all oscillations and spins, Hz.

        Args:
            tau: Relaxation time, s.
        """
        return [wave.hertz(tau) for wave in self.oscillation]

    def function(
        self, unchanged: float, tau: float, end: float, scale: float = 1.0, offset: float = 0.0
    ) -> TimeFunction:
        """Return scale * f(t) + offset, including oscillations (see :meth:`piecewise`)."""
        rest = self.piecewise(unchanged, tau, end, scale, offset)
        waves = tuple(
            Oscillation(
                0.0,
                scale * wave.amplitude,
                wave.hertz(tau),
                math.radians(wave.phase),
                wave.at.seconds(tau),
            )
            for wave in self.oscillation
        )
        return Sum((rest, *waves)) if waves else rest
