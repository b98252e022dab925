"""Fluxes of mass, heat and momentum in fluids and solids, for any number of species.

The equations, wall integrals, entropy production and reports all use these functions and are
therefore consistent. The coefficients are those of
:class:`femsoret.physics.closures.point.LocalProperties`:

    j_i = -rho0 [sum_k D_ik grad c_k + D_T,i grad T]       i = 1 ... N
    q   = -kappa grad T + sum_i Q*_i j_i                   Q* = T G D^-1 D_T (Dufour)
    h   = -sum_ik j_i.H_ik grad c_k                        H = -T^2 d(G/T)/dT (heat of mixing)
    r   = released - sum_i j_i.grad e_i                    e: energies (heat of conversion)
    b   = rho0 g [-beta_T (T - T0) + sum_i beta_c,i (c_i - c0_i)]

The coefficients D_T determine both cross effects. If L = rho0 T D G^-1 is symmetric, the fluxes
satisfy Onsager's reciprocal relations (S. R. de Groot, P. Mazur, Non-Equilibrium Thermodynamics,
ch. XI). For one species D_T = D S_T f(c) and Q* = T S_T f(c) mu_c.

The arguments are the medium or mixture m and the fields s. Vectors have shape (d,) in d dimensions.
"""

from __future__ import annotations

from collections.abc import Sequence

import ufl

from femsoret.base.errors import FluidError
from femsoret.base.types import Expr, Value
from femsoret.physics.closures.medium import Medium, Mixture, Vibration
from femsoret.physics.closures.point import LocalProperties, Matrix, State, is_zero, solve, times


def temperature(m: Medium, s: State) -> Value:
    """Return the temperature T = T0 + theta, K, a scalar."""
    return m.T0 + s.theta


def compositions(m: Medium, s: State) -> tuple[Value, ...]:
    """Return the mass fractions, N scalars; the means c0 if the state has no compositions."""
    means = tuple(species.c0 for species in m.species)
    if not (means and s.gamma):
        return means
    return tuple(c0 + gamma for c0, gamma in zip(means, s.gamma, strict=True))


def local(m: Medium, s: State) -> LocalProperties:
    """Return the local properties of a fluid or a solid for the fields s."""
    return m.at(temperature(m, s), compositions(m, s))


def kappa_0(m: Medium, s: State) -> Value:
    """Return the conductivity at uniform composition, kappa + rho0 Q*.D_T, W/(m K), a scalar.

    The transient hot-wire method measures this conductivity.
    """
    at = local(m, s)
    return at.kappa + sum(at.rho * D_T * heat for D_T, heat in zip(at.D_T, at.heats, strict=True))


# -- momentum ----------------------------------------------------------------------------------


def stress(m: Mixture, s: State) -> Expr:
    """Return the viscous stress 2 mu e(u), Pa, shape (d, d); (3, 3) if axisymmetric."""
    return 2 * local(m, s).mu * ufl.sym(s.coordinates.gradient(s.u))


def buoyancy(m: Mixture, s: State) -> Expr:
    """Return the buoyancy b = rho0 g [-beta_T theta + sum beta_c gamma], N/m3, shape (d,).

    With the potential of a vibration, the mean force of the vibration is added.
    """
    force = -m.rho0 * expansion(m, s) * m.gravity.vector()
    return force if s.zeta is None else force + vibrational_force(m, s)


def expansion(m: Mixture, s: State) -> Expr:
    """Return the relative expansion B = beta_T theta - sum beta_c gamma, a scalar."""
    thermal = m.beta_T * s.theta
    for species, gamma in zip(m.species, s.gamma, strict=True):
        thermal -= species.beta_c * gamma
    return thermal


def pulsation(m: Mixture, s: State) -> Expr:
    """Return the amplitude of the pulsation w = B n - grad zeta, dimensionless, shape (d,).

    n is the direction of the vibration. The velocity of the fluid relative to the cell pulsates
    with the amplitude V w, where V is that of the velocity of the cell.
    """
    return expansion(m, s) * _vibration(m).vector() - ufl.grad(s.zeta)


