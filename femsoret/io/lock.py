"""Locks of folders: one run at a time writes into a folder, and abandoned locks are recognised.

The lock is a file that names its holder. While the holder lives the kernel locks the file as well
(flock), and releases it when the holder ends, whatever ended it. Where a file system has no such
locks, the process id and the time at which that process started decide. Whether a holder on another
machine lives cannot be seen from here: its lock stands until somebody removes the file.
"""

from __future__ import annotations

import errno
import fcntl
import json
import os
import platform
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

from femsoret.base.errors import OutputError

JOBS: Final = ("SLURM_JOB_ID", "PBS_JOBID", "LSB_JOBID", "JOB_ID")
"""Variables by which batch systems tell a process its job."""

HELD: Final = (errno.EWOULDBLOCK, errno.EACCES)
"""Error numbers of a file system if another process has the lock."""

PAUSE: Final = 0.05
"""Time between two attempts to take a lock, s."""


@dataclass(frozen=True)
class Holder:
    """A process that holds a lock.

    Args:
        host: Its machine.
        pid: Its id there.
        born: When it started, in the kernel's ticks since the machine did; None if not known.
        job: Its batch job; empty without one.
        since: When it took the lock.
    """

    host: str
    pid: int
    born: int | None
    job: str
    since: str

    @classmethod
    def this(cls, environment: Mapping[str, str] = os.environ) -> Holder:
        """Return this process."""
        job = next((environment[name] for name in JOBS if environment.get(name)), "")
        since = datetime.now().astimezone().isoformat(timespec="seconds")
        return cls(platform.node(), os.getpid(), _start_of(os.getpid()), job, since)

    @property
    def is_here(self) -> bool:
        """Whether it is, or was, a process of this machine."""
        return self.host == platform.node()

    @property
    def is_gone(self) -> bool:
        """Whether it is known to have ended."""
        if not self.is_here:
            return False
        born = _start_of(self.pid)
        if born is None or self.born is None:
            return not _is_alive(self.pid)
        return born != self.born  # another process may have got its id

    def __str__(self) -> str:
        job = f", job {self.job}" if self.job else ""
        place = "this machine" if self.is_here else self.host
        return f"process {self.pid} on {place}{job}, since {self.since}"


class Lock:
    """A lock that is held; made by :func:`take`."""

    def __init__(self, path: Path, handle: int) -> None:
        self._path, self._handle = path, handle

    def release(self) -> None:
        """Release the lock; if its file cannot be removed, others see that the holder has gone."""
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
        path: The file of the lock; the folder that it is in is made.
        folder: The folder that the lock protects, for the message.
        wait: How long to wait for another holder, s.

    Raises:
        OutputError: Another process holds the lock.
        OSError: The file cannot be made.
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
    """Return who holds a lock; None if nobody does, or the holder is known to have ended."""
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
    """Return the error that another process uses a folder.

    Args:
        folder: The folder.
        path: The file of the lock.
        holder: Who holds it, as far as that is known.
    """
    hint = "wait until it has ended, or take another folder (-o)"
    if holder is not None and not holder.is_here:
        hint += (
            f"; whether it still runs cannot be seen from this machine: if it has ended, remove "
            f"{path}"
        )
    return OutputError(f"{folder} is in use by {holder or 'another process'}", hint)


def _attempt(path: Path) -> tuple[Lock | None, Holder | None]:
    """Return the lock, or who else holds it."""
    while True:
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o666)
        except FileNotFoundError:
            continue  # whoever released the lock has removed the folder, too
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
    """Lock an open file; return False if another process has."""
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        return error.errno not in HELD  # no locks on this file system: the text has to do
    return True


def _is_still(path: Path, handle: int) -> bool:
    """Return whether a path still leads to an open file."""
    try:
        return os.path.samestat(os.stat(path), os.fstat(handle))
    except FileNotFoundError:
        return False


def _read(handle: int) -> Holder | None:
    """Return the holder that a lock's file names; None if it is empty or incomplete."""
    try:
        return Holder(**json.loads(os.pread(handle, 4096, 0)))
    except (ValueError, TypeError):
        return None


def _start_of(pid: int) -> int | None:
    """Return when a process started, in ticks; None if there is none or Linux does not say.

    A process that has ended and waits for its parent to notice counts as -1, which no start is.
    """
    try:
        text = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return None
    fields = text.rpartition(")")[2].split()  # from field 3 on; the name before may hold spaces
    return -1 if fields[0] in "ZX" else int(fields[19])


def _is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        pass
    return True
