"""Result files of runs of all kinds, and pages made again from these files.

Locking, publishing and replacing of run folders are in :mod:`femsoret.io.folder`, the content of
the page of each kind of run in :mod:`femsoret.report.contents`.
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
from femsoret.io.kinds import KINDS, SUMMARY, Kind, KindName, kind_named
from femsoret.io.marker import RUN, State, read_marker
from femsoret.report.contents import PAGES, Contents
from femsoret.report.page import FIGURES
from femsoret.report.summary.head import SCHEMA
from femsoret.report.words.units import Document

CASE: Final = "case.resolved.toml"
FLUID: Final = "fluid.resolved.toml"
SAMPLES: Final = "figures.npz"
HISTORY: Final = "solver_history.txt"
PHASE_MAPS: Final = "phase_maps.npz"
"""Phase maps of interferometers."""
FAILURE: Final = "failure.json"
FIELDS: Final = "fields"
MARKDOWN: Final = "report.md"
HTML: Final = "report.html"


# -- writing -------------------------------------------------------------------------------------


def write_case(folder: RunFolder, case: Case, *, in_place: bool = False) -> None:
    """Write the resolved case and fluid files; collective.

    Args:
        folder: The run folder.
        case: The case.
        in_place: Whether to write them at once instead of publishing them with the results.

    Raises:
        OutputError: A file cannot be written. It is raised on all ranks.
    """
    texts = {CASE: resolved_toml(case)}
    if case.fluid is not None:
        texts[FLUID] = fluid_toml(case.fluid.stated)
    if in_place:
        folder.claim(*texts)
    place = folder.path if in_place else folder.staged

    def write() -> None:
        for name, text in texts.items():
            write_atomically(place / name, text.encode())

    on_root(folder.path, folder.comm, write)


def write_results(
    folder: RunFolder,
    kind: KindName,
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
        kind: Kind of the run, one of :data:`femsoret.io.kinds.KINDS`.
        documents: Name of a JSON file -> its content, including all files that the page needs.
        case: The resolved case, TOML.
        record: Entries to add to run.json.
        arrays: Arrays from which figures are drawn, by name; if empty, no file is written.
        files: Path of a further file in the folder -> its content.
        state: State of the run, such as "finished".
        replace_all: Whether to replace all files of the folder, also those that grew during the
            run.

    Raises:
        OutputError: A file cannot be written. It is raised on all ranks.
    """

    def write() -> None:
        path = folder.staged
        for name, content in files.items():
            (path / name).parent.mkdir(parents=True, exist_ok=True)
            write_atomically(path / name, content)
        if arrays:
            content_of_arrays = BytesIO()
            by_name: dict[str, Any] = dict(arrays)
            np.savez_compressed(content_of_arrays, **by_name)
            write_atomically(path / SAMPLES, content_of_arrays.getvalue())
        texts = {name: as_json(document) for name, document in documents.items()}
        # The page gets the documents as they will be read from the files.
        contents = Contents(
            {name: json.loads(text) for name, text in texts.items()},
            json.loads(as_json({**folder.record, **record})),
            case,
            arrays,
        )
        _write_page(path, kind, contents)
        for name, text in texts.items():
            write_atomically(path / name, text)

    on_root(folder.path, folder.comm, write)
    folder.publish(record, state=state, replacing=folder.files if replace_all else None)


def _write_page(path: Path, kind: KindName, contents: Contents) -> None:
    """Write a page and its figures into a folder; on rank 0 only."""
    page, beside = PAGES[kind](contents), KINDS[kind].beside
    for picture in page.pictures:
        (path / FIGURES).mkdir(exist_ok=True)
        write_atomically(path / FIGURES / f"{picture.name}.png", picture.png)
        if picture.name in beside:
            write_atomically(path / beside[picture.name], picture.png)
    write_atomically(path / MARKDOWN, page.markdown().encode())
    write_atomically(path / HTML, page.html().encode())


# -- reading -------------------------------------------------------------------------------------


