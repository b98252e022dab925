"""PETSc operators and preconditioners that include functional rows.

Functional rows replace redundant equations k. The true Jacobian is A + sum_k e_k (w_k - e_k)^T,
where row k of A is a unit row and w_k^T x is the value of the functional row. This row is dense and
therefore not stored in a matrix. :mod:`femsoret.solve.linear.bordered` solves the system with a
solver for A and an added unknown s_k in each replaced equation:

    A x + sum_k e_k s_k = b,    w_k^T x = b_k.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property

from petsc4py import PETSc

import numpy as np

from femsoret.base.errors import NotConverged
from femsoret.base.log import get_logger
from femsoret.base.types import Array
from femsoret.solve.linear.assembly import BlockSystem, Constraint
from femsoret.solve.linear.bordered import NEVER_SINGULAR, PETSC_VECTORS, Bordered, BorderedSolver
from femsoret.solve.linear.mumps import factorise

log = get_logger(__name__)

WHAT = "the pressure levels and the amounts of species that are fixed by functional rows"


class ConstrainedOperator:
    """Python context of a shell matrix that applies A with functional rows substituted.

    Args:
        A: The matrix; its rows in place of the functional rows are not used.
        constraints: The functional rows.
    """

    def __init__(self, A: PETSc.Mat, constraints: Sequence[Constraint]) -> None:
        self.A = A
        self.constraints = constraints

    def mult(self, mat: PETSc.Mat, x: PETSc.Vec, y: PETSc.Vec) -> None:
        """Apply the operator (PETSc's callback)."""
        self.A.mult(x, y)
        put_entries(y, self.constraints, values_of(self.constraints, x))

    def multTranspose(self, mat: PETSc.Mat, x: PETSc.Vec, y: PETSc.Vec) -> None:
        """Apply the transpose (PETSc's callback)."""
        wanted = entries_of(x, self.constraints)
        others = x.copy()
        put_entries(others, self.constraints, np.zeros_like(wanted))
        self.A.multTranspose(others, y)
        others.destroy()
        PETSC_VECTORS.subtract(y, -wanted, [c.weights for c in self.constraints])


class ConstrainedSolve:
    """Python context of a preconditioner that adds functional rows to a preconditioner of A.

    If the inner preconditioner is exact (LU), this is the exact inverse of the true Jacobian.

    Args:
        inner: The preconditioner of A.
        constraints: The functional rows.
    """

    def __init__(self, inner: PETSc.PC, constraints: Sequence[Constraint]) -> None:
        self.inner = inner
        self.constraints = constraints
        self._failed = False
        self._dense: dict[int, tuple[PETSc.Mat, PETSc.Mat]] = {}
        self.bordered = BorderedSolver(
            constraints,
            self.inner.apply,
            self.inner.applyTranspose,
            what=WHAT,
            singular=NEVER_SINGULAR,
        )

    def setUp(self, pc: PETSc.PC) -> None:
        """Factorise A and compute A^-1 B of the bordered system (PETSc's callback)."""
        A = pc.getOperators()[1]
        self.bordered.forget()
        if self._failed:
            self.inner.reset()  # PETSc takes no factorisation by MUMPS again after one that failed
        self.inner.setOperators(A, A)
        failed = factorise(self.inner)
        self._failed = bool(failed)
        if failed:
            pc.setFailedReason(failed)  # the KSP stops; MUMPS would end the process
            return
        try:
            self.bordered.update()
        except NotConverged as singular:  # the KSP stops likewise, and its caller restores states
            log.debug("%s", singular.message)
            pc.setFailedReason(PETSc.PC.FailedReason.SUBPC_ERROR)

    def destroy(self, pc: PETSc.PC) -> None:
        """Free the vectors; collective (PETSc's callback)."""
        self.bordered.destroy()
        for matrices in self._dense.values():
            for matrix in matrices:
                matrix.destroy()
        self._dense.clear()

    def apply(self, pc: PETSc.PC, b: PETSc.Vec, x: PETSc.Vec) -> None:
        """Solve A_true x = b; NaN if A could not be factorised (PETSc's callback)."""
        if not self.bordered.is_ready:
            x.set(np.nan)
            return
        self.bordered.solve(b, entries_of(b, self.constraints), x)

    def apply_each(self, vectors: Sequence[PETSc.Vec]) -> bool:
        """Solve A_true x = b for several right-hand sides at once; collective.

        The triangular factors are read once for all of them, which takes a third of the time.

        Args:
            vectors: The right-hand sides; overwritten with the solutions.

        Returns:
            Whether A is factorised; otherwise the vectors are left as they are.
        """
        factorised = self.inner.getType() == PETSc.PC.Type.LU and self.bordered.is_ready
        if not factorised or not vectors:
            return factorised
        values = [entries_of(b, self.constraints) for b in vectors]
        sides, solutions = self._columns(vectors)
        array = sides.getDenseArray()
        for j, b in enumerate(vectors):
            array[:, j] = b.array_r
        sides.assemble()
        self.inner.getFactorMatrix().matSolve(sides, solutions)
        found = solutions.getDenseArray(readonly=True)
        for j, (x, value) in enumerate(zip(vectors, values, strict=True)):
            x.array_w[:] = found[:, j]
            self.bordered.complete(x, value)
        return True

    def _columns(self, vectors: Sequence[PETSc.Vec]) -> tuple[PETSc.Mat, PETSc.Mat]:
        """Return dense matrices for as many right-hand sides, which are made once."""
        number = len(vectors)
        if number not in self._dense:
            rows = vectors[0].getSizes()
            made = [
                PETSc.Mat().createDense((rows, (None, number)), comm=vectors[0].comm)
                for _ in range(2)
            ]
            for matrix in made:
                matrix.setUp()
            self._dense[number] = (made[0], made[1])
        return self._dense[number]

    def applyTranspose(self, pc: PETSc.PC, b: PETSc.Vec, x: PETSc.Vec) -> None:
        """Solve A_true^T x = b; NaN if A could not be factorised (PETSc's callback)."""
        if not self.bordered.is_ready:
            x.set(np.nan)
            return
        # x = K^-1 (b, b_k) without s, K the bordered matrix: the transpose swaps these two steps.
        s = self.bordered.solve_transposed(b, np.zeros(len(self.constraints)), x)
        put_entries(x, self.constraints, entries_of(x, self.constraints) + s)

    def determinant_factor(self) -> float:
        """Return det(A_true)/det(A)."""
        # The bordered matrix has another sign for each row: det(-C^T A^-1 B).
        return float(np.linalg.det(-self.bordered.small)) if self.constraints else 1.0


class CorrectionSolve(ConstrainedSolve):
    """Solver for corrections: the right-hand side of the functional rows is taken as zero."""

    _b: PETSc.Vec | None = None

    def apply(self, pc: PETSc.PC, b: PETSc.Vec, x: PETSc.Vec) -> None:
        """Solve A_true x = b with zeros in the functional rows of b (PETSc's callback)."""
        if self._b is None:
            self._b = b.duplicate()
        b.copy(self._b)
        put_entries(self._b, self.constraints, np.zeros(len(self.constraints)))
        super().apply(pc, self._b, x)

    def destroy(self, pc: PETSc.PC) -> None:
        """Free the vectors; collective (PETSc's callback)."""
        super().destroy(pc)
        if self._b is not None:
            self._b.destroy()
            self._b = None


class SingularSolve:
    """Python context of an outer preconditioner that adds functional rows to a singular cycle.

    In the Newton system each functional row replaces an equation. The cycle needs the right-hand
    side of that equation, which is minus the weighted sum of the other linearly dependent entries.
    The result of the cycle is then shifted along the kernel vectors so that the functional rows
    hold.

    Args:
        system: The assembled problem.
        cycle: Preconditioner of the singular Jacobian, with its operators set.
    """

    def __init__(self, system: BlockSystem, cycle: PETSc.PC) -> None:
        self.system, self.cycle = system, cycle

    def setUp(self, pc: PETSc.PC) -> None:
        """Set up the cycle (PETSc's callback)."""
        self.cycle.setUp()

    def release(self) -> None:
        """Free the PETSc objects; collective.

        It is not named ``destroy`` because PETSc calls a method of that name.
        """
        self.cycle.destroy()
        if "_b" in self.__dict__:
            self._b.destroy()

    @cached_property
    def _bordered(self) -> Bordered[PETSc.Vec]:
        constraints = self.system.constraints
        weights, kernels = [c.weights for c in constraints], [c.kernel for c in constraints]
        return Bordered(weights, kernels, PETSC_VECTORS, what=WHAT)

    @cached_property
    def _b(self) -> PETSc.Vec:
        return self.system.vector()

    @cached_property
    def _shares(self) -> Array:
        """Factor of each replaced equation in each redundant sum, shape (rows, rows)."""
        units = np.eye(len(self.system.constraints))
        self._b.zeroEntries()
        shares = []
        for unit in units:
            put_entries(self._b, self.system.constraints, unit)
            shares.append(self._sums())
        return np.array(shares).reshape(units.shape).T

    def _sums(self) -> Array:
        """Return the weighted sums of redundant entries of the right-hand side, shape (rows,)."""
        local = [self.system.sum_of_redundant(self._b, c) for c in self.system.constraints]
        return np.asarray(self.system.comm.allreduce(np.array(local)))

    def apply(self, pc: PETSc.PC, b: PETSc.Vec, x: PETSc.Vec) -> None:
        """Apply the preconditioner (PETSc's callback)."""
        constraints, shares = self.system.constraints, self._shares
        wanted = entries_of(b, constraints)
        b.copy(self._b)
        put_entries(self._b, constraints, np.zeros(len(constraints)))
        if constraints:
            put_entries(self._b, constraints, np.asarray(np.linalg.solve(shares, -self._sums())))
        self.cycle.apply(self._b, x)
        self._bordered.complete(x, wanted)


def values_of(constraints: Sequence[Constraint], x: PETSc.Vec) -> Array:
    """Return the values w.x of functional rows, shape (rows,); collective.

    Args:
        constraints: The functional rows.
        x: The state, in natural sizes.
    """
    return PETSC_VECTORS.dots([constraint.weights for constraint in constraints], x)


def entries_of(b: PETSc.Vec, constraints: Sequence[Constraint]) -> Array:
    """Return the entries of a vector at the replaced equations, on all ranks; collective.

    Args:
        b: The vector.
        constraints: The functional rows.

    Returns:
        The entries, shape (rows,).
    """
    first, last = b.getOwnershipRange()
    entries = b.array_r
    local = [entries[c.row - first] if first <= c.row < last else 0.0 for c in constraints]
    return np.asarray(b.comm.tompi4py().allreduce(np.array(local)))


def put_entries(b: PETSc.Vec, constraints: Sequence[Constraint], values: Array) -> None:
    """Set the entries of a vector at the replaced equations.

    Args:
        b: The vector; modified in place.
        constraints: The functional rows.
        values: Values of the entries, the same on all ranks, shape (rows,).
    """
    first, last = b.getOwnershipRange()
    entries = b.array_w
    for constraint, value in zip(constraints, values, strict=True):
        if first <= constraint.row < last:
            entries[constraint.row - first] = value
