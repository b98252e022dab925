"""Values of a function of the coordinates along a side."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from mpi4py import MPI

import numpy as np

from femsoret.base.types import Array
from femsoret.cells.cell import Cell
from femsoret.cells.geometry import facet_quadrature


@dataclass(frozen=True)
class Along:
    """A function of the coordinates on a side, at the points of a quadrature rule.

    Args:
        lowest: Lowest value; minus infinity if the function is not finite at a point.
        mean: Mean over the area (length in 2D); nan if the function is not finite at a point.
        highest: Highest value; infinity if the function is not finite at a point.
    """

    lowest: float
    mean: float
    highest: float

    @property
    def spread(self) -> float:
        """Highest less lowest value."""
        return self.highest - self.lowest


def along(cell: Cell, side: str, f: Callable[[Array], Array]) -> Along:
    """Return lowest, mean and highest value of a function on a side; collective.

    Args:
        cell: The cell.
        side: Name of the side.
        f: Function of positions x of shape (3, n), m, with values of shape (n,).
    """
    lowest, highest, total, area = np.inf, -np.inf, 0.0, 0.0
    for _, drawn, x in facet_quadrature(cell.mesh, *cell.attached(side)):
        da = drawn * cell.coordinates.weight(np.moveaxis(x, -1, 0))
        points = np.zeros((3, da.size))
        points[: cell.dim] = x.reshape(-1, cell.dim).T
        values = f(points)
        if not np.isfinite(values).all():
            lowest, highest = -np.inf, np.inf
        elif values.size:
            lowest, highest = min(lowest, float(values.min())), max(highest, float(values.max()))
            total, area = total + float(da.ravel() @ values), area + float(da.sum())
    comm = cell.comm
    lowest = comm.allreduce(lowest, op=MPI.MIN)
    highest = comm.allreduce(highest, op=MPI.MAX)
    total, area = comm.allreduce(total), comm.allreduce(area)
    return Along(lowest, total / area if np.isfinite(highest) else np.nan, highest)
