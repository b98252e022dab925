"""The Dufour effect in a gas: diffusion warms one half of a layer and cools the other.

A layer of nitrogen and ethylene has one temperature and one composition. At t = 0 its walls are
brought to compositions that differ by 0.04. While the gases diffuse, heat of transport goes with
them, until it has flowed out through the walls. Composition and temperature obey

    d_t (T, c) = A (T, c)'',    A = ((kappa_0/(rho cp), D Q*/cp), (D S_T f, D)),

with modes sin(n pi y/L). The script compares the difference of temperature between the quarters of
the layer with this series. The same S_T makes both effects (Onsager): with it the sign and the size
of the Dufour effect are fixed.

    mpirun -n 2 python3 demos/dufour_transient.py

The same with a report and a history: femsoret run demos/dufour_transient.toml
"""

from __future__ import annotations

from pathlib import Path

from mpi4py import MPI

import numpy as np
from scipy.linalg import expm

from femsoret import load_case, measure_in_time

LENGTH, STEP = 10e-3, 0.04  # m; difference of the mass fractions of nitrogen at the walls

comm = MPI.COMM_WORLD
built = load_case(Path(__file__).with_suffix(".toml")).build(comm)
found = measure_in_time(built.experiment, built.schedule).with_gravity
p = built.experiment.fluid.at(300.0, 0.5)
matrix = np.array([[p.kappa_0 / (p.rho * p.cp), p.D * p.Qs / p.cp], [p.D * p.S_T * p.f, p.D]])


def exact(t: float) -> float:
    """Return T at 3/4 of the height less T at 1/4, K."""
    total = 0.0
    for n in range(2, 200, 2):
        k = n * np.pi / LENGTH
        # c - c_steady is -STEP (y/L - 1/2) at t = 0, of which this is the amplitude of a mode.
        amplitude = expm(-(k**2) * t * matrix) @ (0.0, 2.0 * STEP / (n * np.pi))
        total += amplitude[0] * (np.sin(0.75 * n * np.pi) - np.sin(0.25 * n * np.pi))
    return float(total)


times = [row["t"] for row in found.rows if row["t"] > 0.05]
rows = [row["T_hot"] - row["T_cold"] for row in found.rows if row["t"] > 0.05]
expected = [exact(t) for t in times]
extreme = max(expected, key=abs)
error = max(abs(a - b) for a, b in zip(rows, expected, strict=True))
if comm.rank == 0:
    at = times[expected.index(extreme)]
    print(f"largest difference {1e3 * extreme:.3f} mK at {at:.2f} s, {len(times)} times")
    print(f"largest error {1e3 * error:.2g} mK")
# Properties vary by a few per mille with c.
assert error < 5e-3 * abs(extreme)
# Q* < 0 of nitrogen, the lighter by a little: it cools the half that it enters from the wall. In
# the end the temperature is uniform again.
assert p.Qs < 0.0
assert abs(rows[-1]) < 0.1 * abs(extreme)
