"""Tables of which there are several kinds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, get_args

from femsoret.base.errors import nearest
from femsoret.case.values import wrong


def one_of_kinds(table: Any, kinds: Sequence[str]) -> Any:
    """Check the kind of a table before pydantic chooses the class by it.

    Args:
        table: The table as it was read; what is no table at all is left to pydantic.
        kinds: The kinds that there are.

    Raises:
        PydanticCustomError: The kind is missing or unknown.
    """
    if not isinstance(table, Mapping):
        return table
    if "kind" not in table:
        raise wrong("missing", nearest("", kinds), "kind")
    if table["kind"] not in kinds:
        raise wrong(f"unknown kind {table['kind']!r}", nearest(str(table["kind"]), kinds), "kind")
    return table


def kinds_of(union: Any) -> tuple[str, ...]:
    """Return the kinds of a union of tables.

    Args:
        union: The classes of the tables, joined by "|".
    """
    return tuple(get_args(table.model_fields["kind"].annotation)[0] for table in get_args(union))
