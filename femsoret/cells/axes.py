"""Axes of a structured mesh, each of which crosses a wall, the fluid and another wall.

Walls lie outside the fluid, which has the same size with and without them. Where walls meet, those
at the bottom and the top extend over the others, as the plates of a cell do, and those at the left
and the right extend over those at the back and the front.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from dolfinx import mesh as dmesh

from femsoret.base.errors import MeshError, nearest
from femsoret.base.types import Array
from femsoret.cells import numbers

Ends = tuple[str, str]

# Axes in the order in which their walls take the corners; the second one is vertical.
_CORNERS = (1, 0, 2)

_NEAR = 1e-8  # in mesh cells; coordinates of the unit mesh are good to round-off

FLUID = "fluid"
"""Name of the region inside the walls."""


@dataclass(frozen=True)
class Wall:
    """A solid wall of uniform thickness.

    Args:
        thickness: Thickness of the wall, m.
        cells: Number of mesh cells across the thickness, at least 1.
    """

    thickness: float
    cells: int = 4

    @property
    def checked(self) -> Wall:
        """The same wall, if its thickness and number of cells are allowed.

        Raises:
            MeshError: A number is not allowed.
        """
        thickness = numbers.positive("the thickness of a wall", self.thickness)
        return Wall(thickness, numbers.count("the number of cells through a wall", self.cells))

    def rescaled(self, ratio: float) -> Wall:
        """Return the wall with `ratio` times as many mesh cells, at least 1."""
        return replace(self, cells=numbers.rescaled((self.cells,), ratio)[0])


def region_of(side: str) -> str:
    """Return the name of the region of the solid wall at a side, for instance "left wall"."""
    return f"{side} wall"


def checked_walls(name: str, walls: Mapping[str, Wall], sides: Sequence[str]) -> dict[str, Wall]:
    """Return the solid walls of a cell after checking them.

    Args:
        name: Kind of the cell, for the error message.
        walls: Side name -> wall at that side.
        sides: Names of the sides that may have a wall.

    Raises:
        MeshError: The cell has no such side, or a number is not allowed.
    """
    for side in walls:
        if side not in sides:
            raise MeshError(f"a {name} has no side {side!r}", nearest(side, sides))
    return {side: wall.checked for side, wall in walls.items()}


def both_ends(s: Array, ratio: float) -> Array:
    """Return s graded towards both ends of [0, 1]: (1 + tanh(b (2s - 1)) / tanh b) / 2.

    The slope at the centre over that at an end is cosh(b)^2, hence b = arccosh(sqrt(ratio)).

    Args:
        s: Numbers in [0, 1], of any shape; 0, 1/2 and 1 are mapped to themselves.
        ratio: Cell size at the centre over that at the ends, at least 1; with 1, s is unchanged.
    """
    return 0.5 * (1.0 + _odd(2.0 * s - 1.0, ratio))


def upper_end(s: Array, ratio: float) -> Array:
    """Return s graded towards 1: tanh(b s) / tanh b, one half of the map of :func:`both_ends`.

    Args:
        s: Numbers in [0, 1], of any shape; 0 and 1 are mapped to themselves.
        ratio: Cell size at 0 over that at 1, at least 1; with 1, s is unchanged.
    """
    return _odd(s, ratio)


def _odd(t: Array, ratio: float) -> Array:
    """Return tanh(b t) / tanh b for t in [-1, 1], with b = arccosh(sqrt(ratio))."""
    if ratio == 1.0:
        return t
    b = math.acosh(math.sqrt(ratio))
    return np.asarray(np.tanh(b * t) / math.tanh(b))


@dataclass(frozen=True)
class Axis:
    """Mesh cells along one axis, which crosses a wall, the fluid and another wall.

    Args:
        ends: Names of the sides of the fluid at the lower and the upper end.
        length: Length of the fluid, m.
        cells: Number of mesh cells in the fluid.
        grading: Mesh cell size away from the walls over that at the walls, at least 1.
        low: Wall at the lower end, or None.
        high: Wall at the upper end, or None.
        origin: Coordinate of the lower end of the fluid, m.
        towards_walls: Map of [0, 1] to itself, given the grading, that makes mesh cells smaller
            towards the walls.
    """

    ends: Ends
    length: float
    cells: int
    grading: float
    low: Wall | None = None
    high: Wall | None = None
    origin: float = 0.0
    towards_walls: Callable[[Array, float], Array] = both_ends

    @property
    def start(self) -> int:
        """Number of mesh cells in the wall at the lower end."""
        return self.low.cells if self.low else 0

    @property
    def total(self) -> int:
        """Number of mesh cells in the fluid and both walls."""
        return self.start + self.cells + (self.high.cells if self.high else 0)

    def placed(self, step: Array) -> Array:
        """Return the coordinates of points given by mesh cells counted from the lower end.

        Args:
            step: Numbers of mesh cells between the lower end and the points, shape (n,); not
                necessarily integers.

        Returns:
            Coordinates along the axis, m, shape (n,).
        """
        step = step - self.start
        inside = np.clip(step / self.cells, 0.0, 1.0)
        place = self.origin + self.length * self.towards_walls(inside, self.grading)
        if self.low:
            place += np.minimum(step, 0.0) * self.low.thickness / self.low.cells
        if self.high:
            place += np.maximum(step - self.cells, 0.0) * self.high.thickness / self.high.cells
        return place

    def rescaled(self, ratio: float) -> Axis:
        """Return the axis with `ratio` times as many mesh cells."""
        (cells,) = numbers.rescaled((self.cells,), ratio)
        low, high = (wall and wall.rescaled(ratio) for wall in (self.low, self.high))
        return replace(self, cells=cells, low=low, high=high)


def named_regions(
    mesh: dmesh.Mesh, axes: Sequence[Axis]
) -> tuple[dmesh.MeshTags | None, dict[str, int]]:
    """Tag the cells of the unit mesh by region: the fluid and each solid wall.

    Args:
        mesh: Mesh of the unit square or cube.
        axes: Axes of the cell, with walls.

    Returns:
        Tags of the local mesh cells, and name -> tag of each region; None and an empty mapping
        without walls.
    """
    dim = mesh.topology.dim
    walls = [
        (i, side, first, last)
        for i in _CORNERS
        if i < dim
        for side, wall, first, last in (
            (axes[i].ends[0], axes[i].low, 0, axes[i].start),
            (axes[i].ends[1], axes[i].high, axes[i].start + axes[i].cells, axes[i].total),
        )
        if wall
    ]
    if not walls:
        return None, {}
    names = {FLUID: 1} | {
        region_of(side): tag for tag, (_, side, _, _) in enumerate(walls, start=2)
    }
    index_map = mesh.topology.index_map(dim)
    cells = np.arange(index_map.size_local + index_map.num_ghosts, dtype=np.int32)
    x = dmesh.compute_midpoints(mesh, dim, cells)
    values = np.full(len(cells), names[FLUID], dtype=np.int32)
    for i, side, first, last in reversed(walls):  # those that take the corners come last
        step = x[:, i] * axes[i].total
        values[(first < step) & (step < last)] = names[region_of(side)]
    return dmesh.meshtags(mesh, dim, cells, values), names


def named_planes(mesh: dmesh.Mesh, axes: Sequence[Axis]) -> tuple[dmesh.MeshTags, dict[str, int]]:
    """Tag the facets of the unit mesh in the planes where the mesh ends and where the fluid ends.

    Args:
        mesh: Mesh of the unit square or cube.
        axes: Axes of the cell, with walls.

    Returns:
        Tags of the local facets in these planes, and name -> tag of each side of the fluid.
    """
    dim = mesh.topology.dim
    sides = {name: tag for tag, name in enumerate((n for axis in axes for n in axis.ends), start=1)}
    mesh.topology.create_entities(dim - 1)
    index_map = mesh.topology.index_map(dim - 1)
    facets = np.arange(index_map.size_local + index_map.num_ghosts, dtype=np.int32)
    mesh.topology.create_connectivity(dim - 1, dim)
    x = dmesh.compute_midpoints(mesh, dim - 1, facets)
    values = np.zeros(len(facets), dtype=np.int32)
    for i, axis in enumerate(axes):
        step, (low, high) = x[:, i] * axis.total, axis.ends
        for name, planes in (
            (low, (0, axis.start)),
            (high, (axis.start + axis.cells, axis.total)),
        ):
            for plane in planes:
                values[np.abs(step - plane) < _NEAR * axis.total] = sides[name]
    named = values > 0
    return dmesh.meshtags(mesh, dim - 1, facets[named], values[named]), sides
