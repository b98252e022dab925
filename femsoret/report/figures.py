"""Figures: drawn from samples and the summary alone, without the mesh and without global state."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from io import BytesIO
from typing import Any, Final

import numpy as np
import numpy.typing as npt
from matplotlib import rc_context
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.text import OffsetFrom
from scipy.integrate import cumulative_trapezoid

from femsoret.report.rounding import percent, plain, short
from femsoret.report.samples import Plane, Samples
from femsoret.report.units import Scale, composition_scale, units_of

Array = npt.NDArray[np.float64]
Summary = Mapping[str, Any]

DPI: Final = 180

NAMES: Final = frozenset({"temperature", "composition", "flow", "profile", "budget"})
"""All figures that there may be."""

WIDTH: Final = 6.4
"""Width of a figure, inches."""

MOST_SLENDER: Final = 4.0
"""Ratio of sides beyond which the shorter one is drawn stretched."""

NEGLIGIBLE: Final = 1e-2
"""Part of the whole uncertainty below which an entry has no bar: it would change 1 in 20,000."""

STREAMLINES: Final = 13
STREAMLINES_IN_SLOT: Final = 7
MANY_VERTICES: Final = 12  # of a streamline: on a shorter one an arrow would hide it

STILL: Final = 1e-6
"""Peclet number below which there is no flow to draw, only round-off."""

# Perceptually uniform, and told apart with every kind of colour vision.
TEMPERATURE_MAP: Final = "inferno"
COMPOSITION_MAP: Final = "viridis"
INK: Final = "#1b1f24"
GREY: Final = "#6b7280"
BLUE: Final = "#0072b2"  # Okabe & Ito's palette, as are the next two
ORANGE: Final = "#d55e00"
GREEN: Final = "#009e73"

WORDS: Final = {"soret": "Soret coefficient", "diffusion": "diffusion coefficient"}
"""Names of fluid entries that say too little by themselves."""

STYLE: Final[dict[str, Any]] = {
    "font.family": "DejaVu Sans",
    "font.size": 9.0,
    "axes.edgecolor": GREY,
    "axes.linewidth": 0.7,
    "axes.labelcolor": INK,
    "axes.titlesize": 10.0,
    "axes.titlelocation": "left",
    "xtick.color": GREY,
    "ytick.color": GREY,
    "xtick.labelcolor": INK,
    "ytick.labelcolor": INK,
    "text.color": INK,
    "legend.frameon": False,
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


def draw(samples: Samples, summary: Summary) -> tuple[Picture, ...]:
    """Return the figures of a run, as far as it has anything to show in them.

    Args:
        samples: Samples of its fields.
        summary: Its summary.
    """
    painters: list[Callable[[Samples, Summary], Picture]] = [_temperature]
    if summary["separation"] is not None:
        painters += [_composition, _profile]
        if budget(summary):
            painters.append(_budget)
    else:
        painters.append(_flow)
    # Restored afterwards: a program that imports femsoret keeps its own style.
    with rc_context(STYLE):
        return tuple(paint(samples, summary) for paint in painters)


# -- fields --------------------------------------------------------------------------------------


def _temperature(samples: Samples, summary: Summary) -> Picture:
    units = units_of(summary)
    figure, axes, note = _canvas(samples.plane, summary)
    T = np.ma.masked_invalid(samples.T0 + samples.plane.theta)
    unit = units.temperature
    lines = _field(figure, axes, samples.plane, summary, T, TEMPERATURE_MAP, f"T / {unit}")
    _isolines(axes, samples.plane, summary, T, lines)
    step = lines[1] - lines[0] if len(lines) > 1 else 0.0
    return _picture(
        figure,
        "temperature",
        "Temperature",
        f"Temperature with isotherms every {short(step)} {unit}{note}.",
    )


def _composition(samples: Samples, summary: Summary) -> Picture:
    plane, units = samples.plane, units_of(summary)
    figure, axes, note = _canvas(plane, summary)
    scale = _composition_unit(samples, summary)
    values = np.ma.masked_invalid(plane.gamma) * scale.factor
    _field(figure, axes, plane, summary, values, COMPOSITION_MAP, _composition_label(scale))
    flow = _streamlines(axes, plane, summary)
    species = summary["separation"]["species"]
    fastest = f"{short(summary['max_speed'] * units.speed.factor)} {units.speed.label}"
    streams = (
        f"with {_kind_of_lines(plane)}; the largest speed is {fastest}"
        if flow
        else f"without streamlines, since nothing flows (largest speed {fastest})"
    )
    return _picture(
        figure,
        "composition",
        "Composition and flow",
        f"Mass fraction of {species} less its mean, {streams}{note}.",
    )


def _flow(samples: Samples, summary: Summary) -> Picture:
    plane, units = samples.plane, units_of(summary)
    figure, axes, note = _canvas(plane, summary)
    speed = np.ma.masked_invalid(plane.speed) * units.speed.factor
    label = f"|u| / ({units.speed.label})"
    _field(figure, axes, plane, summary, speed, COMPOSITION_MAP, label)
    _streamlines(axes, plane, summary)
    fastest = f"{short(summary['max_speed'] * units.speed.factor)} {units.speed.label}"
    return _picture(
        figure,
        "flow",
        "Flow",
        f"Speed with {_kind_of_lines(plane)}; the largest speed is {fastest}{note}.",
    )


def _kind_of_lines(plane: Plane) -> str:
    if len(plane.across) == 2:
        return "streamlines, between which the same amount flows"
    return "lines along the velocity in the plane, thicker where it is faster"


def _stretch(plane: Plane) -> tuple[float, float]:
    """Return by how much the picture's two directions are stretched: 1 for all but slots."""
    width, height = np.ptp(plane.s), np.ptp(plane.t)
    across = max(1.0, height / width / MOST_SLENDER)
    upright = max(1.0, width / height / MOST_SLENDER)
    return float(across), float(upright)


