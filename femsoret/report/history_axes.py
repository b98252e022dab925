"""What figures of histories share: runs and their colours, points, axes of time."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import numpy as np
from matplotlib.axes import Axes

from femsoret.base.types import Array
from femsoret.report.canvas import BLUE, GREY, ORANGE

Summary = Mapping[str, Any]

MANY: Final = 300
"""Steps from which on they are no longer drawn one by one."""

RUNS: Final = (
    ("with_gravity", "with gravity", ORANGE),
    ("without_gravity", "without gravity", BLUE),
)
"""The runs, what legends call them, and their colours."""

MARKS: Final = {"with_gravity": "o", "without_gravity": "s"}
LINES: Final = {"with_gravity": "-", "without_gravity": "--"}


def points(axes: Axes, t: Array, values: Array, run: str, colour: str, label: str) -> None:
    """Draw the values at steps: one by one, or as a line where they are many.

    Args:
        axes: The axes.
        t: Times in the unit of the axis.
        values: Values at them.
        run: "with_gravity" or "without_gravity".
        colour: Their colour.
        label: What the legend says.
    """
    few = len(t) < MANY
    axes.plot(
        t,
        values,
        MARKS[run] if few else "-",
        color=colour,
        mfc="white",
        ms=4.0,
        lw=1.0,
        zorder=3.0,
        label=label,
    )


def dense_times(t: Array) -> Array:
    """Return times that make a smooth curve, dense where the course begins.

    Args:
        t: Times of the steps.
    """
    return np.asarray(np.concatenate([[0.0], np.geomspace(1e-6, 1.0, 600)]) * t[-1])


def dress(axes: Axes, summary: Summary, per_tau: float) -> None:
    """Draw the grid and where the protocol jumps or bends.

    Args:
        axes: The axes.
        summary: The summary.
        per_tau: tau in the unit of the axis.
    """
    axes.grid(color=GREY, alpha=0.2, lw=0.6)
    breaks = [time for time in summary["time"]["breaks"] if time > 0.0]
    if len(breaks) < MANY:
        for time in breaks:
            at = time / summary["time"]["tau"] * per_tau
            axes.axvline(at, color=GREY, lw=0.7, ls="-", alpha=0.6, zorder=0.5)


def time_axes(panels: list[Axes], summary: Summary) -> None:
    """Label the time below and, in relaxation times, above.

    Args:
        panels: From top to bottom.
        summary: The summary.
    """
    tau = summary["time"]["tau"]
    panels[-1].set_xlabel(f"t / {time_unit(summary)}")
    above = panels[0].secondary_xaxis("top", functions=(lambda t: t / tau, lambda x: x * tau))
    above.set_xlabel("t / τ")


def time_unit(summary: Summary) -> str:
    """Return the unit of times on axes.

    Args:
        summary: The summary.
    """
    return "s" if summary["units"] == "SI" else "(L²/α)"
