"""Derivatives of property laws, as laws."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final, Literal

import numpy as np

from femsoret.base.errors import FluidError
from femsoret.base.parameters import LITERAL
from femsoret.base.types import Value
from femsoret.fluids.elementary import is_ufl
from femsoret.fluids.properties.law import Property

_STEP: Final = 1e-30
"""Imaginary step; it is far below the round-off of any argument."""


@dataclass(frozen=True)
class Derivative:
    """The partial derivative of a law with respect to temperature or a mass fraction.

    With UFL expressions it is UFL's derivative. With numbers it is Im f(x + ih)/h, which is exact
    to round-off because no numbers of nearly the same size are subtracted (W. Squire, G. Trapp,
    SIAM Review 40 (1998) 110). The law must therefore work in complex arithmetic, as numpy's
    functions do. Numbers of second derivatives are not available; UFL differentiates a derivative
    again.

    Args:
        model: The law to differentiate.
        of: Argument of the derivative: "T" or "c".
        component: Number of the component to whose mass fraction "c" refers, from 1.
    """

    model: Property
    of: Literal["T", "c"]
    component: int = field(default=1, metadata=LITERAL)

    def __call__(self, T: Value, c: Value) -> Value:
        """Evaluate the derivative at temperature T (K) and composition c.

        Raises:
            FluidError: An argument is complex, as for a second derivative.
        """
        parts = c if isinstance(c, tuple) else (c,)
        if is_ufl(T, *parts) or is_ufl(self.model(T, c)):
            import ufl

            of = T if self.of == "T" else parts[self.component - 1]
            x = ufl.variable(of if is_ufl(of) else ufl.as_ufl(float(of)))
            return ufl.diff(ufl.as_ufl(self._at(T, c, x)), x)
        if np.iscomplexobj(T) or any(np.iscomplexobj(part) for part in parts):
            raise FluidError(
                "second derivatives of property laws are not available as numbers",
                "differentiate a UFL expression, or use differences of first derivatives",
            )
        x = T if self.of == "T" else parts[self.component - 1]
        return np.imag(self._at(T, c, x + 1j * _STEP)) / _STEP

    def _at(self, T: Value, c: Value, x: Value) -> Value:
        """Return the law with x in place of the argument of the derivative."""
        if self.of == "T":
            return self.model(x, c)
        if not isinstance(c, tuple):
            return self.model(T, x)
        k = self.component - 1
        return self.model(T, (*c[:k], x, *c[k + 1 :]))
