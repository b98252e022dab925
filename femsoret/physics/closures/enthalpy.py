"""Partial enthalpies from chemical potentials, by the Gibbs-Helmholtz relation.

    d(h_i - h_(N+1))/dc_k = H_ik = -T^2 d(G_ik/T)/dT,    G_ik = d(mu_i - mu_(N+1))/dc_k

at constant pressure (S. R. de Groot, P. Mazur, Non-Equilibrium Thermodynamics, ch. III).
"""

from __future__ import annotations

from collections.abc import Callable

import ufl

from femsoret.base.types import Value

_STEP = 1e-4
"""Step of the central difference of numbers, relative to T: its error is of order 1e-8."""


def gibbs_helmholtz(f: Callable[[Value], Value], T: Value) -> Value:
    """Return -T^2 d(f/T)/dT, exactly for UFL expressions and by a central difference for numbers.

    Args:
        f: A function of the temperature, at constant composition.
        T: Temperature, K.
    """
    if isinstance(T, ufl.core.expr.Expr):
        here = ufl.variable(T)
        return -(T**2) * ufl.diff(f(here) / here, here)
    warm, cold = T * (1.0 + _STEP), T * (1.0 - _STEP)
    return -(T**2) * (f(warm) / warm - f(cold) / cold) / (warm - cold)
