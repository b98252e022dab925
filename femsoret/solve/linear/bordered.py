"""Bordered linear systems, solved by block elimination with a solver for A.

    [ A    B ] [x]   [b]
    [ C^T  E ] [s] = [g]

A is the large sparse matrix. The columns of B are the derivatives of its equations with respect to
the added unknowns s, the columns of C the gradients of the added equations (functional rows), and
E holds the derivatives of the added equations with respect to s. With X = A^-1 B and y = A^-1 b

    (E - C^T X) s = g - C^T y,    x = y - X s.

This takes one back-substitution for each column of B after a factorisation, one for each right-hand
side, and the solution of a small dense system (e.g. W. Govaerts, Numerical Methods for Bifurcations
of Dynamical Equilibria, SIAM 2000, ch. 3).

A functional row that replaces a redundant equation leads to such a system: A has a unit row in its
place, so that it can be factorised, and B is the unit vector of the replaced equation. So does a
parameter that is determined by a prescribed value: B is the derivative of the equations with
respect to the parameter.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Generic, Protocol, TypeAlias, TypeVar

from mpi4py import MPI
from petsc4py import PETSc

import numpy as np
import numpy.typing as npt

from femsoret.base.errors import NotConverged

Array: TypeAlias = npt.NDArray[Any]
"""Real or complex numbers."""

V = TypeVar("V")
V_in = TypeVar("V_in", contravariant=True)

SINGULAR = 1e-12
"""Smallest singular value of the small matrix, relative to the terms summed in its entries, below
which the matrix counts as singular: the value is then round-off."""

NEVER_SINGULAR = 0.0
"""The same threshold for functional rows that replace redundant equations: no value is too small.
At a branch point the matrix with unit rows is regular and the small matrix vanishes together with
the determinant. Newton steps are round-off there, which is no reason to raise an error."""


class Vectors(Protocol[V_in]):
    """Vector operations of block elimination, for PETSc vectors or NumPy arrays."""

    def dots(self, rows: Sequence[V_in], x: V_in) -> Array:
        """Return the dot product of each row with x, shape (rows,)."""

    def terms(self, rows: Sequence[V_in], x: V_in) -> Array:
        """Return the dot product of absolute values of each row and x, shape (rows,)."""

    def subtract(self, x: V_in, factors: Array, columns: Sequence[V_in]) -> None:
        """Subtract the linear combination of columns with the given factors from x, in place."""


class _PetscVectors:
    """Operations on PETSc vectors (see :class:`Vectors`); collective."""

    def dots(self, rows: Sequence[PETSc.Vec], x: PETSc.Vec) -> Array:
        return np.asarray(x.mDot(list(rows))) if rows else np.zeros(0)  # one reduction for all

    def terms(self, rows: Sequence[PETSc.Vec], x: PETSc.Vec) -> Array:
        sizes = abs(x.array_r)
        local = np.array([abs(row.array_r) @ sizes for row in rows])
        return np.asarray(x.comm.tompi4py().allreduce(local))

    def subtract(self, x: PETSc.Vec, factors: Array, columns: Sequence[PETSc.Vec]) -> None:
        if len(columns):
            x.maxpy(list(-factors), list(columns))


class _NumpyVectors:
    """Operations on real or complex NumPy arrays (see :class:`Vectors`)."""

    def dots(self, rows: Sequence[Array], x: Array) -> Array:
        return np.array([row @ x for row in rows])

    def terms(self, rows: Sequence[Array], x: Array) -> Array:
        sizes = abs(x)
        return np.array([abs(row) @ sizes for row in rows])

    def subtract(self, x: Array, factors: Array, columns: Sequence[Array]) -> None:
        for factor, column in zip(factors, columns, strict=True):
            x -= factor * column


class SharedArrays(_NumpyVectors):
    """Operations on arrays of which each rank holds its entries (see :class:`Vectors`).

    Args:
        comm: Communicator of the ranks.
    """

    def __init__(self, comm: MPI.Comm) -> None:
        self._comm = comm

    def dots(self, rows: Sequence[Array], x: Array) -> Array:
        """Return the dot product of each row with x, shape (rows,); collective."""
        return np.asarray(self._comm.allreduce(super().dots(rows, x)))

    def terms(self, rows: Sequence[Array], x: Array) -> Array:
        """Return the dot product of absolute values of each row and x; collective."""
        return np.asarray(self._comm.allreduce(super().terms(rows, x)))


PETSC_VECTORS = _PetscVectors()
ARRAYS = _NumpyVectors()


class Bordered(Generic[V]):
    """Block elimination of x, given the solutions for the columns of B.

    Args:
        rows: C, one vector for each added equation.
        columns: X = A^-1 B, one vector for each added unknown; as many as rows.
        vectors: Operations on vectors of this type.
        corner: E, shape (equations, unknowns); None means zero.
        what: Description of the added unknowns, for the error message.
        singular: Threshold for a singular small matrix (see SINGULAR).

    Attributes:
        small: E - C^T X, shape (equations, unknowns).

    Raises:
        NotConverged: The small matrix is singular.
    """

    def __init__(
        self,
        rows: Sequence[V],
        columns: Sequence[V],
        vectors: Vectors[V],
        *,
        corner: Array | None = None,
        what: str = "the added unknowns",
        singular: float = SINGULAR,
    ) -> None:
        self._rows, self._columns, self._vectors = rows, columns, vectors
        products = np.array([vectors.dots(rows, column) for column in columns]).T
        products = products.reshape(len(rows), len(columns))
        self._corner = np.zeros_like(products) if corner is None else np.asarray(corner)
        self.small: Array = self._corner - products
        left = self._conditioning()
        if not left > singular:
            raise NotConverged(
                f"the equations do not determine {what}: the smallest singular value is {left:.0e} "
                "relative to the terms of the matrix, which is round-off",
                "the target values must depend on each parameter in a different way; at a fold or "
                "a branch point they do not",
            )

    def _conditioning(self) -> float:
        """Return the smallest singular value of the small matrix, relative to its terms."""
        if not len(self._rows):
            return 1.0
        terms = np.array([self._vectors.terms(self._rows, column) for column in self._columns]).T
        terms += abs(self._corner)
        if not np.isfinite(terms).all():
            return 0.0
        by_row = terms.max(axis=1, keepdims=True)
        scaled = np.divide(self.small, by_row, where=by_row > 0.0, out=np.zeros_like(self.small))
        by_column = (terms / np.where(by_row > 0.0, by_row, 1.0)).max(axis=0)
        scaled = np.divide(scaled, by_column, where=by_column > 0.0, out=np.zeros_like(scaled))
        return float(np.linalg.svd(scaled, compute_uv=False)[-1])

    def complete(self, y: V, g: Array) -> Array:
        """Overwrite y = A^-1 b with x, and return s.

        Args:
            y: The solution of A y = b; contains x afterwards.
            g: Right-hand side of the added equations, shape (equations,).

        Returns:
            The added unknowns s, shape (unknowns,).
        """
        if not len(self._rows):
            return np.zeros(0)
        s = np.linalg.solve(self.small, g - self._vectors.dots(self._rows, y))
        self._vectors.subtract(y, s, self._columns)
        return s


class Border(Protocol):
    """An added unknown together with an added equation."""

    @property
    def weights(self) -> PETSc.Vec:
        """The row of C^T that belongs to the equation."""

    @property
    def known(self) -> PETSc.Vec | None:
        """A^-1 times the unknown's column of B if known without a solve, else None."""

    def put_column(self, b: PETSc.Vec) -> None:
        """Set b to the column of B that belongs to the unknown; collective."""


