"""Orientation of a cell: its hot and cold side, its axis, its tilt.

The axis is the normal of the hot and the cold wall, from the cold to the hot one, and the gap their
distance along it: a port, a rounded edge or a plate that is shifted sideways tilts no cell. up =
-g/|g|; tilt is the angle from the axis to up: 0 heated from above (stable), 90 degrees side-heated,
180 heated from below.

If walls are at one temperature only, and heat is forced through another, that wall is the hot or
the cold one. The temperature difference is then the scale |flux| L/kappa, that of a layer of this
thickness at rest: Rayleigh numbers formed with it are those of given fluxes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Literal

import numpy as np
import numpy.typing as npt

from femsoret.base.errors import ConditionError
from femsoret.base.types import Array
from femsoret.cells import Cell
from femsoret.cells.cell import CLOSED
from femsoret.problem.conditions import Condition, HeatFlux, resolve

_ALONG_Z: Final = float(np.sin(np.radians(1.0)))
"""Sine of the angle to z up to which an axis counts as along z: the centres of walls in a mesh file
lie on one line only as far as its facets are alike."""

_ACROSS: Final = 1e-12
"""Component of the unit vector up that counts as round-off."""

_FACING: Final = 45.0
"""Largest angle between the normal of one wall and the reverse of the other's, degrees, at which
they face each other; walls around a corner have no common normal."""

_NO_DISTANCE: Final = 1e-9
"""Distance over the size of the cell that counts as zero."""

Basis = Literal["normals", "centres", "coordinates"]
Heated = Literal["above", "side", "below"]


@dataclass(frozen=True)
class WallPair:
    """Position of the hot and the cold wall relative to each other.

    Args:
        basis: Whether the axis is taken from the normals of walls that face each other, or from the
            line between the centres of others.
        axis: Unit vector from the cold to the hot wall, shape (dim,).
        distance: Distance of the walls along the axis, m.
        middle: Point halfway between their centres, m.
        misalignment: Angle between the normal of one wall and the reverse of the other's, degrees:
            0 if they are parallel; None if one of them is closed.
        offset_angle: Angle between the axis and the line between the centres, degrees.
    """

    basis: Basis
    axis: tuple[float, ...]
    distance: float
    middle: tuple[float, ...]
    misalignment: float | None
    offset_angle: float


@dataclass(frozen=True)
class Orientation:
    """The thermal frame of a cell.

    Temperatures are those that conditions impose, on the outside of solids: those of the fluid's
    own walls behind a plate of finite conductivity are results. Sides, axis and gap are those of
    the fluid.

    Args:
        hot: Name of the hottest wall of the fluid.
        cold: Name of the coldest wall.
        axis: Unit vector from the cold to the hot wall; the second coordinate if there are no two,
            or if one surrounds the other.
        gap: Distance between them along the axis, m, or the gap that the case states.
        T_hot: Temperature imposed at the hot wall or behind it (that of the surroundings if heat is
            exchanged with them), K.
        T_cold: Likewise at the cold wall, K.
        hot_outside: Side where T_hot is imposed: the hot wall, or an outside behind it.
        cold_outside: Likewise of T_cold.
        wall_pair: Position of the two walls relative to each other; None if they give no axis.
        flux: Heat flux that drives the cell if its walls are at one temperature only, W/m2,
            positive into the cell. T_hot - T_cold is then |flux| gap/kappa, and the wall with the
            flux is the hot or the cold one. None if two temperatures drive the cell.
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

    @property
    def basis(self) -> Basis:
        """Origin of the axis: normals or centres of walls, or the coordinates."""
        return self.wall_pair.basis if self.wall_pair else "coordinates"

    @property
    def dT(self) -> float:
        """T_hot - T_cold, K."""
        return self.T_hot - self.T_cold

    @property
    def T_mean(self) -> float:
        """Mean of the wall temperatures, K."""
        return 0.5 * (self.T_hot + self.T_cold)


@dataclass(frozen=True)
class _Ends:
    """The hot and the cold end of a cell.

    Args:
        outside: Sides where the temperatures, or a heat flux, are imposed: hot, cold.
        flux: Heat flux that drives the cell, W/m2; None if two temperatures do.
        above: Fraction of the temperature difference that a flux makes above the given temperature:
            0 if the hot end has that temperature, 1 if the cold end has it, 0.5 if none has.
    """

    outside: tuple[str, str]
    flux: float | None = None
    above: float = 0.0


