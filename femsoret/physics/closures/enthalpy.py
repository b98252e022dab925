"""Partial enthalpies from chemical potentials, by the Gibbs-Helmholtz relation.

    d(h_i - h_(N+1))/dc_k = H_ik = -T^2 d(G_ik/T)/dT,    G_ik = d(mu_i - mu_(N+1))/dc_k

at constant pressure (S. R. de Groot, P. Mazur, Non-Equilibrium Thermodynamics, ch. III).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import numpy as np
import ufl

from femsoret.base.types import Value

_STEP: Final = 1e-30
"""Imaginary step; it is far below the round-off of any temperature."""


def gibbs_helmholtz(f: Callable[[Value], Value], T: Value) -> Value:
    """Return -T^2 d(f/T)/dT.

    Numbers are differentiated by an imaginary step, which is exact to round-off (W. Squire, G.
    Trapp, SIAM Review 40 (1998) 110).

    Args:
        f: A function of the temperature at constant composition, which works for complex numbers.
        T: Temperature, K.
    """
    if isinstance(T, ufl.core.expr.Expr):
        here = ufl.variable(T)
        return -(T**2) * ufl.diff(f(here) / here, here)
    beside = T + 1j * _STEP
    return -(T**2) * np.imag(f(beside) / beside) / _STEP
