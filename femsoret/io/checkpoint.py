"""Checkpoints: the state of a problem and its metadata, written so that a kill cannot harm them.

Each checkpoint is a folder of its own, named by a number that grows. It holds ``state.bp``, the
blocks in full precision, cell by cell in the order of the mesh's input, and ``content.json``. It is
written as ``*.partial``, brought to the disk and renamed; only then are the older ones removed. The
state can be read on any number of ranks, because the mesh is made anew from the same input: nodal
coordinates, kept with the state, prove it.
"""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from types import ModuleType
from typing import Final

from mpi4py import MPI

import numpy as np
from dolfinx import fem

from femsoret.base.errors import OutputError
from femsoret.base.ranks import from_root
from femsoret.base.types import JsonObject
from femsoret.base.versions import checkpoint_library
from femsoret.io.files import Staging
from femsoret.problem import Problem

STATE: Final = "state.bp"
CONTENT: Final = "content.json"
COORDINATES: Final = "places"
"""Name of the nodal coordinates in the state."""
SAME_PLACE: Final = 1e-9
"""Distance over the size of the mesh below which two nodes are the same."""


def write_checkpoint(folder: Path, number: int, problem: Problem, content: JsonObject) -> Path:
    """Write a checkpoint of the present state; collective.

    Args:
        folder: Folder of the checkpoints; made if missing. The older ones in it are removed.
        number: Larger than that of any checkpoint there, or the same, which is replaced.
        problem: The problem.
        content: Metadata of the state.

    Returns:
        The checkpoint.

    Raises:
        MissingDependency: There is no library for checkpoints.
        OutputError: The file system refused; the same on all ranks. The last checkpoint is whole.
    """
    library, name = checkpoint_library(), f"{number:08d}"
    staging = Staging(problem.cell.comm, folder, name)
    try:
        staging.collectively(
            "write to", lambda: _write_state(library, staging.partial / STATE, problem)
        )
        staging.add_text(CONTENT, lambda: json.dumps(dict(content), indent=2) + "\n")
        made = staging.publish_as(name)
    except OutputError:
        staging.discard()
        raise
    staging.collectively("clear", lambda: _remove_others(problem.cell.comm, made))
    return made


def last_checkpoint(folder: Path, comm: MPI.Comm) -> Path | None:
    """Return the last whole checkpoint of a folder, or None if there is none; collective."""

    def last() -> Path | None:
        paths = folder.iterdir() if folder.is_dir() else ()
        return max((path for path in paths if path.name.isdecimal()), default=None)

    return from_root(comm, last)


def read_content(checkpoint: Path, comm: MPI.Comm) -> JsonObject:
    """Return the metadata of a checkpoint; collective.

    Raises:
        OutputError: It cannot be read; the same on all ranks.
    """

    def read() -> JsonObject:
        try:
            content: JsonObject = json.loads((checkpoint / CONTENT).read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            raise _unreadable(checkpoint, "its content is damaged") from error
        return content

    return from_root(comm, read)


def read_state(checkpoint: Path, problem: Problem) -> None:
    """Read a state into a problem; collective.

    Args:
        checkpoint: The checkpoint.
        problem: The problem, on any number of ranks.

    Raises:
        OutputError: The state cannot be read, or belongs to another mesh; the same on all ranks.
    """
    library, comm = checkpoint_library(), problem.cell.comm
    coordinates = _coordinates(problem)
    expected = coordinates.x.array.copy()
    error: str | None = None
    try:
        library.read_function(checkpoint / STATE, coordinates, name=COORDINATES)
        size = max(float(np.ptp(expected)), problem.orientation.gap)
        if np.abs(coordinates.x.array - expected).max(initial=0.0) > SAME_PLACE * size:
            error = "it was written for another mesh"
        else:
            for name, function in zip(problem.layout.names, problem.functions, strict=True):
                library.read_function(checkpoint / STATE, function, name=name)
                function.x.scatter_forward()
    except (OSError, RuntimeError, KeyError, ValueError, IndexError, AssertionError) as refusal:
        error = str(refusal) or type(refusal).__name__
    for reason in comm.allgather(error):
        if reason is not None:
            raise _unreadable(checkpoint, reason)


def _write_state(library: ModuleType, path: Path, problem: Problem) -> None:
    library.write_function_on_input_mesh(path, _coordinates(problem), name=COORDINATES)
    for name, function in zip(problem.layout.names, problem.functions, strict=True):
        library.write_function_on_input_mesh(path, function, name=name)


def _coordinates(problem: Problem) -> fem.Function:
    """Return the coordinates as a function: the corners of every mesh cell, in its own order."""
    dim = problem.cell.dim
    coordinates = fem.Function(fem.functionspace(problem.cell.mesh, ("Lagrange", 1, (dim,))))
    coordinates.interpolate(lambda x: x[:dim])
    return coordinates


def _remove_others(comm: MPI.Comm, kept: Path) -> None:
    if comm.rank == 0:
        for path in kept.parent.iterdir():
            if path != kept:
                shutil.rmtree(path)


def _unreadable(checkpoint: Path, reason: str) -> OutputError:
    return OutputError(
        f"cannot resume from {checkpoint}: {reason}",
        "resume with the mesh and the versions that wrote it, or run the case again",
    )
