"""A column with five ports: S_T and D_T of water and ethanol, as a laboratory would report them.

The composition at five ports along a column one millimetre wide lies on a straight line, whose
slope gives S_T by the formula of parallel flow, and D_T by the formula for strong flow, which needs
no D. The script compares both with the fluid, with and without the effect of the composition on the
flow, and moves the outermost ports to the ends.

    mpirun -n 2 python3 demos/column_ports.py

The column as a case file, with a figure: femsoret run demos/column_ports.toml
"""

from __future__ import annotations

from pathlib import Path

from mpi4py import MPI

from femsoret import load_case
from femsoret.experiment.column import NoColumn
from femsoret.studies.measure.column import evaluate_column
from femsoret.studies.measure.solution import solve

PORTS = {
    "10 to 90 mm": "['10 mm', '30 mm', '50 mm', '70 mm', '90 mm']",
    "0.1 to 99.9 mm": "['0.1 mm', '25 mm', '50 mm', '75 mm', '99.9 mm']",
}

comm = MPI.COMM_WORLD
case_file = Path(__file__).with_suffix(".toml")
bias, cell, start = {}, None, None
for name, heights in PORTS.items():
    case = load_case(case_file, [f"column.heights={heights}"])
    experiment = case.build(comm, cell).experiment
    cell = experiment.cell
    start = solve(experiment, start=start)
    found = evaluate_column(experiment, start.convection)
    assert not isinstance(found, NoColumn)
    theory, slope = found.theory, found.line.slope
    classical = theory.soret_of(slope, classical=True)
    bias[name] = found.bias(found.S_T)
    strong = theory.strong(slope) / (theory.D * theory.S_T) - 1.0
    if comm.rank == 0:
        print(
            f"ports at {name}: X = {theory.X:.1f}, psi = {theory.psi:.3f}, dc/dz = "
            f"{theory.f * slope:.5f} 1/m; S_T {100 * bias[name]:+.3f} %, without the effect of the "
            f"composition on the flow {100 * found.bias(classical):+.3f} %; D_T by strong flow "
            f"{100 * strong:+.3f} %; time constant {theory.relaxation_time / 3600:.1f} h"
        )

# Away from the ends the formula holds; ports at the ends are off by a width or so of a hundred.
assert abs(bias["10 to 90 mm"]) < 2e-3
assert abs(bias["0.1 to 99.9 mm"]) > 2.0 * abs(bias["10 to 90 mm"])
