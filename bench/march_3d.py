"""What does a step in time of a liquid cell in 3D cost beside a steady solve?

Water and ethanol in a box of 10 x 5 x 10 mm, heated from above by 10 K, with 0.5 degrees of tilt;
hexahedra graded 3:1, two ranks. The composition is read by lines through the depth of the cell at
its top and its bottom. The cell is marched by multigrid from the start of heating, and its steady
state is found from rest by the solver that femsoret chooses: multigrid on the meshes of the full
run, a factorisation on that of --quick. Each run is a process of its own.

A march is stopped half way: its state is written, read by another march of another problem, and
marched to the same end. "resumed" is the largest difference of the readings from those of the march
that nobody stopped, relative to the largest reading.

CPU seconds are those of all ranks, which includes the time in which they wait for one another.

    tools/fenicsx python3 bench/march_3d.py [--quick] [--json FILE]
"""

from __future__ import annotations

import json
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from mpi4py import MPI

import numpy as np

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))  # runs from a checkout, without installation

from harness import Goal, arguments, finish, table  # noqa: E402

from femsoret.cells import box  # noqa: E402
from femsoret.fluids import load_fluid  # noqa: E402
from femsoret.io.checkpoint import read_state, write_checkpoint  # noqa: E402
from femsoret.physics.closures import mixture_of  # noqa: E402
from femsoret.post.readings import LineMean  # noqa: E402
from femsoret.post.soret import read  # noqa: E402
from femsoret.problem import Problem  # noqa: E402
from femsoret.problem.conditions import Temperature  # noqa: E402
from femsoret.problem.orientation import up_vector  # noqa: E402
from femsoret.solve import find_steady  # noqa: E402
from femsoret.solve.march import Clock, March, MarchOptions  # noqa: E402

WIDTH, GAP, DT, TILT = 10e-3, 5e-3, 10.0, 0.5
TOLERANCE = 1e-3

GOALS = (
    Goal("step", "CPU time of a step over that of a steady solve, largest mesh", at_most=1.0 / 3.0),
    Goal("resumed", "difference of a resumed march over the tolerance in time", at_most=0.1),
)


@dataclass(frozen=True)
class Run:
    """One mesh.

    Args:
        cells: Mesh cells along the width and the depth; half as many across the gap.
        steps: Largest number of steps; None marches for three relaxation times.
        ranks: Processes.
        what: "steady", "march" or "resumed".
    """

    cells: int
    steps: int | None = None
    ranks: int = 2
    what: str = "march"


