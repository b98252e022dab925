"""Values of UFL expressions at a point, without mesh, form or compiler.

The fields are free symbols: their values and their gradients are given independently, so that an
identity that must hold pointwise is tested at any thermodynamic state with any forces.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import basix.ufl
import numpy as np
import ufl

from femsoret.physics.closures import State, fluxes

DIM = 2


@dataclass(frozen=True)
class Field:
    """A scalar field at a point.

    Args:
        value: Its value.
        gradient: Its gradient, one number a space dimension.
    """

    value: float
    gradient: Sequence[float]


@dataclass(frozen=True)
class Here:
    """A state at a point, as symbols and as numbers.

    Args:
        state: The symbols.
        fields: Symbol -> field.
    """

    state: State
    fields: dict[Any, Field]

    @classmethod
    def of(cls, theta: Field, gamma: Sequence[Field]) -> Here:
        """Return the state of these deviations of temperature and compositions."""
        domain = ufl.Mesh(basix.ufl.element("Lagrange", "triangle", 1, shape=(DIM,)))
        V = ufl.FunctionSpace(domain, basix.ufl.element("Lagrange", "triangle", 2))
        symbols = [ufl.Coefficient(V) for _ in range(1 + len(gamma))]
        state = State(None, None, symbols[0], tuple(symbols[1:]))
        return cls(state, dict(zip(symbols, (theta, *gamma), strict=True)))

    def value(self, expression: Any) -> Any:
        """Return a scalar or a vector expression as a number or an array."""
        if not isinstance(expression, ufl.core.expr.Expr):
            return float(expression)
        mapping = {symbol: _lookup(field) for symbol, field in self.fields.items()}
        origin = (0.0,) * DIM
        if expression.ufl_shape:
            return np.array([expression[i](origin, mapping) for i in range(DIM)])
        return float(expression(origin, mapping))


def _lookup(field: Field) -> Any:
    def evaluate(x: Any, derivatives: tuple[int, ...] = ()) -> float:
        return field.gradient[derivatives[0]] if derivatives else field.value

    return evaluate


def flux_responses(m, theta, c):
    """Return (q, j_1 ... j_N) under each unit force -grad T/T^2, -G grad c/T, as a matrix."""
    T, at, count = m.T0 + theta, m.at(m.T0 + theta, c), 1 + len(c)
    columns = []
    for k in range(count):
        force = np.zeros(count)
        force[k] = 1.0
        slopes = -T * np.linalg.solve(np.array(at.G), force[1:])
        gamma = [
            Field(c_i - s.c0, (slope, 0.0))
            for c_i, s, slope in zip(c, m.species, slopes, strict=True)
        ]
        here = Here.of(Field(theta, (-(T**2) * force[0], 0.0)), gamma)
        s = here.state
        all_fluxes = (fluxes.heat_flux(m, s), *fluxes.mass_fluxes(m, s))
        columns.append([here.value(flux)[0] for flux in all_fluxes])
    return np.array(columns).T


def relative_asymmetry(L):
    """Return the largest difference between L and its transpose, over the diagonal."""
    scale = np.sqrt(np.outer(np.diag(L), np.diag(L)))
    return np.abs((L - L.T) / scale).max()
