"""The database as plain rows, for the command line and the reports to print."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import pi
from typing import Final

from femsoret.fluids.fluid import Fluid
from femsoret.fluids.groups import STANDARD_GRAVITY, Groups, groups
from femsoret.fluids.properties import kind

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


@dataclass(frozen=True, kw_only=True)
class Row:
    """One property of one fluid.

    Args:
        name: Name of the entry.
        symbol: Its symbol; kappa_0 for a conductivity at zero composition gradient.
        value: Its value as given, in `unit`, at the temperature and composition asked for.
        unit: SI unit.
        uncertainty: Relative standard uncertainty; None where unknown.
        model: Which property model it is.
        source: Where it comes from.
        verified: Whether the source was read.
        assumed: Whether it is an estimate.
        note: What a user should know.
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
    note: str


@dataclass(frozen=True, kw_only=True)
class SampleCell:
    """What a fluid does in a plain cell, to get a feeling for it.

    Args:
        L: Gap between the hot and the cold wall, m.
        dT: Temperature difference, K.
        g: Gravity, m/s2.
        groups: Dimensionless groups.
        separation: c_cold - c_hot without convection, S_T c(1-c) dT to first order.
        relaxation_time: tau = L^2/(pi^2 D), s.
    """

    L: float
    dT: float
    g: float
    groups: Groups
    separation: float
    relaxation_time: float


def rows(fluid: Fluid, T: float | None = None, c: float | None = None) -> tuple[Row, ...]:
    """Return one row a property.

    Args:
        fluid: The fluid.
        T: Temperature, K; that of its reference state unless given.
        c: Mass fraction of component 1; that of its reference state unless given.

    Raises:
        FluidError: The fluid has no physical properties there.
    """
    state = fluid.at(T, c)
    symbols = dict(SYMBOLS)
    if fluid.conductivity_kind == "no-gradient":
        symbols["conductivity"] = "kappa_0"
    return tuple(
        Row(
            name=name,
            symbol=symbols[name],
            value=float(entry.value(state.T, state.c)),
            unit=entry.unit,
            uncertainty=entry.uncertainty,
            model=kind(entry.value),
            source=entry.source,
            verified=entry.verified,
            assumed=entry.assumed,
            note=entry.note,
        )
        for name, entry in fluid.entries().items()
    )


def sample_cell(
    fluid: Fluid,
    T: float | None = None,
    c: float | None = None,
    *,
    L: float = 5e-3,
    dT: float = 10.0,
    g: float = STANDARD_GRAVITY,
) -> SampleCell:
    """Return groups, separation and relaxation time for a cell, by default of 5 mm and 10 K.

    Args:
        fluid: The fluid.
        T: Mean temperature, K; that of the fluid's reference state unless given.
        c: Mean mass fraction of component 1; that of its reference state unless given.
        L: Gap between the hot and the cold wall, m.
        dT: Temperature difference, K.
        g: Gravity, m/s2.

    Raises:
        FluidError: The fluid has no physical properties there, or the cell is not possible.
    """
    p = fluid.at(T, c)
    return SampleCell(
        L=L,
        dT=dT,
        g=g,
        groups=groups(p, L=L, dT=dT, g=g),
        separation=p.S_T * p.f * dT,
        relaxation_time=L**2 / (pi**2 * p.D),
    )
