"""The virtual laboratory of fit_ternary.toml: phases of three components at two wavelengths.

The cell has other S'_T than the fluid file, leans by more than its level says, and has a finer
mesh; each of ten readings has noise of its own. The script compares what it finds with the file in
demos/data; with --write it writes it.

    python3 demos/fit_ternary.py

The fit of these data: femsoret fit demos/fit_ternary.toml
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

SOUGHT = 1.08, 0.94  # S'_T of THN and IBB, over those of the fluid file
TILT = 3.2  # degrees
COLUMNS = {"670 nm": "optical.phases.0.total", "935 nm": "optical.phases.1.total"}
NOISE, READINGS = 0.01, 10  # rad

comm = MPI.COMM_WORLD
here = Path(__file__).resolve().parent
case_file, file = here / "fit_ternary.toml", here / "data" / "ternary.csv"
built = load_case(case_file, ["cell.cells=[18, 12]"]).build(comm)
empty, one = np.zeros(0), np.ones(1)
series = tuple(MeasuredSeries(name, of, empty, one, one) for name, of in COLUMNS.items())
run = MeasuredRun(DataSet("laboratory", series, steady=True), built.experiment, None)
reference = np.asarray(built.experiment.mixture.reference.soret, dtype=np.float64)
true = np.array([*(reference * np.array(SOUGHT)), TILT])
phases = FullModel([run], built.unknowns).predict(true, slopes=False).values
made = phases[:, None] + NOISE * np.random.default_rng(22).normal(size=(2, READINGS))
if comm.rank == 0:
    print(f"phases {phases} rad, S'_T {true[:2]} 1/K")
    if "--write" in sys.argv:
        lines = [
            "# Virtual record, made by femsoret: demos/fit_ternary.py.",
            f"# S'_T {true[0]:.4e} and {true[1]:.4e} 1/K, tilt {TILT} degrees, noise {NOISE} rad",
            "670 nm (rad),935 nm (rad)",
            *(f"{a:.4f},{b:.4f}" for a, b in made.T),
        ]
        file.write_text("\n".join(lines) + "\n", encoding="utf-8")
comm.barrier()
table = read_measured(file)
for column, values in zip(COLUMNS, made, strict=True):
    assert np.abs(table.column(column).values - values).max() < 5e-3
