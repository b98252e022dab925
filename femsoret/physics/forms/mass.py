"""Mass: what a volume holds, whose rate of change stands beside the steady terms.

Time steps, pseudo-transient continuation and eigenvalues take the derivative of these terms. The
pressure and the buoyancy potential hold nothing: they follow the rest at once.
"""

from __future__ import annotations

from typing import Any

import ufl

from femsoret.physics.closures import Medium, Mixture, State, fluxes
from femsoret.physics.forms.term import Phase, term


@term(is_rate=True)
def momentum(s: State, v: State, m: Mixture, dx: Any) -> Any:
    """Return rho0 u.v."""
    return m.rho0 * ufl.inner(s.u, v.u) * dx


@term(where=Phase.FLUID | Phase.SOLID, is_rate=True)
def heat(s: State, v: State, m: Medium, dx: Any) -> Any:
    """Return rho0 cp theta s."""
    return fluxes.local(m, s).heat_capacity * s.theta * v.theta * dx


@term(is_rate=True)
def species(s: State, v: State, m: Mixture, dx: Any) -> Any:
    """Return rho0 gamma_i r_i, summed over species."""
    return sum(m.rho0 * gamma * r * dx for gamma, r in zip(s.gamma, v.gamma, strict=True))
