"""Steady states of an experiment on one mesh: with gravity, without, and pure conduction."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from types import MappingProxyType
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
from femsoret.post.signals import Seen, seen, take
from femsoret.post.soret import (
    HotCold,
    SoretOutcome,
    apparent,
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
from femsoret.solve import (
    NewtonOptions,
    SolveReport,
    solve_steady,
)
from femsoret.solve.steady.stages import Stage
from femsoret.studies.measure.all_states import AllStates, Together, solve_all_states
from femsoret.studies.measure.convection import find_convection, hand_over

log = get_logger(__name__)


@dataclass(frozen=True, eq=False)
class Solution:
    """The three states of an experiment, and the Soret coefficients that follow from them.

    Args:
        experiment: The experiment that was solved.
        conduction: Problem of heat alone, with kappa_0; Nusselt numbers are relative to it.
        reference: Problem of heat and species without flow, on the same mesh.
        convection: Problem of heat, species and flow. With internal states, this and the reference
            hold the amounts in all states together, which their equations do not make.
        reports: Solve reports of the three, in this order; empty if the states were not solved for.
        outcomes: Apparent and true S_T, one outcome per species; empty if there is no S_T.
        each: Readings with gravity and without, one pair per species; empty without species or if
            the composition is imposed at a wall. All ranks take them when the solution is made, so
            that any rank can use them later.
        at_rest: Readings of the steady state without gravity, one per species; empty if ``each``
            is. The closed form starts from these.
        soret_missing: Why there is no S_T, a clause; empty if there is.
        beyond: Like ``outcomes``, but with the temperatures imposed behind solid walls instead of
            those of the fluid's walls; empty without solid walls.
        rests: Whether the liquid is known to be at rest, so that gravity changes nothing.
        departed: Whether the state with gravity was found from an unstable one along one of its
            modes, so that a search from rest does not find it
            (:mod:`femsoret.studies.measure.departure`).
        chambers: Results of each chamber, if solids separate the fluid into several.
        signals: Name of each further signal of the experiment -> what it shows.
        states: All internal states of particles; None if the experiment has none, or takes their
            transitions as fast.
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
    signals: Mapping[str, Seen] = MappingProxyType({})
    states: AllStates | None = None

    @property
    def soret(self) -> SoretOutcome | None:
        """Apparent and true S_T of the first species; None if there is no S_T."""
        return next(iter(self.outcomes), None)

    @property
    def readings(self) -> tuple[HotCold, HotCold] | None:
        """Readings of the first species with gravity and without; None if there are none."""
        return next(iter(self.each), None)

    @property
    def at_thermostats(self) -> SoretOutcome | None:
        """Like ``soret``, with the temperatures imposed behind solid walls; None without them."""
        return next(iter(self.beyond), None)

    @property
    def full(self) -> Problem:
        """The problem with gravity whose equations the state solves: with all internal states."""
        return self.convection if self.states is None else self.states.convection

    @property
    def relaxing(self) -> Problem:
        """The problem that governs small deviations: without flow if the liquid is at rest."""
        return self.reference if self.rests else self.convection

    @cached_property
    def flows(self) -> Flows:
        """Heat and mass flows out of the sides with gravity; collective on first access."""
        return flows_of(self.full)

    @cached_property
    def conducted(self) -> Mapping[str, float]:
        """Side -> heat flow of pure conduction, W; collective on first access."""
        return flows_of(self.conduction).heat

    @cached_property
    def diffused(self) -> Mapping[str, Mapping[str, float]]:
        """Composition -> side -> mass flow of pure diffusion, kg/s; empty in a closed cell.

        Collective on first access.
        """
        if _closed(self.convection):
            return {}
        return flows_of(pure_diffusion(self.experiment, degree=self.convection.degree)).mass

    @cached_property
    def sherwood(self) -> dict[str, dict[str, float | None]]:
        """Composition -> side -> Sherwood number or None; collective on first access."""
        return {
            field: sherwood(self.convection, field, self.flows.mass[field], flows)
            for field, flows in self.diffused.items()
        }

    @cached_property
    def nusselt(self) -> dict[str, float | None]:
        """Side -> Nusselt number, None where there is none; collective on first access."""
        by_flow = nusselt(self.convection, self.flows.heat, self.conducted)
        return {**by_flow, **nusselt_of_flux(self.convection, self.conduction)}

    @property
    def why_no_entropy(self) -> str:
        """Why the state with gravity has no entropy rates; empty if it has; collective."""
        absolute = self.experiment.absolute_temperature
        return why_no_entropy(self.full, absolute_temperature=absolute)

    def balances(
        self, entropy: Entropy | None = None, spurious_peclet: float | None = None
    ) -> Balances:
        """Return the relative defects of the conserved quantities; collective.

        Args:
            entropy: Entropy rates of the state with gravity; None if it has none.
            spurious_peclet: Its spurious Peclet number; None if it was not evaluated.
        """
        return balances(self.full, self.flows, entropy, spurious_peclet)


