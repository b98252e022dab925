"""All internal states of the particles of a transient run, marched beside its fast limit."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from femsoret.base.log import get_logger
from femsoret.base.types import Array
from femsoret.experiment.schedule import Schedule
from femsoret.physics.closures.homogenised import with_states
from femsoret.physics.closures.mixture import BoussinesqFluid
from femsoret.physics.forms import DIFFUSION
from femsoret.post.internal_states import InternalStates, at_walls
from femsoret.problem import Problem
from femsoret.solve import find_steady, motion_of_bodies
from femsoret.solve.march import March
from femsoret.studies.measure.marching import initial_problem
from femsoret.studies.measure.recorder import Column, Row
from femsoret.studies.measure.transient import TransientFindings

log = get_logger(__name__)


@dataclass(frozen=True)
class ParticleInTime:
    """A particle at the end of a march of all states.

    Args:
        name: Name of the particle.
        separation: Mass fraction in all states at the cold wall less that at the hot wall.
        soret: S_T from wall to wall, 1/K; None if both have one temperature.
        apart: Largest difference of the separation to that of the homogenised particle, relative
            to the largest of the latter; None for tracers.
    """

    name: str
    separation: float
    soret: float | None
    apart: float | None


@dataclass(frozen=True)
class StatesInTime:
    """The march of all states with gravity.

    Args:
        particles: The particles at its end; the first one is the solute.
        columns: Columns of its history.
        rows: One row per step.
    """

    particles: tuple[ParticleInTime, ...]
    columns: tuple[Column, ...]
    rows: tuple[Row, ...]


def states_in_time(
    findings: TransientFindings, each: Callable[[], None] = lambda: None
) -> StatesInTime | None:
    """March all states through the schedule of a finished run; collective.

    A uniform start has the steady occupations of T0 everywhere.

    Args:
        findings: The run, which takes transitions as fast.
        each: Called after every step.

    Returns:
        The march; None if the experiment has no particles with states.

    Raises:
        NotConverged: A step, or the steady state to start from, failed.
    """
    experiment, schedule = findings.experiment, findings.schedule
    mixture, particles = experiment.mixture, experiment.particles
    if not particles or not isinstance(mixture, BoussinesqFluid):
        return None
    states = replace(experiment, mixture=with_states(mixture, particles))
    problem = initial_problem(states, schedule, _reference(states.problem(DIFFUSION), schedule))
    log.info("marching all internal states (%d unknowns)", problem.num_dofs)
    all_of = [InternalStates(problem, i) for i in range(len(particles))]
    rows: list[Row] = []
    free = motion_of_bodies(problem)
    with March(problem, schedule.march, schedule.protocol, free=free) as stepper:
        for step in stepper.until(findings.with_gravity.clock.t):
            readings = [entry for of in all_of for entry in _read(of).items()]
            rows.append({"t": step.clock.t, **dict(readings)})
            each()
    columns = (Column("t", "s", "time"), *(column for of in all_of for column in _columns(of)))
    apart = _apart(findings, rows, f"separation.{all_of[0].particle.name}")
    return StatesInTime(
        tuple(
            ParticleInTime(
                name=(name := of.particle.name),
                separation=float(rows[-1][f"separation.{name}"] or 0.0),
                soret=rows[-1][f"soret.{name}"],
                apart=None if i else apart,
            )
            for i, of in enumerate(all_of)
        ),
        columns,
        tuple(rows),
    )


def _reference(problem: Problem, schedule: Schedule) -> Problem:
    """Return the steady state without gravity if a schedule starts from it, else the problem."""
    if schedule.start != "uniform":
        find_steady(problem)
    return problem


def _columns(of: InternalStates) -> tuple[Column, ...]:
    name = of.particle.name
    return (
        Column(
            f"separation.{name}", "", f"mass fraction of {name}, all states: cold less hot wall"
        ),
        Column(f"soret.{name}", "1/K", f"S_T of {name} from wall to wall"),
        *(
            Column(f"share.{name}.{state.name}", "", f"fraction of {name} at the hot wall in it")
            for state in of.particle.states
        ),
    )


def _read(of: InternalStates) -> Row:
    """Return the readings of a particle; collective."""
    hot, cold = at_walls(of)
    name = of.particle.name
    readable = hot.T != cold.T and min(hot.total, cold.total) > 0.0
    soret = -float(np.log(hot.total / cold.total)) / (hot.T - cold.T) if readable else None
    shares = zip(of.particle.states, hot.shares, strict=True)
    return {
        f"separation.{name}": cold.total - hot.total,
        f"soret.{name}": soret,
        **{f"share.{name}.{state.name}": share for state, share in shares},
    }


def _apart(findings: TransientFindings, rows: list[Row], column: str) -> float | None:
    """Return the largest difference of separations, relative to the largest of the run."""

    def of(rows: list[Row], column: str) -> Array:
        return np.array([row[column] for row in rows], dtype=float)

    fast = list(findings.with_gravity.rows)
    t, separation = of(fast, "t"), of(fast, "separation")
    largest = float(abs(separation).max())
    if not largest:
        return None
    difference = of(rows, column) - np.interp(of(rows, "t"), t, separation)
    return float(abs(difference).max()) / largest
