"""One mesh of an iterative solver: its blocks are those of the one matrix of a direct solver."""

from __future__ import annotations

import numpy as np
import pytest
from everything import full_problem, put_waves

from femsoret.solve.linear.assembly import BlockSystem
from femsoret.solve.linear.block_jacobian import BlockJacobian
from femsoret.solve.linear.elimination import without_velocity_potential


def _matrices(level):
    """Return all matrices of a mesh."""
    return level.operator, level.lower, *level.diagonal.values()


@pytest.mark.parametrize("shift", [0.0, 0.7])
def test_the_operator_is_the_jacobian(shift):
    problem = without_velocity_potential(full_problem((4, 3)))
    put_waves(problem, 1)
    system, level = BlockSystem(problem), BlockJacobian(problem)
    x, z = system.vector(), system.vector()
    system.read(x)
    z.array[:] = np.sin(1.0 + np.arange(*z.getOwnershipRange()))
    system.jacobian(x, shift, pinned=False)
    for _ in range(2):  # the second time the constant part is copied
        level.update(x, shift)
    expected, found = system.vector(), system.vector()
    system.matrix.mult(z, expected)
    level.operator.mult(z, found)
    found.axpy(-1.0, expected)
    assert found.norm() <= 1e-12 * expected.norm()
    # Sweeps divide the pressure by minus a mass matrix.
    pressure = level.diagonal["p"]
    part, product = pressure.createVecs()
    part.array[:] = system.owned(z, problem.layout.index("p"))
    pressure.mult(part, product)
    assert product.dot(part) < 0.0


def test_blocks_that_the_state_does_not_change_follow_parameters():
    problem = without_velocity_potential(full_problem((4, 3)))
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
            for ours, others in zip(_matrices(level), _matrices(fresh), strict=True):
                part, expected = others.createVecs()
                found = expected.duplicate()
                part.array[:] = z.array[: part.getLocalSize()]
                others.mult(part, expected)
                ours.mult(part, found)
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
