"""Structured cells: rectangle, box and annulus, graded towards their walls.

A mesh of the unit square or cube is mapped to the positions given by the axes of the cell. Solid
walls lie outside the fluid, which has the same size with and without them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Literal, get_args

from mpi4py import MPI

import numpy as np
from dolfinx import mesh as dmesh

from femsoret.base.errors import MeshError, nearest
from femsoret.base.types import Array
from femsoret.cells import numbers
from femsoret.cells.axes import (
    FLUID,
    Axis,
    Wall,
    both_ends,
    checked_walls,
    named_planes,
    named_regions,
    upper_end,
)
from femsoret.cells.axis import axisymmetric
from femsoret.cells.cell import Cell
from femsoret.cells.walls import Walls, named_walls

Shape2D = Literal["quadrilateral", "triangle"]
Shape3D = Literal["hexahedron", "tetrahedron"]


def check_shape(shape: str, dim: int) -> None:
    """Check that a shape of mesh cells is allowed in a given dimension.

    Args:
        shape: Name of the shape.
        dim: Dimension, 2 or 3.

    Raises:
        MeshError: The shape is not allowed.
    """
    allowed = get_args(Shape2D if dim == 2 else Shape3D)
    if shape not in allowed:
        raise MeshError(f"the shape of mesh cells is {shape!r}", nearest(str(shape), allowed))


def structured(comm: MPI.Comm, name: str, axes: Sequence[Axis], shape: str) -> Cell:
    """Return the cell spanned by its axes, which can be remade at any resolution; collective.

    Args:
        comm: Communicator over which the mesh is distributed.
        name: Kind of the cell, for its title.
        axes: Axes of the cell: x, y and, in 3D, z.
        shape: Shape of the mesh cells: "quadrilateral" or "triangle" in 2D, "hexahedron" or
            "tetrahedron" in 3D.
    """
    mesh = _unit_mesh(comm, [axis.total for axis in axes], dmesh.CellType[shape])
    regions, region_names = named_regions(mesh, axes)
    solids = [region for region in region_names if region != FLUID]
    facets, sides = named_planes(mesh, axes)
    walls = Walls()
    if solids:
        facets, sides, walls = named_walls(mesh, facets, sides, regions, region_names, solids)
    else:
        facets = _exterior(mesh, facets)
    x: Array = mesh.geometry.x  # changed in place: nothing else uses the mesh yet
    for i, axis in enumerate(axes):
        x[:, i] = axis.placed(x[:, i] * axis.total)
    cells = " x ".join(str(axis.cells) for axis in axes)
    return Cell(
        mesh,
        facets,
        sides,
        title=f"{name}, {cells} cells ({shape})"
        + (f" within walls ({', '.join(solids)})" if solids else ""),
        regions=regions,
        region_names=region_names,
        remake=lambda ratio: structured(comm, name, [axis.rescaled(ratio) for axis in axes], shape),
        walls=walls,
    )


def _unit_mesh(comm: MPI.Comm, number: list[int], shape: dmesh.CellType) -> dmesh.Mesh:
    """Return a mesh of the unit square or cube; triangles come from both diagonals of squares."""
    low, high = np.zeros(len(number)), np.ones(len(number))
    ghosts = dmesh.GhostMode.shared_facet
    if len(number) == 2:
        return dmesh.create_rectangle(
            comm,
            [low, high],
            number,
            shape,
            dtype=np.float64,
            ghost_mode=ghosts,
            diagonal=dmesh.DiagonalType.crossed,
        )
    return dmesh.create_box(comm, [low, high], number, shape, dtype=np.float64, ghost_mode=ghosts)


def _exterior(mesh: dmesh.Mesh, facets: dmesh.MeshTags) -> dmesh.MeshTags:
    """Return the tags of the exterior facets that this rank owns."""
    kept = np.isin(facets.indices, dmesh.exterior_facet_indices(mesh.topology))
    return dmesh.meshtags(mesh, facets.dim, facets.indices[kept], facets.values[kept])


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

    The sides are "left" and "right" (lowest and highest x), "bottom" and "top" (lowest and highest
    y).

    Args:
        comm: Communicator over which the mesh is distributed.
        size: Lengths of the fluid (Lx, Ly), m.
        cells: Numbers of mesh cells (nx, ny).
        grading: Mesh cell size at the centre over that at the walls, at least 1; one number for
            both axes, or one per axis.
        shape: "quadrilateral", or "triangle", which divides each quadrilateral into four along both
            diagonals, so that the mesh has every mirror symmetry of the rectangle and does not
            favour a sense of rotation.
        walls: Side name -> solid wall there. The region of the wall at "left" is "left wall", and
            its outside is "left outside".

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

    The sides are "left" and "right" (lowest and highest x), "bottom" and "top" (lowest and highest
    y, which is vertical as in 2D), "back" and "front" (lowest and highest z).

    Args:
        comm: Communicator over which the mesh is distributed.
        size: Lengths of the fluid (Lx, Ly, Lz), m.
        cells: Numbers of mesh cells (nx, ny, nz).
        grading: Mesh cell size at the centre over that at the walls, at least 1; one number for all
            axes, or one per axis.
        shape: "hexahedron", or "tetrahedron", which divides each hexahedron into six around one
            diagonal.
        walls: Side name -> solid wall there. The region of the wall at "left" is "left wall", and
            its outside is "left outside".

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


RoundSide = Literal["inner", "outer", "bottom", "top"]


def annulus(
    comm: MPI.Comm,
    radii: Sequence[float],
    height: float,
    cells: Sequence[int],
    *,
    grading: float | Sequence[float] = 1.0,
    shape: Shape2D = "quadrilateral",
    walls: Mapping[str, Wall] = MappingProxyType({}),
) -> Cell:
    """Make the space between two coaxial vertical cylinders, in axisymmetric coordinates (r, z).

    The base of the fluid lies at z = 0. The sides are "inner" and "outer" (the round walls),
    "bottom" and "top". With an inner radius of 0 the cell is a full cylinder, and the axis replaces
    the inner side.

    Args:
        comm: Communicator over which the mesh is distributed.
        radii: Inner radius, at least 0, and outer radius of the fluid, m.
        height: Height of the fluid, m.
        cells: Numbers of mesh cells (along r, along z).
        grading: Mesh cell size away from the walls over that at the walls, at least 1: one number
            for both directions, or (radial, over the height). The axis is not a wall.
        shape: "quadrilateral", or "triangle", which divides each quadrilateral into four along both
            diagonals.
        walls: Side name -> solid wall there. The region of the wall at "inner" is "inner wall", and
            its outside is "inner outside". An inner wall as thick as the inner radius is a rod,
            which has no outside.

    Raises:
        MeshError: A number is not allowed.
    """
    numbers.check_length("radii", radii, ("inner radius", "outer radius"))
    outer = numbers.positive("the outer radius", radii[1])
    inner = float(radii[0]) if radii[0] == 0.0 else numbers.positive("the inner radius", radii[0])
    if inner >= outer:
        raise MeshError(
            f"the inner radius, {inner:g} m, is not smaller than the outer radius, {outer:g} m",
            "give the inner radius first, then the outer radius",
        )
    height = numbers.positive("the height of the annulus", height)
    number = numbers.counts(cells, 2)
    ratios = numbers.gradings(grading, ("the radius", "the height"))
    check_shape(shape, 2)
    around, upright = ("inner", "outer"), ("bottom", "top")
    what, sides = ("annulus", around) if inner > 0.0 else ("whole cylinder", around[1:])
    within = checked_walls(what, walls, (*sides, *upright))
    if "inner" in within and within["inner"].thickness > inner:
        raise MeshError(
            f"the inner wall is {within['inner'].thickness:g} m thick and extends across the axis",
            f"give a thickness of at most {inner:g} m, the inner radius, for which it is a rod",
        )
    radial = Axis(
        around,
        outer - inner,
        number[0],
        ratios[0],
        low=within.get("inner"),
        high=within.get("outer"),
        origin=inner,
        towards_walls=both_ends if inner > 0.0 else upper_end,
    )
    plates = within.get("bottom"), within.get("top")
    axial = Axis(upright, height, number[1], ratios[1], *plates)
    name = f"axisymmetric {'annulus' if inner > 0.0 else 'cylinder'}"
    return axisymmetric(structured(comm, name, (radial, axial), shape))
