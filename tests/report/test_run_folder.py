from __future__ import annotations

import json
import os
import shutil
import stat
from datetime import UTC, datetime, timedelta, timezone

import numpy as np
import pytest
from report_cases import COMM
from run_files import FILES

from femsoret.base.errors import OutputError
from femsoret.commands.record import solver_history, steady_record
from femsoret.io import files
from femsoret.io.folder import begin_run
from femsoret.io.kinds import KINDS
from femsoret.report import contents as contents_of_runs
from femsoret.report.figures.samples import sample
from femsoret.report.folder import rewrite_page, write_results

STARTED = datetime(2026, 1, 1, 13, 0, tzinfo=timezone(timedelta(hours=1)))
CASE = 'title = "x"\n'


COMMAND = ["/somewhere/bin/femsoret", "run", "case.toml"]


@pytest.fixture(scope="module", autouse=True)
def command():
    with pytest.MonkeyPatch.context() as monkeypatch:
        monkeypatch.setattr("sys.argv", COMMAND)
        yield


def write(path, comm, solved, summary=None, case=CASE, started=STARTED, force=False):
    with begin_run(path, comm, {"kind": "steady"}, force=force) as folder:
        if comm.rank == 0:
            (folder.staged / "case.resolved.toml").write_text(case)
        write_results(
            folder,
            "steady",
            {"summary.json": summary or solved.summary},
            case=case,
            record=steady_record(solved.solution, comm, started=started),
            arrays=sample(solved.solution).arrays(),
            files={"solver_history.txt": solver_history(solved.solution)},
        )
    comm.barrier()
    return path


def contents(path):
    return {file.relative_to(path): file.read_bytes() for file in path.rglob("*") if file.is_file()}


@pytest.fixture(scope="module")
def written(tmp_path_factory, square):
    """Return a run folder that is written once; tests change copies of it."""
    made = tmp_path_factory.mktemp("written") if COMM.rank == 0 else None
    return write(COMM.bcast(made) / "deep" / "run", COMM, square)


@pytest.fixture
def run(written, shared_tmp, comm):
    path = shared_tmp / "deep" / "run"
    if comm.rank == 0:
        shutil.copytree(written, path)
    comm.barrier()
    return path


def test_every_kind_of_run_has_a_page():
    assert set(contents_of_runs.PAGES) == set(KINDS)


def test_a_run_leaves_its_files_and_nothing_else(run, square):
    assert {file.name for file in run.iterdir()} == FILES
    assert {file.name for file in (run / "figures").iterdir()} == {
        "temperature.png",
        "composition.png",
        "profile.png",
        "budget.png",
    }
    assert (run / "case.resolved.toml").read_text() == CASE
    history = (run / "solver_history.txt").read_text()
    assert history.startswith("# conduction\n")
    assert square.solution.reports[-1].history[-1] in history


def test_the_summary_reads_back_with_all_digits(run, square):
    assert json.loads((run / "summary.json").read_text()) == square.summary


@pytest.mark.serial  # more ranks would test nothing new
def test_the_record_says_how_it_was_solved_and_not_where(run, comm):
    record = json.loads((run / "run.json").read_text())
    assert record["started"] == "2026-01-01T12:00:00+00:00"
    assert record["command"] == ["femsoret", "run", "case.toml"]
    assert record["ranks"] == comm.size
    assert record["petsc_options"]["pc_type"] == "lu"
    assert all(record["versions"].values())
    assert {"DOLFINx", "PETSc", "UFL", "FFCx", "NumPy", "MPI"} < record["versions"].keys()
    assert os.uname().nodename not in (run / "run.json").read_text()


def test_the_samples_read_back(run, square):
    expected = sample(square.solution).arrays()
    with np.load(run / "figures.npz") as arrays:
        assert set(arrays) == set(expected)
        for name, array in expected.items():
            np.testing.assert_array_equal(arrays[name], array)


@pytest.mark.serial  # more ranks would test nothing new
def test_the_report_from_files_alone_is_identical(run, comm):
    before = contents(run)
    comm.barrier()
    if comm.rank == 0:
        for file in (*(run / "figures").iterdir(), run / "report.md", run / "report.html"):
            file.unlink()
        assert rewrite_page(run) == run / "report.html"
    comm.barrier()
    assert contents(run) == before


