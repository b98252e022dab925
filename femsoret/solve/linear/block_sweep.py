"""Block sweeps on one mesh: composition, temperature and buoyancy potential, then the flow.

They are PETSc field splits of nested matrices that share the assembled blocks. Velocity and
pressure are solved together by a few FGMRES iterations, preconditioned by a sweep over pressure,
velocity and pressure. PETSc options select the solver of each block.

The matrix of a field split has only the blocks by which the split multiplies; the blocks that it
solves with are attached to the index sets, where PETSc looks for them first (and only once: the
pattern of that matrix must not change). So the outer split has to stay multiplicative.
"""

from __future__ import annotations

from collections.abc import Sequence

from petsc4py import PETSc

from femsoret.problem import Problem
from femsoret.solve.linear.block_jacobian import FLOW, ORDER, BlockJacobian
from femsoret.solve.linear.constraint import SingularSolve
from femsoret.solve.linear.direct import IterativeSolver, shell
from femsoret.solve.linear.elimination import full_system


def set_block_sweep(pc: PETSc.PC, blocks: BlockJacobian, prefix: str) -> None:
    """Set up a preconditioner as a sweep over the blocks of one mesh.

    Args:
        pc: The preconditioner to set up.
        blocks: The Jacobian on the mesh.
        prefix: Prefix of the PETSc options. It is followed by the name of the block: ``gamma_``,
            ``theta_``, ``phi_``, ``flow_``, and ``flow_u_`` and ``flow_p_`` within the flow.
    """
    pc.setOperators(blocks.operator, blocks.lower)
    if len(blocks.names) == 1:
        pc.setType(PETSc.PC.Type.KSP)
        pc.setUseAmat(True)
        solvers = {blocks.names[0]: pc.getKSP()}
    else:
        solvers = _split(pc, blocks.lower, blocks.names, blocks)
    for name, ksp in solvers.items():
        ksp.setOptionsPrefix(f"{prefix}{name}_")
    if FLOW in solvers:
        inner = solvers[FLOW].getPC()
        for name, ksp in _split(inner, blocks.diagonal[FLOW], ("u", "p"), blocks).items():
            ksp.setOptionsPrefix(f"{prefix}{FLOW}_{name}_")
        inner.setFieldSplitType(PETSc.PC.CompositeType.SYMMETRIC_MULTIPLICATIVE)  # p, u, p


def _split(
    pc: PETSc.PC, matrix: PETSc.Mat, names: Sequence[str], blocks: BlockJacobian
) -> dict[str, PETSc.KSP]:
    """Set up a sweep over the blocks of a nested matrix.

    Args:
        pc: The preconditioner to set up.
        matrix: The nested matrix, of the blocks by which the sweep multiplies.
        names: Names of the blocks in the order of the matrix.
        blocks: The Jacobian, with the blocks that the sweep solves with.

    Returns:
        Name -> solver of the block, in the order of the sweep.
    """
    order = sorted(names, key=ORDER.index)
    pc.setType(PETSc.PC.Type.FIELDSPLIT)
    pc.setFieldSplitType(PETSc.PC.CompositeType.MULTIPLICATIVE)
    rows = dict(zip(names, matrix.getNestISs()[0], strict=True))
    for name in order:
        place = rows[name].duplicate()
        place.compose("pmat", blocks.diagonal[name])
        pc.setFieldSplitIS((name, place))
        place.destroy()  # the preconditioner keeps what it needs
    return dict(zip(order, pc.getFieldSplitSubKSP(), strict=True))


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
