"""What a run says of the stability of its steady state, from its summary."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from femsoret.report.rounding import short
from femsoret.report.units import duration
from femsoret.studies.measure.departure import Departure
from femsoret.studies.measure.stability_check import StabilityCheck

Summary = Mapping[str, Any]

MARCH: Final = (
    'to see what the cell does instead, march it in time: add a table [time] with end = "5 tau" '
    "to the case"
)
"""What to do about a state that does not last."""


def stability_part(check: StabilityCheck) -> dict[str, Any]:
    """Return what is known of the stability, as plain data.

    Args:
        check: What was found.
    """
    return {
        "verdict": check.verdict,
        "looked_at": check.looked_at,
        "reason": check.reason,
        "growth_rate": check.growth_rate,
        "frequency": check.frequency,
        "modes": check.modes,
        "shifts": [[shift.real, shift.imag] for shift in check.shifts],
        "suspected": check.suspected,
        "one_state": check.one_state,
    }


def departure_part(departure: Departure | None) -> dict[str, Any] | None:
    """Return what came of the search from an unstable state, as plain data; None without one.

    Args:
        departure: The search.
    """
    if departure is None:
        return None
    return {
        "growth_rate": departure.growth_rate,
        "found": departure.solution is not None,
        "reason": departure.reason,
    }


def lasts(summary: Summary) -> bool:
    """Return whether nothing speaks against the state of a run: no growing mode, no second state.

    Args:
        summary: Its summary; one of before this was looked at, and a transient one, say nothing.
    """
    found = summary.get("stability")
    return found is None or (found["verdict"] != "unstable" and found["one_state"] is not False)


def stability_clause(found: Mapping[str, Any], units: str) -> str:
    """Return what is known, in a clause.

    Args:
        found: What :func:`stability_part` gives.
        units: "SI" or "groups".
    """
    match found["verdict"]:
        case "stable":
            return f"the steady state is stable: {found['reason']}"
        case "unstable":
            rate = found["growth_rate"]
            grown = duration(units, 1.0 / rate)
            return (
                f"the steady state is unstable: the real cell will not show this ({found['reason']}"
                f"; largest growth rate found {rate_text(rate, units)}, e-fold in {grown})"
            )
        case "no growth found":
            return f"{found['reason']}, sought near {_places(found, units)}"
        case _:
            return f"whether the steady state is stable was not looked at: {found['reason']}"


def stability_sentence(summary: Summary) -> str:
    """Return what is known of the stability of a run, a sentence; empty where it has none.

    Args:
        summary: Its summary.
    """
    found = summary.get("stability")
    if found is None:
        return ""
    clause = stability_clause(found, summary["units"])
    text = f"{clause[0].upper()}{clause[1:]}."
    if found["one_state"] is False:
        text += f" {TWO_STATES[0].upper()}{TWO_STATES[1:]}."
    if departure := departure_clause(summary):
        text += f" {departure[0].upper()}{departure[1:]}."
    return text


def departure_clause(summary: Summary) -> str:
    """Return what came of the search from an unstable state, a clause; empty where none was made.

    Args:
        summary: Summary of a run.
    """
    left = summary["stability"].get("departure")  # older runs do not know it
    if not left:
        return ""
    rate = rate_text(left["growth_rate"], summary["units"])
    if not left["found"]:
        return (
            f"no other steady state was found from it along the mode that grows: {left['reason']}"
        )
    number = summary["rolls"]
    what = f", of {number} roll{'' if number == 1 else 's'} side by side" if number else ""
    return (
        f"the lean led back to an unstable state (largest growth rate found {rate}), and from "
        f"there, along the mode that grows, this one was found{what}"
    )


TWO_STATES: Final = (
    "the second solve, of higher order, found another state: the two lie on different branches, or "
    "the mesh is far too coarse"
)
"""What two solves that differ mean, in a clause."""


def stability_warnings(summary: Summary) -> tuple[str, ...]:
    """Return the warnings that the stability gives rise to.

    Args:
        summary: Summary of a steady run.
    """
    found = summary["stability"]
    warnings = []
    if found["verdict"] == "unstable":
        warnings.append(f"{stability_clause(found, summary['units'])}; {MARCH}")
    if departure := departure_clause(summary):
        warnings.append(departure)
    if found["suspected"]:
        warnings.append(stability_clause(found, summary["units"]))
    if found["verdict"] == "no growth found" and found["growth_rate"] > 0.0:
        warnings.append(f"{found['reason']}: the mesh makes it; take more cells")
    if found["one_state"] is False:
        warnings.append(TWO_STATES)
    return tuple(warnings)


def rate_text(rate: float | None, units: str) -> str:
    """Return a growth rate or a frequency with its unit.

    Args:
        rate: The number.
        units: "SI" or "groups".
    """
    return "–" if rate is None else f"{short(rate)} {_unit(units)}"


def _unit(units: str) -> str:
    return "1/s" if units == "SI" else "α/L²"


def _places(found: Mapping[str, Any], units: str) -> str:
    """Return the shifts, the way people write complex numbers."""
    texts = [
        short(real) if not imaginary else f"{short(real)} ± {short(imaginary)}i"
        for real, imaginary in found["shifts"]
    ]
    return f"{', '.join(texts)} {_unit(units)}"
