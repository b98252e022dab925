"""Figures of fields in a plane: temperature, composition, flow and entropy production."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.path import Path
from matplotlib.text import OffsetFrom
from scipy.integrate import cumulative_trapezoid
from scipy.ndimage import distance_transform_edt

from femsoret.base.types import Array
from femsoret.report.figures.canvas import (
    GREY,
    INK,
    PALE_GREY,
    WIDTH,
    Picture,
    finish,
    new_figure,
    new_panels,
    new_row,
)
from femsoret.report.figures.samples import Plane, Samples
from femsoret.report.words.components import by_component
from femsoret.report.words.numbers import short
from femsoret.report.words.phrases import is_solid
from femsoret.report.words.units import (
    SEPARATION,
    Scale,
    Summary,
    fraction_label,
    fraction_unit,
    is_axisymmetric,
    letters_of,
    units_of,
)

MOST_SLENDER: Final = 4.0
"""Aspect ratio above which the shorter side is drawn stretched."""

STREAMLINES: Final = 13
STREAMLINES_IN_SLOT: Final = 7
MANY_VERTICES: Final = 12  # of a streamline; on shorter ones an arrow would hide the line

ARROWS: Final = 26
"""Number of arrows along the longer side of a plane of a 3D cell."""

LONGEST_ARROW: Final = 1.2
"""Length of the longest arrow, over the distance of the arrows."""

STILL: Final = 1e-6
"""Peclet number below which the flow is round-off and is not drawn."""

# Perceptually uniform, and suitable for all kinds of colour vision.
TEMPERATURE_MAP: Final = "inferno"
FIELD_MAP: Final = "viridis"
ENTROPY_MAP: Final = "magma"

CONCENTRATED: Final = 0.05
"""Median of the entropy production relative to its maximum, below which logarithms are shown."""

DECADES: Final = 4
"""Decades below the maximum that logarithms show."""

ENTROPY_PARTS: Final = ("conduction of heat", "diffusion of the components", "friction")
ENTROPY_KEYS: Final = ("conduction", "diffusion", "viscous")
"""Parts of the entropy production in the figure, and their keys in summary.json."""


def temperature(samples: Samples, summary: Summary) -> Picture:
    """Return the figure of the temperature with isotherms."""
    plane, unit = samples.plane, units_of(summary).temperature
    figure, axes = _canvas(plane, summary)
    border = plane.border
    T = extended(samples.T0 + plane.theta, border)
    levels = _field(figure, axes, plane, summary, T, border, TEMPERATURE_MAP, f"T / {unit}")
    caption = "Temperature"
    if len(levels):
        s, t = _grid(plane, summary)
        lines = axes.contour(s, t, T, levels, colors="white", linewidths=0.8, linestyles="solid")
        clip(axes, lines, border, units_of(summary).length.factor)
        caption += " with isotherms"
    if len(levels) > 1:
        caption += f" every {short(float(levels[1] - levels[0]))} {unit}"
    return finish(figure, "temperature", "Temperature", f"{caption}{_notes(plane, summary)}.")


def composition(samples: Samples, summary: Summary) -> Picture:
    """Return the figure of the composition with streamlines, with a panel for each component."""
    plane, border = samples.plane, samples.plane.fluid_border
    fields = by_component(plane.gamma, summary)
    if len(fields) == 1:
        figure, axes = _canvas(plane, summary)
        panels, shown = [axes], f"Mass fraction of {summary['separation']['species']} less its mean"
        scales = [composition_unit(samples, summary)]
    else:
        figure, panels = _stacked(plane, summary, len(fields))
        shown = "Mass fraction of each component less its mean, each on its own scale"
        scales = [fraction_unit(float(np.nanmax(np.abs(gamma)))) for gamma in fields.values()]
    flow = ""
    for axes, scale, (name, gamma) in zip(panels, scales, fields.items(), strict=True):
        values = extended(gamma * scale.factor, border)
        _field(figure, axes, plane, summary, values, border, FIELD_MAP, composition_label(scale))
        flow = _streamlines(axes, plane, summary)
        if len(fields) > 1:
            axes.set_title(name, fontsize="medium", loc="left")
            axes.label_outer()
    title = "Composition" if is_solid(summary) else "Composition and flow"
    return finish(figure, "composition", title, f"{shown}, {flow}{_notes(plane, summary)}.")


def flow(samples: Samples, summary: Summary) -> Picture:
    """Return the figure of the speed with streamlines, for a pure fluid."""
    plane, scale = samples.plane, units_of(summary).speed
    figure, axes = _canvas(plane, summary)
    label, border = f"|u| / ({scale.label})", plane.fluid_border
    values = extended(plane.speed * scale.factor, border)
    _field(figure, axes, plane, summary, values, border, FIELD_MAP, label)
    lines = _streamlines(axes, plane, summary)
    return finish(figure, "flow", "Flow", f"Speed, {lines}{_notes(plane, summary)}.")


def entropy_production(samples: Samples, summary: Summary) -> Picture | None:
    """Return the figure of the entropy production by conduction, diffusion and friction.

    None if it was not evaluated. Each part has its own colours, since they differ by orders of
    magnitude.
    """
    plane, unit = samples.plane, units_of(summary).entropy_production
    shown = [
        (name, np.asarray(values, dtype=np.float64))
        for name, values in zip(ENTROPY_PARTS, plane.production, strict=False)
        if np.nanmax(values) > 0.0
    ]
    if not shown:
        return None
    figure, panels = _stacked(plane, summary, len(shown))
    for axes, (name, values) in zip(panels, shown, strict=True):
        border, field, label = plane.fluid_border, *_in_decades(values, unit.label)
        _field(figure, axes, plane, summary, extended(field, border), border, ENTROPY_MAP, label)
        axes.set_title(name, fontsize="medium", loc="left")
        axes.label_outer()
    total = summary["entropy"]
    of = [total[key] * units_of(summary).entropy.factor for key in ENTROPY_KEYS]
    parts = ENTROPY_PARTS[:-1] if is_solid(summary) else ENTROPY_PARTS  # a solid has no friction
    stated = ", ".join(f"{name} {short(value)}" for name, value in zip(parts, of, strict=False))
    return finish(
        figure,
        "entropy",
        "Entropy production",
        "Entropy produced in the steady state, each part on its own scale. In the whole cell, in "
        f"{units_of(summary).entropy.label}: {stated}{_notes(plane, summary)}.",
    )


def _in_decades(values: Array, unit: str) -> tuple[Array, str]:
    """Return positive values in a power of ten of a unit, or as logarithms, and their label.

    Logarithms are taken where most of the values are far below the largest one.
    """
    largest = float(np.nanmax(values))
    if float(np.nanmedian(values)) < CONCENTRATED * largest:
        shown = np.log10(np.maximum(values, 10.0**-DECADES * largest))
        return np.asarray(shown), f"log$_{{10}}$ of {unit}"
    exponent = int(np.floor(np.log10(largest)))
    label = f"10$^{{{exponent}}}$ {unit}" if exponent else unit
    return np.asarray(values * 10.0**-exponent), label


# -- canvas --------------------------------------------------------------------------------------


def _stacked(plane: Plane, summary: Summary, number: int) -> tuple[Figure, list[Axes]]:
    """Return a figure with panels of the aspect ratio of the plane, side by side if it is tall."""
    across, upright = _stretch(plane)
    ratio = _shown_ratio(plane)
    if ratio > 1.0:
        width = (WIDTH - 1.0) / number - 0.9
        figure, panels = new_row(number, width * ratio + 1.2)
    else:
        height = min((WIDTH - 1.9) * ratio, 6.0 / number)
        figure, panels = new_panels([height + 0.45] * number)
        figure.set_figwidth(max(height / ratio + 1.5, 0.5 * WIDTH))
    for axes in panels:
        axes.set_aspect(upright / across)
        axes.set_xlabel(_axis_label(plane.across, summary))
        axes.set_ylabel(_axis_label(plane.upright, summary))
    return figure, panels


def _canvas(plane: Plane, summary: Summary) -> tuple[Figure, Axes]:
    """Return a figure with the aspect ratio of the plane, and its axes."""
    across, upright = _stretch(plane)
    ratio = _shown_ratio(plane)
    height = min((WIDTH - 1.9) * ratio, 6.0)
    # 1.9 and 1.0 inches are for labels, colour bar and the arrow of gravity.
    figure, axes = new_figure(height + 1.0, max(height / ratio + 1.9, 0.5 * WIDTH))
    axes.set_aspect(upright / across)
    axes.set_xlabel(_axis_label(plane.across, summary))
    axes.set_ylabel(_axis_label(plane.upright, summary))
    return figure, axes


def _stretch(plane: Plane) -> tuple[float, float]:
    """Return the stretch factors of the picture's two directions: 1 except for slender planes."""
    ratio = float(np.ptp(plane.t) / np.ptp(plane.s))
    return max(1.0, ratio / MOST_SLENDER), max(1.0, 1.0 / ratio / MOST_SLENDER)


