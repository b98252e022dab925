"""A coarser cell from the surface of a mesh, where only a file knows the shape.

The surface is taken apart along its edges and the borders of its sides; gmsh maps the parts to the
plane, meshes them again and fills the volume (J.-F. Remacle, C. Geuzaine, G. Compère,
E. Marchandise, Int. J. Numer. Meth. Eng. 83 (2010) 403). New nodes lie on the old facets and new
walls are chords between them: good for a preconditioner or a first guess, but not for results.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from types import ModuleType

from mpi4py import MPI

import basix
import numpy as np
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components
from scipy.spatial import KDTree

from femsoret.base.errors import MeshError
from femsoret.base.types import Array, GlobalIndices, Indices
from femsoret.cells import gmsh_model, numbers
from femsoret.cells.cell import Cell
from femsoret.cells.distribute import RawMesh, on_root, to_cell
from femsoret.cells.elements import raw_mesh

EDGE = math.radians(40.0)
"""Angle between neighbouring facets from which the line between them is an edge of the cell."""

_SITES = 50_000
"""Largest number of places at which the mesh size is kept."""

_TRIANGLE = 2  # gmsh's number of the element type


@dataclass(frozen=True)
class Surface:
    """The data of a 3D mesh that coarser meshes are made from.

    Attributes:
        points: Corners of the facets, m, shape (points, 3).
        triangles: Corners of each exterior facet, seen from outside anticlockwise; quadrilaterals
            are cut in two.
        tags: Side of each triangle.
        names: Name and tag of each side.
        sites: Points where the mesh size is known, m, shape (sites, 3).
        sizes: Edge of a regular tetrahedron of the volume of the mesh cell there, m.
    """

    points: Array
    triangles: GlobalIndices
    tags: Indices
    names: Mapping[str, int]
    sites: Array
    sizes: Array


def surface_of(raw: RawMesh) -> Surface:
    """Return the surface and the sizes of a 3D mesh.

    Args:
        raw: The mesh, whole; curved cells count as the straight ones between their corners.
    """
    shape = basix.CellType[raw.kind]
    corners = raw.cells[:, : len(basix.cell.geometry(shape))]
    centres = raw.points[corners].mean(axis=1)
    facets, owners = _exterior(corners, basix.cell.topology(shape)[2])
    tags = _tags_of(facets, raw)
    if facets.shape[1] == 4:  # in the order of Basix, across opposite corners 1 and 2
        facets = np.concatenate([facets[:, [0, 1, 2]], facets[:, [1, 3, 2]]])
        owners, tags = np.tile(owners, 2), np.tile(tags, 2)
    a, b, c = np.moveaxis(raw.points[facets], 1, 0)
    inwards = np.einsum("ij,ij->i", np.cross(b - a, c - a), a - centres[owners]) < 0.0
    facets[inwards] = facets[inwards][:, [0, 2, 1]]
    used, triangles = np.unique(facets, return_inverse=True)
    every = max(1, len(corners) // _SITES)
    return Surface(
        raw.points[used],
        triangles.reshape(-1, 3),
        tags,
        raw.facets.names,
        centres[::every],
        np.cbrt(6.0 * math.sqrt(2.0) * _share(raw.points[corners[::every]])),
    )


def _exterior(
    corners: GlobalIndices, facets: list[list[int]]
) -> tuple[GlobalIndices, GlobalIndices]:
    """Return the facets that belong to one cell only, and that cell."""
    rows = np.concatenate([corners[:, facet] for facet in facets])
    _, first, number = np.unique(
        np.sort(rows, axis=1), axis=0, return_index=True, return_counts=True
    )
    once = first[number == 1]
    return rows[once], once % len(corners)


def _tags_of(facets: GlobalIndices, raw: RawMesh) -> Indices:
    """Return the tag of each facet, 0 where it bears no name."""
    labelled = raw.facets.nodes[:, : facets.shape[1]]
    rows = np.sort(np.concatenate([labelled, facets]), axis=1)
    _, which = np.unique(rows, axis=0, return_inverse=True)
    which = which.ravel()
    tags = np.zeros(which.max() + 1, dtype=np.int32)
    tags[which[: len(labelled)]] = raw.facets.values
    return np.asarray(tags[which[len(labelled) :]])


def _share(x: Array) -> Array:
    """Return the volume of each tetrahedron, and a sixth of that of each hexahedron, m^3.

    Args:
        x: Corners of each cell in the order of Basix, shape (cells, 4 or 8, 3).
    """
    if x.shape[1] == 4:
        edges = x[:, 1:] - x[:, :1]
    else:
        # Between the middles of opposite faces; bit k of a corner's number is its k-th coordinate.
        high = (np.arange(8)[:, None] >> np.arange(3)) & 1
        edges = np.stack(
            [
                x[:, high[:, k] == 1].mean(axis=1) - x[:, high[:, k] == 0].mean(axis=1)
                for k in range(3)
            ],
            axis=1,
        )
    return np.asarray(np.abs(np.linalg.det(edges)) / 6.0)


def remeshed(comm: MPI.Comm, surface: Surface | None, title: str, ratio: float) -> Cell:
    """Return about the same cell at another resolution, in straight tetrahedra.

    Args:
        comm: Communicator.
        surface: Of the mesh, on rank 0; None elsewhere.
        title: Title of the cell.
        ratio: Cells a length, relative to the mesh that the surface is of; at most 1.

    Raises:
        MeshError: gmsh cannot do it, or sides were lost. The same error on all ranks.
        MissingDependency: gmsh cannot be loaded.
    """
    ratio = numbers.positive("the ratio of resolutions", ratio)

    def work() -> RawMesh:
        assert surface is not None
        raw = _meshed(surface, ratio)
        missing = set(surface.names) - set(raw.facets.names)
        if missing:
            raise MeshError(f"a coarser mesh has no side {sorted(missing)[0]!r} any more")
        return raw

    return to_cell(
        comm,
        on_root(comm, f"gmsh could not mesh {title} again", work),
        title=f"{title}, meshed again at {ratio:.3g} times the resolution",
        coarsen=lambda less: remeshed(comm, surface, title, ratio * less),
    )


def _meshed(surface: Surface, ratio: float) -> RawMesh:
    """Return the mesh of the volume inside a surface."""
    # Tolerances of gmsh are absolute.
    extent = float(np.ptp(surface.points, axis=0).max())
    nearest = KDTree(surface.sites)

    def size(dim: int, tag: int, x: float, y: float, z: float, lc: float) -> float:
        _, site = nearest.query((extent * x, extent * y, extent * z))
        return float(surface.sizes[site]) / (extent * ratio)

    with gmsh_model.session() as gmsh:
        _draw(gmsh, surface, extent)
        gmsh.option.setNumber("Mesh.MeshSizeExtendFromBoundary", 0)
        gmsh.model.mesh.setSizeCallback(size)
        try:
            gmsh.model.mesh.generate(3)
        finally:
            gmsh.model.mesh.removeSizeCallback()
        points, elements = gmsh_model.model_elements(gmsh)
    return raw_mesh(points, elements, dim=3, scale=extent)


def _draw(gmsh: ModuleType, surface: Surface, extent: float) -> None:
    """Draw the volume inside a surface, with one part of the surface or more a named side."""
    mesh = gmsh.model.mesh
    part_of = parts_of(surface)
    groups: dict[int, list[int]] = {}
    for part in range(part_of.max() + 1):
        gmsh.model.addDiscreteEntity(2, part + 1)
        tag = int(surface.tags[np.argmax(part_of == part)])
        groups.setdefault(tag, []).append(part + 1)
    nodes = np.arange(1, len(surface.points) + 1)
    mesh.addNodes(2, 1, nodes, (surface.points / extent).ravel())
    for part in range(part_of.max() + 1):
        mine = np.flatnonzero(part_of == part)
        corners = (surface.triangles[mine] + 1).ravel()
        mesh.addElementsByType(part + 1, _TRIANGLE, mine + 1, corners)
    mesh.createTopology()
    mesh.createGeometry()
    for name, tag in surface.names.items():
        if tag in groups:
            gmsh.model.addPhysicalGroup(2, groups[tag], name=name)
    loop = gmsh.model.geo.addSurfaceLoop([part for found in groups.values() for part in found])
    volume = gmsh.model.geo.addVolume([loop])
    gmsh.model.geo.synchronize()
    gmsh.model.addPhysicalGroup(3, [volume], name="cell")


def parts_of(surface: Surface) -> GlobalIndices:
    """Return for each triangle the number of its part: smooth, of one side, and like a disk.

    A part may have holes. It has a border and no handle, so that it can be mapped to the plane;
    other parts are cut in two, repeatedly.
    """
    edges = np.sort(surface.triangles[:, [0, 1, 1, 2, 2, 0]].reshape(-1, 2), axis=1)
    owners = np.repeat(np.arange(len(surface.triangles)), 3)
    order = np.lexsort(edges.T)
    again = (edges[order][1:] == edges[order][:-1]).all(axis=1)
    one, other = owners[order][:-1][again], owners[order][1:][again]
    a, b, c = np.moveaxis(surface.points[surface.triangles], 1, 0)
    normals = np.cross(b - a, c - a)
    normals /= np.linalg.norm(normals, axis=1)[:, None]
    cosines = np.einsum("ij,ij->i", normals[one], normals[other])
    joined = (cosines > math.cos(EDGE)) & (surface.tags[one] == surface.tags[other])
    links = np.stack([one, other])[:, joined]
    part_of = _components(len(surface.triangles), links)
    part = 0
    while part <= part_of.max():
        mine = np.flatnonzero(part_of == part)
        if _is_like_a_disk(surface.triangles[mine]):
            part += 1
            continue
        x = (a + b + c)[mine]
        x = x[:, np.argmax(np.ptp(x, axis=0))]
        part_of[mine[x > np.median(x)]] = part_of.max() + 1
        links = links[:, part_of[links[0]] == part_of[links[1]]]
        part_of = _components(len(part_of), links)  # halves may fall apart; numbers change
        part = 0
    return part_of


def _components(number: int, links: GlobalIndices) -> GlobalIndices:
    graph = coo_matrix((np.ones(links.shape[1]), tuple(links)), shape=(number, number))
    return np.asarray(connected_components(graph, directed=False)[1], dtype=np.int64)


def _is_like_a_disk(triangles: GlobalIndices) -> bool:
    """Return whether connected triangles have a border and no handle.

    Euler's characteristic is 2 - 2 handles - borders.
    """
    edges = np.sort(triangles[:, [0, 1, 1, 2, 2, 0]].reshape(-1, 2), axis=1)
    edges, number = np.unique(edges, axis=0, return_counts=True)
    nodes, rim = np.unique(edges[number == 1], return_inverse=True)
    borders = len(np.unique(_components(len(nodes), rim.reshape(-1, 2).T)))
    characteristic = len(np.unique(triangles)) - len(edges) + len(triangles)
    return borders > 0 and characteristic == 2 - borders
