"""What the naive evaluation of a record would be wrong by."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np

from femsoret.base.types import Array
from femsoret.experiment.measured import DataSet, MeasuredSeries
from femsoret.studies.design.information import levelled, normal_draws
from femsoret.studies.design.recording import Recording
from femsoret.studies.design.response import Response, ResponseModel
from femsoret.studies.design.space import CandidateCell
from femsoret.studies.fit.model import MeasuredRun
from femsoret.studies.fit.series import naive_model
from femsoret.studies.fit.stacked import Priors

DRAWS: Final = 16
"""Draws of the priors over which the bias is averaged."""

PLANNED: Final = "plan"
"""Name of the data set of a record that has not been made."""


@dataclass(frozen=True)
class NaiveBias:
    """The error of the naive evaluation without noise.

    Args:
        at_prior: Error at the prior values, in the unit of the target.
        mean: Its mean over the priors.
        rms: Its root mean square over the priors.
    """

    at_prior: float
    mean: float
    rms: float


def planned_data(recording: Recording, noise: Mapping[str, float]) -> DataSet:
    """Return the data set of a record that has not been made: its values are zeros.

    Args:
        recording: The record.
        noise: Column of the history -> standard uncertainty of its values.
    """
    times = recording.times
    series = tuple(
        MeasuredSeries(
            name,
            name,
            np.empty(0) if recording.is_steady else times,
            np.zeros(len(times)),
            np.full(len(times), noise[name]),
        )
        for name in recording.signals
    )
    return DataSet(PLANNED, series, recording.is_steady)


def naive_bias(
    cell: CandidateCell,
    response: Response,
    recording: Recording,
    noise: Mapping[str, float],
    target: int,
) -> NaiveBias | None:
    """Return the error of the naive evaluation of a record; None if it does not have the target.

    Args:
        cell: The cell.
        response: Its response.
        recording: The record.
        noise: Column of the history -> standard uncertainty of its values.
        target: Number of the unknown.

    Raises:
        ConditionError: The closed series says nothing of the record.
    """
    unknowns, data = levelled(cell.unknowns, recording.levelling), planned_data(recording, noise)
    naive = naive_model([MeasuredRun(data, cell.experiment, cell.schedule)], unknowns)
    names = [unknown.name for unknown in naive.model.unknowns]
    if unknowns[target].name not in names:
        return None
    place = names.index(unknowns[target].name)
    priors, model = Priors(unknowns), ResponseModel(response, recording, unknowns)
    u = recording.noise(noise)

    def error(x: Array) -> float:
        predicted = model.predict(x, slopes=False).values
        return float(naive.fitted_to(predicted, u[naive.where])[place] - x[target])

    drawn = normal_draws(DRAWS, len(unknowns)) * np.where(priors.given, priors.widths, 0.0)
    errors = np.array([error(np.maximum(priors.values + d, priors.bounds)) for d in drawn])
    return NaiveBias(error(priors.values), float(errors.mean()), float(np.sqrt(np.mean(errors**2))))
