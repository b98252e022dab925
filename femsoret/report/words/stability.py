"""Clauses and sentences on the stability of a steady state, from a summary."""

from __future__ import annotations

from typing import Final

from femsoret.report.words.numbers import NONE, plain, short
from femsoret.report.words.phrases import deviation
from femsoret.report.words.units import RATES, Summary, duration, units_of

MARCH: Final = (
    'to see what the cell does instead, solve in time: add a table [time] with end = "5 tau" '
    "to the case"
)
"""Advice for an unstable state, a clause."""


def lasts(summary: Summary) -> bool:
    """Return whether nothing was found that speaks against the state.

    Neither a growing mode, nor another state of a second solve, nor a uniform liquid that does not
    reach a steady state.

    Args:
        summary: Summary of a run. The result is true for summaries of transient runs and of older
            versions, which have no part on the stability.
    """
    stability = summary.get("stability")
    if stability is None:
        return True
    begun = stability.get("uniform_start")
    missed = begun is not None and begun["reached"] == "no steady state"
    return stability["verdict"] != "unstable" and stability["one_state"] is not False and not missed


def stability_clause(stability: Summary, units: str) -> str:
    """Return a clause on the result of the stability check.

    Args:
        stability: The part "stability" of a summary.
        units: "SI" or "groups".
    """
    match stability["verdict"]:
        case "stable":
            return f"the steady state is stable: {stability['reason']}"
        case "unstable":
            rate = stability["growth_rate"]
            grown = duration(units, 1.0 / rate)
            return (
                "the steady state is unstable: the real cell will not show this "
                f"({stability['reason']}; largest growth rate found {rate_text(rate, units)}, "
                f"e-fold in {grown})"
            )
        case "no growth found":
            return f"{stability['reason']} (sought near {_shifts(stability, units)})"
        case _:
            return f"the stability of the steady state is unknown: {stability['reason']}"


def stability_sentence(summary: Summary) -> str:
    """Return sentences on the stability of a run; empty if the summary has no such part."""
    stability = summary.get("stability")
    if stability is None:
        return ""
    clauses = [stability_clause(stability, summary["units"])]
    if stability["one_state"] is False:
        clauses.append(TWO_STATES)
    if departure := departure_clause(summary):
        clauses.append(departure)
    begun = uniform_start_clause(summary)
    if begun and stability["uniform_start"]["reached"] != ANOTHER:  # the finding says that one
        clauses.append(begun)
    return " ".join(f"{clause[0].upper()}{clause[1:]}." for clause in clauses)


def departure_clause(summary: Summary) -> str:
    """Return a clause on the search from an unstable state; empty without a search."""
    departure = summary["stability"].get("departure")  # older runs do not have it
    if not departure:
        return ""
    if not departure["found"]:
        reason = departure["reason"]
        return f"a search along its growing mode found no other steady state: {reason}"
    rate, number = rate_text(departure["growth_rate"], summary["units"]), summary["rolls"]
    what = f", of {number} roll{'' if number == 1 else 's'} side by side" if number else ""
    return (
        f"the search with a start tilt led to an unstable state (largest growth rate found "
        f"{rate}); this state was found from there along the growing mode{what}"
    )


def uniform_start_clause(summary: Summary) -> str:
    """Return a clause on the state that a uniform liquid reaches; empty if no other was found."""
    begun = summary["stability"].get("uniform_start")  # older runs do not have it
    if not begun:
        return ""
    reason = begun["reason"]
    match begun["reached"]:
        case "another state":
            return (
                "this cell has two steady states, and all numbers are those of the one that a "
                f"uniform liquid reaches; {separated_clause(summary)}"
            )
        case "no steady state":
            return (
                "a liquid that is uniform at first was not found to reach the steady state: "
                f"{reason}"
            )
        case "not looked at":
            return uniform_start_unknown(begun)
        case _:
            return ""


def uniform_start_unknown(begun: Summary) -> str:
    """Return a clause on a uniform liquid that was not followed.

    Args:
        begun: The part of a summary on the start from a uniform liquid.
    """
    return f"whether a uniform liquid reaches another steady state is unknown: {begun['reason']}"


def separated_clause(summary: Summary) -> str:
    """Return a clause on the state of a liquid that separated at rest, where it is another."""
    separated, shown = summary["stability"]["uniform_start"]["separated"], ""
    if separated["apparent"] is not None:
        shown = f", with S_T = {plain(separated['apparent'])} {units_of(summary).soret}"
        if separated["bias"] is not None:
            shown += f", {deviation(separated['bias'])}"
    return f"a liquid that has separated before it flows stays in another{shown}"


ANOTHER: Final = "another state"
"""What a uniform liquid reaches where all numbers are those of a state not found from rest."""

TWO_STATES: Final = (
    "the second solve, of higher order, found another state: the two solutions lie on different "
    "branches, or the mesh is far too coarse"
)
"""Clause for two solves that found different states."""


def rate_text(rate: float | None, units: str) -> str:
    """Return a growth rate or a frequency with its unit.

    Args:
        rate: The rate, in 1/s (alpha/L^2 with groups); None gives a dash.
        units: "SI" or "groups".
    """
    return NONE if rate is None else f"{short(rate)} {RATES[units]}"


def _shifts(stability: Summary, units: str) -> str:
    """Return a text with the shifts near which modes were sought."""
    texts = [
        short(real) if not imaginary else f"{short(real)} ± {short(imaginary)}i"
        for real, imaginary in stability["shifts"]
    ]
    return f"{', '.join(texts)} {RATES[units]}"
