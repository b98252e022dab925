"""What the uncertainty of the fluid data makes of the target, for all records of a cell.

A fit holds the fluid data at their values. An error of an entry changes the predictions, and the
fit takes the change for one of the unknowns: this is the contribution of the entry to the budget
(JCGM 100:2008, 5.1; :mod:`femsoret.studies.fit.budget`). More readings do not make it smaller, so
that it decides between designs where the noise is low. One run with tangents by the entries serves
all records of a cell.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.interpolate import PchipInterpolator

from femsoret.base.types import Array
from femsoret.experiment import Experiment
from femsoret.physics.closures.parameter_names import data_parameters
from femsoret.studies.design.information import levelled
from femsoret.studies.design.local import Local
from femsoret.studies.design.recording import Recording
from femsoret.studies.design.response import Response, ResponseModel
from femsoret.studies.fit.model import FullModel
from femsoret.studies.fit.priors import sought_entries
from femsoret.studies.fit.unknowns import Unknown


@dataclass(frozen=True)
class FluidShare:
    """What an entry of the fluid data makes of the uncertainty of the target.

    Args:
        entry: The entry.
        uncertainty: Standard uncertainty that it makes, in the unit of the target.
    """

    entry: str
    uncertainty: float


def held_entries(experiment: Experiment, unknowns: Sequence[Unknown]) -> dict[str, float | None]:
    """Return the entries of the fluid data that a fit holds at their values.

    Args:
        experiment: The experiment.
        unknowns: The unknowns, which replace entries.

    Returns:
        Entry -> its relative standard uncertainty; None where its source gives none.
    """
    if experiment.fluid is None:
        return {}
    of_fluid = experiment.fluid.uncertainties()
    sought = sought_entries(experiment.mixture, unknowns)
    names = data_parameters(experiment.mixture, list(of_fluid))
    return {name: of_fluid[name] for name in names if name not in sought}


@dataclass(frozen=True, eq=False)
class FluidResponse:
    """How the signals of a cell change with its fluid data.

    Args:
        relative: Entry -> its relative standard uncertainty.
        signals: Columns of the history that are predicted.
        times: Times at which they are, s, shape (m,); one for steady states.
        slopes: Derivatives by the logarithms of the entries, shape (entries, signals, m).
    """

    relative: Mapping[str, float]
    signals: tuple[str, ...]
    times: Array
    slopes: Array

    def of(self, recording: Recording) -> Array:
        """Return the derivatives at the samples of a record, shape (n, entries).

        Args:
            recording: The record.
        """
        if len(self.times) == 1:
            found = np.repeat(self.slopes, recording.samples, axis=2)
        else:
            found = PchipInterpolator(self.times, self.slopes, axis=2)(recording.times)
        which = [self.signals.index(name) for name in recording.signals]
        return np.asarray(found[:, which].reshape(len(self.slopes), -1).T)

    def shares(
        self, response: Response, recording: Recording, noise: Mapping[str, float], target: int
    ) -> tuple[FluidShare, ...]:
        """Return what each entry makes of the uncertainty of the target.

        Args:
            response: The response of the cell to the unknowns.
            recording: The record.
            noise: Column of the history -> standard uncertainty of its values.
            target: Number of the target.
        """
        if not self.relative:
            return ()
        unknowns = levelled(response.unknowns, recording.levelling)
        local = Local(ResponseModel(response, recording, unknowns), recording.noise(noise))
        shifts = local.shifts(self.of(recording))[target]
        return tuple(
            FluidShare(name, abs(float(shift)) * u)
            for (name, u), shift in zip(self.relative.items(), shifts, strict=True)
            if shift
        )


def fluid_response(
    model: FullModel, values: Array, signals: Sequence[str], times: Array
) -> FluidResponse:
    """Return how the signals of a cell change with its fluid data; collective.

    Args:
        model: Model of a data set that has all signals at all times.
        values: Values of the unknowns, shape (p,).
        signals: The signals, columns of the history.
        times: The times, s, shape (m,); one for steady states.

    Raises:
        NotConverged: The model has no prediction at these values.
    """
    held = held_entries(model.runs[0].experiment, model.unknowns)
    relative = {name: u for name, u in held.items() if u}
    slopes: Array = np.zeros((0, len(signals), len(times)))
    if relative:
        found = model.slopes_by_entries(values, list(relative))
        slopes = np.moveaxis(found.reshape(len(signals), len(times), -1), 2, 0)
    return FluidResponse(relative, tuple(signals), np.asarray(times), slopes)


def together(shares: Sequence[FluidShare]) -> float:
    """Return the standard uncertainty that all entries make together.

    Args:
        shares: What each of them makes.
    """
    return math.sqrt(sum(each.uncertainty**2 for each in shares))
