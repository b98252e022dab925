"""Does the program find the steady state? 300 random cells, each in a process of its own.

Cases are drawn from a fixed seed (bench/random_cases.py) and solved on the mesh that the program
chooses. Every case leaves a line in bench/results/robustness.jsonl, so that a stopped run continues
with the next case. Then 30 of the converged cases are recomputed at twice the resolution.

    tools/fenicsx python3 bench/robustness.py [--quick] [--cases N] [--json FILE]
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
from harness import Goal, finish, table

HERE = Path(__file__).resolve().parent
NUMBER, QUICK, TWICE, SEED = 300, 12, 30, 3
QUICK_CELLS = 80
"""Mesh cells of a case at most with --quick."""

CPU_LIMIT = 200
"""Seconds of CPU time that a case may take; one that takes more counts as a failure."""

GOALS = (
    Goal("converged", "cases with a steady state, %", at_least=90.0),
    Goal("known", "cases with a steady state, or a run that says it is unsteady, %", at_least=95.0),
    Goal("failed", "cases with neither a state nor evidence of unsteadiness", at_most=0.0),
    Goal(
        "agree", "twice the resolution: within the error, or told under-resolved, %", 100.0, 100.0
    ),
    Goal("hung", "cases stopped by the CPU limit", at_most=0.0),
)


def solved(index: int, *flags: str) -> dict[str, Any]:
    """Solve one case in a process of its own and return its result."""
    limit = (CPU_LIMIT, CPU_LIMIT + 5)
    process = subprocess.run(
        [sys.executable, str(HERE / "random_cases.py"), str(index), *flags],
        capture_output=True,
        text=True,
        check=False,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_CPU, limit),
    )
    if process.returncode == 0:
        return dict(json.loads(process.stdout.splitlines()[-1]))
    ended = "cpu limit" if process.returncode == -24 else "crash"  # SIGXCPU
    return {"index": index, "outcome": ended, "message": process.stderr[-400:]}


def results(file: Path, indices: Iterable[int], *flags: str) -> list[dict[str, Any]]:
    """Return the results of cases; cases that are missing in the file are solved and added."""
    lines = file.read_text(encoding="utf-8").splitlines() if file.exists() else []
    known = {line["index"]: line for line in map(json.loads, lines)}
    found = []
    for index in indices:
        if index not in known:
            known[index] = solved(index, *flags)
            with file.open("a", encoding="utf-8") as out:
                out.write(json.dumps(known[index]) + "\n")
        found.append(known[index])
    return found


def judged(found: Sequence[dict[str, Any]]) -> dict[str, float]:
    """Return the numbers of the goals, and others for the table."""
    steady = [case for case in found if case["outcome"] == "steady"]
    none = [case for case in found if case["outcome"] == "none"]
    told = [case for case in none if is_unsteady(case) or loses_stability(case)]
    hung = [case for case in found if case["outcome"] == "cpu limit"]
    total = len(found)
    return {
        "converged": 100.0 * len(steady) / total,
        "known": 100.0 * (len(steady) + sum(map(is_unsteady, none))) / total,
        "failed": float(total - len(steady) - len(told)),
        "hung": float(len(hung)),
        "by Newton alone": 100.0 * sum(_stage(case) == "Newton" for case in steady) / total,
        "factorisations (median)": median(case["factorisations"] for case in steady),
        "none found, the flow goes on in time": float(sum(map(is_unsteady, none))),
        "none found, else an eigenvalue grows": float(sum(map(loses_stability, none))),
        "warned of a coarse mesh": 100.0 * sum(case["warned"] for case in steady) / total,
        "CPU s (median)": median(case["cpu"] for case in found if "cpu" in case),
    }


def is_unsteady(case: dict[str, Any]) -> bool:
    """Whether the run followed the flow in time and reports that it stays unsteady."""
    return bool(case.get("unsteady"))


def loses_stability(case: dict[str, Any]) -> bool:
    """Whether the last steady state on the way to a case has a growing mode."""
    branch = case.get("evidence") or {}
    return (branch.get("growth_rate") or 0.0) > 0.0


def agreement(compared: Sequence[dict[str, Any]]) -> float:
    """Return the share of recomputed cases that agree or were said to be under-resolved, %."""
    good = [case for case in compared if case.get("warned") or _agrees(case)]
    return 100.0 * len(good) / len(compared)


def _agrees(case: dict[str, Any]) -> bool:
    """Whether every quantity is within its reported error, down to eight digits."""
    return all(
        abs(c["coarse"] - c["fine"]) <= (c["error"] or 0.0) + 1e-8 * max(1.0, abs(c["fine"]))
        for c in case.get("compared", {"nothing": {"coarse": 1, "fine": 0, "error": 0}}).values()
    )


def _stage(case: dict[str, Any]) -> str:
    return str(case["attempts"][-1]["stage"])


def main() -> int:
    """Solve what is missing, print the table, judge."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help=f"{QUICK} cases, drawn by the seed")
    parser.add_argument("--cases", type=int, default=NUMBER, help="how many, from the first on")
    parser.add_argument("--twice", type=int, default=TWICE, help="how many of them twice as fine")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write rows and goals to FILE")
    parser.add_argument("--results", type=Path, default=HERE / "results", metavar="FOLDER")
    options = parser.parse_args()
    options.results.mkdir(exist_ok=True)
    order = np.random.default_rng(SEED).permutation(NUMBER).tolist()
    if options.quick:
        name, flags = "quick", ("--max-cells", str(QUICK_CELLS))
        for file in options.results.glob("quick*.jsonl"):
            file.unlink()  # it is short enough to be done anew
        indices = sorted(order[:QUICK])
    else:
        name, flags, indices = "robustness", (), list(range(options.cases))
    found = results(options.results / f"{name}.jsonl", indices, *flags)
    without = [case for case in found if case["outcome"] == "none" and not is_unsteady(case)]
    evidence = results(
        options.results / f"{name}_evidence.jsonl",
        [case["index"] for case in without],
        *flags,
        "--evidence",
    )
    for case, line in zip(without, evidence, strict=True):
        case["evidence"] = line.get("evidence")
    measured = judged(found)
    if not options.quick:
        steady = {case["index"] for case in found if case["outcome"] == "steady"}
        again = [index for index in order if index in steady][: options.twice]
        compared = results(options.results / "twice.jsonl", again, "--twice")
        measured["agree"] = agreement(compared)
        within = sum(map(_agrees, compared))
        measured["within the errors, of all recomputed"] = 100.0 * within / len(compared)
    ways: dict[str, int] = {}
    for case in found:
        way = _stage(case) if case["outcome"] == "steady" else case["outcome"]
        ways[way] = ways.get(way, 0) + 1
    rows = [{"found by": way, "cases": number} for way, number in ways.items()]
    print(table(rows))
    print("\n" + table([{"measured": key, "value": float(v)} for key, v in measured.items()]))
    return finish(options, rows, GOALS, measured)


if __name__ == "__main__":
    sys.exit(main())
