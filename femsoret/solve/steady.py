"""Steady states: Newton with exact Jacobians through PETSc SNES."""

from __future__ import annotations

import time
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import Any

from petsc4py import PETSc

import numpy as np

from femsoret.errors import NotConverged
from femsoret.layout import plain_name
from femsoret.log import get_logger
from femsoret.problem import Problem
from femsoret.solve.assembly import BlockSystem
from femsoret.solve.constraint import ConstrainedOperator, ConstrainedSolve
from femsoret.solve.options import Options, in_database, resolved

log = get_logger(__name__)

ROUNDOFF = 1e-11
"""Residual, relative to the terms that it is the sum of, below which digits are noise."""


@dataclass(frozen=True)
class NewtonOptions:
    """When Newton has converged, and when it gives up.

    Args:
        tolerance: Largest last update of any block, relative to the block's largest entry. The
            convergence is quadratic there, so what is left is about its square.
        max_iterations: Newton steps.
        preset: Name of the linear solver's preset.
        petsc: Single PETSc options on top of the preset; None removes one.
    """

    tolerance: float = 1e-8
    max_iterations: int = 20
    preset: str = "direct"
    petsc: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class SolveReport:
    """What a solve did.

    Args:
        dofs: Unknowns.
        newton_iterations: Newton steps, all ramp steps together.
        linear_iterations: Iterations of the linear solver.
        wall_seconds: Wall time of assembly and solves, compilation of forms included.
        history: One line a Newton step.
        options: Linear solver options as resolved.
    """

    dofs: int
    newton_iterations: int
    linear_iterations: int
    wall_seconds: float
    history: tuple[str, ...]
    options: Options


