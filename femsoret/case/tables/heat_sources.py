"""Tables of heat sources inside the cell: laser beams and other heating of a volume."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Literal, TypeAlias

from pydantic import Field, Strict, ValidationInfo, model_validator

from femsoret.base.arithmetic import Arithmetic
from femsoret.base.errors import CaseError
from femsoret.base.profiles import FormulaProfile, Turned
from femsoret.base.units import quantity
from femsoret.case.messages import at_key, wrong
from femsoret.case.tables.coordinates import rotated
from femsoret.case.values import (
    ByKind,
    Direction,
    InUnit,
    Length,
    PositiveLength,
    Table,
    Text,
    context_of,
    optional,
)
from femsoret.cells import Cell
from femsoret.problem.heat_sources import FLUID, HeatSource, Uniform, beam

_PowerDensity: TypeAlias = Annotated[float, Strict(), InUnit("W/m^3")]
_Power: TypeAlias = Annotated[float, Strict(), InUnit("W")]
_PowerPerDepth: TypeAlias = Annotated[float, Strict(), InUnit("W/m")]
_Absorption: TypeAlias = Annotated[float, Strict(), Field(gt=0), InUnit("1/m")]


class _Source(Table):
    """A source of heat in the liquid or in a solid wall."""

    kind: str  # first here, so that it comes first in what is written
    region: Text | None = optional(
        "Solid region in which the heat is released, such as `left wall`.", default="the fluid"
    )

    @property
    def where(self) -> str:
        """Name of the solid region; "" for the fluid."""
        return FLUID if self.region is None else self.region

    def build(self, cell: Cell, rotation: float) -> HeatSource:
        """Return the source; collective.

        Args:
            cell: The cell, rotated.
            rotation: Angle by which the cell was rotated about z, degrees.

        Raises:
            FemsoretError: CaseError or ConditionError if the cell does not allow such a source.
        """
        raise NotImplementedError


class UniformSource(_Source):
    """A uniform power density."""

    kind: Literal["uniform"] = Field(description=__doc__)
    density: _PowerDensity = Field(description="Power density; negative where heat is removed.")

    def build(self, cell: Cell, rotation: float) -> HeatSource:
        """Return the source (see the base class)."""
        return HeatSource(Uniform(self.density), self.where)


class ExpressionSource(_Source):
    """A power density that is an expression of the coordinates."""

    kind: Literal["expression"] = Field(description=__doc__)
    expression: Text = Field(
        description="Power density, W/m^3, as arithmetic of the coordinates of the cell as drawn, "
        'x, y and z or r and z, such as `"1e6*exp(-(x/2)^2)"`. The functions are those of a '
        "`profile`; nothing else is evaluated."
    )
    length_unit: Text = Field(
        default="m", description="Unit of the coordinates in the expression, such as `mm`."
    )

    @model_validator(mode="after")
    def _is_arithmetic(self, info: ValidationInfo) -> ExpressionSource:
        if context_of(info).units == "groups" and "length_unit" in self.model_fields_set:
            raise wrong(
                "with [groups], coordinates have no units", "leave length_unit out", "length_unit"
            )
        try:
            _ = Arithmetic(self.expression, ("x", "y", "z", "r"))
            _ = quantity(f"1 {self.length_unit}", "m")
        except CaseError as error:
            raise wrong(error.message, error.hint) from error
        return self

    def build(self, cell: Cell, rotation: float) -> HeatSource:
        """Return the source (see the base class)."""
        names = ("r", "z") if cell.coordinates.has_axis else ("x", "y", "z")[: cell.dim]
        with at_key("expression"):
            formula = Arithmetic(self.expression, names)
        drawn = FormulaProfile(formula, quantity(f"1 {self.length_unit}", "m"))
        return HeatSource(Turned(drawn, rotation) if rotation else drawn, self.where)


class BeamSource(_Source):
    """A Gaussian laser beam that is absorbed along its way through the region (Beer-Lambert)."""

    kind: Literal["beam"] = Field(description=__doc__)
    power: _Power | None = optional(
        "Power that enters the region, less what is reflected; of a 2D cell only for a beam across "
        "its plane.",
        default="given by power_per_depth",
    )
    power_per_depth: _PowerPerDepth | None = optional(
        "In place of power: that of a sheet of light in the plane of a 2D cell, per metre of "
        "depth.",
        default="given by power",
    )
    radius: PositiveLength = Field(
        description="Radius w of the beam, at which the intensity is exp(-2) of that on its axis."
    )
    absorption: _Absorption = Field(
        description="Absorption coefficient a of the region at this wavelength: the power falls as "
        "exp(-a s). Decadic coefficients are multiplied by 2.303."
    )
    point: tuple[Length, ...] | None = optional(
        "A point on the axis of the beam, in coordinates of the cell as drawn.",
        default="r = 0 in axisymmetric cells; else required",
    )
    direction: Direction = Field(
        description="Direction of the beam, one number per dimension; [0, 0, 1] in a 2D cell is "
        "across its plane."
    )

    @model_validator(mode="after")
    def _one_power(self) -> BeamSource:
        if (self.power is None) == (self.power_per_depth is None):
            raise wrong(
                "missing" if self.power is None else "power and power_per_depth exclude each other",
                'give power = "5 mW" or, for a sheet of light in 2D, power_per_depth = "5 W/m"',
                "power",
            )
        return self

    def build(self, cell: Cell, rotation: float) -> HeatSource:
        """Return the source (see the base class)."""
        is_sheet = cell.dim == 2 and len(self.direction) == 2 and not cell.coordinates.has_axis
        power = self.power_per_depth if is_sheet else self.power
        if power is None:
            with at_key("power_per_depth" if self.power is None else "power"):
                raise CaseError(
                    "a beam in the plane of a 2D cell is a sheet of light"
                    if is_sheet
                    else "this beam is round",
                    'give power_per_depth = "5 W/m"' if is_sheet else 'give power = "5 mW"',
                )
        point = self.point
        if point is None:
            if not cell.coordinates.has_axis:
                with at_key("point"):
                    raise CaseError("missing", "point: a point on the axis of the beam")
            point = (0.0, 0.0)
        with at_key("direction" if len(point) == cell.dim else "point"):
            return beam(
                cell,
                power=power,
                radius=self.radius,
                absorption=self.absorption,
                point=rotated(point, rotation),
                direction=rotated(self.direction, rotation),
                region=self.where,
            )


HeatSourceTable: TypeAlias = Annotated[UniformSource | ExpressionSource | BeamSource, ByKind()]


def build_heat_sources(
    tables: Sequence[HeatSourceTable], cell: Cell, rotation: float
) -> tuple[HeatSource, ...]:
    """Return the heat sources of a cell; collective.

    Args:
        tables: The [[heat_source]] tables.
        cell: The cell, rotated.
        rotation: Angle by which the cell was rotated about z, degrees.

    Raises:
        FemsoretError: CaseError or ConditionError if the cell does not allow a source.
    """
    sources = []
    for i, table in enumerate(tables):
        with at_key("heat_source", i):
            sources.append(table.build(cell, rotation))
    return tuple(sources)
