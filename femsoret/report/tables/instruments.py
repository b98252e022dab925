"""Tables of optical instruments."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, Final

import numpy as np

from femsoret.report.tables.table import Column, Format, Item, Listing, number, with_bounds
from femsoret.report.words.components import components
from femsoret.report.words.numbers import NONE, percent, percent_with_error, plain, with_error
from femsoret.report.words.units import Summary, units_of

KINDS: Final = ("deflections", "interferometers")
"""Keys of summary.json with optical instruments."""


def instruments(summary: Summary) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Yield the key, the name and the part of the summary of each optical instrument."""
    for kind in KINDS:  # summaries of version 0.2.0 and earlier have none
        for name, part in summary.get(kind, {}).items():
            yield kind, name, part


def wavelength(value: float) -> str:
    """Return a wavelength as a text, nm; the value is in m."""
    return f"{1e9 * value:.4g} nm"


def _records(kind: str) -> Callable[[Summary], list[dict[str, Any]]]:
    """Return the function that returns an entry for each instrument of a kind and wavelength."""

    def listed(summary: Summary) -> list[dict[str, Any]]:
        return [
            {
                "name": name,
                "wavelength": wavelength(part["optics"][i]["wavelength"]),
                "error": f"{kind}.{name}.at.{i}.total",
                **at,
            }
            for name, part in summary.get(kind, {}).items()
            for i, at in enumerate(part["at"])
        ]

    return listed


def _scaled(key: str, factor: float, unit: str, digits: int = 4) -> Callable[[Item], str]:
    return lambda item: f"{plain(factor * item.entry[key], digits)} {unit}"


def _in_unit(factor: float, unit: str) -> Format:
    """Return the format of a record with its numerical error."""

    def text(value: float, error: float | None, summary: Summary) -> str:
        scaled = None if error is None else factor * error
        return f"{with_error(factor * value, scaled, digits=5)} {unit}"

    return text


def _error_of(item: Item) -> str:
    """Return the key of the numerical error of an item's number."""
    return str(item.entry["error"])


def _columns(factor: float, unit: str) -> tuple[Column, ...]:
    return (
        Column("instrument", "name"),
        Column("wavelength", "wavelength"),
        Column("with gravity", "total", _in_unit(factor, unit), _error_of),
        Column("without gravity", _scaled("without_gravity", factor, unit, 6)),
        Column("thermal part", _scaled("thermal", factor, unit)),
        Column("part of the windows", _scaled("windows", factor, unit)),
        Column("solutal part", _scaled("solutal", factor, unit)),
    )


DEFLECTIONS: Final = Listing(
    "Beam deflection",
    _records("deflections"),
    (*_columns(1e3, "mm"), Column("angle in air", _scaled("angle", 1e3, "mrad"))),
    "Displacement at the detector, from the undeflected beam. The thermal part is that of the "
    "fluid; windows that the mesh has add their own.",
)

PHASES: Final = Listing(
    "Interferometers",
    _records("interferometers"),
    (
        *_columns(1.0, "rad"),
        Column("fringes", lambda item: plain(item.entry["total"] / (2.0 * np.pi), 4)),
    ),
    lambda summary: " ".join(
        [
            "Phase at the hot less that at the cold place, unwrapped.",
            *(
                f"{name}: the phases of neighbouring pixels differ by up to "
                f"{max(part['map']['steepest']) / np.pi:.2g} π, so that the fringes of this image "
                "cannot be unwrapped; the map itself is not wrapped."
                for name, part in summary.get("interferometers", {}).items()
                if part["map"] and max(part["map"]["steepest"]) > np.pi
            ),
            *(
                f"{name}: no phase map, because {part['map_reason']}."
                for name, part in summary.get("interferometers", {}).items()
                if part.get("map_reason")
            ),
        ]
    ),
)


def _coefficients(summary: Summary) -> list[dict[str, Any]]:
    """Return an entry for each instrument and component."""
    several = bool(components(summary))
    return [
        {
            "label": f"{name}, {of['species']}" if several else name,
            "error": f"{kind}.{name}.each.{of['species']}.apparent",
            "condition": part["condition"],
            **of,
        }
        for kind, name, part in instruments(summary)
        for of in part["each"]
    ]


def _bias(item: Item) -> str:
    """Return the bias with its numerical error, which is that of S_T over the size of the true."""
    entry = item.entry
    error = item.summary.get("numerical_error", {}).get(_error_of(item))
    off = entry["apparent"] - (entry["true"] or 0.0)
    size = abs(off / entry["bias"]) if entry["bias"] else None
    return percent_with_error(entry["bias"], error / size if error and size else None)


OPTICAL_SORET: Final = Listing(
    "S_T from optical amplitudes",
    _coefficients,
    (
        Column("instrument", "label"),
        Column("S_T apparent", "apparent", with_bounds(5, "soret"), _error_of),
        Column("S_T true", "true", number(6, "soret")),
        Column("bias", _bias),
        Column("windows taken off", "corrected", number(5, "soret")),
        Column("bias then", lambda item: percent(item.entry["bias_corrected"])),
        Column(
            "by the noise",
            lambda item: (
                NONE
                if item.entry["uncertainty"] is None
                else f"± {plain(item.entry['uncertainty'], 2)} {units_of(item.summary).soret}"
            ),
        ),
        Column("condition number", "condition", number(4)),
    ),
    "From the solutal over all of the thermal part, as a laboratory takes the slow and the fast "
    "part of a record, linear about the mean composition. The condition number is that of the "
    "contrast factors: by how much relative errors may grow.",
)


def _optics(summary: Summary) -> list[dict[str, Any]]:
    return [
        {"label": name, **of} for _, name, part in instruments(summary) for of in part["optics"]
    ]


def _factors(item: Item) -> str:
    by_name = item.entry["n_c"]
    if len(by_name) == 1:
        return plain(next(iter(by_name.values())), 4)
    return ", ".join(f"{name} {plain(value, 4)}" for name, value in by_name.items())


def _sources(item: Item) -> str:
    """Return the sources, each with the names of the numbers that are from it."""
    names: dict[str, list[str]] = {}
    for name, source in item.entry["sources"].items():
        names.setdefault(source, []).append(name)
    return "; ".join(f"{', '.join(of)}: {source}" for source, of in names.items())


def _glasses(summary: Summary) -> list[dict[str, Any]]:
    return [
        {
            "label": name,
            "wavelength": of["wavelength"],
            "solid": glass["solid"],
            "n": glass["n"][j],
            "n_T": glass["n_T"][j],
            "sources": glass["sources"],
        }
        for _, name, part in instruments(summary)
        for j, of in enumerate(part["optics"])
        for glass in part.get("glasses", [])
    ]


OPTICS_OF_GLASS: Final = Listing(
    "Optical properties of glass",
    _glasses,
    (
        Column("instrument", "label"),
        Column("solid", "solid"),
        Column("wavelength", lambda item: wavelength(item.entry["wavelength"])),
        Column("n", "n", number(6)),
        Column("n_T", lambda item: f"{plain(item.entry['n_T'], 4)} 1/K"),
        Column("sources", _sources),
    ),
)


OPTICS: Final = Listing(
    "Optical properties of the fluid",
    _optics,
    (
        Column("instrument", "label"),
        Column("wavelength", lambda item: wavelength(item.entry["wavelength"])),
        Column("n", "n", number(6)),
        Column("n_T", lambda item: f"{plain(item.entry['n_T'], 4)} 1/K"),
        Column("n_c", _factors),
        Column("sources", _sources),
    ),
)
