"""Running a sweep: point after point, each from the one before."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from mpi4py import MPI

from femsoret.case.build import CaseRun
from femsoret.errors import CaseError, FemsoretError, Interrupted, OutputError
from femsoret.io.files import on_root
from femsoret.log import get_logger, many_solves
from femsoret.memory import memory_errors
from femsoret.report.painting import paint
from femsoret.report.rounding import percent, plain
from femsoret.report.stability import lasts
from femsoret.report.summary import summary
from femsoret.report.warnings import COARSEST
from femsoret.run import peak_memory_mb
from femsoret.studies.findings import measure
from femsoret.studies.solution import Solution
from femsoret.sweep.figures import draw_sweep
from femsoret.sweep.folder import SweepFolder, flat
from femsoret.sweep.marched import marched
from femsoret.sweep.points import Plan, Point

log = get_logger(__name__)

Record = dict[str, Any]


def run_sweep(
    plan: Plan,
    comm: MPI.Comm,
    path: Path,
    *,
    part: tuple[int, int] = (1, 1),
    quantity: str = "soret.bias",
    retry: bool = False,
) -> list[Record]:
    """Solve what is missing of a sweep, and write table and figure; collective.

    A point that fails is recorded with its error and does not stop the others. A transient one
    leaves a run folder of its own, beside its record.

    Args:
        plan: The sweep.
        comm: The ranks, all of which solve each point together.
        path: Its folder.
        part: Which part of the path to solve, of how many.
        quantity: Dotted name of the number that is drawn.
        retry: Whether to try points again that have failed.

    Returns:
        The records of all points so far, on every rank.

    Raises:
        OutputError: The folder cannot be used; the same on all ranks.
        Interrupted: A transient point was asked to stop; the same sweep goes on there.
    """
    folder = SweepFolder(path, plan)
    together = partial(on_root, path, comm, what="sweep folder")
    together(folder.open)
    if retry:
        together(lambda: folder.forget_failures(plan.part(*part)))
    before: tuple[Point, CaseRun, Solution] | None = None
    points = plan.part(*part)
    for count, point in enumerate(points, 1):
        if together(partial(folder.record, point)) is not None:
            continue
        place = ", ".join(
            f"{axis.label} = {plain(value)}"
            for axis, value in zip(plan.axes, plan.values(point), strict=True)
        )
        log.info("point %d of %d: %s", count, len(points), place)
        try:
            with many_solves(), memory_errors("solving"):
                if point.case.time is None:
                    record, before = _solved(point, comm, before)
                else:
                    record = _record(marched(point.case, comm, folder.run_folder(point)))
        except Interrupted:
            raise  # no failure: the same command goes on there
        except FemsoretError as error:
            log.warning("this point failed: %s", error.message)
            record, before = {"error": error.message, "hint": error.hint}, None
        together(partial(folder.keep, point, record))
    records: list[Record] = together(folder.collect)

    def draw() -> None:
        for png in paint({"sweep": lambda: draw_sweep(plan, records, quantity)}):
            folder.add_picture(png)

    together(draw)
    return records


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
    statuses = [process.wait() for process in running]
    if any(statuses):
        raise OutputError(
            f"{sum(map(bool, statuses))} of {jobs} processes of the sweep ended with an error",
            "see what they said above; the same command goes on where they stopped",
        )


def _solved(
    point: Point, comm: MPI.Comm, before: tuple[Point, CaseRun, Solution] | None
) -> tuple[Record, tuple[Point, CaseRun, Solution]]:
    """Return the record of a point, and what the next one may start from."""
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


def _record(content: Mapping[str, Any]) -> Record:
    """Return what is kept of a summary."""
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


def told(plan: Plan, records: Sequence[Record]) -> str:
    """Return what came of a sweep, in a line or two."""
    failed = [record for record in records if "error" in record]
    text = f"{len(records)} of {len(plan.points)} points, {len(failed)} of them failed"
    passing = sum(not record.get("lasts", True) for record in records)
    if passing:
        text += f", {passing} with a steady state that does not last"
    biases = [
        abs(float(record["numbers"]["soret.bias"]))
        for record in records
        if record.get("lasts", True) and "soret.bias" in record.get("numbers", {})
    ]
    if biases:
        text += f"; |bias| from {percent(min(biases))} to {percent(max(biases))}"
    coarse = sum(map(_is_coarse, records))
    if coarse:
        text += f"; at {coarse} of them the mesh is too coarse for a field (resolution.*.missed)"
    return text


def _is_coarse(record: Record) -> bool:
    """Return whether the mesh of a point was too coarse for a field."""
    numbers = record.get("numbers", {})
    return any(
        numbers.get(f"resolution.{key}.missed", 0.0) > numbers.get(f"resolution.{key}.limit", 1.0)
        for key in COARSEST.values()
    )
