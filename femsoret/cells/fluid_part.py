"""The fluid of a cell alone, without its solid walls."""

from __future__ import annotations

from mpi4py import MPI

import numpy as np
from dolfinx import la

from femsoret.base.types import GlobalIndices
from femsoret.base.versions import add_ghosts, coordinate_element, entity_nodes, geometry_dofmap
from femsoret.cells.cell import Cell
from femsoret.cells.distribute import Labels, RawMesh, from_parts


def fluid_alone(cell: Cell) -> Cell:
    """Return the fluid of a cell, its walls under their names; collective.

    The mesh of the fluid is the same; it is spread over the ranks afresh.

    Args:
        cell: A cell; without solids it is returned as it is.
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
    """Return this rank's part of the fluid."""
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
    """Return the regions of the fluid: they name its parts.

    Args:
        cell: The cell.
        nodes: Nodes of each of its owned mesh cells of fluid.
    """
    names = {name: tag for name, tag in cell.region_names.items() if name not in cell.walls.solids}
    if cell.regions is None or not names:
        return Labels(nodes[:0], np.empty(0, np.int32), {})
    tag = np.zeros(len(cell.is_fluid), dtype=np.int32)
    tag[cell.regions.indices] = cell.regions.values
    of = tag[cell.fluid_cells]
    named = np.isin(of, list(names.values()))
    return Labels(nodes[named], of[named], names)


def _numbered(cell: Cell) -> tuple[GlobalIndices, GlobalIndices]:
    """Return the owned nodes of the fluid, and for each local node its number among all of them."""
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
