"""Tilted cells heated from above: the state found from rest, and that of a run in time.

A liquid between plates is solved from the separated liquid at rest, and marched on the same mesh
from a uniform temperature and composition until it settles. Where the two differ the cell has two
steady states, and a steady run has to show that of the march.

    bias from rest       of the state that the search finds from the separated liquid
    bias in time         of the march, once it has settled
    bias of the run      of `femsoret run`, and which state it says a uniform liquid reaches

    tools/fenicsx python3 bench/two_states.py [--quick] [--json FILE]
"""

from __future__ import annotations

import math
import sys
from collections.abc import Iterator
from pathlib import Path

from mpi4py import MPI

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))  # runs from a checkout, without installation

from harness import Goal, Row, arguments, finish, table  # noqa: E402

from femsoret.cells import rectangle  # noqa: E402
from femsoret.experiment import Experiment  # noqa: E402
from femsoret.experiment.schedule import Schedule, relaxation_time  # noqa: E402
from femsoret.fluids import load_fluid  # noqa: E402
from femsoret.physics.closures import mixture_of  # noqa: E402
from femsoret.problem.conditions import Temperature  # noqa: E402
from femsoret.solve.march import MarchOptions  # noqa: E402
from femsoret.studies.measure.solution import solve  # noqa: E402
from femsoret.studies.measure.steady import measure  # noqa: E402
from femsoret.studies.measure.transient import measure_in_time  # noqa: E402

GOALS = (
    Goal("off", "runs whose bias is not that of the march, to 0.02", at_most=0),
    Goal("two", "cells with two states among them", at_least=1),
)

FLUIDS = {"water-ethanol": 295.65, "toluene-hexane": 298.15}
"""Fluid -> mean temperature, K."""

SIZES = ((10e-3, (12, 8)), (5e-3, (10, 8)), (3e-3, (8, 8)))
"""Width, m, and mesh cells."""

GAP, WARMER, TILTS = 3e-3, 20.0, (0.5, 1.0, 1.5, 2.0, 3.0, 5.0, 10.0)


def main() -> int:
    """Compare all cells and print the table."""
    options = arguments(__doc__)
    cells = list(plates())
    rows = [_row(*cell) for cell in (cells[3::14] if options.quick else cells)]
    print(table(rows))
    off = [abs(row["bias of the run"] - row["bias in time"]) > 0.02 for row in rows]
    two = [abs(row["bias from rest"] - row["bias in time"]) > 0.02 for row in rows]
    return finish(options, rows, GOALS, {"off": sum(off), "two": sum(two)})


def plates() -> Iterator[tuple[str, float, float, Experiment]]:
    """Yield fluid, width in m, tilt in degrees, and the experiment."""
    for name, T0 in FLUIDS.items():
        fluid = load_fluid(name)
        for width, cells in SIZES:
            for degrees in TILTS:
                tilt = math.radians(degrees)
                up = (-math.sin(tilt), math.cos(tilt))
                walls = (
                    Temperature(("top",), T0 + WARMER / 2.0),
                    Temperature(("bottom",), T0 - WARMER / 2.0),
                )
                mesh = rectangle(MPI.COMM_WORLD, (width, GAP), cells)
                mixture = mixture_of(fluid, T0=T0, c0=fluid.c, up=up)
                yield name, width, degrees, Experiment("plates", mesh, mixture, walls)


def _row(name: str, width: float, degrees: float, experiment: Experiment) -> Row:
    from_rest = solve(experiment).soret
    tau = relaxation_time(experiment.mixture, experiment.orientation.gap)
    schedule = Schedule(
        200.0 * tau, march=MarchOptions(tolerance=1e-2), settled=1e-3, evaluation=None
    )
    marched = measure_in_time(experiment, schedule)
    found = measure(experiment, with_numerical_error=False)
    start, in_time, of_run = found.uniform_start, marched.end.soret, found.solution.soret
    assert from_rest is not None
    assert in_time is not None
    assert of_run is not None
    row = {
        "fluid": name,
        "width (mm)": f"{1e3 * width:g}",
        "tilt": f"{degrees:g}",
        "bias from rest": from_rest.bias,
        "bias in time": in_time.bias,
        "after (tau)": marched.with_gravity.clock.t / tau,
        "bias of the run": of_run.bias,
        "reached": start.reached if start else found.stability.verdict,
        "Pe": found.speed.peclet_solutal,
        "Pe, uniform": start.peclet if start else None,
    }
    print(f"{name}, {1e3 * width:g} mm, {degrees:g} degrees", file=sys.stderr, flush=True)
    return row


if __name__ == "__main__":
    sys.exit(main())
