"""What `femsoret audit` looks at beside what the case says of the cell."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, model_validator

from femsoret.case.durations import PositiveTime
from femsoret.case.values import (
    Angle,
    Conductivity,
    Flag,
    HeatTransfer,
    PositiveLength,
    Ratio,
    Table,
    Temperature,
    wrong,
)


class SideWallsTable(Table):
    """Heat that the side walls exchange with the room: on all sides without a condition for it.

    A wall of thickness d and conductivity k in front of the room has 1/(1/h + d/k).
    """

    h: HeatTransfer = Field(description="Heat transfer coefficient, 5 to 10 W/m^2/K in still air.")
    T_outside: Temperature | None = Field(
        default=None,
        description="Temperature of the room.",
        json_schema_extra={"default": "mean of the plates"},
    )
    thickness: PositiveLength | None = Field(default=None, description="Thickness of the wall.")
    conductivity: Conductivity | None = Field(
        default=None, description="Thermal conductivity of the wall."
    )

    @model_validator(mode="after")
    def _both_or_none(self) -> SideWallsTable:
        if (self.thickness is None) != (self.conductivity is None):
            raise wrong("a wall needs thickness and conductivity", "give both, or neither")
        return self


class PlatesTable(Table):
    """Plates between thermostats and liquid, whose temperature difference is what is set."""

    thickness: PositiveLength = Field(description="Thickness of each plate.")
    conductivity: Conductivity = Field(description="Its thermal conductivity; copper 400 W/m/K.")


class AuditTable(Table):
    """What `femsoret audit` looks at beside what the case says of the cell; a run ignores it."""

    target: Annotated[Ratio, Field(gt=0, lt=1)] = Field(
        default=0.01, description="Largest bias that limits are sought for."
    )
    levelling: Annotated[Angle, Field(gt=0, le=90)] | None = Field(
        default=None,
        description="How level the cell stands, where the case has no tilt.",
        json_schema_extra={"default": "0.5 deg, said to be assumed"},
    )
    side_walls: SideWallsTable | None = Field(
        default=None, description="Heat through the side walls."
    )
    plates: PlatesTable | None = Field(default=None, description="Plates that conduct imperfectly.")
    duration: PositiveTime | None = Field(
        default=None,
        description="Time from a uniform composition to the reading.",
        json_schema_extra={"default": "end of `[time]`; without one the steady state is read"},
    )
    limits: Flag = Field(
        default=True, description="Look for the gap, tilt and temperature difference that will do."
    )
