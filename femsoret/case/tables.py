"""The tables of a case file, one class each: keys, defaults, meanings.

The descriptions are the documentation: the reference page is made from them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from math import nan
from typing import Annotated, Any, ClassVar, Final, Literal, TypeAlias, get_args

from pydantic import (
    BeforeValidator,
    ConfigDict,
    Discriminator,
    Field,
    Tag,
    ValidationInfo,
    field_validator,
    model_validator,
)

from femsoret.case.values import (
    Acceleration,
    Angle,
    Count,
    FilePath,
    Flag,
    HeatFlux,
    HeatTransfer,
    Length,
    MassFraction,
    MixtureFraction,
    MolarMass,
    Number,
    Positive,
    PositiveLength,
    PropertyOf,
    Table,
    Temperature,
    Text,
    context_of,
    wrong,
)
from femsoret.cells.boxes import Shape2D, Shape3D
from femsoret.discretisation import DISCRETISATIONS, WELL_BALANCED
from femsoret.errors import FluidError, nearest
from femsoret.fluids import (
    DoubleDiffusiveGroups,
    Fluid,
    Groups,
    ScaledProperties,
    double_diffusive_values,
    load_fluid,
    property_values,
    read_fluid,
)
from femsoret.fluids.fluid import FROM_CASE, ConductivityKind
from femsoret.fluids.table import STANDARD_GRAVITY
from femsoret.forms import STABILISATIONS
from femsoret.solve.options import AUTOMATIC, PRESETS

ClosureName: TypeAlias = Literal["full", "dilute", "linearised"]
_CLOSURE: Final = (
    'how the Soret flux depends on c: f = c(1-c) ("full"), c ("dilute") or c0(1-c0) ("linearised")'
)


def _one_of_kinds(table: Any, kinds: Sequence[str]) -> Any:
    """Check the kind of a table before pydantic chooses the class by it."""
    if not isinstance(table, Mapping):
        return table
    if "kind" not in table:
        raise wrong("missing", nearest("", kinds), "kind")
    if table["kind"] not in kinds:
        raise wrong(f"unknown kind {table['kind']!r}", nearest(str(table["kind"]), kinds), "kind")
    return table


def _kinds(union: Any) -> tuple[str, ...]:
    """Return the kinds of a union of tables."""
    return tuple(get_args(table.model_fields["kind"].annotation)[0] for table in get_args(union))


# -- cell --------------------------------------------------------------------------------------


class _Placed(Table):
    """What every cell has."""

    kind: Any  # first here, so that it comes first in what is written
    rotation: Angle = Field(
        default=0.0,
        description="Turns the cell, with its points and lines, about z, anticlockwise. Tilt turns "
        "gravity instead.",
    )
    gap: PositiveLength | None = Field(
        default=None,
        description="Distance L between hot and cold wall.",
        json_schema_extra={"default": "distance of the centres of the hot and the cold wall"},
    )


class _Graded(_Placed):
    """A cell that is meshed here."""

    @field_validator("grading", mode="before", check_fields=False)
    @classmethod
    def _for_every_axis(cls, value: Any) -> Any:
        """Let a single number serve all axes."""
        if isinstance(value, int | float) and not isinstance(value, bool):
            return [value] * len(get_args(cls.model_fields["grading"].annotation))
        return value


_Ratio: TypeAlias = Annotated[float, Field(strict=True, ge=1)]
_GRADING: Final = "Mesh cell size in the middle over that at the walls; one number for all axes."


class RectangleCell(_Graded):
    """A rectangle with one corner at the origin. Sides: left, right, bottom, top."""

    kind: Literal["rectangle"] = Field(description="A rectangle.")
    size: tuple[PositiveLength, PositiveLength] = Field(description="Width (x) and height (y).")
    cells: tuple[Count, Count] = Field(description="Numbers of mesh cells along x and y.")
    grading: tuple[_Ratio, _Ratio] = Field(default=(1.0, 1.0), description=_GRADING)
    shape: Shape2D = Field(default="quadrilateral", description="Shape of the mesh cells.")


class BoxCell(_Graded):
    """A box with one corner at the origin. Sides: left, right, bottom, top, back, front."""

    kind: Literal["box"] = Field(description="A box.")
    size: tuple[PositiveLength, PositiveLength, PositiveLength] = Field(
        description="Lengths along x, y (from bottom to top) and z."
    )
    cells: tuple[Count, Count, Count] = Field(description="Numbers of mesh cells along x, y, z.")
    grading: tuple[_Ratio, _Ratio, _Ratio] = Field(default=(1.0, 1.0, 1.0), description=_GRADING)
    shape: Shape3D = Field(default="hexahedron", description="Shape of the mesh cells.")


class CylinderCell(_Graded):
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


_AnyCell: TypeAlias = RectangleCell | BoxCell | CylinderCell | FileCell
CellTable: TypeAlias = Annotated[
    _AnyCell,
    Field(discriminator="kind"),
    BeforeValidator(lambda table: _one_of_kinds(table, _kinds(_AnyCell))),
]


# -- fluid -------------------------------------------------------------------------------------


class Overrides(Table):
    """Properties of the fluid given here instead of in the database.

    Each is a quantity or the table of a property model, such as
    `{ kind = "iacopini-piazza", S_inf = "0.02 1/K", T_star = "278 K", T_0 = "15 K" }`.
    """

    density: Annotated[Any, PropertyOf("density")] = Field(default=None, description="Density.")
    viscosity: Annotated[Any, PropertyOf("viscosity")] = Field(
        default=None, description="Dynamic viscosity."
    )
    conductivity: Annotated[Any, PropertyOf("conductivity")] = Field(
        default=None, description="Thermal conductivity, of the kind that conductivity_kind says."
    )
    conductivity_kind: ConductivityKind | None = Field(
        default=None,
        description="Whether the conductivity is the one at zero mass flux (a steady experiment) "
        "or at zero composition gradient (a hot wire).",
    )
    heat_capacity: Annotated[Any, PropertyOf("heat_capacity")] = Field(
        default=None, description="Specific heat capacity at constant pressure."
    )
    thermal_expansion: Annotated[Any, PropertyOf("thermal_expansion")] = Field(
        default=None, description="beta_T = -(1/rho) drho/dT."
    )
    solutal_expansion: Annotated[Any, PropertyOf("solutal_expansion")] = Field(
        default=None, description="beta_c = (1/rho) drho/dc."
    )
    diffusion: Annotated[Any, PropertyOf("diffusion")] = Field(
        default=None, description="Diffusion coefficient D."
    )
    soret: Annotated[Any, PropertyOf("soret")] = Field(
        default=None,
        description="Soret coefficient S_T; positive: component 1 goes to the cold side.",
    )
    thermodynamic_factor: Annotated[Any, PropertyOf("thermodynamic_factor")] = Field(
        default=None, description="Gamma, 1 for an ideal mixture."
    )
    molar_masses: tuple[MolarMass, MolarMass] | None = Field(
        default=None, description="Molar masses of components 1 and 2."
    )

    def given(self) -> dict[str, Any]:
        """Return what is given, by name."""
        return {key: value for key, value in self if value is not None}


class FluidTable(Table):
    """A binary fluid."""

    name: Text | None = Field(
        default=None, description="Name in the database (`femsoret fluids`); or give a file."
    )
    file: FilePath | None = Field(
        default=None, description="A fluid file of your own, relative to the case file."
    )
    c0: MixtureFraction | None = Field(
        default=None,
        description="Mean mass fraction of the component named first: what was filled in.",
        json_schema_extra={"default": "the fluid's"},
    )
    T0: Temperature | None = Field(
        default=None,
        description="Reference temperature.",
        json_schema_extra={"default": "mean of the wall temperatures"},
    )
    closure: ClosureName = Field(default="full", description=f"Closure: {_CLOSURE}.")
    overrides: Overrides = Field(default_factory=Overrides, description=f"Properties {FROM_CASE}.")

    @model_validator(mode="after")
    def _can_be_read(self) -> FluidTable:
        if (self.name is None) == (self.file is None):
            raise wrong("give the name of a fluid or a file, one of them", "name = ..., file = ...")
        try:
            unchanged = self._unchanged
        except FluidError as error:
            key = "name" if self.file is None else "file"
            raise wrong(error.message, error.hint, key) from error
        try:
            _ = self.fluid
        except FluidError as error:
            raise wrong(error.message, error.hint, self._culprit(unchanged)) from error
        return self

    @cached_property
    def _unchanged(self) -> Fluid:
        return load_fluid(self.name or "") if self.file is None else read_fluid(self.file)

    @cached_property
    def fluid(self) -> Fluid:
        """The fluid with its overrides."""
        return self._unchanged.with_(**self.overrides.given())

    @property
    def mean_fraction(self) -> float:
        """Mean mass fraction of component 1, the fluid's own unless given."""
        return self.fluid.c if self.c0 is None else self.c0

    def _culprit(self, fluid: Fluid) -> str:
        """Return the override that is wrong by itself, or all of them together."""
        for key, value in self.overrides.given().items():
            try:
                fluid.with_(**{key: value})
            except FluidError:
                return f"overrides.{key}"
        return "overrides"


