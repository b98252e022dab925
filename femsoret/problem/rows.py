"""Functional rows: what a state must satisfy where equations alone leave it free.

Equations that conserve something say nothing of its amount: in each part of the fluid that hangs
together the equations of some blocks, weighted and added up, are zero for every state. One of them
follows from the others there, and a row takes its place: a weighted sum of means over that part.
What is conserved may be one field or a combination of several, as where one species becomes
another; the level of a pressure is the same case.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.linalg import null_space

from femsoret.base.errors import ConditionError
from femsoret.problem.layout import field_at

Array = npt.NDArray[np.float64]

INDEPENDENT = 1e-10
"""Size of what is left of a combination without the others, over its own, below which it is one of
them."""


@dataclass(frozen=True)
class Weight:
    """A factor of the mean of one component of a block.

    Args:
        block: Name of the block.
        component: Component of the block.
        factor: The factor, in the units of the problem.
    """

    block: str
    component: int = 0
    factor: float = 1.0

    @property
    def field(self) -> str:
        """Name of the field that it weighs."""
        return field_at(self.block, self.component)


@dataclass(frozen=True)
class FunctionalRow:
    """A weighted sum of means over one part of the fluid has a given value.

    Args:
        weights: What is summed.
        part: Number of the part.
        value: The sum, in the units of the problem.
        redundant: The equations that, weighted and added up over the part, are zero for every
            state. That of the first weight gives way to the row. Empty: those of ``weights``, as
            for what is conserved.

    Raises:
        ConditionError: Nothing is summed, or the equation that should give way has no weight.
    """

    weights: tuple[Weight, ...]
    part: int = 0
    value: float = 0.0
    redundant: tuple[Weight, ...] = ()

    def __post_init__(self) -> None:
        if not self.weights or not any(weight.factor for weight in self.weights):
            raise ConditionError("a functional row sums nothing", "give it a factor other than 0")
        if not self.redundant:
            object.__setattr__(self, "redundant", self.weights)
        if not self.redundant[0].factor:
            raise ConditionError(
                f"a functional row has no weight on {self.redundant[0].block!r}, whose equation it "
                "should replace",
                "put a block first whose factor is not 0",
            )

    @property
    def block(self) -> str:
        """Name of the block one of whose equations gives way."""
        return self.redundant[0].block

    @property
    def component(self) -> int:
        """Component of that block."""
        return self.redundant[0].component

    @property
    def field(self) -> str:
        """Name of the field one of whose equations gives way."""
        return self.redundant[0].field

    def is_mean_of(self, block: str, component: int = 0) -> bool:
        """Return whether the row says the mean of one component alone.

        Args:
            block: Name of the block.
            component: Component of the block.
        """
        summed = [weight for weight in self.weights if weight.factor]
        return [(weight.block, weight.component) for weight in summed] == [(block, component)]

    @classmethod
    def mean(
        cls, block: str, component: int = 0, *, part: int = 0, value: float = 0.0
    ) -> FunctionalRow:
        """Return the row that says the mean of one component of a block.

        Args:
            block: Name of the block.
            component: Component of the block.
            part: Number of the part.
            value: The mean, in the units of the problem.
        """
        return cls((Weight(block, component),), part, value)


def conserved_rows(
    conserved: Array,
    places: Sequence[tuple[str, int]],
    part: int,
    held: Sequence[int],
    filled: Mapping[int, float],
) -> tuple[FunctionalRow, ...]:
    """Return the rows of what compositions conserve in a part of the fluid.

    Args:
        conserved: Combinations that the equations conserve, shape (combinations, species).
        places: Block and component of each species.
        part: Number of the part.
        held: Species whose composition a wall of the part holds: they flow in and out there, and
            only combinations without them are conserved.
        filled: Species -> mean deviation that the part was filled with, where that is not 0.
    """
    left = _without(conserved, held)
    rows = []
    for i, equations in enumerate(_eliminated(left)):
        factors = [(k, float(left[i, k])) for k in np.flatnonzero(left[i])]
        value = sum(factor * filled.get(k, 0.0) for k, factor in factors)
        weights, redundant = (
            tuple(Weight(*places[k], factor) for k, factor in each) for each in (factors, equations)
        )
        rows.append(FunctionalRow(weights, part, value, redundant))
    return tuple(rows)


def combinations_of(conserved: Sequence[Sequence[float]] | None, species: int) -> Array:
    """Return what compositions conserve as an array, shape (combinations, species).

    Args:
        conserved: One factor a species in each combination; None: each species on its own.
        species: Number of species.

    Raises:
        ConditionError: Another number of factors, or combinations that follow from each other.
    """
    if conserved is None:
        return np.eye(species)
    for factors in conserved:
        if len(factors) != species or not np.isfinite(factors).all():
            raise ConditionError(
                f"the conserved combination {_as_text(factors)} is not one number for each of the "
                f"{species} species",
                "give a factor for each, 0 for one that takes no part",
            )
    found = np.array(conserved, dtype=float).reshape(len(conserved), species)
    _eliminated(found)
    return found


def _without(combinations: Array, held: Sequence[int]) -> Array:
    """Return combinations of combinations in which none of some species is."""
    has = (combinations[:, list(held)] != 0.0).any(axis=1)
    free: Array = combinations[~has]
    mixed: Array = combinations[has]
    if not len(mixed):
        return free
    made: Any = null_space(mixed[:, list(held)].T).T @ mixed
    made[:, list(held)] = 0.0
    # What is round-off of the subtraction is no weight.
    made[abs(made) < INDEPENDENT * abs(mixed).max()] = 0.0
    found: Array = np.concatenate([free, made])
    return found


def _eliminated(combinations: Array) -> list[list[tuple[int, float]]]:
    """Return combinations of the same span, one of whose species is in none of those that follow.

    They are the rows of Gaussian elimination. That species, the pivot, comes first: it is the one
    whose equation may give way, and together they may.

    Returns:
        Species and factor, for each combination.
    """
    left, found = combinations.copy(), []
    for i, row in enumerate(combinations):
        pivot = int(np.argmax(abs(left[i])))
        if abs(left[i, pivot]) <= INDEPENDENT * abs(row).max(initial=0.0):
            raise ConditionError(
                f"the conserved combination {_as_text(row)} follows from those before it",
                "leave it out",
            )
        left[i + 1 :] -= np.outer(left[i + 1 :, pivot] / left[i, pivot], left[i])
        left[i + 1 :, pivot] = 0.0
        others = [int(k) for k in np.flatnonzero(left[i]) if k != pivot]
        found.append([(k, float(left[i, k])) for k in (pivot, *others)])
    return found


def _as_text(row: Any) -> str:
    return "(" + ", ".join(f"{factor:g}" for factor in row) + ")"
