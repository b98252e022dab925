"""What a case gives in place of the database: a value, its uncertainty, and where it is from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from femsoret.base.errors import FluidError

FROM_CASE: Final = "given in the case, not from the database"

BESIDE: Final = ("uncertainty", "source")
"""What may stand beside a value, or beside the kind of a property model."""


@dataclass(frozen=True)
class Given:
    """A value as it is given.

    Args:
        value: A number, a model, or the table of one.
        uncertainty: Relative standard uncertainty; None where nobody says it.
        source: Where it is from.
    """

    value: Any
    uncertainty: float | None = None
    source: str = FROM_CASE


def given(spec: Any) -> Given:
    """Return a value and what stands beside it.

    Args:
        spec: A value alone, ``{"value": ..., "uncertainty": 0.05, "source": "..."}``, or the table
            of a property model with the last two beside its own keys.

    Raises:
        FluidError: Another key, an uncertainty that is no number from 0 to 1, or no text for a
            source.
    """
    if not isinstance(spec, Mapping):
        return Given(spec)
    beside = {key: spec[key] for key in BESIDE if key in spec}
    rest = {key: entry for key, entry in spec.items() if key not in BESIDE}
    if "kind" not in rest and ("value" in rest or beside):
        if set(rest) != {"value"}:
            raise FluidError(
                f"a value with keys {', '.join(spec)}",
                "value, uncertainty (relative) and source: "
                '{ value = "3e-3 1/K", uncertainty = 0.05 }',
            )
        value = rest["value"]
    else:
        value = rest
    uncertainty, source = beside.get("uncertainty"), beside.get("source", FROM_CASE)
    number = isinstance(uncertainty, int | float) and not isinstance(uncertainty, bool)
    if uncertainty is not None and not (number and 0.0 <= uncertainty < 1.0):
        raise FluidError(
            f"uncertainty = {uncertainty!r}", 'it is relative, from 0 to 1: 0.05, or "5 %"'
        )
    if not isinstance(source, str) or not source:
        raise FluidError(f"source = {source!r}", "a DOI, a citation, or how it was measured")
    return Given(value, None if uncertainty is None else float(uncertainty), source)