def _shown_ratio(plane: Plane) -> float:
    """Return height over width as drawn."""
    across, upright = _stretch(plane)
    return float(np.ptp(plane.t) * upright / (np.ptp(plane.s) * across))


def _notes(plane: Plane, summary: Summary) -> str:
    """Return remarks for a caption on how the plane is shown."""
    notes = "; solid walls hatched" if plane.solid.any() else ""
    letters = letters_of(summary)
    if len(letters) == 3:
        first, second = (_direction(vector, letters) for vector in (plane.across, plane.upright))
        notes += (
            f"; in the plane of {first} and {second} through "
            "the middle of the cell, which contains its axis and the direction of gravity"
        )
    if is_axisymmetric(summary):
        notes += "; half of a cut through the axis of symmetry, r = 0"
    across, upright = _stretch(plane)
    if across > 1.0:
        notes += f"; drawn {short(across)} times as wide as it is"
    if upright > 1.0:
        notes += f"; drawn {short(upright)} times as high as it is"
    return notes


def _axis_label(vector: Array, summary: Summary) -> str:
    name = _direction(vector, letters_of(summary))
    unit = units_of(summary).length.label
    return f"along {name} / {unit}" if name.startswith("(") else f"{name} / {unit}"


def _direction(vector: Array, letters: Sequence[str]) -> str:
    """Return the name of a coordinate, or the components of another direction."""
    largest = int(np.argmax(np.abs(vector)))
    if abs(vector[largest]) > 1.0 - 1e-9:
        return ("" if vector[largest] > 0.0 else "−") + letters[largest]
    return "(" + ", ".join(f"{v + 0.0:.2g}".replace("-", "−") for v in vector) + ")"


