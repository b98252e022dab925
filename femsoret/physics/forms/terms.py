"""Terms of heat and species, in conservation form for theta = T - T0 and gamma_i = c_i - c0_i.

Arguments of every form: the fields s, the test functions v, the medium m and the measure dx. The
signs are those of :mod:`femsoret.physics.forms.flow`. Test functions are scalars without a unit: s
here is the one of heat, r_i that of species i. Residuals are in W and kg/s, per metre of depth in
2D; those of storage terms in J and kg.

An impermeable wall is the natural condition j.n = 0 of the total flux. grad c.n = 0 is another
condition where there is a Soret effect.
"""

from __future__ import annotations

import ufl

from femsoret.base.types import Form, Measure
from femsoret.physics.closures import Medium, Mixture, State, fluxes
from femsoret.physics.forms.term import Phase, term

# -- heat ------------------------------------------------------------------------------------------


@term(where=Phase.FLUID | Phase.SOLID)
def conduction(s: State, v: State, m: Medium, dx: Measure) -> Form:
    """Return kappa_0 grad T.grad s: conduction at uniform composition, as Nusselt numbers need."""
    return fluxes.kappa_0(m, s) * ufl.inner(ufl.grad(s.theta), ufl.grad(v.theta)) * dx


@term()
def heat_advection_nonconservative(s: State, v: State, m: Mixture, dx: Measure) -> Form:
    """Return rho0 cp s u.grad theta: equal to :data:`heat_advection` where div u = 0."""
    return fluxes.local(m, s).heat_capacity * v.theta * ufl.inner(s.u, ufl.grad(s.theta)) * dx


@term(without_chi=(heat_advection_nonconservative,))
def heat_advection(s: State, v: State, m: Mixture, dx: Measure) -> Form:
    """Return -rho0 cp theta w.grad s, w the advecting velocity: heat is conserved for any w."""
    return (
        -fluxes.local(m, s).heat_capacity
        * s.theta
        * ufl.inner(s.advecting_velocity, ufl.grad(v.theta))
        * dx
    )


@term(where=Phase.FLUID | Phase.SOLID)
def heat_conduction(s: State, v: State, m: Medium, dx: Measure) -> Form:
    """Return -q.grad s, Dufour part included."""
    return -ufl.inner(fluxes.heat_flux(m, s), ufl.grad(v.theta)) * dx


# -- species ---------------------------------------------------------------------------------------


@term()
def species_advection_nonconservative(s: State, v: State, m: Mixture, dx: Measure) -> Form:
    """Return rho0 r_i u.grad gamma_i: equal to :data:`species_advection` where div u = 0."""
    return sum(
        m.rho0 * r * ufl.inner(s.u, ufl.grad(gamma)) * dx
        for gamma, r in zip(s.gamma, v.gamma, strict=True)
    )


@term(without_chi=(species_advection_nonconservative,))
def species_advection(s: State, v: State, m: Mixture, dx: Measure) -> Form:
    """Return -rho0 gamma_i w.grad r_i, w the advecting velocity, summed over species."""
    return sum(
        -m.rho0 * gamma * ufl.inner(s.advecting_velocity, ufl.grad(r)) * dx
        for gamma, r in zip(s.gamma, v.gamma, strict=True)
    )


@term()
def species_diffusion(s: State, v: State, m: Mixture, dx: Measure) -> Form:
    """Return -j_i.grad r_i, summed over species."""
    return sum(
        -ufl.inner(j, ufl.grad(r)) * dx
        for j, r in zip(fluxes.mass_fluxes(m, s), v.gamma, strict=True)
    )


@term()
def species_exchange(s: State, v: State, m: Mixture, dx: Measure) -> Form:
    """Return -rate_i r_i, summed over species; 0 where no species becomes another.

    ``Problem(conserved=...)`` then has to say what is conserved.
    """
    rates = fluxes.local(m, s).rates
    return sum(-rate * r * dx for rate, r in zip(rates, v.gamma, strict=True)) if rates else 0


# -- storage: what a volume holds, whose rate of change stands beside the steady terms -------------

# Time steps, pseudo-transient continuation and eigenvalues take the derivative of these terms.
# Pressure and buoyancy potential are not stored: they follow the other fields at once.


@term(is_rate=True)
def momentum_storage(s: State, v: State, m: Mixture, dx: Measure) -> Form:
    """Return rho0 u.v."""
    return m.rho0 * ufl.inner(s.u, v.u) * dx


@term(where=Phase.FLUID | Phase.SOLID, is_rate=True)
def heat_storage(s: State, v: State, m: Medium, dx: Measure) -> Form:
    """Return rho0 cp theta s."""
    return fluxes.local(m, s).heat_capacity * s.theta * v.theta * dx


@term(is_rate=True)
def species_storage(s: State, v: State, m: Mixture, dx: Measure) -> Form:
    """Return rho0 gamma_i r_i, summed over species."""
    return sum(m.rho0 * gamma * r * dx for gamma, r in zip(s.gamma, v.gamma, strict=True))
