"""Virtual instruments: what a laboratory's instrument does to the signal that it records."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Amount:
    """An error of an instrument.

    Args:
        number: Its size in the unit of the signal, or as a share of the largest value.
        of_largest: Whether it is a share of the largest absolute value of the signal.
    """

    number: float = 0.0
    of_largest: bool = False

    def in_unit(self, largest: float) -> float:
        """Return the error in the unit of the signal.

        Args:
            largest: Largest absolute value of the signal.
        """
        return self.number * largest if self.of_largest else self.number


NONE = Amount()
"""No error."""


@dataclass(frozen=True)
class VirtualInstrument:
    """An instrument that records one signal of a transient run.

    Args:
        name: Name of the record.
        every: Sampling interval, s.
        signal: Name of the signal or of the thermometer; empty for the separation between the main
            readings.
        quantity: What is recorded of an optical instrument, one of its `quantities`; empty for what
            it records by itself, and for other signals.
        noise: Standard deviation of the noise, which is normal and independent from sample to
            sample.
        drift: Change of the zero of the signal per second of the instrument's clock.
        zero_of_time: Time of the run at which the clock of the instrument starts, s. It may be
            negative, and is unknown to the evaluation.
        seed: Seed of the noise.
    """

    name: str
    every: float
    signal: str = ""
    quantity: str = ""
    noise: Amount = NONE
    drift: Amount = NONE
    zero_of_time: float = 0.0
    seed: int = 0

    def number_of_samples(self, end: float) -> int:
        """Return how many samples there are in a run that ends at a given time, s.

        The first one is taken when the clock of the instrument starts.
        """
        # A sample at the end of the run counts, round-off or not.
        return max(int((end - self.zero_of_time) / self.every * (1.0 + 1e-12)) + 1, 0)
