"""Coarser plane cells from the outline of a mesh, for cells whose shape is known only from a file.

The outline is divided at its corners and where one side ends, and each piece keeps some of its
nodes; gmsh fills the plane between them. Like the coarser meshes in 3D
(:mod:`femsoret.cells.remeshed`) it is suitable for a preconditioner or a first guess, but not for
results.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from types import ModuleType

import basix
import numpy as np
from scipy.spatial import KDTree

from femsoret.base.errors import MeshError
from femsoret.base.types import Array, GlobalIndices, Indices
from femsoret.cells import gmsh_model
from femsoret.cells.distribute import RawMesh
from femsoret.cells.remeshed import EDGE, exterior_facets, filled, names_of, tags_of

SAME_AREA = 1e-6
"""Share of the area by which the largest polygon less all others may differ from the straight mesh
cells: round-off. If one of the others is no hole but a separate part, it differs by twice its
area."""


@dataclass(frozen=True)
class Loop:
    """A closed polygon of the outline.

    Attributes:
        points: Vertices in the order of a walk, m, shape (n, 2).
        tags: Tag of the side of the segment from each vertex to the next one, shape (n,).
    """

    points: Array
    tags: GlobalIndices

    @property
    def ahead(self) -> Array:
        """From each vertex to the next one, m, shape (n, 2)."""
        return np.asarray(np.roll(self.points, -1, axis=0) - self.points)

    @cached_property
    def area(self) -> float:
        """Area inside, m^2."""
        (x, y), (x1, y1) = self.points.T, np.roll(self.points, -1, axis=0).T
        return 0.5 * abs(float(x @ y1 - y @ x1))

    @property
    def corners(self) -> GlobalIndices:
        """Numbers of the vertices where the direction or the side changes; one at least."""
        angle = np.arctan2(self.ahead[:, 1], self.ahead[:, 0])
        turn = np.abs((angle - np.roll(angle, 1) + math.pi) % (2.0 * math.pi) - math.pi)
        found = np.flatnonzero((turn > EDGE) | (self.tags != np.roll(self.tags, 1)))
        return found if len(found) else np.zeros(1, dtype=np.int64)


@dataclass(frozen=True)
class Outline:
    """The data of a plane mesh from which coarser meshes are made.

    Attributes:
        loops: The polygons, that around all others first.
        names: Name -> tag of each side.
        sites: Points where the mesh size is known, m, shape (sites, 2).
        sizes: Mesh size at these points, m, shape (sites,): edge length of the regular triangle
            with the area of the mesh cell there, or of half a quadrilateral.
    """

    loops: tuple[Loop, ...]
    names: Mapping[str, int]
    sites: Array
    sizes: Array

    def meshed(self, ratio: float) -> RawMesh:
        """Return a mesh of triangles inside the outline, on one rank.

        Args:
            ratio: Number of mesh cells per length, relative to the original mesh.

        Raises:
            MissingDependency: gmsh cannot be loaded.
        """
        extent = float(np.ptp(self.loops[0].points, axis=0).max())
        sites, sizes = KDTree(self.sites), np.asarray(self.sizes / ratio, float)
        with gmsh_model.session() as gmsh:
            self._draw(gmsh, [_kept(loop, sites, sizes) for loop in self.loops], extent)
            return filled(gmsh, extent, sites, sizes)

    def _draw(self, gmsh: ModuleType, kept: list[GlobalIndices], extent: float) -> None:
        """Define the plane inside the outline in gmsh, with one edge between vertices kept."""
        geo = gmsh.model.geo
        groups: dict[int, list[int]] = {}
        around = []
        for loop, numbers in zip(self.loops, kept, strict=True):
            ends = [geo.addPoint(*(loop.points[number] / extent), 0.0) for number in numbers]
            lines = [geo.addLine(*each) for each in pairwise([*ends, ends[0]])]
            for line, number in zip(lines, numbers, strict=True):
                geo.mesh.setTransfiniteCurve(line, 2)
                groups.setdefault(int(loop.tags[number]), []).append(line)
            around.append(geo.addCurveLoop(lines))
        plane = geo.addPlaneSurface(around)
        geo.synchronize()
        for name, tag in self.names.items():
            if tag in groups:
                gmsh.model.addPhysicalGroup(1, groups[tag], name=name)
        gmsh.model.addPhysicalGroup(2, [plane], name="cell")


def outline_of(raw: RawMesh) -> Outline:
    """Return the outline and the mesh sizes of a plane mesh.

    Args:
        raw: The whole mesh; curved mesh cells are replaced by straight ones with the same vertices.

    Raises:
        MeshError: The outline touches itself, or the mesh has separate parts.
    """
    shape = basix.CellType[raw.kind]
    corners = raw.cells[:, : len(basix.cell.geometry(shape))]
    facets, _ = exterior_facets(corners, basix.cell.topology(shape)[1])
    tags = tags_of(facets, raw)
    loops = sorted(_loops(raw.points, facets, tags), key=lambda loop: -loop.area)
    areas = _areas(raw.points[corners])
    enclosed = loops[0].area - sum(loop.area for loop in loops[1:])
    if abs(enclosed - areas.sum()) > SAME_AREA * areas.sum():
        raise MeshError("its mesh has separate parts")
    triangles = 1 if corners.shape[1] == 3 else 2
    return Outline(
        tuple(loops),
        names_of(tags, raw),
        raw.points[corners].mean(axis=1),
        np.sqrt(4.0 / math.sqrt(3.0) * areas / triangles),
    )


def _kept(loop: Loop, sites: KDTree, sizes: Array) -> GlobalIndices:
    """Return the numbers of the vertices of a polygon that a coarser mesh keeps.

    Corners are kept, and between them vertices about the mesh size apart.

    Args:
        loop: The polygon.
        sites: Points where the mesh size is known, m, shape (sites, 2).
        sizes: Size of the coarser mesh at these points, m, shape (sites,).
    """
    n, corners = len(loop.points), loop.corners
    _, site = sites.query(loop.points + 0.5 * loop.ahead)
    edges = np.linalg.norm(loop.ahead, axis=1) / sizes[site]
    fewest = max(1, -(-3 // len(corners)))  # a polygon has three edges
    kept = []
    for start, end in pairwise([*corners, corners[0] + n]):
        along = np.arange(start, end) % n
        count = np.concatenate([[0.0], np.cumsum(edges[along])])
        pieces = min(max(round(count[-1]), fewest), len(along))
        wanted = np.linspace(0.0, count[-1], pieces + 1)[:-1]
        kept.append(along[np.unique(np.abs(count[:-1, None] - wanted).argmin(axis=0))])
    return np.concatenate(kept)


def _areas(x: Array) -> Array:
    """Return the area of each triangle or quadrilateral, m^2.

    Args:
        x: Coordinates of the vertices of each mesh cell in Basix order, m, shape (cells, 3, 2) or
            (cells, 4, 2).
    """
    if x.shape[1] == 3:
        a, b = x[:, 1] - x[:, 0], x[:, 2] - x[:, 0]
    else:  # the diagonals; corner 3 is opposite to corner 0
        a, b = x[:, 3] - x[:, 0], x[:, 2] - x[:, 1]
    return np.asarray(0.5 * np.abs(a[:, 0] * b[:, 1] - a[:, 1] * b[:, 0]))


def _loops(points: Array, segments: GlobalIndices, tags: Indices) -> list[Loop]:
    """Return the closed polygons of an outline.

    Args:
        points: Coordinates of the nodes of the mesh, m, shape (nodes, 2).
        segments: Vertices of each segment, shape (segments, 2).
        tags: Tag of each segment, shape (segments,).

    Raises:
        MeshError: The outline touches itself.
    """
    at: dict[int, list[int]] = {}
    for number in range(len(segments)):
        for vertex in (int(segments[number, 0]), int(segments[number, 1])):
            at.setdefault(vertex, []).append(number)
    if any(len(beside) != 2 for beside in at.values()):
        raise MeshError("its outline touches itself")
    loops, left = [], set(range(len(segments)))
    while left:
        number = min(left)
        vertex = int(segments[number, 0])
        vertices, along = list[int](), list[int]()
        while number in left:
            left.remove(number)
            vertices.append(vertex)
            along.append(number)
            vertex = int(segments[number].sum()) - vertex
            one, other = at[vertex]
            number = other if one == number else one
        loops.append(Loop(points[vertices], np.asarray(tags[along], dtype=np.int64)))
    return loops
