"""Values of a history between its steps.

After a jump or a change of slope of the conditions, layers grow as the square root of time. Between
such breaks a signal is therefore a smooth function of sqrt(t - t_break), in which the steps, short
after a break and ever longer, are spread evenly enough for a cubic spline: its error is of the
fourth order, about that of the steps themselves.

The error is estimated from the same spline through every second step, at the steps in between. It
would be smaller by a factor of 16 with all steps if all of them were short enough. Since the
longest are not, the estimate takes a factor of 8.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Final

import numpy as np
from scipy.interpolate import CubicSpline

from femsoret.base.types import Array

_GAIN: Final = 8.0
"""Ratio of the errors with half of the steps and with all."""

_FEWEST: Final = 5
"""Smallest number of points of which a half still makes a spline."""


def between_steps(
    times: Sequence[float] | Array,
    values: Sequence[float] | Array,
    wanted: Array,
    *,
    initial: float,
    breaks: Sequence[float] = (),
    may_jump: bool = False,
) -> tuple[Array, float]:
    """Return a signal at given times, and the estimated error of the interpolation.

    Args:
        times: Times of the steps after t = 0 in ascending order, s, shape (n,). Steps end at all
            breaks.
        values: Signal at these times, shape (n,).
        wanted: Times, s, shape (m,), none after the last step.
        initial: Signal until t = 0.
        breaks: Times at which conditions jump or change their slope, s.
        may_jump: Whether the signal itself may jump at breaks, as the temperature of a wall does.

    Returns:
        The signal, shape (m,), and its error, in the unit of the signal.
    """
    found, error = np.full(len(wanted), float(initial)), 0.0
    for begin, end, x, y in _pieces(times, values, initial, breaks, may_jump=may_jump):
        asked = (wanted > begin) & (wanted <= end)
        found[asked] = _through(x, y, np.sqrt(wanted[asked] - begin))
        if len(x) >= _FEWEST:
            left_out = _through(x[::2], y[::2], x[1:-1:2]) - y[1:-1:2]
            error = max(error, float(np.abs(left_out).max()) / _GAIN)
    return found, error


def rates_between_steps(
    times: Sequence[float] | Array,
    values: Sequence[float] | Array,
    wanted: Array,
    *,
    initial: float,
    breaks: Sequence[float] = (),
    may_jump: bool = False,
) -> Array:
    """Return the rate of change of a signal at given times: that of its interpolation.

    Args:
        times: As for :func:`between_steps`, with the other arguments.
        values: Signal at these times, shape (n,).
        wanted: Times, s, shape (m,).
        initial: Signal until t = 0.
        breaks: Times at which conditions jump or change their slope, s.
        may_jump: Whether the signal itself may jump at breaks.

    Returns:
        The rate, shape (m,), in the unit of the signal per second; zero until t = 0.
    """
    found = np.zeros(len(wanted))
    for begin, end, x, y in _pieces(times, values, initial, breaks, may_jump=may_jump):
        asked = (wanted > begin) & (wanted <= end)
        if len(x) < 2 or not asked.any():
            continue
        at = np.sqrt(wanted[asked] - begin)
        # Beyond the first and the last point the signal counts as constant.
        inside = (at >= x[0]) & (at <= x[-1])
        found[asked] = np.where(inside, CubicSpline(x, y)(at, 1) / (2.0 * at), 0.0)
    return found


def _pieces(
    times: Sequence[float] | Array,
    values: Sequence[float] | Array,
    initial: float,
    breaks: Sequence[float],
    *,
    may_jump: bool,
) -> Iterator[tuple[float, float, Array, Array]]:
    """Yield begin and end of each piece, sqrt(t - begin) of its points and the signal there."""
    t, S = np.asarray(times, dtype=float), np.asarray(values, dtype=float)
    if not len(t):
        return
    before = float(initial)
    edges = [0.0, *sorted(b for b in set(breaks) if 0.0 < b < t[-1]), float(t[-1])]
    for begin, end in pairwise(edges):
        within = (t > begin) & (t <= end)
        x, y = np.sqrt(t[within] - begin), S[within]
        before, at_break = float(y[-1]), before
        if not may_jump:
            x, y = np.append(0.0, x), np.append(at_break, y)
        yield begin, end, x, y


def _through(x: Array, y: Array, wanted: Array) -> Array:
    """Return the cubic spline through points; constant beyond the first and the last of them."""
    if len(x) < 2:
        return np.full(len(wanted), y[0])
    return np.asarray(CubicSpline(x, y)(np.clip(wanted, x[0], x[-1])))
