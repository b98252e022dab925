"""Shapes of the sides of a cell: whether they are round, and whether facets approximate a curve.

A rotation of the fluid about an axis is stopped by walls of revolution about that axis only by
friction, or by the edges of their facets.
"""

from __future__ import annotations

from collections.abc import Sequence

from mpi4py import MPI

import numpy as np
import scipy.linalg

from femsoret.base.types import Array
from femsoret.base.versions import coordinate_element
from femsoret.cells.cell import Cell
from femsoret.cells.geometry import facet_quadrature

FREE = 1e-3
"""Value of :func:`least_crossing` below which walls count as round. For a cylinder of second order
it is 8e-4 with two mesh cells across and 1.5e-5 with four; for a cube it is 0.2."""

FACES = 6
"""Largest number of normals of a side that consists of plane faces: that of a box."""


def least_crossing(cell: Cell, sides: Sequence[str], axis: Sequence[float]) -> float:
    """Return the least normal motion through walls of a rigid rotation about a direction.

    It is 0 for walls of revolution about such an axis. Collective.

    Args:
        cell: A 3D cell.
        sides: Names of the walls.
        axis: Direction of the axis of rotation, a unit vector, shape (3,); the axis may lie
            anywhere.

    Returns:
        The minimum of (integral of (r.n)^2)/(integral of r^2) over the walls, where r is any rigid
        motion composed of a rotation about the direction and translations normal to it;
        dimensionless, the same on all ranks.
    """
    along = np.asarray(axis, dtype=np.float64)
    across = scipy.linalg.null_space(along[None, :]).T
    scale = cell.diameter()
    crossing, moving = np.zeros((3, 3)), np.zeros((3, 3))
    for side in sides:
        for n, da, x in facet_quadrature(cell.mesh, *cell.attached(side)):
            turning = np.cross(along, x / scale)
            motions = np.stack([*(np.broadcast_to(a, x.shape) for a in across), turning])
            through = np.einsum("mfqi,fqi->mfq", motions, n)
            crossing += np.einsum("mfq,kfq,fq->mk", through, through, da)
            moving += np.einsum("mfqi,kfqi,fq->mk", motions, motions, da)
    total = cell.comm.allreduce(np.stack([crossing, moving]), op=MPI.SUM)
    return float(scipy.linalg.eigh(*total, eigvals_only=True)[0])


def is_polygon(cell: Cell, side: str) -> bool:
    """Return whether a side approximates a curved wall by many straight facets; collective."""
    if coordinate_element(cell.mesh).degree > 1 or cell.is_flat(side):
        return False
    normals: list[Array] = [np.empty((0, cell.dim))]
    for n, _, _ in facet_quadrature(cell.mesh, *cell.attached(side)):
        normals.append(n[:, 0])
    everywhere = np.concatenate(cell.comm.allgather(np.concatenate(normals)))
    return len(np.unique(np.round(everywhere, 6), axis=0)) > FACES
