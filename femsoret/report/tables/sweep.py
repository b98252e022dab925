"""Tables of a sweep, and the definition of its points."""

from __future__ import annotations

from collections.abc import Sequence

from femsoret.case.axes import SweepAxis
from femsoret.io.sweep_folder import Records, status_of
from femsoret.report.tables.table import Table
from femsoret.report.verdicts.sweep import BIAS
from femsoret.report.words.numbers import percent, plain
from femsoret.report.words.units import Summary


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
