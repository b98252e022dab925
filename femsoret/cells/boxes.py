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
from femsoret.cells.walled_axes import ENDS, FLUID, Axis, Wall, named_regions
from femsoret.cells.walls import Walls, named_walls
from femsoret.errors import MeshError, nearest

Shape2D = Literal["quadrilateral", "triangle"]
Shape3D = Literal["hexahedron", "tetrahedron"]
Side2D = Literal["left", "right", "bottom", "top"]
Side3D = Literal["left", "right", "bottom", "top", "back", "front"]
Array = npt.NDArray[np.float64]

_NEAR = 1e-8  # in mesh cells; coordinates of the unit mesh are good to round-off


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


def _unit_square(comm: MPI.Comm, number: list[int], shape: dmesh.CellType) -> dmesh.Mesh:
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


_RECTANGLE = _Kind("rectangle", 2, get_args(Shape2D), _unit_square)
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
    labels, names = _named_planes(mesh, axes)
    regions, region_names = named_regions(mesh, axes)
    facets, sides, walls = labels, names, Walls()
    solids = [name for name in region_names if name != FLUID]
    if solids:
        facets, sides, walls = named_walls(mesh, labels, names, regions, region_names, solids)
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


def _named_planes(mesh: dmesh.Mesh, axes: Sequence[Axis]) -> tuple[dmesh.MeshTags, dict[str, int]]:
    """Tag the facets of the unit mesh at both ends of each axis, and of the fluid along it."""
    dim = mesh.topology.dim
    names = [name for pair in ENDS[:dim] for name in pair]
    sides = {name: tag for tag, name in enumerate(names, start=1)}
    mesh.topology.create_connectivity(dim - 1, dim)
    exterior = dmesh.exterior_facet_indices(mesh.topology)
    walled = any(axis.low or axis.high for axis in axes)
    facets = _all_facets(mesh) if walled else exterior
    x = dmesh.compute_midpoints(mesh, dim - 1, facets)
    values = np.zeros(len(facets), dtype=np.int32)
    for i, (axis, pair) in enumerate(zip(axes, ENDS, strict=False)):
        step = x[:, i] * axis.total
        for name, planes in zip(
            pair,
            ((0, axis.start), (axis.start + axis.cells, axis.total)),
            strict=True,
        ):
            for plane in planes:
                values[np.abs(step - plane) < _NEAR * axis.total] = sides[name]
    named = values > 0
    return dmesh.meshtags(mesh, dim - 1, facets[named], values[named]), sides


def _all_facets(mesh: dmesh.Mesh) -> npt.NDArray[np.int32]:
    facets = mesh.topology.index_map(mesh.topology.dim - 1)
    return np.arange(facets.size_local + facets.num_ghosts, dtype=np.int32)
