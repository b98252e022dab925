"""The temperature at which heats of transport and entropy are taken: here, or the reference one.

The linearised closure freezes it at T0, so that its results depend on dimensionless groups alone;
solids beside a mixture take entropy as the mixture does.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol


class EntropyTemperature(Protocol):
    """A choice of that temperature, and what follows from it."""

    def of(self, T: Any, T0: Any) -> Any:
        """Return the temperature, K, at a place of temperature T."""

    def inverse(self, theta: Any, T0: Any) -> Any:
        """Return 1/T as entropy sees it, 1/K: minus its gradient is grad T/T^2, T the above."""


@dataclass(frozen=True)
class LocalTemperature:
    """The temperature of the place."""

    def of(self, T: Any, T0: Any) -> Any:
        """Return T."""
        return T

    def inverse(self, theta: Any, T0: Any) -> Any:
        """Return 1/(T0 + theta)."""
        return 1 / (T0 + theta)


@dataclass(frozen=True)
class ReferenceTemperature:
    """The reference temperature everywhere."""

    def of(self, T: Any, T0: Any) -> Any:
        """Return T0."""
        return T0

    def inverse(self, theta: Any, T0: Any) -> Any:
        """Return 1/(T0 + theta) to first order, as sigma with T frozen at T0 asks for."""
        return (1 - theta / T0) / T0
