"""Run: from a case to a run folder. The command line and the demos both come here."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from types import MappingProxyType
from typing import Final

from mpi4py import MPI

from rich.table import Table

from femsoret.base.errors import OutOfMemory, OutputError, SolveFailure
from femsoret.base.log import get_logger
from femsoret.base.memory import MEMORY_HINT, memory_errors
from femsoret.base.progress import Progress
from femsoret.base.ranks import gather_messages
from femsoret.base.types import Array
from femsoret.case import Case, CaseRun, advice_on, advice_on_memory, load_case, resolved_toml
from femsoret.case.inputs import digest_of
from femsoret.commands.checkpoints import check_inputs, check_resumable
from femsoret.commands.estimates import memory_estimate_mb
from femsoret.commands.record import (
    Record,
    first_record,
    peak_memory_mb,
    solver_history,
    steady_record,
    transient_record,
    write_failure,
)
from femsoret.commands.transient import TransientRun, begin_transient_run
from femsoret.io import write_fields
from femsoret.io.folder import SUMMARY, RunFolder, begin_run, resume_run
from femsoret.io.history import Histories
from femsoret.report.folder import CASE, FAILURE, FIELDS, HISTORY, write_case, write_results
from femsoret.report.headline import headline, transient_headline
from femsoret.report.samples import sample
from femsoret.report.stability import stability_sentence
from femsoret.report.summary import is_transient, summary, transient_summary
from femsoret.report.transient_verdict import transient_verdict
from femsoret.report.units import LENGTHS, Summary
from femsoret.studies.measure.steady import SteadyFindings, measure
from femsoret.studies.measure.transient import TransientFindings

log = get_logger(__name__)

NO_FILES: Final[Mapping[str, bytes]] = MappingProxyType({})


@dataclass(frozen=True, eq=False)
class Outcome:
    """What a run gave.

    Args:
        findings: The findings, of a steady or a transient run.
        summary: What summary.json holds.
        folder: The run folder.
        fields: Field files of a steady run, to be opened in ParaView.
    """

    findings: SteadyFindings | TransientFindings
    summary: Summary
    folder: Path
    fields: tuple[Path, ...] = ()

    def table(self) -> Table:
        """Return the main numbers for a terminal."""
        if is_transient(self.summary):
            return transient_headline(self.summary).for_terminal()
        return headline([self.summary]).for_terminal()

    def closing(self) -> str:
        """Return the last sentence on a terminal.

        It is on the stability of a steady state, or the finding of a transient run.
        """
        if is_transient(self.summary):
            return transient_verdict(self.summary).finding
        return stability_sentence(self.summary)


def run_case(
    case: Case,
    comm: MPI.Comm,
    folder: Path | str,
    progress: Progress | None = None,
    *,
    force: bool = False,
) -> Outcome:
    """Solve a case and write its run folder; collective.

    Args:
        case: The case.
        comm: The ranks to solve it on.
        folder: The run folder; made if missing.
        progress: Shows how far a transient run is; None logs lines.
        force: Whether a finished run in the folder, or one that could go on, may be replaced.

    Raises:
        FemsoretError: Mesh, conditions, convergence or output; the same on all ranks. Where a
            solve failed, ``failure.json`` and ``solver_history.txt`` of the run folder say what
            was tried.
        Interrupted: A transient run was asked to stop; it can be resumed.
    """
    start, started = time.perf_counter(), datetime.now().astimezone()
    built = case.build(comm)
    kind = "steady" if built.schedule is None else "transient"
    record = first_record(kind, comm, case, started=started)
    # After the case: what is wrong with it leaves no trace.
    with begin_run(folder, comm, record, force=force) as target:
        _log_case(built)
        if built.schedule is None:
            write_case(target, case)
            return _finish(built, target, started, lambda: _solve(built, target, start, started))
        begin_transient_run(target, case)
        return _march(built, target, started, progress)


def resume_case(
    folder: Path | str,
    comm: MPI.Comm,
    progress: Progress | None = None,
    *,
    unsafe_petsc: bool = False,
) -> Outcome:
    """Resume a transient run that was stopped, from its last checkpoint; collective.

    Args:
        folder: The run folder.
        comm: The ranks to solve it on, as many as before or not.
        progress: Shows how far the run is; None logs lines.
        unsafe_petsc: As for :func:`~femsoret.case.load_case`.

    Raises:
        FemsoretError: There is nothing to resume, or the case is another one; and as
            :func:`run_case`.
        Interrupted: The run was asked to stop again.
    """
    started, path = datetime.now().astimezone(), Path(folder)
    check_resumable(path, comm)
    case = load_case(path / CASE, comm=comm, unsafe_petsc=unsafe_petsc)
    record = first_record("transient", comm, case, started=started)
    check_inputs(path, comm, record["inputs"])
    with resume_run(path, comm, record) as target:
        check_resumable(path, comm)  # again: now nobody else changes it
        built = case.build(comm)
        _log_case(built)
        return _march(built, target, started, progress)


# -- solving and writing -------------------------------------------------------------------------


@dataclass(frozen=True, eq=False)
class _Results:
    """What a solved case writes into its folder; see :class:`Outcome`, :func:`write_results`."""

    findings: SteadyFindings | TransientFindings
    summary: Summary
    record: Record
    arrays: Mapping[str, Array]
    files: Mapping[str, bytes] = NO_FILES
    fields: tuple[Path, ...] = ()


def _solve(built: CaseRun, folder: RunFolder, start: float, started: datetime) -> _Results:
    """Find the steady state of a case, and write its fields; collective."""
    with memory_errors("solving"):
        findings = measure(built.experiment, with_numerical_error=built.numerical_error)
    solution, fields = findings.solution, tuple[Path, ...]()
    for format_ in built.output.formats:
        log.info("writing fields (%s)", format_)
        place = folder.staged / FIELDS
        fields += write_fields(solution.convection, place, format=format_, units=built.units)
    content = summary(
        findings,
        units=built.units,
        seconds=time.perf_counter() - start,
        peak_memory_mb=peak_memory_mb(folder.comm),
        warnings=built.warnings,
        case_hash=digest_of(folder.inputs),
    )
    return _Results(
        findings,
        content,
        steady_record(solution, folder.comm, started=started),
        sample(solution).arrays(),
        {HISTORY: solver_history(solution)},
        tuple(folder.path / path.relative_to(folder.staged) for path in fields),
    )


def _march(
    built: CaseRun, folder: RunFolder, started: datetime, progress: Progress | None
) -> Outcome:
    """March a case to its end, and write what it gave; collective."""
    run = TransientRun(built, folder, progress)

    def results() -> _Results:
        with memory_errors("marching"):
            findings = run.findings()
            numerical = run.numerical_error(findings)
        content = transient_summary(
            findings,
            numerical,
            units=built.units,
            seconds=run.setup.seconds,
            peak_memory_mb=peak_memory_mb(folder.comm),
            warnings=built.warnings,
            case_hash=digest_of(folder.inputs),
        )
        return _Results(
            findings,
            content,
            transient_record(findings, folder.comm, started=started),
            {**sample(findings.end).arrays(), **Histories.of(findings).arrays()},
        )

    outcome = _finish(built, folder, started, results)
    run.remove_checkpoints()
    return outcome


def _finish(
    built: CaseRun, folder: RunFolder, started: datetime, solve: Callable[[], _Results]
) -> Outcome:
    """Solve a case and publish its results, or what a failed solve tried; collective."""
    try:
        results = solve()
    except SolveFailure as failure:
        raise _written(failure, built, folder, started) from failure
    for warning in results.summary["warnings"][len(built.warnings) :]:  # those of the numbers
        log.warning("warning: %s", warning)
    log.info("writing the report")
    write_results(
        folder,
        "transient" if is_transient(results.summary) else "steady",
        {SUMMARY: results.summary},
        case=resolved_toml(built.case),
        record=results.record,
        arrays=results.arrays,
        files=results.files,
    )
    return Outcome(results.findings, results.summary, folder.path, results.fields)


def _log_case(built: CaseRun) -> None:
    for warning in built.warnings:
        log.warning("warning: %s", warning)
    experiment, length = built.experiment, LENGTHS[built.units]
    log.info(
        "%s: %s, gap %.4g %s, ranks: %d",
        built.case.title,
        experiment.cell.title,
        experiment.orientation.gap * length.factor,
        length.label,
        experiment.cell.comm.size,
    )


# -- failures ------------------------------------------------------------------------------------


def _written(
    failure: SolveFailure, built: CaseRun, folder: RunFolder, started: datetime
) -> SolveFailure:
    """Write what a failed solve tried, and return the failure with advice on the case."""
    alone = gather_messages(folder.comm, failure.message) is None
    advised = failure.with_hint(_advice(failure, built, alone=alone))
    try:
        write_failure(folder, advised, started=started, alone=alone)
    except OutputError as error:  # losing that must not hide the failure
        log.warning("what the solver did could not be written: %s", error)
    else:
        log.info("what the solver did is in %s", folder.path / FAILURE)
    return advised


def _advice(failure: SolveFailure, built: CaseRun, *, alone: bool) -> str:
    """Return what to try after a failure, in the keys of the case."""
    if isinstance(failure, OutOfMemory):
        if failure.hint != MEMORY_HINT:  # a limit that the case itself has set
            return failure.hint
        needs = None if alone else memory_estimate_mb(built, built.experiment.problem())
        return advice_on_memory(built.case, needs)
    if built.schedule is not None:
        return failure.hint
    return advice_on(built.case, failure.record)
