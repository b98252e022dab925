"""Media: what forms, wall integrals, solvers and reports need of a fluid or a solid."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

import ufl

from femsoret.base.types import Expr, Value
from femsoret.physics.closures.diffusion import Closure, EntropyTemperature
from femsoret.physics.closures.point import LocalProperties

if TYPE_CHECKING:
    from femsoret.physics.closures.reference import Reference


@dataclass(frozen=True)
class Gravity:
    """Gravity as a magnitude and the unit vector that points up.

    Args:
        magnitude: |g|, m/s2.
        up: -g/|g|, d numbers.
    """

    magnitude: Value
    up: tuple[Value, ...]

    def vector(self) -> Expr:
        """Return g as a UFL vector, m/s2, shape (d,)."""
        return -self.magnitude * ufl.as_vector(self.up)


class TransportedSpecies(Protocol):
    """What is needed of one species of a mixture."""

    @property
    def name(self) -> str:
        """Its name."""

    @property
    def c0(self) -> Value:
        """Its mean mass fraction."""

    @property
    def beta_c(self) -> Value:
        """(1/rho) drho/dc."""


class Medium(Protocol):
    """What conducts heat: a mixture or a solid."""

    @property
    def T0(self) -> Value:
        """The temperature that deviations are counted from, K."""

    @property
    def species(self) -> Sequence[TransportedSpecies]:
        """The transported species; none in a solid and in a pure fluid."""

    def at(self, T: Value, c: tuple[Value, ...]) -> LocalProperties:
        """Return the properties at a temperature, K, and at mass fractions, one a species."""

    @property
    def entropy_temperature(self) -> EntropyTemperature:
        """The temperature at which ``LocalProperties`` takes heats of transport and entropy."""


class Mixture(Medium, Protocol):
    """A fluid in the Boussinesq approximation: what is needed of it beyond a medium."""

    @property
    def rho0(self) -> Value:
        """Density, kg/m3."""

    @property
    def cp(self) -> Value:
        """Specific heat capacity, J/(kg K)."""

    @property
    def beta_T(self) -> Value:
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
