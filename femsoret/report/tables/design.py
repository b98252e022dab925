"""Tables of the plan of an experiment."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Final

from femsoret.report.tables.fit import OF_FLUID
from femsoret.report.tables.table import Listing, Table, columns_of_texts, make_tables
from femsoret.report.words.fitted import in_unit, prior_text
from femsoret.report.words.numbers import NONE, percent, plain, short
from femsoret.report.words.planned import (
    amount,
    cell_text,
    levelling_text,
    ranked,
    relative,
    samples_text,
    time_text,
)
from femsoret.report.words.units import Summary, units_of

MOST: Final = 40
"""Largest number of designs on the page."""

_SHARES: Final = {"noise": "noise", "prior": "prior of", "curved": "the", "fluid": "fluid data,"}


def _looks(summary: Summary) -> Iterator[tuple[str, Summary]]:
    if summary["plan"] is not None:
        yield "the plan", summary["plan"]
    yield "as stated", summary["stated"]


def _plan(summary: Summary) -> list[tuple[str, ...]]:
    """Return the plan beside the experiment as stated: a row for each number."""
    looks = [look for _, look in _looks(summary)]
    length = units_of(summary).length
    kelvin = "K" if summary["units"] == "SI" else "dT"

    def naive(look: Summary, key: str) -> str:
        found = look["point"]["naive"]
        return NONE if found is None else relative(summary, found[key])

    rows: tuple[tuple[str, Callable[[Summary], str]], ...] = (
        ("cell", lambda look: cell_text(summary, look["point"]["cell"])),
        ("temperature difference", lambda look: in_unit(plain(look["dT"], 4), kelvin)),
        (
            "gap",
            lambda look: f"{plain(look['gap'] * length.factor, 4)} {length}".strip(),
        ),
        ("recorded", lambda look: " + ".join(look["point"]["record"]["signals"])),
        ("until", lambda look: time_text(summary, look["point"]["record"])),
        ("values of each signal", lambda look: samples_text(look["point"]["record"])),
        ("levelled to", lambda look: levelling_text(look["point"]["record"])),
        ("standard uncertainty", lambda look: amount(summary, look["point"]["total"])),
        ("relative to the prior value", lambda look: relative(summary, look["point"]["total"])),
        (
            "by noise and priors alone",
            lambda look: relative(summary, look["point"]["uncertainty"]),
        ),
        (
            "by the slopes at the prior values alone",
            lambda look: relative(summary, look["point"]["first_order"]),
        ),
        ("naive error at the prior values", lambda look: naive(look, "at_prior")),
        ("naive error, mean over the priors", lambda look: naive(look, "mean")),
        ("naive error, root mean square", lambda look: naive(look, "rms")),
        (
            "error of the response / uncertainty",
            lambda look: percent(look["response_error"]),
        ),
        ("doubts", lambda look: "; ".join(look["point"]["doubts"]) or "none"),
    )
    return [(label, *(text(look) for look in looks)) for label, text in rows]


def plan_table(summary: Summary) -> Table:
    """Return the plan beside the experiment as stated."""
    return Table(
        "The plan, and the experiment as stated",
        ("", *(name for name, _ in _looks(summary))),
        tuple(_plan(summary)),
        f"Standard uncertainty of {summary['target']} by the fit of the whole model, by noise, by "
        "what is not known before, and by the fluid data; a fit adds its numerical error. Naive: "
        "the series of a layer at rest.",
    )


def _shares(summary: Summary) -> list[tuple[str, ...]]:
    """Return a row for each contribution to the uncertainty of the plan and as stated."""
    rows = list[tuple[str, ...]]()
    for name, look in _looks(summary):
        square = (look["point"]["total"] or 0.0) ** 2 or 1.0
        shares = sorted(look["shares"], key=lambda each: -each["uncertainty"])
        rows += [
            (
                name,
                f"{_SHARES[each['kind']]} {each['name'].replace('_', ' ')}".strip(),
                amount(summary, each["uncertainty"]),
                percent(each["uncertainty"] ** 2 / square),
            )
            for each in shares
            if each["uncertainty"] ** 2 > 1e-4 * square
        ]
    return rows


def _about_shares(summary: Summary) -> str:
    note = "Averages over data drawn from noise and priors; fluid data at typical values."
    unknown = dict.fromkeys(name for _, look in _looks(summary) for name in look["unknown_data"])
    if unknown:
        names = ", ".join(name.replace("_", " ") for name in unknown)
        note += f" Counted as exact, since the sources give no uncertainty: {names}."
    return note


SHARES: Final = Listing(
    "What makes the uncertainty",
    _shares,
    columns_of_texts("design", "contribution", "standard uncertainty", "share of the variance"),
    _about_shares,
)


def _designs(summary: Summary) -> list[tuple[str, ...]]:
    """Return a row for each design, the least uncertain first."""
    in_order = sorted(
        summary["designs"],
        key=lambda each: (ranked(each) is None, ranked(each) or 0.0),
    )
    return [
        (
            cell_text(summary, each["cell"]),
            " + ".join(each["record"]["signals"]),
            time_text(summary, each["record"]),
            samples_text(each["record"]),
            levelling_text(each["record"]),
            relative(summary, each["uncertainty"]),
            relative(summary, each["total"]),
            relative(summary, each["naive"] and each["naive"]["rms"]),
            "; ".join(each["doubts"]),
        )
        for each in in_order[:MOST]
    ]


def _about_designs(summary: Summary) -> str:
    more = len(summary["designs"]) - MOST
    note = (
        "By responses from few evaluations. With fluid data: left out where noise and priors alone "
        "make a design worse than others, or where it is not recommended. Naive error: root mean "
        "square over the priors, for the best record of each cell."
    )
    return f"{note} {more} further designs are in summary.json." if more > 0 else note


DESIGNS: Final = Listing(
    "Designs, the least uncertain first",
    _designs,
    columns_of_texts(
        "cell",
        "signals",
        "until",
        "values",
        "levelled to",
        "noise and priors",
        "with fluid data",
        "naive error",
        "doubts",
    ),
    _about_designs,
)


def _failed(summary: Summary) -> list[tuple[str, ...]]:
    return [(cell_text(summary, each["cell"]), each["reason"]) for each in summary["failed"]]


FAILED: Final = Listing("Cells that promise nothing", _failed, columns_of_texts("cell", "why"))


def _unknowns(summary: Summary) -> list[tuple[str, ...]]:
    return [
        (each["name"], prior_text(each), "no" if each["curved"] else "yes")
        for each in summary["unknowns"]
    ]


UNKNOWNS: Final = Listing(
    "What is unknown",
    _unknowns,
    columns_of_texts("unknown", "before the data", "linear response"),
    "Before the data: value ± standard uncertainty.",
)


def _signals(summary: Summary) -> list[tuple[str, ...]]:
    return [
        (each["name"], in_unit(short(each["noise"]), each["unit"])) for each in summary["signals"]
    ]


SIGNALS: Final = Listing(
    "What may be recorded", _signals, columns_of_texts("signal", "noise of a value (1 σ)")
)


def design_tables(summary: Summary) -> tuple[Table, ...]:
    """Return the tables of the results of a plan."""
    return (
        plan_table(summary),
        *make_tables((SHARES, DESIGNS, FAILED, UNKNOWNS, SIGNALS, *OF_FLUID), summary),
    )
