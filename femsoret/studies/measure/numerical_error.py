"""Estimates of the numerical error of reported quantities: readings, S_T, bias, Nusselt numbers...

The whole experiment, with gravity and without, is solved again in two ways: the *richer* solve has
polynomials of one degree more, the *coarser* solve has the same degree on a mesh of half the
resolution. The error of each quantity is the larger of

    SAFETY |first - richer|      and      COARSE |first - coarser|

where the quantity itself is compared: the bias is formed in each solve before taking differences,
since S_app has much the same error without gravity. A single difference may vanish by accident if
errors change sign with the mesh, and it is too small if the solution is not smooth (at the end of a
heater within a wall, or where glass meets copper): there one degree more only halves the error.
Both rarely happen at once.

In 2D the richer solve uses the same mesh. In 3D, where that would cost ten times as much, it uses a
mesh of two thirds of the resolution (about as many unknowns as the first solve) if the cell can be
meshed again. If there is no coarser mesh, the other solve in 2D has two degrees more; in 3D there
is only the richer one, whose difference has a larger weight (ALONE).

A transient run is repeated twice, both times with three times the tolerance, and the richer run on
a mesh of two thirds of the resolution: together they cost about as much as the first run. The
errors of space and time are estimated as one number. The repeated runs are less accurate in time
than the first, so that their differences are at least twice its error in time.

The result is an estimate, not a bound: ``bench/error_estimate.py`` compares it with the true error,
and docs/evidence.md states how often and by how much it was too small.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from femsoret.base.errors import NotConverged
from femsoret.base.log import get_logger
from femsoret.experiment import Experiment
from femsoret.experiment.schedule import Schedule
from femsoret.post.flow import fastest, speed
from femsoret.post.signals import read_gradients
from femsoret.post.statistics import Statistics
from femsoret.problem import Problem
from femsoret.problem.layout import composition
from femsoret.studies.measure.column import evaluate_column, reported
from femsoret.studies.measure.column_in_time import ColumnInTime
from femsoret.studies.measure.heating import heating
from femsoret.studies.measure.instruments import of_instruments
from femsoret.studies.measure.marching import Snapshot
from femsoret.studies.measure.recorder import endings
from femsoret.studies.measure.solution import Solution, solve
from femsoret.studies.measure.transient import TransientFindings, measure_in_time

log = get_logger(__name__)

RESOLUTION: Final = 2.0 / 3.0
"""Mesh resolution of the richer solve in 3D, relative to the first solve."""

HALF: Final = 0.5
"""Mesh resolution of the coarser solve, relative to the first solve."""

SAFETY: Final = 4.0
"""Weight of the difference from a richer solve."""

COARSE: Final = 1.0 / 3.0
"""Weight of the difference from a coarser solve. If the solution is smooth, quantities converge
with order 4 at degree 2: half the resolution has 16 times the error, and a third of the difference
is 5 times the error of the first solve, similar to the estimate of the richer solve. At the end of
a heater the order is 1, and a third of the difference is a third of the error: there the estimate
relies on the richer solve, and on the coarser one only if that difference vanishes by accident."""

ALONE: Final = 5.0
"""Weight of the difference from a richer solve if it is the only one."""

COARSE_ALONE: Final = 1.0
"""Weight of the difference from a coarser solve if it is the only one."""

LOOSER: Final = 3.0
"""Tolerance of the repeated transient runs over that of the first run."""


@dataclass(frozen=True, eq=False)
class SecondSolve:
    """The settings of a second solve of an experiment, for the numerical error.

    Args:
        experiment: The experiment on the mesh of the second solve.
        degree: Polynomial degree of the second solve.
        weight: Factor by which the difference from the second solve is multiplied.
    """

    experiment: Experiment
    degree: int
    weight: float


def second_solves(
    experiment: Experiment, *, mesh: Experiment | None = None
) -> tuple[SecondSolve, ...]:
    """Return the settings of an experiment's second solves, the richer one first.

    Args:
        experiment: The experiment.
        mesh: The experiment on the mesh to use for both second solves in 3D; None takes the
            meshes described in :mod:`femsoret.studies.measure.numerical_error`.
    """
    degree, cell = experiment.degree, experiment.cell
    coarser = mesh or coarser_experiment(experiment)
    richer = experiment
    if cell.dim == 3:
        richer = mesh or experiment.at_resolution(RESOLUTION) or experiment
    if coarser is not None:
        weight = coarse_weight(experiment, coarser)
        return SecondSolve(richer, degree + 1, SAFETY), SecondSolve(coarser, degree, weight)
    if cell.dim == 2:
        return SecondSolve(richer, degree + 1, SAFETY), SecondSolve(richer, degree + 2, SAFETY)
    return (SecondSolve(richer, degree + 1, ALONE),)


def coarse_weight(experiment: Experiment, coarser: Experiment) -> float:
    """Return the weight of the difference from a coarser solve: COARSE at half the resolution.

    If the mesh is coarsened by less (one cell along an axis, or a mesh made by gmsh), the
    difference is smaller. The weight compensates for this as for a smooth solution, up to SAFETY.

    Args:
        experiment: The experiment.
        coarser: The experiment on the coarser mesh.
    """
    cells, order = experiment.cell.num_cells / coarser.cell.num_cells, 2 * experiment.degree
    finer = cells ** (1.0 / experiment.cell.dim)
    more = (HALF**-order - 1.0) / (finer**order - 1.0)
    return float(min(max(COARSE, COARSE * more), SAFETY))


def coarser_experiment(experiment: Experiment) -> Experiment | None:
    """Return an experiment at half the resolution; None if that mesh is not coarser.

    Args:
        experiment: The experiment.
    """
    coarse = experiment.at_resolution(HALF)
    if coarse is None and experiment.cell.dim == 3:
        cell = experiment.cell.coarser(HALF)  # curved walls are chords there: the error is larger
        coarse = None if cell is None else replace(experiment, cell=cell)
    if coarse is None or coarse.cell.num_cells >= experiment.cell.num_cells:
        return None
    return coarse


def estimated(
    first: Mapping[str, float], others: Sequence[tuple[SecondSolve, Mapping[str, float]]]
) -> dict[str, float]:
    """Return the error of each number: its largest weighted difference from a second solve.

    Args:
        first: Name -> number of the first solve.
        others: The second solves, each with its numbers by name; some may be missing.

    Returns:
        Name -> error, in the unit of the number; only for numbers with at least one difference.
    """
    errors: dict[str, float] = {}
    for second, numbers in others:
        for name, value in first.items():
            if name in numbers:
                difference = second.weight * abs(value - numbers[name])
                errors[name] = max(errors.get(name, 0.0), difference)
    return errors


def method(experiment: Experiment, seconds: Sequence[SecondSolve]) -> str:
    """Return a sentence that describes how numerical errors were estimated.

    Args:
        experiment: The experiment of the first solve.
        seconds: The second solves.
    """
    return (
        "an estimate: "
        + ("the larger of " if len(seconds) > 1 else "")
        + " and ".join(
            f"{second.weight:.2g} times the difference from a second solve with polynomials of "
            f"degree {second.degree} on {_mesh(experiment, second)}"
            for second in seconds
        )
    )


def _mesh(experiment: Experiment, second: SecondSolve) -> str:
    if second.experiment.cell is experiment.cell:
        return "the same mesh"
    return f"{second.experiment.cell.num_cells} instead of {experiment.cell.num_cells} cells"


@dataclass(frozen=True)
class NumericalError:
    """Estimates of the numerical error.

    Args:
        of: Quantity -> estimate, in the unit of the quantity. The quantities that a run may have:
            "separation", "separation.extra.NAME", "soret.apparent", "soret.bias",
            "soret.reading_effect",
            "soret.each.NAME.apparent" and ".bias" where there are several components,
            "chambers.NAME.soret.bias", "gradients.NAME.T" and ".c", "signals.NAME.dT",
            "signals.NAME.each.SPECIES.dc", ".apparent" and ".bias",
            "signals.NAME.evaluation.MARCH.SPECIES.D_bias" and ".S_T_bias", "thermometers.NAME",
            "deflections.NAME.at.I.total" and ".each.SPECIES.apparent", "interferometers." likewise,
            "nusselt.SIDE", "sherwood.SIDE", "column.KEY", "heating.rise",
            "heating.nusselt", "max_speed",
            "peclet.thermal" and "peclet.solutal".
        method: How the errors were estimated, in a sentence.
        second: The richer solution that the first was compared with; None if its solve failed.
    """

    of: dict[str, float]
    method: str
    second: Solution | None = None


def quantities(solution: Solution) -> dict[str, float]:
    """Return the quantities of a solution whose errors are estimated; collective.

    Args:
        solution: A solved experiment.

    Returns:
        Name in the summary -> number, in the unit of the summary.
    """
    experiment, convection = solution.experiment, solution.convection
    numbers: dict[str, float | None] = {}
    if solution.readings:
        numbers["separation"] = solution.readings[0].separation
        for pair in experiment.extra_readings:  # a signal is hot less cold
            first, *_ = solution.signals[pair.name].at.dc
            numbers[f"separation.extra.{pair.name}"] = -first
    if solution.soret:
        numbers["soret.apparent"] = solution.soret.apparent
        numbers["soret.bias"] = solution.soret.bias
        if solution.soret.true.value != solution.soret.true.fluid:
            numbers["soret.reading_effect"] = solution.soret.true.reading_effect
    if len(solution.outcomes) > 1:
        for species, outcome in zip(experiment.mixture.species, solution.outcomes, strict=True):
            numbers[f"soret.each.{species.name}.apparent"] = outcome.apparent
            numbers[f"soret.each.{species.name}.bias"] = outcome.bias
    numbers |= {
        f"chambers.{chamber.name}.soret.bias": chamber.soret.bias
        for chamber in solution.chambers
        if chamber.soret
    }
    numbers |= {f"nusselt.{side}": number for side, number in solution.nusselt.items()}
    numbers |= {
        f"sherwood{ending}.{side}": number
        for i, ending in enumerate(endings(experiment))
        for side, number in solution.sherwood.get(composition(i), {}).items()
    }
    if (by_sources := heating(solution)) is not None:
        numbers |= {"heating.rise": by_sources.rise, "heating.nusselt": by_sources.nusselt}
    numbers |= of_signals(solution) | of_instruments(solution)
    numbers |= reported(evaluate_column(experiment, convection))
    numbers |= of_flow(experiment, convection)
    return {name: value for name, value in numbers.items() if value is not None}


def quantities_in_time(findings: TransientFindings) -> dict[str, float]:
    """Return the quantities of a transient run whose errors are estimated; collective.

    Args:
        findings: Results of the run.

    Returns:
        Name in the summary -> number, in the unit of the summary.
    """
    numbers: dict[str, float | None] = {}
    if isinstance(findings.statistics, Statistics):
        bias = findings.bias_statistics
        numbers["statistics.mean"] = findings.statistics.mean
        numbers["statistics.bias.mean"] = bias.mean if bias else None
    for name, fitted in findings.evaluations.of.items():
        numbers |= {
            f"evaluation.{name}.D": fitted.fit.D,
            f"evaluation.{name}.D_bias": fitted.D_bias,
            f"evaluation.{name}.S_T": fitted.S_T,
            f"evaluation.{name}.S_T_bias": fitted.S_T_bias,
        }
    if isinstance(column := findings.column_in_time, ColumnInTime):
        numbers |= column.reported
    names = [component.name for component in findings.experiment.mixture.species]
    for signal, found in findings.of_signals.items():
        for march, one in found.of.items():
            prefix = f"signals.{signal}.evaluation.{march}.{names[0]}"
            numbers |= {f"{prefix}.D_bias": one.D_bias, f"{prefix}.S_T_bias": one.S_T_bias}
        for march, several in found.components.items():
            if several.S_T_bias is not None:
                prefix = f"signals.{signal}.evaluation.{march}"
                biases = zip(names, several.S_T_bias, strict=True)
                numbers |= {f"{prefix}.{name}.S_T_bias": float(bias) for name, bias in biases}
    known = {name: value for name, value in numbers.items() if value is not None}
    return quantities(findings.end) | known


def of_signals(solution: Solution) -> dict[str, float | None]:
    """Return the numbers of further signals and of thermometers; collective.

    Args:
        solution: A solved experiment.

    Returns:
        Name in the summary -> number, in the unit of the summary; None where there is none.
    """
    experiment = solution.experiment
    endings = [f".each.{species.name}" for species in experiment.mixture.species]
    numbers: dict[str, float | None] = {}
    for name, there in solution.signals.items():
        numbers[f"signals.{name}.dT"] = there.at.dT
        for i, (ending, dc) in enumerate(zip(endings, there.at.dc, strict=False)):
            numbers[f"signals.{name}{ending}.dc"] = dc
            if there.outcomes:
                numbers[f"signals.{name}{ending}.apparent"] = there.outcomes[i].apparent
                numbers[f"signals.{name}{ending}.bias"] = there.outcomes[i].bias
    for name, gradients in read_gradients(solution.convection, experiment.gradients).items():
        numbers |= {f"gradients.{name}.T": gradients.T, f"gradients.{name}.c": gradients.c}
    for name, place in experiment.thermometers.items():
        numbers[f"thermometers.{name}"] = place.of(solution.convection, "theta")
    return numbers


def of_flow(experiment: Experiment, convection: Problem) -> dict[str, float | None]:
    """Return the speeds and Peclet numbers of a flow; collective.

    The speed is the largest anywhere, which exceeds the largest at the nodes
    (:func:`between_nodes`).

    Args:
        experiment: The experiment.
        convection: Its problem with flow, in the solved state.

    Returns:
        Name in the summary -> number, in the unit of the summary; None where there is none.
    """
    flow, anywhere = speed(convection), fastest(convection)
    faster = anywhere / flow.maximum if flow.maximum else 1.0
    numbers: dict[str, float | None] = {
        "max_speed": anywhere,
        "peclet.thermal": faster * flow.peclet_thermal,
        "peclet.solutal": None if flow.peclet_solutal is None else faster * flow.peclet_solutal,
    }
    return numbers


def between_nodes(numbers: Mapping[str, float], convection: Problem) -> dict[str, float]:
    """Return by how much speeds at the nodes, which are reported, are too small; collective.

    Args:
        numbers: Result of :func:`of_flow` for the state.
        convection: The problem with flow, in the solved state.

    Returns:
        Name in the summary -> difference.
    """
    flow = speed(convection)
    at_nodes = {
        "max_speed": flow.maximum,
        "peclet.thermal": flow.peclet_thermal,
        "peclet.solutal": flow.peclet_solutal,
    }
    return {
        name: numbers[name] - value
        for name, value in at_nodes.items()
        if value is not None and name in numbers
    }


def numerical_error(solution: Solution) -> NumericalError:
    """Estimate the numerical error of a solution by second solves; collective.

    A second solve that fails is left out and mentioned in the method; if all fail, there are no
    estimates.

    Args:
        solution: The solution whose error is estimated.
    """
    experiment = solution.experiment
    numbers = quantities(solution)
    richer: list[Solution] = []

    def again(second: SecondSolve) -> dict[str, float]:
        log.info(
            "solving again with degree %d on %s, to estimate the numerical error",
            second.degree,
            _mesh(experiment, second),
        )
        other = solved_again(solution, second)
        if not richer and second.degree > experiment.degree:
            richer.append(other)  # only the numbers of the others are kept
        return quantities(other)

    done, failures = _solved(second_solves(experiment), again, "solve")
    if len(done) == 1:
        ((second, others),) = done
        weight = ALONE if second.degree > experiment.degree else COARSE_ALONE
        done = [(replace(second, weight=weight), others)]
    error = _errors(solution, numbers, done, failures)
    return replace(error, second=next(iter(richer), None))


def error_in_time(
    findings: TransientFindings, each: Callable[[Snapshot], None] = lambda snapshot: None
) -> NumericalError:
    """Estimate the numerical error of a transient run by repeating it; collective.

    This costs about as much as the first run. A repeated run that fails is left out and mentioned
    in the method; if all fail, there are no estimates.

    Args:
        findings: Results of the run whose error is estimated.
        each: Called after every accepted step of the repeated runs.
    """
    experiment, schedule = findings.experiment, _same_end(findings)

    def again(second: SecondSolve) -> dict[str, float]:
        there = replace(second.experiment, degree=second.degree)
        return quantities_in_time(measure_in_time(there, schedule, each))

    done, failures = _solved(_second_runs(experiment), again, "run")
    looser = f", with {LOOSER:g} times the tolerance of the time steps"
    return _errors(findings.end, quantities_in_time(findings), done, failures, looser)


Numbers = Sequence[tuple[SecondSolve, Mapping[str, float]]]
"""Second solves, each with its numbers by name."""


def _solved(
    seconds: Sequence[SecondSolve],
    again: Callable[[SecondSolve], Mapping[str, float]],
    what: str,
) -> tuple[Numbers, list[str]]:
    """Return the successful second solves with their numbers, and why the others failed."""
    done, failures = [], []
    for second in seconds:
        try:
            done.append((second, again(second)))
        except NotConverged as failure:
            log.warning("a second %s for the numerical error failed: %s", what, failure.message)
            failures.append(f"a second {what} failed: {failure.message}")
    return done, failures


def _errors(
    first: Solution,
    numbers: Mapping[str, float],
    done: Numbers,
    failures: Sequence[str],
    also: str = "",
) -> NumericalError:
    """Return the errors of the numbers of a first solve, and how they were estimated."""
    if not done:
        return NumericalError(of={}, method="none: " + "; ".join(failures))
    of = estimated(numbers, done)
    for name, short in between_nodes(numbers, first.convection).items():
        of[name] += short
    how = method(first.experiment, [second for second, _ in done]) + also
    return NumericalError(of=of, method="; ".join([how, *failures]))


def _second_runs(experiment: Experiment) -> tuple[SecondSolve, ...]:
    """Return the settings of the repeated runs of a transient run."""
    degree = experiment.degree
    finer, coarser = (experiment.at_resolution(ratio) for ratio in (RESOLUTION, HALF))
    if finer is None or coarser is None or coarser.cell.num_cells >= experiment.cell.num_cells:
        return (SecondSolve(experiment, degree + 1, ALONE),)
    weight = coarse_weight(experiment, coarser)
    return SecondSolve(finer, degree + 1, SAFETY), SecondSolve(coarser, degree, weight)


def _same_end(findings: TransientFindings) -> Schedule:
    """Return the schedule of a repeated run, which ends at the time when the first run ended."""
    march = findings.schedule.march
    if march.fixed_step is not None:
        march = replace(march, fixed_step=2.0 * march.fixed_step)
    else:
        march = replace(march, tolerance=LOOSER * march.tolerance)
    return replace(
        findings.schedule,
        end=findings.with_gravity.clock.t,
        settled=None,
        stop=None,
        field_times=(),
        row_times=(),
        march=march,
    )


def solved_again(solution: Solution, second: SecondSolve) -> Solution:
    """Solve again, starting from the first solution where that is useful; collective.

    The first solution is not used for a richer solve on a different mesh.

    Args:
        solution: The first solution.
        second: Settings of the second solve.

    Raises:
        NotConverged: A state was not found.
    """
    experiment = second.experiment
    own_mesh = experiment.cell is not solution.experiment.cell
    richer = second.degree > solution.experiment.degree
    if solution.departed or not (own_mesh and richer):
        # Start from the state whose error is estimated.
        experiment = replace(experiment, start_up=None)
        return solve(experiment, degree=second.degree, start=solution)
    return solve(experiment, degree=second.degree)
