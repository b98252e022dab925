"""The folder of a sweep, with one file per point so that no point is solved twice."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterable, Mapping, Sequence
from io import StringIO
from pathlib import Path
from typing import Any, Final

from femsoret.base.errors import OutputError
from femsoret.base.types import JsonObject
from femsoret.case.axes import SweepAxis
from femsoret.case.sweep import SweepPlan, SweepPoint
from femsoret.io.files import as_json, write_atomically

Records = Sequence[JsonObject]
"""Records of sweep points, in order."""

TABLE: Final = "sweep.csv"
POINTS: Final = "points"


class SweepFolder:
    """Reader and writer of the records of a sweep's points; for use on rank 0 only.

    Args:
        path: Path of the folder.
        plan: Axes and points of the sweep.
    """

    def __init__(self, path: Path, plan: SweepPlan) -> None:
        self.path, self.plan = path, plan

    def keep(self, point: SweepPoint, record: JsonObject) -> None:
        """Write the record of a point.

        Args:
            point: The point.
            record: Results of the point, or its error.

        Raises:
            OutputError: The file cannot be written.
        """
        values = {
            axis.key: value
            for axis, value in zip(self.plan.axes, self.plan.values(point), strict=True)
        }
        try:
            (self.path / POINTS).mkdir(exist_ok=True)
            write_atomically(self.path / self._name(point), as_json({"at": values, **record}))
        except OSError as error:
            raise OutputError(
                f"cannot write the record of a point to {self.path}: {error}",
                "free disk space, then run the same command again",
            ) from error

    def _name(self, point: SweepPoint) -> str:
        return f"{POINTS}/{point.index:05d}.json"

    def run_folder(self, point: SweepPoint) -> Path:
        """Return the path of the run folder of a point; only transient points have one."""
        return self.path / POINTS / f"{point.index:05d}"

    def record(self, point: SweepPoint) -> dict[str, Any] | None:
        """Return the record of a point, or None if the point has not been solved yet."""
        try:
            text = (self.path / self._name(point)).read_text(encoding="utf-8")
            return dict(json.loads(text))
        except (FileNotFoundError, ValueError):
            return None

    def forget_failures(self, points: Iterable[SweepPoint]) -> None:
        """Remove the records of failed points, so that these points are solved again."""
        for point in points:
            record = self.record(point)
            if record is not None and "error" in record:
                (self.path / self._name(point)).unlink()

    def collect(self) -> list[dict[str, Any]]:
        """Return all records that exist so far, in the order of the points."""
        records = [self.record(p) for p in sorted(self.plan.points, key=lambda p: p.index)]
        return [record for record in records if record is not None]


def as_csv(axes: Sequence[SweepAxis], records: Records) -> bytes:
    """Return the table of a sweep as CSV: one row per point, one column per number.

    Args:
        axes: Axes of the sweep.
        records: Records of the points, in order.
    """
    first = [*(axis.label for axis in axes), "status"]
    # The varied key may also be a number of the summary, such as groups.Ra: write it only once.
    known = dict.fromkeys(name for record in records for name in record.get("numbers", {}))
    names = [name for name in known if name not in first]
    text = StringIO()
    out = csv.writer(text, lineterminator="\n")
    out.writerow([*first, *names])
    for record in records:
        numbers = record.get("numbers", {})
        values = [record["at"][axis.key] for axis in axes]
        out.writerow([*values, status_of(record), *(numbers.get(name, "") for name in names)])
    return text.getvalue().encode()


def status_of(record: JsonObject) -> str:
    """Return the status of a point: "solved", "failed", or "does not last" (unstable state)."""
    if "error" in record:
        return "failed"
    return "solved" if record.get("lasts", True) else "does not last"


def flat(document: JsonObject, prefix: str = "") -> dict[str, float]:
    """Return the numbers of a nested summary by dotted name, without strings, lists and nulls.

    Of lists with one table for each of several components the tables stand under their names, such
    as "soret.each.THN.bias"; those of a single component repeat other numbers and are left out.

    Args:
        document: The summary, or a part of it.
        prefix: Prefix of all names, such as "soret.".
    """
    numbers: dict[str, float] = {}
    for key, value in document.items():
        if isinstance(value, Mapping):
            numbers |= flat(value, f"{prefix}{key}.")
        elif key in {"each", "components"} and len(value or ()) > 1:
            for table in value:
                name = table.get("species", table.get("component"))
                numbers |= flat(table, f"{prefix}{key}.{name}.")
        elif isinstance(value, int | float) and not isinstance(value, bool):
            numbers[f"{prefix}{key}"] = value
    return numbers
