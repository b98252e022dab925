"""Plates and tubes around a thermogravitational column: what they take from its separation.

Walls that conduct heat leave the liquid only a part of the temperature difference, s, and that part
drives the flow as well: far from the ends the slope is s F(s X) instead of F(X), F the closed form
for perfect plates and X = Ra Le with the whole difference. If they take little, the slope loses
2/(1 + X^2/9!) times what the difference does: twice that while the flow is weak, once at the
optimum, nothing where it is strong, since the slope of such a column does not depend on the
difference. The script puts plates of glass (three times the conductivity of the liquid, one width
thick, s = 0.6) around the slot and tubes of the same around an annulus of ratio 2, where the
logarithms of the radii make s, and compares both with that. Whoever takes the temperatures of the
thermostats for those of the liquid finds S_T off by as much as the slope is.

    mpirun -n 2 python3 demos/column_walls.py [FIGURE.png]

One column as a case file: femsoret run demos/column_walls.toml
"""

from __future__ import annotations

import math
import sys
from pathlib import Path

from mpi4py import MPI

import numpy as np

from femsoret import load_case
from femsoret.post.signals import read_gradients
from femsoret.studies.columns import column_slope
from femsoret.studies.measure.solution import solve
from femsoret.studies.parallel_flow import ParallelFlow

X = (50.0, 602.39, 3000.0)  # Ra Le, with the temperature difference of the thermostats
LE, KAPPA, THICKNESS = 100.0, 3.0, 1.0  # conductivity over the liquid's, thickness over the gap
INNER, OUTER = 1.0, 2.0  # radii of the annulus; an inner wall as thick as that would be a rod
TUBE = 0.5 * INNER
TOLERANCE = 2e-4

comm = MPI.COMM_WORLD
here = Path(__file__).resolve().parent
MATERIAL = f"solid.glass={{conductivity={KAPPA},density=2.2,heat_capacity=0.25}}"
TUBES = tuple(
    f"cell.walls.{side}={{thickness={TUBE},material='glass',cells=2}}"
    for side in ("inner", "outer")
)
annular = ParallelFlow(OUTER / INNER)
# Thermal resistances of liquid and walls in series, of a plane area and of a full turn.
plane_share = 1.0 / (1.0 + 2.0 * THICKNESS / KAPPA)
liquid = math.log(OUTER / INNER)
tubes = math.log(INNER / (INNER - TUBE)) + math.log((OUTER + TUBE) / OUTER)
annular_share = liquid / (liquid + tubes / KAPPA)
COLUMNS = {
    "plates": ("column_walls.toml", (), plane_share, column_slope, X),
    "tubes": ("annular_column.toml", (MATERIAL, *TUBES), annular_share, annular.slope, X[1:]),
}

found: dict[str, list[float]] = {name: [] for name in COLUMNS}
for name, (file, changes, share, slope, sweep) in COLUMNS.items():
    cell = None
    for x in sweep:
        case = load_case(here / file, [f"groups.Ra={x / LE!r}", *changes])
        experiment = case.build(comm, cell).experiment
        cell = experiment.cell
        reached = solve(experiment)
        fluid, balances = experiment.mixture.reference.binary, reached.balances()
        gradient = read_gradients(reached.convection, experiment.gradients)["mid-height"]
        found[name].append(-gradient.c / (fluid.S_T * fluid.f))
        expected = share * slope(share * x)
        if comm.rank == 0:
            print(
                f"{name}, X = {x:7.2f}: {share:.4f} of dT is left to the liquid; slope "
                f"{found[name][-1]:.6f}, in series {expected:.6f}, perfect walls {slope(x):.6f}: "
                f"{100 * (found[name][-1] / slope(x) - 1):+.1f} %"
            )
        assert abs(found[name][-1] / expected - 1.0) < TOLERANCE
        assert balances.heat < 1e-10
        assert balances.mass < 1e-12

# A weak flow loses the square of what is left to the liquid, a strong one hardly anything.
weak, best, strong = (slope / column_slope(x) for slope, x in zip(found["plates"], X, strict=True))
assert abs(weak - plane_share**2) < 0.01
assert weak < best < plane_share
assert strong > 0.9


def draw(path: Path) -> None:
    """Draw the slopes over X."""
    from femsoret.report.figures.canvas import BLUE, GREY, ORANGE, finish, new_figure, styled

    with styled():
        figure, axes = new_figure(3.4)
        dense = np.geomspace(10.0, 2e4, 300)
        for (name, (_, _, share, slope, sweep)), colour in zip(
            COLUMNS.items(), (BLUE, ORANGE), strict=True
        ):
            shape = {"plates": "slot", "tubes": "annulus, ratio of radii 2"}[name]
            axes.semilogx(
                dense, [slope(x) for x in dense], color=colour, ls="--", lw=1.0, label=shape
            )
            within = [share * slope(share * x) for x in dense]
            axes.plot(dense, within, color=colour, label=f"the same between {name} of glass")
            axes.plot(sweep, found[name], "o", color=colour, ms=6.0)
        axes.axhline(0.0, color=GREY, lw=0.8)
        axes.set_xlabel("X = Ra Le, ΔT of the thermostats")
        axes.set_ylabel("−(dc/dz) a / (S$_T$ f ΔT)")
        axes.legend()
        path.write_bytes(finish(figure, "column_walls", "", "").png)


if comm.rank == 0 and len(sys.argv) > 1:
    draw(Path(sys.argv[1]))
