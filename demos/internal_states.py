"""Where a Soret coefficient comes from: particles with internal states in a temperature gradient.

A particle that diffuses faster when it is excited, and is excited more often where it is warm,
gathers in the cold: S_T follows from the rates of its transitions and is nowhere put in by hand.
Units of the gap, of energies divided by the gas constant, and of a diffusivity; T = 1 to 1.2.

1. Two states from slow to fast transitions: S_T from nothing to Cov(E, D)/(T^2 <D>).
2. Overdamped velocity states drift to the cold, S_T = 1/T; a state in which the particle is held
   pulls it to the warm side. With degeneracy g = e^2 at E = 2 T both cancel, beyond it S_T < 0.
3. Three states, a high one and two lower ones of equal energy behind a low and a high barrier: at
   uniform temperature both are equally occupied; from T = 0.6 to 0.8 the one that is reached fast
   has more, if particles diffuse from warm to cold before they fall. Where both barriers are high
   against the energy drop, selection is largest at a finite diffusivity.

    python3 demos/internal_states.py [FIGURE.png]
"""

from __future__ import annotations

import sys
from collections.abc import Sequence

from mpi4py import MPI

import numpy as np

from femsoret import Temperature, rectangle
from femsoret.fluids.properties import Arrhenius, Constant, Proportional, R
from femsoret.physics.closures import (
    Gravity,
    InternalState,
    Particle,
    ParticleMixture,
    Transition,
    particle,
)
from femsoret.physics.closures.homogenised import fast_soret
from femsoret.physics.forms import DIFFUSION
from femsoret.post.fields import integral
from femsoret.post.internal_states import InternalStates, particle_transport
from femsoret.problem import Problem
from femsoret.solve import solve_steady

RATES = 10.0 ** np.arange(-3.0, 7.0)  # of the fall from the excited state, D/L^2
DEGENERACIES = (1.0, 3.0, np.e**2, 20.0)
DIFFUSIVITIES = 10.0 ** np.arange(-8.0, 4.0)
BRANCHES = ((1.0, 6.0, 2.0), (0.5, 8.0, 6.0))
"""Energy drop, barrier of the slow branch and of the fast one."""

comm = MPI.COMM_WORLD


def solved(of: Particle, cold: float, hot: float) -> Problem:
    """Return the steady state of a particle between a cold and a hot wall."""
    mixture = ParticleMixture(
        T0=0.5 * (cold + hot),
        rho0=1.0,
        cp=1.0,
        beta_T=1e-3,
        viscosity=Constant(1.0),
        conductivity=Constant(1.0),
        gravity=Gravity(0.0, (0.0, 1.0)),
        particles=(of,),
    )
    cell = rectangle(comm, (0.1, 1.0), (1, 48), grading=(1.0, 20.0))
    walls = (Temperature("bottom", cold), Temperature("top", hot))
    problem = Problem(cell, mixture, walls, equations=DIFFUSION)
    solve_steady(problem)
    return problem


def two_states(rate: float) -> Particle:
    states = [
        InternalState("ground", Constant(0.0), Constant(0.1)),
        InternalState("excited", Constant(1.0 * R), Constant(1.0)),
    ]
    fall = [Transition("excited", "ground", Constant(rate))]
    return particle("molecule", states, fall, c0=1e-3, T0=1.1)


def velocity_states(g: float) -> Particle:
    states = [
        InternalState("free", Constant(0.0), Proportional(1.0, 1.0)),
        InternalState("held", Constant(2.2 * R), Proportional(1e-6, 1.0), g),
    ]
    swap = [Transition("free", "held", Constant(1e5))]
    return particle("molecule", states, swap, c0=1e-3, T0=1.1, flux="overdamped")


def branches(D: float, drop: float, barriers: tuple[float, float]) -> Particle:
    states = [
        InternalState("high", Constant(drop * R), Constant(D)),
        InternalState("slow", Constant(0.0), Constant(D)),
        InternalState("fast", Constant(0.0), Constant(D)),
    ]
    down = [
        Transition("high", name, Arrhenius(np.exp(-barrier / 0.7), 0.7, barrier * R))
        for name, barrier in zip(("slow", "fast"), barriers, strict=True)
    ]
    return particle("molecule", states, down, c0=1e-3, T0=0.7)


def selection(D: float, drop: float, slow: float, fast: float) -> float:
    """Return the number of particles in the fast branch over that in the slow one."""
    problem = solved(branches(D, drop, (slow, fast)), 0.6, 0.8)
    P = InternalStates(problem).P
    return integral(problem, P[2] * problem.dx) / integral(problem, P[1] * problem.dx)


