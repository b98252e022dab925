"""A case through its schedule from where it stands: a run and its resumption are one routine."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from femsoret.base.errors import NotConverged, OutputError
from femsoret.base.log import get_logger
from femsoret.base.progress import LogProgress, Progress
from femsoret.base.ranks import Requests, from_root
from femsoret.base.versions import checkpoint_library
from femsoret.case import CaseRun
from femsoret.case.inputs import digest_of
from femsoret.commands.transient.keeper import Keeper, Setting, Watcher
from femsoret.commands.transient.kept import Kept, find_kept
from femsoret.io.checkpoint import read_state
from femsoret.io.folder import RunFolder
from femsoret.io.history import HistoryFile, read_history
from femsoret.report.transient_start import HISTORIES, WITH, WITHOUT, checkpoints_of
from femsoret.solve.march import Clock
from femsoret.studies.measure.marching import MARCHES, Marched, initial_problem, march, marches_of
from femsoret.studies.measure.numerical_error import NumericalError, error_in_time
from femsoret.studies.measure.recorder import CumulativeBalances, Recorder, Row
from femsoret.studies.measure.solution import Solution, solve_without_gravity
from femsoret.studies.measure.state import Attempts
from femsoret.studies.measure.transient import TransientFindings

log = get_logger(__name__)

NUMERICAL_ERROR = "numerical error"


class TransientRun:
    """A transient run in a run folder, from wherever it stands there.

    Args:
        built: The case, with a schedule.
        folder: The run folder, cleared, or as a stopped run left it.
        progress: Shows where the run stands; None logs lines.

    Raises:
        MissingDependency: There is no library for checkpoints.
        OutputError: A checkpoint cannot be read; the same on all ranks.
    """

    def __init__(self, built: CaseRun, folder: RunFolder, progress: Progress | None = None) -> None:
        if built.schedule is None:
            raise ValueError("the case has no schedule")
        checkpoint_library()  # better now than after the first step
        self.kept = find_kept(folder.path, folder.comm)
        self.setting = Setting(
            built,
            built.schedule,
            folder,
            progress or LogProgress(),
            digest_of(folder.inputs),
            before=max((kept.seconds for _, kept in self.kept.values()), default=0.0),
        )
        self.experiment = built.experiment
        self.schedule = built.schedule
        self.folder = folder

    def findings(self) -> TransientFindings:
        """March with gravity and without, and evaluate; collective.

        Raises:
            NotConverged: A march, or the steady states that it is measured with, failed.
            OutputError: The folder cannot be written.
            Interrupted: SIGTERM; the state is kept.
        """
        with Requests(self.folder.comm) as requests:
            log.info("steady states to compare with")
            steady = solve_without_gravity(self.experiment)
            marched = {
                name: self._march(name, steady, requests) for name in marches_of(self.experiment)
            }
        return TransientFindings(
            experiment=self.experiment,
            schedule=self.schedule,
            steady=steady,
            with_gravity=marched[WITH],
            without_gravity=marched.get(WITHOUT),
        )

    def numerical_error(self, findings: TransientFindings) -> NumericalError | None:
        """Run a second time for the numerical error, where the schedule asks for it; collective.

        A second run that is stopped begins anew when the run is resumed.

        Args:
            findings: The run.

        Raises:
            Interrupted: SIGTERM; the marches of the run are kept.
        """
        if not self.schedule.numerical_error:
            return None
        log.info("second run, for the numerical error")
        watch = Attempts(self.folder.comm)
        with Requests(self.folder.comm) as requests:
            found = watch.of(
                NUMERICAL_ERROR,
                lambda: error_in_time(findings, Watcher(self.setting, requests)),
                None,
            )
        failure = watch.failed.get(NUMERICAL_ERROR)
        return NumericalError(of={}, method=f"none: {failure}") if failure else found

    def forget(self) -> None:
        """Remove the checkpoints of a finished run, as far as the file system lets us."""
        self.folder.forget(*map(checkpoints_of, HISTORIES))

    def _march(self, name: str, steady: Solution, requests: Requests) -> Marched:
        """March to the end from where a march stands."""
        if name in self.kept:
            path, kept = self.kept[name]
            problem = self.experiment.problem(MARCHES[name])
            read_state(path, problem)
        else:
            problem = initial_problem(
                self.experiment, self.schedule, steady.reference, MARCHES[name]
            )
            kept = Kept(self.setting.inputs, None, CumulativeBalances(), "", self.setting.seconds)
        recorder = Recorder(problem, steady, kept.balances)
        path = self.folder.path / HISTORIES[name]
        history = HistoryFile(path, recorder.columns, self.folder.comm, kept.rows)
        try:
            rows = self._earlier_rows(path)
            if kept.ended:
                clock = kept.clock or Clock()
                return Marched(problem, recorder.columns, rows, clock, kept.ended)
            keeper = Keeper(self.setting, name, history, requests, kept.rows)
            if name not in self.kept:
                keeper.begin(problem, kept)
            try:
                done = march(recorder, self.schedule, clock=kept.clock, each=keeper)
            except NotConverged:
                keeper.keep_last()
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
                    f"cannot go on with the history {path}: {error}",
                    "undo what was changed in it, or run the case again in another folder",
                ) from error

        return from_root(self.folder.comm, read)