# -- groups ------------------------------------------------------------------------------------


class SoretGroups(Table):
    """Soret convection by its dimensionless groups, instead of a fluid."""

    Ra: Number = Field(description="Rayleigh number g beta_T dT L^3/(nu alpha).")
    Pr: Positive = Field(description="Prandtl number nu/alpha.")
    Le: Positive = Field(description="Lewis number alpha/D (about 100 in liquids).")
    psi: Number = Field(
        default=0.0,
        description="Separation ratio (beta_c/beta_T) S_T c0(1-c0); 0: c does not weigh.",
    )
    closure: ClosureName = Field(
        default="linearised", description=f"Closure: {_CLOSURE}. The others need S_T_dT and c0."
    )
    S_T_dT: Number = Field(
        default=0.01, description="Soret coefficient times the wall temperature difference."
    )
    c0: Annotated[float, Field(strict=True, gt=0, lt=1)] = Field(
        default=0.5, description="Mean mass fraction of component 1."
    )
    T0_dT: Positive | None = Field(
        default=None,
        description="Mean absolute temperature over the wall temperature difference; with mu_c it "
        "gives the Dufour effect and the entropy.",
        json_schema_extra={"default": "unknown"},
    )
    mu_c: Positive | None = Field(
        default=None,
        description="d(mu1 - mu2)/dc in units of cp dT, at the mean state.",
        json_schema_extra={"default": "unknown"},
    )

    @model_validator(mode="before")
    @classmethod
    def _needs_the_mixture(cls, table: Any) -> Any:
        # Only the linearised closure has results that do not depend on c0 and S_T dT once scaled.
        if isinstance(table, Mapping) and table.get("closure", "linearised") != "linearised":
            for key in ("S_T_dT", "c0"):
                if key not in table:
                    raise wrong("missing", "the full and the dilute closure depend on it", key)
        return table

    @model_validator(mode="after")
    def _is_possible(self) -> SoretGroups:
        if (self.T0_dT is None) != (self.mu_c is None):
            raise wrong(
                "T0_dT and mu_c belong together",
                "give both, for Dufour effect and entropy, or none",
            )
        try:
            self.scaled()
        except FluidError as error:
            raise wrong(error.message, error.hint) from error
        return self

    def scaled(self) -> ScaledProperties:
        """Return the properties in units of L, alpha, dT and rho."""
        return property_values(
            Groups(Ra=self.Ra, Pr=self.Pr, Le=self.Le, psi=self.psi),
            c0=self.c0,
            S_T_dT=self.S_T_dT,
            T0_dT=nan if self.T0_dT is None else self.T0_dT,
            mu_c=nan if self.mu_c is None else self.mu_c,
        )


