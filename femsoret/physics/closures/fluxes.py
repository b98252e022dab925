"""Fluxes: the only place where they are written, for fluids and solids and any number of species.

The same functions feed the equations, the wall integrals, the entropy production and the report, so
that these cannot disagree. Everything comes from :class:`femsoret.physics.closures.local.Local`:

    j_i = -rho0 [sum_k D_ik grad c_k + D_T,i grad T]       i = 1 ... N
    q   = -kappa grad T + sum_i Q*_i j_i                   Q* = T G D^-1 D_T (Dufour)
    b   = rho0 g [-beta_T (T - T0) + sum_i beta_c,i (c_i - c0_i)]

One set of coefficients D_T gives both cross effects; with L = rho0 T D G^-1 symmetric that is
Onsager's symmetry of all fluxes (de Groot & Mazur, Non-Equilibrium Thermodynamics, ch. XI). For one
species D_T = D S_T f(c) and Q* = T S_T f(c) mu_c.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import ufl

from femsoret.base.errors import FluidError
from femsoret.physics.closures.local import Local, solve, times
from femsoret.physics.closures.media import Medium, Mixture
from femsoret.physics.closures.state import State


def temperature(m: Medium, s: State) -> Any:
    """Return T, K."""
    return m.T0 + s.theta


def compositions(m: Medium, s: State) -> tuple[Any, ...]:
    """Return the mass fractions, one a species; the mean ones where the state has none."""
    means = tuple(species.c0 for species in m.species)
    if not (means and s.gamma):
        return means
    return tuple(c0 + gamma for c0, gamma in zip(means, s.gamma, strict=True))


def local(m: Medium, s: State) -> Local:
    """Return the properties of a fluid or a solid in a state."""
    return m.at(temperature(m, s), compositions(m, s))


def kappa_0(m: Medium, s: State) -> Any:
    """Return kappa + rho0 Q*.D_T, the conductivity at uniform composition, W/(m K).

    This is what a hot wire measures.
    """
    at = local(m, s)
    return at.kappa + sum(at.rho * D_T * heat for D_T, heat in zip(at.D_T, at.heats, strict=True))


# -- momentum ----------------------------------------------------------------------------------


def stress(m: Mixture, s: State) -> Any:
    """Return 2 mu e(u), Pa; in axisymmetric coordinates a 3 x 3 matrix."""
    return 2 * local(m, s).mu * ufl.sym(s.coordinates.gradient(s.u))


def buoyancy(m: Mixture, s: State) -> Any:
    """Return rho0 g [-beta_T theta + sum beta_c gamma], N/m3."""
    expansion = -m.beta_T * s.theta
    for species, gamma in zip(m.species, s.gamma, strict=True):
        expansion += species.beta_c * gamma
    return m.rho0 * expansion * m.gravity.vector()


# -- heat and mass -----------------------------------------------------------------------------


def mass_fluxes(m: Mixture, s: State) -> tuple[Any, ...]:
    """Return j, kg/(m2 s), one vector a species."""
    return _mass_fluxes(m, local(m, s), s)


def mass_flux(m: Mixture, i: int, s: State) -> Any:
    """Return j_i, kg/(m2 s)."""
    return mass_fluxes(m, s)[i]


def heat_flux(m: Medium, s: State) -> Any:
    """Return q, W/m2, with its Dufour part."""
    at = local(m, s)
    return _heat_flux(at, _mass_fluxes(m, at, s), s)


def _mass_fluxes(m: Medium, at: Local, s: State) -> tuple[Any, ...]:
    if not at.D:
        return ()
    slopes = tuple(ufl.grad(gamma) for gamma in s.gamma)
    return tuple(
        -at.rho * (spread + D_T * ufl.grad(s.theta))
        for spread, D_T in zip(times(at.D, slopes), at.D_T, strict=True)
    )


def _heat_flux(at: Local, j: tuple[Any, ...], s: State) -> Any:
    q = -at.kappa * ufl.grad(s.theta)
    for heat, flux in zip(at.heats, j, strict=True):
        q += heat * flux
    return q


# -- entropy -----------------------------------------------------------------------------------


def entropy_production(m: Medium, s: State) -> Any:
    """Return sigma = -q.grad T/T^2 - sum_ik j_i.G_ik grad c_k/T, W/(m3 K): fluxes times forces.

    Raises:
        FluidError: The medium has species whose thermodynamics is not known.
    """
    at = local(m, s)
    j = _mass_fluxes(m, at, s)
    sigma = -ufl.inner(_heat_flux(at, j, s), ufl.grad(s.theta)) / at.T**2
    for flux, force in zip(j, _in_potentials(at, [ufl.grad(c) for c in s.gamma]), strict=True):
        sigma -= ufl.inner(flux, force) / at.T
    return sigma


def entropy_production_squares(m: Medium, s: State) -> Any:
    """Return kappa |grad T|^2/T^2 + j.(G D^-1) j/(rho0 T), W/(m3 K).

    Equal to :func:`entropy_production` when, and only when, the heats of transport are those that
    diffusion and thermodiffusion ask for.

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
    """Return whether species of a mixture become each other.

    Args:
        m: A mixture of numbers.
    """
    return bool(m.at(m.T0, tuple(species.c0 for species in m.species)).rates)


def _in_potentials(at: Local, slopes: Sequence[Any]) -> tuple[Any, ...]:
    """Return the gradients of mu_i - mu_(N+1) at constant T and p, of those of mass fractions."""
    if at.G is None:
        raise FluidError(
            "no entropy production: the thermodynamics of mixing is not known for every species",
            "give d(mu)/dc of each",
        )
    return times(at.G, slopes) if at.D else ()


def viscous_entropy_production(m: Mixture, s: State) -> Any:
    """Return 2 mu e:e/T, W/(m3 K); the Boussinesq energy equation leaves this heat out."""
    return ufl.inner(stress(m, s), s.coordinates.gradient(s.u)) / local(m, s).T
