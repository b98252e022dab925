"""Pure conduction, the yardstick of every Nusselt number."""

from __future__ import annotations

from typing import Any

import ufl

from femsoret.physics.closures import Medium, State, fluxes
from femsoret.physics.forms.term import Phase, term


@term(where=Phase.FLUID | Phase.SOLID)
def conduction(s: State, v: State, m: Medium, dx: Any) -> Any:
    """Return kappa_0 grad T.grad s: no flow, uniform composition, hence no Soret separation."""
    return fluxes.kappa_0(m, s) * ufl.inner(ufl.grad(s.theta), ufl.grad(v.theta)) * dx
