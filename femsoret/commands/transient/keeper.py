"""What happens after every accepted step of a march: row, progress, fields, checkpoint, signals."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from functools import cached_property

from femsoret.base.errors import Interrupted, OutputError
from femsoret.base.log import get_logger
from femsoret.base.progress import Pace, Position, Progress
from femsoret.base.ranks import Request, Requests
from femsoret.case import CaseRun
from femsoret.commands.transient.kept import Kept
from femsoret.experiment.schedule import Schedule, relaxation_time
from femsoret.io.checkpoint import write_checkpoint
from femsoret.io.folder import RunFolder
from femsoret.io.history import HistoryFile
from femsoret.io.writers import INDICES, write_fields_at
from femsoret.problem import Problem
from femsoret.report.run_folder import FIELDS
from femsoret.report.transient_start import CHECKPOINTS, WITH
from femsoret.studies.measure.marching import Snapshot

log = get_logger(__name__)


@dataclass(frozen=True, eq=False)
class Setting:
    """What is run, where to, and since when.

    Args:
        built: The case.
        schedule: Its schedule.
        folder: The run folder.
        progress: Shows where the run stands.
        inputs: Checksum of all that the run depends on.
        before: Computing time of stopped parts of the run, s.
        started: When this part started, by ``time.perf_counter``.
    """

    built: CaseRun
    schedule: Schedule
    folder: RunFolder
    progress: Progress
    inputs: str
    before: float = 0.0
    started: float = field(default_factory=time.perf_counter)

    @cached_property
    def tau(self) -> float:
        """Relaxation time, s."""
        experiment = self.built.experiment
        return relaxation_time(experiment.mixture, experiment.orientation.gap)

    @property
    def seconds(self) -> float:
        """Computing time of the run, stopped parts included, s."""
        return self.before + time.perf_counter() - self.started


class Pointer:
    """Shows how far a march is.

    Args:
        setting: What is run.
        label: Which march.
    """

    def __init__(self, setting: Setting, label: str) -> None:
        self.setting = setting
        self.label = label
        self._pace = Pace()

    def __call__(self, snapshot: Snapshot) -> None:
        """Show a step."""
        end, dt = self.setting.schedule.end, float(snapshot.row["dt"] or 0.0)
        self.setting.progress.show(
            Position(
                label=self.label,
                step=snapshot.clock.steps,
                t=snapshot.clock.t,
                dt=dt,
                end=end,
                tau=self.setting.tau,
                seconds_left=self._pace.left(dt, end - snapshot.clock.t),
                ended=bool(snapshot.ended),
            )
        )


class Watcher:
    """Shows the second run for the numerical error, and stops it when asked to; keeps nothing.

    Args:
        setting: What is run.
        requests: What signals ask for.
    """

    def __init__(self, setting: Setting, requests: Requests) -> None:
        self.setting = setting
        self.requests = requests
        self._show = {
            with_flow: Pointer(setting, f"second run, {'with' if with_flow else 'without'} gravity")
            for with_flow in (True, False)
        }

    def __call__(self, snapshot: Snapshot) -> None:
        """Note a step; collective.

        Raises:
            Interrupted: SIGTERM.
        """
        self._show[snapshot.problem.layout.flows](snapshot)
        if self.requests.agreed() is Request.STOP:
            raise Interrupted(
                "stopped by SIGTERM in the second run, for the numerical error; the first is kept",
                f"go on with: femsoret resume {self.setting.folder.path}",
            )


class Keeper:
    """Keeps what one march reaches; called after every accepted step.

    Args:
        setting: What is run.
        name: The march.
        history: Its history.
        requests: What signals ask for.
        rows: Rows of the history at the last checkpoint.
    """

    def __init__(
        self, setting: Setting, name: str, history: HistoryFile, requests: Requests, rows: int
    ) -> None:
        self.setting = setting
        self.name = name
        self.history = history
        self.requests = requests
        self._show = Pointer(setting, name.replace("_", " "))
        self._last: Snapshot | None = None
        self._kept_steps = rows
        self._kept_at = time.perf_counter()

    def begin(self, problem: Problem, kept: Kept) -> None:
        """Keep the state before the first step, so that from now on there is one to resume."""
        self._write_fields(problem, 0.0)
        self._write(problem, kept)

    def __call__(self, snapshot: Snapshot) -> None:
        """Note a step; collective.

        Raises:
            Interrupted: SIGTERM; the state is kept.
            OutputError: The folder cannot be written.
        """
        self._last = snapshot
        self.history.append(snapshot.row)
        self._show(snapshot)
        self._write_fields(snapshot.problem, snapshot.clock.t, last=bool(snapshot.ended))
        request = self.requests.agreed(self._due(snapshot))
        if request or snapshot.ended:
            self._keep(snapshot)
        if request is Request.STOP:
            raise Interrupted(
                f"stopped by SIGTERM at t = {snapshot.clock.t:.6g} s, after step "
                f"{snapshot.clock.steps} {self.name.replace('_', ' ')}; the state is kept",
                f"go on with: femsoret resume {self.setting.folder.path}",
            )

    def keep_last(self) -> None:
        """Keep the state after the last accepted step of a march that failed."""
        if self._last is None or self._last.clock.steps == self._kept_steps:
            return
        try:
            self._keep(self._last)
        except OutputError as error:
            log.warning("the last state could not be kept: %s", error.message)

    def _write_fields(self, problem: Problem, t: float, *, last: bool = False) -> None:
        built, times = self.setting.built, self.setting.schedule.field_times
        if self.name != WITH or not built.output.formats or not (last or t in times):
            return
        folder, name = self.setting.folder, f"{times.index(t):04d}" if t in times else "end"
        # With the folders in which they grow, so that nothing of a killed run is left unlisted.
        parts = (*INDICES, "index.partial/", f"{name}/", f"{name}.partial/")
        folder.claim(*(f"{FIELDS}/{part}" for part in parts))
        write_fields_at(
            problem,
            folder.path / FIELDS,
            name=name,
            time=t,
            formats=built.output.formats,
            units=built.units,
        )

    def _due(self, snapshot: Snapshot) -> Request:
        """Return what the policy asks for; rank 0 has the clock that counts."""
        policy = self.setting.schedule.checkpoint
        steps = snapshot.clock.steps - self._kept_steps
        by_steps = policy.steps is not None and steps >= policy.steps
        elapsed = (time.perf_counter() - self._kept_at) / 60.0
        by_time = policy.minutes is not None and elapsed >= policy.minutes
        by_time = by_time and self.setting.folder.comm.rank == 0
        return Request.CHECKPOINT if by_steps or by_time else Request.NOTHING

    def _keep(self, snapshot: Snapshot) -> None:
        self._write(
            snapshot.problem,
            Kept(
                self.setting.inputs,
                snapshot.clock,
                snapshot.balances,
                snapshot.ended,
                self.setting.seconds,
            ),
        )

    def _write(self, problem: Problem, kept: Kept) -> None:
        self.history.sync()  # first: the history has the rows that a checkpoint counts
        place = self.setting.folder.path / CHECKPOINTS / self.name
        write_checkpoint(place, kept.rows, problem, kept.record())
        self._kept_steps, self._kept_at = kept.rows, time.perf_counter()
        log.debug("checkpoint after step %d", kept.rows)
