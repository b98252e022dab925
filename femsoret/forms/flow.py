"""Momentum and continuity.

Sign convention of all forms: everything stands on the left-hand side, divergences are integrated
by parts, and minus the residual tested with the indicator of a wall is what leaves through it.

Derivatives of vectors are those of the coordinates that the state is in; the measure has their
weight.
"""

from __future__ import annotations

from typing import Any

import ufl

from femsoret.closures import Mixture, State


def inertia(s: State, v: State, m: Mixture, dx: Any) -> Any:
    """Return rho0 (u.grad u).v."""
    return m.density() * ufl.inner(ufl.dot(ufl.grad(s.u), s.u), v.u) * dx


def viscosity(s: State, v: State, m: Mixture, dx: Any) -> Any:
    """Return 2 mu e(u):e(v)."""
    return ufl.inner(m.stress(s), s.coordinates.gradient(v.u)) * dx


def pressure(s: State, v: State, m: Mixture, dx: Any) -> Any:
    """Return -p div v."""
    return -s.p * s.coordinates.divergence(v.u) * dx


def buoyancy(s: State, v: State, m: Mixture, dx: Any) -> Any:
    """Return -b.v."""
    return -ufl.inner(m.buoyancy(s), v.u) * dx


def rotational_buoyancy(s: State, v: State, m: Mixture, dx: Any) -> Any:
    """Return -(b - grad phi).v: only what no pressure can balance drives the flow.

    With phi of one degree more than the velocity a gradient b is balanced exactly, or to one order
    more, where the pressure of Taylor-Hood elements leaves a spurious flow (A. Linke, Comput.
    Methods Appl. Mech. Eng. 268 (2014) 782, on what such flows come from).
    """
    return -ufl.inner(m.buoyancy(s) - ufl.grad(s.phi), v.u) * dx


def potential(s: State, v: State, m: Mixture, dx: Any) -> Any:
    """Return (grad phi - b).grad eta: phi is the gradient part of the buoyancy."""
    return ufl.inner(ufl.grad(s.phi) - m.buoyancy(s), ufl.grad(v.phi)) * dx


GRAD_DIV = 10.0
"""Weight of :func:`grad_div`. In a cylinder of 6 x 6 hexahedra (water-ethanol, tilt 1 degree) the
bias is +0.78 % with 0, a spurious state of the mesh, -0.975 % with 10, -0.939 % with 1000; cubic
elements give -0.973 %."""


def grad_div(s: State, v: State, m: Mixture, dx: Any) -> Any:
    """Return 10 mu div u div v, which is zero for the exact solution.

    Taylor-Hood velocities are divergence-free on average only. In a strongly stratified liquid what
    is left advects the stratification and can sustain flows of its own on coarse 3D meshes.
    """
    div = s.coordinates.divergence
    return GRAD_DIV * m.mu(s) * div(s.u) * div(v.u) * dx


def continuity(s: State, v: State, m: Mixture, dx: Any) -> Any:
    """Return -q div u, the sign that makes Stokes flow symmetric."""
    return -v.p * s.coordinates.divergence(s.u) * dx
