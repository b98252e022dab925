"""Bars: sizes over many decades, where what is next to nothing looks like nothing."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from matplotlib.axes import Axes
from matplotlib.axis import Axis
from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter

from femsoret.report.canvas import GREY, INK

FLOOR: Final = 1e-8
"""Effect on S_T below which there is no bar: rounding and solvers leave less."""

VISIBLE: Final = 1e-2
"""Effect that every axis reaches, so that a bar that fills it is one that a laboratory sees."""

_FEW: Final = 30.0
"""Ratio of the ends of an axis up to which ticks at whole decades are too few."""


def draw_bar(
    axes: Axes, place: float, size: float, text: str, colour: str, error: float | None = None
) -> None:
    """Draw one bar with its number behind it; what is off the axis has its number alone.

    Args:
        axes: With a logarithmic first axis whose limits are set: bars begin at its lower one.
        place: Of the bar.
        size: Where it ends.
        text: Its number.
        colour: Its colour.
        error: Half the length of its whisker, which ends at the edge where the bar begins.
    """
    edge = axes.get_xlim()[0]
    visible = size > edge
    if visible:
        axes.barh(place, size, height=0.62, color=colour)
        if error:
            whisker = [[min(error, size - edge)], [error]]
            axes.errorbar(size, place, xerr=whisker, color=INK, capsize=2.0, lw=0.8)
    axes.annotate(
        text if visible else f"0 ({text})",
        (size + (error or 0.0) if visible else edge, place),
        xytext=(5.0, 0.0),
        textcoords="offset points",
        va="center",
        fontsize=8.5,
        color=INK if visible else GREY,
        bbox={"facecolor": "white", "edgecolor": "none", "pad": 1.0},
    )


def tick_decades(axis: Axis, write: Callable[[float], str]) -> None:
    """Give a logarithmic axis ticks at its decades, or at 1, 2 and 5 of them where there are few.

    Args:
        axis: The axis, its limits set.
        write: Gives the text of a tick.
    """
    low, high = sorted(axis.get_view_interval())
    axis.set_major_locator(LogLocator(subs=(1.0, 2.0, 5.0) if high < _FEW * low else (1.0,)))
    axis.set_major_formatter(FuncFormatter(lambda value, _: write(value)))
    axis.set_minor_formatter(NullFormatter())  # matplotlib's writes 3x10^-1 between decades