def vibrational_force(m: Mixture, s: State) -> Expr:
    """Return the mean force of a vibration less a gradient, N/m3, shape (d,).

    The mean of a fast vibration is rho0 (V^2/2) (w.grad)(B n - w), with div w = 0 (G. Z. Gershuni,
    D. V. Lyubimov, *Thermal Vibrational Convection*, Wiley 1998). Since curl w = grad B x n, it
    equals

        rho0 (V^2/2) [(w.n) grad B - grad(w^2/2)]

    whose second part the pressure balances. The first one contains no derivative of w.
    """
    n, V = _vibration(m).vector(), _vibration(m).velocity
    slope = ufl.grad(expansion(m, s))
    return 0.5 * m.rho0 * V**2 * ufl.inner(pulsation(m, s), n) * slope


def _vibration(m: Mixture) -> Vibration:
    """Return the vibration of a mixture that has one."""
    assert m.gravity.vibration is not None
    return m.gravity.vibration


# -- heat and mass -----------------------------------------------------------------------------


def mass_fluxes(m: Mixture, s: State) -> tuple[Expr, ...]:
    """Return the diffusive mass fluxes j_i, kg/(m2 s): N vectors of shape (d,)."""
    return _mass_fluxes(m, local(m, s), s)


def mass_flux(m: Mixture, i: int, s: State) -> Expr:
    """Return the diffusive mass flux j_i of species i, kg/(m2 s), shape (d,)."""
    return mass_fluxes(m, s)[i]


def heat_flux(m: Medium, s: State) -> Expr:
    """Return the heat flux q including the Dufour effect, W/m2, shape (d,)."""
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


def transport_matrix(at: LocalProperties) -> Matrix:
    """Return the matrix K of d_t s = div(K grad s) with s = (T, c_1 ... c_N).

    It has (1 + N) x (1 + N) entries and combines j and q with rho0 cp dT/dt = -div q and
    rho0 dc_i/dt = -div j_i. The unit is m2/s, in the first column (Soret effect) m2/(s K), in the
    first row (Dufour effect) m2 K/s.
    """
    carried = [heat * at.rho / at.heat_capacity for heat in at.heats]
    alpha = at.kappa / at.heat_capacity
    if not at.D:
        return ((alpha,),)
    columns = zip(*at.D, strict=True)
    first = (alpha + _weighted(carried, at.D_T), *(_weighted(carried, of) for of in columns))
    return (first, *((D_T, *row) for D_T, row in zip(at.D_T, at.D, strict=True)))


def _weighted(weights: Sequence[Value], entries: Sequence[Value]) -> Value:
    return sum(weight * entry for weight, entry in zip(weights, entries, strict=True))


def heat_of_mixing(m: Medium, s: State) -> Expr:
    """Return -sum_ik j_i.H_ik grad c_k, the heat that diffusion releases, W/m3, a scalar.

    It is -sum_i j_i.grad(h_i - h_(N+1)) at constant cp: q is the reduced heat flux, to which the
    partial enthalpies h_i that the components carry are not counted, so that they are exchanged
    with q where components diffuse (S. R. de Groot, P. Mazur, ch. III and XI). It is the float 0 if
    G/T depends on composition alone.
    """
    at = local(m, s)
    if not at.H:
        return 0.0
    slopes = [ufl.grad(gamma) for gamma in s.gamma]
    pairs = zip(_mass_fluxes(m, at, s), times(at.H, slopes), strict=True)
    return -sum(ufl.inner(j, slope) for j, slope in pairs)


def heat_of_conversion(m: Medium, s: State) -> Expr:
    """Return the heat that converted species release, W/m3, a scalar.

    Without work that drives conversion it is minus the divergence of the energy flux sum_i e_i j_i
    that the species carry, if they are steady and energies do not depend on temperature where the
    fluid flows. It is the float 0 if the heat equation does not count energies.
    """
    at = local(m, s)
    if not at.energies:
        return 0.0
    pairs = zip(_mass_fluxes(m, at, s), at.energies, strict=True)
    return at.released - sum(ufl.inner(j, ufl.grad(e)) for j, e in pairs if not is_zero(e))


# -- entropy -----------------------------------------------------------------------------------


