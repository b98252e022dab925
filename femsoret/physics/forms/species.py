"""Species, in conservation form for the deviations gamma_i = c_i - c0_i (signs: see flow).

An impermeable wall is the natural condition j.n = 0 of the total flux; grad c.n = 0 is not the
same thing where there is a Soret effect.
"""

from __future__ import annotations

from typing import Any

import ufl

from femsoret.physics.closures import Mixture, State, fluxes
from femsoret.physics.forms.term import term


@term()
def species_carried(s: State, v: State, m: Mixture, dx: Any) -> Any:
    """Return rho0 r_i u.grad gamma_i: what :data:`species_advection` is where div u = 0."""
    return sum(
        m.rho0 * r * ufl.inner(s.u, ufl.grad(gamma)) * dx
        for gamma, r in zip(s.gamma, v.gamma, strict=True)
    )


@term(without_chi=(species_carried,))
def species_advection(s: State, v: State, m: Mixture, dx: Any) -> Any:
    """Return -rho0 gamma_i w.grad r_i, w the velocity that carries, summed over species."""
    return sum(
        -m.rho0 * gamma * ufl.inner(s.carrier, ufl.grad(r)) * dx
        for gamma, r in zip(s.gamma, v.gamma, strict=True)
    )


@term()
def species_diffusion(s: State, v: State, m: Mixture, dx: Any) -> Any:
    """Return -j_i.grad r_i, summed over species."""
    return sum(
        -ufl.inner(j, ufl.grad(r)) * dx
        for j, r in zip(fluxes.mass_fluxes(m, s), v.gamma, strict=True)
    )


@term()
def species_exchange(s: State, v: State, m: Mixture, dx: Any) -> Any:
    """Return -rate_i r_i, summed over species; nothing where none becomes another.

    What is conserved then has to be said: ``Problem(conserved=...)``.
    """
    rates = fluxes.local(m, s).rates
    return sum(-rate * r * dx for rate, r in zip(rates, v.gamma, strict=True)) if rates else 0
