"""The random cases of bench/robustness.py: drawn from a fixed seed, solved one at a time.

    tools/fenicsx python3 bench/random_cases.py 17 [--twice]

prints the result of case 17 as one line of JSON; --twice recomputes it at twice the resolution,
from its own solution, and compares the differences with the numerical errors that the run reports.
"""

from __future__ import annotations

import argparse
import json
import math
import time
from dataclasses import asdict, dataclass, replace
from typing import Any

from mpi4py import MPI

import numpy as np
from dolfinx import fem
from layered_mesh import choose_rectangle

from femsoret.base.errors import NotConverged
from femsoret.cells import rectangle
from femsoret.experiment import Experiment
from femsoret.fluids.groups import Groups, property_values
from femsoret.physics.closures import mixture_of_groups
from femsoret.physics.forms import CONDUCTION, CONVECTION, DIFFUSION
from femsoret.post.resolution import resolution
from femsoret.post.soret import read_each, soret_outcomes
from femsoret.problem import Problem
from femsoret.problem.conditions import Temperature
from femsoret.problem.orientation import up_vector
from femsoret.solve import Newton, NewtonOptions, find_steady, growth_rates
from femsoret.solve.spectrum.stability import default_shifts
from femsoret.solve.steady.stages import Ramp
from femsoret.studies.measure.convection import hand_over
from femsoret.studies.measure.numerical_error import numerical_error, quantities
from femsoret.studies.measure.solution import Solution, solve

SEED = 3
NUMBER = 300
MAX_CELLS = 300
"""Largest number of mesh cells of a case: 300 cases have to end in an hour on one core."""

T0 = 100.0  # in units of dT; enters no group


@dataclass(frozen=True)
class RandomCase:
    """One case, by its groups; tilt in degrees, aspect is width over gap."""

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


def draw(number: int = NUMBER) -> list[RandomCase]:
    """Return the first cases of the seed."""
    rng = np.random.default_rng(SEED)

    def log_uniform(low: float, high: float) -> float:
        return float(math.exp(rng.uniform(math.log(low), math.log(high))))

    return [
        RandomCase(
            index=index,
            Ra=log_uniform(1.0, 1e7),
            Pr=log_uniform(0.01, 1000.0),
            Le=log_uniform(1.0, 1e4),
            psi=float(rng.uniform(-0.5, 0.5)),
            tilt=float(rng.uniform(0.0, 180.0)),
            aspect=log_uniform(0.2, 10.0),
            S_T_dT=float(rng.uniform(0.01, 2.0)),
            c0=float(rng.uniform(0.05, 0.95)),
            closure=str(rng.choice(["full", "dilute", "linearised"])),
        )
        for index in range(number)
    ]


def experiment_of(case: RandomCase, resolution: int = 1, max_cells: int = MAX_CELLS) -> Experiment:
    """Return a case on the mesh that the program chooses, or on one with more cells a length."""
    groups = Groups(Ra=case.Ra, Pr=case.Pr, Le=case.Le, psi=case.psi)
    mesh = choose_rectangle(case.Ra, case.Pr, case.Le, case.aspect, max_cells=max_cells)
    return Experiment(
        title=f"random case {case.index}",
        cell=rectangle(
            MPI.COMM_SELF,
            (case.aspect, 1.0),
            [resolution * number for number in mesh.cells],
            grading=mesh.grading,
        ),
        mixture=mixture_of_groups(
            property_values(groups, c0=case.c0, S_T_dT=case.S_T_dT),
            up=up_vector((0.0, 1.0), case.tilt),
            closure=case.closure,
            T0=T0,
        ),
        conditions=(Temperature(("top",), T0 + 0.5), Temperature(("bottom",), T0 - 0.5)),
    )


def outcome(case: RandomCase, max_cells: int) -> dict[str, Any]:
    """Solve a case and return the result."""
    experiment = experiment_of(case, max_cells=max_cells)
    found: dict[str, Any] = {"cells": experiment.cell.num_cells}
    try:
        solution = solve(experiment)
    except NotConverged as failure:
        return found | {
            "outcome": "none",
            "attempts": failure.record.get("tried", []),
            "message": failure.message,
            "unsteady": failure.record.get("is_unsteady", False),
            "course": failure.record.get("course"),
        }
    report = solution.reports[2]
    return found | {
        "outcome": "steady",
        "attempts": [asdict(attempt) for attempt in report.attempts],
        "factorisations": report.factorisations,
        "dofs": report.dofs,
        "warned": warned(solution.convection),
        "quantities": quantities(solution),
    }


