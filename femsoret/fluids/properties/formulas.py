"""Property laws in closed form."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import inf

from femsoret.base.errors import FluidError
from femsoret.base.types import Value
from femsoret.fluids.elementary import exp
from femsoret.fluids.properties.law import Property, R, first_of
from femsoret.fluids.properties.ranges import check_range


@dataclass(frozen=True)
class Constant:
    """A constant property.

    Args:
        value: Value in the unit of the property.
    """

    value: float

    def __call__(self, T: Value, c: Value) -> Value:
        """Return the value, whatever T and c are."""
        return self.value


@dataclass(frozen=True)
class Linear:
    """A linear model: value + slope_T (T - T_ref) + slope_c (c - c_ref).

    Args:
        value: Value at T_ref and c_ref, in the unit of the property.
        T_ref: Reference temperature, K.
        slope_T: Derivative with respect to temperature, in the unit of the property per K.
        c_ref: Reference mass fraction of component 1.
        slope_c: Derivative with respect to the mass fraction of component 1, in the unit of the
            property.
    """

    value: float
    T_ref: float
    slope_T: float
    c_ref: float = 0.0
    slope_c: float = 0.0

    def __call__(self, T: Value, c: Value) -> Value:
        """Evaluate the model at temperature T (K) and composition c."""
        deviation = first_of(c) - self.c_ref
        return self.value + self.slope_T * (T - self.T_ref) + self.slope_c * deviation


@dataclass(frozen=True)
class Proportional:
    """A property proportional to the absolute temperature: value T/T_ref.

    This is the power law with exponent 1, at the cost of a product instead of a power. So is
    d(mu)/dc of a mixture without heat of mixing, for instance of an ideal one.

    Args:
        value: Value at T_ref, in the unit of the property.
        T_ref: Reference temperature, K.
    """

    value: float
    T_ref: float

    def __call__(self, T: Value, c: Value) -> Value:
        """Evaluate the model at temperature T (K); c is ignored."""
        return self.value * (T / self.T_ref)


@dataclass(frozen=True)
class Polynomial:
    """A polynomial: the sum of coefficients[k] (T - T_ref)^k, each a number or a polynomial in c.

    A coefficient that is a list is a polynomial in c - c_ref: coefficients[k][l] belongs to
    (T - T_ref)^k (c - c_ref)^l.

    Args:
        coefficients: Coefficients from the constant term upwards; the k-th one is in the unit of
            the property per K^k.
        T_ref: Temperature at which the polynomial is centred, K; 273.15 for a fit in Celsius.
        c_ref: Mass fraction of component 1 at which the polynomial is centred.
    """

    coefficients: tuple[float | tuple[float, ...], ...]
    T_ref: float
    c_ref: float = 0.0

    def __call__(self, T: Value, c: Value) -> Value:
        """Evaluate the model at temperature T (K) and composition c by Horner's rule."""
        deviation = first_of(c) - self.c_ref
        of_powers = [
            _horner(entry, deviation) if isinstance(entry, tuple) else entry
            for entry in self.coefficients
        ]
        return _horner(of_powers, T - self.T_ref)

    @property
    def depends_on_c(self) -> bool:
        """Whether a coefficient is a polynomial in c."""
        return any(isinstance(entry, tuple) for entry in self.coefficients)

    def check(self) -> None:
        """Check that there are coefficients.

        Raises:
            FluidError: There is no coefficient, or a list in their place is empty.
        """
        if not self.coefficients or () in self.coefficients:
            raise FluidError("a polynomial needs at least one coefficient for each power")


def _horner(coefficients: Sequence[Value], x: Value) -> Value:
    *lower, result = coefficients
    for coefficient in reversed(lower):
        result = result * x + coefficient
    return result


@dataclass(frozen=True)
class Power:
    """A power of the temperature: value (T/T_ref)^exponent.

    Diffusion coefficients of gases have exponents between 1.6 and 2 at a given pressure.

    Args:
        value: Value at T_ref, in the unit of the property.
        T_ref: Reference temperature, K.
        exponent: Exponent; -1 for a property proportional to 1/T. With 1 the law is `proportional`.
    """

    value: float
    T_ref: float
    exponent: float

    def __call__(self, T: Value, c: Value) -> Value:
        """Evaluate the model at temperature T (K); c is ignored."""
        return self.value * (T / self.T_ref) ** self.exponent


