"""How reports show the numbers of a fit: unknowns in their units with their intervals."""

from __future__ import annotations

from typing import Final

from femsoret.report.words.numbers import NONE, between, percent, plain, plus_minus
from femsoret.report.words.units import Summary, duration
from femsoret.studies.measure.recorder import SEPARATION

EVEN: Final = 0.1
"""Difference of the two halves of an interval, over its width, up to which it is written as ±."""

_SHOWN: Final = {
    "m^2/s": "m²/s",
    "W/(m^2 K)": "W/(m² K)",
    "deg": "°",
    "dT": "ΔT",
    "1/dT": "1/ΔT",
    "alpha": "α",
    "L^2/alpha": "L²/α",
    "kappa/L": "κ/L",
}
"""Unit as in summaries -> as people write it."""

_CAUSES: Final = {
    "series": "what the series leaves out even at rest",
    "formula": "what the formula leaves out",
    "flow": "the flow",
    "interaction": "causes acting together",
    "noise": "noise and what the model misses",
    "open": "what data and priors leave open",
}

CONTRIBUTIONS: Final = {
    "noise": "noise of the data",
    "prior": "prior of",
    "curvature": "curvature of the model",
    "misfit": "what the model misses",
    "fluid": "fluid data,",
    "numerical": "numerical error",
}
"""Kind of a contribution to a budget -> what it is called, before its name."""


def shown_unit(unit: str) -> str:
    """Return a unit as people write it; empty for a pure number.

    Args:
        unit: Unit as in summaries.
    """
    return _SHOWN.get(unit, unit)


def in_unit(text: str, unit: str) -> str:
    """Return a number with its unit.

    Args:
        text: The number.
        unit: Unit as in summaries.
    """
    shown = shown_unit(unit)
    return f"{text}{'' if shown == '°' else ' '}{shown}" if shown else text


def main_unknown(summary: Summary) -> Summary:
    """Return the unknown of which the headline speaks: the first S_T, or the first of all.

    Args:
        summary: Summary of a fit.
    """
    unknowns = summary["unknowns"]
    return next((each for each in unknowns if each["quantity"] == "soret"), unknowns[0])


def spoken(unknown: Summary) -> str:
    """Return the name of an unknown within a sentence.

    Args:
        unknown: Its entry in the summary.
    """
    name: str = unknown["name"]
    return name if unknown["quantity"] in {"soret", "D"} else f"the {name}"


def interval_text(unknown: Summary, value: Summary, *, joined: bool = True) -> str:
    """Return the value of an unknown with its interval of 95 %, in its unit.

    Args:
        unknown: Its entry in the summary.
        value: Its naive or its corrected value.
        joined: Whether the interval holds all known contributions, where they were evaluated.
    """
    unit = unknown["unit"]
    low, high = claimed(value) if joined else (value["low"], value["high"])
    middle = value["value"]
    if low is None or high is None:
        return in_unit(plain(middle), unit)
    if value["at_bound"]:
        return in_unit(f"below {plain(high, 3)}", unit)
    if abs(high + low - 2.0 * middle) <= EVEN * (high - low):
        return in_unit(plus_minus(middle, 0.5 * (high - low)), unit)
    return in_unit(f"{plain(middle)} ({between(low, high)})", unit)


def prior_text(unknown: Summary) -> str:
    """Return what was known of an unknown before the data, with its standard uncertainty."""
    prior = unknown["prior"]
    if prior["uncertainty"] is None:
        return f"nothing (start {in_unit(plain(prior['value'], 3), unknown['unit'])})"
    return in_unit(plus_minus(prior["value"], prior["uncertainty"]), unknown["unit"])


def difference_text(unknown: Summary) -> str:
    """Return the naive less the corrected value: a percentage, or a number for angles and times."""
    naive, corrected = unknown["naive"], unknown["corrected"]
    if naive is None:
        return NONE
    difference = naive["value"] - corrected["value"]
    of_size = unknown["quantity"] in {"soret", "D", "contrast"} and corrected["value"]
    if of_size and not may_be_zero(corrected):
        return percent(difference / abs(corrected["value"]))
    return in_unit(plain(difference, 2), unknown["unit"])


def claimed(value: Summary) -> tuple[float | None, float | None]:
    """Return the interval of a value with all known contributions; None where none is claimed.

    Args:
        value: A naive or a corrected value.
    """
    if value["expanded_low"] is None:
        return value["low"], value["high"]
    return value["expanded_low"], value["expanded_high"]


def may_be_zero(value: Summary) -> bool:
    """Return whether an interval holds zero, so that a share of the value says nothing.

    Args:
        value: A naive or a corrected value.
    """
    low, high = claimed(value)
    return low is not None and high is not None and low <= 0.0 <= high


def cause_text(cause: Summary) -> str:
    """Return what a cause of the difference is called."""
    return f"the {cause['name']}" if cause["kind"] == "unknown" else _CAUSES[cause["kind"]]


def evaluated_by(*series: Summary) -> str:
    """Return by what the naive evaluation describes data.

    Args:
        series: Entries of series in the summary of a fit.
    """
    signals = {each["signal"] for each in series}
    return "formula of a column" if signals == {SEPARATION} else "series of a layer at rest"


def span_text(summary: Summary, series: Summary) -> str:
    """Return how long a series is: the time between its first and its last value."""
    if series["begin"] is None:
        return "steady states"
    return duration(summary["units"], series["end"] - series["begin"])
