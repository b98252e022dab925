"""Functional rows: constraints that determine a state where the equations alone do not.

Equations that conserve a quantity do not determine its amount. In each connected part of the fluid
the weighted sum of certain equations vanishes for every state, so one of them follows from the
others. A functional row replaces that equation by the constraint that a weighted sum of means over
the part has a given value. The conserved quantity may be a single field or, if reactions convert
species into each other, a linear combination of fields. The level of the pressure is treated in the
same way.
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
"""Relative size of the remainder below which a combination counts as linearly dependent."""


@dataclass(frozen=True)
class Filling:
    """The mean composition of a part of the fluid that is not filled with the mixture's c0.

    Args:
        part: Name of the connected part; see :class:`femsoret.cells.parts.Parts`.
        c: Mean mass fraction of the species in the part, 0 to 1.
        species: Index of the species, counted from 0.

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
                "give a fraction, such as 0.6 for 60 %",
            )


def filled_deviations(
    fillings: Sequence[Filling], cell: Cell, c0: Sequence[float]
) -> dict[tuple[int, int], float]:
    """Return the mean deviations c - c0 of the compositions in filled parts.

    Args:
        fillings: The fillings.
        cell: The cell.
        c0: Mean mass fraction of each species of the mixture.

    Returns:
        (index of the species, index of the part) -> mean deviation.

    Raises:
        ConditionError: The mixture does not have one of the species, or a part has two fillings for
            a species.
    """
    deviations: dict[tuple[int, int], float] = {}
    for filling in fillings:
        if not 0 <= filling.species < len(c0):
            raise ConditionError(
                f"the filling of {filling.part!r}: the mixture has no species {filling.species}",
                f"the mixture has {len(c0)} species, counted from 0",
            )
        key = (filling.species, cell.part(filling.part))
        if key in deviations:
            raise ConditionError(
                f"{filling.part!r} has two fillings for species {filling.species}",
                "keep one of them",
            )
        deviations[key] = filling.c - c0[filling.species]
    return deviations


@dataclass(frozen=True)
class Weight:
    """A weight of one component of a block in a weighted sum.

    Args:
        block: Name of the block.
        component: Index of the component.
        factor: The weight, in the units of the problem.
    """

    block: str
    component: int = 0
    factor: float = 1.0

    @property
    def field(self) -> str:
        """Name of the field that is weighted."""
        return field_at(self.block, self.component)


@dataclass(frozen=True)
class FunctionalRow:
    """The constraint that a weighted sum of means over one part of the fluid has a given value.

    Args:
        weights: Weights of the means in the sum.
        part: Index of the part.
        value: Value of the sum, in the units of the problem.
        redundant: Weights with which the equations, summed over the part, vanish for every state.
            The row replaces one equation of the first of these fields. If empty, ``weights`` are
            used, as is right for conserved quantities.

    Raises:
        ConditionError: All weights are zero, or the first redundant weight is zero.
    """

    weights: tuple[Weight, ...]
    part: int = 0
    value: float = 0.0
    redundant: tuple[Weight, ...] = ()

    def __post_init__(self) -> None:
        if not self.weights or not any(weight.factor for weight in self.weights):
            raise ConditionError(
                "a functional row has no weight other than 0", "give at least one non-zero factor"
            )
        if not self.redundant:
            object.__setattr__(self, "redundant", self.weights)
        if not self.redundant[0].factor:
            raise ConditionError(
                f"a functional row has a weight of 0 for {self.redundant[0].block!r}, whose "
                "equation it should replace",
                "put a block with a non-zero factor first",
            )

    @property
    def block(self) -> str:
        """Name of the block in which an equation is replaced."""
        return self.redundant[0].block

    @property
    def component(self) -> int:
        """Index of the component in whose equations one is replaced."""
        return self.redundant[0].component

    @property
    def field(self) -> str:
        """Name of the field in whose equations one is replaced."""
        return self.redundant[0].field

    def is_mean_of(self, block: str, component: int = 0) -> bool:
        """Return whether the row prescribes the mean of one given component only."""
        summed = [weight for weight in self.weights if weight.factor]
        return [(weight.block, weight.component) for weight in summed] == [(block, component)]

    @classmethod
    def mean(
        cls, block: str, component: int = 0, *, part: int = 0, value: float = 0.0
    ) -> FunctionalRow:
        """Return the row that prescribes the mean of one component of a block.

        Args:
            block: Name of the block.
            component: Index of the component.
            part: Index of the part.
            value: Mean over the part, in the units of the problem.
        """
        return cls((Weight(block, component),), part, value)


