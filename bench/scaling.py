"""Does the 3D solver scale? Iterations, CPU time and memory against size and ranks.

The heated cube (Pr = 0.71, tetrahedra) at Ra = 1e5 and 1e6 and a liquid Soret cell (Pr = 27,
Le = 231, psi = 0.2, Ra = 3.5e4, heated from above with 1 degree of tilt), each from rest by nested
Newton steps with geometric multigrid. Every run is a process of its own, so that its peak memory is
its own. Iterations are those on the mesh named; those on coarser meshes are part of the CPU time.
"""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import time
from dataclasses import asdict, dataclass
from typing import Any

from mpi4py import MPI
from petsc4py import PETSc

from harness import HEATED_CUBE, Goal, arguments, finish, table

from femsoret.cells import box
from femsoret.fluids.groups import Groups, property_values
from femsoret.physics.closures import mixture_of_groups
from femsoret.post.wall_flows import wall_flows
from femsoret.problem import Problem
from femsoret.problem.conditions import Temperature
from femsoret.problem.orientation import up_vector
from femsoret.solve import NewtonOptions, find_steady
from femsoret.solve.linear.assembly import JACOBIAN, RESIDUAL
from femsoret.solve.linear.interpolation import TRANSFER
from femsoret.solve.linear.multigrid import coarser_problems

GOALS = (
    Goal("cube 1e5", "outer iterations in all, heated cube, Ra = 1e5", at_most=40),
    Goal("cube 1e6", "outer iterations in all, heated cube, Ra = 1e6", at_most=80),
    Goal("liquid", "outer iterations a Newton step, liquid Soret cell", at_most=15),
    Goal("level", "iterations on the largest mesh over those on the smallest", at_most=1.2),
    Goal("ranks", "iterations on many ranks over those on one, largest such cube", at_most=1.2),
    Goal("coarsest", "unknowns that are factorised", at_most=25_000),
    Goal("CPU", "CPU time per unknown, largest mesh over that next to 1.5e5 unknowns", at_most=1.5),
    Goal("GB", "memory of the largest liquid cell, GB", at_most=16.0),
    Goal("Nu", "error of Nu at Ra = 1e5 on the finest mesh, per cent", at_most=0.02),
)
AXIS = (0.0, 1.0, 0.0)
LINEAR = "KSPSolve"
EVENTS = (RESIDUAL, JACOBIAN, LINEAR, TRANSFER)


@dataclass(frozen=True)
class Run:
    """One solve.

    Args:
        case: "cube" or "liquid".
        Ra: Rayleigh number.
        cells: Mesh cells a side.
        ranks: Processes.
    """

    case: str
    Ra: float
    cells: int
    ranks: int = 1


QUICK = (Run("cube", 1e5, 8), Run("cube", 1e5, 12), Run("cube", 1e5, 8, 2))
FULL = (
    Run("cube", 1e5, 7),
    Run("cube", 1e5, 14),
    Run("cube", 1e5, 20),
    Run("cube", 1e5, 27),
    Run("cube", 1e6, 12),
    Run("cube", 1e6, 24),
    Run("liquid", 3.5e4, 12),
    Run("liquid", 3.5e4, 16),
    Run("liquid", 3.5e4, 24, 2),
    *(Run("cube", 1e5, 12, ranks) for ranks in (1, 2, 4, 8)),
    *(Run("cube", 1e5, 20, ranks) for ranks in (2, 4, 8)),
    *(Run("liquid", 3.5e4, 12, ranks) for ranks in (2, 4, 8)),
)


def problem_of(run: Run) -> Problem:
    """Return the problem of a run, at rest."""
    cell = box(MPI.COMM_WORLD, (1.0, 1.0, 1.0), (run.cells,) * 3, grading=2.0, shape="tetrahedron")
    if run.case == "cube":
        scaled = property_values(Groups(Ra=run.Ra, Pr=0.71, Le=1.0), c0=0.5, S_T_dT=0.0)
        mixture = mixture_of_groups(scaled, up=AXIS, pure=True)
        walls = (Temperature("left", 0.5), Temperature("right", -0.5))
    else:
        groups = Groups(Ra=run.Ra, Pr=27.0, Le=231.0, psi=0.2)
        scaled = property_values(groups, c0=0.5, S_T_dT=1.0)
        mixture = mixture_of_groups(scaled, up=up_vector(AXIS, 1.0))
        walls = (Temperature("top", 0.5), Temperature("bottom", -0.5))
    return Problem(cell, mixture, walls)


