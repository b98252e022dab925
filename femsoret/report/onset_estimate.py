"""What `femsoret onset` will cost a case: memory, and how many factorisations.

Estimates from what others took: bench/onset_cost.py, boxes heated from below on one rank. The
factors of complex matrices, which shifts off the real axis and the count need, are the most of it.
"""

from __future__ import annotations

from dataclasses import dataclass

from femsoret.case import CaseRun
from femsoret.problem import Problem
from femsoret.report.memory_estimate import MEGABYTES_PER_RANK
from femsoret.solve.spectrum.counting import MOST_UNKNOWNS

MEGABYTES_PER_UNKNOWN = 0.026
"""Memory in 2D, MB an unknown, the base of a rank not counted: 0.024 at 4,800 and at 18,500
unknowns of a pure fluid, 0.028 at 5,400 with a species."""

SECOND_LOOK = 2.3
"""The same where all modes are sought again with polynomials of one degree more, over that: 0.053
and 0.057 at 4,800 and 18,500 unknowns, 0.061 at 5,400 with a species."""

IN_3D = (0.0583, 3436.0, 0.19)
"""Memory in 3D, MB an unknown, at so many unknowns, and the power of the unknowns with which that
grows: 0.058, 0.066, 0.073 at 3,400, 7,400, 11,900 of a pure fluid; 0.066 at 3,800 with a
species."""

SEVERAL_RANKS = 2.0
"""What several ranks together take, over one: there a real matrix of twice the size stands for the
complex one, and the count is made on one rank. Not measured: by the entries of the two."""

A_LOOK = {False: 36, True: 54}
"""Factorisations of a search from all shifts with its count, by whether there is a species: 34 to
38 for a pure fluid, 52 to 54 with a species, in 2D and 3D."""

WITHOUT_COUNT = 8
"""The same where no count is made: two a decade of rates, and Newton's steps."""

A_CRITICAL_VALUE = 190
"""Factorisations until a critical value is found, searches at both ends and there included: 178 to
190. Of these 16 to 22 are real. A value that is neutral to many digits takes more to be counted."""


@dataclass(frozen=True)
class OnsetCost:
    """What a study costs, about.

    Args:
        memory_mb: Memory of all ranks together, MB.
        factorisations: How many.
    """

    memory_mb: float
    factorisations: int

    def __str__(self) -> str:
        return f"about {self.memory_mb:.0f} MB in all and {self.factorisations} factorisations"


def onset_cost(built: CaseRun, problem: Problem, *, critical: int = 0) -> OnsetCost:
    """Return about what a study of the modes of a case costs.

    Args:
        built: The case.
        problem: Its problem with flow.
        critical: How many critical values are sought, those at all wavenumbers together; 0 looks at
            the case as it is.
    """
    dim, ranks, number = problem.cell.dim, problem.cell.comm.size, problem.num_dofs
    again = looks_again(built) and not critical
    if dim == 3:
        least, at, power = IN_3D
        memory = least * number * max(1.0, number / at) ** power
    else:
        memory = MEGABYTES_PER_UNKNOWN * number * (SECOND_LOOK if again else 1.0)
    memory *= SEVERAL_RANKS if ranks > 1 else 1.0
    counted = number <= MOST_UNKNOWNS[dim]
    look = A_LOOK[bool(problem.mixture.species)] if counted else WITHOUT_COUNT
    value = A_CRITICAL_VALUE if counted else 6 * WITHOUT_COUNT
    factorisations = critical * value if critical else look * (2 if again else 1)
    return OnsetCost(ranks * MEGABYTES_PER_RANK + memory, factorisations)


def looks_again(built: CaseRun) -> bool:
    """Return whether modes are sought again at one degree more: by default in 2D."""
    return built.numerical_error and built.experiment.cell.dim == 2
