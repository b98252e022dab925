"""Linear solvers of Newton steps: what Newton asks of them, and the direct one."""

from __future__ import annotations

from typing import Any, Protocol

from petsc4py import PETSc

import numpy as np

from femsoret.problem import Problem
from femsoret.solve.assembly import BlockSystem
from femsoret.solve.constraint import ConstrainedOperator, ConstrainedSolve


class LinearSolver(Protocol):
    """What a Newton step is solved with.

    Attributes:
        system: The assembled problem.
        operator: The Jacobian, as a shell matrix.
        matrix: The assembled matrix that the preconditioner is made from.
        context: Python context of the preconditioner.
    """

    system: BlockSystem
    operator: PETSc.Mat
    matrix: PETSc.Mat
    context: Any

    def update(self, x: PETSc.Vec, shift: float = 0.0) -> None:
        """Assemble everything at a state.

        Args:
            x: The state.
            shift: Added times the mass matrix: 1/dt of an implicit step in time.
        """

    def failure(self) -> str:
        """Return what is known about a failure, empty where nothing is."""

    def determinant(self) -> tuple[int, float] | None:
        """Return sign and binary logarithm of the Jacobian's determinant; None if unknown."""

    def destroy(self) -> None:
        """Free the PETSc objects; collective."""


class Iterative:
    """What iterative linear solvers cannot say."""

    def failure(self) -> str:
        """Return nothing (see :class:`LinearSolver`)."""
        return ""

    def determinant(self) -> tuple[int, float] | None:
        """Return None (see :class:`LinearSolver`)."""
        return None


class Direct:
    """A factorisation of the whole block matrix.

    Args:
        problem: The problem.
        prefix: Prefix of its PETSc options.
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
        """Return MUMPS's own word (see :class:`LinearSolver`)."""
        return mumps_failure(self.factor)

    def determinant(self) -> tuple[int, float] | None:
        """Return sign and binary logarithm of |det J| of the last factorisation.

        None where MUMPS was not asked for it by ``mat_mumps_icntl_33`` = 1 (ICNTL(33), RINFOG(12),
        INFOG(34) of its users' guide). Woodbury's correction takes its part:
        det(A + U V^T) = det A det(1 + V^T A^-1 U).
        """
        factor = self.factor.getFactorMatrix()
        if factor.getMumpsIcntl(33) != 1:
            return None
        mantissa, exponent = factor.getMumpsRinfog(12), factor.getMumpsInfog(34)
        correction = np.linalg.det(self.context.small) if self.context.columns else 1.0
        value = mantissa * correction
        return int(np.sign(value)), exponent + float(np.log2(abs(value)) if value else -np.inf)

    def destroy(self) -> None:
        """Free the PETSc objects (see :class:`LinearSolver`)."""
        self.operator.destroy()
        self.factor.destroy()
        self.system.destroy()


def mumps_failure(factor: PETSc.PC) -> str:
    """Return MUMPS's own word on a factorisation, empty if it was not asked.

    Args:
        factor: The factorisation.
    """
    if factor.getType() != PETSc.PC.Type.LU:
        return ""
    # INFOG(1) < 0: -9 too little room (mat_mumps_icntl_14), -10 singular, -13 no memory.
    return f", MUMPS INFOG(1) = {factor.getFactorMatrix().getMumpsInfog(1)}"


def shell(system: BlockSystem, A: PETSc.Mat) -> PETSc.Mat:
    """Return A with the mean values in their rows, as a shell matrix.

    Args:
        system: The assembled problem, which knows the mean values.
        A: Its Jacobian.
    """
    operator = PETSc.Mat().createPython(
        A.getSizes(), ConstrainedOperator(A, system.constraints), comm=system.comm
    )
    operator.setUp()
    return operator
