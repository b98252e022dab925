"""Geometry of a mesh: positions, normals, areas, centroids and volumes by quadrature of its map.

In axisymmetric coordinates they are those of the cell of revolution, centroids in its half-plane.

numpy over the coordinate element: no form is compiled, so that asking a cell for its size costs
milliseconds, and normals are known point by point, which an assembled integral cannot give.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mpi4py import MPI

import basix
import numpy as np
from dolfinx.mesh import Mesh, MeshTags

from femsoret.base.types import Array, Flags, Indices

if TYPE_CHECKING:
    from femsoret.cells.cell import Cell
from collections.abc import Sequence

import scipy.linalg
import ufl
from dolfinx import cpp

from femsoret.base.versions import coordinate_element, geometry_dofmap
from femsoret.physics.coordinates import Coordinates

# Cells taken at once, so that the memory for Jacobians stays at some ten megabytes.
_CHUNK = 8192

# Unit normals that differ by less than this are those of one plane.
FLAT = 1e-10

# Likewise for facets of mesh files, whose coordinates have as many digits as were written.
_PARALLEL = 1e-6


@dataclass(frozen=True)
class Face:
    """Which way a side faces, and where.

    Where more than half of the area faces one way, the rest (rounded edges, a port) does not count;
    otherwise the whole side does.

    Args:
        normal: Mean outward unit normal, shape (dim,); its length is 1 on a flat part, and 0 on a
            side that closes on itself.
        centre: Mean position, m, shape (dim,).
    """

    normal: Array
    centre: Array


@dataclass(frozen=True)
class SideMeasure:
    """Integrals over one side; lengths in m.

    Attributes:
        area: Area (length in 2D), m^(dim-1); m^2 in axisymmetric coordinates.
        extent: Area (length) of the side as it is drawn: in axisymmetric coordinates the length of
            the line that the side is swept out by.
        centroid: Mean position, m, shape (dim,).
        normal: Mean of the outward unit normal over the area, shape (dim,); its length is 1 on a
            flat side and 0 on one that closes on itself.
        flat: All unit normals are equal to 1e-10.
        face: Which way it faces, and where.
        swept: Integral of (x - centroid).n, m^dim: positive on a side that closes on itself around
            the fluid, negative on one that the fluid surrounds.
    """

    area: float
    extent: float
    centroid: Array
    normal: Array
    flat: bool
    face: Face
    swept: float


@dataclass(frozen=True, eq=False)
class NamedLine:
    """A line or surface as points to integrate over.

    Args:
        points: Positions, m, shape (n, dim).
        weights: Weight of each point in a mean, shape (n,); they add up to 1.
    """

    points: Array
    weights: Array

    def turned(self, matrix: Array) -> NamedLine:
        """Return the line of a cell that was rotated about the origin.

        Args:
            matrix: Rotation, shape (3, 3).
        """
        dim = self.points.shape[1]
        return NamedLine(self.points @ matrix[:dim, :dim].T, self.weights)


def geometry_jacobians(mesh: Mesh, cells: Indices, points: Array) -> tuple[Array, Array]:
    """Return positions and Jacobians of the geometry map.

    Args:
        mesh: The mesh.
        cells: Local cells.
        points: Reference points, shape (points, dim), the same for each cell.

    Returns:
        Positions x, shape (cells, points, dim), and dx/dX, shape (cells, points, dim, dim), in m.
    """
    dim = mesh.topology.dim
    element = mesh.ufl_domain().ufl_coordinate_element().basix_element
    table = element.tabulate(1, points)[..., 0]
    nodes = mesh.geometry.x[geometry_dofmap(mesh)[cells], :dim]
    x = np.einsum("qn,cni->cqi", table[0], nodes)
    return x, np.einsum("jqn,cni->cqij", table[1:], nodes)


def chunks(entities: Indices) -> Iterator[Indices]:
    """Yield the entities some thousands at a time."""
    for start in range(0, len(entities), _CHUNK):
        yield entities[start : start + _CHUNK]


def owned_cells(mesh: Mesh) -> Indices:
    """Return the cells that this rank owns."""
    return np.arange(mesh.topology.index_map(mesh.topology.dim).size_local, dtype=np.int32)


def volume(mesh: Mesh, of: Indices, coordinates: Coordinates) -> float:
    """Return the volume (area in 2D) of owned mesh cells, all ranks together, m^dim.

    Args:
        mesh: The mesh.
        of: The mesh cells.
        coordinates: Cartesian or axisymmetric; the volume is in m^3 in the latter.
    """
    points, weights = basix.make_quadrature(mesh.basix_cell(), _quadrature_degree(mesh))
    local = 0.0
    for cells in chunks(of):
        x, jacobians = geometry_jacobians(mesh, cells, points)
        density = np.abs(np.linalg.det(jacobians)) * coordinates.weight(np.moveaxis(x, -1, 0))
        local += float((density @ weights).sum())
    return float(mesh.comm.allreduce(local, op=MPI.SUM))


def side_measures(
    mesh: Mesh,
    facets: MeshTags,
    sides: Mapping[str, int],
    fluid: Flags,
    coordinates: Coordinates,
) -> dict[str, SideMeasure]:
    """Return the integrals over each named side; normals point out of the fluid.

    Args:
        mesh: The mesh.
        facets: Facets tagged by side.
        sides: Name and tag of each side.
        fluid: Whether each local mesh cell is fluid.
        coordinates: Cartesian or axisymmetric.
    """
    return {
        name: _side_measure(mesh, *attached_cells(mesh, facets.find(tag), fluid), coordinates)
        for name, tag in sides.items()
    }


def attached_cells(mesh: Mesh, facets: Indices, fluid: Flags) -> tuple[Indices, Indices]:
    """Return the cell of each facet of a side and the facet's number within it.

    Args:
        mesh: The mesh.
        facets: Exterior facets, and interfaces, whose cell is the one of fluid.
        fluid: Whether each local mesh cell is fluid.
    """
    dim = mesh.topology.dim
    mesh.topology.create_connectivity(dim - 1, dim)
    mesh.topology.create_connectivity(dim, dim - 1)
    to_cells = mesh.topology.connectivity(dim - 1, dim)
    first = to_cells.array[to_cells.offsets[facets]]
    last = to_cells.array[to_cells.offsets[facets + 1] - 1]
    cells = np.where(fluid[first], first, last)
    to_facets = mesh.topology.connectivity(dim, dim - 1).array
    per_cell = len(basix.cell.topology(mesh.basix_cell())[dim - 1])
    of_cells = to_facets.reshape(-1, per_cell)[cells]
    return cells, np.argmax(of_cells == facets[:, None], axis=1).astype(np.int32)


def _side_measure(
    mesh: Mesh, attached: Indices, numbers: Indices, coordinates: Coordinates
) -> SideMeasure:
    """Integrate over the facets of all ranks, given as numbers within cells."""
    dim = mesh.topology.dim
    # An empty part each, for ranks without a facet here.
    normals: list[Array] = [np.empty((0, dim))]
    facets: list[Array] = [np.empty((0, 3 + 2 * dim))]
    for some in chunks(np.arange(len(attached), dtype=np.int32)):
        for n, drawn, x in facet_quadrature(mesh, attached[some], numbers[some]):
            da = drawn * coordinates.weight(np.moveaxis(x, -1, 0))
            normals.append(n.reshape(-1, dim))
            moments = (np.einsum("fq,fqi->fi", da, vector) for vector in (x, n))
            swept = np.einsum("fq,fqi,fqi->f", da, x, n)
            facets.append(np.column_stack([da.sum(1), drawn.sum(1), swept, *moments]))
    # Of each facet: area, as drawn, integrals of x.n, x, and n.
    of_facet = np.concatenate(facets)
    total = mesh.comm.allreduce(of_facet.sum(axis=0), op=MPI.SUM)
    area, extent, swept = (float(value) for value in total[:3])
    centroid, normal = np.split(total[3:] / area, 2)
    spread = float(np.abs(np.concatenate(normals) - normal).max(initial=0.0))
    flat = bool(mesh.comm.allreduce(spread, op=MPI.MAX) < FLAT)
    face = Face(normal, centroid)
    if not flat:
        face = _main_face(np.concatenate(mesh.comm.allgather(of_facet)), dim) or face
    swept -= area * float(centroid @ normal)
    return SideMeasure(area, extent, centroid, normal, flat, face, swept)


def _main_face(of_facet: Array, dim: int) -> Face | None:
    """Return the part of a side that faces one way, if it is more than half of the side.

    Args:
        of_facet: One row a facet of all ranks, as :func:`_side_measure` has them.
        dim: Dimension.
    """
    areas = of_facet[:, 0]
    n = of_facet[:, 3 + dim :] / areas[:, None]
    # Where more than half of the area has one normal, the medians of the components are its own.
    shared = np.array([_median(component, areas) for component in n.T])
    alike = np.abs(n - shared).max(axis=1) < _PARALLEL
    part = float(areas[alike].sum())
    if part <= 0.5 * areas.sum():
        return None
    centre, normal = np.split(of_facet[alike, 3:].sum(axis=0) / part, 2)
    return Face(normal, centre)


def _median(values: Array, weights: Array) -> float:
    """Return the weighted median."""
    order = np.argsort(values)
    reached = np.cumsum(weights[order])
    return float(values[order][np.searchsorted(reached, 0.5 * reached[-1])])


def facet_quadrature(
    mesh: Mesh, cells: Indices, numbers: Indices
) -> Iterator[tuple[Array, Array, Array]]:
    """Yield unit normals, area elements (weights included) and positions at quadrature points.

    Yields:
        Arrays of shapes (facets, points, dim), (facets, points), (facets, points, dim).
    """
    kind = mesh.basix_cell()
    vertices = basix.cell.geometry(kind)
    frames = basix.cell.facet_jacobians(kind)
    reference_normals = basix.cell.facet_outward_normals(kind)
    for number, corners in enumerate(basix.cell.topology(kind)[mesh.topology.dim - 1]):
        here = cells[numbers == number]
        facet_kind = basix.cell.subentity_types(kind)[mesh.topology.dim - 1][number]
        points, weights = basix.make_quadrature(facet_kind, _quadrature_degree(mesh))
        frame = frames[number]
        x, jacobians = geometry_jacobians(mesh, here, vertices[corners[0]] + points @ frame.T)
        # Nanson: n da = |det J| J^-T N dA. The modulus keeps n outward in mirrored cells too.
        scale = weights * np.sqrt(np.linalg.det(frame.T @ frame))
        pulled = np.linalg.solve(
            np.swapaxes(jacobians, -1, -2),
            np.broadcast_to(reference_normals[number], x.shape)[..., None],
        )[..., 0]
        vectors = np.abs(np.linalg.det(jacobians))[..., None] * pulled * scale[:, None]
        da = np.linalg.norm(vectors, axis=-1)
        yield vectors / da[..., None], da, x


def _quadrature_degree(mesh: Mesh) -> int:
    """Return a degree that is exact for the moments of straight cells, converged for curved."""
    return 4 if coordinate_element(mesh).degree == 1 else 10


def with_coordinates(mesh: Mesh, x: Array) -> Mesh:
    """Return the mesh with other coordinates; the given mesh is untouched.

    Args:
        mesh: The mesh to move; the new one shares its topology, hence its tags.
        x: New coordinates of the local nodes in their order, shape (nodes, geometric dimension), m.
    """
    old = mesh.geometry
    # The Python helper `create_geometry` forgets to unwrap the element before 0.11; the C++
    # constructors below are the same in all versions.
    geometry = cpp.mesh.Geometry_float64(
        old.index_map(),
        geometry_dofmap(mesh),
        coordinate_element(mesh)._cpp_object,
        np.ascontiguousarray(x, dtype=np.float64),
        old.input_global_indices,
    )
    moved = cpp.mesh.Mesh_float64(mesh.comm, mesh.topology._cpp_object, geometry)
    return Mesh(moved, ufl.Mesh(mesh.ufl_domain().ufl_coordinate_element()))


# -- round walls: they hold a fluid by friction alone, or by the edges of a mesh -------------------

FREE = 1e-3
"""Value of :func:`least_crossing` below which walls count as round. A cylinder of second order has
8e-4 with two mesh cells across, 1.5e-5 with four; a cube has 0.2."""

FACES = 6
"""Directions that the facets of a side with plane faces have at most: those of a box."""


def least_crossing(cell: Cell, sides: Sequence[str], axis: Sequence[float]) -> float:
    """Return the least crossing of walls by a rigid rotation about a direction.

    Args:
        cell: A cell in 3D.
        sides: The walls.
        axis: Direction of the axis, shape (3,), length 1; it may lie anywhere.

    Returns:
        The least of (integral of (r.n)^2)/(integral of r^2) over the walls, r the motions that turn
        about such an axis or shift it; the same on all ranks.
    """
    along = np.asarray(axis, dtype=np.float64)
    across = scipy.linalg.null_space(along[None, :]).T
    scale = cell.diameter()
    crossing, moving = np.zeros((3, 3)), np.zeros((3, 3))
    for side in sides:
        for n, da, x in facet_quadrature(cell.mesh, *cell.attached(side)):
            turning = np.cross(along, x / scale)
            motions = np.stack([*(np.broadcast_to(a, x.shape) for a in across), turning])
            through = np.einsum("mfqi,fqi->mfq", motions, n)
            crossing += np.einsum("mfq,kfq,fq->mk", through, through, da)
            moving += np.einsum("mfqi,kfqi,fq->mk", motions, motions, da)
    total = cell.comm.allreduce(np.stack([crossing, moving]), op=MPI.SUM)
    return float(scipy.linalg.eigh(*total, eigvals_only=True)[0])


def is_polygon(cell: Cell, side: str) -> bool:
    """Return whether a side bends at the edges of straight facets only, and at many; collective."""
    if coordinate_element(cell.mesh).degree > 1 or cell.is_flat(side):
        return False
    normals: list[Array] = [np.empty((0, cell.dim))]
    for n, _, _ in facet_quadrature(cell.mesh, *cell.attached(side)):
        normals.append(n[:, 0])
    everywhere = np.concatenate(cell.comm.allgather(np.concatenate(normals)))
    return len(np.unique(np.round(everywhere, 6), axis=0)) > FACES
