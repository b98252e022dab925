"""One experiment on one mesh: with gravity, without, and pure conduction."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

from femsoret.experiment import Experiment, Pair
from femsoret.fluids.properties import Constant
from femsoret.forms import CONDUCTION, CONVECTION, DIFFUSION
from femsoret.log import get_logger
from femsoret.post.soret import HotCold, TrueSoret, apparent, read, true_soret
from femsoret.problem import Problem
from femsoret.solve import NewtonOptions, SolveReport, solve_ramped, solve_steady

log = get_logger(__name__)


@dataclass(frozen=True, eq=False)
class Solution:
    """The three states of an experiment, and the Soret coefficients that they show.

    Args:
        experiment: What was solved.
        conduction: Heat alone, with kappa_0: the yardstick of Nusselt numbers.
        reference: Heat and species without flow, on the same mesh.
        convection: Everything.
        reports: Solve reports of the three, in this order.
    """

    experiment: Experiment
    conduction: Problem
    reference: Problem
    convection: Problem
    reports: tuple[SolveReport, SolveReport, SolveReport]

    def readings(self, pair: Pair, problem: Problem | None = None) -> HotCold:
        """Return what a pair of readings shows.

        Args:
            pair: The pair.
            problem: One of the three problems; None takes the one with gravity.
        """
        return read(problem or self.convection, pair.hot, pair.cold)

    @property
    def has_species(self) -> bool:
        """Whether there is anything to separate; without, only the flow counts."""
        return bool(self.experiment.mixture.species)

    @cached_property
    def at(self) -> HotCold:
        """Readings with gravity."""
        return self.readings(self.experiment.pair)

    @cached_property
    def at_reference(self) -> HotCold:
        """Readings without gravity."""
        return self.readings(self.experiment.pair, self.reference)

    @cached_property
    def true(self) -> TrueSoret:
        """S_true, from the closed form between the gravity-free readings."""
        return true_soret(self.experiment.mixture, self.at_reference)

    @cached_property
    def apparent(self) -> float:
        """S_app, 1/K."""
        return apparent(self.experiment.mixture, self.at)

    @cached_property
    def apparent_reference(self) -> float:
        """S_app of the gravity-free state: S_true but for the numerical error, 1/K."""
        return apparent(self.experiment.mixture, self.at_reference)

    @property
    def error(self) -> float:
        """S_app - S_true, 1/K."""
        return self.apparent - self.true.value

    @property
    def bias(self) -> float | None:
        """S_app/S_true - 1; None where S_T changes sign or vanishes, or without species."""
        if not self.has_species or self.true.changes_sign or self.true.value == 0.0:
            return None
        return self.apparent / self.true.value - 1.0


def solve(
    experiment: Experiment, *, degree: int | None = None, start: Solution | None = None
) -> Solution:
    """Solve an experiment: conduction, then the gravity-free reference, then with gravity.

    Each state is the initial guess of the next.

    Args:
        experiment: The experiment.
        degree: Polynomial degree; None takes the experiment's.
        start: A solution on the same mesh that the state with gravity starts from.

    Raises:
        NotConverged: A state was not found, ramps included.
    """
    options = experiment.newton
    conduction = experiment.problem(CONDUCTION, degree=degree)
    reference = experiment.problem(DIFFUSION, degree=degree)
    convection = experiment.problem(CONVECTION, degree=degree)
    log.info("solving conduction (%d unknowns)", conduction.num_dofs)
    first = solve_steady(conduction, _small(options))
    hand_over(conduction, reference)
    log.info("solving the gravity-free reference (%d unknowns)", reference.num_dofs)
    second = solve_steady(reference, _small(options))
    hand_over(start.convection if start else reference, convection)
    log.info("solving with gravity (%d unknowns)", convection.num_dofs)
    third = solve_ramped(convection, options)
    return Solution(experiment, conduction, reference, convection, (first, second, third))


def _small(options: NewtonOptions) -> NewtonOptions:
    """Return the options for problems without flow: more Newton steps cost little there."""
    return replace(options, max_iterations=max(options.max_iterations, 30))


def hand_over(source: Problem, target: Problem) -> None:
    """Interpolate the blocks that two problems on one mesh share.

    Args:
        source: Solved problem.
        target: Problem whose state is overwritten.
    """
    for name in source.layout.names:
        if name in target.layout:
            target.function(name).interpolate(source.function(name))


def pure_diffusion(experiment: Experiment) -> Problem:
    """Return the solved problem of diffusion alone (u = 0, S_T = 0), for Sherwood numbers.

    Args:
        experiment: An experiment with walls of given composition.
    """
    without = tuple(
        replace(law, soret=Constant(0.0), mixing=None) for law in experiment.mixture.species
    )
    problem = replace(experiment, mixture=replace(experiment.mixture, species=without)).problem(
        DIFFUSION
    )
    solve_steady(problem, _small(experiment.newton))
    return problem
