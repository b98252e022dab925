"""The marker of a run folder, ``run.json``: whose it is, what it holds, and what that forbids."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Final, Literal

from femsoret import __version__
from femsoret.base.errors import OutputError
from femsoret.base.types import JsonObject

RUN: Final = "run.json"
"""The marker, and the record of the run."""
WORK: Final = ".femsoret"
"""Folder of the lock and of results that are not finished; gone when the run has ended."""
FORCE: Final = "--force"

State = Literal["unfinished", "finished", "failed"]

KINDS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "steady": "a run",
        "transient": "a transient run",
        "audit": "an audit",
        "sweep": "a sweep",
        "onset": "an onset study",
    }
)
"""The kinds of runs, and what each is called."""


@dataclass(frozen=True)
class Marker:
    """What ``run.json`` says of its folder.

    Args:
        record: Its content, as JSON has it.
    """

    record: JsonObject

    @property
    def is_ours(self) -> bool:
        """Whether it lists the files of a run of femsoret."""
        return self.record.get("program") == "femsoret" and "files" in self.record

    @property
    def kind(self) -> str:
        """Kind of the run; see ``KINDS``."""
        return str(self.record.get("kind", ""))

    @property
    def state(self) -> str:
        """Whether the run is finished; see ``State``."""
        return str(self.record.get("state", ""))

    @property
    def version(self) -> str:
        """Version of femsoret that wrote it."""
        return str(self.record.get("versions", {}).get("femsoret", "unknown"))

    @property
    def inputs(self) -> Mapping[str, str]:
        """What the run depends on, with checksums."""
        return dict(self.record.get("inputs", {}))

    @property
    def files(self) -> frozenset[str]:
        """The run's own paths in the folder; those that end with a slash are folders as a whole."""
        return frozenset(self.record.get("files", ()))

    @property
    def growing(self) -> frozenset[str]:
        """Own paths that a run needs to go on: histories, checkpoints, points."""
        return frozenset(self.record.get("growing", ()))

    def changed(
        self,
        *,
        state: State | None = None,
        files: Iterable[str] | None = None,
        growing: Iterable[str] | None = None,
    ) -> Marker:
        """Return the marker with another state or other files; None leaves them as they are.

        Args:
            state: State of the run.
            files: The run's own paths.
            growing: Those of them that a run needs to go on.
        """
        return Marker(
            {
                **self.record,
                "state": state or self.state,
                "files": sorted(self.files if files is None else files),
                "growing": sorted(self.growing if growing is None else growing),
            }
        )


def read_marker(path: Path) -> Marker | None:
    """Return the marker of a folder, or None if it has none. Serial.

    Raises:
        OutputError: The marker cannot be read.
    """
    try:
        record = json.loads((path / RUN).read_text(encoding="utf-8"))
    except (FileNotFoundError, NotADirectoryError):
        return None
    except (OSError, ValueError) as error:
        raise OutputError(
            f"cannot read {path / RUN}: {error}", "it was changed or damaged: take another folder"
        ) from error
    return Marker(record if isinstance(record, dict) else {})


def refuse_foreign(path: Path, marker: Marker | None) -> None:
    """Refuse a folder with something in it that no run of this program lists.

    Raises:
        OutputError: There is something.
    """
    if marker is not None and marker.is_ours:
        return
    if marker is not None and "femsoret" in marker.record.get("versions", {}):
        raise OutputError(
            f"{path} holds a run of an older femsoret, which kept no list of its files",
            "take another folder (-o), or remove this one yourself",
        )
    names = sorted(entry.name for entry in path.iterdir() if entry.name != WORK)
    if names:
        more = f" and {len(names) - 3} more" if len(names) > 3 else ""
        raise OutputError(
            f"{path} is not empty and not the folder of a run: it holds "
            f"{', '.join(names[:3])}{more}",
            "take a new or an empty folder (-o)",
        )


def refuse_loss(path: Path, marker: Marker) -> None:
    """Refuse to replace what somebody may want to keep.

    Raises:
        OutputError: The run is finished, or can go on.
    """
    what = KINDS.get(marker.kind, "a run")
    if marker.state == "finished":
        raise OutputError(
            f"{path} holds {what} that is finished",
            f"take another folder (-o), or replace it with {FORCE}",
        )
    if any(next((path / name).glob("*"), None) for name in marker.growing if name.endswith("/")):
        way = "the same command as before" if marker.kind == "sweep" else f"femsoret resume {path}"
        raise OutputError(
            f"{path} holds {what} that was stopped before its end",
            f"go on with it: {way}; or take another folder (-o), or give it up with {FORCE}",
        )


def another_run(path: Path, marker: Marker, inputs: Mapping[str, str]) -> OutputError:
    """Return the error that a folder holds a run of the same kind with other inputs."""
    names = sorted(marker.inputs.keys() | inputs.keys())
    changed = [name for name in names if marker.inputs.get(name) != inputs.get(name)]
    what = KINDS[marker.kind].partition(" ")[2]
    return OutputError(
        f"{path} holds another {what}: {', '.join(changed)} changed",
        f"take another folder (-o), or replace it with {FORCE}",
    )


def is_same_run(marker: Marker, wanted: Mapping[str, object] | None) -> bool:
    """Return whether a folder holds the run that is to go on, as far as its record says."""
    return wanted is not None and all(marker.record.get(key) == v for key, v in wanted.items())


def refuse_other_version(marker: Marker, what: str) -> None:
    """Refuse to go on with what another version of the program began.

    Args:
        marker: Marker of the folder.
        what: What is in the folder, for the message.

    Raises:
        OutputError: Another version wrote it.
    """
    if marker.version != __version__:
        raise OutputError(
            f"{what} was begun by femsoret {marker.version}, and this is {__version__}",
            "go on with that version, or begin anew in another folder",
        )
