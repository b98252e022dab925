"""The numerical error of what a run reports, estimated: readings, S_T, bias, Nusselt numbers...

Two second solves of the whole experiment, with gravity and without, that differ in kind: a *richer*
one, with polynomials of one degree more, and a *coarser* one, of the same degree on half the
resolution. The error of each quantity is the larger of

    SAFETY |first - richer|      and      COARSE |first - coarser|

formed for that very quantity: the bias in each solve first, since much of the error of S_app is the
same without gravity. One difference alone vanishes by accident, where errors change sign with the
mesh, and says too little where the solution is not smooth (a heater that ends amid a wall, glass
that meets copper): there one degree more takes away half of the error only. Both at once are rare.

In 2D the richer solve is on the same mesh. In 3D, where that would cost ten times as much, it is on
a mesh of two thirds of the resolution where the cell can be made again (about as many unknowns as
the first). Where there is no coarser mesh, in 2D the second solve has two degrees more; in 3D there
is none, and the one difference counts more (ALONE).

A transient run is done twice again, both times at three times the tolerance, the richer one on a
mesh of two thirds of the resolution: together they cost about what the first did. What space and
time add is one number. In time the other runs are worse than the first: the differences are at
least twice its error.

It is an estimate, not a bound: ``bench/error_estimate.py`` compares it with the truth, and
docs/evidence.md says how often and by how much it was too small.
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
from femsoret.post.readings import read_gradients
from femsoret.post.soret import read
from femsoret.post.statistics import Statistics
from femsoret.problem import Problem
from femsoret.problem.layout import composition
from femsoret.studies.measure.marching import Snapshot
from femsoret.studies.measure.recorder import endings
from femsoret.studies.measure.solution import Solution, solve
from femsoret.studies.measure.transient import TransientFindings, measure_in_time

log = get_logger(__name__)

RESOLUTION: Final = 2.0 / 3.0
"""Cells a length of the richer solve in 3D, relative to the first."""

HALF: Final = 0.5
"""Likewise of the coarser solve."""

SAFETY: Final = 4.0
"""What the difference from a richer solve counts."""

COARSE: Final = 1.0 / 3.0
"""What that from a coarser one counts. Where the solution is smooth, numbers converge with the
fourth order at degree 2: half the resolution has 16 times the error, and a third of the difference
is 5 times the error of the first solve, about what the richer solve says. At the end of a heater
the order is one, and a third of the difference is a third of the error: there the richer one has to
say enough, and the coarser one where that vanishes by accident."""

ALONE: Final = 5.0
"""What the difference from a richer solve counts where there is no other."""

COARSE_ALONE: Final = 1.0
"""Likewise from a coarser one."""

LOOSER: Final = 3.0
"""Tolerance of the other transient runs over that of the first."""


@dataclass(frozen=True, eq=False)
class SecondSolve:
    """A second solve of an experiment, for the numerical error.

    Args:
        experiment: The experiment, on the mesh of the second solve.
        degree: Its degree.
        weight: Factor of the difference from it.
    """

    experiment: Experiment
    degree: int
    weight: float


def second_solves(
    experiment: Experiment, *, mesh: Experiment | None = None
) -> tuple[SecondSolve, ...]:
    """Return the second solves that an experiment gets, the richer one first.

    Args:
        experiment: The experiment.
        mesh: It on the mesh of both in 3D; None takes what the module says.
    """
    degree, cell = experiment.degree, experiment.cell
    coarser = mesh or _coarser(experiment)
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

    Where less is gained (an axis of one mesh cell, a mesh made by gmsh) the difference is smaller,
    and counts as much more as it would be smaller if the solution were smooth, SAFETY at most.

    Args:
        experiment: The experiment.
        coarser: It on the coarser mesh.
    """
    cells, order = experiment.cell.num_cells / coarser.cell.num_cells, 2 * experiment.degree
    finer = cells ** (1.0 / experiment.cell.dim)
    more = (HALF**-order - 1.0) / (finer**order - 1.0)
    return float(min(max(COARSE, COARSE * more), SAFETY))


def _coarser(experiment: Experiment) -> Experiment | None:
    """Return an experiment at half the resolution; None where that is no coarser."""
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
    """Return the errors of numbers: of each the largest weighted difference from a second solve.

    Args:
        first: Name -> number.
        others: The second solves, and the same numbers from them, as far as they have them.
    """
    errors: dict[str, float] = {}
    for second, numbers in others:
        for name, value in first.items():
            if name in numbers:
                difference = second.weight * abs(value - numbers[name])
                errors[name] = max(errors.get(name, 0.0), difference)
    return errors


def method(experiment: Experiment, seconds: Sequence[SecondSolve]) -> str:
    """Return how numerical errors were estimated, in a sentence.

    Args:
        experiment: The experiment.
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
        of: Quantity -> estimate, in its own unit, as far as the run has it: "separation",
            "separation.extra.NAME", "soret.apparent", "soret.bias", "soret.reading_effect",
            "soret.each.NAME.apparent" and ".bias" where there are several components,
            "chambers.NAME.soret.bias", "gradients.NAME.T" and ".c", "nusselt.SIDE",
            "sherwood.SIDE", "max_speed", "peclet.thermal" and "peclet.solutal".
        method: How it was estimated, in a sentence.
        second: The richer solution that the first was compared with; None where that failed.
    """

    of: dict[str, float]
    method: str
    second: Solution | None = None


