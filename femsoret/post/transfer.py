"""Heat and mass transfer of walls: Nusselt and Sherwood numbers."""

from __future__ import annotations

from collections.abc import Mapping

from femsoret.conditions import Insulated
from femsoret.problem import Problem


def nusselt(
    problem: Problem, flows: Mapping[str, float], conduction: Mapping[str, float]
) -> dict[str, float | None]:
    """Return heat flow over that of pure conduction through the same side; None where adiabatic.

    A wall of the fluid before a solid counts where the outside behind it conducts.

    Args:
        problem: The problem with flow.
        flows: Its heat flows by side, W.
        conduction: Heat flows by side of pure conduction with kappa_0 in the same cell, W.
    """
    conducting = _sides_with(problem, "theta")
    conducting |= {problem.cell.inside_of(side) for side in conducting}
    return {
        side: flows[side] / conduction[side] if side in conducting else None
        for side in problem.cell.sides
    }


def sherwood(
    problem: Problem, flows: Mapping[str, float], diffusion: Mapping[str, float], species: int = 0
) -> dict[str, float | None]:
    """Return mass flow over that of pure diffusion, on walls with given composition; else None.

    Args:
        problem: The problem with flow.
        flows: Its mass flows by side, kg/s.
        diffusion: Mass flows by side of pure diffusion (u = 0, S_T = 0) in the same cell, kg/s.
        species: Index of the species.
    """
    given = _sides_with(problem, f"gamma_{species}", essential=True)
    return {
        side: flows[side] / diffusion[side] if side in given else None
        for side in problem.cell.sides
    }


def _sides_with(problem: Problem, block: str, *, essential: bool = False) -> set[str]:
    """Return the sides where a condition lets something of a block pass."""
    return {
        side
        for condition in problem.conditions
        if condition.field == block
        and (condition.essential or not essential)
        and not isinstance(condition, Insulated)
        for side in condition.sides
    }
