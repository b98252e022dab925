"""Mean values without a dense row: Woodbury's formula solves the true Jacobian."""

from __future__ import annotations

from petsc4py import PETSc

import numpy as np
import pytest
from everything import full_problem, put_waves

from femsoret.post.reactions import integral
from femsoret.solve import NewtonOptions, solve_steady
from femsoret.solve.assembly import BlockSystem
from femsoret.solve.constraint import ConstrainedOperator, ConstrainedSolve


@pytest.fixture(scope="module")
def problem():
    return full_problem((2, 2))


@pytest.fixture
def system(problem):
    put_waves(problem, 4)
    problem.impose()
    system = BlockSystem(problem)
    x = system.vector()
    system.read(x)
    system.jacobian(x)
    return system


def gathered(system, v):
    return np.concatenate(system.comm.allgather(v.array_r))


def dense_jacobian(system):
    """Return the matrix with each mean value as the dense row that it is."""
    first, last = system.matrix.getOwnershipRange()
    rows = system.matrix[first:last, :]
    A = np.concatenate(system.comm.allgather(np.asarray(rows)))
    for constraint in system.constraints:
        A[constraint.row] = gathered(system, constraint.weights)
    return A


def right_hand_side(system):
    b = system.vector()
    first, last = b.getOwnershipRange()
    b.array[:] = np.sin(1.0 + np.arange(first, last))
    return b


def test_weights_take_the_mean(problem, system):
    put_waves(problem, 5)
    x = system.vector()
    system.read(x)
    assert [constraint.block for constraint in system.constraints] == ["p", "phi", "chi", "gamma_0"]
    for constraint in system.constraints:
        total = integral(problem, problem.function(constraint.block) * problem.dx)
        mean = total / problem.cell.volume
        natural = mean / problem.scales.unknown[constraint.block]
        assert constraint.weights.dot(x) == pytest.approx(natural, rel=1e-11)


def test_operator_is_the_dense_jacobian(system):
    b, y = right_hand_side(system), system.vector()
    ConstrainedOperator(system.matrix, system.constraints).mult(None, b, y)
    A, found = dense_jacobian(system), gathered(system, y)
    assert found == pytest.approx(A @ gathered(system, b), rel=1e-12, abs=1e-12 * abs(A).max())


def test_solve_is_the_inverse_of_the_dense_jacobian(system):
    inner = PETSc.PC().create(system.comm)
    inner.setType("lu")
    inner.setFactorSolverType("mumps")
    context = ConstrainedSolve(inner, system.constraints)
    pc = PETSc.PC().create(system.comm)
    pc.setType(PETSc.PC.Type.PYTHON)
    pc.setPythonContext(context)
    pc.setOperators(system.matrix, system.matrix)
    pc.setUp()
    b, x = right_hand_side(system), system.vector()
    pc.apply(b, x)
    A, wanted = dense_jacobian(system), gathered(system, b)
    expected = np.linalg.solve(A, wanted)
    assert gathered(system, x) == pytest.approx(expected, rel=1e-7, abs=1e-9 * abs(expected).max())
    for constraint in system.constraints:
        assert constraint.weights.dot(x) == pytest.approx(wanted[constraint.row], abs=1e-11)


def test_means_of_a_solution_are_exact():
    p = full_problem((8, 6))
    solve_steady(p, NewtonOptions(tolerance=1e-10))
    for block in ("p", "phi", "chi", "gamma_0"):
        field, volume = p.function(block), p.cell.volume
        size = np.sqrt(integral(p, field**2 * p.dx) / volume)
        if block != "chi":  # which is zero for the exact solution
            assert size > 0.1 * p.scales.unknown[block]
        assert abs(integral(p, field * p.dx) / volume) < 1e-13 * size


def test_a_failed_factorisation_gives_nan(problem, system):
    factor = PETSc.PC().create(system.comm)
    factor.setType(PETSc.PC.Type.LU)
    factor.setFactorSolverType(PETSc.Mat.SolverType.MUMPS)
    solve = ConstrainedSolve(factor, system.constraints)
    pc = PETSc.PC().create(system.comm)
    pc.setOperators(system.matrix, system.matrix)
    b, x = right_hand_side(system), system.vector()
    solve.setUp(pc)
    solve.apply(pc, b, x)
    assert np.isfinite(x.norm())
    system.matrix.zeroEntries()
    solve.setUp(pc)
    solve.apply(pc, b, x)
    assert np.isnan(x.norm())
