"""A transient run in its folder; starting and resuming it use the same routines."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from femsoret.base.errors import NotConverged, OutputError
from femsoret.base.log import get_logger
from femsoret.base.progress import LogProgress, Progress
from femsoret.base.ranks import Requests, from_root
from femsoret.base.versions import checkpoint_library
from femsoret.case import Case, CaseRun
from femsoret.case.inputs import digest_of
from femsoret.commands.checkpoints import (
    HISTORIES,
    WITHOUT_GRAVITY,
    CheckpointContent,
    checkpoints_of,
    last_checkpoints,
)
from femsoret.commands.observers import (
    MarchObserver,
    SecondRunObserver,
    TransientSetup,
)
from femsoret.io.checkpoint import read_state
from femsoret.io.folder import RunFolder
from femsoret.io.history import HistoryFile, read_history
from femsoret.report.folder import write_case
from femsoret.solve.march import Clock
from femsoret.studies.measure.camera import Camera
from femsoret.studies.measure.marching import (
    MARCHES,
    WITH_GRAVITY,
    Marched,
    initial_state,
    march,
    marches_of,
    problem_to_march,
)
from femsoret.studies.measure.numerical_error import NumericalError, error_in_time
from femsoret.studies.measure.recorder import CumulativeBalances, Recorder
from femsoret.studies.measure.rows import Row
from femsoret.studies.measure.solution import Solution, solve_without_gravity
from femsoret.studies.measure.state import Attempts
from femsoret.studies.measure.transient import TransientFindings

log = get_logger(__name__)

NUMERICAL_ERROR = "numerical error"


def begin_transient_run(folder: RunFolder, case: Case) -> None:
    """Clear a run folder and write the case, from which the run can be resumed; collective.

    Args:
        folder: The run folder.
        case: The case.

    Raises:
        OutputError: The folder cannot be written to. It is raised on all ranks.
    """
    folder.clear()
    folder.claim(*HISTORIES.values(), *map(checkpoints_of, HISTORIES))
    write_case(folder, case, in_place=True)


class TransientRun:
    """A transient run in a run folder, started from the beginning or from the last checkpoints.

    Args:
        built: The case on its mesh, with a schedule.
        folder: The run folder, either cleared or with the files of a stopped run.
        progress: Display of the progress of the run; None to log it line by line.

    Raises:
        MissingDependency: The library for checkpoints is not installed.
        OutputError: A checkpoint cannot be read. It is raised on all ranks.
    """

    def __init__(self, built: CaseRun, folder: RunFolder, progress: Progress | None = None) -> None:
        if built.schedule is None:
            raise ValueError("the case has no schedule")
        checkpoint_library()  # better now than after the first step
        self.checkpoints = last_checkpoints(folder.path, folder.comm)
        self.setup = TransientSetup(
            built,
            built.schedule,
            folder,
            progress or LogProgress(),
            digest_of(folder.inputs),
            before=max((content.seconds for _, content in self.checkpoints.values()), default=0.0),
        )
        self.experiment = built.experiment
        self.schedule = built.schedule
        self.folder = folder

    def findings(self) -> TransientFindings:
        """March with and without gravity, and return the findings; collective.

        Raises:
            NotConverged: A march or a steady reference state failed.
            OutputError: The folder cannot be written to.
            Interrupted: SIGTERM was received; the state is saved.
        """
        with Requests(self.folder.comm) as requests:
            log.info("solving for the steady reference states")
            steady = solve_without_gravity(self.experiment)
            marched = {
                name: self._march(name, steady, requests) for name in marches_of(self.experiment)
            }
        return TransientFindings(
            experiment=self.experiment,
            schedule=self.schedule,
            steady=steady,
            with_gravity=marched[WITH_GRAVITY],
            without_gravity=marched.get(WITHOUT_GRAVITY),
        )

    def numerical_error(self, findings: TransientFindings) -> NumericalError | None:
        """Return the numerical error from further runs; None if not scheduled; collective.

        If these runs are stopped, they start again from the beginning when the run is resumed.

        Args:
            findings: Findings of the run.

        Raises:
            Interrupted: SIGTERM was received; the results of the run itself are saved.
        """
        if not self.schedule.numerical_error:
            return None
        log.info("repeating the run for the numerical error")
        attempts = Attempts(self.folder.comm)
        with Requests(self.folder.comm) as requests:
            error = attempts.of(
                NUMERICAL_ERROR,
                lambda: error_in_time(findings, SecondRunObserver(self.setup, requests)),
                None,
            )
        failure = attempts.failed.get(NUMERICAL_ERROR)
        return NumericalError(of={}, method=f"none: {failure}") if failure else error

    def remove_checkpoints(self) -> None:
        """Remove the checkpoints of a finished run; files that cannot be removed remain."""
        self.folder.forget(*map(checkpoints_of, HISTORIES))

    def _march(self, name: str, steady: Solution, requests: Requests) -> Marched:
        """March to the end, starting from the beginning or from the last checkpoint."""
        equations = MARCHES[name]
        if name in self.checkpoints:
            path, content = self.checkpoints[name]
            problem = problem_to_march(self.experiment, equations)
            read_state(path, problem)
        else:
            problem = initial_state(steady, self.schedule, equations)
            content = CheckpointContent(
                self.setup.inputs, None, CumulativeBalances(), "", self.setup.seconds
            )
        recorder = Recorder(problem, steady, content.balances)
        camera = Camera(self.experiment if name == WITH_GRAVITY else None, content.frames)
        path = self.folder.path / HISTORIES[name]
        history = HistoryFile(path, recorder.columns, self.folder.comm, content.rows)
        try:
            rows = self._earlier_rows(path)
            if content.ended:
                clock = content.clock or Clock()
                return Marched(
                    problem,
                    recorder.shown,
                    recorder.columns,
                    rows,
                    clock,
                    content.ended,
                    content.frames,
                )
            observer = MarchObserver(self.setup, name, history, requests, content.rows)
            if name not in self.checkpoints:
                observer.begin(recorder, content)
            try:
                done = march(
                    recorder, self.schedule, clock=content.clock, each=observer, camera=camera
                )
            except NotConverged:
                observer.write_last()
                raise
            return replace(done, rows=(*rows, *done.rows))
        finally:
            history.close()

    def _earlier_rows(self, path: Path) -> tuple[Row, ...]:
        def read() -> tuple[Row, ...]:
            try:
                return read_history(path)
            except (OSError, ValueError) as error:
                raise OutputError(
                    f"cannot continue the history {path}: {error}",
                    "restore the file, or run the case again in another folder",
                ) from error

        return from_root(self.folder.comm, read)
