"""Checkpoints of marches: their content besides the state, and checks before a run is resumed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from types import MappingProxyType
from typing import Final

from mpi4py import MPI

import numpy as np

from femsoret import __version__
from femsoret.base.errors import CaseError, OutputError
from femsoret.case.inputs import changed_inputs, digest_of
from femsoret.io.checkpoint import last_checkpoint, read_content
from femsoret.io.files import on_root
from femsoret.io.marker import RUN, read_marker
from femsoret.report.folder import CASE, FLUID, HTML
from femsoret.report.words.units import Document
from femsoret.solve.march import Clock
from femsoret.studies.measure.camera import NO_FRAMES, Frames
from femsoret.studies.measure.marching import WITH_GRAVITY
from femsoret.studies.measure.recorder import CumulativeBalances

WITHOUT_GRAVITY: Final = "without_gravity"
HISTORIES: Final = MappingProxyType(
    {WITH_GRAVITY: "history.csv", WITHOUT_GRAVITY: "history_without_gravity.csv"}
)
"""Name of the history file of each march, by the name of the march."""
CHECKPOINTS: Final = "checkpoints"
"""Folder of the checkpoints, with a subfolder for each march."""


def checkpoints_of(march: str) -> str:
    """Return the folder of the checkpoints of a march, relative to the run folder.

    Args:
        march: Name of the march, a key of :data:`HISTORIES`.
    """
    return f"{CHECKPOINTS}/{march}/"


@dataclass(frozen=True)
class CheckpointContent:
    """Content of a checkpoint besides the state.

    Args:
        inputs: Checksum of all inputs of the run.
        clock: Clock of the march; None before the first step.
        balances: Cumulative balances of the march.
        ended: Why the march ended; empty if it has not ended.
        seconds: Computing time of the run so far, s.
        frames: Phase maps that the march has taken.
    """

    inputs: str
    clock: Clock | None
    balances: CumulativeBalances
    ended: str
    seconds: float
    frames: Frames = NO_FRAMES

    @property
    def rows(self) -> int:
        """Number of rows of the history at the checkpoint."""
        return 0 if self.clock is None else self.clock.steps

    def record(self) -> Document:
        """Return the content as a document for JSON."""
        return {
            "version": __version__,
            "inputs": self.inputs,
            "clock": self.clock and _plain(self.clock),
            "ledger": _plain(self.balances),
            "ended": self.ended,
            "seconds": self.seconds,
            "frames": {
                name: [[t, phase.tolist()] for t, phase in of.items()]
                for name, of in self.frames.items()
            },
        }

    @classmethod
    def from_record(cls, record: Document) -> CheckpointContent:
        """Return the content from a document that :meth:`record` returned."""
        clock = record["clock"]
        return cls(
            inputs=record["inputs"],
            clock=None if clock is None else Clock(**clock),
            balances=CumulativeBalances(**record["ledger"]),
            ended=record["ended"],
            seconds=record["seconds"],
            frames={
                name: {t: np.array(phase) for t, phase in of}
                for name, of in record["frames"].items()
            },
        )


def _plain(value: Clock | CumulativeBalances) -> Document:
    """Return the fields of a flat dataclass as a dictionary, with mappings copied."""
    values = {f.name: getattr(value, f.name) for f in fields(value)}
    return {k: dict(v) if isinstance(v, Mapping) else v for k, v in values.items()}


def last_checkpoints(path: Path, comm: MPI.Comm) -> dict[str, tuple[Path, CheckpointContent]]:
    """Return the last checkpoint of each march that has one; collective.

    Args:
        path: The run folder.
        comm: Communicator.

    Raises:
        OutputError: A checkpoint cannot be read or was written by another version. It is raised
            on all ranks.
    """
    checkpoints = {}
    for name in HISTORIES:
        last = last_checkpoint(path / CHECKPOINTS / name, comm)
        if last is None:
            continue
        record = read_content(last, comm)
        if record.get("version") != __version__:
            raise OutputError(
                f"the checkpoint {last} was written by another version of femsoret "
                f"({record.get('version') or 'an older one'}; this is {__version__})",
                "resume with that version, or run the case again in another folder",
            )
        checkpoints[name] = (last, CheckpointContent.from_record(record))
    return checkpoints


def check_resumable(path: Path, comm: MPI.Comm) -> None:
    """Check that a run folder holds a run that can be resumed; collective.

    Args:
        path: The run folder.
        comm: Communicator.

    Raises:
        OutputError: The folder holds no run, or its run is finished, is not transient, has no
            checkpoint, or was written by another version.
    """
    marker = on_root(path, comm, lambda: read_marker(path))
    if marker is None:
        raise OutputError(
            f"{path} holds no run: {RUN} is missing", "give the folder that `femsoret run` wrote"
        )
    if not marker.is_ours:
        raise OutputError(
            f"{path} holds a run of an older version of femsoret",
            "resume it with that version, or run the case again",
        )
    if marker.state == "finished":
        raise OutputError(
            f"the run in {path} is finished: there is nothing to resume",
            f"see {HTML}; `femsoret run` with another output folder runs the case again",
        )
    if marker.kind != "transient":
        raise OutputError(
            f"{path} holds {marker.described.what}, which has no checkpoints",
            "repeat the command that started it: a sweep then goes on where it was stopped, other "
            "runs start again; `resume` is for transient runs",
        )
    if not last_checkpoints(path, comm):
        raise OutputError(
            f"{path} holds no checkpoint: there is nothing to resume",
            "run the case again; a transient run has checkpoints from its first step on",
        )


def check_inputs(path: Path, comm: MPI.Comm, now: Mapping[str, str]) -> None:
    """Check that the inputs of a run have not changed since its checkpoints; collective.

    Args:
        path: The run folder.
        comm: Communicator.
        now: Present checksums of the inputs, by name.

    Raises:
        CaseError: An input has changed since the checkpoints were written.
    """
    marker = on_root(path, comm, lambda: read_marker(path))
    changed = changed_inputs(marker.inputs if marker else {}, now)
    checkpoints = last_checkpoints(path, comm)
    if not changed and all(c.inputs == digest_of(now) for _, c in checkpoints.values()):
        return
    raise CaseError(
        f"{path / CASE} is not the case that the checkpoints were written for: "
        f"{', '.join(changed) or 'its inputs'} changed",
        f"undo the change and resume (the original fluid is in {FLUID}), or run the changed case "
        "in another folder",
    )
