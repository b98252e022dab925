"""Records of virtual instruments: samples of a run's signal, and what a laboratory makes of them.

An instrument takes samples at even intervals of its own clock, with noise and a drift of its zero.
The laboratory evaluates its record like the history of the run, as if that clock had started with
the run. The difference from the evaluation of the history is what the instrument did.

An optical instrument records a displacement, an angle or a phase at each wavelength. The laboratory
waits until the temperature is established, turns the records into mass fractions by the contrast
factors, and fits their course together with a constant: that of the temperature, from which it has
the temperature difference.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from femsoret.base.errors import ConditionError
from femsoret.base.log import get_logger
from femsoret.base.types import Array
from femsoret.experiment import Experiment
from femsoret.experiment.schedule import Schedule
from femsoret.experiment.virtual_instrument import VirtualInstrument
from femsoret.post.between_steps import between_steps
from femsoret.post.evaluation import course
from femsoret.post.optical import OpticalSignal
from femsoret.post.soret import TrueSoret
from femsoret.problem import Problem
from femsoret.studies.measure.instruments import columns_of, optical_signals
from femsoret.studies.measure.marching import Marched
from femsoret.studies.measure.recorder import SIGNAL, THERMOMETER, endings
from femsoret.studies.measure.rows import Column
from femsoret.studies.measure.time_series import (
    FittedCoefficients,
    FittedComponents,
    Record,
    fitted_coefficients,
    fitted_components,
    record_of,
)

log = get_logger(__name__)

HEAT_FIRST: Final = 5.0
"""Thermal relaxation times L^2/(pi^2 alpha) after which the temperature counts as established in
the evaluation of an optical record: its slowest mode has decayed to 0.7 %, and the first one of a
layer that is heated and cooled alike to 2e-9."""


@dataclass(frozen=True, eq=False)
class VirtualRecord:
    """What an instrument recorded, with the noise and the drift that it added.

    Args:
        instrument: The instrument.
        columns: Columns of the history that it recorded, one for each component, or wavelength.
        times: Times of the samples on the clock of the instrument, s, shape (n,).
        samples: The samples, in the units of the columns, shape (n, N).
        largest: Largest absolute value of each column without noise and drift, shape (N,).
        noise: Standard deviation of the noise, in the units of the columns, shape (N,).
        drift: Drift, in the units of the columns per second, shape (N,).
        interpolation: Estimated error of the values between the steps of the run, in the units of
            the columns, shape (N,).
        fitted: What a laboratory evaluates from the record; None for the reason in `refused`.
        curve: The fitted series at the times of the samples, shape (n,); nan where nothing was
            evaluated; None without an evaluation, and for several components.
        refused: Why nothing is evaluated; empty if something is.
    """

    instrument: VirtualInstrument
    columns: tuple[Column, ...]
    times: Array
    samples: Array
    largest: Array
    noise: Array
    drift: Array
    interpolation: Array
    fitted: FittedCoefficients | FittedComponents | None = None
    curve: Array | None = None
    refused: str = ""


def virtual_record(
    experiment: Experiment,
    schedule: Schedule,
    marched: Marched,
    instrument: VirtualInstrument,
    true: list[TrueSoret],
) -> VirtualRecord:
    """Return the record of an instrument and its evaluation; collective.

    Args:
        experiment: The experiment.
        schedule: Its schedule.
        marched: The march that is recorded.
        instrument: The instrument.
        true: The true S_T of the signal in the steady state, one per species; empty if there is
            none.
    """
    record = _recorded(experiment, schedule, marched, instrument)
    if is_temperature(experiment, instrument.signal):
        return replace(record, refused="a thermometer shows no composition")
    try:
        return _evaluated(experiment, schedule, marched, record, true)
    except ConditionError as error:
        log.warning(
            "warning: D and S_T not fitted to the record %s: %s", instrument.name, error.message
        )
        return replace(record, refused=error.message)


def is_temperature(experiment: Experiment, signal: str) -> bool:
    """Return whether a name is that of a thermometer; signals of the same name come first.

    Args:
        experiment: The experiment.
        signal: Name of a signal or a thermometer; empty for the main separation.
    """
    return signal in experiment.thermometers and signal not in experiment.signals


def columns_recorded(experiment: Experiment, signal: str, quantity: str = "") -> tuple[str, ...]:
    """Return the names of the columns of the history that a record of a signal consists of.

    Args:
        experiment: The experiment.
        signal: Name of a signal or a thermometer; empty for the main separation.
        quantity: What is recorded of an optical instrument; empty for what it records by itself.
    """
    if is_temperature(experiment, signal):
        return (f"{THERMOMETER}{signal}",)
    optical = optical_signals(experiment).get(signal)
    if optical is not None:
        return columns_of(signal, optical, quantity)
    prefix = f"{SIGNAL}{signal}.dc" if signal else "separation"
    return tuple(f"{prefix}{ending}" for ending in endings(experiment))


def _recorded(
    experiment: Experiment, schedule: Schedule, marched: Marched, instrument: VirtualInstrument
) -> VirtualRecord:
    """Return the samples of an instrument, without an evaluation."""
    known = {column.name: column for column in marched.columns}
    names = columns_recorded(experiment, instrument.signal, instrument.quantity)
    of_temperature = is_temperature(experiment, instrument.signal)
    may_jump = of_temperature or instrument.signal in optical_signals(experiment)
    number = instrument.number_of_samples(marched.clock.t)
    times: Array = instrument.every * np.arange(number, dtype=np.float64)
    in_run = np.minimum(times + instrument.zero_of_time, marched.clock.t)
    true, errors = np.zeros((number, len(names))), np.zeros(len(names))
    for i, name in enumerate(names):
        values = [float(row[name] or 0.0) for row in marched.rows]
        true[:, i], errors[i] = between_steps(
            [float(row["t"] or 0.0) for row in marched.rows],
            values,
            in_run,
            initial=_initial(experiment, schedule, values, of_temperature=of_temperature),
            breaks=schedule.protocol.breaks,
            may_jump=may_jump,
        )
    largest = np.abs(true).max(axis=0, initial=0.0)
    noise = np.array([instrument.noise.in_unit(size) for size in largest])
    drift = np.array([instrument.drift.in_unit(size) for size in largest])
    errors_of_samples = noise * np.random.default_rng(instrument.seed).standard_normal(true.shape)
    return VirtualRecord(
        instrument=instrument,
        columns=tuple(known[name] for name in names),
        times=times,
        samples=true + np.outer(times, drift) + errors_of_samples,
        largest=largest,
        noise=noise,
        drift=drift,
        interpolation=errors,
    )


def _initial(
    experiment: Experiment, schedule: Schedule, values: list[float], *, of_temperature: bool
) -> float:
    """Return what an instrument shows before the run; the first step is too short to change it."""
    if schedule.start != "uniform":
        return values[0]
    if of_temperature:
        T = schedule.start_temperature
        return float(experiment.mixture.T0) if T is None else T
    return 0.0


def _evaluated(
    experiment: Experiment,
    schedule: Schedule,
    marched: Marched,
    record: VirtualRecord,
    true: list[TrueSoret],
) -> VirtualRecord:
    """Return a record with what a laboratory evaluates from it; collective.

    Raises:
        ConditionError: There is nothing to evaluate, or the record does not determine D and S_T.
    """
    if schedule.evaluation is None:
        raise ConditionError(schedule.not_evaluated, "give the schedule an evaluation window")
    of_signal = record_of(experiment, schedule, marched, record.instrument.signal)
    samples, per_fraction = record.samples, 1.0
    light = optical_signals(experiment).get(record.instrument.signal)
    if light is not None:
        responses = _responses(light, marched.shown, record.instrument)
        samples = np.asarray(
            np.linalg.solve(light.optics.matrix.matrix, (samples / responses).T).T, dtype=float
        )
        per_fraction = float(responses[0] * light.optics.matrix.matrix[0, 0])
        of_signal = _of_light(experiment, of_signal, light, record.instrument)
    sampled = replace(
        of_signal,
        times=[float(t) for t in record.times],
        each=[[float(S) for S in column] for column in samples.T],
        noise=0.0,  # as far as the laboratory knows
        sampled=True,
    )
    if len(experiment.mixture.species) > 1:
        return replace(record, fitted=fitted_components(experiment, sampled, true))
    fitted, window = fitted_coefficients(experiment, sampled, true), sampled.window
    curve = per_fraction * course(
        fitted.fit, sampled.layer, record.times, t0=window.t0, relaxing=window.relaxing
    )
    shown = (record.times >= window.start) & (record.times <= window.end)
    shown &= record.times > window.t0
    return replace(record, fitted=fitted, curve=np.where(shown, curve, np.nan))


def _responses(light: OpticalSignal, problem: Problem, instrument: VirtualInstrument) -> Array:
    """Return the record over the index' difference across the gap, shape (J,); collective."""
    size = light.size(problem.orientation.gap)
    return size * np.array(light.responses(problem, instrument.quantity))


def _of_light(
    experiment: Experiment,
    of_signal: Record,
    light: OpticalSignal,
    instrument: VirtualInstrument,
) -> Record:
    """Return the course of an optical signal whose samples show the temperature as well.

    The evaluation starts when the temperature is established. A clock that starts before the run
    shows when that is: the signal jumps.
    """
    window, matrix = of_signal.window, light.optics.matrix
    of_heat = experiment.orientation.gap**2 / (np.pi**2 * experiment.mixture.reference.alpha)
    established = max(window.start, window.t0 + HEAT_FIRST * of_heat)
    established += max(-instrument.zero_of_time, 0.0)

    seen = matrix.by_temperature != 0.0

    def temperature(constants: Array) -> float:
        return float(np.mean((matrix.matrix @ constants)[seen] / matrix.by_temperature[seen]))

    return replace(
        of_signal,
        window=replace(window, start=established),
        constant=True,
        temperature=temperature if seen.any() else None,
    )
