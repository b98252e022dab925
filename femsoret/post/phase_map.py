"""Phase maps: the image of an interferometer, as the phase at each of its pixels.

The phase at a pixel is (2 pi/lambda) times the integral along its ray of the change of the
refractive index from the reference state, in the fluid and in the windows that the mesh has. It is
the unwrapped phase; an interferogram shows its cosine. The reference is the uniform state (T0, c0),
or the state whose temperature is established and whose composition is still uniform: the phase is
then that of the composition alone. In a march it may also be the state at an earlier time: the map
is then the difference of two maps that are counted from the uniform state.

If the phase changes by more than pi between neighbouring pixels, no method unwraps the fringes of
this image.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from mpi4py import MPI

import numpy as np

from femsoret.base.errors import ConditionError
from femsoret.base.types import Array, GlobalIndices
from femsoret.base.versions import geometry_dofmap
from femsoret.cells import Cell
from femsoret.post.fields import kept
from femsoret.post.interferometer import Image, Reference
from femsoret.post.optical import Glass, Optics, glasses_by_region, inside_region
from femsoret.post.points import PointsInCells
from femsoret.post.rays import AIR, FLUID, Chord, LineOfSight, Normal, Path, Ray, paths_if_any
from femsoret.problem import Problem
from femsoret.problem.layout import composition

NODES: Final = 24
"""Gauss points of a ray in one region, across all its mesh cells."""


@dataclass(frozen=True, eq=False)
class PhaseMap:
    """The phase at each pixel; nan where a ray misses the fluid or passes a solid without optics.

    Args:
        u: Horizontal coordinate of the columns, m, shape (nu,).
        v: Vertical coordinate of the rows, m, shape (nv,).
        wavelengths: Wavelengths, m, shape (J,).
        phase: Unwrapped phase, rad, shape (J, nv, nu).
    """

    u: Array
    v: Array
    wavelengths: Array
    phase: Array

    @property
    def span(self) -> Array:
        """Largest less smallest phase at each wavelength, rad, shape (J,)."""
        return np.asarray(np.nanmax(self.phase, (1, 2)) - np.nanmin(self.phase, (1, 2)))

    @property
    def steepest(self) -> Array:
        """Largest difference between neighbouring pixels, rad, shape (J,)."""
        steps = [np.abs(np.diff(self.phase, axis=axis)) for axis in (1, 2)]
        parts = [np.nanmax(step, (1, 2), initial=0.0) for step in steps]
        return np.asarray(np.maximum(*parts))


def phase_map(
    problem: Problem,
    image: Image,
    optics: Optics,
) -> PhaseMap:
    """Return the phase map of a solved problem; collective.

    It is counted from the uniform state if the reference of the image is a time.

    Args:
        problem: A solved problem.
        image: The pixels.
        optics: Optical properties.
    """
    shape = (len(image.v), len(image.u))
    traced = kept(
        problem,
        (image, "paths"),
        lambda: paths_if_any(problem.cell, image.rays, nodes=NODES, finely=False),
    )
    seen = {FLUID, AIR, *glasses_by_region(problem.cell, optics.glasses)}
    dark = np.array(
        [path is None or any(of.region not in seen for of in path.pieces) for path in traced]
    )

    def integral(block: str, region: int) -> Array:
        located, weights, pixels = kept(
            problem, (image, region), lambda: _points(problem.cell, traced, region)
        )
        if not len(pixels):
            return np.zeros(len(traced))
        of_pixels = np.bincount(pixels, weights * located.values(problem, block), len(traced))
        return np.asarray(of_pixels, dtype=float)

    thermal: Array = np.zeros(len(traced))
    solids: list[tuple[Glass, Array]] = []
    if image.reference != "thermal":
        thermal = integral("theta", FLUID)
        for number, glass in glasses_by_region(problem.cell, optics.glasses).items():
            if glass.changes:
                solids.append((glass, integral("theta", number)))
    species = range(len(problem.mixture.species))
    solutal = [integral(composition(i), FLUID) for i in species]
    found = []
    for j, contrast in enumerate(optics.contrasts):
        paths_of = contrast.n_T * thermal
        for glass, part in solids:
            paths_of = paths_of + glass.slope(j) * part
        for n_c, part in zip(contrast.n_c, solutal, strict=True):
            paths_of = paths_of + n_c * part
        phase = 2.0 * np.pi / contrast.wavelength * paths_of
        phase[dark] = np.nan
        found.append(phase.reshape(shape))
    return PhaseMap(
        image.u, image.v, np.array([of.wavelength for of in optics.contrasts]), np.array(found)
    )


def _points(
    cell: Cell, traced: Sequence[Path | None], region: int
) -> tuple[PointsInCells, Array, GlobalIndices]:
    """Return the points of all rays in a region, their weights and their pixels; collective."""
    x, weights, pixels = [np.empty((0, cell.dim))], [np.empty(0)], [np.empty(0, dtype=np.int64)]
    for pixel, path in enumerate(traced):
        if path is not None:
            here = path.regions == region
            x.append(path.x[here])
            weights.append(path.weights[here])
            pixels.append(np.full(np.count_nonzero(here), pixel, dtype=np.int64))
    located = inside_region(cell, np.concatenate(x), region)
    return located, np.concatenate(weights), np.concatenate(pixels)


# -- images of cells -----------------------------------------------------------------------------


def image_of(
    cell: Cell,
    *,
    direction: Sequence[float] | None,
    depth: float | None,
    up: Sequence[float],
    pixels: tuple[int, int],
    corners: tuple[Sequence[float], Sequence[float]] | None = None,
    reference: Reference = "uniform",
    at: float | None = None,
) -> Image:
    """Return the image of a cell, seen from the detector; collective.

    Args:
        cell: The cell.
        direction: Direction of the light in a 3D cell, shape (3,); None in others.
        depth: Length of the path across a plane cell, m; None in others.
        up: Upward unit vector, shape (dim,); the vertical of the image is the coordinate axis
            nearest to it.
        pixels: Numbers of columns and rows.
        corners: Two opposite corners of the image, m, shape (dim,) each, (offset, z) in an
            axisymmetric cell; None for all of the fluid.
        reference: State that the phase is counted from; a time of a march in s.
        at: Time of a march at which the map is taken, s; None for the last state.

    Raises:
        ConditionError: There is no image across the plane of the cell, or no pixel sees the fluid.
    """
    if cell.dim == 2 and depth is None and not cell.coordinates.has_axis:
        raise ConditionError(
            "a beam in the plane of a plane cell gives a line and no image",
            "leave out direction, and give the depth of the cell across the plane; or map = false",
        )
    across, upright = _axes(cell, direction, up)
    low, high = _extent(cell, across, upright)
    if corners is not None:
        ends = np.array([[c @ across, c @ upright] for c in map(np.asarray, corners)])
        low, high = ends.min(axis=0), ends.max(axis=0)
        if any(a == b and n > 1 for a, b, n in zip(low, high, pixels, strict=True)):
            raise ConditionError(
                "the image has no width or no height across the light",
                "give two opposite corners of a rectangle, or one pixel in this direction",
            )
    u, v = (
        a + (b - a) * (np.arange(n) + 0.5) / n for a, b, n in zip(low, high, pixels, strict=True)
    )
    rays: list[Ray] = []
    for vertical in v:
        for horizontal in u:
            x = tuple(float(value) for value in horizontal * across + vertical * upright)
            if direction is not None:
                rays.append(LineOfSight(x, tuple(direction)))
            elif cell.coordinates.has_axis:
                rays.append(Chord(x[1], x[0]))
            else:
                rays.append(Normal(x, float(depth or 0.0)))
    if not any(path is not None for path in paths_if_any(cell, rays, nodes=1, finely=False)):
        raise ConditionError(
            "no pixel of the image sees the fluid",
            "give two corners of the image in the frame of the cell, or leave them out",
        )
    return Image(u, v, tuple(rays), reference, at)


def _axes(
    cell: Cell, direction: Sequence[float] | None, up: Sequence[float]
) -> tuple[Array, Array]:
    """Return unit vectors of the horizontal and the vertical of the image, shape (dim,)."""
    if direction is None:
        across, upright = np.eye(2)
        return across, upright
    light = np.asarray(direction, dtype=float)
    light = light / np.linalg.norm(light)
    vertical = np.where(np.abs(light) < 0.5, np.abs(up), -1.0)
    axis = int(np.argmax(vertical))
    upright = np.zeros(cell.dim)
    upright[axis] = 1.0 if up[axis] >= 0.0 else -1.0
    upright -= (upright @ light) * light
    upright /= np.linalg.norm(upright)
    return np.cross(upright, light), upright


def _extent(cell: Cell, across: Array, upright: Array) -> tuple[Array, Array]:
    """Return the least and the greatest image coordinates of the fluid, shape (2,); collective."""
    nodes = cell.mesh.geometry.x[geometry_dofmap(cell.mesh)[cell.fluid_cells], : cell.dim]
    seen = np.stack([nodes @ across, nodes @ upright], axis=-1).reshape(-1, 2)
    low, high = np.empty(2), np.empty(2)
    cell.comm.Allreduce(seen.min(axis=0, initial=np.inf), low, op=MPI.MIN)
    cell.comm.Allreduce(seen.max(axis=0, initial=-np.inf), high, op=MPI.MAX)
    if cell.coordinates.has_axis:
        low[0] = -high[0]
    return low, high
