"""Connected parts of a mesh, such as chambers of the fluid separated by solids.

Mesh cells that share a facet belong to the same part. Pressure, potentials and the composition of a
closed chamber are determined by their equations only up to one constant per part.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from mpi4py import MPI

import numpy as np
from dolfinx import la
from dolfinx.mesh import Mesh, MeshTags
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from femsoret.base.errors import MeshError
from femsoret.base.types import Flags, GlobalIndices, Indices
from femsoret.base.versions import geometry_dofmap

NONE = -1
"""Part number of mesh cells that do not belong to any part."""

_ALIKE = 1e-6  # relative to the size of the mesh: positions of parts that differ less are equal

_WITHOUT_NAME = "fluid"


@dataclass(frozen=True, eq=False)
class Parts:
    """The connected parts of the fluid, numbered in the order of their positions.

    Args:
        names: Name of each part: that of its regions, followed by a number if several parts would
            have the same name.
        of_cell: Number of the part of each local mesh cell, ghosts included, shape (local cells,);
            -1 in solids.
    """

    names: tuple[str, ...]
    of_cell: GlobalIndices

    def __len__(self) -> int:
        return len(self.names)


def parts_of(
    mesh: Mesh, fluid: Flags, regions: MeshTags | None, region_names: Mapping[str, int]
) -> Parts:
    """Return the connected parts of the fluid; collective.

    Args:
        mesh: The mesh.
        fluid: Whether each local mesh cell, ghosts included, is fluid, shape (local cells,).
        regions: Mesh cells tagged by region, or None.
        region_names: Name -> tag of each region.

    Raises:
        MeshError: Two parts touch only in a point or, in 3D, along an edge.
    """
    number, found = components(mesh, fluid)
    if number > 1:
        _check_apart(mesh, found)
        found = _in_order(mesh, found, number)
    return Parts(_names(mesh, found, number, regions, region_names), found)


def components(mesh: Mesh, among: Flags) -> tuple[int, GlobalIndices]:
    """Return the number of connected parts of some mesh cells, and the part of each; collective.

    Args:
        mesh: The mesh.
        among: Whether to include each local mesh cell, ghosts included, shape (local cells,).

    Returns:
        Number of parts; number of the part of each local mesh cell, ghosts included, shape (local
        cells,), or -1 for cells that are not included.
    """
    dim, comm = mesh.topology.dim, mesh.comm
    index_map = mesh.topology.index_map(dim)
    counted = np.flatnonzero(among[: index_map.size_local])
    facets = _entities(mesh, dim - 1, counted)
    number, label = _linked(np.repeat(np.arange(len(counted)), facets.shape[1]), facets.ravel())
    label = label[: len(counted)]
    # Ranks share facets. A shared facet has one counted cell on each rank, as one at a wall has.
    facet, first, times = np.unique(facets, return_index=True, return_counts=True)
    border, first = facet[times == 1].astype(np.int32), first[times == 1]
    here = label[first // max(facets.shape[1], 1)]
    before = comm.exscan(number) or 0
    total = comm.allreduce(number)
    ids = mesh.topology.index_map(dim - 1).local_to_global(border)
    pairs = np.concatenate(comm.allgather(np.column_stack([here + before, ids])))
    _, shared = np.unique(pairs[:, 1], return_inverse=True)
    count, merged = _linked(pairs[:, 0], shared, total)
    found = la.vector(index_map)
    found.array[:] = NONE
    found.array[counted] = merged[label + before]
    found.scatter_forward()
    return count, np.rint(found.array).astype(np.int64)


def _entities(mesh: Mesh, dim: int, cells: GlobalIndices) -> GlobalIndices:
    """Return the entities of mesh cells, shape (cells, entities per cell)."""
    mesh.topology.create_entities(dim)
    mesh.topology.create_connectivity(mesh.topology.dim, dim)
    table = mesh.topology.connectivity(mesh.topology.dim, dim)
    width = int(np.diff(table.offsets[:2])[0]) if len(table.offsets) > 1 else 1
    return np.asarray(table.array.reshape(-1, width)[cells], dtype=np.int64)


def _linked(
    things: GlobalIndices, by: GlobalIndices, number: int | None = None
) -> tuple[int, Indices]:
    """Return the number of connected groups of cells, and the group of each cell.

    Args:
        things: Cell of each pair of a cell and a link, shape (pairs,).
        by: Link of each pair, shape (pairs,); cells with the same link belong to the same group.
        number: Number of cells; if None, one more than the largest of `things`.
    """
    size = int(things.max(initial=-1)) + 1 if number is None else number
    links = int(by.max(initial=-1)) + 1
    graph = coo_array(
        (np.ones(len(things), dtype=np.int8), (things, size + by)),
        shape=(size + links, size + links),
    )
    _, label = connected_components(graph, directed=False)
    kept, of_thing = np.unique(label[:size], return_inverse=True)
    return len(kept), of_thing.astype(np.int32)


def _check_apart(mesh: Mesh, found: GlobalIndices) -> None:
    """Raise an error if two parts share nodes but no facet: the nodes would belong to both."""
    comm, owned = mesh.comm, mesh.topology.index_map(mesh.topology.dim).size_local
    cells = np.flatnonzero(found[:owned] != NONE)
    nodes = geometry_dofmap(mesh)[cells]
    part = np.repeat(found[cells], nodes.shape[1])
    ids = mesh.geometry.index_map().local_to_global(nodes.ravel().astype(np.int32))
    here = np.unique(np.column_stack([ids, part]), axis=0)
    everywhere = np.unique(np.concatenate(comm.allgather(here)), axis=0)
    twice = everywhere[1:, 0][np.diff(everywhere[:, 0]) == 0]
    if len(twice):
        places = np.flatnonzero(ids == twice[0])
        mine = mesh.geometry.x[nodes.ravel()[places[0]]] if len(places) else None
        x = next(place for place in comm.allgather(mine) if place is not None)
        at = ", ".join(f"{v:.6g}" for v in x[: mesh.geometry.dim])
        raise MeshError(
            f"two parts of the fluid touch only in a point or along an edge, at ({at}) m",
            "join the two parts by common facets there, or separate them by a solid",
        )


def _in_order(mesh: Mesh, found: GlobalIndices, number: int) -> GlobalIndices:
    """Return the part of each mesh cell, with parts renumbered in the order of bounding boxes."""
    low, high = np.full((2, number, 3), np.inf)
    for part in range(number):
        x = mesh.geometry.x[np.unique(geometry_dofmap(mesh)[found == part])]
        low[part], high[part] = x.min(axis=0, initial=np.inf), -x.max(axis=0, initial=-np.inf)
    mesh.comm.Allreduce(MPI.IN_PLACE, low, op=MPI.MIN)
    mesh.comm.Allreduce(MPI.IN_PLACE, high, op=MPI.MIN)
    high = -high
    size = float(np.max(high.max(axis=0) - low.min(axis=0)))
    centre = 0.5 * (low + high) - low.min(axis=0)
    keys = np.rint(np.hstack([centre, high - low]) / (_ALIKE * size))
    rank = np.empty(number + 1, dtype=np.int64)
    rank[np.lexsort(keys.T[::-1])] = np.arange(number)
    rank[NONE] = NONE
    return rank[found]


def _names(
    mesh: Mesh,
    found: GlobalIndices,
    number: int,
    regions: MeshTags | None,
    region_names: Mapping[str, int],
) -> tuple[str, ...]:
    """Return a unique name of each part."""
    inside = np.zeros((number, len(region_names)), dtype=bool)
    for i, tag in enumerate(region_names.values()):
        there = found[regions.find(tag)] if regions is not None else np.empty(0, np.int64)
        inside[np.unique(there[there != NONE]), i] = True
    mesh.comm.Allreduce(MPI.IN_PLACE, inside, op=MPI.LOR)
    bases = [
        " + ".join(name for name, there in zip(region_names, row, strict=True) if there)
        or _WITHOUT_NAME
        for row in inside
    ]
    return tuple(
        base if bases.count(base) == 1 else f"{base} {bases[: i + 1].count(base)}"
        for i, base in enumerate(bases)
    )
