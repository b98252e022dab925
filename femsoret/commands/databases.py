"""Tables of the fluid and solid databases for a terminal."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Final

from rich.console import Group, RenderableType
from rich.table import Table

from femsoret.base.errors import FluidError
from femsoret.fluids import Fluid, available, load_fluid, read_fluid
from femsoret.fluids.table import rows, sample_cell
from femsoret.solids import available_solids, load_solid

ROOM_TEMPERATURE: Final = 298.15
"""Temperature at which the properties of solids are shown, K."""

SOURCED: Final = ("property", "value", "unit", "uncertainty", "verified", "source and note")
"""Columns of the table of one fluid or solid."""


def _table(
    title: str, columns: Sequence[str], rows: Iterable[Sequence[str]], *, lines: bool = False
) -> Table:
    table = Table(title=title, show_lines=lines)
    for heading in columns:
        table.add_column(heading, overflow="fold")
    for row in rows:
        table.add_row(*row)
    return table


def _sourced(
    name: str, value: float, unit: str, uncertainty: float | None, verified: bool, about: str
) -> tuple[str, ...]:
    """Return the table row of a value with its uncertainty and source."""
    spread = "unknown" if uncertainty is None else f"{100 * uncertainty:.2g} %"
    return name, f"{value:.5g}", unit, spread, "yes" if verified else "no", about.strip()


def fluids_table() -> Table:
    """Return the table of all fluids in the database."""
    columns = ("name", "component 1", "component 2", "T (K)", "c", "S_T (1/K)", "about")
    return _table(
        "Fluids in the database",
        columns,
        (
            (
                fluid.name,
                *fluid.components,
                f"{fluid.T:g}",
                f"{fluid.c:g}",
                f"{fluid.at().S_T:.3g}",
                fluid.summary,
            )
            for fluid in map(load_fluid, available())
        ),
    )


def fluid_table(name: str, T: float | None = None, c: float | None = None) -> RenderableType:
    """Return the table of a fluid's properties with their sources.

    Args:
        name: Name of the fluid, or path of a fluid file.
        T: Temperature, K; by default that of the data.
        c: Mass fraction of component 1; by default that of the data.

    Raises:
        FluidError: There is no such fluid, or the file is not a valid fluid file.
    """
    fluid = find_fluid(name)
    table = _table(
        f"{fluid.name}: {fluid.summary}",
        SOURCED,
        (
            _sourced(
                f"{row.name} ({row.symbol})",
                row.value,
                row.unit,
                row.uncertainty,
                row.verified,
                f"{row.source}\n{row.note}",
            )
            for row in rows(fluid, T, c)
        ),
        lines=True,
    )
    sample = sample_cell(fluid, T, c)
    groups = sample.groups
    return Group(
        table,
        f"In a cell of {1e3 * sample.L:g} mm and {sample.dT:g} K: Ra = {groups.Ra:.3g}, "
        f"Pr = {groups.Pr:.3g}, Le = {groups.Le:.3g}, psi = {groups.psi:.3g}",
        *(f"assumed: {gap}" for gap in fluid.gaps),
    )


def find_fluid(name: str) -> Fluid:
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
    return _table(
        f"{solid.name}: {solid.summary}",
        SOURCED,
        (
            _sourced(
                key,
                float(entry.value(ROOM_TEMPERATURE, 0.0)),
                entry.unit,
                entry.uncertainty,
                entry.verified,
                f"{entry.source}\n{entry.note}",
            )
            for key, entry in solid.entries().items()
        ),
        lines=True,
    )
