"""Fits of the full model: the closed series without flow, and a tilted cell."""

from __future__ import annotations

import math

from mpi4py import MPI

import numpy as np
import pytest

from femsoret.cells import rectangle
from femsoret.experiment import Experiment
from femsoret.experiment.measured import DataSet, MeasuredSeries
from femsoret.experiment.schedule import Schedule
from femsoret.fluids import load_fluid
from femsoret.physics.closures import mixture_of
from femsoret.post.evaluation import Layer
from femsoret.problem.conditions import Temperature
from femsoret.problem.orientation import up_vector
from femsoret.solve.march import MarchOptions
from femsoret.studies.fit.fit import fit
from femsoret.studies.fit.model import FullModel, MeasuredRun
from femsoret.studies.fit.unknowns import Prior, Unknown

GAP = 5e-3


def cell(dT, cells, **changes) -> Experiment:
    fluid = load_fluid("water-ethanol").with_(**changes)
    return Experiment(
        "cell",
        rectangle(MPI.COMM_WORLD, (2 * GAP, GAP), cells, grading=2.0),
        mixture_of(fluid, T0=fluid.T, c0=fluid.c, up=up_vector((0.0, 1.0), 0.0)),
        (Temperature("top", fluid.T + 0.5 * dT), Temperature("bottom", fluid.T - 0.5 * dT)),
        fluid=fluid,
    )


def sought(quantity, start, prior=None, scale=None):
    scale = scale or 0.1 * abs(start)
    return Unknown(quantity, quantity, "", prior or Prior(start), start, scale)


def recorded(times, values, u):
    series = MeasuredSeries("dc", "separation", times, values, np.full(len(values), u))
    return DataSet("run", (series,))


@pytest.mark.slow
def test_without_flow_the_fit_returns_what_the_closed_series_is_made_of():
    """Heat spreads at once and the closure is nearly linear: both models are the same."""
    experiment = cell(2.0, (2, 12), conductivity=6e3)
    at = experiment.mixture.reference
    S_T, D = 1.08 * float(at.soret[0]), 0.93 * at.slowest
    tau = GAP**2 / (math.pi**2 * D)
    times = np.linspace(0.02, 4.0, 40) * tau
    (f,) = at.prefactors
    values = f * S_T * 2.0 * Layer.between(GAP).approach(times / tau)
    schedule = Schedule(1e9, march=MarchOptions(tolerance=1e-3))
    run = MeasuredRun(recorded(times, values, 0.001 * values.max()), experiment, schedule)
    unknowns = [sought("soret", float(at.soret[0])), sought("D", at.slowest)]
    found = fit([run], unknowns, numerical=False)
    assert found.naive.mode == pytest.approx([S_T, D], rel=1e-9)
    assert found.corrected.values == pytest.approx([S_T, D], rel=3e-4)
    assert not found.corrected.is_bad
    for name, explanation in found.explanations.items():
        effects = {cause.kind: cause.effect for cause in explanation.causes}
        assert sum(effects.values()) == pytest.approx(explanation.difference, rel=1e-6)
        assert abs(effects["flow"]) < 1e-9 * explanation.corrected, name
    curve = found.naive_curves["run", "dc"]
    assert curve == pytest.approx(values, rel=1e-9)
    # The diffusion of heat has no effect where heat spreads at once.
    (of_heat,) = [
        row
        for row in found.budgets["soret"].rows
        if (row.kind, row.name) == ("fluid", "conductivity")
    ]
    assert abs(of_heat.sensitivity) < 1e-6 * S_T


@pytest.mark.slow
def test_a_tilt_is_corrected_for_and_named_as_the_cause():
    """Predictions of the model with noise: the series does not describe them, the model does."""
    experiment = cell(10.0, (4, 4))
    at = experiment.mixture.reference
    S_T, D, tilt = 1.05 * float(at.soret[0]), 0.97 * at.slowest, 0.9
    times = np.linspace(0.05, 4.0, 60) * GAP**2 / (math.pi**2 * D)
    schedule = Schedule(1e9, march=MarchOptions(tolerance=1e-2))
    unknowns = [
        sought("soret", float(at.soret[0])),
        sought("D", at.slowest),
        sought("tilt", 0.0, Prior(0.0, 0.5), 1.0),
    ]
    blank = MeasuredRun(recorded(times, 0.0 * times, 1.0), experiment, schedule)
    model = FullModel([blank], unknowns)
    values = model.predict(np.array([S_T, D, tilt]), slopes=False).values
    u = 0.005 * values.max()
    noise = u * np.random.default_rng(3).normal(size=60)
    run = MeasuredRun(recorded(times, values + noise, u), experiment, schedule)
    found = fit([run], unknowns, numerical=False)
    corrected, naive = found.corrected, found.naive
    assert naive.is_bad  # a flow is no diffusion
    assert abs(naive.values[1] - D) > 5.0 * naive.uncertainties[1]
    assert not corrected.is_bad
    assert not corrected.is_normal
    for interval, truth in zip(corrected.intervals, (S_T, D, tilt), strict=True):
        assert interval.low < truth < interval.high
    assert corrected.intervals[2].low < -0.8  # the sign makes no difference
    assert abs(corrected.mode[2]) == pytest.approx(tilt, abs=0.15)
    for name in ("soret", "D"):
        explanation = found.explanations[name]
        effects = {cause.kind: cause.effect for cause in explanation.causes}
        assert sum(effects.values()) == pytest.approx(explanation.difference, rel=1e-6)
        assert effects["unknown"] == pytest.approx(explanation.difference, rel=0.1)