class DoubleDiffusive(Table):
    """Double-diffusive convection by its groups: c is 0 and 1 on walls, the closure linearised."""

    model_config = ConfigDict(title="double-diffusive")
    closure: ClassVar[ClosureName] = "linearised"

    Ra: Number = Field(description="Rayleigh number g beta_T dT L^3/(nu alpha_0).")
    Pr: Positive = Field(description="Prandtl number nu/alpha_0.")
    Le: Positive = Field(description="Lewis number alpha_0/D.")
    N: Number = Field(default=0.0, description="Buoyancy ratio -beta_c dc/(beta_T dT).")
    Sr: Number = Field(default=0.0, description="Soret number S_T c0(1-c0) dT/dc.")
    Df: Number = Field(default=0.0, description="Dufour number rho D Q_s dc/(kappa_0 dT).")

    @model_validator(mode="after")
    def _is_possible(self) -> DoubleDiffusive:
        try:
            self.scaled()
        except FluidError as error:
            raise wrong(error.message, error.hint) from error
        return self

    def scaled(self) -> ScaledProperties:
        """Return the properties in units of L, alpha_0, dT and rho."""
        return double_diffusive_values(
            DoubleDiffusiveGroups(
                Ra=self.Ra, Pr=self.Pr, Le=self.Le, N=self.N, Sr=self.Sr, Df=self.Df
            )
        )


def _which_groups(table: Any) -> str:
    keys = set(table) if isinstance(table, Mapping) else set(type(table).model_fields)
    return "double-diffusive" if keys & {"N", "Sr", "Df"} else "soret"


