"""The state in which a transient run ends, measured as a steady one is."""

from __future__ import annotations

from dataclasses import dataclass

from femsoret.errors import ConditionError
from femsoret.experiment import Experiment
from femsoret.post.extrema import Speed, speed
from femsoret.post.reactions import gradient_flows, wall_flows
from femsoret.post.resolution import Resolution, resolution
from femsoret.post.soret import HotCold, SoretOutcome, TrueSoret, apparent, read
from femsoret.post.transfer import nusselt, sherwood
from femsoret.problem import Problem
from femsoret.studies.recorder import SAME_TEMPERATURE
from femsoret.studies.solution import pure_diffusion
from femsoret.studies.spurious import spurious_peclet
from femsoret.studies.transient import TransientFindings


@dataclass(frozen=True, eq=False)
class FinalState:
    """The end of a transient run.

    Args:
        experiment: What was run.
        convection: The state with gravity.
        reference: The state of the run without gravity; of a pure fluid, steady conduction.
        at: Readings with gravity; None without species, or where a wall holds the composition.
        at_reference: Readings of the run without gravity.
        at_rest: Readings of the steady state without gravity, which the closed form starts from.
        soret: What the readings say about S_T; None also where they end at one temperature.
        extra: Name -> readings of the experiment's extra pairs.
        speed: Largest speed and Peclet numbers.
        resolution: How well the mesh resolves what the flow carries.
        spurious_peclet: Peclet number of the flow that the mesh makes of its own.
        nusselt_gradient: Side -> Nusselt number by the gradient at the wall.
        sherwood: Side -> Sherwood number, None unless the side has a given composition.
    """

    experiment: Experiment
    convection: Problem
    reference: Problem
    at: HotCold | None
    at_reference: HotCold | None
    at_rest: HotCold | None
    soret: SoretOutcome | None
    extra: dict[str, HotCold]
    speed: Speed
    resolution: Resolution
    spurious_peclet: float | None
    nusselt_gradient: dict[str, float | None]
    sherwood: dict[str, float | None]


@dataclass(frozen=True, eq=False)
class _State:
    """A state with gravity (see :class:`~femsoret.studies.solution.Flowing`)."""

    experiment: Experiment
    convection: Problem


def final_state(findings: TransientFindings) -> FinalState:
    """Measure the end of a transient run; collective.

    Args:
        findings: The findings.
    """
    experiment, convection = findings.experiment, findings.with_gravity.problem
    without = findings.without_gravity
    reference = findings.yardsticks.reference if without is None else without.problem
    at = at_reference = at_rest = soret = None
    held = [side for block, side in convection.wall_values if block == "gamma_0"]
    if experiment.mixture.species and not held and experiment.orientation.dT:
        pair = experiment.pair
        at, at_reference, at_rest = (
            read(problem, pair.hot, pair.cold)
            for problem in (convection, reference, findings.yardsticks.reference)
        )
        soret = _outcome(experiment, at, at_reference, findings.yardsticks.true)
    return FinalState(
        experiment=experiment,
        convection=convection,
        reference=reference,
        at=at,
        at_reference=at_reference,
        at_rest=at_rest,
        soret=soret,
        extra={
            pair.name: read(convection, pair.hot, pair.cold) for pair in experiment.extra_readings
        }
        if at
        else {},
        speed=speed(convection),
        resolution=resolution(convection),
        spurious_peclet=spurious_peclet(_State(experiment, convection)),
        nusselt_gradient=nusselt(
            convection,
            gradient_flows(convection, "theta"),
            findings.yardsticks.conduction_flows,
        ),
        sherwood=_sherwood(findings, held),
    )


def _outcome(
    experiment: Experiment, at: HotCold, at_reference: HotCold, true: TrueSoret | None
) -> SoretOutcome | None:
    smallest = SAME_TEMPERATURE * experiment.orientation.dT
    if true is None or min(abs(at.dT), abs(at_reference.dT)) < smallest:
        return None
    try:
        return SoretOutcome(
            at=at,
            at_reference=at_reference,
            apparent=apparent(experiment.mixture, at),
            without_gravity=apparent(experiment.mixture, at_reference),
            true=true,
        )
    except ConditionError:  # a mass fraction outside 0..1
        return None


def _sherwood(findings: TransientFindings, held: list[str]) -> dict[str, float | None]:
    """Return the Sherwood numbers of the last step."""
    problem, row = findings.with_gravity.problem, findings.with_gravity.rows[-1]
    if not held:
        return dict.fromkeys(problem.cell.sides)
    flows = {side: float(row.get(f"mass_flow.{side}") or 0.0) for side in problem.cell.sides}
    diffusion = pure_diffusion(findings.experiment)
    return sherwood(problem, flows, wall_flows(diffusion, "gamma_0"))
