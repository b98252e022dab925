"""Evaluation of the history of a march: fitted D and S_T, statistics of S_app, worst resolution.

A laboratory fits the series of a layer at rest to the separation (:mod:`femsoret.post.evaluation`),
or to the separations of several components (:mod:`femsoret.post.modes_in_time`).
If the flow does not settle, the last reading is meaningless, and S_app is described by its mean and
range in time (:mod:`femsoret.post.statistics`).
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from types import MappingProxyType

import numpy as np

from femsoret.base.errors import ConditionError
from femsoret.base.log import get_logger
from femsoret.base.types import Array
from femsoret.experiment import Experiment
from femsoret.experiment.schedule import EvaluationWindow, Schedule
from femsoret.post.chambers import why_not_together
from femsoret.post.decay import KINDS, limit
from femsoret.post.evaluation import Evaluation, Layer, evaluate, evaluate_samples
from femsoret.post.modes_in_time import ModesEvaluation, evaluate_modes
from femsoret.post.signals import Signal
from femsoret.post.soret import TrueSoret
from femsoret.post.statistics import NoStatistics, Statistics, statistics
from femsoret.studies.measure.marching import Marched
from femsoret.studies.measure.recorder import MISSED, SIGNAL, endings

log = get_logger(__name__)

# -- D and S_T ---------------------------------------------------------------------------------


@dataclass(frozen=True)
class FittedCoefficients:
    """The D and S_T that a laboratory would report from the history of a run.

    Args:
        fit: The fitted series.
        S_T: Soret coefficient of the fitted plateau, 1/K; None if dT is zero.
        D_true: D at the reference state, m2/s.
        S_T_true: The true S_T of the steady state, 1/K; None if there is none.
    """

    fit: Evaluation
    S_T: float | None
    D_true: float
    S_T_true: float | None

    @property
    def D_bias(self) -> float:
        """Relative bias of D: fitted over true value, less 1."""
        return self.fit.D / self.D_true - 1.0

    @property
    def S_T_bias(self) -> float | None:
        """Relative bias of S_T: fitted over true value, less 1; None if there is none."""
        if self.S_T is None or not self.S_T_true:
            return None
        return self.S_T / self.S_T_true - 1.0


@dataclass(frozen=True, eq=False)
class FittedComponents:
    """What a laboratory would report from the history of several components.

    Args:
        fit: The fitted modes.
        S_T: Soret coefficients of the fitted plateaus, 1/K, shape (N,); None if dT is zero.
        D_true: Diffusion matrix at the reference state, m2/s, shape (N, N).
        diffusivities_true: Its eigenvalues in ascending order, m2/s, shape (N,).
        S_T_true: The true Soret coefficients of the steady state, 1/K, shape (N,); None if there
            are none.
    """

    fit: ModesEvaluation
    S_T: Array | None
    D_true: Array
    diffusivities_true: Array
    S_T_true: Array | None

    @property
    def S_T_bias(self) -> Array | None:
        """Fitted less true coefficients over the norm of the true ones; None if one is missing."""
        if self.S_T is None or self.S_T_true is None:
            return None
        return np.asarray((self.S_T - self.S_T_true) / np.linalg.norm(self.S_T_true))

    @property
    def diffusivity_bias(self) -> Array | None:
        """Relative biases of the eigenvalues; None if not all of them were determined."""
        if self.fit.why_fewer:
            return None
        return np.asarray(self.fit.diffusivities / self.diffusivities_true - 1.0)


@dataclass(frozen=True)
class Evaluations:
    """What is fitted to the marches of a run, or why nothing is.

    Args:
        of: Name of the march ("with_gravity", "without_gravity") -> coefficients of one component.
        components: Name of the march -> coefficients of several components.
        refused: Name of the march -> why it is not evaluated.
        why_none: Why no march is evaluated; empty if ``of`` or ``refused`` is not empty.
    """

    of: Mapping[str, FittedCoefficients] = MappingProxyType({})
    components: Mapping[str, FittedComponents] = MappingProxyType({})
    refused: Mapping[str, str] = MappingProxyType({})
    why_none: str = ""


@dataclass(frozen=True, eq=False)
class Record:
    """The course in time of a signal, with the series of a layer that is fitted to it.

    Args:
        times: Times, s.
        each: Signal of each mass fraction at these times.
        layer: The response of the signal to the series of a layer at rest.
        window: The time that is evaluated.
        noise: Error of a single value, relative to the largest one.
        strength: Signal of each mass fraction in the steady state, per S_T, K.
        sampled: Whether the values are samples of an instrument, whose noise is known from the fit
            alone, rather than those of the steps.
        constant: Whether the values contain unknown constants besides the mass fractions.
        temperature: Function that returns the signal of the temperature, K, from these constants,
            shape (N,); None if they do not show it.
    """

    times: Sequence[float]
    each: Sequence[Sequence[float]]
    layer: Layer
    window: EvaluationWindow
    noise: float
    strength: Array
    sampled: bool = False
    constant: bool = False
    temperature: Callable[[Array], float] | None = None

    def strength_with(self, experiment: Experiment, constants: Array) -> Array:
        """Return the signal of each mass fraction in the steady state, per S_T, K.

        It is that of the temperature difference that the record itself shows, if it shows one.

        Args:
            experiment: The experiment.
            constants: Constants that were fitted, shape (N,).
        """
        if self.temperature is None or self.window.relaxing:
            return self.strength
        f = np.array(experiment.mixture.reference.prefactors)
        return np.asarray(-f * self.temperature(constants))


def record_of(
    experiment: Experiment, schedule: Schedule, marched: Marched, name: str = ""
) -> Record:
    """Return the course in time of a signal; collective.

    Args:
        experiment: The experiment.
        schedule: Its schedule, with an evaluation window.
        marched: The march.
        name: Name of the signal; empty for the separation between the main readings.

    Raises:
        ConditionError: There is no evaluation window, no species, or nothing to evaluate.
    """
    window = schedule.evaluation
    if window is None or not experiment.mixture.species:
        raise ConditionError(
            "there is no evaluation window, or no species to evaluate",
            "use a mixture, and give the schedule an evaluation window",
        )
    signal = experiment.signals[name] if name else experiment.pair
    missing = why_not_together(marched.shown, signal.readings[0], signal.readings[-1])
    if missing:
        raise ConditionError(
            f"there is no separation to evaluate: {missing}", "place both readings in one chamber"
        )
    layer = layer_of(experiment, signal)
    # The separation is cold less hot, a signal is hot less cold.
    prefix, sign = (f"{SIGNAL}{name}.dc", -1.0) if name else ("separation", 1.0)
    size = layer.linear / signal.size(experiment.orientation.gap)
    at, dT = experiment.mixture.reference, experiment.orientation.dT
    return Record(
        times=[float(row["t"] or 0.0) for row in marched.rows],
        each=[
            [float(row[f"{prefix}{ending}"] or 0.0) for row in marched.rows]
            for ending in endings(experiment)
        ],
        layer=layer,
        window=window,
        # The step error is relative to the largest value of a field, which occurs at a wall.
        noise=schedule.march.tolerance / abs(size),
        strength=sign * np.array(at.prefactors) * dT * size,
    )


def fitted_coefficients(
    experiment: Experiment, record: Record, true: Sequence[TrueSoret]
) -> FittedCoefficients:
    """Fit D and S_T to the course of one signal, as laboratories do.

    Args:
        experiment: The experiment.
        record: The course.
        true: The true S_T of the steady state, one per species; empty if there is none.

    Raises:
        ConditionError: The course does not determine D and S_T.
    """
    window = record.window
    way = partial(evaluate_samples, baseline=record.constant)
    fit = (way if record.sampled else partial(evaluate, noise=record.noise))(
        record.times,
        record.each[0],
        record.layer,
        t0=window.t0,
        window=(window.start, window.end),
        relaxing=window.relaxing,
    )
    (strength,) = record.strength_with(experiment, np.array([fit.baseline]))
    return FittedCoefficients(
        fit=fit,
        S_T=fit.separation / float(strength) if strength else None,
        D_true=experiment.mixture.reference.slowest,
        S_T_true=true[0].value if true else None,
    )


def fitted_components(
    experiment: Experiment, record: Record, true: Sequence[TrueSoret]
) -> FittedComponents:
    """Fit the eigenvalues of D and the Soret coefficients to the course of several components.

    Args:
        experiment: The experiment.
        record: The course.
        true: The true S_T of the steady state, one per species; empty if there is none.

    Raises:
        ConditionError: As in :func:`fitted_coefficients`.
    """
    window, at = record.window, experiment.mixture.reference
    fit = evaluate_modes(
        record.times,
        record.each,
        record.layer,
        t0=window.t0,
        window=(window.start, window.end),
        relaxing=window.relaxing,
        noise=record.noise,
        baseline=record.constant,
    )
    strength = record.strength_with(experiment, fit.baseline)
    return FittedComponents(
        fit=fit,
        S_T=fit.separations / strength if strength.all() else None,
        D_true=at.D,
        diffusivities_true=at.diffusivities,
        S_T_true=np.array([of.value for of in true]) if true else None,
    )


def evaluations(
    experiment: Experiment,
    schedule: Schedule,
    marched: Mapping[str, Marched],
    true: Sequence[TrueSoret],
    signal: str = "",
) -> Evaluations:
    """Fit D and S_T to all marches of a run, and record why if this is impossible; collective.

    For several components these are the eigenvalues of D, the matrix where it is determined, and
    all Soret coefficients.

    Args:
        experiment: The experiment.
        schedule: Its schedule.
        marched: Name of the march -> the finished march.
        true: The true S_T of the steady state, one per species; empty if there is none.
        signal: Name of the signal; empty for the separation between the main readings.
    """
    if not experiment.mixture.species:
        return Evaluations(why_none="a pure fluid has no separation")
    if schedule.evaluation is None:
        return Evaluations(why_none=schedule.not_evaluated)
    several = len(experiment.mixture.species) > 1
    fitted, components, refused = {}, {}, {}
    for name, done in marched.items():
        try:
            record = record_of(experiment, schedule, done, signal)
            if several:
                components[name] = fitted_components(experiment, record, true)
            else:
                fitted[name] = fitted_coefficients(experiment, record, true)
        except ConditionError as error:
            refused[name] = error.message
            if not signal:  # that of another signal is in the report
                log.warning(
                    "warning: D and S_T %s not fitted: %s", name.replace("_", " "), error.message
                )
    return Evaluations(fitted, components, refused)


def layer_of(experiment: Experiment, signal: Signal | None = None) -> Layer:
    """Return the response of a signal to the series of a layer at rest; collective.

    Args:
        experiment: The experiment.
        signal: The signal; None takes the pair of readings that determines S_T.

    Raises:
        ConditionError: There is no layer between the walls, or the signal does not respond to a
            linear profile between them.
    """
    walls = experiment.orientation.wall_pair
    if walls is None:
        raise ConditionError(
            "there is no layer between a cold and a hot wall that face each other",
            "evaluate a cell between two facing walls of different temperatures",
        )
    return (signal or experiment.pair).layer(experiment.cell, walls)


# -- statistics of S_app -----------------------------------------------------------------------


def apparent_statistics(
    schedule: Schedule, marched: Marched, true: Sequence[TrueSoret]
) -> Statistics | NoStatistics:
    """Return the statistics in time of the apparent S_T, in 1/K, or why there are none.

    They start at the last jump or change of slope of the protocol, or at the last time at which the
    readings had the same temperature, if that is later.

    Args:
        schedule: The schedule.
        marched: The march with gravity.
        true: The true S_T of the steady state, one per species; empty if there is none.
    """
    if not true:
        return NoStatistics("there is no apparent S_T, for the reason given in soret_reason")
    since = max((t for t in schedule.protocol.breaks if t < marched.clock.t), default=0.0)
    times, values = list[float](), list[float]()
    for row in marched.rows:
        t, S = float(row["t"] or 0.0), row["S_app"]
        if S is None:
            times.clear()
            values.clear()
        elif t >= since:
            times.append(t)
            values.append(float(S))
    if not times:
        return NoStatistics("the readings have the same temperature at the end")
    largest = max(abs(S) for S in values)
    return statistics(times, values, noise=schedule.march.tolerance * largest)


def bias_statistics(
    of_apparent: Statistics | NoStatistics, true: Sequence[TrueSoret]
) -> Statistics | None:
    """Return the statistics of the bias; None if S_T changes sign or vanishes.

    Args:
        of_apparent: The statistics of S_app.
        true: The true S_T of the steady state, one per species; empty if there is none.
    """
    if isinstance(of_apparent, NoStatistics) or not true or true[0].size is None:
        return None
    return of_apparent.relative_to(true[0].value, true[0].size)


# -- resolution --------------------------------------------------------------------------------


@dataclass(frozen=True)
class WorstTime:
    """The time at which the mesh resolved a field worst.

    Args:
        missed: Part of the field's range that the worst mesh cell missed at that time.
        limit: Largest acceptable part.
        t: The time, s.
    """

    missed: float
    limit: float
    t: float


def worst_times(
    experiment: Experiment, schedule: Schedule, marched: Marched
) -> dict[str, WorstTime]:
    """Return the time at which the mesh resolved each field of a march worst.

    A jump of a wall value makes a layer that no mesh resolves, until diffusion of heat has crossed
    a mesh cell. Therefore times less than h^2/alpha after the start or after a jump or change of
    slope of the protocol are ignored, but no more than half of the interval up to the next one.

    Args:
        experiment: The experiment.
        schedule: The schedule.
        marched: The march.

    Returns:
        Field -> its worst time; fields that are not in the history are left out.
    """
    h = experiment.cell.h_range[1]
    wait = h**2 / experiment.mixture.reference.alpha
    breaks = sorted({0.0, *schedule.protocol.breaks})
    following = [*breaks[1:], float("inf")]

    def counts(t: float) -> bool:
        last = max(bisect_right(breaks, t) - 1, 0)
        return t - breaks[last] >= min(wait, 0.5 * (following[last] - breaks[last]))

    worst = {}
    for field in KINDS:
        parts = [
            (float(row[f"{MISSED}{field}"] or 0.0), float(row["t"] or 0.0))
            for row in marched.rows
            if f"{MISSED}{field}" in row and counts(float(row["t"] or 0.0))
        ]
        if parts:
            missed, t = max(parts)
            worst[field] = WorstTime(missed, limit(experiment.degree, field), t)
    return worst
