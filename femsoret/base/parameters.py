"""Named parameters: replace every number in a tree of frozen dataclasses by a ``fem.Constant``.

Forms are compiled once for all values, because numbers enter them as constants. Solvers may change
a constant (for a ramp of gravity or a perturbed viscosity, say); its name is its dotted path in the
tree, such as ``gravity.magnitude`` or ``species.0.soret.value``.

Fields of a dataclass with the metadata :data:`LITERAL` are kept as they are: numbers that define a
function rather than scale it, such as those of a table.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import fields, is_dataclass, replace
from types import MappingProxyType
from typing import Any, Final

LITERAL: Final = MappingProxyType({"literal": True})
"""Metadata of a field whose numbers do not become constants."""


def bind(
    tree: Any,
    constant: Callable[[str, float], object],
    path: str = "",
    *,
    unbound: Collection[str] = (),
) -> Any:
    """Return a copy of a tree of frozen dataclasses in which every number is a constant.

    Args:
        tree: Number, tuple or frozen dataclass, nested to any depth. Other objects, among them
            booleans, are kept as they are.
        constant: Function that makes a constant, given the dotted path and the value of a number.
        path: Dotted path of ``tree`` itself.
        unbound: Names of fields of ``tree``, not of nested objects, that are kept as they are.
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
            if field.name not in unbound and not field.metadata.get("literal", False)
        }
        return replace(tree, **changed)
    return tree


def _join(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name
