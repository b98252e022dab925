"""A fluid as the text of a fluid file, so that what a run used can be kept and used again."""

from __future__ import annotations

from dataclasses import fields, is_dataclass
from typing import Any

import tomli_w

from femsoret.base.errors import FluidError
from femsoret.fluids.fluid import Fluid
from femsoret.fluids.properties import MODELS, Constant


def fluid_toml(fluid: Fluid) -> str:
    """Return a fluid as TOML; :func:`femsoret.fluids.database.read_fluid` gives it again.

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
