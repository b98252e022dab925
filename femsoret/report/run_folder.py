"""The run folder: everything that a run leaves behind, and the page made from it again.

Nothing half-written is taken for a result: each file appears when it is whole, and summary.json,
without which a folder holds no result, goes first and comes last.
"""

from __future__ import annotations

import json
import shutil
import tomllib
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from io import BytesIO
from pathlib import Path
from typing import Any, Final

from mpi4py import MPI

import numpy as np

from femsoret.errors import OutputError, SolveFailure
from femsoret.report import figures, history_figures
from femsoret.report.canvas import Picture
from femsoret.report.figures import draw
from femsoret.report.files import as_json, on_root, write_whole
from femsoret.report.histories import Histories
from femsoret.report.history_figures import draw_histories
from femsoret.report.page import FIGURES, run_page
from femsoret.report.run_record import failure_record, history, run_record
from femsoret.report.samples import Samples, sample
from femsoret.report.summary import SCHEMA, is_transient
from femsoret.studies.solution import Solution

SUMMARY: Final = "summary.json"
CASE: Final = "case.resolved.toml"
RUN: Final = "run.json"
SAMPLES: Final = "figures.npz"
HISTORY: Final = "solver_history.txt"
FAILURE: Final = "failure.json"
FIELDS: Final = "fields"
STEMS: Final = ("fields", "fluxes", "solids")
"""Beginnings of the names of all field files."""
PICTURES: Final = figures.NAMES | history_figures.NAMES
"""Names of all figures."""
MARKDOWN: Final = "report.md"
HTML: Final = "report.html"


@dataclass(frozen=True)
class RunFolder:
    """A folder that was found writable.

    Args:
        path: The folder.
        comm: The ranks of the run; rank 0 writes.
    """

    path: Path
    comm: MPI.Comm


def open_run_folder(path: Path | str, comm: MPI.Comm) -> RunFolder:
    """Make a folder for a run if there is none, and check that it can be written to; collective.

    What it holds from an earlier run stays until :func:`write_run`.

    Args:
        path: The folder.
        comm: The ranks of the run.

    Raises:
        OutputError: The folder cannot be made or written to; the same on all ranks.
    """
    folder = Path(path)

    def probe() -> None:
        folder.mkdir(parents=True, exist_ok=True)
        for place in (folder, folder / FIGURES):  # the second one where an earlier run made it
            if place.exists():
                write_whole(place / ".writable", b"")
                (place / ".writable").unlink()

    on_root(folder, comm, probe)
    return RunFolder(folder, comm)


def write_run(
    folder: RunFolder,
    solution: Solution,
    summary: Mapping[str, Any],
    *,
    case: str,
    started: datetime,
    command: Sequence[str],
) -> None:
    """Write all files of a run; collective.

    Args:
        folder: Where to.
        solution: The solved experiment.
        summary: Its summary.
        case: The resolved case, TOML.
        started: When the run started.
        command: The command line.

    Raises:
        OutputError: A file cannot be written; the same on all ranks.
    """
    write_files(
        folder,
        summary,
        case=case,
        record=run_record(solution, folder.comm, started=started, command=command),
        samples=sample(solution),
        solver_history=history(solution),
    )


def write_files(
    folder: RunFolder,
    summary: Mapping[str, Any],
    *,
    case: str,
    record: Mapping[str, Any],
    samples: Samples,
    solver_history: str = "",
    histories: Histories | None = None,
) -> None:
    """Write all files of a run that made them; collective.

    Args:
        folder: Where to.
        summary: Its summary.
        case: The resolved case, TOML.
        record: The content of run.json.
        samples: Samples of its fields.
        solver_history: What the solver said; nothing writes no file.
        histories: Histories of a transient run.

    Raises:
        OutputError: A file cannot be written; the same on all ranks.
    """

    def write() -> None:
        path = folder.path
        for name in (SUMMARY, FAILURE, HISTORY):  # from here on there is no result
            (path / name).unlink(missing_ok=True)
        write_whole(path / CASE, case.encode())
        write_whole(path / RUN, as_json(record))
        if solver_history:
            write_whole(path / HISTORY, solver_history.encode())
        content = BytesIO()
        courses = histories.arrays() if histories else {}
        np.savez_compressed(content, **samples.arrays(), **courses)
        write_whole(path / SAMPLES, content.getvalue())
        # The page sees the summary as it will be read back.
        document = as_json(summary)
        read_back = json.loads(document), json.loads(as_json(record))
        _write_report(path, *read_back, case, samples, histories)
        write_whole(path / SUMMARY, document)

    on_root(folder.path, folder.comm, write)


