"""Closures of the Soret flux: the factor f(c) in j = -rho0 D [grad c + S_T f(c) grad T].

Without convection j = 0, hence dc/dT = -S_T f(c), and Phi(c) + integral of S_T dT is constant with
Phi' = 1/f. The same function Phi is used to compute an apparent Soret coefficient from two readings
(S. R. de Groot, P. Mazur, Non-Equilibrium Thermodynamics (1962), ch. XI).

A closure also determines the temperature at which heats of transport and the entropy production are
evaluated: the local temperature, or T0 in the linearised closure, whose results then depend on
dimensionless groups alone. Solids use the same temperature as the mixture next to them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol, TypeAlias

import numpy as np

from femsoret.base.types import Value

Pair: TypeAlias = tuple[Value, Value]
"""A state: temperature, K, and mass fraction."""


class EntropyTemperature(Protocol):
    """The temperature used in heats of transport and in the entropy production."""

    @property
    def is_local(self) -> bool:
        """Whether it is the local temperature.

        Otherwise products of gradients with partial enthalpies are neglected, since they are of
        second order in the separations.
        """

    def of(self, T: Value, T0: Value) -> Value:
        """Return the temperature to use, K, for a local T and a reference temperature T0, K."""

    def inverse(self, theta: Value, T0: Value) -> Value:
        """Return 1/T, the ratio of the entropy flux to the heat flux, 1/K.

        Its gradient is -grad T/T^2, with T^2 evaluated at the temperature returned by `of`.

        Args:
            theta: T - T0, K.
            T0: Reference temperature, K.
        """

    def frozen(self, here: Pair, reference: Pair) -> Pair:
        """Return the state, `here` or `reference`, at which heats of transport are evaluated."""


@dataclass(frozen=True)
class LocalTemperature:
    """Evaluate heats of transport and entropy at the local temperature."""

    is_local = True

    def of(self, T: Value, T0: Value) -> Value:
        """Return T."""
        return T

    def inverse(self, theta: Value, T0: Value) -> Value:
        """Return 1/(T0 + theta)."""
        return 1 / (T0 + theta)

    def frozen(self, here: Pair, reference: Pair) -> Pair:
        """Return the local state, `here`."""
        return here


@dataclass(frozen=True)
class ReferenceTemperature:
    """Evaluate heats of transport and entropy at the reference temperature T0."""

    is_local = False

    def of(self, T: Value, T0: Value) -> Value:
        """Return T0."""
        return T0

    def inverse(self, theta: Value, T0: Value) -> Value:
        """Return 1/(T0 + theta) to first order in theta."""
        return (1 - theta / T0) / T0

    def frozen(self, here: Pair, reference: Pair) -> Pair:
        """Return the reference state, `reference`."""
        return reference


class Closure(Protocol):
    """A choice of f(c) and the quantities that follow from it.

    `f` accepts floats, numpy arrays and UFL expressions; the other methods only floats and arrays.
    """

    @property
    def name(self) -> str:
        """Name of the closure in case files."""

    @property
    def entropy_temperature(self) -> EntropyTemperature:
        """The temperature used in heats of transport and in the entropy production."""

    def f(self, c: Value, c0: Value) -> Value:
        """Return the factor f, dimensionless, at mass fraction c and mean c0."""

    def phi(self, c: Value, c0: float) -> Value:
        """Return Phi(c), an antiderivative of 1/f, dimensionless."""

    def phi_difference(self, c: float, dc: float, c0: float) -> float:
        """Return Phi(c + dc) - Phi(c) without loss of significance for small dc."""

    def phi_inverse(self, phi: Value, c0: float) -> Value:
        """Return the mass fraction c for which Phi(c) = phi."""


@dataclass(frozen=True)
class Full:
    """The closure of a binary mixture: f = c(1-c), Phi = logit(c)."""

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
    """The closure of a dilute solute (component 1): f = c, Phi = ln(c)."""

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
    """The closure for small separations: f = c0(1-c0), Phi = c/(c0(1-c0)).

    The heat of transport is evaluated at (T0, c0).
    """

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
    """The closure of ternary mixtures: f = 1, Phi = c; Soret coefficients are -dc/dT at rest."""

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
"""The closures that case files can choose, by name."""
