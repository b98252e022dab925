"""Estimates against closed forms: linear models, noise that is not stated, bounds, bad fits."""

from __future__ import annotations

import numpy as np
import pytest
from analytic_models import Analytic, record, unknown
from scipy.stats import chi2, halfnorm
from scipy.stats import t as student

from femsoret.base.errors import CaseError, NotConverged
from femsoret.studies.fit.least_squares import FitOptions, estimate
from femsoret.studies.fit.unknowns import Prior

TIMES = np.linspace(0.05, 4.0, 60)


def linear_model(*priors):
    matrix = np.random.default_rng(3).normal(size=(30, len(priors)))
    quantities = ("soret", "thermostat_offset", "baseline", "tilt")
    unknowns = tuple(
        unknown("abcd"[k], quantities[k], prior=prior) for k, prior in enumerate(priors)
    )
    return matrix, Analytic(unknowns, lambda x: matrix @ x)


def test_a_linear_model_with_priors_has_its_closed_form():
    """Gauss-Markov with priors as data: the covariance is (A^T A/u^2 + P)^-1."""
    priors = (Prior(1.0, 0.05), Prior(0.0, 2.0), Prior(0.0))
    matrix, model = linear_model(*priors)
    noise = 0.1 * np.random.default_rng(1).normal(size=30)
    y = matrix @ np.array([1.02, -1.0, 3.0]) + noise
    found = estimate(model, [record(y, 0.1)])
    precision = np.diag([1.0 / p.uncertainty**2 for p in priors])
    fisher = matrix.T @ matrix / 0.01 + precision
    values = np.linalg.solve(fisher, matrix.T @ y / 0.01 + precision @ [1.0, 0.0, 0.0])
    assert found.values == pytest.approx(values, rel=1e-9)
    assert found.covariance == pytest.approx(np.linalg.inv(fisher), rel=1e-9, abs=1e-14)
    half = 1.959964 * np.sqrt(np.diag(np.linalg.inv(fisher)))
    for interval, value, h in zip(found.intervals, values, half, strict=True):
        assert (interval.low, interval.high) == pytest.approx((value - h, value + h), rel=1e-6)
    residual = (y - matrix @ values) / 0.1
    total = residual @ residual + ((values[:2] - [1.0, 0.0]) / [0.05, 2.0]) @ (
        (values[:2] - [1.0, 0.0]) / [0.05, 2.0]
    )
    assert found.chi2_data + found.chi2_priors == pytest.approx(total, rel=1e-9)
    assert found.dof == pytest.approx(30 + 2 - 3)
    assert found.p_value == pytest.approx(chi2.sf(total, 29), rel=1e-6)
    assert found.is_normal
    assert found.converged
    assert not found.is_bad
    assert found.evaluations <= 8
    assert found.correlation[0, 1] == pytest.approx(
        found.covariance[0, 1] / found.uncertainties[0] / found.uncertainties[1]
    )


def test_noise_that_is_not_stated_is_that_of_the_residuals():
    """With noise of any size the unknowns have t distributions with n - p degrees of freedom."""
    matrix, model = linear_model(Prior(0.0), Prior(0.0))
    matrix, short = matrix[:9], Analytic(model.unknowns, lambda x: matrix[:9] @ x)
    y = matrix @ np.array([1.0, 2.0]) + 0.1 * np.random.default_rng(5).normal(size=9)
    found = estimate(short, [record(y)])
    values, (square,), *_ = np.linalg.lstsq(matrix, y, rcond=None)
    inverse = np.linalg.inv(matrix.T @ matrix)
    assert found.mode == pytest.approx(values, rel=1e-6)
    half = student.ppf(0.975, 7) * np.sqrt(np.diag(inverse) * square / 7)
    for interval, value, h in zip(found.intervals, values, half, strict=True):
        assert (interval.low, interval.high) == pytest.approx((value - h, value + h), abs=0.08 * h)
    assert found.p_value is None  # chi2 tells nothing
    assert not found.is_bad


