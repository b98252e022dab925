"""What verdicts of all kinds consist of, and the regime of a run."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

from femsoret.report.words.components import components, separation_norms
from femsoret.report.words.numbers import short
from femsoret.report.words.phrases import heated_inside, peclet_kind, reference_nusselt
from femsoret.report.words.units import Summary, units_of

Regime = Literal["conduction", "weak convection", "convection"]

FAINT: Final = 0.01
"""Change of the separation (in a pure fluid, of the heat flow) below which it is conduction."""

STRONG: Final = 0.1
"""Change above which the regime is convection."""

NO_SEPARATION: Final = 1e-10
"""Separation over the mass fraction below which it counts as zero."""

SLOW: Final = 1.0
"""Peclet number below which diffusion is faster than the flow."""


@dataclass(frozen=True)
class Fact:
    """One of the numbers at the top of a page.

    Args:
        label: Name of the number.
        value: The number with its unit.
        note: Remark in small print; may be empty.
    """

    label: str
    value: str
    note: str


@dataclass(frozen=True)
class Verdict:
    """The main result of a run of any kind.

    Args:
        finding: The first sentence: the effect of the cell on the measurement.
        reason: The second sentence: the regime and the uncertainty.
        facts: The main numbers.
    """

    finding: str
    reason: str
    facts: tuple[Fact, ...]


def regime(summary: Summary) -> Regime:
    """Return the regime, from the Peclet number and the change of the separation by the flow."""
    peclet = summary["peclet"][peclet_kind(summary)]
    change = abs(change_by_flow(summary))
    if change > STRONG:
        return "convection"
    return "conduction" if change < FAINT and peclet < SLOW else "weak convection"


def change_by_flow(summary: Summary) -> float:
    """Return the relative change of the separation by gravity; for a pure fluid, Nu - 1."""
    separation = summary["separation"]
    if separation is None or _is_round_off(separation):
        if heated_inside(summary):
            return float((reference_nusselt(summary) or 1.0) - 1.0)
        numbers = [number for number in summary["nusselt"].values() if number is not None]
        return max((number - 1.0 for number in numbers), key=abs, default=0.0)
    with_gravity, without = separation["value"], separation["without_gravity"]
    if components(summary):
        with_gravity, without = separation_norms(summary)
    return float(with_gravity / without - 1.0)


def _is_round_off(separation: Summary) -> bool:
    """Return whether the separation without gravity is round-off, so that changes are undefined."""
    least = NO_SEPARATION * abs(separation["hot"]["c"])
    return bool(abs(separation["without_gravity"]) <= least)


def nothing_separates(summary: Summary) -> bool:
    """Return whether the separation of one component is round-off, with gravity and without."""
    separation = summary["separation"]
    least = NO_SEPARATION * abs(separation["hot"]["c"])
    return _is_round_off(separation) and bool(abs(separation["value"]) <= least)


def largest_speed(summary: Summary) -> str:
    """Return the largest speed with its unit as a text."""
    scale = units_of(summary).speed
    return f"{short(summary['max_speed'] * scale.factor)} {scale.label}"


def regime_fact(summary: Summary, label: str = "regime") -> Fact:
    """Return the regime, with the Péclet number that characterises it, as a fact."""
    kind = peclet_kind(summary)
    return Fact(label, regime(summary), f"{kind} Péclet number {short(summary['peclet'][kind])}")
