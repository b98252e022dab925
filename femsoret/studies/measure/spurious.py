"""The flow that a mesh makes of its own: the floor below which a Peclet number means nothing.

A buoyancy that depends on the height alone is a gradient, and no exact solution turns it into flow.
What the discrete Stokes problem makes of it is spurious. The horizontal mean of the computed
temperature and composition stands for the stratification of the run at hand; the flow that the
run's horizontal differences drive, however strong, is not in it.
"""

from __future__ import annotations

from dolfinx import fem

from femsoret.base.errors import NotConverged
from femsoret.base.log import get_logger
from femsoret.post.flow import speed
from femsoret.post.horizontal import horizontal_means
from femsoret.problem import Problem
from femsoret.problem.layout import block_of, component_function
from femsoret.solve import solve_linear
from femsoret.studies.measure.solution import Solution

log = get_logger(__name__)


def spurious_peclet(solution: Solution) -> float | None:
    """Return the spurious Peclet number of a solved experiment; None without gravity.

    Its largest speed times L/D, in a pure fluid times L/alpha. One linear solve for u, p and phi.

    Args:
        solution: A solved experiment.
    """
    if not solution.experiment.mixture.gravity.magnitude:
        return None
    try:
        found = speed(spurious_flow(solution))
    except NotConverged as failure:
        log.warning("no spurious Peclet number: %s", failure.message)
        return None
    return found.peclet_thermal if found.peclet_solutal is None else found.peclet_solutal


def spurious_flow(solution: Solution) -> Problem:
    """Return the solved Stokes problem of the horizontal means of a solved experiment.

    Args:
        solution: A solved experiment, with gravity.

    Raises:
        NotConverged: The linear solver failed.
    """
    experiment, convection = solution.experiment, solution.convection
    fields = convection.layout.fields
    blocks = dict.fromkeys(map(block_of, fields))  # in one order on all ranks, which a set is not
    given = {block: fem.Function(convection.space(block), name=block) for block in blocks}
    for field, profile in horizontal_means(convection, fields).items():
        component_function(given[block_of(field)], field).interpolate(profile)
    problem = experiment.problem(
        experiment.discretisation.stokes, degree=convection.degree, given=given
    )
    solve_linear(problem, experiment.newton)
    return problem
