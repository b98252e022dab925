"""Round walls, which hold a fluid by their friction alone, or by the edges of a mesh."""

from __future__ import annotations

from collections.abc import Sequence

from mpi4py import MPI

import numpy as np
import scipy.linalg

from femsoret.base.types import Array
from femsoret.base.versions import coordinate_element
from femsoret.cells import measure
from femsoret.cells.cell import Cell

FREE = 1e-3
"""Value of :func:`least_crossing` below which walls count as round. A cylinder of second order has
8e-4 with two mesh cells across, 1.5e-5 with four; a cube has 0.2."""

FACES = 6
"""Directions that the facets of a side with plane faces have at most: those of a box."""


def least_crossing(cell: Cell, sides: Sequence[str], axis: Sequence[float]) -> float:
    """Return how little of a rigid motion need cross walls, in turning about a direction.

    Args:
        cell: A cell in 3D.
        sides: The walls.
        axis: Direction of the axis, shape (3,), length 1; it may lie anywhere.

    Returns:
        The least of (integral of (r.n)^2)/(integral of r^2) over the walls, r the motions that turn
        about such an axis or shift it; the same on all ranks.
    """
    along = np.asarray(axis, dtype=np.float64)
    across = scipy.linalg.null_space(along[None, :]).T
    scale = cell.diameter()
    crossing, moving = np.zeros((3, 3)), np.zeros((3, 3))
    for side in sides:
        for n, da, x in measure.facet_quadrature(cell.mesh, *cell.attached(side)):
            turning = np.cross(along, x / scale)
            motions = np.stack([*(np.broadcast_to(a, x.shape) for a in across), turning])
            through = np.einsum("mfqi,fqi->mfq", motions, n)
            crossing += np.einsum("mfq,kfq,fq->mk", through, through, da)
            moving += np.einsum("mfqi,kfqi,fq->mk", motions, motions, da)
    total = cell.comm.allreduce(np.stack([crossing, moving]), op=MPI.SUM)
    return float(scipy.linalg.eigh(*total, eigvals_only=True)[0])


def is_polygon(cell: Cell, side: str) -> bool:
    """Return whether a side bends at the edges of straight facets only, and at many; collective.

    Args:
        cell: The cell.
        side: Name of the side.
    """
    if coordinate_element(cell.mesh).degree > 1 or cell.is_flat(side):
        return False
    normals: list[Array] = [np.empty((0, cell.dim))]
    for n, _, _ in measure.facet_quadrature(cell.mesh, *cell.attached(side)):
        normals.append(n[:, 0])
    everywhere = np.concatenate(cell.comm.allgather(np.concatenate(normals)))
    return len(np.unique(np.round(everywhere, 6), axis=0)) > FACES
