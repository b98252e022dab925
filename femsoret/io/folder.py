"""The life of a run folder, the same for runs of all kinds: begin, grow, publish, end.

``run.json`` is the marker. It says that the folder is femsoret's, which kind of run it holds,
whether that is finished, and which files are its own: nothing else is ever deleted or replaced.
Results grow in the folder ``.femsoret`` and are moved to their places at the end. A kill at any
moment leaves the old result, the new one, or a folder whose ``run.json`` says that it is
unfinished.
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
from femsoret.io.marker import (
    KINDS,
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

SUMMARY: Final = "summary.json"
"""Comes last, where a kind of run has it: whoever finds it finds the rest."""
LOCK: Final = "lock"
GUARD: Final = "guard"
"""Lock of the moments in which processes that share a folder must not meet."""
PATIENCE: Final = 60.0
"""How long to wait for such a moment to pass, s."""


class RunFolder:
    """A folder in which a run is at work; made by :func:`begin_run` and :func:`resume_run`.

    Args:
        path: The folder.
        comm: The ranks of the run; rank 0 writes.
        record: What run.json says of the run: its kind, versions, command.
        part: Name of the part of a run whose parts share the folder; empty for all of it.

    Attributes:
        continues: Whether the run goes on with what the folder held.
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
        """What run.json says of the run."""
        return self._marker.record

    @property
    def staged(self) -> Path:
        """Where results grow until :meth:`publish` moves them to their places."""
        return self.path / WORK / f"staged{self._part and '-'}{self._part}"

    @property
    def files(self) -> frozenset[str]:
        """Paths that are the run's own; see :attr:`Marker.files`."""
        return self._marker.files

    @property
    def inputs(self) -> Mapping[str, str]:
        """What the run depends on, with checksums."""
        return self._marker.inputs

    def claim(self, *names: str) -> None:
        """List paths as the run's own, before they grow in their places; collective.

        Args:
            names: Relative paths; one that ends with a slash is a folder with all that is in it.

        Raises:
            OutputError: The list cannot be written; the same on all ranks.
        """
        own, growing = self._marker.files, self._marker.growing
        if not set(names) <= growing:
            self._marker = self._marker.changed(files=own | {*names}, growing=growing | {*names})
            self._on_root(self._mark)

    def clear(self) -> None:
        """Remove all that earlier runs list as theirs; collective.

        Raises:
            OutputError: The file system refused; the same on all ranks.
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
        """Move what is staged to its place, instead of what the run lists; collective.

        Args:
            record: What run.json is to say of the run beside what it says.
            state: Whether the run is finished.
            replacing: Own paths to remove; None removes all but what grew in its place.
            alone: Whether this rank alone stops: then it publishes, and waits for no other.

        Raises:
            OutputError: The file system refused; the same on all ranks.
        """
        own, growing = self._marker.files, self._marker.growing
        old = own - growing if replacing is None else frozenset(replacing)

        def move() -> Marker:
            made = sorted(_entries(self.staged), key=lambda name: (name == SUMMARY, name))
            unfinished = Marker({**self._marker.record, **record})
            # Until all is in its place.
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
        """Remove own paths that nothing needs any more; collective.

        A path that the file system does not let go stays without an error.

        Args:
            names: Paths that were claimed.
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
        """Keep other parts of the run out of the folder for a moment; collective."""
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
        """Take the lock, look at what is there and mark the folder."""
        try:
            self.path.mkdir(parents=True, exist_ok=True)
            refuse_foreign(self.path, read_marker(self.path))
            self._take_lock()
            guard = self._take_guard()
        except FileExistsError as error:
            raise NotADirectoryError(f"{self.path} is no folder") from error
        try:
            marker = read_marker(self.path)  # again: now nobody else changes it
            if marker is not None:
                self.continues = not force and is_same_run(marker, continues)
                if self.continues:
                    refuse_other_version(marker, f"{KINDS[marker.kind]} in {self.path}")
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
        """Take the lock of a run that goes on."""
        self._take_lock()
        marker = read_marker(self.path)
        if marker is None:
            raise OutputError(f"{self.path} holds no run", "give the folder of a run")
        own = {**marker.record, **self._marker.record}
        self._marker = Marker(own).changed(files=marker.files, growing=marker.growing)
        self._stage(marker)

    def _stage(self, before: Marker | None) -> None:
        """Make the staging folder anew and mark the run as unfinished, unless it was finished."""
        shutil.rmtree(self.staged, ignore_errors=True)  # of a run that was killed
        self.staged.mkdir(parents=True)
        if before is None or before.state != "finished":
            self._mark()

    def _take_guard(self) -> locks.Lock:
        return locks.take(self.path / WORK / GUARD, folder=self.path, wait=PATIENCE)

    def _take_lock(self) -> None:
        """Take the lock of the folder, or of a part; parts exclude the whole and it excludes them.

        Raises:
            OutputError: Another process is at work.
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
        """Say in run.json why a run ended; losing that must not hide the failure."""
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
        """Move one staged path to its place; whatever is there and not ours is kept aside."""
        made, final = self.staged / name, self.path / name
        final.parent.mkdir(parents=True, exist_ok=True)
        if replace and final.is_dir():
            shutil.rmtree(final)
        if os.path.lexists(final) and not replace:
            kept = final.with_name(f"{final.name}.kept")
            while os.path.lexists(kept):
                kept = kept.with_name(f"{kept.name}.kept")
            final.rename(kept)
            log.warning("warning: %s is not of this run: it is now %s", final, kept.name)
        for part in (made, *made.rglob("*")) if made.is_dir() else (made,):
            sync(part)
        made.replace(final)

    def _remove(self, names: Iterable[str]) -> None:
        """Remove own paths, and the folders that this leaves empty."""
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
    """Begin a run in a folder; collective, a context manager.

    Args:
        path: The folder; made if missing.
        comm: The ranks; rank 0 writes.
        record: What run.json is to say of the run.
        force: Whether to replace a result, or a run that could go on.
        part: Name of the part of a run whose parts share the folder.
        continues: What the record of the run says that this one goes on with; None for none.

    Raises:
        OutputError: The folder is not empty and not of a run, another process is at work in it, it
            holds what is not to be replaced, or cannot be written to; the same on all ranks.
    """
    folder = RunFolder(Path(path), comm, record, part)
    with _at_work(folder, lambda: folder._begin(force, continues)):
        yield folder


@contextmanager
def resume_run(
    path: Path | str, comm: MPI.Comm, record: Mapping[str, object]
) -> Iterator[RunFolder]:
    """Go on in the folder of a run; collective, a context manager.

    Args:
        path: The folder.
        comm: The ranks; rank 0 writes.
        record: What run.json is to say from now on, over what it says.

    Raises:
        OutputError: There is no run, another process is at work in it, or it cannot be written to;
            the same on all ranks.
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
        folder._end()  # rank 0 alone has the lock; no rank waits for another here


def _entries(folder: Path) -> Iterator[str]:
    """Yield the paths to be moved: files, and folders of a format (``.bp``) as a whole."""
    for path in folder.iterdir():
        if path.suffix == ".bp":
            yield f"{path.name}/"
        elif path.is_dir():
            yield from (f"{path.name}/{name}" for name in _entries(path))
        else:
            yield path.name


def _is_below(folder: Path, path: Path) -> bool:
    """Return whether a path leads into a folder, whatever a marker was edited to."""
    return path != folder and path.is_relative_to(folder) and ".." not in path.parts
