"""Tables of signals besides the main readings, and of thermometers."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, Final

from femsoret.report.tables.table import (
    Column,
    Item,
    Listing,
    name_of,
    number,
    ratio_with_bounds,
    with_bounds,
)
from femsoret.report.words.components import components
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


def _error_of(key: str) -> Callable[[Item], str]:
    """Return the function that returns the key of the numerical error of an item's number."""
    return lambda item: f"signals.{item.entry['errors']}.{key}"


SIGNALS: Final = Listing(
    "Signals",
    _listed,
    (
        Column("signal", "label"),
        Column("difference of T", "dT", number(5, "temperature")),
        Column("difference of c", "dc", with_bounds(5), _error_of("dc")),
        Column("S_T apparent", "apparent", with_bounds(5, "soret"), _error_of("apparent")),
        Column("S_T true", "true", number(6, "soret")),
        Column("without gravity", "without_gravity", number(6, "soret")),
        Column("bias", "bias", ratio_with_bounds, _error_of("bias")),
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
        Column("bias of D", "D_bias", ratio_with_bounds, _error_of("D_bias")),
        Column("S_T", "S_T", number(5, "soret")),
        Column("bias of S_T", "S_T_bias", ratio_with_bounds, _error_of("S_T_bias")),
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
