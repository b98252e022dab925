"""Running a case and writing its run folder, for the command line and the demos."""

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
from femsoret.commands.checkpoints import check_inputs, check_resumable
from femsoret.commands.estimates import memory_estimate_mb
from femsoret.commands.record import (
    Record,
    context_of,
    first_record,
    solver_history,
    steady_record,
    transient_record,
    write_failure,
)
from femsoret.commands.transient import TransientRun, begin_transient_run
from femsoret.io import write_fields
from femsoret.io.folder import RunFolder, begin_run, resume_run
from femsoret.io.history import Histories
from femsoret.io.kinds import SUMMARY, KindName
from femsoret.io.records import record_csv, record_name
from femsoret.report.figures.column import column_arrays
from femsoret.report.figures.instruments import arrays_of_maps, phase_map_file
from femsoret.report.figures.records import arrays_of_records
from femsoret.report.figures.samples import sample
from femsoret.report.figures.states import arrays_of
from femsoret.report.folder import (
    CASE,
    FAILURE,
    FIELDS,
    HISTORY,
    PHASE_MAPS,
    write_case,
    write_results,
)
from femsoret.report.summary.run import is_transient, summary, transient_summary
from femsoret.report.tables.headline import headline, transient_headline
from femsoret.report.verdicts.column import column_finding, is_column
from femsoret.report.verdicts.transient import transient_verdict
from femsoret.report.words.stability import lasts, stability_sentence
from femsoret.report.words.units import LENGTHS, Summary
from femsoret.studies.measure.state import MeasuredState
from femsoret.studies.measure.steady import SteadyFindings, measure
from femsoret.studies.measure.transient import TransientFindings

log = get_logger(__name__)

NO_FILES: Final[Mapping[str, bytes]] = MappingProxyType({})


@dataclass(frozen=True, eq=False)
class Outcome:
    """Result of a run.

    Args:
        findings: Findings of the steady or transient run.
        summary: Content of summary.json.
        folder: Path of the run folder.
        fields: Field files of a steady run, for ParaView; empty for a transient run.
    """

    findings: SteadyFindings | TransientFindings
    summary: Summary
    folder: Path
    fields: tuple[Path, ...] = ()

    def table(self) -> Table:
        """Return the table of the main results for a terminal."""
        if is_transient(self.summary):
            return transient_headline(self.summary).for_terminal()
        return headline([self.summary]).for_terminal()

    def closing(self) -> str:
        """Return the sentence that is printed last on a terminal.

        It is the stability of a steady state, after the finding of a column, or the finding of a
        transient run.
        """
        if is_transient(self.summary):
            return transient_verdict(self.summary).finding
        stability = stability_sentence(self.summary)
        if is_column(self.summary) and lasts(self.summary):
            return f"{column_finding(self.summary)}. {stability}"
        return stability


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
        comm: Communicator to solve on.
        folder: The run folder; created if missing.
        progress: Display of the progress of a transient run; None to log it line by line.
        force: Whether to replace a finished or resumable run in the folder.

    Raises:
        FemsoretError: The mesh or the conditions are invalid, a solve failed, or the folder cannot
            be written to. It is raised on all ranks. If a solve failed, ``failure.json`` and
            ``solver_history.txt`` in the run folder record the attempts.
        Interrupted: A transient run was stopped by a signal; it can be resumed.
    """
    start, started = time.perf_counter(), datetime.now().astimezone()
    built = case.build(comm)
    kind: KindName = "steady" if built.schedule is None else "transient"
    record = first_record(kind, comm, case, started=started)
    # After building the case, so that an invalid case leaves no trace.
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
    """Resume a stopped transient run from its last checkpoint; collective.

    Args:
        folder: The run folder.
        comm: Communicator to solve on; its size may differ from that of the stopped run.
        progress: Display of the progress of the run; None to log it line by line.
        unsafe_petsc: See :func:`~femsoret.case.load_case`.

    Raises:
        FemsoretError: There is nothing to resume, the inputs have changed, or an error of
            :func:`run_case` occurred.
        Interrupted: The run was stopped by a signal again.
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
    """Results of a solved case to be written; see :class:`Outcome` and :func:`write_results`."""

    findings: SteadyFindings | TransientFindings
    summary: Summary
    record: Record
    arrays: Mapping[str, Array]
    files: Mapping[str, bytes] = NO_FILES
    fields: tuple[Path, ...] = ()


