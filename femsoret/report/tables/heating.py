"""Table of heat sources and of the temperature rise that they cause."""

from __future__ import annotations

from typing import Final

from femsoret.report.tables.table import Row, Sheet, constant, number, text, with_bounds
from femsoret.report.words.units import Summary, units_of


def _rows(summary: Summary) -> list[Row]:
    heating, length = summary["heating"], units_of(summary).length
    place = ", ".join(f"{x * length.factor:.4g}" for x in heating["x"]).replace("-", "−")
    return [
        *(
            Row(
                f"power of source {i} in {source['region'] or 'the fluid'}",
                constant(source["power"]),
                number(5, "heat_flow"),
            )
            for i, source in enumerate(heating["sources"])
        ),
        Row("power of all sources", "heating.power", number(5, "heat_flow")),
        Row("temperature rise", "heating.rise", with_bounds(unit="temperature")),
        Row("  by conduction alone", "heating.conducted", number(5, "temperature")),
        Row("  conduction over flow (Nu)", "heating.nusselt", with_bounds()),
        Row("  at the point", constant(f"({place}) {length}"), text),
    ]


HEATING: Final = Sheet(
    "Heat sources",
    _rows,
    note="The point is the one that is heated (or cooled) most in pure conduction; the rise is "
    "that over the mean of the coldest wall (the hottest one if the sources cool).",
    path="heating",
)
