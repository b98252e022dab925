"""The full model of a fit: its slopes are the derivatives of its predictions."""

from __future__ import annotations

from dataclasses import replace

from mpi4py import MPI

import numpy as np
import pytest

from femsoret.base.errors import CaseError
from femsoret.base.functions_of_time import PiecewiseLinear, ramp
from femsoret.cells import rectangle
from femsoret.experiment import Experiment
from femsoret.experiment.measured import DataSet, MeasuredSeries
from femsoret.experiment.schedule import Schedule
from femsoret.fluids import load_fluid
from femsoret.physics.closures import mixture_of
from femsoret.post.readings import Point
from femsoret.post.signals import MeanGradient
from femsoret.problem.conditions import Robin, Temperature
from femsoret.problem.orientation import up_vector
from femsoret.problem.protocol import GravityDirection, Protocol, WallValue
from femsoret.solve.march import MarchOptions
from femsoret.studies.fit.model import FullModel, MeasuredRun
from femsoret.studies.fit.unknowns import Prior, Unknown

GAP = 5e-3
PART = 0.05
"""Step of differences, in scales of the unknowns: predictions are curved, by 1e-3 of a scale."""


def cell(tilt: float = 1.0, dT: float = 10.0) -> Experiment:
    """Return a tilted cell of water and ethanol that loses heat, with several signals."""
    fluid = load_fluid("water-ethanol")
    return Experiment(
        "cell",
        rectangle(MPI.COMM_WORLD, (2 * GAP, GAP), (4, 4), grading=2.0),
        mixture_of(fluid, T0=fluid.T, c0=fluid.c, up=up_vector((0.0, 1.0), tilt)),
        (
            Temperature("top", fluid.T + 0.5 * dT),
            Temperature("bottom", fluid.T - 0.5 * dT),
            Robin(("left", "right"), 5.0, fluid.T),
        ),
        gradients={"middle": MeanGradient((3e-3, 2e-3), (3e-3, 2e-3), (0.0, 1.0), 1)},
        thermometers={"inside": Point((5e-3, 1.5e-3))},
        fluid=fluid,
    )


SIGNALS = ("separation", "signal.middle.dc", "signal.middle.dT", "thermometer.inside", "T_hot")


def recorded(name: str, times: list[float], signals=SIGNALS) -> DataSet:
    """Return a data set whose values do not matter."""
    t = np.array(times)
    number = len(times) or 2
    series = (MeasuredSeries(s, s, t, np.zeros(number)) for s in signals)
    return DataSet(name, tuple(series), steady=not times)


def unknown(quantity: str, start: float, scale: float, **of) -> Unknown:
    name = " ".join((quantity, *map(str, of.values())))
    return Unknown(quantity, name, "", Prior(start, scale), start, scale, **of)


def of_cell(experiment: Experiment) -> list[Unknown]:
    at = experiment.mixture.reference
    S_T, D = float(at.soret[0]), float(at.D[0, 0])
    return [
        unknown("soret", S_T, 0.1 * abs(S_T)),
        unknown("D", D, 0.1 * D),
        unknown("tilt", 1.0, 0.5),
        unknown("side_loss", 5.0, 1.0, sides=("left", "right")),
        unknown("thermostat_offset", 0.1, 0.1, sides=("top",)),
    ]


OF_RECORD = [
    unknown("zero_of_time", 15.0, 10.0),
    unknown("contrast", 1.02, 0.02, signal="separation"),
    unknown("baseline", 1e-4, 1e-4, signal="separation"),
]


def check(model: FullModel, exact: float, values=None, part: float = PART) -> None:
    """Compare the Jacobian with central differences, for each series relative to its largest."""
    start = np.array([u.start for u in model.unknowns]) if values is None else values
    found = model.predict(start)
    assert np.isfinite(found.values).all()
    assert model.predict(start, slopes=False).values == pytest.approx(found.values, rel=1e-9)
    for k, of in enumerate(model.unknowns):
        # The march ends with the last reading: with its time, the last steps change.
        error = 30.0 * exact if of.quantity == "zero_of_time" else exact
        parts = []
        for sign in (1.0, -1.0):
            moved = start.copy()
            moved[k] += sign * part * of.scale
            parts.append(model.predict(moved, slopes=False).values)
        expected = (parts[0] - parts[1]) / (2.0 * part * of.scale)
        first = 0
        for run in model.runs:
            for series in run.data.series:
                rows = slice(first, first + len(series.values))
                first = rows.stop
                # What a series does not show of an unknown is the round-off of its values.
                size = np.abs(expected[rows]).max()
                noise = 1e-7 * np.abs(found.values[rows]).max() / (part * of.scale)
                wrong = np.abs(found.jacobian[rows, k] - expected[rows]).max()
                assert wrong <= error * size + noise, (of.name, run.data.name, series.signal)


def heated_in_time(*, start: str = "uniform", **options) -> Schedule:
    """Return a schedule whose walls take a minute to heat up, while the cell is tilted."""
    top = load_fluid("water-ethanol").T + 5.0
    tilting = PiecewiseLinear((0.0, 200.0), (0.5, 1.0))
    changes = (
        WallValue("top", ramp(top - 5.0, top, 60.0)),
        GravityDirection((0.0, 1.0), (-1.0, 0.0), tilting),
    )
    return Schedule(1e9, start, protocol=Protocol(changes), march=MarchOptions(**options))


def test_slopes_of_a_steady_state():
    experiment = cell()
    run = MeasuredRun(recorded("steady", []), experiment)
    check(FullModel([run], of_cell(experiment)), 1e-3)


