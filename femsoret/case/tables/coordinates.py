"""Points and directions of case files: their type, rotation and dimension."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, TypeAlias

import numpy as np
from pydantic import Field

from femsoret.base.errors import ConditionError
from femsoret.base.types import Array
from femsoret.case.values import Length
from femsoret.cells import Cell

Coordinates: TypeAlias = Annotated[tuple[Length, ...], Field(min_length=2, max_length=3)]
"""Coordinates of a point in the cell as drawn."""


def rotated(point: tuple[float, ...], angle: float) -> tuple[float, ...]:
    """Return a point or a direction rotated about z.

    Args:
        point: The point, shape (dim,).
        angle: Angle, degrees.
    """
    if not angle:
        return point
    cos, sin = np.cos(np.radians(angle)), np.sin(np.radians(angle))
    x, y, *z = point
    return (float(cos * x - sin * y), float(sin * x + cos * y), *z)


def rotated_rows(points: Array, angle: float) -> Array:
    """Return points, shape (n, dim), rotated about z.

    Args:
        points: The points.
        angle: Angle, degrees.
    """
    return np.array([rotated(tuple(point), angle) for point in points])


def check_dimension(cell: Cell, numbers: Sequence[float]) -> None:
    """Check that a point or a direction has as many numbers as the cell has dimensions.

    Raises:
        ConditionError: It has not.
    """
    if len(numbers) != cell.dim:
        raise ConditionError(
            f"{len(numbers)} coordinates for a {cell.dim}D cell", f"give {cell.dim}"
        )
