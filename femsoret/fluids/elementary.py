"""Elementary functions of floats, numpy arrays and UFL expressions.

With numbers, all of them work in complex arithmetic; where numbers are compared, the real part
counts.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np

from femsoret.base.types import Value


def is_ufl(*values: Value) -> bool:
    """Return whether one of the values is a UFL expression, without importing UFL."""
    return any(cls.__module__.partition(".")[0] == "ufl" for x in values for cls in type(x).__mro__)


def exp(x: Value) -> Value:
    """Return e to the power x."""
    # An expression with a UFL operand is a UFL expression itself, so checking x is enough.
    if is_ufl(x):
        import ufl

        return ufl.exp(x)
    return np.exp(x)


def log(x: Value) -> Value:
    """Return the natural logarithm of x."""
    if is_ufl(x):
        import ufl

        return ufl.ln(x)
    return np.log(x)


def where_below(x: Value, limit: Value, if_below: Value, otherwise: Value) -> Value:
    """Return `if_below` where x < limit and `otherwise` elsewhere."""
    if is_ufl(x, limit):
        import ufl

        return ufl.conditional(ufl.lt(x, limit), if_below, otherwise)
    return np.where(np.real(x) < limit, if_below, otherwise)[()]  # floats stay floats


def clipped(x: Value, lowest: float, highest: float) -> Value:
    """Return x, or the nearest of two limits where x is not between them."""
    return where_below(x, lowest, lowest, where_below(x, highest, x, highest))


def indicators(x: Value, breaks: Sequence[float]) -> list[Value]:
    """Return for each of n intervals 1 where x lies in it, and 0 elsewhere.

    Args:
        x: A UFL expression.
        breaks: Ends of the intervals in ascending order, n - 1 numbers; an interval includes its
            lower end.
    """
    above = [1.0, *(where_below(x, end, 0.0, 1.0) for end in breaks), 0.0]
    return [lower - upper for lower, upper in pairwise(above)]
