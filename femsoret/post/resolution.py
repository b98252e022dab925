"""Does the mesh resolve what the flow carries? Cell Peclet numbers, and layers against cells.

A large cell Peclet number alone does no harm where the field is smooth. What does is a layer that
its mesh cells cannot represent, and that shows in the solution itself: it is the part of it that
polynomials of one degree less would miss (after the indicator of P.-O. Persson, J. Peraire, AIAA
paper 2006-112; here in the maximum norm). At a wall it is taken along the way from the wall into
the cell, so that it tells which of two walls that meet in a corner has the layer.

How large cells may be there follows from the thickness of a concentration layer in a shear flow
along a wall, delta = (D l/s)^(1/3), with s the shear rate at the wall and l its length (M. A.
Leveque, Ann. Mines 13 (1928) 201).
"""

from __future__ import annotations

from dataclasses import dataclass
from math import factorial
from typing import Any

from mpi4py import MPI

import basix
import numpy as np

from femsoret.cells.measure import chunks, geometry_jacobians
from femsoret.post.cell_peclet import CellPeclet, cell_peclet, largest_cell_peclet
from femsoret.post.pointwise import (
    Array,
    Indices,
    diffusivity,
    is_simplex,
    nearest_point,
    reference_metric,
    slopes,
    values,
)
from femsoret.problem import Problem

_UNIFORM = 1e-8
"""Range of the composition, relative to its natural size, below which it counts as uniform."""


def limit(degree: int) -> float:
    """Return the part of the range of the composition that a mesh cell may miss: 0.03 * 3^(2 - k).

    Above it, the composition is more than 1 % of the separation off a refined run somewhere: 0.03
    for degree 2 and 0.01 for degree 3 (measured: table in docs/numerics.md), extrapolated beyond.

    Args:
        degree: Polynomial degree of the composition.
    """
    return 0.03 * 3.0 ** (2 - degree)


@dataclass(frozen=True)
class WallLayer:
    """The composition along a side.

    Args:
        thickness: Least thickness of a layer in the flow along the side, m.
        cell_size: Largest size of the mesh cells at the side, along its normal, m.
        missed: Largest part of the range of the composition that they miss along the way in.
    """

    thickness: float
    cell_size: float
    missed: float


@dataclass(frozen=True)
class Coarsest:
    """The mesh cell that misses most of the composition.

    Args:
        missed: Part of the range of the composition that polynomials of degree k - 1 miss in it.
        limit: The part that it may miss.
        x: Its middle, m.
        side: The side nearest to it.
        cell_peclet: Its largest solutal cell Peclet number.
        cell_size: Its size towards that side, m.
        needed: The size at which its composition would be resolved, m; its own where it is.
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
        """Whether the composition is within 1 % of the separation of a refined run."""
        return self.missed <= self.limit


@dataclass(frozen=True)
class Resolution:
    """How well a mesh resolves what the flow carries.

    Args:
        thermal: Largest |u| h/alpha.
        solutal: Largest |u| h/D; None without species.
        walls: Side name -> layer of the first species; empty without species.
        coarsest: The mesh cell that misses most of the first species; None without species, or
            where the composition is uniform.
    """

    thermal: CellPeclet
    solutal: CellPeclet | None
    walls: dict[str, WallLayer]
    coarsest: Coarsest | None


def resolution(problem: Problem) -> Resolution:
    """Return how well the mesh resolves a solved problem; collective.

    Args:
        problem: A solved problem with flow.
    """
    thermal = largest_cell_peclet(problem, "theta")
    if not problem.mixture.species:
        return Resolution(thermal, None, {}, None)
    size = _range(problem)
    walls = {side: _wall_layer(problem, side, size) for side in problem.cell.fluid_sides}
    return Resolution(
        thermal=thermal,
        solutal=largest_cell_peclet(problem, "gamma_0"),
        walls=walls,
        coarsest=_coarsest(problem, walls, size) if size else None,
    )


# -- layers at walls -----------------------------------------------------------------------------


def _wall_layer(problem: Problem, side: str, size: float) -> WallLayer:
    """Return the layer at a side; size is the range of the composition, 0 where it is uniform."""
    cell, kind = problem.cell, problem.cell.mesh.basix_cell()
    attached, numbers = cell.attached(side)
    thickness, largest, missed = np.inf, 0.0, 0.0
    for number in range(len(basix.cell.topology(kind)[cell.dim - 1])):
        points, ways, outward = _ways_in(kind, number, simplex=is_simplex(problem))
        for cells in chunks(attached[numbers == number]):
            _, J = geometry_jacobians(cell.mesh, cells, points)
            K = np.asarray(np.linalg.inv(J), dtype=np.float64)
            gradient = np.einsum("i,cqij->cqj", outward, K)
            h = 1.0 / np.linalg.norm(gradient, axis=-1)
            normal = np.asarray(gradient * h[..., None], dtype=np.float64)
            thickness = min(thickness, _thinnest(problem, side, cells, points, K, normal))
            largest = max(largest, float(h.max()))
            if size:
                missed = max(missed, _missed_on_ways(problem, cells, points, ways) / size)
    return WallLayer(
        thickness=float(cell.comm.allreduce(thickness, op=MPI.MIN)),
        cell_size=float(cell.comm.allreduce(largest, op=MPI.MAX)),
        missed=float(cell.comm.allreduce(missed, op=MPI.MAX)),
    )


def _ways_in(kind: Any, number: int, *, simplex: bool) -> tuple[Array, Array, Array]:
    """Return ways from points of a reference facet to the far end of the reference cell.

    Returns:
        Starting points and ways, shape (points, dim) each, and the gradient, shape (dim,), of the
        fraction of the way that is left: outward, one over the height of the cell.
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


