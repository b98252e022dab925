"""The search for a steady state: selection and order of the stages, and the error if all fail."""

from __future__ import annotations

import math
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace

from mpi4py import MPI

import numpy as np

from femsoret.base.errors import NotConverged
from femsoret.base.log import get_logger
from femsoret.problem import Problem
from femsoret.solve.linear.interpolation import copy_settings, interpolate_state
from femsoret.solve.linear.multigrid import COARSEST, coarser_problem, coarser_problems
from femsoret.solve.linear.options import AUTOMATIC, FACTORISING, MULTIGRID
from femsoret.solve.linear.selection import is_factorised_whole, preset_for
from femsoret.solve.march.following import FollowInTime
from femsoret.solve.steady.newton import Attempt, Newton, NewtonOptions, SolveReport
from femsoret.solve.steady.stages import PlainNewton, PseudoTransient, Stage, ramps_of

log = get_logger(__name__)


NESTED_FROM = {2: 20_000, 3: 5_000}
"""Dimension -> number of unknowns from which a search that starts from rest uses a coarser mesh."""

NEARLY_LEVEL = math.cos(math.radians(5.0))
"""Cosine of the largest tilt at which a stably stratified liquid barely flows. Newton's method with
a direct solver then converges in few steps from rest, and a coarser mesh in 3D may have no such
state at all."""

QUIETLY = 8
"""Maximum number of Newton steps from rest for such a liquid."""

FIRST_LINEAR = 1e-5
"""Relative residual of the first linear solve by multigrid if Newton's method starts from a liquid
mixture at rest. With a larger one, the first step leaves spurious flow that stirs the liquid."""

LARGE = 20_000
"""Number of unknowns of the fine mesh from which the search on the coarser mesh includes
pseudo-transient continuation."""


def stages_of(problem: Problem, preset: str = AUTOMATIC) -> tuple[Stage, ...]:
    """Return the stages to try for a problem, from the cheapest to the costliest; collective.

    Without flow, Newton's method suffices. If the present state already flows, it is a better
    initial guess than a solution on a coarser mesh.

    Args:
        problem: The problem, in the state from which the search starts.
        preset: Name of the preset of the linear solver, or "automatic".
    """
    if not problem.layout.flows:
        return (PlainNewton(),)
    solver, rests = preset_for(problem, preset), _at_rest(problem)
    delicate = solver == MULTIGRID and rests and bool(problem.mixture.species)
    plain = PlainNewton(first_linear=FIRST_LINEAR if delicate else None)
    on_this_mesh: tuple[Stage, ...] = (plain, PseudoTransient(), *ramps_of(problem))
    if solver in FACTORISING:  # multigrid does not solve with a strong grad-div term
        on_this_mesh += (FollowInTime(),)
    large = problem.num_dofs >= NESTED_FROM[problem.cell.dim] or solver == MULTIGRID
    if not (large and rests and problem.cell.halved is not None):
        return on_this_mesh
    if solver in FACTORISING and problem.cell.dim == 3 and _barely_flows(problem):
        return (PlainNewton(QUIETLY), Nested(), *on_this_mesh)
    return (Nested(), *on_this_mesh)


def _barely_flows(problem: Problem) -> bool:
    """Return whether a nearly level mixture is stably stratified by temperature and composition."""
    frame, mixture = problem.orientation, problem.mixture
    if not (mixture.species and frame.dT):
        return False
    upright = float(np.dot(frame.axis, mixture.gravity.up))
    at = mixture.reference_at(frame.T_mean)
    solutal = np.asarray(at.beta_c) * at.separation
    return bool(upright > NEARLY_LEVEL and at.beta_T > 0.0 and solutal.min() >= 0.0)


def _at_rest(problem: Problem) -> bool:
    speed = float(np.abs(problem.function("u").x.array).max(initial=0.0))
    return bool(problem.cell.comm.allreduce(speed, op=MPI.MAX) == 0.0)


@dataclass(frozen=True)
class Nested:
    """Newton's method from the interpolated steady state of a coarser mesh.

    The steady state on the coarser mesh is itself found by :func:`find_steady`.

    Args:
        tolerance: Tolerance of Newton's method on the coarser mesh; the state on the fine mesh
            differs by more. (With a factorisation the error is its square.)
    """

    tolerance: float = 3e-2

    @property
    def name(self) -> str:
        """Name of the stage in reports and messages."""
        return "Newton from a coarser mesh"

    def run(self, newton: Newton) -> SolveReport:
        """Solve from the present state (see :class:`~femsoret.solve.steady.stages.Stage`)."""
        problem = newton.problem
        coarse = _coarse(problem)
        if coarse is None:
            raise NotConverged(
                "the cell cannot be meshed more coarsely", "use another stage", newton.history
            )
        copy_settings(problem, coarse)
        interpolate_state(problem, coarse)
        options = replace(newton.options, preset=AUTOMATIC, tolerance=self.tolerance)
        report = find_steady(coarse, options, stages=_for_a_guess(coarse, problem))
        newton.history += [f"# {report.dofs} unknowns", *report.history]
        newton.note(f"# {problem.num_dofs} unknowns")
        interpolate_state(coarse, problem)
        return newton.solve()


