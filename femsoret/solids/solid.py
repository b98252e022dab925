"""Solids: conductivity, density and heat capacity, each with a source, and their database."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cache
from importlib import resources
from importlib.resources.abc import Traversable
from math import isfinite
from types import MappingProxyType
from typing import Any, ClassVar, Final

from pydantic import ConfigDict

from femsoret.base.errors import FluidError, nearest
from femsoret.fluids.database import names_in, read_material
from femsoret.fluids.properties import Constant
from femsoret.fluids.sourced import SCHEMA, Sourced, outside_ranges, sourced

UNITS: Final[Mapping[str, str]] = MappingProxyType(
    {"conductivity": "W/m/K", "density": "kg/m3", "heat_capacity": "J/kg/K"}
)
"""The properties of a solid, in the order in which they are shown, and their SI units."""


@dataclass(frozen=True)
class SolidValues:
    """The properties of a solid as plain floats.

    Args:
        kappa: Thermal conductivity, W/m/K.
        rho: Density, kg/m3.
        cp: Specific heat capacity, J/kg/K.
    """

    kappa: float
    rho: float
    cp: float

    @property
    def alpha(self) -> float:
        """Thermal diffusivity, m2/s."""
        return self.kappa / (self.rho * self.cp)


@dataclass(frozen=True, kw_only=True)
class Solid:
    """What a wall is made of.

    Args:
        name: Its name.
        conductivity: Thermal conductivity, W/m/K; may depend on the temperature.
        density: kg/m3. (A steady state knows neither this nor the heat capacity.)
        heat_capacity: Specific heat capacity, J/kg/K.
        summary: One line on the material and its data.
    """

    name: str
    conductivity: Sourced
    density: Sourced
    heat_capacity: Sourced
    summary: str = ""

    __pydantic_config__: ClassVar[ConfigDict] = SCHEMA

    def entries(self) -> dict[str, Sourced]:
        """Return all sourced properties by name."""
        return {name: getattr(self, name) for name in UNITS}

    def at(self, T: float) -> SolidValues:
        """Return the properties at a temperature.

        Raises:
            FluidError: A property is no positive number there.
        """
        found = {name: float(entry.value(T, 0.0)) for name, entry in self.entries().items()}
        for name, number in found.items():
            if not (isfinite(number) and number > 0.0):
                raise FluidError(
                    f"{self.name}: {name} = {number:g} at T = {T:g} K", "a positive number"
                )
        return SolidValues(found["conductivity"], found["density"], found["heat_capacity"])

    def conducting(self, kappa: float) -> Solid:
        """Return the solid with another conductivity, one that does not vary.

        Args:
            kappa: Thermal conductivity, W/m/K.
        """
        return replace(self, conductivity=replace(self.conductivity, value=Constant(kappa)))

    def unverified(self) -> tuple[str, ...]:
        """Return the names of the entries that were not read in a primary source."""
        return tuple(name for name, entry in self.entries().items() if not entry.verified)

    def warnings(self, T: tuple[float, float]) -> tuple[str, ...]:
        """Return what is used outside the range that its source covers, one sentence a range.

        Args:
            T: The lowest and the highest temperature, K.
        """
        found = outside_ranges(((n, e.T_range) for n, e in self.entries().items()), "T", T, " K")
        return tuple(f"{self.name}: {text}" for text in found)

    def validate(self) -> None:
        """Check units and numbers.

        Raises:
            FluidError: What is wrong, and what is allowed.
        """
        for name, entry in self.entries().items():
            entry.check(f"{self.name}: {name}", UNITS[name])


def available_solids() -> tuple[str, ...]:
    """Return the names of the solids in the database."""
    return names_in(_data())


@cache
def load_solid(name: str) -> Solid:
    """Return a solid of the database.

    Args:
        name: Its name, as :func:`available_solids` lists it.

    Raises:
        FluidError: There is no such solid.
    """
    if name not in available_solids():
        raise FluidError(f"no solid {name!r} in the database", nearest(name, available_solids()))
    return read_material(Solid, _data() / f"{name}.toml")


def solid_of(name: str, **properties: Any) -> Solid:
    """Return a solid whose properties are given, not sourced.

    Args:
        name: Its name.
        **properties: Conductivity, density and heat capacity: a number (SI), a property model,
            a table with a kind, or a :class:`Sourced`.

    Raises:
        FluidError: A property is missing, unknown or impossible.
    """
    for key in properties:
        if key not in UNITS:
            raise FluidError(f"{name}: a solid has no {key!r}", nearest(key, UNITS))
    missing = [key for key in UNITS if key not in properties]
    if missing:
        raise FluidError(f"{name}: missing {', '.join(missing)}", f"needed: {', '.join(UNITS)}")
    entries: dict[str, Any] = {key: sourced(value, UNITS[key]) for key, value in properties.items()}
    solid = Solid(name=name, **entries)
    solid.validate()
    return solid


def _data() -> Traversable:
    return resources.files("femsoret.solids") / "data"
