"""Exceptions whose messages say what happened, where, what is allowed and what to try.

Every error that a user can cause derives from :class:`FemsoretError`; the command line prints its
message on one rank and exits with a non-zero status. Such errors are raised on all ranks before any
further collective operation, so that no rank is left waiting.
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
"""Exit statuses of the command line; docs/runs.md lists all of them."""


class FemsoretError(Exception):
    """Base class of all errors with a message meant for users.

    Args:
        message: What happened and where, in one or two sentences.
        hint: What is allowed or what to try.

    Attributes:
        status: Exit status of the command line for this error.
        location: Path of keys in the case file that caused the error; empty if unknown.
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
    """A case file cannot be read or contains an invalid key or value."""

    status = WRONG_INPUT


class FluidError(FemsoretError):
    """A fluid is unknown, or one of its properties is missing or physically impossible."""

    status = WRONG_INPUT


class MeshError(FemsoretError):
    """A mesh cannot be read or used: unnamed sides, inverted or empty cells, wrong dimension."""

    status = WRONG_INPUT


class ConditionError(FemsoretError):
    """Boundary conditions conflict, name unknown sides, or leave the problem undetermined."""

    status = WRONG_INPUT


class OutputError(FemsoretError):
    """Results cannot be written or read back."""

    status = NO_OUTPUT


class Interrupted(FemsoretError):
    """A run was stopped by a signal after saving its state."""

    status = 128 + 15  # the status that shells report for a process ended by SIGTERM


class SolveFailure(FemsoretError):
    """A solver returned no solution.

    Args:
        message: Which solve failed, and why it stopped.
        hint: What to try.
        history: Log of the solver, one line per step.
        record: The strategies tried, the progress made and where they stopped, as a JSON object.
        options: PETSc options of the solver; None if unknown.
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
    """A solver did not converge; another strategy may succeed."""


class OutOfMemory(SolveFailure):
    """There is not enough memory, and no other strategy needs less."""


def nearest(word: str, allowed: Iterable[str]) -> str:
    """Return a hint with the closest match to a misspelt word, if any, and all allowed words.

    Args:
        word: The unknown word.
        allowed: All words that are allowed.
    """
    options = sorted(allowed)
    close = get_close_matches(word, options, n=1, cutoff=0.6)
    meant = f"did you mean {close[0]!r}? " if close else ""
    return f"{meant}allowed: {', '.join(options) or 'nothing'}"
