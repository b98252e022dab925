"""Units in which reports show the numbers of a run, in SI or by dimensionless groups."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final

from femsoret.physics.coordinates import AXISYMMETRIC, CARTESIAN, COORDINATES
from femsoret.report.words.numbers import short

Document = Mapping[str, Any]
"""Content of a JSON file of a run folder, or a part of it."""

Summary = Document
"""Content of summary.json, or a part of it; functions state the kind of run."""

SEPARATION: Final = "S_T f ΔT"
"""The separation to first order, as a unit."""


@dataclass(frozen=True)
class Scale:
    """A unit in which numbers are shown.

    Args:
        factor: Number in this unit over number in the unit of the summary.
        label: Name of the unit.
    """

    factor: float
    label: str

    def __str__(self) -> str:
        return self.label


LENGTHS: Final = MappingProxyType({"SI": Scale(1e3, "mm"), "groups": Scale(1.0, "L")})
"""Unit of lengths, by the system of units of a run ("SI" or "groups")."""


@dataclass(frozen=True)
class Units:
    """Units in which the numbers of a run are shown.

    Args:
        length: Unit of the axes of figures.
        speed: Unit of the velocity.
        temperature: Unit of temperatures and their differences.
        soret: Unit of Soret coefficients.
        heat_flow: Unit of the heat through a side.
        heat_flux: Unit of heat fluxes.
        entropy: Unit of entropy rates.
        entropy_production: Unit of the entropy production at a point.
        gravity: Unit of the magnitude of gravity.
        diffusion: Unit of diffusion coefficients.
        gradient: Unit of gradients of the mass fraction.
        rate: Unit of growth rates and angular frequencies.
    """

    length: Scale
    speed: Scale
    temperature: Scale
    soret: Scale
    heat_flow: Scale
    heat_flux: Scale
    entropy: Scale
    entropy_production: Scale
    gravity: Scale
    diffusion: Scale
    gradient: Scale
    rate: Scale


RATES: Final = MappingProxyType({"SI": Scale(1.0, "1/s"), "groups": Scale(1.0, "α/L²")})
"""Unit of growth rates, by the system of units of a run ("SI" or "groups")."""


def is_axisymmetric(summary: Summary) -> bool:
    """Return whether a run is in coordinates (r, z)."""
    # Summaries of older versions do not contain this key.
    name: str = summary["orientation"].get("coordinates", CARTESIAN.name)
    return COORDINATES[name].has_axis


def letters_of(summary: Summary) -> tuple[str, ...]:
    """Return the letters of the coordinates of a run."""
    coordinates = AXISYMMETRIC if is_axisymmetric(summary) else CARTESIAN
    return coordinates.letters[: len(summary["orientation"]["axis"])]


def units_of(summary: Summary) -> Units:
    """Return the units of a run."""
    # Flows are per metre of depth in plane 2D cells, and of the whole cell in axisymmetric ones.
    flat = len(letters_of(summary)) == 2 and not is_axisymmetric(summary)
    names = {
        "SI": {
            "temperature": "K",
            "soret": "1/K",
            "heat_flow": "W/m" if flat else "W",
            "heat_flux": "W/m²",
            "entropy": "W/(K m)" if flat else "W/K",
            "entropy_production": "W/(m³ K)",
            "gravity": "m/s²",
            "diffusion": "m²/s",
            "gradient": "1/m",
        },
        "groups": {
            "temperature": "ΔT",
            "soret": "1/ΔT",
            "heat_flow": "κΔT" if flat else "κΔT L",
            "heat_flux": "κΔT/L",
            "entropy": "κ" if flat else "κL",
            "entropy_production": "κ/L²",
            "gravity": "α²/L³",
            "diffusion": "α",
            "gradient": "1/L",
        },
    }
    system = summary["units"]
    return Units(
        length=LENGTHS[system],
        speed=Scale(1e6, "µm/s") if system == "SI" else Scale(1.0, "α/L"),
        rate=RATES[system],
        **{quantity: Scale(1.0, name) for quantity, name in names[system].items()},
    )


def duration(units: str, t: float) -> str:
    """Return a text with a time in a unit that suits its magnitude.

    Args:
        units: "SI" or "groups".
        t: Time, s (in units of L^2/alpha with groups).
    """
    if units == "groups":
        return f"{short(t)} L²/α"
    for size, unit in ((86400.0, "d"), (3600.0, "h"), (60.0, "min")):
        if t >= 1.5 * size:
            return f"{short(t / size)} {unit}"
    return f"{short(t)} s"


def fraction_unit(largest: float) -> Scale:
    """Return the unit for mass fractions up to a given magnitude.

    Args:
        largest: The largest magnitude.
    """
    for unit, label in ((1e-2, "%"), (1e-3, "10⁻³"), (1e-6, "10⁻⁶"), (1e-9, "10⁻⁹")):
        if largest >= 0.2 * unit:
            return Scale(1.0 / unit, label)
    return Scale(1.0, "")


def fraction_label(name: str, scale: Scale) -> str:
    """Return the label of an axis that shows differences of the mass fraction.

    Args:
        name: Name of the quantity.
        scale: The unit.
    """
    unit = "(S$_T$ f ΔT)" if scale.label == SEPARATION else scale.label
    return f"{name} / {unit}" if unit else name
