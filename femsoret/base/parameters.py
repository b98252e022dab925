"""Named parameters: every number of a frozen description becomes a ``fem.Constant``.

A form is compiled once for all values: the numbers enter as constants that a driver may change (a
ramp of gravity, a perturbed viscosity) under the name of their place in the description, such as
``gravity.magnitude`` or ``species.0.soret.value``.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import fields, is_dataclass, replace
from typing import Any


def bind(
    tree: Any,
    constant: Callable[[str, float], object],
    path: str = "",
    *,
    unbound: Collection[str] = (),
) -> Any:
    """Return a copy of a frozen description in which every number is a constant.

    Args:
        tree: Number, tuple or frozen dataclass, nested at will; anything else is copied as it is.
        constant: Makes a constant of the dotted path and the value of a number.
        path: Dotted path of ``tree`` itself.
        unbound: Names of fields of ``tree`` that are copied as they are.
    """
    if isinstance(tree, bool | str) or tree is None:
        return tree
    if isinstance(tree, int | float):
        return constant(path, float(tree))
    if isinstance(tree, tuple):
        return tuple(bind(leaf, constant, _join(path, str(i))) for i, leaf in enumerate(tree))
    if is_dataclass(tree) and not isinstance(tree, type):
        changed = {
            field.name: bind(getattr(tree, field.name), constant, _join(path, field.name))
            for field in fields(tree)
            if field.name not in unbound
        }
        return replace(tree, **changed)
    return tree


def _join(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name
