"""The run folder of a transient run, as it begins."""

from __future__ import annotations

import shutil
from types import MappingProxyType
from typing import Final

from femsoret.errors import OutputError
from femsoret.io.checkpoint import last_checkpoint
from femsoret.io.field_times import INDICES
from femsoret.report.files import on_root, write_whole
from femsoret.report.page import FIGURES
from femsoret.report.run_folder import (
    CASE,
    FAILURE,
    FIELDS,
    HISTORY,
    HTML,
    MARKDOWN,
    PICTURES,
    RUN,
    SAMPLES,
    STEMS,
    SUMMARY,
    RunFolder,
)

WITH: Final = "with_gravity"
WITHOUT: Final = "without_gravity"
HISTORIES: Final = MappingProxyType({WITH: "history.csv", WITHOUT: "history_without_gravity.csv"})
"""March -> file of its history."""
CHECKPOINTS: Final = "checkpoints"
"""Folder of the checkpoints, one in it for each march."""


def begin_transient_run(folder: RunFolder, *, case: str) -> None:
    """Take away what an earlier run left, and write the case, with which a run can be resumed.

    Collective.

    Args:
        folder: The run folder.
        case: The resolved case, TOML.

    Raises:
        OutputError: It holds a run that was stopped and could go on, or cannot be written to; the
            same on all ranks.
    """
    path = folder.path
    checkpoints, ends = path / CHECKPOINTS, (path / SUMMARY, path / FAILURE)
    kept = [last_checkpoint(checkpoints / name, folder.comm) for name in HISTORIES]
    if any(kept) and not folder.comm.bcast(any(end.is_file() for end in ends), root=0):
        raise OutputError(
            f"{path} holds a run that was stopped before its end",
            f"go on with it: femsoret resume {path}; or choose another folder, or remove "
            f"{checkpoints}",
        )

    def clear() -> None:
        files = (SUMMARY, FAILURE, RUN, SAMPLES, HISTORY, MARKDOWN, HTML, *HISTORIES.values())
        pictures = (f"{FIGURES}/{name}.png" for name in PICTURES)
        for name in (*files, *pictures):
            (path / name).unlink(missing_ok=True)
        if checkpoints.is_dir():
            shutil.rmtree(checkpoints)
        fields = path / FIELDS
        patterns = ("[0-9][0-9][0-9][0-9]", "end", *INDICES, "*.partial")
        for pattern in (*patterns, *(f"{stem}.*" for stem in STEMS)):
            for old in list(fields.glob(pattern)):
                shutil.rmtree(old) if old.is_dir() else old.unlink()
        write_whole(path / CASE, case.encode())

    on_root(path, folder.comm, clear)
