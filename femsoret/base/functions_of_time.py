"""Functions of time that describe how a controlled quantity changes.

A function of time is smooth except at its breaks, where it may jump or have a kink. A time step
never crosses a break. All stages of a step use the smooth piece that contains the step, even at the
end of the step, where the next piece may already have another value. Hence ``value(t, since)``
evaluates, at time t, the piece that applies just after ``since``.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Protocol

from femsoret.base.errors import CaseError


class TimeFunction(Protocol):
    """A quantity as a function of time."""

    @property
    def breaks(self) -> tuple[float, ...]:
        """Times at which the function may jump or have a kink, s, in ascending order."""

    def value(self, t: float, since: float) -> float:
        """Return the value at time t.

        Args:
            t: Time, s.
            since: Start of the time step that contains t, s; it selects the piece that begins at
                or contains this time.
        """

    def is_constant(self, since: float) -> bool:
        """Return whether the function is constant from the time ``since``, s, to its next break."""


@dataclass(frozen=True)
class PiecewiseLinear:
    """Linear interpolation between given points; constant before the first and after the last.

    Two points at the same time make a jump.

    Args:
        times: Times of the points, s, in non-decreasing order.
        values: Values of the points, one per time.

    Raises:
        CaseError: There are no points, the number of values differs from the number of times, the
            times are out of order, or more than two points share a time.
    """

    times: tuple[float, ...]
    values: tuple[float, ...]

    def __post_init__(self) -> None:
        if not self.times or len(self.times) != len(self.values):
            raise CaseError(
                f"a function of time has {len(self.times)} times but {len(self.values)} values",
                "give at least one time, and one value for each time",
            )
        if any(a > b for a, b in pairwise(self.times)) or any(
            a == b for a, b in zip(self.times, self.times[2:], strict=False)
        ):
            raise CaseError(
                "the times of a function of time are out of order, or one appears more than twice",
                "give the times in ascending order; a time that appears twice makes a jump",
            )

    @property
    def breaks(self) -> tuple[float, ...]:
        """Times of the points, s, where the function may jump or have a kink."""
        return tuple(dict.fromkeys(self.times))

    def value(self, t: float, since: float) -> float:
        """Return the value at time t, s; see :meth:`TimeFunction.value`."""
        i, j = self._neighbours(since)
        v0, v1 = self.values[i], self.values[j]
        if v0 == v1:
            return v0
        t0, t1 = self.times[i], self.times[j]
        return v0 + (v1 - v0) * (t - t0) / (t1 - t0)

    def is_constant(self, since: float) -> bool:
        """Return whether the function is constant from the time ``since``, s, to its next break."""
        i, j = self._neighbours(since)
        return self.values[i] == self.values[j]

    def _neighbours(self, since: float) -> tuple[int, int]:
        """Return the indices of the points that bound a piece; equal outside the given times."""
        after = bisect_right(self.times, since)
        return max(after - 1, 0), min(after, len(self.times) - 1)


def ramp(start: float, end: float, duration: float, begin: float = 0.0) -> PiecewiseLinear:
    """Return a function that changes linearly between two values and is constant before and after.

    Args:
        start: Value before the change.
        end: Value after the change.
        duration: Duration of the change, s; 0 makes a jump.
        begin: Time at which the change begins, s.
    """
    return PiecewiseLinear((begin, begin + duration), (start, end))


def steps(values: Sequence[float], times: Sequence[float]) -> PiecewiseLinear:
    """Return a piecewise constant function of time.

    Args:
        values: Values in order; the first applies before the first time.
        times: Times of the jumps to the next value, s; one fewer than values.

    Raises:
        CaseError: The number of times is not one fewer than that of values, or the times are out
            of order.
    """
    if len(values) != len(times) + 1:
        raise CaseError(
            f"a piecewise constant function has {len(values)} values but {len(times)} jumps",
            f"give {max(len(values) - 1, 0)} times: one between each pair of successive values",
        )
    return PiecewiseLinear(
        tuple(t for time in times for t in (time, time)) or (0.0,),
        tuple(v for pair in pairwise(values) for v in pair) or (values[0],),
    )


@dataclass(frozen=True)
class Oscillation:
    """A sinusoidal oscillation about a mean value, which applies alone before the start.

    After the start the value is mean + amplitude sin(2 pi frequency (t - start) + phase).

    Args:
        mean: Mean value, in the unit of the quantity.
        amplitude: Amplitude, in the unit of the quantity.
        frequency: Frequency, Hz.
        phase: Phase at the start, rad.
        start: Time at which the oscillation begins, s.
    """

    mean: float
    amplitude: float
    frequency: float
    phase: float = 0.0
    start: float = 0.0

    @property
    def breaks(self) -> tuple[float, ...]:
        """The time at which the oscillation begins, s."""
        return (self.start,)

    def value(self, t: float, since: float) -> float:
        """Return the value at time t, s; see :meth:`TimeFunction.value`."""
        if since < self.start:
            return self.mean
        angle = 2 * math.pi * self.frequency * (t - self.start) + self.phase
        return self.mean + self.amplitude * math.sin(angle)

    def is_constant(self, since: float) -> bool:
        """Return whether the oscillation has not begun yet at the time ``since``, s."""
        return since < self.start


@dataclass(frozen=True)
class Sum:
    """A sum of functions of time, such as several oscillations about a constant.

    Args:
        parts: The functions to add, all in the same unit.
    """

    parts: tuple[TimeFunction, ...]

    @property
    def breaks(self) -> tuple[float, ...]:
        """The breaks of all summands, s, in ascending order."""
        return tuple(sorted({time for part in self.parts for time in part.breaks}))

    def value(self, t: float, since: float) -> float:
        """Return the value at time t, s; see :meth:`TimeFunction.value`."""
        return sum(part.value(t, since) for part in self.parts)

    def is_constant(self, since: float) -> bool:
        """Return whether the sum is constant from the time ``since``, s, to its next break."""
        return all(part.is_constant(since) for part in self.parts)


def shifted(function: TimeFunction, by: float) -> TimeFunction:
    """Return a function of time with a constant added to its values; its breaks stay the same.

    Args:
        function: The function.
        by: What is added, in the unit of its values.

    Raises:
        CaseError: The kind of function is not known.
    """
    match function:
        case PiecewiseLinear(values=values):
            return replace(function, values=tuple(value + by for value in values))
        case Oscillation(mean=mean):
            return replace(function, mean=mean + by)
        case Sum(parts=(first, *others)):
            return Sum((shifted(first, by), *others))
    raise CaseError(
        f"a constant cannot be added to a function of time of kind {type(function).__name__}",
        "use tables, ramps, steps and oscillations",
    )
