"""Particles with internal states in a solved problem: what they do in the gradient, and why.

The amounts P_i, fluxes J_i and transitions are those of
:mod:`femsoret.physics.closures.particles`. Rates are per particle of the cell: integrals over the
fluid, divided by that of the mass fraction of the particle. With F_i the free energy, E_i the
energy and A the affinity of a transition with the net flow n from a to b:

    sigma of transitions   R n ln[k_ba P_a/(k_ab P_b)]                      (J. Schnakenberg 1976)
    sigma of diffusion     R sum_i |J_i|^2/(D_i P_i)
    energy current         J_E = sum_i E_i (J_i + P_i w)                    w: velocity

In a steady state with impermeable walls the two parts of the entropy production add up to

    integral of J_E.grad(1/T) + integral of n A/T - R integral of sum_i J_i.grad ln D_i

where the last term is that of states in the form -grad(D P). It vanishes if all D_i are
proportional to one function of temperature; otherwise it is the heat that velocity states carry.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from mpi4py import MPI

import basix.ufl
import numpy as np
import ufl
from dolfinx import fem

from femsoret.base.compiled import compiled, compiled_expression
from femsoret.base.errors import ConditionError
from femsoret.base.types import Array, Expr
from femsoret.fluids.properties import R
from femsoret.physics.closures import Particle, ParticleMixture, fluxes
from femsoret.physics.closures.homogenised import (
    covariance_soret,
    drift,
    fast_diffusivity,
    fast_soret,
    fast_soret_between,
    heat_of_transport,
)
from femsoret.physics.closures.networks import occupations
from femsoret.physics.closures.particles import Exchange, FluxForm, slope
from femsoret.post.fields import BOTH_SIDES, integral, values_at
from femsoret.post.readings import WallMean
from femsoret.post.wall_flows import wall_flows
from femsoret.problem import Problem
from femsoret.problem.layout import composition


def _particles(problem: Problem) -> tuple[Particle, ...]:
    mixture = problem.mixture
    return mixture.particles if isinstance(mixture, ParticleMixture) else ()


def count_particles(problem: Problem) -> int:
    """Return how many particles with internal states the mixture of a problem has."""
    return len(_particles(problem))


@dataclass(frozen=True, eq=False)
class InternalStates:
    """The states of one particle in a solved problem, as UFL expressions.

    Args:
        problem: A solved problem.
        index: Index of the particle in the mixture.

    Raises:
        ConditionError: The mixture has no such particle.
    """

    problem: Problem
    index: int = 0

    def __post_init__(self) -> None:
        count = count_particles(self.problem)
        if not 0 <= self.index < count:
            raise ConditionError(
                f"the mixture has no particle {self.index} with internal states",
                f"it has {count}, counted from 0",
            )

    @property
    def particle(self) -> Particle:
        """The particle, with numbers."""
        return _particles(self.problem)[self.index]

    @property
    def numbers(self) -> range:
        """Indices of the species that are its states."""
        first = sum(len(each.states) for each in _particles(self.problem)[: self.index])
        return range(first, first + len(self.particle.states))

    @cached_property
    def _bound(self) -> Particle:
        found: Particle = self.problem.bound_mixture.particles[self.index]
        return found

    @cached_property
    def T(self) -> Expr:
        """The temperature, K."""
        return fluxes.temperature(self.problem.bound_mixture, self.problem.state)

    @cached_property
    def P(self) -> tuple[Expr, ...]:
        """The mass fraction in each state, M scalars."""
        found = fluxes.compositions(self.problem.bound_mixture, self.problem.state)
        return tuple(found[i] for i in self.numbers)

    @cached_property
    def J(self) -> tuple[Expr, ...]:
        """The diffusive flux of each state divided by rho0, M vectors of shape (d,), m/s."""
        m = self.problem.bound_mixture
        found = fluxes.mass_fluxes(m, self.problem.state)
        return tuple(found[i] / m.rho0 for i in self.numbers)

    @cached_property
    def currents(self) -> tuple[Expr, ...]:
        """The whole flux of each state, with what the flow carries: M vectors (d,), m/s."""
        if "u" not in self.problem.layout:
            return self.J
        w = self.problem.state.advecting_velocity
        return tuple(j + P * w for j, P in zip(self.J, self.P, strict=True))

    @cached_property
    def exchanges(self) -> tuple[Exchange, ...]:
        """The rates of the transitions."""
        return self._bound.exchanges(self.T)

    @cached_property
    def D(self) -> tuple[Expr, ...]:
        """The diffusivities of the states, m2/s."""
        return tuple(state.D(self.T) for state in self._bound.states)

    @cached_property
    def energies(self) -> tuple[Expr, ...]:
        """The energies of the states, J/mol."""
        return tuple(state.energy(self.T) for state in self._bound.states)

    @property
    def total(self) -> Expr:
        """The mass fraction of the particle in all states."""
        return sum(self.P)

    @cached_property
    def amount(self) -> float:
        """The integral of the mass fraction over the fluid, m3 (m2 in 2D)."""
        return integral(self.problem, self.total * self.problem.dx)

    @cached_property
    def worked(self) -> float:
        """The integral of n A over the fluid, J/mol m3/s (m2/s in 2D): work of affinities."""
        work = [
            each.net(self.P) * each.affinity
            for each, law in zip(self.exchanges, self.particle.transitions, strict=True)
            if law.affinity is not None
        ]
        return integral(self.problem, sum(work) * self.problem.dx) if work else 0.0

    def per_particle(self, density: Expr) -> float:
        """Return the integral of a density over the fluid, per particle; collective."""
        if isinstance(density, float):
            return 0.0
        return integral(self.problem, density * self.problem.dx) / self.amount


# -- Soret coefficients ----------------------------------------------------------------------------


def wall_to_wall_soret(of: InternalStates) -> float:
    """Return -ln(P_hot/P_cold)/(T_hot - T_cold) from the means over both walls, 1/K; collective.

    Raises:
        ConditionError: An amount at a wall is not positive, or both walls have one temperature.
    """
    hot, cold = at_walls(of)
    if hot.T == cold.T or min(hot.total, cold.total) <= 0.0:
        raise ConditionError(
            f"{of.particle.name}: mass fractions {hot.total:.4g} at {hot.T:.6g} K and "
            f"{cold.total:.4g} at {cold.T:.6g} K give no Soret coefficient",
            "read positive amounts at two temperatures; refine the mesh if one is negative",
        )
    return -float(np.log(hot.total / cold.total)) / (hot.T - cold.T)


@dataclass(frozen=True)
class AtWall:
    """Temperature and amounts at a wall.

    Args:
        T: Temperature, K.
        shares: Fraction of the particles in each state.
        total: Mass fraction in all states.
    """

    T: float
    shares: tuple[float, ...]
    total: float


def at_walls(of: InternalStates) -> tuple[AtWall, AtWall]:
    """Return temperature and amounts of the states at the hot and at the cold wall; collective."""
    problem, found = of.problem, []
    for side in (problem.orientation.hot, problem.orientation.cold):
        read = WallMean(side)
        P = [
            float(problem.mixture.species[i].c0) + read.of(problem, composition(i))
            for i in of.numbers
        ]
        T = float(problem.mixture.T0) + read.of(problem, "theta")
        found.append(AtWall(T, tuple(each / sum(P) for each in P), sum(P)))
    return found[0], found[1]


def slow_amounts(of: InternalStates) -> tuple[float, ...]:
    """Return the fraction of the particles in each state if diffusion is far faster; collective.

    At rest each state then has the profile w_i of its own steady state, uniform in the form
    -D grad P and 1/D_i(T) in the form -grad(D P), and the rates are averages over the profiles.
    """
    k: list[list[float]] = [[0.0] * len(of.P) for _ in of.P]
    w = _slow_profiles(of)
    for each in of.exchanges:
        a, b = each.source, each.target
        k[a][b] += _weighted(of, each.forward, w[a])
        k[b][a] += _weighted(of, each.backward, w[b])
    rates = tuple(map(tuple, k))
    found = np.zeros(len(of.P))
    for group in of.particle.groups:
        whole = sum(of.particle.shares[i] for i in group)
        found[list(group)] = whole * np.array(occupations(rates, group), dtype=float)
    return tuple(map(float, found))


def slow_soret(of: InternalStates) -> float:
    """Return S_T from wall to wall of slow transitions in a fluid at rest, 1/K; collective."""
    if of.particle.flux is FluxForm.FICK:
        return 0.0
    hot, cold = at_walls(of)
    amounts, states = slow_amounts(of), of.particle.states
    shares = [
        amount / integral(of.problem, w * of.problem.dx)
        for amount, w in zip(amounts, _slow_profiles(of), strict=True)
    ]
    at_hot, at_cold = (
        sum(share / float(state.D(T)) for share, state in zip(shares, states, strict=True))
        for T in (hot.T, cold.T)
    )
    return -float(np.log(at_hot / at_cold)) / (hot.T - cold.T)


def _slow_profiles(of: InternalStates) -> tuple[Expr, ...]:
    one = fem.Constant(of.problem.cell.mesh, 1.0)
    if of.particle.flux is FluxForm.FICK:
        return tuple(one for _ in of.D)
    return tuple(1.0 / D for D in of.D)


def _weighted(of: InternalStates, value: Expr, weight: Expr) -> float:
    dx = of.problem.dx
    return integral(of.problem, value * weight * dx) / integral(of.problem, weight * dx)


@dataclass(frozen=True, eq=False)
class Profile:
    """The states of a particle along the line from the middle of the cold wall to that of the hot.

    Args:
        x: Distance from the cold wall, m, shape (n,).
        T: Temperature, K, shape (n,).
        P: Mass fraction in each state, shape (M, n).
        currents: Flux of each state towards the hot wall, relative to the mean mass fraction of the
            particle, m/s, shape (M, n).
        net: Net flow of each transition from source to target, relative to the mean mass fraction,
            1/s, shape (transitions, n).
        energies: Energy of each state, J/mol, shape (M, n).
        bias: Steady bias -d ln P/dT along grad T, 1/K, shape (n,): the local Soret coefficient.
    """

    x: Array
    T: Array
    P: Array
    currents: Array
    net: Array
    energies: Array
    bias: Array


def profile(of: InternalStates, number: int = 101) -> Profile:
    """Return the states along the line between the walls; collective.

    Args:
        of: The states of a particle in a solved problem.
        number: Number of points, at equal distances.

    Raises:
        ConditionError: The line leaves the fluid.
    """
    problem = of.problem
    cold, hot = (
        _centre(problem, side) for side in (problem.orientation.cold, problem.orientation.hot)
    )
    length = float(np.linalg.norm(hot - cold))
    share = np.linspace(0.0, 1.0, number)
    # Gradients jump between mesh cells: those on either side of a point are averaged.
    shares = [np.clip(share + shift, 0.0, 1.0) for shift in (-BOTH_SIDES, BOTH_SIDES)]
    points = np.concatenate([cold + each[:, None] * (hot - cold) for each in shares])
    axis, mean = ufl.as_vector((hot - cold) / length), float(of.particle.c0)
    slopes = ufl.grad(of.total), ufl.grad(of.T)
    bias = -ufl.inner(*slopes) / (of.total * ufl.inner(slopes[1], slopes[1]))
    wanted = [
        of.T,
        bias,
        *of.P,
        *(ufl.inner(J, axis) / mean for J in of.currents),
        *of.energies,
        *(each.net(of.P) / mean for each in of.exchanges),
    ]
    rows = _sampled(problem, wanted, points).reshape(len(wanted), 2, number).mean(axis=1)
    M = len(of.P)
    return Profile(
        x=share * length,
        T=rows[0],
        P=rows[2 : 2 + M],
        currents=rows[2 + M : 2 + 2 * M],
        net=rows[2 + 3 * M :],
        energies=rows[2 + 2 * M : 2 + 3 * M],
        bias=rows[1],
    )


def _centre(problem: Problem, side: str) -> Array:
    x, ds = ufl.SpatialCoordinate(problem.cell.mesh), problem.cell.ds({"quadrature_degree": 2})
    here = ds(problem.cell.tags(side))
    area = problem.cell.area(side)
    return np.array([integral(problem, x[i] * here) / area for i in range(problem.cell.dim)])


def _sampled(problem: Problem, wanted: Sequence[Expr], points: Array) -> Array:
    """Return the values of UFL scalars at points, shape (scalars, points); collective."""
    mesh = problem.cell.mesh
    element = basix.ufl.element(
        "Lagrange", mesh.basix_cell(), problem.degree, shape=(len(wanted),), discontinuous=True
    )
    held = fem.Function(fem.functionspace(mesh, element))
    nodes = held.function_space.element.basix_element.points
    held.interpolate(compiled_expression(ufl.as_vector(wanted), nodes))
    return np.asarray(values_at(held, points, problem.cell.fluid_cells).T)


@dataclass(frozen=True)
class LocalTransport:
    """How particles move where T has one value; three numbers that need not have one sign.

    Args:
        T: Temperature, K.
        bias: Steady bias -d ln P/dT, the local Soret coefficient, 1/K.
        drift: w in d<x>/dt = w grad T of a cloud that is released here with the steady shares of
            the states, m2/(s K); positive towards the hot side.
        fast: S_T of fast transitions, 1/K.
        covariance: Cov(E, D)/(R T^2 <D>), 1/K; None for driven transitions.
        heat_of_transport: Q* = <E D>/<D> - <E> of fast transitions, J/mol; None if driven.
        diffusivity: <D> of fast transitions, m2/s.
    """

    T: float
    bias: float
    drift: float
    fast: float
    covariance: float | None
    heat_of_transport: float | None
    diffusivity: float


def local_transport(of: InternalStates, along: Profile, at: int) -> LocalTransport:
    """Return how particles move at one point of a profile.

    Args:
        of: The states of a particle in a solved problem.
        along: Its profile.
        at: Index of the point.
    """
    particle, T = of.particle, float(along.T[at])
    shares = along.P[:, at] / along.P[:, at].sum()
    undriven = not particle.is_driven and len(particle.groups) == 1
    return LocalTransport(
        T=T,
        bias=float(along.bias[at]),
        drift=float(drift(particle, T, list(map(float, shares)))),
        fast=float(fast_soret(particle, T)),
        covariance=float(covariance_soret(particle, T)) if undriven else None,
        heat_of_transport=float(heat_of_transport(particle, T)) if undriven else None,
        diffusivity=float(fast_diffusivity(particle, T)),
    )


# -- heat and entropy ------------------------------------------------------------------------------


@dataclass(frozen=True)
class StatesEntropy:
    """Entropy production of internal states and what pays for it, in units of R per particle, 1/s.

    Args:
        by_transitions: Produced by transitions.
        by_diffusion: Produced by diffusion.
        carried: Integral of J_E.grad(1/T), by energy that states carry from warm to cold.
        work: Integral of n A/T, by affinities.
        mobility: Minus the integral of sum_i J_i.grad ln D_i, in the form -grad(D P).
    """

    by_transitions: float
    by_diffusion: float
    carried: float
    work: float
    mobility: float

    @property
    def produced(self) -> float:
        """What transitions and diffusion produce."""
        return self.by_transitions + self.by_diffusion

    @property
    def paid(self) -> float:
        """What the energy current, affinities and velocities pay."""
        return self.carried + self.work + self.mobility

    @property
    def defect(self) -> float | None:
        """|produced - paid|/produced, a discretisation error; None without production."""
        return abs(self.produced - self.paid) / self.produced if self.produced else None


def states_entropy(of: InternalStates) -> StatesEntropy:
    """Return the entropy production of the states and, from other integrals, what pays; collective.

    Raises:
        ConditionError: The mass fraction in a state is not positive somewhere.
    """
    grad_T = ufl.grad(of.T)
    inverse = -grad_T / of.T**2  # grad(1/T)
    log_ratio = [
        ufl.ln(each.forward * of.P[each.source] / (each.backward * of.P[each.target]))
        for each in of.exchanges
    ]
    net = [each.net(of.P) for each in of.exchanges]
    transitions = sum((n * ratio for n, ratio in zip(net, log_ratio, strict=True)), start=0.0)
    diffusion = sum(ufl.inner(J, J) / (D * P) for J, D, P in zip(of.J, of.D, of.P, strict=True))
    energy_current = sum(E * J for E, J in zip(of.energies, of.currents, strict=True))
    work = sum(
        (
            n * each.affinity / (R * of.T)
            for n, each, law in zip(net, of.exchanges, of.particle.transitions, strict=True)
            if law.affinity is not None
        ),
        start=0.0,
    )
    mobility = 0.0
    if of.particle.flux is FluxForm.OVERDAMPED:
        mobility = -sum(
            ufl.inner(J, grad_T) * slope(state.D, of.T) / D
            for J, D, state in zip(of.J, of.D, of._bound.states, strict=True)
        )
    found = StatesEntropy(
        *map(
            of.per_particle,
            (transitions, diffusion, ufl.inner(energy_current, inverse) / R, work, mobility),
        )
    )
    if not np.isfinite(found.produced):
        raise ConditionError(
            f"{of.particle.name}: the mass fraction in a state is not positive everywhere, so that "
            "its entropy is undefined",
            "refine the mesh, in particular at the walls",
        )
    return found


@dataclass(frozen=True)
class HeatExchanged:
    """Heat that transitions exchange with the solvent, per particle, W/mol.

    Args:
        taken: Taken where particles climb in energy on balance.
        given: Given where they fall; taken less given is minus the work of affinities.
    """

    taken: float
    given: float


def heat_exchanged(of: InternalStates) -> HeatExchanged:
    """Return the heat that transitions take from and give to the solvent; collective.

    A transition takes the difference of the energies of its states less the affinity. It is
    summed from means over mesh cells, since within a cell the small net rate of fast transitions
    oscillates.
    """
    taken = sum(
        (
            each.net(of.P) * (of.energies[each.target] - of.energies[each.source] - each.affinity)
            for each in of.exchanges
        ),
        start=0.0,
    )
    if isinstance(taken, float):
        return HeatExchanged(0.0, 0.0)
    problem = of.problem
    V = fem.functionspace(problem.cell.mesh, ("DG", 0))
    owned = V.dofmap.index_map.size_local
    by_cell = fem.assemble_vector(compiled(taken * ufl.TestFunction(V) * problem.dx)).array[:owned]
    sums = np.array([by_cell[by_cell > 0.0].sum(), -by_cell[by_cell < 0.0].sum()])
    taken_all, given_all = problem.cell.comm.allreduce(sums) / of.amount
    return HeatExchanged(float(taken_all), float(given_all))


@dataclass(frozen=True)
class HeatFed:
    """What the energies of states do in the heat equation.

    Args:
        warming: Largest difference of temperature to a solvent that they do not heat, K.
        defect: |heat that leaves through the walls - work of affinities|, relative to the largest
            heat flow through a wall; a discretisation error, round-off if energies are constant and
            nothing flows.
    """

    warming: float
    defect: float


def heat_fed(problem: Problem, unheated: Problem) -> HeatFed | None:
    """Return what the energies of states do; None if the heat equation does not count them.

    Collective.

    Args:
        problem: A solved problem.
        unheated: The same problem, on the same mesh, without the energies of states.
    """
    all_of = [InternalStates(problem, i) for i in range(count_particles(problem))]
    masses = [(of, of.particle.molar_mass) for of in all_of]
    counted = [(of, float(mass)) for of, mass in masses if mass is not None]
    if not counted:
        return None
    moved = abs(problem.nodal_values("theta") - unheated.nodal_values("theta"))
    flows = wall_flows(problem, "theta")
    heat = [flows[side] for side in problem.cell.exterior_sides]
    # Per mole of particles, over the mass of a mole of them: work per volume of the mixture.
    rho0 = float(problem.mixture.rho0)
    work = sum(rho0 * of.worked / mass for of, mass in counted)
    return HeatFed(
        warming=problem.cell.comm.allreduce(float(np.max(moved, initial=0.0)), op=MPI.MAX),
        defect=abs(sum(heat) - work) / max(map(abs, heat)),
    )


# -- rates against diffusion -----------------------------------------------------------------------


@dataclass(frozen=True)
class Damkohler:
    """Damkohler numbers k L^2/<D> at T0: rates of relaxation against diffusion over the gap.

    Args:
        slowest: Of the slowest relaxation of the network; None without transitions.
        fastest: Of the fastest one.
    """

    slowest: float | None
    fastest: float | None


def damkohler(of: InternalStates) -> Damkohler:
    """Return the Damkohler numbers of a particle."""
    T0, L = float(of.problem.mixture.T0), of.problem.orientation.gap
    relaxing = relaxation_rates(of.particle, T0)
    if not len(relaxing):
        return Damkohler(None, None)
    scale = L**2 / float(fast_diffusivity(of.particle, T0))
    return Damkohler(float(relaxing[0]) * scale, float(relaxing[-1]) * scale)


def relaxation_rates(of: Particle, T: float) -> Array:
    """Return the rates at which the network of a particle relaxes at temperature T (K), 1/s.

    Returns:
        The rates in ascending order, shape (n,); empty without transitions.
    """
    rates = -np.real(np.linalg.eigvals(_generator(of, T)))
    return np.asarray(np.sort(rates)[len(of.groups) :])  # one zero a group


def _generator(of: Particle, T: float) -> Array:
    """Return K in dP/dt = K P, 1/s, shape (M, M)."""
    k = np.array(of.rates(T), dtype=float)
    return np.asarray(k.T - np.diag(k.sum(axis=1)))


@dataclass(frozen=True)
class WallLayer:
    """The thinnest boundary layer of the states at a wall, against the mesh.

    Args:
        side: Name of the wall.
        thickness: 1/sqrt(lambda) of the largest eigenvalue lambda of -D^-1 K, m: sqrt(D/k) of
            two states.
        resolved: Height of the mesh cells at the wall divided by their degree, m.
    """

    side: str
    thickness: float
    resolved: float

    @property
    def is_missed(self) -> bool:
        """Whether the mesh cells are too large to show the layer."""
        return self.resolved > self.thickness


def wall_layers(of: InternalStates) -> tuple[WallLayer, ...]:
    """Return the layers at the hot and at the cold wall; none without transitions; collective.

    States that are out of equilibrium at an impermeable wall relax over these layers, because no
    state can pass the wall, whereas in equilibrium each of them would.
    """
    problem, found = of.problem, []
    walls = at_walls(of)
    for side, wall in zip((problem.orientation.hot, problem.orientation.cold), walls, strict=True):
        D = np.array([float(state.D(wall.T)) for state in of.particle.states])
        largest = float(
            np.max(-np.real(np.linalg.eigvals(_generator(of.particle, wall.T) / D[:, None])))
        )
        if largest <= 0.0:
            continue
        at = problem.wall(side)
        one = fem.Constant(problem.cell.mesh, 1.0)
        height = integral(problem, at.h * at.ds) / integral(problem, one * at.ds)
        found.append(WallLayer(side, largest**-0.5, height / problem.degree))
    return tuple(found)


UNIFORM = 1e-12
"""Range of the mass fraction of a particle, over its mean, that is round-off."""


@dataclass(frozen=True)
class HomogenisationError:
    """How far the homogenised particle is from the one with states, in the same cell.

    Args:
        soret: S_T from wall to wall of the homogenised particle less that of the states, 1/K.
        field: Largest difference of mass fractions at the nodes of the mesh, relative to the larger
            one of their ranges; 0 if both are uniform.
    """

    soret: float
    field: float


def homogenisation_error(of: InternalStates, effective: Problem) -> HomogenisationError:
    """Return how far a homogenised particle is from its states; collective.

    Args:
        of: The states of a particle in a solved problem.
        effective: The same problem for :func:`.closures.homogenised.homogenised` of its mixture, on
            the same mesh, solved.
    """
    problem = of.problem
    P = sum(
        float(problem.mixture.species[i].c0) + problem.nodal_values(composition(i))
        for i in of.numbers
    )
    c0 = float(effective.mixture.species[of.index].c0)
    P_of_one = c0 + effective.nodal_values(composition(of.index))
    comm = problem.cell.comm
    apart = comm.allreduce(float(np.max(abs(P - P_of_one), initial=0.0)), op=MPI.MAX)
    spread = max(
        comm.allreduce(float(np.max(field, initial=-np.inf)), op=MPI.MAX)
        - comm.allreduce(float(np.min(field, initial=np.inf)), op=MPI.MIN)
        for field in (P, P_of_one)
    )
    hot, cold = (
        c0 + WallMean(side).of(effective, composition(of.index))
        for side in (problem.orientation.hot, problem.orientation.cold)
    )
    walls = at_walls(of)
    soret = -float(np.log(hot / cold)) / (walls[0].T - walls[1].T)
    return HomogenisationError(
        soret=soret - wall_to_wall_soret(of),
        field=apart / spread if spread > UNIFORM * c0 else 0.0,
    )


# -- all of it -------------------------------------------------------------------------------------


@dataclass(frozen=True, eq=False)
class ParticleTransport:
    """What a particle with internal states does in a solved problem.

    Args:
        name: Name of the particle.
        states: Names of its states.
        transitions: Source and target of each transition, as indices of states.
        soret: S_T from wall to wall, 1/K.
        fast: S_T from wall to wall of fast transitions at rest, 1/K.
        slow: S_T from wall to wall of slow transitions at rest, 1/K.
        middle: How particles move halfway between the walls.
        damkohler: Rates of relaxation against diffusion.
        entropy: Entropy production and what pays for it.
        heat: Heat taken from and given to the solvent.
        layers: Boundary layers at both walls.
        profile: The states along the line between the walls.
    """

    name: str
    states: tuple[str, ...]
    transitions: tuple[tuple[int, int], ...]
    soret: float
    fast: float
    slow: float
    middle: LocalTransport
    damkohler: Damkohler
    entropy: StatesEntropy
    heat: HeatExchanged
    layers: tuple[WallLayer, ...]
    profile: Profile


def particle_transport(problem: Problem, index: int = 0) -> ParticleTransport:
    """Return what a particle does in a solved problem; collective.

    Args:
        problem: A solved problem.
        index: Index of the particle in the mixture.

    Raises:
        ConditionError: The mixture has no such particle, or the mass fraction in a state is not
            positive everywhere.
    """
    of = InternalStates(problem, index)
    hot, cold = at_walls(of)
    along = profile(of)
    return ParticleTransport(
        name=of.particle.name,
        states=tuple(state.name for state in of.particle.states),
        transitions=tuple((each.source, each.target) for each in of.exchanges),
        soret=wall_to_wall_soret(of),
        fast=fast_soret_between(of.particle, cold.T, hot.T),
        slow=slow_soret(of),
        middle=local_transport(of, along, len(along.x) // 2),
        damkohler=damkohler(of),
        entropy=states_entropy(of),
        heat=heat_exchanged(of),
        layers=wall_layers(of),
        profile=along,
    )
