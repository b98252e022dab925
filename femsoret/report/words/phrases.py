"""Phrases that tables, verdicts, figures and headlines share, from the summary of a run."""

from __future__ import annotations

import math
from typing import Final

from femsoret.report.words.numbers import percent, percent_with_error, short
from femsoret.report.words.units import Summary

_HEATED_FROM: Final = {"above": "above", "below": "below", "side": "the side"}


def capitalised(clause: str) -> str:
    """Return a clause with its first letter capitalised."""
    return f"{clause[:1].upper()}{clause[1:]}"


# -- phase ---------------------------------------------------------------------------------------

SOLID: Final = "a solid: nothing flows, and heat and species move by conduction and diffusion alone"
"""What is said of a mixture that is a solid."""


def is_solid(summary: Summary) -> bool:
    """Return whether the mixture of a run is a solid, in which nothing flows.

    Args:
        summary: Summary of a run; those of version 0.1 do not state the phase.
    """
    return (summary.get("fluid") or {}).get("phase") == "solid"


NO_GRAVITY: Final = "there is no gravity: heat and species move by conduction and diffusion alone"
"""What is said of a fluid in which nothing flows because nothing weighs, a clause."""

STILL: Final = 1e-12
"""Largest Peclet number of a fluid in which nothing flows: round-off."""


def rests_without_gravity(summary: Summary) -> bool:
    """Return whether a run has no gravity and nothing flowed, at any time.

    Walls that slip, moving bodies and a protocol of gravity make fluids flow all the same.

    Args:
        summary: Summary of a run.
    """
    if summary["orientation"]["gravity"] or is_solid(summary):
        return False
    fastest = (summary.get("time") or {}).get("fastest") or summary
    return bool(max(summary["peclet"]["thermal"], _thermal(summary, fastest)) <= STILL)


def _thermal(summary: Summary, fastest: Summary) -> float:
    """Return the thermal Peclet number of the largest speed of a run in time."""
    now = summary["max_speed"]
    if not fastest["max_speed"]:
        return 0.0
    return float(summary["peclet"]["thermal"] * fastest["max_speed"] / now) if now else math.inf


def substance(summary: Summary) -> str:
    """Return what the mixture of a run is: a "fluid" or a "solid"."""
    return "solid" if is_solid(summary) else "fluid"


def marched_particle(summary: Summary) -> Summary | None:
    """Return the solute of a transient run whose internal states are marched; None without any."""
    particles = summary.get("states_in_time")
    return particles[0] if particles else None


# -- orientation and walls -----------------------------------------------------------------------


def orientation_text(frame: Summary) -> str:
    """Return the clause on where a cell is heated from and which of its sides is up.

    Args:
        frame: The part "orientation" of a summary.
    """
    along = ""
    if frame.get("vibration"):
        listed = ", ".join(f"{x:.3g}" for x in frame["vibration"]["direction"])
        along = f"; vibrated along ({listed})".replace("-", "−")
    if not frame["gravity"]:
        return f"without gravity{along}"
    side, heated = frame["up_side"], frame["heated_from"]
    components = ", ".join(f"{x:.3g}" for x in frame["up"]).replace("-", "−")
    up = f"up is towards {side!r}" if side else f"up is ({components})"
    return (up if heated is None else f"heated from {_HEATED_FROM[heated]}; {up}") + along


def reference_wall(summary: Summary) -> str:
    """Return the name of the wall whose Nusselt number characterises a cell.

    It is the hot wall, or the cold wall if a heat flux out of that wall drives the cell.
    """
    frame = summary["orientation"]
    leaves = (frame.get("heat_flux") or 0.0) < 0.0
    return str(frame["cold" if leaves else "hot"])


def heated_inside(summary: Summary) -> bool:
    """Return whether heat sources alone drive a cell, so that no wall is hot."""
    return summary["orientation"].get("temperature_rise") is not None


def reference_nusselt(summary: Summary) -> float | None:
    """Return the Nusselt number of :func:`reference_wall`; None if it has none.

    If heat sources alone drive the cell, it is that of their temperature rise.
    """
    if heated_inside(summary):
        rise: float | None = (summary.get("heating") or {}).get("nusselt")
        return rise
    number: float | None = summary["nusselt"].get(reference_wall(summary))
    return number


def peclet_kind(summary: Summary) -> str:
    """Return the kind of the Péclet number: "solutal", or "thermal" without species."""
    return "thermal" if summary["peclet"]["solutal"] is None else "solutal"


# -- uncertainty of the fluid data ---------------------------------------------------------------


def data_uncertainty_text(summary: Summary) -> str:
    """Return the uncertainty of the bias due to the fluid data as a text.

    It is a lower bound if the uncertainty of an entry is unknown.
    """
    uncertainty = summary["data_uncertainty"].get("bias")
    if not missing_uncertainties(summary):
        return percent(uncertainty)
    return "unknown" if not uncertainty else f"at least {percent(uncertainty)}"


def missing_uncertainties(summary: Summary) -> str:
    """Return a clause on entries of unknown uncertainty; empty if all are known."""
    names = [name.replace("_", " ") for name in summary["data_uncertainty"].get("unknown", ())]
    return f"the uncertainty of {', '.join(names)} is unknown" if names else ""


def signed(value: float | None) -> str:
    """Return a ratio as a percentage with its sign."""
    shown = percent(value)
    has_sign = value is None or value <= 0.0 or shown.startswith("<")
    return shown if has_sign else f"+{shown}"


def short_percent(value: float) -> str:
    """Return a ratio in percent without trailing zeros, for targets."""
    return f"{short(100.0 * value)} %"


NAMED_EFFECT: Final = 1e-2
"""Effect of the readings, over the bias, above which a verdict mentions it."""

LEAST_EFFECT: Final = 1e-5
"""Effect of the readings below which no verdict mentions it, whatever the bias."""

DIGITS: Final = 1e-4
"""Smallest relative error that the effect of the readings is shown with."""


def fluid_soret(summary: Summary) -> float:
    """Return S_T of the fluid between the temperatures read, in 1/K.

    Args:
        summary: Summary with "soret"; older ones do not distinguish this value from the true S_T.
    """
    soret = summary["soret"]
    return float(soret.get("fluid", soret["true"]))


def reading_effect(summary: Summary) -> float:
    """Return the relative effect of the readings on S_T; 0 if it is negligible.

    Args:
        summary: Summary with "soret" and a bias.
    """
    effect = float(summary["soret"].get("reading_effect") or 0.0)
    least = max(LEAST_EFFECT, NAMED_EFFECT * abs(summary["soret"]["bias"]))
    return effect if abs(effect) > least else 0.0


def effect_of_readings(summary: Summary) -> str:
    """Return the effect of the readings with its numerical error as a text.

    Args:
        summary: Summary with "soret" and an effect of the readings.
    """
    effect = float(summary["soret"]["reading_effect"])
    error = summary["numerical_error"].get("soret.reading_effect")
    return percent_with_error(effect, error and max(error, DIGITS * abs(effect)))


def deviation(bias: float) -> str:
    """Return a relative deviation in words, such as "2.0 % low".

    Args:
        bias: The relative deviation.
    """
    if bias <= -1.0:
        return f"{percent(-bias)} low, with the wrong sign"
    return f"{percent(abs(bias))} {'low' if bias < 0 else 'high'}"
