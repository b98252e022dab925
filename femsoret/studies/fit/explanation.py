"""What makes the difference between the naive and the corrected value of an unknown.

The series is fitted to predictions of the full model at the corrected values, which have no noise:
without flow and without what the fit seeks of the cell (tilt, losses, offsets); with flow; with
each of these alone; and with all of them. The naive value is what it is

    because the series leaves out what the model has without flow        series
    because the formula of a column leaves out what the model has        formula
    because the cell has flow without them                               flow
    because of each of them                                              unknown
    because they act on each other                                       interaction
    because the data have noise, or are not described by the model       noise

and the corrected value is not that of the smallest sum of squares, but the expectation of all that
data and priors leave open (open). These parts add up to the difference.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal

from femsoret.base.types import Array
from femsoret.studies.fit.estimate import Estimate
from femsoret.studies.fit.series import Naive

CauseKind = Literal["series", "formula", "flow", "unknown", "interaction", "noise", "open"]

OF_THE_CELL: Final = frozenset({"tilt", "side_loss", "thermostat_offset"})
"""Quantities that are 0 in an ideal cell; losses at plates are then without resistance."""


@dataclass(frozen=True)
class Cause:
    """A cause of the difference.

    Args:
        kind: What it is; see :mod:`femsoret.studies.fit.explanation`.
        name: Name of the unknown that is the cause; empty for other kinds.
        effect: Naive value with this cause less that without it, in the unit of the unknown.
    """

    kind: CauseKind
    name: str
    effect: float


@dataclass(frozen=True)
class Explanation:
    """The difference between the naive and the corrected value of one unknown.

    Args:
        name: Name of the unknown.
        naive: The naive value.
        corrected: The corrected value.
        causes: What makes the difference; their effects add up to it.
    """

    name: str
    naive: float
    corrected: float
    causes: tuple[Cause, ...]

    @property
    def difference(self) -> float:
        """The naive less the corrected value."""
        return self.naive - self.corrected


@dataclass(frozen=True, eq=False)
class Ideals:
    """Predictions of the full model at the corrected values, with causes left out.

    Args:
        at_rest: Without flow and without what the fit seeks of the cell, shape (data,); with flow
            in a column, whose formula has it.
        flowing: With flow, without what the fit seeks of the cell, shape (data,).
        alone: Name of an unknown -> with flow and this unknown alone, shape (data,).
    """

    at_rest: Array
    flowing: Array
    alone: Mapping[str, Array]


def explanations(
    naive: Naive, evaluated: Estimate, corrected: Estimate, ideals: Ideals
) -> dict[str, Explanation]:
    """Return what makes the differences of all unknowns that both evaluations have.

    Args:
        naive: The naive model.
        evaluated: What it made of the data.
        corrected: What the full model made of them.
        ideals: Predictions of the full model with causes left out.
    """
    noise = evaluated.noise
    rest = naive.fitted_to(ideals.at_rest, noise)
    flowing = naive.fitted_to(ideals.flowing, noise)
    alone = {name: naive.fitted_to(values, noise) for name, values in ideals.alone.items()}
    everything = naive.fitted_to(corrected.predicted, noise)
    found = {}
    for i, unknown in enumerate(evaluated.unknowns):
        try:
            k = corrected.of(unknown.name)
        except KeyError:
            continue
        value, mode = float(evaluated.values[i]), float(corrected.mode[k])
        each = {name: float(fitted[i] - flowing[i]) for name, fitted in alone.items()}
        interaction = float(everything[i] - flowing[i]) - sum(each.values())
        causes = [
            Cause("formula" if naive.of_columns else "series", "", float(rest[i]) - mode),
            Cause("flow", "", float(flowing[i] - rest[i])),
            *(Cause("unknown", name, effect) for name, effect in each.items()),
        ]
        if each:
            causes.append(Cause("interaction", "", interaction))
        else:  # there is nothing that could act on another
            causes[1] = Cause("flow", "", float(everything[i] - rest[i]))
        causes += [
            Cause("noise", "", value - float(everything[i])),
            Cause("open", "", mode - float(corrected.values[k])),
        ]
        found[unknown.name] = Explanation(
            unknown.name, value, float(corrected.values[k]), tuple(causes)
        )
    return found
