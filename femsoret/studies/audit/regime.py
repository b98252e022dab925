"""The flow regime of a cell, and the numbers that determine it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

import numpy as np
import ufl

from femsoret.post.fields import integral
from femsoret.post.flow import speed
from femsoret.problem import Problem
from femsoret.studies.measure.solution import Solution
from femsoret.studies.measure.stability_check import StabilityCheck

Name = Literal["thin layer", "unicellular", "multicellular", "convective", "unstable"]

SLOW: Final = 1.0
"""Solutal Peclet number below which diffusion is faster than the flow."""

CARRIED: Final = 0.02
"""Nusselt number less 1 above which the regime is convective."""

ONE_WAY: Final = 0.5
"""Net fraction of the rotation in one sense above which the flow is a single roll."""


@dataclass(frozen=True)
class Regime:
    """The flow regime, and the numbers that determine it.

    Args:
        name: "unstable": the steady state is unstable. "convective": the flow carries heat.
            "unicellular", "multicellular": one roll, or several, carry species but not heat. "thin
            layer": diffusion is faster than the flow.
        peclet_solutal: Largest speed times L/D.
        peclet_thermal: Largest speed times L/alpha.
        carried: Nusselt number of the hot side less 1; None if it has no Nusselt number.
        turning: |integral of r x u|/integral of |r x u| about the centre: 1 if all of the liquid
            rotates in one sense; None without flow.
        stability: Result of the stability check.
    """

    name: Name
    peclet_solutal: float
    peclet_thermal: float
    carried: float | None
    turning: float | None
    stability: StabilityCheck


def regime(solution: Solution, stability: StabilityCheck) -> Regime:
    """Return the flow regime of a solved cell; collective.

    Args:
        solution: The solved cell.
        stability: Result of its stability check.
    """
    problem, frame = solution.convection, solution.experiment.orientation
    fast = speed(problem)
    number = solution.nusselt.get(frame.hot)
    carried = None if number is None else number - 1.0
    turning = turning_one_way(problem)
    return Regime(
        name=_name(fast.peclet_solutal or 0.0, carried, turning, stability),
        peclet_solutal=fast.peclet_solutal or 0.0,
        peclet_thermal=fast.peclet_thermal,
        carried=carried,
        turning=turning,
        stability=stability,
    )


def _name(
    peclet: float, carried: float | None, turning: float | None, stability: StabilityCheck
) -> Name:
    if stability.verdict == "unstable":
        return "unstable"
    if carried is not None and abs(carried) > CARRIED:
        return "convective"
    if peclet < SLOW:
        return "thin layer"
    return "unicellular" if (turning or 0.0) > ONE_WAY else "multicellular"


def turning_one_way(problem: Problem) -> float | None:
    """Return |integral of r x u| over the integral of |r x u|; None at rest; collective.

    r is the position relative to the centre of the fluid. A single roll gives 1, two equal
    counter-rotating rolls give 0.

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
