"""A run folder from its beginning to its end, kills included; nothing is solved here."""

from __future__ import annotations

import json
import os
import signal

from mpi4py import MPI

import pytest

import femsoret
from femsoret.base.errors import NotConverged, OutputError
from femsoret.io.folder import RunFolder, begin_run, resume_run
from femsoret.io.marker import read_marker

VERSIONS = {"versions": {"femsoret": femsoret.__version__}}
STEADY = {"kind": "steady", **VERSIONS}
MARCH = {"kind": "transient", **VERSIONS}


def stage(folder: RunFolder, **texts: str) -> None:
    """Write files into the staging folder: a__b_c is a/b.c."""
    if folder.comm.rank == 0:
        for name, text in texts.items():
            path = folder.staged / name.replace("__", "/").replace("_", ".")
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
    folder.comm.barrier()


def names(path):
    """Return all files in a folder, which rank 0 changes before and after."""
    MPI.COMM_WORLD.barrier()
    found = {str(p.relative_to(path)) for p in path.rglob("*") if not p.is_dir()}
    MPI.COMM_WORLD.barrier()
    return found


def finished(path, comm, *, force=False, kind=STEADY, **texts):
    with begin_run(path, comm, kind, force=force) as folder:
        stage(folder, **(texts or {"summary_json": "old", "fields__fields_bp__data_0": "1"}))
        folder.publish({})
    comm.barrier()


def stopped(path, comm):
    """Leave what a transient run leaves that was stopped."""
    with begin_run(path, comm, MARCH) as folder:
        folder.clear()
        folder.claim("history.csv", "checkpoints/with_gravity/")
        if comm.rank == 0:
            (path / "history.csv").write_text("rows")
            (path / "checkpoints/with_gravity/00000003").mkdir(parents=True)
    comm.barrier()


def test_what_is_staged_appears_at_the_end_and_nothing_else_stays(shared_tmp, comm):
    path = shared_tmp / "a" / "b"
    with begin_run(path, comm, STEADY) as folder:
        stage(folder, report_md="x", fields__fields_bp__data_0="1", figures__a_png="p")
        assert read_marker(path).state == "unfinished"
        assert names(path) >= {"run.json", ".femsoret/lock"}
        comm.barrier()
        folder.publish({"ranks": 3})
    comm.barrier()
    assert names(path) == {"run.json", "report.md", "fields/fields.bp/data.0", "figures/a.png"}
    marker = read_marker(path)
    assert (marker.state, marker.record["ranks"], marker.kind) == ("finished", 3, "steady")
    assert marker.files == {"report.md", "fields/fields.bp/", "figures/a.png"}


def test_a_folder_that_is_not_ours_is_refused_and_left_alone(shared_tmp, comm):
    if comm.rank == 0:
        for name in ("fields/mine.txt", "checkpoints/mine.txt"):
            (shared_tmp / name).parent.mkdir()
            (shared_tmp / name).write_text("of years")
    comm.barrier()
    for force in (False, True):
        with (
            pytest.raises(OutputError, match=r"not empty and not the folder of a run.*checkpoints"),
            begin_run(shared_tmp, comm, MARCH, force=force),
        ):
            pass
    comm.barrier()
    assert names(shared_tmp) == {"fields/mine.txt", "checkpoints/mine.txt"}


@pytest.mark.parametrize("content", ["{", "[]", '{"versions": {"other": "1"}}'])
def test_a_marker_of_somebody_else_is_none(shared_tmp, comm, content):
    if comm.rank == 0:
        (shared_tmp / "run.json").write_text(content)
    comm.barrier()
    with pytest.raises(OutputError, match=r"run\.json"), begin_run(shared_tmp, comm, STEADY):
        pass
    assert (shared_tmp / "run.json").read_text() == content


def test_a_folder_of_an_older_version_is_refused_in_one_sentence(shared_tmp, comm):
    if comm.rank == 0:
        (shared_tmp / "run.json").write_text(json.dumps({"ranks": 1, **VERSIONS}))
    comm.barrier()
    with pytest.raises(OutputError, match="an older femsoret"), begin_run(shared_tmp, comm, STEADY):
        pass