def problem_of(cells: int) -> Problem:
    """Return the problem, at rest."""
    fluid = load_fluid("water-ethanol")
    up = up_vector((0.0, 1.0, 0.0), TILT)
    mixture = mixture_of(fluid, T0=fluid.T, c0=fluid.c, up=up)
    shape = (cells, cells // 2, cells)
    return Problem(
        box(MPI.COMM_WORLD, (WIDTH, GAP, WIDTH), shape, grading=3.0),
        mixture,
        (Temperature("top", fluid.T + 0.5 * DT), Temperature("bottom", fluid.T - 0.5 * DT)),
    )


def separation(problem: Problem) -> float:
    """Return the separation that lines through the depth see, away from plates and side walls."""
    x, near = 0.35 * WIDTH, 0.05 * GAP
    top, bottom = (LineMean((x, y, 0.0), (x, y, WIDTH)) for y in (GAP - near, near))
    return read(problem, top, bottom).separation


def relaxation(problem: Problem) -> float:
    """Return tau = gap^2/(pi^2 D), s."""
    return float(GAP**2 / (np.pi**2 * problem.mixture.reference.slowest))


def march(
    problem: Problem, steps: int | None, clock: Clock | None = None
) -> tuple[list[tuple[float, float]], Clock]:
    """March and return the times and readings of all steps, and the clock."""
    rows = []
    with March(problem, MarchOptions(preset="multigrid", tolerance=TOLERANCE), clock=clock) as m:
        for step in m.until(3.0 * relaxation(problem)):
            rows.append((step.clock.t, separation(problem)))
            if step.clock.steps == steps:
                break
        return rows, m.clock


def resumed(run: Run) -> tuple[list[tuple[float, float]], Clock]:
    """March half of the steps, and the rest from a checkpoint."""
    assert run.steps is not None
    comm, problem = MPI.COMM_WORLD, problem_of(run.cells)
    rows, clock = march(problem, run.steps // 2)
    folder = Path(comm.bcast(tempfile.mkdtemp() if comm.rank == 0 else None))
    state, other = write_checkpoint(folder, clock.steps, problem, {}), problem_of(run.cells)
    read_state(state, other)
    comm.barrier()
    if comm.rank == 0:
        shutil.rmtree(folder)
    rest, clock = march(other, run.steps, clock)
    return [*rows, *rest], clock


def solve(run: Run) -> dict[str, Any]:
    """Make a run in this process, on all its ranks, and return its row."""
    comm = MPI.COMM_WORLD
    problem = problem_of(run.cells)
    before = time.process_time()
    row: dict[str, Any] = {"cells": run.cells, "ranks": run.ranks, "unknowns": problem.num_dofs}
    if run.what == "steady":
        report = find_steady(problem)
        row |= {"Newton": report.newton_iterations, "outer": report.linear_iterations}
    else:
        rows, clock = resumed(run) if run.what == "resumed" else march(problem, run.steps)
        tau = relaxation(problem)
        row |= {
            "readings": rows,
            "steps": clock.steps,
            "attempts": clock.factorisations,
            "end, tau": clock.t / tau,
            "outer": clock.linear_iterations,
        }
    row["CPU s"] = comm.allreduce(time.process_time() - before)
    row["GB"] = comm.allreduce(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss) / 1024**2
    return row


def measured(run: Run) -> dict[str, Any]:
    """Return the row of a run that is made in processes of its own."""
    command = [sys.executable, __file__, "--run", json.dumps(asdict(run))]
    if run.ranks > 1:
        command = ["mpirun", "-n", str(run.ranks), *command]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"{run}: {done.stderr}")
    row: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return row


def compared(cells: int, steps: int | None, ranks: int) -> dict[str, Any]:
    """Return the row of a mesh: a steady solve and a march."""
    steady = measured(Run(cells, steps, ranks, "steady"))
    moved = measured(Run(cells, steps, ranks))
    unknowns = moved["unknowns"]
    each = moved["CPU s"] / moved["attempts"]
    return {
        "cells": f"{cells} x {cells // 2} x {cells}",
        "ranks": ranks,
        "unknowns": unknowns,
        "Newton": steady["Newton"],
        "outer": steady["outer"],
        "steady, ms/unknown": 1e3 * steady["CPU s"] / unknowns,
        "steps": moved["steps"],
        "attempts": moved["attempts"],
        "to, tau": moved["end, tau"],
        "outer a step": moved["outer"] / moved["attempts"],
        "step, ms/unknown": 1e3 * each / unknowns,
        "step/steady": each / steady["CPU s"],
        "GB": moved["GB"],
        "readings": moved["readings"],
    }


def difference(one: Sequence[Sequence[float]], other: Sequence[Sequence[float]]) -> float:
    """Return the largest difference of the readings of two marches, over the largest reading.

    Steps of one length have one time; others are compared at interpolated times.
    """
    (t, S), (times, values) = np.array(one).T, np.array(other).T
    return float(np.abs(np.interp(times, t, S) - values).max() / np.abs(values).max())


def main() -> int:
    """Run the benchmark."""
    options = arguments(__doc__)
    meshes, steps = ((4,), 4) if options.quick else ((12, 16), None)
    rows: list[dict[str, Any]] = []
    found: dict[str, float] = {}
    for cells in meshes:
        rows.append(compared(cells, steps, 2))
        print({key: value for key, value in rows[-1].items() if key != "readings"}, flush=True)
    if not options.quick:  # a factorisation is no measure for a step by multigrid
        found["step"] = rows[-1]["step/steady"]
    again = measured(Run(meshes[0], rows[0]["steps"], 2, "resumed"))
    found["resumed"] = difference(again["readings"], rows[0]["readings"]) / TOLERANCE
    shown = [{key: value for key, value in row.items() if key != "readings"} for row in rows]
    print("\n" + table(shown))
    return finish(options, shown, GOALS, found)


if __name__ == "__main__":
    if sys.argv[1:2] == ["--run"]:
        result = solve(Run(**json.loads(sys.argv[2])))
        if MPI.COMM_WORLD.rank == 0:
            print(json.dumps(result))
    else:
        sys.exit(main())