def test_a_bound_that_the_data_do_not_exclude_makes_a_one_sided_interval():
    """A half-normal prior and data that say nothing leave the half-normal distribution."""
    model = Analytic(
        (
            unknown("S", start=1.0),
            unknown("h", "side_loss", prior=Prior(0.0, 5.0), scale=5.0),
        ),
        lambda x: x[0] * (1.0 - 1e-9 * x[1]) * (1.0 - np.exp(-TIMES)),
    )
    y = 2.0 * (1.0 - np.exp(-TIMES)) + 0.01 * np.random.default_rng(2).normal(size=60)
    found = estimate(model, [record(y, 0.01)])
    interval = found.intervals[1]
    assert interval.at_bound
    assert interval.low == 0.0
    assert interval.high == pytest.approx(5.0 * halfnorm.ppf(0.95), rel=0.03)
    assert found.values[1] == pytest.approx(5.0 * halfnorm.mean(), rel=0.03)
    (direction,) = found.directions
    assert set(direction.parts) == {"h"}
    assert "say nothing of h" in direction.sentence


def test_another_model_is_a_bad_fit_without_intervals():
    model = Analytic(
        (unknown("S", start=1.0), unknown("D", "D", start=1.0)),
        lambda x: x[0] * (1.0 - np.exp(-x[1] * TIMES)),
    )
    y = 1.0 - np.exp(-TIMES) + 0.1 * np.sin(3.0 * TIMES)
    noise = 0.01 * np.random.default_rng(7).normal(size=60)
    good = estimate(model, [record(1.0 - np.exp(-TIMES) + noise, 0.01)])
    bad = estimate(model, [record(y + noise, 0.01)])
    assert not good.is_bad
    assert bad.is_bad
    assert bad.intervals == (None, None)
    assert bad.series[0].is_correlated
    assert bad.series[0].durbin_watson < 1.0
    assert not good.series[0].is_correlated


def test_data_that_contradict_a_prior_are_a_bad_fit():
    """A wrong gap looks like another D; only what is known of D tells."""
    model = Analytic(
        (unknown("S", start=1.0), unknown("D", "D", start=1.0, prior=Prior(1.0, 0.03))),
        lambda x: x[0] * (1.0 - np.exp(-x[1] * TIMES)),
    )
    noise = 0.005 * np.random.default_rng(7).normal(size=60)
    found = estimate(model, [record(1.0 - np.exp(-1.3 * TIMES) + noise, 0.005)])
    assert found.is_bad
    assert "D differs most from its prior" in found.why_bad[-1]
    right = estimate(model, [record(1.0 - np.exp(-1.03 * TIMES) + noise, 0.005)])
    assert not right.is_bad
    assert abs(right.pulls[0].standardised) < 2.5


@pytest.mark.parametrize("seed", [8, 13, 15])
def test_a_tilt_that_counts_by_its_square_contradicts_no_prior(seed):
    """To first order, data would tell much of a tilt near 0, and of the loss by its correlation."""
    course = 1.0 - 0.5 * np.exp(-2.0 * TIMES)
    model = Analytic(
        (
            unknown("S", start=1.0),
            unknown("D", "D", start=1.0),
            unknown("tilt", "tilt", prior=Prior(0.0, 0.3)),
            unknown("h", "side_loss", prior=Prior(5.0, 1.5), start=5.0),
        ),
        lambda x: (
            x[0] * (1.0 - np.exp(-x[1] * TIMES)) * (1.0 - 0.003 * (x[3] - 5.0) * course)
            + 0.2 * x[2] ** 2 * TIMES * np.exp(-2.0 * TIMES)
        ),
    )
    rng = np.random.default_rng(seed)
    tilt, loss = 0.3 * rng.standard_normal(), 5.0 + 1.5 * rng.standard_normal()
    y = model.function(np.array([1.0, 1.0, tilt, loss])) + 0.005 * rng.standard_normal(60)
    found = estimate(model, [record(y, 0.005)])
    assert not found.is_normal
    assert found.priors_p_value > 0.01
    assert not found.is_bad


