"""Tables of the records of virtual instruments."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from femsoret.report.tables.table import Column, Item, Listing, number, with_bounds
from femsoret.report.words.components import components
from femsoret.report.words.numbers import percent
from femsoret.report.words.units import Summary, duration


def _records(summary: Summary) -> Iterator[tuple[str, Summary]]:
    # Summaries of version 0.2.0 and earlier, and of steady runs, have no records.
    yield from (summary.get("records") or {}).items()


def _columns(summary: Summary) -> list[dict[str, Any]]:
    """Return an entry for each column of each record."""
    return [
        {**record, **column, "label": name}
        for name, record in _records(summary)
        for column in record["columns"]
    ]


def _time(key: str) -> Any:
    """Return the function that writes a time of an item, of either sign."""

    def text(item: Item) -> str:
        t = item.entry[key]
        return f"{'−' if t < 0.0 else ''}{duration(item.summary['units'], abs(t))}"

    return text


def _share(key: str) -> Any:
    return lambda item: percent(item.entry[key])


INSTRUMENTS: Final = Listing(
    "Virtual instruments",
    _columns,
    (
        Column("record", "label"),
        Column("what it records", "name"),
        Column("every", _time("every")),
        Column("samples", "samples"),
        Column("noise", _share("noise")),
        Column("drift at the end", _share("drift")),
        Column("zero of time", _time("zero_of_time")),
        Column("seed", "seed"),
        Column("error between steps", _share("interpolation")),
    ),
    lambda summary: " ".join(
        [
            "Noise (one standard deviation), drift and the estimated error of the values between "
            "the time steps are over the largest value of the signal.",
            *(
                f"{name} is not evaluated: {record['reason']}."
                for name, record in _records(summary)
                if record["reason"]
            ),
        ]
    ),
)


def _fits(summary: Summary) -> list[dict[str, Any]]:
    """Return an entry for each component of each record that was evaluated."""
    several = bool(components(summary))
    return [
        {"label": f"{name}, {fit['species']}" if several else name, **fit}
        for name, record in _records(summary)
        for fit in record["evaluation"]
    ]


def _with_uncertainty(key: str, unit: str) -> Any:
    """Return the function that writes a fitted number with its uncertainty."""

    def text(item: Item) -> str:
        value, relative = item.entry[key], item.entry[f"{key}_fit_uncertainty"]
        error = None if value is None or relative is None else abs(value) * relative
        return with_bounds(5, unit)(value, error, item.summary)

    return text


EVALUATED_RECORDS: Final = Listing(
    "Evaluation of the records",
    _fits,
    (
        Column("record", "label"),
        Column("D", _with_uncertainty("D", "diffusion")),
        Column("D of the history", "D_of_history", number(5, "diffusion")),
        Column("shift of D", _share("D_shift")),
        Column("S_T", _with_uncertainty("S_T", "soret")),
        Column("S_T of the history", "S_T_of_history", number(5, "soret")),
        Column("shift of S_T", _share("S_T_shift")),
    ),
    "Evaluated as a laboratory would, which takes the zero of time of its clock for that of the "
    "run and knows neither drift nor flow; what light records is turned into mass fractions by the "
    "contrast factors, with the constant part as that of the temperature. In brackets: standard "
    "uncertainty of the fit, from its residual. The shift is the difference from the evaluation of "
    "the history of the same signal with gravity: what the instrument did.",
)
