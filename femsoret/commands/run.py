"""Run: from a case to a run folder. The command line and the demos both come here."""

from __future__ import annotations

import resource
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from mpi4py import MPI

from rich.table import Table
from rich.text import Text

from femsoret.base.errors import OutOfMemory, OutputError, SolveFailure
from femsoret.base.log import get_logger
from femsoret.base.memory import MEMORY_HINT, memory_errors
from femsoret.base.progress import Progress
from femsoret.base.ranks import gather_messages
from femsoret.case import Case, CaseRun, advice_on, advice_on_memory, load_case, resolved_toml
from femsoret.commands.transient import TransientRun, check_inputs, check_resumable
from femsoret.io import write_fields
from femsoret.io.folder import RunFolder, begin_run, resume_run
from femsoret.report.from_data import from_data
from femsoret.report.main_wall import main_nusselt
from femsoret.report.memory_estimate import memory_estimate_mb
from femsoret.report.rounding import percent, plain, with_error
from femsoret.report.run_folder import (
    CASE,
    FAILURE,
    FIELDS,
    write_case,
    write_failure,
    write_run,
)
from femsoret.report.run_record import first_record
from femsoret.report.stability import lasts, stability_sentence
from femsoret.report.standing import standing
from femsoret.report.summary import summary
from femsoret.report.table import NONE
from femsoret.report.transient_folder import write_transient_run
from femsoret.report.transient_start import begin_transient_run
from femsoret.report.transient_summary import transient_summary
from femsoret.report.transient_verdict import transient_verdict
from femsoret.report.units import LENGTHS
from femsoret.studies.measure.steady import SteadyFindings, measure
from femsoret.studies.measure.transient import TransientFindings

log = get_logger(__name__)


@dataclass(frozen=True, eq=False)
class Outcome:
    """What a run gave.

    Args:
        findings: The findings.
        summary: What summary.json holds.
        folder: The run folder.
        fields: Field files, to be opened in ParaView.
    """

    findings: SteadyFindings
    summary: Mapping[str, Any]
    folder: Path
    fields: tuple[Path, ...]

    def table(self) -> Table:
        """Return the main numbers for a terminal."""
        return headline([self.summary])

    def closing(self) -> str:
        """Return what is known of the stability, the last word on a terminal."""
        return stability_sentence(self.summary)


@dataclass(frozen=True, eq=False)
class TransientOutcome:
    """What a transient run gave.

    Args:
        findings: The findings.
        summary: What summary.json holds.
        folder: The run folder.
    """

    findings: TransientFindings
    summary: Mapping[str, Any]
    folder: Path

    def table(self) -> Table:
        """Return the main numbers for a terminal."""
        return transient_headline(self.summary)

    def closing(self) -> str:
        """Return the finding, the last word on a terminal."""
        return transient_verdict(self.summary).finding


