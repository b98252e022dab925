"""What the linear stability of a steady state comes to: modes, growth rates, frequencies."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class SpectrumOptions:
    """How eigenvalues are sought.

    Args:
        number: Eigenvalues wanted around each shift; the two of a complex pair count as two.
        tolerance: Of the eigenvalues of the shift-inverted operator, relative.
        max_restarts: Restarts of the Krylov-Schur method.
        subspace: Vectors that it keeps, each a back-substitution; None takes four times the number,
            and 24 more than the number at least, which is thorough.
    """

    number: int = 6
    tolerance: float = 1e-8
    max_restarts: int = 20
    subspace: int | None = None


@dataclass(frozen=True, eq=False)
class Mode:
    """A perturbation Re[z exp(lambda t)] of a steady state; a complex pair is one mode.

    Args:
        growth_rate: Real part of lambda, 1 over the problem's unit of time.
        frequency: Imaginary part of lambda, the angular frequency, likewise; 0 for a stationary
            mode, never negative.
        residual: ||J z + lambda M z||/((|lambda| + |s|) ||M z||), all in natural sizes, s the
            shift: about the error of lambda, over the rates in play, where modes are orthogonal.
            Where round-off makes that large, ||S z - mu z||/(|mu| ||z||) with the shift-inverted
            operator S and its eigenvalue mu that lambda stands for.
        shift: The shift that it was found from.
        real: Real part of z, one array a block in layout order, ghosts included, in the units of
            the problem; the largest entry of z, pressures apart, is 1 in natural sizes.
        imaginary: Its imaginary part, likewise; zero for a stationary mode.
    """

    growth_rate: float
    frequency: float
    residual: float
    shift: complex
    real: tuple[Any, ...]
    imaginary: tuple[Any, ...]

    @property
    def eigenvalue(self) -> complex:
        """Lambda, the one of a pair with the positive imaginary part."""
        return complex(self.growth_rate, self.frequency)

    @property
    def eigenvalues(self) -> tuple[complex, ...]:
        """Lambda, or both of a pair."""
        z = self.eigenvalue
        return (z, z.conjugate()) if self.oscillates else (z,)

    @property
    def oscillates(self) -> bool:
        """Whether this is one of a complex pair."""
        return self.frequency > 0.0


ModesCallback = Callable[[Sequence[Mode]], None]
"""Who is told of the modes that were found so far."""


@dataclass(frozen=True)
class ShiftReport:
    """What came of one shift.

    Args:
        shift: The shift.
        found: Eigenvalues that converged, those that another shift had found before included.
        restarts: Restarts that the Krylov-Schur method took.
        converged: Whether as many converged as were asked for.
    """

    shift: complex
    found: int
    restarts: int
    converged: bool


@dataclass(frozen=True)
class Count:
    """How many eigenvalues grow: counted, whether they were found or not.

    Args:
        growing: Eigenvalues with a positive real part; the two of a complex pair count as two.
        reach: Modulus up to which they were counted, 1 over the problem's unit of time.
        factorisations: What it took.
        narrow: Numbers on the imaginary axis near which eigenvalues are that were not known.
    """

    growing: int
    reach: float
    factorisations: int
    narrow: tuple[complex, ...] = ()


@dataclass(frozen=True, eq=False)
class Spectrum:
    """The eigenvalues of a steady state that were found, in order of falling growth rate.

    Args:
        modes: The modes, at least one.
        shifts: What came of each shift.
        count: The count of those that grow; None where none was made.
        uncounted: Why none was made, a clause.
    """

    modes: tuple[Mode, ...]
    shifts: tuple[ShiftReport, ...]
    count: Count | None = None
    uncounted: str = "a count was not asked for"

    @property
    def leading(self) -> Mode:
        """The mode that grows fastest or decays slowest."""
        return self.modes[0]

    @property
    def is_stable(self) -> bool:
        """Whether every mode that was found decays, and no other was counted."""
        return self.leading.growth_rate < 0.0 and not (self.count and self.count.growing)

    @property
    def found_growing(self) -> int:
        """Eigenvalues found that grow; the two of a complex pair count as two."""
        return sum(1 + mode.oscillates for mode in self.modes if mode.growth_rate > 0.0)

    @property
    def missing(self) -> int:
        """Eigenvalues that grow and were counted but not found."""
        return max(0, self.count.growing - self.found_growing) if self.count else 0

    @property
    def highest(self) -> float:
        """Largest modulus of the shifts, 1 over the problem's unit of time."""
        return max(abs(report.shift) for report in self.shifts)

    @property
    def converged(self) -> bool:
        """Whether every shift gave as many modes as it was asked for."""
        return all(report.converged for report in self.shifts)
