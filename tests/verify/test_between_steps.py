"""Values between the steps of a history: order, breaks, jumps, and an error that is no guess."""

from __future__ import annotations

import numpy as np
import pytest

from femsoret.post.between_steps import between_steps
from femsoret.post.evaluation import Layer

LAYER = Layer.between(1.0)  # times in units of tau


def steps(count, begin=0.0, end=4.0):
    """Times as a march has them: short steps after a break, then longer ones."""
    return begin + (end - begin) * np.linspace(0.0, 1.0, count + 1)[1:] ** 2


WANTED = np.linspace(0.0, 4.0, 997)


def worst(count):
    t = steps(count)
    found, error = between_steps(t, LAYER.approach(t), WANTED, initial=0.0)
    later = WANTED > 0.05  # before, the series of the layer is a truncated one
    return np.abs(found - LAYER.approach(WANTED))[later].max(), error


def test_the_order_is_the_fourth():
    (coarse, _), (fine, _) = worst(20), worst(40)
    assert np.log2(coarse / fine) > 3.5
    assert worst(40)[0] < 1e-4


@pytest.mark.parametrize("count", [15, 25, 40, 80])
def test_the_estimate_bounds_the_error(count):
    error, estimate = worst(count)
    assert error < estimate < 60.0 * error + 1e-5


def test_a_kink_is_no_reason_for_an_overshoot():
    """The difference of temperature is switched off at tau: the separation turns at once."""
    t = np.concatenate([steps(30, 0.0, 1.0), steps(30, 1.0, 4.0)])

    def course(t):
        return np.where(t <= 1.0, LAYER.approach(t), LAYER.approach(t) - LAYER.approach(t - 1.0))

    later = (WANTED > 0.05) & (np.abs(WANTED - 1.0) > 0.05)
    with_break, _ = between_steps(t, course(t), WANTED, initial=0.0, breaks=(1.0,))
    without, _ = between_steps(t, course(t), WANTED, initial=0.0)
    errors = [np.abs(found - course(WANTED))[later].max() for found in (with_break, without)]
    assert errors[0] < 2e-4
    assert errors[1] > 5.0 * errors[0]


def test_a_wall_that_jumps_is_not_rounded_off():
    t = np.concatenate([steps(10, 0.0, 1.0), steps(10, 1.0, 4.0)])
    found, error = between_steps(
        t, np.where(t <= 1.0, 290.0, 300.0), WANTED, initial=295.0, breaks=(1.0,), may_jump=True
    )
    assert found[0] == 295.0
    assert found[(WANTED > 0.0) & (WANTED <= 1.0)] == pytest.approx(290.0, rel=1e-12)
    assert found[WANTED > 1.0] == pytest.approx(300.0, rel=1e-12)
    assert error < 1e-9


def test_before_the_run_is_the_start():
    t = steps(10)
    found, _ = between_steps(t, 1.0 + t, np.array([-2.0, 0.0]), initial=1.0)
    assert found.tolist() == [1.0, 1.0]
