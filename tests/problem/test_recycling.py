"""Generalised conjugate residuals that keep their directions, on matrices that NumPy solves too."""

from __future__ import annotations

from mpi4py import MPI
from petsc4py import PETSc

import numpy as np
import pytest
from tolerances import ROUND_OFF

from femsoret.base.errors import NotConverged
from femsoret.solve.linear.recycling import RecyclingGCR

N = 60


class Solver:
    """The method for a matrix of convection and diffusion with Jacobi's preconditioner.

    On two ranks the rows are divided between them.
    """

    def __init__(self, size=lambda v: v.norm(), precondition=None):
        rng = np.random.default_rng(1)
        self.dense = 4.0 * np.eye(N) - 1.3 * np.eye(N, k=-1) - 0.7 * np.eye(N, k=1)
        self.sides = rng.standard_normal((3, N))
        self.matrix = PETSc.Mat().createAIJ((N, N), comm=MPI.COMM_WORLD)
        self.matrix.setUp()
        self.first, self.last = self.matrix.getOwnershipRange()
        for i in range(self.first, self.last):
            for j in np.flatnonzero(self.dense[i]):
                self.matrix[i, j] = self.dense[i, j]
        self.matrix.assemble()
        self.applied = 0
        self.gcr = RecyclingGCR(
            self.matrix, precondition or self.jacobi, size, self.matrix.createVecRight
        )

    def jacobi(self, b, x):
        self.applied += 1
        b.copy(x)
        x.scale(0.25)

    def vector(self, values):
        vector = self.matrix.createVecRight()
        vector.array[:] = values[self.first : self.last]
        return vector

    def solve(self, values, rtol=1e-10, enough=0.0):
        """Return the iterations and the error, relative to the solution."""
        x, exact = self.matrix.createVecRight(), self.vector(np.linalg.solve(self.dense, values))
        iterations = self.gcr.solve(self.vector(values), x, rtol, enough)
        size = exact.norm()
        x.axpy(-1.0, exact)
        return iterations, x.norm() / size


def test_solves_to_the_relative_residual():
    solver = Solver()
    iterations, error = solver.solve(solver.sides[0])
    assert error < 1e-8
    assert 0 < iterations == solver.applied


def test_a_combination_of_earlier_sides_takes_no_iteration():
    solver = Solver()
    one, two, _ = solver.sides
    solver.solve(one, 1e-6)
    solver.solve(two, 1e-6)
    applied = solver.applied
    iterations, error = solver.solve(3.0 * one - 0.1 * two, 1e-5)
    assert (iterations, solver.applied) == (0, applied)
    assert error < 1e-4


def test_a_side_that_resembles_an_earlier_one_takes_fewer_iterations():
    solver, fresh = Solver(), Solver()
    one, two, _ = solver.sides
    close = one + 1e-4 * two
    alone, _ = fresh.solve(close, 1e-6)
    solver.solve(one, 1e-6)
    iterations, error = solver.solve(close, 1e-6)
    assert iterations < 0.8 * alone
    assert error < 1e-4


def test_what_was_learnt_of_another_matrix_is_forgotten():
    solver = Solver()
    solver.solve(solver.sides[0])
    solver.matrix.scale(2.0)
    solver.gcr.forget()
    solver.dense = 2.0 * solver.dense
    _, error = solver.solve(solver.sides[0])
    assert error < 1e-8


def test_the_error_is_judged_in_the_norm_of_the_caller():
    """Only the first half of the entries counts; the estimate is above what is left there."""

    def size(v):
        first, last = v.getOwnershipRange()
        own = v.array_r[: max(0, min(N // 2, last) - first)]
        return float(np.sqrt(MPI.COMM_WORLD.allreduce(float(own @ own))))

    solver = Solver(size)
    exact = np.linalg.solve(solver.dense, solver.sides[0])
    x = solver.matrix.createVecRight()
    for enough in (1e-1, 1e-3, 1e-5):
        solver.gcr.forget()
        iterations = solver.gcr.solve(solver.vector(solver.sides[0]), x, 1e-14, enough)
        x.axpy(-1.0, solver.vector(exact))
        assert size(x) <= enough
        assert iterations < N


def test_more_directions_than_are_kept(monkeypatch):
    monkeypatch.setattr("femsoret.solve.linear.recycling.MOST", 10)
    solver = Solver()
    iterations, error = solver.solve(solver.sides[0], 1e-6)
    assert iterations > 10
    assert error < 1e-4


@pytest.mark.parametrize("result", [0.0, np.nan])
def test_a_preconditioner_that_fails_is_an_error(result):
    solver = Solver(precondition=lambda b, x: x.set(result))
    with pytest.raises(NotConverged, match="linear solver failed"):
        solver.solve(solver.sides[0])


def test_nothing_to_solve():
    solver = Solver()
    x = solver.matrix.createVecRight()
    assert solver.gcr.solve(solver.vector(np.zeros(N)), x, 1e-9, 0.0) == 0
    assert x.norm() <= ROUND_OFF
