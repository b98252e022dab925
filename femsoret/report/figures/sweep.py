"""Figures of sweeps: a line over one key, a map over two, and the interpolation between points."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import ceil, floor, log10, nan
from typing import Final

import numpy as np
from matplotlib.axes import Axes
from matplotlib.axis import Axis
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from numpy.typing import ArrayLike

from femsoret.base.types import Array, Flags
from femsoret.case.axes import SweepAxis
from femsoret.io.sweep_folder import Records
from femsoret.report.figures.canvas import (
    BLUE,
    GREEN,
    GREY,
    INK,
    ORANGE,
    Picture,
    finish,
    new_figure,
)
from femsoret.report.verdicts.sweep import BIAS
from femsoret.report.words.numbers import percent

LOST: Final = 1e-6
"""Ratio of two values below which the smaller one counts as zero, and its sign has no meaning."""

FINER: Final = 24
"""Number of parts into which each step between points is divided, for smooth curves."""

LEVELS: Final = ((0.01, BLUE), (0.1, ORANGE))
"""Levels of |bias| that are marked, and their colours."""


def draw_sweep(sweep: Sequence[SweepAxis], records: Records, quantity: str) -> Picture | None:
    """Return the figure of a sweep; None if fewer than two points have the quantity.

    Args:
        sweep: Axes of the sweep.
        records: Records of its points.
        quantity: Dotted name of the number that is drawn.
    """
    values = values_of(sweep, records, quantity)
    if np.count_nonzero(np.isfinite(values)) < 2:
        return None
    if len(sweep) == 1:
        figure = _line(sweep[0], records, values, quantity)
    else:
        figure = _map(sweep, values, quantity)
    labels = " and ".join(axis.label for axis in sweep)
    return finish(
        figure, "sweep", "The sweep", f"{quantity} over {labels}. Crosses: points without a number."
    )


def values_of(sweep: Sequence[SweepAxis], records: Records, quantity: str) -> Array:
    """Return a quantity on the grid of a sweep; nan if it is unknown or the state is unstable.

    Returns:
        Values, with one dimension per axis of the sweep.
    """
    grid = np.full([len(axis.values) for axis in sweep], nan)
    for record in records:
        if not record.get("lasts", True):
            continue  # a real cell does not show such a state
        place = tuple(axis.values.index(record["at"][axis.key]) for axis in sweep)
        grid[place] = record.get("numbers", {}).get(quantity, nan)
    return grid


def _line(axis: SweepAxis, records: Records, values: Array, quantity: str) -> Figure:
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
    # Crossings of levels are sought on this interpolated line.
    axes.plot(_finer(axes.xaxis, x), scale * finer_line(values, FINER), color=ORANGE, lw=1.6)
    axes.set_xlabel(axis.label)
    axes.set_ylabel("bias of S$_T$ / %" if quantity == BIAS else quantity)
    axes.grid(color=GREY, alpha=0.2, lw=0.6)
    if quantity == BIAS:
        _mark_levels(axes, x, values)
    _mark_failed(axes, x[~known])
    return figure


def _scale_axis(set_scale: Callable[..., None], axis: SweepAxis) -> None:
    """Make an axis of a figure logarithmic if that of the sweep is; values may be negative."""
    if not axis.logarithmic:
        return
    if min(axis.values) > 0.0:
        set_scale("log")
    else:
        # It is linear only between zero and the value closest to it, where there are no points.
        set_scale("symlog", linthresh=min(map(abs, axis.values)))


def _finer(drawn: Axis, places: Array) -> Array:
    """Return positions on an axis with each step divided into parts of equal drawn length."""
    scaled = drawn.get_transform()
    values = scaled.inverted().transform(finer(scaled.transform(places), FINER))
    values[::FINER] = places  # without the round-off of the transform and its inverse
    return np.asarray(values)


def _mark_levels(axes: Axes, x: Array, values: Array) -> None:
    scaled = axes.xaxis.get_transform()
    for level, colour in LEVELS:
        passed = np.asarray(crossings(scaled.transform(x), values, level))
        for place in scaled.inverted().transform(passed):
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


def _mark_failed(axes: Axes, x: Array) -> None:
    if len(x):
        transform = axes.get_xaxis_transform()
        axes.plot(x, np.zeros(len(x)), "x", color=INK, transform=transform, clip_on=False)


def _map(sweep: Sequence[SweepAxis], values: Array, quantity: str) -> Figure:
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
    # Near a zero or a change of sign, |bias| covers arbitrarily many decades.
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
        # Place the legend above the map, where it hides nothing.
        axes.legend(handles=handles, loc="lower left", bbox_to_anchor=(0.0, 1.0), ncols=2)
    failed = np.argwhere(~np.isfinite(values))
    axes.plot(x[failed[:, 0]], y[failed[:, 1]], "x", color=GREEN)
    axes.set_xlabel(first.label)
    axes.set_ylabel(second.label)
    return figure


# -- between the points --------------------------------------------------------------------------


def along(a: Array, b: Array, t: Array) -> Array:
    """Interpolate between two end values; nan if one of them is nan.

    Args:
        a: Values at t = 0.
        b: Values at t = 1.
        t: Positions, from 0 to 1.

    Returns:
        The interpolated values, in the shape to which a, b and t are broadcast.
    """
    ratios = _in_ratios(a, b)
    first, last = (np.where(ratios, end, 1.0) for end in (a, b))
    return np.where(ratios, first * np.abs(last / first) ** t, (1.0 - t) * a + t * b)


def crossings(x: Array, y: Array, level: float) -> list[float]:
    """Return the positions at which a quantity passes a level or the negative of this level.

    Args:
        x: Positions as drawn (logarithms on a logarithmic axis), in ascending order, shape (n,).
        y: Values at these positions, shape (n,); nan if unknown.
        level: The level, positive, in the unit of y.

    Returns:
        The positions as drawn, in ascending order.
    """
    passed = []
    x, y = np.asarray(x, dtype=float), np.asarray(y, dtype=float)
    for x0, x1, a, b in zip(x, x[1:], y, y[1:], strict=False):
        for height in (level, -level):
            if not np.isfinite([a, b]).all() or (a < height) == (b < height):
                continue
            part = (
                np.log(height / a) / np.log(b / a) if _in_ratios(a, b) else (height - a) / (b - a)
            )
            passed.append(float(x0 + part * (x1 - x0)))
    return sorted(passed)


def finer(nodes: Array, times: int) -> Array:
    """Return positions with each step divided into equal parts.

    Args:
        nodes: Positions as drawn, shape (n,).
        times: Number of parts of each step.

    Returns:
        The positions, shape ((n - 1) times + 1,).
    """
    steps = np.arange((len(nodes) - 1) * times + 1) / times
    return np.interp(steps, np.arange(len(nodes)), nodes)


def finer_line(values: Array, times: int) -> Array:
    """Return the interpolated values of a line at the positions of :func:`finer`.

    Args:
        values: Values at the nodes, shape (n,).
        times: Number of parts of each step.

    Returns:
        The values, shape ((n - 1) times + 1,).
    """
    t = np.arange(times) / times
    inside = along(values[:-1, None], values[1:, None], t)
    return np.append(inside.ravel(), values[-1])


def finer_map(values: Array, times: int) -> Array:
    """Return the interpolated values of a map at the positions of :func:`finer`.

    On the edges of a rectangle of four points, values are those of :func:`along`, so that contours
    are continuous. Inside they are the Coons blend of the edges, of logarithms if all edges are
    interpolated geometrically. Rectangles with a corner that is nan are nan.

    Args:
        values: Values at the nodes, shape (n, m).
        times: Number of parts of each step.

    Returns:
        The values, shape ((n - 1) times + 1, (m - 1) times + 1).
    """
    n, m = values.shape
    fine = np.full(((n - 1) * times + 1, (m - 1) * times + 1), np.nan)
    for i in range(n - 1):
        for j in range(m - 1):
            corners = values[i : i + 2, j : j + 2]
            place = (slice(i * times, (i + 1) * times + 1), slice(j * times, (j + 1) * times + 1))
            patch = _patch(corners, np.linspace(0.0, 1.0, times + 1))
            # Do not overwrite known edges of a neighbouring rectangle with nan.
            fine[place] = np.where(np.isnan(patch), fine[place], patch)
    return fine


def _patch(corners: Array, places: ArrayLike) -> Array:
    """Return the interpolated values between four corners, shape (n, n)."""
    low, high = corners
    s, t = np.reshape(places, (-1, 1)), np.reshape(places, (1, -1))
    sizes = np.abs(corners)
    if (np.sign(corners) == np.sign(corners[0, 0])).all() and sizes.min() > LOST * sizes.max():
        logs = np.log(sizes)
        blend = (1 - s) * ((1 - t) * logs[0, 0] + t * logs[0, 1]) + s * (
            (1 - t) * logs[1, 0] + t * logs[1, 1]
        )
        return np.asarray(np.sign(corners[0, 0]) * np.exp(blend))
    rows = (1 - s) * along(low[0], low[1], t) + s * along(high[0], high[1], t)
    columns = (1 - t) * along(low[0], high[0], s) + t * along(low[1], high[1], s)
    bilinear = (1 - s) * ((1 - t) * low[0] + t * low[1]) + s * ((1 - t) * high[0] + t * high[1])
    return np.asarray(rows + columns - bilinear)


def _in_ratios(a: ArrayLike, b: ArrayLike) -> Flags:
    """Return whether both values have the same sign and neither is close to zero."""
    small, large = np.minimum(np.abs(a), np.abs(b)), np.maximum(np.abs(a), np.abs(b))
    return np.asarray((np.sign(a) == np.sign(b)) & (small > LOST * large))
