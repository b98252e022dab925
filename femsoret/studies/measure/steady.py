"""A steady run: an experiment solved, measured, and searched for growing modes."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Final

from femsoret.experiment import Experiment
from femsoret.post.flow import rolls
from femsoret.studies.measure.departure import Departure, depart
from femsoret.studies.measure.numerical_error import NumericalError, numerical_error
from femsoret.studies.measure.solution import Solution, solve
from femsoret.studies.measure.stability_check import StabilityCheck, stability_check
from femsoret.studies.measure.state import Attempts, MeasuredState, measure_state
from femsoret.studies.measure.uncertainty import BiasUncertainty, bias_uncertainty

UNCERTAINTY: Final = "uncertainty from the data"

NOT_KNOWN: Final = NumericalError(of={}, method="none: it could not be measured, see the warnings")
"""Stands in where the numerical error could not be measured."""

NOT_SOUGHT: Final = StabilityCheck("not looked at", "the search for modes failed")
"""Stands in where the stability could not be looked at."""


@dataclass(frozen=True, eq=False, kw_only=True)
class SteadyFindings(MeasuredState):
    """The results of a steady run.

    Args:
        numerical_error: Error estimates; None where they were not asked for.
        uncertainty: Of the bias, from the fluid data; None where there is nothing to carry.
        stability: What is known of the stability of the state with gravity.
        rolls: Rolls side by side in a plane cell; None where there is nothing to count.
        departure: The search that started from an unstable state; None where there was none.
    """

    numerical_error: NumericalError | None
    uncertainty: BiasUncertainty | None
    stability: StabilityCheck
    rolls: int | None = None
    departure: Departure | None = None


def measure(
    experiment: Experiment, *, with_numerical_error: bool = True, start: Solution | None = None
) -> SteadyFindings:
    """Run an experiment and evaluate it; collective.

    Where a start off rest was asked for, and it led to an unstable state, the state that this one
    goes to is sought, once, and evaluated in its place.

    Args:
        experiment: The experiment.
        with_numerical_error: Whether to solve a second time for the numerical error.
        start: A solution on the same mesh that the state with gravity starts from.

    Raises:
        NotConverged: A state was not found.
    """
    attempts = Attempts(experiment.cell.comm)
    solution = solve(experiment, start=start)
    errors, stability = _checked(solution, attempts, with_error=with_numerical_error)
    departure, mode = None, stability.leading
    if experiment.start_up is not None and stability.verdict == "unstable" and mode is not None:
        unstable = solution
        departure = attempts.of(
            "search from the unstable state", lambda: depart(unstable, mode), None
        )
    if departure is not None and departure.solution is not None:
        solution = departure.solution
        errors, stability = _checked(solution, attempts, with_error=with_numerical_error)
    state = measure_state(solution, attempts)
    return SteadyFindings(
        **{item.name: getattr(state, item.name) for item in fields(state)},
        numerical_error=errors,
        uncertainty=attempts.of(UNCERTAINTY, lambda: bias_uncertainty(solution), None),
        stability=stability,
        rolls=attempts.of("number of rolls", lambda: rolls(solution.convection), None),
        departure=departure,
    )


def _checked(
    solution: Solution, attempts: Attempts, *, with_error: bool
) -> tuple[NumericalError | None, StabilityCheck]:
    """Return the numerical error of a solution, where that is asked for, and its stability."""
    errors = None
    if with_error:
        errors = attempts.of("numerical error", lambda: numerical_error(solution), NOT_KNOWN)
    stability = attempts.of(
        "search for growing modes",
        lambda: stability_check(solution, errors.second if errors else None),
        NOT_SOUGHT,
    )
    return errors, stability
