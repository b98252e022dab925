"""Solid walls, and what they are made of."""

from __future__ import annotations

from functools import cached_property
from typing import Annotated, Any

from pydantic import Field, ValidationInfo, model_validator

from femsoret.base.errors import FluidError
from femsoret.case.values import Count, PositiveLength, PropertyOf, Table, Text, context_of, wrong
from femsoret.solids import UNITS, Solid, load_solid, solid_of


class WallTable(Table):
    """A solid wall at a side of the fluid.

    Conditions for the temperature of that side hold at the outer surface of the wall. Where walls
    meet, bottom and top run over the full length of the others.
    """

    thickness: PositiveLength = Field(description="Thickness.")
    material: Text = Field(
        description="Name of a solid in the database (`femsoret solids`), or of a `[solid.NAME]`."
    )
    cells: Count = Field(default=4, description="Number of mesh cells through the wall.")


class SolidTable(Table):
    """A material of solid walls, under a name of your own.

    With `[groups]` its properties are numbers, in units of those of the fluid. Uncertainties and
    sources stand beside values as in `[fluid.overrides]`.
    """

    name: Text | None = Field(
        default=None, description="Name in the database, for what is not given here."
    )
    conductivity: Annotated[Any, PropertyOf("conductivity")] = Field(
        default=None,
        description="Thermal conductivity; a quantity or the table of a property model.",
    )
    density: Annotated[Any, PropertyOf("density")] = Field(default=None, description="Density.")
    heat_capacity: Annotated[Any, PropertyOf("heat_capacity")] = Field(
        default=None, description="Specific heat capacity."
    )

    @model_validator(mode="before")
    @classmethod
    def _numbers_in_groups(cls, table: Any, info: ValidationInfo) -> Any:
        if context_of(info).units == "groups" and isinstance(table, dict):
            for key, value in table.items():
                if isinstance(value, str):
                    raise wrong(
                        f"{value!r} is a text: with [groups] there are plain numbers only",
                        "give conductivity, density and heat capacity over those of the fluid",
                        key,
                    )
        return table

    @model_validator(mode="after")
    def _can_be_made(self) -> SolidTable:
        try:
            _ = self.solid
        except FluidError as error:
            raise wrong(error.message, error.hint, "name" if self.name else "") from error
        return self

    @cached_property
    def solid(self) -> Solid:
        """The solid."""
        entries: dict[str, Any] = dict(load_solid(self.name).entries()) if self.name else {}
        given = {key: getattr(self, key) for key in UNITS if getattr(self, key) is not None}
        return solid_of(self.name or "solid", **(entries | given))