def _missed_on_ways(problem: Problem, cells: Indices, points: Array, ways: Array) -> float:
    """Return the largest error of the best polynomials of degree k - 1 along ways.

    It is |a|/2^(2k - 1), where a s^k is the leading term along a way, 0 <= s <= 1 (Chebyshev).
    """
    k = problem.degree
    steps = np.linspace(0.0, 1.0, k + 1)
    along = (points[:, None, :] + steps[:, None] * ways[:, None, :]).reshape(-1, points.shape[1])
    c = values(problem.function("gamma_0"), cells, along).reshape(len(cells), -1, k + 1)
    leading = np.diff(c, n=k, axis=-1)[..., 0] * k**k / factorial(k)
    return float(np.abs(leading).max()) / 2.0 ** (2 * k - 1)


def _thinnest(
    problem: Problem, side: str, cells: Indices, points: Array, K: Array, normal: Array
) -> float:
    """Return the least thickness of a layer of composition along a side, m.

    (D l/s)^(1/3) in the shear flow along a wall, (D l/|u|)^(1/2) where the fluid slips.
    """
    cell = problem.cell
    length = cell.length(side)
    D = diffusivity(problem, "gamma_0", cells, points)
    u = np.linalg.norm(values(problem.function("u"), cells, points), axis=-1)
    slope = np.einsum("cqbi,cqij,cqj->cqb", slopes(problem.function("u"), cells, points), K, normal)
    shear = np.linalg.norm(slope, axis=-1)
    with np.errstate(divide="ignore"):
        layers = np.minimum((D * length / shear) ** (1.0 / 3.0), (D * length / u) ** 0.5)
    return float(layers.min(initial=np.inf))


# -- what cells miss -----------------------------------------------------------------------------


def _coarsest(problem: Problem, walls: dict[str, WallLayer], size: float) -> Coarsest:
    """Return the cell that differs most from its projection to degree k - 1."""
    comm = problem.cell.comm
    gamma = problem.function("gamma_0")
    kept = _projection(gamma.function_space.element.basix_element, problem.degree - 1)
    best, cell = -1.0, None
    for cells in chunks(problem.cell.fluid_cells):
        nodal = gamma.x.array[gamma.function_space.dofmap.list[cells]]
        missed = np.abs(nodal - nodal @ kept.T).max(axis=1) / size
        if missed.max() > best:
            best, cell = float(missed.max()), cells[[int(np.argmax(missed))]]
    best, owner = comm.allreduce((best, comm.rank), op=MPI.MAXLOC)
    about = _about(problem, cell) if cell is not None and comm.rank == owner else None
    middle, peclet, metric = comm.bcast(about, root=owner)
    side, towards, distance = _where(problem, middle, walls)
    h = needed = 1.0 / float(np.sqrt(towards @ metric @ towards))
    allowed = limit(problem.degree)
    if best > allowed:
        needed *= (allowed / best) ** (1.0 / problem.degree)  # what is missed goes with h^k
        if distance < h:
            # Far from resolved, what is missed saturates; the thickness of the layer does not.
            needed = min(needed, 0.5 * problem.degree * walls[side].thickness)
    return Coarsest(best, allowed, tuple(map(float, middle)), side, peclet, h, needed)


def _about(problem: Problem, cell: Indices) -> tuple[Array, float, Array]:
    """Return the middle of a cell, m, its solutal cell Peclet number and its metric, 1/m2."""
    numbers, x = cell_peclet(problem, "gamma_0", cell)
    middle = basix.cell.geometry(problem.cell.mesh.basix_cell()).mean(axis=0)
    _, J = geometry_jacobians(problem.cell.mesh, cell, middle[None, :])
    K = np.linalg.inv(J[0, 0])
    return x[0].mean(axis=0), float(numbers.max()), K.T @ reference_metric(problem) @ K


def _where(problem: Problem, x: Array, walls: dict[str, WallLayer]) -> tuple[str, Array, float]:
    """Return the side that a place belongs to, the direction to it and its distance.

    In a corner, where two sides are about as near, it is the one whose cells miss more.
    """
    nearest = {side: nearest_point(problem, side, x) for side in problem.cell.fluid_sides}
    distances = {side: float(np.linalg.norm(point - x)) for side, point in nearest.items()}
    close = 1.5 * min(distances.values())
    side = max(
        (side for side in nearest if distances[side] <= close), key=lambda side: walls[side].missed
    )
    return side, np.asarray((nearest[side] - x) / distances[side]), distances[side]


def _projection(element: Any, degree: int) -> Array:
    """Return the matrix that takes nodal values to those of the L2 projection to a degree."""
    lower = basix.create_element(
        basix.ElementFamily.P, element.cell_type, degree, basix.LagrangeVariant.gll_warped
    )
    points, weights = basix.make_quadrature(element.cell_type, 2 * degree + 1)
    low, high = (e.tabulate(0, points)[0, :, :, 0] for e in (lower, element))
    mass, mixed = low.T @ (weights[:, None] * low), low.T @ (weights[:, None] * high)
    at_nodes = lower.tabulate(0, element.points)[0, :, :, 0]
    return np.asarray(at_nodes @ np.linalg.solve(mass, mixed))


def _range(problem: Problem) -> float:
    """Return the largest less the least composition at the nodes; 0 where it is uniform."""
    gamma, comm = problem.function("gamma_0"), problem.cell.comm
    nodes = gamma.x.array[gamma.function_space.dofmap.list[problem.cell.fluid_cells]]
    highest = comm.allreduce(float(nodes.max(initial=-np.inf)), op=MPI.MAX)
    lowest = comm.allreduce(float(nodes.min(initial=np.inf)), op=MPI.MIN)
    size = highest - lowest
    return size if size > _UNIFORM * problem.scales.unknown["gamma_0"] else 0.0
