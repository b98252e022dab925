"""Tables of an audit, from its summary."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from femsoret.report.audit.words import limit_sentence, short_percent, shown, signed, with_bound
from femsoret.report.from_data import from_data, left_out
from femsoret.report.rounding import percent, plain, short
from femsoret.report.table import NONE, Table
from femsoret.report.tables import data_tables
from femsoret.report.units import duration

Summary = Mapping[str, Any]

DEFINITIONS: Final = (
    (
        "ideal cell",
        "Heated from above and level, side walls that let no heat through, plates that conduct "
        "perfectly, constant properties, T and c read at the plates at steady state.",
    ),
    (
        "bias",
        "What a laboratory would report over the S_T of the fluid at the mean temperature of the "
        "plates and the mean composition, less 1. It takes plates to be at what was set, and other "
        "readings at what conduction between such plates would give.",
    ),
    ("term", "Bias of the ideal cell with this cause alone, less the bias of the ideal cell."),
    ("shape", "Bias of the ideal cell: its shape may bend isotherms. 0 between parallel plates."),
    ("interaction", "Bias with all causes, less the sum of the terms and of the shape."),
    (
        "finite time",
        "The series of a quiet layer, with the relaxation time of the cell, while the flow takes "
        "up to 1.5 % of the steady separation; else a march from a uniform composition.",
    ),
    ("numerical error", "An estimate of it, from second solves of each cell at other resolutions."),
    (
        "regime",
        "Unstable: a mode grows. Convective: the flow carries more than 2 % of the heat. Thin "
        "layer: solutal Péclet number below 1. Else one roll (more than half of the flow turns one "
        "way) or several.",
    ),
    (
        "limits",
        "Root of |bias| = target on a coarser mesh, all else as it is, corrected by one solve on "
        "the cell's own mesh. The gap stretches the cell along its axis; the temperature "
        "difference leaves the mean and the room as they are. What is said holds where it was "
        "tried, in steps of a factor 2 at most.",
    ),
)
"""What an audit shows, in one line each."""


def audit_tables(summary: Summary) -> tuple[Table, ...]:
    """Return the tables of results.

    Args:
        summary: The summary.
    """
    found = [_budget(summary)]
    if summary["unstated"]:
        rows = tuple((u["label"], u["advice"]) for u in summary["unstated"])
        found.append(Table("Not looked at", ("cause", "what to add to the case"), rows))
    if summary["limits"]:
        found.append(_limits(summary))
    if summary["regime"]:
        found.append(_regime(summary))
    return (*found, *data_tables(summary))


def audit_records(summary: Summary, run: Mapping[str, Any]) -> tuple[Table, ...]:
    """Return the tables on how it was computed.

    Args:
        summary: The summary.
        run: The content of run.json.
    """
    solver = summary["solver"]
    rows = (
        ("unknowns", NONE if solver["dofs"] is None else f"{solver['dofs']:,}".replace(",", " ")),
        ("mesh cells", f"{solver['cells']:,}".replace(",", " ")),
        ("wall time", f"{solver['wall_seconds']:.1f} s"),
        ("peak memory", f"{solver['peak_memory_mb']:.0f} MB"),
        ("ranks", str(run["ranks"])),
        ("numerical errors", summary["budget"]["method"] or "not asked for"),
    )
    return (
        Table("Work", ("", ""), rows),
        Table("Software", ("", ""), tuple(run["versions"].items())),
    )


def _budget(summary: Summary) -> Table:
    budget = summary["budget"]
    rows = [
        (term["label"], term["what"] + (" (assumed)" if term["assumed"] else ""), with_bound(term))
        for term in budget["terms"].values()
    ]
    rows.append(("shape", "of the ideal cell", with_bound(budget["shape"])))
    rows.append(("interaction", _about_interaction(budget), with_bound(budget["interaction"])))
    rows.append(("total", "all of it together", with_bound(budget["total"])))
    if "entries" in summary["data_uncertainty"]:
        what = "uncertainty of the total, one standard deviation"
        if left_out(summary):
            what += f"; {left_out(summary)}"
        rows.append(("fluid data", what, f"± {from_data(summary)}"))
    note = "In brackets: estimated numerical error, in the last digits."
    if summary["relaxation_time"] is not None:
        time = duration(summary["units"], summary["relaxation_time"])
        note += f" Relaxation time of the separation in this cell: {time}."
    deficit = (summary.get("approach") or {}).get("deficit")
    if deficit:
        note += (
            f" Errors of total and interaction have room for the {percent(deficit)} that the flow "
            "of the still uniform liquid may take."
        )
    return Table("The budget", ("cause", "what", "effect on S_T"), tuple(rows), note)


def _about_interaction(budget: Mapping[str, Any]) -> str:
    parts = [
        (budget["flow_by_properties"], "by varying properties"),
        (budget.get("early_flow"), "by the flow of the still uniform liquid, marched"),
    ]
    known = [f"{signed(e['value'])} of it {by}" for e, by in parts if e and e["value"] is not None]
    return "; ".join(["total less the sum" + ("" if known else " of the causes"), *known])


def _limits(summary: Summary) -> Table:
    rows = []
    for name, limit in summary["limits"].items():
        check = limit["check"]
        checked = (
            f"{percent(abs(check['bias']))} at {shown(summary, name, check['value'])}"
            if check
            else NONE
        )
        rows.append(
            (
                limit["label"],
                shown(summary, name, limit["present"]),
                limit_sentence(summary, name),
                checked,
                limit["note"] or NONE,
            )
        )
    return Table(
        f"What keeps |bias| below {short_percent(summary['target'])}",
        ("change", "now", "limit", "|bias| on the cell's own mesh", "note"),
        tuple(rows),
        "Each by itself, all else as it is.",
    )


def _regime(summary: Summary) -> Table:
    found = summary["regime"]
    rows = (
        ("regime", found["name"]),
        ("solutal Péclet number", short(found["peclet"]["solutal"])),
        ("thermal Péclet number", short(found["peclet"]["thermal"])),
        ("heat carried by the flow, Nu − 1", plain(found["carried"], 2)),
        ("turning one way", percent(found["turning"])),
        ("largest growth rate", plain(found["growth_rate"])),
        ("stability", found["stability"]),
    )
    return Table("The regime", ("quantity", "value"), rows)
