"""The way to a steady state: what is tried, in which order, and what is said when all fails."""

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
"""Unknowns, by dimension, from which a state at rest is first sought on a coarser mesh: heated
square at Ra = 1e6, 51,653 unknowns, 3.1 s CPU instead of 6.8 s."""

NEARLY_LEVEL = math.cos(math.radians(5.0))
"""Cosine of the tilt up to which a liquid that is stratified stably barely flows. Newton with a
direct solver then takes few steps from rest; a coarser mesh in 3D may have no such state at all."""

QUIETLY = 8
"""Newton steps that are granted to it from rest."""

FIRST_LINEAR = 1e-5
"""Relative residual of the first linear solve by multigrid when Newton starts a liquid from rest:
a looser one leaves flows that the composition does not forgive."""

LARGE = 20_000
"""Unknowns from which more than Newton steps are spent on the coarser mesh."""


def stages_of(problem: Problem, preset: str = AUTOMATIC) -> tuple[Stage, ...]:
    """Return what to try for a problem, in order of what it costs where it succeeds.

    Without flow there is nothing to ramp or to wait for; with flow there is a better guess than
    what a coarser mesh can give. Collective.

    Args:
        problem: The problem.
        preset: Name of the linear solver's preset: multigrid has the coarser meshes anyway.
    """
    if not problem.layout.flows:
        return (PlainNewton(),)
    solver, rests = preset_for(problem, preset), _at_rest(problem)
    delicate = solver == MULTIGRID and rests and bool(problem.mixture.species)
    plain = PlainNewton(first_linear=FIRST_LINEAR if delicate else None)
    detours: tuple[Stage, ...] = (plain, PseudoTransient(), *ramps_of(problem))
    if solver in FACTORISING:  # a strong grad-div term is more than multigrid can take
        detours += (FollowInTime(),)
    large = problem.num_dofs >= NESTED_FROM[problem.cell.dim] or solver == MULTIGRID
    if not (large and rests and problem.cell.halved is not None):
        return detours
    if solver in FACTORISING and problem.cell.dim == 3 and _barely_flows(problem):
        return (PlainNewton(QUIETLY), Nested(), *detours)
    return (Nested(), *detours)


def _barely_flows(problem: Problem) -> bool:
    """Return whether a liquid is stratified stably by heat and composition, and nearly level."""
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
    """Newton from the steady state on a coarser mesh, which is found in the same way.

    Args:
        tolerance: Of the coarser state, which the finer one corrects anyway.
    """

    tolerance: float = 1e-3

    @property
    def name(self) -> str:
        """What is done, in a few words."""
        return "Newton from a coarser mesh"

    def run(self, newton: Newton) -> SolveReport:
        """Solve (see :class:`~femsoret.solve.stage.Stage`)."""
        problem = newton.problem
        coarse = _coarse(problem)
        if coarse is None:
            raise NotConverged("there is no coarser mesh", "take another stage", newton.history)
        copy_settings(problem, coarse)
        interpolate_state(problem, coarse)
        options = replace(newton.options, preset=AUTOMATIC, tolerance=self.tolerance)
        report = find_steady(coarse, options, stages=_for_a_guess(coarse, problem))
        newton.history += [f"# {report.dofs} unknowns", *report.history]
        newton.note(f"# {problem.num_dofs} unknowns")
        interpolate_state(coarse, problem)
        return newton.solve()


def _coarse(problem: Problem) -> Problem | None:
    """Return the problem on half as fine a mesh, or on the coarsest of multigrid.

    The latter where a liquid would be factorised as a whole on half: it is cheaper, and holds much
    the same.
    """
    half = coarser_problem(problem)
    if half is None or is_factorised_whole(problem):
        return half
    dear = is_factorised_whole(half) and half.num_dofs > COARSEST
    return coarser_problems(problem)[-1] if dear else half


def _for_a_guess(coarse: Problem, fine: Problem) -> tuple[Stage, ...]:
    """Return what to try on a coarser mesh: what costs little beside a search on the finer one.

    A mesh that is too coarse may have no steady state at all: on 3 x 3 hexahedra a tilted liquid
    has none, and the ramps would look for it for minutes.
    """
    direct = tuple(stage for stage in stages_of(coarse) if isinstance(stage, Nested | PlainNewton))
    worth_it = fine.num_dofs >= LARGE
    return (*direct, PseudoTransient(max_steps=40)) if worth_it else direct


def find_steady(
    problem: Problem,
    options: NewtonOptions | None = None,
    *,
    stages: Sequence[Stage] | None = None,
) -> SolveReport:
    """Find a steady state from the problem's present state: by Newton, else by detours.

    Each stage starts from the present state: what a failed one leaves is a worse guess. (A ramp
    from where pseudo-transient continuation had stopped failed at any gravity.)

    Args:
        problem: The problem; its functions hold the solution afterwards.
        options: Newton options.
        stages: What to try, in order; None takes :func:`stages_of`.

    Raises:
        NotConverged: Every stage failed; state and parameters are what they were.
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
    """Solve for a steady state from the problem's present state, by Newton alone.

    Args:
        problem: The problem; its functions hold the solution afterwards.
        options: Newton options.

    Raises:
        NotConverged: No solution was reached; the state is what it was.
    """
    return find_steady(problem, options, stages=(PlainNewton(),))


def solve_linear(problem: Problem, options: NewtonOptions | None = None) -> None:
    """Solve a problem that is linear in its unknowns: one factorisation, two back-substitutions.

    The second one refines the first. There is nothing to converge: of a solution that is zero but
    for round-off, as the flow of a stratified liquid at rest may be, that is what is found.

    Args:
        problem: The problem; its functions hold the solution afterwards.
        options: Newton options, for the linear solver.

    Raises:
        NotConverged: The linear solver failed; the state is what it was.
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
    """Return the error that says what was tried, where it went wrong, and what to try."""
    records = [failure.record for failure in failures]
    # A march in time goes wrong nowhere; the search before it did.
    located = next((record for record in reversed(records) if record.get("where")), {})
    where = located.get("where", "")
    advice = (
        "refine the mesh there, where the cell Péclet number is high"
        if located.get("is_coarse")
        else "start from a nearby solution",
        "weaken the flow (temperature difference, gap, gravity)",
        "allow more Newton steps; a flow may also have no steady state that it keeps",
    )
    return NotConverged(
        "\n    ".join(("no steady state found; tried:", *map(str, attempts)))
        + (f"\n  {where}" if where else ""),
        ", or ".join(advice),
        newton.history,
        {
            **located,
            **records[-1],
            "flows": newton.problem.layout.flows,
            "ran_out": any(record.get("ran_out") for record in records),
            "tried": [asdict(attempt) for attempt in attempts],
        },
        newton.petsc_options,
    )
