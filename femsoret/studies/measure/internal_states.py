"""The internal states of a solute and of tracers, in the cell of the solute's homogenised form."""

from __future__ import annotations

from dataclasses import dataclass, replace

from femsoret.base.log import get_logger
from femsoret.physics.closures.homogenised import with_states
from femsoret.physics.closures.mixture import BoussinesqFluid
from femsoret.post.internal_states import (
    HeatFed,
    HomogenisationError,
    InternalStates,
    ParticleTransport,
    heat_fed,
    homogenisation_error,
    particle_transport,
)
from femsoret.problem.layout import COMPOSITIONS
from femsoret.solve import find_steady
from femsoret.studies.measure.solution import Solution

log = get_logger(__name__)


@dataclass(frozen=True, eq=False)
class ParticleStates:
    """The states of all particles with gravity.

    Args:
        transports: What the particles do; the first one is the solute.
        error: How far the homogenised solute, of which the run reports, is from its states.
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
    """Solve for the internal states of the particles of a solved experiment; collective.

    Args:
        solution: The solution of the homogenised form; its flow is the initial guess.

    Returns:
        The states with gravity; None if the experiment has no particle with states.

    Raises:
        NotConverged: No steady state was found.
        ConditionError: The mass fraction in a state is not positive everywhere.
    """
    experiment, effective = solution.experiment, solution.convection
    particles, mixture = experiment.particles, experiment.mixture
    if not particles or not isinstance(mixture, BoussinesqFluid):
        return None
    states = replace(experiment, mixture=with_states(mixture, particles))
    problem = states.problem(degree=effective.degree)
    for name in problem.layout.names:
        if name != COMPOSITIONS:
            problem.function(name).x.array[:] = effective.function(name).x.array
    log.info("solving for the internal states (%d unknowns)", problem.num_dofs)
    find_steady(problem, experiment.newton)
    return ParticleStates(
        tuple(particle_transport(problem, i) for i in range(len(particles))),
        homogenisation_error(InternalStates(problem), effective),
        heat_fed(problem, effective),
    )
