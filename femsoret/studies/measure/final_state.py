"""The state in which a transient run ends, measured as a steady one is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from femsoret.base.errors import ConditionError
from femsoret.experiment import Experiment
from femsoret.post.chambers import Chamber, chambers_of, why_not_together
from femsoret.post.flow import Speed, speed
from femsoret.post.nusselt import nusselt, sherwood
from femsoret.post.readings import Gradients, read_gradients
from femsoret.post.resolution import NOT_MEASURED, Resolution, resolution
from femsoret.post.soret import HotCold, SoretOutcome, TrueSoret, outcomes_of, read, read_each
from femsoret.post.wall_flows import gradient_flows, jumps
from femsoret.problem import Problem
from femsoret.problem.conditions import sides_with_values
from femsoret.problem.layout import COMPOSITIONS
from femsoret.studies.measure.attempt import Attempts
from femsoret.studies.measure.recorder import endings
from femsoret.studies.measure.spurious import spurious_peclet
from femsoret.studies.measure.transient import TransientFindings


@dataclass(frozen=True, eq=False)
class FinalStates:
    """The states in which the marches of a transient run end.

    Args:
        experiment: What was run.
        convection: The state with gravity.
        reference: The state of the run without gravity; of a pure fluid, steady conduction.
        at: Readings with gravity; None without species, or where a wall holds the composition.
        at_reference: Readings of the run without gravity.
        at_rest: Readings of the steady state without gravity, which the closed form starts from.
    """

    experiment: Experiment
    convection: Problem
    reference: Problem
    at: tuple[HotCold, ...]
    at_reference: tuple[HotCold, ...]
    at_rest: tuple[HotCold, ...]


def final_states(findings: TransientFindings) -> FinalStates:
    """Read the states in which a transient run ends; collective.

    Args:
        findings: The findings.
    """
    experiment, convection = findings.experiment, findings.with_gravity.problem
    without = findings.without_gravity
    reference = findings.yardsticks.reference if without is None else without.problem
    readings: list[tuple[HotCold, ...]] = [(), (), ()]
    if (
        experiment.mixture.species
        and not sides_with_values(convection.conditions, COMPOSITIONS)
        and experiment.orientation.dT
    ):
        pair, problems = experiment.pair, (convection, reference, findings.yardsticks.reference)
        readings = [read_each(problem, pair.hot, pair.cold) for problem in problems]
    return FinalStates(experiment, convection, reference, *readings)


@dataclass(frozen=True, eq=False)
class FinalState:
    """What is measured of the end of a transient run.

    Args:
        states: The states.
        outcomes: What the readings say about S_T, one a species; empty where they say nothing.
        soret_missing: Why they do not; empty where they do.
        extra: Name -> readings of the experiment's extra pairs.
        gradients: Name -> gradients that the experiment reads.
        speed: Largest speed and Peclet numbers.
        resolution: How well the mesh resolves what the flow carries.
        spurious_peclet: Peclet number of the flow that the mesh makes of its own.
        nusselt_gradient: Side -> Nusselt number by the gradient at the wall.
        sherwood: Side -> Sherwood number, None unless the side has a given composition; one of
            these a species.
        hot_meets_cold: Pairs of sides that touch and are held at different temperatures, at the end
            or in the steady state that Nusselt numbers are counted from.
        chambers: What is known of each, where solids separate the fluid into several.
        failed: What could not be measured -> why; the rest stands.
    """

    states: FinalStates
    outcomes: tuple[SoretOutcome, ...]
    soret_missing: str
    extra: dict[str, HotCold]
    gradients: dict[str, Gradients]
    speed: Speed
    resolution: Resolution
    spurious_peclet: float | None
    nusselt_gradient: dict[str, float | None]
    sherwood: tuple[dict[str, float | None], ...]
    hot_meets_cold: tuple[tuple[str, str], ...]
    chambers: tuple[Chamber, ...] = ()
    failed: Mapping[str, str] = field(default_factory=dict)


def final_state(findings: TransientFindings) -> FinalState:
    """Measure the end of a transient run; collective.

    Args:
        findings: The findings.
    """
    states, measures = final_states(findings), findings.yardsticks
    experiment, convection = states.experiment, states.convection
    attempts = Attempts(experiment.cell.comm)
    outcomes = last_outcomes(states, measures.true)
    return FinalState(
        states=states,
        outcomes=outcomes,
        soret_missing="" if outcomes else _why_no_soret(states),
        extra=attempts.of("extra readings", lambda: _extra(states), dict[str, HotCold]()),
        gradients=attempts.of(
            "gradients",
            lambda: read_gradients(convection, experiment.gradients),
            dict[str, Gradients](),
        ),
        speed=speed(convection),
        resolution=attempts.of(
            "resolution of the mesh", lambda: resolution(convection), NOT_MEASURED
        ),
        spurious_peclet=attempts.of(
            "spurious Peclet number", lambda: spurious_peclet(states), None
        ),
        nusselt_gradient=attempts.of(
            "Nusselt numbers by the gradient",
            lambda: nusselt(
                convection, gradient_flows(convection, "theta"), measures.conduction_flows
            ),
            dict.fromkeys(convection.cell.sides),
        ),
        sherwood=_sherwood(findings),
        hot_meets_cold=jumps(convection, "theta") or jumps(measures.conduction, "theta"),
        chambers=_chambers(states, measures.reference),
        failed=attempts.failed,
    )


def _extra(states: FinalStates) -> dict[str, HotCold]:
    """Return the readings besides those for S_T."""
    if not states.at:
        return {}
    return {
        pair.name: read(states.convection, pair.hot, pair.cold)
        for pair in states.experiment.extra_readings
    }


def _chambers(states: FinalStates, steady: Problem) -> tuple[Chamber, ...]:
    """Return the chambers at the end.

    Args:
        states: The states in which the marches end.
        steady: The steady state without gravity, whose S_T is the true one.
    """
    if not states.at:
        return ()
    pair = states.experiment.pair
    return chambers_of(states.convection, steady, pair.hot, pair.cold)


def last_outcomes(states: FinalStates, true: Sequence[TrueSoret]) -> tuple[SoretOutcome, ...]:
    """Return what the last readings say about S_T, one a species; empty where they say nothing.

    Args:
        states: The states in which the marches end.
        true: The steady S_T, one a species; empty where there is none.
    """
    at, at_reference, experiment = states.at, states.at_reference, states.experiment
    if not (at and at_reference and true):
        return ()
    dT = experiment.orientation.dT
    if not (at[0].has_difference(dT) and at_reference[0].has_difference(dT)):
        return ()
    try:
        return outcomes_of(experiment.mixture, at, at_reference, true)
    except ConditionError:  # a mass fraction outside 0..1
        return ()


def _why_no_soret(states: FinalStates) -> str:
    """Return why the last readings say nothing about S_T."""
    if not states.experiment.mixture.species:
        return "it holds a pure fluid"
    if sides_with_values(states.convection.conditions, COMPOSITIONS):
        return "walls hold its composition"
    if not states.at:
        return "all walls have one temperature"
    pair = states.experiment.pair
    apart = why_not_together(states.convection, pair.hot, pair.cold)
    if apart:
        return apart
    dT = states.experiment.orientation.dT
    if not states.at_rest[0].has_difference(dT):
        return "its two readings have one temperature"
    if not (states.at[0].has_difference(dT) and states.at_reference[0].has_difference(dT)):
        return "its two readings end at one temperature"
    return "a reading of the mass fraction is outside 0..1"


def _sherwood(findings: TransientFindings) -> tuple[dict[str, float | None], ...]:
    """Return the Sherwood numbers of the last step, by side, one dictionary a species."""
    problem, row = findings.with_gravity.problem, findings.with_gravity.rows[-1]
    sides, diffusion = problem.cell.sides, findings.yardsticks.diffusion_flows
    if not sides_with_values(problem.conditions, COMPOSITIONS):
        return tuple(dict.fromkeys(sides) for _ in problem.mixture.species)
    fields = zip(endings(findings.experiment), diffusion.items(), strict=True)
    return tuple(
        sherwood(
            problem,
            field,
            {side: float(row.get(f"mass_flow{ending}.{side}") or 0.0) for side in sides},
            flows,
        )
        for ending, (field, flows) in fields
    )