def test_a_finished_run_is_replaced_on_request_only_and_whole(shared_tmp, comm):
    finished(shared_tmp, comm)
    before = names(shared_tmp)
    comm.barrier()
    with (
        pytest.raises(OutputError, match="a run that is finished") as refused,
        begin_run(shared_tmp, comm, STEADY),
    ):
        pass
    assert "--force" in refused.value.hint
    assert names(shared_tmp) == before
    with begin_run(shared_tmp, comm, STEADY, force=True) as folder:
        stage(folder, summary_json="new", fields__fields_h5="2")
        assert (shared_tmp / "summary.json").read_text() == "old"  # whole, until the new one is
        assert read_marker(shared_tmp).state == "finished"
        comm.barrier()
        folder.publish({})
    comm.barrier()
    # Other formats leave nothing of the old ones.
    assert names(shared_tmp) == {"run.json", "summary.json", "fields/fields.h5"}
    assert (shared_tmp / "summary.json").read_text() == "new"


def test_what_users_put_beside_stays(shared_tmp, comm):
    finished(shared_tmp, comm, summary_json="s", figures__a_png="p")
    if comm.rank == 0:
        (shared_tmp / "figures" / "mine.png").write_text("m")
        (shared_tmp / "report.md").write_text("by hand")
    comm.barrier()
    finished(shared_tmp, comm, force=True, summary_json="t", report_md="r")
    left = {"run.json", "summary.json", "report.md", "report.md.kept", "figures/mine.png"}
    assert names(shared_tmp) == left
    assert (shared_tmp / "report.md.kept").read_text() == "by hand"
    assert (shared_tmp / "report.md").read_text() == "r"


def test_a_stopped_run_is_not_thrown_away_unasked(shared_tmp, comm):
    stopped(shared_tmp, comm)
    before = names(shared_tmp)
    comm.barrier()
    for kind in (MARCH, STEADY):  # a steady run would not need its checkpoints
        with (
            pytest.raises(OutputError, match="a transient run that was stopped") as refused,
            begin_run(shared_tmp, comm, kind),
        ):
            pass
        assert f"femsoret resume {shared_tmp}" in refused.value.hint
    assert names(shared_tmp) == before
    finished(shared_tmp, comm, force=True)
    assert names(shared_tmp) == {"run.json", "summary.json", "fields/fields.bp/data.0"}


def test_a_failure_is_written_down_and_needs_no_force(shared_tmp, comm):
    with (
        pytest.raises(NotConverged),
        begin_run(shared_tmp, comm, STEADY),
    ):
        raise NotConverged("no state", "try harder")
    comm.barrier()
    marker = read_marker(shared_tmp)
    assert marker.state == "failed"
    assert marker.record["failure"] == {"error": "no state", "hint": "try harder"}
    comm.barrier()
    finished(shared_tmp, comm)
    assert read_marker(shared_tmp).state == "finished"


def test_only_paths_in_the_folder_are_ever_removed(shared_tmp, comm):
    path = shared_tmp / "run"
    finished(path, comm)
    if comm.rank == 0:
        (shared_tmp / "precious").write_text("p")
        record = json.loads((path / "run.json").read_text())
        record["files"] += ["../precious", str(shared_tmp / "precious"), "", "./"]
        (path / "run.json").write_text(json.dumps(record))
    comm.barrier()
    finished(path, comm, force=True)
    assert (shared_tmp / "precious").read_text() == "p"


def test_two_at_once_are_refused(shared_tmp, comm):
    with begin_run(shared_tmp, comm, STEADY) as folder:
        for way in (begin_run, resume_run):
            with pytest.raises(OutputError, match="in use by process") as refused:
                way(shared_tmp, comm, STEADY).__enter__()
            assert "this machine" in refused.value.message
        stage(folder, summary_json="s")
        folder.publish({})
    comm.barrier()
    assert read_marker(shared_tmp).state == "finished"


def lock_of(shared_tmp, comm, **changes):
    """Forge the lock of a process that is not there."""
    stopped(shared_tmp, comm)
    if comm.rank == 0:
        (shared_tmp / ".femsoret").mkdir()
        holder = {"host": os.uname().nodename, "pid": 2**22 + 1, "born": 5, "job": "", "since": "t"}
        (shared_tmp / ".femsoret" / "lock").write_text(json.dumps(holder | changes))
    comm.barrier()


@pytest.mark.parametrize("changes", [{}, {"born": None}, {"pid": os.getpid()}])
def test_the_lock_of_a_process_that_has_gone_holds_nobody_up(shared_tmp, comm, changes):
    lock_of(shared_tmp, comm, **changes)
    with resume_run(shared_tmp, comm, MARCH):
        pass
    comm.barrier()
    assert not (shared_tmp / ".femsoret").exists()


