"""Consistent stabilisation: terms on top of the Galerkin ones that vanish for the exact solution.

Streamline-upwind Petrov-Galerkin (SUPG; A. N. Brooks, T. J. R. Hughes, Comput. Methods Appl. Mech.
Eng. 32 (1982) 199): inside every mesh cell the species equation is tested with r + tau u.grad r
instead of r. What the second part tests is the strong residual, Soret flux included, so the exact
solution stays one, and no false diffusion is left where the mesh resolves it. The rate of change is
not in that residual: this is a method for steady states (:meth:`Equations.check_rates`).

A constant r has u.grad r = 0: the term moves mass between cells and makes none, and reactions of
walls still add up to zero.
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
    """Terms for equations with flow.

    Args:
        name: The word for it in case files.
        terms: The terms; each is zero for the exact steady solution.
    """

    name: str
    terms: tuple[Term, ...]

    def added_to(self, equations: Equations) -> Equations:
        """Return equations with the terms, or the same where no flow carries species.

        Args:
            equations: Equations without stabilisation.
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
    """Return tau_i (rho0 u.grad gamma_i + div j_i) u.grad r_i, summed over species."""
    return streamline_tested(lambda i: strong_species(i, s, m), s, v, m, dx)


def strong_species(i: int, s: State, m: Mixture) -> Expr:
    """Return rho0 u.grad gamma_i + div j_i - rate_i, kg/(m3 s), a scalar.

    It is the strong residual of the steady species equation.
    """
    spread = s.coordinates.divergence(fluxes.mass_flux(m, i, s))
    gained = sum(fluxes.local(m, s).rates[i : i + 1])
    return m.rho0 * ufl.inner(s.advecting_velocity, ufl.grad(s.gamma[i])) + spread - gained


def streamline_tested(
    density: Callable[[int], Expr], s: State, v: State, m: Mixture, dx: Measure
) -> Form:
    """Return the form that tests one density a species with tau_i u.grad r_i.

    Args:
        density: Index of the species -> what is tested, kg/(m3 s), a scalar.
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
    """Return tau of species i, s: h/(2k|u|) where advection rules, h^2/(48 D) for k = 2 at rest.

        tau = [4 k^2 u.G u + (3 k^4 D)^2 G:G]^(-1/2)

    with G the metric of the mesh cell: u.G u = (|u|/h)^2, h the length of the cell along the
    stream. Form: Y. Bazilevs et al., Comput. Methods Appl. Mech. Eng. 197 (2007) 173. The constant
    48 = 3 * 2^4 of quadratic elements, from the inverse estimate that keeps the form coercive:
    L. P. Franca, S. L. Frey, T. J. R. Hughes, Comput. Methods Appl. Mech. Eng. 95 (1992) 253. The
    powers of k: P. Houston, E. Suli, Computing 66 (2001) 99.
    """
    k, G = _degree(s.theta), cell_metric(s.u)
    advection = 4 * k**2 * ufl.inner(s.advecting_velocity, ufl.dot(G, s.advecting_velocity))
    diffusion = (3 * k**4 * fluxes.local(m, s).D[i][i]) ** 2 * ufl.inner(G, G)
    return (advection + diffusion) ** -0.5


def cell_metric(u: Expr) -> Expr:
    """Return G, 1/m2, shape (d, d): a.G a = 1 where |a| is the length of the mesh cell along a.

    G = K^T M K with K the inverse Jacobian of the geometry map. M is 1 for quadrilaterals and
    hexahedra. For triangles and tetrahedra it takes the reference cell to one with edges of length
    1, so that G does not depend on the order of the vertices (L. Pauli, M. Behr, Int. J. Numer.
    Meth. Fluids 85 (2017) 189).

    Args:
        u: The velocity, shape (d,).
    """
    domain = ufl.domain.extract_unique_domain(u)
    K = ufl.JacobianInverse(domain)
    if domain.ufl_cell() in (ufl.triangle, ufl.tetrahedron):
        dim = u.ufl_shape[0]
        M = 0.5 * (ufl.Identity(dim) + ufl.as_matrix([[1.0] * dim] * dim))
        return ufl.dot(K.T, ufl.dot(M, K))
    return ufl.dot(K.T, K)


def _degree(field: Expr) -> int:
    """Return the largest degree whose polynomials the element of a field contains."""
    return int(field.ufl_function_space().ufl_element().embedded_subdegree)


UNSTABILISED = Stabilisation("none", ())
"""Galerkin's method as it is: the default."""

SUPG = Stabilisation("supg", (supg,))
"""Streamline-upwind Petrov-Galerkin for the species; heat, a hundred times faster in liquids, has
none."""

STABILISATIONS: dict[str, Stabilisation] = {each.name: each for each in (UNSTABILISED, SUPG)}
