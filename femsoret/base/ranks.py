"""Ranks: what one of them does for all, what stops them together, and what signals ask of them.

A file that a user names may exist for one rank only, or differ between ranks (a pipe, a file that
is being written, a local disk). So rank 0 reads it, and the other ranks get the result or the same
error.

Batch systems send signals: SIGUSR1 asks for a checkpoint, SIGTERM for a checkpoint and the end of
the run. A signal may reach one rank only, or ranks at different times, so each rank records it and
all act on it together.
"""

from __future__ import annotations

import signal
import time
from collections.abc import Callable, Sequence
from enum import IntEnum
from types import FrameType, TracebackType
from typing import TYPE_CHECKING, TypeVar, cast

from femsoret.base.errors import FemsoretError

if TYPE_CHECKING:
    from mpi4py import MPI

T = TypeVar("T")

TAG = 29_021
"""Tag of the messages by which ranks tell each other that they stop."""

GRACE = 10.0
"""How long a rank that stopped waits for the others to stop too, s. Errors of femsoret are raised
on all ranks at nearly the same time; a rank that does not answer waits elsewhere for this one."""


def from_root(comm: MPI.Comm | None, action: Callable[[], T]) -> T:
    """Call an action on rank 0 and return its result on all ranks; collective.

    Args:
        comm: The ranks; None for this process alone.
        action: What rank 0 calls; its result must be picklable.

    Raises:
        FemsoretError: Raised by the action; the same on all ranks.
        RuntimeError: On the other ranks, if rank 0 stopped for another reason.
    """
    if comm is None or comm.size == 1:
        return action()
    result: T | None = None
    error: FemsoretError | None = None
    if comm.rank == 0:
        try:
            result = action()
        except FemsoretError as own:
            error = own
        except BaseException as other:
            comm.bcast((None, f"rank 0: {type(other).__name__}: {other}"), root=0)
            raise
    result, failure = comm.bcast((result, error), root=0)
    if isinstance(failure, FemsoretError):
        raise failure
    if failure is not None:
        raise RuntimeError(failure)
    return cast(T, result)


def gather_messages(comm: MPI.Comm | None, message: str) -> Sequence[str] | None:
    """Return the messages of all ranks that stop, rank by rank; None if some do not stop here.

    The exchange uses a tag of its own, so that it may overtake any collective call that other
    ranks are in.

    Args:
        comm: The ranks; None for this process alone.
        message: Message of this rank.
    """
    if comm is None or comm.size == 1:
        return [message]
    until = time.monotonic() + GRACE
    if comm.rank > 0:
        sent = comm.isend(message, dest=0, tag=TAG)
        # Rank 0 may have come a little later.
        if not _arrives(comm, 0, until + 1.0):
            return None
        sent.wait()
        return cast("list[str]", comm.recv(source=0, tag=TAG))
    messages = [message]
    for rank in range(1, comm.size):
        if not _arrives(comm, rank, until):
            return None
        messages.append(comm.recv(source=rank, tag=TAG))
    for rank in range(1, comm.size):
        comm.send(messages, dest=rank, tag=TAG)
    return messages


def _arrives(comm: MPI.Comm, source: int, until: float) -> bool:
    """Wait for a message of a rank; return whether it arrives in time."""
    while not comm.iprobe(source=source, tag=TAG):
        if time.monotonic() > until:
            return False
        time.sleep(0.01)
    return True


def merge_messages(messages: Sequence[str]) -> str:
    """Return the messages of all ranks as one text: once if they agree, else rank by rank.

    Args:
        messages: One message a rank.
    """
    if len(set(messages)) == 1:
        return messages[0]
    return "\n".join(f"rank {rank}: {text}" for rank, text in enumerate(messages))


def may_be_on_one_rank(comm: MPI.Comm, error: BaseException | None) -> bool:
    """Return whether an error may be on this rank only, so that no collective call may follow.

    Errors of femsoret are raised on all ranks alike; any other may be on one of them.

    Args:
        comm: The ranks.
        error: What stopped this rank, if anything did.
    """
    return comm.size > 1 and error is not None and not isinstance(error, FemsoretError)


class Request(IntEnum):
    """What a signal asks for; the larger value includes the smaller."""

    NOTHING = 0
    CHECKPOINT = 1
    STOP = 2


SIGNALS: dict[signal.Signals, Request] = {
    signal.SIGUSR1: Request.CHECKPOINT,
    signal.SIGTERM: Request.STOP,
}
"""What each signal asks for."""


class Requests:
    """Records signals while it is entered as a context manager; in the main thread only.

    Args:
        comm: The ranks that have to agree.
    """

    def __init__(self, comm: MPI.Comm) -> None:
        self.comm = comm
        self._recorded: set[Request] = set()

    def agreed(self, mine: Request = Request.NOTHING) -> Request:
        """Return the largest request of any rank since the last call; collective.

        Args:
            mine: A request of this rank's own.
        """
        recorded = {mine, *self._recorded}
        self._recorded.difference_update(recorded)  # what arrives meanwhile stays
        return Request(max(self.comm.allgather(max(recorded))))

    def _record(self, number: int, frame: FrameType | None) -> None:
        self._recorded.add(SIGNALS[signal.Signals(number)])

    def __enter__(self) -> Requests:
        self._before = {number: signal.signal(number, self._record) for number in SIGNALS}
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)
