"""From the columns of a data file to series in SI units with their uncertainties."""

from __future__ import annotations

import re
from math import isfinite
from typing import Final

import numpy as np

from femsoret.base.errors import CaseError
from femsoret.base.types import Array
from femsoret.base.units import quantity
from femsoret.experiment.measured import AskedColumn, AskedData, DataSet, MeasuredSeries
from femsoret.io.measured import MeasuredColumn, MeasuredTable

_BEGINS_WITH_NUMBER: Final = re.compile(r"\s*[+-]?(\d|\.\d).*")

_LARGE: Final = 1e6
"""Number by which the slope of a scale with an offset is found: its round-off is 1e-13."""

_OF_MASS: Final = re.compile(r"(wt|mass)\s*\.?\s*%|%\s*\(?(w/w|m/m|wt|mass)\)?", re.IGNORECASE)
"""Pattern of units that mean per cent of the mass."""

_OF_ANOTHER_AMOUNT: Final = re.compile(r"mol|vol|v/v|at\.?\s*%", re.IGNORECASE)
"""Pattern of units of fractions that are not those of mass."""

_OF_GROUPS: Final = {"s": ("L^2/alpha", "tau_alpha"), "K": ("dT",)}
"""How files state the units of cases with groups, by the SI unit in place of which they stand."""


def data_set(table: MeasuredTable, asked: AskedData, units: str) -> DataSet:
    """Return a data set from the content of its file.

    Args:
        table: The content of the file.
        asked: What to take from it.
        units: "SI", or "groups" where times and temperatures are dimensionless.

    Raises:
        CaseError: There is no such column, no value, or a unit or an uncertainty does not fit.
    """
    times = None
    if not asked.steady:
        times = _converted(table, table.time_column(asked.time), "s", units)
    return DataSet(
        asked.name,
        tuple(_series(table, column, times, units) for column in asked.columns),
        steady=asked.steady,
    )


def last_time(table: MeasuredTable, time: str | None, units: str) -> float:
    """Return the last time in a data file, s.

    Args:
        table: The content of the file.
        time: Name of the column of times; None for the one named "t" or "time".
        units: "SI", or "groups" where times are dimensionless.

    Raises:
        CaseError: There is no such column, or it does not hold times.
    """
    return float(_converted(table, table.time_column(time), "s", units)[-1])


def _series(
    table: MeasuredTable, asked: AskedColumn, times: Array | None, units: str
) -> MeasuredSeries:
    column = table.column(asked.column)
    values = _converted(table, column, asked.unit, units)
    known = np.isfinite(values)
    if not known.any():
        raise CaseError(
            f"{table.path}: there is no value in column {column.name!r}", "leave the column out"
        )
    u = _uncertainty(table, asked, values, units)
    return MeasuredSeries(
        column=column.name,
        signal=asked.signal,
        times=np.zeros(0) if times is None else times[known],
        values=values[known],
        uncertainty=None if u is None else u[known],
    )


def _uncertainty(
    table: MeasuredTable, asked: AskedColumn, values: Array, units: str
) -> Array | None:
    """Return the standard uncertainty of each value; None if it is unknown."""
    given = asked.uncertainty
    if given is None:
        return None
    if isinstance(given, str) and not _BEGINS_WITH_NUMBER.fullmatch(given):
        column = table.column(given)
        u = _converted(table, column, asked.unit, units, difference=True)
        bad = np.flatnonzero(np.isfinite(values) & ~(u > 0.0))
        if len(bad):
            raise CaseError(
                f"{table.path}, line {table.lines[int(bad[0])]}: the standard uncertainty in "
                f"column {given!r} is missing, zero or negative",
                "every value needs a positive one",
            )
        return u
    number = _one_uncertainty(given, asked, values, units)
    if not (isfinite(number) and number > 0.0):
        raise CaseError(
            f"column {asked.column!r}: a standard uncertainty of {given!r} is not allowed",
            "a positive one: no value is exact. Leave it out if the noise is unknown; it is then "
            "estimated from the residuals",
        )
    return np.full(len(values), number)


def _one_uncertainty(given: float | str, asked: AskedColumn, values: Array, units: str) -> float:
    """Return the common standard uncertainty of all values, in the unit of the signal."""
    if not isinstance(given, str):
        return float(given)
    if "%" in given:
        if asked.unit == "K":
            raise CaseError(
                f"column {asked.column!r}: {given!r} of an absolute temperature is no uncertainty",
                'give it in K, for example "0.01 K"',
            )
        largest = float(np.nanmax(np.abs(values)))
        if not largest:
            raise CaseError(
                f"column {asked.column!r}: all values are 0, of which {given!r} is no uncertainty",
                "give it in the unit of the signal, or leave the column out",
            )
        return quantity(given, "1") * largest
    if asked.unit == "K" and "deg" in given:
        raise CaseError(
            f"column {asked.column!r}: {given!r} is not a temperature difference",
            'give it in K, for example "0.01 K"',
        )
    if units == "groups" and asked.unit in _OF_GROUPS:
        return quantity(given, "1")
    return quantity(given, asked.unit or "1")


def _converted(
    table: MeasuredTable,
    column: MeasuredColumn,
    unit: str,
    units: str,
    *,
    difference: bool = False,
) -> Array:
    """Return the numbers of a column in a unit.

    Args:
        table: The content of the file, for messages.
        column: The column.
        unit: The unit, in SI; empty for pure numbers.
        units: "SI", or "groups" where times and temperatures are dimensionless.
        difference: Whether the numbers are differences, of which a scale changes no zero.

    Raises:
        CaseError: The column has no unit or one of another dimension.
    """
    given = column.unit
    if not unit and given is not None and _OF_ANOTHER_AMOUNT.search(given):
        raise CaseError(
            f"{table.path}: column {column.name!r} is in {given}, but compositions are mass "
            "fractions here",
            "convert it, and write % or no unit; of two components a difference of mole fractions "
            "is M²/(M_1 M_2) times that of the mass fractions, with the mean molar mass M",
        )
    if not unit and given is not None and _OF_MASS.fullmatch(given):
        given = "%"
    if units == "groups" and unit in _OF_GROUPS:
        if given in {None, "", "1", *_OF_GROUPS[unit]}:
            return column.values
        raise CaseError(
            f"{table.path}: column {column.name!r} is in {given!r}, but the case is stated by "
            "groups",
            f"give it in units of {_OF_GROUPS[unit][0]}",
        )
    if not unit and given in {None, "", "1"}:
        return column.values
    if given is None or given in {"", "1"}:
        raise CaseError(
            f"{table.path}: column {column.name!r} has no unit"
            + (" but 1" if given == "1" else "")
            + f"; it is measured in {unit}",
            f'write it in the header, as "{column.name} ({unit})"',
        )
    try:
        zero = quantity(f"0 {given}", unit or "1")
        slope = quantity(f"1 {given}", unit or "1")
        if zero:  # a scale with an offset, such as degC
            slope = (quantity(f"{_LARGE:.0f} {given}", unit or "1") - zero) / _LARGE
    except CaseError as error:
        raise CaseError(
            f"{table.path}: column {column.name!r}: {error.message}",
            f"it must be in a unit of {unit or 'a pure number, such as %'}, as in the header "
            f'"{column.name} ({unit or "%"})"',
        ) from error
    if difference and zero:
        raise CaseError(
            f"{table.path}: column {column.name!r} is in {given}, no unit of uncertainties",
            "give it in K",
        )
    return column.values * slope + zero
