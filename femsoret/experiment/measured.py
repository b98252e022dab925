"""Measured data: what a laboratory recorded, as values in SI units."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from femsoret.base.errors import CaseError
from femsoret.base.types import Array


@dataclass(frozen=True, eq=False)
class MeasuredSeries:
    """The measured values of one signal, without gaps.

    Args:
        column: Name of the column in the data file.
        signal: Name of the column of the history that predicts it.
        times: Times on the clock of the data in ascending order, s, shape (n,); empty for steady
            data.
        values: Measured values in the unit of the signal, shape (n,).
        uncertainty: Standard uncertainties in the same unit, shape (n,); None if they are unknown.

    Raises:
        CaseError: There are no values, the shapes differ, or an uncertainty is not positive.
    """

    column: str
    signal: str
    times: Array
    values: Array
    uncertainty: Array | None = None

    def __post_init__(self) -> None:
        number = len(self.values)
        lengths = [len(self.times)] if len(self.times) else []
        lengths += [] if self.uncertainty is None else [len(self.uncertainty)]
        if not number or any(length != number for length in lengths):
            raise CaseError(
                f"column {self.column!r}: {number} values, but {lengths} times and uncertainties",
                "give each value its time and its uncertainty",
            )
        if not np.isfinite(self.values).all() or not np.isfinite(self.times).all():
            raise CaseError(f"column {self.column!r}: not all numbers are finite", "leave gaps out")
        if (np.diff(self.times) <= 0.0).any():
            raise CaseError(f"column {self.column!r}: its times do not increase", "sort the rows")
        u = self.uncertainty
        if u is not None and not (np.isfinite(u) & (u > 0.0)).all():
            raise CaseError(
                f"column {self.column!r}: a standard uncertainty is zero, negative or not finite",
                "every value needs a positive one; leave out all of them if the noise is unknown",
            )


@dataclass(frozen=True)
class AskedColumn:
    """Which signal a column of a data file is.

    Args:
        column: Name of the column in the file.
        signal: Name of the column of the history that predicts it.
        unit: Unit of that signal in SI; empty for a pure number.
        uncertainty: Standard uncertainty of its values: a number in the unit of the signal, a text
            with a unit, a percentage of the largest value, or the name of another column of the
            file; None if it is unknown.
    """

    column: str
    signal: str
    unit: str
    uncertainty: float | str | None = None


@dataclass(frozen=True)
class AskedData:
    """What a data set takes from its file.

    Args:
        name: Name of the data set.
        columns: The columns with signals.
        time: Name of the column of times; None for the one named "t" or "time".
        steady: Whether the rows are steady states, without times.
    """

    name: str
    columns: tuple[AskedColumn, ...]
    time: str | None = None
    steady: bool = False


@dataclass(frozen=True, eq=False)
class DataSet:
    """What was recorded of one experiment.

    Args:
        name: Name of the data set.
        series: The measured series, at least one.
        steady: Whether the values are those of the steady state, without times.
    """

    name: str
    series: tuple[MeasuredSeries, ...]
    steady: bool = False

    @property
    def number_of_values(self) -> int:
        """Number of measured values of all series."""
        return sum(len(series.values) for series in self.series)

    @property
    def last_time(self) -> float:
        """Last time on the clock of the data, s; 0 for steady data."""
        return max((float(s.times[-1]) for s in self.series if len(s.times)), default=0.0)
