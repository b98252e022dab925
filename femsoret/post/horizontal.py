"""Horizontal means: a field as a function of the height alone, on any mesh, at any tilt.

The mean is the best cubic spline in z = up.x, by least squares over the quadrature points of all
ranks. A straight line is fitted first, so that linear profiles are exact to round-off; the spline
takes the rest. A faint penalty on its third derivative (P-splines: P. H. C. Eilers, B. D. Marx,
Statist. Sci. 11 (1996) 89) bridges heights between which the mesh has no points, as where its
layers are level; it bends nothing that the points determine.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from mpi4py import MPI

import basix
import numpy as np
import ufl
from dolfinx import fem
from scipy.interpolate import BSpline
from scipy.linalg import solve
from scipy.sparse import csr_matrix, diags

from femsoret.cells.measure import owned_cells
from femsoret.problem import Problem

INTERVALS = 128
PENALTY = 1e-6
"""Weight of the penalty beside the data for waves of a few intervals; it falls with the sixth power
of their length."""

_CUBIC = 3
_KNOTS = np.concatenate([np.zeros(_CUBIC), np.linspace(0.0, 1.0, INTERVALS + 1), np.ones(_CUBIC)])


@dataclass(frozen=True, eq=False)
class Heights:
    """Heights in a cell as numbers from 0 at the lowest to 1 at the highest node.

    Args:
        up: Unit vector, one number a dimension.
        lowest: Height of the lowest node, m.
        extent: Height of the highest node above it, m.
    """

    up: Any
    lowest: float
    extent: float

    @classmethod
    def of(cls, problem: Problem) -> Heights:
        """Return the heights of a problem's cell; collective."""
        up = np.array(problem.mixture.gravity.up, dtype=float)
        z = problem.cell.mesh.geometry.x[:, : len(up)] @ up
        comm = problem.cell.comm
        lowest = comm.allreduce(float(z.min(initial=np.inf)), op=MPI.MIN)
        highest = comm.allreduce(float(z.max(initial=-np.inf)), op=MPI.MAX)
        return cls(up, lowest, highest - lowest)

    def __call__(self, x: Any) -> Any:
        """Return the heights of points of shape (2 or 3, n)."""
        z = self.up @ x[: len(self.up)]
        return np.clip((z - self.lowest) / self.extent, 0.0, 1.0)


@dataclass(frozen=True, eq=False)
class Profile:
    """A function of the height: a straight line and a spline.

    Args:
        heights: The heights.
        line: Value at half height, and gain from the lowest to the highest point.
        rest: What the line leaves over.
    """

    heights: Heights
    line: Any
    rest: BSpline

    def __call__(self, x: Any) -> Any:
        """Return the values at points of shape (3, n), as interpolation asks for them."""
        z = self.heights(x)
        return _straight(z) @ self.line + self.rest(z)


def horizontal_means(problem: Problem, blocks: Sequence[str]) -> dict[str, Profile]:
    """Return the horizontal means of scalar blocks, the same on all ranks; collective.

    Args:
        problem: A problem whose state is looked at.
        blocks: Names of scalar blocks.
    """
    heights = Heights.of(problem)
    x, weights, values = _at_points(problem, blocks)
    z = heights(x)
    straight, splines = csr_matrix(_straight(z)), BSpline.design_matrix(z, _KNOTS, _CUBIC)
    penalty = PENALTY * problem.cell.volume / INTERVALS**6 * _roughness()

    def fitted(basis: csr_matrix, data: Any, penalty: Any = 0.0) -> Any:
        weighted = basis.T @ diags(weights)
        matrix = problem.cell.comm.allreduce((weighted @ basis).toarray())
        return solve(matrix + penalty, problem.cell.comm.allreduce(weighted @ data), assume_a="pos")

    means = {}
    for block, data in zip(blocks, values, strict=True):
        line = fitted(straight, data)
        rest = fitted(splines, data - straight @ line, penalty)
        means[block] = Profile(heights, line, BSpline(_KNOTS, rest, _CUBIC))
    return means


def _at_points(problem: Problem, blocks: Sequence[str]) -> tuple[Any, Any, Any]:
    """Return this rank's quadrature points (dim, n), their weights (n,) and values (blocks, n)."""
    mesh, dim = problem.cell.mesh, problem.cell.dim
    points, weights = basix.make_quadrature(mesh.basix_cell(), 2 * problem.degree)
    x = ufl.SpatialCoordinate(mesh)
    volume = abs(ufl.JacobianDeterminant(mesh))
    wanted = [*(x[i] for i in range(dim)), volume, *(problem.function(b) for b in blocks)]
    found = fem.Expression(ufl.as_vector(wanted), points).eval(mesh, owned_cells(mesh))
    columns = np.asarray(found).reshape(-1, len(wanted)).T
    cells = columns.shape[1] // len(weights)
    return columns[:dim], columns[dim] * np.tile(weights, cells), columns[dim + 1 :]


def _straight(z: Any) -> Any:
    """Return the basis 1, z - 1/2, shape (n, 2)."""
    return np.stack([np.ones_like(z), z - 0.5], axis=-1)


def _roughness() -> Any:
    """Return the integrals of products of third derivatives of the splines over [0, 1]."""
    middles = (np.arange(INTERVALS) + 0.5) / INTERVALS  # third derivatives are constant in between
    third = BSpline(_KNOTS, np.eye(INTERVALS + _CUBIC), _CUBIC).derivative(3)(middles)
    return third.T @ third / INTERVALS
