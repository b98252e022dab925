"""The fluid of a cell alone, without its solid walls."""

from __future__ import annotations

from mpi4py import MPI

import numpy as np
import numpy.typing as npt

from femsoret._compat import coordinate_element, entity_nodes, geometry_dofmap
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
    )


def _fluid_part(cell: Cell) -> RawMesh:
    """Return this rank's part of the fluid; nodes of solids stay as nodes of no cell."""
    mesh, dim = cell.mesh, cell.dim
    nodes = mesh.geometry.index_map()

    def everywhere(local: npt.NDArray[np.int32]) -> npt.NDArray[np.int64]:
        """Return nodes in the numbering of all ranks."""
        flat = nodes.local_to_global(local.ravel().astype(np.int32))
        return np.asarray(flat, dtype=np.int64).reshape(local.shape)

    sides = {name: cell.sides[name] for name in cell.fluid_sides}
    kept = np.isin(cell.facets.values, list(sides.values()))
    facets = entity_nodes(mesh, dim - 1, cell.facets.indices[kept])
    per_facet = int(cell.comm.allreduce(facets.shape[1], op=MPI.MAX))
    cells = everywhere(geometry_dofmap(mesh)[cell.fluid_cells])
    return RawMesh(
        mesh.basix_cell().name,
        int(coordinate_element(mesh).degree),
        points=mesh.geometry.x[: nodes.size_local, :dim].copy(),
        cells=cells,
        facets=Labels(everywhere(facets.reshape(-1, per_facet)), cell.facets.values[kept], sides),
        regions=Labels(np.empty((0, cells.shape[1]), np.int64), np.empty(0, np.int32), {}),
    )