def free_rows(
    cell: Cell,
    layout: Layout,
    conditions: Sequence[Condition],
    filled: Mapping[tuple[int, int], float],
    conserved: Sequence[Sequence[float]] | None,
) -> tuple[FunctionalRow, ...]:
    """Return a functional row for each undetermined level and each conserved mean.

    Args:
        cell: The cell.
        layout: The blocks that are solved for.
        conditions: The conditions, resolved.
        filled: (species, part) -> mean deviation of the composition, where it is not 0.
        conserved: Linear combinations of compositions that the equations conserve, each with one
            factor per species; None if each species is conserved.

    Raises:
        ConditionError: A part with a filling has a wall that prescribes the same composition, or
            the conserved combinations have the wrong number of factors or are linearly dependent.
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
                f"{cell.parts.names[part]!r} has both a filling and a wall with a prescribed "
                f"composition for species {species}",
                "keep one of them",
            )
    parts = range(len(cell.parts))
    # Prescribed velocities on all walls leave the level of these blocks undetermined.
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
    """Return the rows for the conserved combinations of compositions in a part of the fluid.

    Args:
        conserved: Combinations that the equations conserve, shape (combinations, species).
        part: Index of the part.
        fixed: Species whose composition is prescribed on a wall of the part. They can flow through
            that wall, so only combinations without them are conserved.
        filled: Species -> mean deviation of its composition from c0 in the part, where it is not 0.
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
        conserved: Combinations with one factor per species; None if each species is conserved.
        species: Number of species.

    Raises:
        ConditionError: The number of factors is wrong, a factor is not finite, or the combinations
            are linearly dependent.
    """
    if conserved is None:
        return np.eye(species)
    for factors in conserved:
        if len(factors) != species or not np.isfinite(factors).all():
            raise ConditionError(
                f"the conserved combination {_as_text(factors)} is not one number for each of the "
                f"{species} species",
                "give one finite factor for each species, 0 for a species that does not contribute",
            )
    combinations = np.array(conserved, dtype=float).reshape(len(conserved), species)
    _eliminated(combinations)
    return combinations


def _without(combinations: Array, fixed: Sequence[int]) -> Array:
    """Return a basis of those combinations in the span that do not contain certain species.

    Args:
        combinations: Combinations, shape (combinations, species).
        fixed: Species to be excluded.

    Returns:
        Combinations with zero factors for these species, shape (fewer combinations, species).
    """
    columns = list(fixed)
    has = (combinations[:, columns] != 0.0).any(axis=1)
    free: Array = combinations[~has]
    mixed: Array = combinations[has]
    if not len(mixed):
        return free
    made: Array = null_space(mixed[:, columns].T).T @ mixed
    made[:, columns] = 0.0
    # Remove round-off of the subtraction.
    made[abs(made) < INDEPENDENT * abs(mixed).max()] = 0.0
    return np.asarray(np.concatenate([free, made]))


def _eliminated(combinations: Array) -> list[list[tuple[int, float]]]:
    """Return combinations with the same span, each with a pivot species absent from later ones.

    They are the rows after Gaussian elimination. Equations of all pivot species may be replaced at
    the same time.

    Args:
        combinations: Linearly independent combinations, shape (combinations, species).

    Returns:
        For each combination, pairs of the index of a species and its non-zero factor, the pivot
        first.

    Raises:
        ConditionError: The combinations are linearly dependent.
    """
    remaining = combinations.copy()
    eliminated = []
    for i in range(len(combinations)):
        given: Array = combinations[i]
        pivot = int(np.argmax(abs(remaining[i])))
        if abs(remaining[i, pivot]) <= INDEPENDENT * abs(given).max(initial=0.0):
            raise ConditionError(
                f"the conserved combination {_as_text(given)} is linearly dependent on those "
                "before it",
                "remove this combination",
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