def evidence(experiment: Experiment) -> dict[str, Any] | None:
    """Return the growing mode of a case whose flow in time is inconclusive."""
    problem = experiment.problem(CONVECTION)
    reference = experiment.problem(DIFFUSION)
    find_steady(reference, NewtonOptions(max_iterations=30))
    hand_over(reference, problem)
    return instability(problem)


def instability(problem: Problem) -> dict[str, Any] | None:
    """Return the first growing mode of the last steady state on the ramp of gravity.

    None where there is no such state, or where the default shifts find no growing mode.
    """
    with Newton(problem) as newton:
        try:
            Ramp("gravity", ("gravity.magnitude",), 0.01).run(newton)
            reached = 1.0
        except NotConverged as failure:
            reached = failure.record.get("reached", 0.0)
    if not reached:
        return None
    full = float(problem.mixture.gravity.magnitude)
    with problem.changed(gravity__magnitude=reached * full):
        for shift in default_shifts(problem):
            try:
                found = growth_rates(problem, shifts=[shift])
            except NotConverged:
                continue  # nothing converges near this one
            if not found.is_stable:
                mode = found.leading
                return {
                    "reached": reached,
                    "growth_rate": mode.growth_rate,
                    "frequency": mode.frequency,
                    "residual": mode.residual,
                }
    return {"reached": reached, "growth_rate": None}


def warned(problem: Problem) -> bool:
    """Return whether a run warns its user that the mesh is too coarse."""
    coarsest = resolution(problem).coarsest
    return coarsest is not None and not coarsest.resolved


def twice(case: RandomCase) -> dict[str, Any]:
    """Compare a case with itself at twice the resolution."""
    solution = solve(experiment_of(case))
    errors = numerical_error(solution).of
    fine = experiment_of(case, 2)
    problem = fine.problem(CONVECTION)
    for name in problem.layout.names:
        prolong(solution.convection.function(name), problem.function(name))
    find_steady(problem)
    reference = fine.problem(DIFFUSION)
    hand_over(problem, reference)
    find_steady(reference, NewtonOptions(max_iterations=30))
    refined = quantities(fine_solution(solution, fine, reference, problem))
    coarse = quantities(solution)
    return {
        "warned": warned(solution.convection),
        "compared": {
            name: {"coarse": coarse[name], "fine": refined[name], "error": errors.get(name)}
            for name in coarse
        },
    }


def fine_solution(
    solution: Solution, fine: Experiment, reference: Problem, convection: Problem
) -> Solution:
    """Return the solution on the finer mesh, started from the states of the coarser one."""
    conduction = fine.problem(CONDUCTION)
    find_steady(conduction)
    hot, cold = fine.pair.hot, fine.pair.cold
    each = zip(read_each(convection, hot, cold), read_each(reference, hot, cold), strict=True)
    return replace(
        solution,
        experiment=fine,
        conduction=conduction,
        reference=reference,
        convection=convection,
        outcomes=soret_outcomes(convection, reference, hot, cold),
        each=tuple(each),
    )


def prolong(coarse: fem.Function, fine: fem.Function) -> None:
    """Interpolate between meshes of one rectangle."""
    mesh = fine.function_space.mesh
    cells = np.arange(mesh.topology.index_map(mesh.topology.dim).size_local, dtype=np.int32)
    data = fem.create_interpolation_data(
        fine.function_space, coarse.function_space, cells, padding=1e-10
    )
    fine.interpolate_nonmatching(coarse, cells, data)
    fine.x.scatter_forward()


def main() -> None:
    """Solve one case and print its line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("index", type=int)
    parser.add_argument("--twice", action="store_true")
    parser.add_argument("--evidence", action="store_true")
    parser.add_argument("--max-cells", type=int, default=MAX_CELLS)
    arguments = parser.parse_args()
    case = draw(arguments.index + 1)[-1]
    if arguments.twice:
        found = twice(case)
    elif arguments.evidence:
        found = {"evidence": evidence(experiment_of(case, max_cells=arguments.max_cells))}
    else:
        found = outcome(case, arguments.max_cells)
    print(json.dumps({**asdict(case), **found, "cpu": time.process_time()}))


if __name__ == "__main__":
    main()
