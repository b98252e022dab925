"""How a cell approaches its steady separation after its composition was uniform.

*How fast*, from the steady state alone: near it a deviation z obeys M dz/dt = -J z. One
back-substitution with the Jacobian integrates a reading r of z over all time, a second one weights
the integral with time:

    z_1 = J^-1 M z_0,  z_2 = J^-1 M z_1,      r(z_k) = integral of t^(k-1)/(k-1)! r(z(t)) dt

For a decay exp(-t/tau), r(z_2)/r(z_1) is tau. What a quiet layer has beside its slowest mode is
known (:mod:`femsoret.post.evaluation`), and divided out: there the result is L^2/(pi^2 D).

*How far*: a quiet layer approaches its steady separation by a known series, and a cell whose flow
is weak does so with a time constant of its own. But the liquid is uniform at first. Where layers of
composition hold the flow back in the end, the flow of the uniform liquid is tens of times faster,
and mixes what the Soret effect separates: while the flow takes b of the steady separation, the
deficit after a time t is up to 13 b exp(-t/tau). That was found in marches (docs/evidence.md), from
a tilt at which the flow hardly counts up to one at which it takes 1.5 %. Beyond that the layers
form late, or never: the cell does not reach its steady state, and only a march can tell.
"""

from __future__ import annotations

import math
from typing import Final

import numpy as np

from femsoret.base.errors import NotConverged
from femsoret.base.log import get_logger
from femsoret.experiment import Experiment
from femsoret.post.evaluation import TERMS, Layer
from femsoret.post.readings import Reading
from femsoret.post.soret import HotCold, read
from femsoret.problem import Problem
from femsoret.problem.layout import COMPOSITIONS, composition
from femsoret.solve import Newton, NewtonOptions
from femsoret.solve.march import March, MarchOptions
from femsoret.studies.measure.solution import Solution

log = get_logger(__name__)

DEFICIT: Final = 13.0
"""What the early flow takes of the separation, over b exp(-t/tau), b what the steady flow takes:
6 to 12.6 in marches once half a relaxation time is over."""

QUIET: Final = 0.015
"""Part of the steady separation that the flow takes up to which that number holds."""

ALLOWED: Final = 1e-3
"""Deficit up to which it is left to an error bound, over the separation."""

RESIDUAL: Final = 1e-7
"""Residual, relative, of an iterative solver: the time constant is then right to about 1e-5, and
S_T read after six of them to 1e-7."""

TOLERANCE: Final = 1e-3
"""Tolerance of a march. Each degree more than the experiment's takes a tenth of it, so that a
second march shows the error of the first."""


def deficit(solution: Solution, scaled: float) -> float:
    """Estimate the relative part of the separation that the early flow takes.

    Args:
        solution: The steady state that is approached.
        scaled: Time since the composition was uniform, over the relaxation time of the cell.
    """
    return DEFICIT * _taken_by_flow(solution) * math.exp(-scaled)


def is_quiet(solution: Solution, scaled: float) -> bool:
    """Return whether a cell approaches its steady state as a quiet layer does.

    Args:
        solution: The steady state.
        scaled: Time since the composition was uniform, over the relaxation time of the cell.
    """
    return _taken_by_flow(solution) <= QUIET and deficit(solution, scaled) <= ALLOWED


def _taken_by_flow(solution: Solution) -> float:
    """Return what the flow changes of the steady separation, relative."""
    soret = solution.soret
    assert soret is not None  # of an auditable experiment
    return 0.0 if solution.rests else abs(soret.apparent / soret.without_gravity - 1.0)


def marched(experiment: Experiment, duration: float, degree: int) -> HotCold:
    """March an experiment from a uniform composition, and read T and c at the end; collective.

    Args:
        experiment: The experiment. It starts at rest, with the reference temperature.
        duration: The time, s.
        degree: Polynomial degree.

    Raises:
        CaseError: A stabilisation leaves out the rate of change.
        NotConverged: The march failed, or the cell is three-dimensional, where it would take hours.
    """
    if experiment.cell.dim == 3:
        raise NotConverged(
            "how far the separation has come is not known: the flow of the uniform liquid is too "
            "strong for the approach of a quiet layer, and an audit marches in 2D only",
            "run the case with a table [time], or leave the duration out of [audit]",
        )
    experiment.check_rates()
    problem, newton = experiment.problem(degree=degree), experiment.newton
    options = MarchOptions(
        tolerance=TOLERANCE * 0.1 ** (degree - experiment.degree),
        preset=newton.preset,
        petsc=newton.petsc,
    )
    log.info("marching for %.4g s: the early flow is strong", duration)
    with March(problem, options) as march:
        for step in march.until(duration):
            log.debug("t = %.4g s", step.clock.t)
    return read(problem, experiment.pair.hot, experiment.pair.cold)


def separation_time(
    problem: Problem, hot: Reading, cold: Reading, layer: Layer, options: NewtonOptions
) -> float:
    """Return the time constant of the late approach to a steady separation, s; collective.

    Args:
        problem: A problem in its steady state, closed; the state stays as it is. Where the liquid
            rests heat and species alone will do.
        hot: Reading at the hot end.
        cold: Reading at the cold end.
        layer: Where these readings are.
        options: Of the linear solver.

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
            if name != COMPOSITIONS:  # it is uniform at first, all else follows fast
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
    size = (np.cos(n * math.pi * layer.cold) - np.cos(n * math.pi * layer.hot)) / n**2
    return float(np.sum(size / n**4) / np.sum(size / n**2))
