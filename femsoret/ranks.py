"""Ranks: what one of them reads for all, and whether they all stopped or one alone.

A file that a user names may be there for one rank only, or say something else to each of them (a
pipe, a file that is being written, a disk of one machine). So rank 0 reads, and the others get what
it read, or the same error.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from types import TracebackType
from typing import TYPE_CHECKING, TypeVar, cast

from femsoret.errors import FemsoretError

if TYPE_CHECKING:
    from mpi4py import MPI

T = TypeVar("T")

GRACE = 10.0
"""Seconds that a rank which stopped waits for the others to stop as well. Errors of ours are raised
on all ranks at nearly the same time; a rank that is still elsewhere then waits for this one."""


def from_root(comm: MPI.Comm | None, action: Callable[[], T]) -> T:
    """Return what an action gives on rank 0, to all ranks; its error is raised on all of them.

    Args:
        comm: The ranks; None for this process alone.
        action: What to call on rank 0. What it returns must be picklable.

    Raises:
        FemsoretError: Of the action; the same on all ranks.
        RuntimeError: On the other ranks where rank 0 stopped for another reason.
    """
    if comm is None or comm.size == 1:
        return action()
    result: T | None = None
    error: FemsoretError | None = None
    if comm.rank == 0:
        try:
            result = action()
        except FemsoretError as ours:
            error = ours
        except BaseException as other:
            comm.bcast((None, f"rank 0: {type(other).__name__}: {other}"), root=0)
            raise
    message = (result, error) if comm.rank == 0 else None
    result, found = comm.bcast(message, root=0)
    if isinstance(found, FemsoretError):
        raise found
    if found is not None:
        raise RuntimeError(found)
    return cast(T, result)


class Together:
    """Tells whether all ranks stop or this one alone; a context manager, entered by all ranks.

    It has a communicator of its own: the others may be in the middle of any call of the usual one.

    Args:
        comm: The ranks; None for this process alone.
    """

    def __init__(self, comm: MPI.Comm | None) -> None:
        self._comm = comm.Dup() if comm is not None and comm.size > 1 else None
        self._alone = False

    def words(self, mine: str) -> Sequence[str] | None:
        """Return what all ranks have to say, rank by rank; None where others do not stop.

        Args:
            mine: What this rank has to say.
        """
        if self._comm is None:
            return [mine]
        request, since = self._comm.Ibarrier(), time.monotonic()
        while not request.Test():
            if time.monotonic() - since > GRACE:
                self._alone = True
                return None
            time.sleep(0.01)
        return list(self._comm.allgather(mine))

    def __enter__(self) -> Together:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._comm is not None and not self._alone:
            self._comm.Free()


def one_voice(words: Sequence[str]) -> str:
    """Return what several ranks say as one text: once what they agree on, else rank by rank.

    Args:
        words: What each rank says.
    """
    if len(set(words)) == 1:
        return words[0]
    return "\n".join(f"rank {rank}: {text}" for rank, text in enumerate(words))
