"""Heat, in conservation form for the deviation theta = T - T0 (signs: see flow)."""

from __future__ import annotations

from typing import Any

import ufl

from femsoret.physics.closures import Medium, Mixture, State, fluxes
from femsoret.physics.forms.term import Phase, term


@term()
def heat_carried(s: State, v: State, m: Mixture, dx: Any) -> Any:
    """Return rho0 cp s u.grad theta: what :data:`heat_advection` is where div u = 0."""
    return fluxes.local(m, s).heat_capacity * v.theta * ufl.inner(s.u, ufl.grad(s.theta)) * dx


@term(without_chi=(heat_carried,))
def heat_advection(s: State, v: State, m: Mixture, dx: Any) -> Any:
    """Return -rho0 cp theta w.grad s, w the velocity that carries: conserves heat whatever w is."""
    return (
        -fluxes.local(m, s).heat_capacity * s.theta * ufl.inner(s.carrier, ufl.grad(v.theta)) * dx
    )


@term(where=Phase.FLUID | Phase.SOLID)
def heat_conduction(s: State, v: State, m: Medium, dx: Any) -> Any:
    """Return -q.grad s, Dufour part included."""
    return -ufl.inner(fluxes.heat_flux(m, s), ufl.grad(v.theta)) * dx