S = TypeVar("S", bound=Solution)


def solve(
    experiment: Experiment,
    *,
    degree: int | None = None,
    start: Solution | None = None,
    stages: Sequence[Stage] | None = None,
) -> Solution:
    """Solve an experiment: conduction, then without gravity, then with gravity; collective.

    Each state is the initial guess of the next. In a solid the last two are the same state.

    Args:
        experiment: The experiment.
        degree: Polynomial degree; None takes the experiment's.
        start: A solution that the search for the state with gravity starts from, on any mesh of
            the cell or on a stretched copy of its mesh.
        stages: Stages of the steady solver to try for the state with gravity, in order; None takes
            the default ones.

    Raises:
        NotConverged: A state was not found, not even by continuation.
        FluidError: A property is negative in a state that was found.
    """
    conduction, reference, without = _without_flow(experiment, degree)
    if not experiment.flows:
        states = Solution(experiment, conduction, reference, reference, without, rests=True)
        return with_readings(with_states_solved(states))
    convection = experiment.problem(degree=degree)
    hand_over(reference, convection)
    if start is not None:
        _add_flow_of(start, convection)
    report = find_convection(experiment, convection, stages)
    check_laws(convection)
    states = Solution(experiment, conduction, reference, convection, (*without, report))
    return with_readings(with_states_solved(states))


