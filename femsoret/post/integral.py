"""Values of functionals."""

from __future__ import annotations

import ufl
from dolfinx import fem

from femsoret.base.compiled import compiled
from femsoret.problem import Problem


def integral(problem: Problem, form: ufl.Form) -> float:
    """Return the value of a functional, the same on all ranks; collective.

    Args:
        problem: The problem that the form belongs to.
        form: A UFL form without arguments.
    """
    return float(problem.cell.comm.allreduce(fem.assemble_scalar(compiled(form))))
