"""The tables of a case file for a fit: what is sought, and the data to which the case is fitted."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Final, TypeAlias

from pydantic import BeforeValidator, Field, field_validator, model_validator

from femsoret.base.errors import CaseError, nearest
from femsoret.base.units import quantity as in_unit
from femsoret.case.messages import at_key, wrong
from femsoret.case.values import FilePath, Flag, Table, Text, one_of, optional
from femsoret.experiment import Experiment
from femsoret.experiment.measured import AskedColumn, AskedData
from femsoret.studies.fit.priors import FLAT, UNITS, stated_prior, typical_change
from femsoret.studies.fit.signals import predicted_column, predicted_columns
from femsoret.studies.fit.unknowns import QUANTITIES, Prior, Unknown

_NONE: Final = "none"
"""What stands for the uncertainty of a prior that says nothing."""

_OF_COMPONENTS: Final = frozenset({"soret", "D"})
_OF_SIDES: Final = frozenset({"side_loss", "thermostat_offset"})
_OF_SIGNALS: Final = frozenset({"contrast", "baseline"})

_SPOKEN: Final = {
    "soret": "S_T",
    "D": "D",
    "side_loss": "heat loss",
    "thermostat_offset": "offset",
    "zero_of_time": "zero of time",
}
"""What reports call a quantity whose key is not its name."""


def _check_amount(value: object) -> object:
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        raise wrong(f"{value!r} is not a quantity", "a text with a unit, or a number in SI")
    return value


def _as_list(value: object) -> object:
    return [value] if isinstance(value, str) else value


Amount: TypeAlias = Annotated[float | str, BeforeValidator(_check_amount)]
"""A number in SI, or a text with a unit."""

Names: TypeAlias = Annotated[tuple[Text, ...], BeforeValidator(_as_list)]
"""A name, or a list of names."""


class PriorTable(Table):
    """What is known of an unknown before the data: a normal distribution."""

    value: Amount | None = optional("Its mean.", default="the value of the case or of its fluid")
    uncertainty: Amount | None = optional(
        'Its standard deviation, also as a share of the value ("5 %"); "none" if nothing is known.',
        default="that of the fluid's source; nothing is known without one",
    )

    def build(self, stated: Prior, unit: str, groups: bool) -> Prior:
        """Return the prior.

        Args:
            stated: What the case and its fluid say.
            unit: Unit of the unknown; empty for a pure number.
            groups: Whether the case is stated by groups.

        Raises:
            CaseError: A number or a unit does not fit.
        """
        with at_key("value"):
            value = stated.value if self.value is None else amount_in(self.value, unit, groups)
        with at_key("uncertainty"):
            given = self.uncertainty
            if given is None:
                return Prior(value, stated.uncertainty)
            if isinstance(given, str) and given.strip() == _NONE:
                return Prior(value, FLAT)
            if isinstance(given, str) and "%" in given and unit:
                u = abs(value) * in_unit(given, "1")
            else:
                u = amount_in(given, unit, groups)
            if not (math.isfinite(u) and u > 0.0):
                raise CaseError(
                    f"a standard uncertainty of {given!r} is not allowed",
                    'a positive one, or "none"; leave out the unknown to hold its value',
                )
            return Prior(value, u)


class UnknownTable(Table):
    """A number that is sought."""

    quantity: Annotated[Text, one_of("quantity", QUANTITIES)] = Field(
        description="What is sought: `soret` (S_T), `D`, `tilt`, `azimuth` (3D), `side_loss` (h of "
        "a condition of kind robin), `thermostat_offset` (added to the temperature of a side), "
        "`zero_of_time` (time of the run at which the clock of the data shows 0), `contrast` "
        "(factor on signals), `baseline` (added to a signal)."
    )
    component: Names = Field(
        default=(),
        description="For several components: the one whose S'_T is sought, or row and column of "
        "the matrix D.",
    )
    sides: tuple[Text, ...] = Field(
        default=(), description="Sides to which `side_loss` or `thermostat_offset` belongs."
    )
    signal: Text | None = optional(
        "Signal to which `contrast` or `baseline` belongs; a baseline needs one if its data set "
        "has several.",
        default="all signals",
    )
    data: Text | None = optional(
        "Name of the only data set that has this unknown.", default="all data sets share it"
    )
    prior: PriorTable = Field(
        default_factory=PriorTable, description="What is known of it before the data."
    )

    @model_validator(mode="after")
    def _fits_the_quantity(self) -> UnknownTable:
        for key, quantities in (
            ("component", _OF_COMPONENTS),
            ("sides", _OF_SIDES),
            ("signal", _OF_SIGNALS),
        ):
            if getattr(self, key) and self.quantity not in quantities:
                raise wrong(
                    f"{self.quantity} belongs to no {key}",
                    f"leave it out; it goes with {' and '.join(sorted(quantities))}",
                    key,
                )
        if self.quantity == "thermostat_offset" and len(self.sides) != 1:
            raise wrong(
                f"an offset of {len(self.sides)} sides", "name one side: each has its own", "sides"
            )
        stated = (self.prior.value, self.prior.uncertainty) != (None, None)
        if self.quantity == "baseline" and stated and self.signal is None:
            raise wrong("missing", "signal: the one in whose unit the prior is", "signal")
        if self.quantity == "side_loss" and not self.sides:
            raise wrong("missing", "sides: those that share the coefficient", "sides")
        return self

    @property
    def label(self) -> str:
        """Name in reports."""
        spoken = _SPOKEN.get(self.quantity, self.quantity)
        if self.component:
            spoken += f" of {' by '.join(self.component)}"
        if self.sides:
            spoken += f" at {', '.join(self.sides)}"
        if self.signal is not None:
            spoken += f" of {self.signal}"
        return spoken if self.data is None else f"{spoken} ({self.data})"

    def build(self, experiment: Experiment, units: str) -> Unknown:
        """Return the unknown.

        Args:
            experiment: The experiment of its data set; that of the case if all share it.
            units: "SI", or "groups" where lengths and temperatures are dimensionless.

        Raises:
            CaseError: The experiment has no such quantity, or the prior does not fit.
        """
        unit, signal = UNITS[self.quantity], ""
        if self.signal is not None:
            with at_key("signal"):
                column = predicted_column(experiment, self.signal)
                signal, unit = column.name, column.unit if self.quantity == "baseline" else unit
        key = "component" if self.quantity in _OF_COMPONENTS else "sides"
        with at_key(key if self.quantity in _OF_COMPONENTS | _OF_SIDES else "quantity"):
            stated = stated_prior(experiment, self.quantity, self.component, self.sides)
        with at_key("prior"):
            prior = self.prior.build(stated, unit, units == "groups")
        return Unknown(
            quantity=self.quantity,
            name=self.label,
            unit=unit,
            prior=prior,
            start=prior.value,
            scale=typical_change(experiment, self.quantity, prior),
            data=self.data,
            components=self.component,
            sides=self.sides,
            signal=signal,
        )


class DataColumnTable(Table):
    """A column of the data file."""

    column: Text = Field(description="Name of the column, without its unit.")
    signal: Text | None = optional(
        "What it is: a column of the history of a run (`separation`, `signal.NAME.dc`, "
        "`optical.NAME.0.total`, `thermometer.NAME`), or the name of a pair of readings, a "
        "gradient, an instrument or a thermometer.",
        default="the name of the column",
    )
    uncertainty: Amount | None = optional(
        'Standard uncertainty of each value: "0.3 urad", a number in SI, a share of the largest '
        'value ("0.5 %"), or the name of a column of the file with one for each value.',
        default="that of the data set",
    )


class DataTable(Table):
    """A data set: a CSV file with units in its header, recorded in one experiment.

    The first line is a header such as `t (h),deflection (urad)`; cells are separated by commas,
    semicolons or tabs, decimals by points; empty cells are gaps, lines that begin with # are
    comments. Files of `[[time.record]]` can be used as they are. The run of a data set ends with
    its last row, whatever `time.end` says.
    """

    name: Text = Field(
        default="",
        description="Name of the data set.",
        json_schema_extra={"default": "name of the file, without its ending"},
    )
    file: FilePath = Field(description="Path of the file, relative to the folder of the case file.")
    set: dict[Text, Any] = Field(
        default_factory=dict,
        description="Keys of the case that are different in this data set, as for `--set`: "
        '{ "condition.0.value" = "303 K", tilt = "1 deg" }.',
    )
    time: Text | None = optional("Column of the times.", default="`t` or `time`")
    steady: Flag = Field(
        default=False, description="Whether the rows are steady states, without times."
    )
    uncertainty: Amount | None = optional(
        "Standard uncertainty of the values of all columns, likewise.",
        default="unknown: it is estimated from the residuals, and no test shows a bad fit",
    )
    columns: tuple[DataColumnTable, ...] = Field(
        default=(),
        description="The columns with signals.",
        json_schema_extra={"default": "all columns whose name is that of a signal"},
    )

    @model_validator(mode="before")
    @classmethod
    def _has_a_name(cls, table: object) -> object:
        if not isinstance(table, Mapping) or table.get("name") not in {None, ""}:
            return table
        file = table.get("file")
        if not isinstance(file, str) or not file:
            return table
        return {**table, "name": file.replace("\\", "/").rpartition("/")[2].rpartition(".")[0]}

    @field_validator("columns")
    @classmethod
    def _each_column_once(cls, columns: tuple[DataColumnTable, ...]) -> tuple[DataColumnTable, ...]:
        for what in ("column", "signal"):
            names = [name for each in columns if (name := getattr(each, what)) is not None]
            for name in names:
                if names.count(name) > 1:
                    raise wrong(f"the {what} {name!r} is named twice", "name each once")
        return columns

    @property
    def changes(self) -> dict[str, object]:
        """Dotted key of the case -> its value in this data set."""
        return dict(flattened(self.set))

    def asked(self, experiment: Experiment, names: Sequence[str]) -> AskedData:
        """Return what to take from the file.

        Args:
            experiment: The experiment of this data set.
            names: Names of the columns in the file.

        Raises:
            CaseError: A column is not in the file, or no run predicts its signal.
        """
        if not self.columns:
            return self._by_names(experiment, names)
        asked = []
        for i, each in enumerate(self.columns):
            with at_key("columns", i, "column"):
                if each.column not in names:
                    raise CaseError(
                        f"there is no column {each.column!r} in {self.file}",
                        nearest(each.column, names),
                    )
            with at_key("columns", i, "signal"):
                found = predicted_column(experiment, each.signal or each.column)
            u = self.uncertainty if each.uncertainty is None else each.uncertainty
            asked.append(AskedColumn(each.column, found.name, found.unit, u))
        return self._of(asked)

    def _by_names(self, experiment: Experiment, names: Sequence[str]) -> AskedData:
        """Return the columns of the file whose names are those of signals."""
        asked = []
        for name in names:
            try:
                found = predicted_column(experiment, name)
            except CaseError:
                continue
            asked.append(AskedColumn(name, found.name, found.unit, self.uncertainty))
        if not asked:
            raise CaseError(
                f"no column of {self.file} has the name of a signal; it has {', '.join(names)}",
                "say which is which: columns = [ { column = ..., signal = ... } ]; signals: "
                + ", ".join(predicted_columns(experiment)),
            )
        return self._of(asked)

    def _of(self, asked: Sequence[AskedColumn]) -> AskedData:
        signals = [each.signal for each in asked]
        for signal in signals:
            if signals.count(signal) > 1:
                raise CaseError(
                    f"two columns are the signal {signal!r}",
                    "give them in two data sets, or leave one out",
                )
        return AskedData(self.name, tuple(asked), self.time, self.steady)


class FitTable(Table):
    """What `femsoret fit` seeks, and the data to which the case is fitted."""

    robust: Flag = Field(
        default=False,
        description="Whether outliers count less (a soft L1 loss beyond one standard uncertainty).",
    )
    unknown: tuple[UnknownTable, ...] = Field(
        default=(), description="What is sought, numbered from 0."
    )
    data: tuple[DataTable, ...] = Field(default=(), description="The data sets, numbered from 0.")

    @model_validator(mode="after")
    def _names_agree(self) -> FitTable:
        names = [data.name for data in self.data]
        for i, name in enumerate(names):
            if name in names[:i]:
                raise wrong(
                    f"two data sets are named {name!r}", "give each a name", f"data.{i}.name"
                )
        labels = [unknown.label for unknown in self.unknown]
        for i, unknown in enumerate(self.unknown):
            if unknown.data is not None and self.data and unknown.data not in names:
                raise wrong(
                    f"there is no data set {unknown.data!r}",
                    nearest(unknown.data, names),
                    f"unknown.{i}.data",
                )
            if labels[i] in labels[:i]:
                raise wrong(f"{labels[i]} is sought twice", "keep one", f"unknown.{i}")
            shared = _shared_label(unknown)
            if unknown.data is not None and shared in labels:
                raise wrong(
                    f"{shared} is sought for all data sets and for {unknown.data!r} alone",
                    "keep one of them, or give each data set its own",
                    f"unknown.{i}.data",
                )
        return self

    def unknowns(
        self, experiments: Mapping[str | None, Experiment], units: str
    ) -> tuple[Unknown, ...]:
        """Return all unknowns of the given experiments.

        Args:
            experiments: Name of a data set -> its experiment; None -> that of the case.
            units: "SI", or "groups" where lengths and temperatures are dimensionless.

        Raises:
            CaseError: An experiment has no such quantity, or a prior does not fit.
        """
        found = []
        for i, table in enumerate(self.unknown):
            if table.data in experiments:
                with at_key("fit", "unknown", i):
                    found.append(table.build(experiments[table.data], units))
        return tuple(found)


def _shared_label(unknown: UnknownTable) -> str:
    """Return the label that an unknown would have if all data sets shared it."""
    return unknown.model_copy(update={"data": None}).label


def amount_in(given: float | str, unit: str, groups: bool) -> float:
    """Return a quantity as a number in a unit.

    Args:
        given: The quantity, as in a case file.
        unit: The unit; empty for a pure number.
        groups: Whether the case is stated by groups, with plain numbers.

    Raises:
        CaseError: It is not a quantity in this unit.
    """
    if not isinstance(given, str):
        return float(given)
    if unit == "K" and "deg" in given:
        raise CaseError(
            f"{given!r} is not a temperature difference", 'give it in K, for example "0.1 K"'
        )
    if groups and unit not in {"", "deg"}:
        raise CaseError(
            f"{given!r} is a text: with [groups], only plain numbers are allowed",
            "numbers are in units of L, dT and alpha",
        )
    return in_unit(given, unit or "1")


def flattened(table: Mapping[str, Any], prefix: str = "") -> list[tuple[str, object]]:
    """Return dotted keys and values of nested tables.

    Args:
        table: The table.
        prefix: What stands before its keys.
    """
    found: list[tuple[str, object]] = []
    for key, value in table.items():
        if isinstance(value, Mapping):
            found += flattened(value, f"{prefix}{key}.")
        else:
            found.append((f"{prefix}{key}", value))
    return found
