"""Outline: the border of a 2D cell, so that figures end where it ends, not where a grid does."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from dolfinx import mesh as dmesh

from femsoret.base.versions import geometry_dofmap
from femsoret.cells import Cell

Array = npt.NDArray[np.float64]
Indices = npt.NDArray[np.int32]
Edge = tuple[int, int]
Place = tuple[float, ...]

# Corners of a mesh cell, one after the other; DOLFINx numbers those of a quadrilateral by axes.
_AROUND = {
    dmesh.CellType.triangle: [0, 1, 2],
    dmesh.CellType.quadrilateral: [0, 1, 3, 2],
}


def outline(cell: Cell, cells: Indices) -> Array:
    """Return the closed polygons around mesh cells, the same on all ranks; collective.

    They run counter-clockwise, holes clockwise; edges are straight, those of curved mesh cells too.

    Args:
        cell: The cell.
        cells: Its mesh cells that count, owned by this rank.

    Returns:
        Corners, m, shape (n, 2); behind each polygon a row of nan. Empty for a cell in 3D, of which
        a figure shows a cut.
    """
    if cell.dim != 2:
        return np.zeros((0, 2))
    found = cell.comm.allgather(_border(cell.mesh, cells))
    places = {node: place for _, corners in found for node, place in corners.items()}
    after: dict[int, list[int]] = {}
    for a, b in sorted(_lone({edge for edges, _ in found for edge in edges})):
        after.setdefault(a, []).append(b)
    corners: list[Place] = []
    while after:
        start = node = min(after)
        while True:
            corners.append(places[node])
            following = after[node].pop()
            if not after[node]:
                del after[node]
            node = following
            if node == start:
                break
        corners.append((np.nan, np.nan))
    return np.array(corners)


def _border(mesh: dmesh.Mesh, cells: Indices) -> tuple[set[Edge], dict[int, Place]]:
    """Return the edges around mesh cells of this rank, and where their ends lie.

    Nodes are named by their numbers among all ranks.
    """
    nodes = geometry_dofmap(mesh)[cells][:, _AROUND[mesh.topology.cell_type]]
    x = mesh.geometry.x[nodes][..., :2]
    following = np.roll(x, -1, axis=1)
    area = (x[..., 0] * following[..., 1] - x[..., 1] * following[..., 0]).sum(axis=1)
    nodes[area < 0.0] = nodes[area < 0.0][:, ::-1]
    numbers = mesh.geometry.index_map().local_to_global(nodes.ravel()).reshape(nodes.shape)
    ahead = np.roll(numbers, -1, axis=1)
    edges = _lone(set(zip(map(int, numbers.ravel()), map(int, ahead.ravel()), strict=True)))
    local = dict(zip(map(int, numbers.ravel()), map(int, nodes.ravel()), strict=True))
    ends = sorted({node for edge in edges for node in edge})
    return edges, {node: tuple(map(float, mesh.geometry.x[local[node], :2])) for node in ends}


def _lone(edges: set[Edge]) -> set[Edge]:
    """Return the edges that no other mesh cell has, in the other direction."""
    return {(a, b) for a, b in edges if (b, a) not in edges}
