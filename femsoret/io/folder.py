"""The life of a run folder, the same for runs of all kinds: begin, grow, publish, end.

``run.json`` is the marker. It says that the folder is femsoret's, which kind of run it holds,
whether that is finished, and which files are its own: nothing else is ever deleted or replaced.
Results grow in the folder ``.femsoret`` and are moved to their places at the end. A kill at any
moment leaves the result that was there, the new one, or a folder whose ``run.json`` says that it is
unfinished.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Final

from mpi4py import MPI

from femsoret.base.errors import FemsoretError, Interrupted, OutputError
from femsoret.base.log import get_logger
from femsoret.io import lock as locks
from femsoret.io.files import as_json, on_root, sync, write_atomically
from femsoret.io.marker import (
    KINDS,
    RUN,
    WORK,
    State,
    another_run,
    is_same_run,
    read_marker,
    refuse_foreign,
    refuse_loss,
    refuse_other_version,
)

log = get_logger(__name__)

SUMMARY: Final = "summary.json"
"""Comes last, where a kind of run has it: whoever finds it finds the rest."""
LOCK: Final = "lock"
GUARD: Final = "guard"
"""Lock of those moments in which several processes that share a folder must not meet."""
PATIENCE: Final = 60.0
"""How long to wait for such a moment to pass, s."""


class RunFolder:
    """A folder in which a run is at work; made by :func:`begun` and :func:`resumed`.

    Args:
        path: The folder.
        comm: The ranks of the run; rank 0 writes.
        record: What run.json says of the run: its kind, versions, command.
        part: Name of the part of a run whose parts share the folder; empty for all of it.
    """

    def __init__(self, path: Path, comm: MPI.Comm, record: Mapping[str, Any], part: str) -> None:
        self.path, self.comm = path, comm
        self._record = {"program": "femsoret", **record}
        self._part = part
        self._files: frozenset[str] = frozenset()
        self._growing: frozenset[str] = frozenset()
        self._state: State = "unfinished"
        self._lock: locks.Lock | None = None
        self.continues = False
        """Whether what the folder held is gone on with."""

    @property
    def record(self) -> Mapping[str, Any]:
        """What run.json says of the run."""
        return dict(self._record)

    @property
    def staged(self) -> Path:
        """Where results grow until :meth:`publish` gives them their places."""
        return self.path / WORK / f"staged{self._part and '-'}{self._part}"

    @property
    def files(self) -> frozenset[str]:
        """Paths that are the run's own; see :attr:`Marker.files`."""
        return self._files

    @property
    def inputs(self) -> Mapping[str, str]:
        """What the run depends on, with checksums, as run.json says it."""
        return dict(self._record.get("inputs", {}))

    def claim(self, *names: str) -> None:
        """List paths as the run's own, before they grow in their places; collective.

        Args:
            names: Relative paths; one that ends with a slash is a folder with all that is in it.

        Raises:
            OutputError: It cannot be written down; the same on all ranks.
        """
        if not set(names) <= self._growing:
            self._growing |= set(names)
            self._files |= set(names)
            self._on_root(self._mark)

    def clear(self) -> None:
        """Take away all that earlier runs list as theirs; collective.

        Raises:
            OutputError: The file system refused; the same on all ranks.
        """

        def remove() -> None:
            self._mark()  # from here on there is no result
            self._remove(self._files)

        self._state, self._growing = "unfinished", frozenset()
        self._on_root(remove)
        self._files = frozenset()
        self._on_root(self._mark)

    def publish(
        self,
        record: Mapping[str, Any],
        *,
        state: State = "finished",
        replacing: Iterable[str] | None = None,
        alone: bool = False,
    ) -> None:
        """Give what is staged its place, instead of what the run lists; collective.

        Args:
            record: What run.json is to say of the run; nothing leaves it as it is.
            state: Whether the run is finished.
            replacing: Own paths that go; all but what grew in its place unless given.
            alone: Whether this rank alone stops: then it publishes, and waits for no other.

        Raises:
            OutputError: The file system refused; the same on all ranks.
        """
        self._record |= record
        own = self._files
        old = own - self._growing if replacing is None else frozenset(replacing)
        comm = MPI.COMM_SELF if alone else self.comm
        made = on_root(self.path, comm, lambda: sorted(_entries(self.staged)))

        def move() -> None:
            self._state = "unfinished"
            self._mark()  # until all is in its place
            self._remove(old)
            for name in sorted(made, key=lambda name: name == SUMMARY):
                self._place(name, replace=name in own)
            self._files = frozenset(
                name for name in (self._files - old) | set(made) if (self.path / name).exists()
            )
            self._growing &= self._files
            self._state = state
            self._mark()

        self._files |= set(made)
        on_root(self.path, comm, move)
        shared = (self._files, self._growing, self._state)
        self._files, self._growing, self._state = comm.bcast(shared, root=0)

    def forget(self, *names: str) -> None:
        """Remove own paths that nothing needs any more, as far as the file system lets us.

        Collective.

        Args:
            names: Paths that were claimed.
        """

        def remove() -> None:
            with suppress(OSError):
                self._remove(set(names))
            self._mark()

        self._files -= set(names)
        self._growing -= set(names)
        self._on_root(remove)

    @contextmanager
    def exclusive(self) -> Iterator[None]:
        """Keep other parts of the run out of the folder for a moment; collective."""
        guard = self._on_root_only(
            lambda: locks.take(self.path / WORK / GUARD, what=self.path, wait=PATIENCE)
        )
        try:
            marker = self._on_root(lambda: read_marker(self.path))
            if marker is not None:  # other parts may have published
                self._files |= marker.files
                self._growing |= marker.growing
            yield
        finally:
            if guard is not None:
                guard.release()

    # -- beginning and ending ------------------------------------------------------------------

    def _begin(self, force: bool, continues: Mapping[str, Any] | None) -> None:
        """Take the lock, look at what is there and mark the folder; rank 0."""
        try:
            self.path.mkdir(parents=True, exist_ok=True)
            marker = read_marker(self.path)
            refuse_foreign(self.path, marker)
            self._take_lock()
            guard = locks.take(self.path / WORK / GUARD, what=self.path, wait=PATIENCE)
        except FileExistsError as error:
            raise NotADirectoryError(f"{self.path} is no folder") from error
        try:
            marker = read_marker(self.path)  # again: now nobody else changes it
            same = marker is not None and not force and is_same_run(marker, continues)
            if marker is not None and not force:
                if same:
                    refuse_other_version(marker, f"{KINDS[marker.kind]} in {self.path}")
                elif continues is not None and marker.kind == self._record["kind"]:
                    raise another_run(self.path, marker, self.inputs)
                else:
                    refuse_loss(self.path, marker)
            self.continues = same
            shutil.rmtree(self.staged, ignore_errors=True)  # of a run that was killed
            self.staged.mkdir(parents=True)
            if marker is not None:
                self._files = marker.files
                self._growing = marker.growing if same else frozenset()
            if marker is None or marker.state != "finished":
                self._mark()
        finally:
            guard.release()

    def _resume(self) -> None:
        """Take the lock of a run that goes on; rank 0."""
        self._take_lock()
        marker = read_marker(self.path)
        if marker is None:
            raise OutputError(f"{self.path} holds no run", "give the folder of a run")
        self._record = {**marker.record, **self._record}
        self._files, self._growing = marker.files, marker.growing
        shutil.rmtree(self.staged, ignore_errors=True)
        self.staged.mkdir(parents=True)
        if marker.state != "finished":
            self._mark()

    def _take_lock(self) -> None:
        work = self.path / WORK
        others = [LOCK] if self._part else []
        if not self._part and work.is_dir():
            others = [path.name for path in work.glob(f"{LOCK}-*")]
        self._lock = locks.take(
            work / (f"{LOCK}-{self._part}" if self._part else LOCK), what=self.path
        )
        for name in others:
            holder = locks.holder_of(work / name)
            if holder is not None:
                self._end()
                raise locks.in_use(self.path, work / name, holder)

    def _end(self) -> None:
        """Let go of the folder; rank 0."""
        if self._lock is None:
            return
        with suppress(OSError):
            shutil.rmtree(self.staged, ignore_errors=True)
            self._lock.release()
            work = self.path / WORK
            for left in work.glob(f"{LOCK}*"):  # of parts that were killed
                if locks.holder_of(left) is None:
                    left.unlink(missing_ok=True)
            work.rmdir()  # unless another part of the run is at work
        self._lock = None

    def _note_failure(self, error: FemsoretError) -> None:
        """Say in run.json why a run ended; losing that must not hide the failure."""
        if self.comm.rank > 0:
            return
        with suppress(OSError, OutputError):
            marker = read_marker(self.path)
            if marker is None or marker.state != "unfinished":
                return  # published already, or an earlier result is still whole
            self._state = "failed"
            self._record["failure"] = {"error": error.message, "hint": error.hint}
            self._mark()

    # -- on rank 0 -----------------------------------------------------------------------------

    def _mark(self) -> None:
        write_atomically(
            self.path / RUN,
            as_json(
                {
                    **self._record,
                    "state": self._state,
                    "files": sorted(self._files),
                    "growing": sorted(self._growing),
                }
            ),
            by_way_of=self.staged,
        )

    def _place(self, name: str, *, replace: bool) -> None:
        """Move one staged path to its place; what is there and not ours is kept aside."""
        made, final = self.staged / name, self.path / name
        final.parent.mkdir(parents=True, exist_ok=True)
        if replace and final.is_dir():
            shutil.rmtree(final)
        if os.path.lexists(final) and not replace:
            aside = final.with_name(f"{final.name}.kept")
            while os.path.lexists(aside):
                aside = aside.with_name(f"{aside.name}.kept")
            final.rename(aside)
            log.warning("warning: %s is not of this run: it is now %s", final, aside.name)
        for part in (made, *made.rglob("*")) if made.is_dir() else (made,):
            sync(part)
        made.replace(final)

    def _remove(self, names: Iterable[str]) -> None:
        """Remove own paths, and the folders that this leaves empty."""
        parents = set()
        for name in sorted(names, key=lambda name: name != SUMMARY):
            path = self.path / name
            if not _is_below(self.path, path):
                continue
            if name.endswith("/"):
                shutil.rmtree(path, ignore_errors=not path.exists())
            else:
                path.unlink(missing_ok=True)
            parents |= {parent for parent in path.parents if _is_below(self.path, parent)}
        for parent in sorted(parents, key=lambda parent: -len(parent.parts)):
            with suppress(OSError):
                parent.rmdir()  # it stays where there is something else in it

    def _on_root(self, action: Any) -> Any:
        return on_root(self.path, self.comm, action)

    def _on_root_only(self, action: Any) -> Any:
        """Call an action whose result stays on rank 0; None elsewhere."""
        kept = []
        self._on_root(lambda: kept.append(action()))
        return kept[0] if kept else None


