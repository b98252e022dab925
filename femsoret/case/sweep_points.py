"""Points: the values of a sweep in the order in which they are solved."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import TYPE_CHECKING

from femsoret.base.errors import CaseError
from femsoret.base.ranks import from_root
from femsoret.case import Case, load_case
from femsoret.case.axes import Axis

if TYPE_CHECKING:
    from mpi4py import MPI


@dataclass(frozen=True, eq=False)
class Point:
    """One point.

    Args:
        index: Its place in the table: the first axis runs slowest.
        at: Place on each axis.
        case: The case there.
    """

    index: int
    at: tuple[int, ...]
    case: Case


@dataclass(frozen=True, eq=False)
class Plan:
    """A sweep.

    Args:
        axes: One or two axes.
        points: Its points, each beside the one before it on one axis, so that a solution is a good
            guess for the next.
    """

    axes: tuple[Axis, ...]
    points: tuple[Point, ...]

    @property
    def cases(self) -> tuple[Case, ...]:
        """The cases, in the order of the table."""
        return tuple(p.case for p in sorted(self.points, key=lambda point: point.index))

    def part(self, number: int, of: int) -> tuple[Point, ...]:
        """Return one of several parts of the path, as equal as possible.

        Args:
            number: Which, from 1.
            of: How many there are.
        """
        length = len(self.points)
        return self.points[(number - 1) * length // of : number * length // of]

    def values(self, point: Point) -> tuple[float, ...]:
        """Return the values of a point, in the units of the axes."""
        return tuple(axis.values[i] for axis, i in zip(self.axes, point.at, strict=True))


def plan_of(
    path: Path,
    axes: Sequence[Axis],
    overrides: Sequence[str] = (),
    comm: MPI.Comm | None = None,
    *,
    unsafe_petsc: bool = False,
) -> Plan:
    """Return the plan of a sweep, every case of it checked; collective.

    Args:
        path: The case file.
        axes: One or two axes.
        overrides: Changes of single keys for all points.
        comm: The ranks; None for this process alone.
        unsafe_petsc: As for :func:`~femsoret.case.load_case`.

    Raises:
        CaseError: Not one or two axes, one key twice, or a value that the case does not allow; the
            same on all ranks.
    """
    return from_root(comm, lambda: _plan(path, axes, overrides, unsafe_petsc))


def _plan(path: Path, axes: Sequence[Axis], overrides: Sequence[str], unsafe_petsc: bool) -> Plan:
    if not 1 <= len(axes) <= 2 or len({axis.key for axis in axes}) < len(axes):
        raise CaseError(
            f"a sweep over {', '.join(axis.key for axis in axes) or 'nothing'}",
            "give --over once, or twice with two different keys",
        )
    shape = tuple(len(axis.values) for axis in axes)
    points = []
    for at in product(*(range(n) for n in shape)):
        chosen = [axis.override(i) for axis, i in zip(axes, at, strict=True)]
        index = at[0] if len(at) == 1 else at[0] * shape[1] + at[1]
        case = load_case(path, [*overrides, *chosen], unsafe_petsc=unsafe_petsc)
        points.append(Point(index, at, case))
    # Back and forth: the second axis runs backwards on every other row.
    points.sort(key=lambda p: (p.at[0], p.at[-1] if p.at[0] % 2 == 0 else -p.at[-1]))
    return Plan(tuple(axes), tuple(points))