def entropy_production(m: Medium, s: State) -> Expr:
    """Return the entropy production -q.grad T/T^2 - sum_ik j_i.G_ik grad c_k/T, W/(m3 K), a scalar.

    Raises:
        FluidError: The thermodynamics of mixing is unknown for a species of the medium.
    """
    at = local(m, s)
    j = _mass_fluxes(m, at, s)
    sigma = -ufl.inner(_heat_flux(at, j, s), ufl.grad(s.theta)) / at.T**2
    for flux, force in zip(j, _in_potentials(at, [ufl.grad(c) for c in s.gamma]), strict=True):
        sigma -= ufl.inner(flux, force) / at.T
    return sigma


def entropy_production_squares(m: Medium, s: State) -> Expr:
    """Return the entropy production as a sum of squares, W/(m3 K), a scalar.

    The sum of :func:`conduction_entropy_production` and :func:`diffusion_entropy_production` equals
    :func:`entropy_production` if and only if Q* = T G D^-1 D_T.

    Raises:
        FluidError: The thermodynamics of mixing is unknown for a species of the medium.
    """
    return conduction_entropy_production(m, s) + diffusion_entropy_production(m, s)


def conduction_entropy_production(m: Medium, s: State) -> Expr:
    """Return kappa |grad T|^2/T^2, what heat conduction at j = 0 produces, W/(m3 K), a scalar."""
    at = local(m, s)
    grad_T = ufl.grad(s.theta)
    return at.kappa * ufl.inner(grad_T, grad_T) / at.T**2


def diffusion_entropy_production(m: Medium, s: State) -> Expr:
    """Return j.(G D^-1) j/(rho0 T), what diffusive fluxes produce, W/(m3 K), a scalar.

    It is the float 0 without species.

    Raises:
        FluidError: The thermodynamics of mixing is unknown for a species of the medium.
    """
    at = local(m, s)
    j = _mass_fluxes(m, at, s)
    forces = _in_potentials(at, solve(at.D, j))
    pairs = zip(j, forces, strict=True)
    return sum((ufl.inner(flux, force) for flux, force in pairs), start=0.0) / (at.rho * at.T)


def missing_entropy(m: Medium, s: State) -> Expr:
    """Return -sum_ik j_i.dG_ik/dT grad c_k, W/(m3 K), a scalar; the float 0 if H vanishes.

    In a steady state with impermeable walls the entropy produced is what leaves with heat plus the
    integral of this expression. The integral vanishes if G = A(c) T + B(c), because dG/dT = A is
    then the Hessian of a function of composition, the entropy of mixing. For any other G an entropy
    would require a heat capacity that depends on composition, while cp is constant here: what the
    balance then misses is this integral.
    """
    at = local(m, s)
    if not at.H:
        return 0.0
    slopes = [ufl.grad(gamma) for gamma in s.gamma]
    forces = zip(_in_potentials(at, slopes), times(at.H, slopes), strict=True)
    pairs = zip(_mass_fluxes(m, at, s), forces, strict=True)
    return -sum(ufl.inner(j, potential - heat) for j, (potential, heat) in pairs) / at.T


def exchanges(m: Mixture) -> bool:
    """Return whether species of a mixture are converted into one another."""
    return bool(_at_means(m).rates)


def mixes_with_heat(m: Mixture) -> bool:
    """Return whether diffusion releases a heat of mixing (:func:`heat_of_mixing`)."""
    return bool(_at_means(m).H)


def conserved(m: Mixture) -> Matrix | None:
    """Return combinations of compositions that conversion leaves alone; None without any said."""
    return _at_means(m).conserved


def _at_means(m: Mixture) -> LocalProperties:
    return m.at(m.T0, tuple(species.c0 for species in m.species))


def _in_potentials(at: LocalProperties, slopes: Sequence[Expr]) -> tuple[Expr, ...]:
    """Return gradients of mu_i - mu_(N+1) at constant T and p, given those of mass fractions."""
    if at.G is None:
        raise FluidError(
            "the entropy production requires the thermodynamics of mixing of every species",
            "give d(mu)/dc for each species",
        )
    return times(at.G, slopes) if at.D else ()


def viscous_entropy_production(m: Mixture, s: State) -> Expr:
    """Return the entropy production of viscous dissipation, 2 mu e:e/T, W/(m3 K), a scalar.

    The heat equation in the Boussinesq approximation neglects viscous dissipation.
    """
    return ufl.inner(stress(m, s), s.coordinates.gradient(s.u)) / local(m, s).T
