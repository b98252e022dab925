"""Files that appear when they are whole, written by all ranks or by one for all.

Whatever carries the name of a result is complete. A file grows under another name; a folder of
results grows in a :class:`Staging` folder ``*.partial``, which stays if a run is interrupted.
"""

from __future__ import annotations

import json
import os
import shutil
import uuid
from collections.abc import Callable, Mapping
from math import isfinite
from pathlib import Path
from typing import Final, TypeVar

from mpi4py import MPI

import numpy as np

from femsoret.base.errors import OutputError
from femsoret.base.ranks import from_root

T = TypeVar("T")

DISK: Final = "choose a folder that you may write to, with space left"
LIBRARY: Final = (
    "DOLFINx, HDF5 or ADIOS2 says so and does not say why: see whether there is space left and the "
    "folder may be written to; if so, this is an error inside the program, please report it"
)
"""Hints for a refusal of the file system and for a failure of a library."""


def as_json(document: Mapping[str, object]) -> bytes:
    """Return a document as JSON; nan and infinite numbers become null.

    Args:
        document: Mappings, sequences, texts, numbers and arrays' scalars, nested at will.
    """
    text = json.dumps(_finite(document), indent=2, ensure_ascii=False, allow_nan=False)
    return (text + "\n").encode()


def _finite(value: object) -> object:
    if isinstance(value, Mapping):
        return {str(key): _finite(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(item) for item in value]
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, float) and not isfinite(value):
        return None
    return value


def write_atomically(path: Path, content: bytes, *, by_way_of: Path | None = None) -> None:
    """Write a file that appears when it is whole, whoever else writes it.

    Args:
        path: The file.
        content: Its content.
        by_way_of: Folder of the same file system in which the file grows; None takes the file's
            own folder.

    Raises:
        OSError: The file system refused; nothing of the file is left then.
    """
    # Machines may share a folder and process ids, so the temporary name is random.
    partial = (by_way_of or path.parent) / f".{path.name}.{uuid.uuid4().hex}.partial"
    try:
        with partial.open("xb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        os.replace(partial, path)
    except BaseException:
        partial.unlink(missing_ok=True)
        raise


def sync(path: Path) -> None:
    """Wait until a file, or the names in a folder, are on the disk."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def on_root(
    path: Path,
    comm: MPI.Comm,
    action: Callable[[], T],
    *,
    doing: str = "write the run folder",
    hint: str = DISK,
) -> T:
    """Call an action on rank 0 and return its result on all ranks; collective.

    Args:
        path: The file or folder that the action uses.
        comm: The ranks.
        action: What rank 0 calls.
        doing: What the action does with the path, for the error message.
        hint: What to try if the file system refuses.

    Raises:
        OutputError: The file system refused; the same on all ranks.
        FemsoretError: Other errors of the action; the same on all ranks.
        RuntimeError: On the other ranks, if rank 0 fails by an error of the program.
    """

    def translated() -> T:
        try:
            return action()
        except OSError as refusal:
            raise OutputError(f"cannot {doing} {path}: {refusal}", hint) from refusal

    return from_root(comm, translated)


class Staging:
    """A folder inside the results folder in which files grow.

    Args:
        comm: The ranks that write.
        folder: Folder of the results; made if missing.
        stem: Name of the staging folder without its suffix ``.partial``.

    Raises:
        OutputError: The folder cannot be made or written to; the same on all ranks.
    """

    def __init__(self, comm: MPI.Comm, folder: Path, stem: str) -> None:
        self.comm = comm
        self.folder = folder
        self.partial = folder / f"{stem}.partial"
        self._on_root("write to", self._make)

    def add_text(self, name: str, make: Callable[[], str]) -> None:
        """Write a text file into the staging folder; collective.

        Args:
            name: Name of the file.
            make: Makes its content; called on rank 0.

        Raises:
            OutputError: The file cannot be written; the same on all ranks.
        """
        path = self.partial / name
        self._on_root("write to", lambda: _write_text(path, make()))

    def publish(self) -> None:
        """Move all files to the results folder, replacing those of an earlier run; collective.

        Raises:
            OutputError: A file cannot be moved; the same on all ranks.
        """
        self._on_root("move results into", self._move_all)

    def publish_as(self, name: str) -> Path:
        """Give the staging folder its final name, so that a kill leaves all or nothing; collective.

        Args:
            name: Name of the folder inside the results folder; a folder of that name is replaced.

        Returns:
            The folder.

        Raises:
            OutputError: The file system refused; the same on all ranks.
        """
        final = self.folder / name
        self._on_root("move results into", lambda: self._rename(final))
        return final

    def discard(self) -> None:
        """Remove the staging folder, as far as the file system permits; collective."""
        if self.comm.rank == 0:
            shutil.rmtree(self.partial, ignore_errors=True)
        self.comm.barrier()

    def collectively(self, doing: str, action: Callable[[], None]) -> None:
        """Call an action on all ranks; an error on one rank is raised on all.

        Args:
            doing: What the action does with the results folder, for the error message.
            action: What every rank calls.

        Raises:
            OutputError: DOLFINx or the file system refused, on any rank.
        """
        failure = None
        try:
            action()
        except OSError as refusal:
            failure = str(refusal), DISK
        except RuntimeError as refusal:
            if type(refusal) is not RuntimeError:  # one of Python's own, not of a library
                raise
            failure = str(refusal), LIBRARY
        for reported in self.comm.allgather(failure):
            if reported is not None:
                reason, hint = reported
                raise OutputError(f"cannot {doing} the folder {self.folder}: {reason}", hint)

    def _on_root(self, doing: str, action: Callable[[], None]) -> None:
        on_root(self.folder, self.comm, action, doing=f"{doing} the folder")

    def _make(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        if self.partial.exists():
            shutil.rmtree(self.partial)  # of a run that was interrupted
        self.partial.mkdir()

    def _move_all(self) -> None:
        for path in sorted(self.partial.iterdir()):
            final = self.folder / path.name
            if final.is_dir():
                shutil.rmtree(final)  # a .bp is a folder, which a rename does not replace
            path.replace(final)
        self.partial.rmdir()

    def _rename(self, final: Path) -> None:
        for path in self.partial.rglob("*"):
            sync(path)
        sync(self.partial)
        if final.exists():
            shutil.rmtree(final)
        self.partial.rename(final)
        sync(self.folder)


def _write_text(path: Path, text: str) -> None:
    path.write_text(text, encoding="utf-8")
