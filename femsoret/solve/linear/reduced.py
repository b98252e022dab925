"""Factorisation without the velocity potential, which has a quarter of the unknowns in 3D.

If the outer iterations fail to converge because of strong stratification, the full system is
factorised from then on.
"""

from __future__ import annotations

from petsc4py import PETSc

from femsoret.base.errors import OutOfMemory
from femsoret.base.log import get_logger
from femsoret.problem import Problem
from femsoret.solve.linear.assembly import BlockSystem
from femsoret.solve.linear.block_jacobian import singular_jacobian
from femsoret.solve.linear.constraint import CorrectionSolve, SingularSolve
from femsoret.solve.linear.direct import IterativeSolver, shell
from femsoret.solve.linear.elimination import PotentialElimination, ReducedSystem
from femsoret.solve.linear.mumps import mumps_failure, mumps_shortage

log = get_logger(__name__)


class ReducedDirect(IterativeSolver):
    """Krylov solver preconditioned by MUMPS for the reduced equations and a Poisson solve for chi.

    Args:
        problem: A problem with a velocity potential.
        prefix: Prefix of the solver's PETSc options.
    """

    def __init__(self, problem: Problem, prefix: str) -> None:
        self.system = system = BlockSystem(problem, nested=True)
        self.matrix = system.matrix
        self._prefix = prefix
        self._reduced: ReducedSystem | None = ReducedSystem(system)
        self._singular = singular_jacobian(system)
        self.operator = shell(system, self._singular)
        self._factor = SingularFactorisation(self._reduced, prefix)
        cycle = PETSc.PC().createPython(
            PotentialElimination(system, self._reduced, self._factor.solve, prefix),
            comm=system.comm,
        )
        cycle.setOperators(self._singular, self.matrix)
        self.context = SingularSolve(system, cycle)

    def update(self, x: PETSc.Vec, shift: float = 0.0) -> None:
        """Assemble the full and the reduced Jacobian (see :class:`LinearSolver`)."""
        self.system.jacobian(x, shift, pinned=False)
        self._singular.assemble()
        if self._reduced is not None:
            part = self._reduced.follow(x)
            self._reduced.jacobian(part, shift)
            part.destroy()
        self._factor.update()

    def failure(self) -> str:
        """Return the MUMPS error code as a clause."""
        return mumps_failure(self._factor.mumps)

    def shortage(self) -> OutOfMemory | None:
        """Return the error to raise if MUMPS ran out of memory, else None."""
        return mumps_shortage(self._factor.mumps)

    def fall_back(self) -> bool:
        """Switch to factorising the full system; return False if this was done before."""
        if self._reduced is None:
            return False
        log.info("the reduced linear solver failed; factorising the full system from here on")
        self.context.cycle.destroy()
        self._factor.destroy()
        self._reduced.destroy()
        self._reduced = None
        self._factor = SingularFactorisation(self.system, self._prefix)
        self.context.cycle = PETSc.PC().createPython(
            FullFactorisation(self._factor), comm=self.system.comm
        )
        self.context.cycle.setOperators(self._singular, self.matrix)
        return True

    def destroy(self) -> None:
        """Free the PETSc objects; collective."""
        self.operator.destroy()
        self.context.release()
        self._factor.destroy()
        self._singular.destroy()
        if self._reduced is not None:
            self._reduced.destroy()
        self.system.destroy()


class SingularFactorisation:
    """Factorisation by MUMPS of the singular Jacobian of a nested system.

    Args:
        system: The assembled problem, with a nested matrix.
        prefix: Prefix of the PETSc options.

    Attributes:
        mumps: The factorisation.
        solve: Preconditioner that solves for corrections, with zeros in the functional rows.
    """

    def __init__(self, system: BlockSystem, prefix: str) -> None:
        self._system = system
        self._joined: PETSc.Mat | None = None
        self.mumps = PETSc.PC().create(system.comm)
        self.mumps.setOptionsPrefix(prefix)
        self.mumps.setFromOptions()
        self.solve = PETSc.PC().createPython(
            CorrectionSolve(self.mumps, system.constraints), comm=system.comm
        )

    def update(self) -> None:
        """Copy the system's matrix, to be factorised at the next set-up."""
        joined = self._system.matrix.convert(PETSc.Mat.Type.AIJ, self._joined or PETSc.Mat())
        joined.setOption(PETSc.Mat.Option.KEEP_NONZERO_PATTERN, True)
        first, last = joined.getOwnershipRange()
        rows = [c.row for c in self._system.constraints if first <= c.row < last]
        joined.zeroRows(rows, diag=1.0)
        self.solve.setOperators(joined)
        self._joined = joined

    def destroy(self) -> None:
        """Free the PETSc objects; collective."""
        self.solve.destroy()
        self.mumps.destroy()
        if self._joined is not None:
            self._joined.destroy()


class FullFactorisation:
    """Python context of a preconditioner that applies the factorisation of the full system.

    The matrix of the preconditioner itself is not used.

    Args:
        factor: The factorisation.
    """

    def __init__(self, factor: SingularFactorisation) -> None:
        self._factor = factor

    def setUp(self, pc: PETSc.PC) -> None:
        """Factorise the matrix (PETSc's callback)."""
        self._factor.solve.setUp()

    def apply(self, pc: PETSc.PC, b: PETSc.Vec, x: PETSc.Vec) -> None:
        """Apply the factorisation to b (PETSc's callback)."""
        self._factor.solve.apply(b, x)
