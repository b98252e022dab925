"""The page of a run again, whatever its kind, from the files in its folder alone."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

from mpi4py import MPI

from femsoret.io.files import on_root
from femsoret.report.audit.folder import rewrite_audit
from femsoret.report.onset_folder import rewrite_onset
from femsoret.report.run_folder import kind_of, rewrite_report
from femsoret.report.sweep.page import rewrite_sweep

PAGES: Final[Mapping[str, Callable[[Path], Path]]] = {
    "steady": rewrite_report,
    "transient": rewrite_report,
    "audit": rewrite_audit,
    "sweep": rewrite_sweep,
    "onset": rewrite_onset,
}
"""Kind of run -> what writes its page."""


def rewrite(folder: Path, comm: MPI.Comm) -> Path:
    """Write the page of a run again; collective.

    Args:
        folder: The folder of the run.
        comm: The ranks; rank 0 works.

    Returns:
        The page.

    Raises:
        OutputError: The folder holds no finished run, or cannot be read or written; the same on
            all ranks.
    """
    return on_root(folder, comm, lambda: PAGES.get(kind_of(folder), rewrite_report)(folder))
