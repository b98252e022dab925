"""Between the points of a sweep: one rule for lines, maps, contours, and where a level is passed.

Along a step of the sweep a quantity goes in equal ratios where its two ends have one sign, for a
bias grows with powers of what is varied, and straight where it changes its sign or starts at zero.
Steps are counted as they are drawn: in logarithms on a logarithmic axis.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]

LOST: Final = 1e-6
"""Ratio of two ends below which the smaller one is as good as zero, and its sign means nothing."""


def along(a: Array, b: Array, t: Array) -> Array:
    """Return values between two ends, broadcast against each other; nan where an end is.

    Args:
        a: Value at t = 0.
        b: Value at t = 1.
        t: Place, from 0 to 1.
    """
    ratios = _goes_in_ratios(a, b)
    first, last = (np.where(ratios, end, 1.0) for end in (a, b))
    return np.where(ratios, first * np.abs(last / first) ** t, (1.0 - t) * a + t * b)


def crossings(x: Array, y: Array, level: float) -> list[float]:
    """Return where a quantity passes a level or its negative.

    Args:
        x: Places as they are drawn: logarithms on a logarithmic axis; in order.
        y: Values; nan where unknown.
        level: The level, positive.
    """
    found = []
    x, y = np.asarray(x, dtype=float), np.asarray(y, dtype=float)
    for x0, x1, a, b in zip(x, x[1:], y, y[1:], strict=False):
        for height in (level, -level):
            if not np.isfinite([a, b]).all() or (a < height) == (b < height):
                continue
            part = (
                np.log(height / a) / np.log(b / a)
                if _goes_in_ratios(a, b)
                else (height - a) / (b - a)
            )
            found.append(float(x0 + part * (x1 - x0)))
    return sorted(found)


def finer(nodes: Array, times: int) -> Array:
    """Return places with each step divided into equal ones.

    Args:
        nodes: Places as they are drawn, shape (n,).
        times: Into how many.
    """
    steps = np.arange((len(nodes) - 1) * times + 1) / times
    return np.interp(steps, np.arange(len(nodes)), nodes)


def finer_line(values: Array, times: int) -> Array:
    """Return the values of a line at :func:`finer` places.

    Args:
        values: At the nodes, shape (n,).
        times: Into how many each step is divided.
    """
    t = np.arange(times) / times
    inside = along(values[:-1, None], values[1:, None], t)
    return np.append(inside.ravel(), values[-1])


def finer_map(values: Array, times: int) -> Array:
    """Return the values of a map at :func:`finer` places; nan in what touches a nan.

    On the edges of a rectangle of four points it is :func:`along`, whatever its neighbours do, so
    that contours go on; within, the blend of its edges (Coons), of logarithms where all four go in
    equal ratios.

    Args:
        values: At the nodes, shape (n, m).
        times: Into how many each step is divided.
    """
    n, m = values.shape
    found = np.full(((n - 1) * times + 1, (m - 1) * times + 1), np.nan)
    for i in range(n - 1):
        for j in range(m - 1):
            corners = values[i : i + 2, j : j + 2]
            place = (slice(i * times, (i + 1) * times + 1), slice(j * times, (j + 1) * times + 1))
            patch = _patch(corners, np.linspace(0.0, 1.0, times + 1))
            # A corner that is known stays known beside a rectangle that is not.
            found[place] = np.where(np.isnan(patch), found[place], patch)
    return found


def _patch(corners: Array, t: Any) -> Array:
    """Return the values within four corners, shape (n, n)."""
    low, high = corners
    s, t = t[:, None], t[None, :]
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


def _goes_in_ratios(a: Any, b: Any) -> npt.NDArray[np.bool_]:
    """Return whether a step has ends of one sign, neither of them next to zero."""
    small, large = np.minimum(np.abs(a), np.abs(b)), np.maximum(np.abs(a), np.abs(b))
    return np.asarray((np.sign(a) == np.sign(b)) & (small > LOST * large))
