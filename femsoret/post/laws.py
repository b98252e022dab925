"""Whether the laws of properties hold in a state that was found: none of them is negative there."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from femsoret.cells.measure import chunks, geometry_jacobians
from femsoret.closures.positive import Law, Violation, positive_laws, violations
from femsoret.errors import FluidError
from femsoret.post.pointwise import Indices, values
from femsoret.problem import Problem

_REMEDY = (
    "a law that is fitted to a range means nothing outside it: give one that stays positive at all "
    "temperatures and compositions of the cell, or take a smaller temperature difference"
)


def check_laws(problem: Problem) -> None:
    """Check the laws of fluid and solids at the nodes of a solved problem; collective.

    Args:
        problem: A solved problem; one without a block for the composition has it uniform.

    Raises:
        FluidError: A property is negative or no number; with its value and place.
    """
    if "theta" not in problem.layout:
        return
    cell, mixture = problem.cell, problem.mixture
    found = _worst(problem, positive_laws(mixture), cell.fluid_cells)
    for region, solid in problem.solids.items():
        laws = {f"{region}: conductivity": solid.conductivity.value}
        found += _worst(problem, laws, cell.cells_of(region))
    everywhere = [each for part in cell.comm.allgather(found) for each in part]
    if not everywhere:
        return
    worst, x = min(everywhere)
    place = ", ".join(f"{value:.6g}" for value in x)
    raise FluidError(
        f"the state that was found has {worst}, at the point ({place}): such a property has no "
        "meaning, nor has the state",
        _REMEDY,
    )


def _worst(
    problem: Problem, laws: Mapping[str, Law], cells: Indices
) -> list[tuple[Violation, tuple[float, ...]]]:
    """Return the worst values on some mesh cells of this rank, with their places."""
    theta, m = problem.function("theta"), problem.mixture
    points = theta.function_space.element.basix_element.points
    found = []
    for some in chunks(cells):
        T = m.T0 + values(theta, some, points)[..., 0]
        c = np.full_like(T, float(m.species[0].c0) if m.species else 0.0)
        if "gamma_0" in problem.layout:
            c += values(problem.function("gamma_0"), some, points)[..., 0]
        for violation in violations(laws, T.ravel(), c.ravel()):
            row, point = divmod(violation.at, len(points))
            x, _ = geometry_jacobians(problem.cell.mesh, some[row : row + 1], points)
            found.append((violation, tuple(float(v) for v in x[0, point])))
    return found
