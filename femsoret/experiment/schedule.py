"""Schedule: what a transient run does, and when it ends."""

from __future__ import annotations

import math
import operator
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Final, Literal

from femsoret.physics.closures import Mixture
from femsoret.problem.protocol import UNCHANGED, Protocol
from femsoret.solve.march import MarchOptions

Start = Literal["uniform", "diffused", "steady"]
"""Where a run starts: at rest with one temperature and composition; from the steady state without
gravity; from the steady state with it."""

_COMPARE: Final = MappingProxyType({">": operator.gt, "<": operator.lt})


STEPS_A_PIECE: Final = 50
"""Steps from the start of heating to 5 tau at a tolerance of 1e-3; measured for water and ethanol
tilted by half a degree: 38, 49 and 88 at tolerances of 1e-2, 1e-3 and 1e-4."""


@dataclass(frozen=True)
class Stop:
    """A condition on a column of the history that ends a run.

    Args:
        column: Name of the column.
        relation: ">" or "<".
        value: What it is compared with.
    """

    column: str
    relation: Literal[">", "<"]
    value: float

    def reached(self, row: Mapping[str, float | None]) -> bool:
        """Return whether a row of the history ends the run; a run without the column goes on."""
        found = row.get(self.column)
        return found is not None and bool(_COMPARE[self.relation](found, self.value))

    def __str__(self) -> str:
        return f"{self.column} {self.relation} {self.value:g}"


@dataclass(frozen=True)
class EvaluationWindow:
    """Which part of a run is evaluated for D and S_T.

    Args:
        t0: When the temperature difference comes, or goes, s.
        start: First time that counts, s.
        end: Last one, s.
        relaxing: Whether the temperature difference goes.
    """

    t0: float = 0.0
    start: float = 0.0
    end: float = math.inf
    relaxing: bool = False


@dataclass(frozen=True)
class CheckpointPolicy:
    """When the state of a run is kept, whichever comes first; signals ask for it at any time.

    Args:
        steps: After so many steps; None: not by steps.
        minutes: After so many minutes of computing; None: not by time.
    """

    steps: int | None = None
    minutes: float | None = 10.0


@dataclass(frozen=True)
class Schedule:
    """A transient run.

    Args:
        end: When it ends at the latest, s.
        start: Where it starts.
        start_temperature: Temperature of a uniform start, K; None takes T0.
        protocol: What changes on the way.
        march: How time is discretised.
        largest_step_at_rest: Largest step of the run without gravity, s, where oscillations of
            gravity shorten those of the run with it; None: the same.
        settled: Change per relaxation time below which the run ends, relative to each field's
            largest value; None: it goes on.
        stop: Another reason to end.
        field_times: When fields are written, s; the end is always written.
        evaluation: What is evaluated for D and S_T; None: nothing.
        not_evaluated: Why nothing is, where nothing is.
        numerical_error: Whether a second run measures the numerical error.
        checkpoint: When the state is kept.
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
    evaluation: EvaluationWindow | None = field(default_factory=EvaluationWindow)
    not_evaluated: str = "not asked for"
    numerical_error: bool = False
    checkpoint: CheckpointPolicy = field(default_factory=CheckpointPolicy)

    def without_gravity(self) -> Schedule:
        """Return the schedule of the same run without gravity, which no change of it concerns."""
        largest = self.largest_step_at_rest
        march = self.march if largest is None else replace(self.march, largest_step=largest)
        return replace(self, protocol=self.protocol.without_gravity(), march=march)


def expected_steps(schedule: Schedule) -> float:
    """Return about how many steps a run takes; more where walls ramp slowly.

    Args:
        schedule: Its schedule.
    """
    march = schedule.march
    pieces = 1 + sum(0.0 < t < schedule.end for t in schedule.protocol.breaks)
    by_error = STEPS_A_PIECE * pieces * (1e-3 / march.tolerance) ** 0.25
    return float(max(by_error, schedule.end / march.largest_step))


def relaxation_time(mixture: Mixture, gap: float) -> float:
    """Return tau = L^2/(pi^2 D) at the reference state, s; of a pure fluid with alpha for D.

    Args:
        mixture: The mixture (numbers).
        gap: Distance L between hot and cold wall, m.
    """
    return gap**2 / (math.pi**2 * mixture.reference.slowest)
