"""Checkpoints: the state of a problem and its metadata, written atomically.

Each checkpoint is a separate folder whose name is an increasing number. It contains ``state.bp``
(the blocks in double precision, cell by cell in the order of the input mesh) and ``content.json``.
A checkpoint is written to a folder ``*.partial``, synchronised with the disk and renamed; only then
are older checkpoints removed. The state can be read on any number of ranks, because the mesh is
rebuilt from the same input; nodal coordinates stored with the state are compared to verify this.
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
"""Name of the ADIOS2 folder with the state in a checkpoint."""
CONTENT: Final = "content.json"
"""Name of the file with the metadata in a checkpoint."""
COORDINATES: Final = "places"
"""Name of the function with the nodal coordinates in ``STATE``."""
SAME_PLACE: Final = 1e-9
"""Distance, relative to the size of the mesh, below which two nodes coincide."""


def write_checkpoint(folder: Path, number: int, problem: Problem, content: JsonObject) -> Path:
    """Write a checkpoint of the current state of a problem and remove older ones; collective.

    Args:
        folder: Folder of the checkpoints; created if missing.
        number: Number of the checkpoint, not smaller than that of any existing checkpoint. An
            existing checkpoint with the same number is replaced.
        problem: Problem whose state is written.
        content: Metadata of the state, written as JSON.

    Returns:
        Path of the checkpoint.

    Raises:
        MissingDependency: No checkpoint library is installed.
        OutputError: The checkpoint cannot be written; raised on all ranks. The previous checkpoint
            remains intact.
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
    """Return the path of the latest complete checkpoint, None if there is none; collective.

    Args:
        folder: Folder of the checkpoints, which need not exist.
        comm: Communicator of the ranks.
    """

    def last() -> Path | None:
        paths = folder.iterdir() if folder.is_dir() else ()
        return max((path for path in paths if path.name.isdecimal()), default=None)

    return from_root(comm, last)


def read_content(checkpoint: Path, comm: MPI.Comm) -> JsonObject:
    """Read the metadata of a checkpoint; collective.

    Args:
        checkpoint: Path of the checkpoint.
        comm: Communicator of the ranks.

    Raises:
        OutputError: The metadata cannot be read; raised on all ranks.
    """

    def read() -> JsonObject:
        try:
            content: JsonObject = json.loads((checkpoint / CONTENT).read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            raise _unreadable(checkpoint, f"cannot read {CONTENT}: {error}") from error
        return content

    return from_root(comm, read)


def read_state(checkpoint: Path, problem: Problem) -> None:
    """Read the state of a checkpoint into a problem; collective.

    Args:
        checkpoint: Path of the checkpoint.
        problem: Problem that receives the state. The number of ranks may differ from that of the
            run that wrote the checkpoint.

    Raises:
        OutputError: The state cannot be read or belongs to another mesh; raised on all ranks.
    """
    library, comm = checkpoint_library(), problem.cell.comm
    coordinates = _coordinates(problem)
    expected = coordinates.x.array.copy()
    error: str | None = None
    try:
        library.read_function(checkpoint / STATE, coordinates, name=COORDINATES)
        size = max(float(np.ptp(expected)), problem.orientation.gap)
        if np.abs(coordinates.x.array - expected).max(initial=0.0) > SAME_PLACE * size:
            error = "the checkpoint was written for another mesh"
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
    """Return the coordinates of the vertices as a function of degree 1, shape (dim,)."""
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
        "resume with the same mesh and the same software versions, or run the case again",
    )
