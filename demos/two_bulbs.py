"""A two-bulb cell: the thermal diffusion factor from the gas in two bulbs.

Two bulbs at different temperatures are joined by a tube, along whose wall the temperature passes
from one to the other. At rest ln[x/(1-x)] differs between the bulbs by the integral of S_T,
whatever the tube looks like. It is not quite at rest, even upright with the hot bulb on top: where
the tube widens, the temperature is not the same at one height, and the gas creeps. What that takes
from the separation grows with the cube of the size: 1.5 % in this cell, 0.17 % in one of half the
size.

    mpirun -n 2 python3 demos/two_bulbs.py

As a case file: femsoret run demos/two_bulbs.toml
"""

from __future__ import annotations

from math import log
from pathlib import Path

from mpi4py import MPI

from femsoret import load_case, measure
from femsoret.fluids.gases import Gas

T_HOT, T_COLD = 310.0, 290.0
CELLS = {
    "without gravity": ["gravity.magnitude=0"],
    "upright": [],
    "upright, half the size": [
        "cell.scale=1 mm",
        "condition.2.profile.at=['0 mm', '6 mm', '8 mm', '14 mm']",
    ],
    "lying flat": ["gravity.direction=[0, -1]"],
}

comm = MPI.COMM_WORLD
case_file = Path(__file__).with_suffix(".toml")
alpha_T, bias = {}, {}
for name, changes in CELLS.items():
    experiment = load_case(case_file, changes).build(comm).experiment
    soret = measure(experiment, with_numerical_error=False).solution.soret
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
assert bias["upright"] < -0.01
assert 7.0 < bias["upright"] / bias["upright, half the size"] < 9.0
assert bias["lying flat"] < -0.01
