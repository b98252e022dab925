"""Canvas: what all figures share: style, colours, size, and how a picture becomes a file."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from io import BytesIO
from typing import Any, Final

from matplotlib import rc_context
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

DPI: Final = 180

WIDTH: Final = 6.4
"""Width of a figure, inches."""

INK: Final = "#1b1f24"
GREY: Final = "#6b7280"
PALE_GREY: Final = "#e5e7eb"
BLUE: Final = "#0072b2"  # Okabe & Ito's palette, as are the next two
ORANGE: Final = "#d55e00"
GREEN: Final = "#009e73"
PALE_GREEN: Final = "#8fd3bf"

STYLE: Final[dict[str, Any]] = {
    "font.family": "DejaVu Sans",
    "font.size": 9.0,
    "axes.edgecolor": GREY,
    "axes.linewidth": 0.7,
    "axes.labelcolor": INK,
    "xtick.color": GREY,
    "ytick.color": GREY,
    "xtick.labelcolor": INK,
    "ytick.labelcolor": INK,
    "text.color": INK,
    "legend.frameon": False,
    "hatch.linewidth": 0.6,
    "mathtext.default": "regular",
}


@dataclass(frozen=True)
class Picture:
    """One figure.

    Args:
        name: File name without its ending.
        title: Its title on the page.
        caption: What is seen, in a sentence or two.
        png: The picture.
        width: Its width relative to that of a page's column.
    """

    name: str
    title: str
    caption: str
    png: bytes
    width: float


@contextmanager
def styled() -> Iterator[None]:
    """Draw in the style of the report; a program that imports femsoret keeps its own."""
    with rc_context(STYLE):
        yield


def new_figure(height: float, width: float = WIDTH) -> tuple[Figure, Axes]:
    """Return a figure that no global state knows, and its axes.

    Args:
        height: Inches.
        width: Inches.
    """
    figure = Figure(figsize=(width, height), dpi=DPI, layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.add_subplot()
    axes.spines[["top", "right"]].set_visible(False)
    return figure, axes


def new_panels(heights: Sequence[float]) -> tuple[Figure, list[Axes]]:
    """Return a figure of panels one above the other, with a common first axis, and their axes.

    Args:
        heights: Of the panels, inches, from top to bottom.
    """
    figure = Figure(figsize=(WIDTH, sum(heights)), dpi=DPI, layout="constrained")
    FigureCanvasAgg(figure)
    panels = figure.subplots(len(heights), 1, sharex=True, squeeze=False, height_ratios=heights)
    for axes in panels[:, 0]:
        axes.spines[["top", "right"]].set_visible(False)
    return figure, list(panels[:, 0])


def new_row(number: int, height: float) -> tuple[Figure, list[Axes]]:
    """Return a figure of panels side by side, with a common second axis, and their axes.

    Args:
        number: Of panels.
        height: Inches.
    """
    figure = Figure(figsize=(WIDTH, height), dpi=DPI, layout="constrained")
    FigureCanvasAgg(figure)
    panels = figure.subplots(1, number, sharey=True, squeeze=False)
    for axes in panels[0]:
        axes.spines[["top", "right"]].set_visible(False)
    return figure, list(panels[0])


def finish(figure: Figure, name: str, title: str, caption: str) -> Picture:
    """Return a figure as a picture.

    Args:
        figure: The figure.
        name: File name without its ending.
        title: Its title on the page.
        caption: What is seen.
    """
    png = BytesIO()
    # Without the metadata, the same data give the same file.
    figure.savefig(png, format="png", dpi=DPI, metadata={"Software": None})
    return Picture(name, title, caption, png.getvalue(), figure.get_figwidth() / WIDTH)