def test_unknowns_with_the_same_effect_are_said_and_have_no_interval():
    model = Analytic(
        (
            unknown("S", start=1.0),
            unknown("contrast", "contrast", start=1.0),
            unknown("b", "baseline"),
        ),
        lambda x: x[0] * x[1] * (1.0 - np.exp(-TIMES)) + x[2],
    )
    y = 1.0 - np.exp(-TIMES) + 0.2 + 0.01 * np.random.default_rng(1).normal(size=60)
    found = estimate(model, [record(y, 0.01)])
    assert found.intervals[:2] == (None, None)
    assert found.intervals[2].low < 0.2 < found.intervals[2].high
    assert not np.isfinite(found.uncertainties[0])
    (direction,) = found.directions
    assert direction.undetermined
    assert set(direction.parts) == {"S", "contrast"}
    assert "contrast" in direction.advice
    # a calibration tells them apart
    known = (model.unknowns[0], unknown("contrast", "contrast", start=1.0, prior=Prior(1.0, 0.02)))
    told = estimate(Analytic((*known, model.unknowns[2]), model.function), [record(y, 0.01)])
    assert told.uncertainties[0] == pytest.approx(0.02, rel=0.1)
    (direction,) = told.directions
    assert not direction.undetermined
    assert 0.0 <= direction.information < 1.0


def test_a_robust_fit_ignores_outliers():
    model = Analytic(
        (unknown("S", start=1.0), unknown("D", "D", start=1.0)),
        lambda x: x[0] * (1.0 - np.exp(-x[1] * TIMES)),
    )
    y = 1.0 - np.exp(-TIMES) + 0.005 * np.random.default_rng(3).normal(size=60)
    y[[10, 40, 55]] -= [0.5, 0.4, 0.6]
    plain = estimate(model, [record(y, 0.005)])
    robust = estimate(model, [record(y, 0.005)], FitOptions(robust=True))
    assert plain.is_bad
    assert not robust.is_bad
    assert robust.p_value is None
    assert 3 <= robust.outliers <= 4  # noise makes one by chance
    assert abs(plain.mode[0] - 1.0) > 0.01
    assert robust.values == pytest.approx([1.0, 1.0], abs=0.01)
    assert all(i.low < 1.0 < i.high for i in robust.intervals)


def test_a_robust_fit_does_not_hide_a_wrong_model():
    """A wave of ten standard uncertainties is no set of outliers."""
    model = Analytic(
        (unknown("S", start=1.0), unknown("D", "D", start=1.0)),
        lambda x: x[0] * (1.0 - np.exp(-x[1] * TIMES)),
    )
    y = 1.0 - np.exp(-TIMES) + 0.05 * np.sin(6.0 * TIMES)
    found = estimate(model, [record(y, 0.005)], FitOptions(robust=True))
    assert found.is_bad
    assert "too many to be outliers" in found.why_bad[0]
    assert found.intervals == (None, None)


def test_a_symmetric_tilt_is_said_with_both_signs():
    """A known square of a tilt leaves its sign open; S_T is that of both."""
    model = Analytic(
        (
            unknown("S", start=1.0),
            unknown("tilt", "tilt", prior=Prior(0.0, 1.0)),
        ),
        lambda x: np.concatenate(
            [
                x[0] * (1.0 - 0.03 * x[1] ** 2) * (1.0 - np.exp(-TIMES)),
                0.2 * x[1] ** 2 + 0.0 * TIMES,
            ]
        ),
    )
    data = model.function(np.array([1.0, 1.1]))
    y = data + 0.005 * np.random.default_rng(3).normal(size=120)
    found = estimate(model, [record(y, 0.005, times=np.arange(120.0))])
    assert not found.is_normal
    (other,) = found.other_minima
    assert other[1] == pytest.approx(-found.mode[1], abs=0.02)
    assert abs(found.mode[1]) == pytest.approx(1.1, abs=0.02)
    assert found.values[1] == pytest.approx(0.0, abs=0.1)
    assert found.intervals[1].low < -1.0 < 1.0 < found.intervals[1].high
    assert found.values[0] == pytest.approx(1.0, abs=0.005)
    assert found.uncertainties[0] < 0.003
    assert found.evaluations < 40


