"""Coordinates: what the components of a vector mean, and how much space lies behind a mesh point.

In cylindrical coordinates without swirl, x = (r, z), a mesh of the half-plane r >= 0 stands for a
cell of revolution. Three things change, and they are here:

    dV = 2 pi r dr dz                   so that flows and masses are those of the whole cell
    div a = da_r/dr + a_r/r + da_z/dz
    grad a has a third diagonal entry, the hoop part a_r/r

(R. B. Bird, W. E. Stewart, E. N. Lightfoot, *Transport Phenomena*, 2nd ed., Wiley 2002, appendix
A.7.) Gradients of scalars and (a.grad) a keep their form. a_r/r is finite on the axis, where a_r
is zero, but it is no number there: quadrature points lie inside mesh cells, nodes may not.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import pi
from typing import Protocol

import ufl

from femsoret.base.types import Expr, Form, Measure, Value


class Coordinates(Protocol):
    """What forms, integrals and figures need of coordinates."""

    @property
    def name(self) -> str:
        """Their name in case files and summaries."""

    @property
    def letters(self) -> tuple[str, ...]:
        """The names of the coordinates."""

    @property
    def has_axis(self) -> bool:
        """Whether the first coordinate is the distance from an axis, which the second runs along.

        Gravity can have a component along that axis only.
        """

    def weight(self, x: Value) -> Value:
        """Return the measure of a unit of the mesh at coordinates x, d scalars: 1, or in m."""

    def measured(self, measure: Measure) -> Measure:
        """Return a measure of the mesh with the weight in it."""

    def gradient(self, a: Expr) -> Expr:
        """Return the gradient of a vector, for inner products with other gradients."""

    def divergence(self, a: Expr) -> Expr:
        """Return the divergence of a vector."""


@dataclass(frozen=True)
class Cartesian:
    """x, y and, in 3D, z. In 2D a metre of depth lies behind each point."""

    name = "cartesian"
    letters = ("x", "y", "z")
    has_axis = False

    def weight(self, x: Value) -> Value:
        """Return 1."""
        return 1.0

    def measured(self, measure: Measure) -> Measure:
        """Return the measure as it is."""
        return measure

    def gradient(self, a: Expr) -> Expr:
        """Return the matrix of derivatives."""
        return ufl.grad(a)

    def divergence(self, a: Expr) -> Expr:
        """Return the trace of it."""
        return ufl.div(a)


@dataclass(frozen=True)
class Axisymmetric:
    """r and z of a cell of revolution about r = 0, without swirl."""

    name = "axisymmetric"
    letters = ("r", "z")
    has_axis = True

    def weight(self, x: Value) -> Value:
        """Return the circumference 2 pi r, m."""
        return 2.0 * pi * x[0]

    def measured(self, measure: Measure) -> Measure:
        """Return the measure of the surface or volume of revolution."""
        return WeightedMeasure(measure, self.weight(ufl.SpatialCoordinate(measure.ufl_domain())))

    def gradient(self, a: Expr) -> Expr:
        """Return the 3 x 3 matrix of derivatives in (r, z, angle), the last one a_r/r."""
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
    """A measure that multiplies what it is given: ``f * dx`` integrates weight times f.

    Args:
        measure: Of UFL.
        weight: UFL expression.
    """

    measure: Measure
    weight: Expr

    def __rmul__(self, integrand: Expr) -> Form:
        return (self.weight * integrand) * self.measure

    def __call__(self, *parts: object, **options: object) -> WeightedMeasure:
        """Return the measure of parts of the mesh, as UFL's measures do."""
        return WeightedMeasure(self.measure(*parts, **options), self.weight)

    def ufl_domain(self) -> ufl.Mesh:
        """Return the domain, as UFL's measures do."""
        return self.measure.ufl_domain()


CARTESIAN = Cartesian()

AXISYMMETRIC = Axisymmetric()

COORDINATES: dict[str, Coordinates] = {each.name: each for each in (CARTESIAN, AXISYMMETRIC)}