def _grid(plane: Plane, summary: Summary) -> tuple[Array, Array]:
    factor = units_of(summary).length.factor
    return plane.s * factor, plane.t * factor


# -- layers --------------------------------------------------------------------------------------


def _field(
    figure: Figure,
    axes: Axes,
    plane: Plane,
    summary: Summary,
    values: Array,
    border: Array,
    colours: str,
    label: str,
) -> Array:
    """Draw a field, its colour bar and gravity; return the levels of the colour bar's ticks."""
    s, t = _grid(plane, summary)
    _solids(axes, plane, s, t)
    image = axes.pcolormesh(s, t, values, cmap=colours, shading="gouraud", rasterized=True)
    clip(axes, image, border, units_of(summary).length.factor)
    bar = figure.colorbar(image, ax=axes, fraction=0.05, pad=0.03, aspect=25)
    bar.set_label(label)
    bar.ax.spines["outline"].set_visible(False)
    bar.ax.ticklabel_format(useOffset=False)
    axes.set_xlim(s[0], s[-1])
    axes.set_ylim(t[0], t[-1])
    axes.spines[:].set_visible(False)
    if is_axisymmetric(summary) and s[0] == 0.0:
        axes.axvline(0.0, color=INK, linewidth=1.2, linestyle=(0, (8, 3, 1.5, 3)), clip_on=False)
    _gravity(axes, plane, summary)
    ticks = np.asarray(bar.get_ticks(), dtype=np.float64)
    return np.asarray(ticks[(ticks > np.nanmin(values)) & (ticks < np.nanmax(values))])


def _solids(axes: Axes, plane: Plane, s: Array, t: Array) -> None:
    """Hatch solid walls; where no field is drawn in them, also on a grey background."""
    if not plane.solid.any():
        return
    within = (~np.isnan(plane.theta)).astype(float)
    axes.contourf(s, t, within, [0.5, 1.5], colors=[PALE_GREY], zorder=0.5)
    drawn = axes.contourf(
        s, t, plane.solid.astype(float), [0.5, 1.5], colors="none", hatches=["//"], zorder=2.5
    )
    drawn.set_edgecolor(GREY)
    drawn.set_linewidth(0.0)
    axes.contour(s, t, plane.solid.astype(float), [0.5], colors=[INK], linewidths=1.0, zorder=2.6)


