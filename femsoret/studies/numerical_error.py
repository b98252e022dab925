"""The numerical error of what a run reports: separation, S_app, bias, Nusselt numbers.

A second solve of the whole experiment, with gravity and without, of higher order. Each error is
the difference of the two results of that very quantity (the bias is formed in each solve first,
since much of the error of S_app is the same without gravity), times a safety factor.

The second solve takes polynomials of one degree more. Where the cell can be made again it does so
on a mesh of two thirds of the resolution, which has about as many unknowns as the first.
"""

from __future__ import annotations

from dataclasses import dataclass

from femsoret.post.reactions import wall_flows
from femsoret.post.transfer import nusselt
from femsoret.studies.solution import Solution, solve

RESOLUTION = 2.0 / 3.0
SAFETY = 2.0


@dataclass(frozen=True)
class NumericalError:
    """Estimated bounds of the numerical error.

    Args:
        of: Quantity -> bound, in its own unit: "separation", "soret.apparent", "soret.bias" and
            "nusselt.SIDE", as far as the run has them.
        method: How it was estimated, in a sentence.
    """

    of: dict[str, float]
    method: str


def quantities(solution: Solution) -> dict[str, float]:
    """Return the numbers of a solution whose errors are estimated.

    Args:
        solution: A solved experiment.
    """
    found: dict[str, float | None] = {}
    if solution.has_species:
        found["separation"] = solution.at.separation
        found["soret.apparent"] = solution.apparent
        found["soret.bias"] = solution.bias
    numbers = nusselt(
        solution.convection,
        wall_flows(solution.convection, "theta"),
        wall_flows(solution.conduction, "theta"),
    )
    found |= {f"nusselt.{side}": number for side, number in numbers.items()}
    return {name: value for name, value in found.items() if value is not None}


def numerical_error(solution: Solution) -> NumericalError:
    """Return the numerical error of a solution, at the price of a second solve.

    Args:
        solution: The solution whose error is wanted.

    Raises:
        NotConverged: The second solve failed.
    """
    experiment = solution.experiment
    degree = experiment.degree + 1
    other = experiment.at_resolution(RESOLUTION) or experiment
    second = quantities(solve(other, degree=degree))
    where = (
        "the same mesh"
        if other is experiment
        else f"{other.cell.num_cells} instead of {experiment.cell.num_cells} cells"
    )
    return NumericalError(
        of={
            name: SAFETY * abs(value - second[name])
            for name, value in quantities(solution).items()
            if name in second
        },
        method=f"{SAFETY:g} times the difference from a second solve with polynomials of degree "
        f"{degree} on {where}",
    )