def _solve(built: CaseRun, folder: RunFolder, start: float, started: datetime) -> _Results:
    """Compute the steady state of a case and write its fields; collective."""
    with memory_errors("solving"):
        findings = measure(built.experiment, with_numerical_error=built.numerical_error)
    solution, fields = findings.solution, tuple[Path, ...]()
    for format_ in built.output.formats:
        log.info("writing fields (%s)", format_)
        place = folder.staged / FIELDS
        fields += write_fields(solution.convection, place, format=format_, units=built.units)
    context = context_of(built, folder, time.perf_counter() - start)
    return _Results(
        findings,
        summary(findings, context),
        steady_record(solution, folder.comm, started=started),
        {
            **sample(solution).arrays(),
            **column_arrays(findings.column),
            **arrays_of(findings.states.transports if findings.states else ()),
            **arrays_of_maps(findings.instruments),
        },
        {HISTORY: solver_history(solution), **_phase_maps(findings)},
        tuple(folder.path / path.relative_to(folder.staged) for path in fields),
    )


def _phase_maps(state: MeasuredState) -> dict[str, bytes]:
    """Return the file of phase maps; none without any."""
    content = phase_map_file(state.instruments)
    return {} if content is None else {PHASE_MAPS: content}


def _march(
    built: CaseRun, folder: RunFolder, started: datetime, progress: Progress | None
) -> Outcome:
    """March a case to its end and write the results; collective."""
    run = TransientRun(built, folder, progress)

    def results() -> _Results:
        with memory_errors("marching"):
            findings = run.findings()
            numerical = run.numerical_error(findings)
        context = context_of(built, folder, run.setup.seconds)
        return _Results(
            findings,
            transient_summary(findings, numerical, context),
            transient_record(findings, folder.comm, started=started),
            {
                **sample(findings.end).arrays(),
                **Histories.of(findings).arrays(),
                **arrays_of_maps(findings.state.instruments),
                **column_arrays(findings.state.column),
                **arrays_of_records(findings.records),
            },
            {
                **_phase_maps(findings.state),
                **{
                    record_name(name): record_csv(of, built.units)
                    for name, of in findings.records.items()
                },
            },
        )

    outcome = _finish(built, folder, started, results)
    run.remove_checkpoints()
    return outcome


def _finish(
    built: CaseRun, folder: RunFolder, started: datetime, solve: Callable[[], _Results]
) -> Outcome:
    """Solve a case and publish its results, or the record of a failed solve; collective."""
    try:
        results = solve()
    except SolveFailure as failure:
        raise _written(failure, built, folder, started) from failure
    for warning in results.summary["warnings"][len(built.warnings) :]:  # those of the numbers
        log.warning("warning: %s", warning)
    log.info("writing the report")
    write_results(
        folder,
        results.summary["kind"],
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
    """Write the record of a failed solve, and return the failure with advice on the case."""
    alone = gather_messages(folder.comm, failure.message) is None
    advised = failure.with_hint(_advice(failure, built, alone=alone))
    try:
        write_failure(folder, advised, started=started, alone=alone)
    except OutputError as error:  # losing that must not hide the failure
        log.warning("warning: the record of the solver could not be written: %s", error)
    else:
        log.info("the record of the solver is in %s", folder.path / FAILURE)
    return advised


def _advice(failure: SolveFailure, built: CaseRun, *, alone: bool) -> str:
    """Return advice after a failure, in terms of the keys of the case."""
    if isinstance(failure, OutOfMemory):
        if failure.hint != MEMORY_HINT:  # a limit that the case itself has set
            return failure.hint
        needs = None if alone else memory_estimate_mb(built, built.experiment.problem())
        return advice_on_memory(built.case, needs)
    if built.schedule is not None:
        return failure.hint
    return advice_on(built.case, failure.record)
