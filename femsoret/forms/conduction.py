"""Pure conduction, the yardstick of every Nusselt number."""

from __future__ import annotations

from typing import Any

import ufl

from femsoret.closures import BoussinesqMixture, State


def conduction(s: State, v: State, m: BoussinesqMixture, dx: Any) -> Any:
    """Return kappa_0 grad T.grad s: no flow, uniform composition, hence no Soret separation."""
    return m.kappa_0(s) * ufl.inner(ufl.grad(s.theta), ufl.grad(v.theta)) * dx
