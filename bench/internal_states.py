"""Does the entropy of particles with internal states balance, in random networks of states?

Each network has up to 6 states with energies, degeneracies, diffusivities and rates of order 1 to
10, in a gradient from T = 1 to 1.2. What transitions and diffusion produce is compared with what
the energy current and affinities pay, from integrals of their own, on two meshes. Networks are in
Fick form, in the form -grad(D P) with all D_i proportional to one power of T, and driven. Columns:

    networks   how many
    defect     largest |produced - paid|/produced on the finer mesh
    order      median and least order of the defect between the two meshes

Do the solvers notice how fast transitions are? Particles of two or three states at rest in squares
and cubes whose rates are 10^-6 to 10^8 D/L^2: Newton steps and, in brackets, linear iterations in
all. "automatic" is what the program chooses by itself: a factorisation in 2D and on small meshes in
3D, multigrid above. Its multigrid is also measured on its own, and AMG, which nothing chooses
here by itself. Columns, beside one for each rate:

    mesh    mesh cells, and mesh cell size at the centre over that at the walls
    ratio   most over fewest linear iterations

    tools/fenicsx python3 bench/internal_states.py [--quick] [--json FILE]
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import NamedTuple

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # runs from a checkout
sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests" / "verify"))

from mpi4py import MPI

import numpy as np
from harness import Goal, Row, arguments, finish, table
from particles import cube, random_particle, strip, three_states, two_states

from femsoret.post.internal_states import InternalStates, states_entropy
from femsoret.solve import NewtonOptions, solve_steady
from femsoret.solve.linear.options import AMG, AUTOMATIC, MULTIGRID
from femsoret.solve.linear.selection import preset_for

MESHES = (8, 16)
KINDS = {"Fick": (0.0, False), "-grad(D P)": (0.0, True), "driven": (1.0, False)}
GOALS = (
    Goal("defect", "largest defect on 16 mesh cells", at_most=1e-5),
    Goal("order", "median order of the defect", at_least=3.5),
    Goal("automatic", "most over fewest iterations and Newton steps, automatic", at_most=1.2),
    Goal("multigrid", "the same where multigrid is asked for", at_most=1.2),
    Goal("amg", "the same of AMG", at_most=1.4),
)

RATES = (1e-6, 1e-3, 1.0, 1e3, 1e6, 1e8)


class Mesh(NamedTuple):
    """A square (dim = 2) or cube of n mesh cells a side, and the states of the particle in it."""

    dim: int
    n: int
    grading: float = 4.0
    states: int = 2

    def __str__(self) -> str:
        return f"{self.n}^{self.dim}, {self.grading:g}:1"


SMALL = tuple(Mesh(3, n, grading) for n in (4, 6, 8, 10) for grading in (1.0, 2.0, 4.0))
SOLVERS = {
    AUTOMATIC: (Mesh(2, 32), Mesh(3, 8), *(Mesh(3, 14, grading) for grading in (1.0, 4.0))),
    MULTIGRID: (*SMALL, *(Mesh(3, n, states=3) for n in (4, 6, 8, 14))),
    AMG: (Mesh(3, 8), Mesh(3, 8, states=3)),
}
QUICK = {AUTOMATIC: (Mesh(2, 16), Mesh(3, 4)), MULTIGRID: (Mesh(3, 4),), AMG: (Mesh(3, 4),)}


def defect(seed: int, kind: str, cells: int) -> float:
    """Return the defect of the balance of a random network on a mesh."""
    affinity, overdamped = KINDS[kind]
    of = random_particle(seed, affinity=affinity, overdamped=overdamped)
    problem = strip(MPI.COMM_WORLD, [of], cells=cells, grading=1.0)
    solve_steady(problem, NewtonOptions(tolerance=1e-10))
    found = states_entropy(InternalStates(problem)).defect
    assert found is not None
    return found


def counts(preset: str, mesh: Mesh, rate: float) -> tuple[str, int, int]:
    """Return the preset that was chosen, Newton steps and linear iterations at some rate."""
    of = two_states(0.1, 1.0, 1.0, rate) if mesh.states == 2 else three_states(rate)
    problem = cube(MPI.COMM_WORLD, of, mesh.n, grading=mesh.grading, dim=mesh.dim)
    report = solve_steady(problem, NewtonOptions(preset=preset))
    return preset_for(problem, preset), report.newton_iterations, report.linear_iterations


def levels(preset: str, mesh: Mesh) -> tuple[Row, float]:
    """Return the row of a mesh, and the larger ratio of the most to the fewest of both counts."""
    chosen, steps, iterations = zip(*(counts(preset, mesh, rate) for rate in RATES), strict=True)
    ratio = max(iterations) / min(iterations)
    row = {
        "solver": preset if chosen[0] == preset else f"{preset}: {chosen[0]}",
        "states": mesh.states,
        "mesh": str(mesh),
        **{f"{k:g}": f"{a} ({b})" for k, a, b in zip(RATES, steps, iterations, strict=True)},
        "ratio": ratio,
    }
    return row, max(ratio, max(steps) / min(steps))


def main() -> int:
    """Print the table and the goals; return 1 if one is missed."""
    options = arguments(__doc__)
    networks = {"Fick": 4, "-grad(D P)": 2, "driven": 2}
    if not options.quick:
        networks = {"Fick": 60, "-grad(D P)": 40, "driven": 40}
    rows: list[Row] = []
    everything = []
    for kind, count in networks.items():
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
    for preset, meshes in (QUICK if options.quick else SOLVERS).items():
        of_meshes = [levels(preset, mesh) for mesh in meshes]
        solvers += [row for row, _ in of_meshes]
        measured[preset] = max(ratio for _, ratio in of_meshes)
    print(table(solvers))
    return finish(options, [*rows, *solvers], GOALS, measured)


if __name__ == "__main__":
    sys.exit(main())
