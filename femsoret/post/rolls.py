"""How many rolls lie side by side in a plane cell.

Counted along a line through the middle of the fluid, by the stream function, which is zero at its
ends and has one sign in each roll. (The velocity across the line is no measure: where the flow of
one long roll turns round at the end of a cell it swings beyond zero.) The line runs along the layer
between the hot and the cold wall where these lie one above the other, and across it where they
stand upright: in either case level, or nearly so.
"""

from __future__ import annotations

from typing import Final

from mpi4py import MPI

import numpy as np

from femsoret.base.versions import geometry_dofmap
from femsoret.post.pointwise import Array
from femsoret.post.readings import locate
from femsoret.problem import Problem

POINTS: Final = 2000
"""Places along the line."""

WEAK: Final = 0.05
"""Stream function, over its largest value on the line, below which a flow turns no roll: eddies in
corners, and what is left of a flow far from where it is driven."""

NOTHING: Final = 1e-3
"""Peclet number L u/D of the slowest diffusion below which there is no flow to speak of."""


def rolls(problem: Problem) -> int | None:
    """Return the number of rolls; None in 3D, in cells of revolution, and where next to none flows.

    Collective.

    Args:
        problem: A solved problem with flow.
    """
    if problem.cell.dim != 2 or problem.cell.coordinates.has_axis:
        return None
    upwards = _upwards(problem)
    x = _line(problem, upwards)
    found = locate(problem.cell.mesh, x, problem.cell.fluid_cells)
    across = np.where(found.inside, found.values(problem.function("u")) @ upwards, 0.0)
    fastest = float(np.abs(across).max(initial=0.0))
    if fastest <= NOTHING * _slowest(problem) / problem.orientation.gap:
        return None
    stream = np.cumsum(across)
    signs = np.sign(stream[np.abs(stream) > WEAK * np.abs(stream).max()])
    return 1 + int(np.count_nonzero(np.diff(signs)))


def _upwards(problem: Problem) -> Array:
    """Return the direction that is nearest to up among the axis of the cell and across it."""
    axis = np.asarray(problem.orientation.axis)
    ways = (axis, np.array([-axis[1], axis[0]]))
    return np.asarray(max(ways, key=lambda way: abs(way @ problem.mixture.gravity.up)))


def _line(problem: Problem, upwards: Array) -> Array:
    """Return points of a line across a direction, through the middle of the fluid, shape (n, 2)."""
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
    """Return the slowest diffusion at the reference state, m2/s."""
    at = problem.mixture.reference
    return min(at.alpha, at.slowest)
