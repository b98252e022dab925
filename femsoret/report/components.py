"""What a run of more than two components says: one S_T each, biases over the norm of all."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import hypot
from typing import Any

from femsoret.report.rounding import percent, percent_with_error, plain, with_error
from femsoret.report.table import Table
from femsoret.report.units import units_of

Summary = Mapping[str, Any]


def components(summary: Summary) -> Sequence[Mapping[str, Any]]:
    """Return the Soret coefficients of each component where there are several; else nothing.

    Args:
        summary: Summary of a run; those of version 0.1 know one component.
    """
    each: Sequence[Mapping[str, Any]] = (summary["soret"] or {}).get("each", ())
    return each if len(each) > 1 else ()


def whose(summary: Summary) -> str:
    """Return what to add to numbers of the component named first; nothing where it is the only one.

    Args:
        summary: Summary of a run.
    """
    each = components(summary)
    return f" ({each[0]['species']})" if each else ""


def norms(summary: Summary) -> tuple[float, float]:
    """Return the separation with gravity and without, norms over all components.

    Args:
        summary: Summary with several components.
    """
    each = summary["separation"]["each"]
    with_gravity, without = (
        hypot(*(one[key] for one in each)) for key in ("value", "without_gravity")
    )
    return with_gravity, without


def reported(summary: Summary) -> str:
    """Return all S_T that the readings say, as one text.

    Args:
        summary: Summary with several components.
    """
    shown = [
        f"{with_error(one['apparent'], _error(summary, one, 'apparent'))} ({one['species']})"
        for one in components(summary)
    ]
    return f"{_listed(shown)} {units_of(summary).soret}"


def true(summary: Summary) -> str:
    """Return all S_T of the state at rest, as one text.

    Args:
        summary: Summary with several components.
    """
    shown = [plain(one["true"]) for one in components(summary)]
    return f"{_listed(shown)} {units_of(summary).soret}"


def farthest(summary: Summary) -> str:
    """Return the clause on the component whose S_T is the farthest off; empty without biases.

    Args:
        summary: Summary with several components.
    """
    known = [one for one in components(summary) if one["bias"] is not None]
    if not known:
        return ""
    worst = max(known, key=lambda one: abs(one["bias"]))
    bias, error = abs(worst["bias"]), _error(summary, worst, "bias")
    if error is not None and bias <= error:
        return f"no bias beyond the numerical error, {percent(error)} of the norm of them all"
    return f"{worst['species']} is the farthest off, by {percent(bias)} of the norm of them all"


def components_table(summary: Summary) -> Table | None:
    """Return the table of all components; None where there is one.

    Args:
        summary: Summary of a run.
    """
    each = components(summary)
    if not each:
        return None
    unit = units_of(summary).soret
    rows = tuple(
        (
            one["species"],
            f"{with_error(one['apparent'], _error(summary, one, 'apparent'))} {unit}",
            f"{plain(one['true'], 6)} {unit}",
            f"{plain(one['without_gravity'], 6)} {unit}",
            percent_with_error(one["bias"], _error(summary, one, "bias")),
        )
        for one in each
    )
    return Table(
        "Soret coefficients of all components",
        ("component", "apparent", "true", "without gravity", "bias"),
        rows,
        "A bias is the error over the norm of the true coefficients of all components.",
    )


def _error(summary: Summary, one: Mapping[str, Any], key: str) -> float | None:
    """Return the estimated numerical error of a number of a component."""
    error: float | None = summary["numerical_error"].get(f"soret.each.{one['species']}.{key}")
    return error


def _listed(texts: Sequence[str]) -> str:
    return f"{', '.join(texts[:-1])} and {texts[-1]}"
