"""Sweeps over the blocks of one mesh, each by algebraic multigrid."""

from __future__ import annotations

from petsc4py import PETSc

from femsoret.problem import Problem
from femsoret.solve.block_sweep import BlockSweep
from femsoret.solve.constraint import SingularSolve
from femsoret.solve.elimination import whole_of
from femsoret.solve.linear import Iterative, shell


class BlockAMG(Iterative):
    """Sweeps over the blocks of one mesh, whatever the options make of each.

    Args:
        problem: The problem.
        prefix: Prefix of its PETSc options.
    """

    def __init__(self, problem: Problem, prefix: str) -> None:
        self.whole = whole_of(problem)
        rest, self.system = self.whole.rest, self.whole.system
        self.matrix = self.system.matrix
        self.operator = shell(self.system, self.whole.operator)
        sweep = PETSc.PC().createPython(BlockSweep(rest, prefix), comm=self.system.comm)
        sweep.setOperators(rest.operator, rest.matrix)
        cycle = self.whole.preconditioner(sweep, prefix)
        self.context = SingularSolve(self.system, self.whole.operator, cycle)

    def update(self, x: PETSc.Vec, shift: float = 0.0) -> None:
        """Assemble at a state (see :class:`~femsoret.solve.linear.LinearSolver`)."""
        self.whole.update(x, shift)

    def destroy(self) -> None:
        """Free the PETSc objects (see :class:`~femsoret.solve.linear.LinearSolver`)."""
        self.operator.destroy()
        self.context.release()
        self.whole.destroy()
