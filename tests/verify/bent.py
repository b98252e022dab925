"""Cells with walls that lean or bend: the unit square or cube, drawn by a map of its points."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from mpi4py import MPI

import numpy as np

from femsoret.cells import Cell
from femsoret.cells.distribute import Labels, RawMesh, to_cell
from femsoret.cells.geometry import with_coordinates
from femsoret.physics.coordinates import CARTESIAN, Coordinates

Map = Callable[[Any, Any], tuple[Any, Any]]
"""(x, y) of the unit square -> where that point lies."""


def leaning(x: Any, y: Any) -> tuple[Any, Any]:
    """Right wall and top lean, each another way; a cone and a funnel where x is the radius."""
    return x * (1.0 + 0.35 * y), y * (1.0 + 0.25 * x)


def bulging(x: Any, y: Any) -> tuple[Any, Any]:
    """The right wall bulges, the top sags."""
    return x * (1.0 + 0.8 * y * (1.0 - y)), y * (1.0 - 0.6 * x * (1.0 - x))


def drawn(cell: Cell, to: Map) -> Cell:
    """Return a unit square or cube whose nodes are mapped; z stays."""
    x = cell.mesh.geometry.x.copy()
    x[:, 0], x[:, 1] = to(x[:, 0].copy(), x[:, 1].copy())
    return replace(cell, mesh=with_coordinates(cell.mesh, x[:, : cell.dim]), remake=None)


def curved_square(
    comm: MPI.Comm,
    n: int,
    to: Map,
    *,
    shape: str = "quadrilateral",
    coordinates: Coordinates = CARTESIAN,
) -> Cell:
    """Return the unit square of n x n mesh cells of second order, or 2 n x n triangles, mapped.

    It can be made at other resolutions. Sides: bottom, top, left, right.
    """
    raw = _raw(n, to, shape) if comm.rank == 0 else None
    return to_cell(
        comm,
        raw,
        title=f"{to.__name__} square of {n} x {n}",
        remake=lambda ratio: curved_square(
            comm, max(1, round(ratio * n)), to, shape=shape, coordinates=coordinates
        ),
        coordinates=coordinates,
    )


def _raw(n: int, to: Map, shape: str) -> RawMesh:
    nodes = 2 * n + 1
    x, y = np.meshgrid(np.linspace(0.0, 1.0, nodes), np.linspace(0.0, 1.0, nodes), indexing="ij")
    points = np.stack(to(x.ravel(), y.ravel()), axis=1)
    number = np.arange(nodes**2).reshape(nodes, nodes)

    # Corners, middles of edges, middle of the cell: the order of DOLFINx.
    offsets = {
        "quadrilateral": [
            [(0, 0), (2, 0), (0, 2), (2, 2), (1, 0), (0, 1), (2, 1), (1, 2), (1, 1)],
        ],
        "triangle": [
            [(0, 0), (2, 0), (2, 2), (2, 1), (1, 1), (1, 0)],
            [(0, 0), (2, 2), (0, 2), (1, 2), (0, 1), (1, 1)],
        ],
    }[shape]
    cells = [
        [number[2 * i + a, 2 * j + b] for a, b in each]
        for i in range(n)
        for j in range(n)
        for each in offsets
    ]
    lines = {"bottom": number[:, 0], "top": number[:, -1], "left": number[0], "right": number[-1]}
    facets = [
        (line[k], line[k + 2], line[k + 1]) for line in lines.values() for k in range(0, 2 * n, 2)
    ]
    values = np.repeat(np.arange(1, 5, dtype=np.int32), n)
    none = Labels(np.empty((0, len(cells[0])), np.int64), np.empty(0, np.int32), {})
    return RawMesh(
        shape,
        2,
        points,
        np.array(cells, np.int64),
        Labels(np.array(facets, np.int64), values, {name: i for i, name in enumerate(lines, 1)}),
        none,
    )