def solve_at_rest(experiment: Experiment, *, degree: int | None = None) -> Solution:
    """Solve an experiment whose liquid is known to be at rest; collective.

    The state with gravity then equals the one without (:mod:`femsoret.studies.audit.ideal`). Its
    pressure, on which no reading depends, is not computed.

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
    return with_readings(with_states_solved(states))


def solve_without_gravity(experiment: Experiment) -> Solution:
    """Solve for the steady states that a transient run is compared with; collective.

    Args:
        experiment: The experiment.

    Returns:
        A solution whose state with gravity is replaced by the one without.

    Raises:
        CaseError: A stabilisation of the experiment omits the rate of change.
        NotConverged: A state was not found.
    """
    experiment.check_rates()
    conduction, reference, reports = _without_flow(experiment, None)
    states = Solution(experiment, conduction, reference, reference, reports, rests=True)
    states = with_states_solved(states)
    return with_readings(states, steady=states.reference)


def departed_from(solution: Solution, report: SolveReport) -> Solution:
    """Return the solution with the other state that its problem with flow now holds; collective.

    Args:
        solution: The solution with the unstable state, whose cached quantities are out of date.
        report: Solve report of the other state.
    """
    states = (solution.conduction, solution.reference, solution.convection)
    reports = (*solution.reports[:2], report)
    return with_readings(
        with_states_solved(Solution(solution.experiment, *states, reports, departed=True))
    )


def with_states_solved(solution: Solution) -> Solution:
    """Return a solution with all internal states of the particles of its experiment; collective.

    Args:
        solution: The solution, in which transitions are fast.

    Raises:
        NotConverged: A state was not found.
    """
    experiment, reports = solution.experiment, solution.reports
    states = solve_all_states(
        experiment, solution.reference, solution.convection, rests=solution.rests
    )
    if states is None:
        return solution
    reference = Together(experiment, states.reference).shown
    at_rest = states.convection is states.reference
    return replace(
        solution,
        reference=reference,
        convection=reference if at_rest else Together(experiment, states.convection).shown,
        reports=(*reports, states.report),
        states=states,
    )


def _without_flow(
    experiment: Experiment, degree: int | None
) -> tuple[Problem, Problem, tuple[SolveReport, SolveReport]]:
    """Return the solved problems of conduction and without gravity, and their solve reports."""
    options = _small(experiment.newton)
    conduction = experiment.problem(CONDUCTION, degree=degree)
    reference = experiment.problem(DIFFUSION, degree=degree)
    log.info("solving conduction (%d unknowns)", conduction.num_dofs)
    first = solve_steady(conduction, options)
    hand_over(conduction, reference)
    log.info("solving without gravity (%d unknowns)", reference.num_dofs)
    second = solve_steady(reference, options)
    check_laws(reference)
    return conduction, reference, (first, second)


def with_readings(states: S, steady: Problem | None = None) -> S:
    """Return states with their readings and the resulting Soret coefficients; collective.

    Args:
        states: The states, without readings.
        steady: The steady state without gravity, which defines the true S_T, for states that change
            in time. None takes the reference.
    """
    experiment, convection, reference = states.experiment, states.convection, states.reference
    mixture, dT = experiment.mixture, experiment.orientation.dT
    states = replace(states, signals=_signals(states, steady or reference))
    if not mixture.species:
        return replace(states, soret_missing="the cell contains a pure fluid")
    if not _closed(convection):
        return replace(states, soret_missing="the composition is imposed at walls")
    if steady is not None and not dT:
        return replace(states, soret_missing="all walls have the same temperature")
    rest, pair = steady or reference, experiment.pair
    at, at_reference = (read_each(state, pair.hot, pair.cold) for state in (convection, reference))
    at_rest = at_reference if rest is reference else read_each(rest, pair.hot, pair.cold)
    read = replace(
        states,
        each=tuple(zip(at, at_reference, strict=True)),
        at_rest=at_rest,
        chambers=_chambers(states, rest),
    )
    missing = _one_temperature(at[0], at_reference[0], at_rest[0], dT)
    missing = missing or why_not_together(convection, pair.hot, pair.cold)
    if missing:
        return replace(read, soret_missing=missing)
    try:
        true = true_soret(rest, pair.hot, pair.cold)
        fast = true[0]
        if states.states is not None:
            true = (states.states.true_soret(apparent(mixture, at_rest[0]), fast),)
        outcomes = outcomes_of(mixture, at, at_reference, true)
    except ConditionError as error:  # a mass fraction outside 0..1
        return replace(read, soret_missing=error.message)
    beyond: tuple[SoretOutcome, ...] = ()
    if experiment.thermostat_pair and steady is None:
        outside = experiment.thermostat_pair
        there = soret_outcomes(convection, reference, outside.hot, outside.cold)
        if states.states is not None:  # S_T of the states at rest over that of fast transitions
            true = (replace(true[0], fluid=fast.fluid),)
        true_there = with_effect_of(true, [outcome.true for outcome in there])
        beyond = tuple(
            replace(outcome, true=soret) for outcome, soret in zip(there, true_there, strict=True)
        )
    return replace(read, outcomes=outcomes, beyond=beyond)


def _chambers(states: Solution, rest: Problem) -> tuple[Chamber, ...]:
    """Return the results of each chamber, with S_T of all internal states at rest; collective."""
    pair = states.experiment.pair
    found = chambers_of(states.convection, rest, pair.hot, pair.cold)
    if states.states is None:
        return found
    known = states.states
    return tuple(
        replace(
            chamber,
            outcomes=tuple(
                replace(outcome, true=known.true_soret(outcome.without_gravity, outcome.true))
                for outcome in chamber.outcomes
            ),
        )
        for chamber in found
    )


def _signals(states: Solution, rest: Problem) -> dict[str, Seen]:
    """Return what the further signals of an experiment show, by name; collective."""
    closed = _closed(states.convection)
    found = {}
    for name, signal in states.experiment.signals.items():
        there = seen(states.convection, states.reference, rest, signal)
        if not closed:
            there = replace(there, outcomes=(), missing="the composition is imposed at walls")
        if states.states is not None and there.outcomes:
            (outcome,) = there.outcomes
            at_rest = take(rest, signal)
            if at_rest.apparent:
                true = states.states.true_soret(at_rest.apparent[0], outcome.true)
                there = replace(there, outcomes=(replace(outcome, true=true),))
            else:
                there = replace(there, outcomes=(), missing=at_rest.missing)
        found[name] = there
    return found


def _one_temperature(at: HotCold, at_reference: HotCold, at_rest: HotCold, dT: float) -> str:
    """Return why there is no temperature difference between the readings; empty if there is one.

    Temperatures are the same for all species.
    """
    if at_rest is not at_reference and not at_rest.has_difference(dT):
        return "the two readings have the same temperature"
    if at.has_difference(dT) and at_reference.has_difference(dT):
        return ""
    if at_rest is not at_reference:
        return "the two readings have the same temperature at the end"
    return (
        "the two readings have the same temperature (they differ by "
        f"{abs(at_reference.dT):.1e} units of temperature without gravity and by {abs(at.dT):.1e} "
        "with gravity)"
    )


def _add_flow_of(start: Solution, target: Problem) -> None:
    """Add the effect of gravity in another solution to a state at rest.

    If the walls have other temperatures or distances, this is a better initial guess than the other
    solution itself, from which Newton's method may find branches that exist on coarse meshes only.
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


def _closed(problem: Problem) -> bool:
    """Return whether no wall imposes the composition, so that it is free to separate."""
    return not sides_with_values(problem.conditions, COMPOSITIONS)


def _small(options: NewtonOptions) -> NewtonOptions:
    """Return the options for problems without flow, where more Newton steps cost little."""
    return replace(options, max_iterations=max(options.max_iterations, 30))


def pure_diffusion(experiment: Experiment, *, degree: int | None = None) -> Problem:
    """Solve pure diffusion (u = 0, S_T = 0), for Sherwood numbers; collective.

    Args:
        experiment: An experiment with imposed compositions at walls.
        degree: Polynomial degree; None takes the experiment's.
    """
    still = replace(experiment, mixture=without_soret(experiment.mixture))
    problem = still.problem(DIFFUSION, degree=degree)
    solve_steady(problem, _small(experiment.newton))
    return problem
