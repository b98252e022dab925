"""Points of a sweep that are transient: each is a run in a run folder of its own."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from mpi4py import MPI

from femsoret.base.errors import OutputError
from femsoret.case import Case
from femsoret.commands.run import resume_case, run_case
from femsoret.commands.transient import check_resumable


def marched(case: Case, comm: MPI.Comm, folder: Path) -> Mapping[str, Any]:
    """Run the transient case of a point, or go on with it, and return its summary; collective.

    Args:
        case: The case, with a table [time].
        comm: The ranks.
        folder: Its run folder, in that of the sweep. What a run that cannot go on has left there is
            replaced.

    Raises:
        Interrupted: It was asked to stop; the same sweep goes on with it.
        FemsoretError: As for :func:`~femsoret.commands.run.run_case`.
    """
    try:
        check_resumable(folder, comm)
    except OutputError:  # nothing there, or nothing to go on with
        return run_case(case, comm, folder, force=True).summary
    return resume_case(folder, comm).summary
