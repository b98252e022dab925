"""Does the entropy of particles with internal states balance, in random networks of states?

Each network has up to 6 states with energies, degeneracies, diffusivities and rates of order 1 to
10, in a gradient from T = 1 to 1.2. What transitions and diffusion produce is compared with what
the energy current and affinities pay, from integrals of their own, on two meshes. Networks are in
Fick form, in the form -grad(D P) with all D_i proportional to one power of T, and driven. Columns:

    networks   how many
    defect     largest |produced - paid|/produced on the finer mesh
    order      median and least order of the defect between the two meshes

Do iterative solvers notice how fast transitions are? Two states at rest in a cube of 8^3 hexahedra
graded 4:1, whose rates are 10^-6 to 10^8 D/L^2. How well each Newton step is solved follows the
last one, which makes counts uneven by itself; with multigrid it is also held at one tolerance for
all, FIXED. Columns:

    steps, iterations   Newton steps, and linear iterations in all

    tools/fenicsx python3 bench/internal_states.py [--quick] [--json FILE]
"""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # runs from a checkout
sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests" / "verify"))

from mpi4py import MPI

import numpy as np
from harness import Goal, Row, arguments, finish, table
from particles import COLD, HOT, random_particle, solvent, strip, two_states

from femsoret.cells import box
from femsoret.physics.forms import DIFFUSION
from femsoret.post.internal_states import InternalStates, states_entropy
from femsoret.problem import Problem
from femsoret.problem.conditions import Temperature
from femsoret.solve import NewtonOptions, solve_steady
from femsoret.solve.linear.options import OptionValue

MESHES = (8, 16)
KINDS = {"Fick": (0.0, False), "-grad(D P)": (0.0, True), "driven": (1.0, False)}
GOALS = (
    Goal("defect", "largest defect on 16 mesh cells", at_most=1e-5),
    Goal("order", "median order of the defect", at_least=3.5),
    Goal("multigrid", "most over fewest linear iterations of multigrid", at_most=1.2),
    Goal("multigrid, fixed", "the same with one tolerance for all Newton steps", at_most=1.2),
    Goal("amg", "most over fewest linear iterations of AMG", at_most=1.4),
)
FIXED: dict[str, OptionValue] = {"snes_ksp_ew": "false", "ksp_rtol": 1e-5}
"""PETSc options with which all Newton steps are solved equally well."""

SOLVERS: dict[str, tuple[str, dict[str, OptionValue]]] = {
    "multigrid": ("multigrid", {}),
    "multigrid, fixed": ("multigrid", FIXED),
    "amg": ("amg", {}),
}
RATES = (1e-6, 1e-3, 1.0, 1e3, 1e6, 1e8)


def defect(seed: int, kind: str, cells: int) -> float:
    """Return the defect of the balance of a random network on a mesh."""
    affinity, overdamped = KINDS[kind]
    of = random_particle(seed, affinity=affinity, overdamped=overdamped)
    problem = strip(MPI.COMM_WORLD, [of], cells=cells, grading=1.0)
    solve_steady(problem, NewtonOptions(tolerance=1e-10))
    found = states_entropy(InternalStates(problem)).defect
    assert found is not None
    return found


def iterations(solver: str, rate: float, cells: int = 8) -> tuple[int, int]:
    """Return Newton steps and linear iterations in a cube at some rate."""
    preset, petsc = SOLVERS[solver]
    problem = Problem(
        box(MPI.COMM_WORLD, (1.0, 1.0, 1.0), (cells, cells, cells), grading=4.0),
        solvent([two_states(0.1, 1.0, 1.0, rate)], up=(0.0, 0.0, 1.0)),
        (Temperature(("top",), HOT), Temperature(("bottom",), COLD)),
        equations=DIFFUSION,
    )
    report = solve_steady(problem, NewtonOptions(preset=preset, petsc=petsc))
    return report.newton_iterations, report.linear_iterations


def main() -> int:
    """Print the table and the goals; return 1 if one is missed."""
    options = arguments(__doc__)
    counts = {"Fick": 4, "-grad(D P)": 2, "driven": 2}
    if not options.quick:
        counts = {"Fick": 60, "-grad(D P)": 40, "driven": 40}
    rows: list[Row] = []
    everything = []
    for kind, count in counts.items():
        found = np.array([[defect(seed, kind, n) for n in MESHES] for seed in range(count)])
        orders = np.log2(found[:, 0] / found[:, 1])
        everything.append(np.column_stack([found[:, 1], orders]))
        rows.append(
            {
                "kind": kind,
                "networks": count,
                "defect": float(found[:, 1].max()),
                "median order": float(np.median(orders)),
                "least order": float(orders.min()),
            }
        )
    print(table(rows))
    worst, orders = np.concatenate(everything).T
    measured = {"defect": float(worst.max()), "order": float(np.median(orders))}
    solvers: list[Row] = []
    for solver in SOLVERS:
        counts = [iterations(solver, rate) for rate in RATES]
        solvers += [
            {"solver": solver, "rate": rate, "steps": steps, "iterations": linear}
            for rate, (steps, linear) in zip(RATES, counts, strict=True)
        ]
        linear = [count for _, count in counts]
        measured[solver] = max(linear) / min(linear)
    print(table(solvers))
    return finish(options, [*rows, *solvers], GOALS, measured)


if __name__ == "__main__":
    sys.exit(main())
