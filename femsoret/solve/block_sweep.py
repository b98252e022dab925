"""Sweeps over the blocks of one mesh: heat, species and potential, then the flow.

Velocity and pressure together take a few steps of FGMRES, each a sweep over pressure, velocity,
pressure. What each block is solved with is up to PETSc's options.
"""

from __future__ import annotations

from petsc4py import PETSc

import numpy as np

from femsoret.solve.level import Level

SCALARS = ("gamma", "theta", "phi")
"""The order of what is swept before the flow; buoyancy is balanced before it can drive one."""

FLOW = ("p", "u", "p")
"""The order of a sweep in the flow."""


class BlockSweep:
    """The blocks of a mesh, told to a PETSc field split.

    Args:
        level: The mesh.
        pc: Its field split, with options set.
    """

    def __init__(self, level: Level, pc: PETSc.PC) -> None:
        self._level, self._pc = level, pc
        self._true: PETSc.Mat | None = None
        pc.setFieldSplitIS(*level.fields(SCALARS))
        if level.schur:
            flow = [index_set for _, index_set in level.fields(("u", "p"))]
            rows = np.concatenate([index_set.getIndices() for index_set in flow])
            pc.setFieldSplitIS(("flow", PETSc.IS().createGeneral(rows, comm=level.matrix.comm)))

    def connect(self) -> None:
        """Tell the split of the flow its operator, after each set-up of the field split.

        Its matrix has the pressure's Schur complement in it, for the sweeps; its product must not.
        """
        if not self._level.schur:
            return
        ksp = self._pc.getFieldSplitSubKSP()[-1]
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

    def destroy(self) -> None:
        """Free the PETSc objects; collective."""
        if self._true:
            self._true.destroy()
