"""What carries the name of a result is one, and what cannot be written is said."""

from __future__ import annotations

from pathlib import Path

import pytest
from bp_files import BP

from femsoret.base.errors import OutputError
from femsoret.io import FORMATS, open_fields, write_fields
from femsoret.io.files import Staging

formats = pytest.mark.parametrize("format", FORMATS)
FILES = {
    "vtx": {"fields.bp", "fields.bp.README.txt", "fluxes.bp"},
    "xdmf": {"fields.h5", "fields.xdmf", "fields.xdmf.README.txt"},
}


def names(folder):
    return {path.name for path in folder.iterdir()}


def test_a_wrong_format_is_refused_with_the_near_one(known_2d, shared_tmp):
    with pytest.raises(OutputError, match="did you mean 'xdmf'"):
        write_fields(known_2d, shared_tmp, format="xmdf")


@formats
def test_the_folder_is_made_and_holds_nothing_else(known_2d, shared_tmp, format):
    paths = write_fields(known_2d, shared_tmp / "a" / "b", format=format)
    assert names(shared_tmp / "a" / "b") == FILES[format]
    assert {path.name for path in paths} <= FILES[format]
    assert all(path.exists() for path in paths)


@formats
def test_a_folder_that_is_a_file_is_an_error_on_all_ranks(known_2d, comm, shared_tmp, format):
    blocked = shared_tmp / "results"
    if comm.rank == 0:
        blocked.write_text("not a folder")
    comm.barrier()
    with pytest.raises(OutputError, match=r"cannot write to the folder .*results"):
        write_fields(known_2d, blocked, format=format)
    assert blocked.read_text() == "not a folder"


@formats
def test_a_folder_that_cannot_be_made_is_an_error_on_all_ranks(known_2d, format):
    with pytest.raises(OutputError, match="/proc/femsoret"):
        write_fields(known_2d, Path("/proc/femsoret"), format=format)  # closed even to root


def test_what_fails_on_one_rank_is_an_error_on_all(comm, shared_tmp):
    def on_the_last():
        if comm.rank == comm.size - 1:
            raise OSError("no space left on device")

    staging = Staging(comm, shared_tmp, "fields")
    with pytest.raises(OutputError, match="no space left on device") as refused:
        staging.collectively("write to", on_the_last)
    assert "with free space" in refused.value.hint


def test_what_a_library_says_is_not_called_a_full_disk(comm, shared_tmp):
    def wrong():
        raise RuntimeError("Basis evaluation not supported")

    def ours():
        raise NotImplementedError

    staging = Staging(comm, shared_tmp, "fields")
    with pytest.raises(OutputError, match="Basis evaluation not supported") as refused:
        staging.collectively("write to", wrong)
    assert "without giving a cause" in refused.value.hint
    with pytest.raises(NotImplementedError):
        staging.collectively("write to", ours)


@formats
def test_nothing_is_a_result_before_it_is_closed(known_2d, comm, shared_tmp, format):
    with open_fields(known_2d, shared_tmp, format=format) as series:
        series.write(0.0)
        assert names(shared_tmp) == {f"{format}.partial"}
        comm.barrier()
    comm.barrier()
    assert names(shared_tmp) == FILES[format]


@formats
def test_an_interrupted_series_keeps_the_results_of_the_run_before(known_2d, shared_tmp, format):
    write_fields(known_2d, shared_tmp, format=format)
    (path, *_) = sorted(shared_tmp.glob("fields.*"))
    before = path.stat().st_mtime_ns

    def interrupted():
        with open_fields(known_2d, shared_tmp, format=format) as series:
            series.write(0.0)
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert path.stat().st_mtime_ns == before
    assert names(shared_tmp) == FILES[format] | {f"{format}.partial"}


@formats
def test_a_later_run_replaces_an_earlier_and_an_interrupted_one(known_2d, comm, shared_tmp, format):
    write_fields(known_2d, shared_tmp, format=format)
    if comm.rank == 0:
        (shared_tmp / f"{format}.partial").mkdir()
        (shared_tmp / f"{format}.partial" / "junk").write_text("half a file")
    known_2d.function("theta").x.array[:] = 0.25
    write_fields(known_2d, shared_tmp, format=format)
    assert names(shared_tmp) == FILES[format]
    if format == "vtx":
        (theta,) = BP(shared_tmp / "fields.bp").fields["temperature deviation (K)"]
        assert theta == pytest.approx(0.25)


@formats
def test_closing_without_writing_is_an_error_and_no_result(known_2d, shared_tmp, format):
    series = open_fields(known_2d, shared_tmp, format=format)
    with pytest.raises(OutputError, match="before any state was written"):
        series.close()
    assert names(shared_tmp) == {f"{format}.partial"}
