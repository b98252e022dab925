"""D and S_T from the samples of an instrument: noise, drift, and a zero of time that is wrong.

All series are closed: nothing is marched. What an error of the instrument does to D and to the
plateau is predicted by linear algebra that the evaluation does not share.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import pytest

from femsoret.base.errors import ConditionError
from femsoret.base.types import Array
from femsoret.post.evaluation import Evaluation, Layer, course, evaluate_samples

D, GAP, PLATEAU, END = 2e-10, 5e-3, 8e-3, 4.0
TAU = GAP**2 / (np.pi**2 * D)
LAYER = Layer.between(GAP)
EVERY = TAU / 50.0
SAMPLES = EVERY * np.arange(1, round(END * TAU / EVERY) + 1)
DRAWS = 200


def shape(t, tau=TAU):
    """The series of a layer between two walls, written out once more: plateau 1."""
    n = np.arange(1, 400, 2)
    return 1.0 - (8.0 / (n * np.pi) ** 2 * np.exp(-np.outer(t, n**2) / tau)).sum(axis=1)


def slope(t):
    """dS/dt of the same series."""
    n = np.arange(1, 400, 2)
    return (8.0 / np.pi**2 / TAU * np.exp(-np.outer(t, n**2) / TAU)).sum(axis=1)


# Derivatives by ln D and by the relative plateau: the only unknowns.
J = np.stack([SAMPLES * slope(SAMPLES), shape(SAMPLES)], axis=1)
PROJECTION = np.linalg.solve(J.T @ J, J.T)


def shifts(error):
    """Relative shifts of D and of the plateau by an error of the samples over the plateau."""
    return PROJECTION @ error


def found(samples, t=SAMPLES, **options) -> Evaluation:
    return evaluate_samples(t, samples, LAYER, t0=0.0, window=(0.0, np.inf), **options)


def relative(fit: Evaluation) -> Array:
    return np.array([fit.D / D, fit.separation / PLATEAU]) - 1.0


@dataclass
class Drawn:
    """Evaluations of one series with different noise."""

    noise: float
    shifts: Array = field(init=False)
    stated: Array = field(init=False)

    def __post_init__(self) -> None:
        fits = []
        for seed in range(DRAWS):
            noise = np.random.default_rng(seed).normal(0.0, self.noise, len(SAMPLES))
            fits.append(found(PLATEAU * (shape(SAMPLES) + noise)))
        self.shifts = np.array([relative(fit) for fit in fits])
        self.stated = np.array([[f.D_uncertainty, f.separation_uncertainty] for f in fits])


@pytest.fixture(scope="module")
def drawn() -> Drawn:
    return Drawn(0.005)


def test_without_errors_samples_give_the_truth():
    for sign in (1.0, -1.0):
        fit = found(sign * PLATEAU * shape(SAMPLES))
        # 200 terms of the series are fitted, and 200 are written here: they agree to round-off.
        assert pytest.approx(D, rel=1e-8) == fit.D
        assert fit.separation == pytest.approx(sign * PLATEAU, rel=1e-8)
        assert fit.points == len(SAMPLES)
    decay = found(PLATEAU * (1.0 - shape(SAMPLES)), relaxing=True)
    assert pytest.approx(D, rel=1e-8) == decay.D
    fitted = course(decay, LAYER, SAMPLES, t0=0.0, relaxing=True)
    assert fitted == pytest.approx(PLATEAU * (1.0 - shape(SAMPLES)), abs=1e-8 * PLATEAU)


@pytest.mark.parametrize("constant", [0.0, 30.0, -7.0])
def test_a_constant_is_told_from_the_separation(constant):
    fit = found(PLATEAU * (shape(SAMPLES) + constant), baseline=True)
    size = 1.0 + abs(constant)  # round-off is that of the largest sample
    assert pytest.approx(D, rel=1e-7 * size) == fit.D
    assert fit.separation == pytest.approx(PLATEAU, rel=1e-7 * size)
    assert fit.baseline == pytest.approx(constant * PLATEAU, abs=1e-7 * size * abs(PLATEAU))
    decay = found(PLATEAU * (1.0 - shape(SAMPLES) + constant), relaxing=True, baseline=True)
    assert decay.separation == pytest.approx(PLATEAU, rel=1e-7 * size)
    fitted = course(decay, LAYER, SAMPLES, t0=0.0, relaxing=True)
    assert fitted == pytest.approx(PLATEAU * (1.0 - shape(SAMPLES) + constant), rel=1e-6)


@pytest.mark.slow
def test_an_unknown_constant_makes_both_numbers_less_certain():
    with_constant = np.column_stack([J, np.ones(len(SAMPLES))])
    predicted = 0.005 * np.sqrt(np.diag(np.linalg.inv(with_constant.T @ with_constant)))[:2]
    assert (predicted > 1.3 * 0.005 * np.sqrt(np.diag(np.linalg.inv(J.T @ J)))).all()
    shifts_of, stated = [], []
    for seed in range(DRAWS):
        noise = np.random.default_rng(seed).normal(0.0, 0.005, len(SAMPLES))
        fit = found(PLATEAU * (shape(SAMPLES) + 6.0 + noise), baseline=True)
        shifts_of.append(relative(fit))
        stated.append([fit.D_uncertainty, fit.separation_uncertainty])
    assert np.std(shifts_of, axis=0, ddof=1) == pytest.approx(predicted, rel=0.15)
    assert np.mean(stated, axis=0) == pytest.approx(predicted, rel=0.15)


@pytest.mark.slow
def test_the_scatter_is_that_of_the_linear_prediction(drawn):
    predicted = drawn.noise * np.sqrt(np.diag(np.linalg.inv(J.T @ J)))
    scatter = drawn.shifts.std(axis=0, ddof=1)
    # The standard deviation of 200 draws is itself known to 1/sqrt(400) = 5 %.
    assert scatter == pytest.approx(predicted, rel=0.15)
    # No bias: the mean of 200 within three of its standard errors.
    assert (np.abs(drawn.shifts.mean(axis=0)) < 3.0 * predicted / np.sqrt(DRAWS)).all()


@pytest.mark.slow
def test_the_stated_uncertainty_is_honest(drawn):
    assert drawn.stated.mean(axis=0) == pytest.approx(drawn.shifts.std(axis=0, ddof=1), rel=0.15)
    # 95 % of the truth within 1.96 of what was stated: 200 draws scatter by 1.5 %.
    inside = (np.abs(drawn.shifts) < 1.96 * drawn.stated).mean(axis=0)
    assert (inside > 0.90).all()
    assert (inside < 0.99).all()


def test_more_samples_average_the_noise_out():
    rare = SAMPLES[3::4]
    noise = np.random.default_rng(5).normal(0.0, 0.005, len(SAMPLES))
    all_of_them = found(PLATEAU * (shape(SAMPLES) + noise))
    some = found(PLATEAU * (shape(rare) + noise[3::4]), rare)
    assert some.D_uncertainty / all_of_them.D_uncertainty == pytest.approx(2.0, rel=0.35)


@pytest.mark.parametrize("zero", [0.002, -0.002])
def test_a_wrong_zero_of_time_shifts_D_by_the_linear_prediction(zero):
    """A clock that starts later than the heating shows the separation further on."""
    t = SAMPLES + zero * TAU
    fit = found(PLATEAU * shape(np.maximum(t, 0.0)))
    predicted = shifts(zero * TAU * slope(SAMPLES))
    assert relative(fit) == pytest.approx(predicted, rel=0.05)
    assert np.sign(relative(fit)[0]) == np.sign(zero)


@pytest.mark.parametrize("drift", [1e-3, -1e-3])
def test_a_drift_shifts_both_by_the_linear_prediction(drift):
    error = drift * SAMPLES / TAU
    fit = found(PLATEAU * (shape(SAMPLES) + error))
    assert relative(fit) == pytest.approx(shifts(error), rel=0.05)
    assert np.sign(relative(fit)) == pytest.approx([-np.sign(drift), np.sign(drift)])


def test_what_is_smooth_is_not_averaged_out():
    """The residual of a drift counts as few errors, however many samples there are of it."""
    fit = found(PLATEAU * (shape(SAMPLES) + 0.02 * SAMPLES / TAU))
    assert fit.independent < 0.1 * fit.points
    noise = np.random.default_rng(3).normal(0.0, 0.005, len(SAMPLES))
    noisy = found(PLATEAU * (shape(SAMPLES) + noise))
    assert noisy.independent > 0.7 * noisy.points


def test_noise_alone_is_refused():
    with pytest.raises(ConditionError, match=r"does not determine D and the plateau|begins at"):
        found(np.random.default_rng(1).normal(0.0, 1e-3, len(SAMPLES)))


def test_another_course_is_refused():
    with pytest.raises(ConditionError, match="does not evolve as in a plane layer"):
        found(PLATEAU * (1.0 + 0.2 * np.sin(6.0 * SAMPLES / TAU)))


def test_noise_of_a_tenth_is_no_reason_to_refuse():
    noise = np.random.default_rng(7).normal(0.0, 0.15, len(SAMPLES))
    fit = found(PLATEAU * (shape(SAMPLES) + noise))
    assert abs(fit.D / D - 1.0) < 3.0 * fit.D_uncertainty
