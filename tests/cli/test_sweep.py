"""femsoret sweep: a table that survives failures, kills and another number of processes."""

from __future__ import annotations

import csv
import json
import re

import pytest
from case_texts import SQUARE, drawn

from femsoret.base.errors import NO_OUTPUT
from femsoret.io.sweep_folder import POINTS

FILES = {
    *("run.json", "case.resolved.toml", "sweep.json", "sweep.csv", "results.json", "sweep.png"),
    *("report.md", "report.html", "figures"),
}

OVER = ("--over", "tilt=1:90 deg:3", "--over", "Ra=10:1000:2:log")


def table(folder):
    with (folder / "sweep.csv").open() as file:
        return list(csv.DictReader(file))


def without_timings(rows):
    left_out = {"solver.wall_seconds", "solver.peak_memory_mb"}
    return [{key: value for key, value in row.items() if key not in left_out} for row in rows]


@pytest.fixture
def swept(femsoret, write, shared_tmp):
    case, folder = write(drawn(SQUARE)), shared_tmp / "sweep"
    said = femsoret("sweep", case, *OVER, "-o", folder).worked()
    assert f"written to {folder}" in said.out
    assert "6 of 6 points, 0 of them failed" in said.out
    return case, folder


@pytest.mark.serial  # more ranks would test nothing new
def test_table_and_figure(swept):
    _, folder = swept
    header = (folder / "sweep.csv").read_text().splitlines()[0].split(",")
    assert len(header) == len(set(header))  # groups.Ra is varied, and a number of the summary
    assert "groups.Pr" in header
    rows = table(folder)
    assert [row["gravity.tilt (deg)"] for row in rows] == ["1.0"] * 2 + ["45.5"] * 2 + ["90.0"] * 2
    assert [float(row["groups.Ra"]) for row in rows] == [10.0, 1000.0] * 3
    assert all(row["status"] == "solved" for row in rows)
    biases = [float(row["soret.bias"]) for row in rows]
    assert all(bias < 0.0 for bias in biases)
    assert biases[5] < biases[4] < biases[0]  # more flow, more bias
    assert (folder / "sweep.png").read_bytes().startswith(b"\x89PNG")


def test_record_and_page_which_can_be_made_again(swept, femsoret, comm):
    _, folder = swept
    run = json.loads((folder / "run.json").read_text())
    assert (run["kind"], run["state"]) == ("sweep", "finished")
    names = {path.name for path in folder.iterdir()}
    assert names == {*FILES, "points"}
    assert set(run["files"]) == {*FILES, "points/", "figures/sweep.png"} - {"figures", "run.json"}
    page = (folder / "report.md").read_text(encoding="utf-8")
    assert "6 of 6 points, 0 of them failed" in page
    assert re.search(r"\| 45\.5\d* \| 10{3}[.0]* \| solved \| [−-]", page), page[:3000]
    before = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    comm.barrier()
    assert femsoret("report", folder).worked().out == f"{folder / 'report.html'}\n"
    assert {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()} == before


@pytest.mark.serial  # more ranks would test nothing new
def test_without_figures_there_is_none(femsoret, write, shared_tmp):
    folder = shared_tmp / "sweep"
    over = ("--over", "Ra=1,2", "--set", "output.figures=false", "-o", folder)
    femsoret("sweep", write(SQUARE), *over).worked()
    assert not list(folder.rglob("*.png"))


@pytest.mark.slow
def test_a_stopped_sweep_goes_on(swept, femsoret, comm):
    case, folder = swept
    before = table(folder)
    points = folder / POINTS
    kept = (points / "00000.json").stat().st_mtime_ns
    comm.barrier()
    if comm.rank == 0:
        (points / "00003.json").unlink()
        (points / "00004.json").write_text("{half")  # as a kill may leave it on some file systems
    comm.barrier()
    said = femsoret("sweep", case, *OVER, "-o", folder).worked()
    assert said.err.count(" of 6: gravity.tilt") == 2
    assert (points / "00000.json").stat().st_mtime_ns == kept
    for row, now in zip(without_timings(before), without_timings(table(folder)), strict=True):
        assert row.keys() == now.keys()
        # A point may have started from another neighbour.
        assert float(now["soret.bias"]) == pytest.approx(float(row["soret.bias"]), rel=1e-6)


@pytest.mark.slow
@pytest.mark.serial  # more ranks would test nothing new
def test_another_sweep_is_refused(swept, femsoret):
    case, folder = swept
    wrong = ("--over", "tilt=1:90 deg:4")
    message = femsoret("sweep", case, *wrong, "-o", folder).refused(NO_OUTPUT)
    assert "contains another sweep, with different inputs: case" in message
    assert "--force" in message
    said = femsoret("sweep", case, *wrong, *OVER[2:], "-o", folder, "--force").worked()
    assert "8 of 8 points" in said.out
    assert len(list((folder / POINTS).iterdir())) == 8


def test_a_point_that_fails_does_not_stop_the_others(femsoret, write, shared_tmp):
    folder = shared_tmp / "sweep"
    case = write(SQUARE)
    over = ("--over", "cell.gap=0.9,1", "-o", folder)  # with groups the gap is 1
    said = femsoret("sweep", case, *over).partly()
    assert "2 of 2 points, 1 of them failed" in said.out
    assert [row["status"] for row in table(folder)] == ["failed", "solved"]
    record = json.loads((folder / POINTS / "00000.json").read_text())
    assert record["error"]
    again = femsoret("sweep", case, *over).partly()
    assert " of 2: " not in again.err
    assert "this point failed" in femsoret("sweep", case, *over, "--retry").partly().err
    assert "Points that failed" in (folder / "report.md").read_text(encoding="utf-8")


@pytest.mark.slow
@pytest.mark.serial
def test_jobs_give_the_same_table(swept, femsoret, shared_tmp):
    case, folder = swept
    other = shared_tmp / "jobs"
    femsoret("sweep", case, *OVER, "-o", other, "--jobs", 2).worked()
    for row, alike in zip(table(folder), table(other), strict=True):
        assert float(alike["soret.bias"]) == pytest.approx(float(row["soret.bias"]), rel=1e-6)


def test_what_cannot_be_swept(femsoret, write):
    case = write(SQUARE)
    for over, complaint in (
        (("tilt=0:5",), "not a range"),
        (("tilt=0:5:2", "tilt=1,2"), "a sweep over gravity.tilt, gravity.tilt"),
        (("gravity.tild=0:5:2",), "tild"),
    ):
        words = [word for text in over for word in ("--over", text)]
        assert complaint in femsoret("sweep", case, *words).refused()


@pytest.mark.serial  # more ranks would test nothing new
def test_a_state_that_does_not_last_is_no_point_of_the_curve(femsoret, write, shared_tmp):
    """Level and heated from below: at rest below the onset, and unstable far above it."""
    folder = shared_tmp / "from-below"
    over = ("--over", "Ra=1e-3:1e5:2:log", "--set", 'gravity.tilt="180 deg"')
    said = femsoret("sweep", write(SQUARE), *over, "-o", folder).worked()
    assert "1 with a steady state that does not last" in said.out
    assert [row["status"] for row in table(folder)] == ["solved", "does not last"]
    points = json.loads((folder / "results.json").read_text())["points"]
    assert [point["lasts"] for point in points] == [True, False]
    assert any("unstable" in warning for warning in points[1]["warnings"])
