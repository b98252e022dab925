"""Rest: whether gravity moves the liquid of a cell at all.

Where temperature and composition without flow vary along gravity alone, the pressure balances the
buoyancy and rest is a steady state: that of an ideal cell between parallel plates, with plates that
conduct imperfectly and with properties that vary. There is nothing to solve for then, and nothing
for an iterative solver to find but noise.

In a closed cell at rest the composition depends on the temperature alone, and heat that flows along
one direction does so for any conductivity as a function of the two. So the isotherms of a constant
conductivity say it, which any mesh holds to round-off where they are level.
"""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Final

import ufl

from femsoret.experiment import Experiment
from femsoret.physics.closures.modified import with_constant_properties, without_dufour
from femsoret.physics.forms import CONDUCTION
from femsoret.post.fields import integral
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
        NotConverged: Conduction was not found.
    """
    if not experiment.mixture.gravity.magnitude:
        return True
    if experiment.start_up is not None:
        return False  # the state at rest is left on purpose
    return _slope(_conduction(experiment)) < LEVEL


def _conduction(experiment: Experiment) -> Problem:
    """Return the conduction of heat at constant conductivity, solved."""
    constant = with_constant_properties(experiment.mixture, experiment.orientation.T_mean)
    # The Dufour effect would make the conductivity depend on the temperature again.
    plain = replace(experiment, mixture=without_dufour(constant))
    problem = plain.problem(CONDUCTION)
    solve_steady(problem, experiment.newton)
    return problem


def _slope(problem: Problem) -> float:
    """Return the norm of the horizontal part of the temperature gradient over that of all of it."""
    up, gradient = ufl.as_vector(problem.mixture.gravity.up), ufl.grad(problem.function("theta"))
    across = gradient - ufl.dot(gradient, up) * up

    def norm(vector: object) -> float:
        return math.sqrt(integral(problem, ufl.inner(vector, vector) * problem.cell.dx()))

    size = norm(gradient)
    return norm(across) / size if size else 0.0
