"""Helium and argon between plates: the heavy gas goes to the cold one, and little disturbs it.

Gases diffuse as fast as they conduct heat, so that the flow in a leaning cell mixes them no more
than it mixes the temperature: ten degrees of tilt take less than a per mille from S_T where half a
degree takes 0.2 % in a liquid. What limits a measurement is the theory that it is compared with:
the script prints how far Cantera's D and alpha_T are from a measurement and from another theory.

    mpirun -n 2 python3 demos/gas_plates.py

The same as a case file: femsoret run demos/gas_plates.toml
"""

from __future__ import annotations

from math import log
from pathlib import Path

from mpi4py import MPI

from femsoret import load_case
from femsoret.fluids.gases import Gas
from femsoret.studies.measure.solution import solve

ATMOSPHERE = 101325.0

comm = MPI.COMM_WORLD
case_file = Path(__file__).with_suffix(".toml")
level, leaning = (
    load_case(case_file, [f"gravity.tilt={tilt} deg"]).build(comm).experiment for tilt in (0, 10)
)
fluid = level.fluid
found = {
    name: solve(experiment).soret for name, experiment in (("level", level), ("leaning", leaning))
}
if comm.rank == 0:
    for name, soret in found.items():
        print(f"{name}: S_T = {soret.apparent:.5e} 1/K, bias {100 * soret.bias:+.2g} %")
    print(f"D: {fluid.diffusion.note}")
    print(f"alpha_T: {fluid.soret.note}")

# Helium, the light gas, is at the hot plate; the composition at rest follows S_T(T, c).
c0, rest = fluid.c, found["level"].at
hot, cold = c0 + rest.gamma_hot, c0 + rest.gamma_cold
assert cold < c0 < hot
S_T = (log(cold / (1 - cold)) - log(hot / (1 - hot))) / (rest.theta_hot - rest.theta_cold)
alpha_T = Gas(("He", "Ar")).alpha_T(300.0, 0.5)
assert abs(S_T * 300.0 / alpha_T - 1.0) < 1e-3  # T and c vary by some per cent
assert abs(found["level"].bias) < 1e-8
assert abs(found["leaning"].bias) < 1e-3
# In the form of Cantera: D^T = rho D T c(1-c) S_T, in kg/(m s).
at = Gas(("He", "Ar")).at(300.0, ATMOSPHERE, (0.5, 0.5))
values = fluid.at(300.0, c0)
assert abs(values.rho * values.D * 300.0 * values.f * values.S_T / at.D_T[0] - 1.0) < 1e-3
