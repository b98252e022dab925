"""Statistics of a record in time: since when it is statistically steady, and its mean.

A record is a broken line through values at the ends of steps of any length; means and variances are
integrals over time of that line, so that short steps count no more than long ones.

The record determines where its steady part begins. The first choice is the start that makes the
marginal standard error of the mean of the rest smallest (MSER: K. P. White, Simulation 69 (1997)
323), sought in the first half of the record as is usual; later starts up to half the record follow.
The part from a start on is statistically steady where

- it swings often enough about its mean: a relaxation, which crosses its mean once, never does;
- its mean has no trend beyond what chance makes of batch means (batches of equal time, at least one
  cycle each: B. Schmeiser, Oper. Res. 30 (1982) 556);
- nor has its mean square deviation: an oscillation that grows or dies away is not steady.

The standard error of the mean is that of batch means too.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from femsoret.base.errors import ConditionError
from femsoret.base.types import Array

CYCLES: Final = 8
"""Cycles, up and down, of the steady part at least. A batch holds one at least."""

BATCHES: Final = 20
"""Largest number of batches."""

LATEST: Final = 0.5
"""Part of the record within which its steady part has to begin. Later starts would leave too few
cycles to see a drift."""

STARTS: Final = 10
"""Largest number of starts that are tried."""

SWING: Final = 0.5
"""Distance from the mean, over the standard deviation, that a swing exceeds on either side: less is
noise on a slower variation."""

NEGLIGIBLE: Final = 0.1
"""Change of the mean from half to half, over the standard deviation, that is negligible: a limit
cycle repeats itself so well that its batches would show a trend in any part."""

NEGLIGIBLE_SPREAD: Final = 0.25
"""Likewise of the mean square deviation, over that of all: 12 % of the amplitude."""

STEADY: Final = 2.0
"""Range, over the noise of a single value, up to which a record counts as steady."""

_STUDENT: Final = {6: 3.71, 8: 3.36, 10: 3.17, 12: 3.05, 14: 2.98, 16: 2.92, 18: 2.88}
"""Degrees of freedom -> two-sided 99 % quantile of Student's t."""


@dataclass(frozen=True)
class Statistics:
    """The statistically steady part of a record, in the units of its values.

    Args:
        start: Beginning of the steady part, s.
        cycles: Cycles about the mean since the start.
        mean: Mean in time.
        lowest: Smallest value of a step.
        highest: Largest one.
        std: Standard deviation in time.
        standard_error: Standard error of the mean.
    """

    start: float
    cycles: int
    mean: float
    lowest: float
    highest: float
    std: float
    standard_error: float

    def relative_to(self, value: float, size: float) -> Statistics:
        """Return the statistics of relative deviations, (x - value)/size.

        Args:
            value: What deviations are taken from.
            size: What they are divided by, of either sign.
        """
        ends = sorted((end - value) / size for end in (self.lowest, self.highest))
        return replace(
            self,
            mean=(self.mean - value) / size,
            lowest=ends[0],
            highest=ends[1],
            std=self.std / abs(size),
            standard_error=self.standard_error / abs(size),
        )


@dataclass(frozen=True)
class NoStatistics:
    """A record without a statistically steady part that fluctuates.

    Args:
        reason: The reason, a clause.
    """

    reason: str


@dataclass(frozen=True, eq=False)
class _Record:
    """A broken line.

    Args:
        t: Times, s, growing, shape (n,).
        x: Values, shape (n,).
    """

    t: Array
    x: Array

    def since(self, start: float) -> _Record:
        """Return the part from one of its times on."""
        later = self.t >= start
        return _Record(self.t[later], self.x[later])

    @property
    def length(self) -> float:
        return float(self.t[-1] - self.t[0])

    def moments(self, edges: Array, level: float) -> tuple[Array, Array]:
        """Return the means of x - level and of its square between edges, each of shape (m - 1,)."""
        t = np.union1d(self.t, edges)
        x = np.interp(t, self.t, self.x) - level
        a, b, dt = x[:-1], x[1:], np.diff(t)
        at, widths = np.searchsorted(t, edges), np.diff(edges)
        first, second = (
            np.diff(np.concatenate([[0.0], np.cumsum(dt * part)])[at]) / widths
            for part in (0.5 * (a + b), (a * a + a * b + b * b) / 3.0)
        )
        return first, second

    def mean_and_std(self) -> tuple[float, float]:
        first, second = self.moments(self.t[[0, -1]], float(self.x[0]))
        return float(self.x[0] + first[0]), float(np.sqrt(max(second[0] - first[0] ** 2, 0.0)))

    def cycles(self) -> int:
        """Return the number of swings from well above the mean to well below and back."""
        mean, std = self.mean_and_std()
        far = np.sign(self.x - mean)[np.abs(self.x - mean) > SWING * std]
        return int(np.count_nonzero(np.diff(far))) // 2


