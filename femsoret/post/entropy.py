"""Entropy production of a cell, and the entropy that leaves it."""

from __future__ import annotations

from dataclasses import dataclass

from femsoret.physics.closures import fluxes
from femsoret.post.corners import jumps
from femsoret.post.integral import integral
from femsoret.post.reactions import wall_flows
from femsoret.problem import Problem
from femsoret.problem.conditions import holding
from femsoret.problem.layout import COMPOSITIONS


@dataclass(frozen=True)
class Entropy:
    """Entropy rates of a cell with impermeable walls, W/K (per metre of depth in 2D).

    Args:
        produced: By heat and mass, fluxes times forces, in solid walls too.
        leaving: With heat through the exterior sides.
        viscous: By friction; the Boussinesq energy equation leaves that heat out.
    """

    produced: float
    leaving: float
    viscous: float


def entropy_rates(problem: Problem) -> Entropy:
    """Return the entropy rates of a solved problem.

    Args:
        problem: A solved problem with flow, impermeable walls, an absolute temperature and
            thermodynamics of mixing for every species.
    """
    m, s = problem.bound_mixture, problem.state
    T0, temperature = float(problem.mixture.T0), problem.mixture.entropy_temperature
    flows = wall_flows(problem, "theta", lambda theta: temperature.inverse(theta, T0))
    return Entropy(
        produced=integral(problem, fluxes.entropy_production(m, s) * problem.dx)
        + sum(
            integral(problem, fluxes.entropy_production(body, s) * problem.phases.dx(region))
            for region, body in problem.phases.bodies.items()
        ),
        leaving=sum(flows.values()),
        viscous=integral(problem, fluxes.viscous_entropy_production(m, s) * problem.dx),
    )


def why_no_entropy(problem: Problem, *, absolute_temperature: bool) -> str:
    """Return why a problem has no entropy rates, or nothing if it has; collective.

    Args:
        problem: The problem.
        absolute_temperature: Whether T0 is in kelvin, and not just an origin.
    """
    if not absolute_temperature:
        return "the case has no absolute temperature"
    if problem.mixture.reference.G is None:
        return "the case has no thermodynamics of mixing (mu_c)"
    if fluxes.exchanges(problem.mixture):
        return "species become each other, whose entropy production is not evaluated"
    if holding(problem.conditions, COMPOSITIONS):
        return "walls of given composition exchange entropy with mass, which is not evaluated"
    if jumps(problem, "theta"):
        return "where hot meets cold, at a corner, the entropy production is infinite"
    return ""
