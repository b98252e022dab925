"""A capsule with a measured temperature along its wall: how does the composition follow?

A capsule of 5.43 mm x 1 mm was held for two hours at T(y) = 2277.5361 K + 3218.61 y - 9046086.69
y^2 (y in m), 249 K between its ends, and hottest a little inside. D = 5e-9 m2/s makes the
relaxation time ten minutes, so that two hours are twelve of it. The script compares the separation
with a solution in one dimension, d_t c = [D c' + D S_T c(1-c) T']', by scipy, with S_T = 1e-3 1/K
made up.

    mpirun -n 2 python3 demos/capsule_profile.py

The same with a report: femsoret run demos/capsule_profile.toml
"""

from __future__ import annotations

from pathlib import Path

from mpi4py import MPI

import numpy as np
from scipy.integrate import solve_ivp

from femsoret import load_case, measure_in_time

LENGTH, POINTS = 5.43e-3, 400

comm = MPI.COMM_WORLD
built = load_case(Path(__file__).with_suffix(".toml")).build(comm)
found = measure_in_time(built.experiment, built.schedule)
rows = [row for row in found.without_gravity.rows if row["t"] > 10.0]
p = built.experiment.fluid.at(2150.0, 0.5)

# Finite volumes: fluxes between cells, none through the ends.
edges = np.linspace(0.0, LENGTH, POINTS + 1)
h = edges[1]
slope = 3218.61 - 2.0 * 9046086.69 * edges[1:-1]


def rate(_: float, c: np.ndarray) -> np.ndarray:
    between = 0.5 * (c[1:] + c[:-1])
    flux = -p.D * (np.diff(c) / h + p.S_T * between * (1.0 - between) * slope)
    return -np.diff(np.concatenate([[0.0], flux, [0.0]])) / h


times = [row["t"] for row in rows]
c = solve_ivp(rate, (0.0, times[-1]), np.full(POINTS, 0.5), "BDF", times, rtol=1e-8, atol=1e-10).y
# At the ends themselves: half a cell beyond the last point.
ends = 1.5 * c[[0, -1]] - 0.5 * c[[1, -2]]
expected = ends[1] - ends[0]
separation = np.array([row["separation"] for row in rows])
if comm.rank == 0:
    for i in np.searchsorted(times, [60.0, 300.0, 600.0, 1800.0, 7200.0]):
        i = min(i, len(times) - 1)
        print(f"{times[i]:7.0f} s: separation {separation[i]:.5f}, in 1D {expected[i]:.5f}")

# Inside, the temperature of a wall that curves is not that of the wall, but up to 2 K lower: nearly
# the same all along, so that the slope is right.
assert np.abs(separation - expected).max() < 1e-3 * expected[-1]
# S_T > 0: the light metal, named first, goes to the cold end; after two hours it is there.
assert separation[-1] > 0.0
assert abs(separation[-1] / separation[-2] - 1.0) < 1e-3
