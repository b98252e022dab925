"""How many steps in time does a real cell take, from the start of its heating to 5 tau?

Water and ethanol in a square of 5 mm, 10 K: heated from above with 0.5 degrees of tilt, and
side-heated; the walls step to their temperatures, or take a minute to get there. The error is

    max over steps of |S - S_ref| / max |S_ref|,

where S is the separation between the walls, and S_ref that of a march which ends steps at the same
times with a tolerance 100 times tighter than any other of the case. For comparison 20 times as many
fixed steps of the same scheme are tried; where they miss the start of the flow they break down.

    tools/fenicsx python3 bench/march.py [--quick] [--json FILE]
"""

from __future__ import annotations

import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mpi4py import MPI

import numpy as np

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))  # runs from a checkout, without installation

from harness import Goal, arguments, finish, table  # noqa: E402

from femsoret.base.errors import NotConverged  # noqa: E402
from femsoret.base.functions_of_time import ramp  # noqa: E402
from femsoret.cells import rectangle  # noqa: E402
from femsoret.fluids import load_fluid  # noqa: E402
from femsoret.physics.closures import mixture_of  # noqa: E402
from femsoret.post.readings import WallMean  # noqa: E402
from femsoret.post.soret import read  # noqa: E402
from femsoret.problem import Problem  # noqa: E402
from femsoret.problem.conditions import Temperature  # noqa: E402
from femsoret.problem.orientation import up_vector  # noqa: E402
from femsoret.problem.protocol import UNCHANGED, Protocol, WallValue  # noqa: E402
from femsoret.solve.march import March, MarchOptions  # noqa: E402
from femsoret.solve.march.rosenbrock import RODAS4P2, RODASP, Scheme  # noqa: E402

L, DT, CELLS = 5e-3, 10.0, 12
ENOUGH = 1e-4
"""The error that the goals are about."""

MORE = 20
"""How many times as many fixed steps are tried."""

BROKEN = 1e9
"""Ratio of errors that stands for fixed steps that break down."""

GOALS = (
    Goal("above", "heated from above: factorisations for an error of 1e-4", at_most=60),
    Goal("side", "side-heated: the same", at_most=120),
    Goal("above ramp", "heated from above within a minute: the same", at_most=120),
    Goal("side ramp", "side-heated within a minute: the same", at_most=240),
    Goal(
        "fixed", f"error of {MORE} times as many fixed steps over that of the march", at_least=1.0
    ),
)


@dataclass(frozen=True)
class Case:
    """One cell.

    Args:
        key: Its key among the goals.
        tilt: Tilt, degrees.
        seconds: Time in which the walls reach their temperatures.
        tolerances: Tolerances of the marches.
        schemes: Their schemes.
        fixed: Whether to try fixed steps too.
    """

    key: str
    tilt: float
    seconds: float
    tolerances: tuple[float, ...]
    schemes: tuple[Scheme, ...] = (RODAS4P2, RODASP)
    fixed: bool = False


CASES = (
    Case("above", 0.5, 0.0, (1e-2, 1e-3), fixed=True),
    Case("above ramp", 0.5, 60.0, (1e-3,)),
    Case("side", 90.0, 0.0, (1e-3, 1e-4)),
    Case("side ramp", 90.0, 60.0, (1e-4,)),
)
QUICK = (Case("above", 0.5, 0.0, (1e-3,), (RODAS4P2,)),)


@dataclass(frozen=True)
class Run:
    """Times and separations of a march, and its cost."""

    times: Any
    separations: Any
    steps: int
    rejections: int
    factorisations: int
    cpu: float


def problem_of(case: Case) -> tuple[Problem, Protocol, float]:
    """Return the problem, the protocol of its walls, and tau."""
    fluid = load_fluid("water-ethanol")
    mixture = mixture_of(fluid, T0=fluid.T, c0=fluid.c, up=up_vector((0.0, 1.0), case.tilt))
    hot, cold = fluid.T + 0.5 * DT, fluid.T - 0.5 * DT
    problem = Problem(
        rectangle(MPI.COMM_WORLD, (L, L), (CELLS, CELLS), grading=3.0),
        mixture,
        (Temperature("top", hot), Temperature("bottom", cold)),
    )
    protocol = UNCHANGED
    if case.seconds:
        protocol = Protocol(
            (
                WallValue("top", ramp(fluid.T, hot, case.seconds)),
                WallValue("bottom", ramp(fluid.T, cold, case.seconds)),
            )
        )
    (law,) = mixture.species
    return problem, protocol, L**2 / (np.pi**2 * float(law.diffusion(fluid.T, fluid.c)))