def _canvas(plane: Plane, summary: Summary) -> tuple[Figure, Axes, str]:
    """Return a figure whose shape suits the plane, its axes, and what its caption has to add."""
    across, upright = _stretch(plane)
    aspect = np.ptp(plane.t) * upright / (np.ptp(plane.s) * across)
    width = WIDTH - 1.9  # less labels and colour bar
    height = min(width * aspect, 6.0)
    figure, axes = _figure(height + 1.0, max(height / aspect + 1.9, 0.5 * WIDTH))
    scale = units_of(summary).length
    axes.set_aspect(upright / across)
    axes.set_xlabel(f"{_direction(plane.across)} / {scale.label}")
    axes.set_ylabel(f"{_direction(plane.upright)} / {scale.label}")
    notes = ""
    if len(plane.across) == 3:
        notes += (
            f", in the plane {_direction(plane.across)} and {_direction(plane.upright)} "
            "through the middle of the cell, which holds its axis and the direction of gravity"
        )
    if across > 1.0:
        notes += f"; drawn {across:.3g} times as wide as it is"
    if upright > 1.0:
        notes += f"; drawn {upright:.3g} times as high as it is"
    return figure, axes, notes


def _figure(height: float, width: float = WIDTH) -> tuple[Figure, Axes]:
    figure = Figure(figsize=(width, height), dpi=DPI, layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.add_subplot()
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)
    return figure, axes


def _direction(vector: Array) -> str:
    """Return the name of a coordinate, or the components of another direction."""
    for name, e in zip("xyz", np.eye(3)[:, : len(vector)], strict=False):
        along = float(vector @ e)
        if abs(abs(along) - 1.0) < 1e-9:
            return name if along > 0 else f"−{name}"
    return "along (" + ", ".join(f"{v + 0.0:.2g}".replace("-", "−") for v in vector) + ")"


def _grid(plane: Plane, summary: Summary) -> tuple[Array, Array]:
    scale = units_of(summary).length
    return plane.s * scale.factor, plane.t * scale.factor


