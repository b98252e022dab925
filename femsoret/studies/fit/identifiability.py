"""What data cannot tell apart, from the eigenvalues of their Fisher matrix.

The Fisher matrix J^T J of the data alone (J: slopes of the predictions in standard uncertainties)
is scaled by what was known before: by the standard deviation of each prior, or, for an unknown
without one, by its standard uncertainty in the result. An eigenvalue is then the information of the
data on a combination of unknowns in units of the information of the priors: below 1 the priors
decide. An eigenvalue of zero says that the data contain nothing about it.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

import numpy as np
from scipy.stats import truncnorm

from femsoret.base.types import Array
from femsoret.studies.fit.estimate import Direction
from femsoret.studies.fit.stacked import Priors

PRIORS_DECIDE: Final = 1.0
"""Information in units of that of the priors below which the priors decide."""

NOTHING: Final = 1e-6
"""Information likewise below which the data tell nothing."""

PART: Final = 0.2
"""Part of an unknown in a combination, relative to the largest, from which it is named."""

TOLD: Final = 0.7
"""Standard uncertainty over that of the prior up to which the data did tell an unknown, by its
square or by more than its slope."""

_NULL: Final = 1e-9

ADVICE: Final[Mapping[str, str]] = MappingProxyType(
    {
        "soret": "a longer record, a larger temperature difference or more signals would tell",
        "D": "readings that are closer in the first tenth of the relaxation time would tell",
        "tilt": "an inclinometer, a second run tilted the other way, or a run with another "
        "temperature difference would tell",
        "azimuth": "a run that leans more, or a signal across the axis would tell",
        "side_loss": "a thermometer at the side wall, or a run with other surroundings would tell",
        "thermostat_offset": "thermometers in both plates would tell",
        "zero_of_time": "a record that begins before the heating, or the time of switching would "
        "tell",
        "contrast": "a calibration of the signal, or its amplitude by temperature alone would tell",
        "baseline": "readings before the heating, without a temperature difference, would tell",
    }
)
"""Quantity -> which measurement tells it."""

_ORDER: Final = (
    "contrast",
    "baseline",
    "zero_of_time",
    "thermostat_offset",
    "side_loss",
    "tilt",
    "azimuth",
    "D",
    "soret",
)
"""Quantities in the order in which a measurement of their own is easy."""


def untold(priors: Priors, of_data: Array, uncertainties: Array) -> tuple[Direction, ...]:
    """Return the combinations of unknowns of which the data alone tell less than the priors.

    Args:
        priors: The priors.
        of_data: Fisher matrix of the data alone, shape (p, p).
        uncertainties: Standard uncertainties of the result, infinite if undetermined, shape (p,).
    """
    scale = np.where(priors.given | ~np.isfinite(uncertainties), priors.widths, uncertainties)
    values, vectors = np.linalg.eigh(of_data * np.outer(scale, scale))
    largest, found = float(values.max(initial=0.0)), []
    for value, vector in zip(values, vectors.T, strict=True):
        parts = _parts(priors, vector)
        free = [k for k in parts if not np.isfinite(uncertainties[k])]
        if not free and (value >= PRIORS_DECIDE or not any(priors.given[k] for k in parts)):
            continue
        if free and value > _NULL * largest:
            continue
        if len(parts) == 1:
            (k,) = parts
            if priors.given[k] and uncertainties[k] < TOLD * _width_above_bound(priors, k):
                continue  # the data tell it, though not by its slope
        found.append(_direction(priors, max(float(value), 0.0), parts, undetermined=bool(free)))
    return tuple(found)


def _width_above_bound(priors: Priors, k: int) -> float:
    """Return the standard deviation of a prior within the bound of its unknown."""
    low = (priors.bounds[k] - priors.values[k]) / priors.widths[k]
    return float(priors.widths[k] * truncnorm.std(low, np.inf))


def _parts(priors: Priors, vector: Array) -> dict[int, float]:
    """Return the parts of the unknowns that matter in a combination, the largest is 1."""
    largest = int(np.argmax(np.abs(vector)))
    parts = vector / vector[largest]
    return {k: float(part) for k, part in enumerate(parts) if abs(part) >= PART}


def _direction(
    priors: Priors, information: float, parts: Mapping[int, float], *, undetermined: bool
) -> Direction:
    unknowns = [priors.unknowns[k] for k in parts]
    names = [unknown.name for unknown in unknowns]
    listed = names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
    alone = len(names) == 1
    if undetermined:
        sentence = (
            f"Neither the data nor a prior determine {listed}."
            if alone
            else f"The data cannot tell {listed} apart, and no prior does."
        )
    elif information < NOTHING:
        sentence = (
            f"The data say nothing of {listed}: what is reported is the prior."
            if alone
            else f"The data cannot tell {listed} apart: their priors do."
        )
    else:
        told = f"the data have {information:.2g} of the information that was there before"
        sentence = (
            f"The prior of {listed} says more than the data: {told}."
            if alone
            else f"The data hardly tell {listed} apart: {told}, and the priors decide."
        )
    easiest = min(unknowns, key=lambda unknown: _ORDER.index(unknown.quantity))
    of = "" if alone else f"For {easiest.name}: "
    advice = ADVICE[easiest.quantity]
    advice = f"{of}{advice}." if of else f"{advice[0].upper()}{advice[1:]}."
    return Direction(
        information,
        {priors.unknowns[k].name: part for k, part in parts.items()},
        undetermined,
        sentence,
        advice,
    )
