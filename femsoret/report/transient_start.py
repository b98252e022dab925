"""The run folder of a transient run, as it begins."""

from __future__ import annotations

from types import MappingProxyType
from typing import Final

from femsoret.case import Case
from femsoret.io.folder import RunFolder
from femsoret.report.run_folder import write_case

WITH: Final = "with_gravity"
WITHOUT: Final = "without_gravity"
HISTORIES: Final = MappingProxyType({WITH: "history.csv", WITHOUT: "history_without_gravity.csv"})
"""March -> file of its history."""
CHECKPOINTS: Final = "checkpoints"
"""Folder of the checkpoints, one in it for each march."""


def checkpoints_of(march: str) -> str:
    """Return where the checkpoints of a march are, as a run folder lists it.

    Args:
        march: Its name.
    """
    return f"{CHECKPOINTS}/{march}/"


def begin_transient_run(folder: RunFolder, case: Case) -> None:
    """Take away what an earlier run left, and write the case, with which a run can be resumed.

    Collective.

    Args:
        folder: The run folder.
        case: The case.

    Raises:
        OutputError: It cannot be written to; the same on all ranks.
    """
    folder.clear()
    folder.claim(*HISTORIES.values(), *map(checkpoints_of, HISTORIES))
    write_case(folder, case, in_place=True)
