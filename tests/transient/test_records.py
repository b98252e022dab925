"""Rows at given times, and records of virtual instruments, from the case file to the run folder."""

from __future__ import annotations

import csv
import json
from pathlib import Path

from mpi4py import MPI

import numpy as np
import pytest
from scipy.interpolate import CubicSpline
from small_runs import CELL, HISTORIES
from tolerances import ROUND_OFF

from femsoret.base.errors import CaseError
from femsoret.case import load_case
from femsoret.commands.run import run_case
from femsoret.io.history import read_history

COMM = MPI.COMM_WORLD

RECORDED = (
    CELL.replace('end = "0.3 tau"', 'end = "2.5 tau"').replace("1 deg", "0.2 deg")
    + """
rows_at = ["100 s"]
rows_every = "0.25 tau"
[[time.record]]
name = "clean"
every = "0.25 tau"
[[time.record]]
name = "often"
every = "0.02 tau"
[[time.record]]
name = "real"
every = "0.02 tau"
noise = "0.5 %"
drift = "1e-9 1/s"
zero_of_time = "60 s"
seed = 11
[[time.record]]
name = "early clock"
signal = "hot to cold wall"
every = "0.02 tau"
zero_of_time = "-2 min"
[[time.record]]
name = "plate"
signal = "top"
every = "100 s"
noise = "0.01 K"
[[readings.thermometer]]
name = "top"
wall = "top"
"""
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    made = COMM.bcast(tmp_path_factory.mktemp("records") if COMM.rank == 0 else None)
    if COMM.rank == 0:
        (made / "case.toml").write_text(RECORDED, encoding="utf-8")
    COMM.barrier()
    outcome = run_case(load_case(made / "case.toml"), COMM, made / "out")
    for record in outcome.findings.records.values():
        # The same noise on all ranks, and the same signal.
        assert np.array_equal(record.samples, COMM.bcast(record.samples))
    COMM.barrier()
    return made / "out"


def read(path: Path):
    lines = path.read_text(encoding="utf-8").splitlines()
    head = [line for line in lines if line.startswith("#")]
    names, *rows = csv.reader(line for line in lines if not line.startswith("#"))
    return head, names, np.array(rows, dtype=float)


def summary(folder: Path):
    return json.loads((folder / "summary.json").read_text(encoding="utf-8"))


def test_the_history_of_both_marches_has_rows_at_these_times(folder):
    tau = summary(folder)["time"]["tau"]
    wanted = [100.0, *(0.25 * tau * k for k in range(1, 10))]
    for name in HISTORIES:
        times = np.array([row["t"] for row in read_history(folder / name)])
        for t in wanted:
            assert np.abs(times - t).min() <= ROUND_OFF * t
        assert (np.diff(times) > 0.0).all()


def test_a_record_lists_its_instrument_and_belongs_to_the_run(folder):
    head, names, rows = read(folder / "records" / "real.csv")
    assert names == ["t", "separation"]
    assert "not a measurement" in head[0]
    text = "\n".join(head)
    for part in ("seed of the noise: 11", "starts at 60.0 s", "# t (s):", "# separation (1):"):
        assert part in text
    assert len(rows) == summary(folder)["records"]["real"]["samples"]
    files = json.loads((folder / "run.json").read_text())["files"]
    assert "records/real.csv" in files
    assert "records/early clock.csv" in files


def test_samples_at_steps_are_the_history(folder):
    _, _, rows = read(folder / "records" / "clean.csv")
    history = {row["t"]: row["separation"] for row in read_history(folder / "history.csv")}
    assert rows[0].tolist() == [0.0, 0.0]  # before the run the liquid is uniform
    times = np.array(list(history))
    largest = max(abs(S) for S in history.values())
    for t, S in rows[1:]:
        nearest = float(times[np.abs(times - t).argmin()])
        assert pytest.approx(t, rel=ROUND_OFF) == nearest
        assert pytest.approx(history[nearest], abs=1e-10 * largest) == S


def test_noise_drift_and_clock_are_those_that_were_asked_for(folder):
    _, _, clean = read(folder / "records" / "often.csv")
    _, _, real = read(folder / "records" / "real.csv")
    _, _, early = read(folder / "records" / "early clock.csv")
    drawn = np.random.default_rng(11).standard_normal(len(real))
    S = CubicSpline(np.sqrt(clean[:, 0]), clean[:, 1])
    later = S(np.sqrt(np.minimum(real[:, 0] + 60.0, clean[-1, 0])))
    left = real[:, 1] - later - 1e-9 * real[:, 0]
    size = np.abs(later).max()
    # The spline here is through samples, not through steps.
    assert left == pytest.approx(0.005 * size * drawn, abs=2e-3 * size)
    assert (early[early[:, 0] <= 120.0, 1] == 0.0).all()
    assert early[-1, 1] == pytest.approx(S(np.sqrt(early[-1, 0] - 120.0)), abs=1e-3 * size)


def test_a_clean_record_is_evaluated_like_the_history(folder):
    found = summary(folder)
    (fit,) = found["records"]["often"]["evaluation"]
    # The history is interpolated to evenly spaced times, the record sampled at such times.
    assert fit["D"] == pytest.approx(found["evaluation"]["with_gravity"]["D"], rel=0.01)
    assert fit["S_T"] == pytest.approx(found["evaluation"]["with_gravity"]["S_T"], rel=0.01)
    assert fit["D_of_history"] == pytest.approx(found["evaluation"]["with_gravity"]["D"])
    (late,), (real,) = (found["records"][name]["evaluation"] for name in ("early clock", "real"))
    assert late["D_shift"] < 0.0 < real["D_shift"]  # a clock that starts early, and one late


def test_a_thermometer_is_recorded_in_kelvin(folder):
    _, names, rows = read(folder / "records" / "plate.csv")
    assert names == ["t", "thermometer.top"]
    assert np.abs(rows[1:, 1] - 300.65).max() < 0.06  # six standard deviations
    assert np.abs(rows[1:, 1] - 300.65).max() > 0.005
    assert "shows no composition" in summary(folder)["records"]["plate"]["reason"]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ("time.record.0.signal=hot to cold wal", ["[time.record.0] signal", "did you mean"]),
        ("time.record.0.every=2.5 tau", ["[time.record.0] every", "not shorter than the run"]),
        ("time.record.0.every=1e-9", ["[time.record.0] every", "at most 1000000"]),
        ("time.record.0.noise=-1e-5", ["[time.record.0] noise", "0 or more"]),
        ("time.record.0.noise=0.01 K", ["[time.record.0] noise", "its error is given in K"]),
        ("time.record.0.noise=a lot", ["[time.record.0] noise", "0.5 %"]),
        ("time.record.0.drift=1 %", ["[time.record.0] drift", "%/h"]),
        ("time.record.4.noise=1 %", ["[time.record.4] noise", "give it in K"]),
        ("time.record.0.zero_of_time=3 tau", ["[time.record.0] zero_of_time", "shorter than"]),
        ("time.record.0.name=../clean", ["[time.record.0] name", "name of a file"]),
        ("time.record.1.name=Clean", ["[time.record]", "two records are named"]),
        ("time.record.0.seed=-1", ["[time.record.0] seed", "0"]),
    ],
)
def test_mistakes_are_explained(case, change, said):
    with pytest.raises(CaseError) as error:
        case(RECORDED, change).build(COMM)
    for part in said:
        assert part in f"{error.value.message} {error.value.hint}"
