"""MPI ranks: work that rank 0 does for all, errors that stop all ranks, and signals.

A file named by the user may exist on one rank only, or differ between ranks (a pipe, a file that is
being written, a local disk). Therefore rank 0 reads it, and the other ranks receive the result or
the same error.

Batch systems send signals: SIGUSR1 requests a checkpoint, SIGTERM a checkpoint followed by the end
of the run. A signal may reach only one rank, or reach the ranks at different times, so each rank
records it and all ranks act on it together.
"""

from __future__ import annotations

import pickle
import signal
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from enum import IntEnum
from types import FrameType
from typing import TYPE_CHECKING, Self, TypeVar, cast

from femsoret.base.errors import FemsoretError

if TYPE_CHECKING:
    from mpi4py import MPI

T = TypeVar("T")

TAG = 29_021
"""MPI tag of the messages in which ranks report that they are stopping."""

GRACE = 10.0
"""Time for which a stopping rank waits for the other ranks to stop, too, s. Errors of femsoret are
raised on all ranks at nearly the same time; a rank that does not answer is still waiting in a
collective call."""


def from_root(comm: MPI.Comm | None, action: Callable[[], T]) -> T:
    """Call a function on rank 0 and return its result on all ranks; collective.

    Args:
        comm: Communicator of the ranks; None for this process alone.
        action: Function for rank 0 to call; its result must be picklable.

    Raises:
        FemsoretError: Raised by the function on rank 0, and then on all ranks.
        RuntimeError: On the other ranks, if the function raised any other error on rank 0.
    """
    if comm is None or comm.size == 1:
        return action()
    message = b""
    if comm.rank == 0:
        try:
            # Pickled here: what cannot be pickled must not leave the other ranks waiting.
            message = pickle.dumps((action(), None))
        except FemsoretError as own:
            message = pickle.dumps((None, own))
        except BaseException as other:
            comm.bcast(pickle.dumps((None, f"rank 0: {type(other).__name__}: {other}")), root=0)
            raise
    result, failure = pickle.loads(comm.bcast(message, root=0))
    if isinstance(failure, FemsoretError):
        raise failure
    if failure is not None:
        raise RuntimeError(failure)
    return cast(T, result)


def gather_messages(comm: MPI.Comm | None, message: str) -> Sequence[str] | None:
    """Return the error messages of all ranks, in rank order; None if some ranks do not stop.

    Called by a rank that stops. The messages have their own tag, so the exchange cannot be
    confused with a collective call in which another rank is waiting.

    Args:
        comm: Communicator of the ranks; None for this process alone.
        message: Error message of this rank.
    """
    if comm is None or comm.size == 1:
        return [message]
    until = time.monotonic() + GRACE
    if comm.rank > 0:
        sent = comm.isend(message, dest=0, tag=TAG)
        # Rank 0 may have started to wait a little later.
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
    """Wait for a message from a rank and return whether it arrives before a deadline.

    Args:
        comm: Communicator of the ranks.
        source: Rank that sends the message.
        until: Deadline on the clock of :func:`time.monotonic`, s.
    """
    while not comm.iprobe(source=source, tag=TAG):
        if time.monotonic() > until:
            return False
        time.sleep(0.01)
    return True


def merge_messages(messages: Sequence[str]) -> str:
    """Merge the messages of all ranks: one line if they are identical, else one line per rank.

    Args:
        messages: One message per rank, in rank order.
    """
    if len(set(messages)) == 1:
        return messages[0]
    return "\n".join(f"rank {rank}: {text}" for rank, text in enumerate(messages))


def may_be_on_one_rank(comm: MPI.Comm, error: BaseException | None) -> bool:
    """Return whether an error may have been raised on this rank only.

    If so, no collective call may follow. Errors of femsoret are raised on all ranks; any other
    error may be raised on a single rank.

    Args:
        comm: Communicator of the ranks.
        error: The error that stopped this rank, or None.
    """
    return comm.size > 1 and error is not None and not isinstance(error, FemsoretError)


class ClosedTogether(ABC):
    """Base class of objects that hold PETSc objects, which all ranks free together.

    Leaving a ``with`` block closes them, unless an error may have stopped this rank only.
    """

    @property
    @abstractmethod
    def comm(self) -> MPI.Comm:
        """Communicator of the ranks that hold the object."""

    @abstractmethod
    def close(self) -> None:
        """Free the PETSc objects; collective."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        if not may_be_on_one_rank(self.comm, error):
            self.close()


class Request(IntEnum):
    """An action requested by a signal; a larger value includes the smaller ones."""

    NOTHING = 0
    CHECKPOINT = 1
    STOP = 2


SIGNALS: dict[signal.Signals, Request] = {
    signal.SIGUSR1: Request.CHECKPOINT,
    signal.SIGTERM: Request.STOP,
}
"""The action that each signal requests."""


class Requests:
    """Context manager that records signals; for use in the main thread only.

    Args:
        comm: Communicator of the ranks that act on signals together.
    """

    def __init__(self, comm: MPI.Comm) -> None:
        self.comm = comm
        self._recorded: set[Request] = set()

    def agreed(self, mine: Request = Request.NOTHING) -> Request:
        """Return the largest request that any rank has recorded since the last call; collective.

        Args:
            mine: An additional request by this rank.
        """
        recorded = {mine, *self._recorded}
        self._recorded.difference_update(recorded)  # signals that arrive meanwhile are kept
        return Request(max(self.comm.allgather(max(recorded))))

    def _record(self, number: int, frame: FrameType | None) -> None:
        self._recorded.add(SIGNALS[signal.Signals(number)])

    def __enter__(self) -> Requests:
        self._before = {number: signal.signal(number, self._record) for number in SIGNALS}
        return self

    def __exit__(self, *_: object) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)
