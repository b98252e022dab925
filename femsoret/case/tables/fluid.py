"""A fluid, and what of it the case gives itself."""

from __future__ import annotations

from functools import cached_property
from typing import Annotated, Any, Final, Literal, TypeAlias

from pydantic import Field, model_validator

from femsoret.base.errors import FluidError
from femsoret.case.values import (
    FilePath,
    MixtureFraction,
    MolarMass,
    PropertyOf,
    Table,
    Temperature,
    Text,
    wrong,
)
from femsoret.fluids import Fluid, load_fluid, read_fluid
from femsoret.fluids.fluid import ConductivityKind
from femsoret.fluids.given import FROM_CASE

ClosureName: TypeAlias = Literal["full", "dilute", "linearised"]
CLOSURE_MEANS: Final = (
    'how the Soret flux depends on c: f = c(1-c) ("full"), c ("dilute") or c0(1-c0) ("linearised")'
)
"""What a closure is, for the descriptions of its keys."""


class Overrides(Table):
    """Properties of the fluid given here instead of in the database.

    Each is a quantity or the table of a property model, such as
    `{ kind = "iacopini-piazza", S_inf = "0.02 1/K", T_star = "278 K", T_0 = "15 K" }`. The
    uncertainty of the database's value is not that of another: give your own, relative, and the
    source, `{ value = "3.1e-3 1/K", uncertainty = "4 %", source = "own measurement" }`, or both
    beside the kind of a model; without, the uncertainty of the value is unknown.
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
    closure: ClosureName = Field(default="full", description=f"Closure: {CLOSURE_MEANS}.")
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