def run_case(
    case: Case,
    comm: MPI.Comm,
    folder: Path | str,
    progress: Progress | None = None,
    *,
    force: bool = False,
) -> Outcome | TransientOutcome:
    """Solve a case and write its run folder; collective.

    Args:
        case: The case.
        comm: The ranks to solve it on.
        folder: The run folder; made if missing.
        progress: Shows where a transient run stands; None logs lines.
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
    record = first_record(kind, comm, case, started=started, command=sys.argv)
    # After the case: what is wrong with it leaves no trace.
    with begin_run(folder, comm, record, force=force) as target:
        _say_what_is_run(built)
        if built.schedule is not None:
            begin_transient_run(target, case)
            return _march(built, target, started, progress)
        return _find_steady(built, target, start, started)


def _find_steady(built: CaseRun, target: RunFolder, start: float, started: datetime) -> Outcome:
    """Find the steady state of a case, and write what it gave."""
    write_case(target, built.case)
    try:
        with memory_errors("solving"):
            findings = measure(built.experiment, with_numerical_error=built.numerical_error)
    except SolveFailure as failure:
        raise _kept(failure, built, target, started) from failure
    fields: tuple[Path, ...] = ()
    for format_ in built.output.formats:
        log.info("writing fields (%s)", format_)
        fields += write_fields(
            findings.solution.convection, target.staged / FIELDS, format=format_, units=built.units
        )
    content = summary(
        findings,
        units=built.units,
        seconds=time.perf_counter() - start,
        peak_memory_mb=peak_memory_mb(target.comm),
        warnings=built.warnings,
    )
    for warning in content["warnings"][len(built.warnings) :]:  # what the numbers gave rise to
        log.warning("warning: %s", warning)
    log.info("writing the report")
    write_run(
        target,
        findings.solution,
        content,
        case=resolved_toml(built.case),
        started=started,
        command=sys.argv,
    )
    placed = tuple(target.path / path.relative_to(target.staged) for path in fields)
    return Outcome(findings, content, target.path, placed)


def resume_case(
    folder: Path | str,
    comm: MPI.Comm,
    progress: Progress | None = None,
    *,
    unsafe_petsc: bool = False,
) -> TransientOutcome:
    """Go on with a transient run that was stopped, from its last checkpoint; collective.

    Args:
        folder: The run folder.
        comm: The ranks to solve it on, as many as before or not.
        progress: Shows where the run stands; None logs lines.
        unsafe_petsc: As for :func:`~femsoret.case.load_case`.

    Raises:
        FemsoretError: There is nothing to resume, or the case is another one; and as
            :func:`run_case`.
        Interrupted: The run was asked to stop again.
    """
    started, path = datetime.now().astimezone(), Path(folder)
    check_resumable(path, comm)
    case = load_case(path / CASE, comm=comm, unsafe_petsc=unsafe_petsc)
    now = first_record("transient", comm, case, started=started, command=sys.argv)
    check_inputs(path, comm, now["inputs"])
    with resume_run(path, comm, now) as target:
        check_resumable(path, comm)  # again: now nobody else changes it
        built = case.build(comm)
        _say_what_is_run(built)
        return _march(built, target, started, progress)


def _march(
    built: CaseRun, folder: RunFolder, started: datetime, progress: Progress | None
) -> TransientOutcome:
    """March a case to its end from where it stands, and write what it gave."""
    run = TransientRun(built, folder, progress)
    try:
        with memory_errors("marching"):
            findings = run.findings()
            numerical = run.numerical_error(findings)
    except SolveFailure as failure:
        raise _kept(failure, built, folder, started) from failure
    content = transient_summary(
        findings,
        numerical,
        units=built.units,
        seconds=run.setting.seconds,
        peak_memory_mb=peak_memory_mb(folder.comm),
        warnings=built.warnings,
    )
    for warning in content["warnings"][len(built.warnings) :]:  # what the numbers gave rise to
        log.warning("warning: %s", warning)
    log.info("writing the report")
    write_transient_run(
        folder,
        findings,
        content,
        case=resolved_toml(built.case),
        started=started,
        command=sys.argv,
    )
    run.forget()
    return TransientOutcome(findings, content, folder.path)


def _say_what_is_run(built: CaseRun) -> None:
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


def peak_memory_mb(comm: MPI.Comm) -> float:
    """Return the largest resident memory of all ranks together, MB.

    Args:
        comm: The ranks.
    """
    kilobytes = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss  # kB on Linux
    return float(comm.allreduce(kilobytes)) / 1024.0


def headline(summaries: list[Mapping[str, Any]]) -> Table:
    """Return a table of the main numbers, one column a run.

    Args:
        summaries: Contents of summary.json.
    """
    separates = any(content["soret"] or content["separation"] for content in summaries)
    title = "Which Soret coefficient would this cell report?"
    table = Table(title=title if separates else "What passes through this cell?")
    table.add_column("")
    for content in summaries:
        table.add_column(Text(content["title"]), justify="right")  # no markup in what users write
    columns = [_headline_cells(content) for content in summaries]
    for label in columns[0]:
        if not separates and all(set(column[label]) <= {*NONE, *" /"} for column in columns):
            continue  # a pure fluid has no S_T to ask for
        table.add_row(label, *(column[label] for column in columns))
    return table


def transient_headline(content: Mapping[str, Any]) -> Table:
    """Return a table of the main numbers of a transient run.

    Args:
        content: Content of its summary.json.
    """
    table = Table(title="Which D and S_T would this experiment report?")
    for heading in ("", "with gravity", "without gravity"):
        table.add_column(heading, justify="left" if not heading else "right")
    unit = content["units"] == "SI"

    def row(label: str, part: str, key: str, write: Callable[[Any], str] = plain) -> None:
        found = [content[part].get(run) or {} for run in ("with_gravity", "without_gravity")]
        table.add_row(label, *(write(run.get(key)) for run in found))

    def error(key: str) -> None:
        found = [f"evaluation.{run}.{key}" for run in ("with_gravity", "without_gravity")]
        errors = content["numerical_error"]
        if "method" in errors:
            table.add_row("  numerical error of the bias", *(percent(errors.get(n)) for n in found))

    table.add_row(
        "orientation", _stands(content), "" if content["time"]["without_gravity"] is None else "–"
    )
    row("S_T evaluated" + (" (1/K)" if unit else ""), "evaluation", "S_T")
    row("  bias", "evaluation", "S_T_bias", percent)
    error("S_T_bias")
    row("D evaluated" + (" (m2/s)" if unit else ""), "evaluation", "D")
    row("  bias", "evaluation", "D_bias", percent)
    error("D_bias")
    if goes_on := content.get("statistics"):
        label = "apparent S_T, mean in time" + (" (1/K)" if unit else "")
        mean, bias = with_error(goes_on["mean"], goes_on["standard_error"]), goes_on["bias"]
        table.add_row(label, mean, "–")
        table.add_row("  bias", percent(bias["mean"] if bias else None), "–")
    if "reason" in content["evaluation"]:
        table.caption = Text(f"Not evaluated: {content['evaluation']['reason']}.")
    row("end" + (" (s)" if unit else ""), "time", "end")
    row("steps", "time", "steps", lambda number: "–" if number is None else str(number))
    return table


def _stands(content: Mapping[str, Any]) -> str:
    """Return how the cell stands, in short lines: a column is as wide as its longest one."""
    return standing(content["orientation"]).replace("; ", ";\n")


def _headline_cells(content: Mapping[str, Any]) -> dict[str, str]:
    """Return label -> text of one run's column; "-" for what has no meaning there."""
    unit = " (1/K)" if content["units"] == "SI" else ""
    soret = content["soret"] or dict.fromkeys(("true", "apparent", "error", "bias"))
    errors = content["numerical_error"]
    spread = from_data(content)
    if not lasts(content):  # nothing that a cell would report
        soret, errors, spread = {**dict.fromkeys(soret), "true": soret["true"]}, {}, NONE
    return {
        "orientation": _stands(content),
        f"S_T true{unit}": plain(soret["true"]),
        "  effect of the readings": percent(soret.get("reading_effect")),
        f"S_T apparent{unit}": plain(soret["apparent"], 5),
        f"error{unit}": plain(soret["error"], 3),
        "bias": percent(soret["bias"]),
        "  numerical error of the bias": percent(errors.get("soret.bias")),
        "  from the fluid data": spread,
        "separation with / without gravity": " / ".join(
            plain((content["separation"] or {}).get(key)) for key in ("value", "without_gravity")
        ),
        "Nusselt number": plain(main_nusselt(content)),
        "solutal Péclet number": plain(content["peclet"]["solutal"], 3),
        "stability": (content.get("stability") or {}).get("verdict", "-"),
        "unknowns": str(content["solver"]["dofs"]),
        "time (s)": f"{content['solver']['wall_seconds']:.0f}",
    }


def _kept(
    failure: SolveFailure, built: CaseRun, folder: RunFolder, started: datetime
) -> SolveFailure:
    """Write what a failed solve tried, and return the failure with advice on the case."""
    alone = gather_messages(folder.comm, failure.message) is None
    advised = failure.advising(_advice(failure, built, alone=alone))
    try:
        write_failure(folder, advised, started=started, command=sys.argv, alone=alone)
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
