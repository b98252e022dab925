"""Resolution: cell Peclet numbers, and whether the mesh resolves the layers of a field.

A large cell Peclet number does no harm where the field is smooth. A layer that the mesh cells
cannot represent does harm, and it is visible in the solution itself: in the part of the field that
polynomials of one degree less cannot represent (:mod:`femsoret.post.decay`). Composition,
temperature and velocity are treated alike. At a wall, this part is evaluated along lines from the
wall into the mesh cell, which shows which of two walls that meet in a corner has the layer.

For temperature and composition, the allowed size of mesh cells at a wall follows from the thickness
of the diffusive layer in a shear flow along it, delta = (D l/s)^(1/3), where s is the shear rate at
the wall and l its length (M. A. Leveque, Ann. Mines 13 (1928) 201); alpha replaces D for heat.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import factorial, inf, nan

from mpi4py import MPI

import basix
import numpy as np

from femsoret.base.types import Array, Indices
from femsoret.cells.geometry import chunks, geometry_jacobians
from femsoret.post.decay import limit, size_of, worst_cell
from femsoret.post.fields import (
    diffusivity,
    is_simplex,
    nearest_point,
    nearest_side,
    reference_metric,
    slopes,
    values,
)
from femsoret.problem import Problem
from femsoret.problem.layout import component_of, plain_name


@dataclass(frozen=True)
class CellPeclet:
    """The largest cell Peclet number, |u| h/alpha or |u| h/D.

    Here h is the length of the mesh cell in the direction of u.

    Args:
        value: The cell Peclet number.
        x: Coordinates of its position, m, shape (dim,).
        side: Name of the side nearest to that position.
    """

    value: float
    x: tuple[float, ...]
    side: str


def cell_peclet(problem: Problem, block: str, cells: Indices) -> tuple[Array, Array]:
    """Return the cell Peclet numbers at the nodes of mesh cells, and the positions of the nodes.

    Args:
        problem: A solved problem; without flow the numbers are zero.
        block: "theta" for |u| h/alpha, a composition for |u| h/D of its species.
        cells: Local indices of the mesh cells, shape (cells,).

    Returns:
        Cell Peclet numbers, shape (cells, nodes), and positions, m, shape (cells, nodes, dim).
    """
    nodes = problem.space("theta").element.basix_element.points
    x, J = geometry_jacobians(problem.cell.mesh, cells, nodes)
    if not problem.layout.flows:
        return np.zeros(x.shape[:-1]), x
    u = values(problem.function("u"), cells, nodes)
    speed = np.linalg.norm(u, axis=-1)
    # h = |u|/sqrt(u.G u) with the metric G of the cell, as in forms.stabilisation.
    reference = np.linalg.solve(J, u[..., None])[..., 0]
    G = reference_metric(problem)
    per_cell = np.sqrt(np.einsum("cqi,ij,cqj->cq", reference, G, reference))
    h = np.divide(speed, per_cell, out=np.zeros_like(speed), where=per_cell > 0.0)
    return speed * h / diffusivity(problem, block, cells, nodes), x


def largest_cell_peclet(problem: Problem, block: str) -> CellPeclet:
    """Return the largest cell Peclet number in the fluid of a solved problem; collective.

    Args:
        problem: A solved problem with flow.
        block: "theta" for the thermal number, a composition for the solutal number of its species.
    """
    best, where = 0.0, np.zeros(problem.cell.dim)
    for cells in chunks(problem.cell.fluid_cells):
        numbers, x = cell_peclet(problem, block, cells)
        cell, node = np.unravel_index(int(np.argmax(numbers)), numbers.shape)
        if numbers[cell, node] > best:
            best, where = float(numbers[cell, node]), x[cell, node]
    best, where = max(problem.cell.comm.allgather((best, where)), key=lambda found: found[0])
    return CellPeclet(best, tuple(map(float, where)), nearest_side(problem, where))


# -- resolution ------------------------------------------------------------------------------------


@dataclass(frozen=True)
class WallLayer:
    """The layer of a field along a side, and the mesh cells there.

    Args:
        thickness: Smallest thickness of a diffusive layer of the field in the flow along the side,
            m; for the velocity, that of a thermal layer.
        cell_size: Largest size of the mesh cells at the side, along its normal, m.
        missed: Largest unresolved part of the field along lines from the side into these mesh
            cells, relative to the range of the field.
    """

    thickness: float
    cell_size: float
    missed: float


@dataclass(frozen=True)
class Coarsest:
    """The mesh cell that resolves a field worst.

    Args:
        missed: Part of the field that polynomials of degree k - 1 do not represent, relative to the
            range of the field.
        limit: Largest allowed value of `missed`.
        x: Centre of the mesh cell, m, shape (dim,).
        side: Name of the nearest side.
        cell_peclet: Largest cell Peclet number in the mesh cell: solutal for a composition,
            otherwise thermal.
        cell_size: Size of the mesh cell towards that side, m.
        needed: Size at which the field would be resolved, m; equal to `cell_size` if it is
            resolved.
    """

    missed: float
    limit: float
    x: tuple[float, ...]
    side: str
    cell_peclet: float
    cell_size: float
    needed: float

    @property
    def resolved(self) -> bool:
        """Whether the field is expected to agree with a refined run within 1 % of its range."""
        return self.missed <= self.limit


@dataclass(frozen=True)
class Resolution:
    """How well a mesh resolves composition, temperature and velocity.

    Args:
        thermal: Largest thermal cell Peclet number, |u| h/alpha.
        solutal: Largest solutal cell Peclet number, |u| h/D; None without species.
        walls: Side name -> layer of the species that is resolved worst; empty without species.
        coarsest: Mesh cell that resolves that species worst; None without species, or if the
            compositions are uniform.
        temperature: Mesh cell that resolves the temperature worst; None if it is uniform.
        velocity: Mesh cell that resolves the velocity worst; None if the flow is too slow to
            matter.
    """

    thermal: CellPeclet
    solutal: CellPeclet | None
    walls: dict[str, WallLayer]
    coarsest: Coarsest | None
    temperature: Coarsest | None
    velocity: Coarsest | None


NOT_MEASURED = Resolution(CellPeclet(nan, (), ""), None, {}, None, None, None)
"""Placeholder for a resolution that could not be measured."""


def resolution(problem: Problem) -> Resolution:
    """Return how well the mesh resolves a solved problem; collective."""
    compositions = problem.layout.compositions
    solutal = [largest_cell_peclet(problem, name) for name in compositions]
    walls, coarsest = max(
        (_measured(problem, name) for name in compositions),
        key=lambda measured: measured[1].missed if measured[1] else 0.0,
        default=({}, None),
    )
    return Resolution(
        thermal=largest_cell_peclet(problem, "theta"),
        solutal=max(solutal, key=lambda peclet: peclet.value) if solutal else None,
        walls=walls,
        coarsest=coarsest,
        temperature=_measured(problem, "theta")[1],
        velocity=_measured(problem, "u")[1] if problem.layout.flows else None,
    )


def _measured(problem: Problem, name: str) -> tuple[dict[str, WallLayer], Coarsest | None]:
    """Return the layers of a field by side, and the mesh cell that resolves it worst.

    For a uniform composition there are layers but no mesh cell; for other uniform fields neither.
    """
    size = size_of(problem, name)
    if not size and name not in problem.layout.compositions:
        return {}, None
    walls = {side: _wall_layer(problem, name, side, size) for side in problem.cell.fluid_sides}
    return walls, _coarsest(problem, name, walls, size) if size else None


# -- layers at walls -------------------------------------------------------------------------------


def _diffusing(name: str) -> str:
    """Return the field whose diffusivity is used for a field: "theta" for the velocity."""
    return "theta" if name == "u" else name


def _wall_layer(problem: Problem, name: str, side: str, size: float) -> WallLayer:
    cell, kind = problem.cell, problem.cell.mesh.basix_cell()
    attached, numbers = cell.attached(side)
    thickness, largest, missed = np.inf, 0.0, 0.0
    for number in range(len(basix.cell.topology(kind)[cell.dim - 1])):
        points, ways, outward = ways_in(kind, number, simplex=is_simplex(problem))
        for cells in chunks(attached[numbers == number]):
            _, J = geometry_jacobians(cell.mesh, cells, points)
            K = np.asarray(np.linalg.inv(J), dtype=np.float64)
            gradient = np.einsum("i,cqij->cqj", outward, K)
            h = 1.0 / np.linalg.norm(gradient, axis=-1)
            normal = np.asarray(gradient * h[..., None], dtype=np.float64)
            thinnest = _thinnest(problem, _diffusing(name), side, cells, points, K, normal)
            thickness = min(thickness, thinnest)
            largest = max(largest, float(h.max()))
            if size:
                missed = max(missed, _missed_on_ways(problem, name, cells, points, ways) / size)
    return WallLayer(
        thickness=float(cell.comm.allreduce(thickness, op=MPI.MIN)),
        cell_size=float(cell.comm.allreduce(largest, op=MPI.MAX)),
        missed=float(cell.comm.allreduce(missed, op=MPI.MAX)),
    )


def ways_in(kind: basix.CellType, number: int, *, simplex: bool) -> tuple[Array, Array, Array]:
    """Return vectors from points on a reference facet to the opposite end of the reference cell.

    Args:
        kind: Type of the mesh cells.
        number: Index of the facet in the reference cell.
        simplex: Whether the cells are triangles or tetrahedra, whose vectors all end at the
            opposite vertex.

    Returns:
        Start points and vectors, in reference coordinates, shape (points, dim) each; and the
        outward normal of the facet divided by the height of the cell above it, shape (dim,).
    """
    dim = len(basix.cell.topology(kind)) - 1
    vertices = basix.cell.geometry(kind)
    corners = basix.cell.topology(kind)[dim - 1][number]
    facet = basix.cell.subentity_types(kind)[dim - 1][number]
    on_facet, _ = basix.make_quadrature(facet, 4)
    points = vertices[corners[0]] + on_facet @ basix.cell.facet_jacobians(kind)[number].T
    outward = basix.cell.facet_outward_normals(kind)[number]
    depth = (vertices[corners[0]] - vertices) @ outward
    height = float(depth.max())
    ends = vertices[[int(np.argmax(depth))]] if simplex else points - height * outward
    return points, ends - points, outward / height


def _missed_on_ways(
    problem: Problem, name: str, cells: Indices, points: Array, ways: Array
) -> float:
    """Return the largest error of the best approximations of degree k - 1 along vectors.

    It is |a|/2^(2k - 1) in the maximum norm, where a s^k is the leading term along a vector,
    0 <= s <= 1 (Chebyshev).
    """
    k = problem.degree
    steps = np.linspace(0.0, 1.0, k + 1)
    along = (points[:, None, :] + steps[:, None] * ways[:, None, :]).reshape(-1, points.shape[1])
    found = values(problem.function(name), cells, along)
    if name != "u":
        found = found[..., [component_of(name)]]
    found = found.reshape(len(cells), len(points), k + 1, -1)
    leading = np.diff(found, n=k, axis=2)[:, :, 0] * k**k / factorial(k)
    return float(np.linalg.norm(leading, axis=-1).max()) / 2.0 ** (2 * k - 1)


def _thinnest(
    problem: Problem,
    block: str,
    side: str,
    cells: Indices,
    points: Array,
    K: Array,
    normal: Array,
) -> float:
    """Return the smallest thickness of a diffusive layer of a block along a side, m.

    It is (D l/s)^(1/3) in the shear flow along a wall, and (D l/|u|)^(1/2) where the fluid slips.
    """
    if not problem.layout.flows:
        return float("inf")
    cell = problem.cell
    length = cell.length(side)
    D = diffusivity(problem, block, cells, points)
    u = np.linalg.norm(values(problem.function("u"), cells, points), axis=-1)
    slope = np.einsum("cqbi,cqij,cqj->cqb", slopes(problem.function("u"), cells, points), K, normal)
    shear = np.linalg.norm(slope, axis=-1)
    with np.errstate(divide="ignore"):
        layers = np.minimum((D * length / shear) ** (1.0 / 3.0), (D * length / u) ** 0.5)
    return float(layers.min(initial=np.inf))


# -- the worst mesh cell -------------------------------------------------------------------------


def _coarsest(problem: Problem, name: str, walls: dict[str, WallLayer], size: float) -> Coarsest:
    """Return the mesh cell in which a field differs most from its projection to degree k - 1."""
    comm = problem.cell.comm
    best, cell = worst_cell(problem, name)
    best /= size
    best, owner = comm.allreduce((best, comm.rank), op=MPI.MAXLOC)
    about = (
        _about(problem, _diffusing(name), cell) if cell is not None and comm.rank == owner else None
    )
    middle, peclet, metric = comm.bcast(about, root=owner)
    side, towards, distance = _where(problem, middle, walls)
    h = needed = 1.0 / float(np.sqrt(towards @ metric @ towards))
    allowed = limit(problem.degree, plain_name(name))
    if best > allowed:
        needed *= (allowed / best) ** (1.0 / problem.degree)  # what is missed goes with h^k
        if distance < h and name != "u":
            # Far from resolved, what is missed saturates; the thickness of the layer does not.
            needed = min(needed, 0.5 * problem.degree * walls[side].thickness)
    return Coarsest(best, allowed, tuple(map(float, middle)), side, peclet, h, needed)


def _about(problem: Problem, block: str, cell: Indices) -> tuple[Array, float, Array]:
    """Return the centre, m, the largest cell Peclet number and the metric, 1/m2, of a mesh cell."""
    numbers, x = cell_peclet(problem, block, cell)
    middle = basix.cell.geometry(problem.cell.mesh.basix_cell()).mean(axis=0)
    _, J = geometry_jacobians(problem.cell.mesh, cell, middle[None, :])
    K = np.linalg.inv(J[0, 0])
    return x[0].mean(axis=0), float(numbers.max()), K.T @ reference_metric(problem) @ K


def _where(problem: Problem, x: Array, walls: dict[str, WallLayer]) -> tuple[str, Array, float]:
    """Return the side nearest to a point, the direction to it and the distance, m.

    In a corner, where two sides are about equally near, the one that is resolved worse is chosen.
    """
    nearest = {side: nearest_point(problem, side, x) for side in problem.cell.fluid_sides}
    distances = {side: float(np.linalg.norm(point - x)) for side, point in nearest.items()}
    close = 1.5 * min(distances.values())
    side = max(
        (side for side in nearest if distances[side] <= close), key=lambda side: walls[side].missed
    )
    return side, np.asarray((nearest[side] - x) / distances[side]), distances[side]


# -- expected layers -------------------------------------------------------------------------------

WEAK = 0.25
"""Thickness relative to the gap above which there is no distinct layer: the flow fills the cell."""

LEVEL = 1e-6
"""Sine of the tilt up to which a cell counts as level: its fluid is at rest if heated from above.
"""


def buoyancy_layer(Ra: float, sine: float = 1.0) -> float:
    """Return the thickness of the buoyancy layer along a wall, in units of the gap.

    It is (|Ra| sin^2)^(-1/4), from the balance of friction and the buoyancy of the fluid that the
    flow carries across the stratification. Along a wall inclined to the isopycnals, the component
    of gravity along the wall enters twice (O. M. Phillips, Deep-Sea Res. 17 (1970) 435).

    Args:
        Ra: Rayleigh number for a thermal layer, Ra Le psi for a layer of composition; its sign
            does not matter.
        sine: Sine of the angle between the wall and the isopycnals; 1 for a vertical wall.

    Returns:
        Thickness over gap; infinite if Ra or the sine is 0.
    """
    strength = abs(Ra) * sine**2
    return inf if strength == 0.0 else strength**-0.25


def largest_cell(layer: float, degree: int) -> float:
    """Return the largest size of mesh cells at a wall that resolves a layer, in its unit.

    It is the thickness of the layer at degree 2 and twice that at degree 3: the temperature is then
    accurate to 1 % of its range, and the velocity to 3 % of its largest value (measured:
    docs/evidence.md).

    Args:
        layer: Thickness of the layer.
        degree: Polynomial degree of temperature and velocity.
    """
    return float(layer * 2.0 ** (degree - 2))


@dataclass(frozen=True)
class ExpectedLayer:
    """The thinnest layer of flow that is expected along a side.

    Args:
        kind: "thermal", or "buoyancy" for a layer driven by differences of composition.
        thickness: Thickness of the layer, m.
        cell_size: Largest size of the mesh cells at the side, along its normal, m.
        largest: Largest size of mesh cells that resolves the layer, m.
    """

    kind: str
    thickness: float
    cell_size: float
    largest: float

    @property
    def held(self) -> bool:
        """Whether the mesh cells are small enough to resolve the layer."""
        return self.cell_size <= self.largest


def expected_layers(problem: Problem, groups: Mapping[str, float]) -> dict[str, ExpectedLayer]:
    """Return the layers that are expected along the sides of the fluid; collective.

    An unstable stratification overturns and has layers along all walls. A stable one has layers
    only if the cell is tilted, along the walls that are inclined to the horizontal isopycnals.

    Args:
        problem: The problem with flow; it need not be solved.
        groups: Dimensionless groups of the problem; "Ra", "Le" and "psi" are used, and a missing
            group counts as 0.

    Returns:
        Side name -> thinnest layer along the side, for sides that have a layer.
    """
    up = np.asarray(problem.mixture.gravity.up)[: problem.cell.dim]
    gap, upright = problem.orientation.gap, float(np.dot(problem.orientation.axis, up))
    level = 1.0 - upright**2 <= LEVEL**2
    thermal = groups.get("Ra", 0.0)
    solutal = thermal * groups.get("Le", 0.0) * groups.get("psi", 0.0)
    found = {}
    for side in problem.cell.fluid_sides:
        size, sine = _at_wall(problem, side, up)
        layers = {}
        for kind, number in (("thermal", thermal), ("buoyancy", solutal)):
            turns = number * upright < -LEVEL * abs(number)  # not by round-off
            if level and not turns:
                continue
            layers[kind] = gap * buoyancy_layer(number, 1.0 if turns else sine)
        if not layers:
            continue
        kind = min(layers, key=lambda name: layers[name])
        if layers[kind] <= WEAK * gap:
            largest = largest_cell(layers[kind], problem.degree)
            found[side] = ExpectedLayer(kind, layers[kind], size, largest)
    return found


def _at_wall(problem: Problem, side: str, up: Array) -> tuple[float, float]:
    """Return the largest size of mesh cells along the normal of a side, m, and its largest slope.

    The slope is the sine of the angle between the side and the horizontal.
    """
    cell, kind = problem.cell, problem.cell.mesh.basix_cell()
    attached, numbers = cell.attached(side)
    size = steepest = 0.0
    for number in range(len(basix.cell.topology(kind)[cell.dim - 1])):
        points, _, outward = ways_in(kind, number, simplex=is_simplex(problem))
        for cells in chunks(attached[numbers == number]):
            _, J = geometry_jacobians(cell.mesh, cells, points)
            gradient = np.einsum("i,cqij->cqj", outward, np.linalg.inv(J))
            h = 1.0 / np.linalg.norm(gradient, axis=-1)
            along = np.clip(np.einsum("cqj,j,cq->cq", gradient, up, h), -1.0, 1.0)
            size = max(size, float(h.max()))
            steepest = max(steepest, float(np.sqrt(1.0 - along**2).max()))
    comm = cell.comm
    return comm.allreduce(size, op=MPI.MAX), comm.allreduce(steepest, op=MPI.MAX)
