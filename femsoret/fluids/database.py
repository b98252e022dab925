"""The fluids that come with femsoret: one TOML file each, read strictly.

Every value carries its source, the state at which it holds, its uncertainty, and whether the source
was read (`verified`). What is not known is not invented: an entry marked `assumed` says how it was
estimated.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import MISSING, Field, fields
from functools import cache
from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any

from femsoret.base.errors import FluidError, nearest
from femsoret.fluids.fluid import UNITS, Fluid, Sourced
from femsoret.fluids.properties import make_property
from femsoret.fluids.ranges import Range


def available() -> tuple[str, ...]:
    """Return the names of the fluids in the database."""
    return names_in(_data())


def names_in(folder: Traversable) -> tuple[str, ...]:
    """Return the names of the TOML files in a folder, without ending, in order.

    Args:
        folder: The folder of a database.
    """
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

    Args:
        path: The file.

    Raises:
        FluidError: The file cannot be read, a key is unknown or missing, or a value impossible.
    """
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise FluidError(f"{path.name}: {error}", "a fluid is a TOML file") from error
    try:
        return _fluid(table)
    except FluidError as error:
        raise FluidError(f"{path.name}: {error.message}", error.hint) from error


def _data() -> Traversable:
    return resources.files("femsoret.fluids") / "data"


def _fluid(table: Mapping[str, Any]) -> Fluid:
    check_keys(table, fields(Fluid), "fluid")
    arguments: dict[str, Any] = dict(table)
    components = arguments["components"]
    if not isinstance(components, list) or not all(isinstance(x, str) for x in components):
        raise FluidError(f"components = {components!r} is not a list of two names")
    arguments["components"] = tuple(components)
    for key in ("T", "c"):
        arguments[key] = _number(arguments[key], key)
    for key in UNITS:
        arguments[key] = sourced(table[key], f"[{key}]")
    masses = table["molar_masses"]
    if not isinstance(masses, list) or len(masses) != 2:
        raise FluidError("[[molar_masses]] has to be given twice, once a component")
    arguments["molar_masses"] = tuple(sourced(mass, "[[molar_masses]]") for mass in masses)
    fluid = Fluid(**arguments)
    fluid.validate()
    return fluid


def sourced(table: Any, where: str) -> Sourced:
    """Return a property and its source, as a table of a TOML file gives it.

    Args:
        table: The table.
        where: Its name, for messages.

    Raises:
        FluidError: A key is unknown or missing, or a value impossible.
    """
    if not isinstance(table, Mapping):
        raise FluidError(
            f"{where}: {table!r} is not a table", "a value needs at least its unit and its source"
        )
    check_keys(table, fields(Sourced), where)
    arguments: dict[str, Any] = dict(table)
    try:
        arguments["value"] = make_property(table["value"])
    except FluidError as error:
        raise FluidError(f"{where}: {error.message}", error.hint) from error
    for key in ("verified", "assumed"):
        if not isinstance(table.get(key, False), bool):
            raise FluidError(f"{where}: {key} = {table[key]!r} is neither true nor false")
    for key in ("unit", "source", "note"):
        if not isinstance(table.get(key, ""), str):
            raise FluidError(f"{where}: {key} = {table[key]!r} is not a text")
    if "uncertainty" in table:
        arguments["uncertainty"] = _number(table["uncertainty"], f"{where}: uncertainty")
    for key in ("T_range", "c_range"):
        if key in table:
            arguments[key] = _range(table[key], f"{where}: {key}")
    return Sourced(**arguments)


def _range(value: Any, where: str) -> Range:
    if not isinstance(value, list) or len(value) != 2:
        raise FluidError(f"{where} = {value!r} is not a list of two numbers")
    return _number(value[0], where), _number(value[1], where)


def _number(value: Any, where: str) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise FluidError(f"{where} = {value!r} is not a number")
    return float(value)


def check_keys(table: Mapping[str, Any], known: tuple[Field[Any], ...], where: str) -> None:
    """Refuse unknown and missing keys of a table.

    Args:
        table: The table.
        known: Fields of the dataclass that it is to become.
        where: Its name, for messages.

    Raises:
        FluidError: A key is unknown or missing.
    """
    names = [field.name for field in known]
    for key in table:
        if key not in names:
            raise FluidError(f"{where}: unknown key {key!r}", nearest(key, names))
    missing = [f.name for f in known if f.default is MISSING and f.name not in table]
    if missing:
        raise FluidError(f"{where}: missing {', '.join(missing)}", f"allowed: {', '.join(names)}")
