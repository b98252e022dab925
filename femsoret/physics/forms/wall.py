"""Walls: geometry of a side for boundary terms, and weakly imposed impermeability, u.n = 0.

Nitsche's method (J. Nitsche, Abh. Math. Sem. Univ. Hamburg 36 (1971) 9; for slip walls: J. M.
Urquiza, A. Garon, M.-I. Farinas, J. Comput. Phys. 256 (2014) 748) fixes no degree of freedom at the
wall. The form contains the normal force on the wall, the adjoint of this term, and a penalty that
keeps the viscous form positive. All terms vanish for the exact solution.
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
        n: Outward unit normal of the fluid, shape (d,).
        h: Height of the mesh cell above the wall facet, m, a UFL scalar: the volume of the cell
            divided by the area of the facet, times d for simplices.
        inverse: Constant C of the inverse inequality: the integral of |e|^2 over a facet is at most
            C/h times that over the mesh cell, for derivatives e of velocities of the degree used.
        plane: Index of the non-zero component of n if the side lies in a coordinate plane; None
            otherwise.
    """

    ds: Measure
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
        return cls(ds, n, h, float(inverse), plane)

    def normal_part(self, stress: Expr) -> Expr:
        """Return the normal component n.(stress n) of a stress, Pa, a scalar.

        Args:
            stress: Stress tensor, Pa, shape (d, d), or (3, 3) in axisymmetric coordinates, where
                the hoop component does not contribute.
        """
        n = self.n
        axes = range(len(n))
        return sum(n[i] * stress[i, j] * n[j] for i in axes for j in axes)

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
    friction = wall.normal_part(fluxes.stress(m, s))
    adjoint = wall.normal_part(fluxes.stress(m, replace(s, u=v.u)))
    weak = (wall.penalty(fluxes.local(m, s).mu) * through - friction) * tested - adjoint * through
    form = weak * wall.ds + (s.p * tested + v.p * through) * wall.ds
    return form if v.chi is None else form - through * v.chi * wall.ds
