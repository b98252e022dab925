"""What commands will cost a case: memory, and factorisations of a search for modes.

Both are estimates from what other runs took; bench/onset_cost.py measures those of onset studies,
for boxes heated from below on one rank. The factors of complex matrices, which shifts off the real
axis and the count need, are the most of an onset study's memory.
"""

from __future__ import annotations

from dataclasses import dataclass

from femsoret.case import CaseRun
from femsoret.problem import Problem
from femsoret.solve.linear.options import FACTORISING
from femsoret.solve.linear.selection import preset_for
from femsoret.solve.spectrum.counting import MOST_UNKNOWNS

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
    """Estimate the memory that all ranks of a run take together, MB.

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
    """Return whether a second steady solve estimates the numerical error of a run."""
    return built.numerical_error and built.schedule is None


# -- onset studies -------------------------------------------------------------------------------

ONSET_MEGABYTES = 0.026
"""Memory in 2D, MB an unknown, the base of a rank not counted: 0.024 at 4,800 and at 18,500
unknowns of a pure fluid, 0.028 at 5,400 with a species."""

SECOND_SEARCH = 2.3
"""The same where all modes are sought again with polynomials of one degree more, over that: 0.053
and 0.057 at 4,800 and 18,500 unknowns, 0.061 at 5,400 with a species."""

ONSET_MEGABYTES_3D = (0.0583, 3436.0, 0.19)
"""Memory in 3D, MB an unknown, at so many unknowns, and the power of the unknowns with which that
grows: 0.058, 0.066, 0.073 at 3,400, 7,400, 11,900 of a pure fluid; 0.066 at 3,800 with a
species."""

ONSET_SEVERAL_RANKS = 2.0
"""What several ranks together take, over one: there a real matrix of twice the size stands for the
complex one, and the count is made on one rank. Not measured: by the entries of the two."""

A_SEARCH = {False: 36, True: 54}
"""Factorisations of a search from all shifts with its count, by whether there is a species: 34 to
38 for a pure fluid, 52 to 54 with a species, in 2D and 3D."""

WITHOUT_COUNT = 8
"""The same where no count is made: two a decade of rates, and Newton's steps."""

A_CRITICAL_VALUE = 190
"""Factorisations until a critical value is found, searches at both ends and there included: 178 to
190. Of these 16 to 22 are real. A value that is neutral to many digits takes more to be counted."""


@dataclass(frozen=True)
class OnsetCost:
    """Estimated cost of an onset study.

    Args:
        memory_mb: Memory of all ranks together, MB.
        factorisations: Number of factorisations.
    """

    memory_mb: float
    factorisations: int

    def __str__(self) -> str:
        return f"about {self.memory_mb:.0f} MB in all and {self.factorisations} factorisations"


def onset_cost(built: CaseRun, problem: Problem, *, critical: int = 0) -> OnsetCost:
    """Estimate the cost of an onset study of a case.

    Args:
        built: The case.
        problem: Its problem with flow.
        critical: Number of critical values that are sought, over all wavenumbers; 0 where only the
            modes of the case as it is are sought.
    """
    dim, ranks, number = problem.cell.dim, problem.cell.comm.size, problem.num_dofs
    again = searches_twice(built) and not critical
    if dim == 3:
        least, reference, power = ONSET_MEGABYTES_3D
        memory = least * number * max(1.0, number / reference) ** power
    else:
        memory = ONSET_MEGABYTES * number * (SECOND_SEARCH if again else 1.0)
    memory *= ONSET_SEVERAL_RANKS if ranks > 1 else 1.0
    counted = number <= MOST_UNKNOWNS[dim]
    look = A_SEARCH[bool(problem.mixture.species)] if counted else WITHOUT_COUNT
    value = A_CRITICAL_VALUE if counted else 6 * WITHOUT_COUNT
    factorisations = critical * value if critical else look * (2 if again else 1)
    return OnsetCost(ranks * MEGABYTES_PER_RANK + memory, factorisations)


def searches_twice(built: CaseRun) -> bool:
    """Return whether modes are sought a second time, at one degree more: by default in 2D."""
    return built.numerical_error and built.experiment.cell.dim == 2
