"""Largest speed, and the Peclet numbers made of it.

What is reported is the largest speed at the nodes. How much faster the fluid is between them is
part of its numerical error: it does not follow the mesh smoothly, so that a second solve may well
hit the same number by accident.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from mpi4py import MPI

import basix
import numpy as np

from femsoret.cells.measure import chunks
from femsoret.post.pointwise import Array, Indices, values
from femsoret.problem import Problem

FAST: Final = 0.8
"""Part of the largest nodal speed that a mesh cell must have at a node to be looked into: between
the nodes of second degree, half as far apart as the cells, no peak is higher than that by more."""

LATTICE: Final = 6
"""Steps a way of the points that are looked at in a mesh cell, and around the best of them."""

ZOOMS: Final = 3
"""How often the points close in: to a cell's size over 6^4."""


@dataclass(frozen=True)
class Speed:
    """How fast a cell flows.

    Args:
        maximum: Largest |u| at the nodes, m/s.
        peclet_thermal: maximum L/alpha.
        peclet_solutal: maximum L/D, D the least diffusivity; None without species.
    """

    maximum: float
    peclet_thermal: float
    peclet_solutal: float | None


def speed(problem: Problem) -> Speed:
    """Return the largest speed of a solved problem.

    Args:
        problem: A solved problem with flow.
    """
    u = problem.function("u")
    owned = u.function_space.dofmap.index_map.size_local
    nodal = np.linalg.norm(u.x.array.reshape(-1, problem.cell.dim)[:owned], axis=1)
    maximum = float(problem.cell.comm.allreduce(float(nodal.max(initial=0.0)), op=MPI.MAX))
    at, L = problem.mixture.reference, problem.orientation.gap
    return Speed(
        maximum=maximum,
        peclet_thermal=maximum * L / at.alpha,
        peclet_solutal=maximum * L / at.slowest if problem.mixture.species else None,
    )


def fastest(problem: Problem) -> float:
    """Return the largest |u| anywhere, between the nodes too, m/s; collective.

    Args:
        problem: A solved problem with flow.
    """
    u, comm = problem.function("u"), problem.cell.comm
    nodes = u.x.array.reshape(-1, problem.cell.dim)[u.function_space.dofmap.list]
    in_cells = np.linalg.norm(nodes[problem.cell.fluid_cells], axis=-1).max(axis=1, initial=0.0)
    limit = comm.allreduce(float(in_cells.max(initial=0.0)), op=MPI.MAX)
    fast = problem.cell.fluid_cells[in_cells >= FAST * limit]
    return float(comm.allreduce(max(_peak(u, fast), limit), op=MPI.MAX))


def _peak(u: Any, cells: Indices) -> float:
    """Return the largest |u| in mesh cells of this rank, by points that close in on the best."""
    kind = u.function_space.mesh.basix_cell()
    lattice = basix.create_lattice(kind, LATTICE, basix.LatticeType.equispaced, True)
    best, cell, at = 0.0, cells[:1], lattice[0]
    for some in chunks(cells):
        found = np.linalg.norm(values(u, some, lattice), axis=-1)
        i, j = np.unravel_index(int(found.argmax()), found.shape)
        if found[i, j] > best:
            best, cell, at = float(found[i, j]), some[[i]], lattice[j]
    if not len(cell):
        return best
    dim = lattice.shape[1]
    steps = np.stack(np.meshgrid(*[np.linspace(-1.0, 1.0, LATTICE + 1)] * dim), axis=-1)
    around = steps.reshape(-1, dim) / LATTICE
    for _ in range(ZOOMS):
        points = _within(kind, at + around)
        found = np.linalg.norm(values(u, cell, points), axis=-1)[0]
        best, at = max(best, float(found.max())), points[int(found.argmax())]
        around = around / LATTICE
    return best


def _within(kind: Any, points: Array) -> Array:
    """Return those of the points that lie in the reference cell."""
    simplex = kind in (basix.CellType.triangle, basix.CellType.tetrahedron)
    upper = points.sum(axis=1) <= 1.0 if simplex else (points <= 1.0).all(axis=1)
    return np.asarray(points[(points >= 0.0).all(axis=1) & upper])
