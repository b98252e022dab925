"""What makes the difference between the naive and the corrected value of an unknown."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Cause:
    """A cause of the difference.

    Args:
        kind: "series", "flow", "unknown", "interaction", "noise" or "open".
        name: Name of the unknown that is the cause; empty for other kinds.
        effect: Naive value with this cause less that without it, in the unit of the unknown.
    """

    kind: str
    name: str
    effect: float


@dataclass(frozen=True)
class Explanation:
    """The difference between the naive and the corrected value of one unknown.

    Args:
        name: Name of the unknown.
        naive: The naive value.
        corrected: The corrected value.
        causes: What makes the difference; their effects add up to it.
    """

    name: str
    naive: float
    corrected: float
    causes: tuple[Cause, ...]

    @property
    def difference(self) -> float:
        """The naive less the corrected value."""
        return self.naive - self.corrected
