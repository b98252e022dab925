"""Signals: what a batch system asks of a running job, agreed upon by all ranks.

SIGUSR1 asks for a checkpoint, SIGTERM for a checkpoint and an end. A signal may reach one rank
only, or ranks at different times, so it is noted when it comes and heeded where all ranks agree.
"""

from __future__ import annotations

import signal
from enum import IntEnum
from types import FrameType, TracebackType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mpi4py import MPI


class Request(IntEnum):
    """What is asked for; the larger one includes the smaller."""

    NOTHING = 0
    CHECKPOINT = 1
    STOP = 2


MEANING: dict[signal.Signals, Request] = {
    signal.SIGUSR1: Request.CHECKPOINT,
    signal.SIGTERM: Request.STOP,
}
"""What each signal asks for."""


class Requests:
    """Notes signals while it is entered as a context manager; in the main thread only.

    Args:
        comm: The ranks that have to agree.
    """

    def __init__(self, comm: MPI.Comm) -> None:
        self.comm = comm
        self._noted: set[Request] = set()
        self._before: dict[signal.Signals, Any] = {}

    def agreed(self, mine: Request = Request.NOTHING) -> Request:
        """Return what any rank was asked for since the last call; collective.

        Args:
            mine: What this rank asks for of its own.
        """
        noted = {mine, *self._noted}
        self._noted.difference_update(noted)  # what comes meanwhile stays
        return Request(max(self.comm.allgather(max(noted))))

    def _note(self, number: int, frame: FrameType | None) -> None:
        self._noted.add(MEANING[signal.Signals(number)])

    def __enter__(self) -> Requests:
        for number in MEANING:
            self._before[number] = signal.signal(number, self._note)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)
