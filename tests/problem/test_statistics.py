"""Statistics of records: what is statistically steady, what is not, how well a mean is known."""

from __future__ import annotations

import re

import numpy as np
import pytest

from femsoret.base.errors import ConditionError
from femsoret.post.statistics import NoStatistics, Statistics, statistics

LEVEL = 2.0
NOISE = 1e-3 * LEVEL


def uneven(length, count, seed=1):
    """Return times from 0 to length; the longest step is many times the shortest."""
    steps = np.random.default_rng(seed).uniform(0.1, 2.0, count - 1)
    return np.concatenate([[0.0], length * np.cumsum(steps) / steps.sum()])


def correlated(t, seed, scale=1.0):
    """Return noise of unit variance whose autocorrelation is exp(-lag/scale), at uneven times."""
    draws = np.random.default_rng(seed).standard_normal(t.size)
    x = np.empty_like(t)
    x[0] = draws[0]
    for i, dt in enumerate(np.diff(t), start=1):
        keep = np.exp(-dt / scale)
        x[i] = keep * x[i - 1] + np.sqrt(1.0 - keep**2) * draws[i]
    return x


def test_noise_about_a_level():
    t = uneven(400.0, 2000)
    found = statistics(t, LEVEL + 0.1 * correlated(t, 2), noise=NOISE)
    assert isinstance(found, Statistics)
    assert abs(found.mean - LEVEL) < 3.0 * found.standard_error
    assert found.std == pytest.approx(0.1, rel=0.15)
    assert found.lowest < LEVEL - 0.2 < LEVEL + 0.2 < found.highest


def test_the_standard_error_is_that_of_correlated_noise():
    """Of 400 correlation times each: sqrt(2/400) std, and not the tenth of it of white noise."""
    errors, bounds, refused = [], [], 0
    for seed in range(60):
        t = uneven(400.0, 2000, seed)
        found = statistics(t, LEVEL + 0.1 * correlated(t, seed + 100), noise=NOISE)
        if isinstance(found, NoStatistics):
            refused += 1
            continue
        errors.append(found.mean - LEVEL)
        bounds.append(found.standard_error)
    assert refused <= 3
    rms = float(np.sqrt(np.mean(np.square(errors))))
    assert rms == pytest.approx(0.1 * np.sqrt(2.0 / 400.0), rel=0.5)
    assert rms < np.mean(bounds) < 2.0 * rms


def test_a_transient_before_is_missing_uncertainties():
    t = uneven(400.0, 2000)
    x = LEVEL + 0.1 * correlated(t, 3) - 3.0 * np.exp(-t / 10.0)
    found = statistics(t, x, noise=NOISE)
    assert isinstance(found, Statistics)
    assert 15.0 < found.start < 120.0
    assert abs(found.mean - LEVEL) < 3.0 * found.standard_error
    # The mean of all of it is off by many standard errors.
    whole = np.trapezoid(x, t) / t[-1]
    assert abs(whole - LEVEL) > 5.0 * found.standard_error


@pytest.mark.parametrize("seed", range(5))
def test_a_drift_has_no_mean(seed):
    t = uneven(400.0, 2000, seed)
    x = LEVEL + 0.1 * correlated(t, seed) + 0.4 * t / t[-1]
    found = statistics(t, x, noise=NOISE)
    assert isinstance(found, NoStatistics)
    assert found.reason.startswith("still drifting")


@pytest.mark.parametrize("lengths", [0.5, 1.0, 3.0, 5.0])
@pytest.mark.parametrize("noise", [0.0, 1e-4])
def test_a_relaxation_is_never_statistically_steady(lengths, noise):
    t = uneven(lengths, 200)
    x = LEVEL * (1.0 - np.exp(-t)) + noise * correlated(t, 4, 0.01)
    found = statistics(t, x, noise=NOISE)
    assert isinstance(found, NoStatistics)
    assert found.reason.startswith("still drifting")


def test_what_has_settled_is_steady():
    t = uneven(20.0, 200)
    x = LEVEL * (1.0 - np.exp(-t)) + 1e-4 * correlated(t, 5, 0.01)
    found = statistics(t, x, noise=NOISE)
    assert isinstance(found, NoStatistics)
    assert found.reason.startswith("it is steady")


