"""The JSON Schema of fluid files, for editors that complete and check TOML."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import MISSING, Field
from inspect import getdoc
from typing import Any, Final, get_type_hints

from pydantic import TypeAdapter

from femsoret.base.types import JsonObject
from femsoret.fluids.fluid import MOLAR_MASS_UNIT, UNITS, Fluid
from femsoret.fluids.multicomponent import (
    COMPONENT_UNITS,
    PAIR_UNITS,
    SHARED,
    FluidComponent,
    MulticomponentFluid,
)
from femsoret.fluids.optics import OPTICAL_UNITS, ContrastFactors
from femsoret.fluids.properties import MODELS, Property, keys_of
from femsoret.fluids.sourced import Sourced

_LAW: Final = "#/$defs/PropertyLaw"
_ARGUMENT: Final = re.compile(r"^    (\w+): (.*?)(?=^    \w+: |\Z)", re.MULTILINE | re.DOTALL)
_SCHEMAS: Final = (Fluid, MulticomponentFluid, FluidComponent, ContrastFactors, Sourced)


def fluid_schema() -> dict[str, Any]:
    """Return the JSON Schema of a fluid file, for two components or for three and more.

    What it cannot say is checked when a file is read: a property has a value or a reason under
    `missing`, verified numbers are not computed, numbers are physical.
    """
    schema = TypeAdapter(Fluid | MulticomponentFluid).json_schema()
    definitions = schema["$defs"]
    for described in _SCHEMAS:
        texts = _arguments(described)
        for name, entry in definitions[described.__name__]["properties"].items():
            if name in texts:
                entry["description"] = texts[name]
    units = {
        "Fluid": UNITS,
        "MulticomponentFluid": {name: UNITS[name] for name in SHARED},
        "FluidComponent": COMPONENT_UNITS,
        "ContrastFactors": OPTICAL_UNITS,
    }
    for owner, of in units.items():
        properties = definitions[owner]["properties"]
        for name, unit in of.items():
            properties[name] = _in_unit(unit) | _description(properties[name])
    for name, unit in PAIR_UNITS.items():
        of_pairs = definitions["FluidComponent"]["properties"][name]
        of_pairs["additionalProperties"] = _in_unit(unit)
    of_fluid = definitions["Fluid"]["properties"]
    of_fluid["molar_masses"] = {
        "type": "array",
        "items": _in_unit(MOLAR_MASS_UNIT),
        "minItems": 2,
        "maxItems": 2,
        **_description(of_fluid["molar_masses"]),
    }
    of_fluid["alternatives"] = {
        "type": "object",
        "properties": {
            name: {"type": "object", "additionalProperties": _in_unit(unit)}
            for name, unit in UNITS.items()
        },
        "additionalProperties": False,
        **_description(of_fluid["alternatives"]),
    }
    definitions["Sourced"]["properties"]["value"] = {
        "$ref": _LAW,
        **_description(definitions["Sourced"]["properties"]["value"]),
    }
    definitions["PropertyLaw"] = {
        "description": "A number in the unit of the property, or the table of a property model.",
        "anyOf": [{"type": "number"}, *map(_model, MODELS)],
    }
    return schema


def _in_unit(unit: str) -> dict[str, Any]:
    """Return the schema of a sourced value in a unit."""
    return {
        "allOf": [{"$ref": "#/$defs/Sourced"}],
        "properties": {"unit": {"const": unit}},
    }


def _description(entry: JsonObject) -> dict[str, Any]:
    return {"description": entry["description"]} if "description" in entry else {}


def _arguments(described: type[Any]) -> dict[str, str]:
    """Return the descriptions of the fields of a dataclass, from its docstring."""
    _, _, listed = (getdoc(described) or "").partition("\nArgs:\n")
    return {name: " ".join(text.split()) for name, text in _ARGUMENT.findall(listed)}


def _model(name: str) -> dict[str, Any]:
    """Return the schema of the table of a property model."""
    model = MODELS[name]
    types, texts = get_type_hints(model), _arguments(model)
    keys = keys_of(model)
    return {
        "type": "object",
        "description": (getdoc(model) or "").partition("\n")[0],
        "properties": {
            "kind": {"const": name},
            **{
                key: _type(types[key]) | ({"description": texts[key]} if key in texts else {})
                for key in keys
            },
        },
        "required": ["kind", *_required(keys)],
        "additionalProperties": False,
    }


def _required(keys: Mapping[str, Field[Any]]) -> Iterator[str]:
    for key, field in keys.items():
        if field.default is MISSING and field.default_factory is MISSING:
            yield key


def _type(hint: Any) -> dict[str, Any]:
    """Return the schema of a key of a property model."""
    if hint is Property:
        return {"$ref": _LAW}
    if hint == tuple[Property, ...]:
        return {"type": "array", "items": {"$ref": _LAW}}
    return TypeAdapter(hint).json_schema()
