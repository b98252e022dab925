"""Measurements of a state with gravity: of a steady state or the end of a march.

If one measurement fails, the others are still made, and a warning states what failed.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import TypeVar

from mpi4py import MPI

from dolfinx import fem

from femsoret.base.errors import FemsoretError, Interrupted, NotConverged
from femsoret.base.log import get_logger
from femsoret.base.memory import memory_error
from femsoret.base.ranks import gather_messages
from femsoret.experiment import Experiment
from femsoret.experiment.column import NoColumn
from femsoret.fluids.groups import groups, vibrational_rayleigh
from femsoret.post.balances import Balances, Entropy, entropy_rates
from femsoret.post.bodies import MovingBody, moving_bodies
from femsoret.post.flow import Speed, speed
from femsoret.post.fractions import LeastFraction, least_fraction
from femsoret.post.horizontal import horizontal_means
from femsoret.post.nusselt import nusselt
from femsoret.post.resolution import NOT_MEASURED, Resolution, resolution
from femsoret.post.signals import Gradients, read_gradients
from femsoret.post.soret import HotCold, read_each
from femsoret.post.wall_flows import gradient_flows, jumps, sides_of
from femsoret.problem import Problem
from femsoret.problem.conditions import Slip
from femsoret.problem.layout import block_of, component_function
from femsoret.solve import solve_linear
from femsoret.studies.measure.camera import NO_FRAMES, Frames
from femsoret.studies.measure.column import ColumnFindings, evaluate_column
from femsoret.studies.measure.heating import Heating, heating
from femsoret.studies.measure.instruments import InstrumentRecord, instrument_records
from femsoret.studies.measure.solution import Solution

T = TypeVar("T")

log = get_logger(__name__)

NOT_EVALUATED: ColumnFindings | NoColumn = NoColumn("the evaluation failed, see the warnings")
"""Placeholder if the evaluation as a column failed."""


@dataclass
class Attempts:
    """Runs measurements one by one; if one fails, the others still run.

    Args:
        comm: Communicator of the ranks that measure together.
        failed: Name of each failed measurement -> why it failed.
    """

    comm: MPI.Comm
    failed: dict[str, str] = field(default_factory=dict)

    def of(self, what: str, action: Callable[[], T], otherwise: T) -> T:
        """Return the result of an action, or a substitute if it fails; collective.

        Args:
            what: Name of the measurement, such as "numerical error".
            action: The measurement, which is called on all ranks.
            otherwise: What to return if the action fails on all ranks. If it fails on some ranks
                only, the error is raised, since the other ranks cannot continue.
        """
        try:
            return action()
        except Interrupted:
            raise
        except Exception as error:  # the solved state must be written whatever happens
            why = _why(error)
            if gather_messages(self.comm, why) is None:
                raise
            self.failed[what] = why
            log.warning("%s not available: %s", what, why)
            log.debug("%s not available", what, exc_info=True)
            return otherwise


def _why(error: Exception) -> str:
    """Return why something failed, in a message for users."""
    short = memory_error(error)
    if short is not None:
        return short.message
    if isinstance(error, FemsoretError):
        return error.message
    return f"internal error of femsoret, {type(error).__name__}: {error}"


@dataclass(frozen=True)
class SpeciesTransfer:
    """The transfer of one species through one side.

    Args:
        mass: Outward mass flow, kg/s (per metre of depth in 2D); None if it is infinite.
        sherwood: Mass flow over that of pure diffusion; None if there is no Sherwood number.
    """

    mass: float | None
    sherwood: float | None


@dataclass(frozen=True)
class WallTransfer:
    """The transfer of heat and mass through one side.

    Args:
        heat: Outward heat flow, W (per metre of depth in 2D), from the residual at the wall; None
            if it is infinite.
        conduction: The same for pure conduction.
        nusselt: Nusselt number; None if there is none (:mod:`femsoret.post.nusselt`).
        nusselt_gradient: Nusselt number from the gradient at the wall: a less accurate cross-check.
        species: Transfer of each species.
    """

    heat: float | None
    conduction: float | None
    nusselt: float | None
    nusselt_gradient: float | None
    species: tuple[SpeciesTransfer, ...]

    @property
    def mass(self) -> float | None:
        """Outward mass flow of the first species, kg/s; None if infinite or without species."""
        return next((transfer.mass for transfer in self.species), None)

    @property
    def sherwood(self) -> float | None:
        """Sherwood number of the first species; None if there is none."""
        return next((transfer.sherwood for transfer in self.species), None)


@dataclass(frozen=True, eq=False, kw_only=True)
class MeasuredState:
    """The quantities that are measured in a state with gravity.

    Args:
        solution: The state, and those of pure conduction and without gravity.
        groups: Dimensionless groups by name; empty if all walls have the same temperature.
        walls: Side name -> transfer of heat and species.
        speed: Largest speed and Peclet numbers.
        balances: Relative defects of the balances, and the spurious Peclet number.
        resolution: How well the mesh resolves the fields.
        entropy: Entropy rates; None for the reason in ``entropy_missing``.
        entropy_missing: Why there are no entropy rates; empty if there are.
        least: The least mass fraction of all components; None if it is not determined.
        extra: Name -> readings of the experiment's extra pairs, one per species.
        gradients: Name -> gradients that the experiment reads.
        instruments: Name -> what the optical instruments record.
        thermometers: Name -> temperature there, as a deviation from T0, K, with gravity and
            without.
        bodies: Rigid bodies and their motion.
        column: What the cell reports as a thermogravitational column, or why it is none.
        heating: Effect of heat sources; None without any.
        hot_meets_cold: Pairs of adjacent sides with different imposed temperatures, in this state
            or in pure conduction.
        failed: Name of each failed measurement -> why it failed.
    """

    solution: Solution
    groups: dict[str, float]
    walls: dict[str, WallTransfer]
    speed: Speed
    balances: Balances
    resolution: Resolution
    entropy: Entropy | None
    entropy_missing: str
    least: LeastFraction | None
    extra: dict[str, tuple[HotCold, ...]]
    gradients: dict[str, Gradients]
    column: ColumnFindings | NoColumn
    thermometers: dict[str, tuple[float, float]]
    bodies: tuple[MovingBody, ...] = ()
    instruments: Mapping[str, InstrumentRecord] = field(default_factory=dict)
    heating: Heating | None = None
    hot_meets_cold: tuple[tuple[str, str], ...] = ()
    failed: Mapping[str, str] = field(default_factory=dict)


def measure_state(
    solution: Solution, attempts: Attempts | None = None, *, frames: Frames = NO_FRAMES
) -> MeasuredState:
    """Measure a state with gravity; collective.

    Args:
        solution: The state, and those of pure conduction and without gravity.
        attempts: Record of failed measurements to add to; None starts an empty one.
        frames: Phase maps that were taken at earlier times of a march.
    """
    experiment, problem = solution.experiment, solution.convection
    attempts = attempts or Attempts(experiment.cell.comm)
    missing, entropy = solution.why_no_entropy, None
    if not missing:
        entropy = attempts.of("entropy production", lambda: entropy_rates(problem), None)
        missing = attempts.failed.get("entropy production", "")
    spurious = attempts.of("spurious Peclet number", lambda: spurious_peclet(solution), None)
    return MeasuredState(
        solution=solution,
        groups=dimensionless_groups(experiment),
        walls=wall_transfer(solution, attempts),
        speed=speed(problem),
        balances=solution.balances(entropy, spurious),
        resolution=attempts.of("resolution of the mesh", lambda: resolution(problem), NOT_MEASURED),
        entropy=entropy,
        entropy_missing=missing,
        least=least_fraction(problem),
        extra=attempts.of(
            "extra readings", lambda: _extra(solution), dict[str, tuple[HotCold, ...]]()
        ),
        gradients=attempts.of(
            "gradients",
            lambda: read_gradients(problem, experiment.gradients),
            dict[str, Gradients](),
        ),
        thermometers=attempts.of(
            "thermometers", lambda: _thermometers(solution), dict[str, tuple[float, float]]()
        ),
        bodies=moving_bodies(problem),
        instruments=attempts.of(
            "optical instruments",
            lambda: instrument_records(solution, frames),
            dict[str, InstrumentRecord](),
        ),
        column=attempts.of(
            "evaluation as a column",
            lambda: evaluate_column(experiment, problem),
            NOT_EVALUATED,
        ),
        heating=attempts.of("heating", lambda: heating(solution), None),
        hot_meets_cold=jumps(problem, "theta") or jumps(solution.conduction, "theta"),
        failed=attempts.failed,
    )


def _extra(solution: Solution) -> dict[str, tuple[HotCold, ...]]:
    """Return the extra readings, not used for S_T; none in a pure fluid."""
    if not solution.experiment.mixture.species:
        return {}
    return {
        pair.name: read_each(solution.convection, pair.hot, pair.cold)
        for pair in solution.experiment.extra_readings
    }


def _thermometers(solution: Solution) -> dict[str, tuple[float, float]]:
    """Return T - T0 where the temperature alone is read, with gravity and without."""
    states = solution.convection, solution.reference
    return {
        name: (place.of(states[0], "theta"), place.of(states[1], "theta"))
        for name, place in solution.experiment.thermometers.items()
    }


def wall_transfer(solution: Solution, attempts: Attempts) -> dict[str, WallTransfer]:
    """Return the heat and mass transfer of every side; collective.

    Args:
        solution: A solved experiment.
        attempts: Record of failed measurements: Nusselt and Sherwood numbers may fail.

    Returns:
        Side name -> transfer.
    """
    problem = solution.full
    flows, numbers = solution.flows, solution.nusselt
    by_gradient = attempts.of(
        "Nusselt numbers by the gradient", lambda: _by_gradient(solution), dict[str, float | None]()
    )
    sherwoods = attempts.of(
        "Sherwood numbers", lambda: solution.sherwood, dict[str, dict[str, float | None]]()
    )
    hot = sides_of(jumps(problem, "theta"))
    rich = {field: sides_of(jumps(problem, field)) for field in flows.mass}
    return {
        side: WallTransfer(
            heat=None if side in hot else flows.heat.get(side),
            conduction=None if side in hot else solution.conducted[side],
            nusselt=numbers[side],
            nusselt_gradient=by_gradient.get(side),
            species=tuple(
                SpeciesTransfer(
                    mass=None if side in rich[field] else mass.get(side),
                    sherwood=sherwoods.get(field, {}).get(side),
                )
                for field, mass in flows.mass.items()
            ),
        )
        for side in problem.cell.sides
    }


def _by_gradient(solution: Solution) -> dict[str, float | None]:
    problem = solution.convection
    return nusselt(problem, gradient_flows(problem, "theta"), solution.conducted)


def dimensionless_groups(experiment: Experiment) -> dict[str, float]:
    """Return Ra and Pr, and with species Le, Sc and psi; empty if dT or beta_T is zero.

    With a vibration, its Rayleigh number Ra_v is among them. For several species, Le and Sc are
    those of the smallest diffusivity, and psi is the sum.

    Args:
        experiment: The experiment, for its gap, temperature difference and properties.

    Returns:
        Name of the group -> value.
    """
    frame, mixture = experiment.orientation, experiment.mixture
    if frame.dT == 0.0 or mixture.beta_T == 0.0:
        return {}
    at, g = mixture.reference, mixture.gravity.magnitude
    numbers = groups(at, L=frame.gap, dT=frame.dT, g=g)
    names = ("Ra", "Pr", "Le", "Sc", "psi") if mixture.species else ("Ra", "Pr")
    found = {name: float(getattr(numbers, name)) for name in names}
    if (vibration := mixture.gravity.vibration) is not None:
        V = float(vibration.velocity)
        found["Ra_v"] = vibrational_rayleigh(at, V, L=frame.gap, dT=frame.dT)
    return found


def spurious_peclet(solution: Solution) -> float | None:
    """Return the spurious Peclet number of a solved experiment; collective.

    This is the largest speed of the :func:`spurious_flow` times L/D, in a pure fluid times L/alpha.
    It costs one linear solve for u, p and phi. It is None without gravity or if the solve failed.

    Args:
        solution: A solved experiment.
    """
    if not solution.experiment.mixture.gravity.magnitude:
        return None
    try:
        flow = speed(spurious_flow(solution))
    except NotConverged as failure:
        log.warning("the solve for the spurious Peclet number failed: %s", failure.message)
        return None
    return flow.peclet_thermal if flow.peclet_solutal is None else flow.peclet_solutal


def spurious_flow(solution: Solution) -> Problem:
    """Return the spurious flow of a mesh: Peclet numbers below that of this flow have no meaning.

    A buoyancy that depends on the height alone is a gradient and drives no flow in an exact
    solution, so that any flow of the discrete Stokes problem with this buoyancy is spurious. The
    stratification is the horizontal mean of the computed temperature and composition, so that the
    physical flow, driven by horizontal differences, is excluded; so is slip along its gradient.

    Args:
        solution: A solved experiment, with gravity.

    Raises:
        NotConverged: The linear solver failed.
    """
    experiment, convection = solution.experiment, solution.convection
    fields = convection.layout.fields
    blocks = dict.fromkeys(map(block_of, fields))  # the same order on all ranks, unlike a set
    given = {block: fem.Function(convection.space(block), name=block) for block in blocks}
    for name, profile in horizontal_means(convection, fields).items():
        component_function(given[block_of(name)], name).interpolate(profile)
    walls = tuple(c.passive() if isinstance(c, Slip) else c for c in experiment.conditions)
    problem = replace(experiment, conditions=walls).problem(
        experiment.discretisation.stokes, degree=convection.degree, given=given
    )
    solve_linear(problem, experiment.newton)
    return problem