def write_failure(
    folder: RunFolder,
    failure: SolveFailure,
    *,
    case: str,
    started: datetime,
    command: Sequence[str],
    alone: bool = False,
) -> None:
    """Write what a failed solve tried, and take away what an earlier run left; collective.

    The folder then holds ``failure.json``, the record of the run, the history and the case, and
    nothing that could be taken for a result.

    Args:
        folder: Where to.
        failure: The failure.
        case: The resolved case, TOML.
        started: When the run started.
        command: The command line.
        alone: Whether this rank alone stops: then it writes, and waits for no other.

    Raises:
        OutputError: A file cannot be written or removed; the same on all ranks.
    """
    tried = {"error": failure.message, "hint": failure.hint, **failure.record}
    record = failure_record(failure, folder.comm, started=started, command=command)

    def write() -> None:
        path = folder.path
        for name in (SUMMARY, SAMPLES, MARKDOWN, HTML):
            (path / name).unlink(missing_ok=True)
        for picture in PICTURES:
            (path / FIGURES / f"{picture}.png").unlink(missing_ok=True)
        for stem in STEMS:
            for field in (path / FIELDS).glob(f"{stem}.*"):
                shutil.rmtree(field) if field.is_dir() else field.unlink()
        _remove_empty(path / FIGURES, path / FIELDS)
        write_whole(path / CASE, case.encode())
        write_whole(path / HISTORY, ("\n".join(failure.history) + "\n").encode())
        write_whole(path / RUN, as_json(record))
        write_whole(path / FAILURE, as_json(tried))

    on_root(folder.path, MPI.COMM_SELF if alone else folder.comm, write)


def rewrite_report(path: Path | str) -> Path:
    """Draw the figures and write the page again, from the files of a run alone; serial.

    Args:
        path: The folder of the run.

    Returns:
        The page, report.html.

    Raises:
        OutputError: The folder holds no finished run, or cannot be read or written.
    """
    folder = Path(path)
    if not (folder / SUMMARY).is_file():
        if (folder / FAILURE).is_file():
            raise OutputError(
                f"{folder}: this run {_failed(folder / FAILURE)}",
                f"see what was tried in {FAILURE}, and every step in {HISTORY}",
            )
        raise OutputError(
            f"{folder} holds no finished run: {SUMMARY} is missing",
            "give the folder that `femsoret run` wrote; if the run was interrupted, run it again",
        )
    try:
        summary = json.loads((folder / SUMMARY).read_text(encoding="utf-8"))
        if summary.get("schema") != SCHEMA:
            raise OutputError(
                f"{folder / SUMMARY} has the layout {summary.get('schema')!r}, not {SCHEMA}",
                "it was written by another version of femsoret: use that one, or run again",
            )
        run = json.loads((folder / RUN).read_text(encoding="utf-8"))
        case = (folder / CASE).read_text(encoding="utf-8")
        with np.load(folder / SAMPLES) as arrays:
            samples = Samples.from_arrays(arrays)
            histories = Histories.from_arrays(arrays) if is_transient(summary) else None
    except (OSError, ValueError, KeyError, zipfile.BadZipFile) as error:
        raise OutputError(
            f"cannot read the run in {folder}: {error}", "a file was changed or lost: run again"
        ) from error
    try:
        _write_report(folder, summary, run, case, samples, histories)
    except OSError as error:
        raise OutputError(
            f"cannot write the report in {folder}: {error}",
            "copy the folder to where you may write, with space left",
        ) from error
    return folder / HTML


def _failed(failure: Path) -> str:
    """Return what a run failed by, as the rest of a sentence."""
    try:
        error = str(json.loads(failure.read_text(encoding="utf-8"))["error"]).splitlines()[0]
    except (OSError, ValueError, KeyError, IndexError):
        return "failed"
    return "found no steady state" if error.startswith("no steady state") else f"failed: {error}"


def _write_report(
    path: Path,
    summary: dict[str, Any],
    run: dict[str, Any],
    case: str,
    samples: Samples,
    histories: Histories | None,
) -> None:
    wanted = tomllib.loads(case).get("output", {}).get("figures", True)
    pictures: tuple[Picture, ...] = ()
    if wanted:
        courses = draw_histories(histories, samples, summary) if histories else ()
        pictures = (*courses, *draw(samples, summary))
    for picture in pictures:
        (path / FIGURES).mkdir(exist_ok=True)
        write_whole(path / FIGURES / f"{picture.name}.png", picture.png)
    for name in PICTURES - {picture.name for picture in pictures}:  # of an earlier run
        (path / FIGURES / f"{name}.png").unlink(missing_ok=True)
    _remove_empty(path / FIGURES)
    page = run_page(summary, run, case, pictures)
    write_whole(path / MARKDOWN, page.markdown().encode())
    write_whole(path / HTML, page.html().encode())


def _remove_empty(*folders: Path) -> None:
    for folder in folders:
        if folder.is_dir() and not any(folder.iterdir()):
            folder.rmdir()
