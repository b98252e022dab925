"""The vocabulary of the layouts: types with units, tables, and the keys of a table.

Units are in the notation of UDUNITS and pint, for a run in SI in a cell that is not plane;
:func:`units_of_run` returns the units of a particular run.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType, NoneType
from typing import Annotated, Any, ClassVar, Final, Literal, get_args, get_origin

from pydantic import BaseModel, ConfigDict, GetJsonSchemaHandler
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema

from femsoret.physics.coordinates import CARTESIAN

BY_DEPTH: Final = MappingProxyType({"W": "W/m", "W/K": "W/(K m)", "m^3": "m^2"})
"""Unit of a whole cell -> unit in a plane cell, per metre of depth."""

OF_GROUPS: Final = MappingProxyType(
    {
        "K": "dT",
        "m": "L",
        "s": "L^2/alpha",
        "m/s": "alpha/L",
        "1/s": "alpha/L^2",
        "1/m": "1/L",
        "1/K": "1/dT",
        "K/m": "dT/L",
        "m^2": "L^2",
        "m^3": "L^3",
        "m/s^2": "alpha^2/L^3",
        "m^2/s": "alpha",
        "m^2/(s K)": "alpha/dT",
        "W": "kappa dT L",
        "W/m": "kappa dT",
        "W/m^2": "kappa dT/L",
        "W/K": "kappa L",
        "W/(K m)": "kappa",
    }
)
"""SI unit -> unit in a case stated by dimensionless groups."""


@dataclass(frozen=True)
class Unit:
    """The unit of a number, as an annotation of its type.

    Args:
        name: SI unit; "1" for a pure number.
        of_run: Whether the unit is different in a case stated by groups.
    """

    name: str
    of_run: bool = True

    def __get_pydantic_json_schema__(
        self, core_schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        return {**handler(core_schema), "unit": self.name}


Number = Annotated[float, Unit("1")]
Kelvin = Annotated[float, Unit("K")]
KelvinPerMetre = Annotated[float, Unit("K/m")]
PerKelvin = Annotated[float, Unit("1/K")]
Metre = Annotated[float, Unit("m")]
PerMetre = Annotated[float, Unit("1/m")]
Volume = Annotated[float, Unit("m^3")]
Second = Annotated[float, Unit("s")]
Rate = Annotated[float, Unit("1/s")]
Speed = Annotated[float, Unit("m/s")]
Acceleration = Annotated[float, Unit("m/s^2")]
Diffusivity = Annotated[float, Unit("m^2/s")]
Thermodiffusion = Annotated[float, Unit("m^2/(s K)")]
HeatFlux = Annotated[float, Unit("W/m^2")]
Watt = Annotated[float, Unit("W")]
WattPerKelvin = Annotated[float, Unit("W/K")]
JoulePerMole = Annotated[float, Unit("J/mol", of_run=False)]
WattPerMole = Annotated[float, Unit("W/mol", of_run=False)]
Degree = Annotated[float, Unit("deg")]
Radian = Annotated[float, Unit("rad", of_run=False)]
WallSecond = Annotated[float, Unit("s", of_run=False)]
Megabyte = Annotated[float, Unit("MB", of_run=False)]


class Part(BaseModel):
    """A table of summary.json; can be validated from objects with attributes of the same names."""

    model_config = ConfigDict(
        extra="forbid",
        frozen=True,
        from_attributes=True,
        populate_by_name=True,
        use_attribute_docstrings=True,
        defer_build=True,  # a command that writes no summary need not wait for the validators
    )
    extra_units: ClassVar[Mapping[str, str]] = MappingProxyType({})
    """Names of further numeric keys -> unit."""


@dataclass(frozen=True)
class Key:
    """A key of summary.json.

    Args:
        path: Dotted path; a star stands for a name that depends on the case.
        type: Type of the value, in words.
        unit: SI unit; empty if the value is not a number.
        of_run: Whether the unit is different in a case stated by groups.
        meaning: Description of the value.
    """

    path: str
    type: str
    unit: str
    of_run: bool
    meaning: str


TYPES: Final = MappingProxyType(
    {float: "number", int: "integer", str: "text", bool: "true or false"}
)


def keys_of(model: type[Part], path: str = "") -> Iterator[Key]:
    """Yield the keys of a table and of the tables in it, in order.

    Args:
        model: Class of the table.
        path: Path of the table with a trailing dot; empty for the whole summary.
    """
    for name, field in model.model_fields.items():
        annotation: Any = field.annotation
        units = [mark for mark in field.metadata if isinstance(mark, Unit)]
        key, kind = f"{path}{field.alias or name}", ""
        while get_origin(annotation) is not None:
            origin, arguments = get_origin(annotation), get_args(annotation)
            if origin is Annotated:
                units += [mark for mark in arguments if isinstance(mark, Unit)]
            elif origin is dict:
                key, arguments = f"{key}.*", arguments[1:]
            elif origin in (list, tuple):
                kind = "list"
            annotation = next(argument for argument in arguments if argument is not NoneType)
            if origin is Literal:
                annotation = type(annotation)
        unit = units[0] if units else Unit("")
        is_table = issubclass(annotation, Part)
        kind = kind or ("table" if is_table else TYPES[annotation])
        yield Key(key, kind, unit.name, unit.of_run, str(field.description))
        if is_table:
            yield from keys_of(annotation, f"{key}.")
    for name, unit_name in model.extra_units.items():
        yield Key(f"{path}{name}", "number", unit_name, True, f"of `{name}`, in its unit")


def units_of_run(model: type[Part], content: Mapping[str, Any]) -> dict[str, str]:
    """Return the unit of each number of a run by its key.

    Args:
        model: Class of the summary.
        content: The summary of the run.

    Returns:
        Path of the key, with stars -> unit.
    """
    where = content["orientation"]
    is_plane = where["coordinates"] == CARTESIAN.name and len(where["axis"]) == 2
    by_groups = content["units"] == "groups"
    units = {}
    for key in keys_of(model):
        if key.unit and key.path.partition(".")[0] in content:
            unit = BY_DEPTH.get(key.unit, key.unit) if is_plane else key.unit
            units[key.path] = OF_GROUPS.get(unit, unit) if by_groups and key.of_run else unit
    return units
