"""The steady state that a cell reaches if it is filled with a uniform liquid.

A cell may have several stable steady states. The search for one starts from the separated liquid at
rest; an experiment starts from a uniform liquid. In a tilted cell heated from above the separated
liquid is stratified by its composition, which holds back the flow. A uniform liquid flows much
faster, and if this flow mixes what the Soret effect separates, it may keep itself going for ever.
In between there is a range of tilts in which both states are stable: in plates of 10 mm x 3 mm with
water-ethanol and 20 K the one loses 4 % of the separation at 2 degrees and the other 68 %
(docs/evidence.md).

The search for the second state costs nothing where the composition does not hold back a flow that
could mix: the Stokes flow of the uniform liquid, with the temperature of the state found, has a
solutal Peclet number below MIXES, or is less than HOLDS times as fast as the flow of the state.
Otherwise the uniform liquid is followed in time until it settles, on a mesh of half the resolution
or, where a mesh cannot be made coarser, at a lower degree (2 at least). If it then separates
otherwise than in the state found, a steady state is sought from there on the mesh of the cell.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final, Literal

from dolfinx import fem

from femsoret.base.errors import FemsoretError, NotConverged
from femsoret.base.log import get_logger
from femsoret.experiment import Experiment
from femsoret.experiment.schedule import relaxation_time
from femsoret.post.flow import speed
from femsoret.post.laws import check_laws
from femsoret.post.soret import HotCold, SoretOutcome, read_each
from femsoret.problem import Problem
from femsoret.problem.bodies import has_bodies
from femsoret.problem.layout import block_of, component_function, composition
from femsoret.solve import solve_linear
from femsoret.solve.linear.options import FACTORISING
from femsoret.solve.linear.selection import preset_for
from femsoret.solve.march import March, MarchOptions
from femsoret.solve.march.following import FollowInTime
from femsoret.solve.steady.stages import PlainNewton, PseudoTransient
from femsoret.studies.measure.convection import find_convection, hand_over
from femsoret.studies.measure.numerical_error import HALF, coarser_experiment
from femsoret.studies.measure.solution import Solution, departed_from

log = get_logger(__name__)

Reached = Literal["this state", "another state", "no steady state", "not looked at"]

MIXES: Final = 10.0
"""Solutal Peclet number of the flow of the uniform liquid above which it may keep itself mixed:
parallel flow in a slot begins to even out the composition along it at 5 (1 + X^2/9! = 2)."""

HOLDS: Final = 3.0
"""Speed of the flow of the uniform liquid over that of the state above which the composition holds
the flow back."""

APART: Final = 0.05
"""Difference of the separations, over that without gravity, from which the liquid on the coarser
mesh may have reached another state; coarser meshes change the separation by less."""

OTHER: Final = 1e-3
"""The same on one mesh, from which two steady states differ."""

NEAR: Final = 0.2
"""The same on both meshes, up to which the state on the finer one is that on the coarser one."""

TOLERANCE: Final = 1e-2
"""Tolerance of the march, which keeps the character of a flow."""

SETTLED: Final = 1e-3
"""Change of the fields per relaxation time, relative to their largest values, below which the
liquid has settled."""

LONGEST: Final = 200.0
"""Relaxation times after which the march ends: relaxation along a cell of ten times its gap takes
100 of them."""

MOST_STEPS: Final = 200
"""Number of steps after which the march ends; a liquid that settles takes 30 to 60."""

LARGEST: Final = {2: 30_000, 3: 15_000}
"""Dimension -> number of unknowns of the coarser mesh up to which the liquid is followed."""


@dataclass(frozen=True, eq=False)
class UniformStart:
    """Which steady state a uniform liquid reaches.

    Args:
        reached: "this state": the one that was found, or no other is to be expected. "another
            state". "no steady state": it does not settle, or only at a lower resolution. "not
            looked at": it was not or could not be followed.
        reason: Reason for this, a clause.
        peclet: Solutal Peclet number of the Stokes flow of the uniform liquid with the temperature
            of the state; None if it was not computed.
        relaxation_times: How long the liquid was followed, in relaxation times; None if it was not.
        outcomes: Apparent and true S_T of the state found from the separated liquid, one per
            species; empty unless the uniform liquid reaches another.
        separated_peclet: Solutal Peclet number of that state; None likewise.
        solution: The other state; None likewise.
    """

    reached: Reached
    reason: str
    peclet: float | None = None
    relaxation_times: float | None = None
    outcomes: tuple[SoretOutcome, ...] = ()
    separated_peclet: float | None = None
    solution: Solution | None = None


def uniform_start(solution: Solution) -> UniformStart:
    """Find out which steady state a uniform liquid reaches; collective.

    Args:
        solution: A stable state, found from the separated liquid. Its problem with flow holds the
            other state afterwards if there is one, and its own state also after an error.
    """
    experiment = solution.experiment.with_main_pair_only()
    experiment = replace(experiment, start_up=None)
    if why := _why_alone(solution):
        return UniformStart("this state", why)
    if has_bodies(experiment.conditions):
        return UniformStart("not looked at", "bodies that move are not followed in time")
    coarser = _coarser(experiment)
    if coarser is None and experiment.cell.dim == 3:
        return UniformStart("not looked at", "the cell cannot be meshed more coarsely")
    # A mesh that cannot be made coarser is used at a lower degree.
    used = coarser or replace(experiment, degree=max(2, experiment.degree - 1))
    there = used.problem()
    if there.num_dofs > LARGEST[there.cell.dim]:
        return UniformStart("not looked at", "the cell is too large to follow the liquid in time")
    if (preset := preset_for(there, experiment.newton.preset)) not in FACTORISING:
        why = f"liquids that are solved for by {preset!r} are not followed in time"
        return UniformStart("not looked at", why)
    alone = _flow_alone(used, there, solution.convection)
    held = speed(solution.convection).peclet_solutal or 0.0
    if alone < MIXES or alone < HOLDS * held:
        why = "the composition holds back no flow that could mix the liquid"
        return UniformStart("this state", why, alone)
    if why := _why_not_followed(solution):
        return UniformStart("not looked at", why, alone)
    return _followed(solution, used, there, alone)


def _coarser(experiment: Experiment) -> Experiment | None:
    """Return the experiment at half the resolution, on chords of curved walls if need be."""
    coarse = coarser_experiment(experiment)
    if coarse is None and (cell := experiment.cell.coarser(HALF)) is not None:
        coarse = replace(experiment, cell=cell)
    return coarse


def _why_alone(solution: Solution) -> str:
    """Return why there is no other state, a clause; empty if there may be one."""
    if not solution.experiment.mixture.gravity.magnitude:
        return "there is no gravity"
    if solution.rests:
        return "nothing flows"
    if not solution.experiment.mixture.species:
        return "a pure fluid does not separate"
    return ""


def _why_not_followed(solution: Solution) -> str:
    """Return why the liquid is not followed in time, a clause; empty if it is."""
    if solution.states is not None:
        return "internal states of particles are not followed"
    if not solution.each:
        return "the composition is imposed at walls, and no separation tells two states apart"
    return ""


def _flow_alone(experiment: Experiment, there: Problem, state: Problem) -> float:
    """Return the solutal Peclet number of the Stokes flow that a temperature drives; collective.

    Args:
        experiment: The experiment on the mesh to use.
        there: Its problem with flow, whose state is overwritten.
        state: The problem whose temperature counts.
    """
    hand_over(state, there)
    blocks = dict.fromkeys(map(block_of, there.layout.fields))
    given = {block: fem.Function(there.space(block), name=block) for block in blocks}
    component_function(given["theta"], "theta").x.array[:] = there.function("theta").x.array
    flow = experiment.problem(experiment.discretisation.stokes, given=given)
    solve_linear(flow, experiment.newton)
    return speed(flow).peclet_solutal or 0.0


def _followed(
    solution: Solution, experiment: Experiment, there: Problem, alone: float
) -> UniformStart:
    """Follow the uniform liquid in time, and seek a steady state from where it settles."""
    log.info(
        "following a uniform liquid in time (%d unknowns): it may reach another steady state",
        there.num_dofs,
    )
    fresh = experiment.problem()
    there.set_state(fresh.get_state())
    hand_over(solution.conduction, there)
    tau = relaxation_time(experiment.mixture, there.orientation.gap)
    try:
        taus, has_settled = _march(there, experiment, tau)
    except NotConverged as failure:
        return UniformStart("not looked at", f"the march failed: {failure.message}", alone)
    if not has_settled:
        why = f"it has not settled after {taus:.3g} relaxation times"
        return UniformStart("no steady state", why, alone, taus)
    pair = experiment.pair
    reached = read_each(there, pair.hot, pair.cold)
    found = [at for at, _ in solution.each]
    if _apart(solution, reached, found) < APART:
        return UniformStart("this state", "followed in time, it settles there", alone, taus)
    return _sought(solution, there, reached, alone, taus)


def _march(there: Problem, experiment: Experiment, tau: float) -> tuple[float, bool]:
    """March until the liquid settles; return for how many relaxation times, and whether it has."""
    newton = experiment.newton
    options = MarchOptions(tolerance=TOLERANCE, preset=newton.preset, petsc=newton.petsc)
    with March(there, options) as march:
        for step in march.until(LONGEST * tau):
            if step.clock.t > tau and tau * max(step.rates.values()) < SETTLED:
                return step.clock.t / tau, True
            if step.clock.steps >= MOST_STEPS:
                break
        return march.clock.t / tau, False


def _sought(
    solution: Solution,
    there: Problem,
    reached: Sequence[HotCold],
    alone: float,
    taus: float,
) -> UniformStart:
    """Seek the steady state of the cell's own mesh that belongs to one on the coarser mesh."""
    problem = solution.convection
    other: Solution | None = None
    held, before = speed(problem).peclet_solutal, problem.get_state()
    log.info("it reaches another one; solving for that on the mesh of the cell")
    try:
        other, why = _solved_from(solution, there, reached)
    finally:
        if other is None:  # else all that is measured next would be that of no state
            problem.set_state(before)
    if other is None:
        why = f"it settles in another state at a lower resolution only; {why}"
        return UniformStart("no steady state", why, alone, taus)
    why = "followed in time, it settles there"
    return UniformStart("another state", why, alone, taus, solution.outcomes, held, other)


