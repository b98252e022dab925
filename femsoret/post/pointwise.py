"""Fields at reference points of mesh cells, and which side of the cell is near.

Plain numpy over the tabulated elements: nothing is compiled. Cells are local indices.
"""

from __future__ import annotations

import basix
import numpy as np
import numpy.typing as npt
from dolfinx import fem

from femsoret.base.versions import entity_nodes
from femsoret.physics.closures.reference import spreading
from femsoret.problem import Problem
from femsoret.problem.layout import component_of, species_of

Array = npt.NDArray[np.float64]
Indices = npt.NDArray[np.int32]


def values(function: fem.Function, cells: Indices, points: Array) -> Array:
    """Return values at reference points, shape (cells, points, components)."""
    table = _table(function, 0, points)[0]
    return np.asarray(np.einsum("qn,cnb->cqb", table, _nodal(function, cells)))


def field_values(problem: Problem, field: str, cells: Indices, points: Array) -> Array:
    """Return a field's values at reference points, shape (cells, points).

    Args:
        problem: The problem.
        field: Name of the field.
        cells: Local cells.
        points: Reference points, shape (points, dim).
    """
    return values(problem.function(field), cells, points)[..., component_of(field)]


def slopes(function: fem.Function, cells: Indices, points: Array) -> Array:
    """Return derivatives in reference coordinates, shape (cells, points, components, dim)."""
    table = _table(function, 1, points)[1:]
    return np.asarray(np.einsum("iqn,cnb->cqbi", table, _nodal(function, cells)))


def _table(function: fem.Function, order: int, points: Array) -> Array:
    element = function.function_space.element.basix_element
    return np.asarray(element.tabulate(order, points)[..., 0])


def _nodal(function: fem.Function, cells: Indices) -> Array:
    dofmap = function.function_space.dofmap
    return np.asarray(function.x.array.reshape(-1, dofmap.index_map_bs)[dofmap.list[cells]])


def diffusivity(problem: Problem, block: str, cells: Indices, points: Array) -> Array:
    """Return how fast a field spreads at reference points, m2/s: heat by alpha, species by D."""
    m = problem.mixture
    theta = field_values(problem, "theta", cells, points)
    gamma = tuple(
        field_values(problem, field, cells, points) for field in problem.layout.compositions
    )
    c = tuple(species.c0 + each for species, each in zip(m.species, gamma, strict=True))
    found, species = spreading(m, m.T0 + theta, c), species_of(block)
    return found.alpha if species is None else found.D[..., species]


def reference_metric(problem: Problem) -> Array:
    """Return the metric of the reference cell, as in ``femsoret.physics.forms.stabilisation``."""
    dim = problem.cell.dim
    if is_simplex(problem):
        return 0.5 * (np.eye(dim) + np.ones((dim, dim)))
    return np.eye(dim)


def is_simplex(problem: Problem) -> bool:
    """Return whether mesh cells are triangles or tetrahedra."""
    return problem.cell.mesh.basix_cell() in (basix.CellType.triangle, basix.CellType.tetrahedron)


def nearest_point(problem: Problem, side: str, x: Array) -> Array:
    """Return the point of a side nearest to a place: a vertex or the middle of a facet."""
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
    """Return the wall of the fluid nearest to a place."""
    return min(
        problem.cell.fluid_sides,
        key=lambda side: float(np.linalg.norm(nearest_point(problem, side, x) - x)),
    )
