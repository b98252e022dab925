"""Linear solvers of Newton's steps: their interface, and the direct one."""

from __future__ import annotations

from typing import Protocol

from petsc4py import PETSc

import numpy as np

from femsoret.base.errors import OutOfMemory
from femsoret.base.memory import MEMORY_HINT, memory_clause
from femsoret.problem import Problem
from femsoret.solve.linear.assembly import BlockSystem
from femsoret.solve.linear.constraint import ConstrainedOperator, ConstrainedSolve, SingularSolve


class LinearSolver(Protocol):
    """Solves the linear systems of Newton's steps.

    Attributes:
        system: The assembled problem.
        operator: The Jacobian with its functional rows, as a shell matrix.
        matrix: The assembled matrix that the preconditioner is made from.
    """

    system: BlockSystem
    operator: PETSc.Mat
    matrix: PETSc.Mat

    @property
    def context(self) -> ConstrainedSolve | SingularSolve:
        """Python context of the preconditioner."""

    def update(self, x: PETSc.Vec, shift: float = 0.0) -> None:
        """Assemble everything at a state.

        Args:
            x: The state.
            shift: Factor of the mass matrix, which is added: 1/dt of an implicit step in time.
        """

    def failure(self) -> str:
        """Return what the solver says of a failure, a clause; empty where it says nothing."""

    def shortage(self) -> OutOfMemory | None:
        """Return the error to raise where a factorisation ran out of memory, else None."""

    def determinant(self) -> tuple[int, float] | None:
        """Return sign and binary logarithm of the Jacobian's determinant; None if unknown."""

    def fall_back(self) -> bool:
        """Change to a costlier way that fails less often; return whether there is one; collective.

        What was set up is lost: :meth:`update` comes next.
        """

    def destroy(self) -> None:
        """Free the PETSc objects; collective."""


class IterativeSolver:
    """Defaults of iterative linear solvers (see :class:`LinearSolver`)."""

    def failure(self) -> str:
        """Return an empty text."""
        return ""

    def shortage(self) -> OutOfMemory | None:
        """Return None."""
        return None

    def determinant(self) -> tuple[int, float] | None:
        """Return None."""
        return None

    def fall_back(self) -> bool:
        """Return that there is no other way."""
        return False


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
        """Return MUMPS's error code, in words."""
        return mumps_failure(self.factor)

    def shortage(self) -> OutOfMemory | None:
        """Return the error where MUMPS ran out of memory, else None."""
        return mumps_shortage(self.factor)

    def determinant(self) -> tuple[int, float] | None:
        """Return sign and binary logarithm of |det J|, functional rows included.

        None unless ``mat_mumps_icntl_33`` = 1 asks MUMPS for it (ICNTL(33), RINFOG(12), INFOG(34)
        of its users' guide).
        """
        factor = self.factor.getFactorMatrix()
        if factor.getMumpsIcntl(33) != 1:
            return None
        mantissa, exponent = factor.getMumpsRinfog(12), factor.getMumpsInfog(34)
        value = mantissa * self.context.determinant_factor()
        return int(np.sign(value)), exponent + float(np.log2(abs(value)) if value else -np.inf)

    def fall_back(self) -> bool:
        """Return that there is no other way."""
        return False

    def destroy(self) -> None:
        """Free the PETSc objects (see :class:`LinearSolver`)."""
        self.operator.destroy()
        self.factor.destroy()
        self.system.destroy()


def mumps_failure(factor: PETSc.PC) -> str:
    """Return MUMPS's error code, as a clause; empty where MUMPS was not the solver.

    Args:
        factor: The factorisation.
    """
    if factor.getType() != PETSc.PC.Type.LU:
        return ""
    # INFOG(1) < 0: -10 singular; see also mumps_shortage.
    return f", MUMPS INFOG(1) = {factor.getFactorMatrix().getMumpsInfog(1)}"


WORKSPACE = frozenset({-8, -9, -11, -12, -14, -15, -17, -20})
"""MUMPS's INFOG(1) where the workspace that it had estimated was too small."""
UNGRANTED = frozenset({-5, -7, -13, -22})
"""INFOG(1) where the operating system did not grant the memory."""
CAPPED = -19
"""INFOG(1) where MUMPS needs more than ICNTL(23) allows."""


def mumps_shortage(factor: PETSc.PC) -> OutOfMemory | None:
    """Return the error where MUMPS ran out of memory, else None.

    Args:
        factor: The factorisation, after an attempt.
    """
    if factor.getType() != PETSc.PC.Type.LU or not factor.getFailedReason():
        return None
    matrix = factor.getFactorMatrix()
    if matrix.getType() != PETSc.Mat.SolverType.MUMPS:
        return None
    code, room, cap = (matrix.getMumpsInfog(1), matrix.getMumpsIcntl(14), matrix.getMumpsIcntl(23))
    # The users' guide of MUMPS: INFOG(17) is what the analysis estimates for all ranks together.
    needs = f"MUMPS estimates {matrix.getMumpsInfog(17)} MB in all for it (INFOG(1) = {code})"
    if code in WORKSPACE:
        limit = f", and mat_mumps_icntl_23 (now {cap} MB a rank) or leave that out" if cap else ""
        return OutOfMemory(
            f"the workspace of a factorisation was too small; {needs}",
            f"raise solver.petsc.mat_mumps_icntl_14 (now {room} per cent over the estimate){limit}",
        )
    if code == CAPPED:
        return OutOfMemory(
            f"a factorisation needs more than the {cap} MB a rank that "
            f"solver.petsc.mat_mumps_icntl_23 lets it have; {needs}",
            "raise it, or leave it out: MUMPS then takes what it needs",
        )
    if code in UNGRANTED:
        there = memory_clause(factor.comm.tompi4py())
        return OutOfMemory(f"out of memory in a factorisation; {needs}{there}", MEMORY_HINT)
    return None


def shell(system: BlockSystem, A: PETSc.Mat) -> PETSc.Mat:
    """Return a Jacobian with the functional rows in their places, as a shell matrix.

    Args:
        system: The assembled problem, which has the functional rows.
        A: Its Jacobian.
    """
    operator = PETSc.Mat().createPython(
        A.getSizes(), ConstrainedOperator(A, system.constraints), comm=system.comm
    )
    operator.setUp()
    return operator
