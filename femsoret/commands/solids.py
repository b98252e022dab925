"""Tables of the database of solids for a terminal."""

from __future__ import annotations

from typing import Final

from rich.table import Table

from femsoret.solids import available_solids, load_solid

ROOM_TEMPERATURE: Final = 298.15
"""At which values are shown, K."""


def solids_table(name: str | None = None) -> Table:
    """Return the solids of the database, or one with the source of every value.

    Args:
        name: Name of the solid; None for all of them.
    """
    if name is None:
        table = Table(title="Solids of the database")
        for heading in ("name", "kappa (W/m/K)", "alpha (m2/s)", "about"):
            table.add_column(heading, overflow="fold")
        for each in map(load_solid, available_solids()):
            at = each.at(ROOM_TEMPERATURE)
            table.add_row(each.name, f"{at.kappa:.4g}", f"{at.alpha:.3g}", each.summary)
        return table
    solid = load_solid(name)
    table = Table(title=f"{solid.name}: {solid.summary}", show_lines=True)
    for heading in ("property", "value", "unit", "uncertainty", "verified", "source and note"):
        table.add_column(heading, overflow="fold")
    for key, entry in solid.entries().items():
        table.add_row(
            key,
            f"{float(entry.value(ROOM_TEMPERATURE, 0.0)):.5g}",
            entry.unit,
            "unknown" if entry.uncertainty is None else f"{100 * entry.uncertainty:.2g} %",
            "yes" if entry.verified else "no",
            f"{entry.source}\n{entry.note}".strip(),
        )
    return table
