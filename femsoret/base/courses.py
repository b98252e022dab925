"""Courses: how a controlled quantity goes in time.

A course is smooth between its breaks, and may jump or bend at them. A step in time never crosses a
break; within a step all stages see the smooth piece that began with the step, also at its very end,
where the next piece may already stand elsewhere. Hence ``value(t, since)``: the value at t of the
piece that holds just after ``since``.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Protocol

from femsoret.base.errors import CaseError


class Course(Protocol):
    """A quantity as a function of time."""

    @property
    def breaks(self) -> tuple[float, ...]:
        """Times at which it jumps or bends, s, in order."""

    def value(self, t: float, since: float) -> float:
        """Return its value.

        Args:
            t: Time, s.
            since: Start of the step that t belongs to, s: the piece just after it counts.
        """

    def still(self, since: float) -> bool:
        """Return whether the piece just after a time is constant."""


@dataclass(frozen=True)
class Table:
    """Straight lines between given points; constant before the first and after the last.

    Two points at one time are a jump. A ramp is a table of two points, a step one of two points at
    one time.

    Args:
        times: Times, s, in order.
        values: Values at them.

    Raises:
        CaseError: No points, not as many values as times, times out of order, or more than two
            points at one time.
    """

    times: tuple[float, ...]
    values: tuple[float, ...]

    def __post_init__(self) -> None:
        if not self.times or len(self.times) != len(self.values):
            raise CaseError(
                f"a course with {len(self.times)} times and {len(self.values)} values",
                "give at least one time, and as many values as times",
            )
        if any(a > b for a, b in pairwise(self.times)) or any(
            a == b for a, b in zip(self.times, self.times[2:], strict=False)
        ):
            raise CaseError(
                "the times of a course are out of order, or one stands there three times",
                "times must not decrease; a time may stand there twice: the course jumps there",
            )

    @property
    def breaks(self) -> tuple[float, ...]:
        """Its times (see :class:`Course`)."""
        return tuple(dict.fromkeys(self.times))

    def value(self, t: float, since: float) -> float:
        """Return its value (see :class:`Course`)."""
        i, j = self._around(since)
        v0, v1 = self.values[i], self.values[j]
        if v0 == v1:
            return v0
        t0, t1 = self.times[i], self.times[j]
        return v0 + (v1 - v0) * (t - t0) / (t1 - t0)

    def still(self, since: float) -> bool:
        """Return whether the piece is constant (see :class:`Course`)."""
        i, j = self._around(since)
        return self.values[i] == self.values[j]

    def _around(self, since: float) -> tuple[int, int]:
        """Return the points before and after what follows; one point twice outside of them."""
        after = bisect_right(self.times, since)
        return max(after - 1, 0), min(after, len(self.times) - 1)


def ramp(start: float, end: float, duration: float, at: float = 0.0) -> Table:
    """Return a linear change from one value to another, constant before and after.

    Args:
        start: Value before.
        end: Value after.
        duration: Time that it takes, s; 0 is a jump.
        at: When it begins, s.
    """
    return Table((at, at + duration), (start, end))


def steps(values: Sequence[float], times: Sequence[float]) -> Table:
    """Return values that are held in turn.

    Args:
        values: The values; the first holds before the first time.
        times: When the next value comes, s: one fewer than values.

    Raises:
        CaseError: Not one value more than times, or times out of order.
    """
    if len(values) != len(times) + 1:
        raise CaseError(
            f"{len(values)} values held in turn change at {len(times)} times",
            f"give {max(len(values) - 1, 0)} times: one between each two values",
        )
    return Table(
        tuple(t for time in times for t in (time, time)) or (0.0,),
        tuple(v for pair in pairwise(values) for v in pair) or (values[0],),
    )


@dataclass(frozen=True)
class Oscillation:
    """mean + amplitude sin(2 pi frequency (t - start) + phase) from its start on; before, the mean.

    Args:
        mean: Mean value.
        amplitude: Amplitude.
        frequency: Frequency, Hz.
        phase: Phase, rad.
        start: When it begins, s.
    """

    mean: float
    amplitude: float
    frequency: float
    phase: float = 0.0
    start: float = 0.0

    @property
    def breaks(self) -> tuple[float, ...]:
        """Its start (see :class:`Course`)."""
        return (self.start,)

    def value(self, t: float, since: float) -> float:
        """Return its value (see :class:`Course`)."""
        if since < self.start:
            return self.mean
        angle = 2 * math.pi * self.frequency * (t - self.start) + self.phase
        return self.mean + self.amplitude * math.sin(angle)

    def still(self, since: float) -> bool:
        """Return whether it has not begun (see :class:`Course`)."""
        return since < self.start


@dataclass(frozen=True)
class Sum:
    """The sum of courses: a spectrum of oscillations about a constant, say.

    Args:
        parts: The courses.
    """

    parts: tuple[Course, ...]

    @property
    def breaks(self) -> tuple[float, ...]:
        """Those of all parts (see :class:`Course`)."""
        return tuple(sorted({time for part in self.parts for time in part.breaks}))

    def value(self, t: float, since: float) -> float:
        """Return its value (see :class:`Course`)."""
        return sum(part.value(t, since) for part in self.parts)

    def still(self, since: float) -> bool:
        """Return whether no part moves (see :class:`Course`)."""
        return all(part.still(since) for part in self.parts)
