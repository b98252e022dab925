"""What a run leaves in its folder, and the page made from it again.

How a folder begins and ends, and what of it may be replaced, is in :mod:`femsoret.io.folder`.
"""

from __future__ import annotations

import json
import tomllib
import zipfile
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from io import BytesIO
from pathlib import Path
from typing import Any, Final

from mpi4py import MPI

import numpy as np

from femsoret.base.errors import OutputError, SolveFailure
from femsoret.case import Case, resolved_toml
from femsoret.fluids.database import fluid_toml
from femsoret.io.files import as_json, on_root, write_atomically
from femsoret.io.folder import SUMMARY, RunFolder, resume_run
from femsoret.io.history import Histories
from femsoret.io.marker import RUN, read_marker
from femsoret.report.canvas import Picture
from femsoret.report.figures import draw
from femsoret.report.history_figures import draw_histories
from femsoret.report.page import FIGURES, Page, run_page
from femsoret.report.run_record import failure_record, history, run_record
from femsoret.report.samples import Samples, sample
from femsoret.report.summary import SCHEMA, is_transient
from femsoret.studies.measure.solution import Solution

CASE: Final = "case.resolved.toml"
FLUID: Final = "fluid.resolved.toml"
SAMPLES: Final = "figures.npz"
HISTORY: Final = "solver_history.txt"
FAILURE: Final = "failure.json"
FIELDS: Final = "fields"
MARKDOWN: Final = "report.md"
HTML: Final = "report.html"


def write_case(folder: RunFolder, case: Case, *, in_place: bool = False) -> None:
    """Write the case with its defaults, and the fluid with its numbers; collective.

    Args:
        folder: The run folder.
        case: The case.
        in_place: Whether it is needed from now on, not only once there are results.

    Raises:
        OutputError: A file cannot be written; the same on all ranks.
    """
    texts = {CASE: resolved_toml(case)}
    if case.fluid is not None:
        texts[FLUID] = fluid_toml(case.fluid.fluid)
    if in_place:
        folder.claim(*texts)
    place = folder.path if in_place else folder.staged

    def write() -> None:
        for name, text in texts.items():
            write_atomically(place / name, text.encode())

    on_root(folder.path, folder.comm, write)


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
        path = folder.staged
        if solver_history:
            write_atomically(path / HISTORY, solver_history.encode())
        content = BytesIO()
        columns: dict[str, Any] = histories.arrays() if histories else {}
        np.savez_compressed(content, **samples.arrays(), **columns)
        write_atomically(path / SAMPLES, content.getvalue())
        # The page sees the summary as it will be read back.
        document = as_json(summary)
        read_back = json.loads(document), json.loads(as_json(record))
        _write_report(path, *read_back, case, samples, histories)
        write_atomically(path / SUMMARY, document)

    on_root(folder.path, folder.comm, write)
    folder.publish(record)


def write_failure(
    folder: RunFolder,
    failure: SolveFailure,
    *,
    started: datetime,
    command: Sequence[str],
    alone: bool = False,
) -> None:
    """Write what a failed solve tried, instead of what an earlier run left; collective.

    The folder then holds ``failure.json``, the record of the run, the history and the case, what a
    transient run can go on from, and nothing that could be taken for a result.

    Args:
        folder: Where to.
        failure: The failure.
        started: When the run started.
        command: The command line.
        alone: Whether this rank alone stops: then it writes, and waits for no other.

    Raises:
        OutputError: A file cannot be written or removed; the same on all ranks.
    """
    tried = {"error": failure.message, "hint": failure.hint, **failure.record}
    record = failure_record(failure, folder.comm, started=started, command=command)

    def write() -> None:
        path = folder.staged
        write_atomically(path / HISTORY, ("\n".join(failure.history) + "\n").encode())
        write_atomically(path / FAILURE, as_json(tried))

    on_root(folder.path, MPI.COMM_SELF if alone else folder.comm, write)
    folder.publish(record, state="failed", alone=alone)


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
    refuse_unfinished(folder)
    with reading(folder, "run", "run again"):
        summary = document(folder, SUMMARY)
        if summary.get("schema") != SCHEMA:
            raise OutputError(
                f"{folder / SUMMARY} has the layout {summary.get('schema')!r}, not {SCHEMA}",
                "it was written by another version of femsoret: use that one, or run again",
            )
        run = document(folder, RUN)
        case = (folder / CASE).read_text(encoding="utf-8")
        with np.load(folder / SAMPLES) as arrays:
            samples = Samples.from_arrays(arrays)
            histories = Histories.from_arrays(arrays) if is_transient(summary) else None
    return republish(folder, lambda to: _write_report(to, summary, run, case, samples, histories))


