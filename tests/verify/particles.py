"""Particles with internal states between walls at T = 1 and 1.2; energies in units of R."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from mpi4py import MPI

import numpy as np

from femsoret.base.types import Array, Value
from femsoret.cells import box, rectangle
from femsoret.experiment import Experiment
from femsoret.fluids.properties import Constant, R
from femsoret.physics.closures import Gravity
from femsoret.physics.closures.homogenised import homogenised
from femsoret.physics.closures.particles import (
    InternalState,
    Particle,
    ParticleMixture,
    Transition,
    particle,
)
from femsoret.physics.forms import DIFFUSION, Equations
from femsoret.problem import Problem
from femsoret.problem.conditions import Temperature


@dataclass(frozen=True)
class Power:
    """A property proportional to a power of the temperature, of the given value at T = 1."""

    value: float
    exponent: float

    def __call__(self, T: Value, c: Value) -> Value:
        return self.value * T**self.exponent


COLD, HOT = 1.0, 1.2
T0 = 0.5 * (COLD + HOT)
C0 = 1e-3


def two_states(
    D1: float, D2: float, E: float, k0: float, *, g: float = 1.0, molar_mass: float | None = None
) -> Particle:
    """Return a particle of energies 0 and E that falls at the rate k0, and climbs k0 e^(-E/T)."""
    states = [
        InternalState("1", Constant(0.0), Constant(D1)),
        InternalState("2", Constant(E * R), Constant(D2), g),
    ]
    down = [Transition("2", "1", Constant(k0))]
    return particle("A", states, down, c0=C0, T0=T0, molar_mass=molar_mass)


def three_states(k0: float) -> Particle:
    """Return a particle of energies 0, 1 and 0.5 whose rates are k0, 10 k0 and 0.1 k0."""
    states = [
        InternalState("1", Constant(0.0), Constant(0.1)),
        InternalState("2", Constant(R), Constant(1.0)),
        InternalState("3", Constant(0.5 * R), Constant(0.4)),
    ]
    falls = [
        Transition("2", "1", Constant(k0)),
        Transition("3", "2", Constant(10.0 * k0)),
        Transition("3", "1", Constant(0.1 * k0)),
    ]
    return particle("A", states, falls, c0=C0, T0=T0)


def solvent(
    particles: Sequence[Particle],
    gravity: float = 0.0,
    T0: float = T0,
    up: tuple[float, ...] = (0.0, 1.0),
) -> ParticleMixture:
    """Return a solvent of unit properties with particles in it."""
    return ParticleMixture(
        T0=T0,
        rho0=1.0,
        cp=1.0,
        beta_T=1e-3,
        viscosity=Constant(1.0),
        conductivity=Constant(1.0),
        gravity=Gravity(gravity, up),
        particles=tuple(particles),
    )


def strip(
    comm: MPI.Comm,
    particles: Sequence[Particle],
    *,
    cells: int = 32,
    grading: float = 10.0,
    degree: int = 2,
    equations: Equations = DIFFUSION,
) -> Problem:
    """Return a strip of height 1, hot above, with one mesh cell across."""
    return Problem(
        rectangle(comm, (0.1, 1.0), (1, cells), grading=(1.0, grading)),
        solvent(particles),
        (Temperature(("top",), HOT), Temperature(("bottom",), COLD)),
        equations=equations,
        degree=degree,
    )


def cube(
    comm: MPI.Comm, of: Particle, cells: int, *, grading: float = 4.0, dim: int = 3
) -> Problem:
    """Return a unit cube of hexahedra at rest, or a square of quadrilaterals, hot above."""
    size, n = dim * (1.0,), dim * (cells,)
    made = (box if dim == 3 else rectangle)(comm, size, n, grading=grading)
    return Problem(
        made,
        solvent([of], up=(0.0, 1.0, 0.0)[:dim]),
        (Temperature(("top",), HOT), Temperature(("bottom",), COLD)),
        equations=DIFFUSION,
    )


QUICK = 1e-5
"""Heat capacity with which the temperature settles at once."""


def leaning_strip(
    comm: MPI.Comm,
    of: Particle,
    *,
    cells: tuple[int, int] = (1, 8),
    degree: int = 3,
    tilt: float = 0.0,
    gravity: float = 1.0,
    cp: float = QUICK,
    size: tuple[float, float] = (0.1, 1.0),
) -> Experiment:
    """Return a strip of height 1, hot above, that leans by a number of degrees."""
    up = (float(np.sin(np.radians(tilt))), float(np.cos(np.radians(tilt))))
    full = replace(solvent([of], gravity, up=up), cp=cp)
    return Experiment(
        "states",
        rectangle(comm, size, cells),
        homogenised(full),
        (Temperature(("top",), HOT), Temperature(("bottom",), COLD)),
        particles=(of,),
        degree=degree,
    )


def random_particle(seed: int, *, affinity: float = 0.0, overdamped: bool = False) -> Particle:
    """Return a particle with up to 6 states, energies, degeneracies and rates of order 1 to 10.

    Twelve networks serve all seeds, so that forms need not be compiled for each of them.
    """
    network, rng = np.random.default_rng(seed % 12), np.random.default_rng(seed)
    size = int(network.integers(2, 7))
    shape = 1.0 + rng.uniform(-0.5, 2.0)
    states = []
    for i in range(size):
        D = rng.uniform(0.1, 2.0)
        law = Power(D, shape) if overdamped else Constant(D)
        g = float(rng.integers(1, 5))
        states.append(InternalState(f"{i}", Constant(R * rng.uniform(0.0, 3.0)), law, g))
    # A random tree, and some transitions that close rings.
    pairs = [(int(network.integers(0, i)), i) for i in range(1, size)]
    pairs += [(0, i) for i in range(2, size) if (0, i) not in pairs and network.uniform() < 0.5]
    if affinity:  # a ring, which is driven
        pairs.append((0, size - 1))
    transitions = [
        Transition(f"{a}", f"{b}", Constant(10.0 ** rng.uniform(-1.0, 1.5))) for a, b in pairs
    ]
    if affinity:
        transitions[-1] = replace(transitions[-1], affinity=Constant(affinity * R))
    flux = "overdamped" if overdamped else "fick"
    return particle("random", states, transitions, c0=C0, T0=T0, flux=flux)


def in_cosines(of: Particle, cold: float, hot: float, modes: int = 24) -> Array:
    """Return A of da/dt = -A a for the amplitudes of cos(n pi y) in each state of a particle.

    The temperature is linear between closed walls at y = 0 and 1, diffusivities are constant and
    fluxes those of Fick, which vanish at the walls. This is a Galerkin method of its own, for
    comparison. Amplitudes are numbered state by state.

    Args:
        of: The particle.
        cold: Temperature at y = 0, K.
        hot: Temperature at y = 1, K.
        modes: Number of cosines.
    """
    y, w = np.polynomial.legendre.leggauss(3 * modes)
    y, w, n = 0.5 * (y + 1.0), 0.5 * w, np.arange(modes)
    T = cold + (hot - cold) * y
    cosines = np.cos(np.pi * np.outer(n, y))
    products = np.einsum("q,mq,nq->qmn", w, cosines, cosines)
    mass = np.where(n == 0, 1.0, 0.5)
    k, M = of.rates(T), len(of.states)
    A = np.zeros((M, modes, M, modes))
    for i, state in enumerate(of.states):
        A[i, :, i, :] += np.diag(float(state.D(cold)) * np.pi**2 * n**2 * mass)
        for j in range(M):
            leaving = np.einsum("q,qmn->mn", np.broadcast_to(k[i][j], y.shape), products)
            A[i, :, i, :] += leaving
            A[j, :, i, :] -= leaving
    return A.reshape(M * modes, M * modes) / np.tile(mass, M)[:, None]
