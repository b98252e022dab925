"""Fluids of N + 1 components: properties, each with a source, an uncertainty and a range.

The component named last is the rest, 1 - c_1 - ... - c_N. The mass fractions, the coefficients of
thermodiffusion and the solutal expansion coefficients refer to the others, in the order in which
they are named. Transport coefficients have no prefactor c(1-c), as in the literature on ternaries:

    j_i = -rho [sum_k D_ik grad c_k + D'_T,i grad T],    S'_T,i = sum_k (D^-1)_ik D'_T,k = -dc_i/dT

S'_T,i > 0 means that component i migrates to the cold side. Diffusion is stated in one of two ways:
by D with S'_T or D'_T, in the barycentric frame, or by Onsager's symmetric matrix L with heats of
transport Q* (see :mod:`femsoret.physics.closures.multicomponent`). The matrix G of derivatives of
the chemical potentials is symmetric, as second derivatives of the Gibbs energy are.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from math import isfinite
from typing import Any, ClassVar, Final, TypeAlias, get_args

import numpy as np
from pydantic import ConfigDict

from femsoret.base.errors import FluidError, nearest
from femsoret.base.types import Array
from femsoret.fluids.fluid import ATMOSPHERE, UNITS, ConductivityKind
from femsoret.fluids.gaps import described_gaps
from femsoret.fluids.material import Material
from femsoret.fluids.onsager import Asymmetry, asymmetry, onsager_matrix
from femsoret.fluids.properties import Constant, Property, Proportional
from femsoret.fluids.sourced import (
    SCHEMA,
    Number,
    Range,
    Sourced,
    outside_ranges,
    sourced,
    states_covered,
)
from femsoret.fluids.values import HeatAndMomentum

SHARED: Final = ("density", "viscosity", "conductivity", "heat_capacity", "thermal_expansion")
"""Properties of the fluid as a whole, in the order of tables."""

COMPONENT_UNITS: Final[Mapping[str, str]] = {
    "solutal_expansion": "1",
    "soret": "1/K",
    "thermodiffusion": "m2/s/K",
    "heat_of_transport": "J/kg",
}
"""Names of the properties of a component and their SI units."""

PAIR_UNITS: Final[Mapping[str, str]] = {
    "diffusion": "m2/s",
    "onsager": "kg2 K/m/s/J",
    "chemical_derivative": "J/kg",
}
"""Names of the properties of a pair of components and their SI units."""

_ALL_UNITS: Final = {**{name: UNITS[name] for name in SHARED}, **COMPONENT_UNITS, **PAIR_UNITS}

ROUNDED: Final = 1e-6
"""Largest imaginary part of an eigenvalue, relative to its modulus, attributed to round-off."""

_SYMMETRIC: Final = frozenset({"onsager", "chemical_derivative"})
"""Properties of pairs that are given once for each pair."""

_POSITIVE: Final = frozenset(SHARED) - {"thermal_expansion"}

_WAYS: Final = (
    "give each component solutal_expansion and either diffusion with soret (S'_T) or "
    "thermodiffusion (D'_T), or onsager with heat_of_transport and chemical_derivative; all "
    "components in the same way"
)

Pairs: TypeAlias = dict[str, Sourced]
"""Property of a component and another one, by the name of the latter."""


@dataclass(frozen=True, kw_only=True)
class FluidComponent:
    """One component of a fluid; also the schema of a table [[component]] in a fluid file.

    The last component of a fluid is the rest and has a name only.

    Args:
        name: Name of the component.
        c: Mass fraction in the reference state; None for the rest.
        solutal_expansion: (1/rho) drho/dc_i at constant mass fractions of all other components but
            the rest, dimensionless.
        soret: S'_T,i = -dc_i/dT at rest, 1/K.
        thermodiffusion: D'_T,i, m2/s/K. If `soret` is given, too, that counts, and D'_T = D S'_T.
        heat_of_transport: Q*_i, J/kg; with `onsager`.
        diffusion: D_ik, m2/s, by the name of component k.
        onsager: L_ik, kg2 K/m/s/J, by the name of component k; in place of `diffusion`.
        chemical_derivative: G_ik = d(mu_i - mu_(N+1))/dc_k, J/kg, by the name of component k. A
            plain number holds at the temperature of the fluid and is taken as proportional to T.
    """

    name: str
    c: Number | None = None
    solutal_expansion: Sourced | None = None
    soret: Sourced | None = None
    thermodiffusion: Sourced | None = None
    heat_of_transport: Sourced | None = None
    diffusion: Pairs = field(default_factory=dict)
    onsager: Pairs = field(default_factory=dict)
    chemical_derivative: Pairs = field(default_factory=dict)

    __pydantic_config__: ClassVar[ConfigDict] = SCHEMA

    def given(self) -> Iterator[str]:
        """Yield the names of the properties that are given."""
        for name in (*COMPONENT_UNITS, *PAIR_UNITS):
            if getattr(self, name):
                yield name

    def with_(self, **changes: Any) -> FluidComponent:
        """Return a copy with some properties replaced, as by :meth:`MulticomponentFluid.with_`."""
        new: dict[str, Any] = {}
        for name, value in changes.items():
            if name in COMPONENT_UNITS:
                new[name] = sourced(value, COMPONENT_UNITS[name])
            elif name in PAIR_UNITS and isinstance(value, Mapping):
                others = {key: sourced(entry, PAIR_UNITS[name]) for key, entry in value.items()}
                new[name] = {**getattr(self, name), **others}
            else:
                allowed = (*COMPONENT_UNITS, *PAIR_UNITS)
                raise FluidError(
                    f"{name} = {value!r} is not a property of a component", nearest(name, allowed)
                )
        return replace(self, **new)


def _proportional(component: FluidComponent, T: float) -> Pairs:
    """Return the derivatives of the chemical potential, those that are numbers as value T'/T."""
    return {
        name: replace(entry, value=Proportional(entry.value.value, T))
        if isinstance(entry.value, Constant)
        else entry
        for name, entry in component.chemical_derivative.items()
    }


