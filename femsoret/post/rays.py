"""Straight paths of light through a cell: where they cross the fluid and solids, with quadrature.

A ray is straight: refraction at windows, and the bending that beam deflection measures, are of
second order in the path. Its pieces in the fluid and in each solid are found from the facets
between regions, curved ones included, to round-off. On request all facets divide the path, so that
fields and their gradients are smooth between the points of division.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Final, TypeAlias

import basix
import numpy as np
from dolfinx.mesh import Mesh

from femsoret.base.errors import ConditionError
from femsoret.base.types import Array, GlobalIndices, Indices
from femsoret.base.versions import geometry_dofmap
from femsoret.cells import Cell
from femsoret.cells.geometry import attached_cells, jacobians_at
from femsoret.post.points import points_in_cells
from femsoret.post.readings import Move

FLUID: Final = 0
"""Number of the fluid among the regions of a path; solids follow, in the order of the cell."""

AIR: Final = -1
"""Number of a piece of a path outside the mesh."""

NODES: Final = 6
"""Gauss points between two facets: exact for products of degree 11."""

_ONE_PLACE: Final = 1e-10
"""Distance of two crossings, over the size of the cell, that counts as zero."""

_EDGE: Final = 1e-9
"""How far outside a facet, in its reference coordinates, a crossing still counts: an edge belongs
to all facets that meet there."""

_PARALLEL: Final = 1e-10
"""Sine of the angle to a facet below which a ray is parallel to it."""

_ROUNDS: Final = 20
"""Newton steps to a crossing with a curved facet; a straight one takes one step."""


@dataclass(frozen=True)
class LineOfSight:
    """A straight line through the mesh of a plane or 3D cell.

    Its path goes from where it enters the mesh to its last exit.

    Args:
        through: A point on the line, m, shape (dim,).
        direction: Direction of the light, shape (dim,), of any length except zero.
    """

    through: tuple[float, ...]
    direction: tuple[float, ...]

    def moved(self, move: Move) -> LineOfSight:
        """Return the line through the moved point, in the direction of its moved neighbour."""
        start = np.asarray(self.through, dtype=float)
        ends = move(np.stack([start, start + np.asarray(self.direction)]))
        return LineOfSight(_numbers(ends[0]), _numbers(ends[1] - ends[0]))

    def shifted(self, by: Array) -> LineOfSight:
        """Return the parallel line displaced by a vector, m, shape (dim,)."""
        return LineOfSight(_numbers(np.asarray(self.through) + by), self.direction)


@dataclass(frozen=True)
class Chord:
    """A horizontal chord through an axisymmetric cell.

    At the distance s from its middle it is at r = sqrt(offset^2 + s^2).

    Args:
        height: Coordinate z, m.
        offset: Distance from the axis at which it passes, m.
    """

    height: float
    offset: float = 0.0

    def moved(self, move: Move) -> Chord:
        """Return the chord at the moved height and offset."""
        offset, height = _numbers(move(np.array([[abs(self.offset), self.height]]))[0])
        return Chord(height, offset)

    def shifted(self, by: Array) -> Chord:
        """Return the parallel chord displaced by a vector (offset, height), m, shape (2,)."""
        return Chord(self.height + float(by[1]), self.offset + float(by[0]))


@dataclass(frozen=True)
class Normal:
    """A path perpendicular to the plane of a plane cell, along which all fields are uniform.

    Args:
        at: Point of the plane, m, shape (2,).
        depth: Length of the path in the fluid, m.
    """

    at: tuple[float, ...]
    depth: float

    def moved(self, move: Move) -> Normal:
        """Return the path at the moved point."""
        return Normal(_numbers(move(np.array([self.at], dtype=float))[0]), self.depth)

    def shifted(self, by: Array) -> Normal:
        """Return the path displaced by a vector in the plane, m, shape (2,)."""
        return Normal(_numbers(np.asarray(self.at) + by), self.depth)


Ray: TypeAlias = LineOfSight | Chord | Normal


@dataclass(frozen=True)
class Piece:
    """A piece of a path in one region.

    Args:
        region: Number of the region: FLUID, AIR, or that of a solid.
        start: Where it begins, m along the path.
        end: Where it ends, m along the path.
    """

    region: int
    start: float
    end: float

    @property
    def length(self) -> float:
        """Length of the piece, m."""
        return self.end - self.start


@dataclass(frozen=True, eq=False)
class Path:
    """The path of a ray, in pieces, with Gauss-Legendre points.

    Args:
        pieces: Pieces in the order of the light; the first begins where the ray enters the mesh.
        s: Positions of the points along the path, m, shape (n,).
        weights: Their weights, m, shape (n,), which add up to the length of the path in the mesh.
        x: Coordinates of the points, m, shape (n, dim).
        regions: Number of the region of each point, shape (n,).
    """

    pieces: tuple[Piece, ...]
    s: Array
    weights: Array
    x: Array
    regions: GlobalIndices = field(repr=False)

    def length(self, region: int = FLUID) -> float:
        """Return the length of the path in a region, m."""
        return sum(piece.length for piece in self.pieces if piece.region == region)


def paths(cell: Cell, rays: Sequence[Ray], *, nodes: int = NODES, finely: bool) -> tuple[Path, ...]:
    """Return the paths of rays through a cell; collective.

    Args:
        cell: The cell.
        rays: The rays; the same on all ranks.
        nodes: Gauss points between two points of division; a path along which all is uniform has
            one.
        finely: Whether all facets divide a path, for gradients; else only those between regions.

    Raises:
        ConditionError: A ray does not suit the cell, or misses its fluid.
    """
    found = []
    for ray, path in zip(rays, paths_if_any(cell, rays, nodes=nodes, finely=finely), strict=True):
        if path is None:
            raise ConditionError(
                f"the beam {_words(ray)} misses the fluid",
                "give a point that it passes, in the frame of the cell, and its direction",
            )
        found.append(path)
    return tuple(found)


def paths_if_any(
    cell: Cell, rays: Sequence[Ray], *, nodes: int = NODES, finely: bool
) -> tuple[Path | None, ...]:
    """Return the paths of rays through a cell, None for a ray that misses its fluid; collective.

    Args:
        cell: The cell.
        rays: The rays; the same on all ranks.
        nodes: As for :func:`paths`.
        finely: As for :func:`paths`.

    Raises:
        ConditionError: A ray does not suit the cell.
    """
    crossings = _crossings(cell, rays, finely=finely)
    middles = [0.5 * (s[1:] + s[:-1]) for s in crossings]
    places = [_place(ray, s) for ray, s in zip(rays, middles, strict=True)]
    of_all = _regions_at(cell, np.concatenate(places))
    regions = np.split(of_all, np.cumsum([len(x) for x in places])[:-1])
    return tuple(
        _path(ray, s, of, 1 if isinstance(ray, Normal) else nodes) if FLUID in of else None
        for ray, s, of in zip(rays, crossings, regions, strict=True)
    )


def _path(ray: Ray, s: Array, of: GlobalIndices, nodes: int) -> Path:
    """Return the path of a ray from its points of division, and the region between any two."""
    xi, omega = np.polynomial.legendre.leggauss(nodes)
    half = 0.5 * np.diff(s)
    at = (0.5 * (s[1:] + s[:-1])[:, None] + half[:, None] * xi).ravel()
    inside = np.repeat(of != AIR, nodes)
    return Path(
        pieces=_merged(s, of),
        s=at[inside],
        weights=(half[:, None] * omega).ravel()[inside],
        x=_place(ray, at[inside]),
        regions=np.repeat(of, nodes)[inside],
    )


def region_names(cell: Cell) -> tuple[str, ...]:
    """Return the names of the regions of a cell by their numbers in a path; "" for the fluid."""
    return ("", *cell.walls.solids)


def _merged(s: Array, of: GlobalIndices) -> tuple[Piece, ...]:
    """Return the pieces of a path between changes of the region."""
    changes = np.flatnonzero(np.diff(of)) + 1
    starts = [0, *changes, len(of)]
    return tuple(Piece(int(of[a]), float(s[a]), float(s[b])) for a, b in pairwise(starts))


def _words(ray: Ray) -> str:
    match ray:
        case LineOfSight(through, direction):
            return f"through {_listed(through)} along {_listed(direction)}"
        case Chord(height, offset):
            return f"at the height {height:.6g} and the distance {offset:.6g} from the axis"
        case Normal(at, _):
            return f"through {_listed(at)} across the plane"


def _listed(numbers: Sequence[float]) -> str:
    return f"({', '.join(f'{value:.6g}' for value in numbers)})"


def _numbers(x: Array) -> tuple[float, ...]:
    return tuple(float(value) for value in x)


def _place(ray: Ray, s: Array) -> Array:
    """Return the coordinates in the mesh of positions along a ray, m, shape (n, dim)."""
    match ray:
        case LineOfSight(through, _):
            return np.asarray(through) + s[:, None] * _unit(ray)
        case Chord(height, offset):
            return np.column_stack([np.hypot(offset, s), np.full(len(s), height)])
        case Normal(at, _):
            return np.tile(np.asarray(at, dtype=float), (len(s), 1))


def _unit(ray: LineOfSight) -> Array:
    direction = np.asarray(ray.direction, dtype=float)
    length = float(np.linalg.norm(direction))
    if not length:
        raise ConditionError(
            "the direction of a beam has length zero",
            "give a direction with at least one component that is not zero",
        )
    return np.asarray(direction / length)


# -- regions and crossings -----------------------------------------------------------------------


def _region_of_cells(cell: Cell) -> Indices:
    """Return the number of the region of each local mesh cell; -1 for ghosts."""
    regions = np.full(len(cell.is_fluid), AIR, dtype=np.int32)
    for number, name in enumerate(region_names(cell)):
        regions[cell.cells_of(name)] = number
    return regions


def _regions_at(cell: Cell, x: Array) -> GlobalIndices:
    """Return the numbers of the regions at points, shape (n,); collective.

    Where a point lies on an interface, it counts as fluid.
    """
    found = np.full(len(x), AIR, dtype=np.int64)
    for number, name in reversed(list(enumerate(region_names(cell)))):
        _, inside = points_in_cells(cell.mesh, x, cell.cells_of(name))
        found[inside] = number
    return found


def _crossings(cell: Cell, rays: Sequence[Ray], *, finely: bool) -> list[Array]:
    """Return where each ray crosses facets, m along it, in ascending order; collective."""
    lines = [_in_mesh(cell, ray) for ray in rays]
    facets = None if all(line is None for line in lines) else _Facets.of(cell, finely=finely)
    own = [
        np.empty(0) if facets is None or line is None else facets.crossed_by(*line)
        for line in lines
    ]
    gathered = zip(*cell.comm.allgather(own), strict=True)
    close = _ONE_PLACE * cell.diameter()
    found = []
    for ray, of_ranks in zip(rays, gathered, strict=True):
        s = np.concatenate(of_ranks)
        match ray:
            case Normal(_, depth):
                s = np.array([0.0, depth])
            case Chord(_, offset):
                half = np.sqrt(np.maximum(s**2 - offset**2, 0.0))[s > abs(offset)]
                s = np.concatenate([-half, [0.0] if len(half) else [], half])
        s = np.sort(s)
        found.append(s[np.diff(s, prepend=-np.inf) > close])
    return found


def _in_mesh(cell: Cell, ray: Ray) -> tuple[Array, Array] | None:
    """Return a ray in the mesh, as a point and a unit vector; None if it crosses no facets.

    Raises:
        ConditionError: The ray does not suit the cell.
    """
    round_cell = cell.coordinates.has_axis
    match ray:
        case Chord(height, _) if round_cell:
            return np.array([0.0, height]), np.array([1.0, 0.0])
        case LineOfSight(through, direction) if not round_cell:
            if len(through) != cell.dim or len(direction) != cell.dim:
                raise ConditionError(
                    f"a point of {len(through)} and a direction of {len(direction)} numbers for a "
                    f"{cell.dim}D cell",
                    f"give {cell.dim} each",
                )
            return np.asarray(through, dtype=float), _unit(ray)
        case Normal() if not round_cell and cell.dim == 2:
            return None
    raise ConditionError(
        f"the beam {_words(ray)} does not suit a cell that is "
        f"{'axisymmetric' if round_cell else f'{cell.dim}D'}",
        "an axisymmetric cell takes a horizontal chord, a plane one also a path across its plane, "
        "a 3D one a straight line",
    )


@dataclass(frozen=True, eq=False)
class _Facets:
    """Facets of this rank that may divide a path.

    Args:
        mesh: The mesh.
        cells: Local index of a mesh cell at each facet, shape (n,).
        numbers: Index of the facet within that mesh cell, shape (n,).
        low: Least coordinates of that mesh cell, m, shape (n, dim).
        high: Greatest coordinates, m, shape (n, dim).
    """

    mesh: Mesh
    cells: Indices
    numbers: Indices
    low: Array
    high: Array

    @classmethod
    def of(cls, cell: Cell, *, finely: bool) -> _Facets:
        """Return all facets of this rank, or those at which the region changes."""
        mesh = cell.mesh
        dim = mesh.topology.dim
        mesh.topology.create_entities(dim - 1)
        mesh.topology.create_connectivity(dim - 1, dim)
        to_cells = mesh.topology.connectivity(dim - 1, dim)
        facets = np.arange(mesh.topology.index_map(dim - 1).size_local, dtype=np.int32)
        if not finely:
            # The region of a ghost is unknown here: facets at the border of a rank stay.
            region = _region_of_cells(cell)
            first = to_cells.offsets[facets]
            last = to_cells.offsets[facets + 1] - 1
            differ = region[to_cells.array[first]] != region[to_cells.array[last]]
            facets = facets[differ | (first == last)]
        cells, numbers = attached_cells(mesh, facets, np.ones(len(cell.is_fluid), dtype=bool))
        nodes = mesh.geometry.x[geometry_dofmap(mesh)[cells], :dim]
        low, high = nodes.min(axis=1), nodes.max(axis=1)
        # The nodes of a curved mesh cell do not bound it.
        margin = 0.25 * (high - low) + 1e-9 * cell.diameter()
        return cls(mesh, cells, numbers, low - margin, high + margin)

    def crossed_by(self, start: Array, along: Array) -> Array:
        """Return where a straight line crosses the facets, m from its start, shape (m,)."""
        near = np.flatnonzero(self._near(start, along))
        kind, dim = self.mesh.basix_cell(), self.mesh.topology.dim
        vertices, frames = basix.cell.geometry(kind), basix.cell.facet_jacobians(kind)
        found: list[Array] = [np.empty(0)]
        for number, corners in enumerate(basix.cell.topology(kind)[dim - 1]):
            here = near[self.numbers[near] == number]
            facet = basix.cell.subentity_types(kind)[dim - 1][number]
            frame, corner = frames[number], vertices[corners[0]]
            found.append(self._solved(self.cells[here], (corner, frame), facet, start, along))
        return np.concatenate(found)

    def _near(self, start: Array, along: Array) -> Array:
        """Return whether a line meets the box around the mesh cell of each facet."""
        with np.errstate(divide="ignore", invalid="ignore"):
            t = np.stack([(self.low - start) / along, (self.high - start) / along])
        level = along == 0.0
        inside = (self.low <= start) & (start <= self.high)
        t[:, :, level] = np.where(inside[:, level], [[[-np.inf]], [[np.inf]]], np.nan)
        enters, leaves = t.min(axis=0).max(axis=1), t.max(axis=0).min(axis=1)
        return np.asarray(enters <= leaves)

    def _solved(
        self,
        cells: Indices,
        of_reference: tuple[Array, Array],
        facet: basix.CellType,
        start: Array,
        along: Array,
    ) -> Array:
        """Return where a line crosses facets with the same number in their mesh cells."""
        if not len(cells):
            return np.empty(0)
        corner, frame = of_reference
        dim = len(start)
        xi: Array = np.tile(basix.cell.geometry(facet).mean(axis=0), (len(cells), 1))
        s: Array = np.zeros(len(cells))
        good = np.ones(len(cells), dtype=bool)
        for _ in range(_ROUNDS):
            x, jacobians = jacobians_at(self.mesh, cells, corner + xi @ frame.T)
            tangents = jacobians @ frame
            matrix = np.concatenate([tangents, np.tile(-along[:, None], (len(cells), 1, 1))], 2)
            size = np.prod(np.linalg.norm(tangents, axis=1), axis=1)
            good &= np.abs(np.linalg.det(matrix)) > _PARALLEL * size
            matrix[~good] = np.eye(dim)
            step = np.linalg.solve(matrix, (start + s[:, None] * along - x)[..., None])[..., 0]
            step[~good] = 0.0
            xi, s = xi + step[:, :-1], s + step[:, -1]
            if np.abs(step[:, :-1]).max() < 1e-14:
                break
        low, high = xi.min(axis=1), xi.max(axis=1)
        if facet == basix.CellType.triangle:
            high = xi.sum(axis=1)
        return np.asarray(s[good & (low > -_EDGE) & (high < 1.0 + _EDGE)])
