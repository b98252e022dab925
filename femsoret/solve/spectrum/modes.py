"""Results of linear stability analysis: modes, growth rates, frequencies and counts."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from femsoret.base.types import Array


@dataclass(frozen=True)
class SpectrumOptions:
    """Options of the search for eigenvalues.

    Args:
        number: Number of eigenvalues to find near each shift; a complex pair counts as two.
        tolerance: Relative tolerance for the eigenvalues of the shift-inverted operator.
        max_restarts: Maximum number of restarts of the Krylov-Schur method.
        subspace: Dimension of the Krylov subspace, each vector of which costs a back-substitution;
            None uses the larger of 4 ``number`` and ``number`` + 24, which is a safe choice.
    """

    number: int = 6
    tolerance: float = 1e-8
    max_restarts: int = 20
    subspace: int | None = None


@dataclass(frozen=True, eq=False)
class Mode:
    """A perturbation Re[z exp(lambda t)] of a steady state; a complex pair is one mode.

    Args:
        growth_rate: Real part of lambda, in reciprocals of the problem's unit of time.
        frequency: Imaginary part of lambda, the angular frequency, in the same unit; 0 for a
            stationary mode, never negative.
        residual: ||J z + lambda M z||/((|lambda| + |s|) ||M z||) in natural sizes, with the shift
            s; an estimate of the relative error of lambda if modes are orthogonal. If round-off
            makes this value large, ||S z - mu z||/(|mu| ||z||) with the shift-inverted operator S
            and its eigenvalue mu that corresponds to lambda.
        shift: The shift near which the mode was found.
        real: Real part of z in the problem's units, one array for each block in layout order,
            ghosts included. z is scaled so that its largest entry among velocity, temperature and
            compositions is 1 in natural sizes.
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
        """The eigenvalue lambda with nonnegative imaginary part."""
        return complex(self.growth_rate, self.frequency)

    @property
    def eigenvalues(self) -> tuple[complex, ...]:
        """The eigenvalues of the mode: one if real, or both of a complex pair."""
        z = self.eigenvalue
        return (z, z.conjugate()) if self.oscillates else (z,)

    @property
    def oscillates(self) -> bool:
        """Whether the eigenvalue is complex."""
        return self.frequency > 0.0


ModesCallback = Callable[[Sequence[Mode]], None]
"""Callback that receives the modes found so far."""


@dataclass(frozen=True)
class ShiftReport:
    """Outcome of the search for eigenvalues near a shift.

    Args:
        shift: The shift, in reciprocals of the problem's unit of time.
        found: Number of converged eigenvalues, including those already found with other shifts.
        restarts: Number of restarts of the Krylov-Schur method.
        converged: Whether the requested number of eigenvalues converged.
    """

    shift: complex
    found: int
    restarts: int
    converged: bool


@dataclass(frozen=True)
class Count:
    """Result of counting the eigenvalues with a positive real part.

    Args:
        growing: Number of eigenvalues with a positive real part, whether found or not; a complex
            pair counts as two.
        reach: Modulus up to which eigenvalues were counted, in reciprocals of the problem's unit of
            time.
        factorisations: Number of factorisations used for the count.
        narrow: Points on the imaginary axis near which there are unknown eigenvalues.
    """

    growing: int
    reach: float
    factorisations: int
    narrow: tuple[complex, ...] = ()


@dataclass(frozen=True, eq=False)
class Spectrum:
    """The modes of a steady state that were found, in descending order of growth rate.

    Args:
        modes: The modes, at least one.
        shifts: Outcome of the search for each shift.
        count: Count of the growing eigenvalues; None if there is none.
        uncounted: Reason why there is no count, as a clause.
    """

    modes: tuple[Mode, ...]
    shifts: tuple[ShiftReport, ...]
    count: Count | None = None
    uncounted: str = "no count was requested"

    @property
    def leading(self) -> Mode:
        """The mode that grows fastest or decays slowest."""
        return self.modes[0]

    @property
    def is_stable(self) -> bool:
        """Whether all modes found decay and the count, if any, is zero."""
        return self.leading.growth_rate < 0.0 and not (self.count and self.count.growing)

    @property
    def found_growing(self) -> int:
        """Number of growing eigenvalues found; a complex pair counts as two."""
        return sum(1 + mode.oscillates for mode in self.modes if mode.growth_rate > 0.0)

    @property
    def missing(self) -> int:
        """Number of growing eigenvalues that were counted but not found."""
        return max(0, self.count.growing - self.found_growing) if self.count else 0

    @property
    def highest(self) -> float:
        """Largest modulus of the shifts, in reciprocals of the problem's unit of time."""
        return max(abs(report.shift) for report in self.shifts)

    @property
    def converged(self) -> bool:
        """Whether the requested number of eigenvalues converged for every shift."""
        return all(report.converged for report in self.shifts)
