"""Solids: walls that conduct heat, stated as the medium that a mixture is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from femsoret.base.types import Value
from femsoret.fluids.properties import Property, Scaled
from femsoret.physics.closures.diffusion import EntropyTemperature
from femsoret.physics.closures.medium import Mixture
from femsoret.physics.closures.point import LocalProperties
from femsoret.solids import Solid


@dataclass(frozen=True)
class SolidBody:
    """A solid at rest that conducts heat, q = -kappa grad T.

    Args:
        T0: Reference temperature, K, the mixture's.
        rho: Density, kg/m3.
        cp: Specific heat capacity, J/(kg K).
        conductivity: kappa(T, c), W/(m K), called with c = 0.
        entropy_temperature: The mixture's: where it takes entropy at T0, so does the solid.
    """

    T0: Value
    rho: Value
    cp: Value
    conductivity: Property
    entropy_temperature: EntropyTemperature
    species: ClassVar[tuple[()]] = ()

    def at(self, T: Value, c: tuple[Value, ...] = ()) -> LocalProperties:
        """Return the properties at a temperature, K; a solid has no composition."""
        return LocalProperties(
            T=self.entropy_temperature.of(T, self.T0),
            rho=self.rho,
            heat_capacity=self.rho * self.cp,
            mu=None,
            kappa=self.conductivity(T, 0.0),
        )


def body_of(solid: Solid, mixture: Mixture) -> SolidBody:
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
        entropy_temperature=mixture.entropy_temperature,
    )