def test_all_ranks_evaluate_the_values_of_the_first():
    """Least squares may differ by the last bits on other ranks; then no rank must wait forever."""
    comm, experiment = MPI.COMM_WORLD, cell()
    model = FullModel([MeasuredRun(recorded("steady", []), experiment)], of_cell(experiment))
    start = np.array([u.start for u in model.unknowns])
    found = model.predict(start * (1.0 + 1e-3 * comm.rank))
    for of in (found.values, found.jacobian):
        assert all((of == other).all() for other in comm.allgather(of))
    assert found.values == pytest.approx(model.predict(start).values, rel=1e-9)


@pytest.mark.parametrize(
    "start",
    ["uniform", *(pytest.param(start, marks=pytest.mark.slow) for start in ("diffused", "steady"))],
)
def test_slopes_in_time(start):
    experiment = cell()
    schedule = heated_in_time(start=start, fixed_step=10.0)
    data = recorded("in time", [-30.0, 0.0, 20.0, 105.0])
    run = MeasuredRun(data, experiment, schedule)
    check(FullModel([run], [*of_cell(experiment), *OF_RECORD]), 1e-4, part=1e-2)


@pytest.mark.slow
def test_slopes_with_error_control_are_those_within_the_tolerance():
    experiment = cell()
    schedule = heated_in_time(tolerance=1e-5)
    run = MeasuredRun(recorded("in time", [20.0, 300.0], SIGNALS[:2]), experiment, schedule)
    check(FullModel([run], of_cell(experiment)[:2]), 1e-3)


@pytest.mark.slow
def test_data_sets_share_what_they_have_in_common():
    """Two cells at other temperature differences, one in time, one steady, with a tilt each."""
    first, second = cell(), cell(dT=4.0)
    runs = [
        MeasuredRun(
            recorded("first", [20.0, 90.0], SIGNALS[:1]), first, heated_in_time(fixed_step=10.0)
        ),
        MeasuredRun(recorded("second", [], SIGNALS[:2]), second),
    ]
    S_T = float(first.mixture.reference.soret[0])
    unknowns = [
        unknown("soret", S_T, 0.1 * abs(S_T)),
        unknown("tilt", 1.0, 0.5, data="first"),
        unknown("tilt", 2.0, 0.5, data="second"),
    ]
    model = FullModel(runs, unknowns)
    check(model, 1e-3)
    found = model.predict(np.array([u.start for u in unknowns]))
    assert found.jacobian.shape == (6, 3)
    assert np.all(found.jacobian[:, 0] != 0.0)
    assert np.all(found.jacobian[:2, 2] == 0.0)
    assert np.all(found.jacobian[2:, 1] == 0.0)
    # The second cell is the same as one that is stated to have this tilt.
    alone = FullModel([MeasuredRun(runs[1].data, cell(2.0, 4.0))], unknowns[:1])
    at = alone.predict(np.array([S_T]), slopes=False).values
    assert found.values[2:] == pytest.approx(at, rel=1e-6)


def test_at_rest_nothing_depends_on_the_tilt():
    experiment = cell()
    run = MeasuredRun(recorded("steady", [], SIGNALS[:1]), experiment)
    unknowns = of_cell(experiment)[:3]
    model = FullModel([run], unknowns, flow=False)
    check(model, 1e-3)
    start = np.array([u.start for u in unknowns])
    assert np.all(model.predict(start).jacobian[:, 2] == 0.0)
    # Without flow S_T dT is what separates: the slope by ln S_T is the separation itself.
    found = model.predict(start)
    assert found.jacobian[:, 0] * start[0] == pytest.approx(found.values, rel=1e-3)


def test_slopes_by_entries_of_the_fluid():
    experiment = cell()
    run = MeasuredRun(recorded("steady", [], SIGNALS[:1]), experiment)
    unknowns = of_cell(experiment)[:1]
    model = FullModel([run], unknowns)
    start = np.array([u.start for u in unknowns])
    entries = ["soret", "viscosity", "no such entry"]
    found = model.slopes_by_entries(start, entries)
    assert found.shape == (2, 3)
    by_soret = model.predict(start).jacobian[:, 0] * start[0]
    assert found[:, 0] == pytest.approx(by_soret, rel=1e-6)
    assert np.all(found[:, 1] != 0.0)
    assert np.all(found[:, 2] == 0.0)


def test_what_cannot_be_fitted_is_refused():
    experiment = cell()
    steady = MeasuredRun(recorded("steady", []), experiment)
    with pytest.raises(CaseError, match="recorded in time"):
        MeasuredRun(recorded("in time", [1.0]), experiment)
    with pytest.raises(CaseError, match="share one condition"):
        FullModel([steady], [unknown("side_loss", 5.0, 1.0, sides=("left",))])
    with pytest.raises(CaseError, match="loses no heat"):
        FullModel([steady], [unknown("side_loss", 5.0, 1.0, sides=("top",))])
    with pytest.raises(CaseError, match="no thermostat"):
        FullModel([steady], [unknown("thermostat_offset", 0.0, 1.0, sides=("front",))])
    with pytest.raises(CaseError, match="which are not there"):
        FullModel([steady], [unknown("tilt", 0.0, 1.0, data="another")])
    with pytest.raises(CaseError, match="no data"):
        FullModel([], [])
    with pytest.raises(CaseError, match="predicts a column"):
        FullModel([replace(steady, data=recorded("steady", [], ("S_app",)))], [])
