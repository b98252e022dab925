"""Property laws in closed form."""

from __future__ import annotations

from dataclasses import dataclass

from femsoret.base.types import Value
from femsoret.fluids.elementary import exp
from femsoret.fluids.properties.law import Property, R


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
        """Evaluate the model at temperature T (K) and mass fraction c."""
        return self.value + self.slope_T * (T - self.T_ref) + self.slope_c * (c - self.c_ref)


@dataclass(frozen=True)
class Proportional:
    """A property proportional to the absolute temperature: value T/T_ref.

    So is d(mu)/dc of a mixture without heat of mixing, for instance of an ideal one.

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
    """A polynomial in temperature: the sum of coefficients[k] (T - T_ref)^k.

    Args:
        coefficients: Coefficients from the constant term upwards; the k-th one is in the unit of
            the property per K^k.
        T_ref: Temperature at which the polynomial is centred, K; 273.15 for a fit in Celsius.
    """

    coefficients: tuple[float, ...]
    T_ref: float

    def __call__(self, T: Value, c: Value) -> Value:
        """Evaluate the model at temperature T (K) by Horner's rule; c is ignored."""
        *lower, result = self.coefficients
        for coefficient in reversed(lower):
            result = result * (T - self.T_ref) + coefficient
        return result


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
