"""Building readings: where T and c are read in a cell that may be turned."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from dolfinx import fem

from femsoret.base.errors import ConditionError, nearest
from femsoret.case.messages import located
from femsoret.case.tables import ReadingTable
from femsoret.cells import Cell
from femsoret.experiment import Pair
from femsoret.post.fields import values_at
from femsoret.post.readings import (
    LineMean,
    MeanGradient,
    NamedMean,
    Point,
    Reading,
    TemperatureElsewhere,
    WallMean,
)

if TYPE_CHECKING:
    from femsoret.case.case import Case


def build_pairs(case: Case, cell: Cell) -> tuple[Pair | None, tuple[Pair, ...]]:
    """Return the readings of the apparent S_T, None for the walls, and the further pairs.

    Args:
        case: The case.
        cell: Its cell.

    Raises:
        FemsoretError: No such side, or a place outside the cell.
    """
    table = case.readings
    pair = None
    if table.hot is not None and table.cold is not None:
        pair = Pair(
            table.name,
            _reading(case, cell, table.hot, "readings", "hot"),
            _reading(case, cell, table.cold, "readings", "cold"),
        )
    extra = tuple(
        Pair(
            more.name,
            _reading(case, cell, more.hot, "readings", "extra", i, "hot"),
            _reading(case, cell, more.cold, "readings", "extra", i, "cold"),
        )
        for i, more in enumerate(table.extra)
    )
    return pair, extra


def _reading(case: Case, cell: Cell, table: ReadingTable, *location: str | int) -> Reading:
    with located(case.source, *location):
        place = _place(case, cell, table)
        if table.temperature is None:
            return place
        return TemperatureElsewhere(place, _wall_mean(cell, table.temperature))


def _place(case: Case, cell: Cell, table: ReadingTable) -> Reading:
    if table.wall is not None:
        if table.wall in cell.walls.outside:
            raise ConditionError(
                f"there is no fluid at {table.wall!r}, where the composition would be read",
                f'take {{ wall = "{cell.inside_of(table.wall)}", temperature = "{table.wall}" }}',
            )
        if table.wall not in cell.sides and table.wall in cell.lines:
            raise ConditionError(
                f"{table.wall!r} is no side: it lies inside the cell",
                f'take {{ named = "{table.wall}" }}',
            )
        return _wall_mean(cell, table.wall)
    if table.named is not None:
        return _named_mean(cell, table.named)
    turned = _places(case, cell, table.line or (table.point or (),))
    return LineMean(turned[0], turned[1]) if table.line is not None else Point(turned[0])


def _named_mean(cell: Cell, name: str) -> NamedMean:
    """Return the mean over a line inside the fluid.

    Raises:
        ConditionError: There is none of this name, or it lies in a solid.
    """
    if name not in cell.lines:
        raise ConditionError(
            f"the cell {cell.title!r} has no line {name!r} inside", nearest(name, cell.lines)
        )
    line = cell.lines[name]
    _check_inside(cell, line.points)
    return NamedMean(name, line.points, line.weights)


def _check_inside(cell: Cell, points: Any) -> None:
    """Look points up: better now than after the solve, since a point outside has no value."""
    at_points = fem.Function(fem.functionspace(cell.mesh, ("Lagrange", 1)))
    values_at(at_points, points, cell.fluid_cells)


def _wall_mean(cell: Cell, side: str) -> WallMean:
    if side == "all":
        raise ConditionError("a reading is taken at one wall", "name a side")
    cell.tags(side)
    return WallMean(side)


def build_gradients(case: Case, cell: Cell, up: tuple[float, ...]) -> dict[str, MeanGradient]:
    """Return where gradients are read, by name.

    Args:
        case: The case.
        cell: Its cell.
        up: Unit vector against gravity, the direction where the case gives none.

    Raises:
        FemsoretError: A place outside the cell.
    """
    found = {}
    for i, table in enumerate(case.readings.gradient):
        with located(case.source, "readings", "gradient", i):
            direction = up
            if table.direction is not None:
                _check_dimension(cell, table.direction)
                direction = _turned(table.direction, case.cell.rotation)
            if table.line is not None:
                start, end = _places(case, cell, table.line)
                found[table.name] = MeanGradient(start, end, direction)
            else:
                (at,) = _places(case, cell, (table.point or (),))
                found[table.name] = MeanGradient(at, at, direction, points=1)
    return found


def _places(case: Case, cell: Cell, points: Sequence[tuple[float, ...]]) -> list[tuple[float, ...]]:
    """Return where points of the cell as drawn have come to lie.

    Raises:
        ConditionError: A point has too many coordinates or too few, or lies outside.
    """
    turned = [_turned(point, case.cell.rotation) for point in points]
    for point in turned:
        _check_dimension(cell, point)
    _check_inside(cell, turned)
    return turned


def _check_dimension(cell: Cell, numbers: Sequence[float]) -> None:
    if len(numbers) != cell.dim:
        raise ConditionError(
            f"{len(numbers)} coordinates for a cell in {cell.dim}D", f"give {cell.dim}"
        )


def _turned(point: tuple[float, ...], angle: float) -> tuple[float, ...]:
    """Return where a point of the cell as drawn has come to lie, angle in degrees about z."""
    if not angle:
        return point
    cos, sin = np.cos(np.radians(angle)), np.sin(np.radians(angle))
    x, y, *z = point
    return (float(cos * x - sin * y), float(sin * x + cos * y), *z)
