"""The run folder: everything that a run leaves behind, and the page made from it again.

Nothing half-written is taken for a result: each file appears when it is whole, and summary.json,
without which a folder holds no result, goes first and comes last.
"""

from __future__ import annotations

import json
import os
import shutil
import tomllib
import zipfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from io import BytesIO
from math import isfinite
from pathlib import Path
from typing import Any, Final

from mpi4py import MPI

import numpy as np

from femsoret.errors import NotConverged, OutputError
from femsoret.report import figures, history_figures
from femsoret.report.canvas import Picture
from femsoret.report.figures import draw
from femsoret.report.histories import Histories
from femsoret.report.history_figures import draw_histories
from femsoret.report.page import FIGURES, Page
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
STEMS: Final = ("fields", "fluxes")
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
                _write(place / ".writable", b"")
                (place / ".writable").unlink()

    _on_root(folder, comm, probe)
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
        _write(path / CASE, case.encode())
        _write(path / RUN, _json(record))
        if solver_history:
            _write(path / HISTORY, solver_history.encode())
        content = BytesIO()
        courses = histories.arrays() if histories else {}
        np.savez_compressed(content, **samples.arrays(), **courses)
        _write(path / SAMPLES, content.getvalue())
        # The page sees the summary as it will be read back.
        document = _json(summary)
        read_back = json.loads(document), json.loads(_json(record))
        _write_report(path, *read_back, case, samples, histories)
        _write(path / SUMMARY, document)

    _on_root(folder.path, folder.comm, write)


def write_failure(
    folder: RunFolder,
    failure: NotConverged,
    *,
    case: str,
    started: datetime,
    command: Sequence[str],
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
        _write(path / CASE, case.encode())
        _write(path / HISTORY, ("\n".join(failure.history) + "\n").encode())
        _write(path / RUN, _json(record))
        _write(path / FAILURE, _json(tried))

    _on_root(folder.path, folder.comm, write)


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
                f"{folder}: this run found no steady state",
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
        _write(path / FIGURES / f"{picture.name}.png", picture.png)
    for name in PICTURES - {picture.name for picture in pictures}:  # of an earlier run
        (path / FIGURES / f"{name}.png").unlink(missing_ok=True)
    _remove_empty(path / FIGURES)
    page = Page(summary, run, case, pictures)
    _write(path / MARKDOWN, page.markdown().encode())
    _write(path / HTML, page.html().encode())


def _remove_empty(*folders: Path) -> None:
    for folder in folders:
        if folder.is_dir() and not any(folder.iterdir()):
            folder.rmdir()


def _json(document: Mapping[str, Any]) -> bytes:
    text = json.dumps(_finite(document), indent=2, ensure_ascii=False, allow_nan=False)
    return (text + "\n").encode()


def _finite(value: Any) -> Any:
    """Return a document as JSON has it: None for what is no number, plain floats for numpy's."""
    if isinstance(value, Mapping):
        return {str(key): _finite(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(item) for item in value]
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, float) and not isfinite(value):
        return None
    return value


def _write(path: Path, content: bytes) -> None:
    """Write a file that appears when it is whole."""
    partial = path.with_name(f".{path.name}.partial")
    with partial.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    os.replace(partial, path)


def _on_root(path: Path, comm: MPI.Comm, action: Callable[[], None]) -> None:
    """Call an action on rank 0; whatever stops it there stops all ranks alike.

    Args:
        path: The folder, for the message.
        comm: The ranks.
        action: What to call.

    Raises:
        OutputError: The action failed.
    """
    error: Exception | None = None
    if comm.rank == 0:
        try:
            action()
        except Exception as refusal:  # the others wait for word, whatever went wrong
            error = refusal
    message = comm.bcast(error and f"{type(error).__name__}: {error}", root=0)
    if message is not None:
        raise OutputError(
            f"cannot write the run folder {path}: {message}",
            "choose a folder that you may write to, with space left",
        ) from error
