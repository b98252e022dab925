"""Tables of the fluid database for the command line and the reports."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import pi
from typing import Final

from femsoret.fluids.database import AnyFluid
from femsoret.fluids.fluid import MOLAR_MASSES, OF_FLOW, UNITS
from femsoret.fluids.groups import STANDARD_GRAVITY, Groups, groups
from femsoret.fluids.multicomponent import MulticomponentFluid, MulticomponentValues
from femsoret.fluids.properties import kind
from femsoret.fluids.sourced import Sourced
from femsoret.fluids.values import PropertyValues

SYMBOLS: Final[Mapping[str, str]] = {
    "density": "rho",
    "viscosity": "mu",
    "conductivity": "kappa",
    "heat_capacity": "cp",
    "thermal_expansion": "beta_T",
    "solutal_expansion": "beta_c",
    "diffusion": "D",
    "soret": "S_T",
    "thermodynamic_factor": "Gamma",
    "molar_mass_1": "M1",
    "molar_mass_2": "M2",
}
"""Symbols of the properties of a fluid, by name."""

SYMBOLS_OF_COMPONENTS: Final[Mapping[str, str]] = {
    "solutal_expansion": "beta_c,{}",
    "soret": "S'_T,{}",
    "thermodiffusion": "D'_T,{}",
    "heat_of_transport": "Q*_{}",
    "diffusion": "D_{}{}",
    "onsager": "L_{}{}",
    "chemical_derivative": "G_{}{}",
}
"""Symbols of the properties of components, by name, with places for their numbers."""


GAP: Final = "-"
"""Letter of a property without a value."""

ORIGINS: Final[Mapping[str, str]] = {
    "r": "read in the source, or in its abstract",
    "d": "derived from numbers that were read",
    "c": "computed with a package, from a correlation or a model",
    "q": "quoted from the literature without having read the source, or derived from such numbers",
    "a": "assumed: an estimate, for lack of a published value",
    GAP: "a gap: no value is known",
}
"""Letters for the origins of values, the best one first, and what they mean."""


@dataclass(frozen=True, kw_only=True)
class Row:
    """One row of the table of a fluid: a property.

    Args:
        name: Name of the property.
        symbol: Symbol of the property; kappa_0 for a conductivity at uniform composition.
        value: Value at the chosen temperature and composition, in `unit`.
        unit: SI unit.
        uncertainty: Relative standard uncertainty; None if unknown.
        model: Name of the property model.
        source: DOI, citation, or a statement of how the value was estimated.
        verified: Whether the number was read in its primary source.
        assumed: Whether the number is an estimate.
        mark: How the number came here; see :attr:`femsoret.fluids.sourced.Sourced.mark`.
        note: Remarks for users.
    """

    name: str
    symbol: str
    value: float
    unit: str
    uncertainty: float | None
    model: str
    source: str
    verified: bool
    assumed: bool
    mark: str
    note: str


@dataclass(frozen=True, kw_only=True)
class SampleCell:
    """Orders of magnitude for a fluid between a hot and a cold wall.

    Args:
        L: Gap between the hot and the cold wall, m.
        dT: Temperature difference, K.
        g: Magnitude of gravity, m/s2.
        groups: Dimensionless groups; None for a solid, in which nothing flows.
        separations: c_cold - c_hot of all components but the last, without convection and to first
            order: S_T c(1-c) dT, or S'_T,i dT for three or more components.
        relaxation_time: Diffusion time tau = L^2/(pi^2 D), s; D is the smallest eigenvalue of the
            diffusion matrix for three or more components.
    """

    L: float
    dT: float
    g: float
    groups: Groups | None
    separations: tuple[float, ...]
    relaxation_time: float


def rows(
    fluid: AnyFluid, T: float | None = None, c: tuple[float, ...] | None = None
) -> tuple[Row, ...]:
    """Return the table of a fluid, one row per property that has a value.

    Args:
        fluid: Fluid to tabulate.
        T: Temperature, K; None for that of the reference state of the fluid.
        c: Mass fractions of all components but the last; None for those of the reference state.

    Raises:
        FluidError: A property is not physical at this temperature and composition.
    """
    symbols = dict(SYMBOLS)
    if isinstance(fluid, MulticomponentFluid):
        values = fluid.known(T, c)
        symbols |= {name: _symbol(fluid, name) for name in values if "." in name}
    else:
        values = fluid.known(T, None if c is None else c[0])
    if fluid.conductivity_kind == "no-gradient":
        symbols["conductivity"] = "kappa_0"
    return tuple(
        Row(
            name=name,
            symbol=symbols[name],
            value=values[name],
            unit=entry.unit,
            uncertainty=entry.uncertainty,
            model=kind(entry.value),
            source=entry.source,
            verified=entry.verified,
            assumed=entry.assumed,
            mark=entry.mark,
            note=entry.note,
        )
        for name, entry in fluid.entries().items()
    )


def origins(fluid: AnyFluid) -> dict[str, str]:
    """Return the letter of the origin of each property of a fluid.

    A property of several components has the worst letter of all.

    Args:
        fluid: The fluid.

    Returns:
        A key of :data:`ORIGINS` by the name of the property, or a space if the mixture has no such
        property; molar masses are "molar_masses", and a matrix of G counts as the thermodynamic
        factor.
    """
    worst = list(ORIGINS)
    found: dict[str, str] = {}
    for name, entry in fluid.entries().items():
        key = _GROUPED.get(name.partition(".")[0], name.partition(".")[0])
        letter = _letter(entry)
        found[key] = max(found.get(key, letter), letter, key=worst.index)
    if isinstance(fluid, MulticomponentFluid) and "molar_masses" not in found:
        found["molar_masses"] = " "  # they are part of G there
    if not fluid.flows:
        found |= dict.fromkeys(OF_FLOW, " ")
    return {name: found.get(name, GAP) for name in (*UNITS, MOLAR_MASSES)}


_GROUPED: Final = {
    "molar_mass_1": MOLAR_MASSES,
    "molar_mass_2": MOLAR_MASSES,
    "chemical_derivative": "thermodynamic_factor",
    "thermodiffusion": "soret",
    "heat_of_transport": "soret",
    "onsager": "diffusion",
}


def _letter(entry: Sourced) -> str:
    if entry.assumed:
        return "a"
    if entry.computed_with:
        return "c"
    if not entry.verified:
        return "q"
    return "d" if entry.derived else "r"


def _symbol(fluid: MulticomponentFluid, name: str) -> str:
    """Return the symbol of a property of components, with their numbers."""
    kind, *components = name.split(".")
    numbers = (str(1 + fluid.components.index(component)) for component in components)
    return SYMBOLS_OF_COMPONENTS[kind].format(*numbers)


def spoken(name: str) -> str:
    """Return the name of an entry in words: "diffusion of a by b" for "diffusion.a.b".

    Args:
        name: Name of an entry of a fluid.
    """
    kind, *components = name.split(".")
    of = f" of {' by '.join(components)}" if components else ""
    return f"{kind.replace('_', ' ')}{of}"


def sample_cell(
    fluid: AnyFluid,
    T: float | None = None,
    c: tuple[float, ...] | None = None,
    *,
    L: float = 5e-3,
    dT: float = 10.0,
    g: float = STANDARD_GRAVITY,
) -> SampleCell:
    """Return the dimensionless groups, the separation and the relaxation time of a fluid in a cell.

    Args:
        fluid: Fluid in the cell.
        T: Mean temperature, K; None for that of the reference state of the fluid.
        c: Mean mass fractions of all components but the last; None for those of the reference
            state of the fluid.
        L: Gap between the hot and the cold wall, m; positive.
        dT: Temperature difference, K; positive.
        g: Magnitude of gravity, m/s2.

    Raises:
        FluidError: A property is not physical at this temperature and composition, or L, dT or g is
            out of range.
    """
    p: PropertyValues | MulticomponentValues
    if isinstance(fluid, MulticomponentFluid):
        p = fluid.at(T, c)
        slopes = tuple(map(float, p.soret))
    else:
        p = fluid.at(T, None if c is None else c[0])
        slopes = (p.S_T * p.f,)
    return SampleCell(
        L=L,
        dT=dT,
        g=g,
        groups=groups(p, L=L, dT=dT, g=g) if fluid.flows else None,
        separations=tuple(slope * dT for slope in slopes),
        relaxation_time=L**2 / (pi**2 * p.slowest),
    )
