"""Sweeps: parsing of the varied keys from the command line, and the resulting cases.

tilt="0 deg:5 deg:11"      eleven values from 0 to 5 degrees
groups.Ra=1e3:1e6:7:log    seven values with equal ratios
solver.degree=2,3,4        a list
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np

from femsoret.base.errors import CaseError
from femsoret.base.ranks import from_root
from femsoret.case.case import Case
from femsoret.case.load import SHORT_NAMES, load_case

if TYPE_CHECKING:
    from mpi4py import MPI

_QUANTITY: Final = re.compile(r"\s*([+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)\s*(.*?)\s*")
_FORMS: Final = (
    'KEY=from:to:number, KEY=from:to:number:log or KEY=a,b,c, as in tilt="0 deg:5 deg:6"'
)


@dataclass(frozen=True)
class SweepAxis:
    """A key of the case file that is varied, and its values.

    Args:
        key: Dotted key of the case file.
        values: Values of the key, in ``unit``.
        unit: Unit of the values; empty for plain numbers.
        logarithmic: Whether the values are spaced logarithmically.
    """

    key: str
    values: tuple[float, ...]
    unit: str = ""
    logarithmic: bool = False

    @property
    def label(self) -> str:
        """The key, followed by the unit in parentheses if there is one."""
        return f"{self.key} ({self.unit})" if self.unit else self.key

    def override(self, i: int) -> str:
        """Return value number i (from 0) in the form "key=value unit" that ``--set`` accepts."""
        value = self.values[i]
        number = repr(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)
        return f"{self.key}={number} {self.unit}".rstrip()


def parse_axis(text: str, option: str = "--over") -> SweepAxis:
    """Return the sweep axis that a text describes.

    Args:
        text: Key and values, such as "tilt=0 deg:5 deg:11".
        option: Command-line option that the text belongs to, for messages.

    Raises:
        CaseError: The text does not have the form of a range or a list, or its numbers are invalid.
    """
    key, equals, given = text.partition("=")
    if not equals or not key.strip() or not given.strip():
        raise CaseError(f"{option} {text}: neither a range nor a list of values", _FORMS)
    key = SHORT_NAMES.get(key.strip(), key.strip())
    if ":" not in given:
        values, unit = _with_one_unit(given.split(","), f"{option} {text}")
        return SweepAxis(key, values, unit)
    ends, rest = given.split(":")[:2], [part.strip() for part in given.split(":")[2:]]
    logarithmic = rest[1:] == ["log"]
    if not rest or not rest[0].isdecimal() or int(rest[0]) < 2 or (rest[1:] and not logarithmic):
        raise CaseError(f"{option} {text}: not a range of two values or more", _FORMS)
    (start, end), unit = _with_one_unit(ends, f"{option} {text}")
    if logarithmic and start * end <= 0.0:
        raise CaseError(
            f"{option} {text}: a logarithmic range needs two nonzero ends of the same sign", _FORMS
        )
    space = np.geomspace if logarithmic else np.linspace
    # The ends as written; between them no more digits than a reader wants to see.
    values = tuple(float(f"{value:.12g}") for value in space(start, end, int(rest[0])))
    return SweepAxis(key, values, unit, logarithmic)


def _with_one_unit(texts: Sequence[str], whole: str) -> tuple[tuple[float, ...], str]:
    """Return numbers and their common unit, which only one of them needs to have."""
    numbers, units = [], set()
    for text in texts:
        match = _QUANTITY.fullmatch(text)
        if match is None:
            raise CaseError(f"{whole}: {text.strip()!r} does not start with a number", _FORMS)
        numbers.append(float(match[1]))
        units |= {match[2]} - {""}
    if len(units) > 1:
        raise CaseError(f"{whole}: two units, {' and '.join(sorted(units))}", "use only one")
    return tuple(numbers), units.pop() if units else ""


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
