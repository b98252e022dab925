"""Atomic writing of files and folders, by rank 0 or by all ranks together.

Anything with the name of a result is complete. Files are written under a temporary name, folders of
results in a :class:`Staging` folder ``*.partial``, which remains if a run is interrupted.
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

DISK: Final = "choose a folder that you may write to, on a disk with free space"
"""Hint for errors of the file system."""
LIBRARY: Final = (
    "DOLFINx, HDF5 or ADIOS2 reported this error without giving a cause: check that the disk has "
    "free space and that you may write to the folder; if so, please report this as a bug"
)
"""Hint for errors of output libraries."""


def as_json(document: Mapping[str, object]) -> bytes:
    """Return a document as JSON in UTF-8; NaNs and infinite numbers become null.

    Args:
        document: Mappings, lists, tuples, strings, numbers and NumPy scalars, nested to any depth.
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
    """Write a file atomically, safe against concurrent writers of the same file.

    Args:
        path: Path of the file; an existing file is replaced.
        content: Content of the file.
        by_way_of: Folder on the same file system for the temporary file; None uses the folder of
            the file.

    Raises:
        OSError: The file cannot be written; an existing file is then unchanged.
    """
    # Processes on two machines may share a folder and have the same id: the name is random.
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
    """Flush a file, or the directory entries of a folder, to the disk."""
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
    """Call a function on rank 0 and return its result on all ranks; collective.

    Args:
        path: File or folder that the function accesses, for the error message.
        comm: Communicator of the ranks.
        action: Function for rank 0 to call; its result must be picklable.
        doing: What the function does with the path, for the error message "cannot ...".
        hint: What to try after an error of the file system.

    Raises:
        OutputError: The function raised an ``OSError``; raised on all ranks.
        FemsoretError: Raised by the function on rank 0, and then on all ranks.
        RuntimeError: On the other ranks, if the function raised any other error on rank 0.
    """

    def translated() -> T:
        try:
            return action()
        except OSError as refusal:
            raise OutputError(f"cannot {doing} {path}: {refusal}", hint) from refusal

    return from_root(comm, translated)


class Staging:
    """A temporary folder ``*.partial`` inside the results folder in which files are written.

    Args:
        comm: Communicator of the ranks that write.
        folder: Results folder; created if missing.
        stem: Name of the staging folder without its suffix ``.partial``.

    Raises:
        OutputError: The folder cannot be created; raised on all ranks.
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
            make: Function that returns the content of the file; called on rank 0 only.

        Raises:
            OutputError: The file cannot be written; raised on all ranks.
        """
        path = self.partial / name
        self._on_root("write to", lambda: _write_text(path, make()))

    def publish(self) -> None:
        """Move all files to the results folder, replacing files of the same name; collective.

        Raises:
            OutputError: A file cannot be moved; raised on all ranks.
        """
        self._on_root("move results into", self._move_all)

    def publish_as(self, name: str) -> Path:
        """Rename the staging folder to its final name in one step; collective.

        Args:
            name: Name of the folder inside the results folder; an existing folder is replaced.

        Returns:
            Path of the renamed folder.

        Raises:
            OutputError: The folder cannot be renamed; raised on all ranks.
        """
        final = self.folder / name
        self._on_root("move results into", lambda: self._rename(final))
        return final

    def discard(self) -> None:
        """Remove the staging folder, ignoring errors of the file system; collective."""
        if self.comm.rank == 0:
            shutil.rmtree(self.partial, ignore_errors=True)
        self.comm.barrier()

    def collectively(self, doing: str, action: Callable[[], None]) -> None:
        """Call a function on all ranks, and raise an error on all ranks if it fails on any.

        Args:
            doing: What the function does with the results folder, for the error message
                "cannot ... the folder".
            action: Function for every rank to call.

        Raises:
            OutputError: The function raised ``OSError`` or ``RuntimeError`` on any rank.
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
