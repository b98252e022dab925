"""Tables of a transient run: evaluation, course and statistics in time."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Final

from femsoret.report.tables.table import (
    Row,
    Sheet,
    Table,
    number,
    ratio_with_bounds,
    text,
    with_bounds,
)
from femsoret.report.words.numbers import (
    NONE,
    percent,
    percent_with_error,
    plain,
    short,
    with_error,
)
from femsoret.report.words.units import Summary, duration, units_of
from femsoret.studies.measure.marching import MARCHES

# -- tables: the evaluation ----------------------------------------------------------------------

STARTS: Final = {
    "uniform": "uniform temperature and composition",
    "diffused": "steady state without gravity",
    "steady": "steady state",
}


def _true(key: str, unit: str) -> Callable[[Summary], str]:
    """Return the note of a row of the evaluation: the true number."""

    def note(summary: Summary) -> str:
        value = summary["evaluation"][key]
        return number(5, unit)(value, None, summary)

    return note


def _about_evaluation(summary: Summary) -> str:
    evaluation, errors, units = summary["evaluation"], summary["numerical_error"], summary["units"]
    start, end, t0 = (duration(units, evaluation[key]) for key in ("start", "end", "t0"))
    note = (
        f"Fitted to the separation from {start} to {end}; the temperature difference "
        f"is {'removed' if evaluation['relaxing'] else 'applied'} at {t0}."
    )
    if "method" in errors:
        note += f" In brackets: numerical error, {errors['method']}."
    if (change := evaluation["convection"]) is not None:
        note += f" Convection changes D by {percent(change['D'])}"
        note += f", S_T by {percent(change['S_T'])}." if change["S_T"] is not None else "."
    return note


EVALUATION: Final = Sheet(
    "Evaluation for D and S_T",
    (
        Row("D", "D", with_bounds(5, "diffusion"), _true("D_true", "diffusion")),
        Row("bias of D", "D_bias", ratio_with_bounds, NONE),
        Row("S_T", "S_T", with_bounds(5, "soret"), _true("S_T_true", "soret")),
        Row("bias of S_T", "S_T_bias", ratio_with_bounds, NONE),
        Row("separation of the plateau", "separation", with_bounds(5), NONE),
        Row("misfit", "misfit", ratio_with_bounds, NONE),
        Row("steps evaluated", "points", text, NONE),
    ),
    ("quantity", "with gravity", "without", "true"),
    _about_evaluation,
    "evaluation",
    tuple(f"evaluation.{run}." for run in MARCHES),
)


# -- tables: the course in time ------------------------------------------------------------------


def _when(summary: Summary, t: float | None) -> str:
    """Return a time with its unit and in relaxation times."""
    if t is None:
        return NONE
    return f"{duration(summary['units'], t)} = {short(t / summary['time']['tau'])} τ"


def _about_course(summary: Summary) -> str:
    time = summary["time"]
    return (
        f"Relaxation time τ = {duration(summary['units'], time['tau'])}. "
        f"Start: {STARTS[time['start']]}. "
        f"Tolerance of each field: {short(time['tolerance'])}. Scheme: {time['scheme']}. Jumps or "
        f"changes of slope of the protocol: {len(time['breaks'])}."
    )


COURSE: Final = Sheet(
    "Course of the run",
    (
        Row("end", "end", lambda t, error, summary: _when(summary, t)),
        Row("ended by", "ended_by", text),
        Row("steps", "steps", text),
        Row("rejected steps", "rejections", text),
        Row("factorisations", "factorisations", text),
    ),
    ("", "with gravity", "without"),
    _about_course,
    prefixes=tuple(f"time.{run}." for run in MARCHES),
)


EVALUATION_OF_SOLID: Final = replace(
    EVALUATION, columns=("quantity", "value", "true"), prefixes=EVALUATION.prefixes[:1]
)
COURSE_OF_SOLID: Final = replace(COURSE, columns=("", ""), prefixes=COURSE.prefixes[:1])
"""The same tables for a solid, which has one march."""


def statistics(summary: Summary) -> Table | None:
    """Return the table of the statistics in time of an apparent S_T that does not settle.

    If they cannot be computed, the table gives the reason.

    Args:
        summary: Summary of a transient run; older ones without "statistics" have no table.
    """
    title = "Apparent Soret coefficient in time"
    if "statistics" not in summary:
        return None
    moments, unit = summary["statistics"], units_of(summary).soret
    if moments is None:
        reason = summary["statistics_reason"]
        return Table(title, ("", ""), (("no mean and range in time", reason),))
    bias, errors = moments["bias"], summary["numerical_error"]

    def row(label: str, key: str, error: str = "") -> tuple[str, ...]:
        return (
            label,
            f"{with_error(moments[key], moments.get(error))} {unit}",
            NONE if bias is None else percent_with_error(bias[key], bias.get(error)),
        )

    rows = [
        row("mean", "mean", "standard_error"),
        row("smallest", "min"),
        row("largest", "max"),
        row("standard deviation", "std"),
    ]
    if (error := errors.get("statistics.mean")) is not None:
        of_bias = percent(errors.get("statistics.bias.mean"))
        rows.append(("numerical error of the mean", f"{plain(error, 2)} {unit}", of_bias))
    return Table(
        title,
        ("", "apparent S_T", "bias"),
        tuple(rows),
        f"With gravity, from {_when(summary, moments['from'])} on, where it is statistically "
        f"steady: {moments['cycles']} cycles. In brackets: standard error of the mean, by batch "
        "means.",
    )
