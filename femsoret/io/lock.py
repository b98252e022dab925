"""Locks that allow one run at a time to write to a folder, with detection of stale locks.

A lock is a file that names its holder. The holder also locks the file in the kernel (flock), which
releases that lock when the process ends for any reason. On file systems without flock, a lock is
stale if no process has the holder's process id and start time. Whether a process on another machine
is alive cannot be determined, so its lock remains valid until somebody removes the file.
"""

from __future__ import annotations

import errno
import fcntl
import json
import os
import platform
import time
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

from femsoret.base.errors import OutputError

JOBS: Final = ("SLURM_JOB_ID", "PBS_JOBID", "LSB_JOBID", "JOB_ID")
"""Environment variables with the job id of batch systems: Slurm, PBS, LSF, Grid Engine."""

HELD: Final = (errno.EWOULDBLOCK, errno.EACCES)
"""Error numbers of ``flock`` that mean that another process has the lock."""

PAUSE: Final = 0.05
"""Time between two attempts to take a lock, s."""


@dataclass(frozen=True)
class Holder:
    """A process that holds a lock.

    Args:
        host: Name of the machine on which the process runs.
        pid: Process id.
        born: Start time of the process in clock ticks since the machine booted; None if unknown.
        job: Batch job id of the process; empty without a batch system.
        since: Local time at which the process took the lock, in ISO 8601 format.
    """

    host: str
    pid: int
    born: int | None
    job: str
    since: str

    @classmethod
    def this(cls) -> Holder:
        """Return a description of this process, which takes the lock now."""
        job = next((os.environ[name] for name in JOBS if os.environ.get(name)), "")
        since = datetime.now().astimezone().isoformat(timespec="seconds")
        return cls(platform.node(), os.getpid(), _start_of(os.getpid()), job, since)

    @property
    def is_here(self) -> bool:
        """Whether the process runs, or ran, on this machine."""
        return self.host == platform.node()

    @property
    def is_gone(self) -> bool:
        """Whether the process is known to have ended."""
        if not self.is_here:
            return False
        born = _start_of(self.pid)
        if born is None or self.born is None:
            return not _is_alive(self.pid)
        return born != self.born  # its id may have been reused by another process

    def __str__(self) -> str:
        job = f", job {self.job}" if self.job else ""
        place = "this machine" if self.is_here else self.host
        return f"process {self.pid} on {place}{job}, since {self.since}"


class Lock:
    """A lock held by this process; created by :func:`take`."""

    def __init__(self, path: Path, handle: int) -> None:
        self._path, self._handle = path, handle

    def release(self) -> None:
        """Release the lock and remove its file.

        If the file cannot be removed, other processes recognise the lock as stale when this process
        has ended.
        """
        if self._handle < 0:
            return
        handle, self._handle = self._handle, -1
        try:
            self._path.unlink(missing_ok=True)
        except OSError:
            pass
        finally:
            os.close(handle)


def take(path: Path, *, folder: Path, wait: float = 0.0) -> Lock:
    """Take a lock.

    Args:
        path: Path of the lock file; its parent folder is created if missing.
        folder: Folder that the lock protects, for the error message.
        wait: Longest time to wait for another process to release the lock, s.

    Raises:
        OutputError: Another process holds the lock.
        OSError: The lock file cannot be created.
    """
    until = time.monotonic() + wait
    while True:
        lock, holder = _attempt(path)
        if lock is not None:
            return lock
        if time.monotonic() >= until:
            raise in_use(folder, path, holder)
        time.sleep(PAUSE)


def holder_of(path: Path) -> Holder | None:
    """Return the holder of a lock; None if the lock is free or its holder has ended.

    Args:
        path: Path of the lock file.
    """
    try:
        handle = os.open(path, os.O_RDWR)
    except FileNotFoundError:
        return None
    try:
        holder = _read(handle)
        if not _lock(handle):
            return holder or Holder("", 0, None, "", "")
        return None if holder is None or holder.is_gone else holder
    finally:
        os.close(handle)


def in_use(folder: Path, path: Path, holder: Holder | None) -> OutputError:
    """Return an error which says that another process is using a folder.

    Args:
        folder: The folder.
        path: Path of the lock file.
        holder: Holder of the lock; None if unknown.
    """
    hint = "wait until that process has ended, or choose another folder (-o)"
    if holder is not None and not holder.is_here:
        hint += (
            "; this machine cannot determine whether the process is still running: if it has "
            f"ended, remove {path}"
        )
    return OutputError(f"{folder} is in use by {holder or 'another process'}", hint)


def _attempt(path: Path) -> tuple[Lock | None, Holder | None]:
    """Try once to take a lock; return the lock, or None and its present holder if known."""
    while True:
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o666)
        except FileNotFoundError:
            continue  # the process that released the lock has removed the folder, too
        taken = False
        try:
            holder = _read(handle)
            if not _lock(handle):
                return None, holder
            if not _is_still(path, handle):
                continue  # its holder removed the file meanwhile
            if holder is not None and not holder.is_gone:
                return None, holder
            os.ftruncate(handle, 0)
            os.pwrite(handle, json.dumps(asdict(Holder.this())).encode(), 0)
            os.fsync(handle)
            taken = True
            return Lock(path, handle), None
        finally:
            if not taken:
                os.close(handle)


def _lock(handle: int) -> bool:
    """Lock an open file in the kernel; return False if another process has locked it."""
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        return error.errno not in HELD  # without flock, the content of the file decides
    return True


def _is_still(path: Path, handle: int) -> bool:
    """Return whether a path still refers to the given open file."""
    try:
        return os.path.samestat(os.stat(path), os.fstat(handle))
    except FileNotFoundError:
        return False


def _read(handle: int) -> Holder | None:
    """Return the holder named in an open lock file; None if the file is empty or incomplete."""
    try:
        return Holder(**json.loads(os.pread(handle, 4096, 0)))
    except (ValueError, TypeError):
        return None


def _start_of(pid: int) -> int | None:
    """Return the start time of a process in clock ticks since the machine booted.

    Returns:
        The start time; -1 for a zombie, which equals no start time; None if there is no such
        process or ``/proc`` is not available.
    """
    try:
        text = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return None
    fields = text.rpartition(")")[2].split()  # from field 3 on; field 2 may contain spaces
    return -1 if fields[0] in "ZX" else int(fields[19])


def _is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        pass
    return True
