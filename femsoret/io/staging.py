"""Staging: files are written under another name and appear when they are whole.

What carries the name of a result is a result: an interrupted run leaves a folder ``*.partial``.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Final

from mpi4py import MPI

from femsoret.base.errors import OutputError
from femsoret.io.files import sync

_LIBRARY: Final = (
    "DOLFINx, HDF5 or ADIOS2 says so and does not say why: see whether there is space left and the "
    "folder may be written to; if so, this is an error inside the program, please report it"
)


class Staging:
    """A folder inside the results folder in which files grow.

    Args:
        comm: The ranks that write.
        folder: Where results go; made if missing.
        stem: Names the staging folder ``stem.partial``.

    Raises:
        OutputError: The folder cannot be made or written to; the same on all ranks.
    """

    def __init__(self, comm: MPI.Comm, folder: Path, stem: str) -> None:
        self.comm = comm
        self.folder = folder
        self.partial = folder / f"{stem}.partial"
        self._on_root("write to", self._make)

    def add_text(self, name: str, text: str) -> None:
        """Write a text file into the staging folder.

        Args:
            name: File name.
            text: Its content.

        Raises:
            OutputError: It cannot be written; the same on all ranks.
        """
        self._on_root("write to", lambda: _write(self.partial / name, text))

    def publish(self) -> None:
        """Give all files their final place, where they replace those of an earlier run.

        Raises:
            OutputError: A file cannot be moved; the same on all ranks.
        """
        self._on_root("move results into", self._move)

    def publish_as(self, name: str) -> Path:
        """Give the staging folder as a whole its final name; a kill leaves all of it or nothing.

        Args:
            name: Name of the folder, inside the results folder; one of that name is replaced.

        Returns:
            The folder.

        Raises:
            OutputError: The file system refused; the same on all ranks.
        """
        final = self.folder / name
        self._on_root("move results into", lambda: self._rename(final))
        return final

    def discard(self) -> None:
        """Remove the staging folder, as far as the file system lets us; collective."""
        if self.comm.rank == 0:
            shutil.rmtree(self.partial, ignore_errors=True)
        self.comm.barrier()

    def collectively(self, doing: str, action: Callable[[], None]) -> None:
        """Call an action of all ranks; if it fails on one it fails on all.

        Args:
            doing: What is done, for the error message.
            action: What to call.

        Raises:
            OutputError: DOLFINx or the file system refused, on any rank.
        """
        error = None
        try:
            action()
        except OSError as refusal:
            error = str(refusal), "choose a folder that you may write to, with space left"
        except RuntimeError as refusal:
            if type(refusal) is not RuntimeError:  # of Python's own, not of a library
                raise
            error = str(refusal), _LIBRARY
        self._raise_first(doing, self.comm.allgather(error))

    def _on_root(self, doing: str, action: Callable[[], None]) -> None:
        # Ranks enter together and leave together: files belong to rank 0, its error to all.
        self.collectively(doing, action if self.comm.rank == 0 else lambda: None)

    def _raise_first(self, doing: str, errors: list[tuple[str, str] | None]) -> None:
        for error in errors:
            if error is not None:
                raise OutputError(f"cannot {doing} the folder {self.folder}: {error[0]}", error[1])

    def _make(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        if self.partial.exists():
            shutil.rmtree(self.partial)  # of a run that was interrupted
        self.partial.mkdir()

    def _move(self) -> None:
        for made in sorted(self.partial.iterdir()):
            final = self.folder / made.name
            if final.is_dir():
                shutil.rmtree(final)  # a .bp is a folder, which a rename does not replace
            made.replace(final)
        self.partial.rmdir()

    def _rename(self, final: Path) -> None:
        for made in self.partial.rglob("*"):
            sync(made)
        sync(self.partial)
        if final.exists():
            shutil.rmtree(final)
        self.partial.rename(final)
        sync(self.folder)


def _write(path: Path, text: str) -> None:
    path.write_text(text, encoding="utf-8")
