"""Tables of the cell: its shape and its mesh."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, ClassVar, Final, Literal, TypeAlias, TypeVar, get_args

from mpi4py import MPI

from pydantic import Field, field_validator

from femsoret.case.values import (
    Angle,
    ByKind,
    Count,
    FilePath,
    Length,
    MixtureFractions,
    PositiveLength,
    Table,
    Text,
    optional,
)
from femsoret.cells import Cell, Wall, annulus, box, cylinder, from_file, rectangle
from femsoret.cells.axes import region_of
from femsoret.cells.cylinder import CylinderSide
from femsoret.cells.structured import RoundSide, Shape2D, Shape3D, Side2D, Side3D
from femsoret.physics.coordinates import AXISYMMETRIC, COORDINATES


class WallTable(Table):
    """A solid wall at a side of the fluid.

    Temperature conditions on that side apply at the outer surface of the wall. Where walls meet,
    the bottom and top walls extend over the corners.
    """

    thickness: PositiveLength = Field(description="Thickness of the wall.")
    material: Text = Field(
        description="Name of a solid in the database (`femsoret solids`) or of a `[solid.NAME]`."
    )
    cells: Count = Field(default=4, description="Number of mesh cells through the wall.")


class _Cell(Table):
    """Keys and properties common to all cells."""

    mesh_keys: ClassVar[tuple[str, ...]] = ("cells", "grading")
    """Keys that refine the mesh."""
    size_keys: ClassVar[tuple[str, ...]] = ("size",)
    """Keys that make the cell smaller."""

    kind: str  # first here, so that it comes first in what is written
    gap: PositiveLength | None = optional(
        "Distance L between the hot and the cold wall. Required, together with the direction "
        "of gravity, if one wall surrounds the other.",
        default="distance of the hot and the cold wall along their normal",
    )

    @property
    def materials(self) -> dict[str, str]:
        """Name of the material of each solid region, by the name of the region."""
        walls: dict[str, WallTable] = getattr(self, "walls", {})
        return {region_of(side): wall.material for side, wall in walls.items()}

    @property
    def is_axisymmetric(self) -> bool:
        """Whether the cell is described in coordinates (r, z)."""
        return False

    def upward_axes(self, dim: int) -> tuple[int, ...]:
        """Return the indices of the coordinates that may point upwards in the drawing.

        Args:
            dim: Dimension of the cell, 2 or 3.
        """
        return (1,)


class _Rotatable(_Cell):
    """A cell that can be rotated."""

    rotation: Angle = Field(
        default=0.0,
        description="Angle by which the cell, with its points and lines, is rotated anticlockwise "
        "about z. A tilt rotates gravity instead.",
    )

    def build(self, comm: MPI.Comm) -> Cell:
        """Return the meshed and rotated cell; collective.

        Args:
            comm: Communicator over which the mesh is distributed.

        Raises:
            FemsoretError: MeshError or CaseError if the mesh cannot be read or generated.
        """
        cell = self._as_drawn(comm)
        return cell.rotated(self.rotation) if self.rotation else cell

    def _as_drawn(self, comm: MPI.Comm) -> Cell:
        raise NotImplementedError


class _Graded(_Cell):
    """A cell whose mesh is generated, not read from a file."""

    @field_validator("grading", mode="before", check_fields=False)
    @classmethod
    def _for_every_axis(cls, value: object) -> object:
        """Repeat a single number for all axes."""
        if isinstance(value, int | float) and not isinstance(value, bool):
            return [value] * len(get_args(cls.model_fields["grading"].annotation))
        return value


_Side = TypeVar("_Side", bound=str)


def _walls(tables: Mapping[_Side, WallTable]) -> dict[str, Wall]:
    return {side: Wall(table.thickness, table.cells) for side, table in tables.items()}


_Ratio: TypeAlias = Annotated[float, Field(strict=True, ge=1)]
_WALLS: Final = (
    "Solid walls, by side. They lie outside the fluid, whose dimensions the other keys give."
)
_GRADING: Final = (
    "Ratio of the mesh cell size in the middle to that at the walls; a single number applies to "
    "all axes."
)


class RectangleCell(_Graded, _Rotatable):
    """A rectangle with one corner at the origin. Sides: left, right, bottom, top."""

    kind: Literal["rectangle"] = Field(description="A rectangle.")
    size: tuple[PositiveLength, PositiveLength] = Field(description="Width (x) and height (y).")
    cells: tuple[Count, Count] = Field(description="Numbers of mesh cells along x and y.")
    grading: tuple[_Ratio, _Ratio] = Field(default=(1.0, 1.0), description=_GRADING)
    shape: Shape2D = Field(default="quadrilateral", description="Shape of the mesh cells.")
    walls: dict[Side2D, WallTable] = Field(default_factory=dict, description=_WALLS)

    def _as_drawn(self, comm: MPI.Comm) -> Cell:
        walls = _walls(self.walls)
        return rectangle(
            comm, self.size, self.cells, grading=self.grading, shape=self.shape, walls=walls
        )


class BoxCell(_Graded, _Rotatable):
    """A box with one corner at the origin. Sides: left, right, bottom, top, back, front."""

    kind: Literal["box"] = Field(description="A box.")
    size: tuple[PositiveLength, PositiveLength, PositiveLength] = Field(
        description="Lengths along x, y (from bottom to top) and z."
    )
    cells: tuple[Count, Count, Count] = Field(description="Numbers of mesh cells along x, y, z.")
    grading: tuple[_Ratio, _Ratio, _Ratio] = Field(default=(1.0, 1.0, 1.0), description=_GRADING)
    shape: Shape3D = Field(default="hexahedron", description="Shape of the mesh cells.")
    walls: dict[Side3D, WallTable] = Field(default_factory=dict, description=_WALLS)

    def _as_drawn(self, comm: MPI.Comm) -> Cell:
        walls = _walls(self.walls)
        return box(comm, self.size, self.cells, grading=self.grading, shape=self.shape, walls=walls)


class CylinderCell(_Graded, _Rotatable):
    """A cylinder with the centre of its bottom at the origin. Sides: bottom, top, side."""

    size_keys: ClassVar[tuple[str, ...]] = ("radius", "height")

    kind: Literal["cylinder"] = Field(description="A cylinder.")
    radius: PositiveLength = Field(description="Radius of the fluid.")
    height: PositiveLength = Field(description="Height of the fluid.")
    cells: tuple[Count, Count] = Field(
        description="Numbers of mesh cells across the diameter and along the height."
    )
    grading: tuple[_Ratio, _Ratio] = Field(
        default=(1.0, 1.0), description=_GRADING + " Two numbers are radial and axial."
    )
    axis: Literal["y", "z"] = Field(default="y", description="Direction of the cylinder's axis.")
    shape: Shape3D = Field(default="hexahedron", description="Shape of the mesh cells.")
    order: Literal[1, 2] = Field(
        default=2,
        description="Polynomial degree of the geometry; with 1, circles become polygons.",
    )
    walls: dict[CylinderSide, WallTable] = Field(default_factory=dict, description=_WALLS)

    def upward_axes(self, dim: int) -> tuple[int, ...]:
        """Return the index of the cylinder's axis (see the base class)."""
        return ("xyz".index(self.axis),)

    def _as_drawn(self, comm: MPI.Comm) -> Cell:
        return cylinder(
            comm,
            self.radius,
            self.height,
            self.cells,
            axis=self.axis,
            order=self.order,
            grading=self.grading,
            shape=self.shape,
            walls=_walls(self.walls),
        )


