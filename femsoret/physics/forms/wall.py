"""Walls: geometry of a side for boundary terms, and weakly imposed velocities at walls.

Nitsche's method (J. Nitsche, Abh. Math. Sem. Univ. Hamburg 36 (1971) 9; for slip walls: J. M.
Urquiza, A. Garon, M.-I. Farinas, J. Comput. Phys. 256 (2014) 748) fixes no degree of freedom at the
wall. The form contains the force on the wall, the adjoint of this term, and a penalty that keeps
the viscous form positive. All terms vanish for the exact solution.

The tangential velocity follows a law of slip with a slip length b (C. L. M. H. Navier, Mem. Acad.
Sci. Inst. France 6 (1823) 389), for which Nitsche's method is that of M. Juntunen, R. Stenberg,
Math. Comp. 78 (2009) 1353. It tends to no slip for b = 0 and to a wall without friction for large
b, and its condition number is bounded for all b.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import ufl
from ufl.classes import FacetJacobianDeterminant, JacobianDeterminant

from femsoret.base.types import Expr, Form, Measure, Value
from femsoret.physics.closures import Mixture, State, fluxes

SAFETY = 2.0
"""Ratio of the penalty to the smallest one that keeps the viscous form positive, for an affine mesh
cell with d facets on walls and constant viscosity."""


@dataclass(frozen=True, eq=False)
class Wall:
    """Geometry of a side of the fluid, as needed by boundary terms.

    Args:
        ds: Measure of the side, including the weight of the coordinate system.
        gauss: The same measure with k Gauss points along each axis of a facet, for velocities of
            degree k; on triangular facets ``ds``. See :func:`slipping`.
        n: Outward unit normal of the fluid, shape (d,).
        h: Height of the mesh cell above the wall facet, m, a UFL scalar: the volume of the cell
            divided by the area of the facet, times d for simplices.
        inverse: Constant C of the inverse inequality: the integral of |e|^2 over a facet is at most
            C/h times that over the mesh cell, for derivatives e of velocities of the degree used.
        plane: Index of the non-zero component of n if the side lies in a coordinate plane; None
            otherwise.
    """

    ds: Measure
    gauss: Measure
    n: Expr
    h: Expr
    inverse: float
    plane: int | None

    @classmethod
    def of(cls, ds: Measure, degree: int, *, simplices: bool, plane: int | None) -> Wall:
        """Return the geometry of a side.

        For simplices C = (k + d - 1) k (T. Warburton, J. S. Hesthaven, Comput. Methods Appl. Mech.
        Eng. 192 (2003) 2765, for degree k - 1, where d/h is the area of the facet divided by the
        volume). For quadrilaterals and hexahedra C = (k + 1)^2, as in 1D, since derivatives have at
        most degree k along each axis.

        Args:
            ds: Measure of the side, including the weight of the coordinate system.
            degree: Polynomial degree k of the velocity.
            simplices: Whether the mesh consists of triangles or tetrahedra.
            plane: Index of the non-zero component of n if the side lies in a coordinate plane; None
                otherwise.
        """
        mesh = ds.ufl_domain()
        n = ufl.FacetNormal(mesh)
        # The ratio of the Jacobian determinants is h: the reference cell has unit height.
        h = abs(JacobianDeterminant(mesh)) / abs(FacetJacobianDeterminant(mesh))
        inverse = degree * (degree + len(n) - 1) if simplices else (degree + 1) ** 2
        triangular = simplices and len(n) == 3
        sparse = {**ds.metadata(), "quadrature_degree": 2 * degree - 1}
        gauss = ds if triangular else ds(metadata=sparse)
        return cls(ds, gauss, n, h, float(inverse), plane)

    def normal_part(self, stress: Expr) -> Expr:
        """Return the normal component n.(stress n) of a stress, Pa, a scalar.

        Args:
            stress: Stress tensor, Pa, shape (d, d), or (3, 3) in axisymmetric coordinates, where
                the hoop component does not contribute.
        """
        n = self.n
        axes = range(len(n))
        return sum(n[i] * stress[i, j] * n[j] for i in axes for j in axes)

    def along(self, a: Expr) -> Expr:
        """Return the tangential part (I - nn) a of a vector, shape (d,).

        Args:
            a: Vector, shape (d,).
        """
        return a - ufl.dot(a, self.n) * self.n

    def friction(self, stress: Expr) -> Expr:
        """Return the tangential part of the force stress n on a unit area, Pa, shape (d,).

        Args:
            stress: Stress tensor, Pa, of the shape that :meth:`normal_part` takes.
        """
        axes = range(len(self.n))
        force = [sum(stress[i, j] * self.n[j] for j in axes) for i in axes]
        return self.along(ufl.as_vector(force))

    def penalty(self, mu: Expr) -> Expr:
        """Return the penalty coefficient of Nitsche's method, Pa s/m, a scalar.

        The viscous form is positive if the coefficient is at least 2 mu C/h times the number of
        wall facets of a mesh cell, for which d is used here. A mesh cell that extends from wall to
        wall can have more of them, for which the safety factor is a margin.

        Args:
            mu: Dynamic viscosity at the wall, Pa s, a scalar.
        """
        facets = len(self.n)
        return SAFETY * facets * self.inverse * 2 * mu / self.h


def impermeable(s: State, v: State, m: Mixture, wall: Wall, passing: Value = 0.0) -> Form:
    """Return the form that imposes a normal velocity, by default u.n = 0, without wall friction.

    With the normal force F = n.(2 mu e(u) n) - p, and F' the same for the test functions, the form
    for u.n = 0 is

        -F v.n - F' u.n + penalty u.n v.n

    The total normal force contains p + phi. The contribution of phi is already in
    -(b - grad phi).v, which after integration by parts is -b.v - phi div v in the fluid and phi v.n
    at the wall.

    With a potential chi the form also contains -u.n eta, so that the equation of chi becomes
    (grad chi - u).grad eta = 0 and the advecting velocity w = u - grad chi does not cross the wall
    either. The work of a stratification on u then equals that of w on the stratification, as if
    u.n were zero at every point.

    Args:
        s: Fields.
        v: Test functions.
        m: Mixture.
        wall: Geometry of the wall.
        passing: Imposed value of u.n, m/s, a scalar.
    """
    through, tested = ufl.dot(s.u, wall.n) - passing, ufl.dot(v.u, wall.n)
    adjoint = wall.normal_part(fluxes.stress(m, replace(s, u=v.u)))
    weak = normal_force(s, m, wall, passing) * tested + (v.p - adjoint) * through
    form = weak * wall.ds
    return form if v.chi is None else form - through * v.chi * wall.ds


def normal_force(s: State, m: Mixture, wall: Wall, passing: Value = 0.0) -> Expr:
    """Return the force of the fluid on a wall along n, without the part of phi, Pa, a scalar.

    It is p - n.(2 mu e(u) n) and the penalty for a normal velocity other than the imposed one, with
    which the momentum equation is satisfied in the fluid as a whole.

    Args:
        s: Fields.
        m: Mixture.
        wall: Geometry of the wall.
        passing: Imposed value of u.n, m/s, a scalar.
    """
    penalty = wall.penalty(fluxes.local(m, s).mu) * (ufl.dot(s.u, wall.n) - passing)
    return s.p - wall.normal_part(fluxes.stress(m, s)) + penalty


def slipping(s: State, v: State, m: Mixture, wall: Wall, sliding: Expr, b: Value) -> Form:
    """Return the form that imposes the tangential velocity of a wall with slip.

    With the friction t = (I - nn) 2 mu e(u) n, the law is

        (I - nn) u = (I - nn) sliding - b t/mu

    and the form, with the tested friction t', the penalty P and the residual r of the law, is

        -t.v + P/(1 + b P/mu) r.(v - t'/P)

    ``sliding`` contains gradients of fields of degree k, whose errors are of order k in general.
    At the k Gauss points of an edge, tangential derivatives are of order k + 1 (superconvergence),
    and velocities of degree k - 1 are determined by their values there. With the form evaluated
    at these points only, the velocity keeps its order k + 1; it remains stable, since friction has
    degree k - 1. Triangular facets have no such points: there the form is integrated exactly, and
    without slip length the order near the wall is k + 1/2.

    Args:
        s: Fields.
        v: Test functions.
        m: Mixture.
        wall: Geometry of the wall.
        sliding: Velocity of the fluid at a wall without friction, m/s, shape (d,); its normal
            component is ignored.
        b: Slip length, m, a scalar.
    """
    mu = fluxes.local(m, s).mu
    adjoint = wall.friction(fluxes.stress(m, replace(s, u=v.u))) / wall.penalty(mu)
    force, missed = _tangential_force(s, m, wall, sliding, b)
    return (ufl.inner(force, wall.along(v.u)) - ufl.inner(missed, adjoint)) * wall.gauss


def tangential_force(s: State, m: Mixture, wall: Wall, sliding: Expr, b: Value) -> Expr:
    """Return the tangential force of the fluid on a wall with slip, Pa, shape (d,).

    It is the friction and the penalty for a missed law of slip (see :func:`slipping`, also for the
    arguments), to be integrated with ``wall.gauss``.
    """
    return _tangential_force(s, m, wall, sliding, b)[0]


def _tangential_force(
    s: State, m: Mixture, wall: Wall, sliding: Expr, b: Value
) -> tuple[Expr, Expr]:
    """Return the tangential force on the wall, and the part of it that the residual makes, Pa."""
    mu = fluxes.local(m, s).mu
    friction = wall.friction(fluxes.stress(m, s))
    residual = wall.along(s.u - sliding) + b / mu * friction
    penalty = wall.penalty(mu)
    missed = penalty / (1 + b * penalty / mu) * residual
    return missed - friction, missed


def carried_along(s: State, v: State, m: Mixture, wall: Wall, passing: Expr) -> Form | None:
    """Return the heat and mass that the fluid carries with a wall that moves.

    The result is None for equations that solve for the flow only. The advecting velocity has the
    normal component of the wall's velocity. Without this term the total fluxes would vanish at the
    place of the wall; with it, those relative to the wall do.

    Args:
        s: Fields.
        v: Test functions.
        m: Mixture.
        wall: Geometry of the wall.
        passing: Normal velocity of the wall, m/s, a scalar.
    """
    if v.theta is None:
        return None
    carried = fluxes.local(m, s).heat_capacity * s.theta * v.theta
    for gamma, r in zip(s.gamma, v.gamma, strict=True):
        carried += m.rho0 * gamma * r
    return passing * carried * wall.ds
