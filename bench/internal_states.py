"""Does the entropy of particles with internal states balance, in random networks of states?

Each network has up to 6 states with energies, degeneracies, diffusivities and rates of order 1 to
10, in a gradient from T = 1 to 1.2. What transitions and diffusion produce is compared with what
the energy current and affinities pay, from integrals of their own, on two meshes. Networks are in
Fick form, in the form -grad(D P) with all D_i proportional to one power of T, and driven. Columns:

    networks   how many
    defect     largest |produced - paid|/produced on the finer mesh
    order      median and least order of the defect between the two meshes

    tools/fenicsx python3 bench/internal_states.py [--quick] [--json FILE]
"""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # runs from a checkout
sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests" / "verify"))

from mpi4py import MPI

import numpy as np
from harness import Goal, arguments, finish, table
from particles import random_particle, strip

from femsoret.post.internal_states import InternalStates, states_entropy
from femsoret.solve import NewtonOptions, solve_steady

MESHES = (8, 16)
KINDS = {"Fick": (0.0, False), "-grad(D P)": (0.0, True), "driven": (1.0, False)}
GOALS = (
    Goal("defect", "largest defect on 16 mesh cells", at_most=1e-5),
    Goal("order", "median order of the defect", at_least=3.5),
)


def defect(seed: int, kind: str, cells: int) -> float:
    """Return the defect of the balance of a random network on a mesh."""
    affinity, overdamped = KINDS[kind]
    of = random_particle(seed, affinity=affinity, overdamped=overdamped)
    problem = strip(MPI.COMM_WORLD, [of], cells=cells, grading=1.0)
    solve_steady(problem, NewtonOptions(tolerance=1e-10))
    found = states_entropy(InternalStates(problem)).defect
    assert found is not None
    return found


def main() -> int:
    """Print the table and the goals; return 1 if one is missed."""
    options = arguments(__doc__)
    counts = {"Fick": 4, "-grad(D P)": 2, "driven": 2}
    if not options.quick:
        counts = {"Fick": 60, "-grad(D P)": 40, "driven": 40}
    rows, everything = [], []
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
    return finish(options, rows, GOALS, measured)


if __name__ == "__main__":
    sys.exit(main())
