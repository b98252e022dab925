"""Unknown parameters without inertia, which are determined at every instant of a march.

The velocities of free bodies are the example: the fluid's forces on them balance those that are
applied at all times. Such unknowns s take part in each stage of a step. With the equations F(x, s)
= 0 of the problem, the added equations r(x, s) = 0 and the stages of
:mod:`femsoret.solve.march.rosenbrock`, a stage solves

    [ M/(gamma h) + dF/dx   dF/ds ] [stage of x]   [ b             ]
    [ dr/dx                 dr/ds ] [stage of s] = [ -r(Y_i, s_i) ]

for the argument s_i of the stage, which is made of earlier stages as Y_i is.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol, TypeAlias

from petsc4py import PETSc

from femsoret.base.errors import CaseError
from femsoret.base.types import Array
from femsoret.problem import Problem
from femsoret.problem.bodies import has_bodies
from femsoret.solve.march.stages import StageSolver


class QuasiSteady(Protocol):
    """Interface of the unknowns of a march; all methods are collective."""

    def factorise(self, x: PETSc.Vec, shift: float) -> None:
        """Set up the linear solver of a step.

        Args:
            x: The state at the start of the step, in natural sizes.
            shift: Multiple of the mass matrix to add, 1/(gamma h).
        """

    def enter(self, weights: Array) -> None:
        """Set the parameters to the argument of the next stage.

        Args:
            weights: Weights of the earlier stages, shape (earlier stages,).
        """

    def solve(self, y: PETSc.Vec, b: PETSc.Vec, stage: PETSc.Vec) -> None:
        """Solve for a stage.

        Args:
            y: The argument of the stage in natural sizes; the problem's functions are set to it.
            b: Right-hand side of the problem's equations.
            stage: The stage; overwritten.
        """

    def accept(self, weights: Array) -> None:
        """Finish a step and set the parameters to its result.

        Args:
            weights: Weights of all stages, shape (stages,).
        """

    def reject(self) -> None:
        """Set the parameters back to the start of the step."""

    def values(self) -> dict[str, float]:
        """Return the value of each unknown parameter after the last step, by its name."""

    def close(self) -> None:
        """Free the PETSc objects."""


Unknowns: TypeAlias = Callable[[StageSolver], QuasiSteady]
"""Function that returns the unknowns of a march, given its linear solver."""


class Held:
    """No unknowns: all parameters keep their values (see :class:`QuasiSteady`).

    Args:
        solver: Linear solver of the march.
    """

    def __init__(self, solver: StageSolver) -> None:
        self._solver = solver

    def factorise(self, x: PETSc.Vec, shift: float) -> None:
        """Set up the linear solver of a step."""
        self._solver.factorise(x, shift)

    def enter(self, weights: Array) -> None:
        """Do nothing."""

    def solve(self, y: PETSc.Vec, b: PETSc.Vec, stage: PETSc.Vec) -> None:
        """Solve for a stage."""
        self._solver.solve_stage(b, stage)

    def accept(self, weights: Array) -> None:
        """Do nothing."""

    def reject(self) -> None:
        """Do nothing."""

    def values(self) -> dict[str, float]:
        """Return nothing: there are no unknowns."""
        return {}

    def close(self) -> None:
        """Do nothing."""


def check_bodies(problem: Problem, *, stated: bool, what: str) -> None:
    """Check that it is stated how the bodies of a problem move.

    Args:
        problem: The problem.
        stated: Whether it is stated.
        what: What needs to know it, for the error message.

    Raises:
        CaseError: There are bodies, and it is not stated.
    """
    if has_bodies(problem.conditions) and not stated:
        raise CaseError(
            f"{problem!r} has rigid bodies, and {what} does not know whether they are free",
            "pass free=free_bodies(problem), or free=Held if they keep the velocities that they "
            "have",
        )
