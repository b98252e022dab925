"""Optical properties of glass: refractive index and dn/dT as functions of the wavelength.

The index follows the formula of Sellmeier,

    n^2 = 1 + A + sum_i B_i lambda^2/(lambda^2 - lambda_i^2)

and its change with temperature is a number, or the formula of optical glass,

    dn/dT = (n^2 - 1)/(2 n) [D_0 + 2 D_1 dT + 3 D_2 dT^2
                             + (E_0 + 2 E_1 dT)/(lambda^2 - lambda_TK^2)]

with dT the difference from a reference temperature (H.-J. Hoffmann, W. W. Jochs, G. Westenberger,
SPIE 1327 (1990) 219, as quoted in the catalogues of glass).
"""

from __future__ import annotations

from dataclasses import dataclass
from math import isfinite, sqrt
from typing import ClassVar

from pydantic import ConfigDict, StrictBool

from femsoret.base.errors import FluidError
from femsoret.fluids.sourced import SCHEMA, Number, Range, Sourced


@dataclass(frozen=True, kw_only=True)
class Sellmeier:
    """Refractive index by the formula of Sellmeier.

    Args:
        strengths: B_i, dimensionless.
        resonances: Wavelengths lambda_i, m; as many.
        constant: A, dimensionless.
        range: Shortest and longest wavelength, m.
        source: Where the numbers are from.
        verified: Whether they were read in their primary source or its abstract.
        note: Remarks for users.
    """

    strengths: tuple[Number, ...]
    resonances: tuple[Number, ...]
    range: Range
    source: str
    constant: Number = 0.0
    verified: StrictBool = False
    note: str = ""

    __pydantic_config__: ClassVar[ConfigDict] = SCHEMA

    @property
    def mark(self) -> str:
        """How the numbers came here."""
        return "read" if self.verified else "quoted"

    def at(self, wavelength: float) -> float:
        """Return the index.

        Args:
            wavelength: Wavelength, m.
        """
        pairs = zip(self.strengths, self.resonances, strict=True)
        parts = (B / (1.0 - (resonance / wavelength) ** 2) for B, resonance in pairs)
        return sqrt(1.0 + self.constant + sum(parts))


@dataclass(frozen=True, kw_only=True)
class ThermalDispersion:
    """Change of the index with temperature, by the formula of optical glass.

    Args:
        D: D_0, 1/K, D_1, 1/K^2, and D_2, 1/K^3.
        E: E_0, m^2/K, and E_1, m^2/K^2.
        resonance: Wavelength lambda_TK, m.
        T: Reference temperature, K.
        source: Where the numbers are from.
        verified: Whether they were read in their primary source or its abstract.
        note: Remarks for users.
    """

    D: tuple[Number, Number, Number]
    E: tuple[Number, Number]
    resonance: Number
    T: Number
    source: str
    verified: StrictBool = False
    note: str = ""

    __pydantic_config__: ClassVar[ConfigDict] = SCHEMA

    @property
    def mark(self) -> str:
        """How the numbers came here."""
        return "read" if self.verified else "quoted"

    def at(self, wavelength: float, n: float, T: float) -> float:
        """Return dn/dT, 1/K.

        Args:
            wavelength: Wavelength, m.
            n: Refractive index at this wavelength.
            T: Temperature, K.
        """
        off = T - self.T
        D0, D1, D2 = self.D
        E0, E1 = self.E
        by_light = (E0 + 2.0 * E1 * off) / (wavelength**2 - self.resonance**2)
        return (n**2 - 1.0) / (2.0 * n) * (D0 + 2.0 * D1 * off + 3.0 * D2 * off**2 + by_light)


@dataclass(frozen=True, kw_only=True)
class GlassOptics:
    """Optical properties of a glass.

    Args:
        n: Refractive index.
        n_T: dn/dT, 1/K, at all wavelengths alike; None if unknown, or given by `thermal`.
        thermal: dn/dT as a function of the wavelength; None if unknown, or given by `n_T`.
    """

    n: Sellmeier
    n_T: Sourced | None = None
    thermal: ThermalDispersion | None = None

    __pydantic_config__: ClassVar[ConfigDict] = SCHEMA

    def check(self, where: str) -> None:
        """Check the numbers.

        Args:
            where: Name of the glass, for error messages.

        Raises:
            FluidError: A number is not allowed.
        """
        shortest, longest = self.n.range
        if len(self.n.strengths) != len(self.n.resonances) or not 0.0 < shortest < longest:
            raise FluidError(
                f"{where}: optics: n needs one resonance for each strength, and a range",
                "give strengths, resonances (m) and range (m) of the formula of Sellmeier",
            )
        if not self.n.source or (self.thermal is not None and not self.thermal.source):
            raise FluidError(f"{where}: optics: no source", "give a citation")
        if self.n_T is not None:
            self.n_T.check(f"{where}: optics: n_T", "1/K")
        for wavelength in self.n.range:
            found = self.n.at(wavelength) if 1e-8 < wavelength < 1e-3 else 0.0
            if not (isfinite(found) and found > 1.0):
                raise FluidError(
                    f"{where}: optics: n = {found:g} at {1e9 * wavelength:g} nm is no index",
                    "check the unit of range and resonances, which is m",
                )

    def index(self, wavelength: float, where: str) -> float:
        """Return the refractive index.

        Args:
            wavelength: Wavelength, m.
            where: Name of the glass, for error messages.

        Raises:
            FluidError: The source does not cover the wavelength.
        """
        shortest, longest = self.n.range
        if not shortest <= wavelength <= longest:
            raise FluidError(
                f"{where}: the refractive index is known from {1e9 * shortest:.4g} to "
                f"{1e9 * longest:.4g} nm, not at {1e9 * wavelength:.4g} nm",
                "give n and n_T in the case file",
            )
        return self.n.at(wavelength)

    def slope(self, wavelength: float, T: float, where: str) -> float | None:
        """Return dn/dT, 1/K; None if it is not known.

        Args:
            wavelength: Wavelength, m.
            T: Temperature, K.
            where: Name of the glass, for error messages.

        Raises:
            FluidError: The source does not cover the wavelength.
        """
        if self.thermal is not None:
            return self.thermal.at(wavelength, self.index(wavelength, where), T)
        return None if self.n_T is None else self.n_T.at(T, 0.0, f"{where}: optics: n_T")

    def sources(self) -> dict[str, str]:
        """Return the mark and the source of each number that is known, by name."""
        of_T = self.thermal or self.n_T
        found = {"n": f"{self.n.mark}: {self.n.source}"}
        return found if of_T is None else {**found, "n_T": f"{of_T.mark}: {of_T.source}"}
