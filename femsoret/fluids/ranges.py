"""Ranges of data: what is used outside of where its source knows it, said once a range."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TypeAlias

Range: TypeAlias = tuple[float, float]


def outside_ranges(
    known: Iterable[tuple[str, Range | None]],
    symbol: str,
    used: float | Range,
    unit: str = "",
) -> tuple[str, ...]:
    """Return which properties are used outside their range, one text for all of one range.

    Args:
        known: Name of a property and the range that its source covers; None: no range is stated.
        symbol: Of the quantity, "T" or "c".
        used: Its value, or the lowest and the highest one.
        unit: Its unit with a space before it.
    """
    low, high = used if isinstance(used, tuple) else (used, used)
    names: dict[Range, list[str]] = {}
    for name, limits in known:
        if limits is not None and (low < limits[0] or high > limits[1]):
            names.setdefault(limits, []).append(name.replace("_", " "))
    span = f"{low:g}" if low == high else f"{low:g} to {high:g}"
    return tuple(
        f"{_listed(found)} used at {symbol} = {span}{unit}, "
        f"known from {limits[0]:g} to {limits[1]:g}{unit}"
        for limits, found in names.items()
    )


def _listed(names: list[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
