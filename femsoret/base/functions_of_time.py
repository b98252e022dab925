"""Functions of time: how a controlled quantity changes.

A function of time is smooth between its breaks and may jump or bend at them. A time step never
crosses a break. Within a step all stages use the smooth piece that begins with the step, even at
the end of the step, where the next piece may already have another value. Hence ``value(t, since)``
is the value at t of the piece that holds just after ``since``.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Protocol

from femsoret.base.errors import CaseError


class TimeFunction(Protocol):
    """A quantity as a function of time."""

    @property
    def breaks(self) -> tuple[float, ...]:
        """Times at which the function jumps or bends, s, in order."""

    def value(self, t: float, since: float) -> float:
        """Return the value.

        Args:
            t: Time, s.
            since: Start of the step that t belongs to, s; the piece just after it counts.
        """

    def is_constant(self, since: float) -> bool:
        """Return whether the piece just after a time, s, is constant."""


@dataclass(frozen=True)
class PiecewiseLinear:
    """Straight lines between given points; constant before the first and after the last.

    Two points at one time are a jump.

    Args:
        times: Times, s, in order.
        values: The values at these times.

    Raises:
        CaseError: There are no points, the number of values differs from the number of times, the
            times are out of order, or more than two points are at one time.
    """

    times: tuple[float, ...]
    values: tuple[float, ...]

    def __post_init__(self) -> None:
        if not self.times or len(self.times) != len(self.values):
            raise CaseError(
                f"a function of time has {len(self.times)} times and {len(self.values)} values",
                "give at least one time, and as many values as times",
            )
        if any(a > b for a, b in pairwise(self.times)) or any(
            a == b for a, b in zip(self.times, self.times[2:], strict=False)
        ):
            raise CaseError(
                "the times of a function of time are out of order, or one is given three times",
                "times must not decrease; a time that is given twice is a jump",
            )

    @property
    def breaks(self) -> tuple[float, ...]:
        """Times at which the function jumps or bends, s."""
        return tuple(dict.fromkeys(self.times))

    def value(self, t: float, since: float) -> float:
        """Return the value (see :class:`TimeFunction`)."""
        i, j = self._neighbours(since)
        v0, v1 = self.values[i], self.values[j]
        if v0 == v1:
            return v0
        t0, t1 = self.times[i], self.times[j]
        return v0 + (v1 - v0) * (t - t0) / (t1 - t0)

    def is_constant(self, since: float) -> bool:
        """Return whether the piece just after a time, s, is constant."""
        i, j = self._neighbours(since)
        return self.values[i] == self.values[j]

    def _neighbours(self, since: float) -> tuple[int, int]:
        """Return the indices of the points before and after a piece; equal at either end."""
        after = bisect_right(self.times, since)
        return max(after - 1, 0), min(after, len(self.times) - 1)


def ramp(start: float, end: float, duration: float, begin: float = 0.0) -> PiecewiseLinear:
    """Return a linear change from one value to another, constant before and after.

    Args:
        start: Value before the change.
        end: Value after the change.
        duration: Duration of the change, s; 0 is a jump.
        begin: Time at which the change begins, s.
    """
    return PiecewiseLinear((begin, begin + duration), (start, end))


def steps(values: Sequence[float], times: Sequence[float]) -> PiecewiseLinear:
    """Return values that hold one after the other.

    Args:
        values: The values; the first holds before the first time.
        times: Times at which the next value begins, s; one fewer than values.

    Raises:
        CaseError: The number of times does not fit, or the times are out of order.
    """
    if len(values) != len(times) + 1:
        raise CaseError(
            f"{len(values)} values held in turn change at {len(times)} times",
            f"give {max(len(values) - 1, 0)} times: one between each two values",
        )
    return PiecewiseLinear(
        tuple(t for time in times for t in (time, time)) or (0.0,),
        tuple(v for pair in pairwise(values) for v in pair) or (values[0],),
    )


@dataclass(frozen=True)
class Oscillation:
    """mean + amplitude sin(2 pi frequency (t - start) + phase) after the start; before, the mean.

    Args:
        mean: Mean value.
        amplitude: Amplitude.
        frequency: Frequency, Hz.
        phase: Phase, rad.
        start: Time at which the oscillation begins, s.
    """

    mean: float
    amplitude: float
    frequency: float
    phase: float = 0.0
    start: float = 0.0

    @property
    def breaks(self) -> tuple[float, ...]:
        """The start, s."""
        return (self.start,)

    def value(self, t: float, since: float) -> float:
        """Return the value (see :class:`TimeFunction`)."""
        if since < self.start:
            return self.mean
        angle = 2 * math.pi * self.frequency * (t - self.start) + self.phase
        return self.mean + self.amplitude * math.sin(angle)

    def is_constant(self, since: float) -> bool:
        """Return whether the oscillation has not begun at a time, s."""
        return since < self.start


@dataclass(frozen=True)
class Sum:
    """The sum of functions of time, such as oscillations about a constant.

    Args:
        parts: The functions.
    """

    parts: tuple[TimeFunction, ...]

    @property
    def breaks(self) -> tuple[float, ...]:
        """The breaks of all parts, s."""
        return tuple(sorted({time for part in self.parts for time in part.breaks}))

    def value(self, t: float, since: float) -> float:
        """Return the value (see :class:`TimeFunction`)."""
        return sum(part.value(t, since) for part in self.parts)

    def is_constant(self, since: float) -> bool:
        """Return whether all parts are constant just after a time, s."""
        return all(part.is_constant(since) for part in self.parts)
