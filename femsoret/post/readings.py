"""Readings: where an experiment reads temperature and composition.

T and c are read at the same place, except by :class:`TemperatureElsewhere`. The reading of a wall
is the mean over the wall; the reading of a line is the mean along a straight segment, as measured
by a light beam; that of a field of view or a port is the mean over its area or volume
(:mod:`femsoret.post.places`).

The reading of a function of a field (``of_law``) differs from the function of the reading if the
field varies over the place of the reading.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final, Protocol

import basix.ufl
import numpy as np
from dolfinx import fem

from femsoret.base.types import Array
from femsoret.cells import Cell
from femsoret.post.fields import integral, integral_of_state, read_at
from femsoret.problem import Problem

FINER: Final = {2: 6, 3: 2}
"""Dimension -> number of degrees added to that of the field when a function of it is integrated
over a wall."""

Law = Callable[[Array], Array]
"""Temperature deviations T - T0, K, shape (n,) -> values of a function of them, shape (n,)."""

Move = Callable[[Array], Array]
"""Points of a cell, m, shape (n, dim) -> their positions after a change of the cell's shape, m."""

Points = tuple[Array, Array]
"""Quadrature points, m, shape (n, dim), and their weights, shape (n,), which add up to 1."""


class Reading(Protocol):
    """A mean of a field: a linear functional that reproduces constants."""

    def of(self, problem: Problem, block: str) -> float:
        """Return the reading of a scalar block; collective.

        Args:
            problem: A solved problem.
            block: "theta" or a composition.

        Returns:
            Deviation from the reference state: T - T0, K, or c - c0.
        """

    def of_law(self, problem: Problem, law: Law) -> float:
        """Return the reading of a function of the temperature, where temperature is read.

        Collective.

        Args:
            problem: A solved problem.
            law: The function of theta = T - T0, K; each rank calls it with its own values.
        """

    def moved(self, move: Move) -> Reading:
        """Return the same reading in a cell whose shape has changed.

        Args:
            move: Map of points of the original cell to points of the changed cell.
        """

    def points(self, cell: Cell) -> Points:
        """Return where the composition is read: quadrature points and weights; collective.

        A wall has its centre only.

        Args:
            cell: The cell.
        """


@dataclass(frozen=True)
class WallMean:
    """Reading of the mean over a side.

    Args:
        side: Name of the side.
    """

    side: str

    def of(self, problem: Problem, block: str) -> float:
        """Return the mean of a scalar block over the side; collective."""
        ds = problem.ds((self.side,))
        return integral_of_state(problem, problem.scalar(block) * ds) / problem.cell.area(self.side)

    def of_law(self, problem: Problem, law: Law) -> float:
        """Return the mean of a function of the temperature over the side; collective."""
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

    def moved(self, move: Move) -> WallMean:
        """Return the same reading, because a side moves with the cell."""
        return self

    def points(self, cell: Cell) -> Points:
        """Return the centre of the side, with weight 1; collective."""
        return np.asarray([cell.face(self.side).centre], dtype=float), np.ones(1)


class _Sampled(ABC):
    """A reading that is a weighted mean of values at points."""

    @abstractmethod
    def points(self, cell: Cell) -> Points:
        """Return the points, m, shape (n, dim), and their weights, shape (n,), with sum 1."""

    def of(self, problem: Problem, block: str) -> float:
        """Return the reading of a scalar block; collective."""
        x, weights = self.points(problem.cell)
        return float(weights @ read_at(problem, block, x, keep=self))

    def of_law(self, problem: Problem, law: Law) -> float:
        """Return the reading of a function of the temperature; collective."""
        x, weights = self.points(problem.cell)
        return float(weights @ law(read_at(problem, "theta", x, keep=self)))


@dataclass(frozen=True)
class Point(_Sampled):
    """Reading of the value at a point.

    Args:
        x: Coordinates of the point, m, shape (dim,).
    """

    x: tuple[float, ...]

    def points(self, cell: Cell) -> Points:
        """Return the point, with weight 1."""
        return np.asarray([self.x], dtype=float), np.ones(1)

    def moved(self, move: Move) -> Point:
        """Return the reading at the moved point."""
        return Point(moved_point(self.x, move))


@dataclass(frozen=True)
class LineMean(_Sampled):
    """Reading of the mean along a straight segment.

    Args:
        start: Coordinates of one end, m, shape (dim,).
        end: Coordinates of the other end, m, shape (dim,).
        number: Number of Gauss-Legendre points along the segment.
    """

    start: tuple[float, ...]
    end: tuple[float, ...]
    number: int = 200

    def points(self, cell: Cell) -> Points:
        """Return the Gauss-Legendre points and their weights."""
        return on_segment(self.start, self.end, self.number)

    def moved(self, move: Move) -> LineMean:
        """Return the reading along the segment between the moved ends."""
        return LineMean(moved_point(self.start, move), moved_point(self.end, move), self.number)


@dataclass(frozen=True, eq=False)
class QuadratureMean(_Sampled):
    """Reading of the mean over a place that quadrature points represent.

    Examples are a line or surface inside the cell that a mesh file names, a field of view, a port.

    Args:
        name: Name of the place.
        x: Quadrature points, m, shape (n, dim).
        weights: Quadrature weights, shape (n,), which add up to 1.
    """

    name: str
    x: Array
    weights: Array

    def points(self, cell: Cell) -> Points:
        """Return the quadrature points and their weights."""
        return self.x, self.weights

    def moved(self, move: Move) -> QuadratureMean:
        """Return the reading over the moved place."""
        return QuadratureMean(self.name, move(self.x), self.weights)


@dataclass(frozen=True)
class TemperatureElsewhere:
    """Reading of the composition at one place and of the temperature at another.

    An example is a thermometer in a plate.

    Args:
        composition: Where the composition is read.
        temperature: Where the temperature is read.
    """

    composition: Reading
    temperature: Reading

    def of(self, problem: Problem, block: str) -> float:
        """Return the reading of a scalar block where that block is read; collective."""
        place = self.temperature if block == "theta" else self.composition
        return place.of(problem, block)

    def of_law(self, problem: Problem, law: Law) -> float:
        """Return the reading of a function of the temperature, where that is read; collective."""
        return self.temperature.of_law(problem, law)

    def moved(self, move: Move) -> TemperatureElsewhere:
        """Return the reading with both places moved."""
        return TemperatureElsewhere(self.composition.moved(move), self.temperature.moved(move))

    def points(self, cell: Cell) -> Points:
        """Return where the composition is read; collective."""
        return self.composition.points(cell)


def moved_point(x: Sequence[float], move: Move) -> tuple[float, ...]:
    """Return the coordinates of a moved point.

    Args:
        x: Coordinates, m, shape (dim,).
        move: Map of points, m.
    """
    return tuple(float(value) for value in move(np.asarray([x], dtype=float))[0])


def on_segment(start: Sequence[float], end: Sequence[float], number: int) -> Points:
    """Return Gauss-Legendre points of a segment and their weights.

    Args:
        start: Coordinates of one end, m, shape (dim,).
        end: Coordinates of the other end, m, shape (dim,).
        number: Number of points.
    """
    nodes, weights = np.polynomial.legendre.leggauss(number)
    a, b = np.asarray(start), np.asarray(end)
    return a + 0.5 * (nodes[:, None] + 1) * (b - a), 0.5 * weights
