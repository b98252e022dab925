"""Two chambers and a neck: how quiet must it be?

Two chambers of 6 mm x 4 mm are joined by a neck of 2 mm x 1 mm; the far ends are 4 K apart and the
cell lies flat, so gravity is across its axis and any gravity at all makes it flow. Without gravity
the separation is known in any geometry: logit(c_cold) - logit(c_hot) = S_T dT, however the
temperature finds its way through the neck. The script checks that, and then asks what is left of it
in an orbit with a millionth, and with a ten-thousandth, of the gravity on the ground.

    mpirun -n 2 python3 demos/two_chambers.py

The same as a case file, at a millionth: femsoret run demos/two_chambers.toml
"""

from __future__ import annotations

from math import log
from pathlib import Path

from mpi4py import MPI

from femsoret import Experiment, Temperature, from_file, load_fluid, mixture_of
from femsoret.post.flow import speed
from femsoret.studies.measure.solution import solve

MESH = Path(__file__).parents[1] / "meshes" / "two_chambers.msh"
FLUID = "water-ethanol"
T_HOT, T_COLD = 297.65, 293.65
GROUND = 9.80665
GRAVITY = {"none": 0.0, "a millionth": 1e-6 * GROUND, "a ten-thousandth": 1e-4 * GROUND}

comm = MPI.COMM_WORLD
fluid = load_fluid(FLUID)
cell = from_file(comm, MESH, scale=1e-3)  # the mesh is drawn in millimetres
walls = (Temperature("hot", T_HOT), Temperature("cold", T_COLD))


def logit(c: float) -> float:
    return log(c / (1 - c))


biases = {}
for name, g in GRAVITY.items():
    mixture = mixture_of(fluid, T0=0.5 * (T_HOT + T_COLD), c0=fluid.c, up=(0.0, 1.0), g=g)
    experiment = Experiment("two chambers", cell, mixture, walls, fluid=fluid)
    found = solve(experiment)
    soret, peclet = found.soret, speed(found.convection).peclet_solutal
    biases[name] = soret.bias
    if comm.rank == 0:
        print(
            f"gravity {name}: separation {soret.at.separation:.6e}, bias {100 * soret.bias:.2g} %, "
            f"solutal Peclet number {peclet:.2g}"
        )

    # The closed form, from the readings of the state without gravity on the same mesh.
    hot, cold = fluid.c + soret.at_reference.gamma_hot, fluid.c + soret.at_reference.gamma_cold
    S_T = (logit(cold) - logit(hot)) / (T_HOT - T_COLD)
    assert abs(S_T / fluid.at().S_T - 1.0) < 1e-9
    # A closed cell keeps what was filled in.
    assert found.balances().mass < 1e-12

# Zero means zero, and a weak flow takes away in proportion to its square.
assert abs(biases["none"]) < 1e-9
assert biases["a ten-thousandth"] < -1e-4
assert abs(biases["a ten-thousandth"] / biases["a millionth"] / 1e4 - 1.0) < 0.02
