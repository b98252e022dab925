"""How well two numbers must agree that should be one, and why so well. No test asks for more.

Another processor, BLAS kernel, compiler flag or number of ranks sums in another order, and numpy's
and the C library's elementary functions differ in the last digit. So floats that took different
ways are never compared with ``==``; what was only passed on, read back or counted may be. How well
a solution meets what is true is another matter: such a tolerance stands in its test, beside the
reason.
"""

from __future__ import annotations

from typing import Any

import pytest

ROUND_OFF = 1e-12
"""The same few operations in another order: 50 to 5,000 units in the last place of a double."""

REPEATED = 1e-8
"""The same steps of a solver once more: resumed, as another job, on other ranks. A direct solve
loses some six digits to the condition of its matrix, and step sizes follow what is left."""


def leaves(value: Any, name: str = "") -> dict[str, Any]:
    """Return the path and the value of everything in nested dicts and lists that is neither."""
    if isinstance(value, dict):
        parts = value.items()
    elif isinstance(value, list):
        parts = enumerate(value)
    else:
        return {name: value}
    return {
        path: leaf
        for key, part in parts
        for path, leaf in leaves(part, f"{name}.{key}" if name else str(key)).items()
    }


def assert_alike(found: Any, wanted: Any, rel: float) -> None:
    """Check that nested dicts and lists have the same keys, texts and integers, and like floats.

    Args:
        found: What is checked.
        wanted: What it should be.
        rel: Largest error of a float, relative to what it should be.
    """
    one, other = leaves(found), leaves(wanted)
    assert one.keys() == other.keys()
    for name, value in other.items():
        expected = pytest.approx(value, rel=rel, abs=0.0) if isinstance(value, float) else value
        assert one[name] == expected, name
