"""Clipping: fields sampled on a grid, drawn up to the border of the cell and no further."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.path import Path
from scipy.ndimage import distance_transform_edt

Array = npt.NDArray[np.float64]


def extended(values: Array, border: Array) -> Array:
    """Return a field with the nearest value at grid points outside, where it will be clipped.

    Args:
        values: The field on a grid, nan outside.
        border: What it will be clipped by; as it is where that is empty.
    """
    outside = np.isnan(values)
    if not len(border) or outside.all():
        return values
    nearest = distance_transform_edt(outside, return_distances=False, return_indices=True)
    return np.asarray(values[tuple(nearest)])


def clip(axes: Axes, drawn: Artist, border: Array, factor: float) -> None:
    """Let what was drawn end at a border.

    Args:
        axes: Where it was drawn.
        drawn: The artist.
        border: Closed polygons, m, shape (n, 2), a row of nan behind each; nothing is clipped by
            none.
        factor: Unit of length of the axes over m.
    """
    if not len(border):
        return
    ends = np.isnan(border[:, 0])
    starts = np.roll(ends, 1)
    codes = np.where(ends, Path.CLOSEPOLY, np.where(starts, Path.MOVETO, Path.LINETO))
    # Where a polygon is closed, the point given with it is ignored.
    path = Path(np.nan_to_num(border) * factor, codes.astype(Path.code_type))
    drawn.set_clip_path(path, axes.transData)
