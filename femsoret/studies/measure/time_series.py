"""What the record of a march says: D and S_T by a fit, the mean of S_app, the worst resolution.

A laboratory fits the series of a quiet layer to the separation (:mod:`femsoret.post.evaluation`).
Where the flow does not settle, the last reading means nothing, and S_app has a mean and a range in
time (:mod:`femsoret.post.statistics`).
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

import numpy as np

from femsoret.base.errors import ConditionError
from femsoret.base.log import get_logger
from femsoret.base.types import Array
from femsoret.experiment import Experiment
from femsoret.experiment.schedule import Schedule
from femsoret.post.chambers import why_not_together
from femsoret.post.decay import KINDS, limit
from femsoret.post.evaluation import Evaluation, Layer, evaluate
from femsoret.post.readings import LineMean, NamedMean, Point, Reading, WallMean
from femsoret.post.soret import TrueSoret
from femsoret.post.statistics import NoStatistics, Statistics, statistics
from femsoret.studies.measure.marching import Marched
from femsoret.studies.measure.recorder import MISSED

log = get_logger(__name__)

_ONE_PLACE: Final = 1e-6
"""Distance of two readings along the axis, over that of the walls, that counts as none."""


# -- D and S_T ---------------------------------------------------------------------------------


@dataclass(frozen=True)
class FittedCoefficients:
    """The D and S_T that a laboratory would report from the record of a run.

    Args:
        fit: The fit.
        S_T: Soret coefficient of the fitted plateau, 1/K; None where dT is zero.
        D_true: D at the reference state, m2/s.
        S_T_true: The steady S_T between the walls, 1/K; None where there is none.
    """

    fit: Evaluation
    S_T: float | None
    D_true: float
    S_T_true: float | None

    @property
    def D_bias(self) -> float:
        """D over the true one, less 1."""
        return self.fit.D / self.D_true - 1.0

    @property
    def S_T_bias(self) -> float | None:
        """S_T over the true one, less 1."""
        if self.S_T is None or not self.S_T_true:
            return None
        return self.S_T / self.S_T_true - 1.0


@dataclass(frozen=True)
class Evaluations:
    """The D and S_T of the marches of a run, or why there are none.

    Args:
        of: Name of the march ("with_gravity", "without_gravity") -> coefficients.
        refused: Name of the march -> why it is not evaluated.
        why_none: Why no march is; empty where they are, or where each has its own reason.
    """

    of: Mapping[str, FittedCoefficients] = MappingProxyType({})
    refused: Mapping[str, str] = MappingProxyType({})
    why_none: str = ""


def fitted_coefficients(
    experiment: Experiment, schedule: Schedule, marched: Marched, true: Sequence[TrueSoret]
) -> FittedCoefficients:
    """Fit D and S_T to the record of a run, as laboratories do.

    Args:
        experiment: The experiment.
        schedule: Its schedule, with an evaluation window.
        marched: The run.
        true: The steady S_T, one a species; empty where there is none.

    Raises:
        ConditionError: Nothing to evaluate: a record that does not determine D and S_T, or
            readings without a place on the axis.
    """
    window = schedule.evaluation
    if window is None or not experiment.mixture.species:
        raise ConditionError("nothing is evaluated here", "give the schedule an evaluation window")
    missing = why_not_together(marched.problem, experiment.pair.hot, experiment.pair.cold)
    if missing:
        raise ConditionError(f"no separation to evaluate, since {missing}", "read one chamber")
    rows, places = marched.rows, layer_of(experiment)
    fit = evaluate(
        [float(row["t"] or 0.0) for row in rows],
        [float(row["separation"] or 0.0) for row in rows],
        places,
        t0=window.t0,
        window=(window.start, window.end),
        relaxing=window.relaxing,
        # Steps are good to a part of the largest value that a field has, which walls have.
        noise=schedule.march.tolerance / abs(places.hot - places.cold),
    )
    at, dT = experiment.mixture.reference, experiment.orientation.dT
    strength = at.prefactors[0] * dT * (places.hot - places.cold)
    return FittedCoefficients(
        fit=fit,
        S_T=fit.separation / strength if dT else None,
        D_true=at.slowest,
        S_T_true=true[0].value if true else None,
    )


def evaluations(
    experiment: Experiment,
    schedule: Schedule,
    marched: Mapping[str, Marched],
    true: Sequence[TrueSoret],
) -> Evaluations:
    """Fit D and S_T to all marches of a run; keep the reason where that is impossible.

    Args:
        experiment: The experiment.
        schedule: Its schedule.
        marched: March -> what it gave.
        true: The steady S_T, one a species; empty where there is none.
    """
    if not experiment.mixture.species:
        return Evaluations(why_none="a pure fluid separates nothing")
    if len(experiment.mixture.species) > 1:
        return Evaluations(
            why_none="the series that is fitted is that of one diffusing component, and there are "
            f"{len(experiment.mixture.species)}"
        )
    if schedule.evaluation is None:
        return Evaluations(why_none=schedule.not_evaluated)
    fitted, refused = {}, {}
    for name, done in marched.items():
        try:
            fitted[name] = fitted_coefficients(experiment, schedule, done, true)
        except ConditionError as error:
            log.warning("warning: no evaluation %s: %s", name.replace("_", " "), error.message)
            refused[name] = error.message
    return Evaluations(fitted, refused)


def layer_of(experiment: Experiment) -> Layer:
    """Return the places of the readings between the walls.

    Args:
        experiment: The experiment.

    Raises:
        ConditionError: Walls between which there is no layer, a reading along a line that is not
            perpendicular to the axis, or two readings at one place.
    """
    pair, wall_pair = experiment.pair, experiment.orientation.wall_pair
    if wall_pair is None:
        raise ConditionError(
            "no axis leads from a cold to a hot wall: no layer lies between them",
            "evaluate a cell between two walls of different temperatures",
        )
    axis = np.asarray(wall_pair.axis)
    origin = np.asarray(wall_pair.middle) @ axis - 0.5 * wall_pair.distance

    def place(reading: Reading) -> float:
        match reading:
            case WallMean():
                x: Array = experiment.cell.face(reading.side).centre
            case Point():
                x = np.asarray(reading.x, dtype=float)
            case LineMean() | NamedMean():
                along = (
                    reading.points
                    if isinstance(reading, NamedMean)
                    else np.asarray([reading.start, reading.end])
                )
                if np.ptp(along @ axis) > 1e-6 * wall_pair.distance:
                    raise ConditionError(
                        "a line reading that runs along the gradient has no place on the axis",
                        "evaluate with walls, points, or lines across the axis",
                    )
                x = along[0]
            case _:
                raise ConditionError(
                    "this kind of reading has no place on the axis", "evaluate with walls or points"
                )
        return float((x @ axis - origin) / wall_pair.distance)

    layer = Layer(wall_pair.distance, cold=place(pair.cold), hot=place(pair.hot))
    if abs(layer.hot - layer.cold) < _ONE_PLACE:
        raise ConditionError(
            "both readings lie at one place between the cold and the hot wall, "
            f"{layer.cold:.4g} of the gap: no separation along the gradient is read",
            "evaluate with readings at two places between these walls",
        )
    return layer


# -- statistics of S_app -----------------------------------------------------------------------


def apparent_statistics(
    schedule: Schedule, marched: Marched, true: Sequence[TrueSoret]
) -> Statistics | NoStatistics:
    """Return the statistics of the apparent S_T with gravity, 1/K, or why there are none.

    The record counts from the last jump or bend of the protocol on, and only where the readings
    have two temperatures from then on.

    Args:
        schedule: The schedule.
        marched: The march with gravity.
        true: The steady S_T, one a species; empty where there is none.
    """
    if not true:
        return NoStatistics("there is no apparent S_T, for the reason of soret_reason")
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
        return NoStatistics("the readings end at one temperature")
    largest = max(abs(S) for S in values)
    return statistics(times, values, noise=schedule.march.tolerance * largest)


def bias_statistics(
    of_apparent: Statistics | NoStatistics, true: Sequence[TrueSoret]
) -> Statistics | None:
    """Return the statistics of the bias; None where S_T changes sign or vanishes.

    Args:
        of_apparent: The statistics of S_app.
        true: The steady S_T, one a species.
    """
    if isinstance(of_apparent, NoStatistics) or not true or true[0].size is None:
        return None
    return of_apparent.relative_to(true[0].value, true[0].size)


# -- resolution --------------------------------------------------------------------------------


@dataclass(frozen=True)
class WorstTime:
    """The time at which the mesh missed most of a field.

    Args:
        missed: Part of the range of the field that the worst mesh cell missed then.
        limit: The part that it may miss.
        t: When, s.
    """

    missed: float
    limit: float
    t: float


def worst_times(
    experiment: Experiment, schedule: Schedule, marched: Marched
) -> dict[str, WorstTime]:
    """Return when the mesh missed most of each field of a march with gravity.

    A wall that jumps makes a layer that no mesh holds, and that heat has smoothed as soon as it has
    crossed a mesh cell. So a time counts from h^2/alpha after the start and after each jump or
    bend of the protocol, or from half-way to the next one if that comes before.

    Args:
        experiment: The experiment.
        schedule: The schedule.
        marched: The march.

    Returns:
        Field -> its worst time; a field that the history lacks is left out.
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
