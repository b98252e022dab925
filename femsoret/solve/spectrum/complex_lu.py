"""Factorisations of J + s M for complex s, in complex arithmetic on a single rank.

A PETSc built for real numbers has no complex factorisations, and the equivalent real matrix of
twice the size loses the phase of the determinant. UMFPACK (T. A. Davis, ACM Trans. Math. Softw. 30
(2004) 196) provides both. It comes with all packaged builds of PETSc, but without a Python
interface, and is therefore called through ctypes. If it is missing, SciPy's SuperLU is used, which
takes four to eight times as long.
"""

from __future__ import annotations

import cmath
import ctypes
import ctypes.util
import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, Protocol

from petsc4py import PETSc

import numpy as np
import numpy.typing as npt
import scipy.sparse as sp
from scipy.sparse.linalg import splu

from femsoret.base.errors import NotConverged, OutOfMemory
from femsoret.base.types import Array, Indices
from femsoret.solve.linear.assembly import BlockSystem
from femsoret.solve.linear.bordered import ARRAYS, NEVER_SINGULAR, Bordered, Vectors

Complexes = npt.NDArray[np.complex128]

_CONTROLS, _INFOS, _STRATEGY, _IRSTEP, _ORDERING = 20, 90, 5, 7, 10  # umfpack.h
_SYMMETRIC, _METIS, _A = 3.0, 3.0, 0
_SINGULAR, _NO_MEMORY = 1, -1


class Factors(Protocol):
    """Interface of the factorisation of a complex matrix A of n rows."""

    def solve(self, b: Complexes) -> Complexes:
        """Return A^-1 b of shape (n,), for b of shape (n,)."""

    def log_determinant(self) -> complex:
        """Return log det A, up to multiples of 2 pi i."""

    def close(self) -> None:
        """Free the memory of the factorisation."""


class Solver(Protocol):
    """Interface of a solver with a complex matrix A."""

    def solve(self, b: Complexes) -> Complexes:
        """Return A^-1 b, for the entries of b of this rank."""


@dataclass(frozen=True, eq=False)
class Added:
    """Unknowns and equations added to a system (:mod:`femsoret.solve.linear.bordered`).

    Args:
        rows: Gradients of the added equations, each of shape (n,).
        columns: Derivatives of the equations by the added unknowns, likewise.
        corner: Derivatives of the added equations by the added unknowns.
    """

    rows: tuple[Array, ...]
    columns: tuple[Array, ...]
    corner: Array


class Pencil:
    """The matrix pencil J + s M, with the same sparsity pattern for all s.

    Args:
        J: Real sparse matrix, shape (n, n).
        M: Real sparse matrix, shape (n, n).
    """

    def __init__(self, J: sp.csr_matrix, M: sp.csr_matrix) -> None:
        J, M = J.tocsc(), M.tocsc()
        for matrix in (J, M):
            matrix.eliminate_zeros()  # the assembled pattern has three times as many entries
        pattern = (abs(J) + abs(M)).tocsc()
        pattern.sort_indices()
        self.size = int(pattern.shape[0])
        self._starts = pattern.indptr.astype(np.int32)
        self._rows = pattern.indices.astype(np.int32)
        self._J, self._M = (_on_pattern(matrix, pattern) for matrix in (J, M))
        self._symbolic: _Symbolic | None = None

    def factorise(self, s: complex) -> Factors:
        """Return the factorisation of J + s M.

        Args:
            s: The shift.

        Raises:
            NotConverged: The matrix is singular.
            OutOfMemory: There is not enough memory.
        """
        entries = np.ascontiguousarray(self._J + s * self._M, dtype=np.complex128)
        library = _umfpack()
        if library is None:
            return _SuperLU(self._matrix(entries))
        if self._symbolic is None:
            self._symbolic = _Symbolic(library, self._starts, self._rows, entries)
        return _Umfpack(self._symbolic, entries)

    def _matrix(self, entries: Complexes) -> sp.csc_matrix:
        return sp.csc_matrix((entries, self._rows, self._starts), shape=(self.size, self.size))


def _on_pattern(matrix: sp.csc_matrix, pattern: sp.csc_matrix) -> Array:
    """Return the entries of a matrix on a larger sparsity pattern, padded with zeros."""
    n = pattern.shape[0]
    places = pattern.indices + n * np.repeat(np.arange(n), np.diff(pattern.indptr))
    matrix.sort_indices()
    own = matrix.indices + n * np.repeat(np.arange(n), np.diff(matrix.indptr))
    entries = np.zeros(pattern.nnz)
    entries[np.searchsorted(places, own)] = matrix.data
    return entries


