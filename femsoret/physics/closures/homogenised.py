"""Particles with fast transitions: one species with a diffusivity and a Soret coefficient.

If transitions are fast compared with diffusion, P_i = p_i(T) P with the steady occupations p_i at
the local temperature, and the sum of the fluxes of the states is that of one species:

    J = -<D> [grad P + S_T P grad T]       <D> = sum_i p_i D_i
    S_T = sum_i (D_i dp_i/dT + tau_i p_i)/<D>              tau_i = 0, or dD_i/dT (overdamped)

Without driving the occupations are Boltzmann's, and the first part of S_T is Cov(E, D)/(R T^2 <D>)
= Q*/(R T^2) with the heat of transport Q* = <E D>/<D> - <E> (S. Liang, D. M. Busiello, P. De Los
Rios, New J. Phys. 24 (2022) 123006). A cloud released at a point at first drifts at the velocity
w grad T with w = sum_i p_i (dD_i/dT - tau_i), which need not have the sign of S_T.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace

from scipy.integrate import quad

from femsoret.base.errors import FluidError
from femsoret.base.types import Value
from femsoret.fluids.properties import R, Scaled
from femsoret.physics.closures.diffusion import Dilute
from femsoret.physics.closures.mixture import BoussinesqFluid, BoussinesqMixture, Species
from femsoret.physics.closures.particles import Particle, ParticleMixture, slope


def _mean(p: Sequence[Value], values: Sequence[Value]) -> Value:
    return sum(share * value for share, value in zip(p, values, strict=True))


def fast_diffusivity(of: Particle, T: Value) -> Value:
    """Return <D> at temperature T (K), m2/s."""
    return _mean(of.occupations(T), [state.D(T) for state in of.states])


def fast_soret(of: Particle, T: Value) -> Value:
    """Return S_T of fast transitions at temperature T (K), 1/K."""
    p, D = of.occupations(T), [state.D(T) for state in of.states]
    tau = of.thermodiffusion(T)
    # sum_i D_i dp_i/dT is the slope of <D> with the diffusivities held.
    moved = slope(lambda warm: _mean(of.occupations(warm), D), T)
    return (moved + _mean(p, tau)) / _mean(p, D)


def covariance_soret(of: Particle, T: Value) -> Value:
    """Return Cov(E, D)/(R T^2 <D>) at temperature T (K), 1/K, with the steady occupations.

    For one group of states without driving it is the part of S_T that internal states cause.
    """
    return heat_of_transport(of, T) / (R * T**2)


def heat_of_transport(of: Particle, T: Value) -> Value:
    """Return Q* = <E D>/<D> - <E> at temperature T (K), J/mol."""
    p, D = of.occupations(T), [state.D(T) for state in of.states]
    E = [state.energy(T) for state in of.states]
    return _mean(p, [a * b for a, b in zip(E, D, strict=True)]) / _mean(p, D) - _mean(p, E)


def drift(of: Particle, T: Value, shares: Sequence[Value] | None = None) -> Value:
    """Return w in d<x>/dt = w grad T of a cloud that is released at temperature T, m2/(s K).

    From the flux of a cloud small enough for T to vary little over it: the integral of -D_i grad
    P_i - P_i tau_i grad T over the cloud is that of P_i (dD_i/dT - tau_i) grad T.

    Args:
        of: The particle.
        T: Temperature, K.
        shares: Fraction of the particles in each state; None for the steady occupations.
    """
    p = of.occupations(T) if shares is None else shares
    slopes = [slope(state.D, T) for state in of.states]
    return _mean(p, [dD - tau for dD, tau in zip(slopes, of.thermodiffusion(T), strict=True)])


def fast_soret_between(of: Particle, T_cold: float, T_hot: float) -> float:
    """Return the mean of S_T of fast transitions between two temperatures (K), 1/K."""
    total, _ = quad(lambda T: float(fast_soret(of, T)), T_cold, T_hot, epsrel=1e-10)
    return float(total / (T_hot - T_cold))


@dataclass(frozen=True)
class FastDiffusion:
    """The diffusivity <D>(T) as a property law, for instance of a Fluid.

    Args:
        of: The particle.
    """

    of: Particle

    def __call__(self, T: Value, c: Value) -> Value:
        """Evaluate the law at temperature T (K), m2/s; c is ignored."""
        return fast_diffusivity(self.of, T)


@dataclass(frozen=True)
class FastSoret:
    """The Soret coefficient S_T(T) of fast transitions as a property law, for instance of a Fluid.

    It belongs to the dilute closure, D_T = D S_T c.

    Args:
        of: The particle.
    """

    of: Particle

    def __call__(self, T: Value, c: Value) -> Value:
        """Evaluate the law at temperature T (K), 1/K; c is ignored."""
        return fast_soret(self.of, T)


def with_states(mixture: BoussinesqFluid, particles: Sequence[Particle]) -> ParticleMixture:
    """Return the mixture with the states of particles in place of its species.

    Args:
        mixture: The mixture, whose solvent is taken.
        particles: The particles. Their laws get factors, by which the uncertainty of their data
            reaches a result.
    """
    solvent = {field.name: getattr(mixture, field.name) for field in fields(BoussinesqFluid)}
    return ParticleMixture(**solvent, particles=tuple(map(_with_factors, particles)))


def _with_factors(of: Particle) -> Particle:
    """Return a particle whose laws are multiplied by factors of 1, which become parameters."""
    return replace(
        of,
        states=tuple(
            replace(
                state,
                free_energy=Scaled(state.free_energy, 1.0),
                diffusion=Scaled(state.diffusion, 1.0),
            )
            for state in of.states
        ),
        transitions=tuple(
            replace(
                each,
                rate=Scaled(each.rate, 1.0),
                affinity=None if each.affinity is None else Scaled(each.affinity, 1.0),
            )
            for each in of.transitions
        ),
    )


def homogenised(mixture: ParticleMixture) -> BoussinesqMixture:
    """Return the mixture in which each particle is one species, as if transitions were fast.

    Args:
        mixture: A solvent with particles, each of which transitions connect to one group.

    Raises:
        FluidError: The transitions of a particle do not connect all of its states.
    """
    for of in mixture.particles:
        if len(of.groups) > 1:
            raise FluidError(
                f"{of.name}: its transitions do not connect all states, so that it is not a single "
                "species however fast they are",
                "make each group of states a particle of its own",
            )
    solvent = {field.name: getattr(mixture, field.name) for field in fields(BoussinesqFluid)}
    species = tuple(
        Species(of.name, of.c0, of.beta_c, FastDiffusion(of), FastSoret(of))
        for of in mixture.particles
    )
    return BoussinesqMixture(**solvent, species=species, closure=Dilute())
