"""MUMPS: more workspace where its estimate was too small, and its options for plane problems."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from petsc4py import PETSc

import numpy as np
from tolerances import ROUND_OFF

from femsoret.solve.linear import mumps
from femsoret.solve.linear.options import DIRECT, OptionValue, in_database, resolved

SIZE = 400


@contextmanager
def matrix_and_factor(**options: OptionValue) -> Iterator[tuple[PETSc.Mat, PETSc.PC]]:
    """Yield a dense matrix on one rank and a preconditioner for it by the direct preset."""
    entries = np.random.default_rng(1).standard_normal((SIZE, SIZE))
    A = PETSc.Mat().createAIJ((SIZE, SIZE), nnz=SIZE, comm=PETSc.COMM_SELF)
    A.setValues(range(SIZE), range(SIZE), entries)
    A.assemble()
    factor = PETSc.PC().create(PETSc.COMM_SELF)
    with in_database(resolved(DIRECT, options)) as prefix:
        factor.setOptionsPrefix(prefix)
        factor.setFromOptions()
        factor.setOperators(A, A)
        yield A, factor
    factor.destroy()
    A.destroy()


def test_too_small_a_workspace_is_enlarged_and_stays_so():
    with matrix_and_factor(mat_mumps_icntl_14=-90) as (A, factor):
        x, b = A.createVecs()
        for _ in range(2):
            A.scale(2.0)
            factor.setOperators(A, A)
            assert mumps.factorise(factor) == 0
            assert factor.getFactorMatrix().getMumpsIcntl(14) == mumps.ROOMS[0]
            b.set(1.0)
            factor.apply(b, x)
            b -= A * x
            assert b.norm() <= SIZE**2 * ROUND_OFF
        assert mumps.mumps_shortage(factor) is None


def test_where_no_workspace_suffices_the_error_names_the_option(monkeypatch):
    monkeypatch.setattr(mumps, "ROOMS", (-80,))
    with matrix_and_factor(mat_mumps_icntl_14=-90) as (_, factor):
        assert mumps.factorise(factor)
        short = mumps.mumps_shortage(factor)
    assert "the workspace for a factorisation was too small; MUMPS estimates " in short.message
    assert "mat_mumps_icntl_14 (now -80 % above the estimate)" in short.hint
    assert "icntl_23" not in short.hint


def test_a_limit_on_memory_is_kept():
    with matrix_and_factor(mat_mumps_icntl_14=-90, mat_mumps_icntl_23=1) as (_, factor):
        assert mumps.factorise(factor)
        assert factor.getFactorMatrix().getMumpsIcntl(14) == -90
        assert "solver.petsc.mat_mumps_icntl_23" in mumps.mumps_shortage(factor).message
