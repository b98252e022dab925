"""Property laws of gases of three or more components, called with T and the N mass fractions."""

from __future__ import annotations

from dataclasses import dataclass

from femsoret.base.types import Value
from femsoret.fluids.elementary import exp, log
from femsoret.fluids.properties.law import R


@dataclass(frozen=True)
class GasExpansion:
    """A property as a power of T times a second-order expansion about a composition.

    (T/T_ref)^exponent times the sum of coefficients[i][k] z_i z_(i+k) over all pairs of
    z = (1, ln(T/T_ref), c_1 - c_ref,1, ..., c_N - c_ref,N).

    Args:
        coefficients: Coefficients in the unit of the property; row i begins with that of z_i^2.
        T_ref: Reference temperature, K.
        exponent: Exponent of T/T_ref.
        c_ref: Mass fractions about which the property is expanded.
    """

    coefficients: tuple[tuple[float, ...], ...]
    T_ref: float
    exponent: float
    c_ref: tuple[float, ...]

    def __call__(self, T: Value, c: Value) -> Value:
        """Evaluate the law at temperature T (K) and the mass fractions c."""
        t = log(T / self.T_ref)
        departures = (c_i - c_ref for c_i, c_ref in zip(c, self.c_ref, strict=True))
        z: tuple[Value, ...] = (1.0, t, *departures)
        value = sum(
            a * z[i] * z[i + k]
            for i, row in enumerate(self.coefficients)
            for k, a in enumerate(row)
        )
        return exp(self.exponent * t) * value


@dataclass(frozen=True)
class IdealMixtureDensity:
    """The density of an ideal gas, p M/(R T) with 1/M = sum of c_i/M_i.

    Args:
        pressure: Pressure, Pa.
        molar_masses: Molar masses of the N + 1 components, kg/mol.
    """

    pressure: float
    molar_masses: tuple[float, ...]

    def __call__(self, T: Value, c: Value) -> Value:
        """Return the density at temperature T (K) and the mass fractions c, kg/m3."""
        return self.pressure * _mean_molar_mass(self.molar_masses, c) / (R * T)


@dataclass(frozen=True)
class IdealMixtureExpansion:
    """A solutal expansion coefficient of an ideal gas, (1/rho) drho/dc_i = M (1/M_rest - 1/M_i).

    Args:
        molar_masses: Molar masses of the N + 1 components, kg/mol.
        M1: Molar mass of component i, kg/mol.
    """

    molar_masses: tuple[float, ...]
    M1: float

    def __call__(self, T: Value, c: Value) -> Value:
        """Return the coefficient at the mass fractions c; T is ignored."""
        mean = _mean_molar_mass(self.molar_masses, c)
        return mean * (1.0 / self.molar_masses[-1] - 1.0 / self.M1)


@dataclass(frozen=True)
class IdealMixturePotential:
    """G_ik = d(mu_i - mu_rest)/dc_k of an ideal gas, J/kg.

    R T [delta_ik/(c_i M_i) + 1/(c_rest M_rest) - M (1/M_i - 1/M_rest)(1/M_k - 1/M_rest)].

    Args:
        molar_masses: Molar masses of the N + 1 components, kg/mol.
        M1: Molar mass of component i, kg/mol.
        M2: Molar mass of component k, kg/mol.
        alike: For each of the N components 1 if it is both i and k, else 0.
    """

    molar_masses: tuple[float, ...]
    M1: float
    M2: float
    alike: tuple[float, ...]

    def __call__(self, T: Value, c: Value) -> Value:
        """Return the derivative at temperature T (K) and the mass fractions c."""
        rest = self.molar_masses[-1]
        first, second = 1.0 / self.M1 - 1.0 / rest, 1.0 / self.M2 - 1.0 / rest
        own = sum(alike / c_i for alike, c_i in zip(self.alike, c, strict=True)) / self.M1
        of_rest = 1.0 / ((1.0 - sum(c)) * rest)
        return R * T * (own + of_rest - _mean_molar_mass(self.molar_masses, c) * first * second)


def _mean_molar_mass(molar_masses: tuple[Value, ...], c: Value) -> Value:
    rest = 1.0 - sum(c)
    return 1.0 / sum(c_i / M for c_i, M in zip((*c, rest), molar_masses, strict=True))
