"""Uncertainty budget of an unknown, from all that makes it uncertain."""

from __future__ import annotations

import math
from dataclasses import dataclass


@dataclass(frozen=True)
class BudgetRow:
    """One contribution to the uncertainty of an unknown.

    Args:
        kind: "noise", "prior", "curvature", "misfit", "fluid" or "numerical".
        name: What it is of: an unknown with a prior, an entry of the fluid data; empty for others.
        uncertainty: Standard uncertainty that it makes, in the unit of the unknown; None if the
            source gives no uncertainty of the entry.
        sensitivity: Change of the unknown by a relative change of the entry, in the unit of the
            unknown; None for all but fluid data.
    """

    kind: str
    name: str
    uncertainty: float | None
    sensitivity: float | None = None


@dataclass(frozen=True)
class Budget:
    """The uncertainty budget of one unknown.

    Args:
        name: Name of the unknown.
        rows: The contributions.
        shift: What finer numerics would change the value by, in its unit; None if not estimated.
    """

    name: str
    rows: tuple[BudgetRow, ...]
    shift: float | None = None

    @property
    def total(self) -> float:
        """Root sum of squares of all contributions that are known."""
        return math.sqrt(sum((row.uncertainty or 0.0) ** 2 for row in self.rows))
