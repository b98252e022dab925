"""Terms of the transport of heat and species, for theta = T - T0 and gamma_i = c_i - c0_i.

The arguments of all forms are the fields s, the test functions v, the medium m and the measure dx.
The sign convention is that of :mod:`femsoret.physics.forms.flow`. Test functions are dimensionless
scalars, in formulas eta for heat and r_i for species i. Residuals are in W and kg/s, per metre of
depth in 2D; those of storage terms are in J and kg.

The natural boundary condition is j.n = 0 for the total flux j, an impermeable wall. With a Soret
effect it differs from grad c.n = 0.
"""

from __future__ import annotations

import ufl

from femsoret.base.types import Form, Measure
from femsoret.physics.closures import Medium, Mixture, State, fluxes
from femsoret.physics.forms.term import Phase, term

# -- heat ------------------------------------------------------------------------------------------


@term(where=Phase.FLUID | Phase.SOLID)
def conduction(s: State, v: State, m: Medium, dx: Measure) -> Form:
    """Return kappa_0 grad theta.grad eta, heat conduction at uniform composition."""
    return fluxes.kappa_0(m, s) * ufl.inner(ufl.grad(s.theta), ufl.grad(v.theta)) * dx


@term()
def heat_advection_nonconservative(s: State, v: State, m: Mixture, dx: Measure) -> Form:
    """Return rho0 cp eta u.grad theta, equivalent to :data:`heat_advection` if div u = 0."""
    return fluxes.local(m, s).heat_capacity * v.theta * ufl.inner(s.u, ufl.grad(s.theta)) * dx


@term(without_chi=(heat_advection_nonconservative,))
def heat_advection(s: State, v: State, m: Mixture, dx: Measure) -> Form:
    """Return -rho0 cp theta w.grad eta, which conserves heat for any advecting velocity w."""
    return (
        -fluxes.local(m, s).heat_capacity
        * s.theta
        * ufl.inner(s.advecting_velocity, ufl.grad(v.theta))
        * dx
    )


@term(where=Phase.FLUID | Phase.SOLID)
def heat_conduction(s: State, v: State, m: Medium, dx: Measure) -> Form:
    """Return -q.grad eta, including the Dufour effect."""
    return -ufl.inner(fluxes.heat_flux(m, s), ufl.grad(v.theta)) * dx


@term(is_source=True)
def heat_of_mixing(s: State, v: State, m: Mixture, dx: Measure) -> Form:
    """Return sum_ik eta j_i.H_ik grad c_k, or 0 if G/T depends on composition alone."""
    if not fluxes.local(m, s).H:
        return 0
    return -fluxes.heat_of_mixing(m, s) * v.theta * dx


@term(is_source=True)
def heat_of_conversion(s: State, v: State, m: Mixture, dx: Measure) -> Form:
    """Return minus the heat that converted species release, times eta; 0 if it is not counted."""
    if not fluxes.local(m, s).energies:
        return 0
    return -fluxes.heat_of_conversion(m, s) * v.theta * dx


# -- species ---------------------------------------------------------------------------------------


@term()
def species_advection_nonconservative(s: State, v: State, m: Mixture, dx: Measure) -> Form:
    """Return the sum of rho0 r_i u.grad gamma_i, the same as `species_advection` if div u = 0."""
    return sum(
        m.rho0 * r * ufl.inner(s.u, ufl.grad(gamma)) * dx
        for gamma, r in zip(s.gamma, v.gamma, strict=True)
    )


@term(without_chi=(species_advection_nonconservative,))
def species_advection(s: State, v: State, m: Mixture, dx: Measure) -> Form:
    """Return the sum over species of -rho0 gamma_i w.grad r_i, with the advecting velocity w."""
    return sum(
        -m.rho0 * gamma * ufl.inner(s.advecting_velocity, ufl.grad(r)) * dx
        for gamma, r in zip(s.gamma, v.gamma, strict=True)
    )


@term()
def species_diffusion(s: State, v: State, m: Mixture, dx: Measure) -> Form:
    """Return the sum over species of -j_i.grad r_i."""
    return sum(
        -ufl.inner(j, ufl.grad(r)) * dx
        for j, r in zip(fluxes.mass_fluxes(m, s), v.gamma, strict=True)
    )


@term(is_source=True)
def species_exchange(s: State, v: State, m: Mixture, dx: Measure) -> Form:
    """Return the sum over species of -rate_i r_i, or 0 if species are not converted.

    If they are, the argument `conserved` of Problem must state which quantities are conserved.
    """
    rates = fluxes.local(m, s).rates
    return sum(-rate * r * dx for rate, r in zip(rates, v.gamma, strict=True)) if rates else 0


# -- storage: what a volume holds, whose rate of change stands beside the steady terms -------------

# Time steps, pseudo-transient continuation and eigenvalues take the derivative of these terms and
# of the stored momentum in femsoret.physics.forms.flow.


@term(where=Phase.FLUID | Phase.SOLID, is_rate=True)
def heat_storage(s: State, v: State, m: Medium, dx: Measure) -> Form:
    """Return the stored heat rho0 cp theta eta."""
    return fluxes.local(m, s).heat_capacity * s.theta * v.theta * dx


@term(is_rate=True)
def species_storage(s: State, v: State, m: Mixture, dx: Measure) -> Form:
    """Return the stored mass of species, the sum of rho0 gamma_i r_i."""
    return sum(m.rho0 * gamma * r * dx for gamma, r in zip(s.gamma, v.gamma, strict=True))
