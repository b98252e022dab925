"""What may be chosen for an experiment: cells that could be built, and records of them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product
from typing import Protocol

from femsoret.experiment import Experiment
from femsoret.experiment.schedule import Schedule
from femsoret.studies.design.recording import Recording
from femsoret.studies.fit.unknowns import Unknown


@dataclass(frozen=True)
class CellAxis:
    """A number of the cell that may be chosen.

    Args:
        name: Its name: a key of the case, "dT" or "gap".
        unit: Unit of its values; empty for pure numbers.
        values: The values that are tried, at least one.
    """

    name: str
    unit: str
    values: tuple[float, ...]

    @property
    def is_continuous(self) -> bool:
        """Whether values between those given may be tried, by their logarithms."""
        return len(self.values) > 1 and min(self.values) > 0.0


@dataclass(frozen=True, eq=False)
class CandidateCell:
    """A cell that could be built.

    Args:
        values: Values of the numbers that may be chosen; empty for the cell as stated.
        experiment: The experiment.
        schedule: The schedule of its run, without an end; None for steady states.
        unknowns: The unknowns with their priors.
        tau: Relaxation time, s.
        doubts: Why it is not recommended, clauses; empty if nothing speaks against it.
        warnings: What one should know before building it, sentences.
    """

    values: tuple[float, ...]
    experiment: Experiment
    schedule: Schedule | None
    unknowns: tuple[Unknown, ...]
    tau: float
    doubts: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()


class Cells(Protocol):
    """The cells among which one is chosen."""

    @property
    def axes(self) -> tuple[CellAxis, ...]:
        """What may be chosen of the cell."""

    @property
    def stated(self) -> CandidateCell:
        """The cell as stated."""

    def at(self, values: tuple[float, ...]) -> CandidateCell:
        """Return the cell with chosen values; collective.

        Args:
            values: A value for each axis, in its unit.

        Raises:
            FemsoretError: There is no such cell.
        """


@dataclass(frozen=True)
class Span:
    """A duration.

    Args:
        number: Time in s, or in relaxation times.
        in_tau: Whether it is in relaxation times.
    """

    number: float
    in_tau: bool

    def seconds(self, tau: float) -> float:
        """Return the duration in a cell with a given relaxation time, s."""
        return self.number * tau if self.in_tau else self.number


@dataclass(frozen=True)
class RecordChoices:
    """The records among which one is chosen; as stated is the first of each list but the last.

    Args:
        signals: Combinations of columns of the history.
        samples: Numbers of samples.
        durations: Durations; empty for steady states.
        stated: Duration as stated; None for steady states.
        spacings: How samples are spaced.
        levellings: Standard uncertainties of the tilt, degrees; None for that of the prior.
    """

    signals: tuple[tuple[str, ...], ...]
    samples: tuple[int, ...]
    durations: tuple[Span, ...] = ()
    stated: Span | None = None
    spacings: tuple[str, ...] = ("even",)
    levellings: tuple[float | None, ...] = (None,)

    @property
    def every_signal(self) -> tuple[str, ...]:
        """All signals of all combinations."""
        return tuple(dict.fromkeys(name for names in self.signals for name in names))

    def longest(self, tau: float) -> float:
        """Return the longest duration in a cell, s; 0 for steady states."""
        spans = (*self.durations, *([] if self.stated is None else [self.stated]))
        return max((span.seconds(tau) for span in spans), default=0.0)

    def as_stated(self, tau: float) -> Recording:
        """Return the record as stated.

        Args:
            tau: Relaxation time of the cell, s.
        """
        end = 0.0 if self.stated is None else self.stated.seconds(tau)
        return Recording(self.signals[0], self.samples[0], end, self.spacings[0])

    def recordings(self, tau: float) -> Iterator[Recording]:
        """Yield all records of a cell.

        Args:
            tau: Relaxation time of the cell, s.
        """
        durations = [span.seconds(tau) for span in self.durations] or [0.0]
        for each in product(self.signals, self.samples, durations, self.spacings, self.levellings):
            yield Recording(*each)
