"""Readings: where an experiment reads temperature and composition.

T and c are read at the same place, except by :class:`TemperatureElsewhere`. The reading of a wall
is the mean over the wall; the reading of a line is the mean along a straight segment, as measured
by a light beam.

The reading of a function of a field (``of_law``) differs from the function of the reading if the
field varies over the place of the reading.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Protocol

import basix.ufl
import numpy as np
import ufl
from dolfinx import fem

from femsoret.base.compiled import compiled_expression
from femsoret.base.errors import ConditionError
from femsoret.base.types import Array
from femsoret.post.fields import integral, integral_of_state, locate, read_at
from femsoret.problem import Problem

BOTH_SIDES = 1e-7
"""Distance from a point at which a gradient is read on either side of it, relative to the diameter
of the cell: larger than the round-off of coordinates, smaller than any mesh cell."""


FINER: Final = {2: 6, 3: 2}
"""Dimension -> number of degrees added to that of the field when a function of it is integrated
over a wall."""

Law = Callable[[Array], Array]
"""Temperature deviations T - T0, K, shape (n,) -> values of a function of them, shape (n,)."""

Move = Callable[[Array], Array]
"""Points of a cell, m, shape (n, dim) -> their positions after a change of the cell's shape, m."""


class Reading(Protocol):
    """A linear functional of a field."""

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


@dataclass(frozen=True)
class Point:
    """Reading of the value at a point.

    Args:
        x: Coordinates of the point, m, shape (dim,).
    """

    x: tuple[float, ...]

    def of(self, problem: Problem, block: str) -> float:
        """Return the value of a scalar block at the point; collective."""
        return float(read_at(problem, block, [self.x])[0])

    def of_law(self, problem: Problem, law: Law) -> float:
        """Return the value of a function of the temperature at the point; collective."""
        return float(law(read_at(problem, "theta", [self.x]))[0])

    def moved(self, move: Move) -> Point:
        """Return the reading at the moved point."""
        return Point(_moved(self.x, move))


@dataclass(frozen=True)
class LineMean:
    """Reading of the mean along a straight segment.

    Args:
        start: Coordinates of one end, m, shape (dim,).
        end: Coordinates of the other end, m, shape (dim,).
        points: Number of Gauss-Legendre points along the segment.
    """

    start: tuple[float, ...]
    end: tuple[float, ...]
    points: int = 200

    def of(self, problem: Problem, block: str) -> float:
        """Return the mean of a scalar block along the segment; collective."""
        x, weights = _on_segment(self.start, self.end, self.points)
        return float(weights @ read_at(problem, block, x))

    def of_law(self, problem: Problem, law: Law) -> float:
        """Return the mean of a function of the temperature along the segment; collective."""
        x, weights = _on_segment(self.start, self.end, self.points)
        return float(weights @ law(read_at(problem, "theta", x)))

    def moved(self, move: Move) -> LineMean:
        """Return the reading along the segment between the moved ends."""
        return LineMean(_moved(self.start, move), _moved(self.end, move), self.points)


@dataclass(frozen=True, eq=False)
class NamedMean:
    """Reading of the mean over a named line or surface of a mesh file, inside the cell.

    Args:
        name: Name of the line or surface.
        points: Quadrature points, m, shape (n, dim).
        weights: Quadrature weights, shape (n,), which add up to 1.
    """

    name: str
    points: Array
    weights: Array

    def of(self, problem: Problem, block: str) -> float:
        """Return the mean of a scalar block over the line or surface; collective."""
        return float(self.weights @ read_at(problem, block, self.points))

    def of_law(self, problem: Problem, law: Law) -> float:
        """Return the mean of a function of the temperature over the line or surface; collective."""
        return float(self.weights @ law(read_at(problem, "theta", self.points)))

    def moved(self, move: Move) -> NamedMean:
        """Return the reading over the moved line or surface."""
        return NamedMean(self.name, move(self.points), self.weights)


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


