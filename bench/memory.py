"""Does memory grow from step to step on several ranks?

Python releases PETSc objects at a different moment on each rank. So on several ranks PETSc keeps
them until all ranks clean up together, and objects that every step makes anew pile up. The
benchmark makes 200 steps in time and 200 points of a branch on two ranks. It reports the slope of
the resident memory over the last three quarters of them, by least squares, in vectors of the
problem per step: if every step leaves one vector the slope is 1.

    tools/fenicsx python3 bench/memory.py [--quick] [--json FILE]
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from mpi4py import MPI

import numpy as np

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))  # runs from a checkout, without installation

from harness import Goal, arguments, finish, table  # noqa: E402

from femsoret.base.memory import resident_mb  # noqa: E402
from femsoret.cells import rectangle  # noqa: E402
from femsoret.fluids.groups import Groups, property_values  # noqa: E402
from femsoret.physics.closures import mixture_of_groups  # noqa: E402
from femsoret.post.flow import speed  # noqa: E402
from femsoret.problem import Problem  # noqa: E402
from femsoret.problem.conditions import Temperature  # noqa: E402
from femsoret.problem.orientation import up_vector  # noqa: E402
from femsoret.solve import BranchOptions, follow_branch, solve_steady  # noqa: E402
from femsoret.solve.march import March, MarchOptions  # noqa: E402

COMM = MPI.COMM_WORLD
STEPS = 200
CELLS = 24
RANKS = 2
STEP = 1e-4
"""Step in time, over L^2/alpha, and along the branch, over its length."""

GOALS = tuple(
    Goal(key, f"{what}: vectors that a step leaves in memory", at_most=0.1)
    for key, what in (("march", "steps in time"), ("branch", "points of a branch"))
)


def soret_cell(cells: int) -> Problem:
    """Return a square of a liquid, heated from above and tilted."""
    scaled = property_values(Groups(Ra=2e3, Pr=10.0, Le=10.0, psi=0.2), c0=0.5, S_T_dT=0.2)
    return Problem(
        rectangle(COMM, (1.0, 1.0), (cells, cells)),
        mixture_of_groups(scaled, up=up_vector((0.0, 1.0), 30.0)),
        (Temperature(("top",), 0.5), Temperature(("bottom",), -0.5)),
    )


def marched(problem: Problem, steps: int) -> list[float]:
    """Return the resident memory after each step in time, MB."""
    with March(problem, MarchOptions(fixed_step=STEP)) as march:
        return [resident_mb() for _ in march.until((steps - 0.5) * STEP)]


def followed(problem: Problem, steps: int) -> list[float]:
    """Return the resident memory at each point of a branch, MB."""
    found: list[float] = []

    def measure(at: Problem) -> float:
        found.append(resident_mb())
        return speed(at).maximum

    solve_steady(problem)
    options = BranchOptions(max_points=steps, first=STEP, longest=STEP)
    gravity = float(problem.parameters["gravity.magnitude"].value)
    follow_branch(problem, "gravity.magnitude", 10.0 * gravity, measure, options=options)
    return found


def slope(memory: list[float], problem: Problem) -> float:
    """Return the growth of memory per step, in vectors, on the rank where it is largest."""
    late = np.array(memory[len(memory) // 4 :])
    a_step = float(np.polyfit(np.arange(len(late)), late, 1)[0])
    vector = 8e-6 * problem.num_dofs / COMM.size
    return float(COMM.allreduce(a_step / vector, op=MPI.MAX))


def measured(quick: bool) -> list[dict[str, object]]:
    """Return the rows; collective."""
    ways: dict[str, Callable[[Problem, int], list[float]]] = {"march": marched, "branch": followed}
    rows: list[dict[str, object]] = []
    for name, way in ways.items():
        problem = soret_cell(CELLS // 2 if quick else CELLS)
        steps = STEPS // 4 if quick else STEPS
        memory = way(problem, steps)
        grown = COMM.allreduce(memory[-1] - memory[len(memory) // 4], op=MPI.MAX)
        rows.append(
            {
                "what": name,
                "ranks": COMM.size,
                "unknowns": problem.num_dofs,
                "steps": len(memory),
                "MB at the end": COMM.allreduce(memory[-1], op=MPI.MAX),
                "MB in the last three quarters": grown,
                "vectors a step": slope(memory, problem),
            }
        )
    return rows


def main() -> int:
    """Measure on two ranks, and judge."""
    options = arguments(__doc__)
    if COMM.size == 1:
        command = [sys.executable, __file__, *(["--quick"] if options.quick else [])]
        launched = ["mpirun", "-n", str(RANKS), *command]
        done = subprocess.run(launched, stdout=subprocess.PIPE, text=True, check=True)
        rows = json.loads(done.stdout.strip().splitlines()[-1])
        print(table(rows))
        return finish(options, rows, GOALS, {row["what"]: row["vectors a step"] for row in rows})
    rows = measured(options.quick)
    if COMM.rank == 0:
        print(json.dumps(rows), flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