def march(
    problem: Problem,
    protocol: Protocol,
    end: float,
    options: MarchOptions,
    stops: Sequence[float] = (),
) -> Run:
    """March from rest; one that breaks down ends with nan."""
    start = time.process_time()
    for function in problem.functions:
        function.x.array[:] = 0.0
    rows = []
    with March(problem, options, protocol) as marching:
        try:
            for step in marching.until(end, stops):
                at = read(problem, WallMean("top"), WallMean("bottom"))
                rows.append((step.clock.t, at.separation))
        except NotConverged:
            rows.append((np.nan, np.nan))
        clock = marching.clock
    times, separations = np.array(rows).T
    cpu = time.process_time() - start
    return Run(times, separations, clock.steps, clock.rejections, clock.factorisations, cpu)


def judged(run: Run, reference: Run) -> float:
    """Return the error at the common times; infinite where the march broke down."""
    if np.isnan(run.separations).any():
        return float("inf")
    _, ours, theirs = np.intersect1d(run.times, reference.times, return_indices=True)
    difference = run.separations[ours] - reference.separations[theirs]
    return float(np.abs(difference).max() / np.abs(reference.separations).max())


def compared(case: Case) -> list[dict[str, Any]]:
    """Return the rows of a case."""
    problem, protocol, tau = problem_of(case)
    end = 5.0 * tau
    runs = {
        (scheme.name, f"tolerance {tolerance:g}"): march(
            problem, protocol, end, MarchOptions(tolerance=tolerance, scheme=scheme)
        )
        for scheme in case.schemes
        for tolerance in case.tolerances
    }
    stops: set[float] = {t for run in runs.values() for t in run.times}
    if case.fixed:
        scheme = case.schemes[0]
        adaptive = runs[scheme.name, f"tolerance {min(case.tolerances):g}"].steps
        options = MarchOptions(scheme=scheme, fixed_step=end / (MORE * adaptive))
        run = march(problem, protocol, end, options)
        runs[scheme.name, f"{MORE} times as many"] = run
        stops |= {*run.times[:20], *run.times[20 :: 2 * MORE]}
    stops = {t for t in stops if np.isfinite(t)}
    finest = MarchOptions(tolerance=0.01 * min(case.tolerances), scheme=RODASP)
    reference = march(problem, protocol, end, finest, sorted(stops))
    runs[RODASP.name, f"reference, {finest.tolerance:g}"] = reference
    return [
        {
            "cell": case.key,
            "scheme": scheme,
            "steps by": by,
            "steps": run.steps,
            "rejected": run.rejections,
            "factorisations": run.factorisations,
            "error": None if run is reference else judged(run, reference),
            "error at the end": None
            if run is reference
            else float(abs(run.separations[-1] / reference.separations[-1] - 1.0)),
            "CPU s": run.cpu,
        }
        for (scheme, by), run in runs.items()
    ]


def measured(rows: list[dict[str, Any]]) -> dict[str, float]:
    """Return the numbers of the goals; the default scheme counts."""
    ours = [row for row in rows if row["scheme"] == RODAS4P2.name and row["error"] is not None]
    found: dict[str, float] = {}
    for key in dict.fromkeys(row["cell"] for row in ours):
        cell = [row for row in ours if row["cell"] == key]
        marches = [row for row in cell if row["steps by"].startswith("tolerance")]
        good = [row["factorisations"] for row in marches if row["error"] < ENOUGH]
        found[key] = float(min(good, default=np.inf))
        best = min(row["error"] for row in marches)
        fixed = [row["error"] for row in cell if row not in marches]
        if fixed:
            found["fixed"] = fixed[0] / best if np.isfinite(fixed[0]) else BROKEN
    return found


def main() -> int:
    options = arguments(__doc__)
    rows = []
    for case in QUICK if options.quick else CASES:
        rows += compared(case)
    print(table(rows))
    return finish(options, rows, GOALS, measured(rows))


if __name__ == "__main__":
    sys.exit(main())
