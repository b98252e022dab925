"""Property laws of binary gases: fits to kinetic theory, and the exact laws of ideal gases."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from femsoret.base.errors import FluidError
from femsoret.base.types import Value
from femsoret.fluids.composition import mean_molar_mass, mole_fraction
from femsoret.fluids.elementary import exp, log
from femsoret.fluids.properties.law import Property, R


@dataclass(frozen=True)
class GasPolynomial:
    """A property as a power of T times a polynomial in ln T and the mole fraction.

    (T/T_ref)^exponent times the sum of coefficients[i][k] ln(T/T_ref)^i (2x - 1)^k, where x is the
    mole fraction of component 1. The power is the dependence on T of a gas of hard spheres, so that
    the polynomial changes little.

    Args:
        coefficients: Coefficients in the unit of the property, one row for each power of
            ln(T/T_ref), from the constant term upwards.
        T_ref: Reference temperature, K.
        exponent: Exponent of T/T_ref.
        M1: Molar mass of component 1, kg/mol.
        M2: Molar mass of component 2, kg/mol.
    """

    coefficients: tuple[tuple[float, ...], ...]
    T_ref: float
    exponent: float
    M1: float
    M2: float

    def __call__(self, T: Value, c: Value) -> Value:
        """Evaluate the law at temperature T (K) and mass fraction c by Horner's rule."""
        t = log(T / self.T_ref)
        y = 2.0 * mole_fraction(c, self.M1, self.M2) - 1.0
        rows = [_horner(row, y) for row in self.coefficients]
        return exp(self.exponent * t) * _horner(rows, t)

    def check(self) -> None:
        """Check that there are coefficients.

        Raises:
            FluidError: A row, or the list of rows, is empty.
        """
        if not (self.coefficients and all(self.coefficients)):
            raise FluidError("there must be at least one coefficient in each row")


@dataclass(frozen=True)
class IdealGasDensity:
    """The density of an ideal gas, p M/(R T) with 1/M = c/M1 + (1-c)/M2.

    Args:
        pressure: Pressure, Pa.
        M1: Molar mass of component 1, kg/mol.
        M2: Molar mass of component 2, kg/mol.
    """

    pressure: float
    M1: float
    M2: float

    def __call__(self, T: Value, c: Value) -> Value:
        """Return the density at temperature T (K) and mass fraction c, kg/m3."""
        return self.pressure * mean_molar_mass(c, self.M1, self.M2) / (R * T)


@dataclass(frozen=True)
class IdealGasExpansion:
    """The thermal expansion coefficient of an ideal gas, -(1/rho) drho/dT = 1/T."""

    def __call__(self, T: Value, c: Value) -> Value:
        """Return the coefficient at temperature T, K; c is ignored."""
        return 1.0 / T


@dataclass(frozen=True)
class IdealGasSolutalExpansion:
    """The solutal expansion coefficient of an ideal gas, (1/rho) drho/dc = M (1/M2 - 1/M1).

    Args:
        M1: Molar mass of component 1, kg/mol.
        M2: Molar mass of component 2, kg/mol.
    """

    M1: float
    M2: float

    def __call__(self, T: Value, c: Value) -> Value:
        """Return the coefficient at mass fraction c; T is ignored."""
        return mean_molar_mass(c, self.M1, self.M2) * (1.0 / self.M2 - 1.0 / self.M1)


@dataclass(frozen=True)
class MassWeighted:
    """A mean by mass of the properties of the pure components: c first(T) + (1-c) second(T).

    So is the heat capacity of a mixture of ideal gases, exactly.

    Args:
        first: Property of component 1.
        second: Property of component 2.
    """

    first: Property
    second: Property

    def __call__(self, T: Value, c: Value) -> Value:
        """Evaluate the mean at temperature T (K) and mass fraction c."""
        return c * self.first(T, c) + (1.0 - c) * self.second(T, c)


def _horner(coefficients: Sequence[Value], z: Value) -> Value:
    *lower, result = coefficients
    for coefficient in reversed(lower):
        result = result * z + coefficient
    return result
