"""Tables of reports, specified as data and converted to texts."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from rich.table import Table as TerminalTable
from rich.text import Text

from femsoret.report.words.numbers import (
    NONE,
    percent,
    percent_with_error,
    plain,
    short,
    with_error,
)
from femsoret.report.words.units import Scale, Summary, units_of

Format = Callable[[Any, float | None, Summary], str]
"""Function that formats a value, given its numerical error or None, and the summary of the run."""

TextOf = str | Callable[[Summary], str]
"""A text, or a function that makes it from the summary."""


@dataclass(frozen=True)
class Table:
    """A table of texts.

    Args:
        title: Heading of the table.
        columns: Headings of the columns.
        rows: Rows of texts, one text per column.
        note: Note below the table; may be empty.
    """

    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    note: str = ""

    def for_terminal(self, title: str | None = None, labels: int = 1) -> TerminalTable:
        """Return the table for a terminal.

        Args:
            title: Heading on the terminal; None takes that of the page.
            labels: Number of left-aligned columns on the left; all others are right-aligned.
        """
        # Use Text instead of strings, since texts of users must not be read as markup.
        table = TerminalTable(title=Text(self.title if title is None else title))
        if self.note:
            table.caption = Text(self.note)
        for i, column in enumerate(self.columns):
            table.add_column(Text(column), justify="left" if i < labels else "right")
        for row in self.rows:
            table.add_row(*map(Text, row))
        return table


# -- formats -------------------------------------------------------------------------------------


def number(digits: int = 4, unit: str = "") -> Format:
    """Return the format of a number.

    Args:
        digits: Number of significant digits.
        unit: Name of the unit in :class:`~femsoret.report.words.units.Units`; empty for a pure
            number.
    """
    return _in_unit(unit, lambda value, error: plain(value, digits))


def with_bounds(digits: int = 4, unit: str = "") -> Format:
    """Return the format of a number with its numerical error in brackets, 6.31(2)×10⁻³.

    Args:
        digits: Number of significant digits if the error is unknown.
        unit: See :func:`number`.
    """
    return _in_unit(unit, lambda value, error: with_error(value, error, digits=digits))


def _in_unit(unit: str, write: Callable[[float, float | None], str]) -> Format:
    def text(value: float | None, error: float | None, summary: Summary) -> str:
        if value is None:
            return NONE
        scale: Scale | None = getattr(units_of(summary), unit) if unit else None
        if scale is None:
            return write(value, error)
        scaled = None if error is None else error * scale.factor
        return f"{write(value * scale.factor, scaled)} {scale}"

    return text


def ratio(value: float | None, error: float | None, summary: Summary) -> str:
    """Return a ratio as a percentage."""
    return percent(value)


def ratio_with_bounds(value: float | None, error: float | None, summary: Summary) -> str:
    """Return a ratio as a percentage with its numerical error in brackets."""
    return percent_with_error(value, error)


def ratio_or_unknown(value: float | None, error: float | None, summary: Summary) -> str:
    """Write an uncertainty in percent, or "unknown" if it is not stated."""
    return "unknown" if value is None else percent(value)


def rounded(unit: str = "") -> Format:
    """Return the format of a number with at most three significant digits.

    Args:
        unit: See :func:`number`.
    """
    return _in_unit(unit, lambda value, error: short(value))


def text(value: object, error: float | None, summary: Summary) -> str:
    """Return a text unchanged, or a number with all its digits."""
    return NONE if value is None else str(value)


def thousands(value: int | None) -> str:
    """Return a large integer with spaces between thousands."""
    return NONE if value is None else f"{value:,}".replace(",", " ")


# -- tables as data ------------------------------------------------------------------------------


def at_path(document: Any, path: str) -> Any:
    """Return the entry of a document at a dotted path; None if there is none.

    Args:
        document: Nested mappings.
        path: Keys, joined by dots; empty for the document itself.
    """
    for key in path.split(".") if path else ():
        if not isinstance(document, Mapping):
            return None
        document = document.get(key)
    return document


def constant(value: Any) -> Callable[[Summary], Any]:
    """Return a function of the summary with a constant result, for rows made in a loop."""
    return lambda summary: value


@dataclass(frozen=True)
class Row:
    """A row of a sheet, with one number.

    Args:
        label: Label of the row.
        path: Dotted path of the number, or a function that returns it from the summary.
        format: Format of the number.
        note: Text in the last column; may be empty.
        error: Key of its error in "numerical_error"; if empty, the path of the number.
        optional: Whether the row is left out if there is no such number.
    """

    label: TextOf
    path: str | Callable[[Summary], Any]
    format: Format = field(default_factory=number)
    note: TextOf = ""
    error: str = ""
    optional: bool = False

    def value(self, summary: Summary, prefix: str = "") -> Any:
        """Return the number; None if there is none."""
        if callable(self.path):
            return self.path(summary)
        return at_path(summary, f"{prefix}{self.path}")

    def cell(self, summary: Summary, prefix: str = "") -> str:
        """Return the number as a text.

        Args:
            summary: The summary.
            prefix: Prefix of the path, including the dot.
        """
        path = self.error or (f"{prefix}{self.path}" if isinstance(self.path, str) else "")
        error = summary.get("numerical_error", {}).get(path)
        return self.format(self.value(summary, prefix), error, summary)


@dataclass(frozen=True)
class Sheet:
    """A table with one row for each number.

    Args:
        title: Heading of the table.
        rows: The rows, or a function that returns them from the summary.
        columns: Headings of the columns: labels, values and, if there is one more, notes.
        note: Note below the table; may be empty.
        path: Part of the summary without which there is no table.
        prefixes: Prefix of the paths of each column of values, including the dot.
    """

    title: TextOf
    rows: Sequence[Row] | Callable[[Summary], Sequence[Row]]
    columns: tuple[str, ...] = ("quantity", "value")
    note: TextOf = ""
    path: str = ""
    prefixes: tuple[str, ...] = ("",)

    def table(self, summary: Summary) -> Table | None:
        """Return the table of a run; None if it has no content."""
        part = at_path(summary, self.path)
        if not part:
            return None
        title = _text(self.title, summary)
        if isinstance(part, Mapping) and set(part) == {"reason"}:
            return Table(title, ("", ""), (("not evaluated", part["reason"]),))
        return Table(title, self.columns, tuple(self._rows(summary)), _text(self.note, summary))

    def _rows(self, summary: Summary) -> Iterator[tuple[str, ...]]:
        with_notes = len(self.columns) > 1 + len(self.prefixes)
        for row in self.rows(summary) if callable(self.rows) else self.rows:
            if row.optional and row.value(summary, self.prefixes[0]) is None:
                continue
            cells = (row.cell(summary, prefix) for prefix in self.prefixes)
            notes = (_text(row.note, summary),) if with_notes else ()
            yield (_text(row.label, summary), *cells, *notes)


@dataclass(frozen=True)
class Item:
    """One entry of a part of a summary.

    Args:
        summary: The summary.
        name: Name of the entry, or its number in a list, from 1.
        entry: The entry.
    """

    summary: Summary
    name: str
    entry: Any


@dataclass(frozen=True)
class Column:
    """A column of a listing, with one number of each entry.

    Args:
        heading: Heading of the column.
        path: Dotted path within the entry, or a function that returns the number from the item.
        format: Format of the number.
        error: Key of its error in "numerical_error", with "{}" for the name of the entry, or a
            function that returns the key from the item.
    """

    heading: TextOf
    path: str | Callable[[Item], Any]
    format: Format = text
    error: str | Callable[[Item], str] = ""

    def cell(self, item: Item) -> str:
        """Return the number of an entry as a text for this column."""
        value = self.path(item) if callable(self.path) else at_path(item.entry, self.path)
        key = self.error(item) if callable(self.error) else self.error.format(item.name)
        error = item.summary.get("numerical_error", {}).get(key)
        return self.format(value, error, item.summary)


def name_of(item: Item) -> str:
    """Return the name of an entry, for use as the ``path`` of a column."""
    return item.name


def words_of(item: Item) -> str:
    """Return the name of an entry with underscores replaced by spaces."""
    return item.name.replace("_", " ")


def columns_of_texts(*headings: str) -> tuple[Column, ...]:
    """Return the columns of a listing whose entries are tuples of texts, one text per column.

    Args:
        *headings: Headings of the columns.
    """

    def text_at(place: int) -> Callable[[Item], str]:
        return lambda item: str(item.entry[place])

    return tuple(Column(heading, text_at(place)) for place, heading in enumerate(headings))


@dataclass(frozen=True)
class Listing:
    """A table with one row for each entry of a part of a summary.

    Args:
        title: Heading of the table.
        path: Dotted path of the part, a mapping or a list, or a function that returns it from the
            summary. Without entries there is no table.
        columns: The columns.
        note: Note below the table; may be empty.
    """

    title: TextOf
    path: str | Callable[[Summary], Mapping[str, Any] | Sequence[Any] | None]
    columns: tuple[Column, ...]
    note: TextOf = ""

    def table(self, summary: Summary) -> Table | None:
        """Return the table of a run; None if it has no content."""
        part = self.path(summary) if callable(self.path) else at_path(summary, self.path)
        if not part:
            return None
        entries = part.items() if isinstance(part, Mapping) else enumerate(part, 1)
        items = [Item(summary, str(name), entry) for name, entry in entries]
        return Table(
            _text(self.title, summary),
            tuple(_text(column.heading, summary) for column in self.columns),
            tuple(tuple(column.cell(item) for column in self.columns) for item in items),
            _text(self.note, summary),
        )


def make_tables(specifications: Sequence[Sheet | Listing], summary: Summary) -> tuple[Table, ...]:
    """Return the tables of a run, except those without content.

    Args:
        specifications: Definitions of the tables.
        summary: Summary of the run.
    """
    tables = (specification.table(summary) for specification in specifications)
    return tuple(table for table in tables if table is not None)


def _text(source: TextOf, summary: Summary) -> str:
    return source(summary) if callable(source) else source
