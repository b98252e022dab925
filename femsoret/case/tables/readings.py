"""Tables of the places where temperature and composition are read."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from dolfinx import fem
from pydantic import Field, model_validator

from femsoret.base.errors import ConditionError, nearest
from femsoret.base.types import Array
from femsoret.case.messages import at_key, wrong
from femsoret.case.tables.coordinates import (
    Coordinates,
    check_dimension,
    rotated,
    rotated_rows,
)
from femsoret.case.tables.optics import (
    BeamDeflectionTable,
    InterferometerTable,
    OpticalSetting,
)
from femsoret.case.values import (
    Direction,
    PositiveLength,
    Table,
    Text,
    optional,
)
from femsoret.cells import Cell
from femsoret.experiment import Pair
from femsoret.post.fields import values_at
from femsoret.post.optical import OpticalSignal
from femsoret.post.places import field_of_view, port
from femsoret.post.readings import (
    LineMean,
    Point,
    QuadratureMean,
    Reading,
    TemperatureElsewhere,
    WallMean,
)
from femsoret.post.signals import MeanGradient


class PortTable(Table):
    """A port of finite size, through which a sample of the liquid is taken."""

    centre: Coordinates = Field(description="Coordinates of its centre, in the fluid or on a wall.")
    diameter: PositiveLength = Field(description="Diameter of the port.")


class ReadingTable(Table):
    """The place where T and c are read at one end: a wall, a point, a line, a window or a port.

    A wall means the surface of the fluid, also if there is a solid behind it.

    Coordinates are those of the cell as drawn, before its rotation.
    """

    wall: Text | None = optional("Name of a side, over which the mean is taken.")
    point: Coordinates | None = optional("Coordinates of a point.")
    line: tuple[Coordinates, Coordinates] | None = optional(
        "Ends of a straight line, along which the mean is taken."
    )
    named: Text | None = optional(
        "Name in the mesh file of a line, or in 3D a surface, inside the fluid, over which the "
        "mean is taken; `femsoret check` lists them."
    )
    window: tuple[Coordinates, Coordinates] | None = optional(
        "Opposite corners of a field of view, a rectangle or in 3D a box, over which the mean is "
        "taken; in 3D it may reach through the whole depth of the cell along the optical axis."
    )
    port: PortTable | None = optional(
        "A port of finite size, `{ centre = [x, y], diameter = d }`: the mean over the part of a "
        "ball that lies in the fluid."
    )
    temperature: Text | None = optional(
        'Name of the side over which T is read, if not at the same place as c: "top outside" is '
        "the outer surface of a plate at the top, whose temperature a thermostat controls."
    )

    @model_validator(mode="after")
    def _one_place(self) -> ReadingTable:
        if len(self.model_fields_set - {"temperature"}) != 1:
            raise wrong(
                "give exactly one of wall, point, line, named, window and port",
                'for example { wall = "top" }',
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
            return QuadratureMean(self.named, line.points, line.weights)
        if self.line is not None:
            start, end = _rotated_points(cell, self.line, rotation)
            return LineMean(start, end)
        if self.window is not None:
            for corner in self.window:
                check_dimension(cell, corner)
            return field_of_view(cell, self.window, partial(rotated_rows, angle=rotation))
        if self.port is not None:
            check_dimension(cell, self.port.centre)
            turn = partial(rotated_rows, angle=rotation)
            return port(cell, self.port.centre, self.port.diameter, turn)
        (point,) = _rotated_points(cell, (self.point or (),), rotation)
        return Point(point)


class ThermometerTable(Table):
    """A place where the temperature alone is read, in the fluid or in a solid."""

    name: Text = Field(description="Name of the thermometer in the report.")
    wall: Text | None = optional(
        "Name of a side, also of an outer side of a solid, over which the mean is taken."
    )
    point: Coordinates | None = optional("Coordinates of a point, in the fluid or in a solid.")

    @model_validator(mode="after")
    def _one_place(self) -> ThermometerTable:
        if (self.wall is None) == (self.point is None):
            raise wrong("give exactly one of wall and point", "for example point = [0, 5]")
        return self

    def build(self, cell: Cell, rotation: float) -> Reading:
        """Return the reading of the temperature in a cell.

        Args:
            cell: The cell.
            rotation: Angle by which the cell has been rotated about z, degrees.

        Raises:
            ConditionError: The place does not exist.
        """
        if self.wall is not None:
            return _wall_mean(cell, self.wall)
        point = rotated(self.point or (), rotation)
        check_dimension(cell, point)
        values_at(fem.Function(fem.functionspace(cell.mesh, ("Lagrange", 1))), [point])
        return Point(point)


class ExtraPair(Table):
    """An additional pair of readings: its separation and the S_T that follows are reported."""

    name: Text = Field(description="Name of the pair in the report.")
    hot: ReadingTable = Field(description="Reading at the hot end.")
    cold: ReadingTable = Field(description="Reading at the cold end.")


class GradientTable(Table):
    """A place where the gradients of T and c in one direction are read."""

    name: Text = Field(description="Name of the gradient in the report.")
    point: Coordinates | None = optional("Coordinates of a point.")
    line: tuple[Coordinates, Coordinates] | None = optional(
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
            check_dimension(cell, self.direction)
            direction = rotated(self.direction, rotation)
        if self.line is not None:
            start, end = _rotated_points(cell, self.line, rotation)
            return MeanGradient(start, end, direction)
        (point,) = _rotated_points(cell, (self.point or (),), rotation)
        return MeanGradient(point, point, direction, number=1)


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
        default=(), description="Gradients of T and c to report, with the S_T that follows."
    )
    thermometer: tuple[ThermometerTable, ...] = Field(
        default=(), description="Places where the temperature alone is read."
    )

    beam_deflection: tuple[BeamDeflectionTable, ...] = Field(
        default=(), description="Beams of light whose deflection is recorded."
    )
    interferometer: tuple[InterferometerTable, ...] = Field(
        default=(), description="Interferometers, which record phases."
    )

    @model_validator(mode="after")
    def _both_or_none(self) -> ReadingsTable:
        if (self.hot is None) != (self.cold is None):
            raise wrong(
                "a separation needs two readings: hot and cold",
                "give both, or neither to read the means over the hot and the cold wall",
            )
        given = {
            "extra": [table.name for table in self.extra],
            "gradient": [table.name for table in self.gradient],
            "beam_deflection": [table.name for table in self.beam_deflection],
            "interferometer": [table.name for table in self.interferometer],
        }
        seen = set[str]()
        for key, names in given.items():
            for name in names:
                if name in seen:
                    raise wrong(f"two signals are named {name!r}", "names must be unique", key)
                seen.add(name)
        places = [table.name for table in self.thermometer]
        for name in places:
            if places.count(name) > 1:
                raise wrong(
                    f"two thermometers are named {name!r}", "names must be unique", "thermometer"
                )
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

    def thermometers(self, cell: Cell, rotation: float) -> dict[str, Reading]:
        """Return the readings of the temperature alone, by name.

        Args:
            cell: The cell.
            rotation: Angle by which the cell has been rotated about z, degrees.

        Raises:
            ConditionError: A place does not exist, or the number of coordinates differs from the
                dimension of the cell.
        """
        found = {}
        for i, table in enumerate(self.thermometer):
            with at_key("thermometer", i):
                found[table.name] = table.build(cell, rotation)
        return found

    def instruments(self, setting: OpticalSetting) -> dict[str, OpticalSignal]:
        """Return the optical instruments, by name; collective.

        Args:
            setting: Cell, orientation, mixture and fluid.

        Raises:
            ConditionError: Light does not suit the cell or misses its fluid, or an optical property
                is not known.
        """
        found: dict[str, OpticalSignal] = {}
        for i, beam in enumerate(self.beam_deflection):
            with at_key("beam_deflection", i):
                found[beam.name] = beam.build(setting)
        for i, interferometer in enumerate(self.interferometer):
            with at_key("interferometer", i):
                found[interferometer.name] = interferometer.build(setting)
        return found


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
    turned = [rotated(point, angle) for point in points]
    for point in turned:
        check_dimension(cell, point)
    _check_in_fluid(cell, turned)
    return turned


def _check_in_fluid(cell: Cell, points: Sequence[tuple[float, ...]] | Array) -> None:
    """Raise the error for points outside the fluid now rather than after the solve."""
    zero = fem.Function(fem.functionspace(cell.mesh, ("Lagrange", 1)))
    values_at(zero, points, cell.fluid_cells)
