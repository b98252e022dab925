"""Optical contrast factors: by how much temperature and composition change the refractive index.

Interferometers and beam deflection see a change of the refractive index, n_T dT + n_c dc.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from math import isfinite
from typing import Any, ClassVar, Final

from pydantic import ConfigDict

from femsoret.base.errors import FluidError
from femsoret.fluids.sourced import SCHEMA, Number, Sourced

OPTICAL_UNITS: Final[Mapping[str, str]] = {"n": "1", "n_T": "1/K", "n_c": "1"}
"""Names of the optical properties, in the order of tables, and their SI units."""


@dataclass(frozen=True, kw_only=True)
class ContrastFactors:
    """Refractive index and its derivatives at one wavelength; what is not known is None.

    Args:
        wavelength: Wavelength in vacuum, m.
        n: Refractive index, dimensionless.
        n_T: dn/dT at constant composition and pressure, 1/K.
        n_c: dn/dc at constant temperature and pressure, c the mass fraction of component 1;
            dimensionless.
    """

    wavelength: Number
    n: Sourced | None = None
    n_T: Sourced | None = None
    n_c: Sourced | None = None

    __pydantic_config__: ClassVar[ConfigDict] = SCHEMA

    def entries(self) -> dict[str, Sourced]:
        """Return the optical properties that are known, by name."""
        found = {name: getattr(self, name) for name in OPTICAL_UNITS}
        return {name: entry for name, entry in found.items() if entry is not None}

    def check(self, where: str) -> None:
        """Check the wavelength and the entries.

        Args:
            where: Name of the fluid, for error messages.

        Raises:
            FluidError: A value is not allowed.
        """
        if not (isfinite(self.wavelength) and 1e-8 < self.wavelength < 1e-3):
            raise FluidError(
                f"{where}: optics: wavelength = {self.wavelength:g} m is not that of light",
                "give it in metres: 633 nm is 633e-9",
            )
        if not self.entries():
            raise FluidError(
                f"{where}: optics: nothing is given at {1e9 * self.wavelength:g} nm",
                f"give one or more of the tables {', '.join(OPTICAL_UNITS)}",
            )
        for name, entry in self.entries().items():
            entry.check(f"{where}: optics: {name}", OPTICAL_UNITS[name])

    def swapped(self, reflect: Callable[[str, Sourced], Sourced]) -> ContrastFactors:
        """Return the same factors with components 1 and 2 exchanged.

        Args:
            reflect: Function of the name and the entry that exchanges the components in an entry.
        """
        entries: dict[str, Any] = {n: reflect(n, entry) for n, entry in self.entries().items()}
        return replace(self, **entries)
