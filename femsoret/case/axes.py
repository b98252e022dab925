"""Ranges of a key of the case file, as texts.

tilt="0 deg:5 deg:11"      eleven values from 0 to 5 degrees
groups.Ra=1e3:1e6:7:log    seven values with equal ratios
solver.degree=2,3,4        a list
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

import numpy as np

from femsoret.base.errors import CaseError

SHORT_NAMES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "tilt": "gravity.tilt",
        "g": "gravity.magnitude",
        **{name: f"groups.{name}" for name in ("Ra", "Pr", "Le", "psi")},
    }
)
"""Short names of frequently varied keys, accepted wherever the command line takes a key."""

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
