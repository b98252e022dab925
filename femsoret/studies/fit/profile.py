"""Profile of the likelihood: how well the data are explained at fixed values of one unknown.

The other unknowns are sought again at each value with the model itself. The parabola is what the
covariance about the mode says; where both differ, it says nothing of the tail.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from femsoret.base.errors import NotConverged
from femsoret.base.log import get_logger
from femsoret.base.types import Array
from femsoret.experiment.measured import DataSet
from femsoret.studies.fit.estimate import Estimate
from femsoret.studies.fit.least_squares import FitOptions, least_chi2
from femsoret.studies.fit.model import Model, Predictions
from femsoret.studies.fit.stacked import Priors, with_values
from femsoret.studies.fit.unknowns import Unknown

log = get_logger(__name__)

DISTANCES: Final = (-2.0, -1.0, 1.0, 2.0)
"""Distances from the mode, in standard deviations of the parabola."""

STEPS: Final = 2
"""Largest number of evaluations for one point of a profile, at its starts aside."""

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
    options = replace(options, steps=STEPS)
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
    chi2 = []
    for distance, value in zip(distances, values, strict=True):
        starts = _starts(found, k, float(value), found.mode + distance * inverse[:, k] / width)
        of_prior = float(priors.residuals(starts[0])[k])
        held = Held(model, found.unknowns, k, float(value), starts[0])
        try:
            chi2.append(_lowest(held, known, options, starts) + of_prior**2)
        except NotConverged as error:
            log.info("no prediction for the profile of %s at %g: %s", name, value, error.message)
            chi2.append(np.nan)
    mode = Held(model, found.unknowns, k, float(found.mode[k]), found.mode)
    lowest = _chi2_at_start(mode, known, options) + float(priors.residuals(found.mode)[k]) ** 2
    return Profile(
        name,
        np.insert(values, np.searchsorted(values, found.mode[k]), found.mode[k]),
        np.insert(np.array(chi2) - lowest, np.searchsorted(values, found.mode[k]), 0.0),
        np.insert(distances**2, np.searchsorted(values, found.mode[k]), 0.0),
    )


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
    held: Held, data: Sequence[DataSet], options: FitOptions, starts: Sequence[Array]
) -> float:
    if not held.unknowns:
        return _chi2_at_start(held, data, options)
    return least_chi2(held, data, options, [np.delete(start, held.k) for start in starts])


def _chi2_at_start(held: Held, data: Sequence[DataSet], options: FitOptions) -> float:
    """Return the sum of squares at the values from which a model starts."""
    free = Priors(held.unknowns)
    start = np.array([unknown.start for unknown in held.unknowns])
    series = [each for of in data for each in of.series]
    y = np.concatenate([each.values for each in series])
    u = np.concatenate([each.uncertainty for each in series if each.uncertainty is not None])
    squares = ((held.predict(start, slopes=False).values - y) / u) ** 2
    of_priors = free.residuals(start) if len(start) else np.zeros(0)
    return float(options.loss(squares).sum() + of_priors @ of_priors)
