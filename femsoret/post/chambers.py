"""Chambers: parts of the fluid separated by solids, each with its own Soret coefficient.

A reading is a linear functional of a field, and no two chambers share a node. The share of a
chamber in a reading is the reading of the function that is 1 in this chamber and 0 in all others.
The reading of one chamber alone is the reading of the field set to zero in all other chambers,
divided by that share.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np

from femsoret.base.errors import ConditionError
from femsoret.cells import Cell
from femsoret.post.fields import integral
from femsoret.post.readings import Law, Move, Points, Reading
from femsoret.post.soret import HotCold, SoretOutcome, read_each, soret_outcomes
from femsoret.problem import Problem
from femsoret.problem.layout import COMPOSITIONS, composition

SEEN = 1e-9
"""Share above which a chamber counts as contributing to a reading."""


def shares(problem: Problem, reading: Reading, block: str) -> list[float]:
    """Return the share of each chamber in a reading; collective.

    Args:
        problem: The problem. Its state is changed temporarily and restored.
        reading: The reading.
        block: The scalar block that is read: "theta" or a composition.

    Returns:
        One share per chamber, dimensionless. For a block that exists only in the fluid they add up
        to 1.
    """
    nodal = problem.nodal_values(block)
    values, found = nodal.copy(), []
    try:
        for part in range(len(problem.cell.parts)):
            nodal[:] = 0.0
            nodal[problem.nodes_in_part(block, part)] = 1.0
            found.append(reading.of(problem, block))
    finally:
        nodal[:] = values
    return found


@dataclass(frozen=True)
class InChamber:
    """A reading restricted to one chamber.

    A temperature that is read outside the fluid, for instance in a plate, is used for all chambers.

    Args:
        reading: The reading of all chambers together.
        part: Number of the chamber; see :class:`femsoret.cells.parts.Parts`.
    """

    reading: Reading
    part: int

    def of(self, problem: Problem, block: str) -> float:
        """Return the reading of a scalar block in the chamber; collective.

        Raises:
            ConditionError: No part of the reading lies in the chamber.
        """
        share = self._share(problem, block)
        if share is None:
            return self.reading.of(problem, block)
        with alone(problem, block, self.part):
            return self.reading.of(problem, block) / share

    def of_law(self, problem: Problem, law: Law) -> float:
        """Return the reading of a function of the temperature in the chamber; collective.

        Raises:
            ConditionError: No part of the reading lies in the chamber.
        """
        share = self._share(problem, "theta")
        if share is None:
            return self.reading.of_law(problem, law)
        with alone(problem, "theta", self.part):
            everywhere = self.reading.of_law(problem, law)
        return (everywhere - (1.0 - share) * float(law(np.zeros(1))[0])) / share

    def moved(self, move: Move) -> InChamber:
        """Return the moved reading, restricted to the same chamber."""
        return InChamber(self.reading.moved(move), self.part)

    def points(self, cell: Cell) -> Points:
        """Return where the composition is read, in this and other chambers; collective."""
        return self.reading.points(cell)

    def _share(self, problem: Problem, block: str) -> float | None:
        """Return the share of the chamber; None for a temperature read outside the fluid."""
        share = shares(problem, self.reading, block)
        if block == "theta" and sum(share) < SEEN:
            return None
        if share[self.part] < SEEN:
            raise ConditionError(
                f"no part of a reading lies in the chamber {problem.cell.parts.names[self.part]!r}",
                "read this chamber at walls, points or lines that lie in it",
            )
        return share[self.part]


@contextmanager
def alone(problem: Problem, block: str, part: int) -> Iterator[None]:
    """Set a scalar block to zero outside one chamber while the context is active."""
    nodal = problem.nodal_values(block)
    values, here = nodal.copy(), problem.nodes_in_part(block, part)
    try:
        nodal[:] = 0.0
        nodal[here] = values[here]
        yield
    finally:
        nodal[:] = values


# -- chambers --------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Chamber:
    """Results for one chamber.

    Args:
        name: Name of the chamber.
        volume: Volume of the chamber, m^dim; m^3 if axisymmetric.
        fillings: Mean mass fraction of each species when the chamber was filled; None where a wall
            of the chamber has a given composition.
        means: Mean mass fraction of each species in the state with gravity.
        readings: Readings with gravity, one per species; empty if the chamber is not read.
        outcomes: Soret coefficients from these readings, one per species; empty if there are none.
        missing: Why there are no outcomes; empty if there are.
    """

    name: str
    volume: float
    fillings: tuple[float | None, ...]
    means: tuple[float, ...]
    readings: tuple[HotCold, ...]
    outcomes: tuple[SoretOutcome, ...]
    missing: str

    @property
    def filled(self) -> float | None:
        """Mean mass fraction of the first species when filled; None if it is not determined."""
        return self.fillings[0]

    @property
    def mean(self) -> float:
        """Mean mass fraction of the first species in the state with gravity."""
        return self.means[0]

    @property
    def at(self) -> HotCold | None:
        """Readings of the first species; None if the chamber is not read."""
        return next(iter(self.readings), None)

    @property
    def soret(self) -> SoretOutcome | None:
        """Soret coefficient of the first species; None if there is none."""
        return next(iter(self.outcomes), None)


def chambers_of(
    convection: Problem, reference: Problem, hot: Reading, cold: Reading
) -> tuple[Chamber, ...]:
    """Return the results for each chamber of a fluid with species; collective.

    Args:
        convection: The state with gravity, solved.
        reference: The state without gravity, solved.
        hot: Reading at the hot end.
        cold: Reading at the cold end.

    Returns:
        One entry per chamber; empty if the fluid is connected.
    """
    if len(convection.cell.parts) == 1:
        return ()
    return tuple(
        _chamber(convection, reference, hot, cold, part)
        for part in range(len(convection.cell.parts))
    )


def _chamber(
    convection: Problem, reference: Problem, hot: Reading, cold: Reading, part: int
) -> Chamber:
    name, number = convection.cell.parts.names[part], range(len(convection.mixture.species))
    fillings = tuple(filling_of(convection, part, i) for i in number)
    readings: tuple[HotCold, ...] = ()
    outcomes: tuple[SoretOutcome, ...] = ()
    missing = ""
    if None in fillings:
        missing = "one of its walls has a given composition"
    else:
        pair = InChamber(hot, part), InChamber(cold, part)
        try:
            readings = read_each(convection, *pair)
            if readings[0].has_difference(convection.orientation.dT or 1.0):
                outcomes = soret_outcomes(convection, reference, *pair)
            else:
                missing = "its two readings have the same temperature"
        except ConditionError as error:
            missing = error.message
    volume = convection.cell.part_volume(part)
    means = tuple(mean_of(convection, part, i) for i in number)
    return Chamber(name, volume, fillings, means, readings, outcomes, missing)


def filling_of(problem: Problem, part: int, species: int = 0) -> float | None:
    """Return the mean mass fraction of a species when a chamber was filled.

    Args:
        problem: A problem with species.
        part: Number of the chamber.
        species: Index of the species.

    Returns:
        The mass fraction; None if a wall of the chamber has a given composition.
    """
    c0 = problem.mixture.reference.c[species]
    means = {
        row.part: c0 + row.value for row in problem.pinned if row.is_mean_of(COMPOSITIONS, species)
    }
    return means.get(part)


def mean_of(problem: Problem, part: int, species: int = 0) -> float:
    """Return the mean mass fraction of a species in a chamber; collective.

    Args:
        problem: A solved problem with species.
        part: Number of the chamber.
        species: Index of the species.
    """
    field = composition(species)
    with alone(problem, field, part):
        total = integral(problem, problem.scalar(field) * problem.dx)
    return problem.mixture.reference.c[species] + total / problem.cell.part_volume(part)


def why_not_together(problem: Problem, hot: Reading, cold: Reading) -> str:
    """Return why readings of all chambers together give no S_T, or an empty string if they do.

    Collective.

    Args:
        problem: A problem with species.
        hot: Reading at the hot end.
        cold: Reading at the cold end.
    """
    if len(problem.cell.parts) == 1:
        return ""
    seen = [
        {part for part, share in enumerate(shares(problem, reading, composition())) if share > SEEN}
        for reading in (hot, cold)
    ]
    if seen[0] != seen[1]:
        there = (
            " and ".join(repr(problem.cell.parts.names[part]) for part in sorted(parts))
            for parts in seen
        )
        return "its two readings lie in different chambers, {} and {}".format(*there)
    number = range(len(problem.mixture.species))
    if len({tuple(filling_of(problem, part, i) for i in number) for part in seen[0]}) > 1:
        return "its chambers are filled differently, so that each has its own Soret coefficient"
    return ""