def statistics(
    times: Sequence[float], values: Sequence[float], *, noise: float
) -> Statistics | NoStatistics:
    """Return the statistics of the statistically steady part of a record.

    Args:
        times: Times, s, growing, shape (n,).
        values: Values at these times, shape (n,).
        noise: Error of a single value, in its unit.

    Raises:
        ConditionError: Times that do not grow, or not one for each value.
    """
    record = _Record(np.asarray(times, dtype=float), np.asarray(values, dtype=float))
    if record.t.shape != record.x.shape or not np.all(np.diff(record.t) > 0.0):
        raise ConditionError(
            "a record needs one time for each value, and times that grow", "sort it by time"
        )
    if record.t.size < 2:
        return NoStatistics(f"too short: it has {record.t.size} steps")
    late = record.since(_latest(record))
    if float(np.ptp(late.x)) <= STEADY * noise:
        return NoStatistics(
            f"it is steady: in the latter half of its record it varies by {np.ptp(late.x):.2g}, no "
            "more than steps in time err by"
        )
    cycles = late.cycles()
    if cycles < 1:
        return NoStatistics(
            f"still drifting: in the latter half of its record it goes from {late.x[0]:.4g} to "
            f"{late.x[-1]:.4g} without swinging about a mean"
        )
    why = ""
    for start in _starts(record):
        found = _if_steady(record.since(start))
        if isinstance(found, Statistics):
            return found
        why = found or why
    return NoStatistics(
        why
        or f"too short: in the latter half of its record it swings up and down {cycles} times; "
        f"{CYCLES} times in a steady part are the fewest that say how well its mean is known"
    )


def _latest(record: _Record) -> float:
    """Return the latest time at which the steady part may begin."""
    within = record.t[record.t <= record.t[0] + LATEST * record.length]
    return float(within[-1])


def _starts(record: _Record) -> Iterator[float]:
    """Yield starts: first that of the smallest marginal standard error, then later ones."""
    latest = _latest(record)
    t = record.t[record.t <= latest]
    level = float(np.mean(record.x))
    first, second = (
        np.cumsum((part * np.diff(record.t))[::-1])[::-1][: t.size]
        for part in record.moments(record.t, level)
    )
    length = record.t[-1] - t
    marginal = (second / length - (first / length) ** 2) / length
    best = float(t[np.argmin(marginal)])
    yield best
    later = t[t > best]
    if later.size:
        nearest = np.searchsorted(later, np.linspace(best, latest, STARTS)[1:])
        yield from (float(later[i]) for i in np.unique(np.minimum(nearest, later.size - 1)))


def _if_steady(rest: _Record) -> Statistics | str:
    """Return the statistics of a part, or why it is not steady: an empty text if too short."""
    cycles = rest.cycles()
    if cycles < CYCLES:
        return ""
    mean, std = rest.mean_and_std()
    count = 2 * (min(cycles, BATCHES) // 2)
    means, squares = rest.moments(np.linspace(rest.t[0], rest.t[-1], count + 1), mean)
    change, by_chance = _trend(means)
    if abs(change) > max(by_chance, NEGLIGIBLE * std):
        return (
            "still drifting: by its trend, the halves of its last part differ by "
            f"{abs(change):.2g} in their means, and by chance at most by {by_chance:.2g}"
        )
    spread, by_chance = _trend(squares)
    if abs(spread) > max(by_chance, NEGLIGIBLE_SPREAD * std**2):
        half = count // 2
        first, second = np.sqrt([np.mean(squares[:half]), np.mean(squares[half:])])
        so_far, how = ("drifting", "grow") if spread > 0.0 else ("settling", "die away")
        return (
            f"still {so_far}: its swings about {mean:.4g} {how}, with a root mean square of "
            f"{first:.2g} in the first half of its last part and {second:.2g} in the second"
        )
    fewer, _ = rest.moments(np.linspace(rest.t[0], rest.t[-1], CYCLES + 1), mean)
    errors = [float(np.std(some, ddof=1)) / len(some) ** 0.5 for some in (means, fewer)]
    return Statistics(
        start=float(rest.t[0]),
        cycles=cycles,
        mean=mean,
        lowest=float(rest.x.min()),
        highest=float(rest.x.max()),
        std=std,
        # Half of a change from half to half that is chance is about as large.
        standard_error=max(*errors, 0.5 * abs(change)),
    )


def _trend(batches: Array) -> tuple[float, float]:
    """Return the change of batches from half to half by their trend, and its limit by chance.

    The trend is that of a straight line by least squares. Its error is that of the residuals, so
    that a trend does not hide in the spread that it causes.

    Args:
        batches: Means of batches, in order, shape (m,).
    """
    count = len(batches)
    place = np.arange(count) - 0.5 * (count - 1)
    weight = float(place @ place)
    slope = float(place @ batches) / weight
    left_over = batches - np.mean(batches) - slope * place
    error = float(np.sqrt(left_over @ left_over / (count - 2) / weight))
    return 0.5 * count * slope, 0.5 * count * error * _STUDENT[count - 2]
