"""Defects of what must be conserved, relative, and the flow that ought not to be there."""

from __future__ import annotations

from dataclasses import dataclass

import ufl

from femsoret.physics.closures import fluxes
from femsoret.post.entropy import Entropy
from femsoret.post.integral import integral
from femsoret.post.reactions import Flows, left_at_means, left_at_nodes
from femsoret.problem import Problem
from femsoret.problem.layout import component_of


@dataclass(frozen=True)
class Balances:
    """Relative defects; None where a defect has no meaning.

    Args:
        mass: Largest defect of an equation of the species that a mean value took the place of,
            over rho0 D S_T f dT/L times the area L^(d-1); None where there is no such equation.
        heat: |sum of the heat flows of exterior sides|/largest.
        species: |sum of wall mass flows|/(largest wall integral of |rho0 D S_T f grad T|).
        entropy: |entropy produced - entropy leaving|/produced: a discretisation error, the others
            are round-off.
        spurious_peclet: Peclet number of the flow that the mesh makes of its own, L/D or, in a pure
            fluid, L/alpha times its largest speed; None without gravity.
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
        entropy: Its entropy rates, if it has any.
        spurious_peclet: Its spurious Peclet number, if it was evaluated.
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
    """Return what flows out of a species over what thermodiffusion drives; of all the largest."""
    m, s, sides = problem.bound_mixture, problem.state, problem.cell.fluid_sides
    found = []
    for field, mass in flows.mass.items():
        driving = m.rho0 * fluxes.local(m, s).D_T[component_of(field)] * ufl.grad(s.theta)
        size = ufl.sqrt(ufl.inner(driving, driving))
        scale = max(integral(problem, size * problem.ds((side,))) for side in sides)
        if scale:
            found.append(abs(sum(mass.values())) / scale)
    return max(found, default=None)
