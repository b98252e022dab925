"""Table of the magnitude and direction of gravity."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from pydantic import Field, ValidationInfo, field_validator, model_validator

from femsoret.base.errors import CaseError
from femsoret.case.messages import at_key, wrong
from femsoret.case.values import Acceleration, Angle, Direction, Table, context_of, optional
from femsoret.cells import Cell
from femsoret.fluids.groups import STANDARD_GRAVITY
from femsoret.problem.orientation import Orientation, check_up, tilt_and_lean, up_vector


class GravityTable(Table):
    """Gravity: its magnitude and its direction."""

    magnitude: Acceleration | None = Field(
        default=None,
        description="Acceleration |g|. Not allowed with [groups], where Ra sets it.",
        validate_default=True,
        json_schema_extra={"default": f"{STANDARD_GRAVITY} m/s^2"},
    )
    tilt: Angle | None = optional(
        "Angle between the cell's axis (from the cold to the hot wall) and the upward direction: "
        "at 0 the cell is heated from above, at 90 from the side, at 180 from below. With z "
        "towards the viewer, the upward direction turns anticlockwise.",
        default="0 deg; not set in axisymmetric cells, which allow 0 or 180 deg",
    )
    azimuth: Angle | None = optional(
        "In 3D, right-handed angle about the axis of the direction in which a tilt leans up. At 0 "
        "it is that of a rectangle: -x if the axis is +y, +y if the axis is +x. If the axis is "
        "+z, 0 leans to +x and 90 deg to +y.",
        default="0 deg",
    )
    direction: Direction | None = optional(
        "Direction of g, one number per dimension, instead of tilt and azimuth.",
        default="from the tilt; [0, -1] in (r, z) in axisymmetric cells",
    )

    @model_validator(mode="before")
    @classmethod
    def _one_direction(cls, table: object) -> object:
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

    @field_validator("magnitude")
    @classmethod
    def _set_once(cls, magnitude: float | None, info: ValidationInfo) -> float | None:
        if context_of(info).units == "groups":
            if magnitude is not None:
                raise wrong("gravity is given twice, here and by Ra in [groups]", "leave this out")
            return None
        return STANDARD_GRAVITY if magnitude is None else magnitude

    def build(self, cell: Cell, orientation: Orientation) -> tuple[float, ...]:
        """Return the upward unit vector, opposite to gravity, shape (dim,).

        Args:
            cell: The cell.
            orientation: Orientation of the cell, whose axis is the origin of the tilt.

        Raises:
            FemsoretError: CaseError or ConditionError if the cell cannot be oriented like this.
        """
        if self.direction is not None:
            if len(self.direction) != cell.dim:
                with at_key("direction"):
                    raise CaseError(
                        f"{len(self.direction)} numbers for a {cell.dim}D cell",
                        f"give {cell.dim}",
                    )
            length = float(np.linalg.norm(self.direction))
            up = tuple(0.0 - x / length for x in self.direction)
        else:
            self._check_tilt(cell, orientation)
            up = up_vector(orientation.axis, self.tilt or 0.0, self.azimuth or 0.0)
        check_up(cell, up)
        return up

    def _check_tilt(self, cell: Cell, orientation: Orientation) -> None:
        if self.tilt and self.tilt % 180.0 and cell.coordinates.has_axis:
            with at_key("tilt"):
                raise CaseError(
                    f"a tilt of {self.tilt:g} deg makes the flow in an axisymmetric cell depend on "
                    "the angle",
                    "omit the tilt, so that gravity points along -z; a tilted cell must be 3D "
                    '(kind = "cylinder")',
                )
        if orientation.rise is not None and self.magnitude != 0.0:
            raise CaseError(
                "heat sources alone drive the cell, so there is no hot and no cold wall between "
                "which the axis runs, from which a tilt could be measured",
                "give the direction of gravity, for example [0, -1] or, in 3D, [0, 0, -1]",
            )
        if orientation.dT and orientation.rise is None and orientation.wall_pair is None:
            raise CaseError(
                f"one of the sides {orientation.hot!r} and {orientation.cold!r} surrounds the "
                "other: there is no axis from which a tilt could be measured",
                "give the direction of gravity, for example [0, -1] or, in 3D, [0, 0, -1]",
            )
        if self.azimuth and cell.dim == 2:
            with at_key("azimuth"):
                raise CaseError("a 2D cell has no azimuth", "leave it out, or use a 3D cell")

    def lean(
        self, axis: tuple[float, ...], up: tuple[float, ...]
    ) -> tuple[float, tuple[float, ...]]:
        """Return the tilt, degrees, and the direction of lean, shape (dim,).

        The direction of lean is the unit vector perpendicular to the axis towards which the
        upward direction is tilted.

        Args:
            axis: Unit vector from the cold to the hot side, shape (dim,).
            up: Upward unit vector from :meth:`build`, shape (dim,).
        """
        if self.direction is None:
            return self.tilt or 0.0, up_vector(axis, 90.0, self.azimuth or 0.0)
        return tilt_and_lean(axis, up)

    def tilted(
        self, cell: Cell, orientation: Orientation, up: tuple[float, ...], more: float
    ) -> tuple[float, ...]:
        """Return the upward unit vector after increasing the tilt, shape (dim,).

        Args:
            cell: The cell.
            orientation: Orientation of the cell, with its axis.
            up: Upward unit vector from :meth:`build`, shape (dim,).
            more: Angle to add to the tilt, degrees.

        Raises:
            ConditionError: The cell is axisymmetric and cannot be tilted.
        """
        axis = orientation.axis
        if self.direction is None:
            more_up = up_vector(axis, (self.tilt or 0.0) + more, self.azimuth or 0.0)
        else:
            tilt, aside = tilt_and_lean(axis, up)
            angle = np.radians(tilt + more)
            leaned = np.cos(angle) * np.asarray(axis) + np.sin(angle) * np.asarray(aside)
            more_up = tuple(float(x) for x in leaned)
        check_up(cell, more_up)
        return more_up
