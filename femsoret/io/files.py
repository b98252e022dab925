"""Files that appear when they are whole, written by one rank for all."""

from __future__ import annotations

import json
import os
import uuid
from collections.abc import Callable, Mapping
from math import isfinite
from pathlib import Path
from typing import Any, TypeVar

from mpi4py import MPI

import numpy as np

from femsoret.base.errors import OutputError
from femsoret.base.ranks import from_root

T = TypeVar("T")


def as_json(document: Mapping[str, Any]) -> bytes:
    """Return a document as JSON; what is no number is null."""
    text = json.dumps(_finite(document), indent=2, ensure_ascii=False, allow_nan=False)
    return (text + "\n").encode()


def _finite(value: Any) -> Any:
    """Return a document as JSON has it: None for what is no number, plain floats for numpy's."""
    if isinstance(value, Mapping):
        return {str(key): _finite(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(item) for item in value]
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, float) and not isfinite(value):
        return None
    return value


def write_atomically(path: Path, content: bytes, *, by_way_of: Path | None = None) -> None:
    """Write a file that appears when it is whole, whoever else writes it.

    Processes of several machines may share a folder and a process id: the other name is random.

    Args:
        path: The file.
        content: What is to be in it.
        by_way_of: Folder of the same file system in which it grows; that of the file unless given.

    Raises:
        OSError: The file system refused; nothing of it is left then.
    """
    partial = (by_way_of or path.parent) / f".{path.name}.{uuid.uuid4().hex}.partial"
    try:
        with partial.open("xb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        os.replace(partial, path)
    except BaseException:
        partial.unlink(missing_ok=True)
        raise


def sync(path: Path) -> None:
    """Wait until a file, or the names in a folder, are on the disk."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def on_root(path: Path, comm: MPI.Comm, action: Callable[[], T], *, what: str = "run folder") -> T:
    """Return what an action gives on rank 0, to all; what stops it there stops all ranks alike.

    Args:
        path: The folder, for the message.
        comm: The ranks.
        action: What to call.
        what: What the folder is, for the message.

    Raises:
        OutputError: The file system refused.
        FemsoretError: What else the action raises of these.
        RuntimeError: On other ranks, where rank 0 raises what is wrong with the program.
    """

    def written() -> T:
        try:
            return action()
        except OSError as refusal:  # an error inside the program is none of the disk
            raise OutputError(
                f"cannot write the {what} {path}: {refusal}",
                "choose a folder that you may write to, with space left",
            ) from refusal

    return from_root(comm, written)
