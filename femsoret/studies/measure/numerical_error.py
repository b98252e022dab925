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

It is an estimate, not a bound: ``bench/error_estimate.py`` compares it with the truth, and
docs/evidence.md says how often and by how much it was too small.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from femsoret.base.errors import NotConverged
from femsoret.base.log import get_logger
from femsoret.experiment import Experiment
from femsoret.post.flow import fastest, speed
from femsoret.post.readings import read_gradients
from femsoret.post.soret import read
from femsoret.problem import Problem
from femsoret.problem.layout import composition
from femsoret.studies.measure.recorder import endings
from femsoret.studies.measure.solution import Solution, solve

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


@dataclass(frozen=True, eq=False)
class Second:
    """A second solve.

    Args:
        experiment: The experiment, on the mesh of the second solve.
        degree: Its degree.
        counts: What the difference from it counts.
    """

    experiment: Experiment
    degree: int
    counts: float


def second_solves(experiment: Experiment, *, mesh: Experiment | None = None) -> tuple[Second, ...]:
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
        counts = what_coarser_counts(experiment, coarser)
        return Second(richer, degree + 1, SAFETY), Second(coarser, degree, counts)
    if cell.dim == 2:
        return Second(richer, degree + 1, SAFETY), Second(richer, degree + 2, SAFETY)
    return (Second(richer, degree + 1, ALONE),)


def what_coarser_counts(experiment: Experiment, coarser: Experiment) -> float:
    """Return what the difference from a coarser solve counts: COARSE at half the resolution.

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
    found = experiment.at_resolution(HALF)
    if found is None and experiment.cell.dim == 3:
        cell = experiment.cell.coarser(HALF)  # curved walls are chords there: the error is larger
        found = None if cell is None else replace(experiment, cell=cell)
    if found is None or found.cell.num_cells >= experiment.cell.num_cells:
        return None
    return found


def estimated(
    first: Mapping[str, float], others: Sequence[tuple[Second, Mapping[str, float]]]
) -> dict[str, float]:
    """Return the errors of some numbers: for each the largest difference, as it counts.

    Args:
        first: Name -> number.
        others: The second solves, and the same numbers from them, as far as they have them.
    """
    found: dict[str, float] = {}
    for second, numbers in others:
        for name, value in first.items():
            if name in numbers:
                difference = second.counts * abs(value - numbers[name])
                found[name] = max(found.get(name, 0.0), difference)
    return found


def method(experiment: Experiment, seconds: Sequence[Second]) -> str:
    """Return how numerical errors were estimated, in a sentence.

    Args:
        experiment: The experiment.
        seconds: The second solves.
    """
    return (
        "an estimate: "
        + ("the larger of " if len(seconds) > 1 else "")
        + " and ".join(
            f"{second.counts:.2g} times the difference from a second solve with polynomials of "
            f"degree {second.degree} on {_mesh(experiment, second)}"
            for second in seconds
        )
    )


def _mesh(experiment: Experiment, second: Second) -> str:
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
    """
    found: dict[str, float | None] = {}
    if solution.readings:
        found["separation"] = solution.readings[0].separation
        found |= further_readings(solution.experiment, solution.convection)
    if solution.soret:
        found["soret.apparent"] = solution.soret.apparent
        found["soret.bias"] = solution.soret.bias
        if solution.soret.true.value != solution.soret.true.fluid:
            found["soret.reading_effect"] = solution.soret.true.reading_effect
    if len(solution.outcomes) > 1:
        for species, outcome in zip(
            solution.experiment.mixture.species, solution.outcomes, strict=True
        ):
            found[f"soret.each.{species.name}.apparent"] = outcome.apparent
            found[f"soret.each.{species.name}.bias"] = outcome.bias
    found |= {
        f"chambers.{chamber.name}.soret.bias": chamber.soret.bias
        for chamber in solution.chambers
        if chamber.soret
    }
    found |= {f"nusselt.{side}": number for side, number in solution.nusselt.items()}
    found |= {
        f"sherwood{ending}.{side}": number
        for i, ending in enumerate(endings(solution.experiment))
        for side, number in solution.sherwood.get(composition(i), {}).items()
    }
    found |= of_flow(solution.experiment, solution.convection)
    return {name: value for name, value in found.items() if value is not None}


def further_readings(experiment: Experiment, convection: Problem) -> dict[str, float]:
    """Return the separations that a case reads besides the one for S_T; collective.

    Args:
        experiment: The experiment.
        convection: Its state with gravity, of a fluid with species.
    """
    return {
        f"separation.extra.{pair.name}": read(convection, pair.hot, pair.cold).separation
        for pair in experiment.extra_readings
    }


def of_flow(experiment: Experiment, convection: Problem) -> dict[str, float | None]:
    """Return what is known of a flow: speeds, and gradients in it; collective.

    Speeds are the largest anywhere, of which those at the nodes fall short (:func:`between_nodes`).

    Args:
        experiment: The experiment.
        convection: Its state with gravity.
    """
    flow, anywhere = speed(convection), fastest(convection)
    faster = anywhere / flow.maximum if flow.maximum else 1.0
    found: dict[str, float | None] = {
        "max_speed": anywhere,
        "peclet.thermal": faster * flow.peclet_thermal,
        "peclet.solutal": None if flow.peclet_solutal is None else faster * flow.peclet_solutal,
    }
    for name, gradients in read_gradients(convection, experiment.gradients).items():
        found |= {f"gradients.{name}.T": gradients.T, f"gradients.{name}.c": gradients.c}
    return found


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

    Args:
        solution: The solution whose error is wanted.

    A second solve that fails is left out, and the method says so; where all do there are no
    estimates: the first solution stands without them.
    """
    experiment = solution.experiment
    numbers = quantities(solution)
    done: list[tuple[Second, dict[str, float]]] = []
    failures: list[str] = []
    richer: Solution | None = None
    for second in second_solves(experiment):
        log.info(
            "again with degree %d on %s, for the numerical error",
            second.degree,
            _mesh(experiment, second),
        )
        try:
            found = solved_again(solution, second)
        except NotConverged as failure:
            log.warning("a second solve for the numerical error failed; %s", failure.message)
            failures.append(f"a second solve failed; {failure.message}")
            continue
        done.append((second, quantities(found)))
        if richer is None and second.degree > experiment.degree:
            richer = found  # of the others only the numbers are kept
    if len(done) == 1:
        ((second, others),) = done
        done = [(_alone(second, experiment), others)]
    if not done:
        return NumericalError(of={}, method="none: " + "; ".join(failures))
    of = estimated(numbers, done)
    for name, short in between_nodes(numbers, solution.convection).items():
        of[name] += short
    how = "; ".join([method(experiment, [second for second, _ in done]), *failures])
    return NumericalError(of=of, method=how, second=richer)


def _alone(second: Second, experiment: Experiment) -> Second:
    """Return a second solve that has to stand alone: what its difference counts."""
    return replace(second, counts=ALONE if second.degree > experiment.degree else COARSE_ALONE)


def solved_again(solution: Solution, second: Second) -> Solution:
    """Return a second solve, started from the first solution but on richer meshes of their own.

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
