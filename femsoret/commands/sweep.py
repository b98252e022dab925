"""Running a sweep: a case is solved at many values of one or two keys, point by point."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from difflib import get_close_matches
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

from mpi4py import MPI

from femsoret.base.errors import PARTLY_DONE, CaseError, FemsoretError, Interrupted, OutputError
from femsoret.base.log import get_logger, quiet_solves
from femsoret.base.memory import memory_errors
from femsoret.case import Case, CaseRun, resolved_toml
from femsoret.case.sweep import SweepPlan, SweepPoint
from femsoret.commands.checkpoints import check_resumable
from femsoret.commands.record import context_of, first_record
from femsoret.commands.run import resume_case, run_case
from femsoret.io.files import on_root
from femsoret.io.folder import RunFolder, begin_run
from femsoret.io.kinds import DEFINITION, RESULTS
from femsoret.io.sweep_folder import POINTS, TABLE, SweepFolder, as_csv, flat
from femsoret.report.folder import write_case, write_results
from femsoret.report.summary.run import summary
from femsoret.report.tables.sweep import sweep_definition
from femsoret.report.verdicts.sweep import BIAS
from femsoret.report.words.numbers import plain
from femsoret.report.words.stability import lasts
from femsoret.report.words.units import Summary
from femsoret.studies.measure.solution import Solution
from femsoret.studies.measure.steady import measure

log = get_logger(__name__)

T = TypeVar("T")

Record = dict[str, Any]
"""Record of a point of a sweep, as kept in its file."""


def run_sweep(
    plan: SweepPlan,
    comm: MPI.Comm,
    path: Path,
    *,
    part: tuple[int, int] = (1, 1),
    quantity: str = "soret.bias",
    retry: bool = False,
    force: bool = False,
) -> list[Record]:
    """Solve the missing points of a sweep, and write its table, figure and page; collective.

    A point that fails is recorded with its error, and the sweep continues. A transient point also
    has a run folder next to its record.

    Args:
        plan: The plan of the sweep.
        comm: Communicator; all ranks solve each point together.
        path: Folder of the sweep.
        part: Number of the part of the sweep to solve, from 1, and the number of parts.
        quantity: Dotted name of the number that is drawn.
        retry: Whether to solve failed points again.
        force: Whether to replace the content of the folder and solve all points again.

    Returns:
        The records of all points solved so far, on every rank.

    Raises:
        OutputError: The folder cannot be used. It is raised on all ranks.
        Interrupted: A transient point was stopped by a signal; the same sweep resumes there.
    """
    with open_sweep(plan, comm, path, part=part, force=force) as target:
        folder = SweepFolder(path, plan)
        if retry:
            _on_root(folder, comm, lambda: folder.forget_failures(plan.part(*part)))
        _solve_missing(plan.part(*part), folder, comm)
        with target.exclusive():
            records: list[Record] = _on_root(folder, comm, folder.collect)
            _publish(plan, target, records, quantity)
        _warn_if_unknown(quantity, records)
        return records


def _warn_if_unknown(quantity: str, records: Sequence[Record]) -> None:
    """Warn that there is no figure if no point has the requested number."""
    names = {name for record in records for name in record.get("numbers", {})}
    if not names or quantity in names or quantity == BIAS:  # a pure fluid has no bias
        return
    close = get_close_matches(quantity, names, n=3)
    log.warning(
        "warning: no figure was drawn, since no point has a number %r; %s",
        quantity,
        f"did you mean {' or '.join(map(repr, close))}?" if close else "sweep.csv lists all names",
    )


@contextmanager
def open_sweep(
    plan: SweepPlan,
    comm: MPI.Comm,
    path: Path,
    *,
    part: tuple[int, int] = (1, 1),
    force: bool = False,
) -> Iterator[RunFolder]:
    """Begin or continue a sweep in a folder, as a context manager; collective.

    Args:
        plan: The plan of the sweep.
        comm: Communicator.
        path: Folder of the sweep.
        part: Number of the part of the sweep, from 1, and the number of parts; several parts may
            run at the same time.
        force: Whether to replace the content of the folder.

    Yields:
        The folder of the sweep, open for writing.

    Raises:
        OutputError: The folder cannot be used. It is raised on all ranks.
    """
    number, of = part
    started = datetime.now().astimezone()
    record = first_record("sweep", comm, *plan.cases, started=started)
    same = {"kind": "sweep", "inputs": record["inputs"]}
    name = "" if of == 1 else f"{number}-of-{of}"
    with begin_run(path, comm, record, force=force, part=name, continues=same) as target:
        if not target.continues:
            target.clear()
        target.claim(f"{POINTS}/")
        yield target


def _on_root(folder: SweepFolder, comm: MPI.Comm, action: Callable[[], T]) -> T:
    """Run an action in the folder on rank 0 and return its result on all ranks; collective."""
    return on_root(folder.path, comm, action, doing="write the sweep folder")


def _solve_missing(points: Sequence[SweepPoint], folder: SweepFolder, comm: MPI.Comm) -> None:
    """Solve the points that have no record yet, and write their records; collective."""
    plan = folder.plan
    before: tuple[SweepPoint, CaseRun, Solution] | None = None
    for count, point in enumerate(points, 1):
        if _on_root(folder, comm, partial(folder.record, point)) is not None:
            continue
        place = ", ".join(
            f"{axis.label} = {plain(value)}"
            for axis, value in zip(plan.axes, plan.values(point), strict=True)
        )
        log.info("point %d of %d: %s", count, len(points), place)
        try:
            with quiet_solves(), memory_errors("solving"):
                if point.case.time is None:
                    record, before = _solved(point, comm, before)
                else:
                    run = _run_or_resume(point.case, comm, folder.run_folder(point))
                    record = _record(run)
        except Interrupted:
            raise  # no failure: the same command goes on there
        except FemsoretError as error:
            log.warning("this point failed: %s", error.message)
            record, before = {"error": error.message, "hint": error.hint}, None
        _on_root(folder, comm, partial(folder.keep, point, record))


def _run_or_resume(case: Case, comm: MPI.Comm, folder: Path) -> Summary:
    """Run or resume the transient case of a point, and return its summary; collective.

    Args:
        case: The case, with a table [time].
        comm: Communicator.
        folder: Run folder of the point, inside that of the sweep. A run that cannot be resumed is
            replaced.

    Raises:
        Interrupted: The run was stopped by a signal; the same sweep resumes it.
        FemsoretError: See :func:`~femsoret.commands.run.run_case`.
    """
    try:
        check_resumable(folder, comm)
    except OutputError:  # nothing there, or nothing to go on with
        return run_case(case, comm, folder, force=True).summary
    return resume_case(folder, comm).summary


def _publish(plan: SweepPlan, target: RunFolder, records: list[Record], quantity: str) -> None:
    """Write the table, figure and page of all points solved so far; collective."""
    case = plan.cases[0]
    definition = sweep_definition(case.title, plan.axes, quantity, len(plan.points))
    write_case(target, case)
    write_results(
        target,
        "sweep",
        {DEFINITION: definition, RESULTS: {"points": records}},
        case=resolved_toml(case),
        files={TABLE: as_csv(plan.axes, records)},
        state="finished" if len(records) == len(plan.points) else "unfinished",
    )


def run_in_jobs(command: Sequence[str], jobs: int) -> None:
    """Run a sweep command in several processes on this machine, one part of the sweep in each.

    Args:
        command: Arguments of ``femsoret``, without ``--jobs``.
        jobs: Number of processes.

    Raises:
        OutputError: A process ended with an error.
    """
    running = [
        subprocess.Popen([sys.executable, "-m", "femsoret", *command, "--part", f"{i}/{jobs}"])
        for i in range(1, jobs + 1)
    ]
    wrong = [process.wait() not in (0, PARTLY_DONE) for process in running]
    if any(wrong):
        raise OutputError(
            f"{sum(wrong)} of {jobs} processes of the sweep ended with an error",
            "see their messages above; the same command continues where they stopped",
        )


def _solved(
    point: SweepPoint, comm: MPI.Comm, before: tuple[SweepPoint, CaseRun, Solution] | None
) -> tuple[Record, tuple[SweepPoint, CaseRun, Solution]]:
    """Return the record of a point, and its solution as initial guess for the next point."""
    start = time.perf_counter()
    same_cell = before is not None and before[0].case.cell == point.case.cell
    built = point.case.build(comm, cell=before[1].experiment.cell if before and same_cell else None)
    guess = before[2] if before and same_cell else None
    findings = measure(built.experiment, with_numerical_error=built.numerical_error, start=guess)
    context = context_of(built, None, time.perf_counter() - start)
    return _record(summary(findings, context)), (point, built, findings.solution)


def _record(content: Summary) -> Record:
    """Return the record of a point, made from its summary."""
    numbers = flat({key: value for key, value in content.items() if key not in {"fluid", "schema"}})
    return {"numbers": numbers, "warnings": content["warnings"], "lasts": lasts(content)}


def parse_part(text: str) -> tuple[int, int]:
    """Return the numbers k and n in a text of the form "k/n".

    Args:
        text: Value of the option --part, with k from 1 to n.

    Raises:
        CaseError: The text is not of this form.
    """
    number, slash, of = text.partition("/")
    if not (slash and number.isdecimal() and of.isdecimal() and 1 <= int(number) <= int(of)):
        raise CaseError(f"--part {text}: not of the form k/n with k from 1 to n", "--part 3/10")
    return int(number), int(of)
