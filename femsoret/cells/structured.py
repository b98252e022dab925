"""Structured cells: a mesh of the unit square or cube, moved to where its axes say."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, get_args

from mpi4py import MPI

import numpy as np
from dolfinx import mesh as dmesh

from femsoret.base.errors import MeshError, nearest
from femsoret.base.types import Array
from femsoret.cells.cell import Cell
from femsoret.cells.walled_axes import FLUID, Axis, named_planes, named_regions
from femsoret.cells.walls import Walls, named_walls

Shape2D = Literal["quadrilateral", "triangle"]
Shape3D = Literal["hexahedron", "tetrahedron"]


def check_shape(shape: str, dim: int) -> None:
    """Raise if mesh cells of a dimension have no such shape."""
    allowed = get_args(Shape2D if dim == 2 else Shape3D)
    if shape not in allowed:
        raise MeshError(f"the shape of mesh cells is {shape!r}", nearest(str(shape), allowed))


def structured(comm: MPI.Comm, name: str, axes: Sequence[Axis], shape: str) -> Cell:
    """Return the cell that its axes span; it can be remade at any resolution.

    Args:
        comm: Communicator to spread the mesh over.
        name: What it is, for its title.
        axes: Its axes: x, y and, in 3D, z.
        shape: Shape of the mesh cells.
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
    x: Array = mesh.geometry.x  # no one else holds the mesh yet
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
    """Return a mesh of the unit square or cube; triangles come from both diagonals."""
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
    """Return the tags of those facets that this rank owns at the end of the mesh."""
    kept = np.isin(facets.indices, dmesh.exterior_facet_indices(mesh.topology))
    return dmesh.meshtags(mesh, facets.dim, facets.indices[kept], facets.values[kept])
