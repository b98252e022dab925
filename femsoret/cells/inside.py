"""Which degrees of freedom of a space belong to the fluid, and which to solids alone."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from dolfinx import fem, la

from femsoret._compat import add_ghosts
from femsoret.cells.cell import Cell


def outside_fluid(cell: Cell, V: fem.FunctionSpace) -> npt.NDArray[np.int32]:
    """Return the local (blocked) dofs of a space that no mesh cell of fluid has; collective.

    Args:
        cell: The cell.
        V: A space on its mesh.

    Returns:
        Local indices, ghosts included; empty where nothing is solid.
    """
    if not cell.walls.solids:
        return np.empty(0, dtype=np.int32)
    dofmap: Any = V.dofmap
    touched = la.vector(dofmap.index_map)
    touched.array[np.unique(dofmap.list[cell.fluid_cells])] = 1.0
    add_ghosts(touched)
    touched.scatter_forward()
    return np.flatnonzero(touched.array < 0.5).astype(np.int32)
