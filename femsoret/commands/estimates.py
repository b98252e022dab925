"""Estimated cost of commands: memory, and the number of factorisations of an onset study.

The estimates are based on measurements of other runs; those of onset studies are from
bench/onset_cost.py, for boxes heated from below on one rank. Most of the memory of an onset study
is for factors of complex matrices, which complex shifts and the count of eigenvalues need.
"""

from __future__ import annotations

from dataclasses import dataclass

from femsoret.case import CaseRun
from femsoret.problem import Problem
from femsoret.solve.linear.options import FACTORISING
from femsoret.solve.linear.selection import preset_for
from femsoret.solve.spectrum.counting import MOST_UNKNOWNS
from femsoret.studies.measure.all_states import with_all_states

MEGABYTES_PER_UNKNOWN = {2: 0.0082, 3: 0.030}
"""Memory of a direct solve, MB per unknown, by dimension, without the base memory of the ranks.

Measured on one rank as the peak resident memory after the three solves of a Soret cell, minus the
base, divided by the number of unknowns with flow: 0.0082 in a 2D cell with 47,000 unknowns, 0.028
in a box of hexahedra with 25,000 unknowns. In 3D it grows with the size."""

MEGABYTES_BY_MULTIGRID = 0.008
"""Memory of a multigrid solve, MB per unknown, without the base memory of the ranks.

Measured: 0.0043 to 0.0057 for a pure fluid with 115,000 to 512,000 unknowns, 0.0066 to 0.0111 for a
Soret cell with 131,000 to 993,000 unknowns."""

SEVERAL_RANKS = 1.3
"""Ratio of the memory on several ranks to that on one rank, without the base memory of the ranks.

Measured on two ranks with 35,000 unknowns in 2D and 18,000 in 3D."""

SECOND_SOLVE = {2: 3.9, 3: 1.5}
"""Ratio of the memory with an estimate of the numerical error to that without, by dimension.

Measured in a 2D cell with 47,000 unknowns (1,650 MB instead of 550 MB in total) and in a box of
hexahedra with 25,000 unknowns (1,200 MB instead of 870 MB)."""

MEGABYTES_PER_RANK = 167.0
"""Base memory of a rank, MB, measured after all imports."""


def memory_estimate_mb(built: CaseRun, problem: Problem) -> float:
    """Return the estimated memory of a run, all ranks together, MB.

    Args:
        built: The case on its mesh.
        problem: The problem with flow.
    """
    cell, newton = built.experiment.cell, built.experiment.newton
    problem = with_states_of(built, problem)
    direct = preset_for(problem, newton.preset) in FACTORISING
    solves = MEGABYTES_PER_UNKNOWN[cell.dim] if direct else MEGABYTES_BY_MULTIGRID
    solves *= problem.num_dofs
    solves *= SECOND_SOLVE[cell.dim] if solved_twice(built) else 1.0
    solves *= SEVERAL_RANKS if cell.comm.size > 1 else 1.0
    return cell.comm.size * MEGABYTES_PER_RANK + solves


def with_states_of(built: CaseRun, problem: Problem) -> Problem:
    """Return the problem with all internal states of particles; the given one without any.

    Args:
        built: The case on its mesh.
        problem: The problem with flow, in which transitions are fast.
    """
    full = with_all_states(built.experiment)
    return problem if full is None else full.problem()


def solved_twice(built: CaseRun) -> bool:
    """Return whether further steady solves estimate the numerical error of a run."""
    return built.numerical_error and built.schedule is None


# -- onset studies -------------------------------------------------------------------------------

ONSET_MEGABYTES = 0.026
"""Memory of an onset study in 2D, MB per unknown, without the base memory of the ranks.

Measured: 0.024 with 4,800 and 18,500 unknowns of a pure fluid, 0.028 with 5,400 of a mixture."""

SECOND_SEARCH = 2.3
"""Ratio of the memory with a second search, at a degree higher by one, to that without."""

ONSET_MEGABYTES_3D = (0.0583, 3436.0, 0.19)
"""Memory of an onset study in 3D: (MB per unknown, unknowns at which it holds, exponent of growth).

Measured: 0.058, 0.066 and 0.073 MB per unknown with 3,400, 7,400 and 11,900 unknowns of a pure
fluid, 0.066 with 3,800 of a mixture."""

ONSET_SEVERAL_RANKS = 2.0
"""Ratio of the memory of an onset study on several ranks to that on one rank.

On several ranks, a real matrix of twice the size replaces the complex one, and a single rank makes
the count. The ratio is from the numbers of matrix entries; it is not measured."""

A_SEARCH = {False: 36, True: 54}
"""Factorisations of a search from all shifts with a count, by whether the fluid is a mixture.

Measured in 2D and 3D: 34 to 38 for a pure fluid, 52 to 54 for a mixture."""

WITHOUT_COUNT = 8
"""Factorisations of a search without a count: two per decade of rates, and the Newton steps."""

A_CRITICAL_VALUE = 190
"""Factorisations for a critical value, including the searches at both ends and at the value.

Measured: 178 to 190, of which 16 to 22 are real. The count takes more if the value is neutral to
many digits."""


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
        return f"about {self.memory_mb:.0f} MB in total and {self.factorisations} factorisations"


def onset_cost(built: CaseRun, problem: Problem, *, critical: int = 0) -> OnsetCost:
    """Return the estimated cost of an onset study of a case.

    Args:
        built: The case on its mesh.
        problem: The problem with flow.
        critical: Number of critical values sought, over all wavenumbers; 0 if only the modes of
            the unchanged case are sought.
    """
    problem = with_states_of(built, problem)
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
    """Return whether a second search for modes, at a higher degree, estimates the error (2D)."""
    return built.numerical_error and built.experiment.cell.dim == 2
