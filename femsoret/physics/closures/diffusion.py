"""How the Soret flux depends on composition: f(c) in j = -rho0 D [grad c + S_T f(c) grad T].

Without convection j = 0, hence dc/dT = -S_T f(c) and Phi(c) + integral of S_T dT is constant with
Phi' = 1/f. The same Phi turns two readings into an apparent Soret coefficient. Formulas: DESIGN of
femsoret, after de Groot & Mazur, Non-Equilibrium Thermodynamics (1962), ch. XI.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np

from femsoret.physics.closures.entropy_temperature import (
    EntropyTemperature,
    LocalTemperature,
    ReferenceTemperature,
)


class Closure(Protocol):
    """One choice of f(c), with what follows from it."""

    @property
    def name(self) -> str:
        """The word for it in case files."""

    def f(self, c: Any, c0: Any) -> Any:
        """Return the factor f, dimensionless, at mass fraction c and mean c0."""

    def phi(self, c: Any, c0: float) -> Any:
        """Return Phi(c), the integral of 1/f (numpy only)."""

    def phi_difference(self, c: float, dc: float, c0: float) -> float:
        """Return Phi(c + dc) - Phi(c) with all digits of dc (numpy only)."""

    def phi_inverse(self, phi: Any, c0: float) -> Any:
        """Return the c whose Phi is given (numpy only)."""

    def frozen(self, here: tuple[Any, Any], reference: tuple[Any, Any]) -> tuple[Any, Any]:
        """Return the (T, c) at which heat of transport and entropy are taken."""

    @property
    def entropy_temperature(self) -> EntropyTemperature:
        """The temperature at which heats of transport and entropy are taken."""


@dataclass(frozen=True)
class Full:
    """f = c(1-c): both components count; Phi = logit(c)."""

    name = "full"
    entropy_temperature = LocalTemperature()

    def f(self, c: Any, c0: Any) -> Any:
        """Return c(1-c)."""
        return c * (1 - c)

    def phi(self, c: Any, c0: float) -> Any:
        """Return ln(c/(1-c))."""
        return np.log(c) - np.log1p(-np.asarray(c))

    def phi_difference(self, c: float, dc: float, c0: float) -> float:
        """Return logit(c + dc) - logit(c)."""
        return float(np.log1p(dc / c) - np.log1p(-dc / (1 - c)))

    def phi_inverse(self, phi: Any, c0: float) -> Any:
        """Return the logistic function of phi."""
        return 1.0 / (1.0 + np.exp(-np.asarray(phi)))

    def frozen(self, here: tuple[Any, Any], reference: tuple[Any, Any]) -> tuple[Any, Any]:
        """Return the local state."""
        return here


@dataclass(frozen=True)
class Dilute:
    """f = c: component 1 is a trace; Phi = ln(c)."""

    name = "dilute"
    entropy_temperature = LocalTemperature()

    def f(self, c: Any, c0: Any) -> Any:
        """Return c."""
        return c

    def phi(self, c: Any, c0: float) -> Any:
        """Return ln(c)."""
        return np.log(c)

    def phi_difference(self, c: float, dc: float, c0: float) -> float:
        """Return ln(1 + dc/c)."""
        return float(np.log1p(dc / c))

    def phi_inverse(self, phi: Any, c0: float) -> Any:
        """Return exp(phi)."""
        return np.exp(phi)

    def frozen(self, here: tuple[Any, Any], reference: tuple[Any, Any]) -> tuple[Any, Any]:
        """Return the local state."""
        return here


@dataclass(frozen=True)
class Linearised:
    """f = c0(1-c0): small separations; Phi = c/(c0(1-c0)); heat of transport frozen at (T0, c0)."""

    name = "linearised"
    entropy_temperature = ReferenceTemperature()

    def f(self, c: Any, c0: Any) -> Any:
        """Return c0(1-c0)."""
        return c0 * (1 - c0)

    def phi(self, c: Any, c0: float) -> Any:
        """Return c/(c0(1-c0))."""
        return np.asarray(c) / (c0 * (1 - c0))

    def phi_difference(self, c: float, dc: float, c0: float) -> float:
        """Return dc/(c0(1-c0))."""
        return dc / (c0 * (1 - c0))

    def phi_inverse(self, phi: Any, c0: float) -> Any:
        """Return phi c0(1-c0)."""
        return np.asarray(phi) * (c0 * (1 - c0))

    def frozen(self, here: tuple[Any, Any], reference: tuple[Any, Any]) -> tuple[Any, Any]:
        """Return the reference state."""
        return reference


@dataclass(frozen=True)
class Unweighted:
    """f = 1: the Soret coefficient is -dc/dT at rest, as it is of ternary mixtures; Phi = c."""

    name = "unweighted"
    entropy_temperature = LocalTemperature()

    def f(self, c: Any, c0: Any) -> Any:
        """Return 1."""
        return 1.0

    def phi(self, c: Any, c0: float) -> Any:
        """Return c."""
        return np.asarray(c)

    def phi_difference(self, c: float, dc: float, c0: float) -> float:
        """Return dc."""
        return dc

    def phi_inverse(self, phi: Any, c0: float) -> Any:
        """Return phi."""
        return np.asarray(phi)

    def frozen(self, here: tuple[Any, Any], reference: tuple[Any, Any]) -> tuple[Any, Any]:
        """Return the local state."""
        return here


CLOSURES: dict[str, Closure] = {law.name: law for law in (Full(), Dilute(), Linearised())}