@dataclass(frozen=True, eq=False)
class Row:
    """A functional row that replaces an equation, which is a unit row in the sparse matrix.

    Args:
        row: Index of the replaced equation.
        weights: Entries of the functional row, shape (n,).
    """

    row: int
    weights: Array


class PinnedFactors:
    """Factorisation of a matrix A with functional rows substituted (see :class:`Factors`).

    Args:
        factors: The factorisation of A, which has unit rows in place of the functional rows.
        rows: The functional rows.
    """

    def __init__(self, factors: Factors, rows: Sequence[Row]) -> None:
        self._factors = factors
        weights = [row.weights.astype(np.complex128) for row in rows]
        columns = [factors.solve(_unit(len(row.weights), row.row)) for row in rows]
        self._bordered: Bordered[Complexes] = Bordered(
            weights, columns, ARRAYS, singular=NEVER_SINGULAR
        )

    def solve(self, b: Complexes) -> Complexes:
        """Return the solution of shape (n,) for which the functional rows have the value zero.

        Args:
            b: Right-hand side, shape (n,), with zeros in the replaced equations.
        """
        x = self._factors.solve(b)
        self._bordered.complete(x, np.zeros(len(self._bordered.small)))
        return x

    def log_determinant(self) -> complex:
        """Return the logarithm of the determinant, up to multiples of 2 pi i."""
        # The bordered matrix has another sign for each row.
        sign, size = np.linalg.slogdet(-self._bordered.small)
        return self._factors.log_determinant() + complex(size) + cmath.log(complex(sign))

    def close(self) -> None:
        """Free the memory of the factorisation."""
        self._factors.close()


class BorderedFactors:
    """Factorisation of a matrix A with added unknowns and equations (see :class:`Factors`).

    The blocks are those of :mod:`femsoret.solve.linear.bordered`.

    Args:
        factors: The factorisation of A.
        added: The added unknowns and equations.
        vectors: Operations on the arrays, if each rank holds only its entries of them.
    """

    def __init__(self, factors: Solver, added: Added, vectors: Vectors[Complexes] = ARRAYS) -> None:
        self._factors = factors
        columns = [factors.solve(column.astype(np.complex128)) for column in added.columns]
        self._bordered: Bordered[Complexes] = Bordered(
            [row.astype(np.complex128) for row in added.rows],
            columns,
            vectors,
            corner=added.corner,
            what="the velocities of the bodies",
        )

    def solve(self, b: Complexes) -> Complexes:
        """Return the first part x of the solution, shape (n,).

        Args:
            b: Right-hand side of the equations of A, shape (n,); that of the added ones is zero.
        """
        x = self._factors.solve(b)
        self._bordered.complete(x, np.zeros(len(self._bordered.small)))
        return x

    def log_of_added(self) -> complex:
        """Return log det of the bordered matrix less log det A, up to multiples of 2 pi i."""
        sign, size = np.linalg.slogdet(self._bordered.small)
        return complex(size) + cmath.log(complex(sign))


def _unit(n: int, row: int) -> Complexes:
    unit = np.zeros(n, dtype=np.complex128)
    unit[row] = 1.0
    return unit


class _SuperLU:
    """Factorisation by SciPy's SuperLU (see :class:`Factors`)."""

    def __init__(self, matrix: sp.csc_matrix) -> None:
        try:
            self._lu = splu(matrix)
        except RuntimeError as error:
            raise _failed(str(error)) from error

    def solve(self, b: Complexes) -> Complexes:
        solution: Complexes = self._lu.solve(b.astype(np.complex128))
        return solution

    def log_determinant(self) -> complex:
        sign = _parity(self._lu.perm_r) * _parity(self._lu.perm_c)
        return complex(np.log(self._lu.U.diagonal().astype(np.complex128)).sum()) + cmath.log(sign)

    def close(self) -> None:
        del self._lu


def _parity(permutation: Indices) -> int:
    """Return the sign of a permutation, which each cycle of even length reverses."""
    seen = np.zeros(len(permutation), dtype=bool)
    sign = 1
    for start in range(len(permutation)):
        length, place = 0, start
        while not seen[place]:
            seen[place] = True
            place, length = int(permutation[place]), length + 1
        if length and length % 2 == 0:
            sign = -sign
    return sign


# -- UMFPACK -------------------------------------------------------------------------------------


def has_umfpack() -> bool:
    """Return whether UMFPACK can be loaded."""
    return _umfpack() is not None


@cache
def _umfpack() -> ctypes.CDLL | None:
    """Return the UMFPACK library, or None if it cannot be loaded."""
    for name in (ctypes.util.find_library("umfpack"), "libumfpack.so", "libumfpack.dylib"):
        if name:
            try:
                return ctypes.CDLL(name)
            except OSError:
                continue
    return None


