"""Quality of mesh cells: orientation, and deviation from the ideal shape.

The quality of a mesh cell at a point is ``det A / (|A|^2 / dim)^(dim/2)``, where A is the Jacobian
of the map from the ideal cell (equilateral simplex, square, cube) and |A| its Frobenius norm. It is
1 for the ideal shape and 0 where the cell is flat, and it changes sign where the cell is folded
over. A rectangle with sides 1 : r has the quality 2r/(1 + r^2), so that graded layers have a low
quality without being faulty.
"""

from __future__ import annotations

from mpi4py import MPI

import basix
import numpy as np
from dolfinx.mesh import Mesh

from femsoret.base.errors import MeshError
from femsoret.base.types import Array, Flags, Indices
from femsoret.base.versions import coordinate_element, entity_nodes, geometry_dofmap
from femsoret.cells.geometry import chunks, geometry_jacobians, owned_cells

# Below this a cell has no volume within round-off.
_FLAT = 1e-12

# Columns: the edges of the ideal simplex that the reference edges are mapped to.
_EQUILATERAL = {
    2: np.array([[1.0, 0.5], [0.0, np.sqrt(3.0) / 2.0]]),
    3: np.array(
        [
            [1.0, 0.5, 0.5],
            [0.0, np.sqrt(3.0) / 2.0, np.sqrt(3.0) / 6.0],
            [0.0, 0.0, np.sqrt(2.0 / 3.0)],
        ]
    ),
}
_SIMPLICES = (basix.CellType.triangle, basix.CellType.tetrahedron)


def min_quality(mesh: Mesh) -> float:
    """Return the lowest quality of all mesh cells, in [0, 1]; 0 if one is folded; collective."""
    worst = float(cell_qualities(mesh).min(initial=1.0))
    return max(0.0, float(mesh.comm.allreduce(worst, op=MPI.MIN)))


def check(mesh: Mesh, title: str) -> None:
    """Check that no mesh cells are flat, folded, or overlap their neighbours; collective.

    Args:
        mesh: The mesh; in parallel, its ghosts must include the neighbours of owned mesh cells.
        title: Title of the cell, for the error message.

    Raises:
        MeshError: There are such mesh cells; the message gives their number and the position of
            the first of them.
    """
    qualities = cell_qualities(mesh)
    flat = np.abs(qualities) <= _FLAT
    folded = (qualities < -_FLAT) | _lies_over_a_neighbour(mesh)
    for bad, what in ((flat, "without volume"), (folded & ~flat, "folded over")):
        _raise_if_any(mesh, bad, title, what)


def cell_qualities(mesh: Mesh) -> Array:
    """Return the lowest quality within each owned mesh cell, shape (owned cells,).

    It is negative if the sign of the quality changes within the cell. It is sampled on a lattice of
    points, which is exact for straight simplices and bilinear 2D cells, and approximate for others.
    """
    dim = mesh.topology.dim
    kind = mesh.basix_cell()
    to_ideal = np.linalg.inv(_EQUILATERAL[dim]) if kind in _SIMPLICES else np.eye(dim)
    straight = kind in _SIMPLICES and coordinate_element(mesh).degree == 1
    points = basix.create_lattice(kind, 1 if straight else 4, basix.LatticeType.equispaced, True)
    worst = [np.empty(0)]
    for cells in chunks(owned_cells(mesh)):
        _, jacobians = geometry_jacobians(mesh, cells, points)
        jacobians = jacobians @ to_ideal
        norms = np.einsum("cqij,cqij->cq", jacobians, jacobians) / dim
        dets = np.linalg.det(jacobians)
        # A cell may be mirrored as a whole (files number their corners either way round): that is
        # harmless, so the sign is counted from the larger part of the cell.
        dets *= np.where(dets.sum(axis=1) < 0.0, -1.0, 1.0)[:, None]
        safe = np.where(norms > 0.0, norms, 1.0)
        worst.append((dets / safe ** (dim / 2)).min(axis=1))
    return np.concatenate(worst)


def _lies_over_a_neighbour(mesh: Mesh) -> Flags:
    """Return whether each owned cell lies on the same side of a common facet as its neighbour.

    The Jacobian of a straight simplex that is inside out has a constant sign, so that only its
    neighbours reveal it. Curved cells are replaced by straight ones with the same vertices, since a
    curved facet may bulge by more than the height of a thin cell; their Jacobians show whether they
    are folded.
    """
    dim = mesh.topology.dim
    mesh.topology.create_connectivity(dim - 1, dim)
    mesh.topology.create_connectivity(dim - 1, 0)
    to_cells = mesh.topology.connectivity(dim - 1, dim)
    inner = np.flatnonzero(np.diff(to_cells.offsets) == 2).astype(np.int32)
    owned = len(owned_cells(mesh))
    number = len(basix.topology(mesh.basix_cell())[0])
    over = np.zeros(owned, dtype=np.bool_)
    for facets in chunks(inner):
        pairs = to_cells.array[to_cells.offsets[facets][:, None] + np.arange(2)]
        corners = mesh.geometry.x[entity_nodes(mesh, dim - 1, facets)][:, :dim, :dim]
        heights = [_height(corners, _midpoints(mesh, side, number)) for side in pairs.T]
        wrong = pairs[heights[0] * heights[1] >= 0.0].ravel()
        over[wrong[wrong < owned]] = True
    return over


def _height(corners: Array, points: Array) -> Array:
    """Return a multiple of the signed volume between each facet (dim vertices) and a point."""
    edges = np.concatenate([corners[:, 1:], points[:, None]], axis=1) - corners[:, :1]
    return np.asarray(np.linalg.det(edges))


def _midpoints(mesh: Mesh, cells: Indices, number: int | None = None) -> Array:
    """Return the mean of the first `number` nodes (vertices come first), m, shape (cells, dim)."""
    nodes = geometry_dofmap(mesh)[cells][:, :number]
    return np.asarray(mesh.geometry.x[nodes].mean(axis=1)[:, : mesh.topology.dim])


def _raise_if_any(mesh: Mesh, bad: Flags, title: str, what: str) -> None:
    """Raise the same error on all ranks if a mesh cell on any rank is bad."""
    where = np.flatnonzero(bad).astype(np.int32)
    number = mesh.comm.allreduce(len(where), op=MPI.SUM)
    if number == 0:
        return
    # The lowest number in the order of the input, so that the message does not depend on ranks.
    order = mesh.topology.original_cell_index[where]
    first = np.argsort(order)[:1]
    mine = [(int(order[i]), _midpoints(mesh, where[i : i + 1])[0].tolist()) for i in first]
    _, place = min(found for one_rank in mesh.comm.allgather(mine) for found in one_rank)
    at = ", ".join(f"{x:.6g}" for x in place)
    raise MeshError(
        f"{title}: {number} of {mesh.topology.index_map(mesh.topology.dim).size_global} cells "
        f"are {what}; the first is at ({at}) m",
        "inspect the mesh there, and generate it again with a finer or smoother grading",
    )
