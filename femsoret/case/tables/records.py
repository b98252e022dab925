"""The table of a case file for the records of virtual instruments."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from math import isfinite
from typing import Annotated, Any, Final, Literal, TypeAlias

from pydantic import Field, SerializationInfo, Strict, ValidationInfo, field_validator

from femsoret.base.errors import CaseError, nearest
from femsoret.base.units import quantity
from femsoret.case.messages import at_key, wrong
from femsoret.case.values import (
    InUnit,
    PositiveTime,
    SignedTime,
    Table,
    Text,
    context_of,
    in_turns,
    optional,
)
from femsoret.experiment import Experiment
from femsoret.experiment.virtual_instrument import Amount, VirtualInstrument
from femsoret.studies.measure.instruments import optical_signals
from femsoret.studies.measure.virtual_records import is_temperature

_ANGLE: Final = re.compile(r"\b([munµ]?rad|deg|degrees?|arcmin|arcsec|turns?|fringes?)\b")
"""Units of angles and phases, which would otherwise be read as numbers."""

_UNITS: Final = {
    "": ("a difference of mass fractions", '"1e-5"'),
    "K": ("a temperature", '"0.01 K"'),
    "m": ("a displacement", '"1 um"'),
    "rad": ("an angle or a phase", '"0.01 rad"'),
}
"""Unit of a signal -> what it is, and an error of it."""

_MOST_SAMPLES: Final = 1_000_000

_NAME: Final = re.compile(r"\w[\w.+ -]*")
"""Pattern of the name of a record, which is the name of its file, too."""


@dataclass(frozen=True)
class Deviation:
    """An error of an instrument, as given in the case file.

    Args:
        number: Its size.
        of: What it is measured in: "number" for the unit of the signal, "share" for a share of its
            largest value, or else its SI unit.
    """

    number: float
    of: Literal["number", "share", "K", "m", "rad"] = "number"


@dataclass(frozen=True)
class InSignal(InUnit):
    """Annotation of a :class:`Deviation`.

    Args:
        unit: "1", or "1/s" for a change in time.
        positive: Whether to reject negative numbers.
    """

    unit: str = "1"
    positive: bool = False

    def read(self, value: object, info: ValidationInfo) -> Deviation:
        """Return the deviation that a value stands for.

        Raises:
            PydanticCustomError: The value is no such quantity, or is negative where it must not be.
        """
        found = value if isinstance(value, Deviation) else self._read(value, info)
        if not isfinite(found.number) or (self.positive and found.number < 0.0):
            raise wrong(
                f"{value!r} is not allowed", "0 or more" if self.positive else "a finite number"
            )
        return found

    def _read(self, value: object, info: ValidationInfo) -> Deviation:
        per = self.unit.removeprefix("1")
        h = "/h" if per else ""
        hint = (
            f'"0.5 %{h}" of the largest value, "{"1e-6 1/h" if h else "1e-5"}" of a mass fraction, '
            f'"0.01 K{h}" of a thermometer, "1 um{h}" of a displacement, "2 urad{h}" of an angle, '
            f'"0.1 rad{h}" or "0.02 fringe{h}" of a phase'
        )
        if isinstance(value, bool) or not isinstance(value, str | int | float):
            raise wrong(f"{value!r} is not a number", hint)
        if not isinstance(value, str):
            return Deviation(float(value))
        if per and context_of(info).units == "groups":
            raise wrong(
                f"{value!r} is a text: with [groups], only plain numbers are allowed",
                "a change in the time L^2/alpha",
            )
        try:
            if "%" in value:
                bare = value.replace("%", "1" if per else "", 1)
                return Deviation(0.01 * quantity(bare, self.unit), "share")
            if _ANGLE.search(value):
                return Deviation(quantity(in_turns(value), f"rad{per}"), "rad")
            return _in_any_unit(value, per)
        except CaseError as error:
            raise wrong(error.message, hint) from error

    def write(self, value: Deviation, info: SerializationInfo) -> Any:
        """Return a deviation as it is written in a case file."""
        per = self.unit.removeprefix("1")
        if value.of == "number":
            return value.number
        # Not more digits than a user writes: a percentage is read by a multiplication.
        share = value.of == "share"
        unit, number = "%" if share else value.of, 100.0 * value.number if share else value.number
        return f"{number:.15g} {unit}{per}"


def _in_any_unit(value: str, per: str) -> Deviation:
    """Return the deviation that a text stands for: a number, a temperature or a length.

    Raises:
        CaseError: It is none of these.
    """
    try:
        return Deviation(quantity(value, f"1{per}"))
    except CaseError as error:
        units: tuple[Literal["K", "m"], ...] = ("K", "m")
        for unit in units:
            try:
                return Deviation(quantity(value, f"{unit}{per}"), unit)
            except CaseError:
                continue
        raise error


Noise: TypeAlias = Annotated[Deviation, InSignal(positive=True)]
Drift: TypeAlias = Annotated[Deviation, InSignal(unit="1/s")]


class RecordTable(Table):
    """A record as a laboratory's instrument would have written it, with gravity.

    The signal of the run is sampled at even intervals of the instrument's clock, with noise and a
    drift. It is written to `records/NAME.csv` and evaluated as if that clock had started with the
    run.
    """

    name: Text = Field(description="Name of the record, and of its file.")
    signal: Text | None = optional(
        "Name of what is recorded: of a pair of readings, a gradient, an instrument or a "
        "thermometer (signals of the same name come first).",
        default="the separation between the main readings",
    )
    quantity: Literal["displacement", "angle", "phase"] | None = optional(
        "What is recorded of an optical instrument, at each of its wavelengths: the displacement "
        "of a beam at the detector or its angle in air, or the phase of an interferometer.",
        default="displacement or phase; the mass fractions of other signals",
    )
    every: PositiveTime = Field(description="Sampling interval.")
    noise: Noise = Field(
        default=Deviation(0.0),
        description="Standard deviation of the noise, which is normal and independent from sample "
        "to sample: in the unit of the signal (a mass fraction; K, m, rad or fringes of 2 pi for "
        'instruments that show these), or as a share of its largest value, "0.5 %".',
        json_schema_extra={"default": "no noise"},
    )
    drift: Drift = Field(
        default=Deviation(0.0),
        description="Change of the zero of the signal in time: in the unit of the signal per "
        'second, or as a share of its largest value, "0.1 %/h".',
        json_schema_extra={"default": "no drift"},
    )
    zero_of_time: SignedTime | None = optional(
        "Time of the run at which the clock of the instrument starts; negative if it starts before "
        "the run. The evaluation does not know it.",
        default="0 s",
    )
    seed: Annotated[int, Strict(), Field(ge=0)] | None = optional(
        "Seed of the noise (`numpy.random.default_rng`).", default="number of the record, from 0"
    )

    @field_validator("name")
    @classmethod
    def _names_a_file(cls, name: str) -> str:
        if _NAME.fullmatch(name) is None or name != name.strip():
            raise wrong(
                f"{name!r} cannot be the name of a file",
                "letters, digits and any of . _ + - or spaces between them",
            )
        return name

    def build(
        self, experiment: Experiment, number: int, tau: float, end: float
    ) -> VirtualInstrument:
        """Return the instrument.

        Args:
            experiment: The experiment.
            number: Number of the record, from 0.
            tau: Relaxation time, s.
            end: End of the run, s.

        Raises:
            CaseError: There is no such signal, no sample in the run, or far too many.
        """
        signal = self._signal(experiment)
        quantity_of, unit = self._quantity(experiment, signal)
        made = VirtualInstrument(
            name=self.name,
            every=self.every.seconds(tau),
            signal=signal,
            quantity=quantity_of,
            noise=_amount("noise", self.noise, unit),
            drift=_amount("drift", self.drift, unit),
            zero_of_time=0.0 if self.zero_of_time is None else self.zero_of_time.seconds(tau),
            seed=number if self.seed is None else self.seed,
        )
        if made.every >= end:
            with at_key("every"):
                raise CaseError(
                    f"the sampling interval, {made.every:g} s, is not shorter than the run, "
                    f"{end:g} s",
                    "choose a shorter interval: an evaluation takes at least 8 samples",
                )
        if abs(made.zero_of_time) >= end:
            with at_key("zero_of_time"):
                raise CaseError(
                    f"the clock starts {abs(made.zero_of_time):g} s from the start of a run of "
                    f"{end:g} s",
                    "choose a time that is shorter than the run",
                )
        if (samples := made.number_of_samples(end)) > _MOST_SAMPLES:
            with at_key("every"):
                raise CaseError(
                    f"there would be {samples} samples",
                    f"choose an interval that gives at most {_MOST_SAMPLES}",
                )
        return made

    def _signal(self, experiment: Experiment) -> str:
        """Return the name of the signal; empty for the main separation."""
        others = (*experiment.signals, *experiment.thermometers)
        if self.signal in others:
            return self.signal
        main = (experiment.pair.name,) if experiment.mixture.species else ()
        if self.signal is None and main:
            return ""
        with at_key("signal"):
            if self.signal is None:
                raise CaseError(
                    "a pure fluid has no separation that could be recorded",
                    f"name a thermometer: {nearest('', experiment.thermometers)}",
                )
            if self.signal not in main:
                raise CaseError(
                    f"there is no signal {self.signal!r}",
                    nearest(self.signal, (*main, *others)),
                )
        return ""

    def _quantity(self, experiment: Experiment, signal: str) -> tuple[str, str]:
        """Return what is recorded of an optical instrument, and the unit of any signal.

        Raises:
            CaseError: The signal has no such quantity.
        """
        light = optical_signals(experiment).get(signal)
        allowed = {} if light is None else light.quantities
        if self.quantity is None:
            chosen = next(iter(allowed), "")
        elif self.quantity in allowed:
            chosen = self.quantity
        else:
            with at_key("quantity"):
                name = repr(signal) if signal else "the separation"
                raise CaseError(
                    f"{name} has no {self.quantity}",
                    nearest(self.quantity, allowed) if allowed else "leave it out",
                )
        if chosen:
            return chosen, allowed[chosen]
        return "", "K" if is_temperature(experiment, signal) else ""


def _amount(key: str, given: Deviation, unit: str) -> Amount:
    """Return an error of an instrument.

    Args:
        key: Its key.
        given: The error as given in the case file.
        unit: Unit of the signal.

    Raises:
        CaseError: The error is in another unit.
    """
    what, example = _UNITS[unit]
    with at_key(key):
        if given.of == "share" and unit == "K":
            raise CaseError(
                "a share of the largest absolute temperature is no error of a thermometer",
                'give it in K, for example "0.01 K"',
            )
        if given.of not in ("number", "share", unit):
            share = "" if unit == "K" else ', or a share of its largest value, "0.5 %"'
            raise CaseError(
                f"the signal is {what}, and its error is given in {given.of}",
                f"give, for example, {example}{share}",
            )
    return Amount(given.number, of_largest=given.of == "share")


def build_records(
    tables: Sequence[RecordTable], experiment: Experiment, tau: float, end: float
) -> tuple[VirtualInstrument, ...]:
    """Return the instruments of all tables.

    Args:
        tables: The tables.
        experiment: The experiment.
        tau: Relaxation time, s.
        end: End of the run, s.

    Raises:
        CaseError: A table cannot be met, see :meth:`RecordTable.build`.
    """
    made = []
    for i, table in enumerate(tables):
        with at_key("record", i):
            made.append(table.build(experiment, i, tau, end))
    return tuple(made)
