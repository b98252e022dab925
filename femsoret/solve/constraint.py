"""Mean values inside linear solves, without a dense row.

The true Jacobian is A + sum_k e_k (w_k - e_k)^T, where A has a unit row at k and w_k^T x is the
mean of a block. A is factorised as it is; the low-rank rest is Woodbury's formula with one
back-substitution a constraint, done once a factorisation, or none where the solution is known.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import Any

from petsc4py import PETSc

import numpy as np

from femsoret.solve.assembly import BlockSystem, Constraint


class ConstrainedOperator:
    """Python context of a shell matrix: y = A x with the mean values in their rows."""

    def __init__(self, A: PETSc.Mat, constraints: Sequence[Constraint]) -> None:
        self.A = A
        self.constraints = constraints

    def mult(self, mat: PETSc.Mat, x: PETSc.Vec, y: PETSc.Vec) -> None:
        """Apply the operator."""
        self.A.mult(x, y)
        means = [constraint.weights.dot(x) for constraint in self.constraints]
        first, last = y.getOwnershipRange()
        for constraint, mean in zip(self.constraints, means, strict=True):
            if first <= constraint.row < last:
                y.setValue(constraint.row, mean)
        y.assemble()


class ConstrainedSolve:
    """Python context of a preconditioner: an inner one for A, corrected by Woodbury's formula.

    With an exact inner one (LU) this is the exact inverse of the true Jacobian.
    """

    def __init__(self, inner: PETSc.PC, constraints: Sequence[Constraint]) -> None:
        self.inner = inner
        self.constraints = constraints
        self.columns: list[PETSc.Vec] = []
        self.small: Any = None
        self._solved: dict[int, PETSc.Vec] = {}
        self._unit: PETSc.Vec | None = None

    def setUp(self, pc: PETSc.PC) -> None:
        """Factorise A and solve for the columns of the correction."""
        A = pc.getOperators()[1]
        self.inner.setOperators(A, A)
        self.inner.setUp()
        self.columns = []
        failed = self.inner.getFailedReason()
        if failed:
            pc.setFailedReason(failed)  # the KSP stops there; MUMPS would end the process
            return
        self.columns = [self._column(A, i) for i in range(len(self.constraints))]
        # (w_k - e_k)^T A^-1 e_l + delta_kl; row k of A is a unit row, so e_k^T A^-1 e_l = delta_kl.
        self.small = np.array(
            [[c.weights.dot(column) for column in self.columns] for c in self.constraints]
        )

    def _column(self, A: PETSc.Mat, i: int) -> PETSc.Vec:
        """Return A^-1 e_row for a mean value, in a vector that every factorisation uses again."""
        constraint = self.constraints[i]
        if constraint.level is not None:
            return constraint.level
        if self._unit is None:
            self._unit = A.createVecRight()
        if i not in self._solved:
            self._solved[i] = self._unit.duplicate()
        unit, column = self._unit, self._solved[i]
        unit.zeroEntries()
        first, last = unit.getOwnershipRange()
        if first <= constraint.row < last:
            unit.setValue(constraint.row, 1.0)
        unit.assemble()
        self.inner.apply(unit, column)
        return column

    def destroy(self, pc: PETSc.PC) -> None:
        """Free the vectors; collective (PETSc's callback)."""
        for vector in (self._unit, *self._solved.values()):
            if vector is not None:
                vector.destroy()
        self._unit, self._solved, self.columns = None, {}, []

    def apply(self, pc: PETSc.PC, b: PETSc.Vec, x: PETSc.Vec) -> None:
        """Solve A_true x = b; nan where A could not be factorised."""
        if len(self.columns) < len(self.constraints):
            x.set(np.nan)
            return
        self.inner.apply(b, x)
        if not self.constraints:
            return
        wanted = self._entries(b)
        excess = np.array([c.weights.dot(x) for c in self.constraints]) - wanted
        for column, factor in zip(self.columns, np.linalg.solve(self.small, excess), strict=True):
            x.axpy(-factor, column)

    def _entries(self, b: PETSc.Vec) -> Any:
        """Return the entries of b in the constrained rows, on all ranks."""
        first, last = b.getOwnershipRange()
        local = [
            b.array_r[c.row - first] if first <= c.row < last else 0.0 for c in self.constraints
        ]
        return b.comm.tompi4py().allreduce(np.array(local))


class CorrectionSolve(ConstrainedSolve):
    """A direct solver of the singular Jacobian, for corrections: their mean values are zero."""

    def apply(self, pc: PETSc.PC, b: PETSc.Vec, x: PETSc.Vec) -> None:
        """Solve for a correction (PETSc's callback)."""
        b = b.copy()
        first, last = b.getOwnershipRange()
        for constraint in self.constraints:
            if first <= constraint.row < last:
                b.setValue(constraint.row, 0.0)
        b.assemble()
        super().apply(pc, b, x)
        b.destroy()


class MeanValues:
    """Python context of the outer preconditioner: a cycle for the singular Jacobian, mean values.

    In the system that Newton solves each mean value has taken the place of an equation. The cycle
    wants that equation back: minus the sum of the block's others in that part of the fluid.

    Args:
        system: The assembled problem.
        operator: Its Jacobian, singular.
        cycle: What it is preconditioned with.
    """

    def __init__(self, system: BlockSystem, operator: PETSc.Mat, cycle: PETSc.PC) -> None:
        self.system, self.operator, self.cycle = system, operator, cycle

    def setUp(self, pc: PETSc.PC) -> None:
        """Set all levels up (PETSc's callback)."""
        self.cycle.setOperators(self.operator, self.system.matrix)
        self.cycle.setUp()

    def release(self) -> None:
        """Free the PETSc objects; collective. Another name than PETSc's callback ``destroy``."""
        self.cycle.destroy()

    @cached_property
    def _blocks(self) -> list[int]:
        layout = self.system.problem.layout
        return [layout.index(constraint.block) for constraint in self.system.constraints]

    def apply(self, pc: PETSc.PC, b: PETSc.Vec, x: PETSc.Vec) -> None:
        """Precondition (PETSc's callback)."""
        system, constraints = self.system, self.system.constraints
        b = b.copy()
        first, last = b.getOwnershipRange()
        wanted = np.array(
            [b.array_r[c.row - first] if first <= c.row < last else 0.0 for c in constraints]
        )
        sums = np.array(
            [
                system.owned(b, i)[c.dofs].sum()
                for c, i in zip(constraints, self._blocks, strict=True)
            ]
        )
        wanted, sums = system.comm.allreduce(wanted), system.comm.allreduce(sums)
        for constraint, mean, total in zip(constraints, wanted, sums, strict=True):
            if first <= constraint.row < last:
                b.setValue(constraint.row, mean - total)
        b.assemble()
        self.cycle.apply(b, x)
        for constraint, i, mean in zip(constraints, self._blocks, wanted, strict=True):
            shift = mean - constraint.weights.dot(x)
            system.local(x, i)[constraint.dofs] += shift
        b.destroy()
