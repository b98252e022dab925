"""Results do not depend on the number of ranks (trivial on one)."""

from __future__ import annotations

from mpi4py import MPI

import numpy as np
from double_diffusive import square, transfer
from ranks import assert_same_on_all_ranks
from test_soret_dufour import ROW

from femsoret.post.readings import LineMean, Point, WallMean


def test_flows_and_readings_of_a_convecting_square():
    def compute(comm):
        problem = square(ROW, 8, comm=comm)
        numbers = dict(transfer(problem))
        for block in ("theta", "gamma_0", "p"):
            numbers[f"{block} at a point"] = Point((0.3, 0.6)).of(problem, block)
            numbers[f"{block} on a line"] = LineMean((0.2, 0.1), (0.7, 0.9)).of(problem, block)
            numbers[f"{block} on a wall"] = WallMean("top").of(problem, block)
        u = problem.function("u").x.array
        numbers["max |u|"] = comm.allreduce(float(np.abs(u).max()), op=MPI.MAX)
        return numbers

    pressure = 1e4  # Ra Pr
    assert_same_on_all_ranks(
        compute, {f"p {where}": pressure for where in ("at a point", "on a line", "on a wall")}
    )
