"""Rest: whether gravity moves the liquid of a cell at all.

Where temperature and composition without flow vary along gravity alone, the pressure balances the
buoyancy and rest is a steady state: that of an ideal cell between parallel plates, with plates that
conduct imperfectly and with properties that vary. There is nothing to solve for then, and nothing
for an iterative solver to find but noise.
"""

from __future__ import annotations

import math
from typing import Final

import ufl
from dolfinx import fem

from femsoret.experiment import Experiment
from femsoret.forms import DIFFUSION
from femsoret.problem import Problem
from femsoret.solve import solve_steady

LEVEL: Final = 1e-9
"""Root mean square slope of isotherms below which they are level: round-off of a direct solver."""


def rests(experiment: Experiment) -> bool:
    """Return whether rest is a steady state of an experiment; collective.

    That is a matter of the shape, so that a coarse mesh may answer it.

    Args:
        experiment: The experiment.

    Raises:
        NotConverged: The state without flow was not found.
    """
    if not experiment.mixture.gravity.magnitude:
        return True
    if experiment.start_up is not None:
        return False  # the state at rest is left on purpose
    reference = experiment.problem(DIFFUSION)
    solve_steady(reference, experiment.newton)
    return all(_slope(reference, block) < LEVEL for block in reference.layout.names)


def _slope(problem: Problem, block: str) -> float:
    """Return the norm of the horizontal part of a gradient over that of all of it."""
    field, up = problem.function(block), ufl.as_vector(problem.mixture.gravity.up)
    gradient = ufl.grad(field)
    across = gradient - ufl.dot(gradient, up) * up

    def norm(vector: object) -> float:
        total = fem.assemble_scalar(fem.form(ufl.inner(vector, vector) * problem.cell.dx()))
        return math.sqrt(problem.cell.comm.allreduce(total))

    size = norm(gradient)
    return norm(across) / size if size else 0.0
