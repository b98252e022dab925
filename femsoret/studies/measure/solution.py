"""Steady states of one experiment on one mesh: with gravity, without, and pure conduction."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TypeVar

from femsoret.base.errors import ConditionError
from femsoret.base.log import get_logger
from femsoret.experiment import Experiment
from femsoret.physics.closures.modified import without_soret
from femsoret.physics.forms import CONDUCTION, DIFFUSION
from femsoret.post.balances import Balances, Entropy, balances, why_no_entropy
from femsoret.post.chambers import Chamber, chambers_of, why_not_together
from femsoret.post.laws import check_laws
from femsoret.post.nusselt import nusselt, nusselt_of_flux, sherwood
from femsoret.post.soret import (
    HotCold,
    SoretOutcome,
    outcomes_of,
    read_each,
    soret_outcomes,
    true_soret,
    with_effect_of,
)
from femsoret.post.wall_flows import Flows, flows_of
from femsoret.problem import Problem
from femsoret.problem.conditions import sides_with_values
from femsoret.problem.layout import COMPOSITIONS
from femsoret.solve import NewtonOptions, SolveReport, find_steady, solve_steady
from femsoret.solve.linear.interpolation import interpolate
from femsoret.solve.steady.stages import Stage

log = get_logger(__name__)


@dataclass(frozen=True, eq=False)
class Solution:
    """The three states of an experiment, and the Soret coefficients that they show.

    Args:
        experiment: What was solved.
        conduction: Heat alone, with kappa_0: Nusselt numbers are relative to this state.
        reference: Heat and species without flow, on the same mesh.
        convection: Everything.
        reports: Solve reports of the three, in this order; empty where states were not solved for.
        outcomes: What they say about S_T, one a species; empty where they say nothing.
        each: Readings with gravity and without, one pair a species; empty without species, or where
            a wall holds the composition. They are taken by all ranks together when the solution is
            made, so that any rank may look at them later.
        at_rest: Readings of the steady state without gravity, one a species; empty where ``each``
            is. The closed form starts from these.
        soret_missing: Why there is no S_T; empty where there is.
        beyond: What would be said, one a species, with the temperatures that are imposed behind
            solid walls, in place of those of the fluid's walls; empty without them.
        rests: Whether the state with gravity was known to be the one without.
        departed: Whether the state with gravity was found from an unstable one, along a mode of
            it: a search from rest does not find it (:mod:`femsoret.studies.measure.departure`).
        chambers: What is known of each, where solids separate the fluid into several.
    """

    experiment: Experiment
    conduction: Problem
    reference: Problem
    convection: Problem
    reports: tuple[SolveReport, ...] = ()
    outcomes: tuple[SoretOutcome, ...] = ()
    each: tuple[tuple[HotCold, HotCold], ...] = ()
    at_rest: tuple[HotCold, ...] = ()
    soret_missing: str = ""
    beyond: tuple[SoretOutcome, ...] = ()
    rests: bool = False
    departed: bool = False
    chambers: tuple[Chamber, ...] = ()

    @property
    def soret(self) -> SoretOutcome | None:
        """What the states say about S_T of the species named first; None where they say nothing."""
        return next(iter(self.outcomes), None)

    @property
    def readings(self) -> tuple[HotCold, HotCold] | None:
        """Readings of that species with gravity and without; None where there are none."""
        return next(iter(self.each), None)

    @property
    def at_thermostats(self) -> SoretOutcome | None:
        """What would be said of it with the temperatures behind solid walls; None without them."""
        return next(iter(self.beyond), None)

    @property
    def relaxing(self) -> Problem:
        """The problem by which deviations of the composition decay: without flow if at rest."""
        return self.reference if self.rests else self.convection

    @cached_property
    def flows(self) -> Flows:
        """What leaves through the sides with gravity; collective when first asked for."""
        return flows_of(self.convection)

    @cached_property
    def conducted(self) -> Mapping[str, float]:
        """Heat flows by side of pure conduction, W; collective when first asked for."""
        return flows_of(self.conduction).heat

    @cached_property
    def diffused(self) -> Mapping[str, Mapping[str, float]]:
        """Composition -> side -> mass flow of pure diffusion, kg/s; empty in a closed cell.

        Collective when first asked for.
        """
        if _closed(self.convection):
            return {}
        return flows_of(pure_diffusion(self.experiment, degree=self.convection.degree)).mass

    @cached_property
    def sherwood(self) -> dict[str, dict[str, float | None]]:
        """Composition -> side -> Sherwood number or None; collective when first asked for."""
        return {
            field: sherwood(self.convection, field, self.flows.mass[field], flows)
            for field, flows in self.diffused.items()
        }

    @cached_property
    def nusselt(self) -> dict[str, float | None]:
        """Side -> Nusselt number, None where there is none; collective when first asked for."""
        by_flow = nusselt(self.convection, self.flows.heat, self.conducted)
        return {**by_flow, **nusselt_of_flux(self.convection, self.conduction)}

    @property
    def why_no_entropy(self) -> str:
        """Why the state with gravity has no entropy rates; empty if it has. Collective."""
        absolute = self.experiment.absolute_temperature
        return why_no_entropy(self.convection, absolute_temperature=absolute)

    def balances(self, entropy: Entropy | None, spurious_peclet: float | None) -> Balances:
        """Return the relative defects of what must be conserved; collective.

        Args:
            entropy: Entropy rates of the state with gravity, if it has any.
            spurious_peclet: Its spurious Peclet number, if it was evaluated.
        """
        return balances(self.convection, self.flows, entropy, spurious_peclet)


S = TypeVar("S", bound=Solution)


def solve(
    experiment: Experiment,
    *,
    degree: int | None = None,
    start: Solution | None = None,
    stages: Sequence[Stage] | None = None,
) -> Solution:
    """Solve an experiment: conduction, then the gravity-free reference, then with gravity.

    Each state is the initial guess of the next.

    Args:
        experiment: The experiment.
        degree: Polynomial degree; None takes the experiment's.
        start: A solution that the state with gravity starts from, on any mesh of the cell, or on
            this one stretched.
        stages: What to try for the state with gravity, in order; None takes what suits it.

    Raises:
        NotConverged: A state was not found, ramps included.
        FluidError: A property is negative in a state that was found.
    """
    conduction, reference, without = _without_flow(experiment, degree)
    convection = experiment.problem(degree=degree)
    hand_over(reference, convection)
    if start is not None:
        _add_flow_of(start, convection)
    report = find_convection(experiment, convection, stages)
    check_laws(convection)
    return with_readings(
        Solution(experiment, conduction, reference, convection, (*without, report))
    )


def solve_at_rest(experiment: Experiment, *, degree: int | None = None) -> Solution:
    """Solve an experiment whose liquid is known to rest; see :mod:`femsoret.studies.audit.ideal`.

    The state with gravity is the one without; its pressure, on which no reading depends, is not
    computed.

    Args:
        experiment: The experiment.
        degree: Polynomial degree; None takes the experiment's.

    Raises:
        NotConverged: A state was not found.
    """
    conduction, reference, without = _without_flow(experiment, degree)
    convection = experiment.problem(degree=degree)
    hand_over(reference, convection)
    report = SolveReport(convection.num_dofs, 0, 0, 0.0, (), without[-1].options)
    states = Solution(experiment, conduction, reference, convection, (*without, report), rests=True)
    return with_readings(states)


def solve_without_gravity(experiment: Experiment) -> Solution:
    """Solve for the steady states that a transient run is compared with.

    Args:
        experiment: The experiment.

    Returns:
        A solution whose state with gravity is the one without.

    Raises:
        CaseError: A stabilisation leaves out the rate of change.
        NotConverged: A state was not found.
    """
    experiment.check_rates()
    conduction, reference, reports = _without_flow(experiment, None)
    states = Solution(experiment, conduction, reference, reference, reports, rests=True)
    return with_readings(states, steady=reference)


def departed_from(solution: Solution, report: SolveReport) -> Solution:
    """Return the solution with the other state that its problem with gravity now holds.

    Args:
        solution: The experiment, solved before; its numbers of the flow hold no longer.
        report: How the other state was found.
    """
    states = (solution.conduction, solution.reference, solution.convection)
    reports = (*solution.reports[:2], report)
    return with_readings(Solution(solution.experiment, *states, reports, departed=True))


def _without_flow(
    experiment: Experiment, degree: int | None
) -> tuple[Problem, Problem, tuple[SolveReport, SolveReport]]:
    """Return conduction and the gravity-free reference, solved."""
    options = _small(experiment.newton)
    conduction = experiment.problem(CONDUCTION, degree=degree)
    reference = experiment.problem(DIFFUSION, degree=degree)
    log.info("solving conduction (%d unknowns)", conduction.num_dofs)
    first = solve_steady(conduction, options)
    hand_over(conduction, reference)
    log.info("solving the gravity-free reference (%d unknowns)", reference.num_dofs)
    second = solve_steady(reference, options)
    check_laws(reference)
    return conduction, reference, (first, second)


def with_readings(states: S, steady: Problem | None = None) -> S:
    """Return states with their readings and the Soret coefficients that follow; collective.

    Args:
        states: The states, without readings.
        steady: The steady state without gravity, for states that change in time: its S_T is the
            true one. None takes the reference.
    """
    experiment, convection, reference = states.experiment, states.convection, states.reference
    mixture, dT = experiment.mixture, experiment.orientation.dT
    if not mixture.species:
        return replace(states, soret_missing="it holds a pure fluid")
    if not _closed(convection):
        return replace(states, soret_missing="walls hold its composition")
    if steady is not None and not dT:
        return replace(states, soret_missing="all walls have one temperature")
    rest, pair = steady or reference, experiment.pair
    at, at_reference = (read_each(state, pair.hot, pair.cold) for state in (convection, reference))
    at_rest = at_reference if rest is reference else read_each(rest, pair.hot, pair.cold)
    read = replace(
        states,
        each=tuple(zip(at, at_reference, strict=True)),
        at_rest=at_rest,
        chambers=chambers_of(convection, rest, pair.hot, pair.cold),
    )
    missing = _one_temperature(at[0], at_reference[0], at_rest[0], dT)
    missing = missing or why_not_together(convection, pair.hot, pair.cold)
    if missing:
        return replace(read, soret_missing=missing)
    try:
        true = true_soret(rest, pair.hot, pair.cold)
        outcomes = outcomes_of(mixture, at, at_reference, true)
    except ConditionError as error:  # a mass fraction outside 0..1
        return replace(read, soret_missing=error.message)
    beyond: tuple[SoretOutcome, ...] = ()
    if experiment.thermostat_pair and steady is None:
        outside = experiment.thermostat_pair
        there = soret_outcomes(convection, reference, outside.hot, outside.cold)
        true_there = with_effect_of(true, [outcome.true for outcome in there])
        beyond = tuple(
            replace(outcome, true=soret) for outcome, soret in zip(there, true_there, strict=True)
        )
    return replace(read, outcomes=outcomes, beyond=beyond)


def _one_temperature(at: HotCold, at_reference: HotCold, at_rest: HotCold, dT: float) -> str:
    """Return why there is no temperature difference between readings; empty where there is.

    Temperatures are the same for all species.
    """
    if at_rest is not at_reference and not at_rest.has_difference(dT):
        return "its two readings have one temperature"
    if at.has_difference(dT) and at_reference.has_difference(dT):
        return ""
    if at_rest is not at_reference:
        return "its two readings end at one temperature"
    return (
        "its two readings have one temperature (without gravity they are "
        f"{abs(at_reference.dT):.1e} of a unit of temperature apart, with gravity {abs(at.dT):.1e})"
    )


def _add_flow_of(start: Solution, target: Problem) -> None:
    """Add to a state at rest what gravity changed in another solution.

    Where walls have other temperatures, or other distances, that is nearer to what is sought than
    the other solution as it is: from the latter Newton was seen to find branches that only a coarse
    mesh has.
    """
    source, at_rest = start.convection, target.get_state()
    flowing = source.get_state()
    for function in source.functions:
        function.x.array[:] = 0.0
    hand_over(start.reference, source)
    for function, flow in zip(source.functions, flowing, strict=True):
        function.x.array[:] = flow - function.x.array
    hand_over(source, target)
    source.set_state(flowing)
    for function, rest in zip(target.functions, at_rest, strict=True):
        function.x.array[:] += rest


def find_convection(
    experiment: Experiment, problem: Problem, stages: Sequence[Stage] | None = None
) -> SolveReport:
    """Find the steady state with gravity from the present state; collective.

    Args:
        experiment: The experiment.
        problem: Its problem with flow.
        stages: Ways to try in turn; None takes those of :func:`~femsoret.solve.find_steady`.

    Raises:
        NotConverged: It was not found.
    """
    if experiment.start_up is not None:
        log.info("solving for another direction of gravity, to start from")
        leaned = {f"gravity__up__{i}": x for i, x in enumerate(experiment.start_up)}
        with problem.changed(**leaned):
            find_steady(problem, experiment.newton)
    log.info("solving with gravity (%d unknowns)", problem.num_dofs)
    return find_steady(problem, experiment.newton, stages=stages)


def _closed(problem: Problem) -> bool:
    """Return whether the composition is free to separate: no wall holds it at a given value."""
    return not sides_with_values(problem.conditions, COMPOSITIONS)


def _small(options: NewtonOptions) -> NewtonOptions:
    """Return the options for problems without flow: more Newton steps cost little there."""
    return replace(options, max_iterations=max(options.max_iterations, 30))


def hand_over(source: Problem, target: Problem) -> None:
    """Copy the blocks that two problems share from one to the other.

    Args:
        source: Solved problem.
        target: Problem whose state is overwritten, on any mesh of the cell, or on the source's
            stretched and then of the same degree.
    """
    stretched = source.cell.mesh.topology._cpp_object is target.cell.mesh.topology._cpp_object
    for name in source.layout.names:
        if name not in target.layout:
            continue
        here, there = source.function(name), target.function(name)
        if source.cell is target.cell:
            there.interpolate(here)
        elif stretched:  # one topology, hence one numbering
            there.x.array[:] = here.x.array
        else:
            interpolate(here, there)


def pure_diffusion(experiment: Experiment, *, degree: int | None = None) -> Problem:
    """Return the solved problem of diffusion alone (u = 0, S_T = 0), for Sherwood numbers.

    Args:
        experiment: An experiment with walls of given composition.
        degree: Polynomial degree; None takes the experiment's.
    """
    still = replace(experiment, mixture=without_soret(experiment.mixture))
    problem = still.problem(DIFFUSION, degree=degree)
    solve_steady(problem, _small(experiment.newton))
    return problem
