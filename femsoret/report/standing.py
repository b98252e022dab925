"""How a cell stands, in words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

_WHERE: Final = {"above": "above", "below": "below", "side": "the side"}


def standing(frame: Mapping[str, Any]) -> str:
    """Return where a cell is heated from, and which of its sides is up.

    Args:
        frame: The "orientation" of a summary.
    """
    if not frame["gravity"]:
        return "without gravity"
    side = frame["up_side"]
    towards = f"up is towards {side!r}" if side else f"up is {_direction(frame['up'])}"
    heated = frame["heated_from"]
    return towards if heated is None else f"heated from {_WHERE[heated]}; {towards}"


def _direction(up: list[float]) -> str:
    return f"({', '.join(f'{x:.3g}' for x in up)})".replace("-", "−")
