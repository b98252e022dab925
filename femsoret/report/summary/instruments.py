"""Optical instruments: layout and content."""

# ruff: noqa: D101 (tables are described at the fields that contain them)

from __future__ import annotations

from typing import Any, Final

import numpy as np

from femsoret.post.beam_deflection import BeamDeflection
from femsoret.post.contrast_matrix import ellipse
from femsoret.post.interferometer import Image
from femsoret.post.optical import Amplitudes
from femsoret.post.phase_map import PhaseMap
from femsoret.report.summary.vocabulary import (
    Metre,
    Number,
    Part,
    PerKelvin,
    Radian,
    Second,
)
from femsoret.studies.measure.instruments import InstrumentRecord
from femsoret.studies.measure.state import MeasuredState

CONFIDENCE: Final = 0.95
"""Probability of the confidence ellipse."""


class OpticalProperties(Part):
    wavelength: Metre
    """wavelength in vacuum"""
    n: Number
    """refractive index of the fluid at the reference state"""
    n_T: PerKelvin
    """dn/dT of the fluid"""
    n_c: dict[str, Number]
    """dn/dc of each independent component, by name"""
    sources: dict[str, str]
    """name of each of these numbers -> how it came here: its mark and source, or "assumed\""""


class GlassProperties(Part):
    solid: str
    """name of the solid"""
    n: list[Number]
    """refractive index, one for each wavelength"""
    n_T: list[PerKelvin]
    """dn/dT, one for each wavelength"""
    sources: dict[str, str]
    """name of each of these numbers -> how it came here: its mark and source"""


class Displacement(Part):
    total: Metre
    """displacement at the detector with gravity, from the undeflected beam"""
    without_gravity: Metre
    """the same without gravity, on the same mesh"""
    thermal: Metre
    """the part by the temperature in the fluid, with gravity"""
    windows: Metre
    """the part by the temperature in the windows that the mesh has"""
    solutal: Metre
    """the part by the composition"""
    angle: Radian
    """angle of the beam in the air"""


class Phase(Part):
    total: Radian
    """phase at the hot less that at the cold place, with gravity"""
    without_gravity: Radian
    """the same without gravity, on the same mesh"""
    thermal: Radian
    """the part by the temperature in the fluid, with gravity"""
    windows: Radian
    """the part by the temperature in the windows that the mesh has"""
    solutal: Radian
    """the part by the composition"""


class OpticalSoret(Part):
    species: str
    """name of the component"""
    apparent: PerKelvin
    """apparent S_T as a laboratory finds it, from the solutal and all of the thermal part, with
    gravity"""
    corrected: PerKelvin
    """the same without the part of the windows"""
    true: PerKelvin | None
    """true S_T of this signal: that of the state at rest, without windows; null for the reason in
    `signals.*.reason`"""
    bias: Number | None
    """`apparent` less `true`, over the size of `true` as for `soret.bias`"""
    bias_corrected: Number | None
    """the same of `corrected`"""
    uncertainty: PerKelvin | None
    """standard deviation of `apparent` by the noise of the signals; null if that is not stated"""


class ConfidenceEllipse(Part):
    probability: Number
    """probability with which the ellipse contains the true pair of coefficients"""
    major: PerKelvin
    """greater half axis"""
    minor: PerKelvin
    """smaller half axis"""
    angle: Radian
    """angle of the greater half axis to the axis of the first coefficient"""
    correlation: Number
    """correlation of both coefficients"""


class PhaseMapSummary(Part):
    reference: str
    """state that the phase is counted from: "uniform", "thermal" or "time\""""
    reference_time: Second | None
    """time of the run whose state the phase is counted from; null for another reference"""
    time: Second | None
    """time of the run at which the map was taken; null for its end, and in steady runs"""
    span: list[Radian]
    """largest less smallest phase of the image, one for each wavelength"""
    steepest: list[Radian]
    """largest difference of the phases of neighbouring pixels; above pi the fringes of the image
    cannot be unwrapped"""


class Instrument(Part):
    optics: list[OpticalProperties]
    """one table of optical properties for each wavelength"""
    glasses: list[GlassProperties]
    """one table for each solid of the mesh that the light passes"""
    each: list[OpticalSoret]
    """one table of Soret coefficients for each transported component; empty for the reason in
    `signals.*.reason`"""
    condition: Number | None
    """condition number of the matrix of contrast factors; null in a pure fluid"""
    ellipse: ConfidenceEllipse | None
    """confidence ellipse of two coefficients by the noise of the signals; null for another number
    of components, or if the noise is not stated"""


