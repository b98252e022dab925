"""Branches of steady states: how one is followed, and what is reported of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Kind = Literal["fold", "branch point"]
"""A fold, where the branch turns round, or a branch point, where another branch crosses."""


@dataclass(frozen=True)
class BranchOptions:
    """How a branch is followed.

    Args:
        first: First step, in units of the way from the first parameter to the last.
        longest: Longest step, likewise.
        shortest: Shortest step, likewise.
        careful: Step to which a branch point must hold up: what looks like one from afar may be
            the gap between two branches that pass one another (an imperfect bifurcation).
        turn: Largest angle between the tangents of two points, degrees.
        max_points: Points after which the continuation ends.
        max_iterations: Newton steps of a corrector.
        easy: Newton steps up to which the next step is longer.
        tolerance: Largest last update of a block relative to its largest entry, or to its natural
            size where that is larger: a branch may start at rest.
    """

    first: float = 0.05
    longest: float = 0.3
    shortest: float = 1e-6
    careful: float = 0.005
    turn: float = 30.0
    max_points: int = 100
    max_iterations: int = 8
    easy: int = 4
    tolerance: float = 1e-8


@dataclass(frozen=True)
class BranchPoint:
    """One steady state on a branch.

    Args:
        parameter: Value of the parameter.
        measure: What the user measures of the state.
        tangent: d(parameter)/ds, in units of the parameter's way; its sign changes at folds.
        determinant_sign: Sign of det J; 0 where the linear solver gives no determinant.
        iterations: Newton steps.
    """

    parameter: float
    measure: float
    tangent: float
    determinant_sign: int
    iterations: int


@dataclass(frozen=True)
class SpecialPoint:
    """A fold or a branch point.

    Args:
        kind: Which of the two.
        parameter: Value of the parameter there.
        measure: The measure there.
        after: Index of the point of the branch before it.
    """

    kind: Kind
    parameter: float
    measure: float
    after: int


@dataclass(frozen=True)
class Branch:
    """A branch of steady states.

    Args:
        name: Name of the parameter.
        points: The points in order.
        special: Folds and branch points in order.
        ended: Why it ends, in a sentence.
        factorisations: Jacobians factorised.
    """

    name: str
    points: tuple[BranchPoint, ...]
    special: tuple[SpecialPoint, ...]
    ended: str
    factorisations: int

    @property
    def folds(self) -> tuple[SpecialPoint, ...]:
        """Where the branch turns round."""
        return tuple(point for point in self.special if point.kind == "fold")

    @property
    def branch_points(self) -> tuple[SpecialPoint, ...]:
        """Where other branches cross."""
        return tuple(point for point in self.special if point.kind == "branch point")
