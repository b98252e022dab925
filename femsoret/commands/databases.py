"""Tables of the fluid and solid databases for a terminal."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Final

from rich.box import SIMPLE
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from femsoret.base.errors import FluidError
from femsoret.fluids import (
    AnyFluid,
    Fluid,
    MulticomponentFluid,
    Sourced,
    available,
    load_fluid,
    read_fluid,
)
from femsoret.fluids.fluid import FOR_ENTROPY
from femsoret.fluids.table import ORIGINS, SampleCell, origins, rows, sample_cell, spoken
from femsoret.solids import available_solids, load_solid
from femsoret.solids.optics import GlassOptics

ROOM_TEMPERATURE: Final = 298.15
"""Temperature at which the properties of solids are shown, K."""

YELLOW: Final = 589.3e-9
"""Wavelength at which the refractive indices of glass are shown, m: that of sodium."""

SOURCED: Final = ("property", "value", "unit", "uncertainty", "origin", "source and note")
"""Columns of the table of one fluid or solid."""

COLUMNS: Final = {
    "S_T": "soret",
    "D": "diffusion",
    "ρ": "density",
    "μ": "viscosity",
    "κ": "conductivity",
    "cp": "heat_capacity",
    "βT": "thermal_expansion",
    "βc": "solutal_expansion",
    "Γ": "thermodynamic_factor",
    "M": "molar_masses",
}
"""Headings of the origins in the table of all fluids, and the properties that they stand for."""


def _table(
    title: str, columns: Sequence[str], rows: Iterable[Sequence[str]], *, lines: bool = False
) -> Table:
    # As texts: brackets in a source are no markup.
    table = Table(title=Text(title), show_lines=lines)
    for heading in columns:
        table.add_column(Text(heading), overflow="fold")
    for row in rows:
        table.add_row(*map(Text, row))
    return table


def _sourced(
    name: str, value: float, unit: str, uncertainty: float | None, origin: str, about: str
) -> tuple[str, ...]:
    """Return the table row of a value with its uncertainty and source."""
    spread = "unknown" if uncertainty is None else f"{100 * uncertainty:.2g} %"
    return name, f"{value:.5g}", unit, spread, origin, about.strip()


def fluids_table() -> RenderableType:
    """Return the table of all fluids in the database, one line a fluid."""
    table = Table(title="Fluids in the database", box=SIMPLE, pad_edge=False, title_justify="left")
    table.add_column("name", no_wrap=True)
    table.add_column("T (K)", justify="right")
    table.add_column("c", no_wrap=True)
    table.add_column("S_T (1/K)", no_wrap=True)
    table.add_column(" ".join(COLUMNS), no_wrap=True)
    table.add_column("run", no_wrap=True)
    for fluid in map(load_fluid, available()):
        marks = origins(fluid)
        letters = (marks[name].ljust(len(symbol)) for symbol, name in COLUMNS.items())
        table.add_row(
            fluid.name,
            f"{fluid.T:g}",
            _listed(fluid.c),
            _listed(_soret_of(fluid), 3),
            Text(" ".join(letters).rstrip()),
            _run_with(fluid),
        )
    return Group(
        table,
        *(f"{letter}  {meaning}" for letter, meaning in ORIGINS.items()),
        Text(
            "run: whether the data suffice for one, or do with another source; without Γ or M it\n"
            "has no Dufour effect. [fluid.overrides] in a case fills gaps. femsoret fluids NAME\n"
            "shows all data of one fluid."
        ),
    )


def _run_with(fluid: AnyFluid) -> str:
    """Return whether a run is possible: yes, no, or with another source than the default one."""
    if fluid.is_complete:
        return "yes"
    others = fluid.alternatives if isinstance(fluid, Fluid) else {}
    filled = not set(fluid.missing) - set(FOR_ENTROPY) - set(others)
    return "other" if filled else "no"


def _soret_of(fluid: AnyFluid) -> list[float]:
    """Return S_T of a fluid of two components, S'_T of all but the last of three or more."""
    return [number for name, number in fluid.known().items() if name.startswith("soret")]


