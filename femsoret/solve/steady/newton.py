"""Newton's method for steady states, with exact Jacobians and PETSc SNES."""

from __future__ import annotations

import math
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field

from mpi4py import MPI
from petsc4py import PETSc

import numpy as np

from femsoret.base import versions
from femsoret.base.errors import CaseError, NotConverged, OutOfMemory
from femsoret.base.log import get_logger
from femsoret.base.ranks import ClosedTogether
from femsoret.base.types import Array
from femsoret.problem import Problem
from femsoret.problem.layout import ALGEBRAIC, plain_name
from femsoret.solve.linear.assembly import NOTHING
from femsoret.solve.linear.bordered import Solve
from femsoret.solve.linear.options import AUTOMATIC, Options, OptionValue, in_database, resolved
from femsoret.solve.linear.selection import linear_solver, options_of, preset_for
from femsoret.solve.steady.diagnosis import diagnose

log = get_logger(__name__)

Reason = PETSc.SNES.ConvergedReason
LinearReason = PETSc.KSP.ConvergedReason

LINEAR_TOLERANCE = 1e-9
"""Relative residual of linear solves other than those of Newton steps."""

ROUNDOFF = 1e-11
"""Size of a residual, relative to its terms, below which it is round-off."""

NOISE = 100.0
"""Factor by which residual and update may exceed ROUNDOFF and the tolerance and still count as
round-off, once steps no longer reduce the residual."""

REUSE = 1e-2
"""Largest relative update after which the Jacobian, with its factorisation or multigrid levels, is
reused for the next Newton step. The error then decreases by a factor of about 100 per step."""

KNOWN = 1e-2
"""Relative residual of a linear solve from which the update is known well enough to judge it."""

TEST_OPTIONS = ("ksp_conv", "ksp_norm_type", "ksp_min_it")
"""Beginnings of the names of PETSc options with which linear solves keep PETSc's own test."""

STALE = 0.1
"""Ratio of successive updates above which a reused Jacobian is assembled again."""

PATIENCE = 8
"""Number of Newton steps within which the residual has to halve while the state still changes, or
the search goes on with the next method (``docs/evidence.md``, random cells)."""


@dataclass(frozen=True)
class NewtonOptions:
    """Options of Newton's method and its linear solver.

    Args:
        tolerance: Tolerance for the error, as estimated from the last update: the maximum norm of
            each block, relative to that of the state.
        max_iterations: Maximum number of Newton steps.
        preset: Name of the preset of the linear solver, or "automatic".
        petsc: PETSc options that override those of the preset; the value None removes an option.
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
        converged: Whether the stage found a steady state.
        outcome: Description of the outcome, as a clause.
        factorisations: Number of Jacobians for which the linear solver was set up.
    """

    stage: str
    converged: bool
    outcome: str
    factorisations: int

    def __str__(self) -> str:
        plural = "" if self.factorisations == 1 else "s"
        return f"{self.stage} ({self.factorisations} factorisation{plural}): {self.outcome}"