@contextmanager
def begin_run(
    path: Path | str,
    comm: MPI.Comm,
    record: Mapping[str, Any],
    *,
    force: bool = False,
    part: str = "",
    continues: Mapping[str, Any] | None = None,
) -> Iterator[RunFolder]:
    """Begin a run in a folder; collective, a context manager.

    Args:
        path: The folder; made if missing.
        comm: The ranks; rank 0 writes.
        record: What run.json is to say of the run.
        force: Whether a result, or a run that could go on, may be replaced.
        part: Name of the part of a run whose parts share the folder.
        continues: What the record of a run says that this one goes on with; None for none.

    Raises:
        OutputError: The folder is not empty and not of a run, another process is at work in it, it
            holds what is not to be replaced, or cannot be written to; the same on all ranks.
    """
    folder = RunFolder(Path(path), comm, record, part)
    with _open(folder, lambda: folder._begin(force, continues)):
        yield folder


@contextmanager
def resume_run(path: Path | str, comm: MPI.Comm, record: Mapping[str, Any]) -> Iterator[RunFolder]:
    """Go on in the folder of a run; collective, a context manager.

    Args:
        path: The folder.
        comm: The ranks; rank 0 writes.
        record: What run.json is to say from now on, over what it says.

    Raises:
        OutputError: There is no run, another process is at work in it, or it cannot be written to;
            the same on all ranks.
    """
    folder = RunFolder(Path(path), comm, record, "")
    with _open(folder, folder._resume):
        yield folder


@contextmanager
def _open(folder: RunFolder, start: Any) -> Iterator[None]:
    try:
        on_root(folder.path, folder.comm, start)
        shared = (folder._files, folder._growing, folder._record, folder.continues)
        shared = folder.comm.bcast(shared, root=0)
        folder._files, folder._growing, folder._record, folder.continues = shared
        try:
            yield
        except Interrupted:
            raise
        except FemsoretError as error:
            folder._note_failure(error)
            raise
    finally:
        folder._end()  # rank 0 alone has the lock; no rank waits for another here


def _entries(folder: Path) -> Iterator[str]:
    """Yield what is to be moved: files, and folders of a format (``.bp``) as a whole."""
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
