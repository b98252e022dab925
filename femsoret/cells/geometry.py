"""Geometry of a mesh: positions, normals, areas, centroids and volumes by quadrature.

In axisymmetric coordinates these are quantities of the cell of revolution; centroids lie in its
half-plane.

The coordinate element is evaluated with NumPy. No form is compiled, so that measuring a cell takes
milliseconds, and normals are available at each point, which assembled integrals cannot provide.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from mpi4py import MPI

import basix
import numpy as np
import ufl
from dolfinx import cpp
from dolfinx.mesh import Mesh, MeshTags

from femsoret.base.types import Array, Flags, Indices
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
    """Direction and position of the main part of a side.

    If more than half of the area has one normal, only that part is used, without the rest (rounded
    edges, a port); otherwise the whole side is used.

    Args:
        normal: Mean of the outward unit normal, shape (dim,); its length is 1 on a flat part and 0
            on a side that closes on itself.
        centre: Mean position, m, shape (dim,).
    """

    normal: Array
    centre: Array


@dataclass(frozen=True)
class SideMeasure:
    """Integrals over one side.

    Attributes:
        area: Area (length in 2D), m^(dim-1); m^2 in axisymmetric coordinates.
        extent: Area (length in 2D) of the side in the mesh, m^(dim-1); in axisymmetric coordinates,
            the length of the line in the half-plane that generates the side.
        centroid: Mean position, m, shape (dim,).
        normal: Mean of the outward unit normal over the area, shape (dim,); its length is 1 on a
            flat side and 0 on a side that closes on itself.
        flat: Whether all unit normals agree to within 1e-10.
        face: Direction and position of the main part of the side.
        swept: Integral of (x - centroid).n, m^dim (m^3 in axisymmetric coordinates): positive on a
            closed side around the fluid, negative on a closed side that the fluid surrounds.
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
    """A line or surface, as points and weights of a quadrature rule for means over it.

    Args:
        points: Coordinates of the points, m, shape (n, dim).
        weights: Weight of each point, shape (n,); the weights add up to 1.
    """

    points: Array
    weights: Array

    def turned(self, matrix: Array) -> NamedLine:
        """Return the line rotated about the origin.

        Args:
            matrix: Rotation matrix, shape (3, 3).
        """
        dim = self.points.shape[1]
        return NamedLine(self.points @ matrix[:dim, :dim].T, self.weights)


def geometry_jacobians(mesh: Mesh, cells: Indices, points: Array) -> tuple[Array, Array]:
    """Return the positions and Jacobians of the geometry map at reference points.

    Args:
        mesh: The mesh.
        cells: Local indices of the mesh cells, shape (cells,).
        points: Reference points, shape (points, dim), the same in each mesh cell.

    Returns:
        Positions x, m, shape (cells, points, dim), and Jacobians dx/dX, m, shape (cells, points,
        dim, dim).
    """
    dim = mesh.topology.dim
    element = mesh.ufl_domain().ufl_coordinate_element().basix_element
    table = element.tabulate(1, points)[..., 0]
    nodes = mesh.geometry.x[geometry_dofmap(mesh)[cells], :dim]
    x = np.einsum("qn,cni->cqi", table[0], nodes)
    return x, np.einsum("jqn,cni->cqij", table[1:], nodes)


def jacobians_at(mesh: Mesh, cells: Indices, points: Array) -> tuple[Array, Array]:
    """Return the position and the Jacobian of the geometry map at one point of each mesh cell.

    Args:
        mesh: The mesh.
        cells: Local indices of the mesh cells, shape (n,).
        points: Reference point in each of them, shape (n, dim).

    Returns:
        Positions x, m, shape (n, dim), and Jacobians dx/dX, m, shape (n, dim, dim).
    """
    dim = mesh.topology.dim
    if not len(cells):
        return np.empty((0, dim)), np.empty((0, dim, dim))
    element = mesh.ufl_domain().ufl_coordinate_element().basix_element
    table = element.tabulate(1, points)[..., 0]
    nodes = mesh.geometry.x[geometry_dofmap(mesh)[cells], :dim]
    return (
        np.einsum("qn,qni->qi", table[0], nodes),
        np.einsum("jqn,qni->qij", table[1:], nodes),
    )


