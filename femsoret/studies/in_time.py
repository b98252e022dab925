"""A whole transient run in memory: for scripts; a run folder needs more, and can be resumed."""

from __future__ import annotations

from types import MappingProxyType
from typing import Final

from femsoret.errors import ConditionError
from femsoret.experiment import Experiment
from femsoret.forms import DIFFUSION
from femsoret.log import get_logger
from femsoret.schedule import Schedule
from femsoret.studies.recorder import Recorder
from femsoret.studies.transient import (
    TransientFindings,
    evaluated,
    initial_problem,
    march,
    yardsticks,
)

log = get_logger(__name__)

_EQUATIONS: Final = MappingProxyType({"with_gravity": None, "without_gravity": DIFFUSION})


def measure_in_time(experiment: Experiment, schedule: Schedule) -> TransientFindings:
    """Run an experiment in time, with gravity and without, and evaluate it; collective.

    Args:
        experiment: The experiment.
        schedule: What it does in time.

    Raises:
        NotConverged: A march, or a steady state that it is measured with, failed.
    """
    measures, marched, found = yardsticks(experiment), {}, {}
    for name, equations in _EQUATIONS.items():
        if equations is not None and not experiment.mixture.species:
            continue
        problem = initial_problem(experiment, schedule, measures.reference, equations)
        flows = (measures.conduction_flows, measures.diffusion_flows)
        recorder = Recorder(experiment, problem, *flows, measures.true)
        marched[name] = done = march(recorder, schedule)
        if schedule.evaluation is None or not experiment.mixture.species:
            continue
        try:
            found[name] = evaluated(experiment, schedule, done, measures.true)
        except ConditionError as error:
            log.warning("warning: no evaluation %s: %s", name.replace("_", " "), error.message)
    return TransientFindings(
        experiment=experiment,
        schedule=schedule,
        yardsticks=measures,
        with_gravity=marched["with_gravity"],
        without_gravity=marched.get("without_gravity"),
        evaluated=found,
    )
