"""Linear systems of the stages of a time step, solved as well as the error of the step deserves.

A factorisation solves them to round-off. An iterative solver stops where its error no longer counts
beside the allowed error of the step, and uses for each stage what it has learnt in those before
(:mod:`femsoret.solve.linear.recycling`).
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property

from petsc4py import PETSc

from femsoret.base.errors import NotConverged
from femsoret.problem import Problem
from femsoret.solve.linear.recycling import RecyclingGCR
from femsoret.solve.steady.newton import LINEAR_TOLERANCE, Newton, NewtonOptions

ENOUGH = 0.05
"""Last correction of a stage by an iterative solver, relative to the allowed error of the step. The
error that is left is a third to a tenth of it; steps weigh the errors of their stages by up to
8.5."""


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
        self._error = error

    @cached_property
    def _krylov(self) -> RecyclingGCR:
        operator, _, _ = self._snes.getJacobian()
        return RecyclingGCR(
            operator,
            self._snes.getKSP().getPC().apply,
            self._error or (lambda _: 0.0),
            self.system.vector,
        )

    def factorise(self, x: PETSc.Vec, shift: float = 0.0) -> None:
        """Set up the linear solver at a state (see :class:`Newton`)."""
        super().factorise(x, shift)
        if self._iterative:
            self._krylov.forget()

    def solve_stage(self, b: PETSc.Vec, y: PETSc.Vec) -> None:
        """Solve J y = b for a stage after :meth:`factorise`; collective.

        Args:
            b: Right-hand side.
            y: The solution; overwritten.

        Raises:
            NotConverged: The linear solver failed.
        """
        if not self._iterative:
            self.back_substitute(b, y)
            return
        try:
            self._iterate_stage(b, y)
        except NotConverged:
            self._check_memory()
            if not self.linear.fall_back():
                raise
            self._update()
            self._iterate_stage(b, y)

    def _iterate_stage(self, b: PETSc.Vec, y: PETSc.Vec) -> None:
        self._snes.getKSP().setUp()
        enough = ENOUGH if self._error else 0.0
        self.linear_iterations += self._krylov.solve(b, y, LINEAR_TOLERANCE, enough)

    def close(self) -> None:
        """Free the PETSc objects; collective."""
        if "_krylov" in self.__dict__:
            self._krylov.destroy()
        super().close()