def orientation_of(
    cell: Cell,
    conditions: Sequence[Condition],
    gap: float | None = None,
    conductivity: float | None = None,
) -> Orientation:
    """Return the thermal frame that the conditions give to a cell; collective.

    Args:
        cell: The cell.
        conditions: Conditions; those of the temperature count.
        gap: Distance between hot and cold side, m; None measures it.
        conductivity: kappa of the fluid at its reference state, W/(m K): if all walls with a given
            temperature have the same, it makes a temperature difference of a heat flux. None
            ignores heat fluxes.

    Raises:
        ConditionError: No side has a temperature, or one of the two sides surrounds the other and
            no gap is given.
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
    ends = _Ends((hottest, coldest))
    if T_hot == T_cold and conductivity is not None:
        ends = _ends_of_flux(cell, tuple(temperatures), heat_fluxes(placed)) or ends
    hot, cold = (cell.inside_of(side) for side in ends.outside)
    pair = None
    if hot == cold or (ends.flux is None and T_hot == T_cold):
        gap = gap or cell.diameter()
    else:
        pair = wall_pair_of(cell, hot, cold)
        if pair is None and gap is None:
            raise ConditionError(
                f"the hot side {hot!r} and the cold side {cold!r} have one centre, or one "
                "surrounds the other: no axis leads from one to the other",
                "give the distance between them (cell.gap) and the direction of gravity "
                "(gravity.direction = [0, -1], say)",
            )
        gap = gap or (pair.distance if pair else 0.0)
    if ends.flux is not None and conductivity is not None:
        dT = abs(ends.flux) * gap / conductivity
        T_hot += dT * ends.above
        T_cold = T_hot - dT
    axis = pair.axis if pair else _as_tuple(np.eye(cell.dim)[1])
    return Orientation(hot, cold, axis, gap, T_hot, T_cold, *ends.outside, pair, ends.flux)


def heat_fluxes(conditions: Sequence[Condition]) -> dict[str, float]:
    """Return side -> heat flux into the cell, W/m2, of all sides that have one.

    Args:
        conditions: Conditions, resolved.
    """
    return {
        side: condition.value
        for condition in conditions
        if isinstance(condition, HeatFlux) and condition.value
        for side in condition.sides
    }


def _ends_of_flux(cell: Cell, given_T: Sequence[str], fluxes: Mapping[str, float]) -> _Ends | None:
    """Return the ends of a cell that a heat flux drives; None if there is none.

    The wall with the strongest flux is one end. The other is the wall with the strongest flux of
    the other sign or, if there is none, the wall of given temperature that faces the first best.

    Args:
        cell: The cell.
        given_T: Sides of given temperature.
        fluxes: Side -> heat flux into the cell, W/m2.
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
    """Return whether two walls do not face each other, and their distance, m."""
    pair = wall_pair_of(cell, wall, other)
    return (True, cell.diameter()) if pair is None else (pair.basis != "normals", pair.distance)


def wall_pair_of(cell: Cell, hot: str, cold: str) -> WallPair | None:
    """Return the position of two walls relative to each other; collective.

    The axis halves the angle between the normal of the hot wall and the reverse of the cold one's;
    if one of them is closed, as a wire is, the axis is the normal of the other. Walls that do not
    face each other, around a corner or in one plane, have the line between their centres.

    Returns:
        The pair, or None if one wall surrounds the other, or both have one centre.
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
    """Return the angle between two directions, degrees.

    Args:
        first: A direction, shape (dim,), of any length but zero.
        second: Another.
    """
    a, b = first / np.linalg.norm(first), second / np.linalg.norm(second)
    # Good to round-off at any angle, which an arc cosine is not near zero.
    return float(np.degrees(2.0 * np.arctan2(np.linalg.norm(a - b), np.linalg.norm(a + b))))


def _as_tuple(vector: npt.ArrayLike) -> tuple[float, ...]:
    return tuple(0.0 + float(x) for x in np.asarray(vector))  # without minus zeros


def heated_from(orientation: Orientation, up: Sequence[float]) -> Heated | None:
    """Return from where a cell is heated; None if its walls give no axis.

    Args:
        orientation: The orientation of the cell.
        up: Unit vector against gravity, shape (dim,).
    """
    if orientation.wall_pair is None:
        return None
    tilt = angle_between(np.asarray(orientation.axis), np.asarray(up))
    return "above" if tilt < 45.0 else "below" if tilt > 135.0 else "side"


def side_facing(cell: Cell, direction: Sequence[float]) -> str | None:
    """Return the wall of the fluid that faces a direction; None if none nearly does.

    Args:
        cell: The cell.
        direction: Unit vector, shape (dim,).
    """
    facing = {side: float(cell.face(side).normal @ direction) for side in cell.fluid_sides}
    best = max(facing, key=lambda side: facing[side])
    return best if facing[best] > np.cos(np.radians(_FACING)) else None


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
    with z pointing at the viewer, so that a box leans like the rectangle of which it is the
    extrusion. An axis along z leans towards +x instead. The azimuth turns the direction of the lean
    about the axis, right-handed.

    Args:
        axis: Unit vector from the cold to the hot side.
        tilt: Angle from the axis to up, degrees.
        azimuth: Direction of the lean about the axis, degrees (3D only).
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
    """Return the tilt of a direction up, degrees, and the unit vector towards which up leans.

    The vector is perpendicular to the axis. In 2D, and in 3D if up does not lean at all, it is that
    of positive tilts.

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


def _lean_at_azimuth_0(n: Array) -> Array:
    """Return the unit vector across an axis in 3D towards which up leans."""
    first = np.cross((0.0, 0.0, 1.0), n)
    if np.linalg.norm(first) < _ALONG_Z:
        first = np.array([1.0, 0.0, 0.0]) - n[0] * n
    return np.asarray(first / np.linalg.norm(first))