def test_the_lock_of_another_machine_stands_and_says_how_to_go_on(shared_tmp, comm):
    lock_of(shared_tmp, comm, host="node17", job="4711")
    with (
        pytest.raises(OutputError, match=r"process \d+ on node17, job 4711, since t") as refused,
        resume_run(shared_tmp, comm, MARCH),
    ):
        pass
    assert f"remove {shared_tmp}/.femsoret/lock" in refused.value.hint


def test_parts_share_a_folder_that_one_of_them_finishes(shared_tmp, comm):
    mine = {"kind": "sweep", "inputs": {"case": "d", "mesh m": "1"}}
    sweep = {**mine, **VERSIONS}

    def part(name):
        return begin_run(shared_tmp, comm, sweep, part=name, continues=mine)

    with part("1-of-2") as one, part("2-of-2") as two:
        for folder in (one, two):
            folder.claim("points/")
        with pytest.raises(OutputError, match="in use"):
            part("1-of-2").__enter__()
        with pytest.raises(OutputError, match="in use"):
            begin_run(shared_tmp, comm, sweep, continues=mine).__enter__()
        if comm.rank == 0:
            (shared_tmp / "points").mkdir()
            (shared_tmp / "points" / "0.json").write_text("p")
        with two.exclusive():
            stage(two, sweep_csv="t")
            two.publish({})
    comm.barrier()
    assert names(shared_tmp) == {"run.json", "sweep.csv", "points/0.json"}
    with begin_run(shared_tmp, comm, sweep, continues=mine):
        pass
    other = {"kind": "sweep", "inputs": {"case": "d", "mesh m": "2"}}
    with (
        pytest.raises(OutputError, match="contains another sweep, with different inputs: mesh m"),
        begin_run(shared_tmp, comm, {**other, **VERSIONS}, continues=other),
    ):
        pass
    comm.barrier()
    if comm.rank == 0:
        text = (shared_tmp / "run.json").read_text()
        (shared_tmp / "run.json").write_text(text.replace(femsoret.__version__, "0.0.9"))
    comm.barrier()
    with pytest.raises(OutputError, match=r"started by femsoret .*, but this is"):
        begin_run(shared_tmp, comm, sweep, continues=mine).__enter__()


class Alone:
    """Stands for one rank in a forked process, which must not call MPI."""

    rank, size = 0, 1

    def bcast(self, value, root=0):
        return value


def publish_and_die(path, at: int) -> None:
    """Publish over what is there, with SIGKILL before the given change of the file system."""
    count = 0

    def counted(function):
        def call(*arguments, **more):
            nonlocal count
            count += 1
            if count == at:
                os.kill(os.getpid(), signal.SIGKILL)
            return function(*arguments, **more)

        return call

    with begin_run(path, Alone(), STEADY, force=True) as folder:
        for name in ("summary.json", "report.md", "history.txt"):
            (folder.staged / name).write_text("new")
        for name in ("replace", "unlink", "rename", "rmdir"):
            setattr(os, name, counted(getattr(os, name)))
        folder.publish({})
    os._exit(0)


@pytest.mark.serial
def test_a_kill_at_any_moment_leaves_the_old_the_new_or_an_unfinished_run(tmp_path, comm):
    old = {"run.json", "summary.json", "fields/fields.bp/data.0"}
    new = {"run.json", "summary.json", "report.md", "history.txt"}
    seen = set()
    for at in range(1, 40):
        path = tmp_path / str(at)
        finished(path, comm)
        child = os.fork()
        if child == 0:
            try:
                publish_and_die(path, at)
            finally:
                os._exit(1)
        status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        left = {name for name in names(path) if not name.startswith(".femsoret")}
        state = read_marker(path).state
        seen.add(state if left != old else "old")
        if state == "finished":
            assert left in (old, new)
            texts = {(path / name).read_text() for name in left - {"run.json"}}
            assert texts in ({"old", "1"}, {"new"})
        finished(path, comm, force=True)  # and whatever is left, a run can be made there again
        assert names(path) == old
        if status == 0:
            break
        assert status == -signal.SIGKILL
    assert status == 0
    assert seen >= {"old", "unfinished", "finished"}