def kind_of(folder: Path) -> str:
    """Return which kind of run a folder holds, see :data:`femsoret.io.marker.KINDS`; serial.

    Args:
        folder: The folder.

    Raises:
        OutputError: It cannot be read.
    """
    marker = read_marker(folder)
    if marker is not None and marker.is_ours:
        return marker.kind
    try:  # older folders say it by what is in them
        summary = document(folder, SUMMARY)
    except (OSError, ValueError):
        return "steady"
    return "audit" if "budget" in summary else "steady"


def refuse_unfinished(folder: Path, needed: str = SUMMARY) -> None:
    """Refuse a folder without a finished run, in the words of what it has instead; serial.

    Args:
        folder: The folder.
        needed: The file that a finished run of the kind has.

    Raises:
        OutputError: There is none.
    """
    marker = read_marker(folder)
    if (folder / FAILURE).is_file():
        raise OutputError(
            f"{folder}: this run {_failed(folder / FAILURE)}",
            f"see what was tried in {FAILURE}, and every step in {HISTORY}",
        )
    if marker is not None and marker.is_ours and marker.state != "finished":
        raise OutputError(
            f"{folder} holds no finished run: {RUN} says that it is {marker.state}",
            "run it again, or where it has checkpoints go on with it: "
            f"femsoret resume {folder}; it may also still be running",
        )
    if not (folder / needed).is_file():
        raise OutputError(
            f"{folder} holds no finished run: {needed} is missing",
            "give the folder that `femsoret run` wrote; if the run was interrupted, run it again",
        )


@contextmanager
def reading(folder: Path, what: str, again: str) -> Iterator[None]:
    """Give the errors of reading a finished run one name; serial.

    Args:
        folder: The folder.
        what: What it holds, for the message.
        again: How to make it again, for the hint.

    Raises:
        OutputError: A file is missing, or is not what was written.
    """
    try:
        yield
    except (OSError, ValueError, KeyError, zipfile.BadZipFile) as error:
        raise OutputError(
            f"cannot read the {what} in {folder}: {error}", f"a file was changed or lost: {again}"
        ) from error


def document(folder: Path, name: str) -> Any:
    """Return what a JSON file of a folder holds."""
    return json.loads((folder / name).read_text(encoding="utf-8"))


def republish(folder: Path, write: Callable[[Path], None], also: Collection[str] = ()) -> Path:
    """Replace the page of a finished run and its figures; serial.

    Args:
        folder: The folder.
        write: Writes page and figures into the folder that it is given.
        also: What else it writes.

    Returns:
        The page, report.html.

    Raises:
        OutputError: Another process is at work in the folder, or it cannot be written to.
    """
    with resume_run(folder, MPI.COMM_SELF, {}) as target:
        on_root(folder, target.comm, lambda: write(target.staged))
        pages = {MARKDOWN, HTML, *also}
        target.publish(
            {},
            replacing=[
                name for name in target.files if name in pages or name.startswith(f"{FIGURES}/")
            ],
        )
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
    pictures: tuple[Picture, ...] = ()
    if wants_figures(case):
        courses = draw_histories(histories, samples, summary) if histories else ()
        pictures = (*courses, *draw(samples, summary))
    write_page(path, run_page(summary, run, case, pictures))


def wants_figures(case: str) -> bool:
    """Return whether a case asks for figures.

    Args:
        case: The resolved case, TOML.
    """
    return bool(tomllib.loads(case).get("output", {}).get("figures", True))


def write_page(path: Path, page: Page) -> None:
    """Write a page and its figures into a folder; rank 0.

    Args:
        path: The folder.
        page: The page.
    """
    for picture in page.pictures:
        (path / FIGURES).mkdir(exist_ok=True)
        write_atomically(path / FIGURES / f"{picture.name}.png", picture.png)
    write_atomically(path / MARKDOWN, page.markdown().encode())
    write_atomically(path / HTML, page.html().encode())
