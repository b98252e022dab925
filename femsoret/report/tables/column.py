"""Tables of a cell that is evaluated as a thermogravitational column."""

from __future__ import annotations

from typing import Final

from femsoret.report.tables.table import (
    Column,
    Item,
    Listing,
    Row,
    Sheet,
    number,
    ratio,
    ratio_with_bounds,
    rounded,
    text,
    with_bounds,
)
from femsoret.report.words.numbers import NONE, plain, short
from femsoret.report.words.units import Summary, duration, units_of


def _shape(summary: Summary) -> str:
    column, unit = summary["column"], units_of(summary).length
    height, gap = (short(column[key] * unit.factor) for key in ("height", "gap"))
    between = column["walls"]
    if column["walls"] == "tubes":
        between += f" of the ratio of radii {short(column['ratio'])}"
    return f"{height} {unit.label} high, {gap} {unit.label} wide, between {between}"


def _thermodiffusion(key: str, summary: Summary) -> str:
    value = summary["column"][key]
    if value is None:
        return NONE
    unit = "m²/(s K)" if summary["units"] == "SI" else "α/ΔT"
    return f"{plain(value, 5)} {unit}"


def _slope_error(summary: Summary) -> str | None:
    error = summary["column"]["slope_standard_error"]
    unit = units_of(summary).gradient
    return None if error is None else f"{short(error * unit.factor)} {unit}"


COLUMN: Final = Sheet(
    "Thermogravitational column",
    (
        Row("column", _shape, text),
        Row("ΔT of the liquid's walls", "column.dT", number(5, "temperature"), "as computed"),
        Row(
            "ΔT of the thermostats",
            "column.dT_thermostats",
            number(5, "temperature"),
            "behind plates or tubes in series",
            optional=True,
        ),
        Row("X", "column.X", number(5), "Ra Le of the gap"),
        Row("ψ", "column.psi", rounded(), "separation ratio of the fluid"),
        Row("slope dc/dz", "column.slope", with_bounds(5, "gradient"), "line through the ports"),
        Row("standard error of the slope", _slope_error, text, "of the line", optional=True),
        Row(
            "slope of the interior",
            "column.slope_interior",
            number(5, "gradient"),
            "without up to three gaps at each end",
        ),
        Row(
            "slope of the formula",
            "column.slope_formula",
            number(5, "gradient"),
            "with the S_T of the fluid",
        ),
        Row("S_T", "column.S_T", with_bounds(5, "soret"), "by the formula of parallel flow"),
        Row("S_T of the fluid", "column.S_T_true", number(5, "soret"), "at the reference state"),
        Row("bias", "column.S_T_bias", ratio_with_bounds, "S_T over that of the fluid, less 1"),
        Row("bias of the interior", "column.S_T_interior_bias", ratio_with_bounds, "without ends"),
        Row(
            "bias of the classical formula",
            "column.S_T_classical_bias",
            ratio,
            "Furry, Jones and Onsager: without the effect of the composition on the flow",
        ),
        Row("D_T", lambda summary: _thermodiffusion("D_T", summary), text, "D of the fluid, S_T"),
        Row(
            "D_T by strong flow",
            lambda summary: _thermodiffusion("D_T_strong", summary),
            text,
            "without D",
        ),
        Row("D_T of the fluid", lambda summary: _thermodiffusion("D_T_true", summary), text, ""),
        Row(
            "time constant",
            lambda summary: duration(summary["units"], summary["column"]["relaxation_time"]),
            text,
            "height²/(π² D_z) by the formula",
        ),
    ),
    ("quantity", "value", "meaning"),
    path="column",
)


def _port_height(item: Item) -> str:
    unit = units_of(item.summary).length
    return f"{short(item.entry['height'] * unit.factor)} {unit.label}"


PORTS: Final = Listing(
    "Ports of the column",
    "column.ports",
    (
        Column("port", lambda item: item.name),
        Column("height above the lower end", _port_height),
        Column("c", lambda item: plain(item.entry["c"], 8)),
    ),
)

CHECKS: Final = Listing(
    "What the formula of parallel flow assumes",
    "column.checks",
    (
        Column("check", "name"),
        Column("value", "value", rounded()),
        Column("at most", "limit", rounded()),
        Column("met", lambda item: "yes" if item.entry["met"] else "no"),
    ),
)