def draw(
    path: str,
    found: Sequence[float],
    fast: float,
    local: Sequence[float],
    selected: Sequence[Sequence[float]],
) -> None:
    """Draw S_T over the rate, over the degeneracy, and the selection over the diffusivity."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(11.0, 3.4), layout="constrained")
    left, middle, right = figure.subplots(1, 3)
    left.semilogx(RATES, found, "o-", label="from wall to wall")
    left.axhline(fast, color="0.4", ls="--", label=r"fast: Cov(E, D)/(T² <D>)")
    left.axhline(0.0, color="0.4", ls=":", label="slow: none")
    left.set(xlabel="rate, D/L²", ylabel="S_T, 1/K", title="two states")
    left.legend(frameon=False, fontsize=8)
    g = np.geomspace(1.0, 30.0, 60)
    middle.semilogx(g, [fast_soret(velocity_states(each), 1.1) for each in g], color="0.4", ls="--")
    middle.semilogx(DEGENERACIES, local, "o")
    middle.axhline(0.0, color="0.8", lw=0.8)
    middle.set(xlabel="degeneracy of the held state", title="velocity against internal states")
    for (drop, slow, fast_one), ratios in zip(BRANCHES, selected, strict=True):
        label = f"drop {drop:g}, barriers {slow:g} and {fast_one:g}"
        right.semilogx(
            DIFFUSIVITIES, (np.array(ratios) - 1.0) / (ratios[-1] - 1.0), "o-", label=label
        )
    right.axhline(1.0, color="0.4", ls="--", label="D → ∞")
    right.set(xlabel="D, in units of rate × L²", title="selection over that at D → ∞")
    right.legend(frameon=False, fontsize=8)
    figure.savefig(path, dpi=120)


soret = [particle_transport(solved(two_states(k), 1.0, 1.2)) for k in RATES]
local = [particle_transport(solved(velocity_states(g), 1.0, 1.2)).middle.bias for g in DEGENERACIES]
selected = [[selection(D, *of) for D in DIFFUSIVITIES] for of in BRANCHES]

if comm.rank == 0:
    for k, each in zip(RATES, soret, strict=True):
        parts = each.entropy
        print(
            f"rate {k:7.0e}: S_T {each.soret:.6f}; entropy by transitions "
            f"{parts.by_transitions:.2e}, by diffusion {parts.by_diffusion:.2e}, paid by heat from "
            f"warm to cold {parts.carried:.2e}"
        )
    print(f"fast limit {soret[0].fast:.6f}, slow limit {soret[0].slow:g}")
    for g, bias in zip(DEGENERACIES, local, strict=True):
        print(f"degeneracy {g:6.3f}: S_T {bias:+.5f} where E = 2 T")
    for D, *ratios in zip(DIFFUSIVITIES, *selected, strict=True):
        print(f"D {D:7.0e}: P_fast/P_slow {', '.join(f'{ratio:.5f}' for ratio in ratios)}")
    if len(sys.argv) > 1:
        draw(sys.argv[1], [each.soret for each in soret], soret[0].fast, local, selected)

# Two states: spectral values at two rates, and both limits.
by_rate = dict(zip(RATES, soret, strict=True))
assert abs(by_rate[1.0].soret - 0.118954) < 2e-6
assert abs(by_rate[100.0].soret - 0.389427) < 2e-6
assert abs(soret[0].fast - 0.428408) < 1e-6
assert 0.0 < soret[0].soret < 1e-3
assert abs(soret[-1].soret / soret[0].fast - 1.0) < 1e-3
# What transitions and diffusion produce is paid by energy carried from warm to cold.
assert all(each.entropy.defect < 1e-5 for each in soret)
# The sign reverses at g = e^2, where S_T vanishes exactly.
assert local[0] > 0.0 > local[-1]
assert abs(local[2]) < 1e-3
# Fast diffusion: the ratio of averages over the cell; slow diffusion: equilibrium everywhere.
assert abs(selected[0][-1] - 1.04495) < 1e-4
assert all(abs(each[0] - 1.0) < 1e-3 for each in selected)
# Selection grows with the diffusivity, or is largest at a finite one.
assert selected[0] == sorted(selected[0])
assert max(selected[1]) - 1.0 > 1.3 * (selected[1][-1] - 1.0)