@dataclass(frozen=True)
class SolveReport:
    """Report on a successful solve.

    Args:
        dofs: Number of unknowns.
        newton_iterations: Total number of Newton steps of all stages.
        linear_iterations: Total number of iterations of the linear solver.
        wall_seconds: Wall time in s of assembly and solves, including compilation of forms.
        history: Log lines, one for each Newton step.
        options: PETSc options that were used.
        factorisations: Number of Jacobians for which the linear solver was set up, including those
            of failed attempts.
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


class Newton(ClosedTogether):
    """Newton's method for a problem, by PETSc SNES.

    Call :meth:`close` after use, or use the object as a context manager.

    Args:
        problem: The problem, whose state is both initial guess and result.
        options: Newton options; None uses the defaults.

    Attributes:
        history: Log lines of all solves.
        newton_iterations: Number of Newton steps so far.
        linear_iterations: Number of iterations of the linear solver so far.
        factorisations: Number of Jacobians for which the linear solver was set up so far.
        linear: The linear solver.
        system: The assembled problem.
    """

    def __init__(self, problem: Problem, options: NewtonOptions | None = None) -> None:
        self.problem = problem
        self.options = options or NewtonOptions()
        preset = preset_for(problem, self.options.preset)
        self.petsc_options = resolved(preset, {**options_of(problem, preset), **self.options.petsc})
        self.history: list[str] = []
        self.newton_iterations = self.linear_iterations = self.factorisations = 0
        self._residual_norms: list[float] = []
        self._changes: list[float] = []
        self._change_of_any = math.inf
        self._first_norm = 0.0
        self._trial: PETSc.Vec | None = None
        self._reused = self._is_limited = False
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
        versions.lift_step_limit(snes)
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
        if self._reused:
            return
        self.factorisations += 1
        if self._iterative or self._is_limited or self._converges_slowly():
            self.linear.update(x)
        else:
            self.linear.update_step(x)

    def _converges_slowly(self) -> bool:
        """Return whether a step near the solution reduced the error by less than a factor of 10."""
        if len(self._changes) < 2 or self._changes[-2] > REUSE:
            return False
        return self._changes[-1] > STALE * self._changes[-2]

    def _serves_on(self) -> bool:
        """Return whether to reuse the last Jacobian for the next step."""
        if not self._changes or self._changes[-1] > REUSE:
            return False
        return not self._reused or self._changes[-1] <= STALE * self._changes[-2]

    @property
    def _iterative(self) -> bool:
        return bool(self._snes.getKSP().getType() != PETSc.KSP.Type.PREONLY)

    def _test(
        self, snes: PETSc.SNES, it: int, norms: tuple[float, float, float]
    ) -> PETSc.SNES.ConvergedReason:
        """Return PETSc's code for convergence, failure or continuation (PETSc's callback)."""
        residual = norms[2]
        if not np.isfinite(residual):
            return versions.NOT_A_NUMBER
        self._residual_norms.append(residual)
        if it == 0:
            self.note(f"{it:3d}  residual {residual:9.2e}")
            return Reason.CONVERGED_ITERATING if self._max_iterations else Reason.DIVERGED_MAX_IT
        changes = self.system.relative_maxima(snes.getSolutionUpdate(), snes.getSolution())
        worst = int(np.argmax(changes))
        history = snes.getKSP().getConvergenceHistory()
        small = self._small(changes[worst], history[-1] / history[0] if len(history) else 1.0)
        self._changes.append(float(changes[worst]))
        name = plain_name(self.problem.layout.names[worst])
        self.note(
            f"{it:3d}  residual {residual:9.2e}  largest change {changes[worst]:8.1e} ({name})"
        )
        previous, largest = self._residual_norms[-2], max(self._residual_norms)
        stalled = self._at_the_floor(changes, self.system.block_maxima(snes.getSolution()))
        roundoff = residual <= ROUNDOFF * max(largest, self._term_size)
        # The change is the full Newton step, even if the line search shortened it.
        settled = small and residual <= 0.5 * previous
        # A field whose exact value is zero never converges relative to itself, only to round-off.
        exhausted = roundoff and (
            residual > 0.1 * previous or changes[worst] <= self.options.tolerance
        )
        if settled or stalled or exhausted:
            return Reason.CONVERGED_SNORM_RELATIVE
        if residual == 0.0:
            return Reason.CONVERGED_FNORM_ABS
        if it >= self._max_iterations:
            return Reason.DIVERGED_MAX_IT
        if self._makes_no_headway():
            return Reason.DIVERGED_LOCAL_MIN
        return Reason.CONVERGED_ITERATING

    def _makes_no_headway(self) -> bool:
        """Return whether the residual stagnates while the state still changes."""
        if len(self._changes) < PATIENCE or self._changes[-1] <= REUSE:
            return False
        return self._residual_norms[-1] > 0.5 * self._residual_norms[-1 - PATIENCE]

    def _at_the_floor(self, changes: Array, sizes: Array) -> bool:
        """Return whether the residual stagnates at round-off, as judged from the last two steps.

        In long cells this level is above the round-off of the terms of the residual. Blocks that
        are zero up to round-off change by 100 % in every step, and so may the pressure; they are
        ignored here.

        Args:
            changes: Relative change of each block, shape (blocks,).
            sizes: Largest entry of each block, in natural sizes, shape (blocks,).
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

    def _test_linear(self, ksp: PETSc.KSP, it: int, norm: float) -> PETSc.KSP.ConvergedReason | int:
        """Return PETSc's code for the linear solve of a Newton step (PETSc's callback).

        A step that can be the last is solved until the error is below the tolerance, and no
        further; any other to the tolerance of Eisenstat and Walker.
        """
        if it == 0:
            self._first_norm = norm
        rtol, atol, divtol, _ = ksp.getTolerances()
        left = norm / self._first_norm if self._first_norm else 0.0
        if not np.isfinite(norm):
            return LinearReason.DIVERGED_NANORINF
        enough = norm <= max(rtol * self._first_norm, atol)
        if norm > atol and (enough or left <= KNOWN):
            self._trial = self._trial or self.system.vector()
            ksp.buildSolution(self._trial)
            update = self.system.relative_maxima(self._trial, self._snes.getSolution())
            change = float(update.max())
            if self._small(change, 0.0):
                enough = self._small(change, left)
        if enough:
            return LinearReason.CONVERGED_RTOL
        if left >= divtol:
            return LinearReason.DIVERGED_DTOL
        return LinearReason.CONVERGED_ITERATING

    def _small(self, change: float, left: float) -> bool:
        """Return whether the estimated error after an update is below the tolerance.

        Call this before the change is recorded. With a new Jacobian the error is about the square
        of the update. A reused or approximate one multiplies the error by the ratio of the last two
        updates, or at first by the update since it was assembled. An iterative solver contributes
        the update times the relative error of its solve, which may be 100 times the relative
        residual.

        Args:
            change: Largest relative update of a block.
            left: Relative residual of the solve, if the solver is iterative.
        """
        tolerance, rate = self.options.tolerance, change
        if self._changes and (self._reused or not self.linear.is_exact):
            rate = max(change / self._changes[-1], self._changes[-1])
        if not self._iterative:
            return rate * change <= tolerance**2
        return change <= math.sqrt(tolerance) and max(rate, 100.0 * left) * change <= tolerance

    def note(self, line: str) -> None:
        """Add a line to the history and the debug log."""
        self.history.append(line)
        log.debug(line)

    # -- use -------------------------------------------------------------------------------------

    def solve(
        self, max_iterations: int | None = None, first_linear: float | None = None
    ) -> SolveReport:
        """Solve from the problem's present state; on failure the state is restored.

        Args:
            max_iterations: Maximum number of Newton steps, if lower than that of the options. Each
                step then counts, so that all are taken with the exact Jacobian.
            first_linear: Relative residual of the first linear solve by an iterative solver,
                unless the user's options set ``snes_ksp_ew_rtol0``.

        Raises:
            NotConverged: No solution was found; the error contains the history.
            OutOfMemory: There was not enough memory for a factorisation.
        """
        start = time.perf_counter()
        before = self.problem.get_state()
        self._max_iterations = min(
            self.options.max_iterations, max_iterations or self.options.max_iterations
        )
        self._is_limited = max_iterations is not None
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
                self.note("# the full system is factorised")
                self._iterate(x)
        reason = self._snes.getConvergedReason()
        if reason <= 0 and not self._only_noise_left(x):
            diagnosis = diagnose(
                self.system, x, self._snes.getSolutionUpdate(), self._snes.getFunction()[0]
            )
            self.problem.set_state(before)
            self._check_memory()
            steps = self._snes.getIterationNumber()
            raise NotConverged(
                f"stopped after {steps} Newton step{'' if steps == 1 else 's'}: "
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
        """Take Newton steps from x until convergence or failure."""
        self._residual_norms.clear()
        self._changes.clear()
        self._change_of_any = math.inf
        with self._own_linear_test():
            self._snes.solve(None, x)
        self.newton_iterations += self._snes.getIterationNumber()
        self.linear_iterations += self._snes.getLinearSolveIterations()

    @contextmanager
    def _own_linear_test(self) -> Iterator[None]:
        """Use :meth:`_test_linear` within the context, unless the options ask for another test."""
        ksp = self._snes.getKSP()
        chosen = any(name.startswith(TEST_OPTIONS) for name in self.petsc_options)
        if chosen or not (self._iterative and self._snes.getUseEW()):
            yield
            return
        ksp.setConvergenceTest(self._test_linear)
        try:
            yield
        finally:
            ksp.setConvergenceTest(None)

    def _linear_solver_failed(self) -> bool:
        return bool(self._snes.getConvergedReason() == Reason.DIVERGED_LINEAR_SOLVE)

    @contextmanager
    def _first_linear(self, rtol: float | None) -> Iterator[None]:
        """Set the tolerance of first linear solves within the context; None keeps the preset's."""
        usual = self._snes.getParamsEW()["rtol_0"]
        set_by_user = "snes_ksp_ew_rtol0" in self.options.petsc
        self._snes.setParamsEW(rtol_0=usual if set_by_user or rtol is None else rtol)
        try:
            yield
        finally:
            self._snes.setParamsEW(rtol_0=usual)

    def _only_noise_left(self, x: PETSc.Vec) -> bool:
        """Return whether the line search failed at a state that already solves the equations.

        Near a branch point the Jacobian is almost singular and amplifies round-off to large steps.
        """
        if self._snes.getConvergedReason() != Reason.DIVERGED_LINE_SEARCH:
            return False
        F = self.system.vector()
        self.system.residual(x, F)
        return bool(F.norm() <= ROUNDOFF * max(*self._residual_norms, self._term_size))

    def _check_memory(self) -> None:
        """Raise OutOfMemory if the linear solver ran out of memory."""
        short = self.linear.shortage()
        if short is not None:
            raise OutOfMemory(short.message, short.hint, self.history, {}, self.petsc_options)

    def _linear_failure(self) -> str:
        """Return the cause of a linear solver failure as a clause; empty if there is none."""
        if not self._linear_solver_failed():
            return ""
        reason = self._snes.getKSP().getConvergedReason()
        return f" (KSP reason {reason}{self.linear.failure()})"

    def factorise_once(self, x: PETSc.Vec) -> None:
        """Set up the linear solver at a state, unless the last call did so at the same state.

        Args:
            x: The state, in natural sizes.
        """
        if self._factorised_at is None or not self._factorised_at.equal(x):
            self.factorise(x)
            self._factorised_at = x.copy()

    def factorise(self, x: PETSc.Vec, shift: float = 0.0) -> None:
        """Set up the linear solver at a state, for use by :meth:`back_substitute`.

        Args:
            x: The state, in natural sizes.
            shift: Multiple of the mass matrix to add, e.g. 1/dt for an implicit Euler step.
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
        """Set up the linear solver at the state and shift of the last :meth:`factorise` call."""
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
            y: The solution; overwritten.
            tolerance: Relative residual to reach if the linear solver is iterative.

        Raises:
            NotConverged: The linear solver failed.
        """
        self._solve(b, y, tolerance, self._snes.getKSP().solve)

    def back_substitute_transposed(self, b: PETSc.Vec, y: PETSc.Vec) -> None:
        """Solve J^T y = b after :meth:`factorise`, for adjoints; collective.

        Args:
            b: Right-hand side.
            y: The solution; overwritten.

        Raises:
            CaseError: The linear solver is iterative and cannot solve transposed systems.
            NotConverged: The linear solver failed.
        """
        if self._iterative:
            raise CaseError(
                "the transposed Jacobian needs a factorisation, but the linear solver is iterative",
                'use the preset "direct"',
            )
        self._solve(b, y, LINEAR_TOLERANCE, self._snes.getKSP().solveTranspose)

    def _solve(self, b: PETSc.Vec, y: PETSc.Vec, tolerance: float, solve: Solve) -> None:
        """Solve a linear system that is not part of a Newton step."""
        ksp, loose = self._snes.getKSP(), self._snes.getUseEW()
        usual = ksp.getTolerances()[0]  # that of all Newton steps where SNES sets none
        self._snes.setUseEW(False)  # or SNES sets its own tolerance before every solve
        ksp.setTolerances(rtol=tolerance)
        failed = self._solve_linear(b, y, solve)
        if failed:
            self._check_memory()
            if self.linear.fall_back():
                self._update()
                failed = self._solve_linear(b, y, solve)
        self._snes.setUseEW(loose)
        ksp.setTolerances(rtol=usual)
        if failed:
            raise NotConverged(
                f"the linear solver failed (KSP reason {ksp.getConvergedReason()}"
                f"{self.linear.failure()})",
                "the matrix may be singular, as at a fold or a branch point",
                self.history,
            )

    def _solve_linear(self, b: PETSc.Vec, y: PETSc.Vec, solve: Solve) -> bool:
        """Solve a linear system, and return whether the solver failed."""
        ksp = self._snes.getKSP()
        solve(b, y)
        self.linear_iterations += ksp.getIterationNumber()
        return bool(ksp.getConvergedReason() < 0 or not np.isfinite(y.norm()))

    def close(self) -> None:
        """Free the PETSc objects and remove their options from the database; collective."""
        self._snes.destroy()
        for vector in (self._set_up_at, self._trial):
            if vector is not None:
                vector.destroy()
        self.linear.destroy()
        self._exit.close()
        self._collect()

    def _collect(self) -> None:
        """Free PETSc objects that Python no longer references; collective.

        On several ranks PETSc frees such objects only in this call; without it memory use would
        grow with every step.
        """
        if self.system.comm.size > 1:
            PETSc.garbage_cleanup(self.system.comm)

    @property
    def comm(self) -> MPI.Comm:
        """Communicator of the problem."""
        return self.system.comm


def _in_words(reason: int) -> str:
    """Return the reason for SNES to stop as a clause; rare reasons in the words of PETSc."""
    words = {
        Reason.DIVERGED_MAX_IT: "the limit was reached",
        Reason.DIVERGED_LOCAL_MIN: f"the residual did not halve in the last {PATIENCE}",
        Reason.DIVERGED_LINE_SEARCH: "the line search could not reduce the residual",
        versions.NOT_A_NUMBER: "the residual is infinite or not a number",
        Reason.DIVERGED_LINEAR_SOLVE: "the linear solver failed",
    }
    if reason in words:
        return words[reason]
    names = {getattr(Reason, name): name for name in dir(Reason) if name.startswith("DIVERGED")}
    return str(names.get(reason, reason)).lower().replace("_", " ")
