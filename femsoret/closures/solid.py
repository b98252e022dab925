"""Solids: the only place where the heat flux in a wall is written.

A solid offers what the terms of heat ask of a mixture, so that the same terms hold in both.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import ufl

from femsoret.closures.diffusion import Closure
from femsoret.closures.mixture import BoussinesqMixture
from femsoret.closures.state import State
from femsoret.fluids.properties import Scaled
from femsoret.solids import Solid


@dataclass(frozen=True)
class SolidBody:
    """A solid at rest that conducts heat, q = -kappa grad T.

    Args:
        T0: Reference temperature, K, the mixture's.
        rho: Density, kg/m3.
        cp: Specific heat capacity, J/(kg K).
        conductivity: kappa(T, c), W/(m K), called with c = 0.
        closure: The mixture's: where it takes entropy at T0, so does the solid.
    """

    T0: Any
    rho: Any
    cp: Any
    conductivity: Any
    closure: Closure

    def T(self, s: State) -> Any:
        """Return the temperature, K."""
        return self.T0 + s.theta

    def kappa_0(self, s: State) -> Any:
        """Return the conductivity, W/(m K)."""
        return self.conductivity(self.T(s), 0.0)

    def heat_capacity(self) -> Any:
        """Return rho cp, J/(m3 K)."""
        return self.rho * self.cp

    def heat_flux(self, s: State) -> Any:
        """Return q, W/m2."""
        return -self.kappa_0(s) * ufl.grad(s.theta)

    def entropy_production(self, s: State) -> Any:
        """Return -q.grad T/T^2 = kappa |grad T|^2/T^2, W/(m3 K)."""
        T = self.closure.frozen((self.T(s), None), (self.T0, None))[0]
        return -ufl.inner(self.heat_flux(s), ufl.grad(s.theta)) / T**2


def body_of(solid: Solid, mixture: BoussinesqMixture) -> SolidBody:
    """Return the body that a solid makes beside a mixture.

    Density and heat capacity are taken at the mixture's reference temperature; the conductivity
    keeps its dependence on T.

    Args:
        solid: Sourced values.
        mixture: The mixture (numbers).
    """
    at = solid.at(mixture.T0)
    return SolidBody(
        T0=mixture.T0,
        rho=at.rho,
        cp=at.cp,
        # The factor is the handle by which its uncertainty reaches the bias.
        conductivity=Scaled(solid.conductivity.value, 1.0),
        closure=mixture.closure,
    )
