"""Tables of the materials of a cell: the fluid, overrides of its properties, and the solids."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Annotated, Any, Final, Literal, TypeAlias

import numpy as np
from pydantic import Field, PrivateAttr, Strict, ValidationInfo, model_validator

from femsoret.base.errors import FluidError
from femsoret.case.messages import wrong
from femsoret.case.values import (
    FileOrName,
    FilePath,
    Flag,
    InUnit,
    MixtureFractions,
    MolarMass,
    PositiveLength,
    Pressure,
    Property,
    PropertyIn,
    Table,
    Temperature,
    Text,
    ThermalMobility,
    context_of,
    optional,
    property_of,
)
from femsoret.fluids import AnyFluid, Fluid, load_fluid, read_fluid
from femsoret.fluids.fluid import ATMOSPHERE, ConductivityKind
from femsoret.fluids.gases import gas_of
from femsoret.fluids.multicomponent import COMPONENT_UNITS, PAIR_UNITS
from femsoret.fluids.properties.ranges import HINT
from femsoret.fluids.sourced import FROM_CASE
from femsoret.fluids.suspensions import suspension
from femsoret.physics.closures import Mixture, mixture_of
from femsoret.physics.closures.multicomponent import Reciprocity
from femsoret.physics.closures.positivity import positive_properties, violations
from femsoret.physics.closures.ranges import excess
from femsoret.problem.orientation import Orientation
from femsoret.solids import UNITS, Solid, load_solid, solid_of

_Property: TypeAlias = Property | None
ClosureName: TypeAlias = Literal["full", "dilute", "linearised"]
CLOSURE_MEANS: Final = (
    'how the Soret flux depends on c, as c(1-c) ("full"), c ("dilute") or c0(1-c0) ("linearised")'
)
"""Explanation of the closures, for the descriptions of keys."""

_WAYS: Final = ("name", "file", "gas")
"""Keys that say which fluid it is."""

_ROOM: Final = 300.0
"""Temperature of the reference state of a gas without T0, K; the case evaluates its laws at the
mean temperature of the walls."""

_TEMPERATURES: Final = 201
"""Number of temperatures between the walls at which property laws are checked."""


def _of_component(name: str) -> PropertyIn:
    return PropertyIn(COMPONENT_UNITS[name])


def _of_pair(name: str) -> PropertyIn:
    return PropertyIn(PAIR_UNITS[name])


class _Overriding(Table):
    """Base class of tables whose keys replace properties."""

    def given(self) -> dict[str, Any]:
        """Return the properties that are set, by name."""
        return {key: value for key, value in self if value is not None}


class ComponentOverrides(_Overriding):
    """Properties of one component of a fluid of three or more components.

    Those of a pair of components are tables by the name of the other component, such as
    `diffusion = { water = "1e-9 m2/s" }`. Values are given as in `[fluid.overrides]`.
    """

    solutal_expansion: Annotated[_Property, _of_component("solutal_expansion")] = optional(
        "(1/rho) drho/dc_i at constant mass fractions of all others but the last component."
    )
    soret: Annotated[_Property, _of_component("soret")] = optional(
        "S'_T,i = -dc_i/dT at rest, without a prefactor c(1-c)."
    )
    thermodiffusion: Annotated[_Property, _of_component("thermodiffusion")] = optional(
        "D'_T,i, without a prefactor c(1-c); in place of soret."
    )
    heat_of_transport: Annotated[_Property, _of_component("heat_of_transport")] = optional(
        "Heat of transport Q*_i, with onsager."
    )
    diffusion: dict[Text, Annotated[Property, _of_pair("diffusion")]] | None = optional(
        "D_ik, in the barycentric frame."
    )
    onsager: dict[Text, Annotated[Property, _of_pair("onsager")]] | None = optional(
        "L_ik of Onsager's symmetric matrix."
    )
    chemical_derivative: dict[Text, Annotated[Property, _of_pair("chemical_derivative")]] | None = (
        optional(
            "G_ik = d(mu_i - mu_last)/dc_k, which is symmetric. A plain number holds at the "
            "temperature of the fluid and is taken as proportional to T."
        )
    )


class Overrides(_Overriding):
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
    component: dict[Text, ComponentOverrides] | None = optional(
        "Properties of the components of a fluid of three or more, by name."
    )

    def given(self) -> dict[str, Any]:
        """Return the properties that are set, by name."""
        given = super().given()
        if self.component:
            given["component"] = {name: of.given() for name, of in self.component.items()}
        return given


class SpheresTable(Table):
    """Dilute spheres in component 2 of the fluid, driven by slip at their surface.

    They become component 1, with D of Stokes and Einstein and S_T = D_T/D, D_T = 2 kappa/(2 kappa +
    kappa_s) mu_s (theory.md). All else is that of the fluid named. Take `closure = "dilute"`.
    """

    name: Text = Field(default="spheres", description="Name of the component.")
    radius: PositiveLength = Field(description="Radius.")
    mu_s: ThermalMobility = Field(
        description="Mobility of the slip along grad T at their surface, positive if the fluid "
        "slips to the warm side: the spheres then go to the cold side."
    )
    conductivity: Annotated[float, Strict(), Field(ge=0), InUnit("W/m/K")] = Field(
        default=0.0, description="Thermal conductivity of the spheres."
    )
    density: Annotated[float, Strict(), Field(gt=0), InUnit("kg/m^3")] = Field(
        description="Mass density of the spheres."
    )

    def suspended_in(self, liquid: AnyFluid, c: MixtureFractions | None) -> Fluid:
        """Return the fluid of the suspension.

        Args:
            liquid: A binary fluid, in whose component 2 the spheres are suspended.
            c: Mean mass fraction of the spheres.

        Raises:
            FluidError: The liquid has more components, c is no number, or a number is out of range.
        """
        if not isinstance(liquid, Fluid) or not isinstance(c, float):
            raise FluidError(
                f"spheres in {liquid.name}: their mean mass fraction is not stated, or the fluid "
                "has more than two components",
                "give c0, such as 0.001, and a fluid of two components",
            )
        return suspension(
            liquid,
            radius=self.radius,
            mu_s=self.mu_s,
            kappa_s=self.conductivity,
            density=self.density,
            c=c,
            name=self.name,
        )


class FluidTable(Table):
    """A fluid of two components or more."""

    name: Text | None = optional(
        "Name in the database (`femsoret fluids`), unless file or gas is given."
    )
    file: FilePath | None = optional("User-defined fluid file, relative to the case file.")
    gas: Text | None = optional(
        'Gases with hyphens between, such as `"He-Ar"` or `"He-Ne-Ar"`, whose properties are '
        "computed with Cantera. They need x0 or c0."
    )
    spheres: SpheresTable | None = optional(
        "Dilute spheres that take the place of component 1; they need c0."
    )
    c0: MixtureFractions | None = optional(
        "Mean mass fraction of component 1 at filling; of three or more components a table of "
        "those of all, or of all but one, by name.",
        default="that of the fluid",
    )
    x0: MixtureFractions | None = optional(
        "Mean mole fractions at filling, in place of c0: a number for two components, a table for "
        "a gas of more."
    )
    pressure: Pressure | None = optional("Pressure of a gas.", default='`"1 atm"`')
    mechanism: FileOrName | None = optional(
        "File of Cantera's format from which all gases are taken: one that Cantera has, such as "
        "`gri30.yaml`, or one of your own, relative to the case file.",
        default="molecules of femsoret, and gri30.yaml for all others",
    )
    T0: Temperature | None = optional(
        "Reference temperature.", default="mean of the wall temperatures"
    )
    closure: ClosureName = Field(default="full", description=f"Closure: {CLOSURE_MEANS}.")
    any_density_change: Flag = Field(
        default=False,
        description="Whether to run although the density varies by more than half, for which the "
        "Boussinesq approximation is not meant. From a tenth on a warning says so.",
    )
    reciprocity: Reciprocity = Field(
        default="measured",
        description="Of three or more components: whether D is as measured, or corrected so that "
        "Onsager's matrix is symmetric (\"imposed\"); S'_T is kept, D'_T is recomputed.",
    )
    sources: dict[str, Text] = Field(
        default_factory=dict,
        description="Sources to take properties from, where the fluid has alternatives "
        '(`femsoret fluids NAME`), such as `{ soret = "Agar 1989" }`.',
    )
    overrides: Overrides = Field(default_factory=Overrides, description=f"Properties {FROM_CASE}.")

    _stated: Mapping[str, Any] = PrivateAttr(default_factory=dict)

    def with_stated(self, fields: Mapping[str, Any]) -> FluidTable:
        """Return the table of the same fluid with what another table states of it.

        Args:
            fields: Property laws and other fields of the fluid by name.
        """
        table = self.model_copy()
        table._stated = fields
        table.__dict__.pop("fluid", None)  # computed from the fields before
        return table

    @model_validator(mode="after")
    def _can_be_read(self) -> FluidTable:
        given = [key for key in _WAYS if getattr(self, key) is not None]
        if len(given) != 1:
            raise wrong(
                f"the fluid is given by {' and '.join(given)}: give either of them"
                if given
                else "give the name of a fluid or a file or a gas",
                'name = "water-ethanol", file = "mine.toml" or gas = "He-Ar"',
            )
        if self.c0 is not None and self.x0 is not None:
            raise wrong("c0 and x0 both state the mean composition", "keep one of them", "x0")
        if self.spheres is not None and (self.closure != "dilute" or self.gas is not None):
            raise wrong(
                "spheres are a dilute suspension in a liquid",
                'give closure = "dilute", and a name or file in place of a gas',
                "spheres",
            )
        if self.gas is None:
            for key in ("pressure", "mechanism"):
                if getattr(self, key) is not None:
                    raise wrong(f"{key} belongs to a gas", 'give gas = "He-Ar", for example', key)
        try:
            unchanged = self._unchanged
        except FluidError as error:
            raise wrong(error.message, error.hint, given[0]) from error
        several = len(unchanged.components) > 2
        if self.overrides.component is not None and not several:
            raise wrong(
                f"{unchanged.name} has two components",
                "give their properties in [fluid.overrides] itself",
                "overrides.component",
            )
        try:
            unchanged = unchanged.chosen(self.sources)
        except FluidError as error:
            raise wrong(error.message, error.hint, "sources") from error
        try:
            self.fluid.check_complete()
        except FluidError as error:
            raise wrong(error.message, error.hint, self._culprit(unchanged)) from error
        try:
            _ = self.mean_fractions
        except FluidError as error:
            raise wrong(error.message, error.hint, "c0" if self.x0 is None else "x0") from error
        if several and self.closure != "full":
            raise wrong(
                "a closure is for two components",
                "leave it out: coefficients of three or more components have no prefactor",
                "closure",
            )
        if self.reciprocity == "imposed" and self.fluid.asymmetry() is None:
            raise wrong(
                "reciprocity cannot be imposed on a fluid that has two components, states "
                "Onsager's symmetric matrix, or has no d(mu)/dc",
                'leave it out, or as "measured"',
                "reciprocity",
            )
        return self

    @cached_property
    def _unchanged(self) -> AnyFluid:
        if self.gas is not None:
            return gas_of(
                self.gas,
                x=self.x0,
                c=self.c0,
                pressure=self.pressure or ATMOSPHERE,
                T=self.T0 or _ROOM,
                mechanism=self.mechanism,
            )
        fluid = load_fluid(self.name or "") if self.file is None else read_fluid(self.file)
        return fluid if self.spheres is None else self.spheres.suspended_in(fluid, self.c0)

    @property
    def stated(self) -> AnyFluid:
        """The fluid that the table states, with the chosen sources and the overrides applied."""
        return self._unchanged.chosen(self.sources).with_(**self.overrides.given())

    @cached_property
    def fluid(self) -> AnyFluid:
        """The fluid of the run: as stated, with what another table states of it."""
        return self.stated.with_(**self._stated)

    @property
    def mean_fractions(self) -> tuple[float, ...]:
        """Mean mass fractions of all components but the last: c0 or x0, or else those of the fluid.

        Raises:
            FluidError: c0 does not fit the number of components of the fluid, or x0 belongs to a
                fluid of more than two components or unknown molar masses.
        """
        fluid = self.fluid
        if self.x0 is not None and self.gas is None:
            return (_mass_fraction(fluid, self.x0),)
        if self.c0 is None:
            return fluid.means
        return fluid.fractions(self.c0)

    @property
    def resolved_c0(self) -> float | dict[str, float]:
        """The mean mass fractions, as `c0` states them."""
        means = self.mean_fractions
        if len(means) == 1:
            return means[0]
        return dict(zip(self.fluid.components[:-1], means, strict=True))

    def conductivity(self, T_mean: float) -> float:
        """Return the thermal conductivity kappa at the reference state, W/(m K).

        Args:
            T_mean: Mean temperature of the walls, K; used if the table has no T0.
        """
        T0 = T_mean if self.T0 is None else self.T0
        return self.fluid.values_at(T0, self.mean_fractions).kappa

    def build(
        self,
        orientation: Orientation,
        up: tuple[float, ...],
        g: float,
        filled: Sequence[tuple[float, ...]] = (),
    ) -> Mixture:
        """Return the mixture at its reference state.

        Args:
            orientation: Hot and cold side, and their temperatures.
            up: Upward unit vector, opposite to gravity, shape (dim,).
            g: Magnitude of gravity, m/s^2.
            filled: Mean mass fractions of chambers that are filled with others than c0.

        Raises:
            FluidError: A property is missing, or is not positive at a temperature between the
                walls.
        """
        T0 = orientation.T_mean if self.T0 is None else self.T0
        means = self.mean_fractions
        mixture: Mixture = mixture_of(
            self.fluid,
            T0=T0,
            c0=means,
            up=up,
            g=g,
            closure=self.closure,
            reciprocity=self.reciprocity,
        )
        _check_laws(mixture, orientation, (means, *filled))
        return mixture

    def warnings(
        self, orientation: Orientation, filled: Sequence[tuple[float, ...]] = ()
    ) -> tuple[str, ...]:
        """Return a sentence for each property that is missing, or used outside its range.

        Args:
            orientation: Temperatures of the hot and the cold side.
            filled: Mean mass fractions of chambers that are filled with others than c0.
        """
        T0 = orientation.T_mean if self.T0 is None else self.T0
        T = min(orientation.T_cold, T0), max(orientation.T_hot, T0)
        each = [(min(c), max(c)) for c in zip(self.mean_fractions, *filled, strict=True)]
        outside = (*self.fluid.warnings(T, each), *self._on_reciprocity(T0))
        lacking = [name.replace("_", " ") for name in self.fluid.missing]
        if not lacking:
            return outside
        return (
            *outside,
            f"{self.fluid.name}: no value is known of {' and '.join(lacking)}: the Dufour effect "
            "and the entropy production are left out",
        )

    def _on_reciprocity(self, T: float) -> tuple[str, ...]:
        """Return what is to be said about Onsager's relations at the reference state."""
        fluid = self.fluid
        found = fluid.asymmetry(T, self.mean_fractions)
        if found is None:
            return ()
        if self.reciprocity == "imposed":
            return (
                f"{fluid.name}: Onsager's matrix was made symmetric, as asked: D and D'_T differ "
                f"from the data, S'_T does not. The asymmetry of the data is {found}",
            )
        if not found.is_significant:
            return ()
        return (
            f"{fluid.name}: the data contradict Onsager's reciprocal relations: the asymmetry of "
            f"L = rho T D G^-1 is {found}. Check the reference frame of D (barycentric), the order "
            "of the components and G; the run uses the data as they are",
        )

    def _culprit(self, fluid: AnyFluid) -> str:
        """Return the key of the override that is invalid on its own, or else "overrides"."""
        for key, value in self.overrides.given().items():
            try:
                fluid.with_(**{key: value})
            except FluidError:
                return f"overrides.{key}"
        return "overrides"