def _solved_from(
    solution: Solution, there: Problem, reached: Sequence[HotCold]
) -> tuple[Solution | None, str]:
    """Return the state of the cell's own mesh that is found from another one.

    Without one, return None and why, a clause. The problem of the solution is overwritten.
    """
    problem = solution.convection
    upright = replace(solution.experiment, start_up=None)
    stages = (PlainNewton(), PseudoTransient(), FollowInTime(strong=False))
    hand_over(there, problem)
    try:
        report = find_convection(upright, problem, stages)
        check_laws(problem)
        other = departed_from(solution, report)
    except FemsoretError as error:
        return None, f"on this one: {error.message.splitlines()[-1].strip()}"
    now, found = ([at for at, _ in each] for each in (other.each, solution.each))
    if _apart(solution, now, found) > OTHER and _apart(solution, now, reached) < NEAR:
        return other, ""
    return None, "this mesh seems to have none there"


def _apart(solution: Solution, some: Sequence[HotCold], others: Sequence[HotCold]) -> float:
    """Return how far separations of all species differ, over those without gravity."""
    problem, largest = solution.convection, 0.0
    for i, (at, other) in enumerate(zip(some, others, strict=True)):
        usual = problem.scales.unknown[composition(i)]  # where S_T changes sign
        yardstick = max(usual, abs(solution.each[i][1].separation))
        largest = max(largest, abs(at.separation - other.separation) / yardstick)
    return largest
