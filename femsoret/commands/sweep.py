"""Running a sweep: one case at many values of one or two of its keys, point after point."""

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
from femsoret.commands.record import first_record, peak_memory_mb
from femsoret.commands.run import resume_case, run_case
from femsoret.io.files import on_root
from femsoret.io.folder import RunFolder, begin_run
from femsoret.io.sweep_folder import (
    DEFINITION,
    POINTS,
    RESULTS,
    TABLE,
    SweepFolder,
    as_csv,
    flat,
)
from femsoret.report.folder import write_case, write_results
from femsoret.report.rounding import plain
from femsoret.report.stability import lasts
from femsoret.report.summary import summary
from femsoret.report.sweep import sweep_definition
from femsoret.report.sweep_figures import BIAS
from femsoret.report.units import Summary
from femsoret.studies.measure.solution import Solution
from femsoret.studies.measure.steady import measure

log = get_logger(__name__)

T = TypeVar("T")

Record = dict[str, Any]
"""Record of a point."""


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
    """Solve what is missing of a sweep, and write table, figure and page; collective.

    A point that fails is recorded with its error and does not stop the others. A transient one
    leaves a run folder of its own, beside its record.

    Args:
        plan: The sweep.
        comm: The ranks, all of which solve each point together.
        path: Its folder.
        part: Which part of the path to solve, of how many.
        quantity: Dotted name of the number that is drawn.
        retry: Whether to try points again that have failed.
        force: Whether to replace what the folder holds, and solve all points anew.

    Returns:
        The records of all points so far, on every rank.

    Raises:
        OutputError: The folder cannot be used; the same on all ranks.
        Interrupted: A transient point was asked to stop; the same sweep goes on there.
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
    """Warn that nothing is drawn if no point has the number that was asked for."""
    names = {name for record in records for name in record.get("numbers", {})}
    if not names or quantity in names or quantity == BIAS:  # a pure fluid has no bias
        return
    close = get_close_matches(quantity, names, n=3)
    log.warning(
        "warning: nothing is drawn: no point has a number %r; %s",
        quantity,
        f"did you mean {' or '.join(map(repr, close))}?" if close else "sweep.csv has all names",
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
    """Begin a sweep in a folder, or go on with it there; collective, a context manager.

    Args:
        plan: The sweep.
        comm: The ranks.
        path: Its folder.
        part: Which part of the path, of how many; parts may be at work at once.
        force: Whether to replace what the folder holds.

    Raises:
        OutputError: The folder cannot be used; the same on all ranks.
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
    """Return on all ranks what an action in the folder gives on rank 0; collective."""
    return on_root(folder.path, comm, action, doing="write the sweep folder")


def _solve_missing(points: Sequence[SweepPoint], folder: SweepFolder, comm: MPI.Comm) -> None:
    """Solve the points that have no record yet, and keep what they give."""
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
    """Run the transient case of a point, or resume it, and return its summary; collective.

    Args:
        case: The case, with a table [time].
        comm: The ranks.
        folder: Its run folder, in that of the sweep. What a run that cannot go on has left there is
            replaced.

    Raises:
        Interrupted: The run was asked to stop; the same sweep goes on with it.
        FemsoretError: As for :func:`~femsoret.commands.run.run_case`.
    """
    try:
        check_resumable(folder, comm)
    except OutputError:  # nothing there, or nothing to go on with
        return run_case(case, comm, folder, force=True).summary
    return resume_case(folder, comm).summary


def _publish(plan: SweepPlan, target: RunFolder, records: list[Record], quantity: str) -> None:
    """Write table, figure and page of all points so far; collective."""
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
    """Run a sweep's command in several processes on this machine, a part of the path each.

    Args:
        command: The arguments of ``femsoret``, without ``--jobs``.
        jobs: How many.

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
            "see what they said above; the same command goes on where they stopped",
        )


def _solved(
    point: SweepPoint, comm: MPI.Comm, before: tuple[SweepPoint, CaseRun, Solution] | None
) -> tuple[Record, tuple[SweepPoint, CaseRun, Solution]]:
    """Return the record of a point, and the solution from which the next point may start."""
    start = time.perf_counter()
    same_cell = before is not None and before[0].case.cell == point.case.cell
    built = point.case.build(comm, cell=before[1].experiment.cell if before and same_cell else None)
    guess = before[2] if before and same_cell else None
    findings = measure(built.experiment, with_numerical_error=built.numerical_error, start=guess)
    content = summary(
        findings,
        units=built.units,
        seconds=time.perf_counter() - start,
        peak_memory_mb=peak_memory_mb(comm),
        warnings=built.warnings,
    )
    return _record(content), (point, built, findings.solution)


def _record(content: Summary) -> Record:
    """Return the record of a point, from its summary."""
    numbers = flat({key: value for key, value in content.items() if key not in {"fluid", "schema"}})
    return {"numbers": numbers, "warnings": content["warnings"], "lasts": lasts(content)}


def parse_part(text: str) -> tuple[int, int]:
    """Return k and n of "k/n".

    Raises:
        CaseError: It is of another form.
    """
    number, slash, of = text.partition("/")
    if not (slash and number.isdecimal() and of.isdecimal() and 1 <= int(number) <= int(of)):
        raise CaseError(f"--part {text}: not of the form k/n with k from 1 to n", "--part 3/10")
    return int(number), int(of)
