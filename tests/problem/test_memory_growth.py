"""What a factorisation makes is used again or freed, also on several ranks."""

from __future__ import annotations

from mpi4py import MPI

from everything import full_problem

from femsoret.base.memory import resident_mb
from femsoret.solve import Newton


def test_memory_does_not_grow_with_factorisations(comm):
    """bench/memory.py measures it over 200 steps; on two ranks each left four vectors behind."""
    problem = full_problem((12, 10))
    with Newton(problem) as newton:
        x, b, y = (newton.system.vector() for _ in range(3))
        newton.system.read(x)
        held, columns = [], []
        for _ in range(60):
            newton.factorise(x)
            newton.back_substitute(b, y)
            columns.append(list(newton.linear.context.exact.bordered.columns))
            held.append(resident_mb())
    # The columns of the mean values are the same vectors each time.
    assert columns[0]
    assert {v.handle for v in columns[0]} == {v.handle for made in columns for v in made}
    vector = 8e-6 * problem.num_dofs / comm.size
    grown = comm.allreduce(held[-1] - held[20], op=MPI.MAX)
    assert grown < 40 * vector, (held[20], held[-1], vector)
