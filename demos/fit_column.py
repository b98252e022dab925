"""The virtual laboratory of fit_column.toml: a narrow column at three temperature differences.

The column has another S_T, another D and other plates than the case file says, a finer mesh, and
noise of its own in each of four fillings. The script compares what it finds with the files in
demos/data; with --write it writes them.

    python3 demos/fit_column.py

The fit of these data: femsoret fit demos/fit_column.toml
"""

from __future__ import annotations

import sys
from pathlib import Path

from mpi4py import MPI

import numpy as np

from femsoret import load_case
from femsoret.experiment.column import NoColumn
from femsoret.io.measured import read_measured
from femsoret.studies.measure.column import evaluate_column
from femsoret.studies.measure.solution import solve

S_T, D, H = 3.30e-3, 4.40e-10, 6000.0  # 1/K, m2/s, W/(m2 K)
DIFFERENCES = (1, 2, 4)  # of the thermostats, K
FILLINGS, NOISE = 4, 2e-5  # of each; mass fraction

comm = MPI.COMM_WORLD
here = Path(__file__).resolve().parent
noise = np.random.default_rng(20).normal(0.0, NOISE, (len(DIFFERENCES), FILLINGS))
cell = None
for dT, shifts in zip(DIFFERENCES, noise, strict=True):
    changes = [
        "cell.cells=[6, 30]",
        f"fluid.overrides.soret='{S_T} 1/K'",
        f"fluid.overrides.diffusion='{D} m^2/s'",
        f"condition.0.h={H}",
        f"condition.1.h={H}",
        f"condition.0.T_outside='{295.65 + dT / 2} K'",
        f"condition.1.T_outside='{295.65 - dT / 2} K'",
    ]
    experiment = load_case(here / "fit_column.toml", changes).build(comm, cell).experiment
    cell = experiment.cell
    found = evaluate_column(experiment, solve(experiment).convection)
    assert not isinstance(found, NoColumn)
    lines = [
        "# Virtual record, made by femsoret: demos/fit_column.py.",
        f"# S_T {S_T} 1/K, D {D} m2/s, h {H:g} W/(m2 K), noise {NOISE:g}",
        "column.separation",
        *(f"{found.separation + shift:.6f}" for shift in shifts),
    ]
    file = here / "data" / f"column_{dT}K.csv"
    if comm.rank == 0:
        print(f"{dT} K: separation {found.separation:.6f}, X = {found.theory.X:.0f}")
        if "--write" in sys.argv:
            file.write_text("\n".join(lines) + "\n", encoding="utf-8")
    comm.barrier()
    recorded = read_measured(file).column("column.separation").values
    assert np.abs(recorded - found.separation - shifts).max() < 1e-6
