"""The page of a sweep: verdict and tables, from its sweep.json and results.json."""

from __future__ import annotations

from collections.abc import Sequence

from femsoret.case.sweep import SweepAxis
from femsoret.io.sweep_folder import Records, status_of
from femsoret.report.rounding import percent, plain
from femsoret.report.sweep_figures import BIAS
from femsoret.report.table import NONE, Table
from femsoret.report.units import Summary
from femsoret.report.verdict import Fact, Verdict
from femsoret.report.warnings import COARSEST
from femsoret.report.wording import capitalised


def sweep_definition(title: str, axes: Sequence[SweepAxis], quantity: str, points: int) -> Summary:
    """Return the content of sweep.json.

    Args:
        title: Title of the case.
        axes: The axes.
        quantity: Dotted name of the quantity to draw.
        points: Number of points.
    """
    return {
        "title": title,
        "quantity": quantity,
        "points": points,
        "axes": [
            {
                "key": axis.key,
                "unit": axis.unit,
                "logarithmic": axis.logarithmic,
                "values": list(axis.values),
            }
            for axis in axes
        ],
    }


def sweep_axes(definition: Summary) -> tuple[SweepAxis, ...]:
    """Return the axes of a sweep."""
    return tuple(
        SweepAxis(a["key"], tuple(a["values"]), a["unit"], a["logarithmic"])
        for a in definition["axes"]
    )


def sweep_outcome(definition: Summary, records: Records) -> str:
    """Return a short text on how many points were solved, and the range of their biases."""
    text = f"{len(records)} of {definition['points']} points, {_failed(records)} of them failed"
    passing = sum(status_of(record) == "does not last" for record in records)
    if passing:
        text += f", {passing} with a steady state that does not last"
    biases = _biases(records)
    if biases:
        text += f"; |bias| from {percent(min(biases))} to {percent(max(biases))}"
    coarse = sum(map(_is_coarse, records))
    if coarse:
        text += f"; at {coarse} of them the mesh is too coarse for a field (resolution.*.missed)"
    return text


def sweep_verdict(definition: Summary, records: Records) -> Verdict:
    """Return the verdict of a sweep."""
    biases = _biases(records)
    span = f"{percent(min(biases))} to {percent(max(biases))}" if biases else NONE
    facts = (
        Fact("points", f"{len(records)} of {definition['points']}", "solved or tried"),
        Fact("failed", str(_failed(records)), "see the errors below"),
        Fact("|bias|", span, "smallest to largest"),
    )
    return Verdict(f"{capitalised(sweep_outcome(definition, records))}.", "", facts)


def _failed(records: Records) -> int:
    return sum(status_of(record) == "failed" for record in records)


def _biases(records: Records) -> list[float]:
    """Return the magnitudes of the biases of stable states."""
    return [
        abs(float(record["numbers"][BIAS]))
        for record in records
        if record.get("lasts", True) and BIAS in record.get("numbers", {})
    ]


def _is_coarse(record: Summary) -> bool:
    """Return whether the mesh of a point was too coarse for a field."""
    numbers = record.get("numbers", {})
    return any(
        numbers.get(f"resolution.{key}.missed", 0.0) > numbers.get(f"resolution.{key}.limit", 1.0)
        for key in COARSEST.values()
    )


def sweep_tables(definition: Summary, records: Records) -> tuple[Table, ...]:
    """Return the tables of a sweep: all points, and the errors of those that failed."""
    axes, quantity = sweep_axes(definition), definition["quantity"]
    labels = tuple(axis.label for axis in axes)
    write = percent if quantity == BIAS else plain

    def place(record: Summary) -> tuple[str, ...]:
        return tuple(plain(record["at"][axis.key]) for axis in axes)

    def numbers(record: Summary) -> tuple[str, str]:
        numbers = record.get("numbers", {})
        error = numbers.get(f"numerical_error.{quantity}")
        return write(numbers.get(quantity)), write(error)

    points = Table(
        "The points",
        (*labels, "state", quantity, "numerical error"),
        tuple((*place(record), status_of(record), *numbers(record)) for record in records),
        "All numbers of each point are in sweep.csv and results.json.",
    )
    errors = tuple((*place(record), record["error"]) for record in records if "error" in record)
    failures = Table("Points that failed", (*labels, "error"), errors)
    return (points, failures) if errors else (points,)
