"""Media: what forms, wall integrals, solvers and reports ask of a fluid or a solid."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

import ufl

from femsoret.physics.closures.diffusion import Closure
from femsoret.physics.closures.entropy_temperature import EntropyTemperature
from femsoret.physics.closures.local import Local

if TYPE_CHECKING:
    from femsoret.physics.closures.reference import Reference


@dataclass(frozen=True)
class Gravity:
    """Gravity as a magnitude and the unit vector that points up.

    Args:
        magnitude: |g|, m/s2.
        up: -g/|g|, one number a space dimension.
    """

    magnitude: Any
    up: tuple[Any, ...]

    def vector(self) -> Any:
        """Return g as a UFL vector, m/s2."""
        return -self.magnitude * ufl.as_vector(self.up)


class Transported(Protocol):
    """What is asked of one species of a mixture."""

    @property
    def name(self) -> str:
        """Its name."""

    @property
    def c0(self) -> Any:
        """Its mean mass fraction."""

    @property
    def beta_c(self) -> Any:
        """(1/rho) drho/dc."""


class Medium(Protocol):
    """What conducts heat: a mixture or a solid."""

    @property
    def T0(self) -> Any:
        """The temperature that deviations are counted from, K."""

    @property
    def species(self) -> Sequence[Transported]:
        """The transported species; none in a solid and in a pure fluid."""

    def at(self, T: Any, c: tuple[Any, ...]) -> Local:
        """Return the properties at a temperature, K, and at mass fractions, one a species."""

    @property
    def entropy_temperature(self) -> EntropyTemperature:
        """The temperature at which ``Local`` takes heats of transport and entropy."""


class Mixture(Medium, Protocol):
    """A fluid: what it asks for beside a medium's properties, at the Boussinesq approximation."""

    @property
    def rho0(self) -> Any:
        """Density, kg/m3."""

    @property
    def cp(self) -> Any:
        """Specific heat capacity, J/(kg K)."""

    @property
    def beta_T(self) -> Any:
        """-(1/rho) drho/dT, 1/K."""

    @property
    def gravity(self) -> Gravity:
        """Gravity."""

    @property
    def closure(self) -> Closure:
        """How Soret coefficients are stated: f(c) in D_T = D S_T f(c)."""

    @property
    def reference(self) -> Reference:
        """The numbers at T0 and the mean composition."""

    def reference_at(self, T: float, c: Sequence[float] | None = None) -> Reference:
        """Return the numbers at a temperature, K, and at mass fractions; None: the mean ones."""
