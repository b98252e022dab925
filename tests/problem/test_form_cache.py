"""A folder of the cache is whole, or made again: by one process, whoever else is killed."""

from __future__ import annotations

import fcntl
import logging
import os
import sysconfig
import threading
import time

from mpi4py import MPI

import pytest

from femsoret.base import compiled
from femsoret.base.compiled import DAY, UNFINISHED, is_whole, provide
from femsoret.base.errors import OutputError

FILES = ("x.c", "x.c.cached", "x" + str(sysconfig.get_config_var("EXT_SUFFIX")))


def finished(folder):
    for name in FILES:
        (folder / name).write_text("", encoding="utf-8")


def half_done(folder):
    (folder / FILES[0]).write_text("", encoding="utf-8")


@pytest.mark.parametrize("missing", FILES)
def test_each_file_must_be_there(tmp_path, missing):
    finished(tmp_path)
    assert is_whole(tmp_path)
    (tmp_path / missing).unlink()
    assert not is_whole(tmp_path)


def test_what_is_whole_is_not_made(comm, shared_tmp):
    folder = shared_tmp / "ab" / "form"
    made = []
    for _ in range(2):
        provide(comm, folder, lambda where: (made.append(where), finished(where)))
        assert is_whole(folder)
    assert comm.allgather(len(made)) == [1] + (comm.size - 1) * [0]


def test_what_is_half_made_in_its_place_is_made_again(comm, shared_tmp):
    folder = shared_tmp / "ab" / "form"
    if comm.rank == 0:
        folder.mkdir(parents=True)
        half_done(folder)
    comm.barrier()
    provide(comm, folder, finished)
    assert is_whole(folder)
    assert not list(folder.parent.glob(UNFINISHED + "*"))


def test_all_ranks_hear_why_it_could_not_be_made(comm, shared_tmp):
    folder = shared_tmp / "ab" / "form"

    def fails(where):
        half_done(where)
        raise OSError("the disk is full")

    with pytest.raises(OutputError, match=r"cannot write compiled forms to .*: the disk is full"):
        provide(comm, folder, fails)
    assert not folder.exists()
    assert not list(folder.parent.glob(UNFINISHED + "*"))
    provide(comm, folder, finished)
    assert is_whole(folder)


@pytest.mark.serial
def test_what_a_killed_process_leaves_is_in_nobodys_way_and_goes_later(tmp_path):
    folder = tmp_path / "ab" / "form"
    left = folder.with_name(UNFINISHED + "killed")
    left.mkdir(parents=True)
    half_done(left)
    provide(MPI.COMM_SELF, folder, finished)
    assert is_whole(folder)
    assert left.exists()  # on a disk without locks it could be at work
    os.utime(left, (time.time() - 1.1 * DAY,) * 2)
    provide(MPI.COMM_SELF, folder.with_name("another"), finished)
    assert not left.exists()


@pytest.mark.serial
def test_a_process_that_stands_still_holds_nobody_up(tmp_path, monkeypatch, caplog):
    """Stopped by Ctrl-Z, say: the lock stays with it, so others say so, and then do without."""
    monkeypatch.setattr(compiled, "SILENT", 0.1)
    monkeypatch.setattr(compiled, "PATIENCE", 0.5)
    folder = tmp_path / "ab" / "form"
    folder.parent.mkdir()
    with (folder.parent / "lock").open("a") as held, caplog.at_level(logging.WARNING):
        fcntl.flock(held, fcntl.LOCK_EX)
        begin = time.monotonic()
        waits = threading.Thread(target=provide, args=(MPI.COMM_SELF, folder, finished))
        waits.daemon = True
        waits.start()
        waits.join(5.0)
        assert is_whole(folder)
        assert time.monotonic() - begin >= 0.5
    waiting, going_on = (record.getMessage() for record in caplog.records)
    assert waiting.startswith("waiting for another process that compiles a form, and has the lock")
    assert str(folder.parent / "lock") in waiting
    assert going_on.startswith("compiling without the lock")


@pytest.mark.serial
@pytest.mark.parametrize("locks", [True, False])
def test_several_processes_at_once(tmp_path, monkeypatch, locks):
    """With locks it is made once; without, several times, of which the first counts."""
    if not locks:
        monkeypatch.setattr(fcntl, "flock", refused)
    folder, made = tmp_path / "ab" / "form", []
    together = threading.Barrier(3)

    def slow(where):
        made.append(where)
        if not locks:
            together.wait(10.0)
        finished(where)
        time.sleep(0.05)

    threads = [
        threading.Thread(target=provide, args=(MPI.COMM_SELF, folder, slow)) for _ in range(3)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(made) == (1 if locks else 3)
    assert is_whole(folder)
    assert not list(folder.parent.glob(UNFINISHED + "*"))


def refused(file, operation):
    raise OSError("no locks here")


def test_ranks_that_wait_leave_the_processor_to_the_compiler(comm, shared_tmp):
    def slow(where):
        time.sleep(0.5)
        finished(where)

    used, start = time.process_time(), time.monotonic()
    provide(comm, shared_tmp / "ab" / "form", slow)
    assert time.process_time() - used < 0.25
    assert time.monotonic() - start >= 0.5
