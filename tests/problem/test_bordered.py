"""Bordered systems: the dense matrix that they stand for, transposed, singular, used again."""

from __future__ import annotations

import math
from dataclasses import dataclass

from petsc4py import PETSc

import numpy as np
import pytest

from femsoret.base.errors import NotConverged
from femsoret.cells import box
from femsoret.fluids.groups import Groups, property_values
from femsoret.physics.closures import mixture_of_groups
from femsoret.physics.forms import DIFFUSION
from femsoret.problem import Problem
from femsoret.problem.conditions import Temperature
from femsoret.solve import SpectrumOptions, growth_rates, solve_steady
from femsoret.solve.linear.bordered import ARRAYS, Bordered, BorderedSolver
from femsoret.solve.linear.constraint import ConstrainedSolve
from femsoret.solve.linear.options import DIRECT, in_database, resolved

SIZE, BORDERS = 12, 3


@dataclass
class Given:
    """A border of given vectors."""

    weights: PETSc.Vec
    column: PETSc.Vec
    known: PETSc.Vec | None = None

    def put_column(self, b):
        self.column.copy(b)


class Dense:
    """[A B; C^T E], dense, and the same in PETSc, distributed."""

    def __init__(self, comm, seed=1):
        draw = np.random.default_rng(seed)
        self.comm = comm
        self.A = draw.normal(size=(SIZE, SIZE)) + SIZE * np.eye(SIZE)
        self.B, self.C = draw.normal(size=(2, SIZE, BORDERS))
        self.E = draw.normal(size=(BORDERS, BORDERS))
        self.whole = np.block([[self.A, self.B], [self.C.T, self.E]])
        self.side = draw.normal(size=SIZE + BORDERS)
        self.matrix = PETSc.Mat().createAIJ((SIZE, SIZE), comm=comm)
        self.matrix.setUp()
        for row in range(*self.matrix.getOwnershipRange()):
            self.matrix.setValues(row, np.arange(SIZE, dtype=np.int32), self.A[row])
        self.matrix.assemble()
        self.lu = PETSc.PC().create(comm)
        self.lu.setType(PETSc.PC.Type.LU)
        self.lu.setFactorSolverType(PETSc.Mat.SolverType.MUMPS)
        self.lu.setOperators(self.matrix)
        self.lu.setUp()
        self.solves = 0
        self.borders = [
            Given(self.vector(c), self.vector(b)) for c, b in zip(*self.CB, strict=True)
        ]

    @property
    def CB(self):
        return self.C.T, self.B.T

    def vector(self, values):
        x = self.matrix.createVecRight()
        x.array_w[:] = np.asarray(values)[slice(*x.getOwnershipRange())]
        return x

    def everywhere(self, x):
        return np.concatenate(self.comm.allgather(x.array_r))

    def solve(self, b, x):
        self.solves += 1
        self.lu.apply(b, x)


@pytest.fixture
def dense(comm):
    return Dense(comm)


def test_solution_is_that_of_the_whole_and_of_its_transpose(dense):
    solver = BorderedSolver(dense.borders, dense.solve, dense.lu.applyTranspose)
    b, x = dense.vector(dense.side[:SIZE]), dense.vector(np.zeros(SIZE))
    made = []
    for _ in range(2):
        solver.update(dense.E)
        made.append([column.handle for column in solver.columns])
        s = solver.solve(b, dense.side[SIZE:], x)
        found = np.concatenate([dense.everywhere(x), s])
        assert found == pytest.approx(np.linalg.solve(dense.whole, dense.side), rel=0, abs=1e-12)
        t = solver.solve_transposed(b, dense.side[SIZE:], x)
        found = np.concatenate([dense.everywhere(x), t])
        assert found == pytest.approx(np.linalg.solve(dense.whole.T, dense.side), rel=0, abs=1e-12)
    assert made[0] == made[1]  # the vectors serve every factorisation
    assert dense.solves == 2 * (BORDERS + 1)  # one a column, one a right-hand side
    sign, size = np.linalg.slogdet(dense.whole)
    factors = np.linalg.slogdet(dense.A), np.linalg.slogdet(solver.small)
    assert sign == factors[0][0] * factors[1][0]
    assert size == pytest.approx(factors[0][1] + factors[1][1], abs=1e-12)
    solver.destroy()
    assert not solver.is_ready


def test_a_known_column_takes_no_solve(dense):
    known = dense.vector(np.linalg.solve(dense.A, dense.B[:, 1]))
    dense.borders[1].known, dense.borders[1].column = known, None
    solver = BorderedSolver(dense.borders, dense.solve)
    solver.update(dense.E)
    assert dense.solves == BORDERS - 1
    b, x = dense.vector(dense.side[:SIZE]), dense.vector(np.zeros(SIZE))
    s = solver.solve(b, dense.side[SIZE:], x)
    found = np.concatenate([dense.everywhere(x), s])
    assert found == pytest.approx(np.linalg.solve(dense.whole, dense.side), rel=0, abs=1e-12)


