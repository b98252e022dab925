"""Tables of the places where temperature and composition are read."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, TypeAlias

import numpy as np
from dolfinx import fem
from pydantic import Field, model_validator

from femsoret.base.errors import ConditionError, nearest
from femsoret.base.types import Array
from femsoret.case.messages import at_key, wrong
from femsoret.case.values import Direction, Length, Table, Text, optional
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

_Point: TypeAlias = Annotated[tuple[Length, ...], Field(min_length=2, max_length=3)]


class ReadingTable(Table):
    """The place where T and c are read at one end: a wall, a point, a line or a named line.

    A wall means the surface of the fluid, also if there is a solid behind it.

    Coordinates are those of the cell as drawn, before its rotation.
    """

    wall: Text | None = optional("Name of a side, over which the mean is taken.")
    point: _Point | None = optional("Coordinates of a point.")
    line: tuple[_Point, _Point] | None = optional(
        "Ends of a straight line, along which the mean is taken."
    )
    named: Text | None = optional(
        "Name in the mesh file of a line, or in 3D a surface, inside the fluid, over which the "
        "mean is taken; `femsoret check` lists them."
    )
    temperature: Text | None = optional(
        'Name of the side over which T is read, if not at the same place as c: "top outside" is '
        "the outer surface of a plate at the top, whose temperature a thermostat controls."
    )

    @model_validator(mode="after")
    def _one_place(self) -> ReadingTable:
        if len(self.model_fields_set - {"temperature"}) != 1:
            raise wrong(
                "give exactly one of wall, point, line and named", 'for example { wall = "top" }'
            )
        return self

    def build(self, cell: Cell, rotation: float) -> Reading:
        """Return the reading in a cell.

        Args:
            cell: The cell.
            rotation: Angle by which the cell has been rotated about z, degrees.

        Raises:
            ConditionError: The place does not exist or is outside the fluid.
        """
        place = self._place(cell, rotation)
        if self.temperature is None:
            return place
        return TemperatureElsewhere(place, _wall_mean(cell, self.temperature))

    def _place(self, cell: Cell, rotation: float) -> Reading:
        if self.wall is not None:
            if self.wall in cell.walls.outside:
                fluid_side = cell.inside_of(self.wall)
                raise ConditionError(
                    f"there is no fluid at {self.wall!r} whose composition could be read",
                    f'use {{ wall = "{fluid_side}", temperature = "{self.wall}" }}',
                )
            if self.wall not in cell.sides and self.wall in cell.lines:
                raise ConditionError(
                    f"{self.wall!r} is not a side: it lies inside the cell",
                    f'use {{ named = "{self.wall}" }}',
                )
            return _wall_mean(cell, self.wall)
        if self.named is not None:
            if self.named not in cell.lines:
                raise ConditionError(
                    f"the cell {cell.title!r} has no inner line {self.named!r}",
                    nearest(self.named, cell.lines),
                )
            line = cell.lines[self.named]
            _check_in_fluid(cell, line.points)
            return NamedMean(self.named, line.points, line.weights)
        if self.line is not None:
            start, end = _rotated_points(cell, self.line, rotation)
            return LineMean(start, end)
        (point,) = _rotated_points(cell, (self.point or (),), rotation)
        return Point(point)


class ExtraPair(Table):
    """An additional pair of readings whose separation is reported."""

    name: Text = Field(description="Name of the pair in the report.")
    hot: ReadingTable = Field(description="Reading at the hot end.")
    cold: ReadingTable = Field(description="Reading at the cold end.")


class GradientTable(Table):
    """A place where the gradients of T and c in one direction are read."""

    name: Text = Field(description="Name of the gradient in the report.")
    point: _Point | None = optional("Coordinates of a point.")
    line: tuple[_Point, _Point] | None = optional(
        "Ends of a straight line, along which the mean is taken."
    )
    direction: Direction | None = optional(
        "Direction in the cell as drawn; its length does not matter.",
        default="up, opposite to gravity",
    )

    @model_validator(mode="after")
    def _one_place(self) -> GradientTable:
        if (self.point is None) == (self.line is None):
            raise wrong("give exactly one of point and line", "for example line = [[0, 5], [1, 5]]")
        return self

    def build(self, cell: Cell, rotation: float, up: tuple[float, ...]) -> MeanGradient:
        """Return the gradient reading in a cell.

        Args:
            cell: The cell.
            rotation: Angle by which the cell has been rotated about z, degrees.
            up: Upward unit vector, shape (dim,); the direction if the table gives none.

        Raises:
            ConditionError: The place is outside the fluid, or the number of coordinates differs
                from the dimension of the cell.
        """
        direction = up
        if self.direction is not None:
            _check_dimension(cell, self.direction)
            direction = _rotated(self.direction, rotation)
        if self.line is not None:
            start, end = _rotated_points(cell, self.line, rotation)
            return MeanGradient(start, end, direction)
        (point,) = _rotated_points(cell, (self.point or (),), rotation)
        return MeanGradient(point, point, direction, points=1)


class ReadingsTable(Table):
    """The places where T and c are read for the apparent Soret coefficient."""

    name: Text = Field(default="hot to cold wall", description="Name of the pair in the report.")
    hot: ReadingTable | None = optional(
        "Reading at the hot end.", default="mean over the hottest wall"
    )
    cold: ReadingTable | None = optional(
        "Reading at the cold end.", default="mean over the coldest wall"
    )
    extra: tuple[ExtraPair, ...] = Field(default=(), description="Additional pairs.")
    gradient: tuple[GradientTable, ...] = Field(
        default=(), description="Gradients of T and c to report."
    )

    @model_validator(mode="after")
    def _both_or_none(self) -> ReadingsTable:
        if (self.hot is None) != (self.cold is None):
            raise wrong(
                "a separation needs two readings: hot and cold",
                "give both, or neither to read the means over the hot and the cold wall",
            )
        for key, tables in (("extra", self.extra), ("gradient", self.gradient)):
            names = [table.name for table in tables]
            for name in names:
                if names.count(name) > 1:
                    what = "extra pairs" if key == "extra" else "gradients"
                    raise wrong(f"two {what} are named {name!r}", "names must be unique", key)
        return self

    def pairs(self, cell: Cell, rotation: float) -> tuple[Pair | None, tuple[Pair, ...]]:
        """Return the pair of readings for the apparent S_T, and the additional pairs.

        The first is None if the table gives none, which stands for the hot and the cold wall.

        Args:
            cell: The cell.
            rotation: Angle by which the cell has been rotated about z, degrees.

        Raises:
            ConditionError: A side does not exist, or a place is outside the fluid.
        """
        pair = None
        if self.hot is not None and self.cold is not None:
            pair = _pair(self.name, self.hot, self.cold, cell, rotation)
        extra = []
        for i, more in enumerate(self.extra):
            with at_key("extra", i):
                extra.append(_pair(more.name, more.hot, more.cold, cell, rotation))
        return pair, tuple(extra)

    def gradients(
        self, cell: Cell, rotation: float, up: tuple[float, ...]
    ) -> dict[str, MeanGradient]:
        """Return the gradient readings, by name.

        Args:
            cell: The cell.
            rotation: Angle by which the cell has been rotated about z, degrees.
            up: Upward unit vector, shape (dim,); the default direction of gradients.

        Raises:
            ConditionError: A place is outside the fluid, or the number of coordinates differs from
                the dimension of the cell.
        """
        gradients = {}
        for i, table in enumerate(self.gradient):
            with at_key("gradient", i):
                gradients[table.name] = table.build(cell, rotation, up)
        return gradients


def _pair(name: str, hot: ReadingTable, cold: ReadingTable, cell: Cell, rotation: float) -> Pair:
    with at_key("hot"):
        at_hot = hot.build(cell, rotation)
    with at_key("cold"):
        at_cold = cold.build(cell, rotation)
    return Pair(name, at_hot, at_cold)


def _wall_mean(cell: Cell, side: str) -> WallMean:
    if side == "all":
        raise ConditionError('"all" is not a place for a reading', "name a single side")
    cell.tags(side)
    return WallMean(side)


def _rotated_points(
    cell: Cell, points: Sequence[tuple[float, ...]], angle: float
) -> list[tuple[float, ...]]:
    """Return the positions, in the rotated cell, of points of the drawing; angle in degrees."""
    rotated = [_rotated(point, angle) for point in points]
    for point in rotated:
        _check_dimension(cell, point)
    _check_in_fluid(cell, rotated)
    return rotated


def _rotated(point: tuple[float, ...], angle: float) -> tuple[float, ...]:
    """Return a point rotated about z; angle in degrees."""
    if not angle:
        return point
    cos, sin = np.cos(np.radians(angle)), np.sin(np.radians(angle))
    x, y, *z = point
    return (float(cos * x - sin * y), float(sin * x + cos * y), *z)


def _check_dimension(cell: Cell, numbers: Sequence[float]) -> None:
    if len(numbers) != cell.dim:
        raise ConditionError(
            f"{len(numbers)} coordinates for a {cell.dim}D cell", f"give {cell.dim}"
        )


def _check_in_fluid(cell: Cell, points: Sequence[tuple[float, ...]] | Array) -> None:
    """Raise the error for points outside the fluid now rather than after the solve."""
    zero = fem.Function(fem.functionspace(cell.mesh, ("Lagrange", 1)))
    values_at(zero, points, cell.fluid_cells)
