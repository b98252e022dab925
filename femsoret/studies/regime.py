"""The regime of a cell: what its flow is like, and the numbers that this rests on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

import numpy as np
import ufl

from femsoret.errors import FemsoretError
from femsoret.experiment import Experiment
from femsoret.log import get_logger
from femsoret.post.extrema import speed
from femsoret.post.integral import integral
from femsoret.problem import Problem
from femsoret.solve import growth_rates
from femsoret.studies.onset import Stability, again_at_higher_degree, stability
from femsoret.studies.solution import Solution

log = get_logger(__name__)

Name = Literal["thin layer", "unicellular", "multicellular", "convective", "unstable"]

SLOW: Final = 1.0
"""Solutal Peclet number up to which diffusion is faster than the flow."""

CARRIED: Final = 0.02
"""Part of the heat that the flow carries from which on heat notices it."""

ONE_WAY: Final = 0.5
"""Part of the flow's turning in one sense above which it is one roll."""


@dataclass(frozen=True)
class Regime:
    """What the flow is like.

    Args:
        name: "unstable": the steady state does not last. "convective": the flow carries heat.
            "unicellular", "multicellular": one roll, or more, carries species but not heat. "thin
            layer": diffusion is faster than what flows.
        peclet_solutal: Largest speed times L/D.
        peclet_thermal: Largest speed times L/alpha.
        carried: Nusselt number of the hot side less 1; None where it has none.
        turning: |integral of r x u|/integral of |r x u| about the centre: 1 where all turns one
            way; None where nothing flows.
        growth_rate: Of the leading mode, in the unit of the problem; None where it was not sought.
        stability: What is known of the stability, in a sentence.
    """

    name: Name
    peclet_solutal: float
    peclet_thermal: float
    carried: float | None
    turning: float | None
    growth_rate: float | None
    stability: str


def regime(solution: Solution, coarse: Experiment) -> Regime:
    """Return the regime of a solved cell; collective.

    Args:
        solution: The solved cell.
        coarse: The same on a mesh on which modes are sought, where they may grow.
    """
    problem, frame = solution.convection, solution.experiment.orientation
    fast = speed(problem)
    number = solution.nusselt.get(frame.hot)
    carried = None if number is None else number - 1.0
    turning = turning_one_way(problem)
    growth, words = lasting(coarse)
    return Regime(
        name=_name(fast.peclet_solutal or 0.0, carried, turning, growth),
        peclet_solutal=fast.peclet_solutal or 0.0,
        peclet_thermal=fast.peclet_thermal,
        carried=carried,
        turning=turning,
        growth_rate=growth,
        stability=words,
    )


def _name(
    peclet: float, carried: float | None, turning: float | None, growth: float | None
) -> Name:
    if growth is not None and growth > 0.0:
        return "unstable"
    if carried is not None and abs(carried) > CARRIED:
        return "convective"
    if peclet < SLOW:
        return "thin layer"
    return "unicellular" if (turning or 0.0) > ONE_WAY else "multicellular"


def turning_one_way(problem: Problem) -> float | None:
    """Return |integral of r x u| over the integral of |r x u|; None at rest. Collective.

    r is the distance from the centre of the cell. One roll gives 1, two equal counter-rotating
    ones 0.

    Args:
        problem: A problem with flow.
    """
    mesh, u = problem.cell.mesh, problem.function("u")
    x = ufl.SpatialCoordinate(mesh)
    dx = problem.cell.dx(metadata={"quadrature_degree": 2 * problem.degree})

    volume = problem.cell.fluid_volume
    r = x - ufl.as_vector([integral(problem, x[i] * dx) / volume for i in range(problem.cell.dim)])
    if problem.cell.dim == 2:
        parts = [r[0] * u[1] - r[1] * u[0]]
    else:
        turn = ufl.cross(r, u)
        parts = [turn[i] for i in range(3)]
    tiny = np.finfo(float).tiny
    size = integral(problem, ufl.sqrt(sum(part**2 for part in parts) + tiny) * dx)
    net = float(np.linalg.norm([integral(problem, part * dx) for part in parts]))
    return net / size if size > volume * 1e-100 else None


def may_grow(experiment: Experiment) -> bool:
    """Return whether modes are sought: temperature or composition stratify unstably on the axis.

    Args:
        experiment: The experiment.
    """
    frame, mixture = experiment.orientation, experiment.mixture
    law = mixture.species[0]
    upright = float(np.dot(frame.axis, mixture.gravity.up))
    thermal = mixture.beta_T * upright
    solutal = law.beta_c * float(law.soret(frame.T_mean, law.c0)) * upright
    return bool(mixture.gravity.magnitude) and not (thermal > 0.0 and solutal >= 0.0)


def lasting(experiment: Experiment, problem: Problem | None = None) -> tuple[float | None, str]:
    """Return the growth rate of the leading mode, where any can grow, and what is known.

    Args:
        experiment: The experiment.
        problem: Its problem in the steady state in question, where one of many is asked about: a
            mode that grows is then looked at again by itself alone. None solves for the state.

    Returns:
        The rate, in the unit of the problem; None where it was not sought or is not known.
    """
    if not experiment.mixture.gravity.magnitude:
        return None, "without gravity nothing can grow"
    if not may_grow(experiment):
        return None, (
            "temperature and composition both stratify stably along the axis: growing modes were "
            "not sought"
        )
    log.info("seeking growing modes (%d mesh cells)", experiment.cell.num_cells)
    try:
        if problem is None:
            state = stability(experiment)
        else:
            state = Stability(experiment, problem, growth_rates(problem))
        leading = state.leading
        # A coarse mesh makes modes grow of its own. In 3D a second look costs too much.
        if (
            leading.growth_rate > 0.0
            and experiment.cell.dim == 2
            and again_at_higher_degree(state, near=problem is not None).spectrum.is_stable
        ):
            return None, "the stability is not known: a mode that grows does so on this mesh only"
    except FemsoretError as error:
        log.warning("no growth rates: %s", error.message)
        return None, f"the stability is not known: {error.message}"
    kind = "oscillatory" if leading.oscillates else "stationary"
    does = "grows" if leading.growth_rate > 0.0 else "decays"
    return leading.growth_rate, f"the leading mode, {kind}, {does}"
