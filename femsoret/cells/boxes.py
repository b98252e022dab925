"""Rectangle and box: structured meshes, graded towards the walls, within solid walls if wanted."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Literal

from mpi4py import MPI

from femsoret.cells import numbers
from femsoret.cells.cell import Cell
from femsoret.cells.structured import Shape2D, Shape3D, check_shape, structured
from femsoret.cells.walled_axes import Axis, Wall, checked_walls

Side2D = Literal["left", "right", "bottom", "top"]
Side3D = Literal["left", "right", "bottom", "top", "back", "front"]

_ENDS = (("left", "right"), ("bottom", "top"), ("back", "front"))


def rectangle(
    comm: MPI.Comm,
    size: Sequence[float],
    cells: Sequence[int],
    *,
    grading: float | Sequence[float] = 1.0,
    shape: Shape2D = "quadrilateral",
    walls: Mapping[str, Wall] = MappingProxyType({}),
) -> Cell:
    """Make a rectangle with one corner at the origin.

    Sides: left, right (lowest and highest x), bottom, top (lowest and highest y).

    Args:
        comm: Communicator to spread the mesh over.
        size: Lengths (Lx, Ly), m.
        cells: Numbers of mesh cells (nx, ny).
        grading: Mesh cell size at the centre over that at the walls, at least 1, for both axes or
            one for each.
        shape: "triangle" cuts each quadrilateral along both diagonals into four, so that the mesh
            keeps every mirror symmetry of the rectangle and cannot prefer a sense of rotation.
        walls: Side -> solid wall there; its region is "left wall", its outside "left outside".

    Raises:
        MeshError: A number is not allowed.
    """
    return _made("rectangle", 2, comm, size, cells, grading, shape, walls)


def box(
    comm: MPI.Comm,
    size: Sequence[float],
    cells: Sequence[int],
    *,
    grading: float | Sequence[float] = 1.0,
    shape: Shape3D = "hexahedron",
    walls: Mapping[str, Wall] = MappingProxyType({}),
) -> Cell:
    """Make a box with one corner at the origin.

    Sides: left, right (lowest and highest x), bottom, top (lowest and highest y, the vertical as in
    2D), back, front (lowest and highest z).

    Args:
        comm: Communicator to spread the mesh over.
        size: Lengths (Lx, Ly, Lz), m.
        cells: Numbers of mesh cells (nx, ny, nz).
        grading: Mesh cell size at the centre over that at the walls, at least 1, for all axes or
            one for each.
        shape: "tetrahedron" cuts each hexahedron along one diagonal into six.
        walls: Side -> solid wall there; its region is "left wall", its outside "left outside".

    Raises:
        MeshError: A number is not allowed.
    """
    return _made("box", 3, comm, size, cells, grading, shape, walls)


def _made(
    name: str,
    dim: int,
    comm: MPI.Comm,
    size: Sequence[float],
    cells: Sequence[int],
    grading: float | Sequence[float],
    shape: str,
    walls: Mapping[str, Wall],
) -> Cell:
    lengths, number = numbers.sizes(size, dim), numbers.counts(cells, dim)
    ratios = numbers.gradings(grading, numbers.AXES[:dim])
    check_shape(shape, dim)
    ends = _ENDS[:dim]
    within = checked_walls(name, walls, [side for pair in ends for side in pair])
    axes = [
        Axis(pair, length, count, ratio, within.get(pair[0]), within.get(pair[1]))
        for pair, length, count, ratio in zip(ends, lengths, number, ratios, strict=True)
    ]
    return structured(comm, name, axes, shape)
