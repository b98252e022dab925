"""Which degrees of freedom of a space belong to some mesh cells, and which to solids alone."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from dolfinx import fem, la

from femsoret.base.types import Array, Indices
from femsoret.base.versions import add_ghosts
from femsoret.cells.cell import Cell


def dofs_in(V: fem.FunctionSpace, cells: npt.NDArray[Any]) -> Indices:
    """Return the local (blocked) dofs of a space that mesh cells have; collective.

    Args:
        V: The space.
        cells: Mesh cells that this rank owns.

    Returns:
        Local indices, ghosts included.
    """
    return np.flatnonzero(_touched(V, cells) > 0.5).astype(np.int32)


def outside_fluid(cell: Cell, V: fem.FunctionSpace) -> Indices:
    """Return the local (blocked) dofs of a space that no mesh cell of fluid has; collective.

    Args:
        cell: The cell.
        V: A space on its mesh.

    Returns:
        Local indices, ghosts included; empty where nothing is solid.
    """
    if not cell.walls.solids:
        return np.empty(0, dtype=np.int32)
    return np.flatnonzero(_touched(V, cell.fluid_cells) < 0.5).astype(np.int32)


def _touched(V: fem.FunctionSpace, cells: npt.NDArray[Any]) -> Array:
    """Return for each local dof, ghosts included, 1 or more where one of the mesh cells has it."""
    dofmap: Any = V.dofmap
    touched = la.vector(dofmap.index_map)
    touched.array[np.unique(dofmap.list[cells])] = 1.0
    add_ghosts(touched)
    touched.scatter_forward()
    return np.asarray(touched.array)
