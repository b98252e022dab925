"""What a run of any kind leaves in its folder, and its page made from that again.

How a folder begins and ends, and what of it may be replaced, is in :mod:`femsoret.io.folder`; what
is on the page of each kind of run, in :mod:`femsoret.report.pages`.
"""

from __future__ import annotations

import json
import zipfile
from collections.abc import Mapping
from io import BytesIO
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

from mpi4py import MPI

import numpy as np

from femsoret.base.errors import OutputError
from femsoret.base.types import Array
from femsoret.case import Case, resolved_toml
from femsoret.fluids.database import fluid_toml
from femsoret.io.files import as_json, on_root, write_atomically
from femsoret.io.folder import RunFolder, resume_run
from femsoret.io.marker import RUN, State, read_marker
from femsoret.report.page import FIGURES
from femsoret.report.pages import PAGES, RUN_PAGE, Contents, PageKind
from femsoret.report.summary_tables import SCHEMA
from femsoret.report.units import Document

CASE: Final = "case.resolved.toml"
FLUID: Final = "fluid.resolved.toml"
SAMPLES: Final = "figures.npz"
HISTORY: Final = "solver_history.txt"
FAILURE: Final = "failure.json"
FIELDS: Final = "fields"
MARKDOWN: Final = "report.md"
HTML: Final = "report.html"


# -- writing -------------------------------------------------------------------------------------


def write_case(folder: RunFolder, case: Case, *, in_place: bool = False) -> None:
    """Write the case with its defaults, and the fluid with its numbers; collective.

    Args:
        folder: The run folder.
        case: The case.
        in_place: Whether they are needed from now on, not only once there are results.

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


def write_results(
    folder: RunFolder,
    kind: str,
    documents: Mapping[str, Document],
    *,
    case: str,
    record: Document = MappingProxyType({}),
    arrays: Mapping[str, Array] = MappingProxyType({}),
    files: Mapping[str, bytes] = MappingProxyType({}),
    state: State = "finished",
    replace_all: bool = False,
) -> None:
    """Write the results of a run and its page, and publish them; collective.

    Args:
        folder: The run folder.
        kind: Kind of the run, see :data:`femsoret.io.marker.KINDS`.
        documents: Name of a JSON file -> its content; those of the kind's page among them.
        case: The resolved case, TOML.
        record: What run.json is to say of the run, beside what it says already.
        arrays: What figures are drawn from, by name; nothing writes no file.
        files: Further files -> what is to be in them.
        state: Whether the run is finished.
        replace_all: Whether also files go that grew while the run was at work.

    Raises:
        OutputError: A file cannot be written; the same on all ranks.
    """

    def write() -> None:
        path = folder.staged
        for name, content in files.items():
            write_atomically(path / name, content)
        if arrays:
            content_of_arrays = BytesIO()
            by_name: dict[str, Any] = dict(arrays)
            np.savez_compressed(content_of_arrays, **by_name)
            write_atomically(path / SAMPLES, content_of_arrays.getvalue())
        texts = {name: as_json(document) for name, document in documents.items()}
        # The page sees documents as they will be read back.
        contents = Contents(
            {name: json.loads(text) for name, text in texts.items()},
            json.loads(as_json({**folder.record, **record})),
            case,
            arrays,
        )
        _write_page(path, PAGES[kind], contents)
        for name, text in texts.items():
            write_atomically(path / name, text)

    on_root(folder.path, folder.comm, write)
    folder.publish(record, state=state, replacing=folder.files if replace_all else None)


def _write_page(path: Path, kind: PageKind, contents: Contents) -> None:
    """Write a page and its figures into a folder; rank 0."""
    page = kind.page(contents)
    for picture in page.pictures:
        (path / FIGURES).mkdir(exist_ok=True)
        write_atomically(path / FIGURES / f"{picture.name}.png", picture.png)
        if picture.name in kind.beside:
            write_atomically(path / kind.beside[picture.name], picture.png)
    write_atomically(path / MARKDOWN, page.markdown().encode())
    write_atomically(path / HTML, page.html().encode())


# -- reading -------------------------------------------------------------------------------------


def rewrite_page(path: Path | str) -> Path:
    """Draw the figures and write the page of a run again, from its files alone; serial.

    Args:
        path: The folder of a run of any kind.

    Returns:
        The page, report.html.

    Raises:
        OutputError: The folder holds no finished run, another process is at work in it, or it
            cannot be read or written.
    """
    folder = Path(path)
    kind = PAGES.get(_kind_of(folder), RUN_PAGE)
    _refuse_unfinished(folder, kind.documents[0])
    contents = _read(folder, kind)
    with resume_run(folder, MPI.COMM_SELF, {}) as target:
        on_root(folder, target.comm, lambda: _write_page(target.staged, kind, contents))
        pages = {MARKDOWN, HTML, *kind.beside.values()}
        target.publish(
            {},
            replacing=[
                name for name in target.files if name in pages or name.startswith(f"{FIGURES}/")
            ],
        )
    return folder / HTML


def _read(folder: Path, kind: PageKind) -> Contents:
    """Return what a folder holds.

    Raises:
        OutputError: A file is missing, or is not what was written.
    """
    try:
        documents = {name: _document(folder, name) for name in kind.documents}
        layout = documents[kind.documents[0]].get("schema") if kind.has_schema else SCHEMA
        if layout != SCHEMA:
            raise OutputError(
                f"{folder / kind.documents[0]} has the layout {layout!r}, not {SCHEMA}",
                "it was written by another version of femsoret: use that one, or run again",
            )
        arrays: dict[str, Array] = {}
        if kind.has_arrays:
            with np.load(folder / SAMPLES) as saved:
                arrays = dict(saved)
        case = (folder / CASE).read_text(encoding="utf-8")
        return Contents(documents, _document(folder, RUN), case, arrays)
    except (OSError, ValueError, KeyError, zipfile.BadZipFile) as error:
        raise OutputError(
            f"cannot read the {kind.what} in {folder}: {error}",
            f"a file was changed or lost: {kind.repeat}",
        ) from error


def _document(folder: Path, name: str) -> Any:
    """Return what a JSON file of a folder holds."""
    return json.loads((folder / name).read_text(encoding="utf-8"))


def _kind_of(folder: Path) -> str:
    """Return which kind of run a folder holds."""
    marker = read_marker(folder)
    if marker is not None and marker.is_ours:
        return marker.kind
    try:  # older folders say it by what is in them
        summary = _document(folder, RUN_PAGE.documents[0])
    except (OSError, ValueError):
        return "steady"
    return "audit" if "budget" in summary else "steady"


def _refuse_unfinished(folder: Path, needed: str) -> None:
    """Refuse a folder without a finished run, and say what it has instead.

    Args:
        folder: The folder.
        needed: The file that a finished run of the kind has.

    Raises:
        OutputError: The run failed, is not finished, or that file is missing.
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


def _failed(failure: Path) -> str:
    """Return what a run failed by, as the rest of a sentence."""
    try:
        error = str(json.loads(failure.read_text(encoding="utf-8"))["error"]).splitlines()[0]
    except (OSError, ValueError, KeyError, IndexError):
        return "failed"
    return "found no steady state" if error.startswith("no steady state") else f"failed: {error}"
