"""One experiment on one mesh: with gravity, without, and pure conduction."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Protocol

from femsoret.base.errors import ConditionError
from femsoret.base.log import get_logger
from femsoret.experiment import Experiment, Pair
from femsoret.physics.closures.modified import without_soret
from femsoret.physics.forms import CONDUCTION, DIFFUSION
from femsoret.post.chambers import Chamber, chambers_of, why_not_together
from femsoret.post.laws import check_laws
from femsoret.post.nusselt import nusselt, nusselt_of_flux, sherwood
from femsoret.post.soret import (
    HotCold,
    SoretOutcome,
    read_each,
    soret_outcomes,
    with_effect_of,
)
from femsoret.post.wall_flows import Flows, flows_of
from femsoret.problem import Problem
from femsoret.problem.conditions import sides_with_values
from femsoret.problem.layout import COMPOSITIONS
from femsoret.solve import NewtonOptions, SolveReport, find_steady, solve_steady
from femsoret.solve.linear.interpolation import apply, interpolation
from femsoret.solve.steady.stages import Stage

log = get_logger(__name__)


class Flowing(Protocol):
    """An experiment and a state of it with gravity."""

    @property
    def experiment(self) -> Experiment:
        """What was solved."""

    @property
    def convection(self) -> Problem:
        """Its state."""


@dataclass(frozen=True, eq=False)
class Solution:
    """The three states of an experiment, and the Soret coefficients that they show.

    Args:
        experiment: What was solved.
        conduction: Heat alone, with kappa_0: the yardstick of Nusselt numbers.
        reference: Heat and species without flow, on the same mesh.
        convection: Everything.
        reports: Solve reports of the three, in this order.
        outcomes: What they say about S_T, one a species; empty where they say nothing.
        each: Readings with gravity and without, one pair a species; empty without species, or where
            a wall holds the composition. They are taken by all ranks together when the solution is
            made, so that any rank may look at them later.
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
    reports: tuple[SolveReport, SolveReport, SolveReport]
    outcomes: tuple[SoretOutcome, ...] = ()
    each: tuple[tuple[HotCold, HotCold], ...] = ()
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
        """What a deviation of the composition decays by: in a liquid at rest no flow."""
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
    def sherwood(self) -> dict[str, dict[str, float | None]]:
        """Composition -> side -> Sherwood number or None; collective when first asked."""
        problem = self.convection
        if _closed(problem):
            return {}
        diffusion = flows_of(pure_diffusion(self.experiment, degree=problem.degree))
        return {
            field: sherwood(problem, field, flows, diffusion.mass[field])
            for field, flows in self.flows.mass.items()
        }

    @cached_property
    def nusselt(self) -> dict[str, float | None]:
        """Nusselt number of every side, None where there is none; collective when first asked."""
        by_flow = nusselt(self.convection, self.flows.heat, self.conducted)
        return {**by_flow, **nusselt_of_flux(self.convection, self.conduction)}


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
    return _read(experiment, conduction, reference, convection, (*without, report))


def solve_at_rest(experiment: Experiment, *, degree: int | None = None) -> Solution:
    """Solve an experiment whose liquid is known to rest; see :mod:`femsoret.studies.audit.rest`.

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
    found = _read(experiment, conduction, reference, convection, (*without, report))
    return replace(found, rests=True)


def found_from(solution: Solution, report: SolveReport) -> Solution:
    """Return an experiment with the other state that its problem with gravity holds now.

    Args:
        solution: The experiment, solved before; its numbers of the flow hold no longer.
        report: How the other state was found.
    """
    states = (solution.conduction, solution.reference, solution.convection)
    found = _read(solution.experiment, *states, (*solution.reports[:2], report))
    return replace(found, departed=True)


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


def _read(
    experiment: Experiment,
    conduction: Problem,
    reference: Problem,
    convection: Problem,
    reports: tuple[SolveReport, SolveReport, SolveReport],
) -> Solution:
    """Return solved states with their readings."""
    mixture, frame = experiment.mixture, experiment.orientation
    states = (experiment, conduction, reference, convection, reports)
    if not mixture.species:
        return Solution(*states, soret_missing="it holds a pure fluid")
    if not _closed(convection):
        return Solution(*states, soret_missing="walls hold its composition")
    pair = experiment.pair
    at, at_rest = (read_each(problem, pair.hot, pair.cold) for problem in (convection, reference))
    known = Solution(
        *states,
        each=tuple(zip(at, at_rest, strict=True)),
        chambers=chambers_of(convection, reference, pair.hot, pair.cold),
    )
    # Temperatures are the same for all species.
    if not all(readings[0].has_difference(frame.dT) for readings in (at, at_rest)):
        return replace(known, soret_missing=_one_temperature(at[0], at_rest[0]))
    missing = why_not_together(convection, pair.hot, pair.cold)
    if missing:
        return replace(known, soret_missing=missing)
    try:
        outcomes = _outcomes(convection, reference, pair)
    except ConditionError as error:  # a mass fraction outside 0..1
        return replace(known, soret_missing=error.message)
    beyond: tuple[SoretOutcome, ...] = ()
    if experiment.thermostat_pair:
        there = _outcomes(convection, reference, experiment.thermostat_pair)
        true = with_effect_of([one.true for one in outcomes], [one.true for one in there])
        beyond = tuple(replace(one, true=of) for one, of in zip(there, true, strict=True))
    return replace(known, outcomes=outcomes, beyond=beyond)


def _one_temperature(at: HotCold, at_reference: HotCold) -> str:
    """Return the clause on readings between which there is no temperature difference."""
    return (
        "its two readings have one temperature (without gravity they are "
        f"{abs(at_reference.dT):.1e} of a unit of temperature apart, with gravity {abs(at.dT):.1e})"
    )


def _outcomes(convection: Problem, reference: Problem, pair: Pair) -> tuple[SoretOutcome, ...]:
    """Return what a pair of readings says."""
    return soret_outcomes(convection, reference, pair.hot, pair.cold)


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
    """Find the steady state with gravity, from the present one, leaned first where that is asked.

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
    """Hand over the blocks that two problems share.

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
            apply(interpolation(here.function_space, there.function_space), here, there)


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
