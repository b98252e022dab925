"""Tables of a fit."""

from __future__ import annotations

from typing import Any, Final

from femsoret.report.tables.data import FLUID, GROUPS, MATRIX, NOTES, SOURCES
from femsoret.report.tables.table import (
    Column,
    Item,
    Listing,
    Row,
    Sheet,
    Table,
    columns_of_texts,
    make_tables,
    text,
)
from femsoret.report.words.fitted import (
    CONTRIBUTIONS,
    cause_text,
    difference_text,
    in_unit,
    interval_text,
    prior_text,
    span_text,
)
from femsoret.report.words.numbers import NONE, percent, plain, short
from femsoret.report.words.units import Summary, duration

MATTERS: Final = 1e-4
"""Share of the variance below which a contribution to a budget is left out of the page."""

# -- the unknowns --------------------------------------------------------------------------------


def _values(summary: Summary) -> list[tuple[str, ...]]:
    """Return a row for each unknown: what was known, the naive and the corrected value."""
    return [
        (
            each["name"],
            prior_text(each),
            NONE if each["naive"] is None else interval_text(each, each["naive"]),
            interval_text(each, each["corrected"]),
            difference_text(each),
        )
        for each in summary["unknowns"]
    ]


def _about_values(summary: Summary) -> str:
    notes = [
        "Before the data: value ± standard uncertainty. Naive and corrected: value ± half the "
        "width of the interval of 95 %"
    ]
    if any(each["corrected"]["expanded_low"] is not None for each in summary["unknowns"]):
        notes[0] += ", corrected with all known contributions of its budget"
    notes[0] += "; no interval stands where none is claimed."
    if not summary["corrected"]["normal"]:
        notes.append(
            "The data depend on the unknowns so nonlinearly that values are means and intervals "
            "quantiles of their distribution, sampled on a response surface of the model."
        )
    if summary["why_no_naive"]:
        notes.append(f"There is no naive value: {summary['why_no_naive']}.")
    return " ".join(notes)


VALUES: Final = Listing(
    "Naive and corrected",
    _values,
    columns_of_texts("unknown", "before the data", "naive", "corrected", "naive − corrected"),
    _about_values,
)


def _causes(summary: Summary) -> list[tuple[str, ...]]:
    """Return a row for each cause of each difference, the largest first, and one for the sum."""
    rows = list[tuple[str, ...]]()
    for unknown in summary["unknowns"]:
        explanation = unknown["explanation"]
        if explanation is None:
            continue
        causes = [each for each in explanation["causes"] if each["effect"]]
        causes.sort(key=lambda each: -abs(each["effect"]))
        rows += [
            (unknown["name"], cause_text(cause), *_effect(unknown, cause["effect"]))
            for cause in causes
        ]
        rows.append(
            (unknown["name"], "naive − corrected", *_effect(unknown, explanation["difference"]))
        )
    return rows


def _effect(unknown: Summary, effect: float) -> tuple[str, str]:
    value = unknown["corrected"]["value"]
    relative = percent(effect / abs(value)) if value else NONE
    return in_unit(plain(effect, 2), unknown["unit"]), relative


CAUSES: Final = Listing(
    "What makes the difference",
    _causes,
    columns_of_texts("unknown", "cause", "effect", "of the corrected value"),
    "By the series fitted to predictions of the model at the corrected values: at rest in an ideal "
    "cell, with flow, with each imperfection that is an unknown, and with all of them. What data "
    "and priors leave open is the least-squares value less the expectation.",
)


# -- what is known of them -----------------------------------------------------------------------


def _contributions(summary: Summary) -> list[tuple[str, ...]]:
    """Return a row for each contribution that matters, and one for the total."""
    rows = list[tuple[str, ...]]()
    for unknown in summary["unknowns"]:
        budget = unknown["budget"]
        if budget is None:
            continue
        known = [row for row in budget["rows"] if row["uncertainty"]]
        known.sort(key=lambda row: -row["uncertainty"])
        square = budget["total"] ** 2 or 1.0
        rows += [
            (
                unknown["name"],
                _contribution(row),
                in_unit(plain(row["uncertainty"], 2), unknown["unit"]),
                percent(row["uncertainty"] ** 2 / square),
            )
            for row in known
            if row["uncertainty"] ** 2 > MATTERS * square
        ]
        total = in_unit(plain(budget["total"], 2), unknown["unit"])
        rows.append((unknown["name"], "standard uncertainty", total, ""))
    return rows


def _contribution(row: Summary) -> str:
    return f"{CONTRIBUTIONS[row['kind']]} {row['name'].replace('_', ' ')}".strip()


def _about_budget(summary: Summary) -> str:
    unknown = {
        row["name"].replace("_", " ")
        for each in summary["unknowns"]
        for row in (each["budget"] or {"rows": ()})["rows"]
        if row["uncertainty"] is None
    }
    note = (
        "Standard uncertainties, combined as by the Guide to the Expression of Uncertainty in "
        "Measurement; the last column is the share of the variance, of which less than "
        f"{percent(MATTERS)} is left out."
    )
    if not any(
        row["kind"] == "numerical"
        for each in summary["unknowns"]
        for row in (each["budget"] or {"rows": ()})["rows"]
    ):
        note += (
            " The numerical error was not evaluated, as where `solver.numerical_error` or "
            "`time.numerical_error` is false."
        )
    if unknown:
        note += (
            f" Not included, since their sources state no uncertainty: {', '.join(sorted(unknown))}"
            "."
        )
    return note


BUDGET: Final = Listing(
    "Uncertainty budget",
    _contributions,
    columns_of_texts("unknown", "contribution", "standard uncertainty", "share of the variance"),
    _about_budget,
)

