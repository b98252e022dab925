"""Results of linear stability: modes with growth rates and frequencies, and counts."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from femsoret.base.types import Array


@dataclass(frozen=True)
class SpectrumOptions:
    """How eigenvalues are sought.

    Args:
        number: Eigenvalues sought around each shift; a complex pair counts as two.
        tolerance: Relative tolerance of the eigenvalues of the shift-inverted operator.
        max_restarts: Most restarts of the Krylov-Schur method.
        subspace: Vectors that the method keeps, each a back-substitution; None takes the larger of
            four times ``number`` and ``number`` + 24, which is thorough.
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
            shift: about the relative error of lambda where modes are orthogonal. Where round-off
            makes that large, ||S z - mu z||/(|mu| ||z||) with the shift-inverted operator S and
            its eigenvalue mu that belongs to lambda.
        shift: The shift that the mode was found from.
        real: Real part of z, one array a block in layout order, ghosts included, in the problem's
            units; the largest entry of z, pressures excluded, is 1 in natural sizes.
        imaginary: Imaginary part of z, likewise; zero for a stationary mode.
    """

    growth_rate: float
    frequency: float
    residual: float
    shift: complex
    real: tuple[Array, ...]
    imaginary: tuple[Array, ...]

    @property
    def eigenvalue(self) -> complex:
        """Lambda; of a complex pair the one with the positive imaginary part."""
        return complex(self.growth_rate, self.frequency)

    @property
    def eigenvalues(self) -> tuple[complex, ...]:
        """Lambda; of a complex pair both."""
        z = self.eigenvalue
        return (z, z.conjugate()) if self.oscillates else (z,)

    @property
    def oscillates(self) -> bool:
        """Whether the eigenvalue is complex."""
        return self.frequency > 0.0


ModesCallback = Callable[[Sequence[Mode]], None]
"""Called with the modes that were found so far."""


@dataclass(frozen=True)
class ShiftReport:
    """The outcome of the search around a shift.

    Args:
        shift: The shift.
        found: Eigenvalues that converged, including those that another shift had found before.
        restarts: Restarts of the Krylov-Schur method.
        converged: Whether as many eigenvalues converged as were asked for.
    """

    shift: complex
    found: int
    restarts: int
    converged: bool


@dataclass(frozen=True)
class Count:
    """The number of growing eigenvalues, whether they were found or not.

    Args:
        growing: Eigenvalues with a positive real part; a complex pair counts as two.
        reach: Modulus up to which eigenvalues were counted, 1 over the problem's unit of time.
        factorisations: Factorisations of the count.
        narrow: Points on the imaginary axis near which there are eigenvalues that were not known.
    """

    growing: int
    reach: float
    factorisations: int
    narrow: tuple[complex, ...] = ()


@dataclass(frozen=True, eq=False)
class Spectrum:
    """Eigenvalues of a steady state that were found, those that grow fastest first.

    Args:
        modes: The modes, at least one.
        shifts: The outcome of each shift.
        count: The number of growing eigenvalues; None where no count was made.
        uncounted: Why no count was made, a clause.
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
        """Whether every mode that was found decays, and no growing one was counted."""
        return self.leading.growth_rate < 0.0 and not (self.count and self.count.growing)

    @property
    def found_growing(self) -> int:
        """Growing eigenvalues that were found; a complex pair counts as two."""
        return sum(1 + mode.oscillates for mode in self.modes if mode.growth_rate > 0.0)

    @property
    def missing(self) -> int:
        """Growing eigenvalues that were counted but not found."""
        return max(0, self.count.growing - self.found_growing) if self.count else 0

    @property
    def highest(self) -> float:
        """Largest modulus of the shifts, 1 over the problem's unit of time."""
        return max(abs(report.shift) for report in self.shifts)

    @property
    def converged(self) -> bool:
        """Whether as many eigenvalues converged around every shift as were asked for."""
        return all(report.converged for report in self.shifts)
