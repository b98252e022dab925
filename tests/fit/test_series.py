"""The naive model: what laboratories evaluate, for all kinds of signals."""

from __future__ import annotations

import math
from dataclasses import replace

from mpi4py import MPI

import numpy as np
import pytest

from femsoret.base.errors import ConditionError
from femsoret.cells import rectangle
from femsoret.experiment import Experiment
from femsoret.experiment.measured import DataSet, MeasuredSeries
from femsoret.experiment.schedule import EvaluationWindow, Schedule
from femsoret.fluids import load_fluid
from femsoret.physics.closures import mixture_of
from femsoret.post.evaluation import Layer
from femsoret.post.readings import Point
from femsoret.post.signals import MeanGradient
from femsoret.problem.conditions import Temperature
from femsoret.problem.orientation import up_vector
from femsoret.studies.fit.least_squares import estimate
from femsoret.studies.fit.model import MeasuredRun
from femsoret.studies.fit.series import naive_model
from femsoret.studies.fit.unknowns import Prior, Unknown

GAP = 5e-3


def cell(fluid="water-ethanol", dT=10.0) -> Experiment:
    fluid = load_fluid(fluid)
    return Experiment(
        "cell",
        rectangle(MPI.COMM_WORLD, (2 * GAP, GAP), (2, 2)),
        mixture_of(fluid, T0=fluid.T, c0=fluid.c, up=up_vector((0.0, 1.0), 0.0)),
        (Temperature("top", fluid.T + 0.5 * dT), Temperature("bottom", fluid.T - 0.5 * dT)),
        gradients={"middle": MeanGradient((3e-3, 2e-3), (3e-3, 2e-3), (0.0, 1.0), 1)},
        thermometers={"inside": Point((5e-3, 1.5e-3))},
        fluid=fluid,
    )


def sought(quantity, start, prior=None, **of):
    return Unknown(quantity, quantity, "", prior or Prior(start), start, abs(start) or 1.0, **of)


def binary(experiment):
    at = experiment.mixture.reference
    return [sought("soret", float(at.soret[0])), sought("D", at.slowest)]


def data_of(signals, times, values, u=None, name="run", steady=False):
    series = tuple(
        MeasuredSeries(s, s, np.array([]) if steady else times, v, None if u is None else u + 0 * v)
        for s, v in zip(signals, values, strict=True)
    )
    return DataSet(name, series, steady=steady)


def expected(experiment, S_T, D, times, layer):
    """The separation of a layer, and its gradient, from the series as the page states it."""
    (f,) = experiment.mixture.reference.prefactors
    tau = GAP**2 / (math.pi**2 * D)
    return f * S_T * experiment.orientation.dT * layer.approach(times / tau)


def test_several_signals_together_give_S_T_and_D():
    """Separation and gradient of the closed series, with noise: the values lie in the intervals."""
    experiment = cell()
    S_T, D = 3.4e-3, 0.9 * experiment.mixture.reference.slowest
    tau = GAP**2 / (math.pi**2 * D)
    times = np.linspace(0.02, 4.0, 60) * tau
    of_pair = expected(experiment, S_T, D, times, Layer.between(GAP))
    slopes = -np.pi * np.arange(1, 400, 2) * np.sin(np.pi * np.arange(1, 400, 2) * 2e-3 / GAP)
    of_gradient = -expected(experiment, S_T, D, times, Layer(GAP, 1.0, slopes))
    rng = np.random.default_rng(1)
    u = 0.003 * of_pair.max()
    noisy = [of_pair + u * rng.normal(size=60), of_gradient + u * rng.normal(size=60)]
    data = data_of(["separation", "signal.middle.dc"], times, noisy, u)
    run = MeasuredRun(data, experiment, Schedule(1e9))
    naive = naive_model([run], [*binary(experiment), sought("tilt", 0.0, Prior(0.0, 1.0))])
    assert [unknown.quantity for unknown in naive.model.unknowns] == ["soret", "D"]
    exact = naive.model.predict(np.array([S_T, D])).values
    assert exact == pytest.approx(np.concatenate([of_pair, of_gradient]), rel=1e-9)
    found = estimate(naive.model, naive.data)
    assert not found.is_bad
    for interval, true in zip(found.intervals, (S_T, D), strict=True):
        assert interval.low < true < interval.high
    assert found.uncertainties[0] < 0.003 * S_T


