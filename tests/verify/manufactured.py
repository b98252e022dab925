"""A manufactured solution with every term active, and what it asks of equations and conditions.

The exact fields are typed once, as functions of coordinates and of the library (UFL or numpy) that
computes. The source terms are the strong form of DESIGN's conservation laws, written here with
DESIGN's fluxes and not with the code's, so that a flux that the code had wrong would be found.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from functools import partial
from typing import Any, ClassVar

import numpy as np
import revolved
import ufl
from dolfinx import fem

from femsoret.fluids.properties import IacopiniPiazza, Linear, R, StokesEinstein
from femsoret.physics.closures import (
    BoussinesqMixture,
    Full,
    Gravity,
    MolarMixing,
    Species,
    State,
)
from femsoret.physics.coordinates import CARTESIAN, Coordinates
from femsoret.physics.forms import Equations, Term, term
from femsoret.physics.forms.stabilisation import streamline_tested
from femsoret.physics.forms.wall import Wall
from femsoret.problem import Problem
from femsoret.problem.conditions import Composition, SideCondition, Temperature

T0, C0 = 3.0, 0.4
M1, M2 = 5.0, 7.0
GAMMA = Linear(1.3, T0, 0.4, C0, -0.5)


# -- the exact solution on the unit square or cube -----------------------------------------------


def temperature(x: Any, lib: Any) -> Any:
    return T0 + 0.4 * lib.sin(2.0 * x[0] + 0.3) * lib.cos(x[1]) + 0.2 * x[-1] ** 2 * x[0]


def composition(x: Any, lib: Any) -> Any:
    """Its mean is C0."""
    return C0 + 0.15 * (lib.cos(np.pi * x[0]) * lib.exp(0.5 * x[-1]) + x[0] * x[1] - 0.25)


def pressure(x: Any, lib: Any) -> Any:
    """Its mean is zero."""
    return lib.cos(np.pi * x[1]) * (1.0 + x[0]) + 0.3 * lib.cos(np.pi * x[-1])


def velocity(x: Any) -> Any:
    """The curl of a potential, hence without divergence; not zero on the boundary (UFL only)."""
    if len(x) == 2:
        stream = ufl.sin(1.5 * x[0] + 0.2) * ufl.cos(2.0 * x[1]) + 0.5 * x[0] * x[1]
        return ufl.as_vector((stream.dx(1), -stream.dx(0)))
    potential = ufl.as_vector(
        (
            ufl.sin(x[1] + 0.3) * x[2],
            ufl.cos(1.2 * x[0]) * ufl.sin(x[2]),
            0.5 * ufl.sin(1.5 * x[0]) * ufl.cos(x[1]),
        )
    )
    return ufl.curl(potential)


def exact(x: Any, coordinates: Coordinates = CARTESIAN) -> dict[str, Any]:
    """Return the exact fields as UFL expressions, by block."""
    x = tuple(x[i] for i in range(len(x)))  # UFL knows no index from the end
    fields: Any = revolved if coordinates.has_axis else sys.modules[__name__]
    return {
        "u": fields.velocity(x),
        "p": fields.pressure(x, ufl),
        "theta": fields.temperature(x, ufl) - T0,
        "gamma_0": fields.composition(x, ufl) - C0,
    }


def exact_on(problem: Problem) -> dict[str, Any]:
    """Return the exact fields on the cell of a problem."""
    cell = problem.cell
    return exact(ufl.SpatialCoordinate(cell.mesh), cell.coordinates)


# -- mixture -------------------------------------------------------------------------------------


def mixture(dim: int) -> BoussinesqMixture:
    """Return a mixture of order one in which everything depends on T or c, or both."""
    viscosity = Linear(0.8, T0, -0.2, C0, 0.5)
    return BoussinesqMixture(
        T0=T0,
        rho0=1.3,
        cp=0.9,
        beta_T=0.7,
        viscosity=viscosity,
        conductivity=Linear(1.1, T0, 0.3, C0, -0.4),
        gravity=Gravity(5.0, (0.6, 0.8) if dim == 2 else (0.48, 0.6, 0.64)),
        species=(
            Species(
                name="first",
                c0=C0,
                beta_c=0.9,
                diffusion=StokesEinstein(0.5, T0, viscosity),
                soret=IacopiniPiazza(0.9, 2.0, 1.5),
                mixing=MolarMixing(M1, M2, GAMMA),
            ),
        ),
        closure=Full(),
    )


# -- strong form ---------------------------------------------------------------------------------


def strong_form(
    x: Any, m: BoussinesqMixture, coordinates: Coordinates = CARTESIAN
) -> dict[str, Any]:
    """Return what is left of the conservation laws for the exact fields, by block.

    Args:
        x: Coordinates.
        m: The mixture, of which the numbers and the property models are used, not the fluxes.
        coordinates: What they are.
    """
    u, p, theta, gamma = exact(x, coordinates).values()
    (law,) = m.species
    T, c = m.T0 + theta, law.c0 + gamma
    S_T, D = law.soret(T, c), law.diffusion(T, c)
    mass_flux = -m.rho0 * D * (ufl.grad(c) + S_T * c * (1 - c) * ufl.grad(T))
    M = M1 * M2 / (c * M2 + (1 - c) * M1)
    ideal = R * T * M / (M1 * M2 * c * (1 - c))
    Qs = T * S_T * c * (1 - c) * GAMMA(T, c) * ideal
    enthalpies = -T * GAMMA.slope_T * ideal * ufl.grad(c)
    heat_flux = -m.conductivity(T, c) * ufl.grad(T) + Qs * mass_flux
    mu = m.viscosity(T, c)
    if coordinates.has_axis:
        friction, spread = revolved.friction(mu, u, x[0]), partial(revolved.divergence, r=x[0])
    else:
        friction, spread = ufl.div(mu * (ufl.grad(u) + ufl.grad(u).T)), ufl.div
    weight = m.rho0 * m.gravity.vector() * (-m.beta_T * theta + law.beta_c * gamma)
    return {
        "u": m.rho0 * ufl.dot(ufl.grad(u), u) + ufl.grad(p) - friction - weight,
        "theta": m.rho0 * m.cp * ufl.dot(u, ufl.grad(T))
        + spread(heat_flux)
        + ufl.inner(mass_flux, enthalpies),
        "gamma_0": m.rho0 * ufl.dot(u, ufl.grad(c)) + spread(mass_flux),
        "mass flux": mass_flux + m.rho0 * gamma * u,
    }


@term()
def sources(s: State, v: State, m: Any, dx: Any) -> Any:
    """Return minus the strong form, tested: a term that makes the exact fields a solution."""
    left = strong_form(ufl.SpatialCoordinate(dx.ufl_domain()), m, s.coordinates)
    tested = ufl.inner(left["u"], v.u) + left["theta"] * v.theta + left["gamma_0"] * v.gamma[0]
    return -tested * dx


@term()
def streamline_sources(s: State, v: State, m: Any, dx: Any) -> Any:
    """Return minus the strong form of the species, tested as the SUPG term tests it."""
    left = strong_form(ufl.SpatialCoordinate(dx.ufl_domain()), m, s.coordinates)
    return streamline_tested(lambda _: -left["gamma_0"], s, v, m, dx)


def with_sources(equations: Equations, *more: Term) -> Equations:
    """Return equations that the exact fields solve."""
    return Equations("manufactured", equations.fields, (*equations.terms, sources, *more))


# -- conditions ----------------------------------------------------------------------------------


@dataclass(frozen=True)
class ExactVelocity(SideCondition):
    """The exact velocity on the sides, through which the fluid flows."""

    fields: ClassVar[tuple[str, ...]] = ("u",)
    fixes_level: ClassVar[bool] = False
    essential: ClassVar[bool] = True

    def dirichlet(self, problem: Problem) -> list[Any]:
        g = fem.Function(problem.space("u"))
        interpolate(g, exact_on(problem)["u"])
        return [("u", fem.dirichletbc(g, problem.dofs_on("u", self.sides)))]


@dataclass(frozen=True)
class ExactMassFlux(SideCondition):
    """The exact total mass flux through the sides, diffusion and flow: the natural condition."""

    fields: ClassVar[tuple[str, ...]] = ("gamma_0",)
    fixes_level: ClassVar[bool] = False

    def term(self, s: State, v: State, m: Any, wall: Wall) -> Any:
        x = ufl.SpatialCoordinate(wall.ds.ufl_domain())
        flux = strong_form(x, m, s.coordinates)["mass flux"]
        return ufl.inner(flux, wall.n) * v.gamma[0] * wall.ds


def conditions(dim: int, *, closed: bool, coordinates: Coordinates = CARTESIAN) -> tuple[Any, ...]:
    """Return the exact values on the boundary.

    Args:
        dim: Space dimension.
        coordinates: What the coordinates mean.
        closed: Give the mass flux and leave the mean composition to be pinned; otherwise give the
            composition.
    """
    everywhere = ("all",)
    fields: Any = revolved if coordinates.has_axis else sys.modules[__name__]
    return (
        ExactVelocity(everywhere),
        Temperature(everywhere, lambda x: fields.temperature(x[:dim], np)),
        ExactMassFlux(everywhere)
        if closed
        else Composition(everywhere, lambda x: fields.composition(x[:dim], np)),
    )


# -- errors --------------------------------------------------------------------------------------


def interpolate(function: fem.Function, expression: Any) -> None:
    """Interpolate a UFL expression (the points are a property since 0.10, a method before)."""
    points = function.function_space.element.interpolation_points
    function.interpolate(fem.Expression(expression, points() if callable(points) else points))


def start_from_exact(problem: Problem) -> None:
    """Make velocity, temperature and composition the interpolants of the exact fields.

    Newton then takes few steps; the pressure, in which the equations are linear, needs no guess.
    """
    fields = exact_on(problem)
    for name in ("u", "theta", "gamma_0"):
        interpolate(problem.function(name), fields[name])


def errors(problem: Problem) -> dict[str, float]:
    """Return the L2 error of each block."""
    found = {}
    for name, expression in exact_on(problem).items():
        solution = problem.pressure if name == "p" else problem.function(name)
        difference = solution - expression
        square = fem.assemble_scalar(fem.form(ufl.inner(difference, difference) * problem.dx))
        found[name] = float(np.sqrt(problem.cell.comm.allreduce(square)))
    return found
