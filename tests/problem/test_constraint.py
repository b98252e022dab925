"""Functional rows without a dense row: the bordered solve is that of the true Jacobian."""

from __future__ import annotations

from dataclasses import replace

from petsc4py import PETSc

import numpy as np
import pytest
from everything import full_problem, put_waves

from femsoret.post.wall_flows import integral
from femsoret.problem.rows import FunctionalRow, Weight
from femsoret.solve import NewtonOptions, solve_steady
from femsoret.solve.linear.assembly import BlockSystem
from femsoret.solve.linear.constraint import ConstrainedOperator, ConstrainedSolve


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


def assembled_matrix(system):
    first, last = system.matrix.getOwnershipRange()
    rows = system.matrix[first:last, :]
    return np.concatenate(system.comm.allgather(np.asarray(rows)))


def dense_jacobian(system):
    """Return the matrix with each functional row as the dense row that it is."""
    A = assembled_matrix(system)
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
    assert [row.field for row in problem.pinned] == ["p", "phi", "chi", "gamma_0"]
    for row, constraint in zip(problem.pinned, system.constraints, strict=True):
        total = integral(problem, problem.function(row.block) * problem.dx)
        mean = total / problem.cell.volume
        natural = mean / problem.scales.unknown[row.field]
        assert constraint.weights.dot(x) == pytest.approx(natural, rel=1e-11)


def test_operator_is_the_dense_jacobian(system):
    b, y = right_hand_side(system), system.vector()
    operator = ConstrainedOperator(system.matrix, system.constraints)
    operator.mult(None, b, y)
    A, found = dense_jacobian(system), gathered(system, y)
    assert found == pytest.approx(A @ gathered(system, b), rel=1e-12, abs=1e-12 * abs(A).max())
    operator.multTranspose(None, b, y)
    found = gathered(system, y)
    assert found == pytest.approx(A.T @ gathered(system, b), rel=1e-12, abs=1e-12 * abs(A).max())


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
    # The transpose, for adjoints: dense columns in the place of those rows.
    pc.applyTranspose(b, x)
    expected = np.linalg.solve(A.T, wanted)
    assert gathered(system, x) == pytest.approx(expected, rel=1e-7, abs=1e-9 * abs(expected).max())
    assert context.determinant_factor() == pytest.approx(
        np.linalg.det(A) / np.linalg.det(assembled_matrix(system)), rel=1e-7
    )


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
    nothing = [replace(c, weights=system.vector()) for c in system.constraints]
    useless = ConstrainedSolve(factor, nothing)  # rows that say nothing: no error within PETSc
    useless.setUp(pc)
    assert pc.getFailedReason()
    useless.apply(pc, b, x)
    assert np.isnan(x.norm())
    system.matrix.zeroEntries()
    solve.setUp(pc)
    solve.apply(pc, b, x)
    assert np.isnan(x.norm())


@pytest.mark.parametrize("preset", ["direct", "amg"])
def test_a_level_may_span_two_fields(preset):
    """The mean of p + phi, the physical pressure, in place of that of p: p moves by a constant."""
    found = []
    for weights in ((Weight("p"),), (Weight("p"), Weight("phi"))):
        p = full_problem((4, 3))
        row = FunctionalRow(weights, value=1e-3 * len(weights), redundant=(Weight("p"),))
        p.pinned = (row, *p.pinned[1:])
        phi = FunctionalRow.mean("phi", value=2e-3)
        p.pinned = tuple(phi if row.block == "phi" else row for row in p.pinned)
        solve_steady(p, NewtonOptions(preset=preset, tolerance=1e-10))
        means = [integral(p, p.function(b) * p.dx) / p.cell.volume for b in ("p", "phi")]
        size = p.scales.unknown["p"]
        assert means[1] == pytest.approx(2e-3, abs=1e-9 * size)
        assert sum(means[: len(weights)]) == pytest.approx(row.value, abs=1e-9 * size)
        found.append((p.get_state(), means[0]))
    (one, first), (other, second) = found
    assert first == pytest.approx(1e-3)
    assert second == pytest.approx(0.0, abs=1e-9)
    for name, a, b in zip(p.layout.names, one, other, strict=True):
        shift = first - second if name == "p" else 0.0
        assert abs(a - b - shift).max() <= 1e-7 * p.scales.largest(name), name