def test_slopes_of_the_series():
    experiment = cell()
    times = np.array([50.0, 1e3, 5e3])
    data = data_of(["separation"], times, [np.ones(3)], 0.1)
    run = MeasuredRun(data, experiment, Schedule(1e9))
    unknowns = [
        *binary(experiment),
        sought("zero_of_time", 20.0, Prior(20.0, 10.0)),
        sought("contrast", 1.1, Prior(1.1, 0.1)),
        sought("baseline", 1e-3, signal="separation"),
    ]
    model = naive_model([run], unknowns).model
    start = np.array([unknown.start for unknown in model.unknowns])
    jacobian = model.predict(start).jacobian
    for k in range(5):
        step = 1e-3 * np.eye(5)[k] * start[k]
        difference = model.predict(start + step).values - model.predict(start - step).values
        assert jacobian[:, k] == pytest.approx(difference / (2 * step[k]), rel=1e-4, abs=1e-12)


def test_a_record_begins_where_the_evaluation_does():
    """Values before the heating, thermometers and a removed difference of temperature."""
    experiment = cell()
    D = experiment.mixture.reference.slowest
    tau = GAP**2 / (math.pi**2 * D)
    times = np.linspace(-0.5, 4.0, 46) * tau
    S_T = 3e-3
    rest = expected(experiment, S_T, D, np.maximum(times - tau, 0.0), Layer.between(GAP))
    (f,) = experiment.mixture.reference.prefactors
    relaxing = f * S_T * experiment.orientation.dT - rest
    data = data_of(["thermometer.inside", "separation"], times, [0 * times, relaxing], 1e-6)
    window = EvaluationWindow(t0=tau, start=1.2 * tau, end=3.0 * tau, relaxing=True)
    run = MeasuredRun(data, experiment, replace(Schedule(1e9), evaluation=window))
    naive = naive_model([run], binary(experiment))
    assert naive.where == pytest.approx(
        46 + np.flatnonzero((times >= 1.2 * tau) & (times <= 3 * tau))
    )
    found = estimate(naive.model, naive.data)
    assert found.mode == pytest.approx([S_T, D], rel=1e-6)


def test_steady_data_of_several_runs_give_one_S_T():
    """Different temperature differences; weights are those of the noise."""
    cells = [cell(dT=dT) for dT in (5.0, 10.0)]
    (f,) = cells[0].mixture.reference.prefactors
    S_T, u = np.array([3.0e-3, 3.3e-3]), np.array([1e-5, 2e-5])
    runs = [
        MeasuredRun(
            data_of(
                ["separation"],
                None,
                [np.array([f * S * each.orientation.dT])],
                noise,
                name=str(i),
                steady=True,
            ),
            each,
        )
        for i, (each, S, noise) in enumerate(zip(cells, S_T, u, strict=True))
    ]
    naive = naive_model(runs, binary(cells[0]))
    assert [unknown.quantity for unknown in naive.model.unknowns] == ["soret"]
    found = estimate(naive.model, naive.data)
    weights = (np.array([5.0, 10.0]) / u) ** 2
    assert found.values[0] == pytest.approx(weights @ S_T / weights.sum(), rel=1e-6)
    assert found.uncertainties[0] == pytest.approx(1.0 / (f * np.sqrt(weights.sum())), rel=1e-6)


def test_data_that_no_layer_shows_have_no_naive_value():
    experiment = cell()
    data = data_of(["thermometer.inside"], np.arange(3.0), [np.ones(3)], 0.1)
    with pytest.raises(ConditionError, match="no signal of the composition"):
        naive_model([MeasuredRun(data, experiment, Schedule(1e9))], binary(experiment))
    data = data_of(["separation"], np.arange(1.0, 4.0), [np.ones(3)], 0.1)
    schedule = replace(Schedule(1e9), evaluation=None, not_evaluated="the walls oscillate")
    with pytest.raises(ConditionError, match="the walls oscillate"):
        naive_model([MeasuredRun(data, experiment, schedule)], binary(experiment))
