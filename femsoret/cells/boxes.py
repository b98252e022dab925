"""Rectangle and box: structured meshes, graded towards the walls, within solid walls if wanted."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal, get_args

from mpi4py import MPI

import numpy as np
import numpy.typing as npt
from dolfinx import mesh as dmesh

from femsoret.cells import numbers
from femsoret.cells.cell import Cell
from femsoret.cells.walled_axes import ENDS, FLUID, Axis, Wall, named_planes, named_regions
from femsoret.cells.walls import Walls, named_walls
from femsoret.errors import MeshError, nearest

Shape2D = Literal["quadrilateral", "triangle"]
Shape3D = Literal["hexahedron", "tetrahedron"]
Side2D = Literal["left", "right", "bottom", "top"]
Side3D = Literal["left", "right", "bottom", "top", "back", "front"]
Array = npt.NDArray[np.float64]


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
        walls: Side -> solid wall there; its region is "left wall", its outer side "left outer".

    Raises:
        MeshError: A number is not allowed.
    """
    return _made(_RECTANGLE, comm, size, cells, grading, shape, walls)


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
        walls: Side -> solid wall there; its region is "left wall", its outer side "left outer".

    Raises:
        MeshError: A number is not allowed.
    """
    return _made(_BOX, comm, size, cells, grading, shape, walls)


def unit_square(comm: MPI.Comm, number: list[int], shape: dmesh.CellType) -> dmesh.Mesh:
    """Return a mesh of the unit square; triangles come from both diagonals.

    Args:
        comm: Communicator to spread it over.
        number: Numbers of mesh cells (quadrilaterals before they are cut).
        shape: Shape of the mesh cells.
    """
    return dmesh.create_rectangle(
        comm,
        [np.zeros(2), np.ones(2)],
        number,
        shape,
        dtype=np.float64,
        ghost_mode=dmesh.GhostMode.shared_facet,
        diagonal=dmesh.DiagonalType.crossed,
    )


def _unit_cube(comm: MPI.Comm, number: list[int], shape: dmesh.CellType) -> dmesh.Mesh:
    return dmesh.create_box(
        comm,
        [np.zeros(3), np.ones(3)],
        number,
        shape,
        dtype=np.float64,
        ghost_mode=dmesh.GhostMode.shared_facet,
    )


@dataclass(frozen=True)
class _Kind:
    """What a rectangle and a box do not share.

    Args:
        name: Its name.
        dim: Its dimension.
        shapes: Shapes that its mesh cells may have.
        unit: Makes its mesh of side 1.
    """

    name: str
    dim: int
    shapes: tuple[str, ...]
    unit: Callable[[MPI.Comm, list[int], dmesh.CellType], dmesh.Mesh]


_RECTANGLE = _Kind("rectangle", 2, get_args(Shape2D), unit_square)
_BOX = _Kind("box", 3, get_args(Shape3D), _unit_cube)


def _made(
    kind: _Kind,
    comm: MPI.Comm,
    size: Sequence[float],
    cells: Sequence[int],
    grading: float | Sequence[float],
    shape: str,
    walls: Mapping[str, Wall],
) -> Cell:
    lengths, number = numbers.sizes(size, kind.dim), numbers.counts(cells, kind.dim)
    ratios = numbers.gradings(grading, numbers.AXES[: kind.dim])
    if shape not in kind.shapes:
        raise MeshError(f"the shape of mesh cells is {shape!r}", nearest(str(shape), kind.shapes))
    ends = ENDS[: kind.dim]
    for side in walls:
        if not any(side in pair for pair in ends):
            allowed = [name for pair in ends for name in pair]
            raise MeshError(f"a {kind.name} has no side {side!r}", nearest(side, allowed))
    checked = {side: wall.checked for side, wall in walls.items()}
    axes = [
        Axis(length, count, ratio, *(checked.get(side) for side in pair))
        for length, count, ratio, pair in zip(lengths, number, ratios, ends, strict=True)
    ]
    return _meshed(kind, comm, axes, shape)


def _meshed(kind: _Kind, comm: MPI.Comm, axes: Sequence[Axis], shape: str) -> Cell:
    mesh = kind.unit(comm, [axis.total for axis in axes], dmesh.CellType[shape])
    regions, region_names = named_regions(mesh, axes)
    solids = [name for name in region_names if name != FLUID]
    if solids:
        planes, names = named_planes(mesh, axes)
        facets, sides, walls = named_walls(mesh, planes, names, regions, region_names, solids)
    else:
        (facets, sides), walls = named_ends(mesh), Walls()
    x: Array = mesh.geometry.x  # no one else holds the mesh yet
    for i, axis in enumerate(axes):
        x[:, i] = axis.placed(x[:, i])
    cells = " x ".join(str(axis.cells) for axis in axes)
    return Cell(
        mesh,
        facets,
        sides,
        title=f"{kind.name}, {cells} cells ({shape})"
        + (f" within walls ({', '.join(solids)})" if solids else ""),
        regions=regions,
        region_names=region_names,
        remake=lambda ratio: _meshed(kind, comm, [axis.rescaled(ratio) for axis in axes], shape),
        walls=walls,
    )


def named_ends(
    mesh: dmesh.Mesh, ends: Sequence[tuple[str, str]] = ENDS
) -> tuple[dmesh.MeshTags, dict[str, int]]:
    """Tag the ends of each axis of the unit square or cube.

    Args:
        mesh: Its mesh.
        ends: Names of the sides at the lower and at the upper end of each axis.
    """
    dim = mesh.topology.dim
    names = [name for pair in ends[:dim] for name in pair]
    sides = {name: tag for tag, name in enumerate(names, start=1)}
    found, values = [], []
    for axis, pair in enumerate(ends[:dim]):
        for end, name in enumerate(pair):
            facets = dmesh.locate_entities_boundary(
                # Half a cell of the finest mesh that fits into memory is far above this.
                mesh,
                dim - 1,
                lambda x, axis=axis, end=end: np.abs(x[axis] - end) < 1e-8,
            )
            found.append(facets)
            values.append(np.full(len(facets), sides[name], dtype=np.int32))
    facets = np.concatenate(found)
    order = np.argsort(facets)
    return dmesh.meshtags(mesh, dim - 1, facets[order], np.concatenate(values)[order]), sides