def test_what_is_no_number_becomes_null(shared_tmp, comm, square):
    summary = {**square.summary, "more": {"a": float("nan"), "b": [np.float64(0.1), np.inf]}}
    write(shared_tmp, comm, square, summary)
    text = (shared_tmp / "summary.json").read_text()
    assert json.loads(text)["more"] == {"a": None, "b": [0.1, None]}
    assert "NaN" not in text


def test_a_second_run_replaces_the_first(run, comm, heated):
    write(run, comm, heated, force=True)
    names = {file.name for file in (run / "figures").iterdir()}
    assert names == {"temperature.png", "flow.png"}
    assert json.loads((run / "summary.json").read_text())["title"] == "Pure"


@pytest.mark.serial  # more ranks would test nothing new
def test_figures_are_left_out_where_the_case_says_so(run, comm, square):
    assert (run / "figures").is_dir()
    comm.barrier()
    write(run, comm, square, case="[output]\nfigures = false\n", force=True)
    assert not (run / "figures").exists()
    assert ".png" not in (run / "report.md").read_text()


def test_a_run_that_is_interrupted_while_writing_leaves_the_one_before(
    run, comm, square, monkeypatch
):
    def stop(*_):
        raise OSError("disk full")

    before = contents(run)
    comm.barrier()
    monkeypatch.setattr(contents_of_runs, "draw_fields", stop)
    with pytest.raises(OutputError, match="disk full"):
        write(run, comm, square, force=True)
    comm.barrier()
    assert contents(run) == before
    with pytest.raises(OutputError, match="disk full"):
        write(run.parent / "other", comm, square)
    comm.barrier()
    record = json.loads((run.parent / "other" / "run.json").read_text())
    assert record["state"] == "failed"
    assert "disk full" in record["failure"]["error"]
    assert {path.name for path in (run.parent / "other").iterdir()} == {"run.json"}
    with pytest.raises(OutputError, match="no finished run"):
        rewrite_page(run.parent / "other")


@pytest.mark.serial
def test_a_file_that_is_half_written_never_has_its_name(tmp_path, monkeypatch):
    def stop(_):
        raise OSError("power cut")

    (tmp_path / "report.md").write_text("old")
    monkeypatch.setattr(os, "fsync", stop)
    with pytest.raises(OSError, match="power cut"):
        files.write_atomically(tmp_path / "report.md", b"new")
    assert (tmp_path / "report.md").read_text() == "old"


def test_a_folder_that_cannot_be_made_stops_all_ranks(shared_tmp, comm, square):
    if comm.rank == 0:
        (shared_tmp / "file").write_text("in the way")
    comm.barrier()
    with pytest.raises(OutputError, match="cannot write the run folder"):
        write(shared_tmp / "file" / "run", comm, square)
    with pytest.raises(OutputError, match="not a folder"):
        write(shared_tmp / "file", comm, square)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_without_permission_stops_all_ranks(shared_tmp, comm, square):
    if comm.rank == 0:
        shared_tmp.chmod(stat.S_IRUSR | stat.S_IXUSR)
    comm.barrier()
    with pytest.raises(OutputError, match="PermissionError"):
        write(shared_tmp / "run", comm, square)


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (lambda run: (run / "summary.json").write_text("{"), "cannot read the run"),
        (lambda run: (run / "summary.json").write_text('{"schema": 99}'), "layout version 99"),
        (lambda run: (run / "figures.npz").unlink(), "figures.npz"),
        (lambda run: (run / "figures.npz").write_bytes(b"PK no"), "cannot read the run"),
        (lambda run: (run / "run.json").unlink(), "run.json"),
    ],
)
def test_a_damaged_run_is_an_error_with_a_reason(run, comm, damage, message):
    comm.barrier()
    if comm.rank == 0:
        damage(run)
        with pytest.raises(OutputError, match=message):
            rewrite_page(run)


@pytest.mark.serial  # more ranks would test nothing new
def test_a_start_without_time_zone_is_local_time(shared_tmp, comm, square):
    now = datetime.now()
    write(shared_tmp, comm, square, started=now)
    record = json.loads((shared_tmp / "run.json").read_text())
    written = datetime.fromisoformat(record["started"])
    assert abs(written - now.astimezone(UTC)) < timedelta(seconds=2)
    assert written.tzinfo is not None
