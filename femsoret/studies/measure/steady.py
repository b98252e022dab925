"""Steady runs: an experiment is solved, measured, and searched for growing modes."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Final

from femsoret.experiment import Experiment
from femsoret.post.flow import rolls
from femsoret.studies.measure.departure import Departure, depart
from femsoret.studies.measure.internal_states import ParticleStates, particle_states
from femsoret.studies.measure.numerical_error import NumericalError, numerical_error
from femsoret.studies.measure.solution import Solution, solve
from femsoret.studies.measure.stability_check import StabilityCheck, stability_check
from femsoret.studies.measure.state import Attempts, MeasuredState, measure_state
from femsoret.studies.measure.uncertainty import BiasUncertainty, bias_uncertainties
from femsoret.studies.measure.uniform_start import HOLDS, UniformStart, uniform_start

UNCERTAINTY: Final = "uncertainty from the data"

NOT_KNOWN: Final = NumericalError(of={}, method="none: the estimate failed, see the warnings")
"""Placeholder if the numerical error could not be estimated."""

NOT_SOUGHT: Final = StabilityCheck("not looked at", "the search for modes failed")
"""Placeholder if the stability check failed."""


@dataclass(frozen=True, eq=False, kw_only=True)
class SteadyFindings(MeasuredState):
    """The results of a steady run.

    Args:
        numerical_error: Estimates of the numerical error; None if they were not requested.
        uncertainties: Uncertainty of the bias of each species from the fluid data; empty without
            such data or a bias.
        stability: Stability check of the state with gravity.
        rolls: Number of rolls side by side in a plane cell; None if they cannot be counted.
        departure: Result of the search from an unstable state; None if there was no such search.
        uniform_start: Which steady state a uniform liquid reaches; if it is another one, all
            results are those of that state. None if it was not asked, as for unstable states.
        states: Internal states of the solute, solved for; None without any.
    """

    numerical_error: NumericalError | None
    uncertainties: tuple[BiasUncertainty, ...]
    stability: StabilityCheck
    rolls: int | None = None
    departure: Departure | None = None
    uniform_start: UniformStart | None = None
    states: ParticleStates | None = None

    @property
    def uncertainty(self) -> BiasUncertainty | None:
        """Uncertainty of the bias of the first species from the fluid data; None if unknown."""
        return next(iter(self.uncertainties), None)

    @property
    def slow(self) -> bool:
        """Whether the flow grew at the pace of diffusion, by the composition.

        It stratifies the state unstably, and heat alone would drive a flow that is HOLDS times
        slower. In a cell heated from the side the composition may lie as unstably, but its flow
        begins at once.
        """
        alone = None if self.uniform_start is None else self.uniform_start.peclet
        now = self.speed.peclet_solutal or 0.0
        return self.stability.by_composition and alone is not None and now > HOLDS * alone


def measure(
    experiment: Experiment, *, with_numerical_error: bool = True, start: Solution | None = None
) -> SteadyFindings:
    """Solve an experiment for its steady state and evaluate it; collective.

    If the experiment starts from a tilted cell (``start_up``) and the search leads to an unstable
    state, the state that it evolves to is sought, once, and evaluated instead. So is the state that
    a uniform liquid reaches, if it is another one.

    Args:
        experiment: The experiment.
        with_numerical_error: Whether to solve again to estimate the numerical error.
        start: A solution on the same mesh from which the search for the state with gravity starts.

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
    begun = None
    if stability.lasts and stability.verdict != "stable":
        separated = solution
        begun = attempts.of("start from a uniform liquid", lambda: uniform_start(separated), None)
    if begun is not None and begun.solution is not None:
        solution = begun.solution
        errors, stability = _checked(solution, attempts, with_error=with_numerical_error)
    state = measure_state(solution, attempts)
    return SteadyFindings(
        **{item.name: getattr(state, item.name) for item in fields(state)},
        numerical_error=errors,
        uncertainties=attempts.of(UNCERTAINTY, lambda: bias_uncertainties(solution), ()),
        stability=stability,
        rolls=attempts.of("number of rolls", lambda: rolls(solution.convection), None),
        departure=departure,
        uniform_start=begun,
        states=attempts.of("internal states", lambda: particle_states(solution), None),
    )


def _checked(
    solution: Solution, attempts: Attempts, *, with_error: bool
) -> tuple[NumericalError | None, StabilityCheck]:
    """Return the numerical error of a solution, None if not requested, and its stability."""
    errors = None
    if with_error:
        errors = attempts.of("numerical error", lambda: numerical_error(solution), NOT_KNOWN)
    stability = attempts.of(
        "search for growing modes",
        lambda: stability_check(solution, errors.second if errors else None),
        NOT_SOUGHT,
    )
    return errors, stability
