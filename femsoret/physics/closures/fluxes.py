"""Fluxes: the only place where they are written, for fluids and solids and any number of species.

The same functions feed the equations, the wall integrals, the entropy production and the report, so
that these cannot disagree. All are made of
:class:`femsoret.physics.closures.point.LocalProperties`:

    j_i = -rho0 [sum_k D_ik grad c_k + D_T,i grad T]       i = 1 ... N
    q   = -kappa grad T + sum_i Q*_i j_i                   Q* = T G D^-1 D_T (Dufour)
    b   = rho0 g [-beta_T (T - T0) + sum_i beta_c,i (c_i - c0_i)]

One set of coefficients D_T gives both cross effects; with L = rho0 T D G^-1 symmetric that is
Onsager's symmetry of all fluxes (de Groot & Mazur, Non-Equilibrium Thermodynamics, ch. XI). For one
species D_T = D S_T f(c) and Q* = T S_T f(c) mu_c.

Every function takes the medium m and the fields s. Vectors have shape (d,) in d dimensions.
"""

from __future__ import annotations

from collections.abc import Sequence

import ufl

from femsoret.base.errors import FluidError
from femsoret.base.types import Expr, Value
from femsoret.physics.closures.medium import Medium, Mixture
from femsoret.physics.closures.point import LocalProperties, State, solve, times


def temperature(m: Medium, s: State) -> Value:
    """Return T, K, a scalar."""
    return m.T0 + s.theta


def compositions(m: Medium, s: State) -> tuple[Value, ...]:
    """Return the mass fractions, N scalars; the mean ones where the state has none."""
    means = tuple(species.c0 for species in m.species)
    if not (means and s.gamma):
        return means
    return tuple(c0 + gamma for c0, gamma in zip(means, s.gamma, strict=True))


def local(m: Medium, s: State) -> LocalProperties:
    """Return the properties of a fluid or a solid in a state."""
    return m.at(temperature(m, s), compositions(m, s))


def kappa_0(m: Medium, s: State) -> Value:
    """Return kappa + rho0 Q*.D_T, the conductivity at uniform composition, W/(m K), a scalar.

    A hot wire measures this conductivity.
    """
    at = local(m, s)
    return at.kappa + sum(at.rho * D_T * heat for D_T, heat in zip(at.D_T, at.heats, strict=True))


# -- momentum ----------------------------------------------------------------------------------


def stress(m: Mixture, s: State) -> Expr:
    """Return 2 mu e(u), Pa, shape (d, d); (3, 3) in axisymmetric coordinates."""
    return 2 * local(m, s).mu * ufl.sym(s.coordinates.gradient(s.u))


def buoyancy(m: Mixture, s: State) -> Expr:
    """Return rho0 g [-beta_T theta + sum beta_c gamma], N/m3, shape (d,)."""
    expansion = -m.beta_T * s.theta
    for species, gamma in zip(m.species, s.gamma, strict=True):
        expansion += species.beta_c * gamma
    return m.rho0 * expansion * m.gravity.vector()


# -- heat and mass -----------------------------------------------------------------------------


def mass_fluxes(m: Mixture, s: State) -> tuple[Expr, ...]:
    """Return j, kg/(m2 s): N vectors of shape (d,)."""
    return _mass_fluxes(m, local(m, s), s)


def mass_flux(m: Mixture, i: int, s: State) -> Expr:
    """Return j_i, kg/(m2 s), shape (d,)."""
    return mass_fluxes(m, s)[i]


def heat_flux(m: Medium, s: State) -> Expr:
    """Return q, W/m2, shape (d,), with its Dufour part."""
    at = local(m, s)
    return _heat_flux(at, _mass_fluxes(m, at, s), s)


def _mass_fluxes(m: Medium, at: LocalProperties, s: State) -> tuple[Expr, ...]:
    if not at.D:
        return ()
    slopes = tuple(ufl.grad(gamma) for gamma in s.gamma)
    return tuple(
        -at.rho * (spread + D_T * ufl.grad(s.theta))
        for spread, D_T in zip(times(at.D, slopes), at.D_T, strict=True)
    )


def _heat_flux(at: LocalProperties, j: tuple[Expr, ...], s: State) -> Expr:
    q = -at.kappa * ufl.grad(s.theta)
    for heat, flux in zip(at.heats, j, strict=True):
        q += heat * flux
    return q


# -- entropy -----------------------------------------------------------------------------------


def entropy_production(m: Medium, s: State) -> Expr:
    """Return sigma = -q.grad T/T^2 - sum_ik j_i.G_ik grad c_k/T, W/(m3 K), a scalar.

    Raises:
        FluidError: The medium has species whose thermodynamics is not known.
    """
    at = local(m, s)
    j = _mass_fluxes(m, at, s)
    sigma = -ufl.inner(_heat_flux(at, j, s), ufl.grad(s.theta)) / at.T**2
    for flux, force in zip(j, _in_potentials(at, [ufl.grad(c) for c in s.gamma]), strict=True):
        sigma -= ufl.inner(flux, force) / at.T
    return sigma


def entropy_production_squares(m: Medium, s: State) -> Expr:
    """Return kappa |grad T|^2/T^2 + j.(G D^-1) j/(rho0 T), W/(m3 K), a scalar.

    It equals :func:`entropy_production` if and only if Q* = T G D^-1 D_T.

    Raises:
        FluidError: The medium has species whose thermodynamics is not known.
    """
    at = local(m, s)
    grad_T = ufl.grad(s.theta)
    sigma = at.kappa * ufl.inner(grad_T, grad_T) / at.T**2
    j = _mass_fluxes(m, at, s)
    for flux, force in zip(j, _in_potentials(at, solve(at.D, j)), strict=True):
        sigma += ufl.inner(flux, force) / (at.rho * at.T)
    return sigma


def exchanges(m: Mixture) -> bool:
    """Return whether species of a mixture turn into one another."""
    return bool(m.at(m.T0, tuple(species.c0 for species in m.species)).rates)


def _in_potentials(at: LocalProperties, slopes: Sequence[Expr]) -> tuple[Expr, ...]:
    """Return gradients of mu_i - mu_(N+1) at constant T and p from those of mass fractions."""
    if at.G is None:
        raise FluidError(
            "no entropy production: the thermodynamics of mixing is not known for every species",
            "give d(mu)/dc of each",
        )
    return times(at.G, slopes) if at.D else ()


def viscous_entropy_production(m: Mixture, s: State) -> Expr:
    """Return 2 mu e:e/T, W/(m3 K), a scalar; the Boussinesq energy equation neglects this heat."""
    return ufl.inner(stress(m, s), s.coordinates.gradient(s.u)) / local(m, s).T
