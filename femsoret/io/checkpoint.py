"""Checkpoints: the state of a problem and what goes with it, kept so that a kill cannot harm them.

Each checkpoint is a folder of its own, named by a number that grows: ``state.bp``, the blocks in
full precision, cell by cell in the order of the mesh's input, and ``content.json``. It is written
as ``*.partial``, brought to the disk and renamed; only then do the older ones go. On any number of
ranks the blocks find their places again, because the mesh is made anew from the same input: nodal
coordinates, kept with the state, prove it.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from mpi4py import MPI

import numpy as np
from dolfinx import fem

from femsoret.base import versions as _compat
from femsoret.base.errors import OutputError
from femsoret.io.files import Staging
from femsoret.problem import Problem

STATE: Final = "state.bp"
CONTENT: Final = "content.json"
PLACES: Final = "places"
"""Name of the nodal coordinates in the state."""
SAME_PLACE: Final = 1e-9
"""Distance over the size of the mesh below which two nodes are one."""


def write_checkpoint(
    folder: Path, number: int, problem: Problem, content: Mapping[str, Any]
) -> Path:
    """Keep a state; collective.

    Args:
        folder: Where checkpoints are; made if missing. The older ones in it are removed.
        number: Larger than that of any checkpoint there, or the same, which is replaced.
        problem: The problem, in the state to be kept.
        content: What goes with it, as JSON has it.

    Returns:
        The checkpoint.

    Raises:
        MissingDependency: There is no library for checkpoints.
        OutputError: The file system refused; the same on all ranks. The last checkpoint is whole.
    """
    library, name = _compat.checkpoint_library(), f"{number:08d}"
    staging = Staging(problem.cell.comm, folder, name)
    try:
        staging.collectively(
            "write to", lambda: _write_state(library, staging.partial / STATE, problem)
        )
        staging.add_text(CONTENT, json.dumps(dict(content), indent=2) + "\n")
        made = staging.publish_as(name)
    except OutputError:
        staging.discard()
        raise
    staging.collectively("clear", lambda: _remove_others(problem.cell.comm, made))
    return made


def last_checkpoint(folder: Path, comm: MPI.Comm) -> Path | None:
    """Return the last whole checkpoint of a folder, None if there is none; collective.

    Args:
        folder: Where checkpoints are.
        comm: The ranks.
    """
    found: Path | None = None
    if comm.rank == 0 and folder.is_dir():
        found = max((path for path in folder.iterdir() if path.name.isdecimal()), default=None)
    last: Path | None = comm.bcast(found, root=0)
    return last


def read_content(checkpoint: Path, comm: MPI.Comm) -> dict[str, Any]:
    """Return what was kept beside the state; collective.

    Args:
        checkpoint: The checkpoint.
        comm: The ranks.

    Raises:
        OutputError: It cannot be read; the same on all ranks.
    """
    content: dict[str, Any] | None = None
    if comm.rank == 0:
        try:
            content = json.loads((checkpoint / CONTENT).read_text(encoding="utf-8"))
        except (OSError, ValueError):
            content = None
    content = comm.bcast(content, root=0)
    if content is None:
        raise _unreadable(checkpoint, "its content is damaged")
    return content


def read_state(checkpoint: Path, problem: Problem) -> None:
    """Read a state into a problem; collective.

    Args:
        checkpoint: The checkpoint.
        problem: The problem, on any number of ranks.

    Raises:
        OutputError: It cannot be read, or belongs to another mesh; the same on all ranks.
    """
    library, comm = _compat.checkpoint_library(), problem.cell.comm
    places = _places(problem)
    here = places.x.array.copy()
    error: str | None = None
    try:
        library.read_function(checkpoint / STATE, places, name=PLACES)
        size = max(float(np.ptp(here)), problem.orientation.gap)
        if np.abs(places.x.array - here).max(initial=0.0) > SAME_PLACE * size:
            error = "it was written for another mesh"
        else:
            for name, function in zip(problem.layout.names, problem.functions, strict=True):
                library.read_function(checkpoint / STATE, function, name=name)
                function.x.scatter_forward()
    except (OSError, RuntimeError, KeyError, ValueError, IndexError, AssertionError) as refusal:
        error = str(refusal) or type(refusal).__name__
    for refused in comm.allgather(error):
        if refused is not None:
            raise _unreadable(checkpoint, refused)


def _write_state(library: Any, path: Path, problem: Problem) -> None:
    library.write_function_on_input_mesh(path, _places(problem), name=PLACES)
    for name, function in zip(problem.layout.names, problem.functions, strict=True):
        library.write_function_on_input_mesh(path, function, name=name)


def _places(problem: Problem) -> fem.Function:
    """Return the coordinates as a function: the corners of every mesh cell, in its own order."""
    mesh = problem.cell.mesh
    places = fem.Function(fem.functionspace(mesh, ("Lagrange", 1, (problem.cell.dim,))))
    places.interpolate(lambda x: x[: problem.cell.dim])
    return places


def _remove_others(comm: MPI.Comm, kept: Path) -> None:
    if comm.rank == 0:
        for path in kept.parent.iterdir():
            if path != kept:
                shutil.rmtree(path)


def _unreadable(checkpoint: Path, why: str) -> OutputError:
    return OutputError(
        f"cannot resume from {checkpoint}: {why}",
        "resume with the mesh and the versions that wrote it, or run the case again",
    )
