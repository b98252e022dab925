"""Databases of materials: one TOML file per material, validated when read.

Every property carries its source, the range in which it is valid, its uncertainty, and whether the
number was read in the source (`verified`). Where no published value is available, the entry is
marked `assumed` and states how the number was estimated, or the property is a gap: it has no value,
and the file states the reason. The dataclasses
:class:`~femsoret.fluids.fluid.Fluid` and :class:`~femsoret.solids.solid.Solid` are the schemas of
the files.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from difflib import get_close_matches
from functools import cache
from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any, Final, Protocol, TypeAlias, TypeVar

import tomli_w
from pydantic import TypeAdapter, ValidationError
from pydantic_core import ErrorDetails

from femsoret.base.errors import FluidError, nearest
from femsoret.fluids.fluid import Fluid
from femsoret.fluids.multicomponent import FluidComponent, MulticomponentFluid
from femsoret.fluids.optics import ContrastFactors
from femsoret.fluids.properties import MODELS, Constant, keys_of
from femsoret.fluids.sourced import Sourced


class Material(Protocol):
    """Interface common to fluids and solids."""

    def validate(self) -> None:
        """Check units, numbers and ranges.

        Raises:
            FluidError: A value is not allowed.
        """


M = TypeVar("M", bound=Material)

FEW: Final = 12
"""Number of names in a database up to which a message lists them all."""

AnyFluid: TypeAlias = Fluid | MulticomponentFluid
"""A fluid of two components, or of three and more."""

_LISTS: Final = {
    "components": "a list of two names",
    "T_range": "a list of two numbers",
    "c_range": "a list of two numbers",
    "molar_masses": "a list of two tables, one per component",
    "component": "a list of tables, one per component",
}
_KINDS: Final = {
    "float_type": "a number",
    "string_type": "a string",
    "bool_type": "true or false",
    "dataclass_type": "a table with at least the keys value, unit and source",
    "dict_type": "a table of tables, one per component",
}


def available() -> tuple[str, ...]:
    """Return the names of the fluids in the database."""
    return names_in(_data())


def names_in(folder: Traversable) -> tuple[str, ...]:
    """Return the names of the TOML files in a folder, sorted and without the suffix."""
    names = (file.name for file in folder.iterdir())
    return tuple(sorted(name.removesuffix(".toml") for name in names if name.endswith(".toml")))


@cache
def load_fluid(name: str) -> AnyFluid:
    """Load a fluid from the database.

    Args:
        name: Name of the fluid, one of :func:`available`.

    Raises:
        FluidError: The database has no fluid of this name.
    """
    return read_fluid(_file_of("fluid", name, _data()))


def read_fluid(path: Path | Traversable) -> AnyFluid:
    """Read a fluid from a TOML file; one with tables [[component]] has three components or more.

    Raises:
        FluidError: The file cannot be read, a key is unknown or missing, or a value is not allowed.
    """
    if "component" in _read(path):
        return read_material(MulticomponentFluid, path)
    return read_material(Fluid, path)


def load_material(material: type[M], kind: str, name: str, folder: Traversable) -> M:
    """Load a material from a database.

    Args:
        material: Class of the material, which is the schema of the files.
        kind: What the materials of the database are, for the error message.
        name: Name of the material.
        folder: Folder with the files of the database.

    Raises:
        FluidError: The database has no material of this name.
    """
    return read_material(material, _file_of(kind, name, folder))


def _file_of(kind: str, name: str, folder: Traversable) -> Traversable:
    names = names_in(folder)
    if name not in names:
        raise FluidError(f"no {kind} {name!r} in the database", _hint(name, names, kind))
    return folder / f"{name}.toml"


def _hint(name: str, names: tuple[str, ...], kind: str) -> str:
    """Return the names that may be meant; all of them only if they are few."""
    if len(names) <= FEW:
        return nearest(name, names)
    words = set(name.lower().split("-"))
    with_all = [each for each in names if words <= set(each.split("-"))]
    meant = with_all or get_close_matches(name.lower(), names, n=1)
    listed = f"`femsoret {kind}s` lists all {len(names)}"
    return f"did you mean {', '.join(map(repr, meant))}? {listed}" if meant else listed


def read_material(material: type[M], path: Path | Traversable) -> M:
    """Read a material from a TOML file.

    Args:
        material: Class of the material, which is the schema of the file.
        path: Path of the file.

    Raises:
        FluidError: The file cannot be read, a key is unknown or missing, or a value is not allowed.
    """
    table = _read(path)
    try:
        result: M = _adapter(material).validate_python(table)
        result.validate()
    except ValidationError as error:
        # A misspelt key is reported twice, as unknown and as missing: the former is more helpful.
        details = error.errors(include_url=False)
        first = min(details, key=lambda detail: detail["type"] != "unexpected_keyword_argument")
        message, hint = _explained(first, material)
        raise FluidError(f"{path.name}: {message}", hint) from error
    except FluidError as error:
        raise FluidError(f"{path.name}: {error.message}", error.hint) from error
    return result


@cache
def _adapter(material: type[M]) -> TypeAdapter[M]:
    """Return the validator of a material; it takes longer to build than to read a file."""
    return TypeAdapter(material)


def _read(path: Path | Traversable) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise FluidError(
            f"{path.name}: {error}", "check that the file exists and is valid TOML in UTF-8"
        ) from error


def _explained(error: ErrorDetails, material: type[Any]) -> tuple[str, str]:
    """Return the message and the hint for a validation error of pydantic."""
    location, kind, value = error["loc"], error["type"], error["input"]
    *tables, key = [str(part) for part in location if isinstance(part, str)]
    schema = Sourced if tables else material
    where = ""
    if tables:
        listed = tables[0] in {"molar_masses", "optics"} or tables == ["component"]
        where = f"[[{tables[0]}]]: " if listed else f"[{'.'.join(tables)}]: "
        if listed and len(tables) > 1:
            where += f"{tables[1]}: "
        if tables == ["optics"]:
            schema = ContrastFactors
        if tables == ["component"]:
            schema = FluidComponent
    allowed = [field.name for field in fields(schema)]
    if kind in {"tuple_type", "too_long"} or (isinstance(location[-1], int) and kind == "missing"):
        return f"{where}{key} = {value!r} is not {_LISTS[key]}", ""
    match kind:
        case "unexpected_keyword_argument":
            return f"{where}unknown key {key!r}", nearest(key, allowed)
        case "missing":
            return f"{where}missing {key}", f"allowed: {', '.join(allowed)}"
        case "literal_error":
            return f"{where}unknown {key} {value!r}", f"allowed: {error['ctx']['expected']}"
        case "property":
            return f"{where}{error['ctx']['message']}", error["ctx"]["hint"]
        case _:
            return f"{where}{key} = {value!r} is not {_KINDS.get(kind, 'allowed')}", ""


def fluid_toml(fluid: AnyFluid) -> str:
    """Return the text of a TOML file from which :func:`read_fluid` restores the fluid.

    Args:
        fluid: Fluid whose properties are all constants or other models in :data:`MODELS`.

    Raises:
        FluidError: A property is a user-defined model, which cannot be written to a file.
    """
    text: str = tomli_w.dumps(_table(fluid))
    return text


def _table(record: Any) -> dict[str, Any]:
    """Return a dataclass as a TOML table, without the fields that say nothing."""
    values = {field.name: getattr(record, field.name) for field in fields(record)}
    return {
        name: _plain(value)
        for name, value in values.items()
        if value is not None and value != {} and value != ()
    }


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, tuple):
        return [_plain(item) for item in value]
    if isinstance(value, Constant):
        return value.value
    if type(value) in MODELS.values():
        kind = next(name for name, model in MODELS.items() if type(value) is model)
        keys = {name: getattr(value, name) for name in keys_of(type(value))}
        given = {key: _plain(item) for key, item in keys.items() if item not in (None, (), "")}
        return {"kind": kind, **given}
    if is_dataclass(value) and not callable(value):
        return _table(value)
    if callable(value):
        raise FluidError(
            f"a property model of type {type(value).__name__} cannot be written to a fluid file",
            f"use one of the models {', '.join(MODELS)}",
        )
    return value


def _data() -> Traversable:
    return resources.files("femsoret.fluids") / "data"
