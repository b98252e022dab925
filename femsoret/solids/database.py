"""The solids that come with femsoret: one TOML file each, read as strictly as those of fluids."""

from __future__ import annotations

import tomllib
from dataclasses import fields
from functools import cache
from importlib import resources
from importlib.resources.abc import Traversable

from femsoret.base.errors import FluidError, nearest
from femsoret.fluids.database import check_keys, names_in, sourced
from femsoret.solids.solid import UNITS, Solid


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
    table = tomllib.loads((_data() / f"{name}.toml").read_text(encoding="utf-8"))
    check_keys(table, fields(Solid), name)
    entries = {key: sourced(table[key], f"[{key}]") for key in UNITS}
    solid = Solid(**(table | entries))
    solid.validate()
    return solid


def _data() -> Traversable:
    return resources.files("femsoret.solids") / "data"
