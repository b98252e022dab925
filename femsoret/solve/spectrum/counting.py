"""Counting of growing eigenvalues by the winding number of det(J + lambda M).

The determinant is a polynomial in lambda whose zeros are the finite eigenvalues of
J z + lambda M z = 0; the infinite eigenvalues, from pressure and walls, do not appear as zeros.
Known eigenvalues are divided out, so that the quotient f varies little along the imaginary axis.
By the argument principle, log f increases by 2 pi i along the boundary of a region for each zero
inside. As f(s*) = f(s)*, half of the path is sufficient: from R along the arc to iR, and down the
imaginary axis to 0.

The logarithm of f, up to multiples of 2 pi i, and its derivative are evaluated at discrete points.
Steps are halved until Simpson's rule for the derivative agrees with the change of log |f|, with the
change of phase modulo 2 pi, and with the trapezoidal rule. This criterion detects all turns of the
phase, even those caused by two zeros close together.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from petsc4py import PETSc

import numpy as np

from femsoret.base.errors import NotConverged, SolveFailure
from femsoret.solve.linear.assembly import BlockSystem
from femsoret.solve.spectrum.complex_lu import (
    Added,
    BorderedFactors,
    Pencil,
    PinnedFactors,
    Row,
    gathered,
    pinned,
)
from femsoret.solve.spectrum.modes import Count

MOST_UNKNOWNS: Final = {2: 150_000, 3: 12_000}
"""Dimension of the cell -> maximum number of unknowns for a count, which takes about 30
factorisations."""

NEUTRAL: Final = 1e-6
"""Real part of the path along the imaginary axis, relative to the modulus of the slowest
eigenvalues. The path thus avoids eigenvalues that are neutral up to round-off, as at a critical
parameter value; among eigenvalues with a smaller positive real part only known ones are counted."""

STEP: Final = 1e-5
"""Relative step of the difference quotient for the derivative of log det."""


def why_not_counted(system: BlockSystem) -> str:
    """Return the reason why eigenvalues cannot be counted as a clause; empty if they can.

    Args:
        system: The assembled problem.
    """
    problem = system.problem
    if problem.num_dofs > MOST_UNKNOWNS[problem.cell.dim]:
        return f"{problem.num_dofs} unknowns are too many for a count"
    return ""


def count_growing(
    system: BlockSystem,
    x: PETSc.Vec,
    known: Sequence[complex],
    *,
    reach: float,
    slow: float,
    added: Added | None = None,
) -> Count:
    """Count the eigenvalues with a positive real part (see NEUTRAL); collective.

    Rank 0 does the work.

    Args:
        system: The assembled problem, with a single matrix.
        x: The steady state, in natural sizes.
        known: Known eigenvalues, growing or not, with the conjugates of complex ones. They do not
            change the count, but known eigenvalues near the imaginary axis reduce its cost.
        reach: Modulus up to which eigenvalues are counted, in reciprocals of the problem's unit of
            time.
        slow: Approximate modulus of the slowest eigenvalues, in the same unit.
        added: Unknowns and equations without rates that belong to the system, such as those of free
            bodies, whole on rank 0; None without any.

    Raises:
        SolveFailure: A factorisation failed, or an unknown eigenvalue is neutral.
    """
    system.jacobian(x)
    J, M, rows = gathered(system.matrix), gathered(system.mass), pinned(system)
    outcome: Count | SolveFailure | None = None
    if system.comm.rank == 0:
        try:
            determinant = _Determinant(Pencil(J, M), rows, added)

            def remainder(s: complex) -> tuple[complex, complex]:
                s += NEUTRAL * slow
                numerator, divisor = determinant(s), without(known, s)
                return numerator[0] + divisor[0], numerator[1] + divisor[1]

            winding = zeros_to_the_right(remainder, reach, slow)
            growing = winding.zeros + sum(z.real > 0.0 for z in known)
            outcome = Count(growing, reach, determinant.factorisations, winding.narrow)
        except SolveFailure as error:
            outcome = error
    outcome = system.comm.bcast(outcome, root=0)
    if isinstance(outcome, SolveFailure):
        raise outcome
    assert outcome is not None
    return outcome


class _Determinant:
    """The function log det(J + s M) and its derivative, with functional rows substituted.

    Args:
        pencil: The matrices, with unit rows in place of functional rows.
        rows: The functional rows.
        added: Unknowns and equations beside those of the pencil; None without any.
    """

    def __init__(self, pencil: Pencil, rows: tuple[Row, ...], added: Added | None) -> None:
        self._pencil, self._rows, self._added = pencil, rows, added
        self.factorisations = 0

    def __call__(self, s: complex) -> tuple[complex, complex]:
        step = STEP * abs(s) or STEP
        here, there = self._log(s), self._log(s + step)
        change = there - here
        turns = round(change.imag / (2.0 * np.pi))
        return here, (change - 2j * np.pi * turns) / step

    def _log(self, s: complex) -> complex:
        factors = PinnedFactors(self._pencil.factorise(s), self._rows)
        self.factorisations += 1
        logarithm = factors.log_determinant()
        if self._added is not None:
            logarithm += BorderedFactors(factors, self._added).log_of_added()
        factors.close()
        return logarithm


TOLERANCE: Final = 0.3
"""Largest accepted error of the change of log f in a step: log |f| in nepers, phase in radians."""

WHOLE: Final = 0.05
"""Largest accepted distance of the computed number of zeros from an integer."""

SHORT: Final = 0.3
"""Length, relative to the median step, below which a step counts as short."""

DEEPEST: Final = 24
"""Maximum number of times that a step is halved."""

Logarithm = Callable[[complex], tuple[complex, complex]]
"""Function s -> (log f(s), its derivative)."""


@dataclass(frozen=True)
class Winding:
    """Number of zeros in a region, from a path along its boundary.

    Args:
        zeros: Number of zeros minus number of poles inside; a conjugate pair counts as two.
        narrow: Points on the imaginary axis where steps had to be short, those with the shortest
            steps first; there are zeros near these points, on either side of the axis.
    """

    zeros: int
    narrow: tuple[complex, ...]


def zeros_to_the_right(logarithm: Logarithm, reach: float, slow: float) -> Winding:
    """Return the number of zeros minus poles of a function f with Re s > 0 and |s| < reach.

    Args:
        logarithm: Function that returns log f(s), up to multiples of 2 pi i, and its derivative.
            f must satisfy f(s*) = f(s)* and have no zeros on the boundary.
        reach: Radius R of the region.
        slow: Smallest |s| at which the function varies: steps along the imaginary axis are equal
            below, and grow with |s| above.

    Raises:
        NotConverged: A zero is too close to the boundary.
    """
    top = math.asinh(reach / slow)
    remembered: dict[complex, tuple[complex, complex]] = {}

    def value(s: complex) -> tuple[complex, complex]:
        if s not in remembered:
            remembered[s] = logarithm(s)
        return remembered[s]

    def arc(t: float) -> tuple[complex, complex]:
        s = reach * complex(math.cos(t), math.sin(t))
        return s, 1j * s

    def axis(t: float) -> tuple[complex, complex]:
        return 1j * slow * math.sinh(t), 1j * slow * math.cosh(t)

    turned = 0.0
    steps: list[tuple[float, complex]] = []
    for path, ends in ((arc, np.linspace(0.0, 0.5 * math.pi, 3)), (axis, np.linspace(top, 0.0, 5))):
        for start, end in itertools.pairwise(ends):
            taken: list[tuple[float, complex]] = []
            turned += _change(value, path, float(start), float(end), 0, taken)
            steps += taken if path is axis else []
    zeros = turned / math.pi
    if abs(zeros - round(zeros)) > WHOLE:
        raise NotConverged(
            f"the count of growing modes gave {zeros:.3f}, which is not an integer",
            "the matrices may be too ill-conditioned for a count",
        )
    usual = float(np.median([size for size, _ in steps]))
    steps = sorted((step for step in steps if step[0] < SHORT * usual), key=lambda step: step[0])
    return Winding(round(zeros), tuple(place for _, place in steps))


def _change(
    value: Logarithm,
    path: Callable[[float], tuple[complex, complex]],
    start: float,
    end: float,
    depth: int,
    steps: list[tuple[float, complex]],
) -> float:
    """Return the change of phase along part of a path, and append its steps.

    Args:
        value: Function that returns log f and its derivative.
        path: Parameter t -> point s of the path, and ds/dt.
        start: Value of t at the start of the part.
        end: Value of t at its end.
        depth: Number of times that the step has been halved.
        steps: List of (length in t, midpoint) to which the steps taken are appended.
    """
    middle = 0.5 * (start + end)
    places = [path(t) for t in (start, middle, end)]
    values = [value(s) for s, _ in places]
    slopes = [v[1] * along for v, (_, along) in zip(values, places, strict=True)]
    h = end - start
    simpson = h / 6.0 * (slopes[0] + 4.0 * slopes[1] + slopes[2])
    trapezoidal = h / 4.0 * (slopes[0] + 2.0 * slopes[1] + slopes[2])
    apart = simpson - (values[2][0] - values[0][0])
    error = max(abs(apart.real), abs(_folded(apart.imag)), abs(simpson - trapezoidal) / 3.0)
    if error <= TOLERANCE:
        steps.append((abs(h), places[1][0]))
        return simpson.imag - _folded(apart.imag)
    if depth == DEEPEST:
        raise NotConverged(
            "growing modes could not be counted: an eigenvalue is too close to the point "
            f"{places[1][0]:.4g}",
            "the eigenvalue is neutral up to round-off; change the parameters slightly",
        )
    return _change(value, path, start, middle, depth + 1, steps) + _change(
        value, path, middle, end, depth + 1, steps
    )


def _folded(angle: float) -> float:
    """Return an angle reduced to the interval from -pi to pi."""
    return math.remainder(angle, 2.0 * math.pi)


def without(known: Sequence[complex], s: complex) -> tuple[complex, complex]:
    """Return -log prod (s - z) over known zeros z, and its derivative with respect to s.

    Args:
        known: The known zeros.
        s: The point at which the function is evaluated.
    """
    apart = s - np.asarray(known, dtype=np.complex128)
    return complex(-np.log(apart).sum()), complex(-(1.0 / apart).sum())
