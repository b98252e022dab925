"""Nusselt and Sherwood numbers of walls."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from femsoret.post.readings import WallMean
from femsoret.post.wall_flows import jumps, sides_of
from femsoret.problem import Problem
from femsoret.problem.conditions import Insulated
from femsoret.problem.orientation import heat_fluxes

NEGLIGIBLE: Final = 0.01
"""Conductive (diffusive) flow through a side, relative to the largest one, below which it is
negligible and no Nusselt (Sherwood) number is defined."""


def with_transfer(
    problem: Problem, block: str, yardstick: Mapping[str, float], *, essential: bool = False
) -> tuple[str, ...]:
    """Return the sides that have a Nusselt or Sherwood number; collective.

    A side has one if a condition lets heat (mass) pass through it or through the outside behind it,
    if the conductive (diffusive) flow is more than :data:`NEGLIGIBLE` of the largest one, and if
    the side touches no wall with another given value, where the flow would be infinite. Walls whose
    given heat flux drives the cell are excluded, because a ratio of flows says nothing there (see
    :func:`nusselt_of_flux`).

    Args:
        problem: The problem.
        block: "theta" for heat, a :func:`~femsoret.problem.layout.composition` for species.
        yardstick: Side name -> flow of pure conduction, W, or of pure diffusion, kg/s, in the same
            cell.
        essential: Whether to include only walls with given values.
    """
    passing = _sides_with(problem, block, essential=essential)
    if block == "theta":
        passing |= {problem.cell.inside_of(side) for side in passing}
        passing -= set(_driving(problem))
    least = NEGLIGIBLE * max(map(abs, yardstick.values()), default=0.0)
    infinite = sides_of(jumps(problem, block))
    return tuple(
        side
        for side in problem.cell.sides
        if side in passing and side not in infinite and abs(yardstick.get(side, 0.0)) > least
    )


def nusselt(
    problem: Problem, flows: Mapping[str, float], conduction: Mapping[str, float]
) -> dict[str, float | None]:
    """Return the Nusselt numbers: heat flow over that of pure conduction; collective.

    Args:
        problem: The problem with flow, solved.
        flows: Side name -> heat flow with convection, W.
        conduction: Side name -> heat flow of pure conduction with kappa_0 in the same cell, W.

    Returns:
        Side name -> Nusselt number; None for sides that have none (see :func:`with_transfer`).
    """
    counting = with_transfer(problem, "theta", conduction)
    return {
        side: flows[side] / conduction[side] if side in counting else None
        for side in problem.cell.sides
    }


def nusselt_of_flux(problem: Problem, conduction: Problem) -> dict[str, float]:
    """Return the Nusselt number of walls whose given heat flux drives a cell; collective.

    The heat flow through such a wall is given, and convection changes the temperature difference
    between the hot and the cold wall. The Nusselt number is the temperature difference of pure
    conduction over that with convection.

    Args:
        problem: The problem with flow, solved.
        conduction: Pure conduction with kappa_0 in the same cell, solved.

    Returns:
        Side name -> Nusselt number, for these walls and the outsides behind them; empty if two
        given temperatures drive the cell.
    """
    sides, frame = _driving(problem), problem.orientation
    if not sides:
        return {}
    ends = WallMean(frame.hot), WallMean(frame.cold)
    still, flowing = (
        ends[0].of(state, "theta") - ends[1].of(state, "theta") for state in (conduction, problem)
    )
    return dict.fromkeys(sides, still / flowing)


def _driving(problem: Problem) -> tuple[str, ...]:
    """Return the walls through which a given heat flux drives a cell, and the outsides behind."""
    frame = problem.orientation
    if frame.flux is None:
        return ()
    given = heat_fluxes(problem.conditions)
    ends = (frame.hot, frame.hot_outside), (frame.cold, frame.cold_outside)
    return tuple(side for end in ends if end[1] in given for side in dict.fromkeys(end))


def sherwood(
    problem: Problem, field: str, flows: Mapping[str, float], diffusion: Mapping[str, float]
) -> dict[str, float | None]:
    """Return the Sherwood numbers: mass flow over that of pure diffusion; collective.

    Args:
        problem: The problem with flow, solved.
        field: Name of the composition of a species.
        flows: Side name -> mass flow of that species with convection, kg/s.
        diffusion: Side name -> mass flow of pure diffusion (u = 0, S_T = 0) in the same cell,
            kg/s.

    Returns:
        Side name -> Sherwood number; None for sides without a given composition, and for other
        sides that have none (see :func:`with_transfer`).
    """
    counting = with_transfer(problem, field, diffusion, essential=True)
    return {
        side: flows[side] / diffusion[side] if side in counting else None
        for side in problem.cell.sides
    }


def _sides_with(problem: Problem, block: str, *, essential: bool = False) -> set[str]:
    """Return the sides where a condition lets heat or a species pass."""
    return {
        side
        for condition in problem.conditions
        if block in condition.fields
        and (condition.essential or not essential)
        and not isinstance(condition, Insulated)
        for side in condition.sides
    }