def _field(
    figure: Figure,
    axes: Axes,
    plane: Plane,
    summary: Summary,
    values: Any,
    colours: str,
    label: str,
) -> Array:
    """Draw a field, its colour bar and gravity; return the round levels within its range."""
    s, t = _grid(plane, summary)
    image = axes.pcolormesh(s, t, values, cmap=colours, shading="gouraud", rasterized=True)
    bar = figure.colorbar(image, ax=axes, fraction=0.05, pad=0.03, aspect=25)
    bar.set_label(label)
    bar.outline.set_visible(False)
    bar.ax.ticklabel_format(useOffset=False)
    axes.set_xlim(s[0], s[-1])
    axes.set_ylim(t[0], t[-1])
    for spine in axes.spines.values():
        spine.set_visible(False)
    _gravity(axes, plane, summary)
    ticks = np.asarray(bar.get_ticks())
    return ticks[(ticks > values.min()) & (ticks < values.max())]


def _isolines(axes: Axes, plane: Plane, summary: Summary, values: Any, levels: Array) -> None:
    if len(levels):
        axes.contour(*_grid(plane, summary), values, levels, colors="white", linewidths=0.8)


def _streamlines(axes: Axes, plane: Plane, summary: Summary) -> bool:
    """Draw streamlines unless nothing flows; return whether they were drawn."""
    peclet = summary["peclet"]["solutal"] or summary["peclet"]["thermal"]
    if not peclet > STILL:
        return False
    if len(plane.across) == 2:
        _stream_function(axes, plane, summary)
    else:
        _paths_in_plane(axes, plane, summary)
    return True


def _stream_function(axes: Axes, plane: Plane, summary: Summary) -> None:
    """Draw lines of the stream function with arrows: between two lines flows the same amount."""
    s, t = _grid(plane, summary)
    # What crosses the line from below the cell up to a point. Walls let nothing through, so that
    # at rest outside is a continuation, whatever the shape of the cell.
    psi = cumulative_trapezoid(np.nan_to_num(plane.velocity[..., 0]), t, axis=0, initial=0.0)
    inside = np.ma.array(psi, mask=np.isnan(plane.theta))
    count = STREAMLINES if max(_stretch(plane)) == 1.0 else STREAMLINES_IN_SLOT
    levels = np.linspace(inside.min(), inside.max(), count + 2)[1:-1]
    step = levels[1] - levels[0]
    levels = levels[np.abs(levels) > 0.1 * step]  # the walls are the line of zero
    lines = axes.contour(s, t, inside, levels, colors="white", linewidths=0.9, linestyles="solid")
    for loop in (loop for loops in lines.allsegs[::2] for loop in loops):
        _arrow_on(axes, plane, loop, s, t)


def _arrow_on(axes: Axes, plane: Plane, line: Array, s: Array, t: Array) -> None:
    """Draw an arrow in the direction of the flow where it is fastest along a streamline."""
    if len(line) < MANY_VERTICES:
        return
    column = np.abs(line[:, 0, None] - s).argmin(axis=1)
    row = np.abs(line[:, 1, None] - t).argmin(axis=1)
    here = int(np.nan_to_num(plane.speed[row, column])[1:-1].argmax()) + 1
    ahead = line[here + 1] - line[here - 1]
    if ahead @ plane.velocity[row[here], column[here]] < 0.0:
        ahead = -ahead
    axes.annotate(
        "",
        xy=tuple(line[here]),
        xytext=tuple(line[here] - 1e-2 * ahead),  # a head without a shaft
        arrowprops={
            "arrowstyle": "-|>,head_length=0.7,head_width=0.3",
            "color": "white",
            "lw": 0.0,
            "shrinkA": 0.0,
            "shrinkB": 0.0,
        },
    )


