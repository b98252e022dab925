"""Block sweeps on one mesh: composition, temperature and buoyancy potential, then the flow.

They are PETSc field splits of nested matrices that share the assembled blocks. Velocity and
pressure are solved together by a few FGMRES iterations, preconditioned by a sweep over pressure,
velocity and pressure. PETSc options select the solver of each block.
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
"""Order of the blocks in a sweep. Buoyancy is balanced before it can drive a flow."""


def set_block_sweep(pc: PETSc.PC, blocks: BlockJacobian, prefix: str) -> None:
    """Set up a preconditioner as a sweep over the blocks of one mesh.

    Args:
        pc: The preconditioner to set up.
        blocks: The Jacobian on the mesh.
        prefix: Prefix of the PETSc options. It is followed by the name of the block: ``gamma_``,
            ``theta_``, ``phi_``, ``flow_``, and ``flow_u_`` and ``flow_p_`` within the flow.
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
    """Set up a sweep over the blocks of a nested matrix, and return the solvers of the blocks.

    Args:
        pc: The preconditioner to set up.
        matrix: The nested matrix, or the block itself if there is only one.
        order: Names of the blocks in the order of the sweep.
        names: Names of the blocks in the order of the matrix.

    Returns:
        The solvers in the order of the sweep.
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
    """Krylov solver preconditioned by block sweeps on one mesh, with algebraic multigrid.

    Args:
        problem: The problem.
        prefix: Prefix of the solver's PETSc options.
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
        """Assemble the Jacobian at a state (see :class:`LinearSolver`)."""
        self.full.update(x, shift)

    def destroy(self) -> None:
        """Free the PETSc objects; collective."""
        self.operator.destroy()
        self.context.release()
        self.full.destroy()
