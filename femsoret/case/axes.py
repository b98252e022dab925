"""Axes: what is varied, as it is written on the command line.

tilt="0 deg:5 deg:11"      eleven values from 0 to 5 degrees
groups.Ra=1e3:1e6:7:log    seven values, equal ratios
solver.degree=2,3,4        a list
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from femsoret.base.errors import CaseError
from femsoret.case.load import SHORT

_QUANTITY: Final = re.compile(r"\s*([+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)\s*(.*?)\s*")
_FORMS: Final = (
    'KEY=from:to:number, KEY=from:to:number:log or KEY=a,b,c, as in tilt="0 deg:5 deg:6"'
)


@dataclass(frozen=True)
class Axis:
    """One key and its values.

    Args:
        key: Dotted key of the case file.
        values: Numbers in ``unit``.
        unit: Unit, empty for plain numbers.
        logarithmic: Whether the values have equal ratios.
    """

    key: str
    values: tuple[float, ...]
    unit: str = ""
    logarithmic: bool = False

    @property
    def label(self) -> str:
        """Key and unit."""
        return f"{self.key} ({self.unit})" if self.unit else self.key

    def override(self, i: int) -> str:
        """Return what ``--set`` would take for value i."""
        value = self.values[i]
        number = repr(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)
        return f"{self.key}={number} {self.unit}".rstrip()


def parse_axis(text: str, option: str = "--over") -> Axis:
    """Return the axis that a text describes.

    Args:
        text: Key and values.
        option: The option of the command line that it stands behind, for messages.

    Raises:
        CaseError: It is of another form, or its numbers make no axis.
    """
    key, equals, given = text.partition("=")
    if not equals or not key.strip() or not given.strip():
        raise CaseError(f"{option} {text}: neither a range nor a list of values", _FORMS)
    key = SHORT.get(key.strip(), key.strip())
    if ":" not in given:
        values, unit = _with_one_unit(given.split(","), f"{option} {text}")
        return Axis(key, values, unit)
    ends, rest = given.split(":")[:2], [part.strip() for part in given.split(":")[2:]]
    logarithmic = rest[1:] == ["log"]
    if not rest or not rest[0].isdecimal() or int(rest[0]) < 2 or (rest[1:] and not logarithmic):
        raise CaseError(f"{option} {text}: not a range of two values or more", _FORMS)
    (start, end), unit = _with_one_unit(ends, f"{option} {text}")
    if logarithmic and start * end <= 0.0:
        raise CaseError(
            f"{option} {text}: equal ratios need two ends of one sign, neither zero", _FORMS
        )
    space = np.geomspace if logarithmic else np.linspace
    # The ends as written; between them no more digits than a reader wants to see.
    values = tuple(float(f"{value:.12g}") for value in space(start, end, int(rest[0])))
    return Axis(key, values, unit, logarithmic)


def _with_one_unit(texts: Sequence[str], whole: str) -> tuple[tuple[float, ...], str]:
    """Return numbers and their unit, which may be left out where another number has it."""
    numbers, units = [], set()
    for text in texts:
        found = _QUANTITY.fullmatch(text)
        if found is None:
            raise CaseError(f"{whole}: {text.strip()!r} does not start with a number", _FORMS)
        numbers.append(float(found[1]))
        units |= {found[2]} - {""}
    if len(units) > 1:
        raise CaseError(f"{whole}: two units, {' and '.join(sorted(units))}", "give one")
    return tuple(numbers), units.pop() if units else ""
