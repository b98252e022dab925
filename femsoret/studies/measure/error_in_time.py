"""The numerical error of a transient run: of its last state, and of the D and S_T evaluated.

The whole run twice again, as for steady runs (:mod:`femsoret.studies.measure.numerical_error`):
with polynomials of one degree more on a mesh of two thirds of the resolution, and with those of the
run on half of it, both at three times the tolerance: together they cost about what the first did.
Each error is the larger of the two differences of that very quantity, as they count, so that what
space and time add is one number. In time the other runs are worse than the first: the differences
are at least twice its error.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Final

from femsoret.base.errors import NotConverged
from femsoret.base.log import get_logger
from femsoret.experiment import Experiment
from femsoret.experiment.schedule import Schedule
from femsoret.post.statistics import Statistics
from femsoret.solve.march import MarchOptions
from femsoret.studies.measure.final_state import final_states, last_outcomes
from femsoret.studies.measure.in_time import measure_in_time
from femsoret.studies.measure.numerical_error import (
    ALONE,
    HALF,
    RESOLUTION,
    SAFETY,
    NumericalError,
    Second,
    between_nodes,
    estimated,
    further_readings,
    method,
    of_flow,
    what_coarser_counts,
)
from femsoret.studies.measure.statistics_in_time import bias_in_time, statistics_in_time
from femsoret.studies.measure.transient import Stand, TransientFindings

log = get_logger(__name__)

LOOSER: Final = 3.0
"""Tolerance of the second run over that of the first."""


def quantities_in_time(findings: TransientFindings) -> dict[str, float]:
    """Return the numbers of a run whose errors are estimated, by their names in the summary.

    Args:
        findings: The run.
    """
    found: dict[str, float | None] = {}
    states = final_states(findings)
    if states.at:
        found["separation"] = states.at[0].separation
        found |= further_readings(states.experiment, states.convection)
    for outcome in last_outcomes(states, findings.yardsticks.true)[:1]:
        found |= {"soret.apparent": outcome.apparent, "soret.bias": outcome.bias}
    going_on = statistics_in_time(findings)
    if isinstance(going_on, Statistics):
        bias = bias_in_time(findings, going_on)
        found |= {
            "statistics.mean": going_on.mean,
            "statistics.bias.mean": bias.mean if bias else None,
        }
    last = findings.with_gravity.rows[-1]
    found |= {
        f"nusselt.{side}": last.get(f"nusselt.{side}") for side in states.convection.cell.sides
    }
    found |= of_flow(states.experiment, states.convection)
    for name, evaluated in findings.evaluated.items():
        found |= {
            f"evaluation.{name}.D": evaluated.fit.D,
            f"evaluation.{name}.D_bias": evaluated.D_bias,
            f"evaluation.{name}.S_T": evaluated.S_T,
            f"evaluation.{name}.S_T_bias": evaluated.S_T_bias,
        }
    return {name: value for name, value in found.items() if value is not None}


def error_in_time(
    findings: TransientFindings, each: Callable[[Stand], None] = lambda stand: None
) -> NumericalError:
    """Return the estimated numerical error of a transient run, at about its price; collective.

    Args:
        findings: The run whose error is wanted.
        each: Called after every accepted step of the other runs.

    A run that fails is left out; where both do there are no estimates, and the method says so.
    """
    experiment, schedule = findings.experiment, _same_end(findings)
    done: list[tuple[Second, dict[str, float]]] = []
    failures: list[str] = []
    for second in _other_runs(experiment):
        there = replace(second.experiment, degree=second.degree)
        try:
            done.append((second, quantities_in_time(measure_in_time(there, schedule, each))))
        except NotConverged as failure:
            log.warning("a second run for the numerical error failed; %s", failure.message)
            failures.append(f"a second run failed; {failure.message}")
    if not done:
        return NumericalError(of={}, method="none: " + "; ".join(failures))
    numbers = quantities_in_time(findings)
    of = estimated(numbers, done)
    for name, short in between_nodes(numbers, final_states(findings).convection).items():
        of[name] += short
    how = method(experiment, [second for second, _ in done])
    how += f", at {LOOSER:g} times the tolerance of steps"
    return NumericalError(of=of, method="; ".join([how, *failures]))


def _other_runs(experiment: Experiment) -> tuple[Second, ...]:
    """Return how the run is done again."""
    degree = experiment.degree
    finer, coarser = (experiment.at_resolution(ratio) for ratio in (RESOLUTION, HALF))
    if finer is None or coarser is None or coarser.cell.num_cells >= experiment.cell.num_cells:
        return (Second(experiment, degree + 1, ALONE),)
    return Second(finer, degree + 1, SAFETY), Second(
        coarser, degree, what_coarser_counts(experiment, coarser)
    )


def _same_end(findings: TransientFindings) -> Schedule:
    """Return the schedule of a second run that ends when the first one did, whatever ended it."""
    schedule = findings.schedule
    return replace(
        schedule,
        end=findings.with_gravity.clock.t,
        settled=None,
        stop=None,
        field_times=(),
        march=_looser(schedule.march),
    )


def _looser(options: MarchOptions) -> MarchOptions:
    if options.fixed_step is not None:
        return replace(options, fixed_step=2.0 * options.fixed_step)
    return replace(options, tolerance=LOOSER * options.tolerance)
