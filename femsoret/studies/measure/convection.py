"""The search for a state with gravity from another state, and copies of states."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from femsoret.base.log import get_logger
from femsoret.experiment import Experiment
from femsoret.problem import Problem
from femsoret.problem.bodies import has_bodies
from femsoret.solve import SolveReport, find_steady, solve_free_bodies
from femsoret.solve.linear.interpolation import interpolate
from femsoret.solve.steady.stages import Stage

log = get_logger(__name__)


def find_convection(
    experiment: Experiment, problem: Problem, stages: Sequence[Stage] | None = None
) -> SolveReport:
    """Find the steady state with gravity from the present state; collective.

    Rigid bodies are first held, then free of force and torque but for those applied to them.

    Args:
        experiment: The experiment.
        problem: Its problem with flow, in the state to start from.
        stages: Stages of the steady solver to try in order; None takes the default ones of
            :func:`~femsoret.solve.find_steady`.

    Raises:
        NotConverged: The steady state was not found.
    """
    if experiment.start_up is not None:
        log.info("solving for another direction of gravity, as the initial guess")
        leaned = {f"gravity__up__{i}": x for i, x in enumerate(experiment.start_up)}
        with problem.changed(**leaned):
            find_steady(problem, experiment.newton)
    log.info("solving with gravity (%d unknowns)", problem.num_dofs)
    report = find_steady(problem, experiment.newton, stages=stages)
    if not has_bodies(experiment.conditions):
        return report
    log.info("solving for the motion of the bodies and the flow together")
    together, _ = solve_free_bodies(problem, options=experiment.newton)
    return replace(
        together,
        newton_iterations=report.newton_iterations + together.newton_iterations,
        linear_iterations=report.linear_iterations + together.linear_iterations,
        factorisations=report.factorisations + together.factorisations,
        wall_seconds=report.wall_seconds + together.wall_seconds,
        history=(*report.history, *together.history),
        attempts=report.attempts,
    )


def hand_over(source: Problem, target: Problem) -> None:
    """Copy the fields that two problems share from one to the other.

    Args:
        source: The solved problem.
        target: The problem whose state is overwritten, on any mesh of the cell, or on a stretched
            copy of the source's mesh with the same polynomial degree.
    """
    stretched = source.cell.mesh.topology._cpp_object is target.cell.mesh.topology._cpp_object
    for name in source.layout.names:
        if name not in target.layout:
            continue
        here, there = source.function(name), target.function(name)
        if source.cell is target.cell:
            there.interpolate(here)
        elif stretched:  # one topology, hence one numbering
            there.x.array[:] = here.x.array
        else:
            interpolate(here, there)
