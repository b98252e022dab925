"""Units: how the numbers of a run are shown, in SI or in units of its own scales."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final

import numpy as np

from femsoret.physics.coordinates import AXISYMMETRIC, CARTESIAN, COORDINATES
from femsoret.report.rounding import short
from femsoret.report.samples import Samples

SEPARATION: Final = "S_T f ΔT"
"""The separation to first order, as a unit."""


@dataclass(frozen=True)
class Scale:
    """A unit for people.

    Args:
        factor: Shown number over number in the run's own unit.
        label: The unit's name.
    """

    factor: float
    label: str


LENGTHS: Final = MappingProxyType({"SI": Scale(1e3, "mm"), "groups": Scale(1.0, "L")})
"""How lengths are shown, by the units of a run."""


@dataclass(frozen=True)
class UnitNames:
    """Units in which one run is shown.

    Args:
        length: Of the axes of figures.
        speed: Of the velocity.
        temperature: Of temperatures and their differences.
        soret: Of Soret coefficients.
        heat_flow: Of the heat through a side.
        entropy: Of entropy rates.
        gravity: Of the magnitude of gravity.
        diffusion: Of diffusion coefficients.
    """

    length: Scale
    speed: Scale
    temperature: str
    soret: str
    heat_flow: str
    entropy: str
    gravity: str
    diffusion: str


def is_axisymmetric(summary: Mapping[str, Any]) -> bool:
    """Return whether a run is in coordinates (r, z).

    Args:
        summary: Its summary.
    """
    # Runs of before there were such cells do not say.
    name: str = summary["orientation"].get("coordinates", CARTESIAN.name)
    return COORDINATES[name].has_axis


def letters_of(summary: Mapping[str, Any]) -> tuple[str, ...]:
    """Return what the coordinates of a run are called, one each.

    Args:
        summary: Its summary.
    """
    coordinates = AXISYMMETRIC if is_axisymmetric(summary) else CARTESIAN
    return coordinates.letters[: len(summary["orientation"]["axis"])]


def units_of(summary: Mapping[str, Any]) -> UnitNames:
    """Return the units of a run.

    Args:
        summary: Its summary.
    """
    # What lies behind a 2D cell is a metre of depth, behind an axisymmetric one all of its turn.
    flat = len(letters_of(summary)) == 2 and not is_axisymmetric(summary)
    if summary["units"] == "SI":
        return UnitNames(
            length=LENGTHS["SI"],
            speed=Scale(1e6, "µm/s"),
            temperature="K",
            soret="1/K",
            heat_flow="W/m" if flat else "W",
            entropy="W/(K m)" if flat else "W/K",
            gravity="m/s²",
            diffusion="m²/s",
        )
    return UnitNames(
        length=LENGTHS["groups"],
        speed=Scale(1.0, "α/L"),
        temperature="ΔT",
        soret="1/ΔT",
        heat_flow="κΔT" if flat else "κΔT L",
        entropy="κ" if flat else "κL",
        gravity="α²/L³",
        diffusion="α",
    )


def duration(units: str, t: float) -> str:
    """Return a time as people say it.

    Args:
        units: "SI" or "groups".
        t: Time, s (L^2/alpha with groups).
    """
    if units == "groups":
        return f"{short(t)} L²/α"
    for size, unit in ((86400.0, "d"), (3600.0, "h"), (60.0, "min")):
        if t >= 1.5 * size:
            return f"{short(t / size)} {unit}"
    return f"{short(t)} s"


def composition_unit(samples: Samples, summary: Mapping[str, Any]) -> Scale:
    """Return the unit in which deviations of the mass fraction are shown.

    Args:
        samples: Samples of the fields.
        summary: Summary of the run; one stated by groups has the separation itself as its unit.
    """
    if summary["units"] == "groups" and samples.scale:
        return Scale(1.0 / samples.scale, SEPARATION)
    profile = samples.profile
    shown = np.concatenate([samples.plane.gamma.ravel(), profile.gamma, profile.gamma_reference])
    return fraction_unit(float(np.nanmax(np.abs(shown))))


def fraction_unit(largest: float) -> Scale:
    """Return the unit in which mass fractions up to a size are shown.

    Args:
        largest: The size.
    """
    for unit, label in ((1e-2, "%"), (1e-3, "10⁻³"), (1e-6, "10⁻⁶"), (1e-9, "10⁻⁹")):
        if largest >= 0.2 * unit:
            return Scale(1.0 / unit, label)
    return Scale(1.0, "")


def composition_label(scale: Scale) -> str:
    """Return the label of an axis that shows c - c0, with mathematics as matplotlib writes it.

    Args:
        scale: The unit.
    """
    return fraction_label("(c − c$_0$)" if scale.label else "c − c$_0$", scale)


def fraction_label(name: str, scale: Scale) -> str:
    """Return the label of an axis that shows differences of the mass fraction.

    Args:
        name: What is shown.
        scale: The unit.
    """
    unit = "(S$_T$ f ΔT)" if scale.label == SEPARATION else scale.label
    return f"{name} / {unit}" if unit else name
