"""Binary fluids: properties, each with a source, an uncertainty and a range of validity.

Component 1 is the one named first. The mass fraction c, the Soret coefficient and the solutal
expansion coefficient refer to component 1: S_T > 0 means that component 1 migrates to the cold
side, and beta_c > 0 that component 1 is the denser one.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from math import isfinite
from typing import Any, ClassVar, Final, Literal, TypeAlias, get_args

from pydantic import ConfigDict

from femsoret.base.errors import FluidError, nearest
from femsoret.fluids.properties import negated, reflected
from femsoret.fluids.sourced import SCHEMA, Number, Range, Sourced, outside_ranges, sourced
from femsoret.fluids.values import (
    PropertyValues,
    chemical_derivative,
    dufour_conductivity,
    heat_of_transport,
)

ConductivityKind: TypeAlias = Literal["no-flux", "no-gradient"]
"""Which conductivity is given: kappa (at zero mass flux) or kappa_0 (at uniform composition)."""


UNITS: Final[Mapping[str, str]] = {
    "density": "kg/m3",
    "viscosity": "Pa s",
    "conductivity": "W/m/K",
    "heat_capacity": "J/kg/K",
    "thermal_expansion": "1/K",
    "solutal_expansion": "1",
    "diffusion": "m2/s",
    "soret": "1/K",
    "thermodynamic_factor": "1",
}
"""Names of the properties of a fluid, in the order of tables, and their SI units."""

MOLAR_MASS_UNIT: Final = "kg/mol"

_POSITIVE: Final = frozenset(UNITS) - {"thermal_expansion", "solutal_expansion", "soret"}
"""Properties that must be positive; a mixture with Gamma <= 0 would be unstable."""


@dataclass(frozen=True, kw_only=True)
class Fluid:
    """Properties of a binary mixture around a reference state.

    The constructor does not check its arguments; :meth:`validate` and :meth:`at` do.

    Args:
        name: Name of the mixture, component 1 first, such as "water-ethanol".
        components: Full names of components 1 and 2.
        T: Temperature of the reference state, K.
        c: Mass fraction of component 1 in the reference state.
        density: Mass density rho, kg/m3.
        viscosity: Dynamic viscosity, Pa s.
        conductivity: Thermal conductivity, W/m/K: see `conductivity_kind`.
        heat_capacity: Specific heat capacity at constant pressure, J/kg/K.
        thermal_expansion: Thermal expansion coefficient -(1/rho) drho/dT, 1/K.
        solutal_expansion: Solutal expansion coefficient (1/rho) drho/dc, dimensionless.
        diffusion: Mutual diffusion coefficient, m2/s.
        soret: Soret coefficient, 1/K.
        thermodynamic_factor: Gamma, dimensionless and 1 for an ideal mixture; see
            :func:`femsoret.fluids.values.chemical_derivative`.
        molar_masses: Molar masses of components 1 and 2, kg/mol.
        conductivity_kind: "no-flux" if `conductivity` is kappa, at zero mass flux, as measured in a
            steady state; "no-gradient" if it is kappa_0, at uniform composition, as measured by the
            transient hot-wire method.
        summary: One-line description of the mixture and its data.
    """

    name: str
    components: tuple[str, str]
    T: Number
    c: Number
    density: Sourced
    viscosity: Sourced
    conductivity: Sourced
    heat_capacity: Sourced
    thermal_expansion: Sourced
    solutal_expansion: Sourced
    diffusion: Sourced
    soret: Sourced
    thermodynamic_factor: Sourced
    molar_masses: tuple[Sourced, Sourced]
    conductivity_kind: ConductivityKind
    summary: str = ""

    __pydantic_config__: ClassVar[ConfigDict] = SCHEMA

    def entries(self) -> dict[str, Sourced]:
        """Return the sourced properties by name, with the keys molar_mass_1 and molar_mass_2."""
        entries: dict[str, Sourced] = {name: getattr(self, name) for name in UNITS}
        first, second = self.molar_masses
        return entries | {"molar_mass_1": first, "molar_mass_2": second}

    def at(self, T: float | None = None, c: float | None = None) -> PropertyValues:
        """Evaluate the properties at a temperature and a composition.

        Args:
            T: Temperature, K; None for the temperature of the reference state.
            c: Mass fraction of component 1; None for the composition of the reference state.

        Returns:
            The properties as floats, in SI units.

        Raises:
            FluidError: T or c is out of range, or a property is not finite or has a value there
                that is not physical.
        """
        T = self.T if T is None else T
        c = self.c if c is None else c
        self._check_state(T, c)
        v = {name: float(entry.value(T, c)) for name, entry in self.entries().items()}
        for name, number in v.items():
            self._check_number(name, number, T, c)
        rho, D, S_T, Gamma = (
            v[name] for name in ("density", "diffusion", "soret", "thermodynamic_factor")
        )
        M1, M2 = v["molar_mass_1"], v["molar_mass_2"]
        mu_c = float(chemical_derivative(T, c, Gamma, M1, M2))
        Qs = float(heat_of_transport(T, S_T, c * (1.0 - c), mu_c))
        kappa = v["conductivity"]
        if self.conductivity_kind == "no-gradient":
            kappa -= float(dufour_conductivity(rho, D, S_T, c * (1.0 - c), Qs))
        if kappa <= 0.0:
            raise FluidError(
                f"{self.name}: with the Dufour effect, the conductivity at zero mass flux is "
                f"{kappa:g} W/m/K, which is not positive",
                "soret, diffusion, thermodynamic_factor and conductivity together violate the "
                "second law of thermodynamics",
            )
        return PropertyValues(
            T=T,
            c=c,
            rho=rho,
            mu=v["viscosity"],
            kappa=kappa,
            cp=v["heat_capacity"],
            beta_T=v["thermal_expansion"],
            beta_c=v["solutal_expansion"],
            D=D,
            S_T=S_T,
            Gamma=Gamma,
            M1=M1,
            M2=M2,
            mu_c=mu_c,
            Qs=Qs,
        )

    def with_(self, **changes: Any) -> Fluid:
        """Return a validated copy of the fluid with some fields replaced.

        Args:
            **changes: New values of fields. A property may be a number in SI units, a property
                model, a table with the key `kind`, a table ``{"value": ..., "uncertainty": 0.05,
                "source": "..."}``, or a :class:`Sourced`. Without a source the entry is marked as
                given in the case; without an uncertainty the uncertainty is unknown.
                `molar_masses` is a list of two such values.

        Raises:
            FluidError: A name is unknown, or a value is not allowed.
        """
        allowed = [field.name for field in fields(self)]
        new: dict[str, Any] = {}
        for name, value in changes.items():
            if name not in allowed:
                raise FluidError(
                    f"{self.name}: a fluid has no field {name!r}", nearest(name, allowed)
                )
            if name in UNITS:
                new[name] = _from_case(name, UNITS[name], value)
            elif name == "molar_masses":
                if not isinstance(value, list | tuple) or len(value) != 2:
                    raise FluidError(
                        f"{self.name}: molar_masses = {value!r} is not a list of two values"
                    )
                new[name] = tuple(_from_case(name, MOLAR_MASS_UNIT, M) for M in value)
            else:
                new[name] = value
        changed = replace(self, **new)
        changed.validate()
        return changed

    def swapped(self) -> Fluid:
        """Return the same fluid with components 1 and 2 exchanged."""
        parts = self.name.split("-")
        entries: dict[str, Any] = {name: _swapped(entry) for name, entry in self.entries().items()}
        for odd in ("soret", "solutal_expansion"):
            entries[odd] = replace(entries[odd], value=negated(entries[odd].value))
        M1, M2 = entries.pop("molar_mass_1"), entries.pop("molar_mass_2")
        return replace(
            self,
            name="-".join(reversed(parts)) if len(parts) == 2 else self.name,
            components=self.components[::-1],
            c=_complement(self.c),
            molar_masses=(M2, M1),
            **entries,
        )

    def unverified(self) -> tuple[str, ...]:
        """Return the names of the properties whose numbers were not read in a primary source."""
        return tuple(name for name, entry in self.entries().items() if not entry.verified)

    @property
    def gaps(self) -> tuple[str, ...]:
        """Descriptions of the properties that are estimates for lack of a published value."""
        return tuple(
            f"{name}: assumed: {entry.source}" + (f" ({entry.note})" if entry.note else "")
            for name, entry in self.entries().items()
            if entry.assumed
        )

    def uncertainties(self) -> dict[str, float | None]:
        """Return the relative standard uncertainty of each property by name, None if unknown."""
        return {name: entry.uncertainty for name, entry in self.entries().items()}

    def warnings(self, T: float | Range, c: float | Range) -> tuple[str, ...]:
        """Return warnings about properties used outside the ranges that their sources cover.

        Args:
            T: Temperature, K, or the pair of the lowest and the highest temperature.
            c: Mass fraction of component 1, or the pair of its lowest and highest value.

        Returns:
            One sentence for each range that is exceeded.
        """
        of_T = outside_ranges(((n, e.T_range) for n, e in self.entries().items()), "T", T, " K")
        of_c = outside_ranges(((n, e.c_range) for n, e in self.entries().items()), "c", c)
        return tuple(f"{self.name}: {found}" for found in (*of_T, *of_c))

    def validate(self) -> None:
        """Check the units, numbers and ranges of the fluid and its values in the reference state.

        Raises:
            FluidError: A value is not allowed.
        """
        if len(self.components) != 2 or self.components[0] == self.components[1]:
            raise FluidError(
                f"{self.name}: components = {self.components} is not a pair of different names"
            )
        if self.conductivity_kind not in get_args(ConductivityKind):
            raise FluidError(
                f"{self.name}: unknown conductivity_kind {self.conductivity_kind!r}",
                nearest(str(self.conductivity_kind), get_args(ConductivityKind)),
            )
        for name, entry in self.entries().items():
            entry.check(f"{self.name}: {name}", UNITS.get(name, MOLAR_MASS_UNIT))
        self.at()

    def _check_state(self, T: float, c: float) -> None:
        if not (isfinite(T) and T > 0.0):
            raise FluidError(
                f"{self.name}: T = {T:g} K is not an absolute temperature",
                "give a finite temperature above 0 K",
            )
        if not 0.0 < c < 1.0:
            raise FluidError(
                f"{self.name}: the mass fraction c = {c:g} of {self.components[0]} is out of range",
                "give a mass fraction between 0 and 1, both excluded: 60.88 wt% is 0.6088",
            )

    def _check_number(self, name: str, number: float, T: float, c: float) -> None:
        where = f"{self.name}: {name} = {number:g} at T = {T:g} K, c = {c:g}"
        if not isfinite(number):
            raise FluidError(
                f"{where} is not finite", "check the range in which the model is valid"
            )
        if number <= 0.0 and (name in _POSITIVE or name not in UNITS):
            raise FluidError(
                f"{where} is not positive", "check the range in which the model is valid"
            )


def _from_case(name: str, unit: str, value: Any) -> Sourced:
    try:
        return sourced(value, unit)
    except FluidError as error:
        raise FluidError(f"{name}: {error.message}", error.hint) from error


def _complement(c: float) -> float:
    # Rounded so that a mass fraction of up to 15 decimals comes back exactly from the second swap.
    return round(1.0 - c, 15)


def _swapped(entry: Sourced) -> Sourced:
    limits = entry.c_range
    return replace(
        entry,
        value=reflected(entry.value),
        c_range=None if limits is None else (_complement(limits[1]), _complement(limits[0])),
    )
