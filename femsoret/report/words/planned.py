"""How reports show the plan of an experiment: cells, records and promised uncertainties."""

from __future__ import annotations

from typing import Final

from femsoret.report.words.fitted import in_unit
from femsoret.report.words.numbers import NONE, percent, plain, short
from femsoret.report.words.units import Summary, duration

NAMES: Final = {"dT": "ΔT", "gap": "gap"}
"""Name of what may be chosen -> what people call it."""


def target_of(summary: Summary) -> Summary:
    """Return the entry of the unknown that is to be least uncertain."""
    found: Summary = next(each for each in summary["unknowns"] if each["name"] == summary["target"])
    return found


def ranked(point: Summary) -> float | None:
    """Return the uncertainty by which a design is ranked; None if the target is not determined.

    It is that with the fluid data, or without where these do not matter for the rank.

    Args:
        point: The design.
    """
    found: float | None = point["uncertainty"] if point["total"] is None else point["total"]
    return found


def axis_name(axis: Summary) -> str:
    """Return what a number of the cell that may be chosen is called."""
    return NAMES.get(axis["name"], axis["name"])


def cell_text(summary: Summary, values: list[float]) -> str:
    """Return the chosen numbers of a cell as a text, or that it is the cell as stated."""
    if not values:
        return "as stated"
    return ", ".join(
        f"{axis_name(axis)} = {in_unit(short(value), axis['unit'])}"
        for axis, value in zip(summary["vary"], values, strict=True)
    )


def time_text(summary: Summary, record: Summary) -> str:
    """Return how long is recorded."""
    if record["duration"] is None:
        return "steady state"
    return duration(summary["units"], record["duration"])


def samples_text(record: Summary) -> str:
    """Return how many values are recorded, and how they are spaced."""
    spacing = "" if record["spacing"] == "even" else f", {record['spacing']}"
    return f"{record['samples']}{spacing}"


def levelling_text(record: Summary) -> str:
    """Return how well the tilt is known."""
    return NONE if record["levelling"] is None else f"{short(record['levelling'])}°"


def amount(summary: Summary, value: float | None) -> str:
    """Return a number in the unit of the target."""
    return NONE if value is None else in_unit(plain(value, 2), target_of(summary)["unit"])


def relative(summary: Summary, value: float | None) -> str:
    """Return a number in the unit of the target relative to its prior value."""
    prior = target_of(summary)["prior"]["value"]
    if value is None:
        return NONE
    return percent(value / abs(prior)) if prior else amount(summary, value)