def _streamlines(axes: Axes, plane: Plane, summary: Summary) -> str:
    """Draw streamlines or arrows unless there is no flow; return a remark for the caption."""
    if is_solid(summary):
        return "in a solid, in which nothing flows"
    scale, peclet = units_of(summary).speed, summary["peclet"]
    fastest = f"largest speed {short(summary['max_speed'] * scale.factor)} {scale.label}"
    if max(peclet["solutal"] or 0.0, peclet["thermal"]) < STILL:
        return f"without streamlines, since there is no flow ({fastest})"
    if len(plane.across) == 2:
        _stream_function(axes, plane, summary)
        return f"with streamlines at equal intervals of the stream function; {fastest}"
    _arrows_in_plane(axes, plane, summary)
    return f"with the velocity in the plane as arrows; {fastest}"


def stream_function(plane: Plane, *, revolved: bool) -> Array:
    """Return the stream function on the grid of a plane; nan outside the fluid.

    It is the volume flow across the vertical line from below the cell up to a point. Walls are
    impermeable, so that the velocity can be continued by zero outside a cell of any shape. In
    axisymmetric coordinates it is Stokes' stream function, without the factor 2 pi.

    Args:
        plane: The plane of a 2D cell.
        revolved: Whether its first coordinate is the distance r from an axis of symmetry.

    Returns:
        The stream function, m2/s, or m3/s if revolved, shape (nt, ns).
    """
    crossing = np.nan_to_num(plane.velocity[..., 0]) * (plane.s if revolved else 1.0)
    psi = cumulative_trapezoid(crossing, plane.t, axis=0, initial=0.0)
    return np.where(np.isnan(plane.speed), np.nan, psi)


def _stream_function(axes: Axes, plane: Plane, summary: Summary) -> None:
    """Draw lines of the stream function, every other one with arrows."""
    s, t = _grid(plane, summary)
    psi = stream_function(plane, revolved=is_axisymmetric(summary))
    count = STREAMLINES if max(_stretch(plane)) == 1.0 else STREAMLINES_IN_SLOT
    levels = np.linspace(np.nanmin(psi), np.nanmax(psi), count + 2)[1:-1]
    # It is zero at walls: contours close to zero would show round-off only.
    levels = levels[np.abs(levels) > 0.1 * (levels[1] - levels[0])]
    lines = axes.contour(s, t, psi, levels, colors="white", linewidths=0.9, linestyles="solid")
    for segments in lines.allsegs[::2]:
        for line in segments:
            if len(line) >= MANY_VERTICES:
                _arrow_on(axes, plane, np.asarray(line), s, t)


