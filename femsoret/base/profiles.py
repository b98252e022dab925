"""Functions of the coordinates, for values that vary along a wall.

They are called with positions x of shape (3, n), m, and return values of shape (n,), as functions
for DOLFINx do. They are frozen dataclasses, so that ranks can exchange them.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, TypeAlias

import numpy as np

from femsoret.base.arithmetic import Arithmetic
from femsoret.base.errors import CaseError
from femsoret.base.types import Array

Profile: TypeAlias = Callable[[Array], Array]
"""A function of positions x of shape (3, n), m, with values of shape (n,)."""

Interpolation: TypeAlias = Literal["linear", "monotone"]
"""Straight lines between points, or a smooth curve without overshoot (PCHIP)."""


@dataclass(frozen=True)
class FormulaProfile:
    """An arithmetic expression of the coordinates.

    Args:
        formula: The expression; its variables are the names of the coordinates, in their order.
        length: Unit of the coordinates in the expression, m.
        offset: What is added to the values, in the unit of the profile.
    """

    formula: Arithmetic
    length: float = 1.0
    offset: float = 0.0

    def __call__(self, x: Array) -> Array:
        """Return the values at positions x of shape (3, n), m; shape (n,)."""
        names = self.formula.variables
        values = self.formula({name: x[i] / self.length for i, name in enumerate(names)})
        return np.broadcast_to(values + self.offset, x.shape[1:]).copy()


@dataclass(frozen=True)
class TableProfile:
    """Interpolation between given points along one coordinate.

    Beyond its ends, where there should be no wall, the first and the last value hold.

    Args:
        axis: Index of the coordinate.
        points: Its values at the points, m, in ascending order.
        values: Values of the profile at the points.
        interpolation: How to interpolate between them.

    Raises:
        CaseError: There are fewer than two points, another number of values, or the points are not
            in ascending order.
    """

    axis: int
    points: tuple[float, ...]
    values: tuple[float, ...]
    interpolation: Interpolation = "monotone"

    def __post_init__(self) -> None:
        if len(self.points) < 2 or len(self.points) != len(self.values):
            raise CaseError(
                f"a table of {len(self.points)} coordinates and {len(self.values)} values",
                "give two or more coordinates, and a value for each",
            )
        if not np.all(np.diff(self.points) > 0.0):
            raise CaseError(
                f"the coordinates {', '.join(f'{x:g}' for x in self.points)} m are not in "
                "ascending order",
                "give each point once, from the lowest to the highest coordinate",
            )

    def __call__(self, x: Array) -> Array:
        """Return the values at positions x of shape (3, n), m; shape (n,)."""
        at = np.clip(x[self.axis], self.points[0], self.points[-1])
        if self.interpolation == "linear":
            return np.asarray(np.interp(at, self.points, self.values))
        from scipy.interpolate import PchipInterpolator  # its import takes a while

        return np.asarray(PchipInterpolator(self.points, self.values)(at))


@dataclass(frozen=True)
class Turned:
    """A profile in the coordinates of a drawing that was rotated about z afterwards.

    Args:
        profile: Profile in the coordinates of the drawing.
        angle: Angle of the rotation, degrees, anticlockwise.
    """

    profile: Profile
    angle: float

    def __call__(self, x: Array) -> Array:
        """Return the values at positions x of shape (3, n), m; shape (n,)."""
        cos, sin = np.cos(np.radians(self.angle)), np.sin(np.radians(self.angle))
        return self.profile(np.stack([cos * x[0] + sin * x[1], cos * x[1] - sin * x[0], x[2]]))


@dataclass(frozen=True)
class Changed:
    """A profile whose values are changed by a function.

    Args:
        profile: The profile.
        change: Function of the values, for arrays of shape (n,).
    """

    profile: Profile
    change: Callable[[Array], Array]

    def __call__(self, x: Array) -> Array:
        """Return the values at positions x of shape (3, n), m; shape (n,)."""
        return self.change(self.profile(x))
