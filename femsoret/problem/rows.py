"""Functional rows: what determines a state where the equations alone leave it free.

Equations that conserve something say nothing of its amount. In each connected part of the fluid the
equations of some blocks, weighted and summed, vanish for every state, so one of them follows from
the others. A row takes its place: a weighted sum of means over that part has a given value. A
conserved quantity may be one field or a combination of several, as where one species becomes
another; the level of a pressure is the same case.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.linalg import null_space

from femsoret.base.errors import ConditionError
from femsoret.base.types import Array
from femsoret.cells import Cell
from femsoret.problem.conditions import Condition
from femsoret.problem.layout import ALGEBRAIC, COMPOSITIONS, Layout, composition, field_at

INDEPENDENT = 1e-10
"""A combination depends on others if less than this part of it is left without them."""


@dataclass(frozen=True)
class Filling:
    """The composition that a part of the fluid was filled with, if it is not the mixture's c0.

    Args:
        part: Name of the part; see :class:`femsoret.cells.parts.Parts`.
        c: Mean mass fraction of the species there, 0 to 1.
        species: Index of the species.

    Raises:
        ConditionError: The mass fraction is not between 0 and 1.
    """

    part: str
    c: float
    species: int = 0

    def __post_init__(self) -> None:
        if not 0.0 <= self.c <= 1.0:
            raise ConditionError(
                f"the filling of {self.part!r}: the mass fraction {self.c:g} is outside 0..1",
                "60 % is 0.6",
            )


def filled_deviations(
    fillings: Sequence[Filling], cell: Cell, c0: Sequence[float]
) -> dict[tuple[int, int], float]:
    """Return (species, part) -> mean deviation c - c0 of the composition that was filled in.

    Args:
        fillings: The fillings.
        cell: The cell.
        c0: Mean mass fraction of each species of the mixture.

    Raises:
        ConditionError: A species that the mixture does not have, or a part that is filled twice.
    """
    deviations: dict[tuple[int, int], float] = {}
    for filling in fillings:
        if not 0 <= filling.species < len(c0):
            raise ConditionError(
                f"the filling of {filling.part!r}: the mixture has no species {filling.species}",
                f"it has {len(c0)}, counted from 0",
            )
        key = (filling.species, cell.part(filling.part))
        if key in deviations:
            raise ConditionError(f"{filling.part!r} is filled twice", "keep one filling")
        deviations[key] = filling.c - c0[filling.species]
    return deviations


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
        """Name of the weighted field."""
        return field_at(self.block, self.component)


@dataclass(frozen=True)
class FunctionalRow:
    """A weighted sum of means over one part of the fluid has a given value.

    Args:
        weights: The terms of the sum.
        part: Number of the part.
        value: The value, in the units of the problem.
        redundant: The equations that vanish for every state when they are weighted and summed over
            the part. The row replaces one of the first weight's equations. Empty: those of
            ``weights``, as for conserved quantities.

    Raises:
        ConditionError: All weights are zero, or the block with the replaced equation has none.
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
        """Name of the block with the replaced equation."""
        return self.redundant[0].block

    @property
    def component(self) -> int:
        """Component of that block."""
        return self.redundant[0].component

    @property
    def field(self) -> str:
        """Name of the field with the replaced equation."""
        return self.redundant[0].field

    def is_mean_of(self, block: str, component: int = 0) -> bool:
        """Return whether the row determines the mean of one component alone."""
        summed = [weight for weight in self.weights if weight.factor]
        return [(weight.block, weight.component) for weight in summed] == [(block, component)]

    @classmethod
    def mean(
        cls, block: str, component: int = 0, *, part: int = 0, value: float = 0.0
    ) -> FunctionalRow:
        """Return the row that determines the mean of one component of a block.

        Args:
            block: Name of the block.
            component: Component of the block.
            part: Number of the part.
            value: The mean, in the units of the problem.
        """
        return cls((Weight(block, component),), part, value)


