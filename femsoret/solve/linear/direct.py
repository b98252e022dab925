"""Linear solvers for Newton steps: the common interface, and direct factorisation by MUMPS."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from petsc4py import PETSc

import numpy as np

from femsoret.base.errors import OutOfMemory
from femsoret.problem import Problem
from femsoret.solve.linear.assembly import BlockSystem
from femsoret.solve.linear.constraint import ConstrainedOperator, ConstrainedSolve, SingularSolve
from femsoret.solve.linear.mumps import mumps_failure, mumps_shortage
from femsoret.solve.linear.reduced_steps import ReducedSteps


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
    def context(self) -> ConstrainedSolve | SingularSolve | EitherSolve:
        """Python context of the preconditioner."""

    @property
    def is_exact(self) -> bool:
        """Whether the solver was last set up for the exact Jacobian."""

    def update(self, x: PETSc.Vec, shift: float = 0.0) -> None:
        """Assemble all matrices of the solver at a state.

        Args:
            x: The state, in natural sizes.
            shift: Multiple of the mass matrix to add, e.g. 1/dt for an implicit Euler step.
        """

    def update_step(self, x: PETSc.Vec) -> None:
        """Assemble all matrices for a Newton step, for which an approximate Jacobian may do.

        Args:
            x: The state, in natural sizes.
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

    is_exact = True

    def update(self, x: PETSc.Vec, shift: float = 0.0) -> None:
        """Assemble the Jacobian at a state (see :class:`LinearSolver`)."""
        raise NotImplementedError

    def update_step(self, x: PETSc.Vec) -> None:
        """Assemble the Jacobian: iterative solvers take it as it is."""
        self.update(x)

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
        reduced: Whether Newton steps are taken by a factorisation without the velocity potential
            (:mod:`femsoret.solve.linear.reduced_steps`).
    """

    def __init__(self, problem: Problem, prefix: str, *, reduced: bool = False) -> None:
        self.system = system = BlockSystem(problem)
        self.matrix = system.matrix
        self.factor = PETSc.PC().create(system.comm)
        self.factor.setOptionsPrefix(prefix)
        self.factor.setFromOptions()
        exact = ConstrainedSolve(self.factor, system.constraints)
        self.context = EitherSolve(exact, ReducedSteps(system, prefix) if reduced else None)
        whole = ConstrainedOperator(system.matrix, system.constraints)
        self.operator = PETSc.Mat().createPython(
            self.matrix.getSizes(),
            EitherOperator(whole, self.context, self._assemble_whole),
            comm=system.comm,
        )
        self.operator.setUp()
        self._state: PETSc.Vec | None = None

    @property
    def is_exact(self) -> bool:
        """Whether the whole Jacobian was factorised last."""
        return self.context.is_exact

    def update(self, x: PETSc.Vec, shift: float = 0.0) -> None:
        """Assemble the Jacobian (see :class:`LinearSolver`)."""
        self.context.is_exact = True
        self.system.jacobian(x, shift)

    def update_step(self, x: PETSc.Vec) -> None:
        """Assemble the Jacobian, or that without chi (see :class:`LinearSolver`)."""
        if self.context.reduced is None:
            self.update(x)
            return
        self.context.is_exact = False
        self.context.reduced.update(x)
        self._state = self._state or x.duplicate()
        x.copy(self._state)
        self.matrix.stateIncrease()  # PETSc sets up a preconditioner again if its matrix changed

    def _assemble_whole(self) -> None:
        """Assemble the whole Jacobian at the state of the last reduced step."""
        self.system.jacobian(self._state)

    @property
    def _factor(self) -> PETSc.PC:
        """The factorisation that was used last."""
        reduced = self.context.reduced
        return self.factor if self.is_exact or reduced is None else reduced.factor

    def failure(self) -> str:
        """Return the MUMPS error code as a clause."""
        return mumps_failure(self._factor)

    def shortage(self) -> OutOfMemory | None:
        """Return the error to raise if MUMPS ran out of memory, else None."""
        return mumps_shortage(self._factor)

    def determinant(self) -> tuple[int, float] | None:
        """Return sign and binary logarithm of |det J|, functional rows included.

        The result is None unless the option ``mat_mumps_icntl_33`` is 1 (see ICNTL(33), RINFOG(12)
        and INFOG(34) in the MUMPS users' guide), or if the whole Jacobian was not factorised last.
        """
        if not self.is_exact:
            return None
        factor = self.factor.getFactorMatrix()
        if factor.getMumpsIcntl(33) != 1:
            return None
        mantissa, exponent = factor.getMumpsRinfog(12), factor.getMumpsInfog(34)
        value = mantissa * self.context.exact.determinant_factor()
        return int(np.sign(value)), exponent + float(np.log2(abs(value)) if value else -np.inf)

    def fall_back(self) -> bool:
        """Return False: there is no fallback method."""
        return False

    def destroy(self) -> None:
        """Free the PETSc objects (see :class:`LinearSolver`)."""
        self.operator.destroy()
        self.factor.destroy()
        if self._state is not None:
            self._state.destroy()
        self.system.destroy()


class EitherSolve:
    """Python context of a preconditioner: the factorised Jacobian, or that of reduced Newton steps.

    Args:
        exact: Solver with the whole Jacobian.
        reduced: Solver of Newton steps without the velocity potential, if there is one.

    Attributes:
        is_exact: Which of them applies.
    """

    def __init__(self, exact: ConstrainedSolve, reduced: ReducedSteps | None) -> None:
        self.exact, self.reduced = exact, reduced
        self.is_exact = True

    @property
    def _present(self) -> ConstrainedSolve | ReducedSteps:
        return self.exact if self.is_exact or self.reduced is None else self.reduced

    def setUp(self, pc: PETSc.PC) -> None:
        """Factorise (PETSc's callback)."""
        self._present.setUp(pc)

    def apply(self, pc: PETSc.PC, b: PETSc.Vec, x: PETSc.Vec) -> None:
        """Solve a linear system (PETSc's callback)."""
        self._present.apply(pc, b, x)

    def applyTranspose(self, pc: PETSc.PC, b: PETSc.Vec, x: PETSc.Vec) -> None:
        """Solve the transposed system with the whole Jacobian (PETSc's callback)."""
        self.exact.applyTranspose(pc, b, x)

    def destroy(self, pc: PETSc.PC) -> None:
        """Free the PETSc objects; collective (PETSc's callback)."""
        self.exact.destroy(pc)
        if self.reduced is not None:
            self.reduced.destroy(pc)


class EitherOperator:
    """Python context of a shell matrix: the Jacobian, or that of reduced Newton steps.

    Args:
        exact: The whole Jacobian.
        solve: Says which of them was set up last.
        assemble: Assembles the whole Jacobian at the state of the last reduced step.
    """

    def __init__(
        self, exact: ConstrainedOperator, solve: EitherSolve, assemble: Callable[[], None]
    ) -> None:
        self._exact, self._solve, self._assemble = exact, solve, assemble

    def mult(self, mat: PETSc.Mat, x: PETSc.Vec, y: PETSc.Vec) -> None:
        """Apply the operator (PETSc's callback)."""
        reduced = self._solve.reduced
        if self._solve.is_exact or reduced is None:
            self._exact.mult(mat, x, y)
        else:
            reduced.mult(x, y)

    def multTranspose(self, mat: PETSc.Mat, x: PETSc.Vec, y: PETSc.Vec) -> None:
        """Apply the transpose of the whole Jacobian (PETSc's callback).

        PETSc asks for it where a line search fails, to tell a local minimum of the residual.
        """
        if not self._solve.is_exact:
            self._assemble()
        self._exact.multTranspose(mat, x, y)


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
