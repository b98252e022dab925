"""Figures of sweeps: a line over one key, a map over two."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from math import ceil, floor, log10, nan
from typing import Any, Final

import numpy as np
from matplotlib.axes import Axes
from matplotlib.axis import Axis
from matplotlib.lines import Line2D

from femsoret.case.sweep import SweepAxis
from femsoret.report.canvas import BLUE, GREEN, GREY, INK, ORANGE, finish, new_figure, styled
from femsoret.report.rounding import percent
from femsoret.report.sweep.between import LOST, crossings, finer, finer_line, finer_map

Records = Sequence[Mapping[str, Any]]

BIAS: Final = "soret.bias"

FINER: Final = 24
"""Into how many each step between points is divided, so that curves look like curves."""

LEVELS: Final = ((0.01, BLUE), (0.1, ORANGE))
"""Biases that a reader looks for, and their colours."""


def draw_sweep(sweep: Sequence[SweepAxis], records: Records, quantity: str) -> bytes | None:
    """Return the figure of a sweep as PNG; None where nothing is there to be drawn.

    Args:
        sweep: The axes of the sweep.
        records: Records of its points.
        quantity: Dotted name of what is drawn.
    """
    values = values_of(sweep, records, quantity)
    if np.count_nonzero(np.isfinite(values)) < 2:
        return None
    with styled():
        if len(sweep) == 1:
            return _line(sweep[0], records, values, quantity)
        return _map(sweep, values, quantity)


def values_of(sweep: Sequence[SweepAxis], records: Records, quantity: str) -> Any:
    """Return a quantity on the grid of a sweep, nan where it is not known or does not last.

    Returns:
        Array with one dimension an axis.
    """
    grid = np.full([len(axis.values) for axis in sweep], nan)
    for record in records:
        if not record.get("lasts", True):
            continue  # what does not last is not what a cell shows
        at = tuple(axis.values.index(record["at"][axis.key]) for axis in sweep)
        grid[at] = record.get("numbers", {}).get(quantity, nan)
    return grid


def _line(axis: SweepAxis, records: Records, values: Any, quantity: str) -> bytes:
    figure, axes = new_figure(3.6)
    x, scale = np.asarray(axis.values), 100.0 if quantity == BIAS else 1.0
    error = values_of([axis], records, f"numerical_error.{quantity}")
    known = np.isfinite(values)
    _scale_axis(axes.set_xscale, axis)
    axes.errorbar(
        x[known],
        scale * values[known],
        yerr=scale * np.nan_to_num(error[known]),
        color=ORANGE,
        ls="none",
        marker="o",
        ms=3.5,
        capsize=2.0,
    )
    # The line that is drawn is the one on which levels are sought.
    axes.plot(_finer(axes.xaxis, x), scale * finer_line(values, FINER), color=ORANGE, lw=1.6)
    axes.set_xlabel(axis.label)
    axes.set_ylabel("bias of S$_T$ / %" if quantity == BIAS else quantity)
    axes.grid(color=GREY, alpha=0.2, lw=0.6)
    if quantity == BIAS:
        _mark_levels(axes, x, values)
    _mark_failed(axes, x[~known])
    return finish(figure, "sweep", "Sweep", "").png


def _scale_axis(set_scale: Callable[..., None], axis: SweepAxis) -> None:
    """Let an axis of a figure be logarithmic where the sweep's is, of negative values too."""
    if not axis.logarithmic:
        return
    if min(axis.values) > 0.0:
        set_scale("log")
    else:
        # Straight only between zero and the value nearest to it, where there are no points.
        set_scale("symlog", linthresh=min(map(abs, axis.values)))


def _finer(drawn: Axis, places: Any) -> Any:
    """Return values on an axis with each step divided as it is drawn."""
    scaled = drawn.get_transform()
    found = scaled.inverted().transform(finer(scaled.transform(places), FINER))
    found[::FINER] = places  # not those of the way there and back
    return found


def _mark_levels(axes: Axes, x: Any, values: Any) -> None:
    scaled = axes.xaxis.get_transform()
    for level, colour in LEVELS:
        found = np.asarray(crossings(scaled.transform(x), values, level))
        for place in scaled.inverted().transform(found):
            axes.axvline(place, color=colour, lw=0.9, ls="--", zorder=0.0)
            axes.annotate(
                f"{percent(level)} at {place:.3g}",
                (place, 1.0),
                xycoords=axes.get_xaxis_transform(),
                xytext=(3.0, -10.0),
                textcoords="offset points",
                color=colour,
                fontsize=8.0,
            )


def _mark_failed(axes: Axes, x: Any) -> None:
    if len(x):
        transform = axes.get_xaxis_transform()
        axes.plot(x, np.zeros(len(x)), "x", color=INK, transform=transform, clip_on=False)


def _map(sweep: Sequence[SweepAxis], values: Any, quantity: str) -> bytes:
    first, second = sweep
    figure, axes = new_figure(4.2)
    _scale_axis(axes.set_xscale, first)
    _scale_axis(axes.set_yscale, second)
    x, y = np.asarray(first.values), np.asarray(second.values)
    is_bias = quantity == BIAS
    fine_x, fine_y = _finer(axes.xaxis, x), _finer(axes.yaxis, y)
    fine = finer_map(values, FINER).T
    shown = np.abs(values) if is_bias else values
    largest = float(np.nanmax(shown))
    # Next to a zero, or where it changes its sign, a bias has as many decades as one likes.
    smallest = max(float(np.nanmin(shown)), LOST * largest if is_bias else -np.inf)
    in_decades = smallest > 0.0 and largest > 30.0 * smallest
    drawn = np.abs(fine) if is_bias else fine
    if in_decades:
        drawn = np.log10(np.maximum(drawn, smallest))
    mesh = axes.contourf(fine_x, fine_y, drawn, levels=24, cmap="cividis")
    bar = figure.colorbar(mesh, ax=axes)
    bar.set_label("|bias| of S$_T$" if is_bias else quantity)
    if in_decades:
        decades = [float(n) for n in range(ceil(log10(smallest)), floor(log10(largest)) + 1)]
        shown_as = percent if is_bias else "{:.0e}".format
        bar.set_ticks(decades, labels=[shown_as(10.0**decade) for decade in decades])
    handles = []
    for level, colour in LEVELS if is_bias else ():
        heights = [h for h in (-level, level) if np.nanmin(fine) < h < np.nanmax(fine)]
        if heights:
            axes.contour(
                fine_x,
                fine_y,
                fine,
                levels=heights,
                colors=[colour],
                linewidths=1.8,
                linestyles="solid",
            )
            handles.append(Line2D([], [], color=colour, lw=1.8, label=percent(level)))
    if handles:
        # Above the map: within it there is no place that hides nothing.
        axes.legend(handles=handles, loc="lower left", bbox_to_anchor=(0.0, 1.0), ncols=2)
    failed = np.argwhere(~np.isfinite(values))
    axes.plot(x[failed[:, 0]], y[failed[:, 1]], "x", color=GREEN)
    axes.set_xlabel(first.label)
    axes.set_ylabel(second.label)
    return finish(figure, "sweep", "Sweep", "").png