UNTOLD: Final = Listing(
    "What the data cannot tell apart",
    "untold",
    (
        Column("what", "sentence"),
        Column("which measurement would", "advice"),
        Column("information of the data", lambda item: short(item.entry["information"])),
    ),
    "Information of the data on a combination of unknowns, in units of what was known before: "
    "below 1 the priors decide.",
)


def _correlation(summary: Summary) -> list[tuple[str, ...]]:
    names = [each["name"] for each in summary["unknowns"]]
    return [
        (name, *(NONE if r is None else plain(r, 2) if abs(r) < 0.995 else _one(r) for r in row))
        for name, row in zip(names, summary["correlation"], strict=True)
    ]


def _one(r: float) -> str:
    return "1" if r > 1.0 - 1e-9 else f"{r:.4f}".replace("-", "−")


def correlation_table(summary: Summary) -> Table | None:
    """Return the correlation matrix of the unknowns; None for a single one."""
    if len(summary["unknowns"]) < 2:
        return None
    names = tuple(each["name"] for each in summary["unknowns"])
    return Table(
        "Correlation of the unknowns",
        ("", *names),
        tuple(_correlation(summary)),
        "After the fit, given data and priors.",
    )


# -- the data ------------------------------------------------------------------------------------


def _noise(item: Item) -> str:
    each = item.entry
    stated = "" if each["noise_stated"] else " (from the residuals)"
    return f"{in_unit(plain(each['noise'], 2), each['unit'])}{stated}"


def _alike(item: Item) -> str:
    each = item.entry
    return f"{each['neighbours']:.2f}".replace("-", "−") + (
        ", beyond chance" if each["correlated"] else ""
    )


SERIES: Final = Listing(
    "The data beside the model",
    "series",
    (
        Column("data set", "data"),
        Column("column", "column"),
        Column("signal", "signal"),
        Column("values", "values"),
        Column("over", lambda item: span_text(item.summary, item.entry)),
        Column("noise (1 σ)", _noise),
        Column("residual / σ", lambda item: short(item.entry["residual"])),
        Column("naive residual / σ", lambda item: short(item.entry["naive_residual"])),
        Column("correlation of neighbours", _alike),
    ),
    "Residual: root mean square over the standard uncertainty of the values, about 1 where the "
    "model describes the data. All residuals are in residuals.csv.",
)


def _run(item: Item) -> str:
    run, units = item.entry["run"], item.summary["units"]
    if run is None:
        return "steady state"
    stated, text_of = item.entry["stated"], duration(units, run)
    if stated is None or abs(stated - run) <= 1e-9 * run:
        return text_of
    word = "longer" if run > stated else "shorter"
    return f"{text_of}, {word} than the {duration(units, stated)} of the case"


def _changes(item: Item) -> str:
    changes = item.entry["changes"]
    return "; ".join(f"{key} = {value}" for key, value in changes.items()) or "nothing"


DATA_SETS: Final = Listing(
    "Data sets",
    "data",
    (
        Column("data set", "name"),
        Column("file", "file"),
        Column("predicted by a run of", _run),
        Column("different from the case", _changes),
    ),
)


def _p(key: str) -> Any:
    return lambda summary: _probability(summary["corrected"][key])


def _probability(value: float | None) -> str:
    return NONE if value is None else short(value)


def _minima(summary: Summary) -> str:
    """Return the other values of the unknowns that explain the data, as a text."""
    names = [(each["name"], each["unit"]) for each in summary["unknowns"]]
    found = [
        ", ".join(
            f"{name} = {in_unit(plain(value, 3), unit)}"
            for (name, unit), value in zip(names, values, strict=True)
        )
        for values in summary["corrected"]["other_minima"]
    ]
    return "; ".join(found) or "none found"


QUALITY: Final = Sheet(
    "Does the model describe the data?",
    (
        Row("chi² of the data", lambda summary: short(summary["corrected"]["chi2_data"]), text),
        Row("chi² of the priors", lambda summary: short(summary["corrected"]["chi2_priors"]), text),
        Row("degrees of freedom", lambda summary: short(summary["corrected"]["dof"]), text),
        Row("probability of a larger sum by noise", _p("p_value"), text),
        Row(
            "values more than 3 standard uncertainties away",
            lambda summary: str(summary["corrected"]["outliers"]),
            text,
        ),
        Row("probability of larger differences from the priors", _p("priors_p_value"), text),
        Row(
            "chi² of the data by the series",
            lambda summary: summary["naive"] and short(summary["naive"]["chi2_data"]),
            text,
            optional=True,
        ),
        Row(
            "its probability of a larger sum",
            lambda summary: summary["naive"] and _probability(summary["naive"]["p_value"]),
            text,
            optional=True,
        ),
        Row("other values that explain the data as well", _minima, text),
        Row("evaluations of the model", "corrected.evaluations", text),
        Row(
            "loss",
            lambda summary: "soft L1" if summary["corrected"]["robust"] else "squares",
            text,
        ),
    ),
    path="corrected",
)


OF_FLUID: Final = (GROUPS, MATRIX, FLUID, SOURCES, NOTES)
"""Tables of the data of the fluid, with their sources."""


def fit_tables(summary: Summary) -> tuple[Table, ...]:
    """Return the tables of the results of a fit."""
    found = make_tables((VALUES, CAUSES, UNTOLD, BUDGET), summary)
    correlation = correlation_table(summary)
    return (
        *found,
        *((correlation,) if correlation else ()),
        *make_tables((QUALITY, SERIES, DATA_SETS, *OF_FLUID), summary),
    )
