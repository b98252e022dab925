"""Figures of sweeps: a line over one key, a map over two."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import isfinite, nan
from typing import Any, Final

import numpy as np
from matplotlib.axes import Axes
from matplotlib.lines import Line2D

from femsoret.report.canvas import BLUE, GREEN, GREY, INK, ORANGE, finish, new_figure, styled
from femsoret.report.rounding import percent
from femsoret.sweep.points import Plan

Records = Sequence[Mapping[str, Any]]

BIAS: Final = "soret.bias"

LEVELS: Final = ((0.01, BLUE), (0.1, ORANGE))
"""Biases that a reader looks for, and their colours."""


def draw_sweep(plan: Plan, records: Records, quantity: str) -> bytes | None:
    """Return the figure of a sweep as PNG; None where nothing is there to be drawn.

    Args:
        plan: The sweep.
        records: Records of its points.
        quantity: Dotted name of what is drawn.
    """
    values = values_of(plan, records, quantity)
    if np.count_nonzero(np.isfinite(values)) < 2:
        return None
    with styled():
        if len(plan.axes) == 1:
            return _line(plan, records, values, quantity)
        return _map(plan, values, quantity)


def values_of(plan: Plan, records: Records, quantity: str) -> Any:
    """Return a quantity on the grid of a sweep, nan where it is not known or does not last.

    Returns:
        Array with one dimension an axis.
    """
    grid = np.full([len(axis.values) for axis in plan.axes], nan)
    for record in records:
        if not record.get("lasts", True):
            continue  # what does not last is not what a cell shows
        at = tuple(axis.values.index(record["at"][axis.key]) for axis in plan.axes)
        grid[at] = record.get("numbers", {}).get(quantity, nan)
    return grid


def crossings(x: Any, y: Any, level: float) -> list[float]:
    """Return where |y| passes a level, by straight lines in log |y| (in |y| next to a zero).

    Args:
        x: Abscissae, in order.
        y: Values; nan where unknown.
        level: The level, positive.
    """
    found = []
    size = np.abs(y)
    for x0, x1, a, b in zip(x, x[1:], size, size[1:], strict=False):
        if not (isfinite(a) and isfinite(b)) or (a < level) == (b < level):
            continue
        part = (
            (np.log(level) - np.log(a)) / (np.log(b) - np.log(a))
            if min(a, b) > 0.0
            else (level - a) / (b - a)
        )
        found.append(float(x0 + part * (x1 - x0)))
    return found


def _line(plan: Plan, records: Records, values: Any, quantity: str) -> bytes:
    axis = plan.axes[0]
    figure, axes = new_figure(3.6)
    x, scale = np.asarray(axis.values), 100.0 if quantity == BIAS else 1.0
    error = values_of(plan, records, f"numerical_error.{quantity}")
    known = np.isfinite(values)
    axes.errorbar(
        x[known],
        scale * values[known],
        yerr=scale * np.nan_to_num(error[known]),
        color=ORANGE,
        lw=1.6,
        marker="o",
        ms=3.5,
        capsize=2.0,
    )
    if axis.logarithmic:
        axes.set_xscale("log")
    axes.set_xlabel(axis.label)
    axes.set_ylabel("bias of S$_T$ / %" if quantity == BIAS else quantity)
    axes.grid(color=GREY, alpha=0.2, lw=0.6)
    if quantity == BIAS:
        _mark_levels(axes, x, values, axis.logarithmic)
    _mark_failed(axes, x[~known])
    return finish(figure, "sweep", "Sweep", "").png


def _mark_levels(axes: Axes, x: Any, values: Any, logarithmic: bool) -> None:
    for level, colour in LEVELS:
        found = crossings(np.log(np.abs(x)) if logarithmic else x, values, level)
        for place in np.copysign(np.exp(found), x[0]) if logarithmic else found:
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


def _map(plan: Plan, values: Any, quantity: str) -> bytes:
    first, second = plan.axes
    figure, axes = new_figure(4.2)
    x, y = np.asarray(first.values), np.asarray(second.values)
    is_bias = quantity == BIAS
    shown = np.abs(values.T) if is_bias else values.T
    positive = bool(np.nanmin(shown) > 0.0) and np.nanmax(shown) > 30.0 * np.nanmin(shown)
    drawn = np.log10(shown) if positive else shown
    mesh = axes.contourf(x, y, drawn, levels=24, cmap="cividis")
    bar = figure.colorbar(mesh, ax=axes)
    bar.set_label("|bias| of S$_T$" if is_bias else quantity)
    if positive:
        first_decade, last_decade = np.ceil(np.nanmin(drawn)), np.floor(np.nanmax(drawn))
        decades = [float(n) for n in range(int(first_decade), int(last_decade) + 1)]
        shown_as = percent if is_bias else "{:.0e}".format
        bar.set_ticks(decades, labels=[shown_as(10.0**decade) for decade in decades])
    handles = []
    for level, colour in LEVELS if is_bias else ():
        if np.nanmin(shown) < level < np.nanmax(shown):
            height = np.log10(level) if positive else level
            axes.contour(
                x, y, drawn, levels=[height], colors=[colour], linewidths=1.8, linestyles="solid"
            )
            handles.append(Line2D([], [], color=colour, lw=1.8, label=percent(level)))
    if handles:
        axes.legend(handles=handles, loc="upper left", frameon=True, framealpha=0.9)
    failed = np.argwhere(~np.isfinite(values))
    axes.plot(x[failed[:, 0]], y[failed[:, 1]], "x", color=GREEN)
    for axis, set_scale in ((first, axes.set_xscale), (second, axes.set_yscale)):
        if axis.logarithmic:
            set_scale("log")
    axes.set_xlabel(first.label)
    axes.set_ylabel(second.label)
    return finish(figure, "sweep", "Sweep", "").png
