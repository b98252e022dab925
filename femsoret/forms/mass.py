"""Mass: what a volume holds, whose rate of change stands beside the steady terms.

Time steps, pseudo-transient continuation and eigenvalues take the derivative of these terms. The
pressure and the buoyancy potential hold nothing: they follow the rest at once.
"""

from __future__ import annotations

from typing import Any

import ufl

from femsoret.closures import Mixture, State


def momentum(s: State, v: State, m: Mixture, dx: Any) -> Any:
    """Return rho0 u.v."""
    return m.density() * ufl.inner(s.u, v.u) * dx


def heat(s: State, v: State, m: Mixture, dx: Any) -> Any:
    """Return rho0 cp theta s."""
    return m.heat_capacity() * s.theta * v.theta * dx


def species(s: State, v: State, m: Mixture, dx: Any) -> Any:
    """Return rho0 gamma_i r_i, summed over species."""
    return sum(m.density() * gamma * r * dx for gamma, r in zip(s.gamma, v.gamma, strict=True))
