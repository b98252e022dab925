"""The page of a sweep, from what its folder holds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from femsoret.case.sweep import SweepAxis
from femsoret.io.marker import RUN
from femsoret.io.sweep_folder import DEFINITION, PICTURE, RESULTS, Records, status_of
from femsoret.report.canvas import Picture
from femsoret.report.page import Page
from femsoret.report.painting import paint
from femsoret.report.rounding import percent, plain
from femsoret.report.run_folder import (
    CASE,
    document,
    reading,
    refuse_unfinished,
    republish,
    wants_figures,
    write_page,
)
from femsoret.report.sweep.figures import BIAS, draw_sweep
from femsoret.report.table import NONE, Table
from femsoret.report.verdict import Fact, Verdict
from femsoret.report.warnings import COARSEST

DEFINITIONS: Final = (
    ("bias", "S_T that the cell would report over the true one, less 1."),
    (
        "does not last",
        "A mode of the steady state grows, or a second solve found another state: no cell shows "
        "it, so it is in no figure.",
    ),
    ("numerical error", "An estimate, from a second solve of each point of higher order."),
)


def write_sweep_page(
    folder: Path, definition: Mapping[str, Any], records: Records, run: Mapping[str, Any], case: str
) -> None:
    """Write the page of a sweep and its figure into a folder; rank 0.

    Args:
        folder: The folder.
        definition: The content of sweep.json.
        records: Records of the points.
        run: The content of run.json.
        case: The resolved case of the first point, TOML.
    """
    axes, quantity = axes_of(definition), definition["quantity"]
    pictures: tuple[Picture, ...] = ()
    if wants_figures(case):
        made = paint({"sweep": lambda: draw_sweep(axes, records, quantity)})
        caption = (
            f"{quantity} over {' and '.join(axis.label for axis in axes)}. Crosses: no number."
        )
        pictures = tuple(Picture("sweep", "The sweep", caption, png, 1.0) for png in made)
    told_of = told(definition, records)
    page = Page(
        title=f"{definition['title']}: sweep over {' and '.join(axis.key for axis in axes)}",
        verdict=Verdict(f"{told_of[0].upper()}{told_of[1:]}.", "", _facts(definition, records)),
        warnings=sorted({warning for r in records for warning in r.get("warnings", ())}),
        pictures=pictures,
        results=(_table(axes, records, quantity), *_failures(axes, records)),
        definitions=DEFINITIONS,
        records=(
            Table("Work", ("", ""), (("ranks", str(run["ranks"])), ("started", run["started"]))),
            Table("Software", ("", ""), tuple(run["versions"].items())),
        ),
        case=case.strip(),
        version=run["versions"]["femsoret"],
        sources="sweep.json, results.json, run.json and case.resolved.toml, the case of the first "
        "point",
    )
    write_page(folder, page)
    for picture in pictures:
        (folder / PICTURE).write_bytes(picture.png)


def rewrite_sweep(path: Path) -> Path:
    """Draw the figure and write the page of a sweep again, from its files alone; serial.

    Args:
        path: The folder.

    Returns:
        The page.

    Raises:
        OutputError: The folder cannot be read or written.
    """
    refuse_unfinished(path, DEFINITION)
    with reading(path, "sweep", "sweep again"):
        definition, results = document(path, DEFINITION), document(path, RESULTS)
        run = document(path, RUN)
        case = (path / CASE).read_text(encoding="utf-8")
    return republish(
        path,
        lambda to: write_sweep_page(to, definition, results["points"], run, case),
        also=(PICTURE,),
    )


def definition_of(
    title: str, axes: Sequence[SweepAxis], quantity: str, points: int
) -> dict[str, Any]:
    """Return the content of sweep.json.

    Args:
        title: Title of the case.
        axes: The axes.
        quantity: Dotted name of the number that is drawn.
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


def axes_of(definition: Mapping[str, Any]) -> tuple[SweepAxis, ...]:
    """Return the axes of a sweep.

    Args:
        definition: The content of sweep.json.
    """
    return tuple(
        SweepAxis(a["key"], tuple(a["values"]), a["unit"], a["logarithmic"])
        for a in definition["axes"]
    )


def told(definition: Mapping[str, Any], records: Records) -> str:
    """Return what came of a sweep, in a line or two.

    Args:
        definition: The content of sweep.json.
        records: Records of the points.
    """
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


def _facts(definition: Mapping[str, Any], records: Records) -> tuple[Fact, ...]:
    biases = _biases(records)
    shown = f"{percent(min(biases))} to {percent(max(biases))}" if biases else NONE
    return (
        Fact("points", f"{len(records)} of {definition['points']}", "solved or tried"),
        Fact("failed", str(_failed(records)), "their errors are below"),
        Fact("|bias|", shown, "smallest to largest"),
    )


def _failed(records: Records) -> int:
    return sum(status_of(record) == "failed" for record in records)


def _biases(records: Records) -> list[float]:
    """Return the sizes of the biases of states that last."""
    return [
        abs(float(record["numbers"][BIAS]))
        for record in records
        if record.get("lasts", True) and BIAS in record.get("numbers", {})
    ]


def _is_coarse(record: Mapping[str, Any]) -> bool:
    """Return whether the mesh of a point was too coarse for a field."""
    numbers = record.get("numbers", {})
    return any(
        numbers.get(f"resolution.{key}.missed", 0.0) > numbers.get(f"resolution.{key}.limit", 1.0)
        for key in COARSEST.values()
    )


def _places(axes: Sequence[SweepAxis], record: Mapping[str, Any]) -> tuple[str, ...]:
    return tuple(plain(record["at"][axis.key]) for axis in axes)


def _table(axes: Sequence[SweepAxis], records: Records, quantity: str) -> Table:
    rows = []
    for record in records:
        numbers = record.get("numbers", {})
        value, error = numbers.get(quantity), numbers.get(f"numerical_error.{quantity}")
        shown = percent if quantity == BIAS else plain
        rows.append((*_places(axes, record), status_of(record), shown(value), shown(error)))
    columns = (*(axis.label for axis in axes), "state", quantity, "numerical error")
    return Table(
        "The points", columns, tuple(rows), "All numbers of each: sweep.csv, results.json."
    )


def _failures(axes: Sequence[SweepAxis], records: Records) -> tuple[Table, ...]:
    rows = tuple(
        (*_places(axes, record), record["error"]) for record in records if "error" in record
    )
    columns = (*(axis.label for axis in axes), "error")
    return (Table("Points that failed", columns, rows),) if rows else ()
