"""Thermogravitational column: from a separation too small to see to one ten times larger.

A slot of width a between a hot and a cold plate, ten widths high. The Soret effect separates across
it, the slow flow up the hot plate and down the cold one carries what it finds there, and a gradient
builds up along the column. Furry, Jones and Onsager (1939) found it in closed form: with
X = Ra Le, -(dc/dz) a/(S_T f dT) = (X/720)/(1 + X^2/9!), largest at X = sqrt(9!) = 602.4, where flow
carries much and mixes little. The script sweeps X, reads the gradient at mid-height, between two
ports and from end to end, and asks which S_T a laboratory would find with the formula: the right
one from the first two, 4 % too little at the optimum from end to end, 8 % too much at X = 3000.

    mpirun -n 2 python3 demos/thermogravitational_column.py [FIGURE.png]

One X as a case file: femsoret run demos/thermogravitational_column.toml
"""

from __future__ import annotations

import sys
from pathlib import Path

from mpi4py import MPI

import numpy as np

from femsoret import load_case, measure
from femsoret.studies.columns import OPTIMUM, column_slope, read_column

X = (1.0, 50.0, 250.0, 602.39, 1200.0, 3000.0)
# Mid-height slopes of an independent spectral solution of the whole closed slot.
SPECTRAL = {50.0: 0.068967, 602.39: 0.418301, 1200.0: 0.335461}
HEIGHT, PORTS = 10.0, 2.0  # height of the column and distance of the ports, over the width

comm = MPI.COMM_WORLD
case_file = Path(__file__).with_suffix(".toml")
rows = []
cell = None
for x in X:
    built = load_case(case_file, [f"groups.Ra={x / 100.0!r}"]).build(comm, cell)
    experiment, cell = built.experiment, built.experiment.cell
    found = measure(experiment, with_numerical_error=False)
    fluid, gravity = experiment.mixture.reference.binary, experiment.mixture.gravity.magnitude
    slopes = {
        "mid-height": -found.gradients["mid-height"].c,
        "between ports": found.extra["between ports"][0].separation / PORTS,
        "end to end": found.extra["end to end"][0].separation / HEIGHT,
    }
    S_T = {
        name: read_column(slope, fluid, width=1.0, dT=1.0, g=gravity).S_T / fluid.S_T
        for name, slope in slopes.items()
    }
    unit = fluid.S_T * fluid.f  # of the slope: S_T f dT/a
    rows.append({name: slope / unit for name, slope in slopes.items()})
    if comm.rank == 0:
        read = ", ".join(f"{100 * (value - 1):+.2f} % {name}" for name, value in S_T.items())
        print(
            f"X = {x:7.2f}: slope {rows[-1]['mid-height']:.6f} (formula {column_slope(x):.6f}), "
            f"S_T {read}"
        )

    # The closed form far from the ends, and the whole slot by another method.
    assert abs(rows[-1]["mid-height"] / column_slope(x) - 1.0) < 1e-4
    assert abs(rows[-1]["between ports"] / column_slope(x) - 1.0) < 1e-4
    assert abs(rows[-1]["mid-height"] / SPECTRAL.get(x, column_slope(x)) - 1.0) < 1e-3

# The formula for strong convection, which needs no D, is good to 1/(1 + 9!/X^2).
strong = read_column(slopes["mid-height"], fluid, width=1.0, dT=1.0, g=gravity)
assert abs(strong.D_T / (fluid.S_T * fluid.D) * (1.0 + (OPTIMUM / X[-1]) ** 2) - 1.0) < 1e-3
# The best separation is at sqrt(9!), and the ends take or give about one width.
assert max(rows, key=lambda row: row["mid-height"]) is rows[X.index(602.39)]
ends = [HEIGHT * (1.0 - row["end to end"] / row["mid-height"]) for row in rows]
assert all(-1.0 < width < 1.0 for width in ends)


def draw(path: Path) -> None:
    """Draw the slopes over X."""
    from femsoret.report.figures.canvas import BLUE, GREY, INK, ORANGE, finish, new_figure, styled

    with styled():
        figure, axes = new_figure(3.6)
        dense = np.geomspace(X[0], 1.2 * X[-1], 300)
        axes.semilogx(
            dense, [column_slope(x) for x in dense], color=INK, lw=1.2, label="closed form"
        )
        for name, colour, mark in (("mid-height", BLUE, "o"), ("end to end", ORANGE, "x")):
            axes.plot(X, [row[name] for row in rows], mark, color=colour, ms=6.0, label=name)
        axes.axvline(OPTIMUM, color=GREY, lw=0.8, ls="--")
        axes.annotate(
            "√9! = 602.4",
            (OPTIMUM, 0.02),
            xytext=(4.0, 0.0),
            textcoords="offset points",
            color=GREY,
            fontsize=8.0,
        )
        axes.set_xlabel("X = Ra Le")
        axes.set_ylabel("−(dc/dz) a / (S$_T$ f ΔT)")
        axes.legend(loc="upper left")
        path.write_bytes(finish(figure, "column", "", "").png)


if comm.rank == 0 and len(sys.argv) > 1:
    draw(Path(sys.argv[1]))
