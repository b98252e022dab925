"""All internal states of the particles of an experiment, each of them a species.

The mixture of such an experiment has the solute as one species, as if its transitions were fast
(:mod:`femsoret.physics.closures.homogenised`). The amounts in all states are solved for beside it;
S_T of the experiment is that of their sum.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from femsoret.base.log import get_logger
from femsoret.experiment import Experiment
from femsoret.physics.closures.homogenised import with_states
from femsoret.physics.closures.mixture import BoussinesqFluid
from femsoret.physics.forms import DIFFUSION
from femsoret.post.internal_states import InternalStates
from femsoret.post.soret import TrueSoret
from femsoret.problem import Problem
from femsoret.problem.layout import COMPOSITIONS
from femsoret.problem.rows import Filling
from femsoret.solve import SolveReport, solve_steady
from femsoret.studies.measure.convection import find_convection, hand_over

log = get_logger(__name__)

NEGLIGIBLE = 1e-6
"""S_T of all states over that of fast transitions below which no bias is relative to it."""


def with_all_states(experiment: Experiment) -> Experiment | None:
    """Return the experiment with a species for each internal state; None without particles.

    A chamber that is filled with the solute holds the steady occupations of T0 of it.

    Args:
        experiment: The experiment, in which the solute is one species.
    """
    particles, mixture = experiment.particles, experiment.mixture
    if not particles or not isinstance(mixture, BoussinesqFluid):
        return None
    fillings = tuple(
        Filling(each.part, each.c * float(share), i)
        for each in experiment.fillings
        for i, share in enumerate(particles[0].shares)
    )
    return replace(
        experiment, mixture=with_states(mixture, particles), fillings=fillings, start_up=None
    )


class Together:
    """A problem with the solute as one species that holds the states of another one together.

    It shows fields; its equations are those of fast transitions, which these fields do not solve.

    Args:
        experiment: The experiment with the solute as one species.
        full: The problem with all states, with or without flow.
    """

    def __init__(self, experiment: Experiment, full: Problem) -> None:
        self.full = full
        equations = None if full.layout.flows else DIFFUSION
        self.shown = experiment.problem(equations, degree=full.degree)
        self._fields = [full.layout.compositions[i] for i in InternalStates(full).numbers]
        self.update()

    @property
    def fields(self) -> Sequence[str]:
        """The compositions of the problem with all states that belong to the solute."""
        return self._fields

    def update(self) -> Problem:
        """Take over the present state, with the motion of bodies and all values at walls."""
        full, shown = self.full, self.shown
        _take(full, shown)
        states = full.function(COMPOSITIONS).x.array
        shown.function(COMPOSITIONS).x.array[:] = sum(
            full.entries(states, field) for field in self._fields
        )
        for name, constant in shown.parameters.items():
            if name in full.parameters:
                constant.value = full.parameters[name].value
        for key, values in shown.wall_values.items():
            if key in full.wall_values:
                values.x.array[:] = full.wall_values[key].x.array
        return shown


@dataclass(frozen=True, eq=False)
class AllStates:
    """The amounts in all internal states of all particles, the solute first.

    Args:
        reference: Problem without flow.
        convection: Problem with flow.
    """

    reference: Problem
    convection: Problem

    def true_soret(self, value: float, fast: TrueSoret) -> TrueSoret:
        """Return S_T of the solute at rest, which depends on the cell if transitions are slow.

        Args:
            value: S_T from readings of all states in the steady state without gravity, 1/K.
            fast: S_T of fast transitions by the same readings.
        """
        counts = fast.size is not None and abs(value) > NEGLIGIBLE * abs(fast.value)
        size = value if counts else None
        return TrueSoret(value, value, size, size)


@dataclass(frozen=True, eq=False)
class SolvedStates(AllStates):
    """All internal states in steady states, beside those of fast transitions.

    Args:
        fast: Problem with flow in which the transitions of the solute are fast, on the same mesh.
        report: Solve report of the problem with flow.
    """

    fast: Problem
    report: SolveReport


def solve_all_states(
    experiment: Experiment, reference: Problem, convection: Problem, *, rests: bool = False
) -> SolvedStates | None:
    """Solve for all internal states, at rest and with gravity; collective.

    Args:
        experiment: The experiment.
        reference: The state without gravity of its solute as one species.
        convection: The same with gravity: the initial guess of flow and temperature. The reference
            itself leaves out gravity.
        rests: Whether the liquid is known to be at rest, so that gravity changes nothing.

    Returns:
        The states; None if the experiment has no particles with states.

    Raises:
        NotConverged: A state was not found.
    """
    full = with_all_states(experiment)
    if full is None:
        return None
    rest = full.problem(DIFFUSION, degree=reference.degree)
    log.info("solving for the internal states without gravity (%d unknowns)", rest.num_dofs)
    _take(reference, rest)
    report = solve_steady(rest, full.newton)
    if convection is reference:
        return SolvedStates(rest, rest, convection, report)
    flowing = full.problem(degree=convection.degree)
    if rests:
        hand_over(rest, flowing)
        return SolvedStates(rest, flowing, convection, report)
    report = find_states(experiment, flowing, rest, convection)
    return SolvedStates(rest, flowing, convection, report)


def find_states(
    experiment: Experiment, flowing: Problem, rest: Problem, fast: Problem
) -> SolveReport:
    """Find the steady state of all internal states with gravity; collective.

    Args:
        experiment: The experiment.
        flowing: The problem with all states and flow, whose state is overwritten.
        rest: The solved problem with all states and without gravity.
        fast: The state of fast transitions with gravity: the initial guess of flow and temperature.

    Raises:
        NotConverged: The steady state was not found.
    """
    log.info("solving for the internal states (%d unknowns)", flowing.num_dofs)
    _take(fast, flowing)
    flowing.function(COMPOSITIONS).x.array[:] = rest.function(COMPOSITIONS).x.array
    return find_convection(replace(experiment, start_up=None), flowing)


def _take(source: Problem, target: Problem) -> None:
    """Copy all fields but the compositions between problems on one mesh."""
    for name in target.layout.names:
        if name != COMPOSITIONS:
            target.function(name).x.array[:] = source.function(name).x.array
