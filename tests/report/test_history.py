"""The history: what is written comes back, and half a line never does."""

from __future__ import annotations

import os

import pytest

from femsoret.base.errors import OutputError
from femsoret.io.history import HistoryFile, read_history
from femsoret.studies.measure.rows import Column

COLUMNS = (
    Column("step", "", "number of accepted steps"),
    Column("t", "s", "time at the end of the step"),
    Column("S_app", "1/K", "apparent Soret coefficient"),
)
ROWS = tuple(
    {"step": i, "t": 0.1 * i, "S_app": None if i == 1 else 1.0 / (3.0 * i)} for i in range(1, 5)
)


def written(path, comm, rows=ROWS, kept=0):
    history = HistoryFile(path, COLUMNS, comm, kept)
    for row in rows:
        history.append(row)
    history.sync()
    history.close()
    comm.barrier()
    return path


def test_a_comma_in_the_name_of_a_side_is_no_end_of_it(comm, shared_tmp):
    name, path = 'nusselt.left, "outer"', shared_tmp / "history.csv"
    columns = (*COLUMNS, Column(name, "", "Nusselt number"))
    rows = tuple({**row, name: 1.5} for row in ROWS)
    for kept, added in ((0, rows[:2]), (2, rows[2:])):  # begun, and gone on with
        history = HistoryFile(path, columns, comm, kept)
        for row in added:
            history.append(row)
        history.close()
        comm.barrier()
    assert read_history(path) == rows


def test_rows_come_back_to_the_last_bit(comm, shared_tmp):
    path = written(shared_tmp / "history.csv", comm)
    assert read_history(path) == ROWS
    head = path.read_text().splitlines()
    assert "# t (s): time at the end of the step" in head
    assert "step,t,S_app" in head


def test_a_resumed_history_has_the_rows_of_the_checkpoint(comm, shared_tmp):
    whole = written(shared_tmp / "whole.csv", comm).read_bytes()
    path = written(shared_tmp / "history.csv", comm, ROWS[:3])
    if comm.rank == 0:
        with path.open("ab") as file:
            file.write(b"4,0.400")  # and killed
    comm.barrier()
    assert len(read_history(path)) == 3
    comm.barrier()  # before rank 0 cuts it
    written(path, comm, ROWS[2:], kept=2)
    assert path.read_bytes() == whole


def test_a_history_that_lost_rows_is_refused(comm, shared_tmp):
    path = written(shared_tmp / "history.csv", comm, ROWS[:3])
    with pytest.raises(OutputError, match="4 rows that the checkpoint records"):
        HistoryFile(path, COLUMNS, comm, 4)


def test_a_row_that_does_not_fit_on_the_disk_leaves_the_others(comm, shared_tmp, monkeypatch):
    path = shared_tmp / "history.csv"
    history = HistoryFile(path, COLUMNS, comm, 0)
    history.append(ROWS[0])
    write = os.write

    def half(handle, content):
        if len(content) < 10:
            raise OSError(28, "No space left on device")
        return write(handle, content[:5])

    monkeypatch.setattr("femsoret.io.history.os.write", half)
    with pytest.raises(OutputError, match="No space left"):
        history.append(ROWS[1])
    monkeypatch.undo()
    history.append(ROWS[1])
    history.close()
    comm.barrier()
    assert read_history(path) == ROWS[:2]