def _arrow_on(axes: Axes, plane: Plane, line: Array, s: Array, t: Array) -> None:
    """Draw an arrow in the direction of the flow at the median speed along a streamline.

    Where the flow is fastest, streamlines are closest, and their arrows would overlap.
    """
    column = np.abs(line[:, 0, None] - s).argmin(axis=1)
    row = np.abs(line[:, 1, None] - t).argmin(axis=1)
    speed = np.nan_to_num(plane.speed[row, column])[1:-1]
    here = int(np.argsort(speed)[len(speed) // 2]) + 1
    ahead = line[here + 1] - line[here - 1]
    if ahead @ np.nan_to_num(plane.velocity[row[here], column[here]]) < 0.0:
        ahead = -ahead
    tip, tail = line[here], line[here] - 1e-2 * ahead  # a head without a shaft
    axes.annotate(
        "",
        xy=(tip[0], tip[1]),
        xytext=(tail[0], tail[1]),
        arrowprops={
            "arrowstyle": "-|>,head_length=0.7,head_width=0.3",
            "color": "white",
            "lw": 0.0,
            "shrinkA": 0.0,
            "shrinkB": 0.0,
        },
    )


def _arrows_in_plane(axes: Axes, plane: Plane, summary: Summary) -> None:
    """Draw the velocity in a plane as arrows, evenly spread over the picture.

    Streamlines would not close because of the flow through the plane, and they would show errors
    of a coarse mesh in slow flow as prominently as the flow itself; arrows show the magnitude.
    """
    s, t = _grid(plane, summary)
    stretch = np.array(_stretch(plane))
    drawn = np.array([np.ptp(s), np.ptp(t)]) * stretch
    apart = float(drawn.max()) / ARROWS
    rows, columns = (
        np.round(np.linspace(0.0, 1.0, max(3, round(side / apart)) * 2 + 1)[1::2] * last).astype(
            int
        )
        for side, last in ((drawn[1], len(t) - 1), (drawn[0], len(s) - 1))
    )
    velocity = plane.velocity[np.ix_(rows, columns)]
    longest = float(np.nanmax(np.linalg.norm(velocity * stretch, axis=-1)))
    axes.quiver(
        s[columns],
        t[rows],
        velocity[..., 0],
        velocity[..., 1],
        color="white",
        pivot="middle",
        angles="xy",
        scale_units="xy",
        scale=longest / (LONGEST_ARROW * apart),
        units="inches",
        width=0.013,
        headwidth=4.0,
        headlength=5.0,
        headaxislength=4.5,
        minlength=0.0,
    )


def _gravity(axes: Axes, plane: Plane, summary: Summary) -> None:
    """Draw the direction of gravity above the upper right corner of the field."""
    if not summary["orientation"]["gravity"]:
        return
    from_corner = OffsetFrom(axes.patch, (0.97, 1.0), unit="points")
    x, y = -11.0 * float(plane.up[0]), -11.0 * float(plane.up[1])
    axes.annotate(
        "",
        xy=(x, 17.0 + y),
        xycoords=from_corner,
        xytext=(-x, 17.0 - y),
        textcoords=from_corner,
        arrowprops={"arrowstyle": "-|>", "color": INK, "lw": 1.3, "shrinkA": 0, "shrinkB": 0},
        annotation_clip=False,
    )
    axes.annotate(
        "g", xy=(-19.0, 13.0), xycoords=from_corner, style="italic", annotation_clip=False
    )


# -- units of the composition --------------------------------------------------------------------


def composition_unit(samples: Samples, summary: Summary) -> Scale:
    """Return the unit in which deviations of all mass fractions are shown.

    Args:
        samples: Samples of the fields.
        summary: Summary of the run; with groups, the unit is the first-order separation.
    """
    if summary["units"] == "groups" and samples.scale:
        return Scale(1.0 / samples.scale, SEPARATION)
    profile = samples.profile
    parts = (samples.plane.gamma, profile.gamma, profile.gamma_reference)
    shown = np.concatenate([part.ravel() for part in parts])
    return fraction_unit(float(np.nanmax(np.abs(shown))))


def composition_label(scale: Scale) -> str:
    """Return the label of an axis that shows c - c0, in matplotlib's mathtext.

    Args:
        scale: The unit of the axis.
    """
    return fraction_label("(c − c$_0$)" if scale.label else "c − c$_0$", scale)


# -- clipping ------------------------------------------------------------------------------------


def extended(values: Array, border: Array) -> Array:
    """Extend a field beyond the cell by the nearest values, so that it can be clipped smoothly.

    Args:
        values: The field on a grid, nan outside the cell.
        border: Polygons that the figure will be clipped to; if empty, the field is not changed.
    """
    outside = np.isnan(values)
    if not len(border) or outside.all():
        return values
    nearest = distance_transform_edt(outside, return_distances=False, return_indices=True)
    return np.asarray(values[tuple(nearest)])


def clip(axes: Axes, drawn: Artist, border: Array, factor: float) -> None:
    """Clip an artist to the border of the cell.

    Args:
        axes: Axes in which the artist is drawn.
        drawn: The artist.
        border: Closed polygons, m, shape (n, 2), each followed by a row of nan; if empty, nothing
            is clipped.
        factor: Number in the unit of the axes over number in m.
    """
    if not len(border):
        return
    ends = np.isnan(border[:, 0])
    starts = np.roll(ends, 1)
    codes = np.where(ends, Path.CLOSEPOLY, np.where(starts, Path.MOVETO, Path.LINETO))
    # matplotlib ignores the point given with CLOSEPOLY.
    path = Path(np.nan_to_num(border) * factor, codes.astype(Path.code_type))
    drawn.set_clip_path(path, axes.transData)
