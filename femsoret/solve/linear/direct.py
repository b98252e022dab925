"""Linear solvers for Newton steps: the common interface, and direct factorisation by MUMPS."""

from __future__ import annotations

from typing import Protocol

from petsc4py import PETSc

import numpy as np

from femsoret.base.errors import OutOfMemory
from femsoret.problem import Problem
from femsoret.solve.linear.assembly import BlockSystem
from femsoret.solve.linear.constraint import ConstrainedOperator, ConstrainedSolve, SingularSolve
from femsoret.solve.linear.mumps import mumps_failure, mumps_shortage


class LinearSolver(Protocol):
    """Interface of solvers for the linear systems of Newton steps.

    Attributes:
        system: The assembled problem.
        operator: The Jacobian with functional rows, as a shell matrix.
        matrix: The assembled matrix from which the preconditioner is built.
    """

    system: BlockSystem
    operator: PETSc.Mat
    matrix: PETSc.Mat

    @property
    def context(self) -> ConstrainedSolve | SingularSolve:
        """Python context of the preconditioner."""

    def update(self, x: PETSc.Vec, shift: float = 0.0) -> None:
        """Assemble all matrices of the solver at a state.

        Args:
            x: The state, in natural sizes.
            shift: Multiple of the mass matrix to add, e.g. 1/dt for an implicit Euler step.
        """

    def failure(self) -> str:
        """Return details of a failure as a clause for an error message; may be empty."""

    def shortage(self) -> OutOfMemory | None:
        """Return the error to raise if a factorisation ran out of memory, else None."""

    def determinant(self) -> tuple[int, float] | None:
        """Return sign and binary logarithm of |det J| of the Jacobian; None if unknown."""

    def fall_back(self) -> bool:
        """Switch to a costlier, more robust method, and return whether there is one; collective.

        Afterwards, :meth:`update` must be called again.
        """

    def destroy(self) -> None:
        """Free the PETSc objects; collective."""


class IterativeSolver:
    """Default methods of iterative linear solvers (see :class:`LinearSolver`)."""

    def failure(self) -> str:
        """Return an empty string: there are no details to report."""
        return ""

    def shortage(self) -> OutOfMemory | None:
        """Return None: there is no factorisation."""
        return None

    def determinant(self) -> tuple[int, float] | None:
        """Return None: the determinant is unknown."""
        return None

    def fall_back(self) -> bool:
        """Return False: there is no fallback method."""
        return False


class Direct:
    """Direct solver that factorises the whole block matrix.

    Args:
        problem: The problem.
        prefix: Prefix of the solver's PETSc options.
    """

    def __init__(self, problem: Problem, prefix: str) -> None:
        self.system = system = BlockSystem(problem)
        self.matrix = system.matrix
        self.operator = shell(system, system.matrix)
        self.factor = PETSc.PC().create(system.comm)
        self.factor.setOptionsPrefix(prefix)
        self.factor.setFromOptions()
        self.context = ConstrainedSolve(self.factor, system.constraints)

    def update(self, x: PETSc.Vec, shift: float = 0.0) -> None:
        """Assemble the Jacobian (see :class:`LinearSolver`)."""
        self.system.jacobian(x, shift)

    def failure(self) -> str:
        """Return the MUMPS error code as a clause."""
        return mumps_failure(self.factor)

    def shortage(self) -> OutOfMemory | None:
        """Return the error to raise if MUMPS ran out of memory, else None."""
        return mumps_shortage(self.factor)

    def determinant(self) -> tuple[int, float] | None:
        """Return sign and binary logarithm of |det J|, functional rows included.

        The result is None unless the option ``mat_mumps_icntl_33`` is 1 (see ICNTL(33), RINFOG(12)
        and INFOG(34) in the MUMPS users' guide).
        """
        factor = self.factor.getFactorMatrix()
        if factor.getMumpsIcntl(33) != 1:
            return None
        mantissa, exponent = factor.getMumpsRinfog(12), factor.getMumpsInfog(34)
        value = mantissa * self.context.determinant_factor()
        return int(np.sign(value)), exponent + float(np.log2(abs(value)) if value else -np.inf)

    def fall_back(self) -> bool:
        """Return False: there is no fallback method."""
        return False

    def destroy(self) -> None:
        """Free the PETSc objects (see :class:`LinearSolver`)."""
        self.operator.destroy()
        self.factor.destroy()
        self.system.destroy()


def shell(system: BlockSystem, A: PETSc.Mat) -> PETSc.Mat:
    """Return a shell matrix of the Jacobian with functional rows substituted.

    Args:
        system: The assembled problem, whose functional rows are used.
        A: The Jacobian of the problem, with or without unit rows in place of functional rows.
    """
    operator = PETSc.Mat().createPython(
        A.getSizes(), ConstrainedOperator(A, system.constraints), comm=system.comm
    )
    operator.setUp()
    return operator
