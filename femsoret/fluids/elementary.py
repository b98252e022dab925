"""Elementary functions of floats, numpy arrays and UFL expressions."""

from __future__ import annotations

import numpy as np

from femsoret.base.types import Value


def is_ufl(x: Value) -> bool:
    """Return whether x is a UFL expression, without importing UFL."""
    return any(cls.__module__.partition(".")[0] == "ufl" for cls in type(x).__mro__)


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
