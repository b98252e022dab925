"""All internal states of the particles of a transient run, marched beside its fast limit."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from femsoret.base.log import get_logger
from femsoret.base.types import Array
from femsoret.experiment import Experiment
from femsoret.experiment.schedule import Schedule
from femsoret.physics.forms import DIFFUSION
from femsoret.post.internal_states import InternalStates, at_walls, count_particles
from femsoret.problem import Problem
from femsoret.solve import solve_steady
from femsoret.solve.march import Step
from femsoret.studies.measure.all_states import with_all_states
from femsoret.studies.measure.marching import Marched, initial_problem, march
from femsoret.studies.measure.recorder import Column, CumulativeBalances, Row
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


class StatesRecorder:
    """Makes a row of the history of all states for every step.

    Args:
        problem: The problem that is marched, with a species for each state.
    """

    def __init__(self, problem: Problem) -> None:
        self.problem, self.balances = problem, CumulativeBalances()
        self.particles = [InternalStates(problem, i) for i in range(count_particles(problem))]

    @property
    def columns(self) -> tuple[Column, ...]:
        """Columns of the history, in order."""
        return (
            Column("t", "s", "time at the end of the step"),
            Column("dt", "s", "length of the step"),
            *(column for of in self.particles for column in _columns(of)),
        )

    def row(self, step: Step) -> Row:
        """Return the history row of a step that the problem has just completed; collective.

        Args:
            step: The accepted step.
        """
        readings = [entry for of in self.particles for entry in _read(of).items()]
        return {"t": step.clock.t, "dt": step.dt, **dict(readings)}


@dataclass(frozen=True)
class StatesInTime:
    """The particles at the end of a march of all states with gravity.

    Args:
        particles: The particles; the first one is the solute.
    """

    particles: tuple[ParticleInTime, ...]


def initial_states(experiment: Experiment, schedule: Schedule) -> Problem:
    """Return all states as a schedule starts from them; collective.

    A uniform start has the steady occupations of T0 everywhere.

    Args:
        experiment: An experiment with a species for each state
            (:func:`~femsoret.studies.measure.all_states.with_all_states`).
        schedule: The schedule.

    Raises:
        NotConverged: The steady state to start from was not found.
    """
    reference = experiment.problem(DIFFUSION)
    if schedule.start != "uniform":
        solve_steady(reference, experiment.newton)
    return initial_problem(experiment, schedule, reference)


def schedule_of_states(findings: TransientFindings) -> Schedule:
    """Return the schedule of a march of all states, which ends when the run did.

    Args:
        findings: The run, which takes transitions as fast.
    """
    end = findings.with_gravity.clock.t
    return replace(findings.schedule, end=end, stop=None, settled=None, field_times=())


def states_in_time(findings: TransientFindings) -> StatesInTime | None:
    """March all states through the schedule of a finished run, in memory; collective.

    Args:
        findings: The run, which takes transitions as fast.

    Returns:
        The march; None if the experiment has no particles with states.

    Raises:
        NotConverged: A step, or the steady state to start from, failed.
    """
    experiment = with_all_states(findings.experiment)
    if experiment is None:
        return None
    recorder = StatesRecorder(initial_states(experiment, findings.schedule))
    log.info("marching all internal states (%d unknowns)", recorder.problem.num_dofs)
    return at_their_end(findings, march(recorder, schedule_of_states(findings)))


def at_their_end(findings: TransientFindings, marched: Marched) -> StatesInTime:
    """Return the particles at the end of a march of all states.

    Args:
        findings: The run, which takes transitions as fast.
        marched: The march of all states (:class:`StatesRecorder`).
    """
    rows, names = marched.rows, [of.name for of in findings.experiment.particles]
    apart = _apart(findings, rows, f"separation.{names[0]}")
    return StatesInTime(
        tuple(
            ParticleInTime(
                name=name,
                separation=float(rows[-1][f"separation.{name}"] or 0.0),
                soret=rows[-1][f"soret.{name}"],
                apart=None if i else apart,
            )
            for i, name in enumerate(names)
        )
    )


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


def _apart(findings: TransientFindings, rows: Sequence[Row], column: str) -> float | None:
    """Return the largest difference of separations, relative to the largest of the run."""

    def of(rows: Sequence[Row], column: str) -> Array:
        return np.array([row[column] for row in rows], dtype=float)

    fast = findings.with_gravity.rows
    t, separation = of(fast, "t"), of(fast, "separation")
    largest = float(abs(separation).max())
    if not largest:
        return None
    difference = of(rows, column) - np.interp(of(rows, "t"), t, separation)
    return float(abs(difference).max()) / largest
