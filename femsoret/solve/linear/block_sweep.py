"""Sweeps over the blocks of one mesh: composition, heat and potential, then the flow.

They are PETSc's field splits, on nested matrices that share the assembled blocks. Velocity and
pressure together take a few steps of FGMRES, each a sweep over pressure, velocity, pressure. What
each block is solved with is up to PETSc's options.
"""

from __future__ import annotations

from collections.abc import Sequence

from petsc4py import PETSc

from femsoret.problem import Problem
from femsoret.solve.linear.block_jacobian import FLOW, BlockJacobian
from femsoret.solve.linear.constraint import SingularSolve
from femsoret.solve.linear.direct import IterativeSolver, shell
from femsoret.solve.linear.elimination import full_system

ORDER = ("gamma", "theta", "phi", FLOW)
"""The order of a sweep. Buoyancy is balanced before it can drive a flow."""


def set_block_sweep(pc: PETSc.PC, blocks: BlockJacobian, prefix: str) -> None:
    """Make of a preconditioner a sweep over the blocks of a mesh.

    Args:
        pc: The preconditioner.
        blocks: The Jacobian on the mesh.
        prefix: Prefix of PETSc's options. The options of a block begin with its name after that:
            ``gamma_``, ``theta_``, ``phi_``, ``flow_``; within the flow ``flow_u_``, ``flow_p_``.
    """
    pc.setOperators(blocks.operator, blocks.matrix)
    names = sorted(blocks.names, key=ORDER.index)
    for name, ksp in zip(names, _solvers(pc, blocks.matrix, names, blocks.names), strict=True):
        ksp.setOptionsPrefix(f"{prefix}{name}_")
        if name == FLOW:
            inner = ksp.getPC()
            p, u = _solvers(inner, blocks.flow, ("p", "u"), ("u", "p"))
            inner.setFieldSplitType(PETSc.PC.CompositeType.SYMMETRIC_MULTIPLICATIVE)  # p, u, p
            p.setOptionsPrefix(f"{prefix}{FLOW}_p_")
            u.setOptionsPrefix(f"{prefix}{FLOW}_u_")


def _solvers(
    pc: PETSc.PC, matrix: PETSc.Mat, order: Sequence[str], names: Sequence[str]
) -> list[PETSc.KSP]:
    """Make a preconditioner sweep over the blocks of a nested matrix; return their solvers.

    Args:
        pc: The preconditioner.
        matrix: The nested matrix; a single block where there is no more.
        order: Names of the blocks as they are swept.
        names: The same as they stand in the matrix.
    """
    if len(names) == 1:
        pc.setType(PETSc.PC.Type.KSP)
        pc.setUseAmat(True)
        return [pc.getKSP()]
    rows = matrix.getNestISs()[0]
    pc.setType(PETSc.PC.Type.FIELDSPLIT)
    pc.setFieldSplitType(PETSc.PC.CompositeType.MULTIPLICATIVE)
    pc.setFieldSplitIS(*((name, rows[names.index(name)]) for name in order))
    return list(pc.getFieldSplitSubKSP())


class BlockAMG(IterativeSolver):
    """Sweeps over the blocks of one mesh, each solved with algebraic multigrid.

    Args:
        problem: The problem.
        prefix: Prefix of its PETSc options.
    """

    def __init__(self, problem: Problem, prefix: str) -> None:
        self.full = full_system(problem)
        self.system, self.matrix = self.full.system, self.full.system.matrix
        self.operator = shell(self.system, self.full.operator)
        sweep = PETSc.PC().create(self.system.comm)
        sweep.setOptionsPrefix(prefix)
        set_block_sweep(sweep, self.full.reduced, prefix)
        sweep.setFromOptions()
        cycle = self.full.preconditioner(sweep, prefix)
        self.context = SingularSolve(self.system, cycle)

    def update(self, x: PETSc.Vec, shift: float = 0.0) -> None:
        """Assemble at a state."""
        self.full.update(x, shift)

    def destroy(self) -> None:
        """Free the PETSc objects; collective."""
        self.operator.destroy()
        self.context.release()
        self.full.destroy()
