"""Canvas: what all figures share.

Style, colours and size; panels; ticks of logarithmic axes; how a figure becomes a picture, and how
figures are drawn one by one, so that one that fails loses nothing else.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from traceback import extract_tb
from typing import Final, TypeVar

from matplotlib import rc_context
from matplotlib.axes import Axes
from matplotlib.axis import Axis
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter

from femsoret.base.log import get_logger

T = TypeVar("T")

log = get_logger(__name__)

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

FEW_DECADES: Final = 30.0
"""Ratio of the ends of an axis up to which ticks at whole decades are too few."""

STYLE: Final[dict[str, str | float | bool]] = {
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
        height: Height, inches.
        width: Width, inches.
    """
    figure, panels = _panels((width, height), 1, 1)
    return figure, panels[0]


def new_panels(heights: Sequence[float]) -> tuple[Figure, list[Axes]]:
    """Return a figure of panels one above the other with a common first axis, and their axes.

    Args:
        heights: Heights of the panels from top to bottom, inches.
    """
    return _panels((WIDTH, sum(heights)), len(heights), 1, heights)


def new_row(number: int, height: float) -> tuple[Figure, list[Axes]]:
    """Return a figure of panels side by side with a common second axis, and their axes.

    Args:
        number: Number of panels.
        height: Height, inches.
    """
    return _panels((WIDTH, height), 1, number)


def _panels(
    size: tuple[float, float], rows: int, columns: int, heights: Sequence[float] | None = None
) -> tuple[Figure, list[Axes]]:
    figure = Figure(figsize=size, dpi=DPI, layout="constrained")
    FigureCanvasAgg(figure)
    panels = figure.subplots(
        rows, columns, sharex=rows > 1, sharey=columns > 1, squeeze=False, height_ratios=heights
    )
    for axes in panels.flat:
        axes.spines[["top", "right"]].set_visible(False)
    return figure, list(panels.flat)


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


def draw_each(painters: Mapping[str, Callable[[], T | None]]) -> tuple[T, ...]:
    """Return what painters draw; an error in one of them is logged and loses that figure alone.

    A figure shows results that exist already. They must not be lost because it cannot be drawn.

    Args:
        painters: Name of a figure -> function that draws it, or returns None.
    """
    pictures = []
    with styled():
        for name, painter in painters.items():
            try:
                picture = painter()
            except Exception as error:  # whatever it is, it is an error of the figure alone
                place = extract_tb(error.__traceback__)[-1]
                log.warning(
                    "warning: the figure %r could not be drawn, all else is complete "
                    "(an error inside femsoret: %s: %s, at %s:%s)",
                    name,
                    type(error).__name__,
                    error,
                    Path(place.filename).name,
                    place.lineno,
                )
            else:
                if picture is not None:
                    pictures.append(picture)
    return tuple(pictures)


def tick_decades(axis: Axis, write: Callable[[float], str]) -> None:
    """Give a logarithmic axis ticks at its decades, or at 1, 2 and 5 of them where there are few.

    Args:
        axis: The axis, its limits set.
        write: Function that returns the text of a tick.
    """
    low, high = sorted(axis.get_view_interval())
    axis.set_major_locator(LogLocator(subs=(1.0, 2.0, 5.0) if high < FEW_DECADES * low else (1.0,)))
    axis.set_major_formatter(FuncFormatter(lambda value, _: write(value)))
    axis.set_minor_formatter(NullFormatter())  # matplotlib's writes 3x10^-1 between decades
