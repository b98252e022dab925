"""Measured data as one vector, with what is known of its noise."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from femsoret.base.errors import CaseError
from femsoret.base.types import Array, Flags
from femsoret.experiment.measured import DataSet, MeasuredSeries
from femsoret.studies.fit.unknowns import Unknown


@dataclass(frozen=True, eq=False)
class Part:
    """One series in the vector of all data.

    Args:
        data: Name of its data set.
        series: The series.
        where: Its place in the vector.
    """

    data: str
    series: MeasuredSeries
    where: slice


@dataclass(frozen=True, eq=False)
class Stacked:
    """All measured values as one vector, in the order of :class:`Predictions`.

    Args:
        parts: Its parts, one for each series.
    """

    parts: tuple[Part, ...]

    @classmethod
    def of(cls, data: Sequence[DataSet]) -> Stacked:
        """Return the vector of the values of all data sets.

        Raises:
            CaseError: There are no data.
        """
        parts, begin = list[Part](), 0
        for of in data:
            for series in of.series:
                end = begin + len(series.values)
                parts.append(Part(of.name, series, slice(begin, end)))
                begin = end
        if not parts:
            raise CaseError("there are no data to fit", "name a data file with values")
        return cls(tuple(parts))

    @cached_property
    def values(self) -> Array:
        """The measured values, shape (n,)."""
        return np.concatenate([part.series.values for part in self.parts])

    @cached_property
    def stated(self) -> Flags:
        """Whether the noise of a value is stated, shape (n,)."""
        return np.concatenate(
            [np.full(len(p.series.values), p.series.uncertainty is not None) for p in self.parts]
        )

    @cached_property
    def uncertainty(self) -> Array:
        """The stated standard uncertainties, shape (n,); nan where none is stated."""
        return np.concatenate(
            [
                np.full(len(p.series.values), np.nan)
                if p.series.uncertainty is None
                else p.series.uncertainty
                for p in self.parts
            ]
        )


def with_values(
    data: Sequence[DataSet], values: Array, uncertainties: Array
) -> tuple[DataSet, ...]:
    """Return data sets with other values and uncertainties.

    Args:
        data: The data sets.
        values: The values of all their series, shape (n,).
        uncertainties: Their standard uncertainties, shape (n,).
    """
    found, begin = [], 0
    for of in data:
        series = []
        for each in of.series:
            here = slice(begin, begin + len(each.values))
            begin = here.stop
            series.append(replace(each, values=values[here], uncertainty=uncertainties[here]))
        found.append(replace(of, series=tuple(series)))
    return tuple(found)


@dataclass(frozen=True, eq=False)
class Priors:
    """The priors of all unknowns, as vectors.

    Args:
        unknowns: The unknowns.
    """

    unknowns: tuple[Unknown, ...]

    @cached_property
    def given(self) -> Flags:
        """Whether something is known before, shape (p,)."""
        return np.array([not unknown.prior.is_flat for unknown in self.unknowns])

    @cached_property
    def values(self) -> Array:
        """Their means, shape (p,)."""
        return np.array([unknown.prior.value for unknown in self.unknowns])

    @cached_property
    def precision(self) -> Array:
        """Their inverse standard deviations, shape (p,); 0 for flat priors."""
        return np.array([1.0 / unknown.prior.uncertainty for unknown in self.unknowns])

    @cached_property
    def widths(self) -> Array:
        """Their standard deviations, shape (p,); the scales of unknowns with flat priors."""
        return np.array(
            [u.scale if u.prior.is_flat else u.prior.uncertainty for u in self.unknowns]
        )

    def residuals(self, x: Array) -> Array:
        """Return values less their means in standard deviations, shape (..., p)."""
        return np.asarray((x - self.values) * self.precision)

    @cached_property
    def bounds(self) -> Array:
        """Least values that physics allows, shape (p,); minus infinity where it allows any.

        Diffusion coefficients, heat-transfer coefficients and contrasts are not negative;
        off-diagonal entries of a diffusion matrix may be.
        """
        return np.array([_bound(unknown) for unknown in self.unknowns])


def _bound(unknown: Unknown) -> float:
    of_matrix = len(set(unknown.components)) > 1
    positive = unknown.quantity in {"side_loss", "contrast"}
    return 0.0 if positive or (unknown.quantity == "D" and not of_matrix) else -np.inf
