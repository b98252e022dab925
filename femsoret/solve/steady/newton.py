"""Steady states: Newton with exact Jacobians through PETSc SNES."""

from __future__ import annotations

import math
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from types import TracebackType

from petsc4py import PETSc

import numpy as np

from femsoret.base import versions as _compat
from femsoret.base.errors import CaseError, NotConverged, OutOfMemory
from femsoret.base.log import get_logger
from femsoret.base.ranks import may_be_on_one_rank
from femsoret.base.types import Array
from femsoret.problem import Problem
from femsoret.problem.layout import ALGEBRAIC, plain_name
from femsoret.solve.linear.assembly import NOTHING
from femsoret.solve.linear.bordered import Solve
from femsoret.solve.linear.options import AUTOMATIC, Options, OptionValue, in_database, resolved
from femsoret.solve.linear.selection import linear_solver, options_of_mesh, preset_for
from femsoret.solve.steady.diagnosis import diagnose

log = get_logger(__name__)

Reason = PETSc.SNES.ConvergedReason

LINEAR_TOLERANCE = 1e-9
"""Relative residual of linear systems outside Newton's own steps."""

ROUNDOFF = 1e-11
"""A residual is round-off where it is below this times the terms that it is the sum of."""

NOISE = 100.0
"""Factor on ROUNDOFF and on the tolerance up to which residual and change may be round-off where
steps no longer reduce the residual."""

REUSE = 1e-2
"""Largest change after which the same Jacobian, factorised or with its multigrid levels, serves one
more Newton step. The error then falls a hundredfold a step."""

STALE = 0.1
"""Ratio of two changes above which a Jacobian is set up anew."""


@dataclass(frozen=True)
class NewtonOptions:
    """When Newton's method has converged, when it gives up, and its linear solver.

    Args:
        tolerance: Largest entry of the last update of any block, relative to the largest entry of
            the block. Convergence is quadratic, so the error left is about the square of it.
        max_iterations: Newton steps.
        preset: Name of the linear solver's preset, or "automatic".
        petsc: PETSc options that change the preset's; None removes one.
    """

    tolerance: float = 1e-8
    max_iterations: int = 20
    preset: str = AUTOMATIC
    petsc: Mapping[str, OptionValue] = field(default_factory=dict)


@dataclass(frozen=True)
class Attempt:
    """The outcome of one stage of a search.

    Args:
        stage: Name of the stage.
        converged: Whether it found a steady state.
        outcome: How far it came, a clause.
        factorisations: Jacobians that it set up.
    """

    stage: str
    converged: bool
    outcome: str
    factorisations: int

    def __str__(self) -> str:
        return f"{self.stage} ({self.factorisations} factorisations): {self.outcome}"


@dataclass(frozen=True)
class SolveReport:
    """What a solve did.

    Args:
        dofs: Number of unknowns.
        newton_iterations: Newton steps of all stages together.
        linear_iterations: Iterations of the linear solver.
        wall_seconds: Wall time of assembly and solves, compilation of forms included.
        history: One line for each Newton step.
        options: Resolved PETSc options.
        factorisations: Jacobians that were set up for linear solves, failed attempts included.
        attempts: Stages in the order in which they were tried; the last one converged.
    """

    dofs: int
    newton_iterations: int
    linear_iterations: int
    wall_seconds: float
    history: tuple[str, ...]
    options: Options
    factorisations: int = 0
    attempts: tuple[Attempt, ...] = ()


