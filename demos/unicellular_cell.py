"""Unicellular cell: a mixture heated from below turns over as one roll, and separates along it.

In a mixture with psi > 0 the denser component goes to the cold wall. Heated from below it then lies
on top, and a long, shallow cell turns over from Ra Le psi = 720 on, at a tenth of the Rayleigh
number of a pure fluid, in a single roll as long as the cell. That roll is a thermogravitational
column lying down: it separates along the cell, most at Ra Le psi = 1440, by the closed form
m^2 = 504 (X - 720)/X^2 for the slope m in units of S_T f dT/a.

Rest is a steady state as well, an unstable one, and Newton's method, which starts from the state
without gravity, finds it. So the case has `solver.start_tilt`: the cell is leaned by some degrees
first, and set upright from there. Which way it leans decides which way the roll turns.

    mpirun -n 2 python3 demos/unicellular_cell.py [FIGURE.png]

One X as a case file: femsoret run demos/unicellular_cell.toml
"""

from __future__ import annotations

import sys
from pathlib import Path

from mpi4py import MPI

import numpy as np

from femsoret import load_case
from femsoret.post.signals import read_gradients
from femsoret.studies.columns import UNICELLULAR_ONSET, unicellular_slope
from femsoret.studies.measure.solution import solve

X = (700.0, 900.0, 1440.0, 3000.0)
LE, PSI = 100.0, 0.1
FULL = 0.418360  # X = 1440: an independent spectral solution of the whole cell

comm = MPI.COMM_WORLD
case_file = Path(__file__).with_suffix(".toml")
cell = None


def slope(x: float, *changes: str) -> float:
    """Return the slope along the cell in its middle, in units of S_T f dT/a."""
    global cell
    case = load_case(case_file, [f"groups.Ra={x / (LE * PSI)!r}", *changes])
    experiment = case.build(comm, cell).experiment
    cell = experiment.cell
    found = read_gradients(solve(experiment).convection, experiment.gradients)
    fluid = experiment.mixture.reference.binary
    return found["middle"].c / (fluid.S_T * fluid.f)


slopes = [slope(x) for x in X]
other_way = slope(1440.0, "solver.start_tilt=-5 deg")
at_rest = slope(1440.0, "solver.start_tilt=0 deg")
if comm.rank == 0:
    for x, m in zip(X, slopes, strict=True):
        print(f"Ra Le psi = {x:4.0f}: slope {m:.6f} (closed form {unicellular_slope(x):.6f})")
    print(f"leaned the other way {other_way:.6f}, without a lean {at_rest:.1e}")

for x, m in zip(X, slopes, strict=True):
    assert abs(m - unicellular_slope(x)) < 1e-4
assert abs(slopes[X.index(1440.0)] / FULL - 1.0) < 1e-3
assert abs(other_way + slopes[X.index(1440.0)]) < 1e-6
assert abs(at_rest) < 1e-6


def draw(path: Path) -> None:
    """Draw the slope over X, a pitchfork."""
    from femsoret.report.figures.canvas import BLUE, GREY, INK, finish, new_figure, styled

    with styled():
        figure, axes = new_figure(3.2)
        dense = np.linspace(UNICELLULAR_ONSET, 1.03 * X[-1], 400)
        branch = np.array([unicellular_slope(x) for x in dense])
        for sign, label in ((1.0, "closed form"), (-1.0, None)):
            axes.plot(dense, sign * branch, color=INK, lw=1.2, label=label)
        axes.plot([500.0, UNICELLULAR_ONSET], [0.0, 0.0], color=INK, lw=1.2)
        axes.plot(dense[[0, -1]], [0.0, 0.0], color=GREY, lw=1.2, ls=":", label="rest, unstable")
        axes.plot(X, slopes, "o", color=BLUE, ms=6.0, label="middle of the cell")
        axes.plot([1440.0] * 2, [other_way, at_rest], "o", color=BLUE, ms=6.0, mfc="white")
        axes.set_xlabel("X = Ra Le ψ")
        axes.set_ylabel("(dc/dx) a / (S$_T$ f ΔT)")
        axes.legend(loc="center right", bbox_to_anchor=(1.0, 0.64))
        path.write_bytes(finish(figure, "unicellular", "", "").png)


if comm.rank == 0 and len(sys.argv) > 1:
    draw(Path(sys.argv[1]))