@dataclass(frozen=True)
class MeanGradient:
    """Directional derivative at a point, or its mean along a straight segment.

    The derivative of a finite-element field jumps across the facets of mesh cells. On a facet the
    mean of both sides is taken, which is more accurate than the value on either side.

    Args:
        start: Coordinates of one end, m, shape (dim,).
        end: Coordinates of the other end, m; the same as `start` for a point.
        direction: Direction, shape (dim,), of any length except zero.
        points: Number of Gauss-Legendre points along the segment.
    """

    start: tuple[float, ...]
    end: tuple[float, ...]
    direction: tuple[float, ...]
    points: int = 200

    def of(self, problem: Problem, block: str) -> float:
        """Return the derivative of a scalar block, K/m or 1/m; collective.

        Raises:
            ConditionError: The direction has length zero, or a point lies outside the mesh or the
                fluid.
        """
        if not any(self.direction):
            raise ConditionError(
                "the direction of a gradient has length zero",
                "give a direction with at least one component that is not zero",
            )
        along = np.asarray(self.direction) / np.linalg.norm(self.direction)
        x, weights = _on_segment(self.start, self.end, self.points)
        read_at(problem, block, x)  # raises an error for points outside
        derivative = _derivative(problem, block, along)
        aside = BOTH_SIDES * problem.cell.diameter() * along
        among = None if block == "theta" else problem.cell.fluid_cells
        sides = [
            locate(problem.cell.mesh, x + s * aside, among).values(derivative) for s in (-1, 1)
        ]
        return float(weights @ np.nanmean(sides, axis=0)[:, 0])


def _moved(x: Sequence[float], move: Move) -> tuple[float, ...]:
    """Return the coordinates of a moved point."""
    return tuple(float(value) for value in move(np.asarray([x], dtype=float))[0])


def _on_segment(start: Sequence[float], end: Sequence[float], number: int) -> tuple[Array, Array]:
    """Return Gauss-Legendre points of a segment, shape (number, dim), and weights, with sum 1."""
    nodes, weights = np.polynomial.legendre.leggauss(number)
    a, b = np.asarray(start), np.asarray(end)
    return a + 0.5 * (nodes[:, None] + 1) * (b - a), 0.5 * weights


def _derivative(problem: Problem, block: str, along: Array) -> fem.Function:
    """Return the directional derivative of a field as a function discontinuous between cells."""
    V = problem.space(block)
    element = basix.ufl.element(
        "Lagrange", V.mesh.basix_cell(), V.ufl_element().degree, discontinuous=True
    )
    found = fem.Function(fem.functionspace(V.mesh, element))
    slope = ufl.dot(ufl.grad(problem.scalar(block)), ufl.as_vector([float(x) for x in along]))
    found.interpolate(compiled_expression(slope, element.basix_element.points))
    return found


@dataclass(frozen=True)
class Gradients:
    """Derivatives of T and c at one place in one direction.

    Args:
        T: Derivative of the temperature, K/m.
        each: Derivatives of the mass fractions, 1/m, by name of the species.
    """

    T: float
    each: Mapping[str, float]

    @property
    def c(self) -> float | None:
        """Derivative of the mass fraction of the first species, 1/m; None in a pure fluid."""
        return next(iter(self.each.values()), None)


def read_gradients(problem: Problem, places: Mapping[str, MeanGradient]) -> dict[str, Gradients]:
    """Return the gradients at named places; collective.

    Args:
        problem: A solved problem.
        places: Name -> where and in which direction the derivatives are taken.

    Returns:
        Name -> gradients at that place.
    """
    fields = {
        species.name: field
        for species, field in zip(
            problem.mixture.species, problem.layout.compositions, strict=False
        )
    }
    return {
        name: Gradients(
            T=place.of(problem, "theta"),
            each={species: place.of(problem, field) for species, field in fields.items()},
        )
        for name, place in places.items()
    }
