"""Orientation of a cell: its hot and cold side, its axis and its tilt.

The axis points from the cold to the hot wall along their common normal, and the gap is their
distance along it. A port, a rounded edge or a plate shifted sideways therefore does not tilt a
cell. The vertical is up = -g/|g|, and the tilt is the angle from the axis to up: 0 for heating from
above (stable), 90 degrees for side heating, 180 degrees for heating from below.

If all prescribed wall temperatures are equal and another wall has a prescribed heat flux, that wall
is the hot or the cold one. The temperature difference is then the scale |flux| L/kappa, i.e. the
difference across a layer of thickness L at rest, as in Rayleigh numbers for a prescribed flux.

If heat sources inside the cell alone drive it, the temperature difference is the rise that they
cause in pure conduction. No wall is hot then: the hot and the cold side are the same, the axis is
that of the second coordinate, and the gap is the least extent of the fluid.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Literal

from mpi4py import MPI

import numpy as np
import numpy.typing as npt

from femsoret.base.errors import ConditionError
from femsoret.base.types import Array
from femsoret.base.versions import geometry_dofmap
from femsoret.cells import Cell
from femsoret.cells.cell import CLOSED
from femsoret.physics.closures import Gravity
from femsoret.problem.conditions import Condition, HeatFlux, resolve

_ALONG_Z: Final = float(np.sin(np.radians(1.0)))
"""Sine of the largest angle between an axis and z at which the axis counts as parallel to z. On an
unstructured mesh the centres of opposite walls are not exactly aligned."""

_ACROSS: Final = 1e-12
"""Largest component of the unit vector up that counts as round-off."""

_FACING: Final = 45.0
"""Largest angle, degrees, between the normal of one wall and the reversed normal of the other at
which the walls face each other; walls around a corner have no common normal."""

_NO_DISTANCE: Final = 1e-9
"""Largest distance, relative to the size of the cell, that counts as zero."""

_ROUND_OFF: Final = 1e-13
"""Largest difference, relative to the temperature, of means over walls that counts as round-off."""

Basis = Literal["normals", "centres", "coordinates"]
"""How the axis of a cell is defined."""

Heated = Literal["above", "side", "below"]
"""Direction from which a cell is heated."""


@dataclass(frozen=True)
class WallPair:
    """Relative position of the hot and the cold wall.

    Args:
        basis: "normals" if the walls face each other and the axis follows their normals, "centres"
            if it is the line between their centres.
        axis: Unit vector from the cold to the hot wall, shape (dim,).
        distance: Distance between the centres of the walls along the axis, m.
        middle: Point halfway between the centres of the walls, m, shape (dim,).
        misalignment: Angle between the normal of one wall and the reversed normal of the other,
            degrees; 0 if they are parallel. None if one wall is a closed surface.
        offset_angle: Angle between the axis and the line between the centres, degrees.
    """

    basis: Basis
    axis: tuple[float, ...]
    distance: float
    middle: tuple[float, ...]
    misalignment: float | None
    offset_angle: float

    def position(self, x: Array) -> Array:
        """Return the positions of points, 0 at the cold and 1 at the hot wall, shape (n,).

        Args:
            x: Points, m, shape (n, dim).
        """
        along = (x - np.asarray(self.middle)) @ np.asarray(self.axis)
        return np.asarray(0.5 + along / self.distance)


@dataclass(frozen=True)
class Orientation:
    """The hot and the cold side of a cell, its axis, gap and temperature difference.

    Temperatures are those imposed by conditions, on the outer sides of solids where there are any:
    the wall temperature of the fluid behind a plate of finite conductivity is a result. Where a
    temperature varies along a wall, its mean counts. Walls, axis and gap refer to the fluid.

    Args:
        hot: Name of the hottest wall of the fluid.
        cold: Name of the coldest wall of the fluid.
        axis: Unit vector from the cold to the hot wall, shape (dim,). If both are the same wall, or
            one surrounds the other, it is the direction of the second coordinate.
        gap: Distance between the two walls along the axis, m, or the gap given by the case.
        T_hot: Temperature imposed on the hot wall or on the outer side behind it (temperature of
            the surroundings for a Robin condition), K.
        T_cold: Temperature imposed on the cold wall or on the outer side behind it, K.
        hot_outside: Side on which T_hot is imposed: the hot wall, or the outer side behind it.
        cold_outside: Side on which T_cold is imposed: the cold wall, or the outer side behind it.
        wall_pair: Relative position of the two walls; None if they define no axis.
        flux: Heat flux that drives the cell if all prescribed temperatures are equal, W/m2,
            positive into the cell. T_hot - T_cold is then |flux| gap/kappa, and the wall with the
            flux is the hot or the cold one. None if two temperatures drive the cell.
        rise: Temperature difference that heat sources cause, K, negative if they cool, if they
            alone drive the cell. T_hot or T_cold is then that of no wall. None if temperatures or a
            heat flux drive the cell.
    """

    hot: str
    cold: str
    axis: tuple[float, ...]
    gap: float
    T_hot: float
    T_cold: float
    hot_outside: str
    cold_outside: str
    wall_pair: WallPair | None = None
    flux: float | None = None
    rise: float | None = None

    @property
    def basis(self) -> Basis:
        """What defines the axis: the normals or the centres of the walls, or the coordinates."""
        return self.wall_pair.basis if self.wall_pair else "coordinates"

    @property
    def dT(self) -> float:
        """Temperature difference T_hot - T_cold, K."""
        return self.T_hot - self.T_cold

    @property
    def T_mean(self) -> float:
        """Mean of T_hot and T_cold, K."""
        return 0.5 * (self.T_hot + self.T_cold)


@dataclass(frozen=True)
class _Ends:
    """The hot and the cold end of a cell.

    Args:
        outside: Names of the hot and the cold side, on which a temperature or a heat flux is
            imposed.
        flux: Heat flux that drives the cell, W/m2; None if two temperatures drive it.
        above: Fraction of the temperature difference caused by the flux that lies above the
            prescribed temperature: 0 if the hot end has that temperature, 1 if the cold end has it,
            0.5 if neither has.
    """

    outside: tuple[str, str]
    flux: float | None = None
    above: float = 0.0


def orientation_of(
    cell: Cell,
    conditions: Sequence[Condition],
    gap: float | None = None,
    conductivity: float | None = None,
    rise: float | None = None,
) -> Orientation:
    """Return the orientation of a cell that follows from its thermal conditions; collective.

    Args:
        cell: The cell.
        conditions: Boundary conditions; only those for the temperature matter.
        gap: Distance between the hot and the cold side, m; None measures it.
        conductivity: Thermal conductivity of the fluid at its reference state, W/(m K). If all
            prescribed temperatures are equal, it converts a heat flux to a temperature difference.
            None ignores heat fluxes.
        rise: Temperature difference that heat sources cause, K, negative if they cool; it counts if
            nothing else drives the cell. None without heat sources.

    Raises:
        ConditionError: No side has a temperature, or the two sides define no axis and no gap is
            given.
    """
    placed = resolve(conditions, cell)
    temperatures = {
        side: temperature
        for condition in placed
        for side in condition.sides
        if (temperature := condition.temperature(cell, side)) is not None
    }
    if not temperatures:
        raise ConditionError(
            "no temperature is fixed anywhere: heat fluxes alone leave its level open",
            "give at least one side a Temperature or a Robin condition",
        )
    hottest = max(temperatures, key=lambda side: temperatures[side])
    coldest = min(temperatures, key=lambda side: temperatures[side])
    T_hot, T_cold = temperatures[hottest], temperatures[coldest]
    if T_hot - T_cold <= _ROUND_OFF * abs(T_hot):
        T_cold = T_hot
    ends = _Ends((hottest, coldest))
    if T_hot == T_cold and conductivity is not None:
        ends = _ends_of_flux(cell, tuple(temperatures), heat_fluxes(placed)) or ends
    if T_hot == T_cold and ends.flux is None and rise:
        wall, gap = cell.inside_of(coldest), gap or thickness(cell)
        T = T_cold + max(rise, 0.0), T_cold + min(rise, 0.0)
        axis = _as_tuple(np.eye(cell.dim)[1])
        return Orientation(wall, wall, axis, gap, *T, coldest, coldest, rise=rise)
    hot, cold = (cell.inside_of(side) for side in ends.outside)
    pair = None
    if hot == cold or (ends.flux is None and T_hot == T_cold):
        gap = gap or cell.diameter()
    else:
        pair = wall_pair_of(cell, hot, cold)
        if pair is None and gap is None:
            raise ConditionError(
                f"the hot side {hot!r} and the cold side {cold!r} have the same centre, or one "
                "surrounds the other, so they define no axis",
                "give the distance between them (cell.gap) and the direction of gravity "
                "(for example gravity.direction = [0, -1])",
            )
        gap = gap or (pair.distance if pair else 0.0)
    if ends.flux is not None and conductivity is not None:
        dT = abs(ends.flux) * gap / conductivity
        T_hot += dT * ends.above
        T_cold = T_hot - dT
    axis = pair.axis if pair else _as_tuple(np.eye(cell.dim)[1])
    return Orientation(hot, cold, axis, gap, T_hot, T_cold, *ends.outside, pair, ends.flux)


def thickness(cell: Cell) -> float:
    """Return the least extent of the fluid of a cell along a coordinate, m; collective.

    In axisymmetric cells the extent along r of a cell that contains the axis is its diameter.

    Args:
        cell: The cell.
    """
    nodes = np.unique(geometry_dofmap(cell.mesh)[cell.fluid_cells])
    x = cell.mesh.geometry.x[nodes, : cell.dim]
    low, high = np.empty(cell.dim), np.empty(cell.dim)
    cell.comm.Allreduce(x.min(axis=0, initial=np.inf), low, op=MPI.MIN)
    cell.comm.Allreduce(x.max(axis=0, initial=-np.inf), high, op=MPI.MAX)
    if cell.coordinates.has_axis and low[0] <= _NO_DISTANCE * high[0]:
        low[0] = -high[0]
    return float((high - low).min())


def heat_fluxes(conditions: Sequence[Condition]) -> dict[str, float]:
    """Return the heat flux into the cell, W/m2, for each side with a prescribed non-zero flux.

    Args:
        conditions: Conditions, resolved.

    Returns:
        Name of the side -> heat flux.
    """
    return {
        side: condition.value
        for condition in conditions
        if isinstance(condition, HeatFlux) and condition.value
        for side in condition.sides
    }


def _ends_of_flux(cell: Cell, given_T: Sequence[str], fluxes: Mapping[str, float]) -> _Ends | None:
    """Return the hot and cold ends of a cell that is driven by a heat flux; None if it is not.

    One end is the wall with the largest flux. The other is the wall with the largest flux of the
    opposite sign or, if there is none, the wall of prescribed temperature that best faces the
    first wall.

    Args:
        cell: The cell.
        given_T: Names of the sides with a prescribed temperature.
        fluxes: Name of the side -> heat flux into the cell, W/m2.
    """
    if not fluxes:
        return None
    strongest = max(fluxes, key=lambda side: abs(fluxes[side]))
    flux = fluxes[strongest]
    opposite = {side: abs(value) for side, value in fluxes.items() if value * flux < 0.0}
    wall = cell.inside_of(strongest)
    others = [side for side in opposite or given_T if cell.inside_of(side) != wall]
    if not others:
        return None
    if opposite:
        other = max(others, key=lambda side: opposite[side])
    else:
        other = min(others, key=lambda side: _remoteness(cell, wall, cell.inside_of(side)))
    outside = (strongest, other) if flux > 0.0 else (other, strongest)
    above = 0.5 if opposite else float(outside.index(other))
    return _Ends(outside, flux, above)


def _remoteness(cell: Cell, wall: str, other: str) -> tuple[bool, float]:
    """Return a sort key for two walls: whether they face apart, and their distance, m."""
    pair = wall_pair_of(cell, wall, other)
    return (True, cell.diameter()) if pair is None else (pair.basis != "normals", pair.distance)


def wall_pair_of(cell: Cell, hot: str, cold: str) -> WallPair | None:
    """Return the relative position of two walls; collective.

    The axis bisects the angle between the normal of the hot wall and the reversed normal of the
    cold wall. If one wall is a closed surface, such as a wire, the axis is the normal of the other.
    If the walls do not face each other (around a corner, or in one plane), it is the line between
    their centres.

    Args:
        cell: The cell.
        hot: Name of the hot wall.
        cold: Name of the cold wall.

    Returns:
        The pair, or None if one wall surrounds the other, or both have the same centre.
    """
    if cell.surrounds(hot, cold) or cell.surrounds(cold, hot):
        return None
    faces = cell.face(hot), cell.face(cold)
    span = faces[0].centre - faces[1].centre
    middle = tuple(float(x) for x in 0.5 * (faces[0].centre + faces[1].centre))
    along = faces[0].normal - faces[1].normal
    closed = min(float(np.linalg.norm(face.normal)) for face in faces) < CLOSED
    misalignment = None if closed else angle_between(faces[0].normal, -faces[1].normal)
    least = _NO_DISTANCE * cell.diameter()
    if np.linalg.norm(along) > CLOSED and (misalignment or 0.0) <= _FACING:
        axis = along / np.linalg.norm(along)
        if (distance := float(span @ axis)) > least:
            offset = angle_between(span, axis)
            return WallPair("normals", _as_tuple(axis), distance, middle, misalignment, offset)
    distance = float(np.linalg.norm(span))
    if distance <= least:
        return None
    return WallPair("centres", _as_tuple(span / distance), distance, middle, misalignment, 0.0)


def angle_between(first: Array, second: Array) -> float:
    """Return the angle between two vectors, degrees, 0 to 180.

    Args:
        first: Non-zero vector, shape (dim,).
        second: Non-zero vector, shape (dim,).
    """
    a, b = first / np.linalg.norm(first), second / np.linalg.norm(second)
    # Accurate at all angles, unlike the arc cosine near zero.
    return float(np.degrees(2.0 * np.arctan2(np.linalg.norm(a - b), np.linalg.norm(a + b))))


def _as_tuple(vector: npt.ArrayLike) -> tuple[float, ...]:
    return tuple(0.0 + float(x) for x in np.asarray(vector))  # converts -0.0 to 0.0


def heated_from(orientation: Orientation, up: Sequence[float]) -> Heated | None:
    """Return the direction from which a cell is heated; None if its walls define no axis.

    Args:
        orientation: Orientation of the cell.
        up: Unit vector against gravity, shape (dim,).
    """
    if orientation.wall_pair is None:
        return None
    tilt = angle_between(np.asarray(orientation.axis), np.asarray(up))
    return "above" if tilt < 45.0 else "below" if tilt > 135.0 else "side"


def side_facing(cell: Cell, direction: Sequence[float]) -> str | None:
    """Return the wall of the fluid whose outward normal is closest to a direction; collective.

    Args:
        cell: The cell.
        direction: Unit vector, shape (dim,).

    Returns:
        Name of the wall; None if all normals deviate from the direction by 45 degrees or more.
    """
    facing = {side: float(cell.face(side).normal @ direction) for side in cell.fluid_sides}
    best = max(facing, key=lambda side: facing[side])
    return best if facing[best] > np.cos(np.radians(_FACING)) else None


def check_gravity(cell: Cell, gravity: Gravity) -> None:
    """Check that gravity and vibration are parallel to the axis of an axisymmetric cell.

    Args:
        cell: The cell.
        gravity: Gravity, with the vibration of the cell.

    Raises:
        ConditionError: Gravity or the vibration has a component across the axis.
    """
    check_up(cell, gravity.up)
    vibration = gravity.vibration
    if vibration is None:
        return
    if len(vibration.direction) != cell.dim:
        raise ConditionError(
            f"a vibration with {len(vibration.direction)} components in a {cell.dim}D cell",
            f"give {cell.dim} of them",
        )
    if cell.coordinates.has_axis and abs(vibration.direction[0]) > _ACROSS:
        raise ConditionError(
            "the vibration is not along the axis, so the flow is not axisymmetric",
            "use the direction (0, 1) in (r, z), or a 3D mesh",
        )


def check_up(cell: Cell, up: Sequence[float]) -> None:
    """Check that gravity is parallel to the axis of an axisymmetric cell.

    Args:
        cell: The cell.
        up: Unit vector against gravity, shape (dim,).

    Raises:
        ConditionError: Gravity has a component across the axis.
    """
    if cell.coordinates.has_axis and abs(up[0]) > _ACROSS:
        raise ConditionError(
            f"gravity along ({-up[0]:.3g}, {-up[1]:.3g}) in (r, z) is not parallel to the axis, "
            "so the flow is not axisymmetric",
            "use the direction (0, -1) or (0, 1), or tilt 0 or 180 if the cell is heated from "
            "above or below; a leaning cell requires a 3D mesh",
        )


def up_vector(axis: Sequence[float], tilt: float, azimuth: float = 0.0) -> tuple[float, ...]:
    """Return the unit vector against gravity for a tilted cell, shape (dim,).

    In 2D, a positive tilt rotates up anticlockwise from the axis. The same holds in 3D at azimuth 0
    when z points at the viewer, so that a box leans like the rectangle of which it is the
    extrusion; if the axis is parallel to z, up leans towards +x instead. The azimuth rotates the
    direction of the lean about the axis by the right-hand rule.

    Args:
        axis: Unit vector from the cold to the hot side, shape (dim,).
        tilt: Angle from the axis to up, degrees.
        azimuth: Direction of the lean about the axis, degrees; ignored in 2D.
    """
    n = np.asarray(axis, dtype=float)
    t, a = np.radians(tilt), np.radians(azimuth)
    if n.size == 2:
        lean: Array = np.array([-n[1], n[0]])
    else:
        first = _lean_at_azimuth_0(n)
        lean = np.cos(a) * first + np.sin(a) * np.cross(n, first)
    up = np.cos(t) * n + np.sin(t) * lean
    return tuple(float(x) for x in np.where(np.abs(up) < 1e-15, 0.0, up))


def tilt_and_lean(axis: Sequence[float], up: Sequence[float]) -> tuple[float, tuple[float, ...]]:
    """Return the tilt of a cell, degrees, and the unit vector towards which up leans.

    The vector is perpendicular to the axis, shape (dim,). In 2D, and in 3D without a lean, it is
    the direction in which up leans at positive tilts (and azimuth 0).

    Args:
        axis: Unit vector from the cold to the hot side, shape (dim,).
        up: Unit vector against gravity, shape (dim,).
    """
    n, above = np.asarray(axis, dtype=float), np.asarray(up, dtype=float)
    aside = np.asarray(up_vector(axis, 90.0))
    lean = above - (above @ n) * n
    if n.size == 3 and np.linalg.norm(lean) > 1e-9:
        aside = lean / np.linalg.norm(lean)
    tilt = float(np.degrees(np.arctan2(above @ aside, above @ n)))
    return tilt, tuple(float(x) for x in aside)


def _lean_at_azimuth_0(n: Array) -> Array:
    """Return the unit vector perpendicular to a 3D axis towards which up leans at azimuth 0."""
    first = np.cross((0.0, 0.0, 1.0), n)
    if np.linalg.norm(first) < _ALONG_Z:
        first = np.array([1.0, 0.0, 0.0]) - n[0] * n
    return np.asarray(first / np.linalg.norm(first))
