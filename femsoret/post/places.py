"""Places of a finite size: fields of view and ports, as quadrature points inside the fluid.

A field of view is a rectangle, in 3D a box, with edges along the axes of the cell as drawn. If the
optical axis is z, a box through the whole depth gives the mean along the optical axis and over the
field of view.

A port takes a sample out of the liquid: the reading is the mean over the part of a ball that lies
in the fluid, half of it if the centre is on a flat wall. In plane cells and cells of revolution the
fields do not change along the depth of the ball, so that each point of the circle counts with the
length of the chord behind it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import product
from typing import Final

import numpy as np

from femsoret.base.errors import ConditionError
from femsoret.base.types import Array
from femsoret.cells import Cell
from femsoret.post.fields import locate
from femsoret.post.readings import QuadratureMean

NUMBER: Final = {2: 24, 3: 12}
"""Dimension -> number of Gauss points along each edge of a field of view."""

NODES: Final = {2: 10, 3: 6}
"""Dimension -> number of Gauss points for the radius and each angle of a quadrant of a port."""

Turn = Callable[[Array], Array]
"""Function from points of the cell as drawn, m, shape (n, dim), to points of the rotated cell."""


def field_of_view(cell: Cell, corners: Sequence[Sequence[float]], turn: Turn) -> QuadratureMean:
    """Return the reading of the mean over a field of view; collective.

    In a cell of revolution it is the mean over the ring that the rectangle sweeps out.

    Args:
        cell: The cell.
        corners: Two opposite corners in the cell as drawn, m, shape (2, dim).
        turn: Rotation of the drawing.

    Raises:
        ConditionError: An edge has length zero, or a part lies outside the fluid.
    """
    low, high = np.min(corners, axis=0), np.max(corners, axis=0)
    if not (high > low).all():
        raise ConditionError(
            "a field of view has an edge of length zero",
            "give two opposite corners that differ in all coordinates, or read along a line",
        )
    nodes, weights = np.polynomial.legendre.leggauss(NUMBER[cell.dim])
    x = low + 0.5 * (1.0 + np.array(list(product(nodes, repeat=cell.dim)))) * (high - low)
    w = np.prod(list(product(weights, repeat=cell.dim)), axis=1)
    x = turn(x)
    if not locate(cell.mesh, x, cell.fluid_cells).inside.all():
        raise ConditionError(
            "a part of the field of view lies outside the fluid",
            "choose corners inside the fluid, in the coordinates of the cell as drawn",
        )
    return QuadratureMean("field of view", x, _normalised(cell, x, w))


def port(cell: Cell, centre: Sequence[float], diameter: float, turn: Turn) -> QuadratureMean:
    """Return the reading of the mean over a port of finite size; collective.

    Args:
        cell: The cell.
        centre: Centre of the port in the cell as drawn, m, shape (dim,): inside the fluid or on a
            wall.
        diameter: Diameter of the port, m.
        turn: Rotation of the drawing.

    Raises:
        ConditionError: The diameter is not positive, no part of the port lies in the fluid, or in a
            cell of revolution the port reaches the axis but is not centred on it.
    """
    R, middle = 0.5 * diameter, np.asarray(centre, dtype=float)
    if not R > 0.0:
        raise ConditionError("the diameter of a port is not positive", "give a positive length")
    has_axis = cell.coordinates.has_axis
    if has_axis and 0.0 < middle[0] < R:
        raise ConditionError(
            "a port of a cell of revolution reaches the axis but is not centred on it",
            "move its centre to the axis, or away from it by the radius of the port",
        )
    offsets, w = _ball(cell.dim, R, around_axis=has_axis and not middle[0])
    x = turn(middle + offsets)
    inside = locate(cell.mesh, x, cell.fluid_cells).inside
    if not inside.any():
        raise ConditionError(
            "no part of a port lies in the fluid",
            "give the coordinates of a point in the fluid or on a wall of the cell as drawn",
        )
    x, w = x[inside], w[inside]
    return QuadratureMean("port", x, w / w.sum())


def _ball(dim: int, R: float, *, around_axis: bool) -> tuple[Array, Array]:
    """Return quadrature points of a ball relative to its centre, and weights.

    Quadrants and octants have their own points, so that a wall along an axis cuts the ball exactly.

    Args:
        dim: Dimension of the cell.
        R: Radius, m.
        around_axis: Whether the ball is centred on the axis of a cell of revolution.
    """
    nodes, weights = np.polynomial.legendre.leggauss(NODES[dim])
    # Angles of the first quadrant.
    angles, of_angles = 0.25 * np.pi * (1.0 + nodes), 0.25 * np.pi * weights
    if dim == 3:
        r, of_r = 0.5 * R * (1.0 + nodes), 0.5 * R * weights
        distance, turn, pole = np.array(list(product(r, angles, angles))).T
        w = np.prod(list(product(of_r, of_angles, of_angles)), axis=1)
        w = w * distance**2 * np.sin(pole)
        flat = distance * np.sin(pole)
        x = np.stack([flat * np.cos(turn), flat * np.sin(turn), distance * np.cos(pole)], axis=1)
    else:
        # Distance from the centre R sin(pole), chord R cos(pole).
        pole, turn = np.array(list(product(angles, angles))).T
        w = np.prod(list(product(of_angles, of_angles)), axis=1) * np.sin(pole) * np.cos(pole)
        x = R * np.stack([np.sin(pole) * np.cos(turn), np.sin(pole) * np.sin(turn)], axis=1)
        w = w * (x[:, 0] if around_axis else np.cos(pole))
    signs = np.array(list(product((-1.0, 1.0), repeat=dim)))
    return np.concatenate([sign * x for sign in signs]), np.tile(w, len(signs))


def _normalised(cell: Cell, x: Array, weights: Array) -> Array:
    """Return weights with sum 1; in a cell of revolution each point stands for a ring."""
    of_rings = weights * x[:, 0] if cell.coordinates.has_axis else weights
    return np.asarray(of_rings / of_rings.sum())
