"""Gravity."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import Field, ValidationInfo, field_validator, model_validator

from femsoret.case.values import Acceleration, Angle, Number, Table, context_of, wrong
from femsoret.fluids.table import STANDARD_GRAVITY


class GravityTable(Table):
    """Gravity: where up is, and how strong it is."""

    magnitude: Acceleration | None = Field(
        default=None,
        description="|g|. Not with [groups], whose Ra sets it.",
        validate_default=True,
        json_schema_extra={"default": f"{STANDARD_GRAVITY} m/s^2"},
    )
    tilt: Angle | None = Field(
        default=None,
        description="Angle from the cell's axis (cold to hot wall) to up: 0 heated from above, 90 "
        "from the side, 180 from below. Up turns anticlockwise as seen with z towards the viewer.",
        json_schema_extra={"default": "0 deg; none in axisymmetric cells, which take 0 or 180 deg"},
    )
    azimuth: Angle | None = Field(
        default=None,
        description="3D: turns the direction in which up leans about the axis, right-handed. At 0 "
        "a box leans as the rectangle does: to -x where the axis is +y, to +y where it is +x. "
        "Where the axis is +z, 0 leans to +x and 90 deg to +y.",
        json_schema_extra={"default": "0 deg"},
    )
    direction: Annotated[tuple[Number, ...], Field(min_length=2, max_length=3)] | None = Field(
        default=None,
        description="Direction of g, one number a dimension; instead of tilt and azimuth.",
        json_schema_extra={"default": "from the tilt; [0, -1], in (r, z), in axisymmetric cells"},
    )

    @model_validator(mode="before")
    @classmethod
    def _one_direction(cls, table: Any) -> Any:
        if not isinstance(table, Mapping):
            return table
        if "direction" not in table:
            return {"tilt": 0.0, "azimuth": 0.0, **table}
        for key in ("tilt", "azimuth"):
            if key in table:
                raise wrong(
                    f"the direction of gravity is given twice, by direction and by {key}",
                    f"leave out direction or {key}",
                    key,
                )
        return table

    @field_validator("direction")
    @classmethod
    def _points_somewhere(cls, direction: tuple[float, ...] | None) -> tuple[float, ...] | None:
        if direction is not None and not any(direction):
            raise wrong("a direction of length zero", "[0, -1] points down")
        return direction

    @field_validator("magnitude")
    @classmethod
    def _set_once(cls, magnitude: float | None, info: ValidationInfo) -> float | None:
        if context_of(info).units == "groups":
            if magnitude is not None:
                raise wrong("gravity is given twice, here and by Ra in [groups]", "leave it out")
            return None
        return STANDARD_GRAVITY if magnitude is None else magnitude
