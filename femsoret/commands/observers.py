"""Observers of marches, called after every accepted step: output, progress and signals."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from functools import cached_property

from femsoret.base.errors import Interrupted, OutputError
from femsoret.base.log import get_logger
from femsoret.base.progress import Pace, Position, Progress
from femsoret.base.ranks import Request, Requests
from femsoret.case import CaseRun
from femsoret.commands.checkpoints import CHECKPOINTS, CheckpointContent
from femsoret.experiment.schedule import Schedule, relaxation_time
from femsoret.io.checkpoint import write_checkpoint
from femsoret.io.folder import RunFolder
from femsoret.io.history import HistoryFile
from femsoret.io.writers import INDICES, write_fields_at
from femsoret.problem import Problem
from femsoret.report.folder import FIELDS
from femsoret.studies.measure.marching import WITH_GRAVITY, MarchRecorder, Snapshot

log = get_logger(__name__)


@dataclass(frozen=True, eq=False)
class TransientSetup:
    """Setup of a transient run: the case, the folder and the computing time.

    Args:
        built: The case on its mesh.
        schedule: Schedule of the run.
        folder: The run folder.
        progress: Display of the progress of the run.
        inputs: Checksum of all inputs of the run.
        before: Computing time of earlier, stopped parts of the run, s.
        started: Start of this part, as given by ``time.perf_counter``, s.
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
        """Relaxation time of the separation, s."""
        experiment = self.built.experiment
        return relaxation_time(experiment.mixture, experiment.orientation.gap)

    @property
    def seconds(self) -> float:
        """Computing time of the run, including earlier, stopped parts, s."""
        return self.before + time.perf_counter() - self.started


class ProgressObserver:
    """Observer that shows the progress of a march.

    Args:
        setup: Setup of the run.
        label: Label of the march.
    """

    def __init__(self, setup: TransientSetup, label: str) -> None:
        self.setup = setup
        self.label = label
        self._pace = Pace()

    def __call__(self, snapshot: Snapshot) -> None:
        """Show the progress after a step."""
        end, dt = self.setup.schedule.end, float(snapshot.row["dt"] or 0.0)
        self.setup.progress.show(
            Position(
                label=self.label,
                step=snapshot.clock.steps,
                t=snapshot.clock.t,
                dt=dt,
                end=end,
                tau=self.setup.tau,
                seconds_left=self._pace.left(dt, end - snapshot.clock.t),
                ended=bool(snapshot.ended),
                unit="s" if self.setup.built.units == "SI" else "L²/α",
            )
        )


class SecondRunObserver:
    """Observer of the runs for the numerical error: shows progress, stops on SIGTERM, no output.

    Args:
        setup: Setup of the run.
        requests: Requests received by signals.
    """

    def __init__(self, setup: TransientSetup, requests: Requests) -> None:
        self.setup = setup
        self._requests = requests
        self._show = {
            with_flow: ProgressObserver(
                setup, f"second run, {'with' if with_flow else 'without'} gravity"
            )
            for with_flow in (True, False)
        }

    def __call__(self, snapshot: Snapshot) -> None:
        """Show the progress after a step; collective.

        Raises:
            Interrupted: SIGTERM was received.
        """
        self._show[snapshot.problem.layout.flows](snapshot)
        if self._requests.agreed() is Request.STOP:
            raise Interrupted(
                "stopped by SIGTERM in the second run, for the numerical error; the first run is "
                "saved",
                f"continue with: femsoret resume {self.setup.folder.path}",
            )


class MarchObserver:
    """Observer that writes the history, fields and checkpoints of a march.

    Args:
        setup: Setup of the run.
        name: Name of the march.
        history: History file of the march.
        requests: Requests received by signals.
        rows: Number of rows in the history at the last checkpoint.
    """

    def __init__(
        self, setup: TransientSetup, name: str, history: HistoryFile, requests: Requests, rows: int
    ) -> None:
        self.setup = setup
        self.name = name
        self.history = history
        self.requests = requests
        self._show = ProgressObserver(setup, name.replace("_", " "))
        self._last: Snapshot | None = None
        self._written_steps = rows
        self._written_at = time.perf_counter()

    def begin(self, recorder: MarchRecorder, content: CheckpointContent) -> None:
        """Write the state before the first step, so that the run can be resumed from then on."""
        self._write_fields(recorder.shown, 0.0)
        self._write(recorder.problem, content)

    def __call__(self, snapshot: Snapshot) -> None:
        """Write the results of a step; collective.

        Raises:
            Interrupted: SIGTERM was received; the state is saved.
            OutputError: The folder cannot be written to.
        """
        self._last = snapshot
        self.history.append(snapshot.row)
        self._show(snapshot)
        self._write_fields(snapshot.shown, snapshot.clock.t, last=bool(snapshot.ended))
        request = self.requests.agreed(self._due(snapshot))
        if request or snapshot.ended:
            self._write_checkpoint(snapshot)
        if request is Request.STOP:
            raise Interrupted(
                f"stopped by SIGTERM at t = {snapshot.clock.t:.6g} s, after step "
                f"{snapshot.clock.steps} {self.name.replace('_', ' ')}; the state is saved",
                f"continue with: femsoret resume {self.setup.folder.path}",
            )

    def write_last(self) -> None:
        """Write the state after the last accepted step of a march that failed."""
        if self._last is None or self._last.clock.steps == self._written_steps:
            return
        try:
            self._write_checkpoint(self._last)
        except OutputError as error:
            log.warning("warning: the last state could not be saved: %s", error.message)

    def _write_fields(self, problem: Problem, t: float, *, last: bool = False) -> None:
        built, times = self.setup.built, self.setup.schedule.field_times
        if self.name != WITH_GRAVITY or not built.output.formats or not (last or t in times):
            return
        folder, name = self.setup.folder, f"{times.index(t):04d}" if t in times else "end"
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
        """Return the request that the checkpoint policy makes; rank 0 decides on elapsed time."""
        policy = self.setup.schedule.checkpoint
        steps = snapshot.clock.steps - self._written_steps
        by_steps = policy.steps is not None and steps >= policy.steps
        elapsed = (time.perf_counter() - self._written_at) / 60.0
        by_time = policy.minutes is not None and elapsed >= policy.minutes
        by_time = by_time and self.setup.folder.comm.rank == 0
        return Request.CHECKPOINT if by_steps or by_time else Request.NOTHING

    def _write_checkpoint(self, snapshot: Snapshot) -> None:
        self._write(
            snapshot.problem,
            CheckpointContent(
                self.setup.inputs,
                snapshot.clock,
                snapshot.balances,
                snapshot.ended,
                self.setup.seconds,
                snapshot.frames,
            ),
        )

    def _write(self, problem: Problem, content: CheckpointContent) -> None:
        self.history.sync()  # first: the history has the rows that a checkpoint counts
        place = self.setup.folder.path / CHECKPOINTS / self.name
        write_checkpoint(place, content.rows, problem, content.record())
        self._written_steps, self._written_at = content.rows, time.perf_counter()
        log.debug("checkpoint after step %d", content.rows)
