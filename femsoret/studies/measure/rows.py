"""Rows and columns of the histories of transient runs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

Row = Mapping[str, float | int | None]
"""Column name -> number; None where there is none."""


@dataclass(frozen=True)
class Column:
    """One column of the history.

    Args:
        name: Name of the column.
        unit: Unit of its numbers; empty for pure numbers.
        meaning: What the numbers are, in a few words.
    """

    name: str
    unit: str
    meaning: str
