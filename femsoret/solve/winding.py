"""How many zeros an analytic function has in the right half-plane: the principle of the argument.

On the way around a region the logarithm of f gains 2 pi i for every zero inside. For f with
f(s*) = f(s)* half of the way will do: from R along the arc to iR, down the imaginary axis to 0.

Of f one value of the logarithm, up to multiples of 2 pi i, and the derivative of it are known at a
place. Steps are halved until Simpson's rule for the derivative gives the change of log |f|, which
is known exactly, and that of the phase, known up to turns, and agrees with the trapezoidal rule: a
turn more or less cannot hide then, not that of two zeros near one place either.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from femsoret.base.errors import NotConverged

TOLERANCE: Final = 0.3
"""Largest disagreement of a step, in nepers and radians."""

WHOLE: Final = 0.05
"""Largest distance of the number of zeros from a whole one."""

SHORT: Final = 0.3
"""Step over the median step from which on down it is a short one."""

DEEPEST: Final = 24
"""Halvings of one path."""

Logarithm = Callable[[complex], tuple[complex, complex]]
"""s -> log f and its derivative."""


@dataclass(frozen=True)
class Winding:
    """What a way around gave.

    Args:
        zeros: Zeros less poles inside, those of a conjugate pair count as two.
        narrow: Places on the imaginary axis where steps had to be short, shortest first: zeros are
            near them, on either side.
    """

    zeros: int
    narrow: tuple[complex, ...]


def zeros_to_the_right(logarithm: Logarithm, reach: float, slow: float) -> Winding:
    """Return how many zeros, less poles, a function has with Re s > 0, |s| < reach.

    Args:
        logarithm: The function, with f(s*) = f(s)*; not zero on the boundary.
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
            found: list[tuple[float, complex]] = []
            turned += _change(value, path, float(start), float(end), 0, found)
            steps += found if path is axis else []
    zeros = turned / math.pi
    if abs(zeros - round(zeros)) > WHOLE:
        raise NotConverged(
            f"the count of growing modes gave {zeros:.3f}, no whole number",
            "the matrices may be too ill-conditioned for it",
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
    """Return the change of the phase along a part of a path, and note the steps taken."""
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
            "it is neutral, as far as numbers go",
        )
    return _change(value, path, start, middle, depth + 1, steps) + _change(
        value, path, middle, end, depth + 1, steps
    )


def _folded(angle: float) -> float:
    """Return an angle less whole turns, between -pi and pi."""
    return math.remainder(angle, 2.0 * math.pi)


def without(known: Sequence[complex], s: complex) -> tuple[complex, complex]:
    """Return -log of prod (s - z) over known zeros z, and its derivative.

    Args:
        known: The zeros.
        s: The place.
    """
    apart = s - np.asarray(known, dtype=np.complex128)
    return complex(-np.log(apart).sum()), complex(-(1.0 / apart).sum())