def chunks(entities: Indices) -> Iterator[Indices]:
    """Yield the entities in chunks of several thousand, which limits the memory for Jacobians."""
    for start in range(0, len(entities), _CHUNK):
        yield entities[start : start + _CHUNK]


def owned_cells(mesh: Mesh) -> Indices:
    """Return the local indices of the mesh cells that this rank owns."""
    return np.arange(mesh.topology.index_map(mesh.topology.dim).size_local, dtype=np.int32)


def volume(mesh: Mesh, of: Indices, coordinates: Coordinates) -> float:
    """Return the total volume (area in 2D) of some mesh cells of all ranks; collective.

    Args:
        mesh: The mesh.
        of: Local indices of the mesh cells, which this rank owns.
        coordinates: Cartesian or axisymmetric.

    Returns:
        Volume, m^dim; m^3 in axisymmetric coordinates.
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
    """Return the integrals over each named side; collective.

    Normals point out of the fluid; on the outside of a solid they point out of the mesh.

    Args:
        mesh: The mesh.
        facets: Facets tagged by side.
        sides: Name -> tag of each side.
        fluid: Whether each local mesh cell is fluid, shape (local cells,).
        coordinates: Cartesian or axisymmetric.

    Returns:
        Side name -> integrals over the side.
    """
    return {
        name: _side_measure(mesh, *attached_cells(mesh, facets.find(tag), fluid), coordinates)
        for name, tag in sides.items()
    }


def attached_cells(mesh: Mesh, facets: Indices, fluid: Flags) -> tuple[Indices, Indices]:
    """Return the mesh cell of each facet of a side, and the index of the facet within it.

    Args:
        mesh: The mesh.
        facets: Local indices of exterior facets, or of interfaces between fluid and solid, whose
            fluid mesh cell is returned; shape (n,).
        fluid: Whether each local mesh cell is fluid, shape (local cells,).

    Returns:
        Local index of each mesh cell, and index of the facet within it, shape (n,) each.
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
    """Integrate over facets of all ranks, each given by mesh cell and index of the facet in it."""
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
    """Return the part of a side that has one normal, if it is more than half of the area.

    Args:
        of_facet: One row per facet of all ranks: area, area in the mesh, integrals of x.n, x and n.
        dim: Spatial dimension.
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
    """Return the weighted median of some values."""
    order = np.argsort(values)
    reached = np.cumsum(weights[order])
    return float(values[order][np.searchsorted(reached, 0.5 * reached[-1])])


def facet_quadrature(
    mesh: Mesh, cells: Indices, numbers: Indices
) -> Iterator[tuple[Array, Array, Array]]:
    """Yield unit normals, area elements and positions at the quadrature points of facets.

    Args:
        mesh: The mesh.
        cells: Local index of the mesh cell of each facet, shape (n,).
        numbers: Index of each facet within its mesh cell, shape (n,).

    Yields:
        For all facets with the same index: outward unit normals, shape (facets, points, dim); area
        elements times quadrature weights, m^(dim-1), shape (facets, points); positions, m, shape
        (facets, points, dim).
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
    """Return a quadrature degree that is exact for moments of straight cells, ample for curved."""
    return 4 if coordinate_element(mesh).degree == 1 else 10


def with_coordinates(mesh: Mesh, x: Array) -> Mesh:
    """Return the mesh with other coordinates; the given mesh does not change.

    Args:
        mesh: The mesh. The new one shares its topology, so that mesh tags remain valid.
        x: New coordinates of the local nodes in the order of the mesh, m, shape (nodes, dim).
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
