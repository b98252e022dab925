"""Tables of a property, interpolated without overshoot."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cache
from itertools import pairwise
from typing import Final, TypeAlias

import numpy as np

from femsoret.base.errors import FluidError
from femsoret.base.parameters import LITERAL
from femsoret.base.types import Array, Value
from femsoret.fluids.elementary import indicators, is_ufl
from femsoret.fluids.properties.law import first_of
from femsoret.fluids.properties.ranges import Outside, check_range

Row: TypeAlias = tuple[float, ...]
Values: TypeAlias = Row | tuple[Row, ...]

_CUBIC: Final = 4
"""Coefficients of a cubic."""


@dataclass(frozen=True)
class Table:
    """A table in T, in c or in both, interpolated by cubics that have no extrema between its knots.

    The slopes at the knots are those of F. N. Fritsch, J. Butland, SIAM J. Sci. Stat. Comput. 5
    (1984) 300, as in scipy's PchipInterpolator: the property is continuously differentiable, and
    monotone where the table is. So is a table in T and c, interpolated by bicubics
    (:mod:`femsoret.fluids.properties.bicubics`): wherever four neighbouring values are monotone
    along T or c, it is monotone between them.

    Args:
        values: Values in the unit of the property, one for each T or each c; with both, one row for
            each T, with one value for each c.
        T: Temperatures in ascending order, K; empty for a table in c.
        c: Mass fractions of component 1 in ascending order; empty for a table in T.
        outside: What applies outside the table: "error"; "constant" for the value at its end;
            "linear" for the tangent there.
        origin: Package and version that computed the values; empty for measured ones.
    """

    values: Values = field(metadata=LITERAL)
    T: Row = field(default=(), metadata=LITERAL)
    c: Row = field(default=(), metadata=LITERAL)
    outside: Outside = "error"
    origin: str = ""

    def __call__(self, T: Value, c: Value) -> Value:
        """Interpolate at temperature T (K) and composition c.

        Raises:
            OutOfRange: A number is outside the table, and `outside` is "error".
        """
        c = first_of(c)
        if self.outside == "error":
            for symbol, x, knots in (("T", T, self.T), ("c", c, self.c)):
                if knots:
                    check_range(symbol, x, (knots[0], knots[-1]))
        return _interpolant(self)(T if self.T else 0.0, c if self.c else 0.0)

    def check(self) -> None:
        """Check the knots and the number of values.

        Raises:
            FluidError: Knots are not in ascending order, or the values do not belong to them.
        """
        if not self.T and not self.c:
            raise FluidError("neither T nor c is given", "give the knots of the table")
        for symbol, knots in (("T", self.T), ("c", self.c)):
            if len(knots) == 1 or any(b <= a for a, b in pairwise(knots)):
                raise FluidError(
                    f"{symbol} = {list(knots)} is not in ascending order, or too short",
                    "give at least two different numbers, the smallest one first",
                )
        if self.T and self.T[0] <= 0.0:
            raise FluidError(
                f"T = {self.T[0]:g} K is not an absolute temperature",
                "give temperatures in kelvin: 25 C is 298.15",
            )
        if self.c and not 0.0 <= self.c[0] < self.c[-1] <= 1.0:
            raise FluidError(
                f"c = {list(self.c)} is not between 0 and 1", "60 wt% is a mass fraction of 0.6"
            )
        rows = len(self.T) if self.T else len(self.c)
        columns = len(self.c) if self.T and self.c else None
        shapes = {len(row) if isinstance(row, tuple) else None for row in self.values}
        if len(self.values) != rows or shapes != {columns}:
            what = f"{rows} rows of {columns} numbers" if columns else f"{rows} numbers"
            raise FluidError(
                f"the values are not {what}",
                "give one value for each T or c; with both, one row for each T",
            )


@dataclass(frozen=True, eq=False)
class _Axis:
    """The intervals of a piecewise polynomial along one axis.

    Args:
        breaks: Inner ends of the n intervals, shape (n - 1,).
        origins: Point of each interval from which its polynomial is counted, shape (n,).
    """

    breaks: Array
    origins: Array

    def interval(self, x: Value) -> Value:
        """Return the indices of the intervals in which numbers lie."""
        return np.searchsorted(self.breaks, np.real(x), side="right")

    def weights(self, x: Value) -> list[Value]:
        """Return for each interval 1 where x lies in it and 0 elsewhere; x is no array."""
        if is_ufl(x):
            return indicators(x, list(map(float, self.breaks)))
        return [float(i == self.interval(x)) for i in range(len(self.origins))]


@dataclass(frozen=True, eq=False)
class _Interpolant:
    """A piecewise polynomial in two variables.

    Args:
        rows: Intervals in T.
        columns: Intervals in c.
        coefficients: Coefficients of (T - T_i)^p (c - c_j)^q, shape (degree of T + 1, degree of
            c + 1, intervals in T, intervals in c).
    """

    rows: _Axis
    columns: _Axis
    coefficients: Array

    def __call__(self, T: Value, c: Value) -> Value:
        """Evaluate by Horner's rule with the coefficients of the interval in which (T, c) lies."""
        T_i, c_j, coefficients = self._chosen(T, c)
        s, t = T - T_i, c - c_j
        result: Value = 0.0
        for of_power in coefficients[::-1]:
            inner: Value = 0.0
            for coefficient in of_power[::-1]:
                inner = inner * t + coefficient
            result = result * s + inner
        return result

    def _chosen(self, T: Value, c: Value) -> tuple[Value, Value, Value]:
        """Return T_i, c_j and the coefficients, by power of T and c, of the interval of (T, c)."""
        rows, columns = self.rows, self.columns
        if not is_ufl(T, c):
            i, j = rows.interval(T), columns.interval(c)
            return rows.origins[i], columns.origins[j], self.coefficients[:, :, i, j]
        # Sums of indicators, not nested conditionals, for which C compilers take minutes.
        of_T, of_c = rows.weights(T), columns.weights(c)
        chosen = [
            [_total(of_T, [_total(of_c, row) for row in grid]) for grid in of_power]
            for of_power in self.coefficients
        ]
        return _total(of_T, rows.origins), _total(of_c, columns.origins), chosen


