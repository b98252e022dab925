"""Histories of transient runs: CSV files written row by row, and their columns as arrays.

Comment lines at the top of a CSV file explain its columns; each further row belongs to one accepted
time step. Figures are drawn from arrays, which are stored with the samples of the fields.
"""

from __future__ import annotations

import csv
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from io import StringIO
from pathlib import Path
from types import MappingProxyType

from mpi4py import MPI

import numpy as np

from femsoret.base.types import Array
from femsoret.io.files import on_root
from femsoret.studies.measure.marching import Marched
from femsoret.studies.measure.rows import Column, Row
from femsoret.studies.measure.transient import TransientFindings

Columns = Mapping[str, Array]
"""Name of the column -> values, shape (steps,)."""


class HistoryFile:
    """A CSV file to which the rows of a history are appended; rank 0 writes.

    Each row is written immediately. If the process is killed while writing, the incomplete last row
    is removed when the file is opened again, and :func:`read_history` ignores it.

    Args:
        path: Path of the file.
        columns: The columns, in order.
        comm: Communicator of the ranks.
        rows: Number of existing rows to keep; later rows are removed. 0 starts a new file.

    Raises:
        OutputError: The file cannot be written, or has fewer rows; raised on all ranks.
    """

    def __init__(self, path: Path, columns: Sequence[Column], comm: MPI.Comm, rows: int) -> None:
        self.path = path
        self.comm = comm
        self._columns = tuple(columns)
        self._handle = -1
        self._end = 0
        self._on_root(lambda: self._open(rows))

    def append(self, row: Row) -> None:
        """Append a row; collective.

        Args:
            row: Name of the column -> value; None leaves the field empty.

        Raises:
            OutputError: The row cannot be written; raised on all ranks.
        """
        line = ",".join(_text(row[column.name]) for column in self._columns) + "\n"
        self._on_root(lambda: self._write(line.encode()))

    def sync(self) -> None:
        """Flush all rows to the disk; collective."""
        self._on_root(lambda: os.fsync(self._handle))

    def close(self) -> None:
        """Close the file."""
        if self._handle >= 0:
            os.close(self._handle)
            self._handle = -1

    def _open(self, rows: int) -> None:
        head = _head(self._columns)
        kept = head
        if rows:
            lines = _whole_lines(self.path.read_bytes())
            first = len(head.splitlines())
            if len(lines) < first + rows or b"".join(lines[:first]) != head:
                raise OSError(f"the file does not have the {rows} rows that the checkpoint records")
            kept = b"".join(lines[: first + rows])
        # Truncated or started anew, the file agrees with the checkpoint.
        self._handle = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o666)
        os.ftruncate(self._handle, len(kept) if rows else 0)
        self._end = len(kept) if rows else 0
        if not rows:
            self._write(head)

    def _write(self, content: bytes) -> None:
        try:
            written = 0
            while written < len(content):  # a disk that is almost full may accept a part
                written += os.write(self._handle, content[written:])
        except OSError:
            os.ftruncate(self._handle, self._end)
            raise
        self._end += len(content)

    def _on_root(self, action: Callable[[], None]) -> None:
        hint = "free disk space, then continue with `femsoret resume`"
        on_root(self.path, self.comm, action, doing="write the history", hint=hint)


def read_history(path: Path) -> tuple[Row, ...]:
    """Read the complete rows of a history; not collective.

    Args:
        path: Path of the file.

    Returns:
        One mapping per row: name of the column -> number, or None if the field is empty.

    Raises:
        OSError: The file cannot be read.
        ValueError: The file is not a history.
    """
    lines = [line.decode() for line in _whole_lines(path.read_bytes())]
    names, *rows = csv.reader(line for line in lines if not line.startswith("#"))
    return tuple(
        {name: _value(text) for name, text in zip(names, row, strict=True)} for row in rows
    )


def _head(columns: Sequence[Column]) -> bytes:
    lines = [
        "# History of a femsoret run: one row for every accepted time step. Columns:",
        *(f"# {c.name} ({c.unit or '1'}): {c.meaning}" for c in columns),
    ]
    text = StringIO()
    text.writelines(f"{line}\n" for line in lines)
    # The name of a side may contain a comma or a quotation mark.
    csv.writer(text, lineterminator="\n").writerow(column.name for column in columns)
    return text.getvalue().encode()


def _whole_lines(content: bytes) -> list[bytes]:
    return [line for line in content.splitlines(keepends=True) if line.endswith(b"\n")]


def _text(value: float | int | None) -> str:
    """Return a number as text without loss of precision; an empty text for None."""
    if value is None:
        return ""
    return str(value) if isinstance(value, int) else repr(float(value))


def _value(text: str) -> float | int | None:
    if not text:
        return None
    return int(text) if text.lstrip("-").isdigit() else float(text)


# -- as arrays ---------------------------------------------------------------------------------


@dataclass(frozen=True, eq=False)
class Histories:
    """The histories of a transient run, as arrays.

    Args:
        with_gravity: Column name -> values, shape (steps,), of the run with gravity; nan where a
            row has no value.
        without_gravity: The same for the run without gravity; empty if there is no such run.
    """

    with_gravity: Columns
    without_gravity: Columns = MappingProxyType({})

    def of_run(self, run: str) -> Columns:
        """Return the columns of one run.

        Args:
            run: "with_gravity" or "without_gravity".
        """
        return self.with_gravity if run == "with_gravity" else self.without_gravity

    def arrays(self) -> dict[str, Array]:
        """Return all columns by name, such as "with_gravity.t", for :func:`numpy.savez`."""
        runs = {"with_gravity": self.with_gravity, "without_gravity": self.without_gravity}
        return {
            f"{run}.{name}": values
            for run, columns in runs.items()
            for name, values in columns.items()
        }

    @staticmethod
    def from_arrays(arrays: Mapping[str, Array]) -> Histories:
        """Return the histories stored in a set of named arrays.

        Args:
            arrays: Name -> array, as returned by :meth:`arrays`; other names are ignored.

        Raises:
            KeyError: There are no arrays of the run with gravity.
        """
        runs: dict[str, dict[str, Array]] = {"with_gravity": {}, "without_gravity": {}}
        for path in arrays:
            run, _, name = path.partition(".")
            if run in runs:
                runs[run][name] = arrays[path]
        if not runs["with_gravity"]:
            raise KeyError("with_gravity")
        return Histories(runs["with_gravity"], runs["without_gravity"])

    @staticmethod
    def of(findings: TransientFindings) -> Histories:
        """Return the histories of a transient run.

        Args:
            findings: Results of the transient run.
        """
        without = findings.without_gravity
        return Histories(
            _columns(findings.with_gravity), _columns(without) if without else MappingProxyType({})
        )


def _columns(marched: Marched) -> Columns:
    """Return the rows recorded during time marching as columns."""

    def number(value: float | None) -> float:
        return np.nan if value is None else float(value)

    return {
        column.name: np.array([number(row[column.name]) for row in marched.rows])
        for column in marched.columns
    }
