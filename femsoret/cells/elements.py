"""Conversion of the elements listed in a mesh file to the arrays of a mesh and its named lines."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import basix
import numpy as np

from femsoret.base.errors import MeshError
from femsoret.base.types import Array, GlobalIndices
from femsoret.cells.distribute import Labels, RawMesh
from femsoret.cells.geometry import NamedLine

Points = Array

# Largest distance of a 2D mesh from a plane of constant z, over its size.
_PLANE = 1e-9

_NAME_THEM = (
    'in gmsh, name every side, for instance Physical Curve("hot") = {1}; in 2D or '
    'Physical Surface("hot") = {1}; in 3D, and the fluid, Physical Surface("fluid") = {1}; or '
    'Physical Volume("fluid") = {1}; then mesh and save again'
)


@dataclass(frozen=True)
class Elements:
    """Elements of one type that belong to the same groups.

    Attributes:
        kind: Basix name of the cell type; empty if the type is not supported.
        degree: Degree of the geometry.
        dim: Topological dimension.
        label: Name of the type in the file.
        nodes: Row of each node in the array of points, in DOLFINx order, shape (elements, nodes per
            element).
        groups: Names of the groups that contain the elements. Cells and facets of a mesh may be in
            at most one group; points, and lines in 3D, in any number.
    """

    kind: str
    degree: int
    dim: int
    label: str
    nodes: GlobalIndices
    groups: tuple[str, ...]


def overlap(*groups: str) -> MeshError:
    """Return the error for groups that share mesh elements."""
    *first, last = (repr(name) for name in sorted(groups))
    return MeshError(
        f"the groups {', '.join(first)} and {last} share mesh elements",
        "put every facet, and every mesh cell, into one named group only",
    )


def raw_mesh(
    points: Points, elements: Sequence[Elements], *, dim: int | None = None, scale: float = 1.0
) -> RawMesh:
    """Return the mesh made of the elements of one dimension, with named facets and regions.

    Args:
        points: Coordinates of the nodes in units of the file, shape (nodes, 2 or 3).
        elements: All elements of the file.
        dim: Dimension of the mesh, 2 or 3; the highest dimension of the elements if None.
        scale: Metres per unit of the file.

    Raises:
        MeshError: There are no mesh cells of this dimension, their types differ or are not
            supported, they overlap or are degenerate, a 2D mesh is not planar, no facets are
            named, or groups share elements.
    """
    dim = max((part.dim for part in elements), default=0) if dim is None else dim
    parts = [part for part in elements if part.dim == dim]
    if dim not in (2, 3) or not parts:
        found = sorted({part.dim for part in elements if len(part.nodes) > 0})
        raise MeshError(
            f"there are no {dim}D mesh cells" if dim in (2, 3) else "there are no 2D or 3D cells",
            f"dimensions of the elements in the file: {', '.join(map(str, found)) or 'none'}; make "
            "the mesh with gmsh -2 or gmsh -3, and put the fluid into a physical group",
        )
    kind, degree = _one_type(parts)
    cells = np.concatenate([part.nodes for part in parts])
    used = np.unique(cells)
    # Centres of arcs and other construction points belong to no cell.
    renumber = np.full(len(points), -1, dtype=np.int64)
    renumber[used] = np.arange(len(used))
    at = _flattened(points[used], dim) * scale
    cells = renumber[cells]
    _check_distinct(cells, at)
    regions = _labels(parts, renumber)
    _check_listed_once(regions)
    _check_two_sided(kind, cells, at)

    on_facets = [part for part in elements if part.dim == dim - 1]
    facets = _labels(on_facets, renumber)
    if not facets.names:
        none = "" if on_facets else ": the file lists no facets"
        raise MeshError(f"no side of the mesh has a name{none}", _NAME_THEM)
    _check_listed_once(facets)
    lines = _lines(points, elements, dim, _exterior(kind, cells), renumber, scale)
    return RawMesh(kind, degree, at, cells, facets, regions, lines)


def _exterior(kind: str, cells: GlobalIndices) -> GlobalIndices:
    """Return the vertices of facets that belong to one cell only, each row in ascending order."""
    facets, number = np.unique(_facets(kind, cells), axis=0, return_counts=True)
    return np.asarray(facets[number == 1])


def _lines(
    points: Points,
    elements: Sequence[Elements],
    dim: int,
    exterior: GlobalIndices,
    renumber: GlobalIndices,
    scale: float,
) -> dict[str, NamedLine]:
    """Return the named groups of lines, and in 3D of surfaces, that are not sides.

    Args:
        points: Coordinates of the nodes in units of the file, shape (nodes, 2 or 3).
        elements: All elements of the file.
        dim: Dimension of the mesh.
        exterior: Vertices of exterior facets in new node numbers, shape (facets, vertices).
        renumber: New number of each node, shape (nodes,); -1 for nodes of no mesh cell.
        scale: Metres per unit of the file.
    """
    groups: dict[str, list[Part]] = {}
    sides: set[str] = set()
    for part in elements:
        if not (0 < part.dim < dim and part.kind and part.groups and len(part.nodes)):
            continue
        if part.dim == dim - 1:
            corners = np.sort(renumber[part.nodes[:, : exterior.shape[1]]], axis=1)
            alone = len(np.unique(np.concatenate([exterior, corners]), axis=0))
            if alone < len(exterior) + len(np.unique(corners, axis=0)):
                sides |= set(part.groups)
        for name in part.groups:
            groups.setdefault(name, []).append(Part(part.kind, part.degree, part.nodes))
    inner = {name: parts for name, parts in groups.items() if name not in sides}
    return named_lines(points[:, :dim] * scale, inner)


def _one_type(parts: Sequence[Elements]) -> tuple[str, int]:
    """Return the cell type and degree of all mesh cells, which must be the same."""
    numbers: dict[str, int] = {}
    for part in parts:
        numbers[part.label] = numbers.get(part.label, 0) + len(part.nodes)
    listed = ", ".join(f"{number} of type {label}" for label, number in sorted(numbers.items()))
    if len(numbers) > 1:
        raise MeshError(
            f"the mesh mixes cell types: {listed}",
            "use one type of cell (in gmsh, recombine all surfaces or none)",
        )
    if not parts[0].kind:
        raise MeshError(
            f"cells of this type are not supported: {listed}",
            "supported: triangles, quadrilaterals, tetrahedra and hexahedra, of first or complete "
            "second order (in gmsh, Mesh.SecondOrderIncomplete = 0)",
        )
    return parts[0].kind, parts[0].degree


def _flattened(points: Points, dim: int) -> Points:
    """Return the first `dim` coordinates; a 2D mesh must lie in a plane of constant z."""
    if not np.isfinite(points).all():
        raise MeshError(
            "the mesh has nodes whose coordinates are not finite numbers", "generate the mesh again"
        )
    if dim == 2 and points.shape[1] == 3:
        extent = np.ptp(points, axis=0)
        if extent[2] > _PLANE * max(extent[0], extent[1]):
            raise MeshError(
                f"the 2D mesh does not lie in a plane of constant z: z spans {extent[2]:.6g}, "
                f"x {extent[0]:.6g} and y {extent[1]:.6g} (in units of the file)",
                "mesh 2D cells in the x-y plane",
            )
    return np.ascontiguousarray(points[:, :dim])


def _check_distinct(cells: GlobalIndices, points: Points) -> None:
    """Raise an error if a mesh cell lists a node twice, so that its volume is zero."""
    rows = np.sort(cells, axis=1)
    bad = np.flatnonzero((rows[:, 1:] == rows[:, :-1]).any(axis=1))
    if len(bad) > 0:
        at = ", ".join(f"{x:.6g}" for x in points[cells[bad[0]]].mean(axis=0))
        raise MeshError(
            f"{len(bad)} of {len(cells)} cells are without volume, because they list a node twice; "
            f"the first is at ({at}) m",
            "generate the mesh again",
        )


def _check_two_sided(kind: str, cells: GlobalIndices, points: Points) -> None:
    """Raise an error if a facet belongs to more than two mesh cells, which then overlap.

    The whole mesh is checked, because DOLFINx detects this only in some partitions.
    """
    facets = _facets(kind, cells)
    facets = facets[np.lexsort(facets.T)]
    again = (facets[2:] == facets[:-2]).all(axis=1)
    bad = facets[2:][again]
    if len(bad) > 0:
        at = ", ".join(f"{x:.6g}" for x in points[bad[0]].mean(axis=0))
        raise MeshError(
            f"mesh cells overlap: facets belong to more than two cells, {len(bad)} times in all; "
            f"the first is at ({at}) m",
            "remove mesh cells that overlap others",
        )


def _facets(kind: str, cells: GlobalIndices) -> GlobalIndices:
    """Return the vertices of all facets of all mesh cells, each row in ascending order."""
    shape = basix.CellType[kind]
    corners = basix.cell.topology(shape)[len(basix.cell.topology(shape)) - 2]
    # Facets have three or four corners in 3D, but the same number within each supported type.
    return np.concatenate([np.sort(cells[:, facet], axis=1) for facet in corners])


def _labels(parts: Sequence[Elements], renumber: GlobalIndices) -> Labels:
    """Return the named elements in new node numbers, without those that have nodes of no cell.

    Tags count from 1 in the alphabetical order of the names.

    Raises:
        MeshError: An element is in several groups.
    """
    groups: dict[str, list[GlobalIndices]] = {}
    for part in parts:
        nodes = renumber[part.nodes]
        nodes = nodes[(nodes >= 0).all(axis=1)]
        if len(nodes) == 0:
            continue
        if len(part.groups) > 1:
            raise overlap(*part.groups)
        for name in part.groups:
            groups.setdefault(name, []).append(nodes)
    names = {name: tag for tag, name in enumerate(sorted(groups), start=1)}
    # The width has to be the same on all ranks, names or not.
    width = parts[0].nodes.shape[1] if parts else 0
    rows = [np.concatenate(groups[name]) for name in names]
    values = [np.full(len(part), tag) for part, tag in zip(rows, names.values(), strict=True)]
    return Labels(
        np.concatenate([np.empty((0, width), dtype=np.int64), *rows]),
        np.concatenate([np.empty(0, dtype=np.int32), *values]).astype(np.int32),
        names,
    )


def _check_listed_once(elements: Labels) -> None:
    """Raise an error if an element is listed under two names, as MSH 2.2 files may do."""
    rows, which = np.unique(np.sort(elements.nodes, axis=1), axis=0, return_inverse=True)
    lowest = np.full(len(rows), np.iinfo(np.int32).max, dtype=np.int32)
    highest = np.zeros(len(rows), dtype=np.int32)
    np.minimum.at(lowest, which, elements.values)
    np.maximum.at(highest, which, elements.values)
    twice = np.flatnonzero(lowest != highest)
    if len(twice) > 0:
        names = {tag: name for name, tag in elements.names.items()}
        raise overlap(names[int(lowest[twice[0]])], names[int(highest[twice[0]])])


# -- named lines -----------------------------------------------------------------------------------

DEGREE = 6
"""Polynomial degree up to which means over named lines and surfaces are exact."""


@dataclass(frozen=True, eq=False)
class Part:
    """Elements of one type in a named group.

    Args:
        kind: Basix name of the cell type.
        degree: Degree of the geometry.
        nodes: Row of each node in the array of points, in DOLFINx order, shape (elements, nodes per
            element).
    """

    kind: str
    degree: int
    nodes: GlobalIndices


def named_lines(points: Array, groups: Mapping[str, Iterable[Part]]) -> dict[str, NamedLine]:
    """Return named lines and surfaces as quadrature rules.

    Args:
        points: Coordinates of the nodes, m, shape (nodes, dim).
        groups: Name -> elements of the line or surface.

    Returns:
        Name -> line or surface.
    """
    found = {}
    for name, parts in groups.items():
        pairs = [_quadrature(points, part) for part in parts]
        weights = np.concatenate([of_part for _, of_part in pairs])
        found[name] = NamedLine(np.concatenate([x for x, _ in pairs]), weights / weights.sum())
    return found


def _quadrature(points: Array, part: Part) -> tuple[Array, Array]:
    """Return quadrature points, m, shape (n, dim), and weights, m or m2, (n,), of elements."""
    kind = basix.CellType[part.kind]
    element = basix.create_element(
        basix.ElementFamily.P, kind, part.degree, basix.LagrangeVariant.equispaced
    )
    at, weights = basix.make_quadrature(kind, DEGREE)
    table = element.tabulate(1, at)[..., 0]
    nodes = points[part.nodes]
    x = np.einsum("qn,cni->cqi", table[0], nodes)
    tangents = np.einsum("jqn,cni->cqji", table[1:], nodes)
    size = np.sqrt(np.linalg.det(tangents @ np.swapaxes(tangents, -1, -2)))
    return x.reshape(-1, x.shape[-1]), (size * weights).ravel()
