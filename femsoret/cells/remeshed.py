"""Coarser cells from the surface of a mesh, for cells whose shape is known only from a file.

The surface is divided along its edges and the borders of its sides; gmsh maps the parts to the
plane, remeshes them and fills the volume (J.-F. Remacle, C. Geuzaine, G. Compère, E. Marchandise,
Int. J. Numer. Meth. Eng. 83 (2010) 403). New nodes lie on the old facets, and new walls are chords
between them: suitable for a preconditioner or a first guess, but not for results.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from types import ModuleType
from typing import Protocol

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
"""Angle between adjacent facets above which the line between them is an edge of the cell, rad."""

_SITES = 50_000
"""Approximate number of positions at which the mesh size is stored, at most twice that."""

_TRIANGLE = 2  # number of this element type in gmsh


class Boundary(Protocol):
    """What is known of the boundary of a cell from a file."""

    @property
    def names(self) -> Mapping[str, int]:
        """Name -> tag of each side."""

    def meshed(self, ratio: float) -> RawMesh:
        """Return a mesh inside the boundary, on one rank.

        Args:
            ratio: Number of mesh cells per length, relative to the original mesh.

        Raises:
            MeshError: gmsh cannot make the mesh.
            MissingDependency: gmsh cannot be loaded.
        """


@dataclass(frozen=True)
class Surface:
    """The data of a 3D mesh from which coarser meshes are made.

    Attributes:
        points: Coordinates of the vertices of the exterior facets, m, shape (points, 3).
        triangles: Vertices of each exterior facet, anticlockwise as seen from outside, shape
            (triangles, 3); quadrilaterals are divided into two triangles.
        tags: Tag of the side of each triangle, shape (triangles,).
        names: Name -> tag of each side.
        sites: Points where the mesh size is known, m, shape (sites, 3).
        sizes: Mesh size at these points, m, shape (sites,): edge length of the regular tetrahedron
            with the volume of the mesh cell there, or of a sixth of a hexahedron.
    """

    points: Array
    triangles: GlobalIndices
    tags: Indices
    names: Mapping[str, int]
    sites: Array
    sizes: Array

    def meshed(self, ratio: float) -> RawMesh:
        """Return a mesh of tetrahedra inside the surface, on one rank (see :class:`Boundary`)."""
        return _meshed(self, ratio)


def surface_of(raw: RawMesh) -> Surface:
    """Return the surface and the mesh sizes of a 3D mesh.

    Args:
        raw: The whole mesh; curved mesh cells are replaced by straight ones with the same vertices.
    """
    shape = basix.CellType[raw.kind]
    corners = raw.cells[:, : len(basix.cell.geometry(shape))]
    centres = raw.points[corners].mean(axis=1)
    facets, owners = exterior_facets(corners, basix.cell.topology(shape)[2])
    tags = tags_of(facets, raw)
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
        names_of(tags, raw),
        centres[::every],
        np.cbrt(6.0 * math.sqrt(2.0) * _share(raw.points[corners[::every]])),
    )


def exterior_facets(
    corners: GlobalIndices, facets: list[list[int]]
) -> tuple[GlobalIndices, GlobalIndices]:
    """Return the facets that belong to one mesh cell only, and this mesh cell for each.

    Args:
        corners: Vertices of each mesh cell in Basix order, shape (cells, vertices).
        facets: Local numbers of the vertices of each facet of a mesh cell.

    Returns:
        Vertices of the facets, shape (facets, vertices of a facet), and mesh cells, (facets,).
    """
    rows = np.concatenate([corners[:, facet] for facet in facets])
    _, first, number = np.unique(
        np.sort(rows, axis=1), axis=0, return_index=True, return_counts=True
    )
    once = first[number == 1]
    return rows[once], once % len(corners)


def tags_of(facets: GlobalIndices, raw: RawMesh) -> Indices:
    """Return the tag of each facet; 0 for facets without a name.

    Args:
        facets: Vertices of each facet, shape (facets, vertices of a facet).
        raw: The mesh, whose named facets have at least these vertices, in any order.
    """
    labelled = raw.facets.nodes[:, : facets.shape[1]]
    rows = np.sort(np.concatenate([labelled, facets]), axis=1)
    _, which = np.unique(rows, axis=0, return_inverse=True)
    which = which.ravel()
    tags = np.zeros(which.max() + 1, dtype=np.int32)
    tags[which[: len(labelled)]] = raw.facets.values
    return np.asarray(tags[which[len(labelled) :]])


def names_of(tags: Indices, raw: RawMesh) -> dict[str, int]:
    """Return the names of exterior sides with their tags; inner lines and surfaces are left out.

    Args:
        tags: Tags of the exterior facets.
        raw: The mesh.
    """
    outside = set(map(int, np.unique(tags)))
    return {name: tag for name, tag in raw.facets.names.items() if tag in outside}


def _share(x: Array) -> Array:
    """Return the volume of each tetrahedron, or a sixth of that of each hexahedron.

    Args:
        x: Coordinates of the vertices of each mesh cell in Basix order, m, shape (cells, 4, 3) or
            (cells, 8, 3).

    Returns:
        Volumes, m^3, shape (cells,).
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


