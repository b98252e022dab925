"""Readings of one chamber, where solids separate the fluid into several.

A reading is a linear functional, and the nodes of one chamber belong to no other. What a reading
says of one chamber is what it says of a field that is zero in all others, over what it says of the
function that is 1 in this one and 0 in the others: its share.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np

from femsoret.base.errors import ConditionError
from femsoret.post.readings import Law, Reading
from femsoret.problem import Problem

SEEN = 1e-9
"""Share above which a reading sees a chamber."""


def shares(problem: Problem, reading: Reading, block: str) -> list[float]:
    """Return the share that each chamber has in a reading of a block; collective.

    Args:
        problem: A problem.
        reading: The reading.
        block: "theta", or a :func:`~femsoret.problem.layout.composition`.
    """
    nodal = problem.nodal(block)
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

    A temperature that is read where no fluid is, in a plate for instance, is the same for all.

    Args:
        reading: The reading of all chambers.
        part: Number of the chamber; see :class:`femsoret.cells.parts.Parts`.
    """

    reading: Reading
    part: int

    def of(self, problem: Problem, block: str) -> float:
        """Return the reading of a block in the chamber.

        Raises:
            ConditionError: The reading sees nothing of the chamber.
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
        """Return the chamber's share in the reading; None where it is read outside the fluid."""
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
    """Let a block be zero outside a chamber for a while.

    Args:
        problem: A problem.
        block: "theta", or a :func:`~femsoret.problem.layout.composition`.
        part: Number of the chamber.
    """
    nodal = problem.nodal(block)
    values, here = nodal.copy(), problem.nodes_in_part(block, part)
    try:
        nodal[:] = 0.0
        nodal[here] = values[here]
        yield
    finally:
        nodal[:] = values
