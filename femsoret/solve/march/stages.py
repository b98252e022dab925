"""Linear systems of the stages of a time step, solved as well as the error of the step deserves.

A factorisation solves them to round-off or, of the reduced equations, to a small residual.
Multigrid and AMG stop where their error no longer counts beside the allowed error of the step, and
use for each stage what they have learnt in those before (:mod:`femsoret.solve.linear.recycling`).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

from petsc4py import PETSc

from femsoret.base.errors import NotConverged
from femsoret.problem import Problem
from femsoret.solve.linear.direct import Direct
from femsoret.solve.linear.options import FACTORISING
from femsoret.solve.linear.recycling import RecyclingGCR
from femsoret.solve.linear.selection import preset_for
from femsoret.solve.steady.newton import LINEAR_TOLERANCE, Newton, NewtonOptions

ENOUGH = 0.05
"""Last correction of a stage by an iterative solver, relative to the allowed error of the step. The
error that is left is a third to a tenth of it; steps weigh the errors of their stages by up to
8.5."""


TANGENT_TOLERANCE = 1e-6
"""Relative residual of the stages of tangents by an iterative solver, where steps have an allowed
error: those of the state itself are solved less precisely."""


class StageSolver(Newton):
    """Newton's linear solver for the stages of a time step.

    Args:
        problem: The problem.
        options: Options of the linear solver.
        error: Size of a correction relative to the allowed error of a step; collective. None solves
            all stages to the relative residual of other linear systems.
    """

    def __init__(
        self,
        problem: Problem,
        options: NewtonOptions,
        error: Callable[[PETSc.Vec], float] | None = None,
    ) -> None:
        super().__init__(problem, options)
        self._enough = ENOUGH if error else 0.0
        self._side = self.system.vector()
        self._krylov: RecyclingGCR | None = None
        if preset_for(problem, self.options.preset) not in FACTORISING:
            self._krylov = RecyclingGCR(
                self._snes.getJacobian()[0],
                self._snes.getKSP().getPC().apply,
                error or (lambda _: math.inf),
                self.system.vector,
            )

    def factorise(self, x: PETSc.Vec, shift: float = 0.0) -> None:
        """Set up the linear solver at a state (see :class:`Newton`)."""
        super().factorise(x, shift)
        if self._krylov:
            self._krylov.forget()

    @property
    def solves_several(self) -> bool:
        """Whether several right-hand sides at once take hardly more time than one."""
        return isinstance(self.linear, Direct)

    def solve_stage(self, b: PETSc.Vec, y: PETSc.Vec, also: Sequence[PETSc.Vec] = ()) -> None:
        """Solve J y = b for a stage after :meth:`factorise`; collective.

        Args:
            b: Right-hand side.
            y: The solution; overwritten.
            also: Right-hand sides of tangents; overwritten with the solutions.

        Raises:
            NotConverged: The linear solver failed.
            OutOfMemory: There was not enough memory for the coarsest mesh.
        """
        if also:
            b.copy(y)
            if self._solve_each([y, *also]):
                return
        self._solve_stage(b, y, LINEAR_TOLERANCE, self._enough)
        if also:
            self.solve_tangents(also, precise=self._enough == 0.0)

    def solve_tangents(self, vectors: Sequence[PETSc.Vec], *, precise: bool) -> None:
        """Solve J y = b for the tangents of a stage after :meth:`solve_stage`; collective.

        Args:
            vectors: Right-hand sides, in any unit; overwritten with the solutions.
            precise: Whether an iterative solver reaches the relative residual of other linear
                systems.

        Raises:
            NotConverged: The linear solver failed.
            OutOfMemory: There was not enough memory for the coarsest mesh.
        """
        if self._solve_each(vectors):
            return
        rtol = LINEAR_TOLERANCE if precise else TANGENT_TOLERANCE
        for vector in vectors:
            vector.copy(self._side)
            self._solve_stage(self._side, vector, rtol, 0.0)

    def _solve_each(self, vectors: Sequence[PETSc.Vec]) -> bool:
        """Solve for several right-hand sides at once, and return whether this can be done."""
        direct = self.linear if isinstance(self.linear, Direct) else None
        return bool(direct and direct.is_exact and direct.context.exact.apply_each(vectors))

    def _solve_stage(self, b: PETSc.Vec, y: PETSc.Vec, rtol: float, enough: float) -> None:
        if not self._krylov:
            self.back_substitute(b, y)
            return
        self._snes.getKSP().setUp()
        try:
            self.linear_iterations += self._krylov.solve(b, y, rtol, enough)
        except NotConverged:
            self._check_memory()
            raise

    def close(self) -> None:
        """Free the PETSc objects; collective."""
        if self._krylov:
            self._krylov.destroy()
        self._side.destroy()
        super().close()
