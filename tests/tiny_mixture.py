"""A mixture that shares nothing with those of the package: what the protocol names, and no more.

Its properties are constant. Whoever asks it for anything else fails, ``hasattr`` included.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from femsoret.physics.closures import Gravity, LocalProperties, Reference
from femsoret.physics.closures.diffusion import ReferenceTemperature, Unweighted
from femsoret.physics.closures.evaluated import reference_of


class OnlyProtocol:
    """Fails loudly where an attribute is asked for that is not there."""

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):  # what Python itself asks of any object
            raise AttributeError(name)
        raise AssertionError(f"{type(self).__name__} was asked for {name!r}: not in the protocol")


@dataclass(frozen=True)
class Solute(OnlyProtocol):
    """One species.

    Args:
        name: Its name.
        c0: Mean mass fraction.
        beta_c: (1/rho) drho/dc.
    """

    name: str
    c0: Any
    beta_c: Any


@dataclass(frozen=True)
class Tiny(OnlyProtocol):
    """A binary mixture of constant properties; consistent units.

    Args:
        T0: Reference temperature.
        rho0: Density.
        cp: Heat capacity.
        beta_T: Thermal expansion.
        gravity: Gravity.
        species: One.
        friction: Viscosity.
        conduction: Conductivity at j = 0.
        spread: Diffusivity.
        drift: -dc/dT at rest.
        attraction: d(mu_1 - mu_2)/dc.
    """

    T0: Any
    rho0: Any
    cp: Any
    beta_T: Any
    gravity: Gravity
    species: tuple[Solute, ...]
    friction: Any
    conduction: Any
    spread: Any
    drift: Any
    attraction: Any

    @property
    def rest(self) -> str:
        """The other component."""
        return "solvent"

    @property
    def closure(self) -> Unweighted:
        """Soret coefficients are stated as -dc/dT."""
        return Unweighted()

    @property
    def entropy_temperature(self) -> ReferenceTemperature:
        """Entropy is taken at T0."""
        return ReferenceTemperature()

    @property
    def reference(self) -> Reference:
        """The numbers at T0."""
        return reference_of(self)

    def reference_at(self, T: float, c: Sequence[float] | None = None) -> Reference:
        """Return the numbers at a state."""
        return reference_of(self, T, c)

    def at(self, T: Any, c: tuple[Any, ...]) -> LocalProperties:
        """Return the properties at a state."""
        return LocalProperties(
            T=self.T0,
            rho=self.rho0,
            heat_capacity=self.rho0 * self.cp,
            mu=self.friction,
            kappa=self.conduction,
            D=((self.spread,),),
            D_T=(self.spread * self.drift,),
            heats=(self.T0 * self.attraction * self.drift,),
            G=((self.attraction,),),
        )
