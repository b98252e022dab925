"""A table of texts, as pages show them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

Cells = tuple[str, ...]

NONE: Final = "–"
"""What stands where there is no number."""


@dataclass(frozen=True)
class Table:
    """A table of texts.

    Args:
        title: Its heading.
        columns: Headings of its columns.
        rows: Its rows.
        note: What to say below it.
    """

    title: str
    columns: Cells
    rows: tuple[Cells, ...]
    note: str = ""
