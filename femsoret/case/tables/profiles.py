"""Table of a temperature that varies along a wall."""

from __future__ import annotations

from collections.abc import Sequence
from math import isfinite
from typing import Final, Literal

from mpi4py import MPI

import numpy as np
from pydantic import Field, ValidationInfo, model_validator

from femsoret.base.arithmetic import Arithmetic
from femsoret.base.errors import CaseError
from femsoret.base.profiles import FormulaProfile, Interpolation, Profile, TableProfile, Turned
from femsoret.base.units import quantity
from femsoret.case.messages import wrong
from femsoret.case.values import Length, Table, Temperature, Text, Units, context_of, optional
from femsoret.cells import Cell
from femsoret.cells.along import along

_ZERO_CELSIUS: Final = 273.15

_REACH: Final = 1e-6
"""Part of the length of a table by which a wall may reach beyond it, for round-off."""


class ProfileTable(Table):
    """A temperature that varies along a wall: an expression of the coordinates, or a table.

    Coordinates are those of the cell as drawn, before its rotation: x, y and z, or r and z in an
    axisymmetric cell. An expression is arithmetic: `+ - * / ^`, brackets, `pi`, and the functions
    abs, cos, cosh, exp, log, max, min, sin, sinh, sqrt, tan, tanh. Nothing else is evaluated.
    """

    expression: Text | None = optional(
        'Temperature as an expression of the coordinates, such as `"300 + 20*x/0.08"`, in the '
        "units of `length_unit` and `temperature_unit`."
    )
    length_unit: Text = Field(
        default="m", description="Unit of the coordinates in the expression, such as `mm`."
    )
    temperature_unit: Literal["K", "degC"] = Field(
        default="K", description="Unit of the temperature that the expression gives."
    )
    along: Literal["x", "y", "z", "r"] | None = optional("Coordinate of the table.")
    at: tuple[Length, ...] | None = optional("Its values at the points, in ascending order.")
    temperature: tuple[Temperature, ...] | None = optional("Temperatures at the points.")
    interpolation: Interpolation = Field(
        default="monotone",
        description="Between the points: a smooth curve without overshoot, or straight lines.",
    )

    @model_validator(mode="after")
    def _one_form(self, info: ValidationInfo) -> ProfileTable:
        given = [part is not None for part in (self.along, self.at, self.temperature)]
        if any(given) if self.expression is not None else not all(given):
            raise wrong(
                "the profile is neither an expression nor a whole table",
                'give expression = "300 + 20*x/0.08", or else along, at and temperature',
            )
        if context_of(info).units == "groups" and self.model_fields_set & {
            "length_unit",
            "temperature_unit",
        }:
            raise wrong(
                "with [groups], coordinates and temperatures have no units",
                "leave length_unit and temperature_unit out",
            )
        try:
            _ = self._in_coordinates(("x", "y", "z", "r"))
        except CaseError as error:
            raise wrong(error.message, error.hint) from error
        return self

    def build(self, cell: Cell, sides: Sequence[str], rotation: float, units: Units) -> Profile:
        """Return the temperature as a function of the coordinates, K; collective.

        Args:
            cell: The cell, rotated.
            sides: Names of the sides where it is prescribed.
            rotation: Angle by which the cell was rotated about z, degrees.
            units: "SI", or "groups" where temperatures are dimensionless.

        Raises:
            CaseError: The cell does not have a coordinate that the profile uses, a temperature is
                not finite or not above 0 K, or a table ends before a side does.
        """
        names = ("r", "z") if cell.coordinates.has_axis else ("x", "y", "z")[: cell.dim]
        profile = self._in_coordinates(names)
        walls = dict.fromkeys(outer for side in sides for outer in cell.thermal_sides(side))
        for wall in walls:
            if isinstance(profile, TableProfile):
                _check_reach(profile, cell, wall, rotation, names)
            _check_values(_turned(profile, rotation), cell, wall, units)
        _check_inside(_turned(profile, rotation), cell)
        return _turned(profile, rotation)

    def _in_coordinates(self, names: tuple[str, ...]) -> Profile:
        """Return the temperature as a function of coordinates with these names, K.

        Raises:
            CaseError: The profile uses another coordinate, or cannot be evaluated.
        """
        if self.expression is not None:
            length = quantity(f"1 {self.length_unit}", "m")
            offset = _ZERO_CELSIUS if self.temperature_unit == "degC" else 0.0
            return FormulaProfile(Arithmetic(self.expression, names), length, offset)
        if self.along not in names:
            raise CaseError(
                f"the cell has no coordinate {self.along!r}",
                f"its coordinates are {', '.join(names)}",
            )
        points, values = self.at or (), self.temperature or ()
        return TableProfile(names.index(self.along), points, values, self.interpolation)


def _turned(profile: Profile, rotation: float) -> Profile:
    """Return a profile in coordinates of the drawing as one of the rotated cell."""
    return Turned(profile, rotation) if rotation else profile


def _check_values(profile: Profile, cell: Cell, side: str, units: Units) -> None:
    """Check that temperatures on a side are finite and above 0 K; collective."""
    found = along(cell, side, profile)
    if not (isfinite(found.lowest) and isfinite(found.highest)):
        raise CaseError(
            f"the temperature is not a finite number everywhere on side {side!r}",
            "check the expression at the coordinates of this side",
        )
    if found.lowest <= 0.0 and units == "SI":
        raise CaseError(
            f"the temperature falls to {found.lowest:g} K on side {side!r}",
            "give temperatures above 0 K; check length_unit and temperature_unit",
        )


def _check_inside(profile: Profile, cell: Cell) -> None:
    """Check that a profile has a value everywhere in a cell, not on walls alone; collective.

    What is prescribed on a wall is interpolated in the mesh cells at the wall.
    """
    inside = bool(np.isfinite(profile(cell.mesh.geometry.x.T)).all())
    if not cell.comm.allreduce(inside, op=MPI.LAND):
        raise CaseError(
            "the temperature is not a finite number everywhere in the cell",
            "write the expression so that it has a value between the walls, too",
        )


def _check_reach(
    table: TableProfile, cell: Cell, side: str, rotation: float, names: tuple[str, ...]
) -> None:
    """Check that a table does not end before a side does; collective."""
    reach = along(cell, side, _turned(lambda x: x[table.axis], rotation))
    first, last = table.points[0], table.points[-1]
    slack = _REACH * (last - first)
    if reach.lowest < first - slack or reach.highest > last + slack:
        name = names[table.axis]
        raise CaseError(
            f"the table covers {name} = {first:g} to {last:g} m, but side {side!r} has points at "
            f"{name} = {reach.lowest:.4g} to {reach.highest:.4g} m",
            "add points until the table covers the side",
        )