class AnnulusCell(_Graded):
    """The space between two upright cylinders about r = 0. Sides: inner, outer, bottom, top."""

    size_keys: ClassVar[tuple[str, ...]] = ("inner_radius", "outer_radius", "height")
    rotation: ClassVar[float] = 0.0  # its axis is upright

    kind: Literal["annulus"] = Field(
        description="An annulus or, without an inner radius, a cylinder, in coordinates (r, z). "
        "The flow has no swirl and does not depend on the angle. Gravity runs along z."
    )
    inner_radius: Length = Field(
        default=0.0,
        ge=0.0,
        description="Inner radius. With 0 the cell is a full cylinder, and the axis replaces the "
        "inner side.",
    )
    outer_radius: PositiveLength = Field(description="Outer radius.")
    height: PositiveLength = Field(description="Height of the fluid.")
    cells: tuple[Count, Count] = Field(description="Numbers of mesh cells along r and z.")
    grading: tuple[_Ratio, _Ratio] = Field(
        default=(1.0, 1.0),
        description=_GRADING + " Two numbers are radial and axial. The axis is not a wall.",
    )
    shape: Shape2D = Field(default="quadrilateral", description="Shape of the mesh cells.")
    walls: dict[RoundSide, WallTable] = Field(
        default_factory=dict,
        description=_WALLS + " An inner wall as thick as the inner radius is a rod.",
    )

    @property
    def is_axisymmetric(self) -> bool:
        """True: the cell is described in coordinates (r, z)."""
        return True

    def build(self, comm: MPI.Comm) -> Cell:
        """Return the meshed cell; collective.

        Args:
            comm: Communicator over which the mesh is distributed.

        Raises:
            FemsoretError: MeshError or CaseError if the mesh cannot be generated.
        """
        return annulus(
            comm,
            (self.inner_radius, self.outer_radius),
            self.height,
            self.cells,
            grading=self.grading,
            shape=self.shape,
            walls=_walls(self.walls),
        )


