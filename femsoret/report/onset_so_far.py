"""What an onset study has found so far: a file that grows in the folder of a study at work.

It is there as soon as anything was found and goes when the study is finished, so that a study that
is stopped leaves what it had.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from femsoret.io.files import as_json, on_root, write_atomically
from femsoret.io.folder import RunFolder
from femsoret.solve import Mode
from femsoret.studies.onset.critical import Critical, GrowthSample

SO_FAR: Final = "onset.so_far.json"


class SoFar:
    """Who is told what an onset study finds, and writes it down; collective.

    Args:
        folder: The folder. What an earlier study left there goes when the first thing is found.
        key: Label of the key that is varied; empty where none is.
    """

    def __init__(self, folder: RunFolder, key: str) -> None:
        self._folder = folder
        self._begun = False
        self._wavenumber: float | None = None
        self._modes: list[list[float]] = []
        self._trials: list[dict[str, Any]] = []
        self._critical: dict[tuple[float | None, int], dict[str, Any]] = {}
        self._key = key

    def at_wavenumber(self, wavenumber: float) -> None:
        """Take what follows as of one wavenumber."""
        self._wavenumber = wavenumber

    def modes(self, found: Sequence[Mode]) -> None:
        """Write the modes found of the case as it is."""
        rates = sorted(((mode.growth_rate, mode.frequency) for mode in found), reverse=True)
        self._modes = [list(rate) for rate in rates]
        self._write()

    def tried(self, number: int, trial: GrowthSample) -> None:
        """Write a value that was tried."""
        self._trials.append(
            {
                "wavenumber": self._wavenumber,
                "number": number,
                "value": trial.value,
                "growth_rate": trial.growth_rate,
                "frequency": trial.frequency,
            }
        )
        self._write()

    def turns(self, number: int, value: float) -> None:
        """Write a critical value where others have not been looked for."""
        self._note(number, value, looked_for_others=False, others=None)

    def settled(self, critical: Critical) -> None:
        """Write a critical value where they have."""
        self._note(critical.number, critical.value, looked_for_others=True, others=critical.others)

    def _note(self, number: int, value: float, **rest: object) -> None:
        place = self._wavenumber, number
        named = {"wavenumber": self._wavenumber, "number": number, "value": value}
        self._critical[place] = {**named, **rest}
        self._write()

    def _write(self) -> None:
        folder = self._folder
        if not self._begun:
            folder.clear()
            folder.claim(SO_FAR)
            self._begun = True
        document = as_json(
            {
                "key": self._key,
                "modes": self._modes,
                "critical": list(self._critical.values()),
                "trials": self._trials,
            }
        )
        on_root(folder.path, folder.comm, lambda: write_atomically(folder.path / SO_FAR, document))