@dataclass(frozen=True, eq=False, kw_only=True)
class MulticomponentValues(HeatAndMomentum):
    """Properties of a fluid at one temperature and composition, in SI units.

    Args:
        T: Temperature, K.
        c: Mass fractions of the first N components.
        rho: Density, kg/m3.
        mu: Dynamic viscosity, Pa s.
        kappa: Thermal conductivity at zero mass flux, W/m/K.
        kappa_0: Thermal conductivity at uniform composition, W/m/K.
        cp: Specific heat capacity, J/kg/K.
        beta_T: Thermal expansion coefficient -(1/rho) drho/dT, 1/K.
        beta_c: Solutal expansion coefficients, dimensionless, shape (N,).
        D: Diffusion matrix, m2/s, shape (N, N).
        soret: S'_T, 1/K, shape (N,).
        G: d(mu_i - mu_(N+1))/dc_k, J/kg, shape (N, N); None if it is unknown.
    """

    T: float
    c: tuple[float, ...]
    rho: float
    mu: float
    kappa: float
    kappa_0: float
    cp: float
    beta_T: float
    beta_c: Array
    D: Array
    soret: Array
    G: Array | None

    @property
    def slowest(self) -> float:
        """Smallest eigenvalue of the diffusion matrix (of its real parts), m2/s."""
        return float(np.linalg.eigvals(self.D).real.min())

    @property
    def thermodiffusion(self) -> Array:
        """D'_T = D S'_T, m2/(s K), shape (N,)."""
        return np.asarray(self.D @ self.soret)

    @property
    def psi(self) -> float:
        """Separation ratio, sum of beta_c,i S'_T,i over beta_T, dimensionless."""
        return float(self.beta_c @ self.soret) / self.beta_T


