"""Tables of an audit."""

from __future__ import annotations

from typing import Final

from femsoret.report.tables.data import FLUID_DATA
from femsoret.report.tables.run import work_tables
from femsoret.report.tables.table import (
    Column,
    Item,
    Listing,
    Row,
    Sheet,
    Table,
    columns_of_texts,
    make_tables,
    number,
    ratio,
    rounded,
    text,
)
from femsoret.report.verdicts.audit import (
    component_budgets,
    limit_sentence,
    parameter_text,
    with_bound,
)
from femsoret.report.words.numbers import NONE, percent
from femsoret.report.words.phrases import (
    data_uncertainty_text,
    missing_uncertainties,
    short_percent,
    signed,
)
from femsoret.report.words.units import Document, Summary, duration

# -- tables: the budget --------------------------------------------------------------------------


def _budget(summary: Summary) -> list[tuple[str, str, str]]:
    """Return rows of cause, description and effect: the terms, shape, interaction and total."""
    budget = summary["budget"]
    rows = [
        (term["label"], term["what"] + (" (assumed)" if term["assumed"] else ""), with_bound(term))
        for term in budget["terms"].values()
    ]
    rows += [
        ("shape", "of the ideal cell", with_bound(budget["shape"])),
        ("interaction", _about_interaction(budget), with_bound(budget["interaction"])),
        ("total", "all causes together", with_bound(budget["total"])),
    ]
    if "entries" in summary["data_uncertainty"]:
        what = "uncertainty of the total, one standard deviation"
        if missing := missing_uncertainties(summary):
            what += f"; {missing}"
        rows.append(("fluid data", what, f"± {data_uncertainty_text(summary)}"))
    return rows


def _about_interaction(budget: Summary) -> str:
    parts = [
        (budget["flow_by_properties"], "due to variable properties"),
        (budget.get("early_flow"), "due to the flow of the initially uniform liquid, by a march"),
    ]
    known = [
        f"{signed(entry['value'])} of it {by}"
        for entry, by in parts
        if entry and entry["value"] is not None
    ]
    return "; ".join(["total less the sum" + ("" if known else " of the causes"), *known])


def _about_budget(summary: Summary) -> str:
    note = "In brackets: estimated numerical error, in the last digits."
    if summary["relaxation_time"] is not None:
        time = duration(summary["units"], summary["relaxation_time"])
        note += f" Relaxation time of the separation in this cell: {time}."
    if deficit := (summary.get("approach") or {}).get("deficit"):
        note += (
            " The errors of total and interaction include a deficit of up to "
            f"{percent(deficit)} due to the flow of the initially uniform liquid."
        )
    return note


BUDGET: Final = Listing(
    "The budget",
    _budget,
    columns_of_texts("cause", "what", "effect on S_T"),
    _about_budget,
)


def _of_components(summary: Summary) -> list[tuple[str, ...]]:
    """Return rows of component, cause and effect; none if there is only one component."""
    labels = {name: term["label"] for name, term in summary["budget"]["terms"].items()}
    rows: list[tuple[str, ...]] = []
    for of in component_budgets(summary):
        parts = [(labels[name], entry) for name, entry in of["terms"].items()]
        parts += [(name, of[name]) for name in ("shape", "interaction", "total")]
        rows += [(of["species"], label, with_bound(entry)) for label, entry in parts]
    return rows


COMPONENTS: Final = Listing(
    "The budget of each component",
    _of_components,
    columns_of_texts("component", "cause", "effect on S'_T"),
    "An effect is over the norm of the S'_T of all transported components. The table above is that "
    "of the first one; limits are those of the norm of all biases.",
)

UNSTATED: Final = Listing(
    "Not considered",
    "unstated",
    (Column("cause", "label"), Column("what to add to the case", "advice")),
)


# -- tables: limits and regime -------------------------------------------------------------------


def _present(item: Item) -> str:
    return parameter_text(item.summary, item.name, item.entry["present"])


def _check(item: Item) -> str:
    check = item.entry["check"]
    if not check:
        return NONE
    value = parameter_text(item.summary, item.name, check["value"])
    return f"{percent(abs(check['bias']))} at {value}"


def _note(item: Item) -> str:
    """Return what the sentence in the column "limit" does not say already."""
    note: str = item.entry["note"]
    return note if note and note not in limit_sentence(item.summary, item.name) else NONE


LIMITS: Final = Listing(
    lambda summary: f"Limits for |bias| below {short_percent(summary['target'])}",
    "limits",
    (
        Column("parameter", "label"),
        Column("now", _present),
        Column("limit", lambda item: limit_sentence(item.summary, item.name)),
        Column("|bias| on the original mesh", _check),
        Column("note", _note),
    ),
    "Each parameter is changed alone.",
)

REGIME: Final = Sheet(
    "The regime",
    (
        Row("regime", "regime.name", text),
        Row("solutal Péclet number", "regime.peclet.solutal", rounded()),
        Row("thermal Péclet number", "regime.peclet.thermal", rounded()),
        Row("heat carried by the flow, Nu − 1", "regime.carried", number(2)),
        Row("net rotation in one sense", "regime.turning", ratio),
        Row("largest growth rate", "regime.growth_rate", number(unit="rate")),
        Row("stability", "regime.stability", text),
    ),
    path="regime",
)


def audit_tables(summary: Summary) -> tuple[Table, ...]:
    """Return the tables of the results of an audit."""
    return make_tables((BUDGET, COMPONENTS, UNSTATED, LIMITS, REGIME, *FLUID_DATA), summary)


def audit_work_tables(summary: Summary, run: Document) -> tuple[Table, ...]:
    """Return the tables on how an audit was computed."""
    solver, *rest = work_tables(summary, run)
    method = ("numerical errors", summary["budget"]["method"] or "not requested")
    return (Table(solver.title, solver.columns, (*solver.rows, method)), *rest)
