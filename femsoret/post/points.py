"""Values and gradients of fields at points, each taken in the mesh cell that contains the point.

DOLFINx takes a point for one of every mesh cell that it comes close to. Values do not depend on
which of them is chosen, but gradients do, since they jump across facets. Here it is the mesh cell
in which the point lies deepest, the same for any number of ranks.
"""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass
from typing import Any, Final

from mpi4py import MPI

import basix
import numpy as np
import numpy.typing as npt
from dolfinx import geometry
from dolfinx.mesh import Mesh

from femsoret.base.errors import ConditionError
from femsoret.base.types import Array, Flags, GlobalIndices, Indices
from femsoret.base.versions import coordinate_element
from femsoret.cells.geometry import jacobians_at
from femsoret.post.fields import BOTH_SIDES, kept, padded
from femsoret.problem import Problem
from femsoret.problem.layout import component_of

_SAME_DEPTH: Final = 1e-9
"""Difference of depths, in reference coordinates, that round-off may cause between ranks."""

_ON_THE_SURFACE: Final = 1e-8
"""How far outside a mesh cell, in its reference coordinates, a point still counts as inside."""

_BULGE: Final = 0.1
"""How far a curved mesh cell may reach beyond the box around its nodes, over its size."""

_CLOSE: Final = 1e-9
"""Distance between a point and the image of its reference point, over the size of the mesh cell,
that counts as zero."""

_ROUNDS: Final = 20
"""Largest number of Newton steps to the reference point of a curved mesh cell; a straight one takes
one step."""


@dataclass(frozen=True, eq=False)
class PointsInCells:
    """Points and the mesh cells in which they lie; each point belongs to one rank.

    Args:
        mesh: The mesh.
        x: Coordinates of the points, m, shape (n, dim).
        mine: Indices of the points that belong to this rank, shape (m,).
        cells: Local indices of the mesh cells that contain these points, shape (m,).
        X: Reference coordinates of these points in their mesh cells, shape (m, dim).
    """

    mesh: Mesh
    x: Array
    mine: GlobalIndices
    cells: Indices
    X: Array

    def values(self, problem: Problem, field: str) -> Array:
        """Return the values of a scalar field, shape (n,), the same on all ranks; collective.

        Args:
            problem: A problem on the mesh.
            field: "theta" or a composition.

        Returns:
            T - T0, K, or c - c0.
        """
        nodal, table = self._tabulated(problem, field)
        return self._shared(np.einsum("qn,qn->q", table[0], nodal)[:, None])[:, 0]

    def gradients(self, problem: Problem, field: str) -> Array:
        """Return the gradients of a scalar field, shape (n, dim), on all ranks; collective.

        Args:
            problem: A problem on the mesh.
            field: "theta" or a composition.

        Returns:
            Gradient, K/m or 1/m.
        """
        nodal, table = self._tabulated(problem, field)
        reference = np.einsum("iqn,qn->qi", table[1:], nodal)
        _, jacobians = jacobians_at(self.mesh, self.cells, self.X)
        return self._shared(
            np.linalg.solve(np.swapaxes(jacobians, 1, 2), reference[..., None])[..., 0]
        )

    def _tabulated(self, problem: Problem, field: str) -> tuple[Array, Array]:
        """Return nodal values, shape (m, nodes), and shape functions, shape (1 + dim, m, nodes)."""
        function = problem.function(field)
        V = function.function_space
        of_block = function.x.array.reshape(-1, V.dofmap.index_map_bs)
        nodal = of_block[V.dofmap.list[self.cells], component_of(field)]
        if not len(self.X):  # Basix aborts without points
            return nodal, np.empty((1 + self.X.shape[1], 0, nodal.shape[1]))
        return nodal, np.asarray(V.element.basix_element.tabulate(1, self.X)[..., 0])

    def _shared(self, own: Array) -> Array:
        """Return what the owners of the points have found, on all ranks; collective."""
        found = np.zeros((len(self.x), own.shape[1]))
        found[self.mine] = own
        self.mesh.comm.Allreduce(MPI.IN_PLACE, found, op=MPI.SUM)
        return found


def points_in_cells(
    mesh: Mesh, points: npt.ArrayLike, among: Indices | None = None
) -> tuple[PointsInCells, Flags]:
    """Find the mesh cells in which given points lie deepest; collective.

    Args:
        mesh: The mesh.
        points: Coordinates, m, shape (n, dim); the same on all ranks.
        among: Local indices of the mesh cells to search, for instance those of the fluid; None
            for all.

    Returns:
        The points, and whether each of them lies in one of these mesh cells, shape (n,).
    """
    dim, comm = mesh.topology.dim, mesh.comm
    x = np.atleast_2d(np.asarray(points, dtype=float))[:, :dim]
    near = _near(mesh, x, among)
    counts = np.diff(near.offsets)
    of_point = np.repeat(np.arange(len(x)), counts)
    X, depth = _pulled_back(mesh, near.array, x[of_point])
    best = np.full(len(x), -np.inf)
    np.maximum.at(best, of_point, depth)
    deepest = best.copy()
    comm.Allreduce(MPI.IN_PLACE, deepest, op=MPI.MAX)
    here = (best >= deepest - _SAME_DEPTH) & (best > -_ON_THE_SURFACE)
    owner = np.where(here, comm.rank, comm.size)
    comm.Allreduce(MPI.IN_PLACE, owner, op=MPI.MIN)
    mine = np.flatnonzero(owner == comm.rank)
    # The first pair of each point with its greatest depth: pairs are sorted by depth, then point.
    order = np.lexsort((-depth, of_point))
    first = order[np.searchsorted(of_point[order], mine)]
    located = PointsInCells(mesh=mesh, x=x, mine=mine, cells=near.array[first], X=X[first])
    return located, owner < comm.size


