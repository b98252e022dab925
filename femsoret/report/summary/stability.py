"""Stability of a steady state, and the search from an unstable one: layout and content."""

# ruff: noqa: D101 (tables are described at the fields that contain them)

from __future__ import annotations

from typing import Any

from femsoret.report.summary.vocabulary import Number, Part, PerKelvin, Rate
from femsoret.studies.measure.departure import Departure as DepartureSearch
from femsoret.studies.measure.stability_check import StabilityCheck
from femsoret.studies.measure.uniform_start import UniformStart as StartSearch


class Departure(Part):
    growth_rate: Rate
    """growth rate of the mode along which the search started"""
    found: bool
    """whether another state was found; all numbers of the summary are then those of that state"""
    reason: str
    """why no other state was found; empty if one was found"""


class Separated(Part):
    apparent: PerKelvin | None
    """apparent S_T of the first species; null if there is none"""
    bias: Number | None
    """its bias; null like `soret.bias`"""
    peclet: Number
    """solutal Péclet number of its largest speed"""


class UniformStart(Part):
    reached: str
    """the steady state that a uniform liquid reaches: `"this state"` (the one found from the
    separated liquid, or no other is to be expected), `"another state"` (all numbers of the summary
    are those of the state reached), `"no steady state"` or `"not looked at"`"""
    reason: str
    """reason for this, a clause"""
    peclet: Number | None
    """solutal Péclet number of the Stokes flow that the temperature of the state found drives in a
    uniform liquid; null if it was not computed"""
    relaxation_times: Number | None
    """how long the uniform liquid was followed in time, at a lower resolution, in L²/(π² D); null
    if it was not"""
    separated: Separated | None
    """the other steady state, in which a liquid stays that separated at rest; null unless `reached`
    is `"another state"`"""


class Stability(Part):
    verdict: str
    """`"stable"` (a sufficient condition proves it), `"no growth found"` (no mode that was found
    grows), `"unstable"` (the real cell will not show this state) or `"not looked at"`"""
    looked_at: bool
    """whether the check gave a result"""
    reason: str
    """reason for the verdict, a clause"""
    growth_rate: Rate | None
    """growth rate of the leading mode found; null if no modes were sought"""
    frequency: Rate | None
    """angular frequency of this mode, 0 if it is stationary; null if `growth_rate` is"""
    modes: int
    """number of modes found"""
    shifts: list[list[Rate]]
    """shifts near which modes were sought and found, as real and imaginary part; may be empty"""
    suspected: bool
    """whether the mean stratification by heat or composition is unstable, if no modes were
    sought"""
    slow: bool = False
    """whether the composition stratifies the state unstably and drives its flow, which is more than
    three times as fast as that by heat alone and grows at the pace of diffusion; false if the state
    is proven stable, or if `uniform_start.peclet` is not known"""
    one_state: bool | None
    """whether the second solve, of higher order, found the same state: separations (in a pure
    fluid, Nusselt numbers) that differ by less than 10 %; null without a second solve"""
    departure: Departure | None
    """if `solver.start_tilt` led to an unstable state: the search for another state along its
    growing mode; null if there was no such search"""
    uniform_start: UniformStart | None = None
    """which steady state a liquid reaches that is uniform at first, see
    [theory](theory.md#two-steady-states); null for states that are unstable or proven stable, and
    absent in older summaries"""


def stability_part(check: StabilityCheck) -> dict[str, Any]:
    """Return the part of a summary on the stability.

    Args:
        check: Result of the stability check.
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


def departure_part(departure: DepartureSearch | None) -> dict[str, Any] | None:
    """Return the part of a summary on the search from an unstable state; None without a search.

    Args:
        departure: Result of the search; None without a search.
    """
    if departure is None:
        return None
    return {
        "growth_rate": departure.growth_rate,
        "found": departure.solution is not None,
        "reason": departure.reason,
    }


def uniform_start_part(start: StartSearch | None) -> dict[str, Any] | None:
    """Return the part of a summary on the start from a uniform liquid; None without a search.

    Args:
        start: Result of the search; None without a search.
    """
    if start is None:
        return None
    separated = None
    if start.separated_peclet is not None:
        outcome = next(iter(start.outcomes), None)
        separated = {
            "apparent": outcome.apparent if outcome else None,
            "bias": outcome.bias if outcome else None,
            "peclet": start.separated_peclet,
        }
    return {
        "reached": start.reached,
        "reason": start.reason,
        "peclet": start.peclet,
        "relaxation_times": start.relaxation_times,
        "separated": separated,
    }
