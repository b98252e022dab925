"""Readings: where an experiment reads temperature and composition.

T and c are read at the same places. A wall reading is the mean over the wall, a line reading the
mean along a straight segment, as a light beam averages.

The reading of a function of a field is another number than that function of the reading wherever
the field varies along the place that is read; ``of_law`` gives it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final, Protocol

from mpi4py import MPI

import basix.ufl
import numpy as np
import numpy.typing as npt
import ufl
from dolfinx import fem, geometry
from dolfinx.mesh import Mesh

from femsoret.base.compiled import compiled_expression
from femsoret.base.errors import ConditionError
from femsoret.post.integral import integral
from femsoret.problem import Problem
from femsoret.problem.layout import component_of

BOTH_SIDES = 1e-7
"""How far beside a place a gradient is read on either side, over the size of the cell: more than
the round-off of coordinates, less than any mesh cell."""


FINER: Final = {2: 6, 3: 2}
"""Degrees more than those of a field with which a function of it is integrated over a wall."""

Law = Callable[[npt.NDArray[np.float64]], npt.NDArray[np.float64]]
"""Values of a temperature deviation, K, shape (n,) -> values of something else, shape (n,)."""


class Reading(Protocol):
    """A linear functional of a field."""

    def of(self, problem: Problem, block: str) -> float:
        """Return the reading of a scalar block (a deviation from the reference state)."""

    def of_law(self, problem: Problem, law: Law) -> float:
        """Return the reading of a function of the temperature, where the temperature is read.

        Args:
            problem: A solved problem.
            law: The function, of theta = T - T0, K; each rank calls it with values of its own.
        """


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
        return integral(problem, problem.scalar(block) * ds) / problem.cell.area(self.side)

    def of_law(self, problem: Problem, law: Law) -> float:
        """Return the mean of a function of the temperature over the side."""
        theta, cell = problem.function("theta"), problem.cell
        V = theta.function_space
        degree = V.ufl_element().degree + FINER[cell.dim]
        element = basix.ufl.element("Lagrange", V.mesh.basix_cell(), degree)
        found = fem.Function(fem.functionspace(V.mesh, element))
        found.interpolate(theta)
        at_side = (found.function_space, cell.dim - 1, cell.facets_of(self.side))
        here = fem.locate_dofs_topological(*at_side)
        found.x.array[here] = law(found.x.array[here])
        ds = cell.ds({"quadrature_degree": degree + 1})(cell.tags(self.side))
        return integral(problem, found * ds) / cell.area(self.side)


@dataclass(frozen=True)
class Point:
    """The value at a point.

    Args:
        x: Coordinates, m.
    """

    x: tuple[float, ...]

    def of(self, problem: Problem, block: str) -> float:
        """Return the value of a block at the point."""
        return float(read_at(problem, block, [self.x])[0])

    def of_law(self, problem: Problem, law: Law) -> float:
        """Return a function of the temperature at the point."""
        return float(law(read_at(problem, "theta", [self.x]))[0])


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
        x, weights = _on_segment(self.start, self.end, self.points)
        return float(weights @ read_at(problem, block, x))

    def of_law(self, problem: Problem, law: Law) -> float:
        """Return the mean of a function of the temperature along the segment."""
        x, weights = _on_segment(self.start, self.end, self.points)
        return float(weights @ law(read_at(problem, "theta", x)))


@dataclass(frozen=True, eq=False)
class NamedMean:
    """The mean over a line or surface that a mesh file names, inside the cell.

    Args:
        name: Its name.
        points: Points of a quadrature of it, m, shape (n, dim).
        weights: Their weights, which add up to 1, shape (n,).
    """

    name: str
    points: npt.NDArray[np.float64]
    weights: npt.NDArray[np.float64]

    def of(self, problem: Problem, block: str) -> float:
        """Return the mean of a block over the line."""
        return float(self.weights @ read_at(problem, block, self.points))

    def of_law(self, problem: Problem, law: Law) -> float:
        """Return the mean of a function of the temperature over the line."""
        return float(self.weights @ law(read_at(problem, "theta", self.points)))


@dataclass(frozen=True)
class TemperatureElsewhere:
    """Composition read at one place, temperature at another, as by a thermometer in a plate.

    Args:
        composition: Where the composition is read.
        temperature: Where the temperature is.
    """

    composition: Reading
    temperature: Reading

    def of(self, problem: Problem, block: str) -> float:
        """Return the reading of a block at its place."""
        place = self.temperature if block == "theta" else self.composition
        return place.of(problem, block)

    def of_law(self, problem: Problem, law: Law) -> float:
        """Return the reading of a function of the temperature where that is read."""
        return self.temperature.of_law(problem, law)


@dataclass(frozen=True)
class MeanGradient:
    """The derivative in a direction, at a point or as the mean along a straight segment.

    Across the faces of mesh cells the derivative of a finite-element field jumps. Where a place
    lies on one, the mean of both sides is taken, which is more accurate than either.

    Args:
        start: One end, m.
        end: The other end, m; the start for a point.
        direction: Direction, one number a dimension, of any length but zero.
        points: Gauss-Legendre points along the segment.
    """

    start: tuple[float, ...]
    end: tuple[float, ...]
    direction: tuple[float, ...]
    points: int = 200

    def of(self, problem: Problem, block: str) -> float:
        """Return the derivative of a block, its unit over m."""
        if not any(self.direction):
            raise ConditionError("a gradient in a direction of length zero", "give another")
        along = np.asarray(self.direction) / np.linalg.norm(self.direction)
        x, weights = _on_segment(self.start, self.end, self.points)
        read_at(problem, block, x)  # says where it lies outside
        derivative = _derivative(problem, block, along)
        aside = BOTH_SIDES * problem.cell.diameter() * along
        among = None if block == "theta" else problem.cell.fluid_cells
        sides = [
            locate(problem.cell.mesh, x + s * aside, among).values(derivative) for s in (-1, 1)
        ]
        return float(weights @ np.nanmean(sides, axis=0)[:, 0])


def _on_segment(
    start: Sequence[float], end: Sequence[float], number: int
) -> tuple[Any, npt.NDArray[np.float64]]:
    """Return Gauss-Legendre points of a segment and their weights, which add up to 1."""
    nodes, weights = np.polynomial.legendre.leggauss(number)
    a, b = np.asarray(start), np.asarray(end)
    return a + 0.5 * (nodes[:, None] + 1) * (b - a), 0.5 * weights


def _derivative(problem: Problem, block: str, along: Any) -> fem.Function:
    """Return the derivative of a field in a direction, discontinuous between mesh cells."""
    V = problem.space(block)
    element = basix.ufl.element(
        "Lagrange", V.mesh.basix_cell(), V.ufl_element().degree, discontinuous=True
    )
    found = fem.Function(fem.functionspace(V.mesh, element))
    slope = ufl.dot(ufl.grad(problem.scalar(block)), ufl.as_vector([float(x) for x in along]))
    found.interpolate(compiled_expression(slope, element.basix_element.points))
    return found


@dataclass(frozen=True, eq=False)
class Located:
    """Points and the mesh cells that hold them; each point belongs to one rank.

    Args:
        comm: Communicator of the mesh.
        x: Coordinates, shape (n, 3), m.
        inside: Whether a point lies in the mesh, on whichever rank; shape (n,).
        mine: Indices of the points that belong to this rank.
        cells: Their local cells.
    """

    comm: MPI.Comm
    x: Any
    inside: Any
    mine: Any
    cells: Any

    def values(self, function: fem.Function) -> Any:
        """Return a function's values, the same on all ranks; nan outside the mesh.

        Args:
            function: A function on the mesh.

        Returns:
            Array of shape (n, components).
        """
        width = int(np.prod(function.ufl_shape, dtype=int))
        values = np.zeros((len(self.x), width))
        if len(self.mine):
            evaluated = function.eval(self.x[self.mine], self.cells)
            values[self.mine] = np.asarray(evaluated).reshape(len(self.mine), width)
        self.comm.Allreduce(MPI.IN_PLACE, values, op=MPI.SUM)
        values[~self.inside] = np.nan
        return values


def locate(mesh: Mesh, points: Sequence[Any] | Any, among: Any = None) -> Located:
    """Find the mesh cells that hold points; collective.

    Args:
        mesh: The mesh.
        points: Coordinates, shape (n, 2) or (n, 3), m; the same on all ranks.
        among: Local mesh cells to look in, those of fluid for instance; None for all.
    """
    given = np.atleast_2d(np.asarray(points, dtype=float))
    x = np.zeros((len(given), 3))
    x[:, : given.shape[1]] = given
    # A point on the surface of a partition or of the cell may miss it by round-off.
    nodes = mesh.geometry.x  # none on a rank without mesh cells
    padding = 1e-9 * float(np.ptp(nodes, axis=0).max()) if len(nodes) else 0.0
    tree = geometry.bb_tree(mesh, mesh.topology.dim, padding=padding, entities=among)
    candidates = geometry.compute_collisions_points(tree, x)
    colliding = geometry.compute_colliding_cells(mesh, candidates, x)
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


def read_at(problem: Problem, block: str, points: Sequence[Any] | Any) -> Any:
    """Return a scalar block's values at points, the same on all ranks, shape (n,).

    Args:
        problem: The problem.
        block: "theta", which is everywhere, or a composition, which is in the fluid.
        points: Coordinates, shape (n, 2) or (n, 3), m.

    Raises:
        ConditionError: A point lies outside the mesh, or the fluid.
    """
    among = None if block == "theta" else problem.cell.fluid_cells
    return values_at(problem.function(block), points, among)[:, component_of(block)]


def values_at(function: fem.Function, points: Sequence[Any] | Any, among: Any = None) -> Any:
    """Return a function's values at points, the same on all ranks.

    Args:
        function: The function.
        points: Coordinates, shape (n, 2) or (n, 3), m.
        among: Local mesh cells that the points shall lie in, those of fluid for instance; None for
            all.

    Returns:
        Array of shape (n, components).

    Raises:
        ConditionError: A point lies outside the mesh, or outside those cells.
    """
    located = locate(function.function_space.mesh, points, among)
    if not np.all(located.inside):
        outside = located.x[int(np.argmin(located.inside))]
        raise ConditionError(
            f"the point ({', '.join(f'{v:.6g}' for v in outside)}) lies outside the cell"
            + ("" if among is None else " or inside a solid"),
            "give points in the units and the frame of the mesh, walls included",
        )
    return located.values(function)
