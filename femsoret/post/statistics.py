"""Statistics of a time record: where its statistically steady part begins, and the mean of it.

A record is a piecewise linear function through the values at the ends of steps of any length. Means
and variances are integrals of this function over time, so that many short steps weigh no more than
one long step over the same time.

The start of the steady part is determined from the record itself. The first candidate is the start
that minimises the marginal standard error of the mean of the remaining record (MSER: K. P. White,
Simulation 69 (1997) 323), sought in the first half of the record as usual; later starts in the
first half follow. The part from a start on is statistically steady if

- it oscillates often enough about its mean: a relaxation, which crosses its mean once, does not;
- its mean has no trend beyond that expected by chance from batch means (batches of equal duration,
  each with at least one cycle: B. Schmeiser, Oper. Res. 30 (1982) 556);
- its mean square deviation has no such trend either: an oscillation that grows or decays is not
  steady.

The standard error of the mean is computed from batch means as well.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from femsoret.base.errors import ConditionError
from femsoret.base.types import Array

CYCLES: Final = 8
"""Smallest number of cycles in the steady part. A batch contains at least one cycle."""

BATCHES: Final = 20
"""Largest number of batches."""

LATEST: Final = 0.5
"""Fraction of the record in which its steady part must begin. Later starts would leave too few
cycles to detect a drift."""

STARTS: Final = 10
"""Largest number of starts that are tried."""

SWING: Final = 0.5
"""Distance from the mean, relative to the standard deviation, that a swing exceeds on either side:
smaller ones are noise on a slower variation."""

NEGLIGIBLE: Final = 0.1
"""Negligible difference between the means of the two halves, relative to the standard deviation.
The batches of a limit cycle repeat so well that even a tiny trend would exceed chance."""

NEGLIGIBLE_SPREAD: Final = 0.25
"""Negligible difference between the mean square deviations of the two halves, relative to that of
the whole: 12 % of the amplitude."""

STEADY: Final = 2.0
"""Range, relative to the noise of a single value, up to which a record counts as steady."""

_STUDENT: Final = {6: 3.71, 8: 3.36, 10: 3.17, 12: 3.05, 14: 2.98, 16: 2.92, 18: 2.88}
"""Degrees of freedom -> two-sided 99 % quantile of Student's t."""


@dataclass(frozen=True)
class Statistics:
    """The statistically steady part of a record, in the units of its values.

    Args:
        start: Start of the steady part, s.
        cycles: Number of cycles about the mean in the steady part.
        mean: Mean over time.
        lowest: Smallest value at the end of a step.
        highest: Largest value at the end of a step.
        std: Standard deviation over time.
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
            value: Reference value that is subtracted, in the unit of the record.
            size: Scale that the deviations are divided by, in the same unit; of either sign.
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
    """A record that has no fluctuating, statistically steady part.

    Args:
        reason: Why it has none, as a clause without a full stop.
    """

    reason: str


@dataclass(frozen=True, eq=False)
class _Record:
    """A piecewise linear function of time.

    Args:
        t: Times in ascending order, s, shape (n,).
        x: Values at these times, shape (n,).
    """

    t: Array
    x: Array

    def since(self, start: float) -> _Record:
        """Return the part of the record from a given time on."""
        later = self.t >= start
        return _Record(self.t[later], self.x[later])

    @property
    def length(self) -> float:
        return float(self.t[-1] - self.t[0])

    def moments(self, edges: Array, level: float) -> tuple[Array, Array]:
        """Return the means of x - level and its square between edges, shape (m - 1,) each."""
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
        """Return the number of cycles from well above the mean to well below it and back."""
        mean, std = self.mean_and_std()
        far = np.sign(self.x - mean)[np.abs(self.x - mean) > SWING * std]
        return int(np.count_nonzero(np.diff(far))) // 2


def statistics(
    times: Sequence[float], values: Sequence[float], *, noise: float
) -> Statistics | NoStatistics:
    """Return the statistics of the statistically steady part of a record.

    Args:
        times: Times in ascending order, s, shape (n,).
        values: Values at these times, in any unit, shape (n,).
        noise: Error of a single value, in the unit of the values.

    Returns:
        The statistics, or why there are none.

    Raises:
        ConditionError: The times do not increase, or their number is not that of the values.
    """
    record = _Record(np.asarray(times, dtype=float), np.asarray(values, dtype=float))
    if record.t.shape != record.x.shape or not np.all(np.diff(record.t) > 0.0):
        raise ConditionError(
            "a record needs one time for each value, and the times must increase",
            "sort the record by time and remove duplicates",
        )
    if record.t.size < 2:
        return NoStatistics(f"too short: the number of its steps is {record.t.size}")
    late = record.since(_latest(record))
    if float(np.ptp(late.x)) <= STEADY * noise:
        return NoStatistics(
            f"it is steady: in the second half of its record it varies by {np.ptp(late.x):.2g}, "
            "which is within the error of the time steps"
        )
    cycles = late.cycles()
    if cycles < 1:
        return NoStatistics(
            f"still drifting: in the second half of its record it goes from {late.x[0]:.4g} to "
            f"{late.x[-1]:.4g} without oscillating about a mean"
        )
    why = ""
    for start in _starts(record):
        found = _if_steady(record.since(start))
        if isinstance(found, Statistics):
            return found
        why = found or why
    return NoStatistics(
        why
        or f"too short: the second half of its record has {cycles} cycles; the standard error of "
        f"the mean requires a steady part with at least {CYCLES} cycles"
    )


def _latest(record: _Record) -> float:
    """Return the latest time at which the steady part may begin."""
    within = record.t[record.t <= record.t[0] + LATEST * record.length]
    return float(within[-1])


def _starts(record: _Record) -> Iterator[float]:
    """Yield candidate starts: the one of the smallest marginal standard error, then later ones."""
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
    """Return the statistics of a part, or why it is not steady: an empty string if too short."""
    cycles = rest.cycles()
    if cycles < CYCLES:
        return ""
    mean, std = rest.mean_and_std()
    count = 2 * (min(cycles, BATCHES) // 2)
    means, squares = rest.moments(np.linspace(rest.t[0], rest.t[-1], count + 1), mean)
    change, by_chance = _trend(means)
    if abs(change) > max(by_chance, NEGLIGIBLE * std):
        return (
            "still drifting: according to the trend, the means of the two halves of its last part "
            f"differ by {abs(change):.2g}, and by chance they would differ by at most "
            f"{by_chance:.2g}"
        )
    spread, by_chance = _trend(squares)
    if abs(spread) > max(by_chance, NEGLIGIBLE_SPREAD * std**2):
        half = count // 2
        first, second = np.sqrt([np.mean(squares[:half]), np.mean(squares[half:])])
        so_far, how = ("drifting", "grow") if spread > 0.0 else ("settling", "die away")
        return (
            f"still {so_far}: its swings about {mean:.4g} {how}, with a root mean square of "
            f"{first:.2g} in the first half of its last part and {second:.2g} in the second half"
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
    """Return the difference between the halves of batches by their trend, and its limit by chance.

    The trend is the slope of a least-squares line. Its error is estimated from the residuals of the
    line, so that the spread caused by a trend does not hide the trend.

    Args:
        batches: Batch means in order of time, shape (m,).
    """
    count = len(batches)
    place = np.arange(count) - 0.5 * (count - 1)
    weight = float(place @ place)
    slope = float(place @ batches) / weight
    left_over = batches - np.mean(batches) - slope * place
    error = float(np.sqrt(left_over @ left_over / (count - 2) / weight))
    return 0.5 * count * slope, 0.5 * count * error * _STUDENT[count - 2]
