"""The life cycle of a run folder, common to all kinds of runs: begin, stage, publish, end.

The marker ``run.json`` states that the folder belongs to femsoret, the kind of run, whether the run
is finished, and which files belong to it; no other files are ever deleted or replaced. Results are
written to the subfolder ``.femsoret`` and moved to their final places at the end. If the process is
killed at any moment, the folder contains the old result, the new one, or a ``run.json`` that marks
the run as unfinished.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final, TypeVar

from mpi4py import MPI

from femsoret.base.errors import FemsoretError, Interrupted, OutputError
from femsoret.base.log import get_logger
from femsoret.io import lock as locks
from femsoret.io.files import as_json, on_root, sync, write_atomically
from femsoret.io.kinds import SUMMARY
from femsoret.io.marker import (
    RUN,
    WORK,
    Marker,
    State,
    another_run,
    is_same_run,
    read_marker,
    refuse_foreign,
    refuse_loss,
    refuse_other_version,
)

log = get_logger(__name__)

T = TypeVar("T")

LOCK: Final = "lock"
"""Name of the lock file that a run holds as long as it lasts."""
GUARD: Final = "guard"
"""Name of the lock file that protects short critical sections of runs that share a folder."""
PATIENCE: Final = 60.0
"""Longest time to wait for the lock ``GUARD``, s."""


class RunFolder:
    """The folder of an active run; created by :func:`begin_run` and :func:`resume_run`.

    Args:
        path: Path of the folder.
        comm: Communicator of the run's ranks; rank 0 writes.
        record: Content of run.json: kind of run, versions, command.
        part: Name of the part, if several parts of a run share the folder; empty for a whole run.

    Attributes:
        continues: Whether the run continues a run that the folder contained.
    """

    def __init__(
        self, path: Path, comm: MPI.Comm, record: Mapping[str, object], part: str = ""
    ) -> None:
        self.path, self.comm = path, comm
        self.continues = False
        self._marker = Marker({"program": "femsoret", **record}).changed(state="unfinished")
        self._part = part
        self._lock: locks.Lock | None = None

    @property
    def record(self) -> Mapping[str, object]:
        """Content of run.json."""
        return self._marker.record

    @property
    def staged(self) -> Path:
        """Folder in which results are written until :meth:`publish` moves them to their places."""
        return self.path / WORK / f"staged{self._part and '-'}{self._part}"

    @property
    def files(self) -> frozenset[str]:
        """Relative paths that belong to the run; see :attr:`Marker.files`."""
        return self._marker.files

    @property
    def inputs(self) -> Mapping[str, str]:
        """Name of each input of the run -> its checksum."""
        return self._marker.inputs

    def claim(self, *names: str) -> None:
        """Register paths as the run's own before writing to them directly; collective.

        For files that are not staged but extended in place, such as histories.

        Args:
            names: Relative paths; a trailing slash denotes a folder with everything in it.

        Raises:
            OutputError: run.json cannot be written; raised on all ranks.
        """
        own, growing = self._marker.files, self._marker.growing
        if not set(names) <= growing:
            self._marker = self._marker.changed(files=own | {*names}, growing=growing | {*names})
            self._on_root(self._mark)

    def clear(self) -> None:
        """Remove all files of earlier runs that run.json lists; collective.

        Raises:
            OutputError: The files cannot be removed; raised on all ranks.
        """
        old = self._marker.files
        self._marker = self._marker.changed(state="unfinished", growing=())

        def remove() -> None:
            self._mark()  # from here on there is no result
            self._remove(old)
            self._marker = self._marker.changed(files=())
            self._mark()

        self._on_root(remove)
        self._marker = self._marker.changed(files=())

    def publish(
        self,
        record: Mapping[str, object],
        *,
        state: State = "finished",
        replacing: Iterable[str] | None = None,
        alone: bool = False,
    ) -> None:
        """Move staged results to their final places and remove old results; collective.

        Args:
            record: Entries to add to run.json.
            state: State of the run after publishing.
            replacing: Paths of the run to remove; None removes all except those registered by
                :meth:`claim`.
            alone: Whether only this rank stops. If so, the call is not collective, and this rank
                publishes.

        Raises:
            OutputError: The results cannot be moved; raised on all ranks.
        """
        own, growing = self._marker.files, self._marker.growing
        old = own - growing if replacing is None else frozenset(replacing)

        def move() -> Marker:
            made = sorted(_entries(self.staged), key=lambda name: (name == SUMMARY, name))
            unfinished = Marker({**self._marker.record, **record})
            # The run counts as unfinished until all results are in place.
            self._marker = unfinished.changed(state="unfinished", files=own.union(made))
            self._mark()
            self._remove(old)
            for name in made:
                self._place(name, replace=name in own)
            files = {name for name in (own - old).union(made) if (self.path / name).exists()}
            self._marker = self._marker.changed(state=state, files=files, growing=growing & files)
            self._mark()
            return self._marker

        self._marker = on_root(self.path, MPI.COMM_SELF if alone else self.comm, move)

    def forget(self, *names: str) -> None:
        """Remove paths of the run that are no longer needed; collective.

        Paths that cannot be removed are left in place without an error.

        Args:
            names: Relative paths registered by :meth:`claim`.
        """
        own, growing = self._marker.files, self._marker.growing
        self._marker = self._marker.changed(files=own - {*names}, growing=growing - {*names})

        def remove() -> None:
            with suppress(OSError):
                self._remove(names)
            self._mark()

        self._on_root(remove)

    @contextmanager
    def exclusive(self) -> Iterator[None]:
        """Exclude other parts of the run from the folder inside the context; collective."""
        guard: list[locks.Lock] = []  # on rank 0

        def enter() -> Marker | None:
            guard.append(self._take_guard())
            return read_marker(self.path)

        try:
            marker = self._on_root(enter)
            if marker is not None:  # other parts may have published
                self._marker = self._marker.changed(
                    files=self._marker.files | marker.files,
                    growing=self._marker.growing | marker.growing,
                )
            yield
        finally:
            for lock in guard:
                lock.release()

    # -- beginning and ending, on rank 0 ---------------------------------------------------------

    def _begin(self, force: bool, continues: Mapping[str, object] | None) -> None:
        """Lock the folder, check its content and mark it as that of this run."""
        try:
            self.path.mkdir(parents=True, exist_ok=True)
            refuse_foreign(self.path, read_marker(self.path))
            self._take_lock()
            guard = self._take_guard()
        except FileExistsError as error:
            raise NotADirectoryError(f"{self.path} is not a folder") from error
        try:
            marker = read_marker(self.path)  # again: now nobody else changes it
            if marker is not None:
                self.continues = not force and is_same_run(marker, continues)
                if self.continues:
                    refuse_other_version(marker, f"{marker.described.what} in {self.path}")
                elif continues is not None and marker.kind == self._marker.kind and not force:
                    raise another_run(self.path, marker, self.inputs)
                elif not force:
                    refuse_loss(self.path, marker)
                growing = marker.growing if self.continues else ()
                self._marker = self._marker.changed(files=marker.files, growing=growing)
            self._stage(marker)
        finally:
            guard.release()

    def _resume(self) -> None:
        """Lock the folder of a run that is resumed and read its marker."""
        self._take_lock()
        marker = read_marker(self.path)
        if marker is None:
            raise OutputError(f"{self.path} does not contain a run", "give the folder of a run")
        own = {**marker.record, **self._marker.record}
        self._marker = Marker(own).changed(files=marker.files, growing=marker.growing)
        self._stage(marker)

    def _stage(self, before: Marker | None) -> None:
        """Create an empty staging folder, and mark the run as unfinished unless it was finished."""
        shutil.rmtree(self.staged, ignore_errors=True)  # of a run that was killed
        self.staged.mkdir(parents=True)
        if before is None or before.state != "finished":
            self._mark()

    def _take_guard(self) -> locks.Lock:
        return locks.take(self.path / WORK / GUARD, folder=self.path, wait=PATIENCE)

    def _take_lock(self) -> None:
        """Take the lock of the folder or of a part; a whole run and parts of it exclude each other.

        Raises:
            OutputError: Another process is using the folder.
        """
        work = self.path / WORK
        own = work / (f"{LOCK}-{self._part}" if self._part else LOCK)
        self._lock = locks.take(own, folder=self.path)
        for other in [work / LOCK] if self._part else [*work.glob(f"{LOCK}-*")]:
            holder = locks.holder_of(other)
            if holder is not None:
                self._end()
                raise locks.in_use(self.path, other, holder)

    def _end(self) -> None:
        """Release the folder."""
        if self._lock is None:
            return
        with suppress(OSError):
            shutil.rmtree(self.staged, ignore_errors=True)
            self._lock.release()
            work = self.path / WORK
            for abandoned in work.glob(f"{LOCK}*"):  # of parts that were killed
                if locks.holder_of(abandoned) is None:
                    abandoned.unlink(missing_ok=True)
            work.rmdir()  # unless another part of the run is at work
        self._lock = None

    def _record_failure(self, error: FemsoretError) -> None:
        """Record in run.json why a run failed; errors while doing so do not hide the failure."""
        if self.comm.rank > 0:
            return
        with suppress(OSError, OutputError):
            marker = read_marker(self.path)
            if marker is None or marker.state != "unfinished":
                return  # published already, or an earlier result is still whole
            failure = {"error": error.message, "hint": error.hint}
            own = {**self._marker.record, "failure": failure}
            self._marker = Marker(own).changed(state="failed")
            self._mark()

    # -- files, on rank 0 ------------------------------------------------------------------------

    def _mark(self) -> None:
        write_atomically(self.path / RUN, as_json(self._marker.record), by_way_of=self.staged)

    def _place(self, name: str, *, replace: bool) -> None:
        """Move one staged path to its place; a foreign file in that place is renamed."""
        made, final = self.staged / name, self.path / name
        final.parent.mkdir(parents=True, exist_ok=True)
        if replace and final.is_dir():
            shutil.rmtree(final)
        if os.path.lexists(final) and not replace:
            kept = final.with_name(f"{final.name}.kept")
            while os.path.lexists(kept):
                kept = kept.with_name(f"{kept.name}.kept")
            final.rename(kept)
            log.warning(
                "warning: %s does not belong to this run and was renamed to %s", final, kept.name
            )
        for part in (made, *made.rglob("*")) if made.is_dir() else (made,):
            sync(part)
        made.replace(final)

    def _remove(self, names: Iterable[str]) -> None:
        """Remove paths of the run, and folders that become empty."""
        parents: set[Path] = set()
        for name in sorted(names, key=lambda name: name != SUMMARY):
            path = self.path / name
            if not _is_below(self.path, path):
                continue
            if name.endswith("/"):
                shutil.rmtree(path, ignore_errors=not path.exists())
            else:
                path.unlink(missing_ok=True)
            parents.update(parent for parent in path.parents if _is_below(self.path, parent))
        for parent in sorted(parents, key=lambda parent: -len(parent.parts)):
            with suppress(OSError):
                parent.rmdir()  # it stays if it holds something else

    def _on_root(self, action: Callable[[], T]) -> T:
        return on_root(self.path, self.comm, action)


@contextmanager
def begin_run(
    path: Path | str,
    comm: MPI.Comm,
    record: Mapping[str, object],
    *,
    force: bool = False,
    part: str = "",
    continues: Mapping[str, object] | None = None,
) -> Iterator[RunFolder]:
    """Begin a run in a folder and release the folder when the context ends; collective.

    Args:
        path: Path of the folder; created if missing.
        comm: Communicator of the run's ranks; rank 0 writes.
        record: Content of run.json for this run.
        force: Whether to replace finished results, or a run that could be continued.
        part: Name of the part, if several parts of a run share the folder; empty for a whole run.
        continues: Entries of run.json by which to recognise a run that this one continues; None to
            continue no run.

    Raises:
        OutputError: The folder contains files that belong to no run or results that must not be
            replaced, is in use by another process, or cannot be written to; raised on all ranks.
    """
    folder = RunFolder(Path(path), comm, record, part)
    with _at_work(folder, lambda: folder._begin(force, continues)):
        yield folder


@contextmanager
def resume_run(
    path: Path | str, comm: MPI.Comm, record: Mapping[str, object]
) -> Iterator[RunFolder]:
    """Resume the run in a folder and release the folder when the context ends; collective.

    Args:
        path: Path of the folder.
        comm: Communicator of the run's ranks; rank 0 writes.
        record: Entries of run.json to add or replace.

    Raises:
        OutputError: The folder contains no run, is in use by another process, or cannot be written
            to; raised on all ranks.
    """
    folder = RunFolder(Path(path), comm, record)
    with _at_work(folder, folder._resume):
        yield folder


@contextmanager
def _at_work(folder: RunFolder, start: Callable[[], None]) -> Iterator[None]:
    def started() -> tuple[Marker, bool]:
        start()
        return folder._marker, folder.continues

    try:
        folder._marker, folder.continues = on_root(folder.path, folder.comm, started)
        try:
            yield
        except Interrupted:
            raise
        except FemsoretError as error:
            folder._record_failure(error)
            raise
    finally:
        folder._end()  # only rank 0 has the lock; this is not collective


def _entries(folder: Path) -> Iterator[str]:
    """Yield the relative paths to be moved: files, and ``.bp`` folders as a whole."""
    for path in folder.iterdir():
        if path.suffix == ".bp":
            yield f"{path.name}/"
        elif path.is_dir():
            yield from (f"{path.name}/{name}" for name in _entries(path))
        else:
            yield path.name


def _is_below(folder: Path, path: Path) -> bool:
    """Return whether a path lies inside a folder; protects against edited markers."""
    return path != folder and path.is_relative_to(folder) and ".." not in path.parts
