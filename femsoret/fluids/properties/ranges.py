"""The range in which a law is given, and what applies outside of it.

With numbers, a law that is given for a range raises :class:`OutOfRange` outside of it, unless an
extrapolation was asked for. UFL expressions cannot raise; the states that they describe are checked
afterwards, with numbers (:mod:`femsoret.post.laws`).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from math import isfinite
from typing import Any, Final, Literal, TypeAlias

import numpy as np

from femsoret.base.errors import FluidError
from femsoret.base.parameters import LITERAL
from femsoret.base.types import Value
from femsoret.fluids.elementary import clipped, is_ufl
from femsoret.fluids.properties.derivative import Derivative
from femsoret.fluids.properties.law import Property, first_of

Outside: TypeAlias = Literal["error", "constant", "linear"]
"""What applies outside the range of a law: an error, the value at the end of the range, or the
tangent there."""

Range: TypeAlias = tuple[float, float]

HINT: Final = (
    "extend the law, reduce the range of temperatures or compositions, or state what applies "
    'outside: outside = "constant" (the value at the end of the range) or "linear" (the tangent '
    "there)"
)
"""What to try where a law is used outside its range."""

ROUNDED: Final = 1e-3
"""Distance from a range that counts as inside, relative to the width of the range: a solution by
finite elements may exceed the values at the walls slightly. Laws continue smoothly there."""


class OutOfRange(FluidError):
    """A law is evaluated outside the range for which it is given.

    Args:
        symbol: Symbol of the argument, "T" or "c".
        value: Value of the argument.
        limits: Lowest and highest value for which the law is given.
        at: Index of the value in a flattened array argument; 0 for a float.
        name: What c is, if it is not the mass fraction of component 1.
    """

    def __init__(
        self, symbol: str, value: float, limits: Range, at: int = 0, name: str = ""
    ) -> None:
        self.symbol, self.value, self.limits, self.at = symbol, value, limits, at
        self.name = name
        unit = " K" if symbol == "T" else ""
        of = f" ({name})" if name else ""
        super().__init__(
            f"a law is used at {symbol} = {value:.6g}{unit}{of}, but it is given from "
            f"{limits[0]:g} to {limits[1]:g}{unit} only",
            HINT,
        )

    def __reduce__(self) -> tuple[Any, ...]:
        """Return what makes a copy of the error on another rank."""
        return type(self), (self.symbol, self.value, self.limits, self.at, self.name)

    @property
    def excess(self) -> float:
        """Distance from the range, in K or as a mass fraction."""
        return max(self.limits[0] - self.value, self.value - self.limits[1])

    def named(self, name: str) -> OutOfRange:
        """Return the error with a name for its composition; unchanged if it is about T."""
        if self.symbol == "T" or self.name:
            return self
        return OutOfRange(self.symbol, self.value, self.limits, self.at, name)


def check_range(symbol: str, x: Value, limits: Range) -> None:
    """Check that the argument of a law is in its range; UFL expressions pass unchecked.

    Args:
        symbol: Symbol of the argument, "T" or "c".
        x: Argument: a float, an array or a UFL expression.
        limits: Lowest and highest value for which the law is given.

    Raises:
        OutOfRange: A number is outside the range by more than 1e-3 of its width.
    """
    if is_ufl(x):
        return
    numbers = np.ravel(np.real(x))
    excess = np.maximum(limits[0] - numbers, numbers - limits[1])
    excess[np.isnan(excess)] = 0.0
    worst = int(np.argmax(excess)) if len(excess) else 0
    width = limits[1] - limits[0]
    if len(excess) and excess[worst] > ROUNDED * (width if isfinite(width) else 0.0):
        raise OutOfRange(symbol, float(numbers[worst]), limits, worst)


@dataclass(frozen=True)
class Limited:
    """A law with the range in which it is valid, and what applies outside.

    Args:
        model: The law.
        T_range: Lowest and highest temperature, K; None for no limits.
        c_range: Lowest and highest mass fraction of component 1; None for no limits.
        outside: "error"; "constant" for the value at the end of the range; "linear" for the tangent
            there. Without this table a formula applies everywhere.
    """

    model: Property
    T_range: Range | None = field(default=None, metadata=LITERAL)
    c_range: Range | None = field(default=None, metadata=LITERAL)
    outside: Outside = "error"

    def __call__(self, T: Value, c: Value) -> Value:
        """Evaluate the law at temperature T (K) and composition c.

        Raises:
            OutOfRange: A number is outside the range, and `outside` is "error".
        """
        if self.outside == "error":
            if self.T_range is not None:
                check_range("T", T, self.T_range)
            if self.c_range is not None:
                check_range("c", first_of(c), self.c_range)
            return self.model(T, c)
        T_in = T if self.T_range is None else clipped(T, *self.T_range)
        first = first_of(c)
        first_in = first if self.c_range is None else clipped(first, *self.c_range)
        c_in = (first_in, *c[1:]) if isinstance(c, tuple) else first_in
        value = self.model(T_in, c_in)
        if self.outside == "linear":
            # Inside the range the slopes are multiplied by 0: their own derivatives do not matter.
            at = _real(T_in), _real(c_in)
            if self.T_range is not None:
                value = value + Derivative(self.model, "T")(*at) * (T - T_in)
            if self.c_range is not None:
                value = value + Derivative(self.model, "c")(*at) * (first - first_in)
        return value

    def check(self) -> None:
        """Check the ranges.

        Raises:
            FluidError: A range is not one, or there is none.
        """
        if self.T_range is None and self.c_range is None:
            raise FluidError("neither T_range nor c_range is given", "give at least one of them")
        for symbol, limits in (("T", self.T_range), ("c", self.c_range)):
            if limits is not None:
                check_limits(symbol, limits)


def _real(x: Value) -> Value:
    if isinstance(x, tuple):
        return tuple(_real(part) for part in x)
    return x if is_ufl(x) else np.real(x)


def check_limits(symbol: str, limits: Range) -> None:
    """Check that limits are a range.

    Raises:
        FluidError: They are not in ascending order, or negative.
    """
    if not 0.0 <= limits[0] < limits[1]:
        raise FluidError(
            f"{symbol}_range = {list(limits)} is not a range",
            "give two numbers, neither of them negative, the smaller one first",
        )