def _one_set_of_groups(table: Any) -> Any:
    if not isinstance(table, Mapping):
        raise wrong("is not a table", "Ra = ..., Pr = ..., Le = ..., psi = ...")
    soret, double = SoretGroups.model_fields.keys(), DoubleDiffusive.model_fields.keys()
    mixed = [[key for key in table if key in some] for some in (soret - double, double - soret)]
    if all(mixed):
        raise wrong(
            f"{', '.join(mixed[0])} and {', '.join(mixed[1])} exclude each other",
            "either Ra, Pr, Le, psi or the double-diffusive Ra, Pr, Le, N, Sr, Df",
        )
    return table


GroupsTable: TypeAlias = Annotated[
    Annotated[SoretGroups, Tag("soret")] | Annotated[DoubleDiffusive, Tag("double-diffusive")],
    Discriminator(_which_groups),
    BeforeValidator(_one_set_of_groups),
]


# -- gravity -----------------------------------------------------------------------------------


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
        json_schema_extra={"default": "0 deg"},
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
        json_schema_extra={"default": "from the tilt"},
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


# -- conditions --------------------------------------------------------------------------------


class _OnSides(Table):
    """A condition on sides."""

    field: ClassVar[str]

    kind: Any  # first here, so that it comes first in what is written
    sides: Annotated[tuple[Text, ...], Field(min_length=1)] = Field(
        description='Names of sides, or ["all"] for those where no other condition says more.'
    )

    @field_validator("sides")
    @classmethod
    def _each_once(cls, sides: tuple[str, ...]) -> tuple[str, ...]:
        for side in sides:
            if sides.count(side) > 1:
                raise wrong(f"side {side!r} is named twice", "name each side once")
        if "all" in sides and len(sides) > 1:
            raise wrong('"all" stands beside other sides', 'either ["all"] or names of sides')
        return sides


class TemperatureCondition(_OnSides):
    """A wall at given temperature."""

    field: ClassVar[str] = "temperature"
    kind: Literal["temperature"] = Field(description="A wall at given temperature.")
    value: Temperature = Field(description="Temperature.")


class HeatFluxCondition(_OnSides):
    """A wall with given heat flux."""

    field: ClassVar[str] = "temperature"
    kind: Literal["heat-flux"] = Field(description="A wall with given heat flux.")
    value: HeatFlux = Field(description="Heat flux, positive into the cell.")


class RobinCondition(_OnSides):
    """A wall that exchanges heat with its surroundings."""

    field: ClassVar[str] = "temperature"
    kind: Literal["robin"] = Field(description="A wall that exchanges heat with surroundings.")
    h: HeatTransfer = Field(description="Heat transfer coefficient.")
    T_outside: Temperature = Field(description="Temperature of the surroundings.")


class InsulatedCondition(_OnSides):
    """A wall without heat flux (what a wall is when nothing is said)."""

    field: ClassVar[str] = "temperature"
    kind: Literal["insulated"] = Field(description="No heat flux; the default.")


class NoSlipCondition(_OnSides):
    """A wall at rest (what a wall is when nothing is said)."""

    field: ClassVar[str] = "velocity"
    kind: Literal["no-slip"] = Field(description="A wall at rest; the default.")


class FreeSlipCondition(_OnSides):
    """A flat wall without friction, or a plane of symmetry."""

    field: ClassVar[str] = "velocity"
    kind: Literal["free-slip"] = Field(description="A flat wall without friction.")


class CompositionCondition(_OnSides):
    """A wall at given composition."""

    field: ClassVar[str] = "composition"
    kind: Literal["composition"] = Field(description="A wall at given composition.")
    value: MassFraction = Field(description="Mass fraction of the component named first.")


class ClosedCondition(_OnSides):
    """An impermeable wall (what a wall is when nothing is said)."""

    field: ClassVar[str] = "composition"
    kind: Literal["closed"] = Field(description="No mass flux; the default.")


_AnyCondition: TypeAlias = (
    TemperatureCondition
    | HeatFluxCondition
    | RobinCondition
    | InsulatedCondition
    | NoSlipCondition
    | FreeSlipCondition
    | CompositionCondition
    | ClosedCondition
)
ConditionTable: TypeAlias = Annotated[
    _AnyCondition,
    Field(discriminator="kind"),
    BeforeValidator(lambda table: _one_of_kinds(table, _kinds(_AnyCondition))),
]


# -- readings ----------------------------------------------------------------------------------

_Point: TypeAlias = Annotated[tuple[Length, ...], Field(min_length=2, max_length=3)]


