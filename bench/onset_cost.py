"""The cost of onset, memory and factorisations, over the size of the case.

Each case runs in a process of its own, on one rank: a box heated from below, with a pure fluid and
with a species, in 2D (with the second look at one degree more, as by default) and in 3D. The
constants of `femsoret/commands/estimates.py` are from this table.

    memory      peak resident memory, less that of a rank that has only imported everything
    real        factorisations by the solver of Newton's steps, second looks included
    complex     complex factorisations, for shifts off the real axis and for the count

    tools/fenicsx python3 bench/onset_cost.py [--quick] [--json FILE]
"""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))  # runs from a checkout, without installation

from harness import Goal, arguments, finish, table  # noqa: E402

CASE = """title = "Box from below"
[cell]
kind = "{kind}"
size = {size}
cells = {cells}
[groups]
Ra = 1500
Pr = 10
Le = {Le}
psi = {psi}
S_T_dT = {S_T_dT}
[gravity]
tilt = "180 deg"
[[condition]]
kind = "temperature"
sides = ["top"]
value = 0.5
[[condition]]
kind = "temperature"
sides = ["bottom"]
value = -0.5
[output]
formats = []
figures = false
"""

SIZES = {2: (12, 24), 3: (3, 4, 5)}
"""Cells along each side of the square and of the cube, by dimension."""

CRITICAL = "Ra=300,9000"

GOALS = (
    Goal("low", "memory over the estimate, smallest", at_least=0.75),
    Goal("high", "memory over the estimate, largest", at_most=1.25),
)


def main() -> int:
    """Measure every case and print the table."""
    if len(sys.argv) > 1 and sys.argv[1] == "--alone":
        print(json.dumps(_alone(*map(int, sys.argv[2:]))))
        return 0
    options = arguments(__doc__)
    rows = []
    for dim, sizes in SIZES.items():
        for cells in sizes[:2] if options.quick else sizes:
            for species in (0, 1):
                for critical in (0, 1):
                    rows.append(_row(dim, cells, species, critical))
                    print(rows[-1], flush=True)
    print(table(rows))
    shares = [row["memory (MB)"] / row["estimate (MB)"] for row in rows]
    return finish(options, rows, GOALS, {"low": min(shares), "high": max(shares)})


def _row(*numbers: int) -> dict[str, Any]:
    command = [sys.executable, __file__, "--alone", *map(str, numbers)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return dict(json.loads(done.stdout.splitlines()[-1]))


def _alone(dim: int, cells: int, species: int, critical: int) -> dict[str, Any]:
    """Return the row of one case, measured in this process."""
    from mpi4py import MPI

    from femsoret.case import load_case
    from femsoret.case.axes import parse_axis
    from femsoret.commands.estimates import MEGABYTES_PER_RANK, onset_cost
    from femsoret.commands.onset import Range, run_onset
    from femsoret.solve.spectrum.complex_lu import Pencil
    from femsoret.solve.steady.newton import Newton

    counted = {"real": 0, "complex": 0}
    _count(Newton, "factorise", counted, "real")
    _count(Pencil, "factorise", counted, "complex")
    text = CASE.format(
        kind="rectangle" if dim == 2 else "box",
        size=[1.0] * dim,
        cells=[cells] * dim,
        Le=10 if species else 1,
        psi=0.1 if species else 0,
        S_T_dT=0.1 if species else 0,
    )
    with tempfile.TemporaryDirectory() as place:
        path = Path(place) / "case.toml"
        path.write_text(text, encoding="utf-8")
        built = load_case(path).build(MPI.COMM_WORLD)
        problem = built.experiment.problem()
        cost = onset_cost(built, problem, critical=critical)
        estimate = cost.memory_mb - MEGABYTES_PER_RANK
        before, start = _peak_mb(), time.process_time()
        run_onset(
            path,
            MPI.COMM_WORLD,
            Path(place) / "onset",
            critical=Range(parse_axis(CRITICAL, "--critical")) if critical else None,
        )
    return {
        "dim": dim,
        "cells": cells,
        "species": species,
        "critical": bool(critical),
        "unknowns": problem.num_dofs,
        "memory (MB)": _peak_mb() - before,
        "estimate (MB)": estimate,
        "real": counted["real"],
        "complex": counted["complex"],
        "CPU (s)": time.process_time() - start,
    }


def _count(owner: type, name: str, counted: dict[str, int], key: str) -> None:
    """Count the calls of a method."""
    method: Callable[..., Any] = getattr(owner, name)

    def counting(*given: Any, **named: Any) -> Any:
        counted[key] += 1
        return method(*given, **named)

    setattr(owner, name, counting)


def _peak_mb() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024.0


if __name__ == "__main__":
    sys.exit(main())
