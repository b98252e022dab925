"""Whether a model describes the data: sums of squares, runs of residuals, pulls of priors."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from scipy.stats import chi2

from femsoret.base.types import Array, Flags
from femsoret.studies.fit.estimate import Pull, SeriesFit
from femsoret.studies.fit.stacked import Priors, Stacked

FEWEST = 5
"""Smallest number of residuals of which a correlation tells something."""

_UNTOLD = 1e-3
"""Variance of a difference from a prior, relative to that of the prior, up to which the data say
nothing of it: what is left of the difference is then the tolerance of the least-squares solver."""


def correlation_of_neighbours(residuals: Array) -> tuple[float, float]:
    """Return correlation and Durbin-Watson statistic of residuals in the order of time.

    J. Durbin, G. S. Watson, Biometrika 37 (1950) 409.

    Args:
        residuals: Residuals over their standard uncertainties, shape (n,).

    Returns:
        The correlation, from -1 to 1, and the statistic; 0 and 2 for a few residuals or zeros.
    """
    square = float(residuals @ residuals)
    if len(residuals) < FEWEST or square <= 0.0:
        return 0.0, 2.0
    alike = float(residuals[1:] @ residuals[:-1]) / square
    return alike, float(np.sum(np.diff(residuals) ** 2)) / square


def correlation_by_chance(fitted: Array) -> tuple[float, float]:
    """Return mean and standard deviation of the correlation of neighbours if the noise is white.

    A fit takes slow courses out of the residuals, so that those of white noise are less alike than
    noise itself. They have the covariance C = I - U U^T, and the correlation is a ratio of two
    quadratic forms r = e^T B e/e^T e, the mean of which is about tr BC/tr C, and the variance
    2 tr[(B - mean) C (B - mean) C]/(tr C)^2 (J. Durbin, G. S. Watson, Biometrika 37 (1950) 409).

    Args:
        fitted: Matrix U: predictions of the series in standard uncertainties, by independent
            changes of the unknowns of one standard deviation each, shape (n, q).
    """
    n, U = len(fitted), fitted
    trace = n - float(np.sum(U**2))
    if n < FEWEST or trace < 1.0:
        return 0.0, 1.0
    mean = -float(np.sum(U[1:] * U[:-1])) / trace
    moved = -mean * U
    moved[1:] += 0.5 * U[:-1]
    moved[:-1] += 0.5 * U[1:]
    square = 0.5 * (n - 1) + n * mean**2 - 2.0 * float(np.sum(moved**2))
    square += float(np.sum((U.T @ moved) ** 2))
    return mean, math.sqrt(2.0 * max(square, 0.0)) / trace or 1.0


def compared(
    stacked: Stacked, predicted: Array, uncertainty: Array, fitted: Array
) -> tuple[SeriesFit, ...]:
    """Return the data beside predictions, series by series.

    Args:
        stacked: The data.
        predicted: Predictions, shape (n,).
        uncertainty: Standard uncertainties, stated or estimated, shape (n,).
        fitted: Predictions in these, by independent changes of the unknowns of one standard
            deviation each, shape (n, q).
    """
    found = []
    for part in stacked.parts:
        here = part.where
        residuals = (stacked.values[here] - predicted[here]) / uncertainty[here]
        alike, durbin_watson = correlation_of_neighbours(residuals)
        expected, scatter = correlation_by_chance(fitted[here])
        found.append(
            SeriesFit(
                data=part.data,
                column=part.series.column,
                signal=part.series.signal,
                times=part.series.times,
                values=stacked.values[here],
                predicted=predicted[here],
                uncertainty=uncertainty[here],
                noise_stated=part.series.uncertainty is not None,
                neighbours=alike,
                neighbours_expected=expected,
                neighbours_scatter=scatter,
                durbin_watson=durbin_watson,
            )
        )
    return tuple(found)


def sum_of_squares_test(
    squares: Array, jacobian: Array, stated: Flags, priors: Priors, residuals_of_priors: Array
) -> tuple[float, float | None]:
    """Return degrees of freedom and probability of the sum of squares of data and priors.

    Priors count as data. Degrees of freedom are the number of squares less the trace of the matrix
    that maps them to their predictions: less the number of unknowns if all noise is stated.

    Args:
        squares: Squared residuals of the data in standard uncertainties, shape (n,).
        jacobian: Slopes of the predictions in standard uncertainties, shape (n, p).
        stated: Which noise is stated, shape (n,).
        priors: The priors.
        residuals_of_priors: Differences from the priors in standard deviations, shape (p,).

    Returns:
        Degrees of freedom, and the probability of a sum as large as this; None without stated noise
        or degrees of freedom.
    """
    known = np.vstack([jacobian[stated], np.diag(priors.precision)[priors.given]])
    rest = jacobian[~stated]
    everything = known.T @ known + rest.T @ rest
    scale = np.sqrt(np.where(np.diag(everything) > 0.0, np.diag(everything), 1.0))
    inverse = np.linalg.pinv(everything / np.outer(scale, scale), rcond=1e-10, hermitian=True)
    trace = float(np.sum(inverse * ((known.T @ known) / np.outer(scale, scale))))
    dof = len(known) - trace
    if not stated.any() or dof < 0.5:
        return max(dof, 0.0), None
    total = float(squares[stated].sum()) + float(residuals_of_priors @ residuals_of_priors)
    return dof, float(chi2.sf(total, dof))


def pulls_of_priors(
    priors: Priors, mode: Array, covariance: Array | None
) -> tuple[tuple[Pull, ...], float | None]:
    """Return the differences from the priors, and the probability of all of them together.

    If prior and data are right, the difference of the least-squares value from the mean of the
    prior has the covariance of the prior less that of the value. Where the model is not linear, the
    first order may claim far too much of it, as along a tilt that counts by its square. The
    covariance is then taken as that of the prior, the largest it can be: the test errs on the side
    of no contradiction.

    Args:
        priors: The priors.
        mode: The least-squares values, shape (p,).
        covariance: Their covariance, shape (p, p); None where the model is not linear.

    Returns:
        The differences, and the probability of differences as large as these; None without any.
    """
    which = np.flatnonzero(priors.given)
    if not len(which):
        return (), None
    width = priors.widths[which]
    away = (mode - priors.values)[which] / width
    variance = np.eye(len(which))
    if covariance is not None:
        variance -= covariance[np.ix_(which, which)] / np.outer(width, width)
    values, vectors = np.linalg.eigh(0.5 * (variance + variance.T))
    told = values > _UNTOLD
    square = float(np.sum((vectors.T @ away)[told] ** 2 / values[told]))
    pulls = tuple(
        Pull(priors.unknowns[k].name, _standardised(d, v))
        for k, d, v in zip(which, away, np.diag(variance), strict=True)
    )
    return pulls, float(chi2.sf(square, np.count_nonzero(told))) if told.any() else None


def _standardised(difference: float, variance: float) -> float:
    return difference / math.sqrt(variance) if variance > _UNTOLD else 0.0


def independent(residuals: Sequence[float] | Array, expected: float = 0.0) -> float:
    """Return how many of n residuals are independent, n (1 - r)/(1 + r), at least 1.

    r is the correlation of neighbours where it is positive beyond chance (G. V. Bayley, J. M.
    Hammersley, J. R. Stat. Soc. Suppl. 8 (1946) 184, for a correlation that decays geometrically).

    Args:
        residuals: The residuals in the order of time, shape (n,).
        expected: Correlation that white noise would have; r is what exceeds it.
    """
    n = len(residuals)
    alike, _ = correlation_of_neighbours(np.asarray(residuals, dtype=np.float64))
    alike = min(alike - expected, 1.0)
    alike = alike if alike * math.sqrt(n) > 1.0 else 0.0
    return max(n * (1.0 - alike) / (1.0 + alike), 1.0)
