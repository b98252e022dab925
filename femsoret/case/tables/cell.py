"""The cell: its shape and its mesh."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar, Final, Literal, TypeAlias, get_args

from pydantic import BeforeValidator, Field, field_validator

from femsoret.case.tables.kinds import kinds_of, one_of_kinds
from femsoret.case.tables.solids import WallTable
from femsoret.case.values import (
    Angle,
    Count,
    FilePath,
    Length,
    MixtureFraction,
    PositiveLength,
    Table,
    Text,
)
from femsoret.cells.axes import region_of
from femsoret.cells.cylinder import CylinderSide
from femsoret.cells.structured import RoundSide, Shape2D, Shape3D, Side2D, Side3D
from femsoret.physics.coordinates import AXISYMMETRIC


class _Cell(Table):
    """What every cell has."""

    kind: Any  # first here, so that it comes first in what is written
    gap: PositiveLength | None = Field(
        default=None,
        description="Distance L between hot and cold wall; to be given where one surrounds the "
        "other, together with the direction of gravity.",
        json_schema_extra={"default": "distance of the hot and the cold wall along their normal"},
    )

    @property
    def materials(self) -> dict[str, str]:
        """Solid region -> name of its material."""
        walls: dict[str, WallTable] = getattr(self, "walls", {})
        return {region_of(side): wall.material for side, wall in walls.items()}


class _Placed(_Cell):
    """A cell that can be turned."""

    rotation: Angle = Field(
        default=0.0,
        description="Turns the cell, with its points and lines, about z, anticlockwise. Tilt turns "
        "gravity instead.",
    )


class _Graded(_Cell):
    """A cell that is meshed here."""

    @field_validator("grading", mode="before", check_fields=False)
    @classmethod
    def _for_every_axis(cls, value: Any) -> Any:
        """Let a single number serve all axes."""
        if isinstance(value, int | float) and not isinstance(value, bool):
            return [value] * len(get_args(cls.model_fields["grading"].annotation))
        return value


_Ratio: TypeAlias = Annotated[float, Field(strict=True, ge=1)]
_WALLS: Final = "Side -> solid wall there, around the fluid whose measures the other keys give."
_GRADING: Final = "Mesh cell size in the middle over that at the walls; one number for all axes."


def is_axisymmetric(cell: _Cell) -> bool:
    """Return whether a cell is stated in coordinates (r, z).

    Args:
        cell: Its table.
    """
    return isinstance(cell, AnnulusCell) or getattr(cell, "coordinates", "") == AXISYMMETRIC.name


class RectangleCell(_Graded, _Placed):
    """A rectangle with one corner at the origin. Sides: left, right, bottom, top."""

    kind: Literal["rectangle"] = Field(description="A rectangle.")
    size: tuple[PositiveLength, PositiveLength] = Field(description="Width (x) and height (y).")
    cells: tuple[Count, Count] = Field(description="Numbers of mesh cells along x and y.")
    grading: tuple[_Ratio, _Ratio] = Field(default=(1.0, 1.0), description=_GRADING)
    shape: Shape2D = Field(default="quadrilateral", description="Shape of the mesh cells.")
    walls: dict[Side2D, WallTable] = Field(default_factory=dict, description=_WALLS)


class BoxCell(_Graded, _Placed):
    """A box with one corner at the origin. Sides: left, right, bottom, top, back, front."""

    kind: Literal["box"] = Field(description="A box.")
    size: tuple[PositiveLength, PositiveLength, PositiveLength] = Field(
        description="Lengths along x, y (from bottom to top) and z."
    )
    cells: tuple[Count, Count, Count] = Field(description="Numbers of mesh cells along x, y, z.")
    grading: tuple[_Ratio, _Ratio, _Ratio] = Field(default=(1.0, 1.0, 1.0), description=_GRADING)
    shape: Shape3D = Field(default="hexahedron", description="Shape of the mesh cells.")
    walls: dict[Side3D, WallTable] = Field(default_factory=dict, description=_WALLS)


class CylinderCell(_Graded, _Placed):
    """A cylinder that stands on the origin. Sides: bottom, top, side."""

    kind: Literal["cylinder"] = Field(description="A cylinder.")
    radius: PositiveLength = Field(description="Radius.")
    height: PositiveLength = Field(description="Height.")
    cells: tuple[Count, Count] = Field(
        description="Numbers of mesh cells across the diameter and over the height."
    )
    grading: tuple[_Ratio, _Ratio] = Field(
        default=(1.0, 1.0), description=_GRADING + " Two numbers: radial, over the height."
    )
    axis: Literal["y", "z"] = Field(default="y", description="Direction of the cylinder's axis.")
    shape: Shape3D = Field(default="hexahedron", description="Shape of the mesh cells.")
    order: Literal[1, 2] = Field(default=2, description="Degree of the geometry; 1: a polygon.")
    walls: dict[CylinderSide, WallTable] = Field(default_factory=dict, description=_WALLS)


class AnnulusCell(_Graded):
    """The space between two upright cylinders about r = 0. Sides: inner, outer, bottom, top."""

    rotation: ClassVar[float] = 0.0  # its axis is upright

    kind: Literal["annulus"] = Field(
        description="An annulus, or with no inner radius a cylinder, in coordinates (r, z): flow "
        "without swirl that does not depend on the angle. Gravity runs along z."
    )
    inner_radius: Length = Field(
        default=0.0,
        ge=0.0,
        description="Inner radius; 0: a whole cylinder, with its axis in place of the inner side.",
    )
    outer_radius: PositiveLength = Field(description="Outer radius.")
    height: PositiveLength = Field(description="Height.")
    cells: tuple[Count, Count] = Field(description="Numbers of mesh cells along r and z.")
    grading: tuple[_Ratio, _Ratio] = Field(
        default=(1.0, 1.0),
        description=_GRADING + " Two numbers: radial, over the height. The axis is no wall.",
    )
    shape: Shape2D = Field(default="quadrilateral", description="Shape of the mesh cells.")
    walls: dict[RoundSide, WallTable] = Field(
        default_factory=dict,
        description=_WALLS + " An inner wall as thick as the inner radius is a rod.",
    )


class FileCell(_Placed):
    """A mesh file; its named groups of facets are the sides."""

    kind: Literal["file"] = Field(description="A mesh from a file.")
    path: FilePath = Field(
        description="Mesh file (gmsh, or what meshio reads), relative to the case file."
    )
    scale: PositiveLength = Field(default=1.0, description="Length of the file's unit.")
    dim: Literal[2, 3] | None = Field(
        default=None,
        description="Dimension of the mesh cells to take.",
        json_schema_extra={"default": "the highest in the file"},
    )
    solids: dict[Text, Text] = Field(
        default_factory=dict,
        description="Solid region of the file (a named group of mesh cells) -> its material, the "
        "name of a solid in the database or of a `[solid.NAME]`; all else is fluid.",
    )
    fillings: dict[Text, MixtureFraction] = Field(
        default_factory=dict,
        description="Chamber of the fluid, which solids separate from the rest -> its mean mass "
        "fraction, where that is not c0. A chamber has the name of its group of mesh cells; where "
        "others have it, too, it is followed by a number in the order of x, y, z. "
        "`femsoret check` names the chambers.",
    )
    coordinates: Literal["cartesian", "axisymmetric"] = Field(
        default="cartesian",
        description="axisymmetric: x is the distance r from the axis, y the height z of a cell of "
        "revolution; facets on r = 0 are its axis and need no name. Gravity runs along z.",
    )

    @property
    def materials(self) -> dict[str, str]:
        """Solid region -> name of its material."""
        return dict(self.solids)


_AnyCell: TypeAlias = RectangleCell | BoxCell | CylinderCell | AnnulusCell | FileCell
CellTable: TypeAlias = Annotated[
    _AnyCell,
    Field(discriminator="kind"),
    BeforeValidator(lambda table: one_of_kinds(table, kinds_of(_AnyCell))),
]
