"""Chambers: the parts of the fluid that solids separate, each with its own Soret coefficient.

A reading is a linear functional, and no two chambers share a node. The share of a chamber in a
reading is the reading of the function that is 1 in this chamber and 0 in all others. The reading of
one chamber alone is that of a field set to zero in all others, divided by the share.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np

from femsoret.base.errors import ConditionError
from femsoret.post.fields import integral
from femsoret.post.readings import Law, Reading
from femsoret.post.soret import HotCold, SoretOutcome, read_each, soret_outcomes
from femsoret.problem import Problem
from femsoret.problem.layout import COMPOSITIONS, composition

SEEN = 1e-9
"""Share above which a reading counts as one of a chamber."""


def shares(problem: Problem, reading: Reading, block: str) -> list[float]:
    """Return the share of each chamber in a reading of a block; collective."""
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
    """A reading of one chamber alone.

    A temperature read outside the fluid, in a plate for instance, belongs to all chambers.

    Args:
        reading: The reading of all chambers.
        part: Number of the chamber; see :class:`femsoret.cells.parts.Parts`.
    """

    reading: Reading
    part: int

    def of(self, problem: Problem, block: str) -> float:
        """Return the reading of a block in the chamber.

        Raises:
            ConditionError: No part of the reading lies in the chamber.
        """
        share = self._share(problem, block)
        if share is None:
            return self.reading.of(problem, block)
        with alone(problem, block, self.part):
            return self.reading.of(problem, block) / share

    def of_law(self, problem: Problem, law: Law) -> float:
        """Return the reading of a function of the temperature in the chamber."""
        share = self._share(problem, "theta")
        if share is None:
            return self.reading.of_law(problem, law)
        with alone(problem, "theta", self.part):
            everywhere = self.reading.of_law(problem, law)
        return (everywhere - (1.0 - share) * float(law(np.zeros(1))[0])) / share

    def _share(self, problem: Problem, block: str) -> float | None:
        """Return the share of the chamber; None for a temperature read outside the fluid."""
        share = shares(problem, self.reading, block)
        if block == "theta" and sum(share) < SEEN:
            return None
        if share[self.part] < SEEN:
            raise ConditionError(
                f"a reading sees nothing of {problem.cell.parts.names[self.part]!r}",
                "read this chamber at walls, points or lines of its own",
            )
        return share[self.part]


@contextmanager
def alone(problem: Problem, block: str, part: int) -> Iterator[None]:
    """Set a block to zero outside a chamber, within a context."""
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
        name: Its name.
        volume: Its volume, m^dim; m^3 if axisymmetric.
        filled: Mean mass fraction of the first species at filling; None where a wall of the chamber
            holds its composition.
        mean: Mean mass fraction in the state with gravity.
        readings: Readings with gravity, one a species; empty where there are none.
        outcomes: Soret coefficients of its readings, one a species; empty where there are none.
        missing: Why there are no outcomes; otherwise empty.
    """

    name: str
    volume: float
    filled: float | None
    mean: float
    readings: tuple[HotCold, ...]
    outcomes: tuple[SoretOutcome, ...]
    missing: str

    @property
    def at(self) -> HotCold | None:
        """The readings of the species named first."""
        return next(iter(self.readings), None)

    @property
    def soret(self) -> SoretOutcome | None:
        """Soret coefficient of the species named first."""
        return next(iter(self.outcomes), None)


def chambers_of(
    convection: Problem, reference: Problem, hot: Reading, cold: Reading
) -> tuple[Chamber, ...]:
    """Return the chambers of a fluid with species; none where the fluid is connected. Collective.

    Args:
        convection: The state with gravity.
        reference: The state without.
        hot: Reading at the hot end.
        cold: Reading at the cold end.
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
    name, filled = convection.cell.parts.names[part], filling_of(convection, part)
    readings: tuple[HotCold, ...] = ()
    outcomes: tuple[SoretOutcome, ...] = ()
    missing = ""
    if filled is None:
        missing = "a wall holds its composition"
    else:
        pair = InChamber(hot, part), InChamber(cold, part)
        try:
            readings = read_each(convection, *pair)
            if readings[0].has_difference(convection.orientation.dT or 1.0):
                outcomes = soret_outcomes(convection, reference, *pair)
            else:
                missing = "its two readings have one temperature"
        except ConditionError as error:
            missing = error.message
    volume = convection.cell.part_volume(part)
    return Chamber(name, volume, filled, mean_of(convection, part), readings, outcomes, missing)


def filling_of(problem: Problem, part: int, species: int = 0) -> float | None:
    """Return the mean mass fraction of a species at the filling of a chamber.

    Returns:
        The mass fraction; None where a wall holds the composition.
    """
    c0 = problem.mixture.reference.c[species]
    means = {
        row.part: c0 + row.value for row in problem.pinned if row.is_mean_of(COMPOSITIONS, species)
    }
    return means.get(part)


def mean_of(problem: Problem, part: int) -> float:
    """Return the mean mass fraction of the first species in a chamber; collective."""
    with alone(problem, composition(), part):
        total = integral(problem, problem.scalar(composition()) * problem.dx)
    return problem.mixture.reference.c[0] + total / problem.cell.part_volume(part)


def why_not_together(problem: Problem, hot: Reading, cold: Reading) -> str:
    """Return why readings of all chambers together give no S_T; an empty text where they do.

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
        return "its chambers are filled differently, each has its own"
    return ""
