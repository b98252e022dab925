"""Cells derived from other cells: the Alfeld split of a mesh, and the fluid without solid walls."""

from __future__ import annotations

from mpi4py import MPI

import numpy as np
from dolfinx import la

from femsoret.base.errors import MeshError
from femsoret.base.types import GlobalIndices, Indices
from femsoret.base.versions import add_ghosts, coordinate_element, entity_nodes, geometry_dofmap
from femsoret.cells.cell import Cell
from femsoret.cells.distribute import Labels, RawMesh, from_parts

_SIMPLICES = ("triangle", "tetrahedron")


def alfeld_split(cell: Cell) -> Cell:
    """Return the Alfeld (barycentric) split of a cell; collective.

    Each rank splits its own mesh cells; the new mesh cells are then distributed again. Sides and
    regions keep their names and tags.

    Args:
        cell: A cell whose mesh consists of straight triangles or tetrahedra.

    Raises:
        MeshError: The mesh consists of other mesh cells.
    """
    kind = cell.mesh.basix_cell().name
    if kind not in _SIMPLICES or coordinate_element(cell.mesh).degree != 1:
        shape = kind if kind not in _SIMPLICES else f"curved {kind}"
        raise MeshError(
            f"the cell {cell.title!r} has no Alfeld split: its mesh cells are of the shape "
            f"{shape!r}",
            "use straight triangles or tetrahedra: the shape 'triangle' or 'tetrahedron' and a "
            "geometry of first order",
        )
    remake = cell.remake
    return from_parts(
        cell.comm,
        _split(cell, kind),
        title=f"{cell.title}, Alfeld split",
        remake=None if remake is None else lambda ratio: alfeld_split(remake(ratio)),
        alfeld=True,
        solids=cell.walls.solids,
        coordinates=cell.coordinates,
    )


def _split(cell: Cell, kind: str) -> RawMesh:
    """Return this rank's part of the split: its own nodes, followed by the barycentres."""
    mesh, dim = cell.mesh, cell.dim
    nodes, cells = mesh.geometry.index_map(), mesh.topology.index_map(dim)
    number_of = np.array(cell.comm.allgather((nodes.size_local, cells.size_local)))
    cells_before = np.concatenate([[0], np.cumsum(number_of[:, 1])])
    last_node = np.cumsum(number_of[:, 0])

    def renumbered(local: Indices) -> GlobalIndices:
        """Return global node numbers that count each rank's barycentres after its nodes."""
        old = nodes.local_to_global(local.ravel().astype(np.int32))
        owner = np.searchsorted(last_node, old, side="right")
        return np.asarray(old + cells_before[owner]).reshape(local.shape)

    corners = geometry_dofmap(mesh)[: cells.size_local]
    at = mesh.geometry.x[:, :dim]
    first_barycentre = last_node[cell.comm.rank] + cells_before[cell.comm.rank]
    # Part i of a cell has the barycentre in place of corner i, hence the orientation of the cell.
    parts = np.repeat(renumbered(corners)[:, None, :], dim + 1, axis=1)
    i = np.arange(dim + 1)
    parts[:, i, i] = first_barycentre + np.arange(cells.size_local)[:, None]

    facets = entity_nodes(mesh, dim - 1, cell.facets.indices).reshape(-1, dim)
    regions = Labels(np.empty((0, dim + 1), np.int64), np.empty(0, np.int32), {})
    if cell.regions is not None:
        own = cell.regions.indices < cells.size_local
        split = parts[cell.regions.indices[own]]
        values = np.repeat(cell.regions.values[own], dim + 1)
        regions = Labels(split.reshape(-1, dim + 1), values, cell.region_names)
    return RawMesh(
        kind,
        1,
        points=np.concatenate([at[: nodes.size_local], at[corners].mean(axis=1)]),
        cells=parts.reshape(-1, dim + 1),
        facets=Labels(renumbered(facets), cell.facets.values, cell.sides),
        regions=regions,
    )


# -- the fluid alone -------------------------------------------------------------------------------


def fluid_alone(cell: Cell) -> Cell:
    """Return the fluid of a cell without its solids; collective.

    The walls of the fluid keep their names. The mesh of the fluid is unchanged, but distributed
    over the ranks again.

    Args:
        cell: A cell; a cell without solids is returned unchanged.
    """
    if not cell.walls.solids:
        return cell
    remake = cell.remake
    return from_parts(
        cell.comm,
        _fluid_part(cell),
        title=f"{cell.title}, the fluid alone",
        remake=None if remake is None else lambda ratio: fluid_alone(remake(ratio)),
        alfeld=cell.alfeld,
        coordinates=cell.coordinates,
    )


def _fluid_part(cell: Cell) -> RawMesh:
    """Return this rank's part of the mesh of the fluid."""
    mesh, dim = cell.mesh, cell.dim
    used, number = _numbered(cell)
    sides = {name: cell.sides[name] for name in cell.fluid_sides}
    kept = np.isin(cell.facets.values, list(sides.values()))
    facets = entity_nodes(mesh, dim - 1, cell.facets.indices[kept])
    per_facet = int(cell.comm.allreduce(facets.shape[1], op=MPI.MAX))
    cells = number[geometry_dofmap(mesh)[cell.fluid_cells]]
    return RawMesh(
        mesh.basix_cell().name,
        int(coordinate_element(mesh).degree),
        points=mesh.geometry.x[used, :dim].copy(),
        cells=cells,
        facets=Labels(number[facets.reshape(-1, per_facet)], cell.facets.values[kept], sides),
        regions=_regions(cell, cells),
    )


def _regions(cell: Cell, nodes: GlobalIndices) -> Labels:
    """Return the regions of the fluid, given the nodes of its owned mesh cells."""
    names = {name: tag for name, tag in cell.region_names.items() if name not in cell.walls.solids}
    if cell.regions is None or not names:
        return Labels(nodes[:0], np.empty(0, np.int32), {})
    tag = np.zeros(len(cell.is_fluid), dtype=np.int32)
    tag[cell.regions.indices] = cell.regions.values
    of = tag[cell.fluid_cells]
    named = np.isin(of, list(names.values()))
    return Labels(nodes[named], of[named], names)


def _numbered(cell: Cell) -> tuple[GlobalIndices, GlobalIndices]:
    """Return the owned nodes of the fluid, and the number in the fluid of each local node."""
    nodes = cell.mesh.geometry.index_map()
    touched = la.vector(nodes)
    touched.array[np.unique(geometry_dofmap(cell.mesh)[cell.fluid_cells])] = 1.0
    add_ghosts(touched)
    used = np.flatnonzero(touched.array[: nodes.size_local] > 0.0)
    before = sum(cell.comm.allgather(len(used))[: cell.comm.rank])
    number = la.vector(nodes)
    number.array[used] = before + np.arange(len(used))
    number.scatter_forward()
    return used, number.array.astype(np.int64)