class Newton:
    """Newton's method for a problem, by PETSc's SNES; close it, or use it as a context manager.

    Args:
        problem: The problem, whose state is both initial guess and result.
        options: Newton options.

    Attributes:
        history: Lines that say what happened.
        newton_iterations: Newton steps so far.
        linear_iterations: Iterations of the linear solver so far.
        factorisations: Jacobians set up so far.
        linear: The linear solver.
        system: The assembled problem.
    """

    def __init__(self, problem: Problem, options: NewtonOptions | None = None) -> None:
        self.problem = problem
        self.options = options or NewtonOptions()
        preset = preset_for(problem, self.options.preset)
        self.petsc_options = resolved(preset, {**options_of_mesh(problem), **self.options.petsc})
        self.history: list[str] = []
        self.newton_iterations = self.linear_iterations = self.factorisations = 0
        self._residual_norms: list[float] = []
        self._changes: list[float] = []
        self._change_of_any = math.inf
        self._reused = False
        self._max_iterations = self.options.max_iterations
        self._factorised_at: PETSc.Vec | None = None
        self._set_up_at: PETSc.Vec | None = None
        self._shift = 0.0
        self._term_size = 0.0
        self._exit = ExitStack()
        prefix = self._exit.enter_context(in_database(self.petsc_options))
        self.linear = linear_solver(problem, preset, prefix)
        self.system = self.linear.system
        self._snes = self._create(prefix)

    def _create(self, prefix: str) -> PETSc.SNES:
        snes = PETSc.SNES().create(self.system.comm)
        snes.setType("newtonls")  # with its default line search, cubic backtracking
        snes.setOptionsPrefix(prefix)
        snes.setFromOptions()
        _compat.lift_step_limit(snes)
        snes.setTolerances(max_it=self.options.max_iterations)
        snes.setFunction(self._function, self.system.vector())
        snes.setJacobian(self._jacobian, self.linear.operator, self.linear.matrix)
        snes.setConvergenceTest(self._test)
        # The outer KSP keeps the type and tolerances of the options; the pc_* options are those
        # of the inner preconditioner, which the functional rows wrap.
        snes.getKSP().setConvergenceHistory(reset=True)
        pc = snes.getKSP().getPC()
        pc.setType(PETSc.PC.Type.PYTHON)
        pc.setPythonContext(self.linear.context)
        return snes

    # -- callbacks -------------------------------------------------------------------------------

    def _function(self, snes: PETSc.SNES, x: PETSc.Vec, F: PETSc.Vec) -> None:
        self.system.residual(x, F)

    def _jacobian(self, snes: PETSc.SNES, x: PETSc.Vec, J: PETSc.Mat, P: PETSc.Mat) -> None:
        self._reused = self._serves_on()
        if not self._reused:
            self.factorisations += 1
            self.linear.update(x)

    def _serves_on(self) -> bool:
        """Return whether the last Jacobian serves the next step as well."""
        if not self._changes or self._changes[-1] > REUSE:
            return False
        return not self._reused or self._changes[-1] <= STALE * self._changes[-2]

    @property
    def _iterative(self) -> bool:
        return bool(self._snes.getKSP().getType() != PETSc.KSP.Type.PREONLY)

    def _test(
        self, snes: PETSc.SNES, it: int, norms: tuple[float, float, float]
    ) -> PETSc.SNES.ConvergedReason:
        """Return whether the iteration goes on, has converged or has failed (PETSc's callback)."""
        residual = norms[2]
        if not np.isfinite(residual):
            return _compat.NOT_A_NUMBER
        self._residual_norms.append(residual)
        if it == 0:
            self.note(f"{it:3d}  residual {residual:9.2e}")
            return Reason.CONVERGED_ITERATING if self._max_iterations else Reason.DIVERGED_MAX_IT
        changes = self.system.relative_maxima(snes.getSolutionUpdate(), snes.getSolution())
        worst = int(np.argmax(changes))
        self._changes.append(float(changes[worst]))
        name = plain_name(self.problem.layout.names[worst])
        self.note(
            f"{it:3d}  residual {residual:9.2e}  largest change {changes[worst]:8.1e} ({name})"
        )
        previous, largest = self._residual_norms[-2], max(self._residual_norms)
        stalled = self._at_the_floor(changes, self.system.block_maxima(snes.getSolution()))
        roundoff = residual <= ROUNDOFF * max(largest, self._term_size)
        # The change is the whole Newton step, whatever part of it the line search took.
        settled = self._small(changes[worst]) and residual <= 0.5 * previous
        # A field that ought to be zero never settles relative to itself: it ends at round-off.
        exhausted = roundoff and (
            residual > 0.1 * previous or changes[worst] <= self.options.tolerance
        )
        if settled or stalled or exhausted:
            return Reason.CONVERGED_SNORM_RELATIVE
        if residual == 0.0:
            return Reason.CONVERGED_FNORM_ABS
        if it >= self._max_iterations:
            return Reason.DIVERGED_MAX_IT
        return Reason.CONVERGED_ITERATING

    def _at_the_floor(self, changes: Array, sizes: Array) -> bool:
        """Return whether only round-off is left: two steps that do not reduce the residual.

        In long cells this is more than the round-off of the residual's own terms. Blocks that are
        zero but for round-off, and pressures with them, change by all of themselves in every step;
        they do not count here.

        Args:
            changes: Relative change of each block.
            sizes: Largest entry of each block, in natural sizes.
        """
        algebraic = [name in ALGEBRAIC for name in self.problem.layout.names]
        counted = (sizes > NOTHING) & ~np.array(algebraic)
        before, self._change_of_any = self._change_of_any, float(changes[counted].max(initial=0.0))
        residual, previous = self._residual_norms[-1], self._residual_norms[-2]
        if len(self._changes) < 2 or residual <= 0.5 * previous:
            return False
        terms = max(*self._residual_norms, self._term_size)
        return max(self._changes[-2:]) <= self.options.tolerance or (
            residual <= NOISE * ROUNDOFF * terms
            and max(before, self._change_of_any) <= NOISE * self.options.tolerance
        )

    def _small(self, change: float) -> bool:
        """Return whether the error after an update is small enough.

        With a fresh Jacobian the error is about the square of the update; with an old one it is the
        update times the rate at which updates shrink. An iterative solver adds the relative
        residual of its last solve times the update; the error may be a hundred times that residual.
        """
        tolerance = self.options.tolerance
        rate = change / self._changes[-2] if self._reused else change
        if not self._iterative:
            return rate * change <= tolerance**2
        history = self._snes.getKSP().getConvergenceHistory()
        left = history[-1] / history[0] if len(history) else 1.0
        return change <= math.sqrt(tolerance) and max(rate, 100.0 * left) * change <= tolerance

    def note(self, line: str) -> None:
        """Add a line to the history."""
        self.history.append(line)
        log.debug(line)

    # -- use -------------------------------------------------------------------------------------

    def solve(
        self, max_iterations: int | None = None, first_linear: float | None = None
    ) -> SolveReport:
        """Solve from the problem's present state; on failure the state is restored.

        Args:
            max_iterations: Most Newton steps, if fewer than the options allow.
            first_linear: Relative residual of the first linear solve, unless the user's options set
                it (``snes_ksp_ew_rtol0``).

        Raises:
            NotConverged: No solution was found; the error has the history.
            OutOfMemory: There was too little memory for a factorisation.
        """
        start = time.perf_counter()
        before = self.problem.get_state()
        self._max_iterations = min(
            self.options.max_iterations, max_iterations or self.options.max_iterations
        )
        self._factorised_at = None
        before_this = self.factorisations
        self._collect()
        x = self.system.vector()
        self.problem.impose()
        self.system.read(x)
        self._term_size = self.system.rest_residual()
        with self._first_linear(first_linear):
            self._iterate(x)
            failed = self._linear_solver_failed() and self.linear.shortage() is None
            if failed and self.linear.fall_back():
                self.note("# the whole factorised")
                self._iterate(x)
        reason = self._snes.getConvergedReason()
        if reason <= 0 and not self._only_noise_left(x):
            diagnosis = diagnose(
                self.system, x, self._snes.getSolutionUpdate(), self._snes.getFunction()[0]
            )
            self.problem.set_state(before)
            self._check_memory()
            raise NotConverged(
                f"stopped after {self._snes.getIterationNumber()} Newton steps: "
                f"{_in_words(reason)}{self._linear_failure()}",
                "start from a nearby solution",
                self.history,
                {**diagnosis.record(), "ran_out": reason == Reason.DIVERGED_MAX_IT},
            )
        self.system.write(x)
        return SolveReport(
            dofs=self.problem.num_dofs,
            newton_iterations=self._snes.getIterationNumber(),
            linear_iterations=self._snes.getLinearSolveIterations(),
            wall_seconds=time.perf_counter() - start,
            history=tuple(self.history),
            options=self.petsc_options,
            factorisations=self.factorisations - before_this,
        )

    def _iterate(self, x: PETSc.Vec) -> None:
        """Take Newton steps from x."""
        self._residual_norms.clear()
        self._changes.clear()
        self._change_of_any = math.inf
        self._snes.solve(None, x)
        self.newton_iterations += self._snes.getIterationNumber()
        self.linear_iterations += self._snes.getLinearSolveIterations()

    def _linear_solver_failed(self) -> bool:
        return bool(self._snes.getConvergedReason() == Reason.DIVERGED_LINEAR_SOLVE)

    @contextmanager
    def _first_linear(self, rtol: float | None) -> Iterator[None]:
        """Solve first linear systems to a tolerance; None leaves that of the preset."""
        usual = self._snes.getParamsEW()["rtol_0"]
        set_by_user = "snes_ksp_ew_rtol0" in self.options.petsc
        self._snes.setParamsEW(rtol_0=usual if set_by_user or rtol is None else rtol)
        try:
            yield
        finally:
            self._snes.setParamsEW(rtol_0=usual)

    def _only_noise_left(self, x: PETSc.Vec) -> bool:
        """Return whether the line search failed at a state that solves the equations already.

        Near a branch point the Jacobian is almost singular and turns round-off into large steps.
        """
        if self._snes.getConvergedReason() != Reason.DIVERGED_LINE_SEARCH:
            return False
        F = self.system.vector()
        self.system.residual(x, F)
        return bool(F.norm() <= ROUNDOFF * max(*self._residual_norms, self._term_size))

    def _check_memory(self) -> None:
        """Raise an error if the linear solver failed for lack of memory."""
        short = self.linear.shortage()
        if short is not None:
            raise OutOfMemory(short.message, short.hint, self.history, {}, self.petsc_options)

    def _linear_failure(self) -> str:
        """Return what the linear solver says of its failure, a clause; empty if it did not fail."""
        if not self._linear_solver_failed():
            return ""
        reason = self._snes.getKSP().getConvergedReason()
        return f" (KSP reason {reason}{self.linear.failure()})"

    def sensitivity(self, parameter: str, step: float) -> list[Array]:
        """Return dx/d ln(parameter) of a solved state; collective.

        dx/dp = -J^-1 dF/dp, with dF/dp from a central difference.

        Args:
            parameter: Name of a problem parameter.
            step: Relative step of the central difference.

        Returns:
            One array a block, in the problem's units, ghosts included.
        """
        system, value = self.system, float(self.problem.parameters[parameter].value)
        if value == 0.0:  # a relative change of zero changes nothing
            return [np.zeros_like(function.x.array) for function in self.problem.functions]
        x, change = system.vector(), system.vector()
        system.read(x)
        side = system.vector()
        system.parameter_derivative(x, parameter, step * value, side)
        side.scale(-value)
        if self._factorised_at is None or not self._factorised_at.equal(x):
            self.factorise(x)  # once for all parameters
            self._factorised_at = x.copy()
        self.back_substitute(side, change)
        return system.arrays(change)

    def factorise(self, x: PETSc.Vec, shift: float = 0.0) -> None:
        """Set the linear solver up at a state, for :meth:`back_substitute`.

        Args:
            x: The state.
            shift: Factor of the mass matrix, which is added: 1/dt of an implicit step in time.
        """
        self._factorised_at = None
        self._collect()
        self._snes.setUp()
        if self._set_up_at is None:
            self._set_up_at = x.duplicate()
        x.copy(self._set_up_at)
        self._shift = shift
        self._update()

    def _update(self) -> None:
        """Set the linear solver up at the state and shift that :meth:`factorise` was given."""
        self.factorisations += 1
        self.linear.update(self._set_up_at, self._shift)
        operator, matrix, _ = self._snes.getJacobian()
        operator.assemble()
        self._snes.getKSP().setOperators(operator, matrix)

    def back_substitute(
        self, b: PETSc.Vec, y: PETSc.Vec, tolerance: float = LINEAR_TOLERANCE
    ) -> None:
        """Solve J y = b after :meth:`factorise`; collective.

        Args:
            b: Right-hand side.
            y: Takes the solution.
            tolerance: Relative residual, where the linear solver is iterative.

        Raises:
            NotConverged: The linear solver failed.
        """
        self._solve(b, y, tolerance, self._snes.getKSP().solve)

    def back_substitute_transposed(self, b: PETSc.Vec, y: PETSc.Vec) -> None:
        """Solve J^T y = b after :meth:`factorise`, for adjoints; collective.

        Args:
            b: Right-hand side.
            y: Takes the solution.

        Raises:
            CaseError: The linear solver is iterative; those have no transpose.
            NotConverged: The linear solver failed.
        """
        if self._iterative:
            raise CaseError(
                "the transposed Jacobian needs a factorisation, and iterative solvers have none",
                'take the preset "direct"',
            )
        self._solve(b, y, LINEAR_TOLERANCE, self._snes.getKSP().solveTranspose)

    def _solve(self, b: PETSc.Vec, y: PETSc.Vec, tolerance: float, solve: Solve) -> None:
        """Solve a linear system outside Newton's own steps."""
        ksp, loose = self._snes.getKSP(), self._snes.getUseEW()
        self._snes.setUseEW(False)  # or SNES sets its own tolerance before every solve
        ksp.setTolerances(rtol=tolerance)
        failed = self._solve_linear(b, y, solve)
        if failed:
            self._check_memory()
            if self.linear.fall_back():
                self._update()
                failed = self._solve_linear(b, y, solve)
        self._snes.setUseEW(loose)
        if failed:
            raise NotConverged(
                f"the linear solver failed (KSP reason {ksp.getConvergedReason()}"
                f"{self.linear.failure()})",
                "the matrix may be singular: a fold or a branch point",
                self.history,
            )

    def _solve_linear(self, b: PETSc.Vec, y: PETSc.Vec, solve: Solve) -> bool:
        """Solve a linear system, and return whether that failed."""
        ksp = self._snes.getKSP()
        solve(b, y)
        self.linear_iterations += ksp.getIterationNumber()
        return bool(ksp.getConvergedReason() < 0 or not np.isfinite(y.norm()))

    def close(self) -> None:
        """Free the PETSc objects and take the options out of the database; collective."""
        self._snes.destroy()
        if self._set_up_at is not None:
            self._set_up_at.destroy()
        self.linear.destroy()
        self._exit.close()
        self._collect()

    def _collect(self) -> None:
        """Free PETSc objects that Python no longer refers to; collective.

        On several ranks PETSc only collects them here; otherwise memory grows with every step.
        """
        if self.system.comm.size > 1:
            PETSc.garbage_cleanup(self.system.comm)

    def __enter__(self) -> Newton:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if not may_be_on_one_rank(self.system.comm, error):
            self.close()


def _in_words(reason: int) -> str:
    """Return why PETSc stopped; rare reasons in PETSc's own words."""
    words = {
        Reason.DIVERGED_MAX_IT: "no more are allowed",
        Reason.DIVERGED_LINE_SEARCH: "no part of the last step came nearer to a solution",
        _compat.NOT_A_NUMBER: "the residual is no longer a number",
        Reason.DIVERGED_LINEAR_SOLVE: "the linear solver failed",
    }
    if reason in words:
        return words[reason]
    names = {getattr(Reason, name): name for name in dir(Reason) if name.startswith("DIVERGED")}
    return str(names.get(reason, reason)).lower().replace("_", " ")
