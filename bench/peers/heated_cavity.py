"""Solve a heated square or cube and print one line of JSON for bench/peers.py.

    tools/fenicsx python3 bench/peers/heated_cavity.py --dim 2 --cells 8 --degree 3 --grading 5

CPU time counts from a problem with its forms compiled to the Nusselt number. The making of coarser
meshes, which the solver needs, and the compilation of their forms do not count: meshing does not
count for NGSolve either, which compiles nothing.
"""

from __future__ import annotations

import argparse
import json
import resource
import sys
import time

from mpi4py import MPI
from petsc4py import PETSc

from dolfinx import fem
from metered import Meter

from femsoret.cells import structured
from femsoret.fluids.groups import Groups, property_values
from femsoret.physics.closures import mixture_of_groups
from femsoret.post.wall_flows import wall_flows
from femsoret.problem import problem as problems
from femsoret.problem.conditions import Temperature
from femsoret.solve import NewtonOptions, find_steady
from femsoret.solve.linear.assembly import JACOBIAN, RESIDUAL

SHAPES = {2: ("quadrilateral", "triangle"), 3: ("hexahedron", "tetrahedron")}


def arguments() -> argparse.Namespace:
    """Return the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--dim", type=int, choices=(2, 3), default=2)
    parser.add_argument("--cells", type=int, required=True, help="mesh cells a side")
    parser.add_argument("--degree", type=int, default=2)
    parser.add_argument("--grading", type=float, default=3.0, help="cell at the centre over wall")
    parser.add_argument("--simplices", action="store_true")
    parser.add_argument("--Ra", type=float, default=1e6)
    parser.add_argument("--preset", default="automatic", help="of the linear solver")
    parser.add_argument("--tolerance", type=float, default=1e-8, help="of Newton")
    return parser.parse_args()


def problem_of(options: argparse.Namespace) -> problems.Problem:
    """Return the problem at rest."""
    dim = options.dim
    make = structured.rectangle if dim == 2 else structured.box
    cell = make(
        MPI.COMM_WORLD,
        (1.0,) * dim,
        (options.cells,) * dim,
        grading=options.grading,
        shape=SHAPES[dim][options.simplices],
    )
    scaled = property_values(Groups(Ra=options.Ra, Pr=0.71, Le=1.0), c0=0.5, S_T_dT=0.0)
    mixture = mixture_of_groups(scaled, up=(0.0, 1.0, 0.0)[:dim], pure=True)
    walls = (Temperature("left", 0.5), Temperature("right", -0.5))
    return problems.Problem(cell, mixture, walls, degree=options.degree)


def main() -> int:
    """Solve and print."""
    options = arguments()
    PETSc.Log.begin()
    meter = Meter()
    for owner, name in (
        (structured, "rectangle"),
        (structured, "box"),
        (problems, "linearise"),
        (fem, "form"),
    ):
        meter.leave_out(owner, name)
    problem = problem_of(options)
    problem.residual_forms, problem.jacobian  # noqa: B018 - compiles them
    meter.start()
    start = time.perf_counter()
    report = find_steady(problem, NewtonOptions(options.tolerance, preset=options.preset))
    nusselt = wall_flows(problem, "theta")["right"]
    seconds, wall = meter.seconds, time.perf_counter() - start
    events = (RESIDUAL, JACOBIAN, "MatLUFactorNum", "MatLUFactorSym", "MatSolve")
    shares = {name: PETSc.Log.Event(name).getPerfInfo()["time"] / wall for name in events}
    kilobytes = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    print(
        json.dumps(
            {
                "dofs": report.dofs,
                "Nu": nusselt,
                "counted": seconds,
                "cpu": time.process_time(),
                "maxrss_mb": kilobytes / 1024,
                "newton": report.newton_iterations,
                "outer": report.linear_iterations,
                "factorisations": report.factorisations,
                "shares": shares,
            }
        )
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
