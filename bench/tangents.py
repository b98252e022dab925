"""What does a tangent of a march cost, over the march itself?

Water and ethanol in a cell of 10 mm x 5 mm, 10 K, heated from above with one degree of tilt, from
the start of the heating to 2 tau, with the separation and a gradient at every step. A prediction
with slopes by 1 and by 5 unknowns (S_T, D, tilt, side loss, offset of a thermostat) is compared
with one without; CPU time, the median of repeated pairs, of a model whose forms are made.

    tools/fenicsx python3 bench/tangents.py [--quick] [--json FILE]
"""

from __future__ import annotations

import sys
import time
from pathlib import Path
from statistics import median

from mpi4py import MPI

import numpy as np

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))  # runs from a checkout, without installation

from harness import Goal, arguments, finish, table  # noqa: E402

from femsoret.cells import rectangle  # noqa: E402
from femsoret.experiment import Experiment  # noqa: E402
from femsoret.experiment.measured import DataSet, MeasuredSeries  # noqa: E402
from femsoret.experiment.schedule import Schedule, relaxation_time  # noqa: E402
from femsoret.fluids import load_fluid  # noqa: E402
from femsoret.physics.closures import mixture_of  # noqa: E402
from femsoret.post.signals import MeanGradient  # noqa: E402
from femsoret.problem.conditions import Robin, Temperature  # noqa: E402
from femsoret.problem.orientation import up_vector  # noqa: E402
from femsoret.studies.fit.model import FullModel, MeasuredRun  # noqa: E402
from femsoret.studies.fit.unknowns import Prior, Unknown  # noqa: E402

GAP, DT, TILT, LOSS = 5e-3, 10.0, 1.0, 5.0

GOALS = (
    Goal("16x12", "one of 5 tangents over the march, 16 x 12 mesh cells", at_most=0.4),
    Goal("24x24", "the same, 24 x 24 mesh cells", at_most=0.4),
    Goal("16x12 alone", "a single tangent over the march, 16 x 12 mesh cells", at_most=0.4),
    Goal("24x24 alone", "the same, 24 x 24 mesh cells", at_most=0.4),
)


def run_of(cells: tuple[int, int]) -> MeasuredRun:
    """Return data of the cell in time; their values do not matter here."""
    fluid, middle = load_fluid("water-ethanol"), (GAP, 0.5 * GAP)
    experiment = Experiment(
        "tangents",
        rectangle(MPI.COMM_WORLD, (2.0 * GAP, GAP), cells, grading=3.0),
        mixture_of(fluid, T0=fluid.T, c0=fluid.c, up=up_vector((0.0, 1.0), TILT)),
        (
            Temperature("top", fluid.T + 0.5 * DT),
            Temperature("bottom", fluid.T - 0.5 * DT),
            Robin(("left", "right"), LOSS, fluid.T),
        ),
        gradients={"middle": MeanGradient(middle, middle, (0.0, 1.0), 1)},
    )
    end = 2.0 * relaxation_time(experiment.mixture, GAP)
    times = np.linspace(0.02, 1.0, 60) * end
    signals = ("separation", "signal.middle.dc")
    series = tuple(MeasuredSeries(s, s, times, np.zeros(len(times))) for s in signals)
    return MeasuredRun(DataSet("data", series), experiment, Schedule(end))


def unknowns_of(run: MeasuredRun) -> list[Unknown]:
    """Return five unknowns."""
    at = run.experiment.mixture.reference
    S_T, D = float(at.soret[0]), float(at.D[0, 0])

    def unknown(quantity: str, value: float, u: float, *sides: str) -> Unknown:
        return Unknown(quantity, quantity, "", Prior(value, u), value, u, sides=sides)

    return [
        unknown("soret", S_T, 0.1 * abs(S_T)),
        unknown("D", D, 0.1 * D),
        unknown("tilt", TILT, 0.5),
        unknown("side_loss", LOSS, 1.0, "left", "right"),
        unknown("thermostat_offset", 0.0, 0.1, "top"),
    ]


def cpu(model: FullModel, start: np.ndarray, *, slopes: bool) -> float:
    """Return the CPU time of a prediction, s."""
    begin = time.process_time()
    model.predict(start, slopes=slopes)
    return time.process_time() - begin


def measured(cells: tuple[int, int], number: int, repeats: int) -> dict[str, object]:
    """Return the cost of tangents by the first unknowns."""
    run = run_of(cells)
    unknowns = unknowns_of(run)[:number]
    model, start = FullModel([run], unknowns), np.array([u.start for u in unknowns])
    cpu(model, start, slopes=True)  # makes all forms
    pairs = [
        (cpu(model, start, slopes=False), cpu(model, start, slopes=True)) for _ in range(repeats)
    ]
    return {
        "cells": "{}x{}".format(*cells),
        "unknowns": number,
        "march (s)": median(plain for plain, _ in pairs),
        "with tangents (s)": median(both for _, both in pairs),
        "one tangent over the march": median(
            (both / plain - 1.0) / number for plain, both in pairs
        ),
    }


def main() -> int:
    """Measure, print the table, and return the exit status."""
    options = arguments(__doc__)
    sizes = [(16, 12)] if options.quick else [(16, 12), (24, 24)]
    repeats = 1 if options.quick else 3
    rows = [measured(cells, number, repeats) for cells in sizes for number in (5, 1)]
    print(table(rows))
    found = {
        f"{row['cells']}{' alone' if row['unknowns'] == 1 else ''}": row[
            "one tangent over the march"
        ]
        for row in rows
    }
    return finish(options, rows, GOALS, found)


if __name__ == "__main__":
    sys.exit(main())
