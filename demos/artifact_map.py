"""Artifact map: how level must a cell be, and how does that change with its size?

The closed Soret square at any tilt and any strength of the flow. Heated from the side (90 degrees)
a part 2.285e-7 (Ra Le)^2 of the separation is lost while the flow is weak: a Rayleigh number of 2,
at which nobody would speak of convection, costs 1 % where Le = 100. Heated from above the cell may
be tilted until sin(tilt) Ra Le is some 210: 12 degrees at Ra = 10, 1.2 degrees at Ra = 100. Beyond,
the stratification helps a little: it holds the flow back.

All states are of one problem whose gravity is changed, size and direction; each starts from the one
before. The command for such a map is

    femsoret sweep demos/artifact_map.toml --over tilt="0.1:90 deg:5:log" --over Ra=1:1e3:7:log

and this script, with the spectral values that it is checked against,

    mpirun -n 2 python3 demos/artifact_map.py [FIGURE.png]
"""

from __future__ import annotations

import sys
from math import exp, log
from pathlib import Path

from mpi4py import MPI

import numpy as np
from scipy.interpolate import RectBivariateSpline
from scipy.optimize import brentq

from femsoret import load_case, up_vector
from femsoret.post.soret import read
from femsoret.solve import find_steady
from femsoret.studies.measure.solution import solve

LE, PR = 100.0, 10.0
TILTS = np.geomspace(0.1, 90.0, 5)  # degrees
X = 10.0 ** np.arange(2.0, 5.5, 0.5)  # Ra Le
COST = 0.01
SIDE_HEATED = 90.0
WEAK = 2.285388e-7  # 1 - S = WEAK (Ra Le)^2 at Le = 100, by perturbation

# Heated from the side: Ra Le -> part of the separation that is left, and what appears across.
SPECTRAL = {10.0: (0.999977, 0.0039105), 1e3: (0.832470, 0.290331), 1e4: (0.323519, 0.191245)}
LOST_AT_10 = 2.28530e-5
TILTED = (1e5, 0.5, 0.920226, 0.218672)  # Ra Le, tilt, along, across

comm = MPI.COMM_WORLD
experiment = load_case(Path(__file__).with_suffix(".toml")).build(comm).experiment
(across,) = experiment.extra_readings
solved = solve(experiment)
problem = solved.convection
true = solved.soret.at_reference.separation


def separations(x: float, tilt: float) -> tuple[float, float]:
    """Return the separations along and across the axis, over the one without flow."""
    gravity = problem.parameters
    gravity["gravity.magnitude"].value = x / LE * PR
    for i, component in enumerate(up_vector(experiment.orientation.axis, tilt)):
        gravity[f"gravity.up.{i}"].value = component
    find_steady(problem, experiment.newton)
    along = read(problem, experiment.pair.hot, experiment.pair.cold).separation
    return along / true, read(problem, across.hot, across.cold).separation / true


def lost(x: float, tilt: float) -> float:
    return 1.0 - separations(x, tilt)[0]


# -- heated from the side ------------------------------------------------------------------------

for x, (along, aside) in SPECTRAL.items():
    found = separations(x, SIDE_HEATED)
    if comm.rank == 0:
        print(
            f"Ra Le = {x:6g}, tilt 90: {found[0]:.6f} of the separation is left (spectral "
            f"{along:.6f}), {found[1]:.6f} appears across (spectral {aside})"
        )
    assert abs(found[0] - along) < 1e-5
    assert abs(abs(found[1]) - aside) < 1e-3 * aside
assert abs(lost(10.0, SIDE_HEATED) / LOST_AT_10 - 1.0) < 1e-3
assert abs(lost(1.0, SIDE_HEATED) / WEAK - 1.0) < 1e-3

# -- heated from above and tilted ----------------------------------------------------------------

x, tilt, along, aside = TILTED
found = separations(x, tilt)
if comm.rank == 0:
    print(
        f"Ra Le = {x:6g}, tilt {tilt:g}: {found[0]:.6f} (spectral {along}), {found[1]:.6f} across"
    )
assert abs(found[0] - along) < 1e-5
assert abs(abs(found[1]) - aside) < 1e-3 * aside

# -- the map -------------------------------------------------------------------------------------

costs = np.array([[lost(x, tilt) for x in X] for tilt in TILTS])
assert (np.diff(costs, axis=0) > 0.0).all()  # the more tilt, the worse


def allowed(column: int) -> float:
    """Return the tilt that costs 1 %, degrees: between two of the map, then exactly."""
    above = int(np.argmax(costs[:, column] > COST))
    ends = [log(tilt) for tilt in TILTS[above - 1 : above + 1]]
    return exp(brentq(lambda t: log(lost(X[column], exp(t)) / COST), *ends, xtol=1e-3))


limits = {X[i]: allowed(i) for i in (2, 4, 6)}
for x, tilt in limits.items():
    by_law = np.degrees(np.arcsin((COST / WEAK) ** 0.5 / x))
    if comm.rank == 0:
        print(
            f"Ra Le = {x:6.0f}: a tilt of {tilt:.3f} degrees costs 1 % (weak-flow law {by_law:.3f})"
        )
    assert abs(lost(x, tilt) / COST - 1.0) < 1e-2
    # Strong flow mixes what it separates, and the stratification holds it back: both allow more.
    assert 0.99 < tilt / by_law < 2.0


def draw(path: Path) -> None:
    """Draw what is lost over Ra Le heated from the side, and the map."""
    from matplotlib.figure import Figure

    from femsoret.report.figures.canvas import BLUE, DPI, INK, ORANGE, finish, styled

    with styled():
        figure = Figure(figsize=(6.4, 3.1), dpi=DPI, layout="constrained")
        line, map_ = figure.subplots(1, 2)
        line.loglog(X, WEAK * X**2, "--", color=INK, lw=1.0, label="2.285×10$^{-7}$ (Ra Le)²")
        line.plot(X, costs[-1], "o-", color=BLUE, ms=4.0, label="tilt 90°")
        line.plot(list(SPECTRAL)[1:], [1.0 - s for s, _ in list(SPECTRAL.values())[1:]], "x",
                  color=ORANGE, ms=7.0, label="spectral")  # fmt: skip
        line.set(ylim=(1e-3, 3.0), xlabel="Ra Le", ylabel="part lost of the separation")
        line.legend(loc="lower right")
        # Smooth between the points of the map, in logarithms.
        spline = RectBivariateSpline(np.log(TILTS), np.log(X), np.log10(costs))
        dense, heights = np.geomspace(X[0], X[-1], 60), np.geomspace(TILTS[0], TILTS[-1], 60)
        surface = spline(np.log(heights), np.log(dense))
        filled = map_.contourf(dense, heights, surface, levels=24, cmap="cividis")
        for level, colour in ((0.01, BLUE), (0.1, ORANGE)):
            map_.contour(dense, heights, surface, levels=[np.log10(level)],
                         colors=colour, linestyles="solid")  # fmt: skip
            map_.plot([], [], color=colour, label=f"{100 * level:g} %")
        map_.plot(list(limits), list(limits.values()), "o", color="white", mec=BLUE, ms=4.0)
        map_.set(xscale="log", yscale="log", xlabel="Ra Le", ylabel="tilt / degrees")
        map_.legend(loc="lower left", frameon=True, framealpha=0.9)
        figure.colorbar(filled, ax=map_, ticks=range(-8, 1, 2), label="log$_{10}$ of the part lost")
        path.write_bytes(finish(figure, "artifact_map", "", "").png)


if comm.rank == 0 and len(sys.argv) > 1:
    draw(Path(sys.argv[1]))
