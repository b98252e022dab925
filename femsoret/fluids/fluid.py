"""A binary fluid: its properties, each with a source, an uncertainty and a range.

Component 1 is the one named first. Mass fraction c, Soret coefficient and solutal expansion all
refer to component 1: S_T > 0 means that component 1 goes to the cold side, beta_c > 0 that it is
the denser one.
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
"""Which conductivity is given: kappa (no mass flux) or kappa_0 (no composition gradient)."""


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
"""The properties of a fluid, in the order in which they are shown, and their SI units."""

MOLAR_MASS_UNIT: Final = "kg/mol"

_POSITIVE: Final = frozenset(UNITS) - {"thermal_expansion", "solutal_expansion", "soret"}
"""What physics does not allow to be zero or negative; Gamma <= 0 would be an unstable mixture."""


@dataclass(frozen=True, kw_only=True)
class Fluid:
    """A binary mixture around a reference state.

    Making one checks nothing; :meth:`validate` and :meth:`at` do.

    Args:
        name: The two components, component 1 first: "water-ethanol".
        components: Their full names.
        T: Temperature of the reference state, K.
        c: Mass fraction of component 1 in the reference state.
        density: kg/m3.
        viscosity: Dynamic viscosity, Pa s.
        conductivity: Thermal conductivity, W/m/K: see `conductivity_kind`.
        heat_capacity: Specific heat capacity at constant pressure, J/kg/K.
        thermal_expansion: -(1/rho) drho/dT, 1/K.
        solutal_expansion: (1/rho) drho/dc.
        diffusion: Diffusion coefficient, m2/s.
        soret: Soret coefficient, 1/K.
        thermodynamic_factor: Gamma of :func:`femsoret.fluids.values.chemical_derivative`.
        molar_masses: Of components 1 and 2, kg/mol.
        conductivity_kind: Whether `conductivity` is the one at zero mass flux (kappa, of a steady
            experiment) or at zero composition gradient (kappa_0, of a hot wire).
        summary: One line on the mixture and its data.
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
        """Return all sourced properties by name, the molar masses as molar_mass_1 and _2."""
        entries: dict[str, Sourced] = {name: getattr(self, name) for name in UNITS}
        first, second = self.molar_masses
        return entries | {"molar_mass_1": first, "molar_mass_2": second}

    def at(self, T: float | None = None, c: float | None = None) -> PropertyValues:
        """Return the properties as plain floats.

        Args:
            T: Temperature, K; that of the reference state unless given.
            c: Mass fraction of component 1; that of the reference state unless given.

        Raises:
            FluidError: T or c is not possible, or a property is not finite or has a value that
                physics does not allow there.
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
                f"{self.name}: the Dufour effect leaves kappa = {kappa:g} W/m/K at zero mass flux",
                "soret, diffusion, thermodynamic_factor and conductivity contradict the second law",
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
        """Return a copy with some entries changed, and checked.

        Args:
            **changes: Fields of the fluid. A property may be a number (SI), a model, a table with a
                kind, or a :class:`Sourced`; unless it is the latter, the copy says that it was
                given in the case, and that its uncertainty is not known. ``{"value": ...,
                "uncertainty": 0.05, "source": "..."}`` says more. `molar_masses` takes two of them.

        Raises:
            FluidError: Unknown name, or a value that physics does not allow.
        """
        allowed = [field.name for field in fields(self)]
        new: dict[str, Any] = {}
        for name, value in changes.items():
            if name not in allowed:
                raise FluidError(f"{self.name}: a fluid has no {name!r}", nearest(name, allowed))
            if name in UNITS:
                new[name] = _from_case(name, UNITS[name], value)
            elif name == "molar_masses":
                if not isinstance(value, list | tuple) or len(value) != 2:
                    raise FluidError(f"{self.name}: molar_masses = {value!r} are not two values")
                new[name] = tuple(_from_case(name, MOLAR_MASS_UNIT, M) for M in value)
            else:
                new[name] = value
        changed = replace(self, **new)
        changed.validate()
        return changed

    def swapped(self) -> Fluid:
        """Return the same fluid with the components named the other way round."""
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
        """Return the names of the entries that were not read in a primary source."""
        return tuple(name for name, entry in self.entries().items() if not entry.verified)

    @property
    def gaps(self) -> tuple[str, ...]:
        """What the database has no published value for, and what is assumed instead."""
        return tuple(
            f"{name}: assumed: {entry.source}" + (f" ({entry.note})" if entry.note else "")
            for name, entry in self.entries().items()
            if entry.assumed
        )

    def uncertainties(self) -> dict[str, float | None]:
        """Return the relative standard uncertainties by name, None where unknown."""
        return {name: entry.uncertainty for name, entry in self.entries().items()}

    def warnings(self, T: float | Range, c: float | Range) -> tuple[str, ...]:
        """Return what is used outside the range that its source covers, one sentence a range.

        Args:
            T: Temperature, or the lowest and highest one, K.
            c: Mass fraction of component 1, or the lowest and highest one.
        """
        of_T = outside_ranges(((n, e.T_range) for n, e in self.entries().items()), "T", T, " K")
        of_c = outside_ranges(((n, e.c_range) for n, e in self.entries().items()), "c", c)
        return tuple(f"{self.name}: {found}" for found in (*of_T, *of_c))

    def validate(self) -> None:
        """Check the fluid: its numbers, units and ranges, and the values in the reference state.

        Raises:
            FluidError: What is wrong, which value it has, and what is allowed.
        """
        if len(self.components) != 2 or self.components[0] == self.components[1]:
            raise FluidError(f"{self.name}: {self.components} are not two components")
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
            raise FluidError(f"{self.name}: T = {T:g} K", "an absolute temperature above 0 K")
        if not 0.0 < c < 1.0:
            raise FluidError(
                f"{self.name}: mass fraction c = {c:g} of {self.components[0]}",
                "between 0 and 1, both excluded: 60.88 wt% is 0.6088",
            )

    def _check_number(self, name: str, number: float, T: float, c: float) -> None:
        where = f"{self.name}: {name} = {number:g} at T = {T:g} K, c = {c:g}"
        if not isfinite(number):
            raise FluidError(where, "a finite number")
        if number <= 0.0 and (name in _POSITIVE or name not in UNITS):
            raise FluidError(where, "a positive number; is the model used outside its range?")


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
