"""Smooth maps of [0, 1] that make cells smaller towards walls."""

from __future__ import annotations

import math

import numpy as np

from femsoret.base.types import Array


def both_ends(s: Array, ratio: float) -> Array:
    """Return s moved towards both ends: (1 + tanh(b (2s - 1)) / tanh b) / 2.

    The slope at the centre over that at an end is cosh(b)^2, hence b = arccosh(sqrt(ratio)).

    Args:
        s: Numbers in [0, 1]; 0, 1/2 and 1 stay.
        ratio: Cell size at the centre over that at the ends, at least 1; 1 changes nothing.
    """
    return 0.5 * (1.0 + _odd(2.0 * s - 1.0, ratio))


def upper_end(s: Array, ratio: float) -> Array:
    """Return s moved towards 1: tanh(b s) / tanh b, one half of the two-sided map.

    Args:
        s: Numbers in [0, 1]; 0 and 1 stay.
        ratio: Cell size at 0 over that at 1, at least 1; 1 changes nothing.
    """
    return _odd(s, ratio)


def _odd(t: Array, ratio: float) -> Array:
    """Return tanh(b t) / tanh b on [-1, 1]."""
    if ratio == 1.0:
        return t
    b = math.acosh(math.sqrt(ratio))
    return np.asarray(np.tanh(b * t) / math.tanh(b))
