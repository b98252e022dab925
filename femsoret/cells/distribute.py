"""Creation of cells from mesh arrays, whole on rank 0 or in parts on all ranks."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

from mpi4py import MPI

import basix.ufl
import numpy as np
from dolfinx import graph
from dolfinx import mesh as dmesh
from dolfinx.io.utils import distribute_entity_data

from femsoret.base.errors import FemsoretError, MeshError
from femsoret.base.memory import memory_error
from femsoret.base.ranks import from_root
from femsoret.base.types import Array, GlobalIndices, Indices
from femsoret.base.versions import entity_nodes, ghosting_partitioner
from femsoret.cells import quality
from femsoret.cells.axis import sides_present, with_axis
from femsoret.cells.cell import Cell
from femsoret.cells.geometry import NamedLine
from femsoret.cells.walls import Walls, named_walls
from femsoret.physics.coordinates import CARTESIAN, Coordinates

T = TypeVar("T")


@dataclass(frozen=True)
class Labels:
    """Named mesh entities of one dimension.

    Attributes:
        nodes: Nodes of each entity in DOLFINx order, shape (entities, nodes per entity).
        values: Tag of each entity, shape (entities,).
        names: Name -> tag, with tags >= 1.
    """

    nodes: GlobalIndices
    values: Indices
    names: Mapping[str, int]


@dataclass(frozen=True)
class RawMesh:
    """A mesh as arrays.

    Attributes:
        kind: Basix name of the cell type, for instance "triangle".
        degree: Degree of the geometry, 1 or 2.
        points: Coordinates of the nodes, m, shape (nodes, dim).
        cells: Nodes of each mesh cell in DOLFINx order, shape (cells, nodes per cell).
        facets: Named facets, which may be exterior or interior.
        regions: Named mesh cells.
        lines: Named lines, and in 3D surfaces, that have no exterior facet.
    """

    kind: str
    degree: int
    points: Array
    cells: GlobalIndices
    facets: Labels
    regions: Labels
    lines: Mapping[str, NamedLine] = field(default_factory=dict)


def on_root(comm: MPI.Comm, what: str, work: Callable[[], T]) -> T | None:
    """Return the result of `work` on rank 0 and None elsewhere; collective.

    Args:
        comm: Communicator.
        what: Text in front of the message of an error that another library raises.
        work: Function that is called on rank 0 only; it must not communicate.

    Raises:
        FemsoretError: Any error of `work`, on all ranks; errors of other libraries become a
            MeshError, or an error about memory.
    """
    made: list[T] = []  # a mesh stays on rank 0

    def there() -> None:
        try:
            made.append(work())
        except FemsoretError:
            raise
        except Exception as other:
            raise memory_error(other, "making the mesh") or MeshError(
                f"{what}: {str(other) or type(other).__name__}"
            ) from other

    from_root(comm, there)
    return made[0] if made else None


def to_cell(
    comm: MPI.Comm,
    raw: RawMesh | None,
    title: str,
    remake: Callable[[float], Cell] | None = None,
    coarsen: Callable[[float], Cell] | None = None,
    *,
    coordinates: Coordinates = CARTESIAN,
    solids: Sequence[str] = (),
) -> Cell:
    """Distribute a mesh over the ranks, check it, and name its sides; collective.

    Args:
        comm: Communicator.
        raw: The mesh on rank 0; None on other ranks.
        title: Title of the cell.
        remake: Function that makes the cell at `ratio` times the resolution.
        coarsen: Function that makes approximately the same cell at a lower resolution.
        coordinates: Cartesian or axisymmetric.
        solids: Names of the regions that are solid.

    Raises:
        MeshError: Mesh cells are flat or folded, or exterior facets have no name.
    """
    parts = _with_empty_parts(comm, raw)
    return from_parts(comm, parts, title, remake, coarsen, coordinates=coordinates, solids=solids)


def from_parts(
    comm: MPI.Comm,
    raw: RawMesh,
    title: str,
    remake: Callable[[float], Cell] | None = None,
    coarsen: Callable[[float], Cell] | None = None,
    *,
    alfeld: bool = False,
    coordinates: Coordinates = CARTESIAN,
    solids: Sequence[str] = (),
) -> Cell:
    """Distribute a mesh that is given in parts on all ranks, check it, and name its sides.

    Collective.

    Args:
        comm: Communicator.
        raw: This rank's part. Nodes are numbered through the points of all ranks, in the order of
            the ranks; names and tags are the same on all ranks.
        title: Title of the cell.
        remake: Function that makes the cell at `ratio` times the resolution.
        coarsen: Function that makes approximately the same cell at a lower resolution.
        alfeld: Whether the mesh is an Alfeld split.
        coordinates: Cartesian or axisymmetric.
        solids: Names of the regions that are solid.

    Raises:
        MeshError: Mesh cells are flat or folded, or exterior facets have no name.
    """
    dim = raw.points.shape[1]
    mesh = dmesh.create_mesh(
        comm,
        cells=raw.cells,
        x=raw.points,
        e=basix.ufl.element("Lagrange", raw.kind, raw.degree, shape=(dim,)),
        # The check for folded cells looks across the borders between ranks.
        partitioner=ghosting_partitioner(),
    )
    quality.check(mesh, title)
    labels = _tagged(mesh, dim - 1, raw.facets)
    if coordinates.has_axis:
        labels = with_axis(mesh, labels, title)
    facets = _exterior_only(mesh, labels, title)
    regions = _tagged(mesh, dim, raw.regions) if raw.regions.names else None
    walls = Walls()
    # Interior facets make no side, unless a solid lies behind them.
    sides = sides_present(mesh, facets, raw.facets.names)
    if solids:
        facets, sides, walls = named_walls(
            mesh, labels, raw.facets.names, regions, raw.regions.names, solids
        )
    return Cell(
        mesh,
        facets,
        sides,
        title,
        regions=regions,
        region_names=raw.regions.names,
        remake=remake,
        coarsen=coarsen,
        alfeld=alfeld,
        walls=walls,
        coordinates=coordinates,
    )


def _with_empty_parts(comm: MPI.Comm, raw: RawMesh | None) -> RawMesh:
    """Return the mesh on rank 0, and an empty mesh of the same kind on all other ranks."""
    empty = None
    if raw is not None:
        empty = RawMesh(
            raw.kind,
            raw.degree,
            raw.points[:0],
            raw.cells[:0],
            Labels(raw.facets.nodes[:0], raw.facets.values[:0], raw.facets.names),
            Labels(raw.regions.nodes[:0], raw.regions.values[:0], raw.regions.names),
        )
    shared: RawMesh = comm.bcast(empty, root=0)
    return shared if raw is None else raw


def _tagged(mesh: dmesh.Mesh, dim: int, labels: Labels) -> dmesh.MeshTags:
    """Return the mesh tags of named entities that are given in parts on all ranks; collective."""
    entities, values = distribute_entity_data(mesh, dim, labels.nodes, labels.values)
    mesh.topology.create_connectivity(dim, mesh.topology.dim)
    mesh.topology.create_connectivity(dim, 0)
    return dmesh.meshtags_from_entities(
        mesh, dim, graph.adjacencylist(entities), values.astype(np.int32, copy=False)
    )


def _exterior_only(mesh: dmesh.Mesh, tags: dmesh.MeshTags, title: str) -> dmesh.MeshTags:
    """Return the tags of owned exterior facets; raise an error on all ranks if one has no tag."""
    dim = mesh.topology.dim
    exterior = dmesh.exterior_facet_indices(mesh.topology)
    nameless = np.setdiff1d(exterior, tags.indices).astype(np.int32)
    number = mesh.comm.allreduce(len(nameless), op=MPI.SUM)
    if number > 0:
        corners = mesh.geometry.x[entity_nodes(mesh, dim - 1, nameless).ravel(), :dim]
        low, high = np.empty(dim), np.empty(dim)
        mesh.comm.Allreduce(corners.min(axis=0, initial=np.inf), low, op=MPI.MIN)
        mesh.comm.Allreduce(corners.max(axis=0, initial=-np.inf), high, op=MPI.MAX)
        extent = " x ".join(f"[{a:.6g}, {b:.6g}]" for a, b in zip(low, high, strict=True))
        raise MeshError(
            f"{title}: {number} exterior facets have no name; they lie within {extent} m",
            "name every side in a physical group; if these facets lie inside the cell, the mesh is "
            "split there: merge duplicate nodes (Coherence Mesh in gmsh)",
        )
    named = np.isin(tags.indices, exterior)
    return dmesh.meshtags(mesh, dim - 1, tags.indices[named], tags.values[named])
