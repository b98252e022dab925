"""The internal states of a solute, in the cell of its homogenised form."""

from __future__ import annotations

from dataclasses import dataclass, replace

from femsoret.base.log import get_logger
from femsoret.physics.closures.homogenised import with_states
from femsoret.physics.closures.mixture import BoussinesqFluid
from femsoret.post.internal_states import (
    HomogenisationError,
    InternalStates,
    ParticleTransport,
    homogenisation_error,
    particle_transport,
)
from femsoret.problem.layout import COMPOSITIONS
from femsoret.solve import find_steady
from femsoret.studies.measure.solution import Solution

log = get_logger(__name__)


@dataclass(frozen=True, eq=False)
class ParticleStates:
    """The states of a particle with gravity.

    Args:
        transport: What the particle does.
        error: How far the homogenised particle, of which the run reports, is from its states.
    """

    transport: ParticleTransport
    error: HomogenisationError


def particle_states(solution: Solution) -> ParticleStates | None:
    """Solve for the internal states of the solute of a solved experiment; collective.

    Args:
        solution: The solution of the homogenised form; its flow is the initial guess.

    Returns:
        The states with gravity; None if the experiment has no particle with states.

    Raises:
        NotConverged: No steady state was found.
        ConditionError: The mass fraction in a state is not positive everywhere.
    """
    experiment, effective = solution.experiment, solution.convection
    of, mixture = experiment.particle, experiment.mixture
    if of is None or not isinstance(mixture, BoussinesqFluid):
        return None
    states = replace(experiment, mixture=with_states(mixture, of))
    problem = states.problem(degree=effective.degree)
    for name in problem.layout.names:
        if name != COMPOSITIONS:
            problem.function(name).x.array[:] = effective.function(name).x.array
    log.info("solving for the internal states (%d unknowns)", problem.num_dofs)
    find_steady(problem, experiment.newton)
    return ParticleStates(
        particle_transport(problem), homogenisation_error(InternalStates(problem), effective)
    )
