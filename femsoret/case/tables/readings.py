"""Where T and c are read."""

from __future__ import annotations

from typing import Annotated, TypeAlias

from pydantic import Field, field_validator, model_validator

from femsoret.case.values import Length, Number, Table, Text, wrong

_Point: TypeAlias = Annotated[tuple[Length, ...], Field(min_length=2, max_length=3)]


class ReadingTable(Table):
    """Where T and c are read, at either end: one of a wall, a point, a line or a named one.

    A wall is that of the fluid, where there is a solid behind it too.

    Coordinates are those of the cell as it is drawn, before its rotation.
    """

    wall: Text | None = Field(default=None, description="The mean over a side.")
    point: _Point | None = Field(default=None, description="The value at a point.")
    line: tuple[_Point, _Point] | None = Field(
        default=None, description="The mean along a straight line, from one end to the other."
    )
    named: Text | None = Field(
        default=None,
        description="The mean over a line, or in 3D a surface, inside the fluid that the mesh file "
        "names; `femsoret check` lists them.",
    )
    temperature: Text | None = Field(
        default=None,
        description='Side over which T is read, where it is not read where c is: "top outside" is '
        "the outer surface of a plate at the top, where a thermostat holds it.",
    )

    @model_validator(mode="after")
    def _one_place(self) -> ReadingTable:
        if len(self.model_fields_set - {"temperature"}) != 1:
            raise wrong("give one of wall, point, line and named", '{ wall = "top" }')
        return self


class ExtraPair(Table):
    """A further pair of readings whose separation is reported."""

    name: Text = Field(description="Its name in the report.")
    hot: ReadingTable = Field(description="Reading at the hot end.")
    cold: ReadingTable = Field(description="Reading at the cold end.")


class GradientTable(Table):
    """A place where the gradients of T and c are read, in one direction."""

    name: Text = Field(description="Its name in the report.")
    point: _Point | None = Field(default=None, description="At a point.")
    line: tuple[_Point, _Point] | None = Field(
        default=None, description="The mean along a straight line, from one end to the other."
    )
    direction: Annotated[tuple[Number, ...], Field(min_length=2, max_length=3)] | None = Field(
        default=None,
        description="Direction, of any length, in the cell as it is drawn.",
        json_schema_extra={"default": "up, against gravity"},
    )

    @model_validator(mode="after")
    def _one_place(self) -> GradientTable:
        if (self.point is None) == (self.line is None):
            raise wrong("give one of point and line", "line = [[0, 5], [1, 5]]")
        return self

    @field_validator("direction")
    @classmethod
    def _points_somewhere(cls, direction: tuple[float, ...] | None) -> tuple[float, ...] | None:
        if direction is not None and not any(direction):
            raise wrong("a direction of length zero", "[0, 1] points up in a cell as drawn")
        return direction


class ReadingsTable(Table):
    """Where the experiment reads T and c for its apparent Soret coefficient."""

    name: Text = Field(default="hot to cold wall", description="Name of the pair in the report.")
    hot: ReadingTable | None = Field(
        default=None,
        description="Reading at the hot end.",
        json_schema_extra={"default": "mean over the hottest wall"},
    )
    cold: ReadingTable | None = Field(
        default=None,
        description="Reading at the cold end.",
        json_schema_extra={"default": "mean over the coldest wall"},
    )
    extra: tuple[ExtraPair, ...] = Field(default=(), description="Further pairs.")
    gradient: tuple[GradientTable, ...] = Field(
        default=(), description="Gradients of T and c that are reported."
    )

    @model_validator(mode="after")
    def _both_or_none(self) -> ReadingsTable:
        if (self.hot is None) != (self.cold is None):
            raise wrong(
                "a separation needs two readings: hot and cold",
                "give both, or none for the means of the hot and the cold wall",
            )
        for key, tables in (("extra", self.extra), ("gradient", self.gradient)):
            names = [table.name for table in tables]
            for name in names:
                if names.count(name) > 1:
                    what = "extra pairs" if key == "extra" else "gradients"
                    raise wrong(f"two {what} are named {name!r}", "names tell them apart", key)
        return self
