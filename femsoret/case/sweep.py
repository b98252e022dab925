"""Sweeps: the cases of all points."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import TYPE_CHECKING

from femsoret.base.errors import CaseError
from femsoret.base.ranks import from_root
from femsoret.case.axes import SweepAxis
from femsoret.case.case import Case
from femsoret.case.load import load_case

if TYPE_CHECKING:
    from mpi4py import MPI


@dataclass(frozen=True, eq=False)
class SweepPoint:
    """One point of a sweep.

    Args:
        index: Row in the table of results, in which the first axis varies slowest.
        at: Index on each axis.
        case: The case to solve at this point.
    """

    index: int
    at: tuple[int, ...]
    case: Case


@dataclass(frozen=True, eq=False)
class SweepPlan:
    """The axes of a sweep, and its points in the order of solution.

    Args:
        axes: One or two axes.
        points: The points. Each is a neighbour of the previous one along one axis, so that the
            previous solution is a good initial guess.
    """

    axes: tuple[SweepAxis, ...]
    points: tuple[SweepPoint, ...]

    @property
    def cases(self) -> tuple[Case, ...]:
        """The cases, in the order of the table of results."""
        return tuple(p.case for p in sorted(self.points, key=lambda point: point.index))

    def part(self, number: int, of: int) -> tuple[SweepPoint, ...]:
        """Return one of several consecutive parts, of nearly equal length, of the points.

        Args:
            number: Number of the part, counted from 1.
            of: Total number of parts.
        """
        length = len(self.points)
        return self.points[(number - 1) * length // of : number * length // of]

    def values(self, point: SweepPoint) -> tuple[float, ...]:
        """Return the values of the varied keys at a point, in the units of the axes."""
        return tuple(axis.values[i] for axis, i in zip(self.axes, point.at, strict=True))


def plan_sweep(
    path: Path,
    axes: Sequence[SweepAxis],
    overrides: Sequence[str] = (),
    comm: MPI.Comm | None = None,
    *,
    unsafe_petsc: bool = False,
) -> SweepPlan:
    """Return the plan of a sweep, with all of its cases validated; collective.

    Args:
        path: Path of the case file.
        axes: One or two axes.
        overrides: Changes of single keys that apply to all points, as "key.path=value".
        comm: Communicator; None for this process alone.
        unsafe_petsc: See :func:`~femsoret.case.load_case`.

    Raises:
        CaseError: There are not one or two axes, two axes vary the same key, or the case does not
            allow a value. It is raised on all ranks.
    """
    return from_root(comm, lambda: _plan(path, axes, overrides, unsafe_petsc))


def _plan(
    path: Path, axes: Sequence[SweepAxis], overrides: Sequence[str], unsafe_petsc: bool
) -> SweepPlan:
    if not 1 <= len(axes) <= 2 or len({axis.key for axis in axes}) < len(axes):
        raise CaseError(
            f"a sweep over {', '.join(axis.key for axis in axes) or 'nothing'} is not possible",
            "give --over once, or twice with two different keys",
        )
    shape = tuple(len(axis.values) for axis in axes)
    points = []
    for at in product(*(range(n) for n in shape)):
        chosen = [axis.override(i) for axis, i in zip(axes, at, strict=True)]
        index = at[0] if len(at) == 1 else at[0] * shape[1] + at[1]
        case = load_case(path, [*overrides, *chosen], unsafe_petsc=unsafe_petsc)
        points.append(SweepPoint(index, at, case))
    # Back and forth: the second axis runs backwards on every other row.
    points.sort(key=lambda p: (p.at[0], p.at[-1] if p.at[0] % 2 == 0 else -p.at[-1]))
    return SweepPlan(tuple(axes), tuple(points))
