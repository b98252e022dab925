"""Optical instruments: what they record in a state, and the Soret coefficients that follow."""

from __future__ import annotations

from dataclasses import dataclass

from femsoret.experiment import Experiment
from femsoret.post.beam_deflection import BeamDeflection
from femsoret.post.interferometer import Interferometer
from femsoret.post.optical import Amplitudes, Laboratory, OpticalSignal, laboratory
from femsoret.post.phase_map import PhaseMap
from femsoret.studies.measure.camera import NO_FRAMES, Frames, TakenMap, map_of
from femsoret.studies.measure.solution import Solution


@dataclass(frozen=True, eq=False)
class InstrumentRecord:
    """What an optical instrument records in a state.

    Args:
        signal: The instrument.
        at: Displacement at the detector, m, or phase, rad, with gravity; one for each wavelength.
        at_reference: The same without gravity, on the same mesh.
        angles: Angle of a beam in air with gravity, rad, one for each wavelength; empty for an
            interferometer.
        found: Soret coefficients as a laboratory finds them with gravity; None where the signal of
            the fluid alone gives none.
        map: The phase map with gravity; None without one, or for the reason in `map_missing`.
        map_missing: Why a phase map that was asked for is missing; empty otherwise.
    """

    signal: OpticalSignal
    at: tuple[Amplitudes, ...]
    at_reference: tuple[Amplitudes, ...]
    angles: tuple[Amplitudes, ...] = ()
    found: Laboratory | None = None
    map: PhaseMap | None = None
    map_missing: str = ""


def optical_signals(experiment: Experiment) -> dict[str, OpticalSignal]:
    """Return the optical instruments of an experiment, by name.

    Args:
        experiment: The experiment.
    """
    return {
        name: signal
        for name, signal in experiment.instruments.items()
        if isinstance(signal, OpticalSignal)
    }


def column_of(name: str, number: int) -> str:
    """Return the prefix of the history's columns of an instrument at one wavelength.

    Args:
        name: Name of the instrument.
        number: Number of the wavelength, from 0.
    """
    return f"optical.{name}.{number}"


def columns_of(name: str, signal: OpticalSignal, quantity: str = "") -> tuple[str, ...]:
    """Return the names of the history's columns of what an instrument records, by wavelength.

    Args:
        name: Name of the instrument.
        signal: The instrument.
        quantity: One of its quantities; empty for what it records.
    """
    last = "total" if quantity in ("", signal.recorded[0]) else quantity
    return tuple(f"{column_of(name, i)}.{last}" for i in range(len(signal.optics.contrasts)))


def instrument_records(
    solution: Solution, frames: Frames = NO_FRAMES
) -> dict[str, InstrumentRecord]:
    """Return what the optical instruments record, by name; collective.

    Args:
        solution: A solved experiment.
        frames: Phase maps that were taken at earlier times of a march.
    """
    problem = solution.convection
    found = {}
    for name, signal in optical_signals(solution.experiment).items():
        image = TakenMap(None)
        if isinstance(signal, Interferometer) and signal.image is not None:
            image = map_of(name, signal, problem, frames)
        found[name] = InstrumentRecord(
            signal=signal,
            at=signal.amplitudes(problem),
            at_reference=signal.amplitudes(solution.reference),
            angles=signal.angles(problem) if isinstance(signal, BeamDeflection) else (),
            found=_found(solution, name, signal),
            map=image.map,
            map_missing=image.missing,
        )
    return found


def _found(solution: Solution, name: str, signal: OpticalSignal) -> Laboratory | None:
    """Return what a laboratory finds; None where the signal of the fluid alone gives no S_T."""
    if solution.signals[name].missing:
        return None
    return laboratory(solution.convection.mixture, signal, solution.convection)


def of_instruments(solution: Solution) -> dict[str, float | None]:
    """Return the numbers of optical instruments whose numerical error is estimated; collective.

    Args:
        solution: A solved experiment.

    Returns:
        Name in the summary -> number, in the unit of the summary.
    """
    problem = solution.convection
    numbers: dict[str, float | None] = {}
    for name, signal in optical_signals(solution.experiment).items():
        kind = "deflections" if isinstance(signal, BeamDeflection) else "interferometers"
        for number, of in enumerate(signal.amplitudes(problem)):
            numbers[f"{kind}.{name}.at.{number}.total"] = of.total
        found = _found(solution, name, signal)
        if found is not None:
            for species, S in zip(problem.mixture.species, found.apparent, strict=True):
                numbers[f"{kind}.{name}.each.{species.name}.apparent"] = float(S)
    return numbers
