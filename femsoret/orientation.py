"""How a cell stands: its hot and cold side, its axis, its tilt.

The axis points from the cold to the hot side; up = -g/|g|; tilt is the angle from the axis to up:
0 heated from above (stable), 90 degrees side-heated, 180 heated from below.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from femsoret.cells import Cell
from femsoret.conditions import Condition, resolve
from femsoret.errors import ConditionError

_ALONG_Z = np.sin(np.radians(1.0))
"""Sine of the angle to z up to which an axis counts as along z: the centres of walls in a mesh file
lie on one line only as far as its facets are alike."""


_ACROSS = 1e-12
"""Component of the unit vector up that counts as round-off."""


@dataclass(frozen=True)
class Orientation:
    """The thermal frame of a cell.

    Temperatures are those that conditions impose, where solids end: those of the fluid's own walls
    behind a plate of finite conductivity are results. Sides, axis and gap are those of the fluid.

    Args:
        hot: Name of the hottest wall of the fluid.
        cold: Name of the coldest.
        axis: Unit vector from the cold to the hot wall.
        gap: Distance between them along the axis, m.
        T_hot: Temperature imposed at the hot wall or behind it (on its surroundings where heat is
            exchanged with them), K.
        T_cold: Likewise at the cold wall, K.
        hot_outside: Side where T_hot is imposed: the hot wall, or an outside behind it.
        cold_outside: Likewise of T_cold.
    """

    hot: str
    cold: str
    axis: tuple[float, ...]
    gap: float
    T_hot: float
    T_cold: float
    hot_outside: str
    cold_outside: str

    @property
    def dT(self) -> float:
        """T_hot - T_cold, K."""
        return self.T_hot - self.T_cold

    @property
    def T_mean(self) -> float:
        """Mean of the wall temperatures, K."""
        return 0.5 * (self.T_hot + self.T_cold)


def orientation_of(
    cell: Cell, conditions: Sequence[Condition], gap: float | None = None
) -> Orientation:
    """Return the thermal frame that the conditions give to a cell.

    Args:
        cell: The cell.
        conditions: Conditions; those of the temperature count.
        gap: Distance between hot and cold side, m; None measures it between their centroids.

    Raises:
        ConditionError: No side has a temperature.
    """
    temperatures = {
        side: temperature
        for condition in resolve(conditions, cell)
        for side in condition.sides
        if (temperature := condition.temperature(cell, side)) is not None
    }
    if not temperatures:
        raise ConditionError(
            "no temperature is fixed anywhere",
            "give at least one side a Temperature or a Robin condition",
        )
    hottest = max(temperatures, key=lambda side: temperatures[side])
    coldest = min(temperatures, key=lambda side: temperatures[side])
    T_hot, T_cold = temperatures[hottest], temperatures[coldest]
    hot, cold = cell.inside_of(hottest), cell.inside_of(coldest)
    if hot == cold or T_hot == T_cold:
        vertical = np.eye(cell.dim)[1]
        return Orientation(
            hot, cold, tuple(vertical), gap or cell.diameter(), T_hot, T_cold, hottest, coldest
        )
    span = cell.centroid(hot)[: cell.dim] - cell.centroid(cold)[: cell.dim]
    distance = float(np.linalg.norm(span))
    if distance < 1e-9 * cell.diameter():
        raise ConditionError(
            f"the hot side {hot!r} and the cold side {cold!r} have the same centre: no axis",
            "give the gap and the direction of gravity in the case",
        )
    return Orientation(
        hot,
        cold,
        tuple(float(x) for x in span / distance),
        gap or distance,
        T_hot,
        T_cold,
        hottest,
        coldest,
    )


def check_gravity(cell: Cell, up: Sequence[float]) -> None:
    """Check that gravity leaves an axisymmetric cell axisymmetric.

    Args:
        cell: The cell.
        up: Unit vector against gravity.

    Raises:
        ConditionError: Gravity has a component across the axis.
    """
    if cell.coordinates.has_axis and abs(up[0]) > _ACROSS:
        raise ConditionError(
            f"gravity along ({-up[0]:.3g}, {-up[1]:.3g}) in (r, z) makes the flow in an "
            "axisymmetric cell depend on the angle",
            "gravity along the axis is (0, -1) or (0, 1), heated from above or below tilt 0 or "
            "180; a cell that leans needs 3D",
        )


def up_vector(axis: Sequence[float], tilt: float, azimuth: float = 0.0) -> tuple[float, ...]:
    """Return the unit vector against gravity for a tilted cell.

    A positive tilt turns up anticlockwise from the axis, in 2D and at azimuth 0 in 3D, there seen
    with z pointing at the viewer: a box leans as the rectangle does that it is the extrusion of. An
    axis along z leans towards +x instead. The azimuth turns the direction of the lean about the
    axis, right-handed.

    Args:
        axis: Unit vector from the cold to the hot side.
        tilt: Angle from the axis to up, degrees.
        azimuth: Direction of the lean about the axis, degrees (3D only).
    """
    n = np.asarray(axis, dtype=float)
    t, a = np.radians(tilt), np.radians(azimuth)
    if n.size == 2:
        lean: Any = np.array([-n[1], n[0]])
    else:
        first = _lean_at_azimuth_0(n)
        lean = np.cos(a) * first + np.sin(a) * np.cross(n, first)
    up = np.cos(t) * n + np.sin(t) * lean
    return tuple(float(x) for x in np.where(np.abs(up) < 1e-15, 0.0, up))


def lean_of(axis: Sequence[float], up: Sequence[float]) -> tuple[float, tuple[float, ...]]:
    """Return the tilt of a direction up, degrees, and the unit vector across the axis it leans to.

    In 2D that vector is the one of positive tilts, as it is in 3D where up does not lean at all.

    Args:
        axis: Unit vector from the cold to the hot side.
        up: Unit vector against gravity.
    """
    n, above = np.asarray(axis, dtype=float), np.asarray(up, dtype=float)
    aside = np.asarray(up_vector(axis, 90.0))
    lean = above - (above @ n) * n
    if n.size == 3 and np.linalg.norm(lean) > 1e-9:
        aside = lean / np.linalg.norm(lean)
    tilt = float(np.degrees(np.arctan2(above @ aside, above @ n)))
    return tilt, tuple(float(x) for x in aside)


def _lean_at_azimuth_0(n: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Return the unit vector across an axis in 3D towards which up leans."""
    first = np.cross((0.0, 0.0, 1.0), n)
    if np.linalg.norm(first) < _ALONG_Z:
        first = np.array([1.0, 0.0, 0.0]) - n[0] * n
    return np.asarray(first / np.linalg.norm(first))
