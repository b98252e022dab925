"""Parts: the fluid and the solids of a cell, each as a mesh of its own that files hold.

Each rank's part has the mesh cells that the rank owns and no others: files of a mesh with ghosts
hold cells at the border between ranks twice. The fluid is apart from the solids because most fields
end at its walls, and readers have no word for that: a zero looks like a value, and what is not a
number spoils integrals and ends ParaView's stream tracer.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from dolfinx.mesh import Mesh

from femsoret.base.types import Indices
from femsoret.base.versions import submesh
from femsoret.cells import Cell
from femsoret.cells.geometry import owned_cells


@dataclass(frozen=True, eq=False)
class Part:
    """Some mesh cells of a cell, as a mesh.

    Args:
        mesh: The mesh, spread over the ranks as the cell's.
        cells: For each of its local mesh cells the one of the cell's mesh, shape (n,).
    """

    mesh: Mesh
    cells: Indices


def fluid_part(cell: Cell) -> Part:
    """Return the fluid of a cell; collective.

    Args:
        cell: The cell.
    """
    return Part(*submesh(cell.mesh, cell.fluid_cells))


def solid_part(cell: Cell) -> Part | None:
    """Return the solids of a cell together, or None where all is fluid; collective.

    Args:
        cell: The cell.
    """
    if not cell.walls.solids:
        return None
    return Part(*submesh(cell.mesh, np.setdiff1d(owned_cells(cell.mesh), cell.fluid_cells)))
