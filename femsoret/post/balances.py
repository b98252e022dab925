"""Balances of a solved problem: conservation defects and entropy production."""

from __future__ import annotations

from dataclasses import dataclass

import basix.ufl
import ufl
from dolfinx import fem

from femsoret.base.compiled import compiled_expression
from femsoret.physics.closures import fluxes
from femsoret.post.fields import integral
from femsoret.post.wall_flows import (
    Flows,
    jumps,
    left_at_means,
    left_at_nodes,
    released_at_interfaces,
    wall_flows,
)
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
        heat: |sum of the heat flows through the exterior sides - heat of mixing and of conversion -
            power of heat sources and at interfaces|, relative to the largest of them.
        species: |sum of the mass flows through the walls|, relative to the largest integral of
            |rho0 D S_T f grad T| over one wall; the largest value of all species.
        entropy: |entropy produced - entropy leaving - what the balance misses|, relative to the
            entropy produced.
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
    scale, absorbed = max(map(abs, heat)), sum(absorbed_power(problem))
    released = (
        heat_of_mixing(problem)
        + heat_of_conversion(problem)
        + absorbed
        + released_at_interfaces(problem)
    )
    return Balances(
        mass=_mass_defect(problem),
        heat=abs(sum(heat) - released) / scale if scale else 0.0,
        species=_species_defect(problem, flows) if flows.mass else None,
        entropy=(
            abs(
                entropy.produced
                + (entropy.supplied or 0.0)
                - entropy.leaving
                - (entropy.missing or 0.0)
            )
            / entropy.produced
            if entropy and entropy.produced
            else None
        ),
        spurious_peclet=spurious_peclet,
    )


def absorbed_power(problem: Problem) -> tuple[float, ...]:
    """Return the power that each heat source releases, W (W/m in 2D); collective."""
    return tuple(source.power for source in problem.bound_sources)


def heat_of_mixing(problem: Problem) -> float:
    """Return the heat that diffusion releases in the cell, W (W/m in 2D); collective.

    It is 0 if G/T depends on composition alone. In a steady state with impermeable walls it is also
    0, up to the discretisation error, if H depends on composition alone.
    """
    if not has_heat_of_mixing(problem):
        return 0.0
    released = fluxes.heat_of_mixing(problem.bound_mixture, problem.state)
    return integral(problem, released * problem.dx)


def heat_of_conversion(problem: Problem) -> float:
    """Return the heat that converted species release in the cell, W (W/m in 2D); collective.

    It is 0 if the equations do not count the energies of species.
    """
    released = fluxes.heat_of_conversion(problem.bound_mixture, problem.state)
    return 0.0 if isinstance(released, float) else integral(problem, released * problem.dx)


def has_heat_of_mixing(problem: Problem) -> bool:
    """Return whether the equations of a problem include a heat of mixing."""
    return "theta" in problem.layout and bool(fluxes.local(problem.bound_mixture, problem.state).H)


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


@dataclass(frozen=True, kw_only=True)
class Entropy:
    """Entropy rates of a cell with impermeable walls, W/K (per metre of depth in 2D), and currents.

    Args:
        produced: Entropy production by conduction and diffusion (fluxes times forces), including
            that of solid walls.
        conduction: Its part kappa |grad T|^2/T^2, by heat that is conducted.
        diffusion: Its part j.(G D^-1) j/(rho0 T), by diffusion of the components.
        leaving: Entropy that leaves with heat through the exterior sides.
        supplied: Entropy q/T that heat sources, and heat released at interfaces, bring in with
            their heat at the local temperature, so that produced + supplied = leaving; the
            production in the source itself, such as that of absorbed light, is not counted. None
            without such heat.
        viscous: Entropy production by friction; the Boussinesq energy equation neglects its heat.
        missing: What the balance misses, so that produced + supplied = leaving + missing, because
            no entropy exists for G(T, c) at constant cp (:func:`.fluxes.missing_entropy`); None
            without a heat of mixing.
        heat_of_mixing: Heat that diffusion releases, W; None if G/T depends on composition alone.
        heat_current: Heat flux through the fluid from the hot to the cold side, including the heat
            that flow carries, averaged over the fluid, W/m2.
        mass_current: Mass flux of a component along the axis, diffusive and carried by the flow,
            averaged over the fluid, relative to its thermodiffusive part; the largest over all
            components. It vanishes in the steady state of a closed cell; None without the Soret
            effect.
    """

    produced: float
    conduction: float
    diffusion: float
    leaving: float
    supplied: float | None
    viscous: float
    missing: float | None
    heat_of_mixing: float | None
    heat_current: float
    mass_current: float | None


