"""Property laws taken from a package that computes properties: tables, made once.

CoolProp: I. H. Bell, J. Wronski, S. Quoilin, V. Lemort, Ind. Eng. Chem. Res. 53 (2014) 2498.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from types import ModuleType
from typing import Final

import numpy as np

from femsoret.base.errors import FluidError, MissingDependency, nearest
from femsoret.base.types import Array
from femsoret.fluids.properties.ranges import Outside, Range, check_limits
from femsoret.fluids.properties.tables import Table

_OUTPUTS: Final = {
    "density": "D",
    "viscosity": "V",
    "conductivity": "L",
    "heat_capacity": "C",
}
"""Names of CoolProp's outputs, all in SI units, by those of the properties of a fluid."""

_EXPANSIONS: Final = ("thermal_expansion", "solutal_expansion")
_STEPS: Final = {"T": 0.05, "c": 1e-3}
"""Half the steps of the differences of the density, K and 1."""

_CLOSE: Final = 1e-4
"""Largest difference of table and package halfway between the knots, relative to the largest
value, at which the table is fine enough."""

_FINEST: Final = (33, 17)
"""Largest number of knots in T and in c."""


@dataclass(frozen=True)
class CoolPropTable:
    """A property computed by CoolProp: a table with knots as close as the property requires.

    CoolProp is optional (`pip install CoolProp`). It is called when the file is read; the source of
    the property then names the version of CoolProp, and the accuracy of the table. Expansion
    coefficients are differences of the density.

    Args:
        substance: Name of the substance, such as "Water", or "INCOMP::MEA" for a solution: the mass
            fraction c is that of its solute (ethanol in MEA). If the solute is component 2, use a
            reflected law; scale a solutal_expansion by -1 then.
        quantity: density, viscosity, conductivity, heat_capacity, thermal_expansion or
            solutal_expansion.
        T_range: Lowest and highest temperature, K.
        c_range: Lowest and highest mass fraction, for a solution; None for a pure substance.
        pressure: Pressure, Pa.
        outside: What applies outside the ranges: "error"; "constant" for the value at the end;
            "linear" for the tangent there.
    """

    substance: str
    quantity: str
    T_range: Range
    c_range: Range | None = None
    pressure: float = 101325.0
    outside: Outside = "error"

    def tabulated(self) -> Table:
        """Return the table; the same law is computed once.

        Raises:
            MissingDependency: CoolProp is not installed.
            FluidError: CoolProp does not know the substance or the property in this range, or a
                range is not one.
        """
        return _tabulated(self)

    def evaluate(self, T: Array, c: Array) -> Array:
        """Return the values that CoolProp computes.

        Args:
            T: Temperatures, K, shape (n,).
            c: Mass fractions, shape (m,); one number, which is ignored, for a pure substance.

        Returns:
            Values in SI units, shape (n, m).
        """
        if self.quantity in _OUTPUTS:
            return self._output(_OUTPUTS[self.quantity], T, c)
        lower, upper = ({"T": T, "c": c} for _ in range(2))
        of, limits, sign = ("T", self.T_range, -1.0)
        if self.quantity == "solutal_expansion":
            of, limits, sign = "c", self.c_range or (0.0, 1.0), 1.0
        # One-sided at the ends of the range, beyond which CoolProp may not go.
        lower[of] = np.maximum(lower[of] - _STEPS[of], limits[0])
        upper[of] = np.minimum(upper[of] + _STEPS[of], limits[1])
        width = upper[of] - lower[of]
        change = self._output("D", **upper) - self._output("D", **lower)
        slope = change / (width[:, None] if of == "T" else width)
        return sign * slope / self._output("D", T, c)

    def _output(self, output: str, T: Array, c: Array) -> Array:
        compute: Callable[..., float] = _coolprop(self).CoolProp.PropsSI
        columns = [f"{self.substance}[{x:.10f}]" if self.c_range else self.substance for x in c]
        try:
            found = [
                [compute(output, "T", t, "P", self.pressure, name) for name in columns] for t in T
            ]
        except ValueError as error:
            raise FluidError(
                f"coolprop: no {self.quantity} of {self.substance}: {error}",
                "names and ranges are in CoolProp's documentation: pure fluids, and "
                "incompressible solutions as INCOMP::NAME with a c_range",
            ) from error
        return np.array(found)

    def check(self) -> None:
        """Check the name of the property and the ranges.

        Raises:
            FluidError: The property is unknown, or a range is not one.
        """
        known = (*_OUTPUTS, *_EXPANSIONS)
        if self.quantity not in known:
            raise FluidError(
                f"coolprop: unknown quantity {self.quantity!r}", nearest(self.quantity, known)
            )
        if self.quantity == "solutal_expansion" and self.c_range is None:
            raise FluidError("coolprop: solutal_expansion needs a c_range", "name a solution")
        for symbol, limits in (("T", self.T_range), ("c", self.c_range)):
            if limits is not None:
                check_limits(symbol, limits)


@cache
def _tabulated(law: CoolPropTable) -> Table:
    law.check()
    version = _coolprop(law).__version__
    counts = [3, 3 if law.c_range else 1]
    while True:
        T, c = _knots(law.T_range, counts[0]), _knots(law.c_range, counts[1])
        table = _table(law, T, c)
        off = [_deviation(law, table, _halfway(T), c), _deviation(law, table, T, _halfway(c))]
        axis = int(np.argmax(off))
        if off[axis] < _CLOSE or counts[axis] >= _FINEST[axis]:
            break
        counts[axis] = 2 * counts[axis] - 1
    points = " x ".join(str(n) for n in counts if n > 1)
    origin = (
        f"CoolProp {version}: {law.quantity} of {law.substance} at {law.pressure:g} Pa, "
        f"{points} points, interpolated to {max(off):.1g}"
    )
    return Table(table.values, table.T, table.c, law.outside, origin)


def _knots(limits: Range | None, count: int) -> Array:
    return np.linspace(*limits, count, dtype=np.float64) if limits else np.zeros(1)


def _halfway(knots: Array) -> Array:
    return 0.5 * (knots[1:] + knots[:-1])


def _table(law: CoolPropTable, T: Array, c: Array) -> Table:
    values = law.evaluate(T, c)
    knots = tuple(map(float, T))
    if law.c_range is None:
        return Table(tuple(map(float, values[:, 0])), knots)
    return Table(tuple(tuple(map(float, row)) for row in values), knots, tuple(map(float, c)))


def _deviation(law: CoolPropTable, table: Table, T: Array, c: Array) -> float:
    """Return the largest difference of table and package, relative to the largest value."""
    if not (len(T) and len(c)):
        return 0.0
    exact = law.evaluate(T, c)
    return float(np.abs(table(T[:, None], c) - exact).max() / np.abs(exact).max())


def _coolprop(law: CoolPropTable) -> ModuleType:
    try:
        import_module("CoolProp.CoolProp")
        return import_module("CoolProp")
    except ImportError as error:
        raise MissingDependency(
            f"{law.quantity} of {law.substance} comes from CoolProp, which is not installed",
            "pip install CoolProp, or give the property as a table or a formula",
        ) from error