class _Symbolic:
    """UMFPACK's symbolic factorisation of a sparsity pattern."""

    def __init__(
        self, library: ctypes.CDLL, starts: Indices, rows: Indices, entries: Complexes
    ) -> None:
        self.library, self.starts, self.rows = library, starts, rows
        self.controls, self.infos = np.zeros(_CONTROLS), np.zeros(_INFOS)
        library.umfpack_zi_defaults(_at(self.controls))
        # The pattern is symmetric; AMD, the default, fills six times as much as METIS.
        self.controls[_STRATEGY], self.controls[_ORDERING] = _SYMMETRIC, _METIS
        self.controls[_IRSTEP] = 0.0
        n = ctypes.c_int32(len(starts) - 1)
        self.handle = ctypes.c_void_p()
        pattern = (_at(starts), _at(rows), _at(entries), None)
        _ok(
            library.umfpack_zi_symbolic(
                n, n, *pattern, ctypes.byref(self.handle), _at(self.controls), _at(self.infos)
            )
        )

    def __del__(self) -> None:
        self.library.umfpack_zi_free_symbolic(ctypes.byref(self.handle))


class _Umfpack:
    """Factorisation by UMFPACK (see :class:`Factors`)."""

    def __init__(self, symbolic: _Symbolic, entries: Complexes) -> None:
        self._symbolic, self._entries = symbolic, entries
        self._handle = ctypes.c_void_p()
        _ok(
            symbolic.library.umfpack_zi_numeric(
                *self._matrix(),
                symbolic.handle,
                ctypes.byref(self._handle),
                _at(symbolic.controls),
                _at(symbolic.infos),
            )
        )

    def solve(self, b: Complexes) -> Complexes:
        right = np.ascontiguousarray(b, dtype=np.complex128)
        x = np.empty_like(right)
        s = self._symbolic
        vectors = (_at(x), None, _at(right), None)
        which = ctypes.c_int(_A)
        infos = (_at(s.controls), _at(s.infos))
        _ok(s.library.umfpack_zi_solve(which, *self._matrix(), *vectors, self._handle, *infos))
        return x

    def log_determinant(self) -> complex:
        mantissa, exponent = np.zeros(2), np.zeros(1)
        s = self._symbolic
        values = (_at(mantissa), None, _at(exponent))
        _ok(s.library.umfpack_zi_get_determinant(*values, self._handle, _at(s.infos)))
        return cmath.log(complex(*mantissa)) + float(exponent[0]) * math.log(10.0)

    def close(self) -> None:
        self._symbolic.library.umfpack_zi_free_numeric(ctypes.byref(self._handle))

    def __del__(self) -> None:
        self.close()

    def _matrix(self) -> tuple[ctypes.c_void_p | None, ...]:
        s = self._symbolic
        return _at(s.starts), _at(s.rows), _at(self._entries), None


def _at(array: npt.NDArray[Any]) -> ctypes.c_void_p:
    return ctypes.c_void_p(array.ctypes.data)


def _ok(status: int) -> None:
    if status == _NO_MEMORY:
        raise OutOfMemory("out of memory during a complex factorisation", "use fewer mesh cells")
    if status:
        raise _failed(
            "it is singular" if status == _SINGULAR else f"UMFPACK returned the status {status}"
        )


def _failed(why: str) -> NotConverged:
    return NotConverged(
        f"a complex matrix could not be factorised: {why}", "change the shift slightly"
    )


def gathered(A: PETSc.Mat) -> sp.csr_matrix | None:
    """Gather a distributed matrix as a SciPy matrix on rank 0; collective.

    Args:
        A: The matrix.

    Returns:
        The whole matrix on rank 0, None on other ranks.
    """
    starts, columns, entries = A.getValuesCSR()
    part = sp.csr_matrix((entries, columns, starts), shape=(len(starts) - 1, A.getSize()[1]))
    parts = A.comm.tompi4py().gather(part, root=0)
    return None if parts is None else sp.vstack(parts, format="csr")


def pinned(system: BlockSystem) -> tuple[Row, ...]:
    """Gather the functional rows of a problem on rank 0; collective.

    Args:
        system: The assembled problem.

    Returns:
        The functional rows; their weights are empty on ranks other than 0.
    """
    rows = []
    for constraint in system.constraints:
        parts = system.comm.gather(constraint.weights.array_r.copy(), root=0)
        rows.append(Row(constraint.row, np.concatenate(parts or [np.zeros(0)])))
    return tuple(rows)
