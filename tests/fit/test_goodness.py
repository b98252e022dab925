"""What residuals say of the noise: correlated noise, noise that is stated too large, outliers."""

from __future__ import annotations

import numpy as np
import pytest
from analytic_models import Analytic, record, unknown

from femsoret.studies.fit.budget import budgets
from femsoret.studies.fit.estimate import CORRELATED
from femsoret.studies.fit.goodness import correlation_by_chance, correlation_of_neighbours
from femsoret.studies.fit.least_squares import FitOptions, estimate
from femsoret.studies.fit.unknowns import Prior

TIMES = np.linspace(0.05, 2.0, 40)
NOISE = 0.005


def slopes(priors=(np.inf, np.inf, 0.03)):
    """Return U of a fit of amplitude, rate and baseline, and the map from noise to residuals."""
    J = (
        np.stack([1.0 - np.exp(-TIMES), TIMES * np.exp(-TIMES), np.ones_like(TIMES)], axis=1)
        / NOISE
    )
    fisher = J.T @ J + np.diag(np.array(priors) ** -2.0)
    U = J @ np.linalg.cholesky(np.linalg.inv(fisher))
    return U, np.eye(len(TIMES)) - U @ U.T


def first_order(size, rho, rng):
    """Return noise whose neighbours have a correlation."""
    e = size * rng.normal(size=len(TIMES))
    for i in range(1, len(e)):
        e[i] = rho * e[i - 1] + np.sqrt(1.0 - rho**2) * e[i]
    return e


def test_residuals_of_white_noise_correlate_as_is_said():
    """Drawn residuals have the covariance I - U U^T; their correlations have mean and scatter."""
    U, covariance = slopes()
    values, vectors = np.linalg.eigh(covariance)
    root = vectors * np.sqrt(np.maximum(values, 0.0))
    rng = np.random.default_rng(1)
    drawn = [correlation_of_neighbours(root @ rng.normal(size=40))[0] for _ in range(4000)]
    mean, scatter = correlation_by_chance(U)
    assert mean == pytest.approx(np.mean(drawn), abs=0.006)  # 2.5 of its standard error
    assert scatter == pytest.approx(np.std(drawn), rel=0.05)
    assert mean < -0.05  # slow courses are fitted away
    z = (np.array(drawn) - mean) / scatter
    assert np.mean(z > CORRELATED) < 0.004


def model():
    return Analytic(
        (
            unknown("S", start=1.0),
            unknown("D", "D", start=1.0),
            unknown("b", "baseline", prior=Prior(0.0, 0.03)),
        ),
        lambda x: x[0] * (1.0 - np.exp(-x[1] * TIMES)) + x[2],
    )


def fitted(noise, robust=False):
    y = model().function(np.array([1.0, 1.0, 0.0]))
    return estimate(model(), [record(y + noise, NOISE)], FitOptions(robust=robust))


def test_correlated_noise_hides_in_the_unknowns_and_widens_the_budget():
    """Its residuals are smaller than the noise, and chi2 finds nothing."""
    rng = np.random.default_rng(4)
    away, known, widened, flagged = [], [], [], []
    for _ in range(60):
        found = fitted(first_order(NOISE, 0.8, rng))
        away.append(abs(found.values[0] - 1.0))
        known.append(found.uncertainties[0])
        widened.append(budgets(found, {})["S"].total)
        flagged.append(found.series[0].is_correlated)
    misses, missed = (np.mean(np.array(away) > 1.96 * np.array(u)) for u in (known, widened))
    assert np.mean(flagged) > 0.75
    assert misses > 0.25
    assert missed < 0.6 * misses


def test_outliers_do_not_widen_the_budget_of_a_robust_fit():
    noise = NOISE * np.random.default_rng(2).normal(size=40)
    noise[20] += 30.0 * NOISE
    squares, robust = (budgets(fitted(noise, r), {})["S"] for r in (False, True))
    assert "misfit" in {row.kind for row in squares.rows}
    assert "misfit" not in {row.kind for row in robust.rows}
