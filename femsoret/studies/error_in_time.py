"""The numerical error of a transient run: of its last state, and of the D and S_T evaluated.

The whole run a second time, with polynomials of one degree more on a mesh of two thirds of the
resolution, at three times the tolerance: it costs less than the first. Each error is twice the
difference of the two results of that very quantity, as for steady runs
(:mod:`femsoret.studies.numerical_error`), so that what space and time add is one number. In time
the second run is the worse one: the difference is at least twice the error of the first.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Final

from femsoret.errors import NotConverged
from femsoret.experiment import Experiment
from femsoret.log import get_logger
from femsoret.post.statistics import Statistics
from femsoret.schedule import Schedule
from femsoret.solve.march import MarchOptions
from femsoret.studies.final_state import final_states, soret_outcome
from femsoret.studies.in_time import measure_in_time
from femsoret.studies.numerical_error import (
    RESOLUTION,
    SAFETY,
    NumericalError,
    further_readings,
    of_flow,
)
from femsoret.studies.statistics_in_time import bias_in_time, statistics_in_time
from femsoret.studies.transient import Stand, TransientFindings

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
    if states.at is not None:
        found["separation"] = states.at.separation
        found |= further_readings(states.experiment, states.convection)
    outcome = soret_outcome(states, findings.yardsticks.true)
    if outcome is not None:
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
    """Return the numerical error of a transient run, at less than its price; collective.

    Args:
        findings: The run whose error is wanted.
        each: Called after every accepted step of the second run.

    Where the second run fails there are no bounds, and the method says so.
    """
    experiment = _otherwise_resolved(findings.experiment)
    try:
        second = measure_in_time(experiment, _same_end(findings), each)
    except NotConverged as failure:
        log.warning("no numerical error: the second run failed; %s", failure.message)
        return NumericalError(of={}, method=f"none: the second run failed; {failure.message}")
    numbers = quantities_in_time(second)
    return NumericalError(
        of={
            name: SAFETY * abs(value - numbers[name])
            for name, value in quantities_in_time(findings).items()
            if name in numbers
        },
        method=f"{SAFETY:g} times the difference from a second run with polynomials of degree "
        f"{experiment.degree} on {experiment.cell.num_cells} instead of "
        f"{findings.experiment.cell.num_cells} cells, at {LOOSER:g} times the tolerance of steps",
    )


def _otherwise_resolved(experiment: Experiment) -> Experiment:
    coarser = experiment.at_resolution(RESOLUTION) or experiment
    return replace(coarser, degree=experiment.degree + 1)


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
