"""Momentum and continuity.

Sign convention of all forms: everything stands on the left-hand side, divergences are integrated
by parts, and minus the residual tested with the indicator of a wall is what leaves through it.

Derivatives of vectors are those of the coordinates that the state is in; the measure has their
weight.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import ufl

from femsoret.physics.closures import Mixture, State, fluxes
from femsoret.physics.forms.term import Term, term


@term()
def inertia(s: State, v: State, m: Mixture, dx: Any) -> Any:
    """Return rho0 (u.grad u).v."""
    return m.rho0 * ufl.inner(ufl.dot(ufl.grad(s.u), s.u), v.u) * dx


@term()
def viscosity(s: State, v: State, m: Mixture, dx: Any) -> Any:
    """Return 2 mu e(u):e(v)."""
    return ufl.inner(fluxes.stress(m, s), s.coordinates.gradient(v.u)) * dx


@term()
def pressure(s: State, v: State, m: Mixture, dx: Any) -> Any:
    """Return -p div v."""
    return -s.p * s.coordinates.divergence(v.u) * dx


@term()
def buoyancy(s: State, v: State, m: Mixture, dx: Any) -> Any:
    """Return -b.v."""
    return -ufl.inner(fluxes.buoyancy(m, s), v.u) * dx


@term()
def rotational_buoyancy(s: State, v: State, m: Mixture, dx: Any) -> Any:
    """Return -(b - grad phi).v: only what no pressure can balance drives the flow.

    With phi of one degree more than the velocity a gradient b is balanced exactly, or to one order
    more, where the pressure of Taylor-Hood elements leaves a spurious flow (A. Linke, Comput.
    Methods Appl. Mech. Eng. 268 (2014) 782, on what such flows come from).
    """
    return -ufl.inner(fluxes.buoyancy(m, s) - ufl.grad(s.phi), v.u) * dx


@term()
def potential(s: State, v: State, m: Mixture, dx: Any) -> Any:
    """Return (grad phi - b).grad eta: phi is the gradient part of the buoyancy."""
    return ufl.inner(ufl.grad(s.phi) - fluxes.buoyancy(m, s), ufl.grad(v.phi)) * dx


@term(without_chi=())
def velocity_potential(s: State, v: State, m: Mixture, dx: Any) -> Any:
    """Return grad chi.grad eta + div u eta: grad chi is the part of u that is a gradient.

    Written with the divergence, what flows through a wall stays u.n; (grad chi - u).grad eta would
    take it for zero.
    """
    divergence = s.coordinates.divergence(s.u)
    return (ufl.inner(ufl.grad(s.chi), ufl.grad(v.chi)) + divergence * v.chi) * dx


HEAT = 0.7
"""Least viscosity that :class:`GradDiv` counts with, over rho0 alpha: that of a gas. What is left
of div u carries heat, whose diffusion then sets how much of it is harmless. Pr = 0.012, Ra = 3.6e6,
leant by 4 degrees, heated from above: with 10 mu neither Newton nor 400 further factorisations
found a state on 270 mesh cells, with 10 times 0.7 rho0 alpha Newton took 5 steps."""


@dataclass(frozen=True)
class GradDiv:
    """The term weight max(mu, 0.7 rho0 alpha) div u div v, which is zero for the exact solution.

    Taylor-Hood velocities are divergence-free on average only. In a strongly stratified liquid what
    is left advects the stratification and can sustain flows of its own on coarse meshes. (That the
    weight must not fall with the viscosity, for inertia's sake: J. de Frutos, B. Garcia-Archilla,
    V. John, J. Novo, Adv. Comput. Math. 44 (2018) 195.)

    Args:
        weight: Over the viscosity.
    """

    weight: float

    def form(self, s: State, v: State, m: Mixture, dx: Any) -> Any:
        """Return the form."""
        div = s.coordinates.divergence
        return self.coefficient(s, m) * div(s.u) * div(v.u) * dx

    def coefficient(self, s: State, m: Mixture) -> Any:
        """Return what stands before div u div v, Pa s."""
        alpha = fluxes.kappa_0(m, s) / fluxes.local(m, s).heat_capacity
        return self.weight * ufl.max_value(fluxes.local(m, s).mu, HEAT * m.rho0 * alpha)

    def term(self, name: str) -> Term:
        """Return the term, under a name."""
        return Term(name, self.form, resistance=self.coefficient)


grad_div = GradDiv(10.0).term("grad-div")
"""The default. In a cylinder of 6 x 6 hexahedra (water-ethanol, tilt 1 degree) the bias is +0.78 %
with the weight 0, a spurious state of the mesh, -0.975 % with 10, -0.939 % with 1000; cubic
elements give -0.973 %."""

strong_grad_div = GradDiv(1e4).term("strong grad-div")
"""Almost divergence-free at every point: for detours and for runs in time on meshes too coarse for
their flow. What is left of div u makes heat and species there, which drive more of it: at
Ra = 4.1e6 and Pr = 0.095 on 276 mesh cells the state runs away after two turnovers with 10 mu; with
this it goes on for 30, the temperature within 5 % of what the walls give."""


@term()
def continuity(s: State, v: State, m: Mixture, dx: Any) -> Any:
    """Return -q div u, the sign that makes Stokes flow symmetric."""
    return -v.p * s.coordinates.divergence(s.u) * dx
