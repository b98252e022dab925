"""D and S_T from the course of a separation: what a record holds, and what it does not."""

from __future__ import annotations

import numpy as np
import pytest

from femsoret.base.errors import ConditionError
from femsoret.post.evaluation import UNKNOWN, Layer, evaluate

D, GAP, PLATEAU, NOISE = 2e-10, 5e-3, 8e-3, 1e-3
TAU = GAP**2 / (np.pi**2 * D)
LAYER = Layer.between(GAP)


def times(end, start=1e-6, count=60):
    """Return times as a march has them, s, from their first and last in units of tau."""
    return TAU * np.geomspace(start, end, count)


def course(t, layer=LAYER):
    return PLATEAU * layer.approach(t / TAU)


def found(t, S, layer=LAYER, *, relaxing=False, noise=NOISE):
    return evaluate(t, S, layer, t0=0.0, window=(0.0, np.inf), relaxing=relaxing, noise=noise)


@pytest.mark.parametrize("places", [(0.0, 1.0), (0.1, 0.9), (0.25, 0.6)])
@pytest.mark.parametrize("relaxing", [False, True])
def test_the_course_of_a_layer_gives_its_D_and_plateau(places, relaxing):
    layer, t = Layer.between(GAP, *places), times(4.0)
    S = course(t, layer)
    fit = found(t, PLATEAU - S if relaxing else S, layer, relaxing=relaxing)
    # What the fit interpolates between 60 steps is good to some 1e-4.
    assert pytest.approx(D, rel=1e-3) == fit.D
    assert fit.separation == pytest.approx(PLATEAU, rel=1e-3)
    assert max(fit.D_uncertainty, fit.separation_uncertainty) < 0.01
    assert fit.covered > 0.9


def test_a_wrong_sign_is_no_reason_to_refuse():
    t = times(4.0)
    assert found(t, -course(t)).separation == pytest.approx(-PLATEAU, rel=1e-3)


@pytest.mark.parametrize("change", [1e-6, 5e-3])
def test_a_separation_that_does_not_change_is_refused(change):
    # A cell that was in its steady state, and is shaken: the least squares of it are D = 1e9 times
    # too large.
    t = times(0.1)
    S = PLATEAU * (1.0 + 0.5 * change * np.sin(30.0 * t / TAU))
    with pytest.raises(ConditionError, match="neither approaches a plateau"):
        found(t, S)


def test_a_change_beyond_the_noise_that_is_no_approach_is_refused():
    t = np.linspace(0.01, 3.0, 200) * TAU
    S = PLATEAU * (1.0 + 0.1 * np.sin(20.0 * t / TAU))
    with pytest.raises(ConditionError, match="does not evolve as in a plane layer"):
        found(t, S)


def test_a_start_that_was_not_uniform_is_refused():
    t = times(4.0)
    with pytest.raises(ConditionError, match=r"begins at 0\.\d+ of the fitted plateau"):
        found(t, 0.5 * PLATEAU + 0.5 * course(t))


@pytest.mark.parametrize(("end", "refused"), [(0.1, True), (0.3, True), (0.5, False), (1.0, False)])
def test_a_record_too_short_to_tell_plateau_from_pace_is_refused(end, refused):
    t = times(end)
    if refused:
        with pytest.raises(ConditionError, match="a higher plateau and a slower approach"):
            found(t, course(t))
    else:
        fit = found(t, course(t))
        assert fit.covered == pytest.approx(float(LAYER.approach(end)), rel=1e-2)
        assert fit.D_uncertainty < UNKNOWN


def test_the_uncertainty_is_what_an_error_in_one_piece_does():
    # A false course of the size of the noise that is carried, along the worst direction.
    t = times(1.0, count=400)
    fit = found(t, course(t))
    h = 1e-4
    slope = (course(t * (1 + h)) - course(t * (1 - h))) / (2 * h)  # along ln D
    for sign in (1.0, -1.0):
        wrong = course(t) + sign * 0.1 * NOISE * PLATEAU * slope / np.abs(slope).max()
        assert abs(found(t, wrong).D / fit.D - 1.0) < 1.2 * fit.D_uncertainty
    assert fit.D_uncertainty < 0.02


def test_a_plateau_reached_before_the_first_step_is_refused():
    t = np.linspace(5.5, 20.0, 60) * TAU
    ripple = 1e-2 * np.exp(-(t - t[0]) / (0.2 * TAU))
    with pytest.raises(ConditionError):
        found(t, PLATEAU * (1.0 - ripple), noise=1e-4)


def test_the_plateau_far_beyond_the_record_is_refused():
    # A flow that holds the separation back for ever: it goes on as t^(1/2). Least squares put the
    # plateau at 2.4 times the largest separation, wherever the record ends.
    t = times(5.0)
    S = PLATEAU * np.sqrt(t / TAU)
    with pytest.raises(ConditionError, match="of the approach to the fitted plateau"):
        found(t, S)


def test_too_few_points():
    with pytest.raises(ConditionError, match="7 points in time"):
        found(times(2.0, count=7), course(times(2.0, count=7)))