def test_a_limit_cycle():
    """Few steps a cycle, longer ones where it changes less: times count, steps do not."""
    phase = np.linspace(0.0, 2 * np.pi * 24.3, 24 * 12)
    t = phase + 0.7 * np.sin(phase)  # long steps near phase 0, short ones near pi
    x = LEVEL + 0.1 * np.cos(phase)
    found = statistics(t, x, noise=NOISE)
    assert isinstance(found, Statistics)
    # In time the mean of cos(phase) is 0.35; that of the steps is 0.
    assert found.mean == pytest.approx(LEVEL + 0.035, abs=2e-3)
    assert abs(found.mean - LEVEL - 0.035) < 3.0 * found.standard_error + 5e-4
    assert found.standard_error < 5e-3
    assert found.std == pytest.approx(0.1 * np.sqrt(0.5 - 0.35**2), rel=0.05)
    assert (found.lowest, found.highest) == (
        pytest.approx(LEVEL - 0.1, abs=5e-3),
        pytest.approx(LEVEL + 0.1, abs=5e-3),
    )
    assert 22 <= found.cycles <= 24


def test_few_cycles_are_too_short():
    t = np.linspace(0.0, 5.0, 100)
    found = statistics(t, LEVEL + 0.1 * np.sin(2 * np.pi * t), noise=NOISE)
    assert isinstance(found, NoStatistics)
    assert found.reason.startswith("too short")
    assert "at least 8 cycles" in found.reason


@pytest.mark.parametrize(
    ("rate", "words"),
    [
        (-1.0, "^still settling: its swings about (2|1.99.|2.00.) die away"),
        (1.0, "^still drifting: its swings about (2|1.99.|2.00.) grow"),
    ],
)
def test_an_oscillation_that_changes_is_not_steady(rate, words):
    t = np.linspace(0.0, 40.0, 800)
    x = LEVEL + 0.1 * np.exp(rate * t / 20.0) * np.sin(2 * np.pi * t)
    found = statistics(t, x, noise=NOISE)
    assert isinstance(found, NoStatistics)
    assert re.search(words, found.reason)
    # From half to half of the last 20 time units or so, exp(10/20) or a little more.
    first, second = (float(number) for number in re.findall(r"\b0\.\d+", found.reason))
    assert 1.6 < (first / second) ** -rate < 2.7


def test_small_wiggles_about_a_slow_course_are_no_cycles():
    t = np.linspace(0.0, 40.0, 1600)
    x = LEVEL + 0.2 * np.sin(2 * np.pi * t / 30.0) + 0.02 * np.sin(2 * np.pi * t)
    assert isinstance(statistics(t, x, noise=NOISE), NoStatistics)


def test_the_result_does_not_depend_on_extra_points():
    """Points on the straight line between two others add nothing."""
    t = uneven(400.0, 1500)
    x = LEVEL + 0.1 * correlated(t, 7)
    middles = 0.5 * (t[1:] + t[:-1])[300::3]
    dense = np.sort(np.concatenate([t, middles]))
    before, after = (
        statistics(t, x, noise=NOISE),
        statistics(dense, np.interp(dense, t, x), noise=NOISE),
    )
    assert isinstance(before, Statistics)
    assert isinstance(after, Statistics)
    assert after.start == pytest.approx(before.start, abs=1.0)
    assert after.mean == pytest.approx(before.mean, abs=0.2 * before.standard_error)
    assert after.std == pytest.approx(before.std, rel=0.02)


def test_relative_to_a_negative_value():
    found = Statistics(3.0, 9, mean=-1.0, lowest=-1.5, highest=-0.5, std=0.2, standard_error=0.1)
    bias = found.relative_to(-2.0, -2.0)
    assert (bias.start, bias.cycles) == (3.0, 9)
    assert (bias.mean, bias.lowest, bias.highest) == pytest.approx((-0.5, -0.75, -0.25))
    assert (bias.std, bias.standard_error) == pytest.approx((0.1, 0.05))
    # One of several species, over the norm of all.
    shared = found.relative_to(-2.0, 4.0)
    assert (shared.mean, shared.lowest, shared.highest) == pytest.approx((0.25, 0.125, 0.375))
    assert (shared.std, shared.standard_error) == pytest.approx((0.05, 0.025))


@pytest.mark.parametrize("count", [0, 1])
def test_next_to_no_steps(count):
    assert isinstance(statistics([1.0] * count, [2.0] * count, noise=NOISE), NoStatistics)


def test_times_that_do_not_grow():
    with pytest.raises(ConditionError, match="the times must increase"):
        statistics([0.0, 1.0, 1.0], [1.0, 2.0, 3.0], noise=NOISE)
