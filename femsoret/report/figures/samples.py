"""Samples of the fields of a solved experiment as plain arrays, for figures.

Sampling is collective; the arrays are the same on all ranks. From a file of these arrays, figures
can be drawn again without the mesh, DOLFINx or MPI.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any

from mpi4py import MPI

import numpy as np
from dolfinx import mesh as dmesh

from femsoret.base.types import Array, Flags, Indices
from femsoret.base.versions import geometry_dofmap
from femsoret.cells import Cell
from femsoret.cells.geometry import owned_cells
from femsoret.experiment import Experiment
from femsoret.physics.closures import Mixture
from femsoret.physics.closures.at_rest import AtRest
from femsoret.post.balances import entropy_production
from femsoret.post.fields import locate
from femsoret.post.soret import HotCold
from femsoret.problem import Problem
from femsoret.problem.layout import COMPOSITIONS
from femsoret.problem.orientation import Orientation, up_vector
from femsoret.studies.measure.solution import Solution

POINTS = 201
"""Number of grid points along the longer side of the picture."""

FEWEST = 41
"""Minimum number of grid points along the shorter side, for slender cells."""

PROFILE_POINTS = 401

LINES = 40
"""Number of lines on either side of the axis among which one in the fluid is sought."""

ENOUGH = 0.5
"""Length in the fluid of the line on the axis, over that of the longest line, above which it is
used."""

ASIDE = "aside"
PRODUCTION = "production"

# Difference below which two directions count as equal.
_SAME = 1e-9


@dataclass(frozen=True, eq=False)
class Plane:
    """Fields on a regular grid in a plane; nan outside the cell, and in solids except for theta.

    A point of the plane is ``origin + s across + t upright``.

    Args:
        origin: Point of the plane closest to the origin of coordinates, m, shape (dim,).
        across: Unit vector of the picture's horizontal coordinate, shape (dim,).
        upright: Unit vector of the picture's vertical coordinate, shape (dim,).
        s: Grid of the first coordinate, m, shape (ns,).
        t: Grid of the second coordinate, m, shape (nt,).
        theta: T - T0, K, shape (nt, ns).
        gamma: c - c0 of each species, shape (N, nt, ns); N = 0 if there is no separation.
        velocity: Components along across and upright, m/s, shape (nt, ns, 2).
        speed: |u| with the component out of the plane, m/s, shape (nt, ns).
        up: Components of the unit vector opposite to gravity along across and upright, shape (2,).
        solid: Whether a point lies in a solid wall, shape (nt, ns).
        border: Polygons around the cell, as returned by :func:`outline`, m, shape (n, 2).
        fluid_border: Polygons around the fluid, likewise.
        production: Entropy production in the fluid by conduction, diffusion and friction, W/(m3 K),
            shape (3, nt, ns); empty if it is not evaluated.
    """

    origin: Array
    across: Array
    upright: Array
    s: Array
    t: Array
    theta: Array
    gamma: Array
    velocity: Array
    speed: Array
    up: Array
    solid: Flags
    border: Array
    fluid_border: Array
    production: Array


@dataclass(frozen=True, eq=False)
class Profile:
    """Fields along a line parallel to the axis from the cold wall to the hot wall.

    The line passes halfway between the centres of the walls or, if it misses the fluid there (two
    chambers separated by glass, or an obstacle), as close to it as possible.

    Args:
        distance: Distance from the cold end, m, shape (n,).
        theta: T - T0 with gravity, K, shape (n,).
        theta_reference: T - T0 without gravity, K, shape (n,).
        gamma: c - c0 of each species with gravity, shape (N, n); N = 0 if there is no separation.
        gamma_reference: c - c0 without gravity, shape (N, n).
        gamma_closed: c - c0 of the closed form at the temperature without gravity, shape (N, n).
        aside: Distance of the line from the one halfway between the centres, m.
    """

    distance: Array
    theta: Array
    theta_reference: Array
    gamma: Array
    gamma_reference: Array
    gamma_closed: Array
    aside: float = 0.0


@dataclass(frozen=True, eq=False)
class Samples:
    """All data of the fields that figures show.

    Args:
        plane: Fields in a plane: all of a 2D cell, or a plane through the middle of a 3D cell.
        profile: Fields along a line parallel to the axis.
        T0: Reference temperature, K.
        c0: Mean mass fraction of the first species; nan without species.
        scale: |S_T f(c0) dT| of the first species, its separation to first order; nan without
            species.
    """

    plane: Plane
    profile: Profile
    T0: float
    c0: float
    scale: float

    def arrays(self) -> dict[str, Any]:
        """Return the samples as arrays by name, for :func:`numpy.savez`."""
        plane = {f"plane.{f.name}": getattr(self.plane, f.name) for f in fields(Plane)}
        profile = {f"profile.{f.name}": getattr(self.profile, f.name) for f in fields(Profile)}
        return (
            plane
            | profile
            | {name: np.float64(getattr(self, name)) for name in ("T0", "c0", "scale")}
        )

    @staticmethod
    def from_arrays(arrays: Mapping[str, Any]) -> Samples:
        """Return samples made from their arrays; the inverse of :meth:`arrays`.

        Args:
            arrays: Arrays by name.

        Raises:
            KeyError: An array is missing.
        """
        return Samples(
            plane=Plane(
                **{
                    f.name: _of_each(arrays, f"plane.{f.name}", 3)
                    for f in fields(Plane)
                    if f.name != PRODUCTION
                },
                production=arrays.get(f"plane.{PRODUCTION}", np.empty(0)),  # since version 0.2.0
            ),
            profile=Profile(
                **{
                    f.name: _of_each(arrays, f"profile.{f.name}", 2)
                    for f in fields(Profile)
                    if f.name != ASIDE
                },
                aside=float(arrays.get(f"profile.{ASIDE}", 0.0)),  # not in files of version 0.1.0
            ),
            T0=float(arrays["T0"]),
            c0=float(arrays["c0"]),
            scale=float(arrays["scale"]),
        )


def _of_each(arrays: Mapping[str, Any], name: str, dimensions: int) -> Any:
    """Return an array; compositions in older files are those of the first species."""
    array = arrays[name]
    old = ".gamma" in name and array.ndim < dimensions
    return array[None] if old else array


def sample(solution: Solution) -> Samples:
    """Return the samples of a solved experiment, the same on all ranks; collective.

    Args:
        solution: A solved experiment.
    """
    return sample_states(
        solution.experiment,
        solution.convection,
        solution.reference,
        solution.at_rest,
        with_entropy=not solution.why_no_entropy,
    )


def sample_states(
    experiment: Experiment,
    convection: Problem,
    reference: Problem,
    at_rest: Sequence[HotCold],
    *,
    with_entropy: bool = False,
) -> Samples:
    """Return the samples of two states of an experiment, the same on all ranks; collective.

    Args:
        experiment: The experiment.
        convection: The problem with flow, in the state with gravity.
        reference: The problem without flow, in the state without gravity.
        at_rest: Readings of the steady state without gravity, from which the closed form starts,
            one per species; empty if there is no separation.
        with_entropy: Whether to sample the entropy production of the state with gravity.
    """
    mixture, frame = experiment.mixture, experiment.orientation
    c0 = scale = np.nan
    if mixture.species:
        c0 = mixture.reference.c[0]
        scale = abs(float(mixture.reference.separation[0]) * frame.dT)
    separates = bool(at_rest)
    profile = _profile(experiment, convection, reference, at_rest)
    plane = _plane(experiment, convection, separates=separates, with_entropy=with_entropy)
    return Samples(plane, profile, float(mixture.T0), c0, scale)


def closed_form(mixture: Mixture, readings: Sequence[HotCold], theta: Array) -> Array:
    """Return c - c0 of each species by the closed form without convection.

    Args:
        mixture: The mixture, with numbers as parameters.
        readings: Readings, one per species; the closed form starts from the cold ends.
        theta: Temperatures T - T0, K, shape (n,); may contain nan.

    Returns:
        c - c0 at these temperatures, shape (N, n).
    """
    gamma = [reading.gamma_cold for reading in readings]
    return np.asarray(AtRest.through(mixture, readings[0].theta_cold, gamma).compositions(theta))


# -- positions -----------------------------------------------------------------------------------


def _plane(
    experiment: Experiment, convection: Problem, *, separates: bool, with_entropy: bool
) -> Plane:
    cell = experiment.cell
    up = np.asarray(experiment.mixture.gravity.up, dtype=float)
    across, upright = _directions(experiment.orientation, up)
    centre = _centre(cell, experiment.orientation)
    origin = centre - (centre @ across) * across - (centre @ upright) * upright
    spans = [_span(cell, direction) for direction in (across, upright)]
    longest = max(high - low for low, high in spans)
    s, t = (
        _evenly(low, high, max(FEWEST, round((high - low) / longest * (POINTS - 1)) + 1))
        for low, high in spans
    )
    grid_s, grid_t = np.meshgrid(s, t)
    points = origin + grid_s[..., None] * across + grid_t[..., None] * upright
    located = locate(cell.mesh, points.reshape(-1, cell.dim))
    in_fluid = locate(cell.mesh, points.reshape(-1, cell.dim), cell.fluid_cells)

    def on_grid(block: str) -> Array:
        values = (located if block == "theta" else in_fluid).values(convection.function(block))
        return np.asarray(values.reshape(*grid_s.shape, -1))

    theta = on_grid("theta")[..., 0]
    u = on_grid("u") if convection.layout.flows else np.zeros((*theta.shape, cell.dim))
    compositions = np.empty((0, *theta.shape))
    if separates:
        compositions = np.moveaxis(on_grid(COMPOSITIONS), -1, 0)
    production: Array = np.empty(0)
    if with_entropy:
        values = in_fluid.values(entropy_production(convection))
        production = values.T.reshape(-1, *grid_s.shape)
    border = outline(cell, owned_cells(cell.mesh))
    return Plane(
        origin=origin,
        across=across,
        upright=upright,
        s=s,
        t=t,
        theta=theta,
        gamma=compositions,
        velocity=np.stack([u @ across, u @ upright], axis=-1),
        speed=np.linalg.norm(u, axis=-1),
        up=np.array([up @ across, up @ upright]),
        solid=(located.inside & ~in_fluid.inside).reshape(grid_s.shape),
        border=border,
        fluid_border=outline(cell, cell.fluid_cells) if cell.walls.solids else border,
        production=production,
    )


def _evenly(low: float, high: float, count: int) -> Array:
    return np.asarray(np.linspace(low, high, count), dtype=np.float64)


def _directions(frame: Orientation, up: Array) -> tuple[Array, Array]:
    """Return the horizontal and the vertical direction of the picture.

    A 2D cell is shown in its coordinates. In 3D the plane contains the axis and the upward
    direction or, if these are parallel, the direction in which a tilt at azimuth 0 would lean. The
    direction closer to up is vertical; the other one points along its largest coordinate.
    """
    axis: Array = np.array(frame.axis)
    if len(axis) == 2:
        return np.array([1.0, 0.0]), np.array([0.0, 1.0])
    lean = up - (up @ axis) * axis
    if np.linalg.norm(lean) < _SAME:
        lean = np.array(up_vector(frame.axis, 90.0))
    lean /= np.linalg.norm(lean)
    first, second = (lean, axis) if abs(up @ axis) >= abs(up @ lean) else (axis, lean)
    forward = first[np.argmax(np.abs(first))] >= 0.0
    return first if forward else -first, second if up @ second >= 0.0 else -second


def _centre(cell: Cell, frame: Orientation) -> Array:
    """Return the point halfway between hot and cold side, or else the centre of the cell."""
    if frame.wall_pair is not None:
        return np.asarray(frame.wall_pair.middle)
    return np.array([0.5 * sum(_span(cell, e)) for e in np.eye(cell.dim)])


def _span(cell: Cell, direction: Array) -> tuple[float, float]:
    """Return the smallest and the largest value of x.direction in the cell, m."""
    along = cell.mesh.geometry.x[:, : cell.dim] @ direction
    low = cell.comm.allreduce(float(along.min(initial=np.inf)), op=MPI.MIN)
    high = cell.comm.allreduce(float(along.max(initial=-np.inf)), op=MPI.MAX)
    return float(low), float(high)


def _profile(
    experiment: Experiment, convection: Problem, reference: Problem, at_rest: Sequence[HotCold]
) -> Profile:
    cell, frame, mixture = experiment.cell, experiment.orientation, experiment.mixture
    axis, centre = np.asarray(frame.axis), _centre(cell, frame)
    if frame.wall_pair is not None:
        length = frame.wall_pair.distance
        start = centre - 0.5 * length * axis
    else:
        low, high = _span(cell, axis)
        start, length = centre + (low - centre @ axis) * axis, high - low
    distance = _evenly(0.0, length, PROFILE_POINTS)
    aside, shift = _beside(cell, frame, start, length)
    located = locate(cell.mesh, start + shift + distance[:, None] * axis, cell.fluid_cells)
    nothing = np.empty((0, *distance.shape))
    theta, theta_reference = (
        located.values(problem.function("theta"))[:, 0] for problem in (convection, reference)
    )
    if not at_rest:
        return Profile(distance, theta, theta_reference, nothing, nothing, nothing, aside)
    gamma, gamma_reference = (
        located.values(problem.function(COMPOSITIONS)).T for problem in (convection, reference)
    )
    return Profile(
        distance=distance,
        theta=theta,
        theta_reference=theta_reference,
        gamma=gamma,
        gamma_reference=gamma_reference,
        gamma_closed=closed_form(mixture, at_rest, theta_reference),
        aside=aside,
    )


def _beside(cell: Cell, frame: Orientation, start: Array, length: float) -> tuple[float, Array]:
    """Return the distance, m, and the vector from a line along the axis to a line in the fluid.

    Args:
        cell: The cell.
        frame: Its orientation.
        start: Start of the line, m, shape (dim,).
        length: Length of the line, m.
    """
    axis = np.asarray(frame.axis)
    if len(axis) == 2:
        across = np.array([-axis[1], axis[0]])
    else:
        across = np.array(up_vector(frame.axis, 90.0))
    low, high = (end - start @ across for end in _span(cell, across))
    steps = np.linspace(-1.0, 1.0, 2 * LINES + 1)
    offsets = np.where(steps < 0.0, -steps * low, steps * high)
    along = _evenly(0.0, length, LINES)
    points = start + offsets[:, None, None] * across + along[:, None] * axis
    inside = locate(cell.mesh, points.reshape(-1, cell.dim), cell.fluid_cells).inside
    share = inside.reshape(len(offsets), -1).mean(axis=1)
    good = share >= ENOUGH * share.max()
    if good[LINES]:
        return 0.0, np.zeros_like(start)
    offset = float(offsets[_middle_of_nearest(good, LINES)])
    return offset, offset * across


def _middle_of_nearest(good: Flags, here: int) -> int:
    """Return the index of the middle of the nearest run of true entries.

    The nearest true entry itself would be a line along a wall.
    """
    padded = np.concatenate([[False], good, [False]])
    ends = np.flatnonzero(padded[1:] != padded[:-1]).reshape(-1, 2)
    runs = [(int(first), int(last) - 1) for first, last in ends]
    first, last = min(runs, key=lambda run: max(run[0] - here, here - run[1]))
    return (first + last) // 2


# -- outline -------------------------------------------------------------------------------------


Edge = tuple[int, int]
Place = tuple[float, ...]

# Corners of a mesh cell in cyclic order; DOLFINx numbers those of a quadrilateral by axes.
_AROUND = {
    dmesh.CellType.triangle: [0, 1, 2],
    dmesh.CellType.quadrilateral: [0, 1, 3, 2],
}


def outline(cell: Cell, cells: Indices) -> Array:
    """Return the closed polygons around a set of mesh cells, the same on all ranks; collective.

    They run counter-clockwise, holes clockwise. Edges are straight, also those of curved cells.

    Args:
        cell: The cell.
        cells: Local indices of the mesh cells to enclose, owned by this rank.

    Returns:
        Corners, m, shape (n, 2), with a row of nan after each polygon. Empty for a 3D cell, of
        which figures show a cut.
    """
    if cell.dim != 2:
        return np.zeros((0, 2))
    borders = cell.comm.allgather(_border(cell.mesh, cells))
    places = {node: place for _, corners in borders for node, place in corners.items()}
    after: dict[int, list[int]] = {}
    for a, b in sorted(_lone({edge for edges, _ in borders for edge in edges})):
        after.setdefault(a, []).append(b)
    corners: list[Place] = []
    while after:
        start = node = min(after)
        while True:
            corners.append(places[node])
            following = after[node].pop()
            if not after[node]:
                del after[node]
            node = following
            if node == start:
                break
        corners.append((np.nan, np.nan))
    return np.array(corners)


def _border(mesh: dmesh.Mesh, cells: Indices) -> tuple[set[Edge], dict[int, Place]]:
    """Return the edges around mesh cells of this rank, and the coordinates of their ends.

    Nodes have global indices.
    """
    nodes = geometry_dofmap(mesh)[cells][:, _AROUND[mesh.topology.cell_type]]
    x = mesh.geometry.x[nodes][..., :2]
    following = np.roll(x, -1, axis=1)
    area = (x[..., 0] * following[..., 1] - x[..., 1] * following[..., 0]).sum(axis=1)
    nodes[area < 0.0] = nodes[area < 0.0][:, ::-1]
    numbers = mesh.geometry.index_map().local_to_global(nodes.ravel()).reshape(nodes.shape)
    ahead = np.roll(numbers, -1, axis=1)
    edges = _lone(set(zip(map(int, numbers.ravel()), map(int, ahead.ravel()), strict=True)))
    local = dict(zip(map(int, numbers.ravel()), map(int, nodes.ravel()), strict=True))
    ends = sorted({node for edge in edges for node in edge})
    return edges, {node: tuple(map(float, mesh.geometry.x[local[node], :2])) for node in ends}


def _lone(edges: set[Edge]) -> set[Edge]:
    """Return the edges without an opposite edge of another mesh cell."""
    return {(a, b) for a, b in edges if (b, a) not in edges}
