"""Findings: everything that one run answers, as one frozen value."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from femsoret.experiment import Experiment
from femsoret.fluids.groups import groups
from femsoret.post.balances import Balances, Entropy, balances, entropy_rates, why_no_entropy
from femsoret.post.flow import Speed, rolls, speed
from femsoret.post.nusselt import nusselt
from femsoret.post.readings import Gradients, read_gradients
from femsoret.post.resolution import NOT_MEASURED, Resolution, resolution
from femsoret.post.soret import HotCold, read
from femsoret.post.wall_flows import gradient_flows, jumps, sides_of
from femsoret.studies.measure.attempt import Attempts
from femsoret.studies.measure.departure import Departure, depart
from femsoret.studies.measure.numerical_error import NumericalError, numerical_error
from femsoret.studies.measure.solution import Solution, solve
from femsoret.studies.measure.spurious import spurious_peclet
from femsoret.studies.measure.stability_check import StabilityCheck, stability_check
from femsoret.studies.measure.uncertainty import BiasUncertainty, bias_uncertainty

UNCERTAINTY = "uncertainty from the data"

NOT_KNOWN = NumericalError(of={}, method="none: it could not be measured, see the warnings")
"""Stands in where the numerical error could not be measured."""

NOT_SOUGHT = StabilityCheck("not looked at", "the search for modes failed")
"""Stands in where the stability could not be looked at."""


@dataclass(frozen=True)
class SpeciesTransfer:
    """What passes of one species through one side.

    Args:
        mass: Mass flow outwards, kg/s (per metre of depth in 2D); None where it is infinite.
        sherwood: Mass flow over that of pure diffusion; None where there is none.
    """

    mass: float | None
    sherwood: float | None


@dataclass(frozen=True)
class WallTransfer:
    """What passes through one side.

    Args:
        heat: Heat flow outwards, W (per metre of depth in 2D), by the reaction of the wall; None
            where it is infinite.
        conduction: Likewise for pure conduction.
        nusselt: Their ratio; None where there is none (:mod:`femsoret.post.nusselt`).
        nusselt_gradient: The same from the gradient at the wall: a cross-check, less accurate.
        species: What passes of each species.
    """

    heat: float | None
    conduction: float | None
    nusselt: float | None
    nusselt_gradient: float | None
    species: tuple[SpeciesTransfer, ...]

    @property
    def mass(self) -> float | None:
        """Mass flow outwards of the species named first, kg/s; None without species."""
        return next((each.mass for each in self.species), None)

    @property
    def sherwood(self) -> float | None:
        """Sherwood number of the species named first; None where there is none."""
        return next((each.sherwood for each in self.species), None)


@dataclass(frozen=True, eq=False)
class Findings:
    """The answers of one run.

    Args:
        solution: The solved states.
        groups: Dimensionless groups by name; empty where the walls have one temperature.
        walls: Side name -> transfer.
        speed: Largest speed and Peclet numbers.
        balances: Relative defects, and the spurious Peclet number.
        resolution: How well the mesh resolves what the flow carries.
        entropy: Entropy rates, or None with the reason in ``entropy_missing``.
        entropy_missing: Why there is no entropy; empty if there is.
        extra: Name -> readings of the experiment's extra pairs.
        gradients: Name -> gradients that the experiment reads.
        numerical_error: Error estimates; None where they were not asked for.
        uncertainty: Of the bias, from the fluid data; None where there is nothing to carry.
        stability: What is known of the stability of the state with gravity.
        hot_meets_cold: Pairs of sides that touch and are held at different temperatures.
        failed: What could not be measured -> why; the rest stands.
        rolls: Rolls side by side in a plane cell; None where there is nothing to count.
        departure: The search that started from an unstable state; None where there was none.
    """

    solution: Solution
    groups: dict[str, float]
    walls: dict[str, WallTransfer]
    speed: Speed
    balances: Balances
    resolution: Resolution
    entropy: Entropy | None
    entropy_missing: str
    extra: dict[str, HotCold]
    gradients: dict[str, Gradients]
    numerical_error: NumericalError | None
    uncertainty: BiasUncertainty | None
    stability: StabilityCheck
    hot_meets_cold: tuple[tuple[str, str], ...] = ()
    failed: Mapping[str, str] = field(default_factory=dict)
    rolls: int | None = None
    departure: Departure | None = None


def measure(
    experiment: Experiment, *, with_numerical_error: bool = True, start: Solution | None = None
) -> Findings:
    """Run an experiment and evaluate it.

    Where a start off rest was asked for, and it led to an unstable state, the state that this one
    goes to is sought, once, and evaluated in its place.

    Args:
        experiment: The experiment.
        with_numerical_error: Whether to solve a second time for the numerical error.
        start: A solution on the same mesh that the state with gravity starts from.

    Raises:
        NotConverged: A state was not found.
    """
    attempts = Attempts(experiment.cell.comm)
    known = _known(solve(experiment, start=start), attempts, with_error=with_numerical_error)
    departure = _departure(known, attempts) if experiment.start_up is not None else None
    if departure is not None and departure.solution is not None:
        known = _known(departure.solution, attempts, with_error=with_numerical_error)
    solution, problem = known.solution, known.solution.convection
    missing = why_no_entropy(problem, absolute_temperature=experiment.absolute_temperature)
    entropy = None
    if not missing:
        entropy = attempts.of("entropy production", lambda: entropy_rates(problem), None)
        missing = attempts.failed.get("entropy production", "")
    spurious = attempts.of("spurious Peclet number", lambda: spurious_peclet(solution), None)
    return Findings(
        solution=solution,
        groups=dimensionless_groups(experiment),
        walls=wall_transfer(solution, attempts),
        speed=speed(problem),
        balances=balances(problem, solution.flows, entropy, spurious),
        resolution=attempts.of("resolution of the mesh", lambda: resolution(problem), NOT_MEASURED),
        entropy=entropy,
        entropy_missing=missing,
        extra=attempts.of("extra readings", lambda: _extra(solution), dict[str, HotCold]()),
        gradients=attempts.of(
            "gradients",
            lambda: read_gradients(problem, experiment.gradients),
            dict[str, Gradients](),
        ),
        numerical_error=known.errors,
        uncertainty=attempts.of(UNCERTAINTY, lambda: bias_uncertainty(solution), None),
        stability=known.stability,
        hot_meets_cold=jumps(problem, "theta"),
        failed=attempts.failed,
        rolls=attempts.of("number of rolls", lambda: rolls(problem), None),
        departure=departure,
    )


@dataclass(frozen=True, eq=False)
class _Known:
    """A state, how well it is known, and whether it lasts."""

    solution: Solution
    errors: NumericalError | None
    stability: StabilityCheck


def _known(solution: Solution, attempts: Attempts, *, with_error: bool) -> _Known:
    """Return a solution with its numerical error, where that is asked for, and its stability."""
    errors = None
    if with_error:
        errors = attempts.of("numerical error", lambda: numerical_error(solution), NOT_KNOWN)
    stability = attempts.of(
        "search for growing modes",
        lambda: stability_check(solution, errors.second if errors else None),
        NOT_SOUGHT,
    )
    return _Known(solution, errors, stability)


def _departure(known: _Known, attempts: Attempts) -> Departure | None:
    """Return the search for another state, from an unstable one; None where it is none."""
    mode = known.stability.leading
    if known.stability.verdict != "unstable" or mode is None:
        return None
    return attempts.of("search from the unstable state", lambda: depart(known.solution, mode), None)


def _extra(solution: Solution) -> dict[str, HotCold]:
    """Return the readings besides those for S_T."""
    return {
        pair.name: read(solution.convection, pair.hot, pair.cold)
        for pair in solution.experiment.extra_readings
    }


def wall_transfer(solution: Solution, attempts: Attempts) -> dict[str, WallTransfer]:
    """Return heat and mass transfer of every side.

    Args:
        solution: A solved experiment.
        attempts: Measures what the flows themselves do not need.
    """
    problem = solution.convection
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
            heat=None if side in hot else flows.heat[side],
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
    """Return Ra and Pr, and with species Le, Sc and psi; nothing where dT or beta_T is zero.

    Of several species Le and Sc are those of the least diffusivity, psi is the sum over all.

    Args:
        experiment: The experiment.
    """
    frame, mixture = experiment.orientation, experiment.mixture
    if frame.dT == 0.0 or mixture.beta_T == 0.0:
        return {}
    at, g = mixture.reference, mixture.gravity.magnitude
    all_of_them = groups(at, L=frame.gap, dT=frame.dT, g=g)
    names = ("Ra", "Pr", "Le", "Sc", "psi") if mixture.species else ("Ra", "Pr")
    return {name: float(getattr(all_of_them, name)) for name in names}
