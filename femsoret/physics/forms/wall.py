"""Walls: a side as the term of a condition sees it, and u.n = 0 imposed weakly.

Nitsche's method (J. Nitsche, Abh. Math. Sem. Univ. Hamburg 36 (1971) 9; for walls that slip: J. M.
Urquiza, A. Garon, M.-I. Farinas, J. Comput. Phys. 256 (2014) 748). No value is held at the wall.
The weak form of momentum keeps the normal force there, that of continuity its adjoint, and a
penalty makes friction positive again. All terms are zero for the exact solution.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import ufl
from ufl.classes import FacetJacobianDeterminant, JacobianDeterminant

from femsoret.base.types import Expr, Form, Measure, Value
from femsoret.physics.closures import Mixture, State, fluxes

SAFETY = 2.0
"""Penalty over the least that keeps friction positive where every facet of a mesh cell is at a
wall, on a straight mesh cell of constant viscosity."""


@dataclass(frozen=True, eq=False)
class Wall:
    """A side of the fluid, as the term of a condition sees it.

    Args:
        ds: Measure of the side, with the weight of the coordinates.
        n: Unit normal out of the fluid, shape (d,).
        h: Height of the mesh cell above the wall, m: its volume over that of its facet, times d in
            simplices. A UFL expression, one value a point where mesh cells are curved.
        inverse: C of the inequality |e|^2 on a facet <= C/h |e|^2 in its mesh cell, for the
            derivatives e of a velocity of the problem's degree.
        plane: The component of n that is not zero, where the side lies in a coordinate plane.
    """

    ds: Measure
    n: Expr
    h: Expr
    inverse: float
    plane: int | None

    @classmethod
    def of(cls, ds: Measure, degree: int, *, simplices: bool, plane: int | None) -> Wall:
        """Return a side.

        In simplices C = (k + d - 1) k (T. Warburton, J. S. Hesthaven, Comput. Methods Appl. Mech.
        Eng. 192 (2003) 2765, for degree k - 1, with d/h = facet over volume). In quadrilaterals and
        hexahedra derivatives have degree k along one axis at most: (k + 1)^2, as on a line.

        Args:
            ds: Its measure.
            degree: Degree k of the velocity.
            simplices: Whether the mesh is of triangles or tetrahedra.
            plane: See the class.
        """
        mesh = ds.ufl_domain()
        n = ufl.FacetNormal(mesh)
        # The reference cell has a height of one above each of its facets, as the map has it.
        h = abs(JacobianDeterminant(mesh)) / abs(FacetJacobianDeterminant(mesh))
        inverse = degree * (degree + len(n) - 1) if simplices else (degree + 1) ** 2
        return cls(ds, n, h, float(inverse), plane)

    def normal_part(self, stress: Expr) -> Expr:
        """Return n.(stress n), Pa, a scalar.

        Args:
            stress: Tensor, Pa, shape (d, d) or (3, 3) in axisymmetric coordinates; its hoop part
                is tangential to the wall.
        """
        n = self.n
        axes = range(len(n))
        return sum(n[i] * stress[i, j] * n[j] for i in axes for j in axes)

    def penalty(self, mu: Expr) -> Expr:
        """Return the weight of a velocity in Nitsche's method, Pa s/m.

        2 mu e(u):e(v) stays positive from 2 mu C/h times the number of wall facets of a mesh cell
        on: d at most at a corner. (Where one mesh cell reaches from wall to wall there are more,
        and it stays so by what C and the factor have in reserve.)

        Args:
            mu: Viscosity at the wall, Pa s.
        """
        facets = len(self.n)
        return SAFETY * facets * self.inverse * 2 * mu / self.h


def impermeable(s: State, v: State, m: Mixture, wall: Wall, passing: Value = 0.0) -> Form:
    """Return the form that imposes u.n = 0 and leaves the wall without friction.

    With the normal force F = n.(2 mu e(u) n) - p, and F' the same of the test functions:

        -F v.n - F' u.n + penalty u.n v.n

    The force of the whole pressure p + phi counts. The part of phi is already in
    -(b - grad phi).v, which is -b.v - phi div v in the fluid and phi v.n at the wall.

    The advecting velocity w = u - grad chi passes no wall either: with -u.n eta the equation of chi
    becomes (grad chi - u).grad eta = 0. So the work of a stratification on u still equals that of w
    on the stratification, as where u.n is zero at every point.

    Args:
        s: Fields.
        v: Test functions.
        m: Mixture.
        wall: The wall.
        passing: Value of u.n, m/s, a scalar.
    """
    through, tested = ufl.dot(s.u, wall.n) - passing, ufl.dot(v.u, wall.n)
    friction = wall.normal_part(fluxes.stress(m, s))
    adjoint = wall.normal_part(fluxes.stress(m, replace(s, u=v.u)))
    weak = (wall.penalty(fluxes.local(m, s).mu) * through - friction) * tested - adjoint * through
    form = weak * wall.ds + (s.p * tested + v.p * through) * wall.ds
    return form if v.chi is None else form - through * v.chi * wall.ds
