"""Heat that is released inside a cell: by a laser beam that is absorbed, by a current, by decay.

A source has a power density q(x), W/m3, in the fluid or in one solid region, times a factor that
may change with time. The equation of heat balances it:

    rho cp (dT/dt + u.grad T) - div(kappa grad T) = factor q

The density is evaluated at the quadrature points of the integrals, so that a function of the
coordinates needs no interpolation between nodes. Its power is that of the quadrature rule, which
all balances use; :func:`unresolved` compares it with that of a finer rule, and :func:`beam_cells`
finds how wide the mesh cells in a beam are.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from mpi4py import MPI
from petsc4py import PETSc

import basix.ufl
import numpy as np
from dolfinx import fem

from femsoret.base.compiled import compiled
from femsoret.base.errors import ConditionError, nearest
from femsoret.base.profiles import Profile
from femsoret.base.types import Array, Expr, Form, Measure
from femsoret.base.versions import geometry_dofmap
from femsoret.cells import Cell

FLUID: Final = ""
"""Name of the region of a source in the fluid."""

_ALONG_AXIS: Final = 1e-6
"""Largest sine of the angle between a beam and the axis of an axisymmetric cell, and largest
distance from it relative to the radius of the beam."""


@dataclass(frozen=True)
class Uniform:
    """A uniform power density.

    Args:
        density: Power density, W/m3.
    """

    density: float

    def __call__(self, x: Array) -> Array:
        """Return the power density at positions x of shape (3, n), m; W/m3, shape (n,)."""
        return np.full(x.shape[1:], self.density)


@dataclass(frozen=True)
class GaussianBeam:
    """The power density of a Gaussian beam that is absorbed along its way (Beer-Lambert).

    With the distance rho from the axis and s from the plane of entry along it

        q = 2 P a/(pi w^2) exp(-2 rho^2/w^2) exp(-a s)   for s >= 0

    The beam neither widens nor bends. In a plane 2D cell with a beam in its plane, the beam is a
    sheet of light, and P is its power per metre of depth: q = sqrt(2/pi) (P a/w)
    exp(-2 rho^2/w^2) exp(-a s).

    Args:
        power: Power P at the plane of entry, W; per metre of depth for a sheet.
        radius: Radius w at which the intensity is exp(-2) of that on the axis, m.
        absorption: Absorption coefficient a (natural logarithm), 1/m.
        point: A point on the axis, m, shape (3,).
        direction: Unit vector along the beam, shape (3,).
        entry: Distance of the plane of entry from the point, along the beam, m.
        is_sheet: Whether the beam is a sheet of light.
    """

    power: float
    radius: float
    absorption: float
    point: tuple[float, float, float]
    direction: tuple[float, float, float]
    entry: float = 0.0
    is_sheet: bool = False

    def __call__(self, x: Array) -> Array:
        """Return the power density at positions x of shape (3, n), m; W/m3, shape (n,)."""
        away = x - np.asarray(self.point)[:, None]
        along = np.asarray(self.direction) @ away
        rho2 = np.maximum((away**2).sum(axis=0) - along**2, 0.0)
        w = self.radius
        across = np.sqrt(2.0 / np.pi) / w if self.is_sheet else 2.0 / (np.pi * w**2)
        # The plane of entry is a plane of the mesh, whose points may lie before it by round-off.
        depth = np.maximum(along - self.entry, 0.0)
        attenuated = np.exp(-2.0 * rho2 / w**2 - self.absorption * depth)
        return np.asarray(self.power * self.absorption * across * attenuated)


@dataclass(frozen=True)
class HeatSource:
    """A source of heat in the fluid or in a solid region.

    Args:
        density: Power density, W/m3, as a function of positions x of shape (3, n), m.
        region: Name of a solid region; "" for the fluid.
        factor: Factor on the density, a parameter of the problem named ``heat_sources.i.factor``,
            by which a protocol switches the source on and off.
    """

    density: Profile
    region: str = FLUID
    factor: float = 1.0


def beam(
    cell: Cell,
    *,
    power: float,
    radius: float,
    absorption: float,
    point: Sequence[float],
    direction: Sequence[float],
    region: str = FLUID,
) -> HeatSource:
    """Return a laser beam that is absorbed in the fluid or in a solid region; collective.

    The plane of entry is perpendicular to the beam and touches the region from outside. It is the
    true entry where the beam enters through a wall perpendicular to it. In a plane 2D cell a
    direction with three components (0, 0, 1) is a beam across the plane, which is not weakened on
    its way: the cell is a slice of a thin one, in which power times absorption is left per metre.

    Args:
        cell: The cell.
        power: Power at the plane of entry, W; per metre of depth for a beam in the plane of a 2D
            cell.
        radius: Radius at which the intensity is exp(-2) of that on the axis, m.
        absorption: Absorption coefficient (natural logarithm), 1/m.
        point: A point on the axis of the beam, m, shape (dim,).
        direction: Direction of the beam, of any length except zero, shape (dim,) or (3,).
        region: Name of a solid region; "" for the fluid.

    Raises:
        ConditionError: A number of components is not that of the cell, the region is unknown, or
            the beam is not on the axis of an axisymmetric cell.
    """
    _check_region(cell, region)
    if len(point) != cell.dim or len(direction) not in (cell.dim, 3):
        raise ConditionError(
            f"a beam through a point with {len(point)} coordinates in a direction with "
            f"{len(direction)} components, in a {cell.dim}D cell",
            f"give {cell.dim} of each",
        )
    through, along = np.zeros(3), np.zeros(3)
    through[: cell.dim], along[: len(direction)] = point, direction
    along /= np.linalg.norm(along)
    if cell.coordinates.has_axis and (
        abs(along[0]) > _ALONG_AXIS or abs(through[0]) > _ALONG_AXIS * radius or along[2]
    ):
        raise ConditionError(
            "the beam does not run along the axis r = 0, but the cell is axisymmetric",
            "give the direction [0, 1] or [0, -1] in (r, z) and a point with r = 0, or use a 3D "
            "cell",
        )
    across_plane = cell.dim == 2 and abs(along[2]) > _ALONG_AXIS
    if across_plane and abs(along[2]) < 1.0 - _ALONG_AXIS:
        raise ConditionError(
            "the beam is oblique to the plane of a 2D cell",
            "give a direction in the plane, [x, y], or across it, [0, 0, 1], or use a 3D cell",
        )
    # All of the plane that a beam crosses lies at its entry.
    entry = 0.0 if across_plane else _first_along(cell, region, through, along)
    return HeatSource(
        GaussianBeam(
            power=power,
            radius=radius,
            absorption=absorption,
            point=(float(through[0]), float(through[1]), float(through[2])),
            direction=(float(along[0]), float(along[1]), float(along[2])),
            entry=entry,
            is_sheet=cell.dim == 2 and not (cell.coordinates.has_axis or across_plane),
        ),
        region,
    )


def _first_along(cell: Cell, region: str, point: Array, direction: Array) -> float:
    """Return the least distance of a region from a point along a direction, m; collective."""
    nodes = np.unique(geometry_dofmap(cell.mesh)[cell.cells_of(region)])
    ahead = (cell.mesh.geometry.x[nodes] - point) @ direction
    return float(cell.comm.allreduce(float(ahead.min(initial=np.inf)), op=MPI.MIN))


def _check_region(cell: Cell, region: str) -> None:
    """Check that a region is the fluid or a solid region of the cell.

    Raises:
        ConditionError: The cell has no such region.
    """
    if region not in (FLUID, *cell.walls.solids):
        raise ConditionError(
            f"a heat source in {region!r}, which is not a solid region of {cell.title}",
            nearest(region, cell.walls.solids)
            if cell.walls.solids
            else "the cell has no solid regions: leave the region out for a source in the fluid",
        )


# -- in a problem ------------------------------------------------------------------------------


@dataclass(frozen=True, eq=False)
class BoundSource:
    """A heat source on the mesh of a problem.

    Args:
        density: Power density at quadrature points at factor 1, W/m3; zero outside of the region.
        factor: The factor on it, a parameter of the problem.
        dx: Volume measure of the region, with the quadrature degree of the density.
    """

    density: fem.Function
    factor: fem.Constant
    dx: Measure

    def form(self, test: Expr) -> Form:
        """Return the integral of minus the source times a test function, W.

        Args:
            test: Test function of the temperature, or a weight.
        """
        return -self.factor * self.density * test * self.dx

    @property
    def power(self) -> float:
        """The power that is absorbed at present, W (per metre of depth in 2D); collective."""
        released = fem.assemble_scalar(compiled(-self.form(1.0)))
        return float(self.density.function_space.mesh.comm.allreduce(released))


def bound(
    source: HeatSource, cell: Cell, factor: fem.Constant, quadrature_degree: int
) -> BoundSource:
    """Return a heat source on the mesh of a cell; collective.

    Args:
        source: The source.
        cell: The cell.
        factor: The factor on its density, a parameter of the problem.
        quadrature_degree: Quadrature degree of the integrals.

    Raises:
        ConditionError: The cell has no such region, or the density is not finite everywhere in it.
    """
    _check_region(cell, source.region)
    element = basix.ufl.quadrature_element(cell.mesh.basix_cell(), degree=quadrature_degree)
    density = fem.Function(fem.functionspace(cell.mesh, element))
    density.interpolate(source.density, cell.cells_of(source.region))
    finite = bool(np.isfinite(density.x.array).all())
    if not cell.comm.allreduce(finite, op=MPI.LAND):
        raise ConditionError(
            "the power density of a heat source is not a finite number everywhere in "
            f"{source.region or 'the fluid'}",
            "check the expression and its unit of length",
        )
    regions = (source.region,) if source.region else ()
    dx = cell.dx(*regions, metadata={"quadrature_degree": quadrature_degree})
    return BoundSource(density, factor, dx)


_FINER: Final = 2
"""Ratio of the quadrature degree of :func:`unresolved` to that of the problem."""


def unresolved(source: HeatSource, cell: Cell, quadrature_degree: int) -> float:
    """Return by how much a mesh misses the power of a source, relative to it; collective.

    It compares the quadrature rule of the problem with one of twice its degree.

    Args:
        source: The source.
        cell: The cell.
        quadrature_degree: Quadrature degree of the problem.
    """
    one = fem.Constant(cell.mesh, PETSc.ScalarType(1.0))
    rough, fine = (
        bound(source, cell, one, times * quadrature_degree).power for times in (1, _FINER)
    )
    return abs(rough - fine) / (abs(fine) or 1.0)


def beam_cells(source: HeatSource, cell: Cell) -> float:
    """Return the largest extent across a beam of the mesh cells in it, m; collective.

    Two quadrature rules agree on a beam that both miss, or hit by chance: on a cell of 1.7 radii
    they agree to 1 % on a power that is 8 % wrong. Mesh cells in a beam are those of its region
    that come closer to its axis than its radius.

    Args:
        source: A source whose density is a :class:`GaussianBeam`.
        cell: The cell.
    """
    assert isinstance(source.density, GaussianBeam)
    nodes = cell.mesh.geometry.x[geometry_dofmap(cell.mesh)[cell.cells_of(source.region)]]
    direction = np.asarray(source.density.direction)
    away = nodes - np.asarray(source.density.point)
    across = away - (away @ direction)[..., None] * direction
    low, high = across.min(axis=1), across.max(axis=1)
    nearest_to_axis = np.maximum(np.maximum(low, -high), 0.0)
    inside = np.linalg.norm(nearest_to_axis, axis=-1) < source.density.radius
    widest = float((high - low)[inside].max(initial=0.0))
    return float(cell.comm.allreduce(widest, op=MPI.MAX))
