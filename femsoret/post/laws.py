"""Check that property laws are positive in a computed state."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from femsoret.base.errors import FluidError
from femsoret.base.types import Array, Indices
from femsoret.cells.geometry import chunks, geometry_jacobians
from femsoret.physics.closures.positivity import Violation, positive_properties, violations
from femsoret.post.fields import field_values
from femsoret.problem import Problem
from femsoret.solids import Solid

Properties = Callable[[Array, Sequence[Array]], dict[str, Array]]
"""Temperatures, K, and mass fractions, one array per species -> values by name of the property."""

_REMEDY = (
    "a law fitted over a range is not valid outside it: give a law that is positive at all "
    "temperatures and compositions of the cell, or reduce the temperature difference"
)


def check_laws(problem: Problem) -> None:
    """Check the property laws of fluid and solids at the nodes of a solved problem; collective.

    Args:
        problem: A solved problem. Without a block for the composition, the composition is uniform.

    Raises:
        FluidError: A property is not positive or not finite; the message gives value and position.
    """
    if "theta" not in problem.layout:
        return
    cell, mixture = problem.cell, problem.mixture
    found = _worst(problem, lambda T, c: positive_properties(mixture, T, c), cell.fluid_cells)
    for region, solid in problem.solids.items():
        found += _worst(problem, _of_solid(region, solid), cell.cells_of(region))
    on_all_ranks = [violation for on_rank in cell.comm.allgather(found) for violation in on_rank]
    if not on_all_ranks:
        return
    worst, x = min(on_all_ranks)
    place = ", ".join(f"{value:.6g}" for value in x)
    raise FluidError(
        f"the computed state has {worst}, at the point ({place}): a property that is not positive "
        "has no physical meaning, and neither has the state",
        _REMEDY,
    )


def _of_solid(region: str, solid: Solid) -> Properties:
    def properties(T: Array, c: Sequence[Array]) -> dict[str, Array]:
        conductivity = solid.entries()["conductivity"].value(T, 0.0)
        return {f"{region}: conductivity": np.broadcast_to(conductivity, T.shape)}

    return properties


def _worst(
    problem: Problem, properties: Properties, cells: Indices
) -> list[tuple[Violation, tuple[float, ...]]]:
    """Return the worst violations in some mesh cells of this rank, with their positions, m."""
    theta, m = problem.function("theta"), problem.mixture
    points = theta.function_space.element.basix_element.points
    found = []
    for some in chunks(cells):
        T = (m.T0 + field_values(problem, "theta", some, points)).ravel()
        c = [np.full_like(T, float(species.c0)) for species in m.species]
        for i, field in enumerate(problem.layout.compositions):
            c[i] += field_values(problem, field, some, points).ravel()
        first = c[0] if c else np.zeros_like(T)
        for violation in violations(properties(T, c), T, first):
            row, point = divmod(violation.at, len(points))
            x, _ = geometry_jacobians(problem.cell.mesh, some[row : row + 1], points)
            found.append((violation, tuple(float(v) for v in x[0, point])))
    return found