def solve(run: Run) -> dict[str, Any]:
    """Solve a run in this process, on all its ranks, and return a row of the table."""
    PETSc.Log.begin()
    comm = MPI.COMM_WORLD
    # Compiles the forms.
    find_steady(problem_of(Run(run.case, 1.0, 4)), NewtonOptions(preset="multigrid"))
    before, start = time.process_time(), time.perf_counter()
    problem = problem_of(run)
    report = find_steady(problem, NewtonOptions(preset="multigrid"))
    seconds = comm.allreduce(time.process_time() - before)
    wall = time.perf_counter() - start
    part = {name: PETSc.Log.Event(name).getPerfInfo()["time"] for name in EVENTS}
    megabytes = comm.allreduce(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)
    flows = wall_flows(problem, "theta")
    return {
        "case": run.case,
        "Ra": run.Ra,
        "cells": run.cells,
        "ranks": run.ranks,
        "unknowns": report.dofs,
        "coarsest": coarser_problems(problem)[-1].num_dofs,
        "Newton": report.newton_iterations,
        "outer": report.linear_iterations,
        "CPU s": seconds,
        "CPU ms/unknown": 1e3 * seconds / report.dofs,
        "assembly %": 100.0 * (part[RESIDUAL] + part[JACOBIAN]) / wall,
        "linear %": 100.0 * part[LINEAR] / wall,
        "transfer %": 100.0 * part[TRANSFER] / wall,
        "GB": megabytes / 1024,
        "kB/unknown": megabytes * 1024 / report.dofs,
        "Nu": max(flows.values()),
    }


def measured(run: Run) -> dict[str, Any]:
    """Return the row of a run that is solved in processes of its own."""
    command = [sys.executable, __file__, "--run", json.dumps(asdict(run))]
    if run.ranks > 1:
        command = ["mpirun", "--oversubscribe", "-n", str(run.ranks), *command]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"{run}: {done.stderr}")
    row: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return row


def judged(rows: list[dict[str, Any]]) -> dict[str, float]:
    """Return the numbers that the goals are about."""
    found: dict[str, float] = {}
    serial = [row for row in rows if row["ranks"] == 1]
    for key, case, Ra in (("cube 1e5", "cube", 1e5), ("cube 1e6", "cube", 1e6)):
        outer = [row["outer"] for row in serial if (row["case"], row["Ra"]) == (case, Ra)]
        if outer:
            found[key] = max(outer)
    liquids = [row for row in rows if row["case"] == "liquid"]
    if liquids:
        found["liquid"] = max(row["outer"] / row["Newton"] for row in liquids)
        found["GB"] = max(row["GB"] for row in liquids)
    found["coarsest"] = max(row["coarsest"] for row in rows)
    cubes = sorted(
        (row for row in serial if (row["case"], row["Ra"]) == ("cube", 1e5)),
        key=lambda row: row["unknowns"],
    )
    first, last = cubes[0], cubes[-1]
    middle = min(cubes, key=lambda row: abs(row["unknowns"] - 1.5e5))
    found["level"] = last["outer"] / first["outer"]
    found["CPU"] = last["CPU ms/unknown"] / middle["CPU ms/unknown"]
    together = [row for row in rows if row["ranks"] > 1 and row["case"] == "cube"]
    if together:
        largest = max(row["unknowns"] for row in together)
        alone = next(row["outer"] for row in cubes if row["unknowns"] == largest)
        most = max(row["outer"] for row in together if row["unknowns"] == largest)
        found["ranks"] = most / alone
    if last["cells"] >= 24:
        found["Nu"] = 100.0 * abs(last["Nu"] / HEATED_CUBE - 1.0)
    return found


def main() -> int:
    """Run the benchmark."""
    options = arguments(__doc__)
    rows = []
    for run in QUICK if options.quick else FULL:
        rows.append(measured(run))
        print(f"{run}: {rows[-1]['outer']} iterations, {rows[-1]['CPU s']:.0f} s CPU", flush=True)
    print("\n" + table(rows))
    return finish(options, rows, GOALS, judged(rows))


if __name__ == "__main__":
    if sys.argv[1:2] == ["--run"]:
        result = solve(Run(**json.loads(sys.argv[2])))
        if MPI.COMM_WORLD.rank == 0:
            print(json.dumps(result))
    else:
        sys.exit(main())
