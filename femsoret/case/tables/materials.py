"""Tables of the materials of a cell: the fluid, overrides of its properties, and the solids."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import Annotated, Any, Final, Literal, TypeAlias

import numpy as np
from pydantic import Field, ValidationInfo, model_validator

from femsoret.base.errors import FluidError
from femsoret.case.messages import wrong
from femsoret.case.values import (
    FilePath,
    MixtureFraction,
    MolarMass,
    Property,
    Table,
    Temperature,
    Text,
    context_of,
    optional,
    property_of,
)
from femsoret.fluids import Fluid, load_fluid, read_fluid
from femsoret.fluids.fluid import ConductivityKind
from femsoret.fluids.sourced import FROM_CASE
from femsoret.physics.closures import Mixture, mixture_of
from femsoret.physics.closures.positivity import positive_properties, violations
from femsoret.problem.orientation import Orientation
from femsoret.solids import UNITS, Solid, load_solid, solid_of

_Property: TypeAlias = Property | None
ClosureName: TypeAlias = Literal["full", "dilute", "linearised"]
CLOSURE_MEANS: Final = (
    'how the Soret flux depends on c, as c(1-c) ("full"), c ("dilute") or c0(1-c0) ("linearised")'
)
"""Explanation of the closures, for the descriptions of keys."""

_TEMPERATURES: Final = 201
"""Number of temperatures between the walls at which property laws are checked."""


class Overrides(Table):
    """Fluid properties that replace those of the database or fluid file.

    Each is a quantity or the table of a property model, such as
    `{ kind = "iacopini-piazza", S_inf = "0.02 1/K", T_star = "278 K", T_0 = "15 K" }`. The
    uncertainty in the database does not apply to a replaced value. A relative uncertainty and a
    source can be added, as in
    `{ value = "3.1e-3 1/K", uncertainty = "4 %", source = "own measurement" }`, or in the table of
    a property model. Otherwise the uncertainty of the value is unknown.
    """

    density: Annotated[_Property, property_of("density")] = optional("Density.")
    viscosity: Annotated[_Property, property_of("viscosity")] = optional("Dynamic viscosity.")
    conductivity: Annotated[_Property, property_of("conductivity")] = optional(
        "Thermal conductivity, of the kind given by conductivity_kind."
    )
    conductivity_kind: ConductivityKind | None = optional(
        "Whether the conductivity is that at zero mass flux (as from a steady measurement) "
        "or at zero composition gradient (as from a hot wire)."
    )
    heat_capacity: Annotated[_Property, property_of("heat_capacity")] = optional(
        "Specific heat capacity at constant pressure."
    )
    thermal_expansion: Annotated[_Property, property_of("thermal_expansion")] = optional(
        "beta_T = -(1/rho) drho/dT."
    )
    solutal_expansion: Annotated[_Property, property_of("solutal_expansion")] = optional(
        "beta_c = (1/rho) drho/dc."
    )
    diffusion: Annotated[_Property, property_of("diffusion")] = optional("Diffusion coefficient D.")
    soret: Annotated[_Property, property_of("soret")] = optional(
        "Soret coefficient S_T. If it is positive, component 1 accumulates at the cold side."
    )
    thermodynamic_factor: Annotated[_Property, property_of("thermodynamic_factor")] = optional(
        "Thermodynamic factor Gamma, 1 for an ideal mixture."
    )
    molar_masses: tuple[MolarMass, MolarMass] | None = optional(
        "Molar masses of components 1 and 2."
    )

    def given(self) -> dict[str, Any]:
        """Return the properties that are set, by name."""
        return {key: value for key, value in self if value is not None}


class FluidTable(Table):
    """A binary fluid."""

    name: Text | None = optional("Name in the database (`femsoret fluids`), unless file is given.")
    file: FilePath | None = optional("User-defined fluid file, relative to the case file.")
    c0: MixtureFraction | None = optional(
        "Mean mass fraction of component 1 at filling.", default="that of the fluid"
    )
    T0: Temperature | None = optional(
        "Reference temperature.", default="mean of the wall temperatures"
    )
    closure: ClosureName = Field(default="full", description=f"Closure: {CLOSURE_MEANS}.")
    sources: dict[str, Text] = Field(
        default_factory=dict,
        description="Sources to take properties from, where the fluid has alternatives "
        '(`femsoret fluids NAME`), such as `{ soret = "Agar 1989" }`.',
    )
    overrides: Overrides = Field(default_factory=Overrides, description=f"Properties {FROM_CASE}.")

    @model_validator(mode="after")
    def _can_be_read(self) -> FluidTable:
        if (self.name is None) == (self.file is None):
            raise wrong("give either the name of a fluid or a file", "name = ... or file = ...")
        try:
            unchanged = self._unchanged
        except FluidError as error:
            key = "name" if self.file is None else "file"
            raise wrong(error.message, error.hint, key) from error
        try:
            unchanged = unchanged.chosen(self.sources)
        except FluidError as error:
            raise wrong(error.message, error.hint, "sources") from error
        try:
            self.fluid.check_complete()
        except FluidError as error:
            raise wrong(error.message, error.hint, self._culprit(unchanged)) from error
        return self

    @cached_property
    def _unchanged(self) -> Fluid:
        return load_fluid(self.name or "") if self.file is None else read_fluid(self.file)

    @cached_property
    def fluid(self) -> Fluid:
        """The fluid, with the chosen sources and the overrides applied."""
        return self._unchanged.chosen(self.sources).with_(**self.overrides.given())

    @property
    def mean_fraction(self) -> float:
        """Mean mass fraction of component 1: c0, or that of the fluid if c0 is not given."""
        return self.fluid.c if self.c0 is None else self.c0

    def conductivity(self, T_mean: float) -> float:
        """Return the thermal conductivity kappa at the reference state, W/(m K).

        Args:
            T_mean: Mean temperature of the walls, K; used if the table has no T0.
        """
        T0 = T_mean if self.T0 is None else self.T0
        return self.fluid.at(T0, self.mean_fraction).kappa

    def build(
        self,
        orientation: Orientation,
        up: tuple[float, ...],
        g: float,
        filled: Sequence[float] = (),
    ) -> Mixture:
        """Return the mixture at its reference state.

        Args:
            orientation: Hot and cold side, and their temperatures.
            up: Upward unit vector, opposite to gravity, shape (dim,).
            g: Magnitude of gravity, m/s^2.
            filled: Mean mass fractions of chambers that differ from c0.

        Raises:
            FluidError: A property is missing, or is not positive at a temperature between the
                walls.
        """
        T0 = orientation.T_mean if self.T0 is None else self.T0
        mixture = mixture_of(
            self.fluid, T0=T0, c0=self.mean_fraction, up=up, g=g, closure=self.closure
        )
        _check_laws(mixture, orientation, (self.mean_fraction, *filled))
        return mixture

    def warnings(self, orientation: Orientation, filled: Sequence[float] = ()) -> tuple[str, ...]:
        """Return a sentence for each property that is missing, or used outside its range.

        Args:
            orientation: Temperatures of the hot and the cold side.
            filled: Mean mass fractions of chambers that differ from c0.
        """
        T0 = orientation.T_mean if self.T0 is None else self.T0
        fractions = (self.mean_fraction, *filled)
        outside = self.fluid.warnings(
            (min(orientation.T_cold, T0), max(orientation.T_hot, T0)),
            (min(fractions), max(fractions)),
        )
        lacking = [name.replace("_", " ") for name in self.fluid.missing]
        if not lacking:
            return outside
        return (
            *outside,
            f"{self.fluid.name}: no value is known of {' and '.join(lacking)}: the Dufour effect "
            "and the entropy production are left out",
        )

    def _culprit(self, fluid: Fluid) -> str:
        """Return the key of the override that is invalid on its own, or else "overrides"."""
        for key, value in self.overrides.given().items():
            try:
                fluid.with_(**{key: value})
            except FluidError:
                return f"overrides.{key}"
        return "overrides"


def _check_laws(mixture: Mixture, orientation: Orientation, fractions: Sequence[float]) -> None:
    """Check that properties are positive between the walls, at the compositions of all chambers.

    Raises:
        FluidError: A property is not positive; the message names the worst state.
    """
    lowest, highest = (
        min(orientation.T_cold, mixture.T0),
        max(orientation.T_hot, mixture.T0),
    )
    T = np.linspace(lowest, highest, _TEMPERATURES, dtype=np.float64)
    others = tuple(np.full_like(T, c) for c in mixture.reference.c[1:])
    violating = [
        violation
        for c in (np.full_like(T, first) for first in fractions)
        for violation in violations(positive_properties(mixture, T, (c, *others)), T, c)
    ]
    if not violating:
        return
    worst = min(violating)
    ends = {
        0: f"at the cold side {orientation.cold!r}",
        len(T) - 1: f"at the hot side {orientation.hot!r}",
    }
    place = ends.get(worst.at, "between the cold and the hot side")
    raise FluidError(
        f"{worst}, {place}",
        "a positive number is required; a fitted law is meaningless outside the range of its fit: "
        f"use one that stays positive from {lowest:.6g} to {highest:.6g} K, or a smaller "
        "temperature difference",
    )


class SolidTable(Table):
    """A material of solid walls, under a user-defined name.

    With `[groups]`, its properties are plain numbers in units of the fluid's properties.
    Uncertainties and sources are given as in `[fluid.overrides]`.
    """

    name: Text | None = optional(
        "Name of a solid in the database, for the properties not given here."
    )
    conductivity: Annotated[_Property, property_of("conductivity")] = optional(
        "Thermal conductivity: a quantity or the table of a property model."
    )
    density: Annotated[_Property, property_of("density")] = optional("Density.")
    heat_capacity: Annotated[_Property, property_of("heat_capacity")] = optional(
        "Specific heat capacity."
    )

    @model_validator(mode="before")
    @classmethod
    def _numbers_in_groups(cls, table: object, info: ValidationInfo) -> object:
        if context_of(info).units == "groups" and isinstance(table, dict):
            for key, value in table.items():
                if isinstance(value, str):
                    raise wrong(
                        f"{value!r} is a text: with [groups], only plain numbers are allowed",
                        "give conductivity, density and heat capacity relative to the fluid's",
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
        """The solid, with the given properties applied to those of the database."""
        entries: dict[str, Any] = dict(load_solid(self.name).entries()) if self.name else {}
        given = {key: getattr(self, key) for key in UNITS if getattr(self, key) is not None}
        return solid_of(self.name or "solid", **(entries | given))
