"""The approach of a cell to its steady separation, from a uniform composition.

*How fast* follows from the steady state alone: near it, a deviation z obeys M dz/dt = -J z. One
back-substitution with the Jacobian integrates a reading r of z over all time; a second one weights
the integral with time:

    z_1 = J^-1 M z_0,  z_2 = J^-1 M z_1,      r(z_k) = integral of t^(k-1)/(k-1)! r(z(t)) dt

For a decay exp(-t/tau), r(z_2)/r(z_1) is tau. The contribution of the faster modes of a layer at
rest is known (:mod:`femsoret.post.evaluation`) and divided out, so that the result for such a layer
is L^2/(pi^2 D).

*How far*: a layer at rest approaches its steady separation by a known series, and a cell with a
weak flow follows the same series with a different time constant. However, the liquid is uniform at
first. Where stratification by composition eventually suppresses the flow, the initial flow of the
uniform liquid is tens of times faster and mixes what the Soret effect separates: if the steady flow
reduces the steady separation by a fraction b, the deficit after a time t is up to
13 b exp(-t/tau). This was found in time-dependent solves (docs/evidence.md), from a tilt at which
the flow is negligible up to one at which b is 1.5 %. Beyond that, the stratification forms late or
never, and only a time-dependent solve can predict the separation.
"""

from __future__ import annotations

import math
from typing import Final

import numpy as np

from femsoret.base.errors import NotConverged
from femsoret.base.log import get_logger
from femsoret.experiment import Experiment
from femsoret.physics.forms import DIFFUSION
from femsoret.post.evaluation import TERMS, Layer
from femsoret.post.readings import Reading
from femsoret.post.soret import HotCold, read_each
from femsoret.problem import Problem
from femsoret.problem.layout import COMPOSITIONS, composition
from femsoret.solve import Newton, NewtonOptions
from femsoret.solve.march import March, MarchOptions
from femsoret.studies.measure.all_states import Together
from femsoret.studies.measure.marching import problem_to_march
from femsoret.studies.measure.solution import Solution

log = get_logger(__name__)

DEFICIT: Final = 13.0
"""Deficit of the separation due to the early flow, over b exp(-t/tau), where b is the fraction that
the steady flow removes: 6 to 12.6 in time-dependent solves after half a relaxation time."""

QUIET: Final = 0.015
"""Largest fraction of the steady separation removed by the flow for which ``DEFICIT`` is valid."""

ALLOWED: Final = 1e-3
"""Largest relative deficit that is added to the error estimate; above it the cell is marched."""

RESIDUAL: Final = 1e-7
"""Relative residual of iterative linear solvers: the time constant is then accurate to about 1e-5,
and S_T read after six time constants to 1e-7."""

TOLERANCE: Final = 1e-3
"""Tolerance of a march at the experiment's polynomial degree. Every further degree divides it by
ten, so that a second march shows the error of the first."""


def deficit(solution: Solution, scaled: float) -> float:
    """Estimate the fraction of the steady separation that the early flow removes.

    Args:
        solution: The steady state that the cell approaches.
        scaled: Time since the composition was uniform, in units of the cell's relaxation time.
    """
    return DEFICIT * _taken_by_flow(solution) * math.exp(-scaled)


def is_quiet(solution: Solution, scaled: float) -> bool:
    """Return whether a cell approaches its steady state as a layer at rest does.

    Args:
        solution: The steady state.
        scaled: Time since the composition was uniform, in units of the cell's relaxation time.
    """
    return _taken_by_flow(solution) <= QUIET and deficit(solution, scaled) <= ALLOWED


def _taken_by_flow(solution: Solution) -> float:
    """Return the relative change of the steady separation due to the flow."""
    soret = solution.soret
    assert soret is not None  # the experiment is auditable
    return 0.0 if solution.rests else abs(soret.apparent / soret.without_gravity - 1.0)


def marched(
    experiment: Experiment, duration: float, degree: int, *, at_rest: bool = False
) -> tuple[HotCold, ...]:
    """March an experiment from a uniform composition and read T and c at the end; collective.

    Particles with internal states are marched with all of them, from their occupations at the
    reference temperature.

    Args:
        experiment: The experiment, which starts at rest and at the reference temperature.
        duration: Duration of the march, s.
        degree: Polynomial degree of the elements.
        at_rest: Whether to leave out the flow.

    Returns:
        The hot and cold readings at the end, one per species.

    Raises:
        CaseError: A stabilisation of the experiment omits the rate of change.
        NotConverged: The march failed, or the cell is three-dimensional: a march would take hours.
    """
    if experiment.cell.dim == 3 and not at_rest:
        raise NotConverged(
            "the separation at the given duration is unknown: the flow of the initially uniform "
            "liquid is too strong for the formula of a layer at rest, and an audit can solve in "
            "time in 2D only",
            "run the case with a table [time], or remove the duration from [audit]",
        )
    experiment.check_rates()
    newton = experiment.newton
    problem = problem_to_march(experiment, DIFFUSION if at_rest else None, degree=degree)
    options = MarchOptions(
        tolerance=TOLERANCE * 0.1 ** (degree - experiment.degree),
        preset=newton.preset,
        petsc=newton.petsc,
    )
    log.info("marching for %.4g s", duration)
    with March(problem, options) as march:
        for step in march.until(duration):
            log.debug("t = %.4g s", step.clock.t)
    if experiment.particles:
        problem = Together(experiment, problem).shown
    return read_each(problem, experiment.pair.hot, experiment.pair.cold)


def separation_time(
    problem: Problem, hot: Reading, cold: Reading, layer: Layer, options: NewtonOptions
) -> float:
    """Return the time constant of the late approach to a steady separation, in s; collective.

    Args:
        problem: A problem without imposed compositions, in its steady state, which is restored.
            If the liquid is at rest, the problem without flow is sufficient.
        hot: Reading at the hot end.
        cold: Reading at the cold end.
        layer: Positions of these readings across the layer.
        options: Options of the linear solver.

    Raises:
        NotConverged: The linear solver failed.
    """
    before = problem.get_state()
    moments = []
    with Newton(problem, options) as newton:
        x, z, b = (newton.system.vector() for _ in range(3))
        newton.system.read(x)
        newton.factorise(x)
        for name, function in zip(problem.layout.names, problem.functions, strict=True):
            if name != COMPOSITIONS:  # the other fields adjust fast
                function.x.array[:] = 0.0
        newton.system.read(z)
        for _ in range(2):
            newton.system.mass.mult(z, b)
            newton.back_substitute(b, z, RESIDUAL)
            problem.set_state(newton.system.arrays(z))
            moments.append(cold.of(problem, composition()) - hot.of(problem, composition()))
    problem.set_state(before)
    return moments[1] / moments[0] / _of_a_quiet_layer(layer)


def _of_a_quiet_layer(layer: Layer) -> float:
    """Return r(z_2)/r(z_1) of a layer at rest, in units of its tau."""
    n = np.arange(1, 2 * TERMS, 2)
    size = -layer.modes / n**2
    return float(np.sum(size / n**4) / np.sum(size / n**2))
