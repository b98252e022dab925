"""Particles with internal states: species that become each other, dilute in a solvent.

A particle has states i of free energy F_i(T), degeneracy g_i and diffusivity D_i(T), each of which
is a species with mass fraction P_i:

    d_t P_i + div(u P_i + J_i) = sum_k (k_ki P_k - k_ik P_i)          k_ik: rate from i to k
    J_i = -D_i grad P_i                                            ("fick")
    J_i = -grad(D_i P_i)                                           ("overdamped")
    k_ik/k_ki = (g_k/g_i) exp[-(F_k - F_i - A_ik)/(R T)]

Without affinities A the rates satisfy local detailed balance, and the steady occupations are those
of Boltzmann at the local temperature; an affinity is the work that drives one transition, for
instance the free energy of hydrolysis. The states do not change the properties of the solvent. With
a molar mass M the energies E_i = F_i - T dF_i/dT enter its heat equation: transitions with the net
flow n from i to k release n (E_i - E_k + A_ik)/M, and fluxes carry E_i J_i/M. S. Liang, D. M.
Busiello, P. De Los Rios, New J. Phys. 24 (2022) 123006.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import ClassVar, NamedTuple

import ufl

from femsoret.base.errors import FluidError, nearest
from femsoret.base.types import Value
from femsoret.fluids.elementary import exp, is_ufl
from femsoret.fluids.properties import Property, R
from femsoret.physics.closures.diffusion import LocalTemperature, Unweighted
from femsoret.physics.closures.mixture import BoussinesqFluid
from femsoret.physics.closures.multicomponent import Component
from femsoret.physics.closures.networks import conserved_groups, occupations
from femsoret.physics.closures.point import LocalProperties, Matrix, Row, diagonal

_STEP = 1e-3
"""Step of differences of numbers, relative to T: their error is of order 1e-13."""

_SOLVENT = 0.0
"""The mass fraction with which laws of a dilute mixture are called."""


class FluxForm(StrEnum):
    """How states diffuse where their diffusivity varies with temperature."""

    FICK = "fick"
    """-D grad P: chemical and conformational states, whose steady state is uniform."""
    OVERDAMPED = "overdamped"
    """-grad(D P): the overdamped limit of velocities that relax at the local temperature."""


@dataclass(frozen=True)
class InternalState:
    """One of the states of a particle.

    Args:
        name: Name of the state, unique within the particle.
        free_energy: Free energy F(T), J/mol; a constant is an energy. The part R T ln g of the
            degeneracy is not counted to it.
        diffusion: Diffusion coefficient D(T), m2/s.
        degeneracy: Degeneracy g, dimensionless, positive.
    """

    name: str
    free_energy: Property
    diffusion: Property
    degeneracy: Value = 1.0

    def energy(self, T: Value) -> Value:
        """Return the energy E = d(F/T)/d(1/T) = F - T dF/dT at temperature T (K), J/mol."""
        return self.free_energy(T, _SOLVENT) - T * slope(self._free_energy, T)

    def D(self, T: Value) -> Value:
        """Return the diffusion coefficient at temperature T (K), m2/s."""
        return self.diffusion(T, _SOLVENT)

    def _free_energy(self, T: Value) -> Value:
        return self.free_energy(T, _SOLVENT)


@dataclass(frozen=True)
class Transition:
    """A transition between two states, in both directions.

    Args:
        source: Name of a state.
        target: Name of another state.
        rate: Rate from source to target, 1/s, such as an Arrhenius law whose activation energy is
            the barrier above the source.
        affinity: Work that drives the transition from source to target, J/mol; None for local
            detailed balance.
    """

    source: str
    target: str
    rate: Property
    affinity: Property | None = None


class Exchange(NamedTuple):
    """The two rates of a transition at one temperature.

    Args:
        source: Index of the source.
        target: Index of the target.
        forward: Rate from source to target, 1/s.
        backward: Rate from target to source, 1/s.
        affinity: Affinity, J/mol.
    """

    source: int
    target: int
    forward: Value
    backward: Value
    affinity: Value

    def net(self, P: Sequence[Value]) -> Value:
        """Return the net flow from source to target, in the unit of P per second."""
        return self.forward * P[self.source] - self.backward * P[self.target]


@dataclass(frozen=True)
class Particle:
    """A particle with internal states, made by :func:`particle`.

    Args:
        name: Name of the particle.
        c0: Mean mass fraction of the particle in all of its states.
        beta_c: Solutal expansion coefficient (1/rho) drho/dc, dimensionless, of any state.
        states: The states.
        transitions: Transitions between them.
        shares: Mean fraction of the particles in each state, from which deviations are measured.
        flux: Form of the diffusive flux.
        molar_mass: Molar mass M, kg/mol; None if energies do not enter the heat equation.
    """

    name: str
    c0: Value
    beta_c: Value
    states: tuple[InternalState, ...]
    transitions: tuple[Transition, ...]
    shares: tuple[Value, ...]
    flux: FluxForm = FluxForm.FICK
    molar_mass: Value | None = None

    @property
    def groups(self) -> tuple[tuple[int, ...], ...]:
        """Indices of the states that transitions connect; the total of each group is conserved."""
        number = self._numbers
        return conserved_groups(
            len(self.states),
            ((number[each.source], number[each.target]) for each in self.transitions),
        )

    @property
    def is_driven(self) -> bool:
        """Whether a transition has an affinity."""
        return any(each.affinity is not None for each in self.transitions)

    @property
    def _numbers(self) -> dict[str, int]:
        return {state.name: i for i, state in enumerate(self.states)}

    def exchanges(self, T: Value) -> tuple[Exchange, ...]:
        """Return the rates of all transitions at temperature T (K)."""
        number = self._numbers
        found = []
        for each in self.transitions:
            source, target = number[each.source], number[each.target]
            a, b = self.states[source], self.states[target]
            forward, drive = each.rate(T, _SOLVENT), each.affinity
            affinity = 0.0 if drive is None else drive(T, _SOLVENT)
            climb = b.free_energy(T, _SOLVENT) - a.free_energy(T, _SOLVENT) - affinity
            backward = forward * (a.degeneracy / b.degeneracy) * exp(climb / (R * T))
            found.append(Exchange(source, target, forward, backward, affinity))
        return tuple(found)

    def rates(self, T: Value) -> Matrix:
        """Return the rates k_ik from i to k at temperature T (K), M x M, 1/s, 0 if i = k."""
        size = range(len(self.states))
        k: list[list[Value]] = [[0.0 for _ in size] for _ in size]
        for each in self.exchanges(T):
            k[each.source][each.target] = k[each.source][each.target] + each.forward
            k[each.target][each.source] = k[each.target][each.source] + each.backward
        return tuple(map(tuple, k))

    def occupations(self, T: Value) -> Row:
        """Return the fraction of the particles in each state under fast transitions, M entries.

        Args:
            T: Temperature, K.
        """
        rates = self.rates(T)
        found: list[Value] = [0.0 for _ in self.states]
        for group in self.groups:
            total = sum(self.shares[i] for i in group)
            for i, part in zip(group, occupations(rates, group), strict=True):
                found[i] = total * part
        return tuple(found)

    def thermodiffusion(self, T: Value) -> Row:
        """Return tau_i in J_i = -D_i grad P_i - P_i tau_i grad T, M entries, m2/(s K)."""
        if self.flux is FluxForm.FICK:
            return tuple(0.0 for _ in self.states)
        return tuple(slope(state.D, T) for state in self.states)

    def produced(self, T: Value, P: Sequence[Value]) -> Row:
        """Return how fast each state is produced from the others, M entries, in 1/s of P.

        Args:
            T: Temperature, K.
            P: Amount in each state.
        """
        found: list[Value] = [0.0 for _ in self.states]
        for each in self.exchanges(T):
            net = each.net(P)
            found[each.source] = found[each.source] - net
            found[each.target] = found[each.target] + net
        return tuple(found)

    def energies(self, T: Value) -> Row:
        """Return the energies per mass E_i/M at temperature T (K), M entries, J/kg; 0 if unused."""
        if self.molar_mass is None:
            return tuple(0.0 for _ in self.states)
        return tuple(state.energy(T) / self.molar_mass for state in self.states)

    def released(self, T: Value, P: Sequence[Value]) -> Value:
        """Return the heat that transitions release, in W per kg of P; 0 if it is not counted.

        Args:
            T: Temperature, K.
            P: Amount in each state.
        """
        if self.molar_mass is None:
            return 0.0
        E = [state.energy(T) for state in self.states]
        falls = [
            each.net(P) * (E[each.source] - E[each.target] + each.affinity)
            for each in self.exchanges(T)
        ]
        return sum(falls, start=0.0) / self.molar_mass


def slope(f: Callable[[Value], Value], T: Value) -> Value:
    """Return df/dT, exactly for UFL expressions and by a difference of fourth order for numbers.

    Args:
        f: A function of the temperature.
        T: Temperature, K.
    """
    if is_ufl(T):
        here = ufl.variable(T)
        value = f(here)
        return ufl.diff(value, here) if is_ufl(value) else 0.0
    h = _STEP * T
    return (8.0 * (f(T + h) - f(T - h)) - (f(T + 2.0 * h) - f(T - 2.0 * h))) / (12.0 * h)


def particle(
    name: str,
    states: Sequence[InternalState],
    transitions: Sequence[Transition] = (),
    *,
    c0: float,
    T0: float,
    beta_c: float = 0.0,
    shares: Mapping[str, float] | None = None,
    flux: FluxForm | str = FluxForm.FICK,
    molar_mass: float | None = None,
) -> Particle:
    """Return a particle, whose states have on average the occupations of temperature T0.

    Args:
        name: Name of the particle.
        states: The states, one or more.
        transitions: Transitions between them.
        c0: Mean mass fraction of the particle in all of its states, between 0 and 1.
        T0: Reference temperature of the mixture, K.
        beta_c: Solutal expansion coefficient (1/rho) drho/dc, dimensionless.
        shares: Fraction of the particles in each state. Only the sums over groups of states
            that transitions connect count; needed if there is more than one group.
        flux: "fick" for -D grad P, "overdamped" for -grad(D P).
        molar_mass: Molar mass, kg/mol, with which the energies of the states enter the heat
            equation; None leaves them out.

    Raises:
        FluidError: A name occurs twice or is unknown, or a number is not physical.
    """
    if flux not in set(FluxForm):
        raise FluidError(f"{name}: unknown form of the flux {flux!r}", nearest(flux, FluxForm))
    _check(name, states, transitions, float(T0))
    if not 0.0 < c0 < 1.0:
        raise FluidError(
            f"{name}: the mean mass fraction {c0:g} is outside 0..1", "give a fraction such as 1e-3"
        )
    if molar_mass is not None and not molar_mass > 0.0:
        raise FluidError(
            f"{name}: the molar mass {molar_mass:g} kg/mol is not positive",
            "give that of one mole of particles, or leave it out",
        )
    made = Particle(
        name=name,
        c0=float(c0),
        beta_c=float(beta_c),
        states=tuple(states),
        transitions=tuple(transitions),
        shares=_shares(name, states, shares),
        flux=FluxForm(flux),
        molar_mass=molar_mass,
    )
    _check_reverse(made, float(T0))
    if shares is None and len(made.groups) > 1:
        raise FluidError(
            f"{name}: its transitions do not connect all states, so that the amounts in the groups "
            f"{_in_words(made)} are conserved separately",
            "give `shares`, the fraction of the particles in each state, or more transitions",
        )
    shares_at_rest = tuple(float(share) for share in made.occupations(float(T0)))
    return Particle(**{**vars(made), "shares": shares_at_rest})


def _shares(
    name: str, states: Sequence[InternalState], shares: Mapping[str, float] | None
) -> tuple[float, ...]:
    if shares is None:
        return tuple(1.0 / len(states) for _ in states)
    names = [state.name for state in states]
    for given in shares:
        if given not in names:
            raise FluidError(f"{name}: a share of an unknown state", nearest(given, names))
    values = tuple(float(shares.get(each, 0.0)) for each in names)
    if min(values) < 0.0 or abs(sum(values) - 1.0) > 1e-9:
        raise FluidError(
            f"{name}: the shares {', '.join(f'{value:g}' for value in values)} are not fractions "
            "of one whole",
            "give numbers from 0 that add up to 1",
        )
    return values


def _check(
    name: str, states: Sequence[InternalState], transitions: Sequence[Transition], T0: float
) -> None:
    names = [state.name for state in states]
    if not names or len(set(names)) < len(names):
        raise FluidError(
            f"{name}: the states {', '.join(names) or '(none)'} are not one or more different ones",
            "give each state a name of its own",
        )
    for state in states:
        D, g = float(state.D(T0)), float(state.degeneracy)
        if not (D > 0.0 and g > 0.0):
            raise FluidError(
                f"{name}: state {state.name!r} has D = {D:g} m2/s at {T0:g} K and degeneracy {g:g}",
                "both must be positive",
            )
    for each in transitions:
        for end in (each.source, each.target):
            if end not in names:
                raise FluidError(
                    f"{name}: the transition {each.source!r} to {each.target!r} has an unknown "
                    f"state {end!r}",
                    nearest(end, names),
                )
        rate = float(each.rate(T0, _SOLVENT))
        if each.source == each.target or not rate > 0.0:
            raise FluidError(
                f"{name}: the transition {each.source!r} to {each.target!r} has the rate {rate:g}/s"
                f" at {T0:g} K",
                "give a positive rate between two different states",
            )


def _check_reverse(of: Particle, T0: float) -> None:
    """Check that the rate of each transition has a reverse that numbers can hold."""
    for law in of.transitions:
        try:
            (each,) = replace(of, transitions=(law,)).exchanges(T0)
            backward = float(each.backward)
        except OverflowError:
            backward = math.inf
        if not 0.0 < backward < math.inf:
            raise FluidError(
                f"{of.name}: the reverse rate of the transition {law.source!r} to {law.target!r} "
                f"is {backward:g}/s at {T0:g} K",
                "free energies (and the affinity) of two states may differ by some hundred R T; "
                "leave out a state that is never occupied",
            )


def _in_words(of: Particle) -> str:
    return " and ".join(
        "(" + ", ".join(of.states[i].name for i in group) + ")" for group in of.groups
    )


def _counts(of: Particle) -> bool:
    """Return whether the energies of a particle enter the heat equation."""
    return of.molar_mass is not None


@dataclass(frozen=True)
class ParticleMixture(BoussinesqFluid):
    """A Boussinesq solvent with dilute particles, each state of which is a species.

    The first arguments are those of :class:`~femsoret.physics.closures.mixture.BoussinesqFluid`;
    its laws are called with mass fraction 0.

    Args:
        particles: The particles.
    """

    particles: tuple[Particle, ...]
    entropy_temperature: ClassVar[LocalTemperature] = LocalTemperature()
    closure: ClassVar[Unweighted] = Unweighted()
    rest: ClassVar[str] = "the rest"

    @property
    def species(self) -> tuple[Component, ...]:
        """The states of all particles, in order."""
        return tuple(
            Component(f"{of.name} {state.name}", of.c0 * share, of.beta_c)
            for of in self.particles
            for state, share in zip(of.states, of.shares, strict=True)
        )

    def at(self, T: Value, c: tuple[Value, ...]) -> LocalProperties:
        """Return the local properties at temperature T (K) and the mass fractions c of states."""
        D: list[Value] = []
        D_T: list[Value] = []
        rates: list[Value] = []
        conserved: list[Row] = []
        energies: list[Value] = []
        released: Value = 0.0
        for of in self.particles:
            own = range(len(D), len(D) + len(of.states))
            P = [c[i] for i in own]
            D += [state.D(T) for state in of.states]
            D_T += [share * tau for share, tau in zip(P, of.thermodiffusion(T), strict=True)]
            rates += [self.rho0 * each for each in of.produced(T, P)]
            energies += of.energies(T)
            released = released + self.rho0 * of.released(T, P)
            for group in of.groups:
                members = {own[i] for i in group}
                conserved.append(tuple(float(i in members) for i in range(len(c))))
        return LocalProperties(
            T=T,
            rho=self.rho0,
            heat_capacity=self.rho0 * self.cp,
            mu=self.viscosity(T, _SOLVENT),
            kappa=self.conductivity(T, _SOLVENT),
            D=diagonal(D),
            D_T=tuple(D_T),
            heats=tuple(0.0 for _ in D),
            G=None,
            rates=tuple(rates),
            conserved=tuple(conserved),
            energies=tuple(energies) if any(map(_counts, self.particles)) else (),
            released=released,
        )
