"""Profile of the likelihood: how well the data are explained at fixed values of one unknown.

The other unknowns are sought again at each value: on the response surface of the fit where the
model confirms it at the end of the profile on that side of the mode, else with the model itself.
The parabola is what the covariance about the mode says; where both differ, it says nothing of the
tail.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from femsoret.base.errors import NotConverged
from femsoret.base.log import get_logger
from femsoret.base.types import Array, Flags
from femsoret.experiment.measured import DataSet
from femsoret.studies.fit.estimate import Estimate
from femsoret.studies.fit.least_squares import CLOSE, FitOptions, lowest
from femsoret.studies.fit.model import Model, Predictions
from femsoret.studies.fit.stacked import Priors, with_values
from femsoret.studies.fit.unknowns import Unknown

log = get_logger(__name__)

DISTANCES: Final = (-2.0, -1.0, 1.0, 2.0)
"""Distances from the mode, in standard deviations of the parabola."""

STEPS: Final = 2
"""Largest number of evaluations for one point of a profile, at its starts aside."""

MANY_STEPS: Final = 100
"""The same on a response surface."""

SHARE: Final = 50
"""Draws over those that are near a value."""

FARTHER: Final = 2.5
"""Distance of the end of an interval, likewise, from which on it is looked at."""

LIES: Final = 0.25
"""Relative difference of the profile from the parabola from which on the parabola lies."""


@dataclass(frozen=True, eq=False)
class Profile:
    """The smallest sum of squares at fixed values of one unknown.

    Args:
        name: Name of the unknown.
        values: Values of the unknown in ascending order, shape (n,).
        chi2: Smallest sum of squares less that of the mode, shape (n,); nan where the model has no
            prediction.
        parabola: What the covariance about the mode says of it, shape (n,).
    """

    name: str
    values: Array
    chi2: Array
    parabola: Array

    @property
    def parabola_lies(self) -> bool:
        """Whether the parabola misses the profile where one of them is below 9."""
        low, high = np.minimum(self.chi2, self.parabola), np.maximum(self.chi2, self.parabola)
        counts = np.isfinite(self.chi2) & (low < 9.0) & (high > 0.9)
        return bool((counts & (high - low > LIES * high)).any())


def profile(
    model: Model,
    data: Sequence[DataSet],
    found: Estimate,
    name: str,
    options: FitOptions | None = None,
) -> Profile | None:
    """Return the profile of the likelihood of one unknown; collective if the model is.

    Args:
        model: The model.
        data: The data, in the order of its predictions.
        found: The estimate, the mode of which is the lowest point.
        name: Name of the unknown.
        options: Options of the fits; None for those of :class:`FitOptions`.

    Returns:
        The profile; None for an unknown that is not determined.
    """
    k, options = found.of(name), options or FitOptions(robust=found.robust)
    if not np.isfinite(found.uncertainties[k]):
        return None
    priors = Priors(found.unknowns)
    J = found.jacobian / found.noise[:, None]
    fisher = J.T @ J + np.diag(priors.precision**2)
    inverse = np.linalg.pinv(fisher, hermitian=True)
    width = float(np.sqrt(inverse[k, k]))
    distances = _distances(found, k, width)
    distances = distances[found.mode[k] + width * distances >= priors.bounds[k]]
    values = found.mode[k] + width * distances
    # Noise that was estimated stays what it is.
    known = with_values(data, np.concatenate([s.values for s in found.series]), found.noise)
    starts = [
        _starts(found, k, float(value), found.mode + distance * inverse[:, k] / width)
        for distance, value in zip(distances, values, strict=True)
    ]
    chi2 = np.full(len(values), np.nan)
    open_sides: list[Flags] = [distances < 0.0, distances > 0.0]
    if found.substitute is not None:
        many = replace(options, steps=MANY_STEPS)
        points = [_lowest(found.substitute, known, many, k, start) for start in starts]
        at_mode = _lowest(found.substitute, known, replace(options, steps=1), k, [found.mode])
        for side in list(open_sides):
            if side.any() and _is_confirmed(model, found, _farthest(points, distances, side)):
                chi2[side] = [points[i].chi2 - at_mode.chi2 for i in np.flatnonzero(side)]
                open_sides = [each for each in open_sides if each is not side]
    squares = options.loss(((found.predicted - _measured(found)) / found.noise) ** 2)
    of_mode = float(squares.sum()) + found.chi2_priors
    for i in np.flatnonzero(np.any(open_sides, axis=0) if open_sides else []):
        try:
            point = _lowest(model, known, replace(options, steps=STEPS), k, starts[i])
        except NotConverged as error:
            log.info(
                "no prediction for the profile of %s at %g: %s", name, values[i], error.message
            )
        else:
            chi2[i] = point.chi2 - of_mode
    place = int(np.searchsorted(values, found.mode[k]))
    return Profile(
        name,
        np.insert(values, place, found.mode[k]),
        np.insert(chi2, place, 0.0),
        np.insert(distances**2, place, 0.0),
    )


@dataclass(frozen=True, eq=False)
class _Point:
    """The best values at a fixed value of one unknown.

    Args:
        x: All values, shape (p,).
        chi2: Sum of squares of data and priors.
    """

    x: Array
    chi2: float


def _measured(found: Estimate) -> Array:
    return np.concatenate([series.values for series in found.series])


def _farthest(points: Sequence[_Point], distances: Array, side: Flags) -> _Point:
    """Return the point of one side of the mode that is farthest from it."""
    return points[int(np.argmax(np.where(side, np.abs(distances), -1.0)))]


def _is_confirmed(model: Model, found: Estimate, point: _Point) -> bool:
    """Return whether the model predicts at a point what the response surface does."""
    assert found.substitute is not None
    try:
        by_model = model.predict(point.x, slopes=False).values
    except NotConverged as failure:
        log.info("no prediction at %s: %s", point.x, failure.message)
        return False
    by_surface = found.substitute.predict(point.x, slopes=False).values
    return bool(np.linalg.norm((by_model - by_surface) / found.noise) < CLOSE)


def _starts(found: Estimate, k: int, value: float, linear: Array) -> list[Array]:
    """Return where to start: as the parabola says, and from the best of the nearest draws.

    Where the slope along a tilt vanishes at the mode, the parabola does not know of it.
    """
    starts = [linear.copy()]
    if found.draws is not None and found.draws_density is not None:
        nearest = np.argsort(np.abs(found.draws[:, k] - value))[: len(found.draws) // SHARE]
        starts.append(found.draws[nearest[np.argmax(found.draws_density[nearest])]].copy())
    for start in starts:
        start[k] = value
    return starts


def _distances(found: Estimate, k: int, width: float) -> Array:
    """Return distances from the mode, in standard deviations of the parabola.

    Where the interval reaches farther than the parabola, its ends are looked at, too.
    """
    distances, interval = list(DISTANCES), found.intervals[k]
    for end in () if interval is None else (interval.low, interval.high):
        far = (end - found.mode[k]) / width
        if abs(far) > FARTHER:
            distances += [0.5 * far, far]
    return np.array(sorted(distances))


@dataclass(frozen=True, eq=False)
class Held:
    """A model with one of its unknowns held.

    Args:
        model: The model.
        all_unknowns: Its unknowns.
        k: Number of the one that is held.
        value: Its value.
        begin: Values from which the others start, shape (p,).
    """

    model: Model
    all_unknowns: tuple[Unknown, ...]
    k: int
    value: float
    begin: Array

    @property
    def unknowns(self) -> tuple[Unknown, ...]:
        """The unknowns that are free."""
        pairs = zip(self.all_unknowns, self.begin, strict=True)
        free = [replace(unknown, start=float(start)) for unknown, start in pairs]
        return tuple(free[: self.k] + free[self.k + 1 :])

    def predict(self, values: Array, *, slopes: bool = True) -> Predictions:
        """Return what the model predicts; see :class:`Model`."""
        found = self.model.predict(np.insert(values, self.k, self.value), slopes=slopes)
        jacobian = None if found.jacobian is None else np.delete(found.jacobian, self.k, axis=1)
        return Predictions(found.values, jacobian)


def _lowest(
    model: Model, data: Sequence[DataSet], options: FitOptions, k: int, starts: Sequence[Array]
) -> _Point:
    """Return the best values with the k-th unknown held at its value in all starts."""
    value, begin = float(starts[0][k]), starts[0]
    held = Held(model, tuple(model.unknowns), k, value, begin)
    of_held = float(Priors(held.all_unknowns).residuals(begin)[k]) ** 2
    if held.unknowns:
        free, chi2 = lowest(held, data, options, [np.delete(start, k) for start in starts])
        return _Point(np.insert(free, k, value), chi2 + of_held)
    series = [each for of in data for each in of.series]
    y = np.concatenate([each.values for each in series])
    u = np.concatenate([each.uncertainty for each in series if each.uncertainty is not None])
    squares = ((held.predict(np.zeros(0), slopes=False).values - y) / u) ** 2
    return _Point(begin, float(options.loss(squares).sum()) + of_held)