def check_inside(located: PointsInCells, inside: Flags, what: str) -> None:
    """Check that all points lie inside.

    Args:
        located: The points.
        inside: Whether each of them lies inside.
        what: What they must lie in, such as "the fluid".

    Raises:
        ConditionError: A point does not; the message has its coordinates.
    """
    if not np.all(inside):
        outside = ", ".join(f"{v:.6g}" for v in located.x[int(np.argmin(inside))])
        raise ConditionError(
            f"the point ({outside}) lies outside {what}",
            "give coordinates in the frame of the cell, which include its solid walls",
        )


def slopes_at(
    problem: Problem,
    field: str,
    x: Array,
    along: Array,
    *,
    among: Indices | None,
    what: str,
    keep: Hashable,
) -> Array:
    """Return directional derivatives of a scalar field at points; collective.

    On a facet of mesh cells it is the mean of both sides.

    Args:
        problem: A solved problem.
        field: "theta" or a composition.
        x: Points, m, shape (n, dim).
        along: Unit vector of the direction, shape (dim,).
        among: Local indices of the mesh cells in which the points must lie; None for all.
        what: What these mesh cells are, such as "the fluid".
        keep: What the points belong to, such as a signal and a region: they are looked for once.

    Returns:
        Derivatives, K/m or 1/m, shape (n,).

    Raises:
        ConditionError: A point lies outside these mesh cells.
    """

    def make() -> tuple[tuple[PointsInCells, Flags], ...]:
        aside = BOTH_SIDES * problem.cell.diameter() * along
        below, above = (
            points_in_cells(problem.cell.mesh, x + sign * aside, among) for sign in (-1.0, 1.0)
        )
        check_inside(below[0], below[1] | above[1], what)
        return below, above

    sides = kept(problem, keep, make)
    total = sum(inside * (at.gradients(problem, field) @ along) for at, inside in sides)
    return np.asarray(total / sum(inside.astype(int) for _, inside in sides))


def _near(mesh: Mesh, x: Array, among: Indices | None) -> Any:
    """Return the mesh cells of this rank whose boxes contain points, as an adjacency list."""
    nodes = mesh.geometry.x  # none on a rank without mesh cells
    padding = 1e-9 * float(np.ptp(nodes, axis=0).max()) if len(nodes) else 0.0
    if len(nodes) and coordinate_element(mesh).degree > 1:
        cells = np.arange(mesh.topology.index_map(mesh.topology.dim).size_local, dtype=np.int32)
        padding += _BULGE * float(mesh.h(mesh.topology.dim, cells).max(initial=0.0))
    tree = geometry.bb_tree(mesh, mesh.topology.dim, padding=padding, entities=among)
    return geometry.compute_collisions_points(tree, padded(x))


def _pulled_back(mesh: Mesh, cells: Indices, x: Array) -> tuple[Array, Array]:
    """Return reference coordinates of points in mesh cells, shape (n, dim), and their depths, (n,).

    The depth is minus infinity where Newton's method finds no reference point near the mesh cell.
    """
    X = np.tile(basix.cell.geometry(mesh.basix_cell()).mean(axis=0), (len(cells), 1))
    if not len(cells):
        return X, np.empty(0)
    for _ in range(_ROUNDS):
        at, jacobians = jacobians_at(mesh, cells, X)
        step = np.linalg.solve(jacobians, (x - at)[..., None])[..., 0]
        X = np.clip(X + step, -1.0, 2.0)
        if np.abs(step).max() < 1e-13:
            break
    at, jacobians = jacobians_at(mesh, cells, X)
    off = np.linalg.norm(x - at, axis=1) / np.linalg.norm(jacobians, axis=(1, 2))
    return X, np.where(off < _CLOSE, _depth(mesh, X), -np.inf)


def _depth(mesh: Mesh, X: Array) -> Array:
    """Return how deep reference points lie in the reference cell, shape (n,); negative outside."""
    low = X.min(axis=1, initial=np.inf)
    if mesh.basix_cell() in (basix.CellType.triangle, basix.CellType.tetrahedron):
        return np.asarray(np.minimum(low, 1.0 - X.sum(axis=1)))
    return np.asarray(np.minimum(low, (1.0 - X).min(axis=1, initial=np.inf)))
