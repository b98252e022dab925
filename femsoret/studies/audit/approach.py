"""How much of its separation a cell has some time after its composition was uniform.

A quiet layer approaches its steady separation by a known series, and a cell whose flow is weak does
so with a time constant of its own. But the liquid is uniform at first. Where layers of composition
hold the flow back in the end, the flow of the uniform liquid is tens of times faster, and mixes
what the Soret effect separates: while the flow takes b of the steady separation, the deficit after
a time t is up to 13 b exp(-t/tau). That was found in marches (docs/numerics.md), from a tilt at
which the flow hardly counts up to one at which it takes 1.5 %. Beyond that the layers form late, or
never: then the steady state is none that the cell gets to, and only a march can tell.
"""

from __future__ import annotations

import math
from typing import Final

from femsoret.base.errors import NotConverged
from femsoret.base.log import get_logger
from femsoret.experiment import Experiment
from femsoret.post.soret import HotCold, read
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

TOLERANCE: Final = 1e-3
"""Tolerance of a march. Each degree more than the experiment's takes a tenth of it, so that a
second march shows the error of the first."""


def deficit(solution: Solution, scaled: float) -> float:
    """Return an estimate of what the early flow takes of the separation, relative.

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
    """Return the readings of an experiment some time after its composition was uniform; collective.

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