class FileCell(_Rotatable):
    """A mesh from a file, whose named groups of facets are the sides."""

    mesh_keys: ClassVar[tuple[str, ...]] = ("path",)
    size_keys: ClassVar[tuple[str, ...]] = ("scale",)

    kind: Literal["file"] = Field(description="A mesh from a file.")
    path: FilePath = Field(
        description="Mesh file (Gmsh or any format that meshio reads), relative to the case file."
    )
    scale: PositiveLength = Field(default=1.0, description="Length of one unit of the file.")
    dim: Literal[2, 3] | None = optional(
        "Topological dimension of the mesh cells to read.", default="the highest in the file"
    )
    solids: dict[Text, Text] = Field(
        default_factory=dict,
        description="Materials of the solid regions, by the name of the region (a named group of "
        "mesh cells). A material is the name of a solid in the database or of a `[solid.NAME]`. "
        "Everything else is fluid.",
    )
    fillings: dict[Text, MixtureFractions] = Field(
        default_factory=dict,
        description="Mean mass fractions that differ from c0 (and are given like it), by the name "
        "of the chamber, a part "
        "of the fluid that solids separate from the rest. A chamber has the name of its group of "
        "mesh cells; several chambers of one group are numbered in the order of x, y, z. "
        "`femsoret check` lists the chambers.",
    )
    coordinates: Literal["cartesian", "axisymmetric"] = Field(
        default="cartesian",
        description="With axisymmetric coordinates, x is the distance r from the axis and y the "
        "height z in a body of revolution. Facets on r = 0 are its axis and need no name. Gravity "
        "is along z.",
    )

    @property
    def materials(self) -> dict[str, str]:
        """Name of the material of each solid region, by the name of the region."""
        return dict(self.solids)

    @property
    def is_axisymmetric(self) -> bool:
        """Whether the coordinates in the file are (r, z)."""
        return self.coordinates == AXISYMMETRIC.name

    def upward_axes(self, dim: int) -> tuple[int, ...]:
        """Return the index of y, and in 3D also that of z (see the base class)."""
        return (1, 2) if dim == 3 else (1,)

    def _as_drawn(self, comm: MPI.Comm) -> Cell:
        return from_file(
            comm,
            self.path,
            scale=self.scale,
            dim=self.dim,
            coordinates=COORDINATES[self.coordinates],
            solids=tuple(self.solids),
        )


CellTable: TypeAlias = Annotated[
    RectangleCell | BoxCell | CylinderCell | AnnulusCell | FileCell, ByKind()
]
