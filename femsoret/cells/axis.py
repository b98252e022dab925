"""The axis of symmetry of an axisymmetric cell: the exterior facets on r = 0, which are not a wall.

Regularity determines the conditions on the axis: u_r = 0, and no flux passes through it, because
its circumference is zero. The axis is therefore detected automatically and has no name, and no
condition can be given there.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from mpi4py import MPI

import numpy as np
from dolfinx import mesh as dmesh

from femsoret.base.errors import MeshError
from femsoret.base.types import Indices
from femsoret.base.versions import entity_nodes
from femsoret.cells.cell import Cell
from femsoret.physics.coordinates import AXISYMMETRIC

AXIS_TAG = 0
"""Tag of the facets on the axis; the tags of sides are 1 or greater."""

ON_AXIS = 1e-9
"""Distance from the axis, relative to the largest radius, up to which a node lies on the axis."""


def axisymmetric(cell: Cell) -> Cell:
    """Return the cell of revolution whose half-plane (r, z) is a given 2D cell; collective.

    Its areas, volumes and flows are those of the whole cell of revolution. Facets on r = 0 become
    the axis, whatever side they belonged to; a side without other facets disappears.

    Args:
        cell: A 2D cell with x = r and y = z.

    Raises:
        MeshError: The cell is 3D, or extends to negative r.
    """
    facets = with_axis(cell.mesh, cell.facets, cell.title)
    remake, sides = cell.remake, sides_present(cell.mesh, facets, cell.sides)
    return replace(
        cell,
        facets=facets,
        sides=sides,
        walls=cell.walls.among(sides),
        coordinates=AXISYMMETRIC,
        remake=None if remake is None else lambda ratio: axisymmetric(remake(ratio)),
    )


def with_axis(mesh: dmesh.Mesh, facets: dmesh.MeshTags, title: str) -> dmesh.MeshTags:
    """Return facet tags in which the facets on the axis have the tag of the axis; collective.

    Args:
        mesh: A mesh of the half-plane.
        facets: Facet tags; they need not include every facet.
        title: Title of the cell, for error messages.

    Raises:
        MeshError: The mesh is 3D, or extends to negative r.
    """
    if mesh.topology.dim != 2:
        raise MeshError(
            f"{title}: an axisymmetric cell needs a 2D mesh of its half-plane (r, z), but the mesh "
            f"is {mesh.topology.dim}D",
            "mesh one half of a section through the axis, or use Cartesian coordinates",
        )
    r = mesh.geometry.x[:, 0]
    lowest = mesh.comm.allreduce(float(r.min(initial=np.inf)), op=MPI.MIN)
    close = ON_AXIS * mesh.comm.allreduce(float(r.max(initial=0.0)), op=MPI.MAX)
    if lowest < -close:
        raise MeshError(
            f"{title}: the mesh extends to r = {lowest:.6g} m, across the axis r = 0",
            "x is the distance from the axis: mesh one half of the section, with the axis at x = 0",
        )
    # Exterior facets are found by this connectivity.
    mesh.topology.create_connectivity(1, 2)
    exterior = dmesh.exterior_facet_indices(mesh.topology)
    nodes = entity_nodes(mesh, 1, exterior)
    axis = exterior[(np.abs(r[nodes]) <= close).all(axis=1)] if len(exterior) else exterior
    kept = ~np.isin(facets.indices, axis)
    indices = np.concatenate([facets.indices[kept], axis])
    values = np.concatenate([facets.values[kept], np.full(len(axis), AXIS_TAG, dtype=np.int32)])
    order = np.argsort(indices)
    return dmesh.meshtags(mesh, 1, indices[order], values[order])


def sides_present(
    mesh: dmesh.Mesh, facets: dmesh.MeshTags, names: Mapping[str, int]
) -> dict[str, int]:
    """Return the names that at least one exterior facet has, on any rank; collective.

    Args:
        mesh: The mesh.
        facets: Tags of this rank's exterior facets.
        names: Name -> tag.

    Returns:
        Name -> tag, of the names that occur.
    """
    present: list[set[int]] = mesh.comm.allgather(set(facets.values.tolist()))
    return {name: tag for name, tag in names.items() if any(tag in tags for tags in present)}


def axis_facets(cell: Cell) -> Indices:
    """Return the local indices of this rank's facets on the axis; empty in a Cartesian cell."""
    return np.asarray(cell.facets.find(AXIS_TAG), dtype=np.int32)
