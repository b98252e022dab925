"""Binary fluids: properties, each with a source, an uncertainty and a range of validity.

Component 1 is the one named first. The mass fraction c, the Soret coefficient and the solutal
expansion coefficient refer to component 1: S_T > 0 means that component 1 migrates to the cold
side, and beta_c > 0 that component 1 is the denser one.

A property of which no number is known is a gap: the fluid states the reason instead, and what needs
the property says so. Numbers of other sources stand beside the one that is used, by name.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from math import inf, isfinite, nan, sqrt
from typing import Any, ClassVar, Final, Literal, TypeAlias, get_args

from pydantic import ConfigDict

from femsoret.base.errors import FluidError, nearest
from femsoret.fluids.composition import mass_fraction
from femsoret.fluids.gaps import check_gaps, described_gaps, lacking
from femsoret.fluids.material import Material
from femsoret.fluids.mixing import ActivityModel
from femsoret.fluids.optics import ContrastFactors
from femsoret.fluids.properties import negated, reflected, with_molar_masses
from femsoret.fluids.sourced import (
    SCHEMA,
    Number,
    Range,
    Sourced,
    outside_ranges,
    sourced,
    states_covered,
)
from femsoret.fluids.values import (
    PropertyValues,
    chemical_derivative,
    dufour_conductivity,
    heat_of_transport,
)

ConductivityKind: TypeAlias = Literal["no-flux", "no-gradient"]
"""Which conductivity is given: kappa (at zero mass flux) or kappa_0 (at uniform composition)."""

Phase: TypeAlias = Literal["fluid", "solid"]
"""Whether a mixture flows. In a solid heat and species move by conduction and diffusion alone."""


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

ATMOSPHERE: Final = 101325.0
"""Standard atmosphere, Pa."""

MOLAR_MASSES: Final = "molar_masses"
"""Name of the molar masses in :attr:`Fluid.missing`."""

FOR_ENTROPY: Final = ("thermodynamic_factor", MOLAR_MASSES)
"""Properties without which a mixture has neither a Dufour effect nor an entropy; nothing else needs
them."""

OF_FLOW: Final = ("viscosity", "thermal_expansion", "solutal_expansion")
"""Properties that only what flows has."""

_ODD: Final = frozenset({"soret", "solutal_expansion", "n_c"})
"""Properties that change sign when the components are exchanged."""

_POSITIVE: Final = frozenset(UNITS) - {"thermal_expansion", "solutal_expansion", "soret"}
"""Properties that must be positive; a mixture with Gamma <= 0 would be unstable."""


@dataclass(frozen=True, kw_only=True)
class Fluid(Material):
    """Properties of a binary mixture around a reference state.

    The constructor does not check its arguments; :meth:`validate` and :meth:`at` do. A property
    that is None is a gap, for which `missing` states the reason.

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
            :func:`femsoret.fluids.values.chemical_derivative` and :mod:`femsoret.fluids.mixing`.
        molar_masses: Molar masses of components 1 and 2, kg/mol.
        conductivity_kind: "no-flux" if `conductivity` is kappa, at zero mass flux, as measured in a
            steady state; "no-gradient" if it is kappa_0, at uniform composition, as measured by the
            transient hot-wire method.
        phase: "solid" for a species dissolved in a solid, which does not flow: it has neither a
            viscosity nor expansion coefficients, and these are no gaps.
        pressure: Pressure of the data, Pa.
        missing: Reasons why properties have no value, by name; "molar_masses" for these.
        alternatives: Values of other sources: name of the property -> name of the source -> value.
            See :meth:`chosen`.
        optics: Optical contrast factors, each at one wavelength.
        summary: One-line description of the mixture and its data.
    """

    name: str
    components: tuple[str, str]
    T: Number
    c: Number
    density: Sourced | None = None
    viscosity: Sourced | None = None
    conductivity: Sourced | None = None
    heat_capacity: Sourced | None = None
    thermal_expansion: Sourced | None = None
    solutal_expansion: Sourced | None = None
    diffusion: Sourced | None = None
    soret: Sourced | None = None
    thermodynamic_factor: Sourced | None = None
    molar_masses: tuple[Sourced, Sourced] | None = None
    conductivity_kind: ConductivityKind
    phase: Phase = "fluid"
    pressure: Number = ATMOSPHERE
    missing: Mapping[str, str] = field(default_factory=dict)
    alternatives: Mapping[str, Mapping[str, Sourced]] = field(default_factory=dict)
    optics: tuple[ContrastFactors, ...] = ()
    summary: str = ""

    __pydantic_config__: ClassVar[ConfigDict] = SCHEMA

    def __post_init__(self) -> None:
        """Give laws that are stated in mole fractions the molar masses of the fluid."""
        if self.molar_masses is None:
            return
        M1, M2 = (float(entry.value(self.T, self.c)) for entry in self.molar_masses)
        for name in UNITS:
            entry = getattr(self, name)
            # A model of Gamma stays without molar masses, and of no use, as another property.
            of_gamma = entry is not None and isinstance(entry.value, ActivityModel)
            if entry is not None and (name == "thermodynamic_factor" or not of_gamma):
                bound = replace(entry, value=with_molar_masses(entry.value, M1, M2))
                object.__setattr__(self, name, bound)

    def entries(self) -> dict[str, Sourced]:
        """Return the properties that have a value, with the keys molar_mass_1 and molar_mass_2."""
        found = {name: getattr(self, name) for name in UNITS}
        if self.molar_masses is not None:
            found |= dict(zip(("molar_mass_1", "molar_mass_2"), self.molar_masses, strict=True))
        return {name: entry for name, entry in found.items() if entry is not None}

    def require(self, name: str) -> Sourced:
        """Return a property that is needed.

        Args:
            name: Name of the property, one of :data:`UNITS`.

        Raises:
            FluidError: The property is a gap. The message says why, and what to give.
        """
        entry: Sourced | None = getattr(self, name)
        if entry is None:
            raise self._lacking([name])
        return entry

    @property
    def flows(self) -> bool:
        """Whether the mixture flows; a solid does not."""
        return self.phase != "solid"

    @property
    def properties(self) -> tuple[str, ...]:
        """Names of the properties that the mixture has, known or not, without molar masses."""
        return tuple(name for name in UNITS if self.flows or name not in OF_FLOW)

    def check_complete(self) -> None:
        """Check that all properties are known that a run needs.

        Raises:
            FluidError: Properties are gaps. The message names all of them, and what to give.
        """
        if gaps := self._unknown():
            raise self._lacking(gaps)

    @property
    def is_complete(self) -> bool:
        """Whether all properties are known that a run needs."""
        return not self._unknown()

    def _unknown(self) -> tuple[str, ...]:
        """Return the names of the properties without a value that a run needs."""
        needed = (name for name in self.properties if name not in FOR_ENTROPY)
        return tuple(name for name in needed if getattr(self, name) is None)

    @property
    def has_entropy(self) -> bool:
        """Whether the data determine the Dufour effect and the entropy production."""
        return all(getattr(self, name) is not None for name in FOR_ENTROPY)

    def known(self, T: float | None = None, c: float | None = None) -> dict[str, float]:
        """Evaluate the properties that have a value.

        Args:
            T: Temperature, K; None for the temperature of the reference state.
            c: Mass fraction of component 1; None for the composition of the reference state.

        Returns:
            The values by the names of :meth:`entries`, in SI units.

        Raises:
            FluidError: T or c is out of range, or a property is not finite or has a value there
                that is not physical.
        """
        T = self.T if T is None else T
        c = self.c if c is None else c
        self._check_state(T, c)
        found = {
            name: entry.at(T, c, f"{self.name}: {name}") for name, entry in self.entries().items()
        }
        for name, number in found.items():
            self._check_number(name, number, T, c)
        return found

    def at(self, T: float | None = None, c: float | None = None) -> PropertyValues:
        """Evaluate the properties at a temperature and a composition.

        Without Gamma or the molar masses these and mu_c are nan, and the heat of transport is 0. A
        solid has an infinite viscosity and expansion coefficients 0: it is the limit in which
        nothing flows.

        Args:
            T: Temperature, K; None for the temperature of the reference state.
            c: Mass fraction of component 1; None for the composition of the reference state.

        Returns:
            The properties as floats, in SI units.

        Raises:
            FluidError: A property is a gap, T or c is out of range, or a property is not finite or
                has a value there that is not physical.
        """
        self.check_complete()
        T = self.T if T is None else T
        c = self.c if c is None else c
        v = self.known(T, c)
        rho, D, S_T = (v[name] for name in ("density", "diffusion", "soret"))
        Gamma = v.get("thermodynamic_factor", nan)
        M1, M2 = (v.get(name, nan) for name in ("molar_mass_1", "molar_mass_2"))
        mu_c = float(chemical_derivative(T, c, Gamma, M1, M2))
        Qs = float(heat_of_transport(T, S_T, c * (1.0 - c), mu_c)) if self.has_entropy else 0.0
        kappa = v["conductivity"]
        if self.conductivity_kind == "no-gradient":
            kappa -= float(dufour_conductivity(rho, D, S_T, c * (1.0 - c), Qs))
        if kappa <= 0.0:
            allowed = T * sqrt(v["conductivity"] / (rho * D * T * mu_c)) / (c * (1.0 - c))
            raise FluidError(
                f"{self.name}: at T = {T:g} K, c = {c:g} the thermal diffusion factor "
                f"alpha_T = T S_T = {T * S_T:.3g} violates the second law of thermodynamics: the "
                f"Dufour effect exceeds the conductivity {v['conductivity']:.4g} W/m/K at uniform "
                f"composition, and kappa at zero mass flux would be {kappa:.3g} W/m/K",
                f"|alpha_T| must stay below {allowed:.3g} there: check soret, diffusion, "
                "thermodynamic_factor, conductivity and their ranges",
            )
        return PropertyValues(
            T=T,
            c=c,
            rho=rho,
            mu=v.get("viscosity", inf),
            kappa=kappa,
            cp=v["heat_capacity"],
            beta_T=v.get("thermal_expansion", 0.0),
            beta_c=v.get("solutal_expansion", 0.0),
            D=D,
            S_T=S_T,
            Gamma=Gamma,
            M1=M1,
            M2=M2,
            mu_c=mu_c,
            Qs=Qs,
        )

    def chosen(self, sources: Mapping[str, str]) -> Fluid:
        """Return the fluid with values of other sources, which may fill gaps.

        Args:
            sources: Name of the source by name of the property, as in `alternatives`.

        Raises:
            FluidError: The fluid has no such alternative.
        """
        chosen: dict[str, Sourced] = {}
        for name, source in sources.items():
            others = self.alternatives.get(name, {})
            if source not in others:
                allowed = ", ".join(repr(other) for other in others) or "none"
                known = nearest(name, UNITS) if name not in UNITS else f"there are: {allowed}"
                raise FluidError(
                    f"{self.name}: there is no alternative source {source!r} of {name}", known
                )
            chosen[name] = others[source]
        return self.with_(**chosen)

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
        filled = {name: why for name, why in self.missing.items() if new.get(name) is None}
        changed = replace(self, **{"missing": filled, **new})
        changed.validate()
        return changed

    def fractions(self, given: float | Mapping[str, float]) -> tuple[float, ...]:
        """Return the mass fraction of component 1 as a tuple, as fluids of more components do.

        Args:
            given: The mass fraction of component 1.

        Raises:
            FluidError: Mass fractions are given by name.
        """
        if isinstance(given, Mapping):
            raise FluidError(
                f"{self.name} has two components, but a table of mass fractions is given",
                f"give the mass fraction of {self.components[0]} as a number",
            )
        return (given,)

    @property
    def means(self) -> tuple[float, ...]:
        """Mass fraction of component 1 in the reference state, in the form of other fluids."""
        return (self.c,)

    def values_at(self, T: float, fractions: Sequence[float]) -> PropertyValues:
        """Return the property values, given mass fractions as fluids of more components take them.

        Args:
            T: Temperature, K.
            fractions: The mass fraction of component 1, one number.

        Raises:
            FluidError: As in :meth:`at`.
        """
        (c,) = fractions
        return self.at(T, c)

    def asymmetry(self, T: float | None = None, c: Sequence[float] | None = None) -> None:
        """Return None: Onsager's matrix of two components has one entry and is symmetric."""

    def mass_fraction(self, x: float) -> float:
        """Return the mass fraction of component 1.

        Args:
            x: Its mole fraction.

        Raises:
            FluidError: The molar masses are unknown.
        """
        if self.molar_masses is None:
            raise FluidError(
                f"{self.name}: x0 cannot be converted, since its molar masses are unknown",
                "give c0",
            )
        M1, M2 = (float(M.value(self.T, self.c)) for M in self.molar_masses)
        return float(mass_fraction(x, M1, M2))

    def swapped(self) -> Fluid:
        """Return the same fluid with components 1 and 2 exchanged."""
        parts = self.name.split("-")
        entries: dict[str, Any] = {
            name: _swapped(name, entry) for name, entry in self.entries().items() if name in UNITS
        }
        masses = self.molar_masses
        return replace(
            self,
            name="-".join(reversed(parts)) if len(parts) == 2 else self.name,
            components=self.components[::-1],
            c=_complement(self.c),
            molar_masses=None if masses is None else masses[::-1],
            alternatives={
                name: {source: _swapped(name, entry) for source, entry in others.items()}
                for name, others in self.alternatives.items()
            },
            optics=tuple(factors.swapped(_swapped) for factors in self.optics),
            **entries,
        )

    @property
    def gaps(self) -> tuple[str, ...]:
        """Descriptions of the properties without a published value: estimated or missing."""
        return described_gaps(self.entries(), self.missing)

    def warnings(self, T: float | Range, c: Sequence[float | Range]) -> tuple[str, ...]:
        """Return warnings about properties used outside the ranges that their sources cover.

        Args:
            T: Temperature, K, or the pair of the lowest and the highest temperature.
            c: Mass fraction of component 1, or the pair of its lowest and highest value; one entry.

        Returns:
            One sentence for each range that is exceeded.
        """
        (of_first,) = c
        of_T = outside_ranges(((n, e.T_range) for n, e in self.entries().items()), "T", T, " K")
        of_c = outside_ranges(((n, e.c_range) for n, e in self.entries().items()), "c", of_first)
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
        self._check_phase()
        names = (*self.properties, MOLAR_MASSES)
        check_gaps(self.name, {n: getattr(self, n) is not None for n in names}, self.missing)
        for name, entry in self.entries().items():
            entry.check(f"{self.name}: {name}", UNITS.get(name, MOLAR_MASS_UNIT))
        for name, others in self.alternatives.items():
            if name not in UNITS:
                raise FluidError(
                    f"{self.name}: alternatives: {name!r} is not a property", nearest(name, UNITS)
                )
            for source, entry in others.items():
                entry.check(f"{self.name}: {name} of {source}", UNITS[name])
        for factors in self.optics:
            factors.check(self.name)
        if not (isfinite(self.pressure) and self.pressure > 0.0):
            raise FluidError(
                f"{self.name}: pressure = {self.pressure:g} Pa is not positive",
                "give an absolute pressure in Pa: 1 atm is 101325",
            )
        self.known()
        if not set(self.missing) - set(FOR_ENTROPY):
            for T, c in states_covered(self.entries().values(), self.T, self.c):
                self.at(T, c)

    def _check_phase(self) -> None:
        if self.phase not in get_args(Phase):
            raise FluidError(
                f"{self.name}: unknown phase {self.phase!r}",
                nearest(str(self.phase), get_args(Phase)),
            )
        for name in OF_FLOW if not self.flows else ():
            if getattr(self, name) is not None or name in self.missing:
                raise FluidError(
                    f"{self.name}: {name} is given, but the phase is solid: a solid does not flow "
                    "and has none",
                    f"leave {name} out; leave out phase, too, if the mixture flows",
                )

    def _lacking(self, names: Iterable[str]) -> FluidError:
        units = {name: UNITS[name] for name in names}
        return lacking(self.name, units, self.missing, self.alternatives)

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


def _swapped(name: str, entry: Sourced) -> Sourced:
    limits = entry.c_range
    value = reflected(entry.value)
    return replace(
        entry,
        value=negated(value) if name in _ODD else value,
        c_range=None if limits is None else (_complement(limits[1]), _complement(limits[0])),
    )