def _paths_in_plane(axes: Axes, plane: Plane, summary: Summary) -> None:
    """Draw lines along the velocity in a plane, which need not close: it flows through the plane."""
    s, t = _grid(plane, summary)
    u = np.ma.masked_invalid(plane.velocity)
    speed = np.ma.masked_invalid(np.linalg.norm(plane.velocity, axis=-1))
    axes.streamplot(
        s,
        t,
        u[..., 0],
        u[..., 1],
        color="white",
        density=0.9,
        linewidth=0.4 + 1.2 * (speed / speed.max()).filled(0.0),
        arrowsize=0.7,
    )
    axes.set_xlim(s[0], s[-1])
    axes.set_ylim(t[0], t[-1])


def _gravity(axes: Axes, plane: Plane, summary: Summary) -> None:
    """Draw the direction of gravity beside the upper right corner of the field."""
    if not summary["orientation"]["gravity"]:
        return
    down = -plane.up
    middle = np.array([0.0, 17.0])
    tip, tail = middle + 11.0 * down, middle - 11.0 * down
    box = {"xycoords": "axes fraction", "textcoords": "offset points", "annotation_clip": False}
    corner = (0.97, 1.0)
    axes.annotate("", corner, xytext=tuple(tip), **box)
    axes.annotate(
        "",
        xy=tuple(tip),
        xycoords=_offset(axes, corner),
        xytext=tuple(tail),
        textcoords=_offset(axes, corner),
        arrowprops={"arrowstyle": "-|>", "color": INK, "lw": 1.3, "shrinkA": 0, "shrinkB": 0},
        annotation_clip=False,
    )
    axes.annotate("g", corner, xytext=(-13.0, 13.0), style="italic", **box)


def _offset(axes: Axes, corner: tuple[float, float]) -> Any:
    """Return coordinates in points from a corner of the axes."""
    return OffsetFrom(axes.patch, corner, unit="points")


# -- profile -------------------------------------------------------------------------------------


def _composition_unit(samples: Samples, summary: Summary) -> Scale:
    values = [samples.plane.gamma, samples.profile.gamma, samples.profile.gamma_reference]
    largest = max(float(np.nanmax(np.abs(v), initial=0.0)) for v in values)
    slope = samples.scale if summary["units"] == "groups" else None
    return composition_scale(largest, slope=slope)


def _composition_label(scale: Scale) -> str:
    unit = "S$_T$ f ΔT" if "f" in scale.label else scale.label
    if not unit:
        return "c − c$_0$"
    return f"(c − c$_0$) / {unit}" if unit != "S$_T$ f ΔT" else f"(c − c$_0$) / ({unit})"


def _profile(samples: Samples, summary: Summary) -> Picture:
    profile, units = samples.profile, units_of(summary)
    scale = _composition_unit(samples, summary)
    x = profile.distance * units.length.factor
    figure, axes = _figure(3.7)
    axes.plot(x, profile.gamma * scale.factor, color=ORANGE, lw=2.0, label="with gravity")
    axes.plot(
        x, profile.gamma_reference * scale.factor, color=BLUE, lw=2.0, label="without gravity"
    )
    every = slice(None, None, 25)
    axes.plot(
        x[every],
        profile.gamma_closed[every] * scale.factor,
        "o",
        color=INK,
        mfc="white",
        ms=5.0,
        clip_on=False,
        zorder=3.0,
        label="closed form without flow",
    )
    axes.set_xlabel(f"distance from the cold wall along the axis / {units.length.label}")
    axes.set_ylabel(_composition_label(scale))
    axes.margins(x=0.0)
    axes.grid(color=GREY, alpha=0.2, lw=0.6)
    _separations(axes, samples, scale)
    axes.legend(loc="best")
    separation = summary["separation"]
    unit = f" {scale.label}" if scale.label else ""
    shown, without = (
        plain(separation[key] * scale.factor, 4) for key in ("value", "without_gravity")
    )
    return _picture(
        figure,
        "profile",
        "Composition along the axis",
        f"Mass fraction of {separation['species']} less its mean along the axis of the cell, and "
        "the closed form Φ(c) + ∫S_T dT = const. Arrows: separation along this axis. The readings differ, cold less hot, by "
        f"{shown}{unit} with gravity and {without}{unit} without.",
    )


