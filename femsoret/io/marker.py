"""The marker ``run.json`` of a run folder, and checks of whether a new run may use the folder."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

from femsoret import __version__
from femsoret.base.errors import OutputError
from femsoret.base.types import JsonObject
from femsoret.io.kinds import KINDS, Kind, kind_named

RUN: Final = "run.json"
"""Name of the marker file, which is also the record of the run."""
WORK: Final = ".femsoret"
"""Name of the subfolder with locks and unfinished results; removed when the run ends."""
FORCE: Final = "--force"
"""Command-line option that replaces existing results."""

State = Literal["unfinished", "finished", "failed"]


@dataclass(frozen=True)
class Marker:
    """The content of ``run.json``.

    Args:
        record: Content of the file as a JSON object.
    """

    record: JsonObject

    @property
    def is_ours(self) -> bool:
        """Whether the marker was written by femsoret and lists the files of the run."""
        return self.record.get("program") == "femsoret" and "files" in self.record

    @property
    def kind(self) -> str:
        """Kind of run, one of ``KINDS``; empty if missing."""
        return str(self.record.get("kind", ""))

    @property
    def described(self) -> Kind:
        """What distinguishes the kind of run; that of a steady run if the kind is not known."""
        return KINDS[kind_named(self.kind)]

    @property
    def state(self) -> str:
        """State of the run, one of ``State``; empty if missing."""
        return str(self.record.get("state", ""))

    @property
    def version(self) -> str:
        """Version of femsoret that wrote the marker; "unknown" if missing."""
        return str(self.record.get("versions", {}).get("femsoret", "unknown"))

    @property
    def inputs(self) -> Mapping[str, str]:
        """Name of each input of the run -> its checksum."""
        return dict(self.record.get("inputs", {}))

    @property
    def files(self) -> frozenset[str]:
        """Relative paths of the run; a trailing slash denotes a folder with everything in it."""
        return frozenset(self.record.get("files", ()))

    @property
    def growing(self) -> frozenset[str]:
        """Paths of the run that are needed to continue it: histories, checkpoints, sweep points."""
        return frozenset(self.record.get("growing", ()))

    def changed(
        self,
        *,
        state: State | None = None,
        files: Iterable[str] | None = None,
        growing: Iterable[str] | None = None,
    ) -> Marker:
        """Return a copy of the marker with another state or other paths.

        Args:
            state: New state of the run; None keeps the present one.
            files: New relative paths of the run; None keeps the present ones.
            growing: New paths that are needed to continue the run, a subset of ``files``; None
                keeps the present ones.
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
    """Read the marker of a run folder; not collective.

    Args:
        path: Path of the folder.

    Returns:
        The marker, or None if the folder does not exist or has no marker.

    Raises:
        OutputError: The marker cannot be read.
    """
    try:
        record = json.loads((path / RUN).read_text(encoding="utf-8"))
    except (FileNotFoundError, NotADirectoryError):
        return None
    except (OSError, ValueError) as error:
        raise OutputError(
            f"cannot read {path / RUN}: {error}",
            "the file was edited or damaged: choose another folder",
        ) from error
    return Marker(record if isinstance(record, dict) else {})


def refuse_foreign(path: Path, marker: Marker | None) -> None:
    """Raise an error if a folder contains files that belong to no run of femsoret.

    Args:
        path: Path of the folder.
        marker: Marker of the folder, if it has one.

    Raises:
        OutputError: The folder contains other files.
    """
    if marker is not None and marker.is_ours:
        return
    if marker is not None and "femsoret" in marker.record.get("versions", {}):
        raise OutputError(
            f"{path} contains a run of an older femsoret version, which did not list its files",
            "choose another folder (-o), or remove this one yourself",
        )
    names = sorted(entry.name for entry in path.iterdir() if entry.name != WORK)
    if names:
        more = f" and {len(names) - 3} more" if len(names) > 3 else ""
        raise OutputError(
            f"{path} is not empty and not the folder of a run: it contains "
            f"{', '.join(names[:3])}{more}",
            "choose a new or an empty folder (-o)",
        )


def refuse_loss(path: Path, marker: Marker) -> None:
    """Raise an error if a folder contains a run that should not be replaced without asking.

    Args:
        path: Path of the folder.
        marker: Marker of the folder.

    Raises:
        OutputError: The run is finished, or was stopped and can be continued.
    """
    if marker.state == "finished":
        raise OutputError(
            f"{path} contains {marker.described.what} that is finished",
            f"choose another folder (-o), or replace the results with {FORCE}",
        )
    if any(next((path / name).glob("*"), None) for name in marker.growing if name.endswith("/")):
        way = "the same command as before" if marker.kind == "sweep" else f"femsoret resume {path}"
        raise OutputError(
            f"{path} contains {marker.described.what} that was stopped before it was finished",
            f"continue it: {way}; or choose another folder (-o), or discard the run with {FORCE}",
        )


def another_run(path: Path, marker: Marker, inputs: Mapping[str, str]) -> OutputError:
    """Return an error which says that a folder contains a run of the same kind with other inputs.

    Args:
        path: Path of the folder.
        marker: Marker of the folder.
        inputs: Inputs of the new run: name -> checksum.
    """
    names = sorted(marker.inputs.keys() | inputs.keys())
    changed = [name for name in names if marker.inputs.get(name) != inputs.get(name)]
    return OutputError(
        f"{path} contains another {marker.described.noun}, with different inputs: "
        f"{', '.join(changed)}",
        f"choose another folder (-o), or replace the results with {FORCE}",
    )


def is_same_run(marker: Marker, wanted: Mapping[str, object] | None) -> bool:
    """Return whether the run in a folder is the one to be continued.

    Args:
        marker: Marker of the folder.
        wanted: Entries that its record must have; None if no run is to be continued.
    """
    return wanted is not None and all(marker.record.get(key) == v for key, v in wanted.items())


def refuse_other_version(marker: Marker, what: str) -> None:
    """Raise an error if a run to be continued was started by another version of femsoret.

    Args:
        marker: Marker of the folder.
        what: Description of the run for the error message, such as "a sweep in results/x".

    Raises:
        OutputError: The versions differ.
    """
    if marker.version != __version__:
        raise OutputError(
            f"{what} was started by femsoret {marker.version}, but this is version {__version__}",
            "continue with that version, or start again in another folder",
        )