def check_second_law(name: str, at: MulticomponentValues) -> None:
    """Check that diffusion at one state increases the entropy.

    Args:
        name: Name of the fluid, for error messages.
        at: Values at the state.

    Raises:
        FluidError: D has an eigenvalue that is not real and positive, or the symmetric part of
            Onsager's matrix or of G is not positive definite.
    """
    where = f"{name}: at T = {at.T:g} K, c = {', '.join(f'{c:g}' for c in at.c)}"
    found = np.linalg.eigvals(at.D)
    if (np.abs(found.imag) > ROUNDED * np.abs(found)).any() or found.real.min() <= 0.0:
        raise FluidError(
            f"{where}, the diffusion matrix has the eigenvalues "
            f"{', '.join(f'{value:.3g}' for value in found)} m2/s",
            "they must be real and positive: check the order of components, the frame (barycentric)"
            " and the range in which the data are valid",
        )
    if at.G is None:
        return
    for what, matrix, consequence in (
        ("d(mu)/dc", at.G, "the mixture would separate into two phases"),
        (
            "Onsager's matrix",
            onsager_matrix(at.rho, at.T, at.D, at.G),
            "the entropy production could be negative",
        ),
    ):
        least = float(np.linalg.eigvalsh(0.5 * (matrix + matrix.T)).min())
        if least <= 0.0:
            raise FluidError(
                f"{where}, the symmetric part of {what} has the eigenvalue {least:.3g}, which is "
                f"not positive: {consequence}",
                "check the reference frame, the order of the components, the units and the range "
                "in which the data are valid",
            )


