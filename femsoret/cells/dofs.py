"""Degrees of freedom of function spaces in some mesh cells of a cell."""

from __future__ import annotations

import numpy as np
from dolfinx import fem, la

from femsoret.base.types import Array, Indices
from femsoret.base.versions import add_ghosts
from femsoret.cells.cell import Cell


def dofs_in(V: fem.FunctionSpace, cells: Indices) -> Indices:
    """Return the local (blocked) dofs of a space in some mesh cells; collective.

    Args:
        V: The function space.
        cells: Local indices of mesh cells that this rank owns.

    Returns:
        Local indices of dofs in mesh cells of any rank, ghosts included, shape (n,).
    """
    return np.flatnonzero(_touched(V, cells) > 0.5).astype(np.int32)


def outside_fluid(cell: Cell, V: fem.FunctionSpace) -> Indices:
    """Return the local (blocked) dofs of a space that lie outside the fluid; collective.

    Dofs of mesh cells of fluid, including those on the interfaces, are left out.

    Args:
        cell: The cell.
        V: A function space on its mesh.

    Returns:
        Local indices, ghosts included, shape (n,); empty if the cell has no solids.
    """
    if not cell.walls.solids:
        return np.empty(0, dtype=np.int32)
    return np.flatnonzero(_touched(V, cell.fluid_cells) < 0.5).astype(np.int32)


def _touched(V: fem.FunctionSpace, cells: Indices) -> Array:
    """Return at least 1 for each local dof, ghosts included, in some mesh cells, 0 for others."""
    dofmap = V.dofmap
    touched = la.vector(dofmap.index_map)
    touched.array[np.unique(dofmap.list[cells])] = 1.0
    add_ghosts(touched)
    touched.scatter_forward()
    return np.asarray(touched.array)
