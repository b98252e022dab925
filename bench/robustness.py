"""Does the program find the steady state? 300 random cells, each in a process of its own."""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import time
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

SEED = 20260917
CASES = 300


@dataclass(frozen=True)
class Cell:
    index: int
    Ra: float
    Pr: float
    Le: float
    psi: float
    tilt: float
    aspect: float
    S_T_dT: float
    c0: float
    closure: str


def draw(number: int = CASES) -> list[Cell]:
    rng = np.random.default_rng(SEED)
    cells = []
    for index in range(number):
        log = lambda low, high: float(10 ** rng.uniform(low, high))
        cells.append(
            Cell(
                index=index,
                Ra=log(0, 7),
                Pr=log(-2, 3),
                Le=log(0, 4),
                psi=float(rng.uniform(-0.5, 0.5)),
                tilt=float(rng.uniform(0, 180)),
                aspect=log(np.log10(0.2), 1),
                S_T_dT=float(rng.uniform(0.01, 2.0)),
                c0=float(rng.uniform(0.05, 0.95)),
                closure=str(rng.choice(["full", "dilute", "linearised"])),
            )
        )
    return cells


def solve_case(case: Cell, scale: float = 1.0, error: bool = False) -> dict:
    from mpi4py import MPI

    from femsoret.cells import rectangle
    from femsoret.cells.layers import choose_rectangle
    from femsoret.closures import mixture_of_groups
    from femsoret.conditions import Temperature
    from femsoret.errors import NotConverged
    from femsoret.experiment import Experiment
    from femsoret.fluids.groups import Groups, property_values
    from femsoret.orientation import up_vector
    from femsoret.studies.solution import solve

    choice = choose_rectangle(case.Ra, case.Pr, case.Le, case.aspect, max_cells=int(os.environ.get("MAXC","400")))
    number = tuple(round(scale * n) for n in choice.cells)
    scaled = property_values(
        Groups(Ra=case.Ra, Pr=case.Pr, Le=case.Le, psi=case.psi), c0=case.c0, S_T_dT=case.S_T_dT
    )
    experiment = Experiment(
        title=f"case {case.index}",
        cell=rectangle(MPI.COMM_SELF, (case.aspect, 1.0), number, grading=choice.grading),
        mixture=mixture_of_groups(scaled, up=up_vector((0.0, 1.0), case.tilt), closure=case.closure, T0=100.0),
        conditions=(Temperature(("top",), 100.5), Temperature(("bottom",), 99.5)),
    )
    found = {"cells": number, "capped": choice.capped}
    start = time.process_time()
    try:
        solution = solve(experiment)
    except NotConverged as failure:
        found |= {"outcome": "none", "message": failure.message, "record": failure.record}
        Path(f"/tmp/w/newton/hist{case.index}.txt").write_text("\n".join(failure.history))
    else:
        report = solution.reports[2]
        found |= {
            "outcome": "steady",
            "stages": report.stages,
            "factorisations": report.factorisations,
            "dofs": report.dofs,
            "bias": solution.soret.bias,
            "surplus": surplus(solution.convection),
        }
    found["cpu"] = time.process_time() - start
    return found


def surplus(problem) -> dict:
    """Return, per transported field, |x - P1 interpolant of x| / |x - mean| in L2."""
    import ufl
    from dolfinx import fem

    result = {}
    for name in ("u", "theta", "gamma_0"):
        f = problem.function(name)
        shape = (2,) if name == "u" else ()
        V1 = fem.functionspace(problem.cell.mesh, ("Lagrange", 1, shape) if shape else ("Lagrange", 1))
        low = fem.Function(V1)
        low.interpolate(f)
        norm = lambda e: np.sqrt(fem.assemble_scalar(fem.form(ufl.inner(e, e) * ufl.dx)))
        size = norm(f)
        result[name] = float(norm(f - low) / size) if size > 0 else 0.0
    return result


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--case", type=int)
    parser.add_argument("--scale", type=float, default=1.0)
    args = parser.parse_args()
    case = draw()[args.case]
    print(json.dumps({**asdict(case), **solve_case(case, args.scale)}, default=str))


main()
