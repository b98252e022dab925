"""Named errors: what happened, where, what is allowed, what to try.

Every error that a user can cause derives from :class:`FemsoretError`; the command line prints its
message on one rank and exits with a non-zero status. Errors are raised on all ranks alike, before
any collective operation, so that no rank is left waiting.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from typing import TYPE_CHECKING, Final, Self

if TYPE_CHECKING:
    from femsoret.base.types import JsonObject

WRONG_INPUT: Final = 2
NOT_CONVERGED: Final = 3
NO_OUTPUT: Final = 4
PARTLY_DONE: Final = 5
"""Exit statuses of the command line; docs/runs.md has all of them."""


class FemsoretError(Exception):
    """Base of all errors with a message meant for users.

    Args:
        message: What happened and where, in one or two sentences.
        hint: What is allowed or what to try.

    Attributes:
        status: Exit status of the command line.
        location: Keys of the case file that the error is about, as far as they are known.
    """

    status: int = 1
    location: tuple[str | int, ...] = ()

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint

    def __str__(self) -> str:
        return f"{self.message}\n  {self.hint}" if self.hint else self.message


class MissingDependency(FemsoretError):
    """An optional package, or DOLFINx itself, cannot be imported."""


class CaseError(FemsoretError):
    """A case file cannot be read or says something that is not allowed."""

    status = WRONG_INPUT


class FluidError(FemsoretError):
    """A fluid is unknown, or a property is missing or outside what physics allows."""

    status = WRONG_INPUT


class MeshError(FemsoretError):
    """A mesh cannot be read or used: no names, folded or empty cells, wrong dimension."""

    status = WRONG_INPUT


class ConditionError(FemsoretError):
    """Conditions contradict each other, name unknown sides, or leave the problem undetermined."""

    status = WRONG_INPUT


class OutputError(FemsoretError):
    """Results cannot be written or read back."""

    status = NO_OUTPUT


class Interrupted(FemsoretError):
    """A signal asked a run to stop, and it did, with its state kept."""

    status = 128 + 15  # what shells say of a process that SIGTERM ended


class SolveFailure(FemsoretError):
    """A solve gave no solution.

    Args:
        message: Which solve, and why it stopped.
        hint: What to try.
        history: What the solver did, one line a step.
        record: What was tried, how far it came and where it stopped, as a JSON object.
        options: PETSc options of the solver, as far as they are known.
    """

    status = NOT_CONVERGED

    def __init__(
        self,
        message: str,
        hint: str = "",
        history: Iterable[str] = (),
        record: JsonObject | None = None,
        options: Mapping[str, object] | None = None,
    ) -> None:
        super().__init__(message, hint)
        self.history = tuple(history)
        self.record = dict(record or {})
        self.options = dict(options or {})

    def with_hint(self, hint: str) -> Self:
        """Return the same failure with another hint.

        Args:
            hint: What to try, in terms of the case file.
        """
        return type(self)(self.message, hint, self.history, self.record, self.options)


class NotConverged(SolveFailure):
    """A solve did not reach a solution; another strategy may."""


class OutOfMemory(SolveFailure):
    """Memory does not suffice; no other strategy needs less."""


def nearest(word: str, allowed: Iterable[str]) -> str:
    """Return a sentence that names the nearest allowed word, and all allowed words."""
    options = sorted(allowed)
    close = get_close_matches(word, options, n=1, cutoff=0.6)
    meant = f"did you mean {close[0]!r}? " if close else ""
    return f"{meant}allowed: {', '.join(options) or 'nothing'}"
