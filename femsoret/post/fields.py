"""Values of fields at points of the cell and at reference points of mesh cells, and integrals.

At reference points the elements are tabulated with NumPy; no form is compiled.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final, TypeVar, cast

from mpi4py import MPI

import basix
import numpy as np
import numpy.typing as npt
import ufl
from dolfinx import fem, geometry
from dolfinx.mesh import Mesh

from femsoret.base.compiled import compiled
from femsoret.base.errors import ConditionError
from femsoret.base.types import Array, Flags, GlobalIndices, Indices
from femsoret.base.versions import entity_nodes
from femsoret.physics.closures.evaluated import diffusivities_at
from femsoret.problem import Problem
from femsoret.problem.layout import component_of, species_of

T = TypeVar("T")


def values(function: fem.Function, cells: Indices, points: Array) -> Array:
    """Return the values of a function at reference points of mesh cells.

    Args:
        function: The function.
        cells: Local indices of the mesh cells, shape (cells,).
        points: Reference points, shape (points, dim), the same in each mesh cell.

    Returns:
        Array of shape (cells, points, components), in the unit of the function.
    """
    table = _table(function, 0, points)[0]
    return np.asarray(np.einsum("qn,cnb->cqb", table, _nodal(function, cells)))


def field_values(problem: Problem, field: str, cells: Indices, points: Array) -> Array:
    """Return the values of a scalar field at reference points of mesh cells.

    Args:
        problem: The problem.
        field: "theta" or a composition.
        cells: Local indices of the mesh cells, shape (cells,).
        points: Reference points, shape (points, dim), the same in each mesh cell.

    Returns:
        T - T0, K, or c - c0, shape (cells, points).
    """
    return values(problem.function(field), cells, points)[..., component_of(field)]


def slopes(function: fem.Function, cells: Indices, points: Array) -> Array:
    """Return the derivatives of a function with respect to reference coordinates.

    Args:
        function: The function.
        cells: Local indices of the mesh cells, shape (cells,).
        points: Reference points, shape (points, dim), the same in each mesh cell.

    Returns:
        Array of shape (cells, points, components, dim), in the unit of the function.
    """
    table = _table(function, 1, points)[1:]
    return np.asarray(np.einsum("iqn,cnb->cqbi", table, _nodal(function, cells)))


def _table(function: fem.Function, order: int, points: Array) -> Array:
    element = function.function_space.element.basix_element
    return np.asarray(element.tabulate(order, points)[..., 0])


def _nodal(function: fem.Function, cells: Indices) -> Array:
    dofmap = function.function_space.dofmap
    return np.asarray(function.x.array.reshape(-1, dofmap.index_map_bs)[dofmap.list[cells]])


def diffusivity(problem: Problem, block: str, cells: Indices, points: Array) -> Array:
    """Return the diffusivity of a field at reference points of mesh cells.

    Args:
        problem: The problem.
        block: "theta" for alpha, a composition for D of its species.
        cells: Local indices of the mesh cells, shape (cells,).
        points: Reference points, shape (points, dim), the same in each mesh cell.

    Returns:
        Array of shape (cells, points), m2/s.
    """
    m = problem.mixture
    theta = field_values(problem, "theta", cells, points)
    gamma = tuple(
        field_values(problem, field, cells, points) for field in problem.layout.compositions
    )
    c = tuple(species.c0 + each for species, each in zip(m.species, gamma, strict=True))
    found, species = diffusivities_at(m, m.T0 + theta, c), species_of(block)
    return found.alpha if species is None else found.D[..., species]


def reference_metric(problem: Problem) -> Array:
    """Return the metric of the reference cell, shape (dim, dim), dimensionless.

    It is the metric that ``femsoret.physics.forms.stabilisation`` uses.
    """
    dim = problem.cell.dim
    if is_simplex(problem):
        return 0.5 * (np.eye(dim) + np.ones((dim, dim)))
    return np.eye(dim)


def is_simplex(problem: Problem) -> bool:
    """Return whether mesh cells are triangles or tetrahedra."""
    return problem.cell.mesh.basix_cell() in (basix.CellType.triangle, basix.CellType.tetrahedron)


def nearest_point(problem: Problem, side: str, x: Array) -> Array:
    """Return the vertex or facet midpoint of a side that is nearest to a point; collective.

    Args:
        problem: The problem.
        side: Name of the side.
        x: Coordinates of the point, m, shape (dim,).

    Returns:
        Coordinates, m, shape (dim,); the same on all ranks.
    """
    cell = problem.cell
    facets = cell.facets.find(cell.sides[side])
    best = (np.inf, np.zeros(cell.dim))  # for ranks without a facet of the side
    if len(facets):
        corners = cell.mesh.geometry.x[entity_nodes(cell.mesh, cell.dim - 1, facets), : cell.dim]
        places = np.concatenate([corners.reshape(-1, cell.dim), corners.mean(axis=1)])
        distances = np.linalg.norm(places - x, axis=1)
        best = (float(distances.min()), places[distances.argmin()])
    return np.asarray(min(cell.comm.allgather(best), key=lambda found: found[0])[1])


def nearest_side(problem: Problem, x: Array) -> str:
    """Return the name of the wall of the fluid that is nearest to a point; collective.

    Args:
        problem: The problem.
        x: Coordinates of the point, m, shape (dim,).
    """
    return min(
        problem.cell.fluid_sides,
        key=lambda side: float(np.linalg.norm(nearest_point(problem, side, x) - x)),
    )


def integral(problem: Problem, form: ufl.Form) -> float:
    """Return the value of a UFL functional (form of rank 0), the same on all ranks; collective."""
    return _assembled(problem, compiled(form))


def integral_of_state(problem: Problem, form: ufl.Form) -> float:
    """Return the value of a functional of the problem's state alone; collective.

    Readings are taken many times. The problem keeps the compiled form, because to find a form in
    the cache on the disk takes milliseconds.
    """
    kept = problem.functionals
    if form not in kept:
        kept[form] = compiled(form)
    return _assembled(problem, kept[form])


def _assembled(problem: Problem, form: fem.Form) -> float:
    return float(problem.cell.comm.allreduce(fem.assemble_scalar(form)))


@dataclass(frozen=True, eq=False)
class Located:
    """Points and the mesh cells that contain them; each point belongs to one rank.

    Args:
        comm: Communicator of the mesh.
        x: Coordinates of the points, m, shape (n, 3).
        inside: Whether each point lies in a mesh cell of any rank, shape (n,).
        mine: Indices of the points that belong to this rank, shape (m,).
        cells: Local indices of the mesh cells that contain these points, shape (m,).
    """

    comm: MPI.Comm
    x: Array
    inside: Flags
    mine: GlobalIndices
    cells: Indices

    def values(self, function: fem.Function) -> Array:
        """Return the values of a function at the points, the same on all ranks; collective.

        Returns:
            Array of shape (n, components); NaN at points outside the mesh.
        """
        width = int(np.prod(function.ufl_shape, dtype=int))
        values = np.zeros((len(self.x), width))
        if len(self.mine):
            evaluated = function.eval(self.x[self.mine], self.cells)
            values[self.mine] = np.asarray(evaluated).reshape(len(self.mine), width)
        self.comm.Allreduce(MPI.IN_PLACE, values, op=MPI.SUM)
        values[~self.inside] = np.nan
        return values


def padded(points: npt.ArrayLike) -> Array:
    """Return the coordinates of points with three columns, as DOLFINx wants them, shape (n, 3)."""
    given = np.atleast_2d(np.asarray(points, dtype=float))
    x = np.zeros((len(given), 3))
    x[:, : given.shape[1]] = given
    return x


def colliding_cells(mesh: Mesh, x: Array, among: Indices | None = None) -> Any:
    """Return the mesh cells of this rank that points lie in or very near, as an adjacency list.

    Args:
        mesh: The mesh.
        x: Coordinates, m, shape (n, 3).
        among: Local indices of the mesh cells to search; None for all.
    """
    # Round-off may put a point on the surface of a partition or of the cell outside.
    nodes = mesh.geometry.x  # none on a rank without mesh cells
    padding = 1e-9 * float(np.ptp(nodes, axis=0).max()) if len(nodes) else 0.0
    tree = geometry.bb_tree(mesh, mesh.topology.dim, padding=padding, entities=among)
    candidates = geometry.compute_collisions_points(tree, x)
    with _magnified(mesh) as factor:
        return geometry.compute_colliding_cells(mesh, candidates, factor * x)


def locate(mesh: Mesh, points: npt.ArrayLike, among: Indices | None = None) -> Located:
    """Find the mesh cells that contain given points; collective.

    Args:
        mesh: The mesh.
        points: Coordinates, m, shape (n, 2) or (n, 3); the same on all ranks.
        among: Local indices of the mesh cells to search, for instance those of the fluid; None
            for all.
    """
    x = padded(points)
    colliding = colliding_cells(mesh, x, among)
    starts = colliding.offsets[:-1]
    found = np.flatnonzero(np.diff(colliding.offsets))
    owner = np.full(len(x), mesh.comm.size, dtype=np.int64)
    owner[found] = mesh.comm.rank
    mesh.comm.Allreduce(MPI.IN_PLACE, owner, op=MPI.MIN)
    mine = found[owner[found] == mesh.comm.rank]
    return Located(
        comm=mesh.comm,
        x=x,
        inside=owner < mesh.comm.size,
        mine=mine,
        cells=colliding.array[starts[mine]],
    )


BOTH_SIDES: Final = 1e-7
"""Distance from a point at which a gradient is read on either side of it, relative to the diameter
of the cell: larger than the round-off of coordinates, smaller than any mesh cell."""

_SMALL: Final = 2.0**-10
"""Extent of a mesh, m, below which it is magnified to look for points."""


@contextmanager
def _magnified(mesh: Mesh) -> Iterator[float]:
    """Magnify a small mesh inside the context, and yield the factor.

    DOLFINx decides whether a point is in a mesh cell by distances whose squares it compares with a
    fixed number, 2e-12: in mesh cells of micrometres it finds no point. The factor is a power of
    two, so that the coordinates are restored exactly.

    Args:
        mesh: The mesh.
    """
    nodes = mesh.geometry.x
    extent = float(np.ptp(nodes, axis=0).max()) if len(nodes) else 0.0
    factor = 2.0 ** np.ceil(np.log2(16.0 * _SMALL / extent)) if 0.0 < extent < _SMALL else 1.0
    nodes *= factor
    try:
        yield float(factor)
    finally:
        nodes /= factor


def read_at(
    problem: Problem, block: str, points: npt.ArrayLike, *, keep: Hashable | None = None
) -> Array:
    """Return the values of a scalar block at points, the same on all ranks; collective.

    Args:
        problem: The problem.
        block: "theta", which is defined everywhere, or a composition, defined in the fluid only.
        points: Coordinates, m, shape (n, 2) or (n, 3).
        keep: What the points belong to, such as a reading that is taken at every step: they are
            looked for once. None looks for them now.

    Returns:
        T - T0, K, or c - c0, shape (n,).

    Raises:
        ConditionError: A point lies outside the mesh or, for a composition, outside the fluid.
    """
    located = located_in(problem, block, points, keep=keep)
    return located.values(problem.function(block))[:, component_of(block)]


def located_in(
    problem: Problem, block: str, points: npt.ArrayLike, *, keep: Hashable | None = None
) -> Located:
    """Find the mesh cells that contain points where a scalar block is defined; collective.

    Args:
        problem: The problem.
        block: "theta", which is defined everywhere, or a composition, defined in the fluid only.
        points: Coordinates, m, shape (n, 2) or (n, 3).
        keep: As for :func:`read_at`.

    Raises:
        ConditionError: A point lies outside the mesh or, for a composition, outside the fluid.
    """
    among = None if block == "theta" else problem.cell.fluid_cells
    if keep is None:
        return _located_inside(problem.cell.mesh, points, among)
    return kept(
        problem,
        (keep, among is None),
        lambda: _located_inside(problem.cell.mesh, points, among),
    )


def kept(problem: Problem, key: Hashable, make: Callable[[], T]) -> T:
    """Return what is computed once for a problem, such as the mesh cells of points.

    Args:
        problem: The problem, which keeps it.
        key: What it belongs to, such as a reading and a part of it.
        make: Computes it at first.
    """
    made = problem.located
    if key not in made:
        made[key] = make()
    return cast(T, made[key])


def values_at(function: fem.Function, points: npt.ArrayLike, among: Indices | None = None) -> Array:
    """Return the values of a function at points, the same on all ranks; collective.

    Args:
        function: The function.
        points: Coordinates, m, shape (n, 2) or (n, 3).
        among: Local indices of the mesh cells in which the points must lie, for instance those of
            the fluid; None for all.

    Returns:
        Array of shape (n, components).

    Raises:
        ConditionError: A point lies outside the mesh, or outside these mesh cells.
    """
    return _located_inside(function.function_space.mesh, points, among).values(function)


def _located_inside(mesh: Mesh, points: npt.ArrayLike, among: Indices | None) -> Located:
    located = locate(mesh, points, among)
    if not np.all(located.inside):
        outside = located.x[int(np.argmin(located.inside))]
        raise ConditionError(
            f"the point ({', '.join(f'{v:.6g}' for v in outside)}) lies outside the cell"
            + ("" if among is None else " or inside a solid"),
            "give coordinates in metres, in the frame of the mesh and including its solid walls",
        )
    return located
