"""Common parts of the benchmarks: arguments, goals as data, a table, JSON, the exit status.

GOALS = (Goal("iterations", "most outer iterations at Ra = 1e5", at_most=40),)

def main() -> int:
options = arguments(__doc__)
rows = [...]  # mappings of plain data, one a row of the table
print(table(rows))
return finish(options, rows, GOALS, {"iterations": 23})
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import isfinite
from pathlib import Path
from typing import Any

Row = Mapping[str, Any]

HEATED_CUBE = 4.33695
"""Nusselt number of the heated cube (Pr = 0.71, Ra = 1e5): 4.336931 and 4.336942 on 10^3 and 12^3
hexahedra of degree 3 (docs/evidence.md)."""


@dataclass(frozen=True)
class Goal:
    """A bound for a measured number.

    Args:
        key: Key of the number; a goal whose number was not measured is not judged.
        meaning: What the number is, in a few words.
        at_most: Largest number that meets the goal.
        at_least: Smallest number that meets the goal.
    """

    key: str
    meaning: str
    at_most: float = float("inf")
    at_least: float = float("-inf")

    def met(self, value: float) -> bool:
        """Return whether a number meets the goal; one that is not finite does not."""
        return isfinite(value) and self.at_least <= value <= self.at_most

    @property
    def wanted(self) -> str:
        """The bounds, as text."""
        bounds = ((self.at_least, "at least"), (self.at_most, "at most"))
        return ", ".join(f"{words} {bound:g}" for bound, words in bounds if isfinite(bound))


def arguments(description: str | None, parts: Sequence[str] = ()) -> argparse.Namespace:
    """Return the command line: ``quick`` and ``json``, and ``part`` where there are parts.

    Args:
        description: What the benchmark is, for --help.
        parts: Names of parts that may run alone; ``part`` is None where all are asked for.
    """
    parser = argparse.ArgumentParser(
        description=description, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--quick", action="store_true", help="smaller sizes, under a minute")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write rows and goals to FILE")
    if parts:
        parser.add_argument("--part", choices=parts, help="this part alone")
    return parser.parse_args()


def table(rows: Sequence[Row]) -> str:
    """Return rows as a table in Markdown, with the keys of the first one as headings.

    Args:
        rows: The rows, all with the same keys; numbers are rounded to three digits.
    """
    if not rows:
        return ""
    cells = [list(rows[0]), *([_text(value) for value in row.values()] for row in rows)]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    lines = [
        "| " + " | ".join(t.rjust(w) for t, w in zip(line, widths, strict=True)) + " |"
        for line in cells
    ]
    lines.insert(1, "|" + "|".join("-" * (width + 1) + ":" for width in widths) + "|")
    return "\n".join(lines)


def finish(
    options: argparse.Namespace,
    rows: Sequence[Row],
    goals: Sequence[Goal],
    measured: Mapping[str, float],
) -> int:
    """Judge the goals, write the JSON file, and return the exit status: 1 if a goal is missed.

    Args:
        options: The command line.
        rows: The rows of the table.
        goals: The goals.
        measured: Key of a goal -> number.
    """
    judged = [
        {
            "goal": goal.key,
            "meaning": goal.meaning,
            "wanted": goal.wanted,
            "found": measured[goal.key],
            "met": goal.met(measured[goal.key]),
        }
        for goal in goals
        if goal.key in measured
    ]
    print("\n" + table([{k: v for k, v in j.items() if k != "goal"} for j in judged]))
    for goal in judged:
        if not goal["met"]:
            print(f"missed: {goal['meaning']}: {_text(goal['found'])}, {goal['wanted']}")
    if options.json:
        text = json.dumps({"rows": [dict(row) for row in rows], "goals": judged}, indent=2)
        options.json.write_text(text + "\n", encoding="utf-8")
    return 0 if all(goal["met"] for goal in judged) else 1


def _text(value: Any) -> str:
    if value is None:
        return "-"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value:.3g}" if isinstance(value, float) else str(value)
