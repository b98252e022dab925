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
    optional,
)
from femsoret.experiment import Experiment
from femsoret.experiment.virtual_instrument import Amount, VirtualInstrument
from femsoret.studies.measure.virtual_records import is_temperature

_MOST_SAMPLES: Final = 1_000_000

_NAME: Final = re.compile(r"\w[\w.+ -]*")
"""Pattern of the name of a record, which is the name of its file, too."""


@dataclass(frozen=True)
class Deviation:
    """An error of an instrument, as given in the case file.

    Args:
        number: Its size.
        of: What it is measured in: "number" for the unit of the signal, "share" for a share of its
            largest value, "K" for a temperature.
    """

    number: float
    of: Literal["number", "share", "K"] = "number"


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
        examples = ("0.5 %/h", "1e-6 1/h", "0.01 K/h") if per else ("0.5 %", "1e-5", "0.01 K")
        share, number, kelvin = examples
        hint = (
            f'"{share}" of the largest value, "{number}" in the unit of the signal, or for a '
            f'thermometer "{kelvin}"'
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
            if "K" in value:
                return Deviation(quantity(value, f"K{per}"), "K")
            return Deviation(quantity(value, self.unit))
        except CaseError as error:
            raise wrong(error.message, hint) from error

    def write(self, value: Deviation, info: SerializationInfo) -> Any:
        """Return a deviation as it is written in a case file."""
        per = self.unit.removeprefix("1")
        if value.of == "number":
            return value.number
        # Not more digits than a user writes: a percentage is read by a multiplication.
        unit, number = ("%", 100.0 * value.number) if value.of == "share" else ("K", value.number)
        return f"{number:.15g} {unit}{per}"


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
    every: PositiveTime = Field(description="Sampling interval.")
    noise: Noise = Field(
        default=Deviation(0.0),
        description="Standard deviation of the noise, which is normal and independent from sample "
        "to sample: in the unit of the signal (a mass fraction, for a thermometer K), or as a "
        'share of its largest value, "0.5 %".',
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
        of_temperature = is_temperature(experiment, signal)
        made = VirtualInstrument(
            name=self.name,
            every=self.every.seconds(tau),
            signal=signal,
            noise=self._amount("noise", self.noise, of_temperature),
            drift=self._amount("drift", self.drift, of_temperature),
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

    def _amount(self, key: str, given: Deviation, of_temperature: bool) -> Amount:
        with at_key(key):
            if given.of == "share" and of_temperature:
                raise CaseError(
                    "a share of the largest absolute temperature is no error of a thermometer",
                    'give it in K, for example "0.01 K"',
                )
            if given.of == "K" and not of_temperature:
                raise CaseError(
                    "the signal is a difference of mass fractions, not a temperature",
                    'give a number, or a share of its largest value, for example "0.5 %"',
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
