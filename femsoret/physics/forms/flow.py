"""Terms of momentum, continuity and the two potentials.

Arguments of every form: the fields s, the test functions v, the mixture m and the measure dx.
Vectors have shape (d,); u is in m/s, and test functions have no unit, so that residuals of momentum
are in N, per metre of depth in 2D.

Sign convention of all forms: everything stands on the left-hand side, divergences are integrated by
parts, and minus the residual tested with the indicator of a wall is the flow out through that wall.

Derivatives of vectors are taken in the coordinates of the state, whose weight is in the measure.
"""

from __future__ import annotations

from dataclasses import dataclass

import ufl

from femsoret.base.types import Expr, Form, Measure
from femsoret.physics.closures import Mixture, State, fluxes
from femsoret.physics.forms.term import Term, term


@term()
def inertia(s: State, v: State, m: Mixture, dx: Measure) -> Form:
    """Return rho0 (u.grad u).v."""
    return m.rho0 * ufl.inner(ufl.dot(ufl.grad(s.u), s.u), v.u) * dx


@term()
def viscosity(s: State, v: State, m: Mixture, dx: Measure) -> Form:
    """Return 2 mu e(u):e(v)."""
    return ufl.inner(fluxes.stress(m, s), s.coordinates.gradient(v.u)) * dx


@term()
def pressure(s: State, v: State, m: Mixture, dx: Measure) -> Form:
    """Return -p div v."""
    return -s.p * s.coordinates.divergence(v.u) * dx


@term()
def buoyancy(s: State, v: State, m: Mixture, dx: Measure) -> Form:
    """Return -b.v."""
    return -ufl.inner(fluxes.buoyancy(m, s), v.u) * dx


@term()
def rotational_buoyancy(s: State, v: State, m: Mixture, dx: Measure) -> Form:
    """Return -(b - grad phi).v: only the part that no pressure can balance drives the flow.

    With phi of one degree more than the velocity a gradient b is balanced exactly, or to one order
    more, where the pressure of Taylor-Hood elements leaves a spurious flow (A. Linke, Comput.
    Methods Appl. Mech. Eng. 268 (2014) 782, on the cause of such flows).
    """
    return -ufl.inner(fluxes.buoyancy(m, s) - ufl.grad(s.phi), v.u) * dx


@term()
def potential(s: State, v: State, m: Mixture, dx: Measure) -> Form:
    """Return (grad phi - b).grad eta: phi is the gradient part of the buoyancy."""
    return ufl.inner(ufl.grad(s.phi) - fluxes.buoyancy(m, s), ufl.grad(v.phi)) * dx


@term(without_chi=())
def velocity_potential(s: State, v: State, m: Mixture, dx: Measure) -> Form:
    """Return grad chi.grad eta + div u eta: grad chi is the part of u that is a gradient.

    Written with the divergence, the flow through a wall stays u.n; (grad chi - u).grad eta would
    imply that it is zero.
    """
    divergence = s.coordinates.divergence(s.u)
    return (ufl.inner(ufl.grad(s.chi), ufl.grad(v.chi)) + divergence * v.chi) * dx


HEAT = 0.7
"""Least viscosity that :class:`GradDiv` counts with, over rho0 alpha: that of a gas. The remaining
div u carries heat, so that the diffusion of heat sets how much of it is harmless."""


@dataclass(frozen=True)
class GradDiv:
    """The term weight max(mu, 0.7 rho0 alpha) div u div v, which is zero for the exact solution.

    Taylor-Hood velocities are divergence-free on average only. In a strongly stratified liquid the
    remaining divergence advects the stratification and can sustain spurious flows on coarse meshes.
    (The weight must not fall with the viscosity, because of inertia: J. de Frutos,
    B. Garcia-Archilla, V. John, J. Novo, Adv. Comput. Math. 44 (2018) 195.)

    Args:
        weight: Over the viscosity.
    """

    weight: float

    def form(self, s: State, v: State, m: Mixture, dx: Measure) -> Form:
        """Return the form."""
        div = s.coordinates.divergence
        return self.coefficient(s, m) * div(s.u) * div(v.u) * dx

    def coefficient(self, s: State, m: Mixture) -> Expr:
        """Return the factor of div u div v, Pa s, a scalar."""
        alpha = fluxes.kappa_0(m, s) / fluxes.local(m, s).heat_capacity
        return self.weight * ufl.max_value(fluxes.local(m, s).mu, HEAT * m.rho0 * alpha)

    def term(self, name: str) -> Term:
        """Return the term, under a name."""
        return Term(name, self.form, resistance=self.coefficient)


grad_div = GradDiv(10.0).term("grad-div")
"""The default."""

strong_grad_div = GradDiv(1e4).term("strong grad-div")
"""Almost divergence-free at every point, for runs in time on meshes too coarse for their flow:
the remaining divergence would create heat and species there."""


@term()
def continuity(s: State, v: State, m: Mixture, dx: Measure) -> Form:
    """Return -q div u, the sign that makes Stokes flow symmetric."""
    return -v.p * s.coordinates.divergence(s.u) * dx