def _total(weights: Sequence[Value], values: Sequence[Value] | Array) -> Value:
    """Return the sum of weighted values, without the terms that are the number 0."""
    total: Value = 0.0
    for weight, value in zip(weights, values, strict=True):
        plain = value if is_ufl(value) else float(value)
        if not any(isinstance(x, float) and x == 0.0 for x in (weight, plain)):
            total = total + weight * plain
    return total


@cache
def _interpolant(table: Table) -> _Interpolant:
    """Return the interpolant of a table, continued outside by constants or tangents."""
    # Here, because the import of scipy's interpolation takes a while, and few fluids have tables.
    from femsoret.fluids.properties.bicubics import monotone_slopes

    T, c = (np.array(knots, dtype=np.float64) for knots in (table.T, table.c))
    values = np.array(table.values, dtype=np.float64).reshape(len(T) or 1, len(c) or 1)
    slopes = monotone_slopes(T, c, values)
    # Cubics in T for the values and for the slopes in c, then cubics in c for their coefficients.
    of_values = _cubics(T, values, slopes.of_T)
    of_slopes = _cubics(T, slopes.of_c, slopes.mixed)
    tangent = table.outside != "constant"
    rows, of_values = _continued(T, of_values, tangent)
    _, of_slopes = _continued(T, of_slopes, tangent)
    both = _cubics(c, np.moveaxis(of_values, -1, 0), np.moveaxis(of_slopes, -1, 0))
    columns, both = _continued(c, both, tangent)
    # (power of c, interval in c, power of T, interval in T) -> (powers, intervals).
    return _Interpolant(rows, columns, np.transpose(both, (2, 0, 3, 1)))


def _cubics(x: Array, y: Array, slopes: Array) -> Array:
    """Return the coefficients of cubics by value and slope, ascending, shape (4, n - 1, ...).

    Without knots the one value remains, shape (1, 1, ...).
    """
    from scipy.interpolate import CubicHermiteSpline

    return CubicHermiteSpline(x, y, slopes, axis=0).c[::-1] if len(x) else y[None]


def _continued(x: Array, cubics: Array, tangent: bool) -> tuple[_Axis, Array]:
    """Return intervals and coefficients with two more intervals, below and above the knots.

    Args:
        x: Knots, shape (n,); or none.
        cubics: Ascending coefficients, shape (4, n - 1, ...).
        tangent: Whether the function is continued by its tangents, not by constants.
    """
    if not len(x):
        return _Axis(np.empty(0), np.zeros(1)), cubics
    h = x[-1] - x[-2]
    last = cubics[:, -1]
    below, above = np.zeros_like(last), np.zeros_like(last)
    below[0], below[1] = cubics[0, 0], cubics[1, 0]
    above[0] = sum(h**k * last[k] for k in range(_CUBIC))
    above[1] = sum(k * h ** (k - 1) * last[k] for k in range(1, _CUBIC))
    if not tangent:
        below[1] = above[1] = 0.0
    axis = _Axis(x, np.concatenate([x[:1], x]))
    return axis, np.concatenate([below[:, None], cubics, above[:, None]], axis=1)
