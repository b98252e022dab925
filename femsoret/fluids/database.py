"""Databases of materials: one TOML file each, read strictly, and written so that they read back.

Every value carries its source, the state at which it holds, its uncertainty, and whether the source
was read (`verified`). What is not known is not invented: an entry marked `assumed` says how it was
estimated. The dataclasses :class:`~femsoret.fluids.fluid.Fluid` and
:class:`~femsoret.solids.solid.Solid` are the schemas of the files.
"""

from __future__ import annotations

import tomllib
from dataclasses import fields, is_dataclass
from functools import cache
from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any, Final, Protocol, TypeVar

import tomli_w
from pydantic import TypeAdapter, ValidationError
from pydantic_core import ErrorDetails

from femsoret.base.errors import FluidError, nearest
from femsoret.fluids.fluid import Fluid
from femsoret.fluids.properties import MODELS, Constant
from femsoret.fluids.sourced import Sourced


class Material(Protocol):
    """A fluid or a solid."""

    def validate(self) -> None:
        """Check its values."""


M = TypeVar("M", bound=Material)

_LISTS: Final = {
    "components": "a list of two names",
    "T_range": "a list of two numbers",
    "c_range": "a list of two numbers",
    "molar_masses": "a list of two tables, one a component",
}
_KINDS: Final = {
    "float_type": "a number",
    "string_type": "a text",
    "bool_type": "true or false",
    "dataclass_type": "a table with at least a value, its unit and its source",
}


def available() -> tuple[str, ...]:
    """Return the names of the fluids in the database."""
    return names_in(_data())


def names_in(folder: Traversable) -> tuple[str, ...]:
    """Return the names of the TOML files in a folder, without suffix, in alphabetical order."""
    names = (file.name for file in folder.iterdir())
    return tuple(sorted(name.removesuffix(".toml") for name in names if name.endswith(".toml")))


@cache
def load_fluid(name: str) -> Fluid:
    """Return a fluid of the database.

    Args:
        name: Its name, as :func:`available` lists it.

    Raises:
        FluidError: There is no such fluid.
    """
    if name not in available():
        raise FluidError(f"no fluid {name!r} in the database", nearest(name, available()))
    return read_fluid(_data() / f"{name}.toml")


def read_fluid(path: Path | Traversable) -> Fluid:
    """Read a fluid from a TOML file, the database's or a user's own.

    Raises:
        FluidError: The file cannot be read, a key is unknown or missing, or a value impossible.
    """
    return read_material(Fluid, path)


def read_material(material: type[M], path: Path | Traversable) -> M:
    """Read a material from a TOML file.

    Raises:
        FluidError: The file cannot be read, a key is unknown or missing, or a value impossible.
    """
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8-sig"))
        result = TypeAdapter(material).validate_python(table)
        result.validate()
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise FluidError(f"{path.name}: {error}", "fluids and solids are TOML files") from error
    except ValidationError as error:
        # A misspelt key is unknown, and the right one missing: the former says more.
        details = error.errors(include_url=False)
        first = min(details, key=lambda detail: detail["type"] != "unexpected_keyword_argument")
        message, hint = _explained(first, material)
        raise FluidError(f"{path.name}: {message}", hint) from error
    except FluidError as error:
        raise FluidError(f"{path.name}: {error.message}", error.hint) from error
    return result


def _explained(error: ErrorDetails, material: type[Any]) -> tuple[str, str]:
    """Return message and hint of an error of pydantic."""
    location, kind, value = error["loc"], error["type"], error["input"]
    *tables, key = [str(part) for part in location if isinstance(part, str)]
    where = ""
    if tables:
        where = "[[molar_masses]]: " if tables[0] == "molar_masses" else f"[{tables[0]}]: "
    allowed = [field.name for field in fields(Sourced if tables else material)]
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


def fluid_toml(fluid: Fluid) -> str:
    """Return a fluid as TOML, from which :func:`read_fluid` makes the same fluid.

    Args:
        fluid: The fluid, all of whose properties are models that files can name.

    Raises:
        FluidError: A property is a model of the user's own, which no file can name.
    """
    text: str = tomli_w.dumps(_table(fluid))
    return text


def _table(record: Any) -> dict[str, Any]:
    """Return a dataclass as a table; TOML has no word for None, which is left out."""
    values = {field.name: getattr(record, field.name) for field in fields(record)}
    return {name: _plain(value) for name, value in values.items() if value is not None}


def _plain(value: Any) -> Any:
    if isinstance(value, tuple):
        return [_plain(item) for item in value]
    if isinstance(value, Constant):
        return value.value
    if type(value) in MODELS.values():
        kind = next(name for name, model in MODELS.items() if type(value) is model)
        return {"kind": kind, **_table(value)}
    if is_dataclass(value) and not callable(value):
        return _table(value)
    if callable(value):
        raise FluidError(f"{type(value).__name__} is a model that no fluid file can name")
    return value


def _data() -> Traversable:
    return resources.files("femsoret.fluids") / "data"
