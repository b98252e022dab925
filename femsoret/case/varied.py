"""A case with another temperature difference or another gap, as changes of its keys."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from pydantic import BaseModel

from femsoret.base.errors import CaseError
from femsoret.case.case import Case, CaseRun
from femsoret.case.tables.cell import AnnulusCell, BoxCell, CylinderCell, RectangleCell
from femsoret.case.values import Units

_PLACES: Final = frozenset({"point", "line", "window", "centre", "through", "corners"})
"""Keys of readings whose values are coordinates."""

_ALONG: Final = (("left", "right"), ("bottom", "top"), ("back", "front"))
"""Sides that face each other along x, y and z."""


def with_difference(case: Case, built: CaseRun, dT: float) -> dict[str, object]:
    """Return the changes that give hot and cold wall another difference about the same mean.

    Args:
        case: The case.
        built: The case on its mesh.
        dT: Temperature difference, K (over that of the case, if it is stated by groups).

    Raises:
        CaseError: The difference is not that of two temperatures that the case states.
    """
    frame, cell = built.experiment.orientation, built.experiment.cell
    factor, changes = dT / frame.dT if frame.dT else 0.0, dict[str, object]()
    seen = set[str]()
    for i, condition in enumerate(case.condition):
        key = {"temperature": "value", "robin": "T_outside"}.get(condition.kind)
        if key is None:
            continue
        thermal = {s for side in condition.sides for s in cell.thermal_sides(side)}
        walls = thermal & {frame.hot_outside, frame.cold_outside}
        T = getattr(condition, key)
        if not walls:
            continue
        if not isinstance(T, float) or len(walls) > 1:
            raise _no_difference()
        seen |= walls
        moved = frame.T_mean + factor * (T - frame.T_mean)
        changes[f"condition.{i}.{key}"] = in_case(moved, "K", built.units)
    if len(seen) < 2:
        raise _no_difference()
    return changes


def _no_difference() -> CaseError:
    return CaseError(
        "hot and cold wall do not both have a temperature that could be changed",
        "vary the keys of the conditions instead of dT",
    )


def with_gap(case: Case, built: CaseRun, gap: float) -> dict[str, object]:
    """Return the changes that give hot and cold wall another distance.

    Readings between them move with the walls; extents across the gap stay.

    Args:
        case: The case.
        built: The case on its mesh.
        gap: The distance, m.

    Raises:
        CaseError: The gap is no extent of the cell that the case states.
    """
    frame, cell = built.experiment.orientation, case.cell
    pair = {frame.hot, frame.cold}
    axis = next((i for i, sides in enumerate(_ALONG) if set(sides) == pair), None)
    if isinstance(cell, RectangleCell | BoxCell) and axis is not None:
        key, length = f"cell.size.{axis}", cell.size[axis]
    elif isinstance(cell, CylinderCell | AnnulusCell) and axis == 1:
        key, length = "cell.height", cell.height
        axis = "xyz".index(cell.axis) if isinstance(cell, CylinderCell) else 1
    else:
        raise CaseError(
            f"the gap, from {frame.cold!r} (cold) to {frame.hot!r} (hot), is no single extent of "
            "this cell",
            "vary keys of the cell, such as cell.scale, instead of gap",
        )
    if case.heat_source:
        raise CaseError(
            "a cell with heat sources cannot be given another gap: it is unclear where these move",
            "vary keys of the cell instead of gap",
        )
    factor = gap / length
    changes: dict[str, object] = {key: in_case(gap, "m", built.units)}
    if cell.gap is not None:
        changes["cell.gap"] = in_case(cell.gap * factor, "m", built.units)
    tables: list[tuple[str, BaseModel]] = [("readings", case.readings)]
    tables += [(f"column.ports.{i}", port) for i, port in enumerate(case.column.ports)]
    for prefix, table in tables:
        for where, coordinates in _places(table, prefix):
            if axis < len(coordinates):
                moved = factor * coordinates[axis]
                changes[f"{where}.{axis}"] = in_case(moved, "m", built.units)
    return changes


def _places(table: BaseModel, prefix: str) -> Iterator[tuple[str, tuple[float, ...]]]:
    """Yield dotted key and coordinates of all places in a table."""
    for name in type(table).model_fields:
        value, key = getattr(table, name), f"{prefix}.{name}"
        items: list[tuple[int | None, Any]] = [(None, value)]
        if isinstance(value, tuple):
            items = list(enumerate(value))
        if name in _PLACES and isinstance(value, tuple):
            if value and isinstance(value[0], float):
                yield key, value
            else:
                yield from ((f"{key}.{i}", item) for i, item in items)
            continue
        for i, item in items:
            if isinstance(item, BaseModel):
                yield from _places(item, key if i is None else f"{key}.{i}")


def in_case(value: float, unit: str, units: Units) -> object:
    """Return a number as it is written in a case.

    Args:
        value: The number.
        unit: Its unit.
        units: "SI", or "groups" where numbers have no unit.
    """
    return value if units == "groups" or not unit else f"{value!r} {unit}"
