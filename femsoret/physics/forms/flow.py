"""Terms of the momentum and continuity equations and of the two potentials.

The arguments of all forms are the fields s, the test functions v, the mixture m and the measure dx.
Vectors have shape (d,). Velocities are in m/s and test functions are dimensionless, so residuals of
the momentum equation are in N, per metre of depth in 2D; that of the storage term is in N s. In
formulas v is the test function of u, q that of p, and eta that of phi, chi or zeta.

Sign convention of all forms: all terms are on the left-hand side, divergences are integrated by
parts, and minus the residual tested with the indicator function of a wall is the flow out through
that wall.

Derivatives of vectors are taken in the coordinate system of the state; the measure contains its
integration weight.
"""

from __future__ import annotations

from dataclasses import dataclass

import ufl

from femsoret.base.types import Expr, Form, Measure
from femsoret.physics.closures import Mixture, State, fluxes
from femsoret.physics.forms.term import Term, term


@term()
def inertia(s: State, v: State, m: Mixture, dx: Measure) -> Form:
    """Return the inertial term rho0 (u.grad u).v."""
    return m.rho0 * ufl.inner(ufl.dot(ufl.grad(s.u), s.u), v.u) * dx


@term()
def viscosity(s: State, v: State, m: Mixture, dx: Measure) -> Form:
    """Return the viscous term 2 mu e(u):e(v)."""
    return ufl.inner(fluxes.stress(m, s), s.coordinates.gradient(v.u)) * dx


@term()
def pressure(s: State, v: State, m: Mixture, dx: Measure) -> Form:
    """Return the pressure term -p div v."""
    return -s.p * s.coordinates.divergence(v.u) * dx


@term()
def buoyancy(s: State, v: State, m: Mixture, dx: Measure) -> Form:
    """Return the buoyancy term -b.v."""
    return -ufl.inner(fluxes.buoyancy(m, s), v.u) * dx


@term()
def rotational_buoyancy(s: State, v: State, m: Mixture, dx: Measure) -> Form:
    """Return the well-balanced buoyancy term -(b - grad phi).v.

    Only the part of the buoyancy that no pressure can balance drives the flow. Since the degree of
    phi is one higher than that of the velocity, a buoyancy that is a gradient is balanced exactly,
    or to one order higher than by the pressure of Taylor-Hood elements, which leaves a spurious
    flow (A. Linke, Comput. Methods Appl. Mech. Eng. 268 (2014) 782).
    """
    return -ufl.inner(fluxes.buoyancy(m, s) - ufl.grad(s.phi), v.u) * dx


@term()
def potential(s: State, v: State, m: Mixture, dx: Measure) -> Form:
    """Return (grad phi - b).grad eta, which makes grad phi the gradient part of the buoyancy."""
    return ufl.inner(ufl.grad(s.phi) - fluxes.buoyancy(m, s), ufl.grad(v.phi)) * dx


@term()
def vibration_potential(s: State, v: State, m: Mixture, dx: Measure) -> Form:
    """Return (grad zeta - B n).grad eta, which makes w = B n - grad zeta free of divergence.

    Its natural condition is w.n = 0 at walls: the pulsation is that of a fluid without friction.
    """
    return -ufl.inner(fluxes.pulsation(m, s), ufl.grad(v.zeta)) * dx


@term(without_chi=())
def velocity_potential(s: State, v: State, m: Mixture, dx: Measure) -> Form:
    """Return grad chi.grad eta + div u eta, which makes grad chi the gradient part of u.

    With this form the normal derivative of chi is weakly zero at walls, and w = u - grad chi has
    the normal component w.n = u.n there. The form (grad chi - u).grad eta would impose w.n = 0.
    """
    divergence = s.coordinates.divergence(s.u)
    return (ufl.inner(ufl.grad(s.chi), ufl.grad(v.chi)) + divergence * v.chi) * dx


HEAT = 0.7
"""Smallest Prandtl number in the weight of :class:`GradDiv`, that of a gas. The discrete divergence
of u acts as a source of heat, which the diffusion of heat must smooth out."""


@dataclass(frozen=True)
class GradDiv:
    """The term weight max(mu, 0.7 rho0 alpha) div u div v, which is zero for the exact solution.

    Taylor-Hood velocities are only weakly divergence-free. In a strongly stratified liquid the
    remaining divergence advects the stratification and can sustain spurious flows on coarse meshes.
    If inertia dominates, the coefficient must not tend to zero with the viscosity (J. de Frutos,
    B. Garcia-Archilla, V. John, J. Novo, Adv. Comput. Math. 44 (2018) 195).

    Args:
        weight: Dimensionless weight.
    """

    weight: float

    def form(self, s: State, v: State, m: Mixture, dx: Measure) -> Form:
        """Return the form of the term."""
        div = s.coordinates.divergence
        return self.coefficient(s, m) * div(s.u) * div(v.u) * dx

    def coefficient(self, s: State, m: Mixture) -> Expr:
        """Return the coefficient weight max(mu, 0.7 rho0 alpha), Pa s, a scalar."""
        alpha = fluxes.kappa_0(m, s) / fluxes.local(m, s).heat_capacity
        return self.weight * ufl.max_value(fluxes.local(m, s).mu, HEAT * m.rho0 * alpha)

    def term(self, name: str) -> Term:
        """Return the term with a given name."""
        return Term(name, self.form, resistance=self.coefficient)


grad_div = GradDiv(10.0).term("grad-div")
"""The default grad-div term."""

strong_grad_div = GradDiv(1e4).term("strong grad-div")
"""A strong grad-div term, for transient runs on meshes too coarse for the flow, where the discrete
divergence would otherwise act as a source of heat and species."""


@term()
def continuity(s: State, v: State, m: Mixture, dx: Measure) -> Form:
    """Return the continuity term -q div u, with the sign that makes Stokes flow symmetric."""
    return -v.p * s.coordinates.divergence(s.u) * dx


# Pressure and the potentials are not stored: they follow the other fields at once.


@term(is_rate=True)
def momentum_storage(s: State, v: State, m: Mixture, dx: Measure) -> Form:
    """Return the stored momentum rho0 u.v."""
    return m.rho0 * ufl.inner(s.u, v.u) * dx