def rewrite_page(path: Path | str) -> Path:
    """Draw the figures and write the page of a run again, from its files only; serial.

    Args:
        path: Folder of a run of any kind.

    Returns:
        Path of the page, report.html.

    Raises:
        OutputError: The folder contains no finished run, is in use by another process, or cannot
            be read or written.
    """
    folder = Path(path)
    name = _kind_of(folder)
    kind = KINDS[name]
    _refuse_unfinished(folder, kind.documents[0])
    contents = _read(folder, kind)
    with resume_run(folder, MPI.COMM_SELF, {}) as target:
        on_root(folder, target.comm, lambda: _write_page(target.staged, name, contents))
        pages = {MARKDOWN, HTML, *kind.beside.values()}
        target.publish(
            {},
            replacing=[
                file for file in target.files if file in pages or file.startswith(f"{FIGURES}/")
            ],
        )
    return folder / HTML


def _read(folder: Path, kind: Kind) -> Contents:
    """Return the contents of the folder of a finished run.

    Raises:
        OutputError: A file is missing, damaged, or from another version of femsoret.
    """
    try:
        documents = {name: _document(folder, name) for name in kind.documents}
        layout = documents[kind.documents[0]].get("schema") if kind.has_schema else SCHEMA
        if layout != SCHEMA:
            raise OutputError(
                f"{folder / kind.documents[0]} has layout version {layout!r}, not {SCHEMA}",
                "it was written by another version of femsoret: use that version, or run again",
            )
        arrays: dict[str, Array] = {}
        if kind.has_arrays:
            with np.load(folder / SAMPLES) as saved:
                arrays = dict(saved)
        case = (folder / CASE).read_text(encoding="utf-8")
        return Contents(documents, _document(folder, RUN), case, arrays)
    except (OSError, ValueError, KeyError, zipfile.BadZipFile) as error:
        raise OutputError(
            f"cannot read the {kind.noun} in {folder}: {error}",
            "a file is missing or was changed: run it again",
        ) from error


def _document(folder: Path, name: str) -> Any:
    """Return the content of a JSON file of a folder."""
    return json.loads((folder / name).read_text(encoding="utf-8"))


def _kind_of(folder: Path) -> KindName:
    """Return the kind of the run in a folder; "steady" if its marker states none that is known."""
    marker = read_marker(folder)
    if marker is not None and marker.is_ours:
        return kind_named(marker.kind)
    try:  # older folders have no marker
        summary = _document(folder, SUMMARY)
    except (OSError, ValueError):
        return "steady"
    return "audit" if "budget" in summary else "steady"


def _refuse_unfinished(folder: Path, needed: str) -> None:
    """Raise an error unless a folder contains a finished run.

    Args:
        folder: The run folder.
        needed: Name of a file that every finished run of this kind has.

    Raises:
        OutputError: The run failed, is not finished, or that file is missing.
    """
    marker = read_marker(folder)
    if (folder / FAILURE).is_file():
        raise OutputError(
            f"{folder}: this run {_failed(folder / FAILURE)}",
            f"see {FAILURE} for what was tried, and {HISTORY} for every step",
        )
    if marker is not None and marker.is_ours and marker.state != "finished":
        raise OutputError(
            f"{folder} contains no finished run: its state in {RUN} is {marker.state!r}",
            "if it is not running any more, run it again or, if it has checkpoints, continue it: "
            f"femsoret resume {folder}",
        )
    if not (folder / needed).is_file():
        raise OutputError(
            f"{folder} contains no finished run: {needed} is missing",
            "give the folder that `femsoret run` wrote; if the run was interrupted, run it again",
        )


def _failed(failure: Path) -> str:
    """Return a clause on how a run failed, without its subject."""
    try:
        error = str(json.loads(failure.read_text(encoding="utf-8"))["error"]).splitlines()[0]
    except (OSError, ValueError, KeyError, IndexError):
        return "failed"
    return "found no steady state" if error.startswith("no steady state") else f"failed: {error}"
