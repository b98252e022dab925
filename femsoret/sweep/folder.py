"""The folder of a sweep: a file a point, so that what is solved stays solved."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterable, Mapping
from io import StringIO
from pathlib import Path
from typing import Any, Final

from femsoret.errors import OutputError
from femsoret.io.files import as_json, write_whole
from femsoret.sweep.points import Plan, Point

DEFINITION: Final = "sweep.json"
TABLE: Final = "sweep.csv"
RESULTS: Final = "results.json"
PICTURE: Final = "sweep.png"
POINTS: Final = "points"


class SweepFolder:
    """The folder of a sweep; rank 0 alone calls what touches files.

    Args:
        path: The folder.
        plan: What is in it.
    """

    def __init__(self, path: Path, plan: Plan) -> None:
        self.path, self.plan = path, plan

    def open(self) -> None:
        """Make the folder if it is missing, and check that it holds no other sweep.

        Raises:
            OutputError: It cannot be made, or holds another sweep.
        """
        path, plan = self.path, self.plan
        definition = path / DEFINITION
        try:
            (path / POINTS).mkdir(parents=True, exist_ok=True)
            if definition.exists():
                if json.loads(definition.read_text())["digest"] != plan.digest:
                    raise OutputError(
                        f"{path} holds another sweep: the case, --set or --over have changed",
                        "take another folder (-o), or remove this one",
                    )
                return
            description = {
                "digest": plan.digest,
                "axes": [
                    {"key": axis.key, "unit": axis.unit, "values": list(axis.values)}
                    for axis in plan.axes
                ],
            }
            write_whole(definition, as_json(description))
        except (OSError, ValueError, KeyError) as error:
            raise OutputError(
                f"cannot use the folder {path}: {error}", "choose one that you may write to"
            ) from error

    def keep(self, point: Point, record: Mapping[str, Any]) -> None:
        """Write what a point gave.

        Raises:
            OutputError: The file cannot be written.
        """
        values = {
            axis.key: value
            for axis, value in zip(self.plan.axes, self.plan.values(point), strict=True)
        }
        try:
            write_whole(self.path / self._name(point), as_json({"at": values, **record}))
        except OSError as error:
            raise OutputError(
                f"cannot write a point into {self.path}: {error}", "make room; then run it again"
            ) from error

    def _name(self, point: Point) -> str:
        return f"{POINTS}/{point.index:05d}.json"

    def run_folder(self, point: Point) -> Path:
        """Return the run folder of a transient point."""
        return self.path / POINTS / f"{point.index:05d}"

    def record(self, point: Point) -> dict[str, Any] | None:
        """Return what a point gave; None where it was not solved yet."""
        try:
            text = (self.path / self._name(point)).read_text(encoding="utf-8")
            return dict(json.loads(text))
        except (FileNotFoundError, ValueError):
            return None

    def forget_failures(self, points: Iterable[Point]) -> None:
        """Remove the records of those points that failed, so that they are tried again."""
        for point in points:
            record = self.record(point)
            if record is not None and "error" in record:
                (self.path / self._name(point)).unlink()

    def collect(self) -> list[dict[str, Any]]:
        """Write table and results of all points so far, and return the records in order.

        Raises:
            OutputError: A file cannot be written.
        """
        found = [self.record(p) for p in sorted(self.plan.points, key=lambda p: p.index)]
        records = [record for record in found if record is not None]
        keys = [axis.key for axis in self.plan.axes]
        first = [*(axis.label for axis in self.plan.axes), "status"]
        # What is varied may be a number of the summary too, such as groups.Ra: once is enough.
        found_in = dict.fromkeys(name for r in records for name in r.get("numbers", {}))
        names = [name for name in found_in if name not in first]
        text = StringIO()
        out = csv.writer(text, lineterminator="\n")
        out.writerow([*first, *names])
        for record in records:
            status = "solved" if record.get("lasts", True) else "does not last"
            status = "failed" if "error" in record else status
            numbers = record.get("numbers", {})
            values = [record["at"][key] for key in keys]
            out.writerow([*values, status, *(numbers.get(name, "") for name in names)])
        try:
            write_whole(self.path / TABLE, text.getvalue().encode())
            write_whole(self.path / RESULTS, as_json({"points": records}))
        except OSError as error:
            raise OutputError(
                f"cannot write the table into {self.path}: {error}", "make room; then run it again"
            ) from error
        return records

    def add_picture(self, png: bytes) -> None:
        """Write the figure."""
        write_whole(self.path / PICTURE, png)


def flat(document: Mapping[str, Any], prefix: str = "") -> dict[str, float]:
    """Return the numbers of a summary under dotted names; texts, lists and nulls are left out."""
    numbers: dict[str, float] = {}
    for key, value in document.items():
        if isinstance(value, Mapping):
            numbers |= flat(value, f"{prefix}{key}.")
        elif isinstance(value, int | float) and not isinstance(value, bool):
            numbers[f"{prefix}{key}"] = value
    return numbers