def _coarse(problem: Problem) -> Problem | None:
    """Return the problem at half the resolution, or on the coarsest level of multigrid.

    The latter is used if the problem at half the resolution would be factorised at high cost: it is
    cheaper and gives nearly the same state.
    """
    half = coarser_problem(problem)
    if half is None or is_factorised_whole(problem):
        return half
    costly = is_factorised_whole(half) and half.num_dofs > COARSEST
    return coarser_problems(problem)[-1] if costly else half


def _for_a_guess(coarse: Problem, fine: Problem) -> tuple[Stage, ...]:
    """Return the stages to try on a coarser mesh: those that are cheap compared to the fine mesh.

    A mesh that is too coarse may have no steady state at all, and ramps would spend minutes on it.
    """
    quick = tuple(stage for stage in stages_of(coarse) if isinstance(stage, Nested | PlainNewton))
    return (*quick, PseudoTransient(max_steps=40)) if fine.num_dofs >= LARGE else quick


def find_steady(
    problem: Problem,
    options: NewtonOptions | None = None,
    *,
    stages: Sequence[Stage] | None = None,
) -> SolveReport:
    """Find a steady state, starting from the problem's present state; collective.

    Each stage starts from the present state, since the final state of a failed stage is a worse
    initial guess.

    Args:
        problem: The problem; its functions contain the solution afterwards.
        options: Options of Newton's method and the linear solver.
        stages: Stages to try in order; None uses :func:`stages_of`.

    Returns:
        Report with the steps and attempts of all stages.

    Raises:
        NotConverged: All stages failed; state and parameters are restored.
    """
    start = time.perf_counter()
    before = problem.get_state()
    attempts: list[Attempt] = []
    failures: list[NotConverged] = []
    with Newton(problem, options) as newton:
        for stage in stages or stages_of(problem, newton.options.preset):
            spent = newton.factorisations
            if attempts:
                newton.note(f"# {stage.name}")
            try:
                report = stage.run(newton)
            except NotConverged as failure:
                log.info("%s: %s", stage.name, failure.message)
                cost = newton.factorisations - spent
                attempts.append(Attempt(stage.name, False, failure.message, cost))
                problem.set_state(before)
                failures.append(failure)
                continue
            cost = newton.factorisations - spent
            if attempts:  # the last word of the log is not that something failed
                log.info("%s: converged", stage.name)
            attempts.append(Attempt(stage.name, True, "converged", cost))
            return replace(
                report,
                newton_iterations=newton.newton_iterations,
                linear_iterations=newton.linear_iterations,
                factorisations=newton.factorisations,
                wall_seconds=time.perf_counter() - start,
                history=tuple(newton.history),
                attempts=tuple(attempts),
            )
        raise _failure(attempts, failures, newton)


def solve_steady(problem: Problem, options: NewtonOptions | None = None) -> SolveReport:
    """Solve for a steady state from the problem's present state by Newton's method; collective.

    Args:
        problem: The problem; its functions contain the solution afterwards.
        options: Options of Newton's method and the linear solver.

    Raises:
        NotConverged: Newton's method failed; the state is restored.
    """
    return find_steady(problem, options, stages=(PlainNewton(),))


def solve_linear(problem: Problem, options: NewtonOptions | None = None) -> None:
    """Solve a problem that is linear in its unknowns, with one step of refinement; collective.

    This takes one factorisation and two back-substitutions. Convergence is not tested, because the
    solution may be zero up to round-off, like the flow of a stratified liquid at rest.

    Args:
        problem: The problem; its functions contain the solution afterwards.
        options: Newton options, of which only those of the linear solver are used.

    Raises:
        NotConverged: The linear solver failed; the state is restored.
    """
    before = problem.get_state()
    with Newton(problem, options) as newton:
        system = newton.system
        x, residual, update = system.vector(), system.vector(), system.vector()
        try:
            problem.impose()
            system.read(x)
            newton.factorise(x)
            for _ in range(2):
                system.residual(x, residual)
                newton.back_substitute(residual, update)
                x.axpy(-1.0, update)
        except NotConverged:
            problem.set_state(before)
            raise
        else:
            system.write(x)
        finally:
            for vector in (x, residual, update):
                vector.destroy()


def _failure(
    attempts: Sequence[Attempt], failures: Sequence[NotConverged], newton: Newton
) -> NotConverged:
    """Return the error with all attempts, the location of the failure and advice."""
    records = [failure.record for failure in failures]
    # The march in time records no location of the failure; the stages before it do.
    located = next((record for record in reversed(records) if record.get("where")), {})
    where, ran_out = located.get("where", ""), any(record.get("ran_out") for record in records)
    advice = [
        "refine the mesh there, where the cell Péclet number is high"
        if located.get("is_coarse")
        else "start from a nearby solution",
        "weaken the flow (temperature difference, gap, gravity)",
        *(["allow more Newton steps"] if ran_out else []),
    ]
    return NotConverged(
        "\n    ".join(("no steady state found; tried:", *map(str, attempts)))
        + (f"\n  {where}" if where else ""),
        ", or ".join(advice) + "; the flow may also have no steady state",
        newton.history,
        {
            **located,
            **records[-1],
            "flows": newton.problem.layout.flows,
            "ran_out": ran_out,
            "tried": [asdict(attempt) for attempt in attempts],
        },
        newton.petsc_options,
    )
