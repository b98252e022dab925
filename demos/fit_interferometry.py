"""The virtual laboratory of fit_interferometry.toml: a phase and a thermometer, with a cold room.

The cell has another S_T, loses more heat than the case file says, and has a finer mesh; each of
eight readings has noise of its own. The script compares what it finds with the file in demos/data;
with --write it writes it.

    python3 demos/fit_interferometry.py

The fit of these data: femsoret fit demos/fit_interferometry.toml
"""

from __future__ import annotations

import sys
from pathlib import Path

from mpi4py import MPI

import numpy as np

from femsoret import load_case
from femsoret.experiment.measured import DataSet, MeasuredSeries
from femsoret.io.measured import read_measured
from femsoret.studies.fit.model import FullModel, MeasuredRun

S_T, H = 3.30e-3, 14.0  # 1/K, W/(m2 K)
COLUMNS = {"phase": "optical.phase.0.total", "side": "thermometer.side"}
NOISE, READINGS = np.array([[0.3], [0.05]]), 8  # rad, K

comm = MPI.COMM_WORLD
here = Path(__file__).resolve().parent
case_file, file = here / "fit_interferometry.toml", here / "data" / "interferometry.csv"
built = load_case(case_file, ["cell.cells=[18, 12]", f"condition.2.h={H}"]).build(comm)
empty, one = np.zeros(0), np.ones(1)
series = tuple(MeasuredSeries(name, of, empty, one, one) for name, of in COLUMNS.items())
run = MeasuredRun(DataSet("laboratory", series, steady=True), built.experiment, None)
phase, side = FullModel([run], built.unknowns).predict(np.array([S_T, H]), slopes=False).values
shifts = NOISE * np.random.default_rng(21).normal(size=(2, READINGS))
made = np.array([[phase], [side]]) + shifts
if comm.rank == 0:
    print(f"phase {phase:.3f} rad, side {side:.4f} K")
    if "--write" in sys.argv:
        lines = [
            "# Virtual record, made by femsoret: demos/fit_interferometry.py.",
            f"# S_T {S_T} 1/K, h {H:g} W/(m2 K), noise 0.3 rad and 0.05 K",
            "phase (rad),side (K)",
            *(f"{a:.3f},{b:.4f}" for a, b in made.T),
        ]
        file.write_text("\n".join(lines) + "\n", encoding="utf-8")
comm.barrier()
table = read_measured(file)
for column, values in zip(COLUMNS, made, strict=True):
    assert np.abs(table.column(column).values - values).max() < 5e-3