Solve: TypeAlias = Callable[[PETSc.Vec, PETSc.Vec], None]
"""Function that solves with A: its arguments are the right-hand side and the solution vector."""


class BorderedSolver:
    """Solver for bordered systems of PETSc vectors, and for their transposes.

    Work vectors are created once and reused for all factorisations.

    Args:
        borders: The added unknowns and equations.
        solve: Solves with A.
        solve_transposed: Solves with the transpose of A; None if that is not possible.
        what: Description of the added unknowns, for error messages.
        singular: Threshold for a singular small matrix (see SINGULAR).
    """

    def __init__(
        self,
        borders: Sequence[Border],
        solve: Solve,
        solve_transposed: Solve | None = None,
        *,
        what: str = "the added unknowns",
        singular: float = SINGULAR,
    ) -> None:
        self.borders = borders
        self._solve, self._solve_transposed, self._what = solve, solve_transposed, what
        self._singular = singular
        self._corner: Array | None = None
        self._made: dict[str, list[PETSc.Vec]] = {}
        self._forward: Bordered[PETSc.Vec] | None = None
        self._lasting: Bordered[PETSc.Vec] | None = None
        self._backward: Bordered[PETSc.Vec] | None = None

    @property
    def small(self) -> Array:
        """E - C^T A^-1 B for the last factorisation, shape (borders, borders)."""
        assert self._forward is not None, "call update() first"
        return self._forward.small

    @property
    def is_ready(self) -> bool:
        """Whether A^-1 B has been computed for the current factorisation of A."""
        return self._forward is not None

    @property
    def columns(self) -> list[PETSc.Vec]:
        """A^-1 B for the last factorisation, one vector for each border."""
        return self._columns()

    def forget(self) -> None:
        """Discard A^-1 B after A has changed."""
        self._forward = self._backward = None

    def update(self, corner: Array | None = None) -> None:
        """Compute A^-1 B after a factorisation of A; collective.

        Args:
            corner: E, shape (borders, borders); None means zero.

        Raises:
            NotConverged: The small matrix is singular, or a solve failed.
        """
        self.forget()
        self._corner = corner
        if self._lasting is not None and corner is None:
            self._forward = self._lasting
            return
        for border, column in zip(self.borders, self._columns(), strict=True):
            if border.known is None:
                b = self._vectors("side", 1)[0]
                border.put_column(b)
                self._solve(b, column)
        self._forward = Bordered(
            [border.weights for border in self.borders],
            self._columns(),
            PETSC_VECTORS,
            corner=corner,
            what=self._what,
            singular=self._singular,
        )
        if corner is None and all(border.known is not None for border in self.borders):
            self._lasting = self._forward  # nothing in it depends on A

    def solve(self, b: PETSc.Vec, g: Array, x: PETSc.Vec) -> Array:
        """Solve the bordered system for x, and return s; collective.

        Args:
            b: Right-hand side of the equations of A.
            g: Right-hand side of the added equations, shape (borders,).
            x: The solution; overwritten.

        Returns:
            The added unknowns s, shape (borders,).
        """
        assert self._forward is not None, "call update() first"
        self._solve(b, x)
        return self._forward.complete(x, g)

    def complete(self, x: PETSc.Vec, g: Array) -> None:
        """Overwrite A^-1 b with the solution of the bordered system; collective.

        Args:
            x: A^-1 b; contains the solution afterwards.
            g: Right-hand side of the added equations, shape (borders,).
        """
        assert self._forward is not None, "call update() first"
        self._forward.complete(x, g)

    def solve_added(self, g: Array, x: PETSc.Vec) -> Array:
        """Solve the bordered system with b = 0, without a solve with A; collective.

        Args:
            g: Right-hand side of the added equations, shape (borders,).
            x: The solution; overwritten.

        Returns:
            The added unknowns s, shape (borders,).
        """
        assert self._forward is not None, "call update() first"
        x.zeroEntries()
        return self._forward.complete(x, g)

    def solve_transposed(self, b: PETSc.Vec, g: Array, x: PETSc.Vec) -> Array:
        """Solve [A^T C; B^T E^T] [x; s] = [b; g] for x, and return s; collective.

        Args:
            b: First part of the right-hand side, of the size of x.
            g: Second part of the right-hand side, shape (borders,).
            x: The solution; overwritten.

        Returns:
            The added unknowns s, shape (borders,).
        """
        assert self._solve_transposed is not None, "no solver for the transpose was given"
        if self._backward is None:
            self._backward = self._transposed(self._solve_transposed)
        self._solve_transposed(b, x)
        return self._backward.complete(x, g)

    def _transposed(self, solve: Solve) -> Bordered[PETSc.Vec]:
        rows = self._vectors("row", len(self.borders))
        columns = self._vectors("transposed", len(self.borders))
        for border, row, column in zip(self.borders, rows, columns, strict=True):
            border.put_column(row)
            solve(border.weights, column)
        corner = None if self._corner is None else self._corner.T
        return Bordered(
            rows,
            columns,
            PETSC_VECTORS,
            corner=corner,
            what=self._what,
            singular=self._singular,
        )

    def _columns(self) -> list[PETSc.Vec]:
        """Return the vectors of A^-1 B, including those known without a solve."""
        solved = iter(self._vectors("column", sum(b.known is None for b in self.borders)))
        return [next(solved) if b.known is None else b.known for b in self.borders]

    def _vectors(self, kind: str, number: int) -> list[PETSc.Vec]:
        """Return work vectors of a kind, which are created on first use."""
        if kind not in self._made:
            self._made[kind] = [self.borders[0].weights.duplicate() for _ in range(number)]
        return self._made[kind]

    def destroy(self) -> None:
        """Free the vectors; collective."""
        self.forget()
        for vectors in self._made.values():
            for vector in vectors:
                vector.destroy()
        self._made.clear()
