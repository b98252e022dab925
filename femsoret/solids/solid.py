"""Solids: sourced conductivity, density and heat capacity, and the database of solids."""

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
from femsoret.fluids.database import load_material, names_in
from femsoret.fluids.material import Material
from femsoret.fluids.properties import Constant
from femsoret.fluids.sourced import SCHEMA, Sourced, outside_ranges, sourced
from femsoret.solids.optics import GlassOptics

UNITS: Final[Mapping[str, str]] = MappingProxyType(
    {"conductivity": "W/m/K", "density": "kg/m3", "heat_capacity": "J/kg/K"}
)
"""Names of the properties of a solid, in the order of tables, and their SI units."""


@dataclass(frozen=True)
class SolidValues:
    """Properties of a solid at one temperature, as floats.

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
        """Thermal diffusivity kappa/(rho cp), m2/s."""
        return self.kappa / (self.rho * self.cp)


@dataclass(frozen=True, kw_only=True)
class Solid(Material):
    """A wall material.

    Density and heat capacity affect transient runs only.

    Args:
        name: Name of the material.
        conductivity: Thermal conductivity, W/m/K; may depend on temperature.
        density: Mass density, kg/m3.
        heat_capacity: Specific heat capacity, J/kg/K.
        summary: One-line description of the material and its data.
        optics: Refractive index and dn/dT; None for materials that light does not pass, or whose
            numbers are not known.
    """

    name: str
    conductivity: Sourced
    density: Sourced
    heat_capacity: Sourced
    summary: str = ""
    optics: GlassOptics | None = None

    __pydantic_config__: ClassVar[ConfigDict] = SCHEMA

    def entries(self) -> dict[str, Sourced]:
        """Return the sourced properties by name."""
        return {name: getattr(self, name) for name in UNITS}

    def at(self, T: float) -> SolidValues:
        """Evaluate the properties at a temperature.

        Args:
            T: Temperature, K.

        Returns:
            The properties as floats, in SI units.

        Raises:
            FluidError: A property is not positive and finite at this temperature.
        """
        found = {
            name: entry.at(T, 0.0, f"{self.name}: {name}") for name, entry in self.entries().items()
        }
        for name, number in found.items():
            if not (isfinite(number) and number > 0.0):
                raise FluidError(
                    f"{self.name}: {name} = {number:g} at T = {T:g} K is not positive and finite",
                    "check the range in which the model is valid",
                )
        return SolidValues(found["conductivity"], found["density"], found["heat_capacity"])

    def conducting(self, kappa: float) -> Solid:
        """Return a copy of the solid with a constant thermal conductivity.

        Args:
            kappa: Thermal conductivity, W/m/K.
        """
        return replace(self, conductivity=replace(self.conductivity, value=Constant(kappa)))

    def warnings(self, T: tuple[float, float]) -> tuple[str, ...]:
        """Return warnings about properties used outside the ranges that their sources cover.

        Args:
            T: Lowest and highest temperature, K.

        Returns:
            One sentence for each range that is exceeded.
        """
        found = outside_ranges(((n, e.T_range) for n, e in self.entries().items()), "T", T, " K")
        return tuple(f"{self.name}: {text}" for text in found)

    def validate(self) -> None:
        """Check the units, numbers and ranges of the solid.

        Raises:
            FluidError: A value is not allowed.
        """
        for name, entry in self.entries().items():
            entry.check(f"{self.name}: {name}", UNITS[name])
        if self.optics is not None:
            self.optics.check(self.name)


def available_solids() -> tuple[str, ...]:
    """Return the names of the solids in the database."""
    return names_in(_data())


@cache
def load_solid(name: str) -> Solid:
    """Load a solid from the database.

    Args:
        name: Name of the solid, one of :func:`available_solids`.

    Raises:
        FluidError: The database has no solid of this name.
    """
    return load_material(Solid, "solid", name, _data())


def solid_of(name: str, **properties: Any) -> Solid:
    """Return a solid with given properties, which need not be in the database.

    Args:
        name: Name of the solid.
        **properties: `conductivity`, `density` and `heat_capacity`, all required; each of them a
            number in SI units, a property model, a table with the key `kind`, or a
            :class:`Sourced`.

    Raises:
        FluidError: A property is missing or unknown, or its value is not allowed.
    """
    for key in properties:
        if key not in UNITS:
            raise FluidError(f"{name}: a solid has no property {key!r}", nearest(key, UNITS))
    missing = [key for key in UNITS if key not in properties]
    if missing:
        raise FluidError(f"{name}: missing {', '.join(missing)}", f"required: {', '.join(UNITS)}")
    entries: dict[str, Any] = {key: sourced(value, UNITS[key]) for key, value in properties.items()}
    solid = Solid(name=name, **entries)
    solid.validate()
    return solid


def _data() -> Traversable:
    return resources.files("femsoret.solids") / "data"
