"""Tables of a transient run: what its course evaluates to, and how it went."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from femsoret.report.rounding import percent, percent_with_error, plain, short, with_error
from femsoret.report.table import NONE, Table
from femsoret.report.units import duration, units_of

Summary = Mapping[str, Any]

AT_THE_END: Final = {
    "Soret coefficient": "Soret coefficient of the last readings",
    "Separation": "Separation at the end",
    "Walls": "Walls in the last step",
    "Flow": "Flow at the end",
    "Resolution": "Resolution at the end",
    "Balances": "Balances of the whole run",
}
"""Titles of tables that a steady run has too -> what they are in a transient one."""

_STARTS: Final = {
    "uniform": "one temperature and composition",
    "diffused": "steady state without gravity",
    "steady": "steady state",
}


def evaluation(summary: Summary) -> Table:
    """Return what a laboratory would report.

    Args:
        summary: Summary of a transient run.
    """
    found, units = summary["evaluation"], units_of(summary)
    if "reason" in found:
        return Table("Evaluation for D and S_T", ("", ""), (("not evaluated", found["reason"]),))
    names = ("with_gravity", "without_gravity")
    runs, errors = [found[name] for name in names], summary["numerical_error"]

    def shown(key: str, write: Callable[[Any, float | None], str]) -> list[str]:
        return [
            NONE
            if found[name] is None
            # A number that is null has no error either.
            else write(found[name][key], errors.get(f"evaluation.{name}.{key}"))
            for name in names
        ]

    def row(label: str, key: str, unit: str, true: float | None = None) -> tuple[str, ...]:
        numbers = shown(
            key, lambda value, error: f"{with_error(value, error, digits=5)} {unit}".strip()
        )
        return (label, *numbers, NONE if true is None else f"{plain(true, 5)} {unit}")

    def bias(label: str, key: str) -> tuple[str, ...]:
        return (label, *shown(key, percent_with_error), NONE)

    rows = (
        row("D", "D", units.diffusion, found["D_true"]),
        bias("bias of D", "D_bias"),
        row("S_T", "S_T", units.soret, found["S_T_true"]),
        bias("bias of S_T", "S_T_bias"),
        row("separation of the plateau", "separation", ""),
        bias("misfit", "misfit"),
        ("steps evaluated", *(NONE if run is None else str(run["points"]) for run in runs), NONE),
    )
    what = "goes" if found["relaxing"] else "comes"
    note = (
        f"Fitted to the separation from {duration(summary['units'], found['start'])} to "
        f"{duration(summary['units'], found['end'])}; the temperature difference {what} at "
        f"{duration(summary['units'], found['t0'])}."
    )
    if "method" in errors:
        note += f" In brackets: numerical error, {errors['method']}."
    change = found["convection"]
    if change is not None:
        note += f" Convection changes D by {percent(change['D'])}"
        note += f", S_T by {percent(change['S_T'])}." if change["S_T"] is not None else "."
    return Table(
        "Evaluation for D and S_T", ("quantity", "with gravity", "without", "true"), rows, note
    )


def statistics(summary: Summary) -> Table | None:
    """Return the mean and range in time of an apparent S_T that goes on, or why there are none.

    Args:
        summary: Summary of a transient run; one of before they were sought has no table.
    """
    title = "Apparent Soret coefficient in time"
    if "statistics" not in summary:
        return None
    found, unit = summary["statistics"], units_of(summary).soret
    if found is None:
        reason = summary["statistics_reason"]
        return Table(title, ("", ""), (("no mean and range in time", reason),))
    bias, errors = found["bias"], summary["numerical_error"]

    def row(label: str, key: str, error: str = "") -> tuple[str, ...]:
        return (
            label,
            f"{with_error(found[key], found.get(error))} {unit}",
            NONE if bias is None else percent_with_error(bias[key], bias.get(error)),
        )

    rows: tuple[tuple[str, ...], ...] = (
        row("mean", "mean", "standard_error"),
        row("smallest", "min"),
        row("largest", "max"),
        row("standard deviation", "std"),
    )
    if (error := errors.get("statistics.mean")) is not None:
        of_bias = percent(errors.get("statistics.bias.mean"))
        rows += (("numerical error of the mean", f"{plain(error, 2)} {unit}", of_bias),)
    return Table(
        title,
        ("", "apparent S_T", "bias"),
        rows,
        f"With gravity, from {_when(summary, found['from'])} on, where it is statistically steady: "
        f"{found['cycles']} cycles. In brackets: standard error of the mean, by batch means.",
    )


def course(summary: Summary) -> Table:
    """Return how the run went.

    Args:
        summary: Summary of a transient run.
    """
    time = summary["time"]
    runs = [time["with_gravity"], time["without_gravity"]]

    def row(label: str, key: str) -> tuple[str, ...]:
        return (label, *(NONE if run is None else str(run[key]) for run in runs))

    rows = (
        ("end", *(NONE if run is None else _when(summary, run["end"]) for run in runs)),
        row("ended by", "ended_by"),
        row("steps", "steps"),
        row("rejected steps", "rejections"),
        row("linear systems set up", "factorisations"),
    )
    breaks, tau = len(time["breaks"]), duration(summary["units"], time["tau"])
    return Table(
        "Course of the run",
        ("", "with gravity", "without"),
        rows,
        f"Relaxation time τ = {tau}. Start: {_STARTS[time['start']]}. "
        f"Tolerance of each field {short(time['tolerance'])}, scheme {time['scheme']}; the "
        f"protocol jumps or bends {breaks} times.",
    )


def _when(summary: Summary, t: float) -> str:
    return f"{duration(summary['units'], t)} = {short(t / summary['time']['tau'])} τ"
