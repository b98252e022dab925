"""A sweep of a transient case: each point is a run in time, in a run folder of its own."""

from __future__ import annotations

import csv
import json

import pytest
from case_texts import SQUARE

from femsoret.base.errors import Interrupted
from femsoret.case.axes import parse_axis
from femsoret.case.sweep import plan_sweep
from femsoret.commands import sweep as sweep_run
from femsoret.commands.sweep import run_sweep
from femsoret.io.sweep_folder import POINTS

TIMED = SQUARE + '[time]\nend = "0.02 tau"\n'
OVER = ("--over", "Ra=10,1000")


def test_points_are_marched(femsoret, write, shared_tmp):
    case, folder = write(TIMED), shared_tmp / "sweep"
    said = femsoret("sweep", case, *OVER, "-o", folder).worked()
    assert "2 of 2 points, 0 of them failed" in said.out
    with (folder / "sweep.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert [row["status"] for row in rows] == ["solved", "solved"]
    ends = {float(row["time.with_gravity.end"]) for row in rows}
    assert len(ends) == 1
    for row, name in zip(rows, ("00000", "00001"), strict=True):
        # Far from steady: that is what the steady state of a case without [time] would show.
        assert 0.0 < float(row["soret.apparent"]) < 0.5 * float(row["soret.true"])
        run = folder / POINTS / name
        assert json.loads((run / "summary.json").read_text())["time"]["with_gravity"]["end"] in ends
        assert (run / "history.csv").exists()
    speeds = [float(row["max_speed"]) for row in rows]
    assert speeds[1] > 50.0 * speeds[0]
    again = femsoret("sweep", case, *OVER, "-o", folder).worked()
    assert "steady reference states" not in again.err


def test_a_point_that_is_stopped_is_no_failure(write, shared_tmp, comm, monkeypatch):
    def stopped(case, comm, folder):
        raise Interrupted("stopped", "resume it")

    case, folder = write(TIMED), shared_tmp / "stopped"
    plan = plan_sweep(case, [parse_axis("Ra=10,1000")], (), comm)
    monkeypatch.setattr(sweep_run, "_run_or_resume", stopped)
    with pytest.raises(Interrupted):
        run_sweep(plan, comm, folder)
    assert not list((folder / POINTS).glob("*.json"))
