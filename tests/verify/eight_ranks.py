"""A small heated cube by multigrid and by AMG, for a comparison between numbers of ranks.

python3 eight_ranks.py        prints what it found as JSON, under any mpirun
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from mpi4py import MPI

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT)]  # runs from a checkout

from femsoret.cells import box  # noqa: E402
from femsoret.fluids.groups import Groups, property_values  # noqa: E402
from femsoret.physics.closures import mixture_of_groups  # noqa: E402
from femsoret.post.wall_flows import wall_flows  # noqa: E402
from femsoret.problem import Problem  # noqa: E402
from femsoret.problem.conditions import Temperature  # noqa: E402
from femsoret.solve import NewtonOptions, find_steady  # noqa: E402
from femsoret.solve.steady.stages import PlainNewton  # noqa: E402

PRESETS = ("multigrid", "amg")


def found(comm: MPI.Comm, preset: str) -> dict[str, float]:
    """Return Nusselt numbers and iterations.

    Args:
        comm: The ranks that share the cube.
        preset: Of the linear solver.
    """
    cell = box(comm, (1, 1, 1), (4, 4, 4), grading=2.0, shape="tetrahedron")
    scaled = property_values(Groups(Ra=1e3, Pr=0.71, Le=1.0), c0=0.5, S_T_dT=0.0)
    mixture = mixture_of_groups(scaled, up=(0.0, 1.0, 0.0), pure=True)
    problem = Problem(cell, mixture, (Temperature("left", 0.5), Temperature("right", -0.5)))
    # What is left is about the square of it; each step is some 3,000 messages of eight ranks.
    options = NewtonOptions(tolerance=1e-4, preset=preset)
    report = find_steady(problem, options, stages=(PlainNewton(),))
    flows = wall_flows(problem, "theta")
    return {"left": flows["left"], "right": flows["right"], "outer": report.linear_iterations}


if __name__ == "__main__":
    everywhere = MPI.COMM_WORLD.gather({p: found(MPI.COMM_WORLD, p) for p in PRESETS})
    if MPI.COMM_WORLD.rank == 0:
        same = all(each == everywhere[0] for each in everywhere)
        print(json.dumps({**everywhere[0], "ranks": MPI.COMM_WORLD.size, "same": same}))
