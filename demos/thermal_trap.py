"""Thermal trap: how a warm crack in a rock gathers molecules at its bottom.

A pore in the rock of a hydrothermal vent, much higher than wide, is warm on one side and cold on
the other. Solutes drift to the cold side, where the water sinks: they collect at the closed bottom.
The trap multiplies with height, ln(c_bottom/c_top) = S_T dT (X/720)/(1 + X^2/9!) H/a with X = Ra
Le, at its best 0.418 S_T dT a width, but for its ends, where the flow turns round: they take 0.7
widths from the height where the flow is slow, and give 0.8 widths where it is fast. Two heights
tell the two apart. With S_T dT = 0.1 a pore of a thousand widths, 0.1 mm by 10 cm, holds 10^18
times as much at the bottom as at the top; a pore of fifty, eight times.

(P. Baaske, F. M. Weinert, S. Duhr, K. H. Lemke, M. J. Russell, D. Braun, PNAS 104 (2007) 9346.)

    mpirun -n 2 python3 demos/thermal_trap.py [FIGURE.png]

One pore as a case file: femsoret run demos/thermal_trap.toml
"""

from __future__ import annotations

import sys
from math import log
from pathlib import Path

from mpi4py import MPI

import numpy as np

from femsoret import load_case
from femsoret.post.soret import read
from femsoret.studies.columns import OPTIMUM, column_slope, log_ratio
from femsoret.studies.measure.solution import solve

X = (100.0, 602.0, 3000.0)
# Height over width -> mesh. In the middle of a pore nothing changes but along a straight line.
HEIGHTS = {
    10.0: ("cell.size=[1,10]", "cell.cells=[6,20]", "cell.grading=[3,3]"),
    50.0: (),
}
S_T_DT = 0.1

comm = MPI.COMM_WORLD
case_file = Path(__file__).with_suffix(".toml")


def log_ratios(*changes: str) -> list[float]:
    """Return ln(c_bottom/c_top) at every X."""
    cell, found = None, []
    for x in X:
        case = load_case(case_file, [f"groups.Ra={x / 100.0!r}", *changes])
        experiment = case.build(comm, cell).experiment
        cell = experiment.cell
        (ends,) = experiment.extra_readings
        along = read(solve(experiment).convection, ends.hot, ends.cold)
        c0 = experiment.mixture.species[0].c0
        found.append(log((c0 + along.gamma_cold) / (c0 + along.gamma_hot)))
    return found


short, long = (log_ratios("readings.gradient=[]", *changes) for height, changes in HEIGHTS.items())
for x, low, high in zip(X, short, long, strict=True):
    a_width = (high - low) / 40.0
    closed_form = log_ratio(x, S_T_DT, 1.0)
    taken = [height - ln / closed_form for height, ln in zip(HEIGHTS, (low, high), strict=True)]
    if comm.rank == 0:
        print(
            f"X = {x:4.0f}: ln(c_bottom/c_top) {low:.5f} at H/a = 10, {high:.5f} at 50; "
            f"{a_width:.7f} a width (closed form {closed_form:.7f}, "
            f"{100 * (a_width / closed_form - 1):+.3f} %); "
            f"the ends take {taken[0]:+.3f} and {taken[1]:+.3f} widths"
        )
    assert abs(a_width / closed_form - 1.0) < 2e-3
    assert abs(taken[0]) < 1.0
    assert abs(taken[0] - taken[1]) < 0.05  # what the ends take does not depend on the height

# The strongest trap is the one at the optimum, and 0.418 S_T dT a width.
assert max(long) == long[X.index(602.0)]
assert abs(log_ratio(OPTIMUM, 1.0, 1.0) - 0.418) < 5e-4


def draw(path: Path) -> None:
    """Draw ln(c_bottom/c_top) over X for both heights, with and without the ends."""
    from femsoret.report.figures.canvas import BLUE, GREY, INK, ORANGE, finish, new_figure, styled

    with styled():
        figure, axes = new_figure(3.4)
        dense = np.geomspace(30.0, 6000.0, 300)
        a_width = np.array([column_slope(x) for x in dense])
        found = zip(HEIGHTS, (short, long), (ORANGE, BLUE), strict=True)
        for height, logs, colour in found:
            axes.loglog(dense, S_T_DT * height * a_width, color=INK, lw=1.2)
            axes.plot(X, logs, "o", color=colour, ms=6.0, label=f"H/a = {height:g}")
        axes.axvline(OPTIMUM, color=GREY, lw=0.8, ls="--")
        axes.set_xlabel("X = Ra Le")
        axes.set_ylabel("ln(c$_{bottom}$ / c$_{top}$)")
        axes.annotate("√9!", (OPTIMUM, 0.045), xytext=(4.0, 0.0), textcoords="offset points")
        axes.legend(loc="upper left")
        path.write_bytes(finish(figure, "trap", "", "").png)


if comm.rank == 0 and len(sys.argv) > 1:
    draw(Path(sys.argv[1]))
