"""Annular column: the flow that spoils a Soret cell multiplies the separation of a column.

A liquid between two upright cylinders, the inner one hot, rises inside and sinks outside. What the
Soret effect sends to the cold wall is carried down, and the ends of the column differ by several
times what the walls would. How much, depends on X = Ra Le: too little flow carries little, too much
mixes. Amid a column ten gaps high the slope of the composition is that of the parallel flow, which
is known in closed form; the script checks that for two ratios of the radii, and that a narrow gap
is the plane slot of Furry, Jones and Onsager (1939).

    mpirun -n 2 python3 demos/annular_column.py [FIGURE.png]

The same as a case file, at the optimum: femsoret run demos/annular_column.toml
"""

from __future__ import annotations

import sys
from pathlib import Path

from mpi4py import MPI

import numpy as np

from femsoret import Experiment, LineMean, Temperature, annulus, mixture_of_groups
from femsoret.fluids import Groups, property_values
from femsoret.post.soret import read
from femsoret.report.canvas import BLUE, GREEN, GREY, ORANGE, finish, new_figure, styled
from femsoret.studies.annular_column import AnnularColumn
from femsoret.studies.solution import solve

RATIOS = (2.0, 5.0)  # outer over inner radius
HEIGHT = 10.0  # in units of the gap, as all lengths
CELLS, GRADING = (10, 40), (3.0, 4.0)
X = (50.0, 200.0, 600.0)  # Ra Le
PR, LE = 10.0, 100.0
S_T, C0 = 1.0, 0.5  # of no consequence: readings scale with them in the linearised closure
TOLERANCE = 1e-3

comm = MPI.COMM_WORLD


def slope(ratio: float, x: float) -> float:
    """Return |dc/dz| amid a closed column, in units of S_T c0(1-c0) dT over the gap."""
    inner = 1.0 / (ratio - 1.0)
    cell = annulus(comm, (inner, inner + 1.0), HEIGHT, CELLS, grading=GRADING)
    scaled = property_values(Groups(Ra=x / LE, Pr=PR, Le=LE, psi=0.0), c0=C0, S_T_dT=S_T)
    experiment = Experiment(
        title=f"column, ratio {ratio:g}, X = {x:g}",
        cell=cell,
        mixture=mixture_of_groups(scaled, up=(0.0, 1.0)),
        conditions=(Temperature("inner", 0.5), Temperature("outer", -0.5)),
        absolute_temperature=False,
    )
    below, above = (LineMean((inner, z), (inner + 1.0, z)) for z in (0.4 * HEIGHT, 0.6 * HEIGHT))
    at = read(solve(experiment).convection, hot=above, cold=below)
    return at.separation / (S_T * C0 * (1 - C0) * 0.2 * HEIGHT)


found = {ratio: [slope(ratio, x) for x in X] for ratio in RATIOS}
for ratio, slopes in found.items():
    column = AnnularColumn(ratio)
    for x, value in zip(X, slopes, strict=True):
        if comm.rank == 0:
            print(
                f"ratio of radii {ratio:g}, X = {x:g}: slope {value:.6f}, parallel flow "
                f"{column.slope(x):.6f} (largest at X = {column.optimum:.1f})"
            )
        assert abs(value / column.slope(x) - 1.0) < TOLERANCE

# A narrow gap is a slot: X/720/(1 + X^2/9!), largest at sqrt(9!).
narrow = AnnularColumn(1.0001)
for x in X:
    assert abs(narrow.slope(x) / (x / 720.0 / (1.0 + x**2 / 362880.0)) - 1.0) < 1e-6

if comm.rank == 0 and len(sys.argv) > 1:
    with styled():
        figure, axes = new_figure(3.2)
        xs = np.geomspace(20.0, 6000.0, 200)
        for ratio, colour in ((1.0001, GREY), (2.0, BLUE), (5.0, ORANGE), (20.0, GREEN)):
            column = AnnularColumn(ratio)
            label = "plane slot" if ratio < 1.1 else f"ratio of radii {ratio:g}"
            axes.plot(xs, [column.slope(x) for x in xs], color=colour, label=label)
            if ratio in found:
                axes.plot(X, found[ratio], "o", color=colour)
        axes.set_xscale("log")
        axes.set_xlabel("X = Ra Le")
        axes.set_ylabel(r"$|dc/dz|\ a\ /\ (S_T\,c_0(1-c_0)\,\Delta T)$")
        axes.set_ylim(bottom=0.0)
        axes.legend()
        picture = finish(figure, "annular_column", "Annular column", "")
    Path(sys.argv[1]).write_bytes(picture.png)