def _separations(axes: Axes, samples: Samples, scale: Scale) -> None:
    """Mark the separation of both profiles beside the hot end."""
    profile = samples.profile
    for values, colour, place in (
        (profile.gamma, ORANGE, 1.03),
        (profile.gamma_reference, BLUE, 1.06),
    ):
        ends = values[np.isfinite(values)][[0, -1]] * scale.factor
        axes.annotate(
            "",
            xy=(place, ends[0]),
            xytext=(place, ends[1]),
            xycoords=axes.get_yaxis_transform(),
            textcoords=axes.get_yaxis_transform(),
            arrowprops={"arrowstyle": "<->", "color": colour, "lw": 1.3, "shrinkA": 0, "shrinkB": 0},
            annotation_clip=False,
        )


# -- error budget --------------------------------------------------------------------------------


def _budget(samples: Samples, summary: Summary) -> Picture:
    bars = budget(summary)
    figure, axes = _figure(1.0 + 0.3 * len(bars))
    values = [bar.value for bar in bars]
    places = np.arange(len(bars))[::-1]
    axes.barh(places, values, height=0.62, color=[bar.colour for bar in bars])
    axes.set_yticks(places, [bar.label for bar in bars])
    axes.tick_params(axis="y", length=0.0)
    axes.set_xscale("log")
    low = min(values)
    axes.set_xlim(0.5 * low, 4.0 * max(values))
    for place, bar in zip(places, bars, strict=True):
        axes.annotate(
            percent(bar.value),
            (bar.value, place),
            xytext=(4.0, 0.0),
            textcoords="offset points",
            va="center",
            fontsize=8.0,
        )
    axes.set_xlabel("relative to S$_T$ (logarithmic scale)")
    axes.xaxis.set_major_formatter(lambda value, _: percent(value))
    axes.grid(axis="x", color=GREY, alpha=0.2, lw=0.6)
    axes.set_axisbelow(True)
    return _picture(
        figure,
        "budget",
        "Error budget",
        "Size of the bias, and of what makes it uncertain: the numerical error (a bound) and the "
        "uncertainty of the fluid data (one standard deviation), all together and entry by entry.",
    )


@dataclass(frozen=True)
class Bar:
    """One bar of the error budget.

    Args:
        label: What it is.
        value: Its size relative to S_T, positive.
        colour: Its colour.
    """

    label: str
    value: float
    colour: str


def budget(summary: Summary) -> tuple[Bar, ...]:
    """Return the bars of the error budget; what is zero or unknown has none.

    Args:
        summary: Summary of a run with species.
    """
    if summary["soret"]["bias"] is None:
        return ()
    data = summary["data_uncertainty"]
    entries = data.get("entries", {})
    bars = [
        Bar("bias", abs(summary["soret"]["bias"]), ORANGE),
        Bar("numerical error", summary["numerical_error"].get("soret.bias", 0.0), BLUE),
        Bar("fluid data, together", data.get("bias", 0.0), GREEN),
    ]
    parts = [
        Bar(WORDS.get(name, name.replace("_", " ")), entry["of_bias"], "#8fd3bf")
        for name, entry in entries.items()
        if (entry["of_bias"] or 0.0) > NEGLIGIBLE * data["bias"]
    ]
    bars += sorted(parts, key=lambda bar: -bar.value)
    return tuple(bar for bar in bars if bar.value)


def _picture(figure: Figure, name: str, title: str, caption: str) -> Picture:
    png = BytesIO()
    # Without the metadata, the same data give the same file whatever wrote it.
    figure.savefig(png, format="png", dpi=DPI, metadata={"Software": None})
    return Picture(name, title, caption, png.getvalue(), figure.get_figwidth() / WIDTH)
