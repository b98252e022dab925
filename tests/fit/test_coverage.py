"""Intervals against the exact distribution, and how often they hold the truth.

The amplitude A of a course that is known gives S = A/(1 - 0.03 tilt^2 - 0.01 h): tilt and loss are
known from their priors alone, so that the exact distribution of S is that of this quotient.
"""

from __future__ import annotations

import numpy as np
import pytest
from analytic_models import Analytic, record, unknown

from femsoret.studies.fit.least_squares import estimate
from femsoret.studies.fit.unknowns import Prior

TIMES = np.linspace(0.05, 4.0, 60)
COURSE = 1.0 - np.exp(-TIMES)
TILT, LOSS, NOISE = 0.8, 1.0, 0.005


def part(tilt, h):
    return 1.0 - 0.03 * tilt**2 - 0.01 * h


MODEL = Analytic(
    (
        unknown("S", start=1.0),
        unknown("tilt", "tilt", prior=Prior(0.0, TILT)),
        unknown("h", "side_loss", prior=Prior(0.0, LOSS)),
    ),
    lambda x: x[0] * part(x[1], x[2]) * COURSE,
)


def drawn(rng):
    """Return a truth from the priors, and a record of it."""
    truth = np.array([1.0, TILT * rng.standard_normal(), LOSS * abs(rng.standard_normal())])
    return truth, MODEL.function(truth) + NOISE * rng.standard_normal(len(TIMES))


def exact(y, rng, number=200_000):
    """Return draws of S, by the formula."""
    amplitude = COURSE @ y / (COURSE @ COURSE)
    amplitude = amplitude + NOISE / np.linalg.norm(COURSE) * rng.standard_normal(number)
    tilt, h = TILT * rng.standard_normal(number), LOSS * abs(rng.standard_normal(number))
    return amplitude / part(tilt, h)


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_intervals_are_those_of_the_exact_distribution(seed):
    rng = np.random.default_rng(seed)
    _, y = drawn(rng)
    found, known = estimate(MODEL, [record(y, NOISE)]), exact(y, rng)
    width = known.std()
    assert found.values[0] == pytest.approx(known.mean(), abs=0.1 * width)
    assert found.uncertainties[0] == pytest.approx(width, rel=0.1)
    low, high = np.quantile(known, [0.025, 0.975])
    assert found.intervals[0].low == pytest.approx(low, abs=0.1 * width)
    assert found.intervals[0].high == pytest.approx(high, abs=0.3 * width)
    assert found.intervals[2].at_bound
    assert found.converged


@pytest.mark.slow
def test_intervals_hold_the_truth_as_often_as_they_say():
    """100 draws from the priors: 95 % within four standard deviations, and no bias."""
    rng, hits, errors = np.random.default_rng(20), 0, []
    for _ in range(100):
        truth, y = drawn(rng)
        found = estimate(MODEL, [record(y, NOISE)])
        if found.is_bad:  # by chance, one in a thousand
            continue
        interval = found.intervals[0]
        hits += interval.low < truth[0] < interval.high
        errors.append((found.values[0] - truth[0]) / found.uncertainties[0])
    assert hits / len(errors) > 0.87
    assert abs(np.mean(errors)) < 0.3
    assert len(errors) >= 97
