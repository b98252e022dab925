"""How the Soret flux depends on composition: f(c) in j = -rho0 D [grad c + S_T f(c) grad T].

Without convection j = 0, hence dc/dT = -S_T f(c), and Phi(c) + integral of S_T dT is constant with
Phi' = 1/f. The same Phi turns two readings into an apparent Soret coefficient. Formulas: DESIGN of
femsoret, after de Groot & Mazur, Non-Equilibrium Thermodynamics (1962), ch. XI.

A closure also says at which temperature heats of transport and entropy are taken: the local one, or
T0 in the linearised closure, whose results then depend on dimensionless groups alone. Solids beside
a mixture take entropy at the same temperature as the mixture.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol, TypeAlias

import numpy as np

from femsoret.base.types import Value

Pair: TypeAlias = tuple[Value, Value]
"""A temperature, K, and a mass fraction."""


class EntropyTemperature(Protocol):
    """The temperature at which heats of transport and entropy are taken."""

    def of(self, T: Value, T0: Value) -> Value:
        """Return that temperature, K, where the temperature is T."""

    def inverse(self, theta: Value, T0: Value) -> Value:
        """Return 1/T as entropy needs it, 1/K; its gradient is -grad T/T^2, T that of `of`."""

    def frozen(self, here: Pair, reference: Pair) -> Pair:
        """Return the state, local or reference, at which the heat of transport is taken."""


@dataclass(frozen=True)
class LocalTemperature:
    """The local temperature."""

    def of(self, T: Value, T0: Value) -> Value:
        """Return T."""
        return T

    def inverse(self, theta: Value, T0: Value) -> Value:
        """Return 1/(T0 + theta)."""
        return 1 / (T0 + theta)

    def frozen(self, here: Pair, reference: Pair) -> Pair:
        """Return the local state."""
        return here


@dataclass(frozen=True)
class ReferenceTemperature:
    """The reference temperature everywhere."""

    def of(self, T: Value, T0: Value) -> Value:
        """Return T0."""
        return T0

    def inverse(self, theta: Value, T0: Value) -> Value:
        """Return 1/(T0 + theta) to first order in theta: sigma has T frozen at T0."""
        return (1 - theta / T0) / T0

    def frozen(self, here: Pair, reference: Pair) -> Pair:
        """Return the reference state."""
        return reference


class Closure(Protocol):
    """One choice of f(c), with what follows from it. phi and its kin are for numpy only."""

    @property
    def name(self) -> str:
        """Its name in case files."""

    @property
    def entropy_temperature(self) -> EntropyTemperature:
        """The temperature at which heats of transport and entropy are taken."""

    def f(self, c: Value, c0: Value) -> Value:
        """Return the factor f, dimensionless, at mass fraction c and mean c0."""

    def phi(self, c: Value, c0: float) -> Value:
        """Return Phi(c), the integral of 1/f."""

    def phi_difference(self, c: float, dc: float, c0: float) -> float:
        """Return Phi(c + dc) - Phi(c) with all digits of dc."""

    def phi_inverse(self, phi: Value, c0: float) -> Value:
        """Return the c whose Phi is given."""


@dataclass(frozen=True)
class Full:
    """f = c(1-c): both components count; Phi = logit(c)."""

    name = "full"
    entropy_temperature = LocalTemperature()

    def f(self, c: Value, c0: Value) -> Value:
        """Return c(1-c)."""
        return c * (1 - c)

    def phi(self, c: Value, c0: float) -> Value:
        """Return ln(c/(1-c))."""
        return np.log(c) - np.log1p(-np.asarray(c))

    def phi_difference(self, c: float, dc: float, c0: float) -> float:
        """Return logit(c + dc) - logit(c)."""
        return float(np.log1p(dc / c) - np.log1p(-dc / (1 - c)))

    def phi_inverse(self, phi: Value, c0: float) -> Value:
        """Return the logistic function of phi."""
        return 1.0 / (1.0 + np.exp(-np.asarray(phi)))


@dataclass(frozen=True)
class Dilute:
    """f = c: component 1 is a trace; Phi = ln(c)."""

    name = "dilute"
    entropy_temperature = LocalTemperature()

    def f(self, c: Value, c0: Value) -> Value:
        """Return c."""
        return c

    def phi(self, c: Value, c0: float) -> Value:
        """Return ln(c)."""
        return np.log(c)

    def phi_difference(self, c: float, dc: float, c0: float) -> float:
        """Return ln(1 + dc/c)."""
        return float(np.log1p(dc / c))

    def phi_inverse(self, phi: Value, c0: float) -> Value:
        """Return exp(phi)."""
        return np.exp(phi)


@dataclass(frozen=True)
class Linearised:
    """f = c0(1-c0): small separations; Phi = c/(c0(1-c0)); heat of transport frozen at (T0, c0)."""

    name = "linearised"
    entropy_temperature = ReferenceTemperature()

    def f(self, c: Value, c0: Value) -> Value:
        """Return c0(1-c0)."""
        return c0 * (1 - c0)

    def phi(self, c: Value, c0: float) -> Value:
        """Return c/(c0(1-c0))."""
        return np.asarray(c) / (c0 * (1 - c0))

    def phi_difference(self, c: float, dc: float, c0: float) -> float:
        """Return dc/(c0(1-c0))."""
        return dc / (c0 * (1 - c0))

    def phi_inverse(self, phi: Value, c0: float) -> Value:
        """Return phi c0(1-c0)."""
        return np.asarray(phi) * (c0 * (1 - c0))


@dataclass(frozen=True)
class Unweighted:
    """f = 1: the Soret coefficient is -dc/dT at rest, as stated for ternary mixtures; Phi = c."""

    name = "unweighted"
    entropy_temperature = LocalTemperature()

    def f(self, c: Value, c0: Value) -> Value:
        """Return 1."""
        return 1.0

    def phi(self, c: Value, c0: float) -> Value:
        """Return c."""
        return np.asarray(c)

    def phi_difference(self, c: float, dc: float, c0: float) -> float:
        """Return dc."""
        return dc

    def phi_inverse(self, phi: Value, c0: float) -> Value:
        """Return phi."""
        return np.asarray(phi)


CLOSURES: dict[str, Closure] = {law.name: law for law in (Full(), Dilute(), Linearised())}
