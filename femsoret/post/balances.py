"""Balances of a solved problem: defects of what must be conserved, and the entropy production."""

from __future__ import annotations

from dataclasses import dataclass

import ufl

from femsoret.physics.closures import fluxes
from femsoret.post.fields import integral
from femsoret.post.wall_flows import Flows, jumps, left_at_means, left_at_nodes, wall_flows
from femsoret.problem import Problem
from femsoret.problem.conditions import sides_with_values
from femsoret.problem.layout import COMPOSITIONS, component_of


@dataclass(frozen=True)
class Balances:
    """Relative defects; None where a defect has no meaning.

    Args:
        mass: Largest defect of a species equation that a mean value replaces, over
            rho0 D S_T f dT/L times the area L^(d-1); None where there is no such equation.
        heat: |sum of the heat flows of exterior sides|/largest.
        species: |sum of wall mass flows|/(largest wall integral of |rho0 D S_T f grad T|).
        entropy: |entropy produced - entropy leaving|/produced: a discretisation error, the others
            are round-off.
        spurious_peclet: Peclet number of the spurious flow of the mesh: L/D or, in a pure fluid,
            L/alpha times its largest speed; None without gravity.
    """

    mass: float | None
    heat: float
    species: float | None
    entropy: float | None
    spurious_peclet: float | None


def balances(
    problem: Problem, flows: Flows, entropy: Entropy | None, spurious_peclet: float | None = None
) -> Balances:
    """Return the defects of a solved problem.

    Args:
        problem: A solved problem.
        flows: Its flows through the sides.
        entropy: Its entropy rates, or None.
        spurious_peclet: Its spurious Peclet number, or None.
    """
    heat = [flows.heat[side] for side in problem.cell.exterior_sides]
    scale = max(map(abs, heat))
    return Balances(
        mass=_mass_defect(problem),
        heat=abs(sum(heat)) / scale if scale else 0.0,
        species=_species_defect(problem, flows) if flows.mass else None,
        entropy=(
            abs(entropy.produced - entropy.leaving) / entropy.produced
            if entropy and entropy.produced
            else None
        ),
        spurious_peclet=spurious_peclet,
    )


def _mass_defect(problem: Problem) -> float | None:
    if not problem.layout.compositions:
        return None
    missed = [
        abs(amount) / problem.scales.residual[field]
        for field in problem.layout.compositions
        for amount in left_at_means(problem, field, left_at_nodes(problem, field))
    ]
    return max(missed, default=None)


def _species_defect(problem: Problem, flows: Flows) -> float | None:
    """Return net outflow over thermodiffusive flow, the largest of all species."""
    m, s, sides = problem.bound_mixture, problem.state, problem.cell.fluid_sides
    found = []
    for field, mass in flows.mass.items():
        driving = m.rho0 * fluxes.local(m, s).D_T[component_of(field)] * ufl.grad(s.theta)
        size = ufl.sqrt(ufl.inner(driving, driving))
        scale = max(integral(problem, size * problem.ds((side,))) for side in sides)
        if scale:
            found.append(abs(sum(mass.values())) / scale)
    return max(found, default=None)


# -- entropy ---------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Entropy:
    """Entropy rates of a cell with impermeable walls, W/K (per metre of depth in 2D).

    Args:
        produced: By conduction and diffusion, fluxes times forces, solid walls included.
        leaving: With heat through the exterior sides.
        viscous: By friction; the Boussinesq energy equation neglects that heat.
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
    """Return why a problem has no entropy rates, or an empty text if it has; collective.

    Args:
        problem: The problem.
        absolute_temperature: Whether T0 is an absolute temperature, K.
    """
    if not absolute_temperature:
        return "the case has no absolute temperature"
    if problem.mixture.reference.G is None:
        return "the case has no thermodynamics of mixing (mu_c)"
    if fluxes.exchanges(problem.mixture):
        return "species become each other, whose entropy production is not evaluated"
    if sides_with_values(problem.conditions, COMPOSITIONS):
        return "walls of given composition exchange entropy with mass, which is not evaluated"
    if jumps(problem, "theta"):
        return "where hot meets cold, at a corner, the entropy production is infinite"
    return ""
