"""Resolution indicator: the part of a field that polynomials of one degree less cannot represent.

The polynomial coefficients of a resolved field decay with the degree in every mesh cell. The
contribution of the highest degree, relative to the range of the field, shows whether a mesh cell
resolves the field (after the indicator of P.-O. Persson, J. Peraire, AIAA paper 2006-112; here in
the maximum norm). The indicator requires neither an estimate of a layer nor a second solve: it
costs one small matrix product.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from mpi4py import MPI

import basix
import numpy as np

from femsoret.base.types import Array, Indices
from femsoret.cells.geometry import chunks
from femsoret.post.flow import speed
from femsoret.problem import Problem
from femsoret.problem.layout import plain_name

KINDS: Final = ("composition", "temperature", "velocity")
"""Kinds of fields, as named by :func:`femsoret.problem.layout.plain_name`."""

_NOTHING: Final[Mapping[str, float]] = MappingProxyType({})

MAY_MISS: Final[Mapping[str, tuple[float, float]]] = MappingProxyType(
    {"composition": (0.03, 3.0), "temperature": (0.03, 3.0), "velocity": (0.1, 2.0)}
)
"""Allowed unresolved part of the range of a field at degree 2, and the factor by which this limit
falls with each degree. A velocity is less smooth at walls and corners than advected fields."""

UNIFORM: Final = 1e-8
"""Range of a field, relative to its scale, below which the field counts as uniform."""

SLOW: Final = 10.0
"""Peclet number of the largest speed, with the smallest diffusivity, up to which the resolution of
the flow is not judged: the readings are then far more accurate than the flow itself."""


def limit(degree: int, field: str = "composition") -> float:
    """Return the fraction of the range of a field that a mesh cell may leave unresolved.

    Above this limit the field differs somewhere by more than 1 % of its range from a refined run
    (measured for degrees 2 and 3, extrapolated to higher degrees: tables in docs/evidence.md).

    Args:
        degree: Polynomial degree of the field.
        field: Kind of the field, one of :data:`KINDS`.
    """
    most, falls = MAY_MISS[field]
    return most * falls ** (2 - degree)


def looked_at(problem: Problem) -> tuple[str, ...]:
    """Return the names of the fields of a problem whose resolution is judged."""
    layout = problem.layout
    names = (*layout.compositions, "theta", "u")
    return tuple(name for name in names if name in layout)


def size_of(problem: Problem, name: str) -> float:
    """Return the range of a scalar field, in its unit, or the largest speed, m/s; collective.

    The result is 0 for a uniform field, and for a flow too slow to matter (see :data:`SLOW`).

    Args:
        problem: A solved problem.
        name: Name of one of its fields; "u" for the velocity.
    """
    if name == "u":
        flow = speed(problem)
        peclet = flow.peclet_thermal if flow.peclet_solutal is None else flow.peclet_solutal
        return flow.maximum if peclet > SLOW else 0.0
    comm = problem.cell.comm
    nodes = problem.nodal_values(name)[problem.space(name).dofmap.list[problem.cell.fluid_cells]]
    highest = comm.allreduce(float(nodes.max(initial=-np.inf)), op=MPI.MAX)
    lowest = comm.allreduce(float(nodes.min(initial=np.inf)), op=MPI.MIN)
    size = highest - lowest
    return size if size > UNIFORM * problem.scales.unknown[name] else 0.0


def worst_cell(problem: Problem, name: str) -> tuple[float, Indices | None]:
    """Return the unresolved part of a field, and the mesh cell of this rank where it is largest.

    Args:
        problem: A solved problem.
        name: Name of one of its fields; "u" for the velocity.

    Returns:
        The largest nodal difference between the field and its projection to one degree less, in
        the unit of the field, and the local index of its mesh cell, shape (1,); -1 and None on a
        rank without fluid.
    """
    space = problem.space(name)
    kept = _projection(space.element.basix_element, problem.degree - 1)
    dofmap = space.dofmap.list
    nodes = problem.nodal_values(name)[:, None]
    if name == "u":
        nodes = problem.function(name).x.array.reshape(-1, space.dofmap.index_map_bs)
    best, cell = -1.0, None
    for cells in chunks(problem.cell.fluid_cells):
        nodal = nodes[dofmap[cells]]
        rest = nodal - np.einsum("mn,cnb->cmb", kept, nodal)
        missed = np.linalg.norm(rest, axis=-1).max(axis=1)
        if missed.max() > best:
            best, cell = float(missed.max()), cells[[int(np.argmax(missed))]]
    return best, cell


def missed(problem: Problem, at_least: Mapping[str, float] = _NOTHING) -> dict[str, float]:
    """Return the largest unresolved part of each kind of field in any mesh cell; collective.

    Args:
        problem: A solved problem.
        at_least: Name of a field -> lower bound, in the unit of the field, of the range by which
            its unresolved part is divided.

    Returns:
        Kind of field (see :data:`KINDS`) -> unresolved fraction of the range of the field, the
        largest value of all species for the composition; 0 for uniform fields.
    """
    parts: dict[str, float] = {}
    for name in looked_at(problem):
        size = size_of(problem, name)
        most = problem.cell.comm.allreduce(worst_cell(problem, name)[0], op=MPI.MAX)
        part = most / max(size, at_least.get(name, 0.0)) if size else 0.0
        kind = plain_name(name)
        parts[kind] = max(part, parts.get(kind, 0.0))
    return parts


def unresolved(problem: Problem) -> tuple[str, ...]:
    """Return the kinds of fields for which the mesh is too coarse; collective."""
    parts = missed(problem)
    return tuple(field for field in parts if parts[field] > limit(problem.degree, field))


def _projection(element: basix.finite_element.FiniteElement, degree: int) -> Array:
    """Return the matrix of the L2 projection of nodal values to a lower degree."""
    lower = basix.create_element(
        basix.ElementFamily.P, element.cell_type, degree, basix.LagrangeVariant.gll_warped
    )
    points, weights = basix.make_quadrature(element.cell_type, 2 * degree + 1)
    low, high = (e.tabulate(0, points)[0, :, :, 0] for e in (lower, element))
    mass, mixed = low.T @ (weights[:, None] * low), low.T @ (weights[:, None] * high)
    at_nodes = lower.tabulate(0, element.points)[0, :, :, 0]
    return np.asarray(at_nodes @ np.linalg.solve(mass, mixed))
