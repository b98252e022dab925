"""The wall whose Nusselt number a cell is known by."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def main_wall(summary: Mapping[str, Any]) -> str:
    """Return the hot wall; the cold one where a heat flux that leaves there drives the cell.

    Args:
        summary: Summary of a run.
    """
    frame = summary["orientation"]
    leaves = (frame.get("heat_flux") or 0.0) < 0.0
    return str(frame["cold" if leaves else "hot"])


def main_nusselt(summary: Mapping[str, Any]) -> float | None:
    """Return the Nusselt number of that wall; None where it has none.

    Args:
        summary: Summary of a run.
    """
    number: float | None = summary["nusselt"].get(main_wall(summary))
    return number
