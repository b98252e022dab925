"""The least mass fraction of a computed state: none may be negative, the rest included.

All mass fractions, that of the last component included, add up to 1, so that none exceeds 1 if none
is negative.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from femsoret.physics.closures.all_components import has_fractions
from femsoret.problem import Problem

NEGATIVE: Final = 1e-9
"""Size of a negative mass fraction up to which it is round-off."""


@dataclass(frozen=True, order=True)
class LeastFraction:
    """The least mass fraction of all components in a state.

    Args:
        value: The mass fraction; negative if the state is not physical.
        component: Name of the component.
        x: Position, m, shape (dim,).
    """

    value: float
    component: str
    x: tuple[float, ...]


def least_fraction(problem: Problem) -> LeastFraction | None:
    """Return the least mass fraction of all components at the nodes of a state; collective.

    Args:
        problem: A problem with its state.

    Returns:
        The least mass fraction; None without species, and where :func:`has_fractions` is false.
    """
    mixture, fields = problem.mixture, problem.layout.compositions
    if not fields or not has_fractions(mixture):
        return None
    values = np.array(
        [
            float(species.c0) + problem.nodal_values(field)
            for species, field in zip(mixture.species, fields, strict=True)
        ]
    )
    names = [*(species.name for species in mixture.species), mixture.rest]
    every = np.vstack([values, 1.0 - values.sum(axis=0)])
    here: list[LeastFraction] = []
    if every.size:
        component, node = np.unravel_index(int(every.argmin()), every.shape)
        x = problem.space(fields[0]).tabulate_dof_coordinates()[node, : problem.cell.dim]
        here = [
            LeastFraction(
                float(every[component, node]), names[component], tuple(float(value) for value in x)
            )
        ]
    found: list[LeastFraction] = [
        one for on_rank in problem.cell.comm.allgather(here) for one in on_rank
    ]
    return min(found)
