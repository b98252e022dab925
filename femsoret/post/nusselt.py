"""Nusselt and Sherwood numbers of walls, and which walls have one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from femsoret.post.readings import WallMean
from femsoret.post.wall_flows import jumps, sides_of
from femsoret.problem import Problem
from femsoret.problem.conditions import Insulated
from femsoret.problem.orientation import heat_fluxes

NEGLIGIBLE: Final = 0.01
"""Flow of conduction (diffusion) through a side, over the largest one, below which it is negligible
and a ratio to it means nothing."""


def with_transfer(
    problem: Problem, block: str, yardstick: Mapping[str, float], *, essential: bool = False
) -> tuple[str, ...]:
    """Return the sides that have a Nusselt or Sherwood number; collective.

    A condition lets heat (mass) pass there or at the outside behind the side; the flow of
    conduction (diffusion) is more than :data:`NEGLIGIBLE` of the largest one; and the side touches
    no wall of another value, where the flow would be infinite. Walls whose given heat flux drives
    the cell do not count, since a ratio of flows says nothing there (:func:`nusselt_of_flux`).

    Args:
        problem: The problem.
        block: "theta" for heat, a :func:`~femsoret.problem.layout.composition` for species.
        yardstick: Flows by side of conduction, W, or of diffusion, kg/s, in the same cell.
        essential: Whether only walls of given values count.
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
    """Return heat flow over that of pure conduction through the same side; collective.

    None where there is none: see :func:`with_transfer`.

    Args:
        problem: The problem with flow.
        flows: Its heat flows by side, W.
        conduction: Heat flows by side of pure conduction with kappa_0 in the same cell, W.
    """
    counting = with_transfer(problem, "theta", conduction)
    return {
        side: flows[side] / conduction[side] if side in counting else None
        for side in problem.cell.sides
    }


def nusselt_of_flux(problem: Problem, conduction: Problem) -> dict[str, float]:
    """Return the Nusselt number of walls whose given heat flux drives a cell; collective.

    The flow through such a wall is given, and convection changes the temperature difference between
    the hot and the cold wall. The number is the difference of pure conduction over that with flow.

    Args:
        problem: The problem with flow, solved.
        conduction: Pure conduction with kappa_0 in the same cell, solved.

    Returns:
        Nusselt number of the wall, and of the outside behind it where it has one; nothing where
        two temperatures drive the cell.
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
    """Return the walls whose given heat flux drives a cell, and the outsides behind them."""
    frame = problem.orientation
    if frame.flux is None:
        return ()
    given = heat_fluxes(problem.conditions)
    ends = (frame.hot, frame.hot_outside), (frame.cold, frame.cold_outside)
    return tuple(side for end in ends if end[1] in given for side in dict.fromkeys(end))


def sherwood(
    problem: Problem, field: str, flows: Mapping[str, float], diffusion: Mapping[str, float]
) -> dict[str, float | None]:
    """Return mass flow over that of pure diffusion, on walls with given composition; collective.

    None elsewhere, and where nothing diffuses: see :func:`with_transfer`.

    Args:
        problem: The problem with flow.
        field: Name of the composition of a species.
        flows: Its mass flows by side, kg/s.
        diffusion: Mass flows by side of pure diffusion (u = 0, S_T = 0) in the same cell, kg/s.
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
