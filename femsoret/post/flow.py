"""Flow: the largest speed, its Peclet numbers, and the number of convection rolls.

The reported speed is the largest one at the nodes. The excess of the speed between the nodes is
part of the numerical error: it does not vary smoothly with the mesh, so that a second solve may
give the same nodal maximum by accident.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from mpi4py import MPI

import basix
import numpy as np
from dolfinx import fem

from femsoret.base.types import Array, Indices
from femsoret.base.versions import geometry_dofmap
from femsoret.cells.geometry import chunks
from femsoret.post.fields import locate, values
from femsoret.problem import Problem

FAST: Final = 0.8
"""Fraction of the largest nodal speed that a mesh cell must reach at one of its nodes to be
searched: at degree 2, no peak between the nodes exceeds the nodal values by more than this allows.
"""

LATTICE: Final = 6
"""Number of intervals per edge of the lattices of points, in a mesh cell and around the best point.
"""

ZOOMS: Final = 3
"""Number of refinements of the lattice; its final spacing is the size of a mesh cell over 6^4."""


@dataclass(frozen=True)
class Speed:
    """The largest speed in a cell, and its Peclet numbers.

    Args:
        maximum: Largest |u| at the nodes, m/s.
        peclet_thermal: Thermal Peclet number, maximum L/alpha, where L is the gap.
        peclet_solutal: Solutal Peclet number, maximum L/D, where D is the smallest diffusivity;
            None without species.
    """

    maximum: float
    peclet_thermal: float
    peclet_solutal: float | None


def speed(problem: Problem) -> Speed:
    """Return the largest nodal speed of a solved problem, and its Peclet numbers; collective.

    They are zero in a problem without flow.
    """
    if not problem.layout.flows:
        return Speed(0.0, 0.0, 0.0 if problem.mixture.species else None)
    u = problem.function("u")
    owned = u.function_space.dofmap.index_map.size_local
    nodal = np.linalg.norm(u.x.array.reshape(-1, problem.cell.dim)[:owned], axis=1)
    maximum = float(problem.cell.comm.allreduce(float(nodal.max(initial=0.0)), op=MPI.MAX))
    reference, L = problem.mixture.reference, problem.orientation.gap
    return Speed(
        maximum=maximum,
        peclet_thermal=maximum * L / reference.alpha,
        peclet_solutal=maximum * L / reference.slowest if problem.mixture.species else None,
    )


def fastest(problem: Problem) -> float:
    """Return the largest |u| in the fluid, at and between the nodes, m/s; collective."""
    if not problem.layout.flows:
        return 0.0
    u, comm = problem.function("u"), problem.cell.comm
    nodes = u.x.array.reshape(-1, problem.cell.dim)[u.function_space.dofmap.list]
    in_cells = np.linalg.norm(nodes[problem.cell.fluid_cells], axis=-1).max(axis=1, initial=0.0)
    limit = comm.allreduce(float(in_cells.max(initial=0.0)), op=MPI.MAX)
    fast = problem.cell.fluid_cells[in_cells >= FAST * limit]
    return float(comm.allreduce(max(_peak(u, fast), limit), op=MPI.MAX))


def _peak(u: fem.Function, cells: Indices) -> float:
    """Return the largest |u| in mesh cells of this rank, m/s, by a search on refined lattices."""
    kind = u.function_space.mesh.basix_cell()
    lattice = basix.create_lattice(kind, LATTICE, basix.LatticeType.equispaced, True)
    best, cell, centre = 0.0, cells[:1], lattice[0]
    for chunk in chunks(cells):
        speeds = np.linalg.norm(values(u, chunk, lattice), axis=-1)
        i, j = np.unravel_index(int(speeds.argmax()), speeds.shape)
        if speeds[i, j] > best:
            best, cell, centre = float(speeds[i, j]), chunk[[i]], lattice[j]
    if not len(cell):
        return best
    dim = lattice.shape[1]
    steps = np.stack(np.meshgrid(*[np.linspace(-1.0, 1.0, LATTICE + 1)] * dim), axis=-1)
    around = steps.reshape(-1, dim) / LATTICE
    for _ in range(ZOOMS):
        points = _within(kind, centre + around)
        speeds = np.linalg.norm(values(u, cell, points), axis=-1)[0]
        best, centre = max(best, float(speeds.max())), points[int(speeds.argmax())]
        around = around / LATTICE
    return best


def _within(kind: basix.CellType, points: Array) -> Array:
    """Return the points that lie in the reference cell."""
    simplex = kind in (basix.CellType.triangle, basix.CellType.tetrahedron)
    upper = points.sum(axis=1) <= 1.0 if simplex else (points <= 1.0).all(axis=1)
    return np.asarray(points[(points >= 0.0).all(axis=1) & upper])


# -- rolls -----------------------------------------------------------------------------------------

POINTS: Final = 2000
"""Number of points along the line."""

WEAK: Final = 0.05
"""Stream function, relative to its largest value on the line, below which a roll is not counted:
eddies in corners, and weak flow far from where it is driven."""

NOTHING: Final = 1e-3
"""Peclet number u L/D, with the smallest diffusivity, below which the flow is negligible."""


def rolls(problem: Problem) -> int | None:
    """Return the number of convection rolls that lie side by side in a plane cell; collective.

    Rolls are counted along a line through the middle of the fluid that is level or nearly so. The
    stream function is zero at the ends of the line and has one sign in each roll. Sign changes of
    the velocity across the line would not do: where one long roll turns round at the end of a
    cell, that velocity changes sign more than once.

    Returns:
        Number of rolls; None in 3D, in cells of revolution, and where the flow is negligible.
    """
    plane = problem.cell.dim == 2 and not problem.cell.coordinates.has_axis
    if not (plane and problem.layout.flows):
        return None
    upwards = _upwards(problem)
    x = _line(problem, upwards)
    located = locate(problem.cell.mesh, x, problem.cell.fluid_cells)
    across = np.where(located.inside, located.values(problem.function("u")) @ upwards, 0.0)
    fastest = float(np.abs(across).max(initial=0.0))
    if fastest <= NOTHING * _slowest(problem) / problem.orientation.gap:
        return None
    stream = np.cumsum(across)
    signs = np.sign(stream[np.abs(stream) > WEAK * np.abs(stream).max()])
    return 1 + int(np.count_nonzero(np.diff(signs)))


def _upwards(problem: Problem) -> Array:
    """Return the direction closest to vertical: along the axis of the cell, or normal to it."""
    axis = np.asarray(problem.orientation.axis)
    ways = (axis, np.array([-axis[1], axis[0]]))
    up = np.asarray(problem.mixture.gravity.up)
    return np.asarray(max(ways, key=lambda way: float(abs(way @ up))))


def _line(problem: Problem, upwards: Array) -> Array:
    """Return points of a line normal to a direction, through the middle of the fluid.

    Returns:
        Coordinates, m, shape (POINTS, 2).
    """
    nodes = np.unique(geometry_dofmap(problem.cell.mesh)[problem.cell.fluid_cells])
    frame = np.stack([np.array([upwards[1], -upwards[0]]), upwards])
    x = problem.cell.mesh.geometry.x[nodes, :2] @ frame.T
    comm = problem.cell.comm
    low, high = x.min(axis=0, initial=np.inf), x.max(axis=0, initial=-np.inf)
    comm.Allreduce(MPI.IN_PLACE, low, op=MPI.MIN)
    comm.Allreduce(MPI.IN_PLACE, high, op=MPI.MAX)
    level = np.full(POINTS, 0.5 * (low[1] + high[1]))
    along = low[0] + (high[0] - low[0]) * (np.arange(POINTS) + 0.5) / POINTS
    return np.asarray(np.stack([along, level], axis=1) @ frame)


def _slowest(problem: Problem) -> float:
    """Return the smallest diffusivity of heat and species at the reference state, m2/s."""
    reference = problem.mixture.reference
    return min(reference.alpha, reference.slowest)
