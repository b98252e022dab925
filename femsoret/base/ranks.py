"""Ranks: what one of them reads for all, and whether they all stopped or one alone.

A file that a user names may be there for one rank only, or say something else to each of them (a
pipe, a file that is being written, a disk of one machine). So rank 0 reads, and the others get what
it read, or the same error.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, TypeVar, cast

from femsoret.base.errors import FemsoretError

if TYPE_CHECKING:
    from mpi4py import MPI

T = TypeVar("T")

TAG = 29_021
"""Tag of the messages in which ranks tell each other that they stop."""

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


def said_by_all(comm: MPI.Comm | None, mine: str) -> Sequence[str] | None:
    """Return what all ranks have to say, rank by rank; None where others do not stop here.

    Messages of a tag of their own are exchanged, which may pass any call of all ranks together that
    the others are in the middle of.

    Args:
        comm: The ranks; None for this process alone.
        mine: What this rank has to say.
    """
    if comm is None or comm.size == 1:
        return [mine]
    until = time.monotonic() + GRACE
    if comm.rank > 0:
        sent = comm.isend(mine, dest=0, tag=TAG)
        # Rank 0 may have come a little later.
        answer: list[str] | None = _received(comm, 0, until + 1.0)
        if answer is not None:
            sent.wait()
        return answer
    words = [mine]
    for rank in range(1, comm.size):
        theirs = _received(comm, rank, until)
        if theirs is None:
            return None
        words.append(theirs)
    for rank in range(1, comm.size):
        comm.send(words, dest=rank, tag=TAG)
    return words


def _received(comm: MPI.Comm, source: int, until: float) -> Any:
    """Return what a rank sends in time, else None."""
    while not comm.iprobe(source=source, tag=TAG):
        if time.monotonic() > until:
            return None
        time.sleep(0.01)
    return comm.recv(source=source, tag=TAG)


def may_be_alone(comm: MPI.Comm, error: BaseException | None) -> bool:
    """Return whether an error may be on this rank only, so that nothing collective may follow.

    Errors of ours are raised on all ranks alike; any other may have come to one of them.

    Args:
        comm: The ranks.
        error: What stopped this rank, if anything did.
    """
    return comm.size > 1 and error is not None and not isinstance(error, FemsoretError)


def one_voice(words: Sequence[str]) -> str:
    """Return what several ranks say as one text: once what they agree on, else rank by rank.

    Args:
        words: What each rank says.
    """
    if len(set(words)) == 1:
        return words[0]
    return "\n".join(f"rank {rank}: {text}" for rank, text in enumerate(words))
