"""Readings: where an experiment reads temperature and composition.

T and c are read at the same places. A wall reading is the mean over the wall, a line reading the
mean along a straight segment, as a light beam averages.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from mpi4py import MPI

import numpy as np
from dolfinx import fem, geometry

from femsoret.errors import ConditionError
from femsoret.problem import Problem


class Reading(Protocol):
    """A linear functional of a field."""

    def of(self, problem: Problem, block: str) -> float:
        """Return the reading of a scalar block (a deviation from the reference state)."""


@dataclass(frozen=True)
class WallMean:
    """The mean over a side.

    Args:
        side: Name of the side.
    """

    side: str

    def of(self, problem: Problem, block: str) -> float:
        """Return the mean of a block over the side."""
        ds = problem.ds((self.side,))
        total = fem.assemble_scalar(fem.form(problem.function(block) * ds))
        return float(problem.cell.comm.allreduce(total)) / problem.cell.area(self.side)


@dataclass(frozen=True)
class Point:
    """The value at a point.

    Args:
        x: Coordinates, m.
    """

    x: tuple[float, ...]

    def of(self, problem: Problem, block: str) -> float:
        """Return the value of a block at the point."""
        return float(values_at(problem.function(block), [self.x])[0, 0])


@dataclass(frozen=True)
class LineMean:
    """The mean along a straight segment.

    Args:
        start: One end, m.
        end: The other end, m.
        points: Gauss-Legendre points along it.
    """

    start: tuple[float, ...]
    end: tuple[float, ...]
    points: int = 200

    def of(self, problem: Problem, block: str) -> float:
        """Return the mean of a block along the segment."""
        nodes, weights = np.polynomial.legendre.leggauss(self.points)
        a, b = np.asarray(self.start), np.asarray(self.end)
        x = a + 0.5 * (nodes[:, None] + 1) * (b - a)
        return float(0.5 * weights @ values_at(problem.function(block), x)[:, 0])


def values_at(function: fem.Function, points: Sequence[Any] | Any) -> Any:
    """Return a function's values at points, the same on all ranks.

    Args:
        function: The function.
        points: Coordinates, shape (n, 2) or (n, 3), m.

    Returns:
        Array of shape (n, components).

    Raises:
        ConditionError: A point lies outside the mesh.
    """
    mesh = function.function_space.mesh
    given = np.atleast_2d(np.asarray(points, dtype=float))
    x = np.zeros((len(given), 3))
    x[:, : given.shape[1]] = given
    # A point on the surface of a partition or of the cell may miss it by round-off.
    padding = 1e-9 * float(np.max(np.ptp(mesh.geometry.x, axis=0), initial=0.0))
    tree = geometry.bb_tree(mesh, mesh.topology.dim, padding=padding)
    candidates = geometry.compute_collisions_points(tree, x)
    colliding = geometry.compute_colliding_cells(mesh, candidates, x)
    found = np.array([i for i in range(len(x)) if len(colliding.links(i))], dtype=np.int32)
    cells = np.array([colliding.links(i)[0] for i in found], dtype=np.int32)
    width = int(np.prod(function.ufl_shape, dtype=int))
    owner = np.full(len(x), mesh.comm.size, dtype=np.int64)
    owner[found] = mesh.comm.rank
    mesh.comm.Allreduce(MPI.IN_PLACE, owner, op=MPI.MIN)
    if np.any(owner == mesh.comm.size):
        outside = x[int(np.argmax(owner == mesh.comm.size))]
        raise ConditionError(
            f"the point ({', '.join(f'{v:.6g}' for v in outside)}) lies outside the cell",
            "give points in the units and the frame of the mesh, walls included",
        )
    values = np.zeros((len(x), width))
    if len(found):
        evaluated = np.asarray(function.eval(x[found], cells)).reshape(len(found), width)
        mine = owner[found] == mesh.comm.rank
        values[found[mine]] = evaluated[mine]
    mesh.comm.Allreduce(MPI.IN_PLACE, values, op=MPI.SUM)
    return values
