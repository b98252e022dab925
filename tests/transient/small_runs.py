"""Transient cases so small that they run in a second, and what is compared of them."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import numpy as np

from femsoret.io.history import read_history

CELL = """
title = "Small transient cell"
[cell]
kind = "rectangle"
size = ["10 mm", "5 mm"]
cells = [4, 3]
[fluid]
name = "water-ethanol"
[gravity]
tilt = "1 deg"
[[condition]]
kind = "temperature"
sides = ["top"]
value = "300.65 K"
[[condition]]
kind = "temperature"
sides = ["bottom"]
value = "290.65 K"
[output]
formats = []
figures = false
[time]
end = "0.3 tau"
tolerance = 1e-2
checkpoint = { steps = 7 }
"""

BOX = (
    CELL.replace('"rectangle"', '"box"')
    .replace('"5 mm"]', '"5 mm", "5 mm"]')
    .replace("cells = [4, 3]", "cells = [2, 2, 2]")
    .replace("0.3 tau", "20 s")
)

HISTORIES = ("history.csv", "history_without_gravity.csv")

BOOKS = ("balance.mass", "balance.species", "balance.heat", "error_of_step")
"""Columns whose scale is 1: round-off over what passed, and an error over what is allowed."""


class SignalAt:
    """A progress that sends a signal to its own process after a step of a march.

    Args:
        step: The step.
        number: The signal.
        label: The march.
    """

    def __init__(self, step: int, number: int = signal.SIGTERM, label: str = "with gravity"):
        self.step, self.number, self.label = step, number, label
        self.seen: list[int] = []

    def show(self, position) -> None:
        self.seen.append(position.step)
        if (position.step, position.label) == (self.step, self.label):
            os.kill(os.getpid(), self.number)


def largest_difference(one: Path, other: Path) -> float:
    """Return the largest difference of two runs' histories, over the scale of each quantity."""
    worst = 0.0
    for name in HISTORIES:
        rows, same = read_history(one / name), read_history(other / name)
        assert len(rows) == len(same)
        kinds: dict[str, tuple[float, float]] = {}
        for column in rows[0]:
            a, b = (np.array([row[column] for row in r], dtype=float) for r in (rows, same))
            kind = column.partition(".")[0] if column not in BOOKS else column
            difference, scale = kinds.get(kind, (0.0, 1.0 if column in BOOKS else 0.0))
            # The heat flow of an insulated side counts against that of the others.
            kinds[kind] = (
                max(difference, float(np.abs(a - b).max())),
                max(scale, float(np.abs(b).max())),
            )
        worst = max(worst, *(difference / (scale or 1.0) for difference, scale in kinds.values()))
    return worst