def _mass_fraction(fluid: AnyFluid, x: float | Mapping[str, float]) -> float:
    """Return the mass fraction of component 1 of a fluid of two components.

    Args:
        fluid: The fluid.
        x: Mole fraction of component 1.

    Raises:
        FluidError: The fluid has more components, or its molar masses are unknown.
    """
    if isinstance(x, Mapping):
        raise FluidError(
            f"{fluid.name}: x0 is a table, which is for gases of more than two components",
            f"give the mole fraction of {fluid.components[0]}, or c0",
        )
    return fluid.mass_fraction(x)


def _check_laws(
    mixture: Mixture, orientation: Orientation, fractions: Sequence[tuple[float, ...]]
) -> None:
    """Check the laws of properties between the walls, at the compositions of all chambers.

    Raises:
        FluidError: A law is used outside its range, or a property that must be positive is not; the
            message names the worst state.
    """
    lowest, highest = (
        min(orientation.T_cold, mixture.T0),
        max(orientation.T_hot, mixture.T0),
    )
    T = np.linspace(lowest, highest, _TEMPERATURES, dtype=np.float64)
    compositions = [tuple(np.full_like(T, mean) for mean in means) for means in fractions]
    for c in compositions:
        beyond = excess(mixture, T, c)
        if beyond is not None:
            raise FluidError(f"{beyond}; temperatures are {lowest:.6g} to {highest:.6g} K", HINT)
    violating = [
        violation
        for c in compositions
        for violation in violations(positive_properties(mixture, T, c), T, c[0])
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