class Newton:
    """A Newton solver bound to a problem; close it, or use it as a context manager.

    Args:
        problem: The problem, whose state is both initial guess and result.
        options: Newton options.
    """

    def __init__(self, problem: Problem, options: NewtonOptions | None = None) -> None:
        self.problem = problem
        self.options = options or NewtonOptions()
        self.petsc_options = resolved(self.options.preset, self.options.petsc)
        self.system = BlockSystem(problem)
        self.history: list[str] = []
        self._residual_norms: list[float] = []
        self._factorised_at: PETSc.Vec | None = None
        self._term_size = 0.0
        self._exit = ExitStack()
        prefix = self._exit.enter_context(in_database(self.petsc_options))
        self._snes = self._create(prefix)

    def _create(self, prefix: str) -> PETSc.SNES:
        system, comm = self.system, self.system.comm
        self._inner = PETSc.PC().create(comm)
        self._inner.setOptionsPrefix(prefix)
        self._inner.setFromOptions()
        operator = PETSc.Mat().createPython(
            system.matrix.getSizes(),
            ConstrainedOperator(system.matrix, system.constraints),
            comm=comm,
        )
        operator.setUp()
        snes = PETSc.SNES().create(comm)
        snes.setType("newtonls")  # with its default line search, cubic backtracking
        snes.setOptionsPrefix(prefix)
        snes.setFromOptions()
        snes.setTolerances(max_it=self.options.max_iterations)
        snes.setFunction(self._function, system.vector())
        snes.setJacobian(self._jacobian, operator, system.matrix)
        snes.setConvergenceTest(self._test)
        # The outer KSP keeps the type and tolerances of the options; the pc_* options are those
        # of the inner preconditioner, which the mean values wrap.
        pc = snes.getKSP().getPC()
        pc.setType(PETSc.PC.Type.PYTHON)
        pc.setPythonContext(ConstrainedSolve(self._inner, system.constraints))
        return snes

    # -- callbacks -------------------------------------------------------------------------------

    def _function(self, snes: PETSc.SNES, x: PETSc.Vec, F: PETSc.Vec) -> None:
        self.system.residual(x, F)

    def _jacobian(self, snes: PETSc.SNES, x: PETSc.Vec, J: PETSc.Mat, P: PETSc.Mat) -> None:
        self.system.jacobian(x)

    def _test(self, snes: PETSc.SNES, it: int, norms: tuple[float, float, float]) -> Any:
        residual = norms[2]
        if not np.isfinite(residual):
            return PETSc.SNES.ConvergedReason.DIVERGED_FNORM_NAN
        self._residual_norms.append(residual)
        if it == 0:
            self._note(f"{it:3d}  residual {residual:9.2e}")
            return (
                PETSc.SNES.ConvergedReason.DIVERGED_MAX_IT if not self.options.max_iterations else 0
            )
        update = self.system.block_maxima(snes.getSolutionUpdate())
        size = np.maximum(self.system.block_maxima(snes.getSolution()), 1e-8)
        changes = update / size
        worst = int(np.argmax(changes))
        name = plain_name(self.problem.layout.names[worst])
        self._note(
            f"{it:3d}  residual {residual:9.2e}  largest change {changes[worst]:8.1e} ({name})"
        )
        previous, largest = self._residual_norms[-2], max(self._residual_norms)
        roundoff = residual <= ROUNDOFF * max(largest, self._term_size)
        # A short step of the line search makes small changes too: the residual must have dropped.
        settled = changes[worst] <= self.options.tolerance and residual <= 0.5 * previous
        # A field that ought to be zero never settles relative to itself: it ends at round-off.
        exhausted = roundoff and (
            residual > 0.1 * previous or changes[worst] <= self.options.tolerance
        )
        if settled or exhausted:
            return PETSc.SNES.ConvergedReason.CONVERGED_SNORM_RELATIVE
        if residual == 0.0:
            return PETSc.SNES.ConvergedReason.CONVERGED_FNORM_ABS
        if it >= self.options.max_iterations:
            return PETSc.SNES.ConvergedReason.DIVERGED_MAX_IT
        return PETSc.SNES.ConvergedReason.CONVERGED_ITERATING

    def _note(self, line: str) -> None:
        self.history.append(line)
        log.debug(line)

    # -- use -------------------------------------------------------------------------------------

    def solve(self) -> SolveReport:
        """Solve from the problem's present state; on failure the state is put back.

        Raises:
            NotConverged: With the history; the state is what it was.
        """
        start = time.perf_counter()
        before = [function.x.array.copy() for function in self.problem.functions]
        self._residual_norms.clear()
        x = self.system.vector()
        self.problem.impose()
        self.system.read(x)
        self._term_size = self.system.rest_residual()
        self._snes.solve(None, x)
        reason = self._snes.getConvergedReason()
        if reason <= 0:
            for function, values in zip(self.problem.functions, before, strict=True):
                function.x.array[:] = values
            raise NotConverged(
                f"Newton stopped after {self._snes.getIterationNumber()} steps: "
                f"{_reason_name(reason)}{self._linear_failure()}",
                "ramp the gravity, refine the mesh near the walls, or start from a nearby solution",
                self.history,
            )
        self.system.write(x)
        return SolveReport(
            dofs=self.problem.num_dofs,
            newton_iterations=self._snes.getIterationNumber(),
            linear_iterations=self._snes.getLinearSolveIterations(),
            wall_seconds=time.perf_counter() - start,
            history=tuple(self.history),
            options=self.petsc_options,
        )

    def _linear_failure(self) -> str:
        """Return what the linear solver says, if it is what failed."""
        kinds = PETSc.SNES.ConvergedReason
        if self._snes.getConvergedReason() != kinds.DIVERGED_LINEAR_SOLVE:
            return ""
        text = f" (KSP reason {self._snes.getKSP().getConvergedReason()}"
        if self._inner.getType() == PETSc.PC.Type.LU:
            # INFOG(1) < 0: -9 too little room (mat_mumps_icntl_14), -10 singular, -13 no memory.
            text += f", MUMPS INFOG(1) = {self._inner.getFactorMatrix().getMumpsInfog(1)}"
        return text + ")"

    def sensitivity(self, parameter: str, step: float) -> list[Any]:
        """Return dx/d ln(parameter) of a solved state, one array a block (ghosts included).

        dx/dp = -J^-1 dF/dp, with dF/dp from a central difference.

        Args:
            parameter: Name of a problem parameter.
            step: Relative step of the central difference.
        """
        system, constant = self.system, self.problem.parameters[parameter]
        x, change = system.vector(), system.vector()
        system.read(x)
        value = float(constant.value)
        sides = []
        try:
            for factor in (1 + step, 1 - step):
                constant.value = factor * value
                F = system.vector()
                system.residual(x, F)
                sides.append(F)
        finally:
            constant.value = value
        sides[0].axpy(-1.0, sides[1])
        sides[0].scale(-1.0 / (2 * step))
        self._factorise(x)
        self._snes.getKSP().solve(sides[0], change)
        return system.arrays(change)

    def _factorise(self, x: PETSc.Vec) -> None:
        """Set the linear solver up at a state, once for all right-hand sides at that state."""
        if self._factorised_at is None or not self._factorised_at.equal(x):
            self._snes.setUp()
            self.system.jacobian(x)
            operator, matrix, _ = self._snes.getJacobian()
            operator.assemble()
            self._snes.getKSP().setOperators(operator, matrix)
            self._factorised_at = x.copy()

    def close(self) -> None:
        """Free the PETSc objects and take the options out of the database."""
        self._snes.destroy()
        self._inner.destroy()
        self.system.destroy()
        self._exit.close()

    def __enter__(self) -> Newton:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _reason_name(reason: int) -> str:
    kinds: Any = PETSc.SNES.ConvergedReason
    names = {getattr(kinds, name): name for name in dir(kinds) if name.startswith("DIVERGED")}
    return str(names.get(reason, reason)).lower().replace("_", " ")


def solve_steady(problem: Problem, options: NewtonOptions | None = None) -> SolveReport:
    """Solve for a steady state from the problem's present state, by Newton alone.

    Args:
        problem: The problem; its functions hold the solution afterwards.
        options: Newton options.

    Raises:
        NotConverged: No solution was reached; the state is what it was.
    """
    with Newton(problem, options) as newton:
        return newton.solve()
