"""The result of a fit: values of the unknowns, what is known of them, and whether the model fits.

The *values* are the expectations of the unknowns given data and priors, and their standard
uncertainties are the standard deviations (JCGM 101:2008, 5.1.1 and 9.1: expectation, standard
deviation and coverage interval of the distribution of a quantity). Where the model is linear in the
unknowns over all that data and priors leave open, these are the least-squares values. Elsewhere,
as for a tilt whose sign makes no difference, they differ: the *mode*, the values of the smallest
sum of squares, is then no fair value, since all errors go to one side.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from scipy.stats import binom, norm

from femsoret.base.types import Array
from femsoret.studies.fit.model import Model
from femsoret.studies.fit.unknowns import Unknown

COVERAGE: Final = 0.95
"""Probability of all intervals."""

BAD: Final = 0.001
"""Probability of sums of squares as large as those found, below which the fit is a bad one."""

OUTLIER: Final = 3.0
"""Residual, in standard uncertainties, from which on a value is called an outlier."""

LARGE: Final = 2.0
"""Residual, likewise, that few values exceed if all but a few outliers have the stated noise."""

FEW: Final = 0.2
"""Share of values that may be outliers."""

CORRELATED: Final = 3.0
"""Correlation of neighbouring residuals, in standard deviations of that of white noise, from which
on it is no chance."""


@dataclass(frozen=True)
class Interval:
    """A range that holds an unknown with the probability of :data:`COVERAGE`.

    Args:
        low: Its lower end, in the unit of the unknown.
        high: Its upper end.
        at_bound: Whether the lower end is a bound of the unknown that the data do not exclude, so
            that only the upper end says something.
    """

    low: float
    high: float
    at_bound: bool = False


@dataclass(frozen=True, eq=False)
class SeriesFit:
    """One series of the data beside what the model says of it, at the mode.

    Args:
        data: Name of the data set.
        column: Column of the data file.
        signal: Column of the history that predicts it.
        times: Times on the clock of the data, s, shape (n,); empty for steady data.
        values: Measured values, shape (n,).
        predicted: Predicted values, shape (n,).
        uncertainty: Standard uncertainties of the values, shape (n,): as stated, or from the
            residuals.
        noise_stated: Whether they were stated.
        neighbours: Correlation of neighbouring residuals; 0 for a few values.
        neighbours_expected: Its mean if the noise is white.
        neighbours_scatter: Its standard deviation likewise.
        durbin_watson: Sum of the squared differences of neighbouring residuals over that of the
            squared residuals, 2 for white noise.
    """

    data: str
    column: str
    signal: str
    times: Array
    values: Array
    predicted: Array
    uncertainty: Array
    noise_stated: bool
    neighbours: float
    neighbours_expected: float
    neighbours_scatter: float
    durbin_watson: float

    @property
    def residuals(self) -> Array:
        """Measured less predicted values over the standard uncertainties, shape (n,)."""
        return np.asarray((self.values - self.predicted) / self.uncertainty)

    @property
    def is_correlated(self) -> bool:
        """Whether neighbouring residuals are alike beyond chance."""
        excess = self.neighbours - self.neighbours_expected
        return excess > CORRELATED * self.neighbours_scatter


@dataclass(frozen=True)
class Pull:
    """How far data and prior of an unknown are apart.

    Args:
        name: Name of the unknown.
        standardised: Mode less prior value over the standard deviation that this difference has if
            the prior is right; over that of the prior if the model is not linear.
    """

    name: str
    standardised: float

    @property
    def probability(self) -> float:
        """Probability of a difference as large as that."""
        return float(2.0 * norm.sf(abs(self.standardised)))


@dataclass(frozen=True)
class Direction:
    """A combination of unknowns of which the data alone tell less than the priors.

    Args:
        information: Eigenvalue of the Fisher matrix of the data in units of what was known before:
            below 1 the data tell less than the prior; 0 says that they tell nothing.
        parts: Name of the unknown -> its part in the combination; only those that matter.
        undetermined: Whether neither data nor priors determine it.
        sentence: What that means, a sentence.
        advice: Which measurement would tell, a sentence.
    """

    information: float
    parts: dict[str, float]
    undetermined: bool
    sentence: str
    advice: str


@dataclass(frozen=True, eq=False)
class Estimate:
    """The unknowns given data and priors.

    Args:
        unknowns: The unknowns, p of them.
        values: Their expectations, in their units, shape (p,).
        mode: The values of the smallest sum of squares, shape (p,).
        covariance: Their covariance, shape (p, p); infinite on the diagonal of unknowns that
            neither data nor priors determine.
        intervals: Ranges of 95 %, one for each unknown; None where none is claimed: if the fit is
            bad, or the unknown is not determined.
        is_normal: Whether the parabola about the mode describes the unknowns: the model is linear
            in them over all that data and priors leave open.
        other_minima: Further values of the unknowns that explain the data about as well, shape (p,)
            each.
        series: The data beside the predictions at the mode.
        chi2_data: Sum of the squared residuals of the data.
        chi2_priors: Sum of the squared differences from priors in standard uncertainties.
        dof: Degrees of freedom of their sum, of the data whose noise is stated.
        p_value: Probability of a sum as large as that; None if no noise is stated, since chi2 then
            tells nothing, and of a robust fit, since outliers count in full in chi2.
        pulls: Differences from the priors.
        priors_p_value: Probability of differences from all priors together as large as these; None
            without priors.
        robust: Whether outliers count less.
        directions: What the data alone cannot tell apart, the worst first.
        jacobian: Derivatives of the predictions by the unknowns at the mode, shape (data, p).
        evaluations: Number of evaluations of the model.
        converged: Whether the least-squares solver converged.
        surface_error: Largest error of the response surface, in standard uncertainties of the data
            (root sum of squares), where it was checked; 0 if none was needed.
        draws: Draws of the unknowns of equal weight, shape (m, p); None if they are normal.
        draws_density: Logarithm of their density up to a constant, shape (m,); None likewise.
        substitute: The response surface as a model; None if none was needed.
    """

    unknowns: tuple[Unknown, ...]
    values: Array
    mode: Array
    covariance: Array
    intervals: tuple[Interval | None, ...]
    is_normal: bool
    other_minima: tuple[Array, ...]
    series: tuple[SeriesFit, ...]
    chi2_data: float
    chi2_priors: float
    dof: float
    p_value: float | None
    pulls: tuple[Pull, ...]
    priors_p_value: float | None
    robust: bool
    directions: tuple[Direction, ...]
    jacobian: Array
    evaluations: int
    converged: bool
    surface_error: float = 0.0
    draws: Array | None = None
    draws_density: Array | None = None
    substitute: Model | None = None

    @property
    def uncertainties(self) -> Array:
        """Standard uncertainties of the unknowns, in their units, shape (p,)."""
        return np.sqrt(np.diag(self.covariance))

    @property
    def correlation(self) -> Array:
        """Correlation matrix, shape (p, p); nan for unknowns that are not determined."""
        u = self.uncertainties
        with np.errstate(invalid="ignore"):
            found = np.asarray(self.covariance / np.outer(u, u))
        found[np.diag_indices_from(found)] = 1.0
        return found

    @property
    def noise(self) -> Array:
        """Standard uncertainties of all data, stated or estimated, shape (data,)."""
        return np.concatenate([series.uncertainty for series in self.series])

    @property
    def predicted(self) -> Array:
        """Predictions of all data at the mode, shape (data,)."""
        return np.concatenate([series.predicted for series in self.series])

    @property
    def why_bad(self) -> tuple[str, ...]:
        """Why the model does not describe the data, in sentences; empty if it does.

        A robust fit is not judged by the sum of squares, in which outliers count in full, but by
        how many residuals are large: outliers are few.
        """
        found, (large, number) = list[str](), self._beyond(LARGE)
        if self.robust and binom.sf(large - 1, number, FEW) < BAD:
            found.append(
                f"{large} of {number} residuals exceed {LARGE:g} standard uncertainties, too many "
                "to be outliers"
            )
        if self.p_value is not None and self.p_value < BAD:
            found.append(
                f"the sum of squares is {self.chi2_data + self.chi2_priors:.4g} for {self.dof:.4g} "
                f"degrees of freedom, which noise makes with a probability of {self.p_value:.1g}"
            )
        if self.priors_p_value is not None and self.priors_p_value < BAD:
            worst = max(self.pulls, key=lambda pull: abs(pull.standardised))
            found.append(
                f"the data contradict what was known before with a probability of "
                f"{self.priors_p_value:.1g} by chance: {worst.name} differs most from its prior, "
                f"by {abs(worst.standardised):.2g} standard deviations"
            )
        return tuple(found)

    @property
    def outliers(self) -> int:
        """Number of values with stated noise that are far from their predictions."""
        return self._beyond(OUTLIER)[0]

    def _beyond(self, size: float) -> tuple[int, int]:
        """Return how many residuals of stated noise exceed a size, and of how many."""
        stated = [np.abs(series.residuals) for series in self.series if series.noise_stated]
        residuals = np.concatenate(stated) if stated else np.zeros(0)
        return int(np.count_nonzero(residuals > size)), len(residuals)

    @property
    def is_bad(self) -> bool:
        """Whether the model does not describe the data, so that no interval is claimed."""
        return bool(self.why_bad)

    def of(self, name: str) -> int:
        """Return the index of an unknown by its name.

        Raises:
            KeyError: There is no such unknown.
        """
        for i, unknown in enumerate(self.unknowns):
            if unknown.name == name:
                return i
        raise KeyError(name)
