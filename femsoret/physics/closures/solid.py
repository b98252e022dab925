"""Solids: heat-conducting walls with the same interface as mixtures."""

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
        T0: Reference temperature of the mixture, K.
        rho: Density, kg/m3.
        cp: Specific heat capacity, J/(kg K).
        conductivity: Thermal conductivity kappa(T, c), W/(m K), called with c = 0.
        entropy_temperature: Temperature used in the entropy production, as for the mixture.
    """

    T0: Value
    rho: Value
    cp: Value
    conductivity: Property
    entropy_temperature: EntropyTemperature
    species: ClassVar[tuple[()]] = ()

    def at(self, T: Value, c: tuple[Value, ...] = ()) -> LocalProperties:
        """Return the local properties at temperature T (K); c is ignored."""
        return LocalProperties(
            T=self.entropy_temperature.of(T, self.T0),
            rho=self.rho,
            heat_capacity=self.rho * self.cp,
            mu=None,
            kappa=self.conductivity(T, 0.0),
        )


def body_of(solid: Solid, mixture: Mixture) -> SolidBody:
    """Return the medium of a solid wall next to a mixture.

    Density and heat capacity are constants, evaluated at the reference temperature of the mixture;
    the conductivity depends on T as in the solid.

    Args:
        solid: Sourced solid.
        mixture: Mixture with parameters that are floats.

    Raises:
        FluidError: A property of the solid is not positive and finite at the reference temperature.
    """
    at = solid.at(mixture.T0)
    return SolidBody(
        T0=mixture.T0,
        rho=at.rho,
        cp=at.cp,
        # The uncertainty of the conductivity reaches the bias through this factor.
        conductivity=Scaled(solid.conductivity.value, 1.0),
        entropy_temperature=mixture.entropy_temperature,
    )
