"""Files of measured data: tables of numbers as text, with units in the header.

The first line that is neither empty nor a comment (`#`) is the header: a name for each column, with
its unit in round or square brackets, `t (h)` or `deflection [urad]`. Units may also be in comment
lines `# NAME (UNIT): ...`, as in the records that femsoret writes (:mod:`femsoret.io.records`).
Cells are separated by tabs, semicolons or commas; a line `sep=;` before the header, by which
spreadsheets say which, is understood. Empty cells and `nan` are gaps.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import isfinite, nan
from pathlib import Path
from typing import Final

import numpy as np

from femsoret.base.errors import CaseError, nearest
from femsoret.base.types import Array

_HEADING: Final = re.compile(r"\s*(.*?)\s*(?:\(([^()]*(?:\([^()]*\)[^()]*)*)\)|\[([^\[\]]*)\])?\s*")
"""Pattern of a heading: a name and, in brackets, a unit."""

_OF_COMMENT: Final = re.compile(r"#\s*(\S[^:(\[]*?)\s*(?:\(([^:]*)\)|\[([^\]]*)\])\s*(?::.*)?")
"""Pattern of a comment line that states the unit of a column."""

_DECIMAL_COMMA: Final = re.compile(r"[+-]?\d*,\d+(?:[eE][+-]?\d+)?")

_SEPARATORS: Final = {"\t": "tabs", ";": "semicolons", ",": "commas"}

_GAPS: Final = frozenset({"", "nan", "na", "n/a", "#n/a", "null", "none", "-", "--"})
"""What stands for a missing value, in small letters."""

_SEPARATOR_LINE: Final = re.compile(r'\s*"?sep=([\t;,])"?\s*', re.IGNORECASE)
"""Pattern of the line by which spreadsheets state the separator."""

_TIME_NAMES: Final = ("t", "time", "Time", "TIME")
"""Names by which the column of times is recognised; T is a temperature."""

_EXAMPLE: Final = '"t (h),deflection (urad)"'

_TO_DOTS: Final = (
    "write decimal points: export the table with English number formats, or replace the commas "
    "inside of numbers"
)


@dataclass(frozen=True, eq=False)
class MeasuredColumn:
    """A column of a data file, as it stands there.

    Args:
        name: Its name.
        unit: Its unit as written; None if none is written, "" for empty brackets.
        values: Its numbers in this unit, shape (rows,); nan where there are gaps.
    """

    name: str
    unit: str | None
    values: Array


@dataclass(frozen=True, eq=False)
class MeasuredTable:
    """The content of a data file.

    Args:
        path: Path of the file.
        columns: Its columns, with names that differ, in the order of the file.
        lines: Line number of each row, from 1.
    """

    path: Path
    columns: tuple[MeasuredColumn, ...]
    lines: tuple[int, ...]

    @property
    def names(self) -> tuple[str, ...]:
        """Names of all columns."""
        return tuple(column.name for column in self.columns)

    def column(self, name: str) -> MeasuredColumn:
        """Return a column by its name.

        Args:
            name: Name of the column, without its unit.

        Raises:
            CaseError: There is no such column.
        """
        for column in self.columns:
            if column.name == name:
                return column
        raise CaseError(f"{self.path}: there is no column {name!r}", nearest(name, self.names))

    def time_column(self, name: str | None) -> MeasuredColumn:
        """Return the column of times, which are finite and increase.

        Args:
            name: Name of the column; None for the one named "t" or "time".

        Raises:
            CaseError: There is no such column, or its numbers are no times.
        """
        if name is None:
            found = [each for each in self.names if each in _TIME_NAMES]
            if len(found) != 1:
                raise CaseError(
                    f"{self.path}: there is no column of times, named t or time"
                    if not found
                    else f"{self.path}: both {found[0]!r} and {found[1]!r} may be the times",
                    f"columns: {', '.join(self.names)}. Name the one with the times by time = "
                    '"..." in [[fit.data]], or set steady = true for values of steady states',
                )
            name = found[0]
        times = self.column(name)
        for row, t in enumerate(times.values):
            if not isfinite(t):
                raise CaseError(
                    f"{self.path}, line {self.lines[row]}: there is no time in column {name!r}",
                    "every row needs one; gaps are allowed in the columns of signals",
                )
        back = np.flatnonzero(np.diff(times.values) <= 0.0)
        if len(back):
            row = int(back[0]) + 1
            raise CaseError(
                f"{self.path}, line {self.lines[row]}: the time {times.values[row]:g} does not "
                f"come after {times.values[row - 1]:g} in line {self.lines[row - 1]}",
                "sort the rows by time, and keep one row for each time; records that start again "
                "are further data sets",
            )
        return times


def read_measured(path: Path) -> MeasuredTable:
    """Read a data file; serial.

    Args:
        path: Path of the file.

    Raises:
        CaseError: The file cannot be read or is no such table; the message has the line.
    """
    lines = _lines_of(path)
    units = _units_in_comments(line for _, line in lines)
    table = [(k, line) for k, line in lines if line.strip() and not line.lstrip().startswith("#")]
    if not table:
        raise CaseError(
            f"{path}: there is no table in this file" + (", only comments" if lines else ""),
            f"the first line is a header with units, such as {_EXAMPLE}",
        )
    stated = _SEPARATOR_LINE.fullmatch(table[0][1])
    if stated and len(table) > 1:
        table = table[1:]
    (first, head), *rest = table
    separator = stated[1] if stated else next((each for each in _SEPARATORS if each in head), ",")
    names, written = _heading(path, first, _cells(head, separator))
    cells = [(k, _cells(line, separator)) for k, line in rest]
    rows = [(k, row) for k, row in cells if any(row)]  # spreadsheets write rows of separators
    if not rows:
        raise CaseError(
            f"{path}: there are no rows below the header in line {first}",
            "give one row for each time",
        )
    numbers = np.array(
        [_numbers(path, k, row, names, separator) for k, row in rows], dtype=np.float64
    )
    return MeasuredTable(
        path,
        tuple(
            MeasuredColumn(name, units.get(name) if unit is None else unit, numbers[:, i])
            for i, (name, unit) in enumerate(zip(names, written, strict=True))
        ),
        tuple(k for k, _ in rows),
    )


def _lines_of(path: Path) -> list[tuple[int, str]]:
    """Return the lines of a file with their numbers."""
    try:
        content = path.read_bytes()
    except FileNotFoundError as error:
        others = sorted(file.name for file in path.parent.glob("*.csv"))
        raise CaseError(
            f"{path}: there is no such file",
            f"CSV files in that folder: {', '.join(others)}" if others else "give a CSV file",
        ) from error
    except OSError as error:
        raise CaseError(f"{path}: {error.strerror}", "data are in a CSV file") from error
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise CaseError(
            f"{path}: not a UTF-8 text (at byte {error.start})",
            'save it as "CSV UTF-8"; units may be written in ASCII, as urad',
        ) from error
    if "\0" in text:
        raise CaseError(f"{path}: not a text", "data are in a CSV file, UTF-8")
    return list(enumerate(text.splitlines(), 1))


def _units_in_comments(lines: Iterator[str]) -> dict[str, str]:
    """Return the units that comment lines state, by the name of the column."""
    found = {}
    for line in lines:
        if match := _OF_COMMENT.fullmatch(line.strip()):
            found[match[1]] = (match[2] if match[2] is not None else match[3]).strip()
    return found


def _cells(line: str, separator: str) -> list[str]:
    """Return the cells of a line, without spaces around them."""
    row = next(csv.reader([line.strip(" \r\n")], delimiter=separator, skipinitialspace=True))
    return [cell.strip() for cell in row]


def _heading(path: Path, number: int, cells: list[str]) -> tuple[list[str], list[str | None]]:
    """Return the names and the units of the columns."""
    while len(cells) > 1 and not cells[-1]:
        cells = cells[:-1]  # spreadsheets end lines with separators
    if all(_is_number(cell) for cell in cells):
        raise CaseError(
            f"{path}, line {number}: there is no header, only numbers",
            f"name the columns with their units in the first line, such as {_EXAMPLE}",
        )
    names, units = [], list[str | None]()
    for place, cell in enumerate(cells, 1):
        match = _HEADING.fullmatch(cell)
        name = cell if match is None else match[1]
        if not name:
            raise CaseError(
                f"{path}, line {number}: column {place} has no name",
                f"a header has a name for each column, such as {_EXAMPLE}",
            )
        if name in names:
            raise CaseError(
                f"{path}, line {number}: two columns are named {name!r}", "names must differ"
            )
        names.append(name)
        unit = None if match is None else match[2] if match[2] is not None else match[3]
        units.append(None if unit is None else unit.strip())
    return names, units


def _is_number(cell: str) -> bool:
    try:
        float(cell)
    except ValueError:
        return _DECIMAL_COMMA.fullmatch(cell) is not None
    return cell.casefold() not in _GAPS


def _numbers(
    path: Path, line: int, cells: list[str], names: Sequence[str], separator: str
) -> list[float]:
    """Return the numbers of a row, nan for gaps."""
    where = f"{path}, line {line}"
    while len(cells) > len(names) and not cells[-1]:
        cells = cells[:-1]
    if len(cells) != len(names):
        commas = separator == "," and len(cells) > len(names)
        raise CaseError(
            f"{where}: {len(cells)} cells, but the header names {len(names)} columns",
            f"cells are separated by {_SEPARATORS[separator]}, as in the header"
            + (f". If these commas are decimal commas: {_TO_DOTS}" if commas else "")
            + "; leave the cell of a missing value empty",
        )
    numbers = []
    for name, cell in zip(names, cells, strict=True):
        if _DECIMAL_COMMA.fullmatch(cell):
            raise CaseError(f"{where}: {cell!r} in column {name!r} has a decimal comma", _TO_DOTS)
        if cell.casefold() in _GAPS:
            numbers.append(nan)
            continue
        try:
            number = float(cell.replace("−", "-").replace("_", "?"))  # Python reads 1_0 as 10
        except ValueError as error:
            raise CaseError(
                f"{where}: {cell!r} in column {name!r} is not a number",
                "units are in the header, as in t (h); leave the cell of a missing value empty, "
                "and begin comments with #",
            ) from error
        if not isfinite(number):
            raise CaseError(
                f"{where}: {cell!r} in column {name!r} is not finite",
                "leave the cell of a missing value empty",
            )
        numbers.append(number)
    return numbers
