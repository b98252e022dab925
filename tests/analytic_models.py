"""Models with closed forms, for tests of fits."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from femsoret.base.errors import NotConverged
from femsoret.experiment.measured import DataSet, MeasuredSeries
from femsoret.studies.fit.model import Predictions
from femsoret.studies.fit.unknowns import Prior, Unknown


def unknown(name, quantity="soret", *, prior=None, start=0.0, scale=1.0, **more):
    return Unknown(
        quantity=quantity,
        name=name,
        unit="",
        prior=prior or Prior(0.0),
        start=start,
        scale=scale,
        **more,
    )


@dataclass
class Analytic:
    """A model from a function of the unknowns, with slopes by complex steps."""

    unknowns: tuple[Unknown, ...]
    function: Callable
    fails: Callable = lambda x: False
    asked: list = field(default_factory=list)

    def predict(self, values, *, slopes=True):
        self.asked.append(np.array(values))
        if self.fails(values):
            raise NotConverged("no steady state was found", "change something")
        p, step = len(values), 1e-20
        jacobian = np.stack(
            [self.function(values + 1j * step * np.eye(p)[k]).imag / step for k in range(p)], axis=1
        )
        return Predictions(np.real(self.function(values + 0j)), jacobian if slopes else None)


def record(values, uncertainty=None, *, times=None, name="run", signal="separation"):
    values = np.asarray(values, dtype=float)
    times = np.arange(len(values), dtype=float) if times is None else times
    u = None if uncertainty is None else np.broadcast_to(float(uncertainty), values.shape).copy()
    return DataSet(name, (MeasuredSeries("c", signal, times, values, u),))
