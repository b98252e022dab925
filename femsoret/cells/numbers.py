"""Checks of numbers that a user gives for a cell: sizes, numbers of mesh cells, gradings."""

from __future__ import annotations

import math
from collections.abc import Sequence, Sized
from numbers import Integral, Real

from femsoret.base.errors import MeshError

AXES = ("x", "y", "z")


def positive(what: str, value: float) -> float:
    """Return a length after checking that it is finite and positive.

    Args:
        what: Description of the length, for the error message.
        value: The length, m.

    Raises:
        MeshError: The length is not a positive, finite number.
    """
    if not _is_real(value) or not math.isfinite(value) or value <= 0.0:
        raise MeshError(f"{what} is {value!r}", "give a positive length in metres")
    return float(value)


def sizes(values: Sequence[float], dim: int) -> tuple[float, ...]:
    """Return one length per axis, m, after checking that each is positive.

    Args:
        values: The lengths, m.
        dim: Number of axes, 2 or 3.

    Raises:
        MeshError: The number of lengths is not `dim`, or a length is not positive.
    """
    check_length("size", values, AXES[:dim])
    return tuple(
        positive(f"the size along {axis}", value)
        for axis, value in zip(AXES[:dim], values, strict=True)
    )


def count(what: str, value: int) -> int:
    """Return a number of mesh cells after checking that it is an integer of at least 1.

    Args:
        what: Description of the number, for the error message.
        value: The number.

    Raises:
        MeshError: The number is not an integer of at least 1.
    """
    if isinstance(value, bool) or not isinstance(value, Integral) or value < 1:
        raise MeshError(f"{what} is {value!r}", "give an integer of at least 1")
    return int(value)


def counts(values: Sequence[int], dim: int) -> tuple[int, ...]:
    """Return one number of mesh cells per axis, after checking each.

    Args:
        values: The numbers of mesh cells.
        dim: Number of axes, 2 or 3.

    Raises:
        MeshError: There are not `dim` numbers, or one is not an integer of at least 1.
    """
    check_length("cells", values, AXES[:dim])
    return tuple(
        count(f"the number of cells along {axis}", value)
        for axis, value in zip(AXES[:dim], values, strict=True)
    )


def gradings(values: float | Sequence[float], along: Sequence[str]) -> tuple[float, ...]:
    """Return one grading per axis, after checking each.

    Args:
        values: Ratio of the mesh cell size at the centre to that at the walls, at least 1; one
            number for all axes, or one per axis.
        along: Names of the axes, for error messages.

    Raises:
        MeshError: There is not one number per axis, or a number is less than 1.
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
    """Return the numbers of mesh cells at `ratio` times the resolution, at least 1 each.

    Raises:
        MeshError: The ratio is not a positive, finite number.
    """
    if not _is_real(ratio) or not math.isfinite(ratio) or ratio <= 0.0:
        raise MeshError(f"the ratio of resolutions is {ratio!r}", "give a positive number")
    return tuple(max(1, round(value * ratio)) for value in values)


def check_length(what: str, values: Sequence[object], meanings: Sequence[str]) -> None:
    """Check that there is one value for each meaning.

    Args:
        what: Name of the values, for the error message.
        values: The values.
        meanings: Descriptions of the expected values.

    Raises:
        MeshError: The number of values is wrong, or they are not a sequence.
    """
    if not isinstance(values, Sized) or len(values) != len(meanings):
        raise MeshError(
            f"{what} is {values!r}", f"give {len(meanings)} numbers: ({', '.join(meanings)})"
        )


def _is_real(value: object) -> bool:
    return isinstance(value, Real) and not isinstance(value, bool)
