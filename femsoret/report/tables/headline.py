"""Headlines: tables of the main numbers of runs, for a terminal."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from femsoret.report.tables.table import Row, Table, number, ratio, text
from femsoret.report.words.components import components
from femsoret.report.words.numbers import NONE, percent, plain, with_error
from femsoret.report.words.phrases import (
    data_uncertainty_text,
    is_solid,
    orientation_text,
    reference_nusselt,
)
from femsoret.report.words.stability import lasts
from femsoret.report.words.units import Summary
from femsoret.studies.measure.marching import MARCHES


def _orientation(summary: Summary) -> str:
    """Return the orientation in short lines, which keep the column narrow."""
    if is_solid(summary):
        return "a solid: nothing flows"
    return orientation_text(summary["orientation"]).replace("; ", ";\n")


def _separations(summary: Summary) -> str:
    separation = summary["separation"] or {}
    return " / ".join(plain(separation.get(key)) for key in ("value", "without_gravity"))


HEADLINE: Final = (
    Row("orientation", _orientation, text),
    Row("S_T true", "soret.true"),
    Row("  effect of the readings", "soret.reading_effect", ratio),
    Row("S_T apparent", "soret.apparent", number(5)),
    Row("error", "soret.error", number(3)),
    Row("bias", "soret.bias", ratio),
    Row("  numerical error of the bias", lambda s: s["numerical_error"].get("soret.bias"), ratio),
    Row("  from the fluid data", data_uncertainty_text, text),
    Row("separation with / without gravity", _separations, text),
    Row("Nusselt number", reference_nusselt),
    Row("solutal Péclet number", "peclet.solutal", number(3)),
    Row("stability", lambda s: (s.get("stability") or {}).get("verdict", "-"), text),
    Row("unknowns", "solver.dofs", text),
    Row("time (s)", lambda s: f"{s['solver']['wall_seconds']:.0f}", text),
)
"""Rows of the headline of a steady run."""

PER_KELVIN: Final = {"S_T true", "S_T apparent", "error"}
"""Labels of rows that show a unit if a run is in SI."""

OF_COMPONENTS: Final = {
    "S_T true",
    "  effect of the readings",
    "S_T apparent",
    "error",
    "bias",
    "  numerical error of the bias",
    "  from the fluid data",
    "separation with / without gravity",
}
"""Labels of rows with a line for each of several components."""


def headline(summaries: Sequence[Summary]) -> Table:
    """Return a table of the main numbers of steady runs, with one column per run.

    Args:
        summaries: Contents of summary.json, one for each run.
    """
    shown = [_reported(summary) for summary in summaries]
    separates = any(summary["soret"] or summary["separation"] for summary in summaries)
    si = any(summary["units"] == "SI" for summary in summaries)
    rows = []
    for row in HEADLINE:
        cells = [_cell(row, summary) for summary in shown]
        if not separates and all(set(cell) <= {*NONE, *" /"} for cell in cells):
            continue  # a pure fluid has no S_T
        unit = " (1/K)" if si and row.label in PER_KELVIN else ""
        rows.append((f"{row.label}{unit}", *cells))
    title = "Which Soret coefficient would this cell report?"
    return Table(
        title if separates else "How much heat passes through this cell?",
        ("", *(summary["title"] for summary in summaries)),
        tuple(rows),
    )


def _cell(row: Row, summary: Summary) -> str:
    """Return the cell of a row, with a line for each of several components."""
    names = [component["species"] for component in components(summary)]
    if row.label not in OF_COMPONENTS or not names:
        return row.cell(summary)
    cells = [row.cell(_of_component(summary, i)) for i in range(len(names))]
    if set(cells) <= set(NONE):
        return NONE
    return "\n".join(f"{name}: {cell}" for name, cell in zip(names, cells, strict=True))


def _of_component(summary: Summary, i: int) -> Summary:
    """Return a summary with the numbers of one of several components in place of the first's."""
    soret = components(summary)[i]
    prefix = f"soret.each.{soret['species']}."
    errors = {
        f"soret.{name.removeprefix(prefix)}": error
        for name, error in summary["numerical_error"].items()
        if name.startswith(prefix)
    }
    # Summaries of version 0.2.0 and earlier have the uncertainty of the first component alone.
    uncertainties = summary["data_uncertainty"].get("each") or [{"bias": None}] * (i + 1)
    return {
        **summary,
        "soret": soret,
        "separation": summary["separation"]["each"][i],
        "numerical_error": errors,
        "data_uncertainty": uncertainties[i],
    }


def _reported(summary: Summary) -> Summary:
    """Return a summary without numbers of the flow if it is unstable, or if there is none."""
    uncertainty = {"bias": None, "unknown": ()}
    nothing = {"numerical_error": {}, "data_uncertainty": uncertainty}
    if is_solid(summary):
        soret = summary["soret"] and {
            key: summary["soret"][key] for key in ("true", "apparent", "reading_effect")
        }
        separation = summary["separation"] and {"value": summary["separation"]["value"]}
        none = {"peclet": {}, "stability": {}, "separation": separation}
        return {**summary, "soret": soret, **nothing, **none}
    if lasts(summary):
        return summary
    soret = summary["soret"]
    if soret is not None:
        each = [{key: one[key] for key in ("species", "true")} for one in soret.get("each", ())]
        soret = {"true": soret["true"], "each": each}
    return {**summary, "soret": soret, **nothing}


def transient_headline(summary: Summary) -> Table:
    """Return a table of the main numbers of a transient run."""
    si = summary["units"] == "SI"
    per_kelvin, per_area, seconds = (" (1/K)", " (m2/s)", " (s)") if si else ("", "", "")
    solid = is_solid(summary)
    runs = tuple(MARCHES)[:1] if solid else tuple(MARCHES)
    rows: list[tuple[str, ...]] = []

    def add(row: Row, part: str) -> None:
        rows.append((str(row.label), *(row.cell(summary, f"{part}.{run}.") for run in runs)))

    def add_evaluated(label: str, key: str) -> None:
        add(Row(label, key), "evaluation")
        add(Row("  bias", f"{key}_bias", ratio), "evaluation")
        errors = summary["numerical_error"]
        if "method" in errors:
            bounds = (percent(errors.get(f"evaluation.{run}.{key}_bias")) for run in runs)
            rows.append(("  numerical error of the bias", *bounds))

    without = "" if summary["time"]["without_gravity"] is None else NONE
    rows.append(("orientation", _orientation(summary), without)[: 1 + len(runs)])
    add_evaluated(f"S_T evaluated{per_kelvin}", "S_T")
    add_evaluated(f"D evaluated{per_area}", "D")
    if moments := summary.get("statistics"):
        mean, bias = with_error(moments["mean"], moments["standard_error"]), moments["bias"]
        of_bias = percent(bias["mean"] if bias else None)
        for row in ((f"apparent S_T, mean in time{per_kelvin}", mean), ("  bias", of_bias)):
            rows.append((*row, NONE)[: 1 + len(runs)])
    add(Row(f"end{seconds}", "end"), "time")
    add(Row("steps", "steps", text), "time")
    reason = summary["evaluation"].get("reason")
    return Table(
        "Which D and S_T would this experiment report?",
        ("", "") if solid else ("", "with gravity", "without gravity"),
        tuple(rows),
        f"Not evaluated: {reason}." if reason else "",
    )
