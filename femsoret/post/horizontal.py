"""Horizontal means: a field as a function of height alone, for any mesh and any tilt.

The mean is a cubic spline in z = up.x, fitted by least squares over the quadrature points of all
ranks. Its knots are as dense as the layers of the mesh, so that it resolves as much as the mesh
does. A straight line is fitted first, so that linear profiles are exact to round-off; the spline is
fitted to the residual.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from mpi4py import MPI

import basix
import numpy as np
import ufl
from scipy.interpolate import BSpline
from scipy.linalg import lstsq
from scipy.sparse import csr_matrix, diags

from femsoret.base.compiled import compiled_expression
from femsoret.base.types import Array
from femsoret.base.versions import geometry_dofmap
from femsoret.problem import Problem

_CUBIC = 3
_BINS = 500


@dataclass(frozen=True, eq=False)
class Heights:
    """Relative heights in a cell, from 0 at the lowest node to 1 at the highest node.

    Args:
        up: Unit vector that points upwards, shape (dim,).
        lowest: Height of the lowest node, m.
        extent: Height of the highest node above the lowest one, m.
    """

    up: Array
    lowest: float
    extent: float

    @classmethod
    def of(cls, problem: Problem) -> Heights:
        """Return the relative heights in the fluid of a problem's cell; collective."""
        up = np.array(problem.mixture.gravity.up, dtype=float)
        nodes = np.unique(geometry_dofmap(problem.cell.mesh)[problem.cell.fluid_cells])
        z = problem.cell.mesh.geometry.x[nodes, : len(up)] @ up
        comm = problem.cell.comm
        lowest = comm.allreduce(float(z.min(initial=np.inf)), op=MPI.MIN)
        highest = comm.allreduce(float(z.max(initial=-np.inf)), op=MPI.MAX)
        return cls(up, lowest, highest - lowest)

    def __call__(self, x: Array) -> Array:
        """Return the relative heights, shape (n,), of points given in m, shape (2 or 3, n)."""
        z = self.up @ x[: len(self.up)]
        return np.clip((z - self.lowest) / self.extent, 0.0, 1.0)


@dataclass(frozen=True, eq=False)
class Profile:
    """A function of height: the sum of a straight line and a spline.

    Args:
        heights: The relative heights that it is a function of.
        line: Value of the line at half height, and its increase from the lowest to the highest
            point, shape (2,).
        rest: Spline in the relative height, fitted to the residual of the line.
    """

    heights: Heights
    line: Array
    rest: BSpline

    def __call__(self, x: Array) -> Array:
        """Return the values, shape (n,), at points of shape (3, n); made for interpolation."""
        z = self.heights(x)
        return np.asarray(_straight(z) @ self.line + self.rest(z))


def horizontal_means(problem: Problem, fields: Sequence[str]) -> dict[str, Profile]:
    """Return the horizontal means of fields, the same on all ranks; collective.

    Args:
        problem: A solved problem.
        fields: Names of scalar fields.

    Returns:
        Name of a field -> its mean, a function of the position.
    """
    comm, heights = problem.cell.comm, Heights.of(problem)
    x, weights, values = _at_points(problem, fields)
    z = heights(x)
    knots = _knots(comm, z, weights, _layers(problem, heights, len(z)))
    straight, splines = csr_matrix(_straight(z)), _splines(z, knots)

    def fitted(basis: csr_matrix, data: Array) -> Array:
        weighted = basis.T @ diags(weights)
        matrix, right = (weighted @ basis).toarray(), weighted @ data
        # Of least norm, so that the rest stays zero between knots where there are no points.
        solution, *_ = lstsq(comm.allreduce(matrix), comm.allreduce(right), cond=1e-12)
        return np.asarray(solution)

    means = {}
    for field, row in zip(fields, values, strict=True):
        data: Array = np.asarray(row)
        line = fitted(straight, data)
        rest = fitted(splines, data - straight @ line)
        means[field] = Profile(heights, line, BSpline(knots, rest, _CUBIC))
    return means


def _at_points(problem: Problem, fields: Sequence[str]) -> tuple[Array, Array, Array]:
    """Return quadrature points of this rank, their weights, and the values of fields there.

    Returns:
        Coordinates, m, shape (dim, n); weights, shape (n,); values, shape (fields, n).
    """
    mesh, dim = problem.cell.mesh, problem.cell.dim
    points, weights = basix.make_quadrature(mesh.basix_cell(), 2 * problem.degree)
    x = ufl.SpatialCoordinate(mesh)
    volume = abs(ufl.JacobianDeterminant(mesh))
    wanted = [*(x[i] for i in range(dim)), volume, *(problem.scalar(f) for f in fields)]
    sampled = compiled_expression(ufl.as_vector(wanted), points)
    found = sampled.eval(mesh, problem.cell.fluid_cells)
    columns = np.asarray(found).reshape(-1, len(wanted)).T
    cells, x = columns.shape[1] // len(weights), columns[:dim]
    volumes = columns[dim] * problem.cell.coordinates.weight(x)
    return x, volumes * np.tile(weights, cells), columns[dim + 1 :]


def _layers(problem: Problem, heights: Heights, points: int) -> Array:
    """Return the height of the cell over that of the mesh cell at each of this rank's points."""
    mesh = problem.cell.mesh
    nodes = geometry_dofmap(mesh)[problem.cell.fluid_cells]
    z = heights(mesh.geometry.x[nodes.ravel()].T).reshape(nodes.shape)
    return np.repeat(1.0 / np.ptp(z, axis=1), points // max(len(nodes), 1))


def _knots(comm: MPI.Comm, z: Array, weights: Array, layers: Array) -> Array:
    """Return knots on [0, 1] that are as dense as the layers of mesh cells; collective."""
    place = np.minimum((_BINS * z).astype(int), _BINS - 1)
    volume = comm.allreduce(np.bincount(place, weights, _BINS))
    density = comm.allreduce(np.bincount(place, weights * layers, _BINS))
    filled = np.flatnonzero(volume)
    density = np.interp(np.arange(_BINS), filled, density[filled] / volume[filled])
    count = np.concatenate([[0.0], np.cumsum(density) / _BINS])
    inner = np.linspace(0.0, count[-1], max(round(count[-1]), 2) + 1)
    knots = np.interp(inner, count, np.linspace(0.0, 1.0, _BINS + 1))
    return np.concatenate([np.zeros(_CUBIC), knots, np.ones(_CUBIC)])


def _splines(z: Array, knots: Array) -> csr_matrix:
    """Return the cubic B-splines on knots at heights z, shape (n, splines); n may be 0."""
    if not len(z):
        return csr_matrix((0, len(knots) - _CUBIC - 1))
    return BSpline.design_matrix(z, knots, _CUBIC)


def _straight(z: Array) -> Array:
    """Return the basis functions 1 and z - 1/2 at heights z, shape (n, 2)."""
    return np.stack([np.ones_like(z), z - 0.5], axis=-1)
