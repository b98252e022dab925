"""What fluids and solids have in common: properties that are sourced, by name."""

from __future__ import annotations

from abc import ABC, abstractmethod

from femsoret.fluids.sourced import Sourced


class Material(ABC):
    """Base class of materials with sourced properties."""

    @abstractmethod
    def entries(self) -> dict[str, Sourced]:
        """Return the sourced properties that have a value, by name."""

    def unverified(self) -> tuple[str, ...]:
        """Return the names of the properties whose numbers were not read in a primary source."""
        return tuple(name for name, entry in self.entries().items() if not entry.verified)

    def uncertainties(self) -> dict[str, float | None]:
        """Return the relative standard uncertainty of each property by name, None if unknown."""
        return {name: entry.uncertainty for name, entry in self.entries().items()}
