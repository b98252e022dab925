"""An assembled system on one rank: its matrices, and the functional rows in their places."""

from __future__ import annotations

from typing import Any

from petsc4py import PETSc

import numpy as np
import scipy.sparse as sp

from femsoret.solve.assembly import BlockSystem
from femsoret.solve.complex_lu import Row


def gathered(A: PETSc.Mat) -> Any:
    """Return a matrix as SciPy's on rank 0, None elsewhere; collective.

    Args:
        A: The matrix.
    """
    starts, columns, entries = A.getValuesCSR()
    part = sp.csr_matrix((entries, columns, starts), shape=(len(starts) - 1, A.getSize()[1]))
    parts = A.comm.tompi4py().gather(part, root=0)
    return None if parts is None else sp.vstack(parts, format="csr")


def pinned(system: BlockSystem) -> tuple[Row, ...]:
    """Return the functional rows on rank 0, with empty weights elsewhere; collective.

    Args:
        system: The assembled problem.
    """
    rows = []
    for constraint in system.constraints:
        parts = system.comm.gather(constraint.weights.array_r.copy(), root=0)
        rows.append(Row(constraint.row, np.concatenate(parts or [np.zeros(0)])))
    return tuple(rows)