def free_rows(
    cell: Cell,
    layout: Layout,
    conditions: Sequence[Condition],
    filled: Mapping[tuple[int, int], float],
    conserved: Sequence[Sequence[float]] | None,
) -> tuple[FunctionalRow, ...]:
    """Return one row for each level and each conserved mean that the equations leave free.

    Args:
        cell: The cell.
        layout: The blocks that are solved for.
        conditions: The conditions, resolved.
        filled: (species, part) -> mean deviation of the composition, if it is not 0.
        conserved: Combinations of compositions that the equations conserve, one factor a species;
            None: each composition on its own.

    Raises:
        ConditionError: A part with a filling has a wall that fixes its composition, or the
            conserved combinations are no combinations of the species or depend on each other.
    """
    fixed = {
        (field, part)
        for condition in conditions
        if condition.fixes_level
        for field in condition.fields
        if field != "theta"
        for side in condition.sides
        for part in cell.parts_at(side)
    }
    for species, part in filled:
        if (composition(species), part) in fixed:
            raise ConditionError(
                f"{cell.parts.names[part]!r} has a filling and a wall that holds its composition",
                "keep one of them",
            )
    parts = range(len(cell.parts))
    # Walls that fix the velocity all around leave the level of these blocks free.
    levels = [
        FunctionalRow.mean(name, part=part)
        for name in layout.names
        if name in ALGEBRAIC
        for part in parts
        if (name, part) not in fixed
    ]
    if COMPOSITIONS not in layout:
        return tuple(levels)
    combinations = combinations_of(conserved, layout.species)
    means = [
        row
        for part in parts
        for row in conserved_rows(
            combinations,
            part,
            [i for i in range(layout.species) if (composition(i), part) in fixed],
            {i: value for (i, place), value in filled.items() if place == part},
        )
    ]
    return (*levels, *means)


def conserved_rows(
    conserved: Array, part: int, fixed: Sequence[int], filled: Mapping[int, float]
) -> tuple[FunctionalRow, ...]:
    """Return the rows of what compositions conserve in a part of the fluid.

    Args:
        conserved: Combinations that the equations conserve, shape (combinations, species).
        part: Number of the part.
        fixed: Species whose composition a wall of the part fixes: they flow in and out there, and
            only combinations without them are conserved.
        filled: Species -> mean deviation that the part was filled with, if it is not 0.
    """
    remaining = _without(conserved, fixed)
    rows = []
    for i, equations in enumerate(_eliminated(remaining)):
        factors = [(k, float(remaining[i, k])) for k in np.flatnonzero(remaining[i])]
        value = sum(factor * filled.get(k, 0.0) for k, factor in factors)
        weights, redundant = (
            tuple(Weight(COMPOSITIONS, int(k), factor) for k, factor in terms)
            for terms in (factors, equations)
        )
        rows.append(FunctionalRow(weights, part, value, redundant))
    return tuple(rows)


def combinations_of(conserved: Sequence[Sequence[float]] | None, species: int) -> Array:
    """Return conserved combinations as an array, shape (combinations, species).

    Args:
        conserved: One factor a species in each combination; None: each species on its own.
        species: Number of species.

    Raises:
        ConditionError: Another number of factors, or combinations that depend on each other.
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
    combinations = np.array(conserved, dtype=float).reshape(len(conserved), species)
    _eliminated(combinations)
    return combinations


def _without(combinations: Array, fixed: Sequence[int]) -> Array:
    """Return combinations of combinations without some species, shape (fewer, species)."""
    columns = list(fixed)
    has = (combinations[:, columns] != 0.0).any(axis=1)
    free: Array = combinations[~has]
    mixed: Array = combinations[has]
    if not len(mixed):
        return free
    made: Array = null_space(mixed[:, columns].T).T @ mixed
    made[:, columns] = 0.0
    # Round-off of the subtraction is no weight.
    made[abs(made) < INDEPENDENT * abs(mixed).max()] = 0.0
    return np.asarray(np.concatenate([free, made]))


def _eliminated(combinations: Array) -> list[list[tuple[int, float]]]:
    """Return combinations of the same span, each with a species that no later one has.

    They are the rows of Gaussian elimination. That species, the pivot, comes first: its equation
    may be replaced, and those of all pivots may be replaced together.

    Returns:
        Species and factor, for each combination.
    """
    remaining = combinations.copy()
    eliminated = []
    for i in range(len(combinations)):
        given: Array = combinations[i]
        pivot = int(np.argmax(abs(remaining[i])))
        if abs(remaining[i, pivot]) <= INDEPENDENT * abs(given).max(initial=0.0):
            raise ConditionError(
                f"the conserved combination {_as_text(given)} follows from those before it",
                "leave it out",
            )
        remaining[i + 1 :] -= np.outer(
            remaining[i + 1 :, pivot] / remaining[i, pivot], remaining[i]
        )
        remaining[i + 1 :, pivot] = 0.0
        others = [int(k) for k in np.flatnonzero(remaining[i]) if k != pivot]
        eliminated.append([(k, float(remaining[i, k])) for k in (pivot, *others)])
    return eliminated


def _as_text(factors: Sequence[float] | Array) -> str:
    return "(" + ", ".join(f"{factor:g}" for factor in factors) + ")"