class Deflection(Instrument):
    at: list[Displacement]
    """one table for each wavelength, of what the detector records"""


class Interferogram(Instrument):
    at: list[Phase]
    """one table for each wavelength, of the phase"""
    map: PhaseMapSummary | None
    """the phase map, whose pixels are in `phase_maps.npz`; null without one, or for the reason in
    `map_reason`"""
    map_reason: str
    """why a phase map that was asked for is missing; empty otherwise"""


def instruments_part(state: MeasuredState) -> dict[str, Any]:
    """Return the parts of a summary on optical instruments.

    Args:
        state: The measured state.
    """
    deflections, interferometers = dict[str, Any](), dict[str, Any]()
    for name, record in state.instruments.items():
        part = _instrument(state, name, record)
        if isinstance(record.signal, BeamDeflection):
            angles = [{"angle": of.total} for of in record.angles]
            at = [_parts(*of) | angle for of, angle in zip(_pairs(record), angles, strict=True)]
            deflections[name] = part | {"at": at}
            continue
        image = getattr(record.signal, "image", None)
        interferometers[name] = part | {
            "at": [_parts(*of) for of in _pairs(record)],
            "map": None if record.map is None or image is None else _map(record.map, image),
            "map_reason": record.map_missing,
        }
    return {"deflections": deflections, "interferometers": interferometers}


def _map(of: PhaseMap, image: Image) -> dict[str, Any]:
    timed = not isinstance(image.reference, str)
    return {
        "reference": "time" if timed else image.reference,
        "reference_time": image.reference if timed else None,
        "time": image.at,
        "span": of.span.tolist(),
        "steepest": of.steepest.tolist(),
    }


def _pairs(record: InstrumentRecord) -> list[tuple[Amplitudes, Amplitudes]]:
    return list(zip(record.at, record.at_reference, strict=True))


def _parts(at: Amplitudes, at_reference: Amplitudes) -> dict[str, float]:
    return {
        "total": at.total,
        "without_gravity": at_reference.total,
        "thermal": at.thermal,
        "windows": at.windows,
        "solutal": sum(at.solutal),
    }


def _instrument(state: MeasuredState, name: str, record: InstrumentRecord) -> dict[str, Any]:
    solution, optics, found = state.solution, record.signal.optics, record.found
    names = [species.name for species in solution.experiment.mixture.species]
    outcomes = solution.signals[name].outcomes
    each, of_pair = list[dict[str, Any]](), None
    if found is not None:
        deviations = None if found.covariance is None else np.sqrt(np.diag(found.covariance))
        for i, species in enumerate(names):
            true = outcomes[i].true if outcomes else None
            apparent, corrected = float(found.apparent[i]), float(found.corrected[i])
            each.append(
                {
                    "species": species,
                    "apparent": apparent,
                    "corrected": corrected,
                    "true": true.value if true else None,
                    "bias": true.bias(apparent) if true else None,
                    "bias_corrected": true.bias(corrected) if true else None,
                    "uncertainty": None if deviations is None else float(deviations[i]),
                }
            )
        if found.covariance is not None and len(names) == 2:
            of_pair = ellipse(found.covariance, CONFIDENCE)
    covariance = None if found is None else found.covariance
    return {
        "optics": [
            {
                "wavelength": of.wavelength,
                "n": of.n,
                "n_T": of.n_T,
                "n_c": dict(zip(names, of.n_c, strict=True)),
                "sources": dict(of.sources),
            }
            for of in optics.contrasts
        ],
        "glasses": [
            {
                "solid": of,
                "n": [glass.index(j) for j in range(len(optics.contrasts))],
                "n_T": [glass.slope(j) for j in range(len(optics.contrasts))],
                "sources": dict(glass.sources),
            }
            for of, glass in optics.glasses.items()
        ],
        "each": each,
        "condition": optics.matrix.condition if names else None,
        "ellipse": None
        if of_pair is None or covariance is None
        else {
            "probability": CONFIDENCE,
            **vars(of_pair),
            "correlation": float(covariance[0, 1] / np.sqrt(covariance[0, 0] * covariance[1, 1])),
        },
    }