@dataclass(frozen=True)
class Arrhenius:
    """An Arrhenius law: value exp[-(activation/R) (1/T - 1/T_ref)].

    With a positive activation energy the property increases with temperature, as diffusion
    coefficients do; with a negative one it decreases, as viscosities of liquids do.

    Args:
        value: Value at T_ref, in the unit of the property.
        T_ref: Reference temperature, K.
        activation: Activation energy, J/mol.
    """

    value: float
    T_ref: float
    activation: float

    def __call__(self, T: Value, c: Value) -> Value:
        """Evaluate the model at temperature T (K); c is ignored."""
        return self.value * exp(-self.activation / R * (1.0 / T - 1.0 / self.T_ref))


@dataclass(frozen=True)
class VogelFulcherTammann:
    """The Vogel-Fulcher-Tammann law: value exp[B/(T - T_0) - B/(T_ref - T_0)].

    With positive B the property decreases with temperature, as viscosities of liquids do. The law
    is given for T > T_0 only.

    Args:
        value: Value at T_ref, in the unit of the property.
        T_ref: Reference temperature, K.
        B: Vogel's activation temperature, K; negative for a property that increases with
            temperature.
        T_0: Vogel's temperature, K, below T_ref.
    """

    value: float
    T_ref: float
    B: float
    T_0: float

    def __call__(self, T: Value, c: Value) -> Value:
        """Evaluate the model at temperature T (K); c is ignored.

        Raises:
            OutOfRange: T is a number below T_0.
        """
        if isinstance(self.T_0, float):
            check_range("T", T, (self.T_0, inf))
        return self.value * exp(self.B / (T - self.T_0) - self.B / (self.T_ref - self.T_0))

    def check(self) -> None:
        """Check that T_ref is in the range of the law.

        Raises:
            FluidError: T_ref is not above T_0.
        """
        if isinstance(self.T_0, float) and isinstance(self.T_ref, float) and self.T_ref <= self.T_0:
            raise FluidError(
                f"T_ref = {self.T_ref:g} K is not above T_0 = {self.T_0:g} K",
                "the law diverges at T_0: give a T_0 below all temperatures of the cell",
            )


@dataclass(frozen=True)
class StokesEinstein:
    """The Stokes-Einstein relation: D = value (T/T_ref) mu(T_ref, c)/mu(T, c).

    At a given composition D mu/T is then independent of temperature.

    Args:
        value: Diffusion coefficient at T_ref, m2/s.
        T_ref: Reference temperature, K.
        viscosity: Model of the viscosity mu; only ratios of its values are used.
    """

    value: float
    T_ref: float
    viscosity: Property

    def __call__(self, T: Value, c: Value) -> Value:
        """Evaluate the model at temperature T (K) and mass fraction c."""
        return self.value * (T / self.T_ref) * self.viscosity(self.T_ref, c) / self.viscosity(T, c)


@dataclass(frozen=True)
class IacopiniPiazza:
    """The Iacopini-Piazza law S_T(T) = S_inf [1 - exp((T_star - T)/T_0)].

    S. Iacopini, R. Piazza, Europhys. Lett. 63 (2003) 247, for lysozyme in water.

    Args:
        S_inf: Soret coefficient far above T_star, 1/K.
        T_star: Temperature at which the Soret coefficient changes sign, K.
        T_0: Temperature scale over which the Soret coefficient approaches S_inf, K.
    """

    S_inf: float
    T_star: float
    T_0: float

    def __call__(self, T: Value, c: Value) -> Value:
        """Evaluate the model at temperature T (K); c is ignored."""
        return self.S_inf * (1.0 - exp((self.T_star - T) / self.T_0))

    def check(self) -> None:
        """Check the temperature scale.

        Raises:
            FluidError: T_0 is 0.
        """
        if isinstance(self.T_0, float) and self.T_0 == 0.0:
            raise FluidError(
                "T_0 is 0 K", "T_0 is the temperature scale of the exponential and must not be 0"
            )
