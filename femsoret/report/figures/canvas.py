"""Common parts of all figures."""

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

COMPONENT_COLOURS: Final = (ORANGE, BLUE, GREEN, "#cc79a7", "#e69f00", "#56b4e9", INK)
"""Colours of components, those of Okabe & Ito's palette that are seen on white, repeated after the
last one."""

FEW_DECADES: Final = 30.0
"""Ratio of the ends of an axis below which ticks at whole decades are too few."""

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
        name: File name without its extension.
        title: Title on the page.
        caption: Caption, a sentence or two.
        png: Content of the PNG file.
        width: Width of the figure relative to that of the page's column.
    """

    name: str
    title: str
    caption: str
    png: bytes
    width: float


@contextmanager
def styled() -> Iterator[None]:
    """Apply the style of the report within a context, without changing global settings."""
    with rc_context(STYLE):
        yield


def component_colour(index: int) -> str:
    """Return the colour of a component in figures with a line for each.

    Args:
        index: Position of the component, counted from 0.
    """
    return COMPONENT_COLOURS[index % len(COMPONENT_COLOURS)]


def new_figure(height: float, width: float = WIDTH) -> tuple[Figure, Axes]:
    """Return a figure that is not registered with pyplot, and its axes.

    Args:
        height: Height, inches.
        width: Width, inches.
    """
    figure, panels = _panels((width, height), 1, 1)
    return figure, panels[0]


def new_panels(heights: Sequence[float]) -> tuple[Figure, list[Axes]]:
    """Return a figure of panels one above the other with a common x axis, and their axes.

    Args:
        heights: Heights of the panels from top to bottom, inches.
    """
    return _panels((WIDTH, sum(heights)), len(heights), 1, heights)


def new_row(number: int, height: float) -> tuple[Figure, list[Axes]]:
    """Return a figure of panels side by side with a common y axis, and their axes.

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
        name: File name without its extension.
        title: Title on the page.
        caption: Caption, a sentence or two.
    """
    png = BytesIO()
    # The canvas lays the figure out once, Figure.savefig twice, for a fifth more time. Without the
    # metadata, the same data give the same file.
    FigureCanvasAgg(figure).print_png(png, metadata={"Software": None})
    return Picture(name, title, caption, png.getvalue(), figure.get_figwidth() / WIDTH)


def draw_each(painters: Mapping[str, Callable[[], T | None]]) -> tuple[T, ...]:
    """Return the drawn figures; an error is logged and affects only the figure in which it occurs.

    Results must not be lost because a figure of them cannot be drawn.

    Args:
        painters: Functions that return a picture or None, by the name of the figure.
    """
    pictures = []
    with styled():
        for name, painter in painters.items():
            try:
                picture = painter()
            except Exception as error:  # any error concerns this figure only
                place = extract_tb(error.__traceback__)[-1]
                log.warning(
                    "warning: the figure %r could not be drawn; all other results are complete "
                    "(internal error of femsoret: %s: %s, at %s:%s)",
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
    """Set ticks of a logarithmic axis at decades, or at 1, 2 and 5 if there are few decades.

    Args:
        axis: The axis, whose limits must be set.
        write: Function that returns the text of a tick.
    """
    low, high = sorted(axis.get_view_interval())
    axis.set_major_locator(LogLocator(subs=(1.0, 2.0, 5.0) if high < FEW_DECADES * low else (1.0,)))
    axis.set_major_formatter(FuncFormatter(lambda value, _: write(value)))
    axis.set_minor_formatter(NullFormatter())  # matplotlib's writes 3x10^-1 between decades
