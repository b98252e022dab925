"""Tables of the fluid database for a terminal."""

from __future__ import annotations

from pathlib import Path

from rich.console import Group, RenderableType
from rich.table import Table

from femsoret.base.errors import FluidError
from femsoret.fluids import Fluid, available, load_fluid, read_fluid
from femsoret.fluids.table import rows, sample_cell


def overview_table() -> Table:
    """Return the table of all fluids."""
    table = Table(title="Fluids of the database")
    for heading in ("name", "component 1", "component 2", "T (K)", "c", "S_T (1/K)", "about"):
        table.add_column(heading, overflow="fold")
    for fluid in map(load_fluid, available()):
        table.add_row(
            fluid.name,
            *fluid.components,
            f"{fluid.T:g}",
            f"{fluid.c:g}",
            f"{fluid.at().S_T:.3g}",
            fluid.summary,
        )
    return table


def own_or_known(name: str) -> Fluid:
    """Return a fluid of the database, or that of a file of one's own.

    Args:
        name: Its name, or the path of a file, which ends in .toml.

    Raises:
        FluidError: There is no such fluid, or the file is none.
    """
    path = Path(name)
    if path.suffix == ".toml" or path.is_file():
        return read_fluid(path)
    try:
        return load_fluid(name)
    except FluidError as error:
        raise FluidError(
            error.message, f"{error.hint}; or the path of a file of your own, fluid.toml"
        ) from None


def fluid_table(name: str, T: float | None = None, c: float | None = None) -> RenderableType:
    """Return the values of a fluid with their sources.

    Args:
        name: Name of the fluid, or the path of a file.
        T: Temperature, K; that of the data unless given.
        c: Mass fraction of component 1; that of the data unless given.
    """
    fluid = own_or_known(name)
    table = Table(title=f"{fluid.name}: {fluid.summary}", show_lines=True)
    for heading in ("property", "value", "unit", "uncertainty", "verified", "source and note"):
        table.add_column(heading, overflow="fold")
    for row in rows(fluid, T, c):
        table.add_row(
            f"{row.name} ({row.symbol})",
            f"{row.value:.5g}",
            row.unit,
            "unknown" if row.uncertainty is None else f"{100 * row.uncertainty:.2g} %",
            "yes" if row.verified else "no",
            f"{row.source}\n{row.note}".strip(),
        )
    sample = sample_cell(fluid, T, c)
    groups = sample.groups
    return Group(
        table,
        f"In a cell of {1e3 * sample.L:g} mm and {sample.dT:g} K: Ra = {groups.Ra:.3g}, "
        f"Pr = {groups.Pr:.3g}, Le = {groups.Le:.3g}, psi = {groups.psi:.3g}",
        *(f"assumed: {gap}" for gap in fluid.gaps),
    )
