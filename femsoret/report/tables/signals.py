"""Tables of signals besides the main readings, and of thermometers."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, Final

from femsoret.report.tables.table import (
    Column,
    Format,
    Item,
    Listing,
    name_of,
    number,
    with_bounds,
)
from femsoret.report.words.components import components
from femsoret.report.words.numbers import percent_with_error
from femsoret.report.words.units import Summary
from femsoret.studies.measure.marching import MARCHES


def _of_components(summary: Summary) -> Iterator[tuple[str, str, Summary, Summary]]:
    """Yield the label, the key of errors, the signal and its component, for all components."""
    # Summaries of version 0.2.0 and earlier have no signals.
    for name, signal in summary.get("signals", {}).items():
        for of in signal["each"]:
            label = f"{name}, {of['species']}" if components(summary) else name
            yield label, f"{name}.each.{of['species']}", signal, of


def _listed(summary: Summary) -> list[dict[str, Any]]:
    """Return an entry for each component of each signal."""
    return [
        {"label": label, "errors": errors, "dT": signal["dT"], "reason": signal["reason"], **of}
        for label, errors, signal, of in _of_components(summary)
    ]


def _with_error(key: str, write: Callable[..., str]) -> Callable[[Item], str]:
    """Return the function that writes a number of an item with its numerical error."""

    def text(item: Item) -> str:
        errors = item.summary.get("numerical_error", {})
        return write(item.entry[key], errors.get(f"signals.{item.entry['errors']}.{key}"))

    return text


def _in_unit(key: str, write: Format) -> Callable[[Item], str]:
    """Return the same for a number with a unit of the run."""
    return lambda item: _with_error(key, lambda v, e: write(v, e, item.summary))(item)


SIGNALS: Final = Listing(
    "Signals",
    _listed,
    (
        Column("signal", "label"),
        Column("difference of T", "dT", number(5, "temperature")),
        Column("difference of c", _in_unit("dc", with_bounds(5))),
        Column("S_T apparent", _in_unit("apparent", with_bounds(5, "soret"))),
        Column("S_T true", "true", number(6, "soret")),
        Column("without gravity", "without_gravity", number(6, "soret")),
        Column("bias", _with_error("bias", percent_with_error)),
    ),
    lambda summary: " ".join(
        [
            "Differences are hot less cold; that of a gradient is the gradient times the gap. The "
            "true S_T is that of the same signal of the state at rest.",
            *(
                f"{name} gives no S_T: {signal['reason']}."
                for name, signal in summary.get("signals", {}).items()
                if signal["reason"]
            ),
        ]
    ),
)


def _fits(summary: Summary) -> list[dict[str, Any]]:
    """Return an entry for each component and march of each signal that was evaluated."""
    several = bool(components(summary))
    return [
        {
            "label": f"{name}, {fit['species']}" if several else name,
            "errors": f"{name}.evaluation.{march}.{fit['species']}",
            "march": march,
            **fit,
        }
        for name, signal in summary.get("signals", {}).items()
        for march in MARCHES
        for fit in (signal.get("evaluation") or {}).get(march, ())
    ]


def _reasons(summary: Summary) -> str:
    return " ".join(
        f"{name} is not evaluated: {signal['evaluation']['reason']}."
        for name, signal in summary.get("signals", {}).items()
        if (signal.get("evaluation") or {}).get("reason")
    )


EVALUATED: Final = Listing(
    "Evaluation of the signals",
    _fits,
    (
        Column("signal", "label"),
        Column("march", lambda item: str(item.entry["march"]).replace("_", " ")),
        Column("D", "D", number(5, "diffusion")),
        Column("bias of D", _with_error("D_bias", percent_with_error)),
        Column("S_T", "S_T", number(5, "soret")),
        Column("bias of S_T", _with_error("S_T_bias", percent_with_error)),
    ),
    _reasons,
)

THERMOMETERS: Final = Listing(
    "Thermometers",
    "thermometers",
    (
        Column("place", name_of),
        Column("T", "T", with_bounds(7, "temperature"), "thermometers.{}"),
        Column("without gravity", "without_gravity", number(7, "temperature")),
    ),
)
