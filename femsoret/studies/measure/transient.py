"""Transient runs: an experiment is marched in time, once with and once without gravity."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from femsoret.base.types import Array
from femsoret.experiment import Experiment
from femsoret.experiment.column import NoColumn
from femsoret.experiment.schedule import Schedule
from femsoret.post.balances import Balances, Entropy
from femsoret.post.soret import TrueSoret
from femsoret.post.statistics import NoStatistics, Statistics
from femsoret.post.wall_flows import Flows
from femsoret.problem.bodies import RigidBody, possible_motions
from femsoret.studies.measure.all_states import AllStates
from femsoret.studies.measure.camera import Camera
from femsoret.studies.measure.column_in_time import ColumnInTime, column_in_time
from femsoret.studies.measure.marching import (
    MARCHES,
    WITH_GRAVITY,
    Marched,
    Snapshot,
    initial_state,
    march,
    marches_of,
)
from femsoret.studies.measure.recorder import Recorder, endings, motion_column
from femsoret.studies.measure.rows import Row
from femsoret.studies.measure.solution import Solution, solve_without_gravity, with_readings
from femsoret.studies.measure.state import MeasuredState, measure_state
from femsoret.studies.measure.states_in_time import ParticleInTime, particles_at_the_end
from femsoret.studies.measure.time_series import (
    Evaluations,
    WorstTime,
    apparent_statistics,
    bias_statistics,
    evaluations,
    worst_times,
)
from femsoret.studies.measure.virtual_records import VirtualRecord, virtual_record


@dataclass(frozen=True, eq=False, kw_only=True)
class MarchEnd(Solution):
    """The final states of the marches of a transient run; flows are means over the last step.

    Args:
        steady: The steady states without gravity.
        row: The last row of the history with gravity.
    """

    steady: Solution
    row: Row

    @cached_property
    def flows(self) -> Flows:
        """Heat and mass flows out of the exterior sides with gravity, means over the last step."""
        sides, fields = self.experiment.cell.exterior_sides, self.convection.layout.compositions
        return Flows(
            heat={side: self._number(f"heat_flow.{side}") for side in sides},
            mass={
                field: {side: self._number(f"mass_flow{ending}.{side}") for side in sides}
                for field, ending in zip(fields, endings(self.experiment), strict=True)
            },
        )

    @property
    def conducted(self) -> Mapping[str, float]:
        """Side -> heat flow of steady conduction, W."""
        return self.steady.conducted

    @property
    def diffused(self) -> Mapping[str, Mapping[str, float]]:
        """Composition -> side -> mass flow of steady diffusion, kg/s; empty in a closed cell."""
        return self.steady.diffused

    @property
    def nusselt(self) -> dict[str, float | None]:
        """Side -> Nusselt number of the last step; None where there is none."""
        return {side: self.row.get(f"nusselt.{side}") for side in self.convection.cell.sides}

    @property
    def why_no_entropy(self) -> str:
        """Why there are no entropy rates."""
        return "the state changes in time, so that entropy may be stored in the cell"

    def balances(
        self, entropy: Entropy | None = None, spurious_peclet: float | None = None
    ) -> Balances:
        """Return the relative defects of the balances since the start of the run."""
        row = self.row
        return Balances(
            mass=row.get("balance.mass"),
            heat=self._number("balance.heat"),
            species=row.get("balance.species"),
            entropy=None,
            spurious_peclet=spurious_peclet,
        )

    def _number(self, column: str) -> float:
        return float(self.row.get(column) or 0.0)


@dataclass(frozen=True, eq=False)
class TransientFindings:
    """The results of a transient run.

    Args:
        experiment: The experiment that was run.
        schedule: Its schedule.
        steady: The steady states without gravity that the run is compared with.
        with_gravity: The march with gravity.
        without_gravity: The march without gravity; None in a pure fluid.
    """

    experiment: Experiment
    schedule: Schedule
    steady: Solution
    with_gravity: Marched
    without_gravity: Marched | None

    @cached_property
    def end(self) -> MarchEnd:
        """The final states of the marches; collective on first access."""
        with_gravity, without = self.with_gravity, self.without_gravity
        rest = with_gravity if without is None else without
        states = MarchEnd(
            experiment=self.experiment,
            conduction=self.steady.conduction,
            reference=self.steady.reference if without is None else without.shown,
            convection=with_gravity.shown,
            states=AllStates(rest.problem, with_gravity.problem) if self.particles else None,
            steady=self.steady,
            row=with_gravity.rows[-1],
        )
        return with_readings(states, steady=self.steady.reference)

    @cached_property
    def particles(self) -> tuple[ParticleInTime, ...]:
        """All particles with internal states at the end with gravity; collective at first."""
        if self.steady.states is None:
            return ()
        return particles_at_the_end(self.with_gravity.problem, self.steady.states.reference)

    @cached_property
    def state(self) -> MeasuredState:
        """The quantities measured at the end of the run; collective on first access."""
        return measure_state(self.end, frames=self.with_gravity.frames)

    @cached_property
    def evaluations(self) -> Evaluations:
        """The D and S_T fitted to the separation; collective on first access."""
        return self._evaluated([outcome.true for outcome in self.steady.outcomes])

    def _evaluated(self, true: Sequence[TrueSoret], signal: str = "") -> Evaluations:
        marches = {"with_gravity": self.with_gravity}
        if self.without_gravity is not None:
            marches["without_gravity"] = self.without_gravity
        return evaluations(self.experiment, self.schedule, marches, true, signal)

    @cached_property
    def of_signals(self) -> Mapping[str, Evaluations]:
        """The D and S_T fitted to further signals, by name; collective on first access."""
        return {
            name: self._evaluated([outcome.true for outcome in there.outcomes], name)
            for name, there in self.steady.signals.items()
        }

    @cached_property
    def column_in_time(self) -> ColumnInTime | NoColumn:
        """What the history of a column gives, or why it gives nothing; collective at first."""
        return column_in_time(self.state.column, self.schedule, self.with_gravity.rows)

    @cached_property
    def records(self) -> Mapping[str, VirtualRecord]:
        """What virtual instruments record with gravity, by name; collective on first access."""
        records = {}
        for instrument in self.schedule.instruments:
            there = self.steady.signals.get(instrument.signal, self.steady)
            records[instrument.name] = virtual_record(
                self.experiment,
                self.schedule,
                self.with_gravity,
                instrument,
                [outcome.true for outcome in there.outcomes],
            )
        return records

    def of_history(self, record: VirtualRecord) -> Evaluations:
        """Return the D and S_T fitted to the history of the signal that was recorded."""
        signal = record.instrument.signal
        return self.of_signals.get(signal, self.evaluations)

    @cached_property
    def statistics(self) -> Statistics | NoStatistics:
        """Statistics of the apparent S_T with gravity, 1/K, or why there are none."""
        true = [outcome.true for outcome in self.steady.outcomes]
        return apparent_statistics(self.schedule, self.with_gravity, true)

    @property
    def bias_statistics(self) -> Statistics | None:
        """Statistics of the bias; None if S_T changes sign or vanishes, or if S_app has none."""
        return bias_statistics(self.statistics, [each.true for each in self.steady.outcomes])

    @property
    def displacements(self) -> Mapping[str, float]:
        """Body -> distance, m, by which it would move in the run; the mesh keeps it in place."""
        cell, rows, found = self.experiment.cell, self.with_gravity.rows, {}
        ways = [motion for motion in possible_motions(cell) if not motion.turns]
        for body in self.experiment.conditions:
            if isinstance(body, RigidBody):
                names = [motion_column(cell, body, motion).name for motion in ways]
                dt, *speeds = (_numbers(rows, name) for name in ("dt", *names))
                found[body.name] = float(np.linalg.norm([dt @ speed for speed in speeds]))
        return found

    @property
    def worst_times(self) -> Mapping[str, WorstTime]:
        """Field -> the time at which the mesh resolved it worst."""
        return worst_times(self.experiment, self.schedule, self.with_gravity)


def _numbers(rows: Sequence[Row], name: str) -> Array:
    return np.array([row[name] for row in rows], dtype=float)


def measure_in_time(
    experiment: Experiment,
    schedule: Schedule,
    each: Callable[[Snapshot], None] = lambda snapshot: None,
) -> TransientFindings:
    """March an experiment in time, with gravity and without, in memory; collective.

    This is meant for scripts: nothing is written, and the run cannot be resumed.

    Args:
        experiment: The experiment.
        schedule: Its schedule.
        each: Called after every accepted step of every march.

    Raises:
        NotConverged: A march, or a steady state that it is compared with, failed.
    """
    steady, marched = solve_without_gravity(experiment), {}
    for name in marches_of(experiment):
        problem = initial_state(steady, schedule, MARCHES[name])
        camera = Camera(experiment if name == WITH_GRAVITY else None)
        marched[name] = march(Recorder(problem, steady), schedule, each=each, camera=camera)
    return TransientFindings(
        experiment=experiment,
        schedule=schedule,
        steady=steady,
        with_gravity=marched["with_gravity"],
        without_gravity=marched.get("without_gravity"),
    )
