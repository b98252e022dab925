"""Sweeps over the blocks of one mesh, each by algebraic multigrid.

Heat, species and potential are swept one after the other; velocity and pressure together take a few
steps of FGMRES, each a sweep over pressure, velocity, pressure.
"""

from __future__ import annotations

from petsc4py import PETSc

import numpy as np

from femsoret.solve.assembly import BlockSystem
from femsoret.solve.constraint import MeanValues
from femsoret.solve.level import Level
from femsoret.solve.linear import shell

SCALARS = ("gamma", "theta", "phi")
"""The order of what is swept before the flow."""

FLOW = ("p", "u", "p")
"""The order of a sweep in the flow."""


class BlockAMG:
    """Sweeps over the blocks of one mesh, whatever the options make of each.

    Args:
        system: The assembled problem.
        prefix: Prefix of its PETSc options.
    """

    def __init__(self, system: BlockSystem, prefix: str) -> None:
        self.level = Level(system.problem, system)
        self.matrix = system.matrix
        self.operator = shell(system, self.level.operator)
        sweep = PETSc.PC().create(system.comm)
        sweep.setOptionsPrefix(prefix)
        sweep.setFromOptions()
        sweep.setFieldSplitIS(*self.level.fields(SCALARS))
        self.context = MeanValues(system, self.level.operator, sweep)
        if self.level.schur:
            flow = [index_set for _, index_set in self.level.fields(("u", "p"))]
            rows = np.concatenate([index_set.getIndices() for index_set in flow])
            sweep.setFieldSplitIS(("flow", PETSc.IS().createGeneral(rows, comm=system.comm)))
            self.context = _WithFlow(self.level, sweep)

    def update(self, x: PETSc.Vec, shift: float = 0.0) -> None:
        """Assemble at a state (see :class:`~femsoret.solve.linear.LinearSolver`)."""
        self.level.update(x, shift)

    def failure(self) -> str:
        """Return nothing (see :class:`~femsoret.solve.linear.LinearSolver`)."""
        return ""

    def determinant(self) -> tuple[int, float] | None:
        """Return None (see :class:`~femsoret.solve.linear.LinearSolver`)."""
        return None

    def destroy(self) -> None:
        """Free the PETSc objects (see :class:`~femsoret.solve.linear.LinearSolver`)."""
        self.operator.destroy()
        self.context.cycle.destroy()
        self.level.destroy()


class _WithFlow(MeanValues):
    """The same, with what the options cannot say of the split of the flow: its own blocks.

    Args:
        level: The mesh.
        sweep: The sweep over the blocks, the flow the last of them.
    """

    def __init__(self, level: Level, sweep: PETSc.PC) -> None:
        super().__init__(level.system, level.operator, sweep)
        self._level = level
        self._true: PETSc.Mat | None = None

    def setUp(self, pc: PETSc.PC) -> None:
        """Set everything up (PETSc's callback)."""
        super().setUp(pc)
        ksp = self.cycle.getFieldSplitSubKSP()[-1]
        matrix = ksp.getOperators()[1]
        if self._true is None:
            self._true = self._divide(ksp, matrix)
        ksp.setOperators(self._true, matrix)

    def _divide(self, ksp: PETSc.KSP, matrix: PETSc.Mat) -> PETSc.Mat:
        """Tell the solver of the flow its blocks; return its operator."""
        first, last = matrix.getOwnershipRange()
        [(_, u)] = self._level.fields(("u",))
        border = first + u.getLocalSize()
        parts = {
            name: PETSc.IS().createStride(stop - start, start, 1, comm=matrix.comm)
            for name, start, stop in (("u", first, border), ("p", border, last))
        }
        parts["u"].setBlockSize(u.getBlockSize())
        ksp.getPC().setFieldSplitIS(*((name, parts[name]) for name in FLOW))
        assert self._level.schur is not None
        return self._level.schur.less(matrix, slice(u.getLocalSize(), None))
