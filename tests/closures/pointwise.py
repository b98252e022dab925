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

from femsoret.physics.closures import State

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
