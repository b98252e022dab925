"""The numerical error of what a run reports: readings, S_app, bias, Nusselt numbers, the flow.

A second solve of the whole experiment, with gravity and without, with polynomials of one degree
more. Each error is twice the difference of the two results of that very quantity: the bias is
formed in each solve first, since much of the error of S_app is the same without gravity.

In 2D the second solve is on the same mesh and starts from the first solution. In 3D, where a
higher degree on the same mesh would cost ten times as much, it is on a mesh of two thirds of the
resolution where the cell can be made again (about as many unknowns as the first).

Why this way: against a coarser mesh of the same degree the difference vanishes by accident where
the convergence is not monotone (ratios to the true error from 0.2 to 61 were measured on the rows
of docs/verification.md); against a higher degree it is the error itself but for the higher
degree's own (0.55 to 1.35 on the same mesh, at 8 to 32 cells a side).
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from femsoret.errors import NotConverged
from femsoret.experiment import Experiment
from femsoret.log import get_logger
from femsoret.post.extrema import speed
from femsoret.post.gradients import read_gradients
from femsoret.post.soret import read
from femsoret.problem import Problem
from femsoret.studies.solution import Solution, solve

log = get_logger(__name__)

RESOLUTION = 2.0 / 3.0
SAFETY = 2.0


@dataclass(frozen=True)
class NumericalError:
    """Estimated bounds of the numerical error.

    Args:
        of: Quantity -> bound, in its own unit, as far as the run has it: "separation",
            "separation.extra.NAME", "soret.apparent", "soret.bias", "soret.reading_effect",
            "chambers.NAME.soret.bias", "gradients.NAME.T" and ".c", "nusselt.SIDE", "max_speed",
            "peclet.thermal" and "peclet.solutal".
        method: How it was estimated, in a sentence.
        second: What the first solution was compared with; None where that failed.
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
    found |= {
        f"chambers.{chamber.name}.soret.bias": chamber.soret.bias
        for chamber in solution.chambers
        if chamber.soret
    }
    found |= {f"nusselt.{side}": number for side, number in solution.nusselt.items()}
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

    Args:
        experiment: The experiment.
        convection: Its state with gravity.
    """
    flow = speed(convection)
    found: dict[str, float | None] = {
        "max_speed": flow.maximum,
        "peclet.thermal": flow.peclet_thermal,
        "peclet.solutal": flow.peclet_solutal,
    }
    for name, gradients in read_gradients(convection, experiment.gradients).items():
        found |= {f"gradients.{name}.T": gradients.T, f"gradients.{name}.c": gradients.c}
    return found


def numerical_error(solution: Solution) -> NumericalError:
    """Return the numerical error of a solution, at the price of a second solve.

    Args:
        solution: The solution whose error is wanted.

    Where the second solve fails there are no bounds, and the method says so: the first solution
    stands without them.
    """
    try:
        return _from_second_solve(solution)
    except NotConverged as failure:
        log.warning("no numerical error: the second solve failed; %s", failure.message)
        return NumericalError(of={}, method=f"none: the second solve failed; {failure.message}")


def _from_second_solve(solution: Solution) -> NumericalError:
    experiment = solution.experiment
    degree, coarser = experiment.degree + 1, second_mesh(experiment)
    if coarser is None:
        there = replace(experiment, start_up=None)  # it starts from the very state that it refines
        second = solve(there, degree=degree, start=solution)
    else:
        second = solve(coarser, degree=degree)
    others = quantities(second)
    return NumericalError(
        of={
            name: SAFETY * abs(value - others[name])
            for name, value in quantities(solution).items()
            if name in others
        },
        method=method(experiment, coarser),
        second=second,
    )


def second_mesh(experiment: Experiment) -> Experiment | None:
    """Return an experiment on the mesh of its second solve; None where that is its own.

    Args:
        experiment: The experiment.
    """
    return experiment.at_resolution(RESOLUTION) if experiment.cell.dim == 3 else None


def method(experiment: Experiment, coarser: Experiment | None) -> str:
    """Return how a numerical error was estimated, in a sentence.

    Args:
        experiment: The experiment.
        coarser: It on the mesh of the second solve; None where that is the same.
    """
    where = "the same mesh"
    if coarser is not None:
        where = f"{coarser.cell.num_cells} instead of {experiment.cell.num_cells} cells"
    return (
        f"{SAFETY:g} times the difference from a second solve with polynomials of degree "
        f"{experiment.degree + 1} on {where}"
    )
