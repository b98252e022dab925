"""From a mesh as arrays, whole on rank 0 or in parts on all ranks, to a Cell."""

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
    """Entities of one dimension that have a name.

    Attributes:
        nodes: Nodes of each entity in the order of DOLFINx, shape (entities, nodes).
        values: Tag of each entity.
        names: Name and tag, tags >= 1.
    """

    nodes: GlobalIndices
    values: Indices
    names: Mapping[str, int]


@dataclass(frozen=True)
class RawMesh:
    """A mesh as arrays.

    Attributes:
        kind: Cell type in the words of Basix.
        degree: Degree of the geometry, 1 or 2.
        points: Nodes, m, shape (nodes, dim).
        cells: Nodes of each cell in the order of DOLFINx.
        facets: Facets that have a name, interior ones among them.
        regions: Cells that have a name.
        lines: Named lines, and in 3D surfaces, none of whose facets is exterior.
    """

    kind: str
    degree: int
    points: Array
    cells: GlobalIndices
    facets: Labels
    regions: Labels
    lines: Mapping[str, NamedLine] = field(default_factory=dict)


def on_root(comm: MPI.Comm, what: str, work: Callable[[], T]) -> T | None:
    """Return the result of `work` on rank 0 and None elsewhere; raise its error on all ranks.

    Args:
        comm: Communicator.
        what: What is done, for the message of an error of another library.
        work: Called on rank 0 only, so it may not communicate.
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
    """Spread a mesh over the ranks, check it, and name its sides.

    Args:
        comm: Communicator.
        raw: The mesh on rank 0, None elsewhere.
        title: Title of the cell.
        remake: Makes the cell at another resolution.
        coarsen: Makes about the same cell at a lower one.
        coordinates: Cartesian or axisymmetric.
        solids: Names of the regions that are solid.

    Raises:
        MeshError: Cells are flat or folded, or exterior facets have no name.
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
    """Spread a mesh whose ranks know parts of it, check it, and name its sides.

    Args:
        comm: Communicator.
        raw: This rank's part; nodes count through the points of all ranks, in their order. Names
            and tags are the same on all ranks.
        title: Title of the cell.
        remake: Makes the cell at another resolution.
        coarsen: Makes about the same cell at a lower one.
        alfeld: Whether the mesh is an Alfeld split.
        coordinates: Cartesian or axisymmetric.
        solids: Names of the regions that are solid.

    Raises:
        MeshError: Cells are flat or folded, or exterior facets have no name.
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
    """Return the mesh on rank 0, and elsewhere one of the same kind without nodes and cells."""
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
    """Return mesh tags of named entities, some of which each rank has."""
    entities, values = distribute_entity_data(mesh, dim, labels.nodes, labels.values)
    mesh.topology.create_connectivity(dim, mesh.topology.dim)
    mesh.topology.create_connectivity(dim, 0)
    return dmesh.meshtags_from_entities(
        mesh, dim, graph.adjacencylist(entities), values.astype(np.int32, copy=False)
    )


def _exterior_only(mesh: dmesh.Mesh, tags: dmesh.MeshTags, title: str) -> dmesh.MeshTags:
    """Return the tags of owned exterior facets; raise on all ranks if a facet has none."""
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
            "name every side in a physical group; if they lie inside the cell, the mesh is cut "
            "there: merge double nodes (Coherence Mesh in gmsh)",
        )
    named = np.isin(tags.indices, exterior)
    return dmesh.meshtags(mesh, dim - 1, tags.indices[named], tags.values[named])
