"""A whole transient run in memory: for scripts; a run folder needs more, and can be resumed."""

from __future__ import annotations

from collections.abc import Callable

from femsoret.experiment import Experiment
from femsoret.experiment.schedule import Schedule
from femsoret.studies.measure.recorder import Recorder
from femsoret.studies.measure.transient import (
    MARCHES,
    Stand,
    TransientFindings,
    evaluations,
    initial_problem,
    march,
    marches_of,
    yardsticks,
)


def measure_in_time(
    experiment: Experiment,
    schedule: Schedule,
    each: Callable[[Stand], None] = lambda stand: None,
) -> TransientFindings:
    """Run an experiment in time, with gravity and without, and evaluate it; collective.

    Args:
        experiment: The experiment.
        schedule: What it does in time.
        each: Called after every accepted step of every march.

    Raises:
        NotConverged: A march, or a steady state that it is measured with, failed.
    """
    measures, marched = yardsticks(experiment), {}
    for name in marches_of(experiment):
        problem = initial_problem(experiment, schedule, measures.reference, MARCHES[name])
        flows = (measures.conduction_flows, measures.diffusion_flows)
        recorder = Recorder(experiment, problem, *flows, measures.true)
        marched[name] = march(recorder, schedule, each=each)
    return TransientFindings(
        experiment=experiment,
        schedule=schedule,
        yardsticks=measures,
        with_gravity=marched["with_gravity"],
        without_gravity=marched.get("without_gravity"),
        evaluations=evaluations(experiment, schedule, marched, measures.true),
    )
