"""One mesh of an iterative solver: its blocks are those of the one matrix of a direct solver."""

from __future__ import annotations

import numpy as np
import pytest
from everything import full_problem, put_waves

from femsoret.solve.linear.assembly import BlockSystem
from femsoret.solve.linear.block_jacobian import BlockJacobian


@pytest.mark.parametrize("shift", [0.0, 0.7])
def test_the_operator_is_the_jacobian(shift):
    problem = full_problem((4, 3))
    put_waves(problem, 1)
    system, level = BlockSystem(problem), BlockJacobian(problem)
    x, z = system.vector(), system.vector()
    system.read(x)
    z.array[:] = np.sin(1.0 + np.arange(*z.getOwnershipRange()))
    system.jacobian(x, shift, pinned=False)
    for _ in range(2):  # the second time the constant part is copied
        level.update(x, shift)
    expected, found, swept = (system.vector() for _ in range(3))
    system.matrix.mult(z, expected)
    level.operator.mult(z, found)
    found.axpy(-1.0, expected)
    assert found.norm() <= 1e-12 * expected.norm()
    # In the matrix of the sweeps pressure has something to be divided by: minus a mass matrix.
    level.matrix.mult(z, swept)
    swept.axpy(-1.0, expected)
    p = problem.layout.index("p")
    for i in range(len(problem.layout.names)):
        size = problem.cell.comm.allreduce(float(np.abs(system.owned(swept, i)).max(initial=0.0)))
        assert (size > 1e-6) == (i == p)
    product = problem.cell.comm.allreduce(system.owned(swept, p) @ system.owned(z, p))
    assert product < 0.0


def test_blocks_that_the_state_does_not_change_follow_parameters():
    problem = full_problem((4, 3))
    level = BlockJacobian(problem)
    x, z = level.system.vector(), level.system.vector()
    z.array[:] = np.sin(1.0 + np.arange(*z.getOwnershipRange()))
    before = problem.get_state()
    # From state to state, with and without a time step, to other parameters and back.
    for waves, shift, gravity in ((1, 0.0, 0.02), (3, 0.7, 0.02), (2, 0.0, 0.05), (2, 0.3, 0.02)):
        with problem.changed(gravity__magnitude=gravity):
            problem.set_state(before)
            put_waves(problem, waves)
            level.system.read(x)
            level.update(x, shift)
            fresh = BlockJacobian(problem)
            fresh.update(x, shift)
            for kind in ("operator", "matrix"):
                expected, found = level.system.vector(), level.system.vector()
                getattr(fresh, kind).mult(z, expected)
                getattr(level, kind).mult(z, found)
                found.axpy(-1.0, expected)
                assert found.norm() <= 1e-12 * expected.norm()


def test_mass_of_the_blocks():
    problem = full_problem((4, 3))
    one, nested = BlockSystem(problem), BlockSystem(problem, nested=True)
    z = one.vector()
    z.array[:] = np.cos(np.arange(*z.getOwnershipRange()))
    for kind in ("mass", "free_mass"):
        expected, found = one.vector(), one.vector()
        getattr(one, kind).mult(z, expected)
        getattr(nested, kind).mult(z, found)
        found.axpy(-1.0, expected)
        assert expected.norm() > 0.0
        assert found.norm() <= 1e-12 * expected.norm()