class ReadingTable(Table):
    """Where T and c are read, at either end: one of a wall, a point or a line.

    Coordinates are those of the cell as it is drawn, before its rotation.
    """

    wall: Text | None = Field(default=None, description="The mean over a side.")
    point: _Point | None = Field(default=None, description="The value at a point.")
    line: tuple[_Point, _Point] | None = Field(
        default=None, description="The mean along a straight line, from one end to the other."
    )

    @model_validator(mode="after")
    def _one_place(self) -> ReadingTable:
        if len(self.model_fields_set) != 1:
            raise wrong("give one of wall, point and line", '{ wall = "top" }')
        return self


class ExtraPair(Table):
    """A further pair of readings whose separation is reported."""

    name: Text = Field(description="Its name in the report.")
    hot: ReadingTable = Field(description="Reading at the hot end.")
    cold: ReadingTable = Field(description="Reading at the cold end.")


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

    @model_validator(mode="after")
    def _both_or_none(self) -> ReadingsTable:
        if (self.hot is None) != (self.cold is None):
            raise wrong(
                "a separation needs two readings: hot and cold",
                "give both, or none for the means of the hot and the cold wall",
            )
        names = [pair.name for pair in self.extra]
        for name in names:
            if names.count(name) > 1:
                raise wrong(f"two extra pairs are named {name!r}", "names tell them apart", "extra")
        return self


# -- solver and output -------------------------------------------------------------------------


def _petsc_option(value: Any) -> Any:
    if not isinstance(value, str | int | float):
        raise wrong(f"{value!r} is not an option", "a text, a number, true or false")
    return value


class SolverTable(Table):
    """How the equations are solved."""

    degree: Annotated[int, Field(strict=True, ge=2)] = Field(
        default=2, description="Polynomial degree of velocity, temperature and composition."
    )
    discretisation: Text = Field(
        default=WELL_BALANCED.name,
        description=f"Discretisation of the flow: {', '.join(f'`{n}`' for n in DISCRETISATIONS)}. "
        "`taylor-hood` makes flows of its own, for comparison; `scott-vogelius` splits every "
        "triangle into three and every tetrahedron, from degree 3, into four.",
    )
    preset: Text = Field(
        default=AUTOMATIC,
        description=f"Linear solver: {', '.join(f'`{name}`' for name in PRESETS)}, or "
        f"`{AUTOMATIC}`: multigrid in 3D, unless the problem is small or the mesh from a file; "
        "else direct.",
    )
    tolerance: Annotated[float, Field(strict=True, gt=0, lt=1)] = Field(
        default=1e-8, description="Largest last Newton update, relative to the solution."
    )
    stabilisation: Text = Field(
        default="none",
        description="Term for species layers that the mesh does not resolve: "
        f"{', '.join(f'`{name}`' for name in STABILISATIONS)}.",
    )
    max_iterations: Count = Field(default=20, description="Newton steps before giving up.")
    numerical_error: Flag = Field(
        default=True, description="Solve a second time at another resolution, to measure the error."
    )
    petsc: dict[Text, Annotated[Any, BeforeValidator(_petsc_option)]] = Field(
        default={}, description='Single PETSc options on top of the preset: `pc_type = "lu"`.'
    )

    @field_validator("discretisation")
    @classmethod
    def _is_known(cls, name: str) -> str:
        if name not in DISCRETISATIONS:
            raise wrong(f"unknown discretisation {name!r}", nearest(name, DISCRETISATIONS))
        return name

    @field_validator("preset")
    @classmethod
    def _exists(cls, preset: str) -> str:
        if preset not in (AUTOMATIC, *PRESETS):
            raise wrong(f"unknown preset {preset!r}", nearest(preset, (AUTOMATIC, *PRESETS)))
        return preset

    @field_validator("stabilisation")
    @classmethod
    def _is_offered(cls, stabilisation: str) -> str:
        if stabilisation not in STABILISATIONS:
            raise wrong(
                f"unknown stabilisation {stabilisation!r}", nearest(stabilisation, STABILISATIONS)
            )
        return stabilisation

    @field_validator("petsc")
    @classmethod
    def _without_dashes(cls, options: dict[str, Any]) -> dict[str, Any]:
        for key in options:
            if key.startswith("-"):
                raise wrong(f"option {key!r}", f"without dash: {key.lstrip('-')}")
        return options


class OutputTable(Table):
    """What is written besides the report."""

    formats: tuple[Literal["vtx", "xdmf"], ...] = Field(
        default=("vtx", "xdmf"),
        description="File formats of the fields, for ParaView; [] for none.",
    )
    figures: Flag = Field(default=True, description="Draw figures.")
