"""Check in a computed state that laws are used in their ranges and that properties are positive."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np

from femsoret.base.errors import FluidError
from femsoret.base.types import Array, Indices
from femsoret.cells.geometry import chunks, geometry_jacobians
from femsoret.fluids.properties.ranges import HINT, OutOfRange
from femsoret.physics.closures.positivity import positive_properties, violations
from femsoret.physics.closures.ranges import Excess, excess
from femsoret.post.fields import field_values
from femsoret.problem import Problem
from femsoret.solids import Solid

Properties = Callable[[Array, Sequence[Array]], dict[str, Array]]
"""Temperatures, K, and mass fractions, one array per species -> values by name of the property."""

Excesses = Callable[[Array, Sequence[Array]], Excess | None]
"""Temperatures, K, and mass fractions, one array per species -> a law used outside its range."""

_REMEDY = (
    "a law fitted over a range is not valid outside it: give a law that is positive at all "
    "temperatures and compositions of the cell, or reduce the temperature difference"
)


class _Found(NamedTuple):
    """What is wrong at a node; of several, the smallest is reported.

    Args:
        order: 0 for a law outside its range, which makes all else void, 1 for a sign.
        value: Minus the distance from the range, or the value that is not positive.
        text: Clause for the message.
        x: Position, m.
    """

    order: int
    value: float
    text: str
    x: tuple[float, ...]


def check_laws(problem: Problem) -> None:
    """Check the property laws of fluid and solids at the nodes of a solved problem; collective.

    Args:
        problem: A solved problem. Without a block for the composition, the composition is uniform.

    Raises:
        FluidError: A law is used outside its range, or a property is not positive or not finite;
            the message gives value and position.
    """
    if "theta" not in problem.layout:
        return
    cell, mixture = problem.cell, problem.mixture
    found = _worst(
        problem,
        lambda T, c: positive_properties(mixture, T, c),
        lambda T, c: excess(mixture, T, c),
        cell.fluid_cells,
    )
    for region, solid in problem.solids.items():
        found += _worst(problem, *_of_solid(region, solid), cell.cells_of(region))
    on_all_ranks = [each for on_rank in cell.comm.allgather(found) for each in on_rank]
    if not on_all_ranks:
        return
    worst = min(on_all_ranks)
    place = ", ".join(f"{value:.6g}" for value in worst.x)
    if worst.order == 0:
        raise FluidError(f"{worst.text}, at the point ({place}) of the computed state", HINT)
    raise FluidError(
        f"the computed state has {worst.text}, at the point ({place}): a property that is not "
        "positive has no physical meaning, and neither has the state",
        _REMEDY,
    )


def _of_solid(region: str, solid: Solid) -> tuple[Properties, Excesses]:
    law = solid.entries()["conductivity"].value

    def properties(T: Array, c: Sequence[Array]) -> dict[str, Array]:
        return {f"{region}: conductivity": np.broadcast_to(law(T, 0.0), T.shape)}

    def outside(T: Array, c: Sequence[Array]) -> Excess | None:
        try:
            law(T, 0.0)
        except OutOfRange as error:
            return Excess(f"{region}: conductivity", error)
        return None

    return properties, outside


def _worst(
    problem: Problem, properties: Properties, outside: Excesses, cells: Indices
) -> list[_Found]:
    """Return what is wrong in some mesh cells of this rank, with positions."""
    theta, m = problem.function("theta"), problem.mixture
    points = theta.function_space.element.basix_element.points
    found = []
    for some in chunks(cells):
        T = (m.T0 + field_values(problem, "theta", some, points)).ravel()
        c = [np.full_like(T, float(species.c0)) for species in m.species]
        for i, field in enumerate(problem.layout.compositions):
            c[i] += field_values(problem, field, some, points).ravel()
        if not len(T):
            continue
        beyond = outside(T, c)
        wrong = (
            [(0, -beyond.error.excess, str(beyond), beyond.error.at)]
            if beyond is not None
            else [
                (1, violation.value, str(violation), violation.at)
                for violation in violations(properties(T, c), T, c[0] if c else np.zeros_like(T))
            ]
        )
        for order, value, text, at in wrong:
            row, point = divmod(at, len(points))
            x, _ = geometry_jacobians(problem.cell.mesh, some[row : row + 1], points)
            found.append(_Found(order, value, text, tuple(float(v) for v in x[0, point])))
    return found
