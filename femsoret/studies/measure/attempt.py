"""What is measured after a solve: where that fails the solve stands, and what failed is said."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeVar

from mpi4py import MPI

from femsoret.base.errors import FemsoretError, Interrupted
from femsoret.base.log import get_logger
from femsoret.base.memory import memory_error
from femsoret.base.ranks import gather_messages

T = TypeVar("T")

log = get_logger(__name__)


@dataclass
class Attempts:
    """Measures one thing after the other; one that fails does not take the others with it.

    Args:
        comm: The ranks, which measure together.
        failed: What failed -> why, in words.
    """

    comm: MPI.Comm
    failed: dict[str, str] = field(default_factory=dict)

    def of(self, what: str, action: Callable[[], T], otherwise: T) -> T:
        """Return what an action gives, or what stands in its place where it fails; collective.

        Args:
            what: What is measured, as in "numerical error".
            action: What to call on all ranks.
            otherwise: What to return where it fails on all of them. Where it fails on some ranks
                only the others wait in the middle of it, and nothing can go on.
        """
        try:
            return action()
        except Interrupted:
            raise
        except Exception as error:  # whatever it is, what was solved is worth writing
            why = _why(error)
            if gather_messages(self.comm, why) is None:
                raise
            self.failed[what] = why
            log.warning("no %s: %s", what, why)
            log.debug("no %s", what, exc_info=True)
            return otherwise


def _why(error: Exception) -> str:
    """Return why something failed, in words for users."""
    short = memory_error(error)
    if short is not None:
        return short.message
    if isinstance(error, FemsoretError):
        return error.message
    return f"an error inside femsoret, {type(error).__name__}: {error}"