@pytest.mark.parametrize("units", [1e-9, 1.0, 1e9])
def test_rows_that_determine_nothing_are_refused_in_any_units(dense, units):
    E = np.zeros((BORDERS, BORDERS))
    twice = dense.vector(units * dense.C[:, 0])
    fine = BorderedSolver([Given(twice, dense.borders[0].column), dense.borders[1]], dense.solve)
    fine.update()
    same = [dense.borders[0], Given(twice, dense.borders[1].column)]
    with pytest.raises(NotConverged, match="do not determine the heat flux and gravity") as error:
        BorderedSolver(same, dense.solve, what="the heat flux and gravity").update()
    assert "depend on each parameter" in error.value.hint
    nothing = [*dense.borders[:2], Given(dense.borders[2].weights, dense.vector(np.zeros(SIZE)))]
    with pytest.raises(NotConverged, match="do not determine"):
        BorderedSolver(nothing, dense.solve).update(E)


def test_large_entries_that_no_row_weighs_are_no_rounding(dense):
    """Such as a pressure of strong stratification, where the row is the mean of a composition."""
    first, second = np.eye(SIZE)[:2]
    known = dense.vector(-first + 1e15 * second)
    solver = BorderedSolver([Given(dense.vector(first), known, known)], dense.solve)
    solver.update()
    assert solver.small == pytest.approx(1.0)


def test_arrays_and_complex_numbers_are_the_same(dense):
    shift = dense.whole.astype(complex)
    shift[:SIZE, :SIZE] += 0.7j * np.eye(SIZE)
    A = shift[:SIZE, :SIZE]
    columns = list(np.linalg.solve(A, dense.B).T)
    bordered = Bordered(list(dense.C.T), columns, ARRAYS, corner=dense.E)
    x = np.linalg.solve(A, dense.side[:SIZE])
    s = bordered.complete(x, dense.side[SIZE:])
    expected = np.linalg.solve(shift, dense.side)
    assert abs(np.concatenate([x, s]) - expected).max() < 1e-12
    x, nothing = np.ones(SIZE), Bordered([], [], ARRAYS)
    assert nothing.complete(x, np.zeros(0)).shape == (0,)
    assert x == pytest.approx(np.ones(SIZE))


def test_a_stratification_that_leaves_little_of_a_mean_value_is_solved(comm):
    """Ra Le psi = 5e13: what is left of the singular value is 4e-13, the slowest decay right."""
    groups = property_values(Groups(Ra=1e9, Pr=10.0, Le=1e4, psi=5.0), c0=0.5, S_T_dT=0.1)
    problem = Problem(
        box(comm, (1.0, 1.0, 1.0), (2, 2, 2)),
        mixture_of_groups(groups, up=(0.0, 1.0, 0.0)),
        (Temperature(("top",), 0.5), Temperature(("bottom",), -0.5)),
    )
    at_rest = problem.with_equations(DIFFUSION)
    solve_steady(at_rest)
    for name in at_rest.layout.names:
        problem.function(name).x.array[:] = at_rest.function(name).x.array
    found = growth_rates(problem, shifts=(1.0,), options=SpectrumOptions(number=2))
    assert found.leading.growth_rate == pytest.approx(-(math.pi**2) / 1e4, rel=0.02)


@pytest.mark.serial
@pytest.mark.parametrize("bad", [0.0, np.nan])
def test_a_factorisation_that_failed_does_not_spoil_the_next(bad):
    """PETSc leaves MUMPS as it failed: the next solve ended the program with INFOG(1) = -3."""
    good = SIZE * np.eye(SIZE) + np.arange(SIZE)
    with in_database(resolved(DIRECT)) as prefix:
        inner = PETSc.PC().create(PETSc.COMM_SELF)
        inner.setOptionsPrefix(prefix)
        inner.setFromOptions()
        solver = PETSc.PC().createPython(ConstrainedSolve(inner, ()), comm=PETSc.COMM_SELF)
        A = PETSc.Mat().createAIJ((SIZE, SIZE), nnz=SIZE, comm=PETSc.COMM_SELF)
        b, x = A.createVecs()
        b.set(1.0)
        for matrix in (good, bad * good, good, good):
            A.setValues(range(SIZE), range(SIZE), matrix)
            A.assemble()
            solver.setOperators(A, A)
            solver.setUp()
            solver.apply(b, x)
            if matrix is good:
                assert np.allclose(x.array_r, np.linalg.solve(good, np.ones(SIZE)))
            else:
                assert inner.getFailedReason()
                assert np.isnan(x.array_r).all()