def quantities(solution: Solution) -> dict[str, float]:
    """Return the numbers of a solution whose errors are estimated; collective.

    Args:
        solution: A solved experiment.

    Returns:
        Name in the summary -> number.
    """
    experiment, convection = solution.experiment, solution.convection
    numbers: dict[str, float | None] = {}
    if solution.readings:
        numbers["separation"] = solution.readings[0].separation
        for pair in experiment.extra_readings:
            there = read(convection, pair.hot, pair.cold)
            numbers[f"separation.extra.{pair.name}"] = there.separation
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
    numbers |= of_flow(experiment, convection)
    return {name: value for name, value in numbers.items() if value is not None}


def quantities_in_time(findings: TransientFindings) -> dict[str, float]:
    """Return the numbers of a transient run whose errors are estimated; collective.

    Args:
        findings: The run.

    Returns:
        Name in the summary -> number.
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
    known = {name: value for name, value in numbers.items() if value is not None}
    return quantities(findings.end) | known


def of_flow(experiment: Experiment, convection: Problem) -> dict[str, float | None]:
    """Return the speeds of a flow and the gradients that are read in it; collective.

    Speeds are the largest anywhere, of which those at the nodes fall short (:func:`between_nodes`).

    Args:
        experiment: The experiment.
        convection: Its state with gravity.
    """
    flow, anywhere = speed(convection), fastest(convection)
    faster = anywhere / flow.maximum if flow.maximum else 1.0
    numbers: dict[str, float | None] = {
        "max_speed": anywhere,
        "peclet.thermal": faster * flow.peclet_thermal,
        "peclet.solutal": None if flow.peclet_solutal is None else faster * flow.peclet_solutal,
    }
    for name, gradients in read_gradients(convection, experiment.gradients).items():
        numbers |= {f"gradients.{name}.T": gradients.T, f"gradients.{name}.c": gradients.c}
    return numbers


def between_nodes(numbers: Mapping[str, float], convection: Problem) -> dict[str, float]:
    """Return how much the speeds that are reported fall short of the largest; collective.

    Args:
        numbers: What :func:`of_flow` says of the state.
        convection: The state with gravity.
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
    """Return the estimated numerical error of a solution, at the price of second solves.

    A second solve that fails is left out, and the method says so; where all do there are no
    estimates: the first solution stands without them.

    Args:
        solution: The solution whose error is wanted.
    """
    experiment = solution.experiment
    numbers = quantities(solution)
    richer: list[Solution] = []

    def again(second: SecondSolve) -> dict[str, float]:
        log.info(
            "again with degree %d on %s, for the numerical error",
            second.degree,
            _mesh(experiment, second),
        )
        other = solved_again(solution, second)
        if not richer and second.degree > experiment.degree:
            richer.append(other)  # of the others only the numbers are kept
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
    """Return the estimated numerical error of a transient run, at about its price; collective.

    A run that fails is left out; where both do there are no estimates, and the method says so.

    Args:
        findings: The run whose error is wanted.
        each: Called after every accepted step of the other runs.
    """
    experiment, schedule = findings.experiment, _same_end(findings)

    def again(second: SecondSolve) -> dict[str, float]:
        there = replace(second.experiment, degree=second.degree)
        return quantities_in_time(measure_in_time(there, schedule, each))

    done, failures = _solved(_second_runs(experiment), again, "run")
    looser = f", at {LOOSER:g} times the tolerance of steps"
    return _errors(findings.end, quantities_in_time(findings), done, failures, looser)


Numbers = Sequence[tuple[SecondSolve, Mapping[str, float]]]
"""Second solves, each with its numbers by name."""


def _solved(
    seconds: Sequence[SecondSolve],
    again: Callable[[SecondSolve], Mapping[str, float]],
    what: str,
) -> tuple[Numbers, list[str]]:
    """Return the second solves that did not fail, with their numbers, and why others failed."""
    done, failures = [], []
    for second in seconds:
        try:
            done.append((second, again(second)))
        except NotConverged as failure:
            log.warning("a second %s for the numerical error failed; %s", what, failure.message)
            failures.append(f"a second {what} failed; {failure.message}")
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
    """Return how a transient run is done again."""
    degree = experiment.degree
    finer, coarser = (experiment.at_resolution(ratio) for ratio in (RESOLUTION, HALF))
    if finer is None or coarser is None or coarser.cell.num_cells >= experiment.cell.num_cells:
        return (SecondSolve(experiment, degree + 1, ALONE),)
    weight = coarse_weight(experiment, coarser)
    return SecondSolve(finer, degree + 1, SAFETY), SecondSolve(coarser, degree, weight)


def _same_end(findings: TransientFindings) -> Schedule:
    """Return the schedule of a second run that ends when the first one did, whatever ended it."""
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
        march=march,
    )


def solved_again(solution: Solution, second: SecondSolve) -> Solution:
    """Solve again, from the first solution unless the second one is richer on its own mesh.

    Args:
        solution: The first solution.
        second: What is solved.

    Raises:
        NotConverged: A state was not found.
    """
    experiment = second.experiment
    own_mesh = experiment.cell is not solution.experiment.cell
    richer = second.degree > solution.experiment.degree
    if solution.departed or not (own_mesh and richer):
        # It starts from the very state whose error is sought.
        experiment = replace(experiment, start_up=None)
        return solve(experiment, degree=second.degree, start=solution)
    return solve(experiment, degree=second.degree)
