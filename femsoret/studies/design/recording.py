"""What is recorded of a cell: which signals, how often, for how long, and how noisy they are."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal, get_args

import numpy as np

from femsoret.base.errors import CaseError
from femsoret.base.types import Array

Spacing = Literal["even", "geometric"]
"""How the times of samples are spaced."""

SPACINGS: Final[tuple[str, ...]] = get_args(Spacing)

FIRST: Final = 1e-2
"""First of the geometrically spaced times over the last one."""

DENSE: Final = 160
"""Number of evenly spaced times at which signals are predicted, and from which they are
interpolated."""

EARLY: Final = 60
"""Number of further times, spaced geometrically from the start on."""

EARLIEST: Final = 1e-4
"""First of these times over the last one."""


@dataclass(frozen=True)
class Recording:
    """What is recorded of a cell.

    Args:
        signals: Columns of the history that are recorded.
        samples: Number of values of each signal.
        duration: Last time, s; 0 for steady states.
        spacing: How the times are spaced.
        levelling: Standard uncertainty of the tilt, degrees; None for the prior of the fit.

    Raises:
        CaseError: Nothing is recorded.
    """

    signals: tuple[str, ...]
    samples: int
    duration: float = 0.0
    spacing: str = "even"
    levelling: float | None = None

    def __post_init__(self) -> None:
        if not self.signals or self.samples < 1 or not self.duration >= 0.0:
            raise CaseError(
                f"a record of {len(self.signals)} signals, {self.samples} samples and "
                f"{self.duration:g} s holds nothing",
                "record a signal at least once",
            )

    @property
    def is_steady(self) -> bool:
        """Whether steady states are recorded."""
        return self.duration == 0.0

    @property
    def times(self) -> Array:
        """Times of the samples, s, shape (samples,); zeros for steady states."""
        if self.is_steady:
            return np.zeros(self.samples)
        if self.spacing == "geometric":
            return np.asarray(np.geomspace(FIRST * self.duration, self.duration, self.samples))
        return np.asarray(np.linspace(0.0, self.duration, self.samples + 1)[1:])

    @property
    def effort(self) -> tuple[float, int, float, int]:
        """What it costs, in the order in which it is saved: time, signals, levelling, samples."""
        level = np.inf if self.levelling is None else self.levelling
        return self.duration, len(self.signals), -level, self.samples

    def noise(self, of_signals: Mapping[str, float]) -> Array:
        """Return the standard uncertainty of each value, shape (signals x samples,).

        Args:
            of_signals: Column of the history -> standard uncertainty of its values.
        """
        return np.repeat([of_signals[name] for name in self.signals], self.samples)


def dense_times(duration: float) -> Array:
    """Return times at which signals are predicted so that all others can be interpolated, s.

    Args:
        duration: The last of them, s.
    """
    even = np.linspace(0.0, duration, DENSE + 1)[1:]
    early = np.geomspace(EARLIEST * duration, even[0], EARLY, endpoint=False)
    return np.concatenate([early, even])
