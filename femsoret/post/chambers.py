"""Chambers: the parts of the fluid that solids separate, each with its own Soret coefficient."""

from __future__ import annotations

from dataclasses import dataclass

from femsoret.base.errors import ConditionError
from femsoret.post.in_chamber import SEEN, InChamber, alone, shares
from femsoret.post.integral import integral
from femsoret.post.readings import Reading
from femsoret.post.soret import HotCold, SoretOutcome, read_each, soret_outcomes
from femsoret.problem import Problem
from femsoret.problem.layout import composition


@dataclass(frozen=True)
class Chamber:
    """What is known of one chamber.

    Args:
        name: Its name.
        volume: Its volume, m^dim; m^3 if axisymmetric.
        filled: Mean mass fraction of the first species that was filled in; None where a wall of the
            chamber holds its composition.
        mean: The mean that the state with gravity has.
        readings: Readings with gravity, one a species; empty where there are none.
        outcomes: What its readings say about S_T, one a species; empty where they say nothing.
        missing: Why they do not; empty where they do.
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
        """What they say about its S_T."""
        return next(iter(self.outcomes), None)


def chambers_of(
    convection: Problem, reference: Problem, hot: Reading, cold: Reading
) -> tuple[Chamber, ...]:
    """Return the chambers of a fluid with species; none where it is in one part. Collective.

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
    """Return the mean mass fraction of a species that a chamber was filled with.

    Args:
        problem: A problem with species.
        part: Number of the chamber.
        species: Index of the species.

    Returns:
        The mass fraction; None where a wall holds the composition.
    """
    c0 = problem.mixture.reference.c[species]
    place = problem.layout.of_species(species)
    means = {row.part: c0 + row.value for row in problem.pinned if row.is_mean_of(*place)}
    return means.get(part)


def mean_of(problem: Problem, part: int) -> float:
    """Return the mean mass fraction of the first species in a chamber; collective.

    Args:
        problem: A problem with species.
        part: Number of the chamber.
    """
    with alone(problem, composition(), part):
        total = integral(problem, problem.scalar(composition()) * problem.dx)
    return problem.mixture.reference.c[0] + total / problem.cell.part_volume(part)


def why_not_together(problem: Problem, hot: Reading, cold: Reading) -> str:
    """Return why readings of all chambers together say nothing about S_T; empty where they do.

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
