"""How much memory a run will take: an estimate from what others took."""

from __future__ import annotations

from femsoret.case import CaseRun
from femsoret.problem import Problem
from femsoret.solve.linear.options import FACTORISING
from femsoret.solve.linear.selection import preset_for

MEGABYTES_PER_UNKNOWN = {2: 0.0082, 3: 0.030}
"""Memory of a direct solve, MB an unknown, by dimension, the base of the ranks not counted.

Measured on one rank as the peak resident memory after the three solves of a Soret cell, less the
base, over the unknowns with flow. Quadrilaterals: 0.0068, 0.0064, 0.0067 at 11,000, 35,000, 77,000
unknowns. Hexahedra, where it grows with the size: 0.025, 0.025, 0.027, 0.029, 0.035 at 6,000,
11,000, 18,000, 28,000, 57,000. To these the constant part of the Jacobian, kept since, adds 0.0007
in 2D and 0.003 in 3D (pure fluid, 52,000 and 16,000 unknowns). With the velocity's potential as a
block, and the demo's 2D cell: 0.0082 at 47,000 unknowns; a box of hexahedra: 0.028 at 25,000."""

MEGABYTES_BY_MULTIGRID = 0.008
"""Likewise of a multigrid solve: 0.0057 and 0.0043 for a pure fluid at 115,000 and 512,000
unknowns, 0.0111, 0.0077 and, on two ranks, 0.0066 for a Soret cell at 131,000, 302,000 and
993,000."""

SEVERAL_RANKS = 1.3
"""What two ranks together take, over one; measured at 35,000 unknowns in 2D, at 18,000 in 3D."""

SECOND_SOLVE = {2: 3.9, 3: 1.5}
"""Memory of a run that estimates its numerical error, over that of one that does not: 3.9 in the
demo's 2D cell (47,000 unknowns, 1,650 instead of 550 MB in all), 1.5 in a box of hexahedra (25,000,
1,200 instead of 870 MB)."""

MEGABYTES_PER_RANK = 167.0
"""Memory of a rank that has only imported everything; measured."""


def memory_estimate_mb(built: CaseRun, problem: Problem) -> float:
    """Return about how much memory all ranks of a run take together, MB.

    Args:
        built: The case.
        problem: Its problem with flow.
    """
    cell, newton = built.experiment.cell, built.experiment.newton
    direct = preset_for(problem, newton.preset) in FACTORISING
    solves = MEGABYTES_PER_UNKNOWN[cell.dim] if direct else MEGABYTES_BY_MULTIGRID
    solves *= problem.num_dofs
    solves *= SECOND_SOLVE[cell.dim] if solved_twice(built) else 1.0
    solves *= SEVERAL_RANKS if cell.comm.size > 1 else 1.0
    return cell.comm.size * MEGABYTES_PER_RANK + solves


def solved_twice(built: CaseRun) -> bool:
    """Return whether a second steady solve measures the numerical error of a run."""
    return built.numerical_error and built.schedule is None
