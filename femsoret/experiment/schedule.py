"""Schedules of transient runs: initial state, protocol, time steps, output and end."""

from __future__ import annotations

import math
import operator
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Final, Literal

from femsoret.experiment.virtual_instrument import VirtualInstrument
from femsoret.physics.closures import Mixture
from femsoret.problem.protocol import UNCHANGED, Protocol
from femsoret.solve.march import MarchOptions

Start = Literal["uniform", "diffused", "steady"]
"""Initial state of a run: at rest with uniform temperature and composition ("uniform"), the steady
state without gravity ("diffused"), or the steady state with gravity ("steady")."""

_COMPARE: Final = MappingProxyType({">": operator.gt, "<": operator.lt})


STEPS_A_PIECE: Final = 50
"""Typical number of time steps from the start of heating to 5 tau at a tolerance of 1e-3, as
measured for water-ethanol in a cell tilted by half a degree."""


@dataclass(frozen=True)
class Stop:
    """A condition that ends a run, on a column of its history.

    Args:
        column: Name of the column.
        relation: ">" to end above the value, "<" to end below it.
        value: Threshold, in the unit of the column.
    """

    column: str
    relation: Literal[">", "<"]
    value: float

    def reached(self, row: Mapping[str, float | None]) -> bool:
        """Return whether a row of the history ends the run; False if it lacks the column."""
        entry = row.get(self.column)
        return entry is not None and bool(_COMPARE[self.relation](entry, self.value))

    def __str__(self) -> str:
        return f"{self.column} {self.relation} {self.value:g}"


@dataclass(frozen=True)
class EvaluationWindow:
    """The part of a run from which D and S_T are evaluated.

    Args:
        t0: Time at which the temperature difference is applied or removed, s.
        start: First time used in the evaluation, s.
        end: Last time used in the evaluation, s.
        relaxing: Whether the temperature difference is removed at t0 rather than applied.
    """

    t0: float = 0.0
    start: float = 0.0
    end: float = math.inf
    relaxing: bool = False


@dataclass(frozen=True)
class CheckpointPolicy:
    """Intervals at which the state of a run is saved; signals trigger a checkpoint at any time.

    If both intervals are given, the one that elapses first counts.

    Args:
        steps: Number of time steps between checkpoints; None for no limit.
        minutes: Wall-clock time between checkpoints, min; None for no limit.
    """

    steps: int | None = None
    minutes: float | None = 10.0


@dataclass(frozen=True)
class Schedule:
    """The schedule of a transient run.

    Args:
        end: Time at which the run ends at the latest, s.
        start: Initial state.
        start_temperature: Temperature of a uniform initial state, K; None for T0 of the mixture.
        protocol: Changes of the conditions and of gravity with time.
        march: Options of the time integration.
        largest_step_at_rest: Largest time step of the run without gravity, s, for runs in which
            oscillations of gravity limit the time step; None for the same as with gravity.
        settled: Change of the fields per relaxation time, relative to the largest value of each
            field, below which the run ends; None to ignore this criterion.
        stop: Further condition that ends the run.
        field_times: Times at which fields are written, s, in addition to the end.
        row_times: Times at which the history has a row, s, in addition to those of the steps.
        evaluation: Part of the run from which D and S_T are evaluated; None for no evaluation.
        not_evaluated: Reason for the report if `evaluation` is None.
        instruments: Virtual instruments that record signals of the run with gravity.
        numerical_error: Whether to estimate the numerical error by a second run.
        checkpoint: Intervals at which the state is saved.
    """

    end: float
    start: Start = "uniform"
    start_temperature: float | None = None
    protocol: Protocol = UNCHANGED
    march: MarchOptions = field(default_factory=MarchOptions)
    largest_step_at_rest: float | None = None
    settled: float | None = None
    stop: Stop | None = None
    field_times: tuple[float, ...] = ()
    row_times: tuple[float, ...] = ()
    evaluation: EvaluationWindow | None = field(default_factory=EvaluationWindow)
    not_evaluated: str = "not requested"
    instruments: tuple[VirtualInstrument, ...] = ()
    numerical_error: bool = False
    checkpoint: CheckpointPolicy = field(default_factory=CheckpointPolicy)

    @property
    def stops(self) -> tuple[float, ...]:
        """Times at which a step ends, s, for a row of the history or for fields; ascending."""
        return tuple(sorted({*self.field_times, *self.row_times}))

    def without_gravity(self) -> Schedule:
        """Return the schedule of the same run without gravity and without changes of gravity."""
        largest = self.largest_step_at_rest
        march = self.march if largest is None else replace(self.march, largest_step=largest)
        return replace(self, protocol=self.protocol.without_gravity(), march=march)


def expected_steps(schedule: Schedule) -> float:
    """Estimate the number of time steps of a run; slow ramps of wall temperatures take more.

    Steps that end at given times are not counted, see :func:`added_steps`.
    """
    march = schedule.march
    pieces = 1 + sum(0.0 < t < schedule.end for t in schedule.protocol.breaks)
    by_error = STEPS_A_PIECE * pieces * (1e-3 / march.tolerance) ** 0.25
    return float(max(by_error, schedule.end / march.largest_step))


def added_steps(schedule: Schedule) -> int:
    """Return the largest number of time steps that rows and fields at given times add to a run."""
    within = {t for t in schedule.stops if 0.0 < t < schedule.end}
    return len(within - {*schedule.protocol.breaks})


def relaxation_time(mixture: Mixture, gap: float) -> float:
    """Return the relaxation time tau = L^2/(pi^2 D) at the reference state, s.

    D is the smallest diffusivity of the mixture, or alpha in a pure fluid.

    Args:
        mixture: Mixture whose parameters are floats.
        gap: Distance L between the hot and the cold wall, m.
    """
    return gap**2 / (math.pi**2 * mixture.reference.slowest)
