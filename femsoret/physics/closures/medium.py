"""Interfaces of fluids and solids, used by forms, wall integrals, solvers and reports."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import ufl

from femsoret.base.types import Expr, Value
from femsoret.physics.closures.diffusion import Closure, EntropyTemperature
from femsoret.physics.closures.point import LocalProperties
from femsoret.physics.closures.reference import Reference


@dataclass(frozen=True)
class Vibration:
    """A fast translational vibration of the cell, of which the mean effect on the flow is computed.

    Args:
        velocity: Amplitude of the cell's velocity, b omega for the displacement b sin(omega t),
            m/s.
        direction: Unit vector along the vibration, shape (d,).
    """

    velocity: Value
    direction: tuple[Value, ...]

    def vector(self) -> Expr:
        """Return the direction as a UFL expression, shape (d,)."""
        return ufl.as_vector(self.direction)


@dataclass(frozen=True)
class Gravity:
    """Gravity as a magnitude and an upward unit vector, and a vibration of the cell if any.

    Args:
        magnitude: |g|, m/s2.
        up: Unit vector -g/|g|, shape (d,).
        vibration: Fast vibration; None without one.
    """

    magnitude: Value
    up: tuple[Value, ...]
    vibration: Vibration | None = None

    def vector(self) -> Expr:
        """Return the vector g, a UFL expression, m/s2, shape (d,)."""
        return -self.magnitude * ufl.as_vector(self.up)


class TransportedSpecies(Protocol):
    """Interface of a transported species of a mixture."""

    @property
    def name(self) -> str:
        """Name of the species."""

    @property
    def c0(self) -> Value:
        """Mean mass fraction."""

    @property
    def beta_c(self) -> Value:
        """Solutal expansion coefficient (1/rho) drho/dc, dimensionless."""


class Medium(Protocol):
    """Interface of a heat-conducting medium: a mixture or a solid."""

    @property
    def T0(self) -> Value:
        """Reference temperature, K; theta = T - T0."""

    @property
    def species(self) -> Sequence[TransportedSpecies]:
        """Transported species, N; none in a solid or a pure fluid."""

    def at(self, T: Value, c: tuple[Value, ...]) -> LocalProperties:
        """Return the local properties.

        Args:
            T: Temperature, K.
            c: Mass fractions of the N species, each in the shape of T.
        """

    @property
    def entropy_temperature(self) -> EntropyTemperature:
        """The temperature used in heats of transport and in the entropy production."""


class Mixture(Medium, Protocol):
    """Interface of a fluid in the Boussinesq approximation."""

    @property
    def rho0(self) -> Value:
        """Reference density, kg/m3."""

    @property
    def cp(self) -> Value:
        """Specific heat capacity, J/(kg K)."""

    @property
    def beta_T(self) -> Value:
        """Thermal expansion coefficient -(1/rho) drho/dT, 1/K."""

    @property
    def gravity(self) -> Gravity:
        """Magnitude and direction of gravity."""

    @property
    def rest(self) -> str:
        """Name of the component that is not transported by itself."""

    @property
    def closure(self) -> Closure:
        """Closure of the Soret flux: f(c) in D_T = D S_T f(c)."""

    @property
    def reference(self) -> Reference:
        """Property values at T0 and the mean composition."""

    def reference_at(self, T: float, c: Sequence[float] | None = None) -> Reference:
        """Return the property values at a given temperature and composition.

        Args:
            T: Temperature, K.
            c: Mass fractions, N; None for the means c0.
        """
