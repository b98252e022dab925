"""Memory: recognise out-of-memory errors of Python, C++ and PETSc, and report use and limits.

The limit is set by the shell or the batch system (``ulimit -v``), by a container or a job (control
groups), or by the machine. If the system overcommits memory, it kills the process instead, and no
message is possible.
"""

from __future__ import annotations

import math
import re
import resource
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final

from femsoret.base.errors import OutOfMemory

if TYPE_CHECKING:
    from mpi4py import MPI

PETSC_ERR_MEM: Final = 55
"""PETSc's error code for a failed memory allocation."""

_IN_WORDS: Final = re.compile(
    rf"PETSc error code is: {PETSC_ERR_MEM}\b|std::bad_alloc|failed to map segment"
)
"""Messages with which DOLFINx, gmsh and the dynamic loader report a failed memory allocation."""

_GROUPS: Final = Path("/sys/fs/cgroup")
_MACHINE: Final = Path("/proc/meminfo")
_PROCESS: Final = Path("/proc/self/status")

MEMORY_HINT: Final = (
    "give the run more memory, distribute it over more machines, or use fewer mesh cells"
)


def memory_error(error: BaseException, doing: str = "") -> OutOfMemory | None:
    """Return an out-of-memory error if another error was caused by a lack of memory, else None.

    Args:
        error: Any error; its chain of causes is examined, too.
        doing: Activity during which the error occurred, such as "solving"; for the message.
    """
    for cause in _chain(error):
        if isinstance(cause, OutOfMemory):
            return cause
        is_petsc = getattr(cause, "ierr", None) == PETSC_ERR_MEM
        if isinstance(cause, MemoryError) or is_petsc or _IN_WORDS.search(str(cause)):
            while_doing = f" while {doing}" if doing else ""
            return OutOfMemory(
                f"out of memory{while_doing}{_requested(cause)}{memory_clause()}", MEMORY_HINT
            )
    return None


@contextmanager
def memory_errors(doing: str) -> Iterator[None]:
    """Convert all out-of-memory errors raised inside the context to :class:`OutOfMemory`.

    Args:
        doing: Activity inside the context, such as "solving"; for the message.

    Raises:
        OutOfMemory: There was not enough memory; possibly on this rank only.
    """
    try:
        yield
    except (MemoryError, RuntimeError, ImportError) as error:  # PETSc raises RuntimeError
        short = memory_error(error, doing)
        if short is None:
            raise
        raise short from error


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    """Yield an error and its causes."""
    seen: set[int] = set()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        yield error
        error = error.__cause__ or error.__context__


def _requested(error: BaseException) -> str:
    """Return a clause with the size of the failed request; empty if the error does not state it."""
    match = re.search(r"Memory requested (\d+)", str(error))
    return f": a request for another {int(match[1]) / 1e6:.0f} MB failed" if match else ""


def memory_clause(comm: MPI.Comm | None = None) -> str:
    """Return a clause with the memory in use and its limit; empty if the system reports neither.

    Args:
        comm: Ranks to compare (collective); the clause is about the rank with the least memory
            left. None reports on this process.
    """
    used, (limit, name) = used_mb(), limit_mb()
    room = math.inf if used is None or limit is None else limit - used
    has = f" uses {used:.0f} MB" if used else ""
    may = f"{' and' if has else ''} may use at most {limit:.0f} MB ({name})" if limit else ""
    who, text = "this process", has + may
    if comm is not None and comm.size > 1:
        _, rank, text = min(comm.allgather((room, comm.rank, text)))
        who = f"rank {rank}"
    return f"; {who}{text}" if text else ""


def used_mb() -> float | None:
    """Return the size of this process's address space, which ``ulimit -v`` limits, in MB.

    None if the system does not report it.
    """
    return _in_megabytes(_line(_PROCESS, "VmSize"))


def resident_mb() -> float:
    """Return the resident memory of this process in MB; nan if the system does not report it."""
    resident = _in_megabytes(_line(_PROCESS, "VmRSS"))
    return math.nan if resident is None else resident


def limit_mb() -> tuple[float | None, str]:
    """Return the memory limit of this process in MB, and a description of what sets it.

    The limit is None if the system reports none.
    """
    soft, _ = resource.getrlimit(resource.RLIMIT_AS)
    limits = [
        (None if soft == resource.RLIM_INFINITY else soft / 1e6, "ulimit -v"),
        (_of_group(), "limit of the job or container"),
        (_in_megabytes(_line(_MACHINE, "MemTotal")), "total memory of this machine"),
    ]
    known = [(size, name) for size, name in limits if size is not None]
    return min(known, default=(None, ""))


def _of_group() -> float | None:
    for name in ("memory.max", "memory/memory.limit_in_bytes"):
        try:
            text = (_GROUPS / name).read_text(encoding="ascii").strip()
        except (OSError, UnicodeDecodeError):
            continue
        if text.isdecimal():
            return int(text) / 1e6
    return None


def _line(path: Path, key: str) -> str:
    try:
        lines = path.read_text(encoding="ascii", errors="replace").splitlines()
    except OSError:
        return ""
    return next((line for line in lines if line.startswith(f"{key}:")), "")


def _in_megabytes(line: str) -> float | None:
    match = re.search(r"(\d+) kB", line)
    return int(match[1]) * 1024 / 1e6 if match else None
