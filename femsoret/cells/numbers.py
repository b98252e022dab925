"""Checks of the numbers that a user gives for a cell: sizes, cell counts, gradings."""

from __future__ import annotations

import math
from collections.abc import Sequence, Sized
from numbers import Integral, Real

from femsoret.base.errors import MeshError

AXES = ("x", "y", "z")


def positive(what: str, value: float) -> float:
    """Return a length that is finite and above zero.

    Args:
        what: Name of the number, for the message.
        value: The number, m.
    """
    if not _is_real(value) or not math.isfinite(value) or value <= 0.0:
        raise MeshError(f"{what} is {value!r}", "give a positive length in metres")
    return float(value)


def sizes(values: Sequence[float], dim: int) -> tuple[float, ...]:
    """Return one positive length, m, for each axis."""
    check_length("size", values, AXES[:dim])
    return tuple(
        positive(f"the size along {axis}", value)
        for axis, value in zip(AXES[:dim], values, strict=True)
    )


def count(what: str, value: int) -> int:
    """Return a number of cells, an integer of at least 1."""
    if isinstance(value, bool) or not isinstance(value, Integral) or value < 1:
        raise MeshError(f"{what} is {value!r}", "give an integer of at least 1")
    return int(value)


def counts(values: Sequence[int], dim: int) -> tuple[int, ...]:
    """Return one number of cells for each axis."""
    check_length("cells", values, AXES[:dim])
    return tuple(
        count(f"the number of cells along {axis}", value)
        for axis, value in zip(AXES[:dim], values, strict=True)
    )


def gradings(values: float | Sequence[float], along: Sequence[str]) -> tuple[float, ...]:
    """Return one grading for each axis; a single number serves them all.

    Args:
        values: Ratio of the cell size at the centre to that at the wall, at least 1.
        along: Names of the axes, for messages.
    """
    spread = values if isinstance(values, Sequence) else (values,) * len(along)
    check_length("grading", spread, along)
    for axis, value in zip(along, spread, strict=True):
        if not _is_real(value) or not math.isfinite(value) or value < 1.0:
            raise MeshError(
                f"the grading along {axis} is {value!r}",
                "give the ratio of the cell size at the centre to that at the wall, at least 1 "
                "(1 is uniform)",
            )
    return tuple(float(value) for value in spread)


def rescaled(values: Sequence[int], ratio: float) -> tuple[int, ...]:
    """Return the numbers of cells at `ratio` times the resolution, at least 1 each."""
    if not _is_real(ratio) or not math.isfinite(ratio) or ratio <= 0.0:
        raise MeshError(f"the ratio of resolutions is {ratio!r}", "give a positive number")
    return tuple(max(1, round(value * ratio)) for value in values)


def check_length(what: str, values: Sequence[object], meanings: Sequence[str]) -> None:
    """Raise if there is not one value for each meaning."""
    if not isinstance(values, Sized) or len(values) != len(meanings):
        raise MeshError(
            f"{what} is {values!r}", f"give {len(meanings)} numbers: ({', '.join(meanings)})"
        )


def _is_real(value: object) -> bool:
    return isinstance(value, Real) and not isinstance(value, bool)
