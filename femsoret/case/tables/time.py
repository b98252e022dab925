"""The tables of a case file for transient runs."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Sequence
from dataclasses import replace
from itertools import pairwise
from typing import Final, Literal

import numpy as np
from pydantic import Field, field_validator, model_validator

from femsoret.base.errors import CaseError, ConditionError, nearest
from femsoret.base.units import quantity
from femsoret.case.messages import at_key, wrong
from femsoret.case.tables.gravity import GravityTable
from femsoret.case.tables.protocol import (
    ChangeTable,
    GravityChange,
    HeatingChange,
    TiltChange,
    TransientSetting,
    build_protocol,
)
from femsoret.case.tables.records import RecordTable, build_records
from femsoret.case.values import (
    Count,
    Duration,
    Flag,
    Positive,
    PositiveTime,
    Table,
    Temperature,
    Text,
    Time,
    Tolerance,
    Units,
    optional,
)
from femsoret.experiment import Experiment
from femsoret.experiment.schedule import (
    CheckpointPolicy,
    EvaluationWindow,
    Schedule,
    Stop,
    expected_steps,
    relaxation_time,
)
from femsoret.problem import conditions as bc
from femsoret.problem.layout import COMPOSITIONS
from femsoret.problem.protocol import Protocol
from femsoret.solve.march import MarchOptions
from femsoret.studies.measure.recorder import history_columns
from femsoret.studies.measure.time_series import layer_of

_STOP: Final = re.compile(r"\s*([^\s<>]+)\s*([<>])\s*([^<>=]+?)\s*")
"""Pattern of a stopping condition: column, relation and value."""

_MAX_TIMES: Final = 10_000

_ROUND_OFF: Final = 1e-12

_AFFORDABLE_WORK: Final = 5e5
"""Mesh cells times steps, at degree 2, up to which the numerical error of a 2D run is estimated by
default, which takes minutes. At other degrees the product is weighted with (degree/2)^2."""

_STEPS_PER_PERIOD: Final = 4
"""Smallest number of steps in a period of an oscillation; fewer would sample one phase only."""


class EvaluationTable(Table):
    """The part of the history of the separation that is evaluated for D and S_T."""

    t0: Time | None = optional(
        "Time at which the temperature difference is applied or removed.",
        default="middle of the heating ramp, 0 s without a ramp",
    )
    start: Time | None = optional(
        "Start of the evaluated part.", default="end of the heating ramp, `t0` without a ramp"
    )
    end: Time | None = optional("End of the evaluated part.", default="end of the run")
    relaxing: Flag | None = optional(
        "Whether the temperature difference is removed, so that the separation decays.",
        default="true if the heating ends at 0",
    )

    def build(
        self, changes: Sequence[ChangeTable], experiment: Experiment, tau: float, end_of_run: float
    ) -> tuple[EvaluationWindow | None, str]:
        """Return the window of the evaluation, or None and the reason why there is none.

        Args:
            changes: The [[protocol]] tables; a change of heating determines the defaults.
            experiment: The experiment.
            tau: Relaxation time, s.
            end_of_run: End of the run, s.

        Raises:
            FemsoretError: CaseError or ConditionError if the table is given, but nothing can be
                evaluated.
        """
        is_asked = bool(self.model_fields_set)
        try:
            if bc.sides_with_values(experiment.conditions, COMPOSITIONS):
                raise ConditionError(
                    "walls prescribe the composition, so that no separation relaxes",
                    "set evaluate = false, or close all walls",
                )
            layer_of(experiment)
        except ConditionError as error:
            if is_asked:
                raise
            return None, error.message
        default = _window_of_heating(changes, tau)
        t0 = default.t0 if self.t0 is None else self.t0.seconds(tau)
        start = max(default.start, t0) if self.start is None else self.start.seconds(tau)
        end = math.inf if self.end is None else self.end.seconds(tau)
        if not t0 <= start < end:
            raise CaseError(
                f"cannot evaluate from {start:g} s to {end:g} s with t0 = {t0:g} s",
                "required: t0 <= start < end",
            )
        if start >= end_of_run:
            late = f"the run ends at {end_of_run:g} s, but would be evaluated from {start:g} s on"
            if is_asked:
                raise CaseError(late, "choose a later end, or evaluate from an earlier time on")
            return None, f"{late}, when the heating is complete"
        relaxing = default.relaxing if self.relaxing is None else self.relaxing
        return EvaluationWindow(t0, start, end, relaxing), ""


def _window_of_heating(changes: Sequence[ChangeTable], tau: float) -> EvaluationWindow:
    """Return the default window, from when the heating is applied or finally removed."""
    for change in changes:
        if not isinstance(change, HeatingChange):
            continue
        strength = change.piecewise(1.0, tau, math.inf)
        points = list(zip(strength.times, strength.values, strict=True))
        ramps = [(a[0], b[0]) for a, b in pairwise(points) if a[1] != b[1]]
        relaxing = abs(strength.values[-1]) < 1e-9
        if ramps:
            start, end = ramps[-1] if relaxing else ramps[0]
            return EvaluationWindow(0.5 * (start + end), end, relaxing=relaxing)
    return EvaluationWindow()


class CheckpointTable(Table):
    """Intervals at which the state is saved for resuming; the first interval to end counts."""

    steps: Count | None = optional("Interval as a number of time steps.", default="off")
    minutes: Positive = Field(default=10.0, description="Interval in minutes of computing time.")


class TimeTable(Table):
    """A transient run. Without this table, the steady state is computed."""

    end: PositiveTime = Field(description="Latest end of the run.")
    start: Literal["uniform", "diffused", "steady"] = Field(
        default="uniform",
        description="Initial state: at rest with uniform temperature and composition, the steady "
        "state without gravity, or the steady state with gravity.",
    )
    start_temperature: Temperature | None = optional(
        "Temperature of a uniform initial state.",
        default="mean of the hot and the cold wall before the protocol changes them; the fluid's "
        "T0 if it does not change them; that of the walls if heat sources alone drive the cell",
    )
    tolerance: Tolerance = Field(
        default=MarchOptions().tolerance,
        description="Target for the error of each field at any time, relative to the field's "
        "largest value.",
    )
    first_step: PositiveTime | None = optional(
        "First time step after the start and after every jump or kink of the protocol.",
        default="1e-6 L^2/alpha",
    )
    largest_step: PositiveTime | None = optional(
        "Largest time step.",
        default="a quarter of the shortest period in the protocol, if any; "
        "without gravity, only periods at walls count",
    )
    settled: Positive | None = optional(
        "End the run when no field changes by more than this in a time tau, relative "
        "to its largest value, and the protocol has ended.",
        default="off",
    )
    stop: Text | None = optional(
        'End the run when a column of the history meets a condition: "separation > 0.01".',
        default="off",
    )
    fields_at: tuple[Time, ...] = Field(
        default=(),
        description="Times at which fields are written, in addition to the end of the run.",
    )
    fields_every: PositiveTime | None = optional(
        "Interval at which fields are written.", default="off"
    )
    rows_at: tuple[Time, ...] = Field(
        default=(),
        description="Times at which the history has a row, in addition to one for every time step: "
        "a step of each march ends there.",
    )
    rows_every: PositiveTime | None = optional(
        "Interval at which the history has a row, likewise.", default="off"
    )
    evaluate: Flag = Field(
        default=True, description="Evaluate the history of the separation for D and S_T."
    )
    evaluation: EvaluationTable = Field(
        default_factory=EvaluationTable, description="Part of the history that is evaluated."
    )
    record: tuple[RecordTable, ...] = Field(
        default=(), description="Records as an instrument would have written them."
    )
    numerical_error: Flag | None = optional(
        "Estimate the numerical error of the evaluated quantities by two further runs at three "
        "times the tolerance: one with a degree higher by one at two thirds of the resolution, and "
        "one with the same degree at half the resolution. Together they take about as long as the "
        "run itself. For a mesh from a file, there is one further run on the same mesh, which "
        "takes about twice as long as the first.",
        default="true if `solver.numerical_error` is, the cell is 2D, its mesh is not from a file, "
        "and the number of mesh cells times the expected number of steps is at most 500,000 (times "
        "4/k² at degree k)",
    )
    checkpoint: CheckpointTable = Field(
        default_factory=CheckpointTable, description="Intervals at which the state is saved."
    )

    @field_validator("stop")
    @classmethod
    def _can_be_read(cls, stop: str | None) -> str | None:
        if stop is not None and _STOP.fullmatch(stop) is None:
            raise wrong(
                f"{stop!r} is not a condition",
                'give a column, > or <, and a value, as in "separation > 0.01"',
            )
        return stop

    @field_validator("record")
    @classmethod
    def _records_have_names(cls, tables: tuple[RecordTable, ...]) -> tuple[RecordTable, ...]:
        # Not all file systems tell capital letters from small ones.
        names = [table.name.casefold() for table in tables]
        for table in tables:
            if names.count(table.name.casefold()) > 1:
                raise wrong(f"two records are named {table.name!r}", "names must be unique")
        return tables

    @model_validator(mode="after")
    def _starts_uniformly(self) -> TimeTable:
        if self.start_temperature is not None and self.start != "uniform":
            raise wrong(
                f"a start temperature has no meaning with start = {self.start!r}",
                'leave it out, or set start = "uniform"',
                "start_temperature",
            )
        return self

    def build(
        self,
        changes: Sequence[ChangeTable],
        experiment: Experiment,
        *,
        gravity: GravityTable,
        units: Units,
        temperature_shift: float,
        with_numerical_error: bool,
    ) -> Schedule:
        """Return the schedule of the run.

        Args:
            changes: The [[protocol]] tables.
            experiment: The experiment.
            gravity: The [gravity] table of the case.
            units: "SI", or "groups" where lengths and temperatures are dimensionless.
            temperature_shift: Temperature in the experiment minus that in the case file; nonzero
                only with groups.
            with_numerical_error: What ``solver.numerical_error`` says. Where the table itself says
                nothing, the error is estimated if this is true and it is affordable.

        Raises:
            FemsoretError: CaseError or ConditionError, with the location in the case file.
        """
        tau = relaxation_time(experiment.mixture, experiment.orientation.gap)
        end = self.end.seconds(tau)
        setting = TransientSetting(experiment, gravity, units, temperature_shift, tau, end)
        largest, largest_at_rest = self._largest_steps(changes, tau)
        march = MarchOptions(
            tolerance=self.tolerance,
            first_step=None if self.first_step is None else self.first_step.seconds(tau),
            largest_step=largest,
            preset=experiment.newton.preset,
            petsc=experiment.newton.petsc,
        )
        window, reason = None, "not asked for"
        if self.evaluate and experiment.mixture.species:
            with at_key("time", "evaluation"):
                window, reason = self.evaluation.build(changes, experiment, tau, end)
        protocol = build_protocol(changes, setting)
        T = self.start_temperature
        with at_key("time"):
            fields = _times("fields", self.fields_at, self.fields_every, tau, end)
            rows = _times("rows", self.rows_at, self.rows_every, tau, end)
            schedule = Schedule(
                end=end,
                start=self.start,
                start_temperature=(
                    _between_walls(experiment, protocol) if T is None else T + temperature_shift
                ),
                protocol=protocol,
                march=march,
                largest_step_at_rest=largest_at_rest,
                settled=self.settled,
                stop=self._stop(experiment, units),
                field_times=fields,
                row_times=_snapped(rows, (*fields, *protocol.breaks, end)),
                evaluation=window,
                not_evaluated=reason,
                instruments=build_records(self.record, experiment, tau, end),
                checkpoint=CheckpointPolicy(self.checkpoint.steps, self.checkpoint.minutes),
            )
        with_error = self.numerical_error
        if with_error is None:
            with_error = with_numerical_error and _is_affordable(experiment, schedule)
        return replace(schedule, numerical_error=with_error)

    def _largest_steps(
        self, changes: Sequence[ChangeTable], tau: float
    ) -> tuple[float, float | None]:
        """Return the largest step, s, and that without gravity, s, or None if it is the same."""
        if self.largest_step is not None:
            return self.largest_step.seconds(tau), None
        of_walls = [t for t in changes if not isinstance(t, GravityChange | TiltChange)]
        return (
            _shortest_period(changes, tau) / _STEPS_PER_PERIOD,
            _shortest_period(of_walls, tau) / _STEPS_PER_PERIOD,
        )

    def _stop(self, experiment: Experiment, units: Units) -> Stop | None:
        parts = _STOP.fullmatch(self.stop or "")
        if parts is None:
            return None
        driven = [
            side
            for condition in experiment.conditions
            if isinstance(condition, bc.Temperature | bc.Robin)
            or (isinstance(condition, bc.HeatFlux) and condition.value)
            for side in condition.sides
        ]
        columns = {
            column.name: column.unit for column in history_columns(experiment, driven, flow=True)
        }
        name, relation, value = parts.groups()
        with at_key("stop"):
            if name not in columns:
                raise CaseError(f"{name!r} is not a column of the history", nearest(name, columns))
            try:
                number = float(value)
            except ValueError:
                unit = "" if units == "groups" else columns[name]
                number = quantity(value, unit or "1")
        return Stop(name, ">" if relation == ">" else "<", number)


def _times(
    what: str, at: Sequence[Duration], every: Duration | None, tau: float, end: float
) -> tuple[float, ...]:
    """Return the times at which there are fields or rows, in ascending order, s.

    Args:
        what: "fields" or "rows".
        at: The times of the key ``fields_at`` or ``rows_at``.
        every: The interval of the key ``fields_every`` or ``rows_every``.
        tau: Relaxation time, s.
        end: End of the run, s.

    Raises:
        CaseError: A time is after the end, or the interval too short.
    """
    times = [time.seconds(tau) for time in at]
    for i, time in enumerate(times):
        if time > end:
            with at_key(f"{what}_at", i):
                raise CaseError(
                    f"{time:g} s is after the end of the run, {end:g} s", "choose a later end"
                )
    if every is not None:
        interval = every.seconds(tau)
        count = math.ceil(end / interval * (1.0 - 1e-9)) - 1
        if count > _MAX_TIMES:
            with at_key(f"{what}_every"):
                raise CaseError(
                    f"there would be {what} at {count} times",
                    f"choose an interval that gives at most {_MAX_TIMES} times",
                )
        times += [interval * (i + 1) for i in range(count)]
    return tuple(sorted(set(times)))


def _snapped(times: Sequence[float], others: Sequence[float]) -> tuple[float, ...]:
    """Return times, s, those that differ from one of others by round-off only replaced by it.

    A step from the one to the other would be too short for the arithmetic.
    """
    near = np.sort(np.asarray(others))
    found = []
    for t in times:
        closest = float(near[np.argmin(np.abs(near - t))])
        found.append(closest if math.isclose(t, closest, rel_tol=_ROUND_OFF) else t)
    return tuple(sorted(set(found)))


def _shortest_period(changes: Iterable[ChangeTable], tau: float) -> float:
    """Return the shortest period of an oscillation or spin, s; infinite without one."""
    frequencies = [f for change in changes for f in change.frequencies(tau)]
    return 1.0 / max(frequencies) if any(frequencies) else math.inf


def _is_affordable(experiment: Experiment, schedule: Schedule) -> bool:
    """Return whether further runs for the numerical error are cheap enough to be the default."""
    cell = experiment.cell
    work = cell.num_cells * (experiment.degree / 2.0) ** 2 * expected_steps(schedule)
    return cell.dim == 2 and cell.remake is not None and work <= _AFFORDABLE_WORK


def _between_walls(experiment: Experiment, protocol: Protocol) -> float | None:
    """Return the mean temperature of the hot and the cold wall before the run, K.

    The result is None if the protocol changes neither; the conditions then give the mean. Where
    heat sources alone drive the cell, it is the temperature of the walls.
    """
    orientation, before = experiment.orientation, protocol.initial_temperatures()
    if orientation.rise is not None and not before:
        return orientation.T_cold if orientation.rise > 0.0 else orientation.T_hot
    conditions = bc.resolve(experiment.conditions, experiment.cell)
    robin = {
        side: before.get(f"conditions.{i}.T_outside")
        for i, condition in enumerate(conditions)
        if isinstance(condition, bc.Robin)
        for side in condition.sides
    }
    hot, cold = (before.get(s, robin.get(s)) for s in (orientation.hot, orientation.cold))
    if hot is None and cold is None:
        return None
    T_hot = orientation.T_hot if hot is None else hot
    T_cold = orientation.T_cold if cold is None else cold
    return 0.5 * (T_hot + T_cold)
