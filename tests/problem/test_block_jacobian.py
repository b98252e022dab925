"""One mesh of an iterative solver: its blocks are those of the one matrix of a direct solver."""

from __future__ import annotations

from petsc4py import PETSc

import numpy as np
import pytest
from everything import full_problem, put_waves

from femsoret.solve.linear.assembly import BlockSystem
from femsoret.solve.linear.block_jacobian import FLOW, BlockJacobian
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


def _norm(matrix):
    """Return the Frobenius norm of a matrix, zero for a block that is left out."""
    if not matrix.handle:
        return 0.0
    if matrix.getType() != PETSc.Mat.Type.NEST:
        return matrix.norm(PETSc.NormType.FROBENIUS)
    rows, columns = (len(places) for places in matrix.getNestISs())
    parts = [matrix.getNestSubMatrix(i, j) for i in range(rows) for j in range(columns)]
    return float(np.linalg.norm([_norm(part) for part in parts]))


def test_matrices_of_the_sweeps():
    problem = without_velocity_potential(full_problem((4, 3)))
    put_waves(problem, 1)
    level = BlockJacobian(problem)
    layout, block = problem.layout.names, level.system.matrix.getNestSubMatrix
    x = level.system.vector()
    level.system.read(x)
    level.update(x, 0.7)
    order = ("gamma", "theta", "phi", FLOW)
    assert set(level.names) == set(order)
    solved = {FLOW: ("u", "p")} | {name: (name,) for name in layout}
    for i, row in enumerate(level.names):
        for j, column in enumerate(level.names):
            before = order.index(column) < order.index(row)
            expected = [
                _norm(block(layout.index(a), layout.index(b)))
                for a in solved[row]
                for b in solved[column]
            ]
            found = _norm(level.lower.getNestSubMatrix(i, j))
            size = float(np.linalg.norm(expected)) if before else 0.0
            assert found == pytest.approx(size, rel=1e-13), (row, column)
    for i, name in enumerate(layout):
        assert _norm(level.diagonal[name]) == pytest.approx(_norm(block(i, i)), rel=1e-13)
    flow = [[_norm(level.diagonal[FLOW].getNestSubMatrix(i, j)) for j in (0, 1)] for i in (0, 1)]
    expected = [[0.0, _norm(block(0, 1))], [_norm(block(1, 0)), _norm(block(1, 1))]]
    assert np.allclose(flow, expected, rtol=1e-13, atol=0.0)
    assert min(expected[0][1], expected[1][0], expected[1][1]) > 0.0
    # The pressure is divided by minus a mass matrix.
    part, product = level.diagonal["p"].createVecs()
    part.set(1.0)
    level.diagonal["p"].mult(part, product)
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