def _listed(values: Iterable[float] | float, digits: int = 6) -> str:
    """Return one or several numbers as a text."""
    numbers = values if isinstance(values, Iterable) else (values,)
    return ", ".join(f"{number:.{digits}g}" for number in numbers)


def fluid_table(name: str, T: float | None = None, c: float | None = None) -> RenderableType:
    """Return the table of a fluid's properties with their sources.

    Args:
        name: Name of the fluid, or path of a fluid file.
        T: Temperature, K; by default that of the data.
        c: Mass fraction of component 1 of two components; by default that of the data.

    Raises:
        FluidError: There is no such fluid, the file is not a valid fluid file, or one mass fraction
            is given for more than two components.
    """
    fluid = find_fluid(name)
    means = None if c is None else fluid.fractions(c)
    table = _table(
        f"{fluid.name}: {fluid.summary}",
        SOURCED,
        (
            _sourced(
                f"{spoken(row.name)} ({row.symbol})",
                row.value,
                row.unit,
                row.uncertainty,
                row.mark,
                f"{row.source}\n{row.note}",
            )
            for row in rows(fluid, T, means)
        ),
        lines=True,
    )
    parts: list[RenderableType] = [table]
    if isinstance(fluid, Fluid):
        at = (fluid.T if T is None else T, fluid.c if c is None else c)
        parts += _other_sources(fluid, *at)
        parts += _contrast_factors(fluid, *at)
        parts += [Text(f"warning: {outside}") for outside in fluid.warnings(at[0], at[1:])]
    if not fluid.is_complete:
        parts.append(Text("A run needs more than these data: see what is missing below."))
    else:
        if isinstance(fluid, MulticomponentFluid):
            parts += _of_components(fluid, T)
        parts.append(_about_cell(sample_cell(fluid, T, means)))
    return Group(*parts, *(Text(gap) for gap in fluid.gaps))


def _about_cell(sample: SampleCell) -> str:
    """Return a sentence on a cell with a fluid, or on a piece of a solid."""
    about = f"In a cell of {1e3 * sample.L:g} mm and {sample.dT:g} K: "
    if (groups := sample.groups) is not None:
        return about + (
            f"Ra = {groups.Ra:.3g}, Pr = {groups.Pr:.3g}, Le = {groups.Le:.3g}, "
            f"psi = {groups.psi:.3g}"
        )
    return about + (
        f"separation {_listed(sample.separations, 3)}, relaxation time "
        f"{sample.relaxation_time:.3g} s. A solid: nothing flows."
    )


def _other_sources(fluid: Fluid, T: float, c: float) -> list[RenderableType]:
    """Return the table of the values of other sources, if there are any."""
    if not fluid.alternatives:
        return []
    table = _table(
        'Other sources, which a case chooses by [fluid] sources = { PROPERTY = "NAME" }',
        ("property", "name of the source", *SOURCED[1:]),
        (
            (property_name, source, *_sourced("", *_cells(entry, T, c))[1:])
            for property_name, others in fluid.alternatives.items()
            for source, entry in others.items()
        ),
        lines=True,
    )
    return [table]


def _contrast_factors(fluid: Fluid, T: float, c: float) -> list[RenderableType]:
    """Return the table of the optical contrast factors, if there are any."""
    if not fluid.optics:
        return []
    table = _table(
        "Optical contrast factors: n_T = dn/dT, n_c = dn/dc",
        ("wavelength", *SOURCED),
        (
            (f"{1e9 * factors.wavelength:g} nm", *_sourced(name, *_cells(entry, T, c)))
            for factors in fluid.optics
            for name, entry in factors.entries().items()
        ),
        lines=True,
    )
    return [table]


def _cells(entry: Sourced, T: float, c: float) -> tuple[float, str, float | None, str, str]:
    """Return value, unit, uncertainty, origin, source and note of an entry."""
    value = float(entry.value(T, c))
    return value, entry.unit, entry.uncertainty, entry.mark, f"{entry.source}\n{entry.note}"