def test_predictions_that_fail_on_the_way_do_not_end_a_fit():
    model = Analytic(
        (unknown("S", start=1.0), unknown("D", "D", start=1.0)),
        lambda x: x[0] * (1.0 - np.exp(-x[1] * TIMES)),
        fails=lambda x: x[1] > 1.8,
    )
    y = 1.0 - np.exp(-1.7 * TIMES) + 0.005 * np.random.default_rng(3).normal(size=60)
    found = estimate(model, [record(y, 0.005)])
    assert found.values[1] == pytest.approx(1.7, rel=0.03)
    with pytest.raises(NotConverged):
        estimate(Analytic(model.unknowns, model.function, fails=lambda x: True), [record(y, 0.005)])


@pytest.mark.parametrize("noise", [0.005, None])
def test_a_fit_starts_from_a_guess_that_explains_the_data_better(noise):
    """From S = 0.5 the wave leads elsewhere; the guess is near the truth, -1."""

    def wave(x):
        return np.sin(4.0 * x[0]) * TIMES + 0.3 * x[0]

    y = wave([-1.0]) + 0.005 * np.random.default_rng(4).normal(size=60)
    free = Analytic((unknown("S", start=0.5),), wave)
    assert abs(estimate(free, [record(y, noise)]).mode[0] + 1.0) > 0.3
    found = estimate(free, [record(y, noise)], guess={"S": -1.1})
    assert found.mode[0] == pytest.approx(-1.0, abs=0.01)
    assert not found.is_bad
    # A worse guess counts for nothing, nor does any guess where a prior is stated.
    assert estimate(free, [record(y, noise)], guess={"S": 0.6}).mode != pytest.approx(-1.0, abs=0.3)
    known = Analytic((unknown("S", start=0.5, prior=Prior(0.5, 0.1)),), wave)
    guessed = estimate(known, [record(y, noise)], guess={"S": -1.1})
    assert guessed.mode[0] == pytest.approx(estimate(known, [record(y, noise)]).mode[0])


def test_nothing_to_fit_is_an_error():
    with pytest.raises(CaseError, match="no data"):
        estimate(Analytic((unknown("S"),), lambda x: x), [])
    with pytest.raises(CaseError, match="nothing is unknown"):
        estimate(Analytic((), lambda x: x), [record([1.0], 0.1)])
    two = Analytic((unknown("S"), unknown("D", "D")), lambda x: x[:1] * x[1])
    with pytest.raises(CaseError, match="1 measured value cannot tell 2 unknowns"):
        estimate(two, [record([1.0], 0.1)])


def test_a_signal_of_zero_leaves_the_rate_open():
    """Without an amplitude the course tells nothing, in whatever unit the rate is stated."""
    model = Analytic(
        (unknown("S", start=1.0), unknown("D", "D", start=4e-10, scale=4e-11)),
        lambda x: x[0] * (1.0 - np.exp(-x[1] * TIMES / 4e-10)),
    )
    found = estimate(model, [record(0.0 * TIMES, 1e-3)])
    assert found.intervals[0].low < 0.0 < found.intervals[0].high
    assert found.intervals[1] is None
    (direction,) = found.directions
    assert direction.undetermined
    assert set(direction.parts) == {"D"}
