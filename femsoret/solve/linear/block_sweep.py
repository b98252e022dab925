"""Sweeps over the blocks of one mesh: heat, species and potential, then the flow.

Velocity and pressure together take a few steps of FGMRES, each a sweep over pressure, velocity,
pressure. What each block is solved with is up to PETSc's options. PETSc's own field split does the
same, but copies every row of the matrix twice; here the blocks are those that were assembled.
"""

from __future__ import annotations

from petsc4py import PETSc

from femsoret.problem import Problem
from femsoret.solve.linear.block_jacobian import Level
from femsoret.solve.linear.constraint import SingularSolve
from femsoret.solve.linear.direct import Iterative, shell
from femsoret.solve.linear.elimination import whole_of

SCALARS = ("gamma", "theta", "phi")
"""The order of what is swept before the flow; buoyancy is balanced before it can drive one."""


class BlockSweep:
    """Python context of a preconditioner: one sweep over the blocks of a mesh.

    Args:
        level: The mesh.
        prefix: Prefix of PETSc's options. A block's own bear its kind after that: ``gamma_``,
            ``theta_``, ``phi_``, ``flow_``; within the flow ``flow_u_`` and ``flow_p_``.
    """

    def __init__(self, level: Level, prefix: str) -> None:
        self._scalars: list[_Block] = []
        for kind in SCALARS:
            for i, name in enumerate(level.problem.layout.names):
                if name == kind:
                    before = tuple(self._scalars)
                    self._scalars.append(_Block(level, i, f"{prefix}{kind}_", before))
        self._flow = _Flow(level, f"{prefix}flow_", tuple(self._scalars)) if level.schur else None

    def setUp(self, pc: PETSc.PC) -> None:
        """Tell the blocks' solvers that the matrix is another (PETSc's callback)."""
        for block in self._scalars:
            block.set_up()
        if self._flow:
            self._flow.set_up()

    def apply(self, pc: PETSc.PC, b: PETSc.Vec, x: PETSc.Vec) -> None:
        """Sweep once (PETSc's callback)."""
        for block in self._scalars:
            block.load(b)
            block.ksp.solve(block.b, block.x)
            x.array_w[block.rows] = block.x.array_r
        if self._flow:
            self._flow.solve(b, x)

    def destroy(self, pc: PETSc.PC) -> None:
        """Free the PETSc objects; collective (PETSc's callback)."""
        for block in self._scalars:
            block.release()
        if self._flow:
            self._flow.release()


class _Block:
    """One block: its solver, and the parts of its rows that a sweep needs.

    Args:
        level: The mesh.
        i: Place of the block in the layout.
        prefix: Prefix of its options.
        before: Blocks that are swept before this one.
    """

    def __init__(self, level: Level, i: int, prefix: str, before: tuple[_Block, ...]) -> None:
        system, jacobian = level.system, level.problem.jacobian
        self.i, self._matrix = i, level.matrix
        self._before = [other for other in before if jacobian.couples(i, other.i)]
        self.rows = slice(*system.offsets[i : i + 2])
        self.ksp = PETSc.KSP().create(system.comm)
        self.ksp.setOptionsPrefix(prefix)
        self.ksp.setFromOptions()
        self.b = PETSc.Vec().createMPI((int(system.sizes[i]), None), comm=system.comm)
        self.x, self._product = self.b.duplicate(), self.b.duplicate()

    def part(self, other: _Block) -> PETSc.Mat:
        """Return what couples this block to another, or to itself."""
        return self._matrix.getNestSubMatrix(self.i, other.i)

    def set_up(self) -> None:
        """Tell the solver that the matrix is another."""
        self.ksp.setOperators(self.part(self))

    def load(self, b: PETSc.Vec) -> None:
        """Put into the block's right-hand side that of the system less what is known of it."""
        self.b.array_w[:] = b.array_r[self.rows]
        for other in self._before:
            self.subtract(other)

    def subtract(self, other: _Block) -> None:
        """Subtract from the right-hand side what the solution of another block contributes."""
        self.part(other).mult(other.x, self._product)
        self.b.axpy(-1.0, self._product)

    def release(self) -> None:
        """Free the PETSc objects; collective."""
        for each in (self.ksp, self.b, self.x, self._product):
            each.destroy()


class _Flow:
    """Velocity and pressure: FGMRES with a sweep over p, u, p.

    It is the Python context both of the operator, whose pressure block is zero, and of the sweep,
    in which that block stands for the Schur complement.
    """

    def __init__(self, level: Level, prefix: str, before: tuple[_Block, ...]) -> None:
        layout, system = level.problem.layout, level.system
        self._u = _Block(level, layout.index("u"), f"{prefix}u_", before)
        self._p = _Block(level, layout.index("p"), f"{prefix}p_", ())
        self._rows = slice(self._u.rows.start, self._p.rows.stop)
        self._border = self._u.rows.stop - self._u.rows.start
        self._update = self._p.x.duplicate()
        size = (self._rows.stop - self._rows.start, None)
        self._b = PETSc.Vec().createMPI(size, comm=system.comm)
        self._x = self._b.duplicate()
        self._operator = PETSc.Mat().createPython((size, size), self, comm=system.comm)
        self._operator.setUp()
        self._ksp = PETSc.KSP().create(system.comm)
        self._ksp.setOptionsPrefix(prefix)
        self._ksp.getPC().setType(PETSc.PC.Type.PYTHON)
        self._ksp.getPC().setPythonContext(self)
        self._ksp.setOperators(self._operator)
        self._ksp.setFromOptions()

    def set_up(self) -> None:
        """Tell the solvers that the matrix is another."""
        self._u.set_up()
        self._p.set_up()

    def solve(self, b: PETSc.Vec, x: PETSc.Vec) -> None:
        """Solve for the flow, after a sweep over the other blocks."""
        u, p = self._u, self._p
        u.load(b)
        self._b.array_w[: self._border] = u.b.array_r
        self._b.array_w[self._border :] = b.array_r[p.rows]
        self._ksp.solve(self._b, self._x)
        x.array_w[self._rows] = self._x.array_r

    def mult(self, mat: PETSc.Mat, x: PETSc.Vec, y: PETSc.Vec) -> None:
        """Apply the operator (PETSc's callback)."""
        u, p = self._u, self._p
        u.x.array_w[:] = x.array_r[: self._border]
        p.x.array_w[:] = x.array_r[self._border :]
        u.part(u).mult(u.x, u.b)
        u.part(p).multAdd(p.x, u.b, u.b)
        p.part(u).mult(u.x, p.b)
        y.array_w[: self._border] = u.b.array_r
        y.array_w[self._border :] = p.b.array_r

    def apply(self, pc: PETSc.PC, b: PETSc.Vec, x: PETSc.Vec) -> None:
        """Sweep once over p, u, p (PETSc's callback)."""
        u, p = self._u, self._p
        p.b.array_w[:] = b.array_r[self._border :]
        p.ksp.solve(p.b, p.x)
        u.b.array_w[:] = b.array_r[: self._border]
        u.subtract(p)
        u.ksp.solve(u.b, u.x)
        p.subtract(u)
        p.subtract(p)
        p.ksp.solve(p.b, self._update)
        p.x.axpy(1.0, self._update)
        x.array_w[: self._border] = u.x.array_r
        x.array_w[self._border :] = p.x.array_r

    def release(self) -> None:
        """Free the PETSc objects; collective. Another name than PETSc's callback ``destroy``."""
        for each in (self._ksp, self._operator, self._b, self._x, self._update):
            each.destroy()
        self._u.release()
        self._p.release()


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
