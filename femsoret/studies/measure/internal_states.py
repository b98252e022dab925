"""The internal states of a solute and of tracers, in the cell of the solute's homogenised form."""

from __future__ import annotations

from dataclasses import dataclass

from femsoret.post.internal_states import (
    HeatFed,
    HomogenisationError,
    InternalStates,
    ParticleTransport,
    count_particles,
    heat_fed,
    homogenisation_error,
    particle_transport,
)
from femsoret.studies.measure.all_states import SolvedStates
from femsoret.studies.measure.solution import Solution


@dataclass(frozen=True, eq=False)
class ParticleStates:
    """The states of all particles with gravity.

    Args:
        transports: What the particles do; the first one is the solute.
        error: How far the solute with fast transitions is from its states.
        fed: What the energies of the states do in the heat equation; None if it does not count
            them.
    """

    transports: tuple[ParticleTransport, ...]
    error: HomogenisationError
    fed: HeatFed | None

    @property
    def transport(self) -> ParticleTransport:
        """What the solute does."""
        return self.transports[0]


def particle_states(solution: Solution) -> ParticleStates | None:
    """Return what the internal states of the particles of a solved experiment do; collective.

    Args:
        solution: The solution.

    Returns:
        The states with gravity; None if the experiment has no particle with states, or if it was
        marched, which does not compare them with fast transitions.

    Raises:
        ConditionError: The mass fraction in a state is not positive everywhere.
    """
    if not isinstance(solution.states, SolvedStates):
        return None
    problem, effective = solution.states.convection, solution.states.fast
    return ParticleStates(
        tuple(particle_transport(problem, i) for i in range(count_particles(problem))),
        homogenisation_error(InternalStates(problem), effective),
        heat_fed(problem, effective),
    )
