"""Where hot meets cold: walls that touch and are held at different values.

At such a corner the flux grows as one over the distance, and its integral over either wall is
infinite. Any number for it is one of the mesh, and grows with every refinement.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations
from typing import Final

from mpi4py import MPI

import numpy as np

from femsoret.post.pointwise import Indices
from femsoret.problem import Problem

SAME: Final = 1e-6
"""Difference of two given values, in units of the block's scale, up to which they are one."""


@dataclass(frozen=True)
class Corner:
    """Two walls of given values that touch.

    Args:
        sides: Their names.
        nodes: This rank's nodes that both have, ghosts included.
    """

    sides: tuple[str, str]
    nodes: Indices


def corners(problem: Problem, block: str) -> tuple[Corner, ...]:
    """Return where walls that hold a block meet, whatever values they hold; collective.

    Args:
        problem: The problem.
        block: "theta", or a :func:`~femsoret.problem.layout.composition`.
    """
    held = [side for name, side in problem.wall_values if name == block]
    nodes = {side: problem.dofs_on(block, (side,)) for side in held}
    return tuple(
        Corner((one, other), np.intersect1d(nodes[one], nodes[other]))
        for one, other in combinations(held, 2)
    )


def jumps(
    problem: Problem, block: str, where: tuple[Corner, ...] | None = None
) -> tuple[tuple[str, str], ...]:
    """Return the pairs of walls that touch and hold different values now; collective.

    Args:
        problem: The problem.
        block: "theta", or a :func:`~femsoret.problem.layout.composition`.
        where: Its :func:`corners`, where they are known; None looks for them.
    """
    where = corners(problem, block) if where is None else where
    if not where:
        return ()
    apart = np.zeros(len(where))
    for i, corner in enumerate(where):
        one, other = (
            problem.entries(problem.wall_values[block, side].x.array, block)[corner.nodes]
            for side in corner.sides
        )
        apart[i] = np.abs(one - other).max(initial=0.0)
    problem.cell.comm.Allreduce(MPI.IN_PLACE, apart, op=MPI.MAX)
    allowed = SAME * problem.scales.unknown[block]
    return tuple(
        corner.sides for corner, gap in zip(where, apart, strict=True) if float(gap) > allowed
    )


def sides_of(pairs: tuple[tuple[str, str], ...]) -> frozenset[str]:
    """Return the sides in pairs of them."""
    return frozenset(side for pair in pairs for side in pair)
