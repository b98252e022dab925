"""Meshes whose edges lie in no direction that gravity has, of any shape and on any ranks."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from femsoret.cells import Cell
from femsoret.cells.geometry import with_coordinates


def slanted(cell: Cell, by: float = 0.04) -> Cell:
    """Return a unit square or cube whose inner nodes are moved along and across each other.

    Args:
        cell: The cell; its walls stay where they are.
        by: How far, at most.
    """
    x = cell.mesh.geometry.x.copy()
    inside = np.prod(np.sin(np.pi * x[:, : cell.dim]), axis=1)
    for axis in range(cell.dim):
        wave = np.sin(9.0 * x[:, 0] + 7.0 * x[:, 1] + 5.0 * x[:, 2] + 2.0 * axis)
        x[:, axis] += by * inside * wave
    return replace(cell, mesh=with_coordinates(cell.mesh, x[:, : cell.dim]), remake=None)
