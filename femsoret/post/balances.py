"""Balances of a solved problem: conservation defects and entropy production."""

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
    """Relative conservation defects of a solved problem; None where a defect is undefined.

    The defects of mass, heat and species are of the order of round-off; that of entropy is a
    discretisation error.

    Args:
        mass: Largest residual of a species equation that is replaced by a given mean composition,
            relative to rho0 D S_T f dT/L times the area L^(d-1); None without such an equation.
        heat: |sum of the heat flows through the exterior sides|, relative to the largest of them.
        species: |sum of the mass flows through the walls|, relative to the largest integral of
            |rho0 D S_T f grad T| over one wall; the largest value of all species.
        entropy: |entropy produced - entropy leaving|, relative to the entropy produced.
        spurious_peclet: Peclet number of the spurious flow caused by the mesh: its largest speed
            times L/D or, in a pure fluid, times L/alpha; None without gravity.
    """

    mass: float | None
    heat: float
    species: float | None
    entropy: float | None
    spurious_peclet: float | None


def balances(
    problem: Problem, flows: Flows, entropy: Entropy | None, spurious_peclet: float | None = None
) -> Balances:
    """Return the conservation defects of a solved problem; collective.

    Args:
        problem: A solved problem.
        flows: Its flows of heat and species through the sides.
        entropy: Its entropy rates; None if they are not evaluated.
        spurious_peclet: Peclet number of its spurious flow; None if it is not known.
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
    """Return the largest net outflow of a species, relative to its thermodiffusive flow."""
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
        produced: Entropy production by conduction and diffusion (fluxes times forces), including
            that of solid walls.
        leaving: Entropy that leaves with heat through the exterior sides.
        viscous: Entropy production by friction; the Boussinesq energy equation neglects its heat.
    """

    produced: float
    leaving: float
    viscous: float


def entropy_rates(problem: Problem) -> Entropy:
    """Return the entropy rates of a solved problem; collective.

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
    """Return why entropy rates cannot be evaluated, or an empty string if they can; collective.

    Args:
        problem: The problem.
        absolute_temperature: Whether T0 is an absolute temperature, K.
    """
    if not absolute_temperature:
        return "the case has no absolute temperature"
    if problem.mixture.reference.G is None:
        return "the case has no thermodynamics of mixing (mu_c)"
    if fluxes.exchanges(problem.mixture):
        return "species are converted into one another, whose entropy production is not evaluated"
    if sides_with_values(problem.conditions, COMPOSITIONS):
        return "walls of given composition exchange entropy along with mass, which is not evaluated"
    if jumps(problem, "theta"):
        return "the entropy production is infinite at a corner where a hot wall meets a cold one"
    return ""
