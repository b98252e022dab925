"""Kill a sweep of 60 points by SIGKILL in its middle, repeat the command, and compare.

The second run must solve the missing points and no others, and the table must be that of an
undisturbed sweep. A point may start from a different neighbour, so numbers agree to the tolerance
of the Newton steps.
"""

from __future__ import annotations

import csv
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # runs from a checkout

from harness import Goal, Row, arguments, finish, table

GOALS = (
    Goal("missing", "points that the resumed sweep has not", at_most=0),
    Goal("failed", "points that failed", at_most=0),
    Goal("again", "points that were solved before the kill and solved again", at_most=0),
    Goal("extra", "solves of both runs beyond one a point and the one that was cut off", at_most=0),
    Goal("difference", "largest difference of a bias from the sweep left alone", at_most=1e-7),
)
ROOT = Path(__file__).resolve().parents[1]
CASE = ROOT / "demos" / "artifact_map.toml"
OVER, QUICK = ((6, 10), (3, 4))
"""Tilts and Rayleigh numbers, all and --quick."""
SOLVING = "solving with gravity"


def command(folder: Path, tilts: int, numbers: int) -> list[str]:
    axes = (f"tilt=0.1:90 deg:{tilts}:log", f"Ra=1:1e3:{numbers}:log")
    over = [word for axis in axes for word in ("--over", axis)]
    coarse = ("--set", "cell.cells=[6,6]", "--set", "solver.degree=2")
    main = [sys.executable, "-m", "femsoret", "sweep", str(CASE), *over, *coarse]
    return [*main, "-o", str(folder)]


def points(folder: Path) -> dict[str, int]:
    """Return the names of the solved points and the times of their last change."""
    return {path.name: path.stat().st_mtime_ns for path in (folder / "points").glob("*.json")}


def biases(folder: Path) -> list[tuple[str, float]]:
    with (folder / "sweep.csv").open(encoding="utf-8") as file:
        return [(row["status"], float(row["soret.bias"] or "nan")) for row in csv.DictReader(file)]


def killed(words: list[str], folder: Path, after: int, log: Path) -> None:
    """Start a sweep and kill it once it has solved some points and works on the next."""
    with log.open("w", encoding="utf-8") as out:
        process = subprocess.Popen(words, cwd=ROOT, stdout=out, stderr=out)
        while process.poll() is None and (
            len(points(folder)) < after or log.read_text().count(SOLVING) <= len(points(folder))
        ):
            time.sleep(0.005)
        process.kill()
        process.wait()


def main() -> int:
    options = arguments(__doc__)
    tilts, numbers = QUICK if options.quick else OVER
    number = tilts * numbers
    with tempfile.TemporaryDirectory(prefix="femsoret-sweep-") as made:
        place = Path(made)
        alone, folder, log = place / "alone", place / "killed", place / "log"
        subprocess.run(command(alone, tilts, numbers), cwd=ROOT, check=True, capture_output=True)
        words = command(folder, tilts, numbers)
        killed(words, folder, number // 2, log)
        before, solves = points(folder), log.read_text(encoding="utf-8").count(SOLVING)
        second = subprocess.run(words, cwd=ROOT, check=True, capture_output=True, text=True)
        after, found, expected = points(folder), biases(folder), biases(alone)
        again = second.stderr.count(SOLVING)
    rows: list[Row] = [
        {
            "points": number,
            "there after the kill": len(before),
            "solves until then": solves,
            "solves of the second run": again,
            "there in the end": len(after),
        }
    ]
    print(table(rows))
    measured = {
        "missing": number - len(after),
        "failed": sum(status != "solved" for status, _ in found),
        "again": sum(after[name] != changed for name, changed in before.items()),
        "extra": solves + again - number - 1,
        "difference": max(abs(a - b) for (_, a), (_, b) in zip(found, expected, strict=True)),
    }
    return finish(options, rows, GOALS, measured)


if __name__ == "__main__":
    sys.exit(main())
