"""Coordinate systems: integration weights and the derivatives of vector fields.

In cylindrical coordinates without swirl, x = (r, z), a mesh of the half-plane r >= 0 represents a
body of revolution. Three expressions differ from those in Cartesian coordinates:

    dV = 2 pi r dr dz                   integrals are over the whole body of revolution
    div a = da_r/dr + a_r/r + da_z/dz
    grad a has a third diagonal entry, the hoop component a_r/r

(R. B. Bird, W. E. Stewart, E. N. Lightfoot, *Transport Phenomena*, 2nd ed., Wiley 2002, appendix
A.7.) Gradients of scalars and (a.grad) a keep their form. On the axis a_r = 0 and a_r/r has a
finite limit, but it evaluates to 0/0. Evaluate it at quadrature points, which lie inside mesh
cells, and not at nodes, which may lie on the axis.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import pi
from typing import Protocol

import ufl

from femsoret.base.types import Expr, Form, Measure, Value


class Coordinates(Protocol):
    """Interface of a coordinate system, used by forms, integrals and figures."""

    @property
    def name(self) -> str:
        """Name of the coordinate system in case files and summaries."""

    @property
    def letters(self) -> tuple[str, ...]:
        """Symbols of the coordinates, in order."""

    @property
    def has_axis(self) -> bool:
        """Whether the coordinates are (r, z) about an axis of symmetry.

        If so, gravity must be parallel to the axis.
        """

    def weight(self, x: Value) -> Value:
        """Return the integration weight at x: the factor by which dx becomes a volume or an area.

        Args:
            x: Coordinates, m: a UFL vector, or a sequence with one array per coordinate.
        """

    def measured(self, measure: Measure) -> Measure:
        """Return the UFL measure multiplied by the integration weight."""

    def gradient(self, a: Expr) -> Expr:
        """Return the gradient of a vector field of shape (d,), a UFL tensor.

        Its shape is (d, d), or (3, 3) in axisymmetric coordinates.
        """

    def divergence(self, a: Expr) -> Expr:
        """Return the divergence of a vector field of shape (d,), a UFL scalar."""


@dataclass(frozen=True)
class Cartesian:
    """Cartesian coordinates x, y and, in 3D, z; 2D integrals are per metre of depth."""

    name = "cartesian"
    letters = ("x", "y", "z")
    has_axis = False

    def weight(self, x: Value) -> Value:
        """Return 1."""
        return 1.0

    def measured(self, measure: Measure) -> Measure:
        """Return the measure unchanged."""
        return measure

    def gradient(self, a: Expr) -> Expr:
        """Return the matrix of derivatives da_i/dx_j, shape (d, d)."""
        return ufl.grad(a)

    def divergence(self, a: Expr) -> Expr:
        """Return the sum of da_i/dx_i."""
        return ufl.div(a)


@dataclass(frozen=True)
class Axisymmetric:
    """Cylindrical coordinates (r, z) of a body of revolution about r = 0, without swirl."""

    name = "axisymmetric"
    letters = ("r", "z")
    has_axis = True

    def weight(self, x: Value) -> Value:
        """Return the circumference 2 pi r, m."""
        return 2.0 * pi * x[0]

    def measured(self, measure: Measure) -> Measure:
        """Return the measure multiplied by 2 pi r: that of the surface or volume of revolution."""
        return WeightedMeasure(measure, self.weight(ufl.SpatialCoordinate(measure.ufl_domain())))

    def gradient(self, a: Expr) -> Expr:
        """Return the gradient in the order (r, z, angle), shape (3, 3); its last entry is a_r/r."""
        in_plane = ufl.grad(a)
        return ufl.as_matrix(
            (
                (in_plane[0, 0], in_plane[0, 1], 0.0),
                (in_plane[1, 0], in_plane[1, 1], 0.0),
                (0.0, 0.0, _hoop(a)),
            )
        )

    def divergence(self, a: Expr) -> Expr:
        """Return da_r/dr + a_r/r + da_z/dz."""
        return ufl.div(a) + _hoop(a)


def _hoop(a: Expr) -> Expr:
    """Return a_r/r."""
    return a[0] / ufl.SpatialCoordinate(ufl.domain.extract_unique_domain(a))[0]


@dataclass(frozen=True, eq=False)
class WeightedMeasure:
    """A UFL measure with a weight: ``f * dx`` integrates ``weight * f``.

    Args:
        measure: UFL measure.
        weight: Scalar UFL expression.
    """

    measure: Measure
    weight: Expr

    def __rmul__(self, integrand: Expr) -> Form:
        return (self.weight * integrand) * self.measure

    def __call__(self, *parts: object, **options: object) -> WeightedMeasure:
        """Return the weighted measure restricted to subdomains; the arguments are those of UFL."""
        return WeightedMeasure(self.measure(*parts, **options), self.weight)

    def ufl_domain(self) -> ufl.Mesh:
        """Return the UFL domain of the measure."""
        return self.measure.ufl_domain()

    def metadata(self) -> dict[str, object]:
        """Return the UFL metadata of the measure, for instance its quadrature degree."""
        return dict(self.measure.metadata())


CARTESIAN = Cartesian()

AXISYMMETRIC = Axisymmetric()

COORDINATES: dict[str, Coordinates] = {each.name: each for each in (CARTESIAN, AXISYMMETRIC)}
