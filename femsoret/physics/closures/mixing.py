"""Thermodynamics of mixing: mu_c = d(mu1 - mu2)/dc, the force that drives diffusion.

What enters the heat of transport is the product g = mu_c f(c): it stays finite where f vanishes,
so it is what a mixing law gives; mu_c itself is g/f.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol

from femsoret.fluids.values import mixing_energy


class Mixing(Protocol):
    """g(T, c) = mu_c f(c) in J/kg."""

    def g(self, T: Any, c: Any) -> Any:
        """Return mu_c f(c) at temperature T (K) and mass fraction c, J/kg."""


@dataclass(frozen=True)
class MolarMixing:
    """g = Gamma R T M/(M1 M2), 1/M = c/M1 + (1-c)/M2: a mixture with constant Gamma.

    With f = c(1-c) this is mu_c = Gamma R T M/(M1 M2 c(1-c)) (de Groot & Mazur, ch. XI).

    Args:
        M1: Molar mass of component 1, kg/mol.
        M2: Molar mass of component 2, kg/mol.
        Gamma: Thermodynamic factor, 1 for an ideal mixture.
    """

    M1: Any
    M2: Any
    Gamma: Any = 1.0

    def g(self, T: Any, c: Any) -> Any:
        """Return mu_c f(c), J/kg."""
        return mixing_energy(T, c, self.Gamma, self.M1, self.M2)


@dataclass(frozen=True)
class ProportionalMixing:
    """g = value T/T_ref, as in problems stated by dimensionless groups.

    Args:
        value: mu_c f(c) at T_ref, J/kg or the consistent unit of the problem.
        T_ref: Reference temperature, K or the consistent unit.
    """

    value: Any
    T_ref: Any

    def g(self, T: Any, c: Any) -> Any:
        """Return mu_c f(c)."""
        return self.value * T / self.T_ref
