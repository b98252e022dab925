"""A two-bulb cell: the thermal diffusion factor from the gas in two bulbs.

Two bulbs at different temperatures are joined by a tube, along whose wall the temperature passes
from one to the other. At rest ln[x/(1-x)] differs between the bulbs by the integral of S_T,
whatever the tube looks like. With gravity it is not quite at rest: where the tube widens, the
temperature is not the same at one height, and the gas creeps. Upright, with the hot bulb on top,
the effect is proportional to the flow and grows with the cube of the size. Lying flat it has to be
the same with gravity upside down, since the cell is symmetric, so that only the square of the flow
counts: it grows with the sixth power. Both are below 0.01 % in this cell.

The temperature of the walls must meet that of the bulbs' ends. Where walls of different
temperatures touch, a bulb convects by itself, and a run warns of it: with the profile the wrong way
round this cell loses 1.5 %, upright and lying flat.

    mpirun -n 2 python3 demos/two_bulbs.py

As a case file: femsoret run demos/two_bulbs.toml
"""

from __future__ import annotations

from math import log
from pathlib import Path

from mpi4py import MPI

from femsoret import load_case
from femsoret.fluids.gases import Gas
from femsoret.post.wall_flows import jumps
from femsoret.studies.measure.solution import solve

T_HOT, T_COLD = 310.0, 290.0
TWICE = [
    "cell.scale=4 mm",
    "condition.2.profile.at=['0 mm', '24 mm', '32 mm', '56 mm']",
]
FLAT = ["gravity.direction=[0, -1]"]
CELLS = {
    "without gravity": ["gravity.magnitude=0"],
    "upright": [],
    "upright, twice the size": TWICE,
    "lying flat": FLAT,
    "lying flat, twice the size": [*FLAT, *TWICE],
}

comm = MPI.COMM_WORLD
case_file = Path(__file__).with_suffix(".toml")
alpha_T, bias = {}, {}
for name, changes in CELLS.items():
    experiment = load_case(case_file, changes).build(comm).experiment
    found = solve(experiment)
    assert not jumps(found.convection, "theta")  # hot walls do not meet cold ones
    soret = found.soret
    c0 = experiment.fluid.c
    hot, cold = c0 + soret.at.gamma_hot, c0 + soret.at.gamma_cold
    logit = log(cold / (1 - cold)) - log(hot / (1 - hot))
    alpha_T[name], bias[name] = logit / log(T_HOT / T_COLD), soret.bias
    if comm.rank == 0:
        print(f"{name}: alpha_T = {alpha_T[name]:.5f}, bias {100 * soret.bias:+.2g} %")

# At rest it is that of Cantera at the mean temperature; it hardly varies over 20 K.
expected = Gas(("H2", "N2")).alpha_T((T_HOT * T_COLD) ** 0.5, 0.5)
assert abs(alpha_T["without gravity"] / expected - 1.0) < 1e-3
assert abs(bias["without gravity"]) < 1e-4
# Hydrogen, the light gas, is in the hot bulb.
assert alpha_T["upright"] < 0.0
# Creeping flow: its speed times size over D grows with the cube of the size.
assert 5e-5 < bias["upright"] < 1.5e-4
assert 7.0 < bias["upright, twice the size"] / bias["upright"] < 9.0
# Up and down are alike: the square of that.
assert -1.5e-5 < bias["lying flat"] < -5e-6
assert 50.0 < bias["lying flat, twice the size"] / bias["lying flat"] < 70.0