@dataclass(frozen=True, kw_only=True)
class MulticomponentFluid(Material):
    """Properties of a fluid of N + 1 components around a reference state; also its schema.

    Property models are called with T and the tuple of the N mass fractions. The constructor does
    not check its arguments; :meth:`validate` and :meth:`at` do. A property that is not given is a
    gap, for which `missing` states the reason.

    Args:
        name: Name of the mixture.
        T: Temperature of the reference state, K.
        component: The components; the last one is the rest.
        density: Mass density rho, kg/m3.
        viscosity: Dynamic viscosity, Pa s.
        conductivity: Thermal conductivity, W/m/K: see `conductivity_kind`.
        heat_capacity: Specific heat capacity at constant pressure, J/kg/K.
        thermal_expansion: Thermal expansion coefficient -(1/rho) drho/dT, 1/K.
        conductivity_kind: "no-flux" if `conductivity` is kappa, at zero mass flux; "no-gradient" if
            it is kappa_0, at uniform composition.
        pressure: Pressure of the data, Pa.
        missing: Reasons why properties have no value, by name, such as "diffusion".
        summary: One-line description of the mixture and its data.
    """

    name: str
    T: Number
    component: tuple[FluidComponent, ...]
    density: Sourced | None = None
    viscosity: Sourced | None = None
    conductivity: Sourced | None = None
    heat_capacity: Sourced | None = None
    thermal_expansion: Sourced | None = None
    conductivity_kind: ConductivityKind = "no-flux"
    pressure: Number = ATMOSPHERE
    missing: Mapping[str, str] = field(default_factory=dict)
    summary: str = ""

    __pydantic_config__: ClassVar[ConfigDict] = SCHEMA

    def __post_init__(self) -> None:
        """Make G proportional to T where it is a plain number.

        A constant G would state a heat of mixing of its own size.
        """
        bound = tuple(
            replace(component, chemical_derivative=_proportional(component, self.T))
            for component in self.component
        )
        object.__setattr__(self, "component", bound)

    @property
    def components(self) -> tuple[str, ...]:
        """Names of the N + 1 components, the rest last."""
        return tuple(component.name for component in self.component)

    @property
    def flows(self) -> bool:
        """Whether the mixture flows; solids have two components here."""
        return True

    @property
    def independent(self) -> tuple[FluidComponent, ...]:
        """The first N components."""
        return self.component[:-1]

    @property
    def c(self) -> tuple[float, ...]:
        """Mass fractions of the first N components in the reference state."""
        return tuple(float(component.c or 0.0) for component in self.independent)

    @property
    def means(self) -> tuple[float, ...]:
        """Mass fractions of all components but the last in the reference state, as in :attr:`c`."""
        return self.c

    def values_at(self, T: float, fractions: Sequence[float]) -> MulticomponentValues:
        """Return the property values; see :meth:`at`.

        Args:
            T: Temperature, K.
            fractions: Mass fractions of the first N components.
        """
        return self.at(T, tuple(fractions))

    def mass_fraction(self, x: float) -> float:
        """Refuse to convert one mole fraction x: there is one of each component.

        Raises:
            FluidError: Always.
        """
        raise FluidError(
            f"{self.name}: x0 cannot be converted, since it has more than two components", "give c0"
        )

    @property
    def is_phenomenological(self) -> bool:
        """Whether diffusion is stated by Onsager's matrix and heats of transport."""
        return any(component.onsager for component in self.independent)

    def entries(self) -> dict[str, Sourced]:
        """Return the sourced properties by name, such as "soret.water" or "diffusion.a.b"."""
        entries: dict[str, Sourced] = {
            name: getattr(self, name) for name in SHARED if getattr(self, name) is not None
        }
        for component in self.independent:
            for name in component.given():
                of = getattr(component, name)
                if name in PAIR_UNITS:
                    entries |= {f"{name}.{component.name}.{k}": one for k, one in of.items()}
                else:
                    entries[f"{name}.{component.name}"] = of
        return entries

    def require(self, name: str) -> Sourced:
        """Return a property of the fluid as a whole that is needed.

        Args:
            name: Name of the property, one of :data:`SHARED`.

        Raises:
            FluidError: The property is a gap. The message says why, and what to give.
        """
        entry: Sourced | None = getattr(self, name)
        if entry is None:
            self.check_complete()
        assert entry is not None
        return entry

    def vector(self, name: str) -> tuple[Property, ...]:
        """Return the models of a property of the first N components.

        Args:
            name: A key of :data:`COMPONENT_UNITS`, which all components give.
        """
        return tuple(getattr(component, name).value for component in self.independent)

    def matrix(self, name: str) -> tuple[tuple[Property, ...], ...] | None:
        """Return the models of a property of pairs, N x N; None if it is not given.

        Args:
            name: A key of :data:`PAIR_UNITS`.
        """
        if not any(getattr(component, name) for component in self.independent):
            return None
        names = self.components[:-1]
        return tuple(tuple(self.pair(name, i, k).value for k in names) for i in names)

    def pair(self, name: str, i: str, k: str) -> Sourced:
        """Return a property of two components, which may be given the other way round if symmetric.

        Args:
            name: A key of :data:`PAIR_UNITS`.
            i: Name of the component whose flux or potential it is.
            k: Name of the component whose gradient, force or mass fraction it belongs to.
        """
        of = {component.name: getattr(component, name) for component in self.independent}
        found: Sourced | None = of[i].get(k)
        if found is None and name in _SYMMETRIC:
            found = of[k].get(i)
        if found is None:
            raise FluidError(
                f"{self.name}: {name} of {i!r} and {k!r} is missing",
                f"give [component.{name}.{k}] under the component {i!r}",
            )
        return found

    def check_complete(self) -> None:
        """Check that all properties are known that a cell with flow needs.

        Raises:
            FluidError: Properties are gaps. The message names all of them, and what to give.
        """
        lacking = self._lacking()
        if not lacking:
            return
        reasons = "; ".join(
            f"{name}: {self.missing.get(name, 'no value is known')}" for name in lacking
        )
        of_components = [name for name in lacking if name not in SHARED]
        where = f"[fluid.overrides.component.{self.components[0]}]"
        raise FluidError(
            f"{self.name} has no {' and no '.join(lacking)} ({reasons})",
            "give the missing values"
            + (f", those of components in {where} and the like" if of_components else "")
            + " with a source, or in a fluid file of your own",
        )

    @property
    def is_complete(self) -> bool:
        """Whether all properties are known that a cell with flow needs."""
        return not self._lacking()

    def _lacking(self) -> list[str]:
        shared = [name for name in SHARED if getattr(self, name) is None]
        return shared + [name for name in self._needed() if not self._is_given(name)]

    def _needed(self) -> tuple[str, ...]:
        """Return the names of the properties of components without which there is no mixture."""
        if self.is_phenomenological:
            return ("solutal_expansion", "heat_of_transport", "onsager", "chemical_derivative")
        soret = "soret" if self._is_given("soret") else "thermodiffusion"
        return ("solutal_expansion", soret, "diffusion")

    def _is_given(self, name: str) -> bool:
        return any(getattr(component, name) for component in self.independent)

    def known(self, T: float | None = None, c: tuple[float, ...] | None = None) -> dict[str, float]:
        """Evaluate the properties that have a value.

        Args:
            T: Temperature, K; None for that of the reference state.
            c: Mass fractions of the first N components; None for those of the reference state.

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

    def at(
        self, T: float | None = None, c: tuple[float, ...] | None = None
    ) -> MulticomponentValues:
        """Evaluate the properties at a temperature and a composition.

        Args:
            T: Temperature, K; None for that of the reference state.
            c: Mass fractions of the first N components; None for those of the reference state.

        Raises:
            FluidError: A property is a gap, T or c is out of range, or a property is not finite or
                has a value there that is not physical.
        """
        self.check_complete()
        T = self.T if T is None else T
        c = self.c if c is None else c
        numbers = self.known(T, c)
        rho = numbers["density"]
        G = self._numbers("chemical_derivative", T, c)
        if self.is_phenomenological:
            assert G is not None  # as `validate` found
            L, heats = self._numbers("onsager", T, c), self._row("heat_of_transport", T, c)
            D, soret = L @ G / (rho * T), np.linalg.solve(G, heats) / T
        else:
            D = self._numbers("diffusion", T, c)
            soret = (
                self._row("soret", T, c)
                if self._is_given("soret")
                else np.linalg.solve(D, self._row("thermodiffusion", T, c))
            )
        # kappa_0 - kappa = rho Q*.D'_T with Q* = T G S'_T
        dufour = 0.0 if G is None else float(rho * (T * G @ soret) @ (D @ soret))
        kappa = numbers["conductivity"]
        if self.conductivity_kind == "no-gradient":
            kappa -= dufour
        if kappa <= 0.0:
            raise FluidError(
                f"{self.name}: with the Dufour effect, the conductivity at zero mass flux is "
                f"{kappa:g} W/m/K, which is not positive",
                "diffusion, thermodiffusion, chemical_derivative and conductivity together violate "
                "the second law of thermodynamics",
            )
        return MulticomponentValues(
            T=T,
            c=c,
            rho=rho,
            mu=numbers["viscosity"],
            kappa=kappa,
            kappa_0=kappa + dufour,
            cp=numbers["heat_capacity"],
            beta_T=numbers["thermal_expansion"],
            beta_c=self._row("solutal_expansion", T, c),
            D=D,
            soret=soret,
            G=G,
        )

    def asymmetry(
        self, T: float | None = None, c: tuple[float, ...] | None = None
    ) -> Asymmetry | None:
        """Return the asymmetry of Onsager's matrix; None without G, and if the fluid states L.

        Args:
            T: Temperature, K; None for that of the reference state.
            c: Mass fractions of the first N components; None for those of the reference state.

        Raises:
            FluidError: As in :meth:`at`.
        """
        at = self.at(T, c)
        if at.G is None or self.is_phenomenological:
            return None
        u_D = self._uncertainties("diffusion", at.D)
        return asymmetry(
            at.rho, at.T, at.D, at.G, u_D, self._uncertainties("chemical_derivative", at.G)
        )

    def _uncertainties(self, name: str, values: Array) -> Array | None:
        """Return the standard uncertainties of a matrix; None if one of them is unknown."""
        names = self.components[:-1]
        relative = [[self.pair(name, i, k).uncertainty for k in names] for i in names]
        known = [[u for u in row if u is not None] for row in relative]
        if known != relative:
            return None
        return np.abs(np.array(known) * values)

    def with_(self, **changes: Any) -> MulticomponentFluid:
        """Return a validated copy of the fluid with some fields replaced.

        Args:
            **changes: New values of fields. A property may be a number in SI units, a property
                model, the table of one, a table with `value`, `uncertainty` and `source`, or a
                :class:`Sourced`. `component` is a mapping from names of components to such values
                of their properties; those of pairs are mappings from names of components.

        Raises:
            FluidError: A name is unknown, or a value is not allowed.
        """
        new: dict[str, Any] = {}
        allowed = [entry.name for entry in fields(self)]
        for name, value in changes.items():
            if name in SHARED:
                new[name] = sourced(value, UNITS[name])
            elif name == "component":
                new[name] = self._with_components(value)
            elif name in allowed:
                new[name] = value
            else:
                raise FluidError(
                    f"{self.name}: a fluid of {len(self.component)} components has no field "
                    f"{name!r}; properties of components stand under their names",
                    nearest(name, allowed),
                )
        changed = replace(self, **new)
        filled = {
            name: why
            for name, why in self.missing.items()
            if not (getattr(changed, name) if name in SHARED else changed._is_given(name))
        }
        changed = replace(changed, missing=filled)
        changed.validate()
        return changed

    def chosen(self, sources: Mapping[str, str]) -> MulticomponentFluid:
        """Return the fluid with values of other sources, of which there are none.

        Args:
            sources: Name of the source by name of the property.

        Raises:
            FluidError: A source is chosen.
        """
        if sources:
            raise FluidError(
                f"{self.name}: there is no alternative source of {next(iter(sources))}",
                "give another value in [fluid.overrides]",
            )
        return self

    def _with_components(self, changes: Mapping[str, Any]) -> tuple[FluidComponent, ...]:
        names = self.components[:-1]
        for name in changes:
            if name not in names:
                raise FluidError(
                    f"{self.name}: properties of {name!r} cannot be replaced", nearest(name, names)
                )
        return tuple(
            component.with_(**changes[component.name]) if component.name in changes else component
            for component in self.component
        )

    @property
    def gaps(self) -> tuple[str, ...]:
        """Descriptions of the properties without a published value: estimated or missing."""
        return described_gaps(self.entries(), self.missing)

    def warnings(self, T: float | Range, c: Sequence[float | Range]) -> tuple[str, ...]:
        """Return warnings about properties used outside the ranges that their sources cover.

        Args:
            T: Temperature, K, or the pair of the lowest and the highest temperature.
            c: Mass fraction of each of the first N components, or the pair of its lowest and
                highest value.

        Returns:
            One sentence for each range that is exceeded; a `c_range` is one of the first component.
        """
        named = [(name.replace(".", " of ", 1), e) for name, e in self.entries().items()]
        of_T = outside_ranges(((name, e.T_range) for name, e in named), "T", T, " K")
        symbol = f"c of {self.components[0]}"
        of_c = outside_ranges(((name, e.c_range) for name, e in named), symbol, c[0])
        return tuple(f"{self.name}: {found}" for found in (*of_T, *of_c))

    def fractions(self, given: float | Mapping[str, float]) -> tuple[float, ...]:
        """Return the mass fractions of the first N components from those of all but one component.

        Args:
            given: Mass fractions by name of the component, of N or of all N + 1 components.

        Raises:
            FluidError: One number is given, a component is unknown or missing, or the mass
                fractions do not add up to 1.
        """
        if not isinstance(given, Mapping):
            names = ", ".join(f"{name} = ..." for name in self.components[:-1])
            raise FluidError(
                f"{self.name} has {len(self.components)} components, but one mass fraction is "
                "given",
                f"give a table: {{ {names} }}",
            )
        for name in given:
            if name not in self.components:
                raise FluidError(
                    f"{self.name} has no component {name!r}", nearest(name, self.components)
                )
        missing = [name for name in self.components if name not in given]
        total = sum(given.values())
        if len(missing) > 1:
            raise FluidError(
                f"{self.name}: the mass fractions of {', '.join(missing)} are missing",
                f"give those of all {len(self.components)} components, or of all but one",
            )
        if missing:
            given = {**given, missing[0]: 1.0 - total}
        elif abs(total - 1.0) > 1e-9:
            raise FluidError(
                f"{self.name}: the mass fractions add up to {total:g}, not to 1",
                "leave out one of them, which then is the rest",
            )
        fractions = tuple(float(given[name]) for name in self.components[:-1])
        self._check_fractions(fractions)
        return fractions

    def validate(self) -> None:
        """Check names, units, numbers and ranges, and the values in the reference state.

        Raises:
            FluidError: A value is not allowed, or a component lacks a property.
        """
        names = self.components
        if len(names) < 3 or len(set(names)) < len(names):
            raise FluidError(
                f"{self.name}: the components {', '.join(names)} are not at least three different "
                "ones",
                "a fluid of two components is given without [[component]], as those in the "
                "database are",
            )
        for name in names:
            if not name or "." in name:
                raise FluidError(
                    f"{self.name}: {name!r} is not allowed as the name of a component",
                    "use a name without a dot",
                )
        if self.conductivity_kind not in get_args(ConductivityKind):
            raise FluidError(
                f"{self.name}: unknown conductivity_kind {self.conductivity_kind!r}",
                nearest(str(self.conductivity_kind), get_args(ConductivityKind)),
            )
        self._check_components()
        rest = self.component[-1]
        if rest.c is not None or any(rest.given()):
            raise FluidError(
                f"{self.name}: the last component, {rest.name!r}, is the rest and has a name only",
                "its mass fraction and its coefficients follow from those of the others",
            )
        for name, entry in self.entries().items():
            kind = name.partition(".")[0]
            entry.check(f"{self.name}: {name}", _ALL_UNITS[kind])
        for name in self.missing:
            if name not in _ALL_UNITS:
                raise FluidError(f"{self.name}: missing names {name!r}", nearest(name, _ALL_UNITS))
            if getattr(self, name) is not None if name in SHARED else self._is_given(name):
                raise FluidError(f"{self.name}: {name} is given, but also under missing")
        self.known()
        if not any(getattr(self, n) is None for n in SHARED) and all(
            map(self._is_given, self._needed())
        ):
            self._check_range()

    def _check_range(self) -> None:
        """Check that the fluid obeys the second law in all states that its data cover.

        Raises:
            FluidError: A value is not allowed in one of these states.
        """
        for T, first in states_covered(self.entries().values(), self.T, self.c[0]):
            others = self.c[1:]
            if first + sum(others) < 1.0:
                check_second_law(self.name, self.at(T, (first, *others)))

    def _check_components(self) -> None:
        """Check that all components give the same properties, and all that are needed."""
        names = self.components[:-1]
        allowed = (
            {"solutal_expansion", "heat_of_transport", "onsager", "chemical_derivative"}
            if self.is_phenomenological
            else {"solutal_expansion", "soret", "thermodiffusion", "diffusion"}
            | {"chemical_derivative"}
        )
        wanted = {name for name in COMPONENT_UNITS if self._is_given(name)}
        for component in self.independent:
            where = f"{self.name}: component {component.name!r}"
            if component.c is None:
                raise FluidError(
                    f"{where} has no mass fraction c", "only the last component, the rest, has none"
                )
            given = set(component.given())
            missing, unused = sorted(wanted - given), sorted(given - allowed)
            if missing or unused:
                what = f"has no {missing[0]}" if missing else f"has {unused[0]}, too"
                raise FluidError(f"{where} {what}", _WAYS)
            for name in PAIR_UNITS:
                for k in getattr(component, name):
                    if k not in names:
                        raise FluidError(f"{where}: {name} names {k!r}", nearest(k, names))
                    if name in _SYMMETRIC and self._is_twice(name, component, k):
                        raise FluidError(
                            f"{where}: {name} of {component.name!r} and {k!r} is given twice",
                            "it is symmetric: give it under one of the two components",
                        )
        for name in PAIR_UNITS:
            self.matrix(name)  # all of it, or nothing

    def _is_twice(self, name: str, component: FluidComponent, k: str) -> bool:
        other = next(one for one in self.independent if one.name == k)
        return other is not component and component.name in getattr(other, name)

    def _row(self, name: str, T: float, c: tuple[float, ...]) -> Array:
        return np.array([float(law(T, c)) for law in self.vector(name)])

    def _numbers(self, name: str, T: float, c: tuple[float, ...]) -> Any:
        laws = self.matrix(name)
        return laws and np.array([[float(law(T, c)) for law in row] for row in laws])

    def _check_state(self, T: float, c: tuple[float, ...]) -> None:
        if not (isfinite(T) and T > 0.0):
            raise FluidError(
                f"{self.name}: T = {T:g} K is not an absolute temperature",
                "give a finite temperature above 0 K",
            )
        self._check_fractions(c)

    def _check_fractions(self, c: tuple[float, ...]) -> None:
        for name, fraction in zip(self.components, (*c, 1.0 - sum(c)), strict=True):
            if not 0.0 < fraction < 1.0:
                raise FluidError(
                    f"{self.name}: the mass fraction {fraction:g} of {name} is out of range",
                    "all mass fractions, and the rest, must be between 0 and 1",
                )

    def _check_number(self, name: str, number: float, T: float, c: tuple[float, ...]) -> None:
        values = ", ".join(f"{fraction:g}" for fraction in c)
        where = f"{self.name}: {name} = {number:g} at T = {T:g} K, c = {values}"
        if not isfinite(number) or (number <= 0.0 and name in _POSITIVE):
            what = "positive" if isfinite(number) else "finite"
            raise FluidError(
                f"{where} is not {what}", "check the range in which the model is valid"
            )
