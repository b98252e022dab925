"""What a checkpoint of a march holds beside the state, and whether a folder can be resumed."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from mpi4py import MPI

from femsoret.case import Case, resolved_toml
from femsoret.errors import CaseError, OutputError
from femsoret.io.checkpoint import last_checkpoint, read_content
from femsoret.report.run_folder import CASE, HTML, SUMMARY, RunFolder
from femsoret.report.transient_start import CHECKPOINTS, HISTORIES
from femsoret.solve.march import Clock
from femsoret.studies.recorder import Ledger


def case_hash(case: Case) -> str:
    """Return what tells a case from any other: a checksum of its resolved text.

    Args:
        case: The case.
    """
    return hashlib.sha256(resolved_toml(case).encode()).hexdigest()


@dataclass(frozen=True)
class Kept:
    """What a checkpoint holds beside the state.

    Args:
        case: Checksum of the case.
        clock: The clock; None before the first step.
        ledger: The books.
        ended: Why the march ended; empty while it goes on.
        seconds: Computing time of the run so far, s.
    """

    case: str
    clock: Clock | None
    ledger: Ledger
    ended: str
    seconds: float

    @property
    def rows(self) -> int:
        """Rows that the history has."""
        return 0 if self.clock is None else self.clock.steps

    def record(self) -> dict[str, Any]:
        """Return all of it as JSON has it."""
        return {
            "case": self.case,
            "clock": self.clock and _plain(self.clock),
            "ledger": _plain(self.ledger),
            "ended": self.ended,
            "seconds": self.seconds,
        }

    @classmethod
    def of(cls, record: Mapping[str, Any]) -> Kept:
        """Return what a record says."""
        clock = record["clock"]
        return cls(
            case=record["case"],
            clock=None if clock is None else Clock(**clock),
            ledger=Ledger(**record["ledger"]),
            ended=record["ended"],
            seconds=record["seconds"],
        )


def _plain(value: Any) -> dict[str, Any]:
    """Return the fields of a flat dataclass; its mappings may be read-only views."""
    values = {f.name: getattr(value, f.name) for f in fields(value)}
    return {k: dict(v) if isinstance(v, Mapping) else v for k, v in values.items()}


def find_kept(folder: RunFolder) -> dict[str, tuple[Path, Kept]]:
    """Return the last checkpoint of each march that has one; collective.

    Args:
        folder: The run folder.

    Raises:
        OutputError: A checkpoint cannot be read; the same on all ranks.
    """
    found = {}
    for name in HISTORIES:
        path = last_checkpoint(folder.path / CHECKPOINTS / name, folder.comm)
        if path is not None:
            found[name] = (path, Kept.of(read_content(path, folder.comm)))
    return found


def check_resumable(path: Path, comm: MPI.Comm, case: Case | None = None) -> None:
    """Refuse a run folder that holds nothing to go on with; collective.

    Args:
        path: The run folder.
        comm: The ranks.
        case: Its case, if it is read already.

    Raises:
        OutputError: No run, a finished one, or one without a checkpoint.
        CaseError: The case is not the one of the checkpoints, or not transient.
    """
    there = comm.bcast({name for name in (CASE, SUMMARY) if (path / name).is_file()}, root=0)
    if CASE not in there:
        raise OutputError(
            f"{path} holds no run: {CASE} is missing", "give the folder that `femsoret run` wrote"
        )
    if SUMMARY in there:
        raise OutputError(
            f"the run in {path} is finished: there is nothing to resume",
            f"see {HTML}; `femsoret run` with another output folder runs the case again",
        )
    kept = find_kept(RunFolder(path, comm))
    if not kept:
        raise OutputError(
            f"{path} holds no checkpoint: there is nothing to resume",
            "a transient run keeps its state from its first step on, a steady one never: "
            "run the case again",
        )
    if case is not None and any(one.case != case_hash(case) for _, one in kept.values()):
        raise CaseError(
            f"{path / CASE} is not the case that the checkpoints were written for",
            "undo what was changed in it, or run the changed case in another folder; another "
            "version of femsoret may also read it differently",
        )
