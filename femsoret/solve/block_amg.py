"""Sweeps over the blocks of one mesh, each by algebraic multigrid."""

from __future__ import annotations

from petsc4py import PETSc

from femsoret.problem import Problem
from femsoret.solve.block_sweep import BlockSweep
from femsoret.solve.constraint import MeanValues
from femsoret.solve.level import Level
from femsoret.solve.linear import Iterative, shell


class BlockAMG(Iterative):
    """Sweeps over the blocks of one mesh, whatever the options make of each.

    Args:
        problem: The problem.
        prefix: Prefix of its PETSc options.
    """

    def __init__(self, problem: Problem, prefix: str) -> None:
        self.level = Level(problem)
        self.system = system = self.level.system
        self.matrix = system.matrix
        self.operator = shell(system, self.level.operator)
        sweep = PETSc.PC().createPython(BlockSweep(self.level, prefix), comm=system.comm)
        self.context = MeanValues(system, self.level.operator, sweep)

    def update(self, x: PETSc.Vec, shift: float = 0.0) -> None:
        """Assemble at a state (see :class:`~femsoret.solve.linear.LinearSolver`)."""
        self.level.update(x, shift)

    def destroy(self) -> None:
        """Free the PETSc objects (see :class:`~femsoret.solve.linear.LinearSolver`)."""
        self.operator.destroy()
        self.context.release()
        self.level.destroy()
