"""All internal states of the particles of a transient run: start, history and end."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from femsoret.physics.closures import Particle
from femsoret.physics.closures.homogenised import fast_soret_between
from femsoret.post.internal_states import (
    AtWall,
    Damkohler,
    InternalStates,
    at_walls,
    count_particles,
    damkohler,
)
from femsoret.problem import Problem
from femsoret.problem.layout import COMPOSITIONS
from femsoret.studies.measure.rows import Column, Row


@dataclass(frozen=True)
class ParticleInTime:
    """A particle at the end of a march.

    Args:
        name: Name of the particle.
        separation: Mass fraction in all states at the cold wall less that at the hot wall.
        soret: S_T from wall to wall, 1/K; None if both have one temperature.
        at_rest: The same in the steady state without gravity.
        fast: The same there if transitions were fast.
        damkohler: Rates of relaxation against diffusion.
    """

    name: str
    separation: float
    soret: float | None
    at_rest: float | None
    fast: float | None
    damkohler: Damkohler


def particles_of(problem: Problem) -> tuple[InternalStates, ...]:
    """Return the states of all particles of a problem; none without any."""
    return tuple(InternalStates(problem, i) for i in range(count_particles(problem)))


def particles_at_the_end(problem: Problem, rest: Problem) -> tuple[ParticleInTime, ...]:
    """Return all particles of a problem that was marched, the solute first; collective.

    Args:
        problem: The problem, with a species for each state.
        rest: The same in the steady state without gravity.
    """
    found = []
    for of, resting in zip(particles_of(problem), particles_of(rest), strict=True):
        (hot, cold), (warm, cool) = at_walls(of), at_walls(resting)
        uniform = warm.T == cool.T
        found.append(
            ParticleInTime(
                name=of.particle.name,
                separation=cold.total - hot.total,
                soret=_soret(hot, cold),
                at_rest=_soret(warm, cool),
                fast=None if uniform else fast_soret_between(of.particle, cool.T, warm.T),
                damkohler=damkohler(of),
            )
        )
    return tuple(found)


def particle_columns(particles: Sequence[Particle]) -> tuple[Column, ...]:
    """Return the columns of the history that belong to particles, in order.

    Args:
        particles: The particles; the first one is the solute.
    """
    return tuple(column for of in particles for column in _columns(of))


def particle_row(particles: Sequence[InternalStates]) -> Row:
    """Return the entries of these columns for the present state; collective.

    Args:
        particles: The states of the particles of the problem that is marched.
    """
    return {name: number for of in particles for name, number in _read(of).items()}


def begin_in_equilibrium(problem: Problem, T: float) -> None:
    """Give all particles the steady occupations of one temperature, everywhere; collective.

    Args:
        problem: A problem with a species for each state, whose amounts are uniform in each chamber.
        T: The temperature, K.
    """
    block = problem.function(COMPOSITIONS).x.array
    for of in particles_of(problem):
        fields = [problem.layout.compositions[i] for i in of.numbers]
        means = [float(problem.mixture.species[i].c0) for i in of.numbers]
        occupations = [float(share) for share in of.particle.occupations(T)]
        for part in range(len(problem.cell.parts)):
            nodes = problem.nodes_in_part(fields[0], part)
            entries = [problem.entries(block, field) for field in fields]
            total = sum(mean + held[nodes] for mean, held in zip(means, entries, strict=True))
            for mean, held, share in zip(means, entries, occupations, strict=True):
                held[nodes] = share * total - mean


def _columns(of: Particle) -> tuple[Column, ...]:
    return (
        Column(
            f"separation.{of.name}",
            "",
            f"mass fraction of {of.name}, all states: cold less hot wall",
        ),
        Column(f"soret.{of.name}", "1/K", f"S_T of {of.name} from wall to wall"),
        *(
            Column(
                f"share.{of.name}.{state.name}", "", f"fraction of {of.name} at the hot wall in it"
            )
            for state in of.states
        ),
    )


def _read(of: InternalStates) -> Row:
    """Return the readings of a particle; collective."""
    hot, cold = at_walls(of)
    name = of.particle.name
    shares = zip(of.particle.states, hot.shares, strict=True)
    return {
        f"separation.{name}": cold.total - hot.total,
        f"soret.{name}": _soret(hot, cold),
        **{f"share.{name}.{state.name}": share for state, share in shares},
    }


def _soret(hot: AtWall, cold: AtWall) -> float | None:
    """Return S_T from wall to wall; None if it cannot be read."""
    readable = hot.T != cold.T and min(hot.total, cold.total) > 0.0
    return -float(np.log(hot.total / cold.total)) / (hot.T - cold.T) if readable else None