def remeshed(comm: MPI.Comm, boundary: Boundary | None, title: str, ratio: float) -> Cell:
    """Return approximately the same cell at a lower resolution, with straight edges.

    Collective.

    Args:
        comm: Communicator.
        boundary: Boundary of the original mesh on rank 0; None on other ranks.
        title: Title of the original cell.
        ratio: Number of mesh cells per length, relative to the original mesh; at most 1.

    Raises:
        MeshError: gmsh cannot make the mesh, or the mesh has lost sides; the same error is raised
            on all ranks.
        MissingDependency: gmsh cannot be loaded.
    """
    ratio = numbers.positive("the ratio of resolutions", ratio)

    def work() -> RawMesh:
        assert boundary is not None
        raw = boundary.meshed(ratio)
        missing = set(boundary.names) - set(raw.facets.names)
        if missing:
            raise MeshError(f"the coarser mesh has lost the side {sorted(missing)[0]!r}")
        return raw

    return to_cell(
        comm,
        on_root(comm, f"gmsh could not remesh {title}", work),
        title=f"{title}, remeshed at {ratio:.3g} times the resolution",
        coarsen=lambda less: remeshed(comm, boundary, title, ratio * less),
    )


def _meshed(surface: Surface, ratio: float) -> RawMesh:
    """Return the mesh of the volume inside a surface."""
    # Tolerances of gmsh are absolute.
    extent = float(np.ptp(surface.points, axis=0).max())
    with gmsh_model.session() as gmsh:
        _draw(gmsh, surface, extent)
        return filled(gmsh, extent, KDTree(surface.sites), np.asarray(surface.sizes / ratio, float))


def filled(gmsh: ModuleType, extent: float, sites: KDTree, sizes: Array) -> RawMesh:
    """Return the mesh of what was drawn in gmsh.

    Args:
        gmsh: The gmsh module, within a session, with a model whose unit of length is the extent.
        extent: Extent of the cell, m.
        sites: Points where the mesh size is known, m, shape (sites, dim).
        sizes: Mesh size at these points, m, shape (sites,).
    """

    def size(dim: int, tag: int, x: float, y: float, z: float, lc: float) -> float:
        _, site = sites.query([extent * each for each in (x, y, z)[: sites.m]])
        return float(sizes[site]) / extent

    gmsh.option.setNumber("Mesh.MeshSizeExtendFromBoundary", 0)
    gmsh.model.mesh.setSizeCallback(size)
    try:
        gmsh.model.mesh.generate(sites.m)
    finally:
        gmsh.model.mesh.removeSizeCallback()
    points, elements = gmsh_model.model_elements(gmsh)
    return raw_mesh(points, elements, dim=sites.m, scale=extent)


def _draw(gmsh: ModuleType, surface: Surface, extent: float) -> None:
    """Define the volume inside a surface in gmsh; each named side has one or more parts of it."""
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
    """Divide a surface into smooth parts, each of one side and mappable to the plane.

    A part can be mapped to the plane if it has a border and no handle; it may have holes. Parts
    that cannot be mapped are divided in two repeatedly.

    Args:
        surface: The surface.

    Returns:
        Number of the part of each triangle, shape (triangles,).
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

    The Euler characteristic is 2 - 2 handles - borders.
    """
    edges = np.sort(triangles[:, [0, 1, 1, 2, 2, 0]].reshape(-1, 2), axis=1)
    edges, number = np.unique(edges, axis=0, return_counts=True)
    nodes, rim = np.unique(edges[number == 1], return_inverse=True)
    borders = len(np.unique(_components(len(nodes), rim.reshape(-1, 2).T)))
    characteristic = len(np.unique(triangles)) - len(edges) + len(triangles)
    return borders > 0 and characteristic == 2 - borders