def entropy_rates(problem: Problem) -> Entropy:
    """Return the entropy rates of a solved problem; collective.

    Args:
        problem: A solved problem with impermeable walls, an absolute temperature and thermodynamics
            of mixing for every species.
    """
    m, s, dx = problem.bound_mixture, problem.state, problem.dx
    T0, temperature = float(problem.mixture.T0), problem.mixture.entropy_temperature
    flows = wall_flows(problem, "theta", lambda theta: temperature.inverse(theta, T0))
    warming = has_heat_of_mixing(problem)
    in_solids = sum(
        integral(problem, fluxes.entropy_production(body, s) * problem.phases.dx(region))
        for region, body in problem.phases.bodies.items()
    )
    return Entropy(
        produced=integral(problem, fluxes.entropy_production(m, s) * dx) + in_solids,
        conduction=integral(problem, fluxes.conduction_entropy_production(m, s) * dx) + in_solids,
        diffusion=(
            integral(problem, fluxes.diffusion_entropy_production(m, s) * dx) if s.gamma else 0.0
        ),
        leaving=sum(flows.values()),
        supplied=_supplied(problem),
        viscous=(
            integral(problem, fluxes.viscous_entropy_production(m, s) * dx)
            if problem.layout.flows
            else 0.0
        ),
        missing=integral(problem, fluxes.missing_entropy(m, s) * dx) if warming else None,
        heat_of_mixing=heat_of_mixing(problem) if warming else None,
        heat_current=_heat_current(problem),
        mass_current=_mass_current(problem),
    )


def _supplied(problem: Problem) -> float | None:
    """Return the entropy that heat released inside the mesh brings in, W/K; None without any."""
    T0, inverse = float(problem.mixture.T0), problem.mixture.entropy_temperature.inverse
    at_interfaces = released_at_interfaces(problem, lambda theta: inverse(theta, T0))
    if not (problem.bound_sources or at_interfaces):
        return None
    beta = inverse(problem.state.theta, T0)
    return at_interfaces + sum(
        integral(problem, -source.form(beta)) for source in problem.bound_sources
    )


def _heat_current(problem: Problem) -> float:
    """Return the mean heat flux from the hot to the cold side, W/m2."""
    m, s, dx = problem.bound_mixture, problem.state, problem.dx
    flux = fluxes.heat_flux(m, s)
    if problem.layout.flows:
        flux += fluxes.local(m, s).heat_capacity * s.theta * s.advecting_velocity
    volume = integral(problem, fem.Constant(problem.cell.mesh, 1.0) * dx)
    axis = ufl.as_vector(problem.orientation.axis)
    return -integral(problem, ufl.inner(flux, axis) * dx) / volume


def _mass_current(problem: Problem) -> float | None:
    """Return the largest mean mass flux along the axis over its thermodiffusive part."""
    m, s, dx = problem.bound_mixture, problem.state, problem.dx
    axis, found = ufl.as_vector(problem.orientation.axis), []
    driven = fluxes.local(m, s).D_T
    for gamma, j, D_T in zip(s.gamma, fluxes.mass_fluxes(m, s), driven, strict=True):
        flux = j + m.rho0 * gamma * s.advecting_velocity if problem.layout.flows else j
        part = integral(problem, m.rho0 * D_T * ufl.inner(ufl.grad(s.theta), axis) * dx)
        if part:
            found.append(abs(integral(problem, ufl.inner(flux, axis) * dx) / part))
    return max(found, default=None)


def entropy_production(problem: Problem) -> fem.Function:
    """Return the entropy production by conduction, diffusion and friction as a field, W/(m3 K).

    It has three components, is discontinuous between mesh cells, as gradients are, and is that of
    the fluid, also inside solids, where it has no meaning.

    Args:
        problem: A solved problem, as for :func:`entropy_rates`.
    """
    m, s, mesh = problem.bound_mixture, problem.state, problem.cell.mesh
    parts = (
        fluxes.conduction_entropy_production(m, s),
        fluxes.diffusion_entropy_production(m, s) if s.gamma else 0.0 * s.theta,
        fluxes.viscous_entropy_production(m, s) if problem.layout.flows else 0.0 * s.theta,
    )
    field = fem.Function(fem.functionspace(mesh, ("DG", problem.degree, (3,))))
    points = basix.ufl.element("DG", mesh.basix_cell(), problem.degree).basix_element.points
    field.interpolate(compiled_expression(ufl.as_vector(parts), points))
    return field


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
