"""Data of another case are a bad fit; data of a layer at rest give what the layer is made of."""

from __future__ import annotations

from pathlib import Path

from mpi4py import MPI

import numpy as np
import pytest
from scipy.linalg import expm
from ternary_files import SHARED, fluid_text

from femsoret.cells import rectangle
from femsoret.experiment import Experiment
from femsoret.experiment.measured import DataSet, MeasuredSeries
from femsoret.experiment.schedule import Schedule
from femsoret.fluids import load_fluid
from femsoret.fluids.database import read_fluid
from femsoret.physics.closures import mixture_of
from femsoret.problem.conditions import Temperature
from femsoret.problem.orientation import up_vector
from femsoret.solve.march import MarchOptions
from femsoret.studies.fit.least_squares import estimate, least_squares_values
from femsoret.studies.fit.model import FullModel, MeasuredRun
from femsoret.studies.fit.priors import stated_prior
from femsoret.studies.fit.series import naive_model
from femsoret.studies.fit.unknowns import Prior, Unknown

GAP, DT = 5e-3, 10.0


def cell(fluid="water-ethanol", gap=GAP, dT=DT, cells=(2, 6)) -> Experiment:
    """Return an upright cell between plates, heated from above."""
    fluid = read_fluid(fluid) if isinstance(fluid, Path) else load_fluid(fluid)
    return Experiment(
        "cell",
        rectangle(MPI.COMM_WORLD, (gap, gap), cells, grading=2.0),
        mixture_of(fluid, T0=fluid.T, c0=fluid.c, up=up_vector((0.0, 1.0), 0.0)),
        (Temperature("top", fluid.T + 0.5 * dT), Temperature("bottom", fluid.T - 0.5 * dT)),
        fluid=fluid,
    )


def sought(experiment, quantity, components=(), flat=False) -> Unknown:
    """Return an unknown with the value and the uncertainty that the database states."""
    prior = stated_prior(experiment, quantity, components, ())
    prior = Prior(prior.value) if flat else prior
    name, scale = " ".join((quantity, *components)), 0.05 * abs(prior.value)
    return Unknown(quantity, name, "", prior, prior.value, scale, components=tuple(components))


def recorded(times, values=None, noise=0.005, signals=("separation",)) -> DataSet:
    """Return a record, of readings that do not matter without values, shape (signals, times)."""
    series = []
    for k, signal in enumerate(signals):
        if values is None:
            series.append(MeasuredSeries(signal, signal, times, np.zeros(len(times))))
            continue
        u = np.full(len(times), noise * np.abs(values[k]).max())
        series.append(MeasuredSeries(signal, signal, times, values[k], u))
    return DataSet("run", tuple(series))


def data_of(experiment: Experiment, times) -> DataSet:
    """Return a record of an experiment with noise."""
    run = MeasuredRun(recorded(times), experiment, schedule())
    values = FullModel([run], ()).predict(np.zeros(0), slopes=False).values
    noise = 0.005 * np.abs(values).max() * np.random.default_rng(1).normal(size=len(times))
    return recorded(times, [values + noise])


def schedule(tolerance=3e-3) -> Schedule:
    return Schedule(1e9, march=MarchOptions(tolerance=tolerance))


@pytest.mark.parametrize(
    ("other", "bad"),
    [
        (cell(), False),
        pytest.param(cell(gap=1.2 * GAP), True, marks=pytest.mark.slow),
        pytest.param(cell("thn-nc12"), True, marks=pytest.mark.slow),
        (cell(dT=1.3 * DT), True),
    ],
    ids=["the same", "another gap", "another fluid", "another dT"],
)
def test_data_of_another_case_are_a_bad_fit(other, bad):
    """What the database says of S_T and D does not agree with them: there is no interval."""
    experiment = cell()
    times = np.linspace(0.1, 4.0, 20) * GAP**2 / (np.pi**2 * experiment.mixture.reference.slowest)
    data = data_of(other, times)
    unknowns = [sought(experiment, "soret"), sought(experiment, "D")]
    found = estimate(FullModel([MeasuredRun(data, experiment, schedule())], unknowns), [data])
    assert found.is_bad == bad, found.why_bad
    for interval, unknown in zip(found.intervals, unknowns, strict=True):
        assert (interval is None) == bad
        assert bad or interval.low < unknown.prior.value < interval.high


@pytest.mark.slow
def test_three_components_at_rest_give_what_their_closed_series_is_made_of(tmp_path):
    """S'_T and the diagonal of D, from a series with exponentials of the matrix D."""
    conducting = {**SHARED, "conductivity": (6e3, "W/m/K")}  # heat spreads at once
    (tmp_path / "fluid.toml").write_text(fluid_text(shared=conducting), encoding="utf-8")
    experiment = cell(tmp_path / "fluid.toml", dT=2.0, cells=(1, 10))
    at = experiment.mixture.reference
    names = [species.name for species in experiment.mixture.species]
    S = np.array(at.soret) * [1.06, 0.95]
    D = np.array(at.D) * [[1.05, 1.0], [1.0, 0.97]]
    times = np.linspace(0.03, 4.0, 30) * GAP**2 / (np.pi**2 * at.slowest)
    odd = np.arange(1, 200, 2)
    decays = [
        sum(expm(-(n**2) * np.pi**2 / GAP**2 * t * D) / n**2 for n in odd) * 8.0 / np.pi**2
        for t in times
    ]
    values = np.array([(np.eye(2) - decay) @ S * 2.0 for decay in decays]).T * at.prefactors[0]
    signals = ("separation", f"separation.{names[1]}")
    data = recorded(times, values, 1e-3, signals)
    unknowns = [sought(experiment, "soret", (name,), True) for name in names]
    unknowns += [sought(experiment, "D", (name, name), True) for name in names]
    runs = [MeasuredRun(data, experiment, schedule(1e-3))]
    naive = naive_model(runs, unknowns)
    expected = np.concatenate([S, np.diag(D)])
    of_series = least_squares_values(naive.model, naive.data)
    assert of_series == pytest.approx(expected, rel=1e-4)
    found = estimate(FullModel(runs, unknowns), [data])
    assert found.mode == pytest.approx(expected, rel=2e-3)
    assert not found.is_bad
