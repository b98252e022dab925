"""Tables of an onset study."""

from __future__ import annotations

from typing import Final

from femsoret.report.tables.table import Column, Listing, Table, make_tables, number
from femsoret.report.words.numbers import NONE
from femsoret.report.words.units import Summary

SHOWN: Final = 12
"""Largest number of modes on the page; onset.json contains all of them."""


def _rate(study: Summary) -> str:
    return f"growth rate ({study['unit_of_rates']})"


def _frequency(study: Summary) -> str:
    return f"frequency ({study['unit_of_rates']})"


def _residual(value: float | None, error: float | None, study: Summary) -> str:
    return NONE if value is None else f"{value:.0e}"


def mode_kind(*, oscillates: bool) -> str:
    """Return the kind of a mode: "oscillatory" or "stationary"."""
    return "oscillatory" if oscillates else "stationary"


MODES: Final = Listing(
    "Modes found",
    lambda study: study["modes"][:SHOWN],
    (
        Column(_rate, "growth_rate", number(6)),
        Column(_frequency, "frequency", number(6)),
        Column("kind", lambda mode: mode_kind(oscillates=mode.entry["oscillatory"])),
        Column("residual", "residual", _residual),
    ),
)

TRIALS: Final = Listing(
    "Values tried",
    "critical.trials",
    (
        Column(lambda study: study["critical"]["key"], lambda trial: trial.entry[0], number(7)),
        Column(_rate, lambda trial: trial.entry[1], number(6)),
        Column(_frequency, lambda trial: trial.entry[2], number(6)),
    ),
)

CRITICAL_VALUES: Final = Listing(
    "Critical values",
    # One value is in the verdict already.
    lambda study: values if len(values := study.get("critical_values", ())) > 1 else (),
    (
        Column("mode", "number"),
        Column("critical value", "value", number(7)),
        Column("numerical error", "error", number(2)),
        Column("kind", lambda value: mode_kind(oscillates=bool(value.entry["frequency"]))),
        Column(_frequency, "frequency", number(6)),
        Column("other growing modes (counted)", "others"),
    ),
)

SCAN: Final = Listing(
    "Critical values over the wavenumber",
    "scan",
    (
        Column("wavenumber", lambda point: point.entry[0], number(6)),
        Column("critical value", lambda point: point.entry[1], number(7)),
    ),
)


def onset_tables(study: Summary) -> tuple[Table, ...]:
    """Return the tables of the results of an onset study."""
    return make_tables((MODES, TRIALS, CRITICAL_VALUES, SCAN), study)


def onset_work(study: Summary, run: Summary) -> Table:
    """Return the table of the computational work of an onset study."""
    return Table(
        "Work", ("", ""), (("unknowns", str(study["unknowns"])), ("ranks", str(run["ranks"])))
    )
