"""Readings: where an experiment reads temperature and composition.

T and c are read at the same places. A wall reading is the mean over the wall, a line reading the
mean along a straight segment, as a light beam averages.

The reading of a function of a field (``of_law``) differs from that function of the reading where
the field varies along the place of the reading.
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
from femsoret.post.fields import integral, locate, read_at
from femsoret.problem import Problem
from femsoret.problem.layout import composition

BOTH_SIDES = 1e-7
"""Distance beside a point at which a gradient is read on either side, over the size of the cell:
more than the round-off of coordinates, less than any mesh cell."""


FINER: Final = {2: 6, 3: 2}
"""Dimension -> additional degrees with which a function of a field is integrated over a wall."""

Law = Callable[[Array], Array]
"""Values of a temperature deviation, K, shape (n,) -> values of something else, shape (n,)."""


class Reading(Protocol):
    """A linear functional of a field."""

    def of(self, problem: Problem, block: str) -> float:
        """Return the reading of a scalar block (a deviation from the reference state)."""

    def of_law(self, problem: Problem, law: Law) -> float:
        """Return the reading of a function of the temperature at the place of the temperature.

        Args:
            problem: A solved problem.
            law: The function of theta = T - T0, K; each rank calls it with its own values.
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
    points: Array
    weights: Array

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
        """Return the reading of a function of the temperature at its place."""
        return self.temperature.of_law(problem, law)


@dataclass(frozen=True)
class MeanGradient:
    """The derivative in a direction, at a point or as the mean along a straight segment.

    The derivative of a finite-element field jumps across facets of mesh cells. On a facet the mean
    of both sides is taken, which is more accurate than either.

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
        read_at(problem, block, x)  # raises an error for points outside
        derivative = _derivative(problem, block, along)
        aside = BOTH_SIDES * problem.cell.diameter() * along
        among = None if block == "theta" else problem.cell.fluid_cells
        sides = [
            locate(problem.cell.mesh, x + s * aside, among).values(derivative) for s in (-1, 1)
        ]
        return float(weights @ np.nanmean(sides, axis=0)[:, 0])


def _on_segment(start: Sequence[float], end: Sequence[float], number: int) -> tuple[Array, Array]:
    """Return Gauss-Legendre points of a segment and their weights, which add up to 1."""
    nodes, weights = np.polynomial.legendre.leggauss(number)
    a, b = np.asarray(start), np.asarray(end)
    return a + 0.5 * (nodes[:, None] + 1) * (b - a), 0.5 * weights


def _derivative(problem: Problem, block: str, along: Array) -> fem.Function:
    """Return the derivative of a field in a direction, discontinuous between mesh cells."""
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
        T: Of the temperature, K/m.
        c: Of the mass fraction of the first species, 1/m; None in a pure fluid.
    """

    T: float
    c: float | None


def read_gradients(problem: Problem, places: Mapping[str, MeanGradient]) -> dict[str, Gradients]:
    """Return the gradients at named places; collective.

    Args:
        problem: A solved problem.
        places: Name -> where, and in which direction.
    """
    has_species = bool(problem.layout.compositions)
    return {
        name: Gradients(
            T=place.of(problem, "theta"),
            c=place.of(problem, composition()) if has_species else None,
        )
        for name, place in places.items()
    }
