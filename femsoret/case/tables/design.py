"""The table of a case file for the plan of an experiment: what may be chosen, and the noise."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Final, TypeAlias

from pydantic import BeforeValidator, Field, model_validator

from femsoret.base.errors import CaseError
from femsoret.case.axes import SHORT_NAMES, SweepAxis, parse_axis
from femsoret.case.messages import at_key, wrong
from femsoret.case.tables.fit import Amount, FitTable, amount_in, flattened
from femsoret.case.values import (
    Angle,
    Count,
    Duration,
    Flag,
    PositiveTime,
    Ratio,
    Table,
    Text,
    Units,
    one_of,
)
from femsoret.experiment import Experiment
from femsoret.studies.design.design import DesignOptions
from femsoret.studies.design.recording import SPACINGS
from femsoret.studies.design.space import RecordChoices, Span
from femsoret.studies.fit.signals import predicted_column

DIFFERENCE: Final = "dT"
"""Name of the temperature difference of hot and cold wall among what may be chosen."""

GAP: Final = "gap"
"""Name of the distance of hot and cold wall among what may be chosen."""

NOT_OF_THE_CELL: Final = ("fit", "design", "audit", "output", "title", "time.end")
"""Keys that say nothing of the cell, or that a plan has another key for."""

MOST_CELLS: Final = 200
"""Largest number of cells of a grid."""


def _listed(value: object) -> object:
    return value if isinstance(value, list | tuple) else [value]


def _list_of_lists(value: object) -> object:
    if isinstance(value, str):
        return [[value]]
    if isinstance(value, list | tuple):
        return [[each] if isinstance(each, str) else each for each in value]
    return value


Durations: TypeAlias = Annotated[tuple[PositiveTime, ...], BeforeValidator(_listed)]
Counts: TypeAlias = Annotated[tuple[Count, ...], Field(min_length=1), BeforeValidator(_listed)]
Angles: TypeAlias = Annotated[tuple[Annotated[Angle, Field(gt=0)], ...], BeforeValidator(_listed)]
Spacings: TypeAlias = Annotated[
    tuple[Annotated[Text, one_of("spacing", SPACINGS)], ...],
    Field(min_length=1),
    BeforeValidator(_listed),
]
Combinations: TypeAlias = Annotated[
    tuple[Annotated[tuple[Text, ...], Field(min_length=1)], ...],
    Field(min_length=1),
    BeforeValidator(_list_of_lists),
]


@dataclass(frozen=True, eq=False)
class DesignPlan:
    """What a case says of the plan of an experiment.

    Args:
        axes: What may be chosen of the cell.
        choices: The records that may be chosen.
        noise: Column of the history -> standard uncertainty of its values.
        units: Column of the history -> its unit.
        options: Options of the plan.
    """

    axes: tuple[SweepAxis, ...]
    choices: RecordChoices
    noise: Mapping[str, float]
    units: Mapping[str, str]
    options: DesignOptions


class DesignTable(Table):
    """What `femsoret design` may choose, and the noise of what is measured.

    The unknowns, with what is known of them before, are those of `[[fit.unknown]]`. The experiment
    as stated records the first of each list until `time.end`, and its tilt is known as its prior
    says.
    """

    vary: dict[Text, Any] = Field(
        default_factory=dict,
        description="What may be chosen of the cell: a key of the case, `dT` (hot and cold wall "
        "about their mean) or `gap` (their distance, with the places of readings between them) -> "
        'a range as for `femsoret sweep`, "5 K:20 K:4", or a list, ["2 mm", "4 mm"].',
    )
    readings: Combinations = Field(
        description="Signals that may be recorded, named as in `fit.data.columns`; a list in the "
        "list is recorded together.",
    )
    noise: dict[Text, Amount] = Field(
        description='Signal -> standard uncertainty of a value: { laser = "1 um" }.'
    )
    duration: Durations = Field(
        default=(),
        description="Times until which may be recorded.",
        json_schema_extra={"default": "`time.end`; none for steady states"},
    )
    samples: Counts = Field(
        default=(60,),
        description="Numbers of values of each signal; of steady states, of repeated readings.",
    )
    spacing: Spacings = Field(
        default=("even",),
        description="How samples are spaced in time: `even`, or `geometric` from a hundredth of "
        "the duration on.",
    )
    levelling: Angles = Field(
        default=(),
        description="Standard uncertainties of the tilt that levelling may reach.",
        json_schema_extra={"default": "that of the prior of the tilt"},
    )
    gain: Annotated[Ratio, Field(gt=0, lt=1)] = Field(
        default=0.05,
        description="Relative decrease of the uncertainty that is worth nothing: the search stops, "
        "and the plan is the shortest of all designs that are as good.",
    )
    refinements: Annotated[int, Field(ge=0, strict=True)] = Field(
        default=8, description="Largest number of cells that are tried beside those of the grid."
    )
    stability: Flag = Field(
        default=True, description="Whether to look for growing modes in each cell."
    )

    @model_validator(mode="after")
    def _says_the_noise(self) -> DesignTable:
        for names in self.readings:
            for name in names:
                if name not in self.noise:
                    raise wrong(
                        f"the noise of {name!r} is missing",
                        f'noise = {{ "{name}" = ... }}, the standard uncertainty of a value',
                        "noise",
                    )
                if names.count(name) > 1:
                    raise wrong(f"{name!r} is named twice", "name each signal once", "readings")
        axes = self.axes
        keys = [axis.key for axis in axes]
        if len(set(keys)) < len(keys):
            raise wrong("a key is named twice, once by its short name", "name it once", "vary")
        for key in keys:
            if any(key == of or key.startswith(f"{of}.") for of in NOT_OF_THE_CELL):
                raise wrong(
                    f"{key} is nothing of the cell",
                    "vary what can be built; a record is chosen by duration, samples, spacing, "
                    "readings and levelling",
                    "vary",
                )
        if math.prod(len(axis.values) for axis in axes) > MOST_CELLS:
            raise wrong(
                f"these are {math.prod(len(axis.values) for axis in axes)} cells",
                f"at most {MOST_CELLS}, each of which needs several runs",
                "vary",
            )
        return self

    @property
    def axes(self) -> tuple[SweepAxis, ...]:
        """What may be chosen of the cell."""
        found = []
        for key, values in flattened(self.vary):
            text = ",".join(map(str, values)) if isinstance(values, list | tuple) else str(values)
            try:
                found.append(parse_axis(f"{SHORT_NAMES.get(key, key)}={text}", ""))
            except CaseError as error:
                raise wrong(error.message.lstrip(), error.hint, "vary") from error
        return tuple(found)

    def build(
        self, experiment: Experiment, end: Duration | None, fit: FitTable | None, units: Units
    ) -> DesignPlan:
        """Return what may be chosen.

        Args:
            experiment: The experiment.
            end: End of its run; None for steady states.
            fit: The table of the unknowns.
            units: "SI", or "groups" where lengths and temperatures are dimensionless.

        Raises:
            CaseError: No run has such a signal, or choices and case do not agree.
        """
        columns, noise, of_unit = dict[str, str](), dict[str, float](), dict[str, str]()
        for name, given in self.noise.items():
            with at_key("noise", name):
                column = predicted_column(experiment, name)
                if isinstance(given, str) and "%" in given:
                    raise CaseError(
                        f"{given!r} of what? Nothing has been measured",
                        "give the noise in the unit of the signal",
                    )
                u = amount_in(given, column.unit, groups=units == "groups")
                if not (math.isfinite(u) and u > 0.0):
                    raise CaseError(f"a noise of {given!r} is not allowed", "a positive number")
            columns[name], noise[column.name] = column.name, u
            of_unit[column.name] = column.unit
        signals = tuple(tuple(columns[name] for name in names) for names in self.readings)
        if end is None and (self.duration or self.spacing != ("even",)):
            with at_key("duration"):
                raise CaseError(
                    "the case is that of a steady state, which has no duration",
                    "add a table [time], or leave out duration and spacing",
                )
        tilts = () if fit is None else [u for u in fit.unknown if u.quantity == "tilt"]
        if self.levelling and not tilts:
            with at_key("levelling"):
                raise CaseError(
                    "the tilt is no unknown, so that levelling changes nothing",
                    'add [[fit.unknown]] with quantity = "tilt" and its prior',
                )
        turned = [axis.key for axis in self.axes if axis.key.startswith("gravity.")]
        if turned and any(of.prior.value is not None for of in tilts):
            with at_key("vary"):
                raise CaseError(
                    f"{turned[0]} makes no difference: the prior of the tilt says what the tilt is",
                    "leave out prior.value of the tilt, so that it is that of each cell",
                )
        stated = None if end is None else Span(end.number, end.in_tau)
        spans = tuple(Span(each.number, each.in_tau) for each in self.duration)
        return DesignPlan(
            self.axes,
            RecordChoices(
                signals=signals,
                samples=self.samples,
                durations=spans or (() if stated is None else (stated,)),
                stated=stated,
                spacings=self.spacing,
                levellings=self.levelling or (None,),
            ),
            noise,
            of_unit,
            DesignOptions(self.gain, self.refinements, self.stability),
        )
