"""The number of growing eigenvalues, from the winding number of det(J + lambda M).

The determinant is a polynomial in lambda whose zeros are the finite eigenvalues of
J z + lambda M z = 0; the infinite ones, of pressure and walls, are no zeros. Known eigenvalues are
divided out: the quotient varies little along the imaginary axis. By the principle of the argument,
the logarithm of f gains 2 pi i around a region for every zero inside. For f with f(s*) = f(s)* half
of the path is enough: from R along the arc to iR, and down the imaginary axis to 0.

The logarithm of f, up to multiples of 2 pi i, and its derivative are known at single points. Steps
are halved until Simpson's rule for the derivative agrees with the change of log |f|, with that of
the phase up to whole turns, and with the trapezoidal rule. Then no turn is missed, not even that of
two zeros close together.
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
from femsoret.solve.spectrum.complex_lu import Pencil, PinnedFactors, Row, gathered, pinned
from femsoret.solve.spectrum.modes import Count

MOST_UNKNOWNS: Final = {2: 150_000, 3: 12_000}
"""Most unknowns for a count, which takes some 30 factorisations, by the dimension of the cell."""

NEUTRAL: Final = 1e-6
"""Growth rate, over that of the slowest eigenvalues, up to which only known eigenvalues count: the
path avoids those that are neutral to round-off, as at a critical value."""

STEP: Final = 1e-5
"""Relative step of the derivative of log det."""


def why_not_counted(system: BlockSystem) -> str:
    """Return why no count is made, a clause; empty where one can be made.

    Args:
        system: The assembled problem.
    """
    problem = system.problem
    if problem.num_dofs > MOST_UNKNOWNS[problem.cell.dim]:
        return f"{problem.num_dofs} unknowns are too many for a count"
    return ""


def count_growing(
    system: BlockSystem, x: PETSc.Vec, known: Sequence[complex], *, reach: float, slow: float
) -> Count:
    """Count the eigenvalues with a positive real part (see NEUTRAL); collective, work on one rank.

    Args:
        system: The assembled problem, as one matrix.
        x: The steady state.
        known: Known eigenvalues, growing or not, complex ones with their conjugates. They do not
            change the count; the more of them are near the imaginary axis, the less it costs.
        reach: Modulus up to which eigenvalues are counted, 1 over the problem's unit of time.
        slow: Modulus of the slowest eigenvalues, roughly.

    Raises:
        SolveFailure: A factorisation failed, or an unknown eigenvalue is neutral.
    """
    system.jacobian(x)
    J, M, rows = gathered(system.matrix), gathered(system.mass), pinned(system)
    outcome: Count | SolveFailure | None = None
    if system.comm.rank == 0:
        try:
            determinant = _Determinant(Pencil(J, M), rows)

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
    """Log det(J + s M) and its derivative, with the functional rows in their places.

    Args:
        pencil: The matrices with unit rows in the place of functional rows.
        rows: The functional rows.
    """

    def __init__(self, pencil: Pencil, rows: tuple[Row, ...]) -> None:
        self._pencil, self._rows = pencil, rows
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
        factors.close()
        return logarithm


TOLERANCE: Final = 0.3
"""Largest disagreement in a step, in nepers and radians."""

WHOLE: Final = 0.05
"""Largest distance of the number of zeros from a whole one."""

SHORT: Final = 0.3
"""Largest short step, over the median step."""

DEEPEST: Final = 24
"""Most halvings of a step."""

Logarithm = Callable[[complex], tuple[complex, complex]]
"""s -> log f and its derivative."""


@dataclass(frozen=True)
class Winding:
    """The zeros found by a path around a region.

    Args:
        zeros: Zeros less poles inside; a conjugate pair counts as two.
        narrow: Points on the imaginary axis where steps had to be short, shortest first: zeros are
            near them, on either side.
    """

    zeros: int
    narrow: tuple[complex, ...]


def zeros_to_the_right(logarithm: Logarithm, reach: float, slow: float) -> Winding:
    """Return the number of zeros less poles of a function f with Re s > 0, |s| < reach.

    Args:
        logarithm: s -> log f(s), up to multiples of 2 pi i, and its derivative; f(s*) = f(s)*, and
            f is not zero on the boundary.
        reach: Radius R of the region.
        slow: Size of the smallest |s| where the function varies: steps are equal below, and grow
            with |s| above.

    Raises:
        NotConverged: A zero is too near to the boundary.
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
            f"the count of growing modes gave {zeros:.3f}, which is not a whole number",
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
    """Return the change of the phase along a part of a path, and append the steps taken."""
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
            f"growing modes could not be counted: an eigenvalue is too near to {places[1][0]:.4g}",
            "it is neutral within round-off",
        )
    return _change(value, path, start, middle, depth + 1, steps) + _change(
        value, path, middle, end, depth + 1, steps
    )


def _folded(angle: float) -> float:
    """Return an angle between -pi and pi, whole turns subtracted."""
    return math.remainder(angle, 2.0 * math.pi)


def without(known: Sequence[complex], s: complex) -> tuple[complex, complex]:
    """Return -log prod (s - z) over known zeros z, and its derivative.

    Args:
        known: The zeros.
        s: The point.
    """
    apart = s - np.asarray(known, dtype=np.complex128)
    return complex(-np.log(apart).sum()), complex(-(1.0 / apart).sum())
