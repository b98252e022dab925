"""A factorisation without the velocity's potential, which is a quarter of the unknowns in 3D."""

from __future__ import annotations

from petsc4py import PETSc

from femsoret.errors import OutOfMemory
from femsoret.problem import Problem
from femsoret.solve.assembly import BlockSystem
from femsoret.solve.constraint import CorrectionSolve, SingularSolve
from femsoret.solve.elimination import Elimination, RestSystem
from femsoret.solve.level import singular_jacobian
from femsoret.solve.linear import Iterative, mumps_failure, mumps_shortage, shell


class Reduced(Iterative):
    """MUMPS for the rest, a Laplacian for chi, and a few outer iterations over the two.

    Args:
        problem: A problem with a velocity potential.
        prefix: Prefix of its PETSc options.
    """

    def __init__(self, problem: Problem, prefix: str) -> None:
        self.system = system = BlockSystem(problem, nested=True)
        self.matrix = system.matrix
        self._rest = RestSystem(system)
        self._joined: PETSc.Mat | None = None
        self._singular = singular_jacobian(system)
        self.operator = shell(system, self._singular)
        self.factor = PETSc.PC().create(system.comm)
        self.factor.setOptionsPrefix(prefix)
        self.factor.setFromOptions()
        self._solve = PETSc.PC().createPython(
            CorrectionSolve(self.factor, self._rest.constraints), comm=system.comm
        )
        cycle = PETSc.PC().createPython(
            Elimination(system, self._rest, self._solve, prefix), comm=system.comm
        )
        self.context = SingularSolve(system, self._singular, cycle)

    def update(self, x: PETSc.Vec, shift: float = 0.0) -> None:
        """Assemble (see :class:`~femsoret.solve.linear.LinearSolver`)."""
        self.system.jacobian(x, shift, pinned=False)
        part = self._rest.follow(x)
        self._rest.jacobian(part, shift)
        part.destroy()
        self._joined = self._rest.matrix.convert(PETSc.Mat.Type.AIJ, self._joined or PETSc.Mat())
        self._joined.setOption(PETSc.Mat.Option.KEEP_NONZERO_PATTERN, True)
        first, last = self._joined.getOwnershipRange()
        rows = [c.row for c in self._rest.constraints if first <= c.row < last]
        self._joined.zeroRows(rows, diag=1.0)
        self._solve.setOperators(self._joined)

    def failure(self) -> str:
        """Return MUMPS's own word (see :class:`~femsoret.solve.linear.LinearSolver`)."""
        return mumps_failure(self.factor)

    def shortage(self) -> OutOfMemory | None:
        """Return what MUMPS was short of (see :class:`~femsoret.solve.linear.LinearSolver`)."""
        return mumps_shortage(self.factor)

    def destroy(self) -> None:
        """Free the PETSc objects (see :class:`~femsoret.solve.linear.LinearSolver`)."""
        self.operator.destroy()
        self.context.release()
        self.factor.destroy()
        if self._joined is not None:
            self._joined.destroy()
        self._singular.destroy()
        self._rest.destroy()
        self.system.destroy()
