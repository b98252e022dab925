"""Consistent stabilisation: terms added to the Galerkin form that vanish for the exact solution.

Streamline-upwind Petrov-Galerkin (SUPG; A. N. Brooks, T. J. R. Hughes, Comput. Methods Appl. Mech.
Eng. 32 (1982) 199): inside every mesh cell the species equation is tested with r + tau u.grad r
instead of r. The second part multiplies the strong residual, including the Soret flux, so that the
exact solution still satisfies the equations and no artificial diffusion remains where the mesh
resolves the solution. The residual omits the rate of change, so the method is for steady states
only (:meth:`Equations.check_rates`).

Since u.grad r = 0 for constant r, the term conserves mass, and the mass fluxes through all walls
still sum to zero.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import ufl

from femsoret.base.types import Expr, Form, Measure
from femsoret.physics.closures import Mixture, State, fluxes
from femsoret.physics.forms.equations import Equations
from femsoret.physics.forms.term import Term, term


@dataclass(frozen=True)
class Stabilisation:
    """A set of terms that stabilise equations with flow.

    Args:
        name: Name of the stabilisation in case files.
        terms: Terms, each of which is zero for the exact steady solution.
    """

    name: str
    terms: tuple[Term, ...]

    def added_to(self, equations: Equations) -> Equations:
        """Return equations with the stabilising terms added.

        Args:
            equations: Equations without stabilisation; they are returned unchanged if the velocity
                and the compositions are not both unknown.
        """
        if not {"u", "gamma"} <= set(equations.fields) or not self.terms:
            return equations
        return replace(
            equations,
            name=f"{equations.name} with {self.name}",
            terms=(*equations.terms, *self.terms),
        )


@term(leaves_out_rate=True)
def supg(s: State, v: State, m: Mixture, dx: Measure) -> Form:
    """Return the SUPG term: the sum of the strong residuals tested with tau_i w.grad r_i."""
    return streamline_tested(lambda i: strong_species(i, s, m), s, v, m, dx)


def strong_species(i: int, s: State, m: Mixture) -> Expr:
    """Return the strong residual of the steady equation of species i, kg/(m3 s), a scalar.

    It is rho0 w.grad gamma_i + div j_i - rate_i with the advecting velocity w.
    """
    spread = s.coordinates.divergence(fluxes.mass_flux(m, i, s))
    gained = sum(fluxes.local(m, s).rates[i : i + 1])
    return m.rho0 * ufl.inner(s.advecting_velocity, ufl.grad(s.gamma[i])) + spread - gained


def streamline_tested(
    density: Callable[[int], Expr], s: State, v: State, m: Mixture, dx: Measure
) -> Form:
    """Return the form that tests one density per species with tau_i w.grad r_i.

    Args:
        density: Function from the index of a species to the scalar that is tested, kg/(m3 s).
        s: Fields.
        v: Test functions.
        m: Mixture.
        dx: Measure.
    """
    return sum(
        intrinsic_time(i, s, m) * density(i) * ufl.inner(s.advecting_velocity, ufl.grad(r)) * dx
        for i, r in enumerate(v.gamma)
    )


def intrinsic_time(i: int, s: State, m: Mixture) -> Expr:
    """Return the stabilisation parameter tau of species i, s, a scalar.

        tau = [4 k^2 w.G w + (3 k^4 D)^2 G:G]^(-1/2)

    Here w is the advecting velocity, k the polynomial degree, and G the metric of the mesh cell:
    w.G w = (|w|/h)^2 with h the length of the mesh cell along w. In 1D tau is h/(2k|w|) where
    advection dominates, and h^2/(48 D) for k = 2 without flow. The form is that of Y. Bazilevs et
    al., Comput. Methods Appl. Mech. Eng. 197 (2007) 173. The constant 48 = 3 * 2^4 of quadratic
    elements follows from the inverse estimate that keeps the form coercive (L. P. Franca, S. L.
    Frey, T. J. R. Hughes, Comput. Methods Appl. Mech. Eng. 95 (1992) 253), and the powers of k are
    those of P. Houston, E. Suli, Computing 66 (2001) 99.
    """
    k, G = _degree(s.theta), cell_metric(s.u)
    advection = 4 * k**2 * ufl.inner(s.advecting_velocity, ufl.dot(G, s.advecting_velocity))
    diffusion = (3 * k**4 * fluxes.local(m, s).D[i][i]) ** 2 * ufl.inner(G, G)
    return (advection + diffusion) ** -0.5


def cell_metric(u: Expr) -> Expr:
    """Return the metric tensor G of the mesh cell, 1/m2, shape (d, d).

    A vector a with the length of the mesh cell in its direction has a.G a = 1. G = K^T M K, where K
    is the inverse Jacobian of the geometry map. M is the identity for quadrilaterals and hexahedra;
    for triangles and tetrahedra it is the metric in which all edges of the reference cell have
    length 1, so that G does not depend on the order of the vertices (L. Pauli, M. Behr, Int. J.
    Numer. Meth. Fluids 85 (2017) 189).

    Args:
        u: Velocity, shape (d,), from which the mesh is taken.
    """
    domain = ufl.domain.extract_unique_domain(u)
    K = ufl.JacobianInverse(domain)
    if domain.ufl_cell() in (ufl.triangle, ufl.tetrahedron):
        dim = u.ufl_shape[0]
        M = 0.5 * (ufl.Identity(dim) + ufl.as_matrix([[1.0] * dim] * dim))
        return ufl.dot(K.T, ufl.dot(M, K))
    return ufl.dot(K.T, K)


def _degree(field: Expr) -> int:
    """Return the largest degree k for which the elements contain all polynomials of degree k."""
    return int(field.ufl_function_space().ufl_element().embedded_subdegree)


UNSTABILISED = Stabilisation("none", ())
"""The Galerkin method without stabilisation: the default."""

SUPG = Stabilisation("supg", (supg,))
"""Streamline-upwind Petrov-Galerkin for the species only. Heat is not stabilised: in liquids it
diffuses about a hundred times faster."""

STABILISATIONS: dict[str, Stabilisation] = {each.name: each for each in (UNSTABILISED, SUPG)}
"""The stabilisations that case files can choose, by name."""
