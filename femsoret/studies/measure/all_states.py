"""All internal states of the particles of an experiment, each of them a species.

The mixture of such an experiment has the solute as one species, as if its transitions were fast
(:mod:`femsoret.physics.closures.homogenised`). The amounts in all states are solved for beside it;
S_T of the experiment is that of their sum.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from femsoret.base.log import get_logger
from femsoret.experiment import Experiment
from femsoret.physics.closures.homogenised import with_states
from femsoret.physics.closures.mixture import BoussinesqFluid
from femsoret.physics.forms import DIFFUSION, Equations
from femsoret.post.internal_states import InternalStates
from femsoret.post.soret import TrueSoret
from femsoret.problem import Problem
from femsoret.problem.layout import COMPOSITIONS, composition
from femsoret.solve import SolveReport, solve_steady
from femsoret.studies.measure.convection import find_convection

log = get_logger(__name__)

NEGLIGIBLE = 1e-6
"""S_T of all states over that of fast transitions below which no bias is relative to it."""


def with_all_states(experiment: Experiment) -> Experiment | None:
    """Return the experiment with a species for each internal state; None without particles.

    Args:
        experiment: The experiment, in which the solute is one species.
    """
    particles, mixture = experiment.particles, experiment.mixture
    if not particles or not isinstance(mixture, BoussinesqFluid):
        return None
    return replace(experiment, mixture=with_states(mixture, particles), start_up=None)


@dataclass(frozen=True, eq=False)
class SolvedStates:
    """The amounts in all internal states of all particles, the solute first.

    Args:
        reference: Problem without flow.
        convection: Problem with flow.
        fast: Problem with flow in which the transitions of the solute are fast, on the same mesh.
        fast_reference: The same without flow.
        report: Solve report of the problem with flow.
    """

    reference: Problem
    convection: Problem
    fast: Problem
    fast_reference: Problem
    report: SolveReport

    def together(
        self, experiment: Experiment, problem: Problem, equations: Equations | None = None
    ) -> Problem:
        """Return a problem with the solute as one species, which holds its states together.

        It shows fields; its equations are those of fast transitions, which these fields do not
        solve. Collective.

        Args:
            experiment: The experiment with the solute as one species.
            problem: The solved problem, with all states.
            equations: Its equations; None for all of the experiment.
        """
        shown = experiment.problem(equations, degree=problem.degree)
        _take(problem, shown)
        states = problem.function(COMPOSITIONS).x.array
        shown.function(COMPOSITIONS).x.array[:] = sum(
            problem.entries(states, composition(i)) for i in InternalStates(problem).numbers
        )
        return shown

    def true_soret(self, value: float, fast: TrueSoret) -> TrueSoret:
        """Return S_T of the solute at rest, which depends on the cell if transitions are slow.

        Args:
            value: S_T from readings of all states without gravity, 1/K.
            fast: S_T of fast transitions by the same readings.
        """
        counts = fast.size is not None and abs(value) > NEGLIGIBLE * abs(fast.value)
        size = value if counts else None
        return TrueSoret(value, value, size, size)


def solve_all_states(
    experiment: Experiment, reference: Problem, convection: Problem
) -> SolvedStates | None:
    """Solve for all internal states, at rest and with gravity; collective.

    Args:
        experiment: The experiment.
        reference: The state without gravity of its solute as one species.
        convection: The same with gravity: the initial guess of flow and temperature.

    Returns:
        The states; None if the experiment has no particles with states.

    Raises:
        NotConverged: A state was not found.
    """
    full = with_all_states(experiment)
    if full is None:
        return None
    rest = full.problem(DIFFUSION, degree=reference.degree)
    flowing = full.problem(degree=convection.degree)
    log.info("solving for the internal states (%d unknowns)", flowing.num_dofs)
    _take(reference, rest)
    solve_steady(rest, full.newton)
    _take(convection, flowing)
    flowing.function(COMPOSITIONS).x.array[:] = rest.function(COMPOSITIONS).x.array
    report = find_convection(full, flowing)
    return SolvedStates(rest, flowing, convection, reference, report)


def _take(source: Problem, target: Problem) -> None:
    """Copy all fields but the compositions between problems on one mesh."""
    for name in target.layout.names:
        if name != COMPOSITIONS:
            target.function(name).x.array[:] = source.function(name).x.array