def _of_components(fluid: MulticomponentFluid, T: float | None) -> tuple[Table, str]:
    """Return the coefficients that follow from the data, with each component as the rest."""
    # Imported here: the other tables need no UFL, and so no DOLFINx.
    from femsoret.physics.closures import mixture_of, of_all_components

    mixture = mixture_of(fluid, T0=fluid.T if T is None else T, c0=fluid.c, up=(0.0, 1.0))
    at = of_all_components(mixture)
    table = _table(
        "What follows: S'_T = -dc/dT at rest, D'_T, and S = -d ln(c/c_k)/dT, in which one of the "
        "components k is the reference",
        (
            "component",
            "c",
            "S'_T (1/K)",
            "D'_T (m2/s/K)",
            *(f"S, {name} the reference (1/K)" for name in at.names),
        ),
        (
            (
                name,
                f"{at.c[i]:.6g}",
                f"{at.separation[i]:.4g}",
                f"{at.thermodiffusion[i]:.4g}",
                *(f"{at.invariant[i, k]:.4g}" for k in range(len(at.names))),
            )
            for i, name in enumerate(at.names)
        ),
    )
    diffusivities = _listed(mixture.reference.diffusivities, 4)
    more = f"Eigenvalues of the diffusion matrix: {diffusivities} m2/s"
    if (found := fluid.asymmetry()) is not None:
        more += f"; asymmetry of Onsager's matrix: {found}"
    return table, more


def find_fluid(name: str) -> AnyFluid:
    """Return a fluid from the database or from a user's file.

    Args:
        name: Name of the fluid, or path of a fluid file with the suffix .toml.

    Raises:
        FluidError: There is no such fluid, or the file is not a valid fluid file.
    """
    path = Path(name)
    if path.suffix == ".toml" or path.is_file():
        return read_fluid(path)
    try:
        return load_fluid(name)
    except FluidError as error:
        raise FluidError(
            error.message, f"{error.hint}; or give the path of your own fluid file, such as my.toml"
        ) from None


def solids_table(name: str | None = None) -> Table:
    """Return the table of all solids in the database, or of one solid with its sources.

    Args:
        name: Name of the solid; None for all solids.
    """
    if name is None:
        solids = [load_solid(each) for each in available_solids()]
        return _table(
            "Solids in the database",
            ("name", "kappa (W/m/K)", "alpha (m2/s)", "about"),
            (
                (solid.name, f"{values.kappa:.4g}", f"{values.alpha:.3g}", solid.summary)
                for solid, values in ((solid, solid.at(ROOM_TEMPERATURE)) for solid in solids)
            ),
        )
    solid = load_solid(name)
    rows = [
        _sourced(
            key,
            float(entry.value(ROOM_TEMPERATURE, 0.0)),
            entry.unit,
            entry.uncertainty,
            entry.mark,
            f"{entry.source}\n{entry.note}",
        )
        for key, entry in solid.entries().items()
    ]
    if solid.optics is not None:
        rows += _rows_of_light(solid.name, solid.optics)
    return _table(f"{solid.name}: {solid.summary}", SOURCED, rows, lines=True)


def _rows_of_light(name: str, optics: GlassOptics) -> list[tuple[str, ...]]:
    """Return the rows of the refractive index and of dn/dT of a glass."""
    at, n = f" at {1e9 * YELLOW:.4g} nm", optics.n
    rows = [
        _sourced(f"n{at}", n.at(YELLOW), "1", None, n.mark, f"{n.source}\n{n.note}"),
    ]
    of_T, slope = optics.thermal or optics.n_T, optics.slope(YELLOW, ROOM_TEMPERATURE, name)
    if of_T is not None and slope is not None:
        uncertainty = optics.n_T.uncertainty if optics.n_T else None
        about = f"{of_T.source}\n{of_T.note}"
        rows.append(_sourced(f"n_T{at}", slope, "1/K", uncertainty, of_T.mark, about))
    return rows
