"""Compiled forms on disk: whole or not there at all, whoever is killed while one is made.

FFCx makes ``X.c``, compiles it where it is and adds ``X.c.cached`` at the end. Killed in between it
leaves ``X.c``, and whoever needs that form afterwards waits for ten seconds and fails, until
somebody deletes the file. Here each form has a folder of its own. It is compiled in a folder beside
that one, which then takes its name, in one step. What is not whole, by whichever program, is made
again.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import sysconfig
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from mpi4py import MPI

from femsoret.base.errors import OutputError

UNFINISHED = "making-"
"""How the names of folders begin in which something is being made."""

DAY = 86400.0
"""After this time, in seconds, nothing is being made in such a folder: its maker was killed."""

LEAST = 5_000_000
"""Free space, in bytes, below which a compiler that failed has failed for want of it."""

_SOURCE, _READY, _LIBRARY = ".c", ".c.cached", str(sysconfig.get_config_var("EXT_SUFFIX"))


def is_whole(folder: Path) -> bool:
    """Return whether a folder holds a compiled form, and nothing half made."""
    try:
        names = os.listdir(folder)
    except OSError:
        return False
    stems = [name.removesuffix(_SOURCE) for name in names if name.endswith(_SOURCE)]
    return bool(stems) and all({s + _READY, s + _LIBRARY} <= {*names} for s in stems)


def provide(comm: Any, folder: Path, make: Callable[[Path], object]) -> None:
    """See to it that a folder holds a compiled form, for all ranks; collective.

    One process makes it; the others sleep meanwhile, and leave it the processor.

    Args:
        comm: The ranks.
        folder: The folder.
        make: Makes the compiled form in the (empty) folder that it is given.

    Raises:
        OutputError: The cache cannot be written to; on all ranks.
        RuntimeError: It could not be made for another reason, which is told; on all ranks.
    """
    if not comm.allreduce(not is_whole(folder), op=MPI.LOR):
        return
    # Rank 0, then those on other machines, where these have a cache of their own.
    for turn in (comm.rank == 0, comm.rank > 0):
        failure = None
        if turn and not is_whole(folder):
            try:
                _made(folder, make)
            except Exception as error:  # the others must hear of whatever happens here
                failure = error
        _meet(comm)
        reasons = comm.allgather(None if failure is None else _reason(folder, failure))
        found = next((each for each in reasons if each is not None), None)
        if found is not None:
            reason, is_of_disk = found
            if is_of_disk:
                raise no_room(folder.parent.parent.parent, reason) from failure
            raise RuntimeError(f"a form could not be compiled: {reason}") from failure


def no_room(cache: Path, reason: str) -> OutputError:
    """Return the error that compiled forms cannot be kept.

    Args:
        cache: DOLFINx's cache.
        reason: What the file system says.
    """
    return OutputError(
        f"compiled forms cannot be kept in {cache}: {reason}",
        "make room there, or set XDG_CACHE_HOME to a folder that you may write to",
    )


def _reason(folder: Path, failure: Exception) -> tuple[str, bool]:
    """Return what went wrong, and whether the disk, not the form, is to blame.

    A compiler that has no room left says so in words of its own, if at all.
    """
    if isinstance(failure, OSError):
        return str(failure), True
    with suppress(OSError):
        free = shutil.disk_usage(folder.parent).free
        if free < LEAST:
            return f"{free / 1e6:.1f} MB are free there", True
    return f"{type(failure).__name__}: {failure}", False


def _made(folder: Path, make: Callable[[Path], object]) -> None:
    """Make the form in a folder beside, which then takes the name of this one."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    with _one_at_a_time(folder.parent):
        if is_whole(folder):
            return  # by a process that was waited for
        _clear_away(folder.parent)
        workshop = Path(tempfile.mkdtemp(prefix=UNFINISHED, dir=folder.parent))
        try:
            made = workshop / "made"
            made.mkdir()
            make(made)
            # A lock may hold on one machine only, or not at all, so this may be there by now.
            if not is_whole(folder):
                if folder.exists():
                    folder.rename(workshop / "broken")
                try:
                    made.rename(folder)
                except OSError:
                    if not is_whole(folder):
                        raise
        finally:
            shutil.rmtree(workshop, ignore_errors=True)


@contextmanager
def _one_at_a_time(place: Path) -> Iterator[None]:
    """Keep other processes from making what this one makes; it is only work that is saved.

    The lock goes with the process, however that ends. Where the file system has none it is done
    without.
    """
    with (place / "lock").open("a") as file:
        with suppress(OSError):
            fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _clear_away(place: Path) -> None:
    """Delete what processes left that were killed."""
    for old in place.glob(f"{UNFINISHED}*"):
        with suppress(OSError):  # another process was quicker
            if time.time() - old.stat().st_mtime > DAY:
                shutil.rmtree(old, ignore_errors=True)


def _meet(comm: Any) -> None:
    """Wait until all ranks are here, asleep: a barrier of MPI takes the processor for itself."""
    arrived, pause = comm.Ibarrier(), 1e-3
    while not arrived.Test():
        time.sleep(pause)
        pause = min(2.0 * pause, 0.05)
