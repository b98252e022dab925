"""A response surface: what a model predicts as polynomials of its unknowns.

Each evaluation of a model gives the predictions and their slopes, so that a few evaluations
determine a polynomial of second or third degree in some unknowns by least squares (R. H. Myers,
D. C. Montgomery, Response Surface Methodology, 2002; with slopes: T. J. Mitchell, M. D. Morris,
D. Ylvisaker, in Workshop on Design for Computer Experiments, 1994). What evaluations do not
determine is left out: the solution of least norm is taken. Whether the surface is good enough is
not assumed: it is compared with further evaluations.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import combinations_with_replacement
from math import factorial
from typing import Final

import numpy as np

from femsoret.base.types import Array, GlobalIndices

HIGHEST: Final = 4
"""Highest degree of the polynomials."""

MOST_TERMS: Final = 40
"""Number of terms up to which a degree above two is used."""

DETERMINED: Final = 0.8
"""Largest ratio of coefficients to equations with which a degree above two is used."""

LEAST_SIZE: Final = 1.0
"""Least size of a coordinate."""

_NULL: Final = 1e-9
"""Singular values, relative to the largest, below which a coefficient is not determined."""


@dataclass(frozen=True, eq=False)
class Point:
    """An evaluation of a model in scaled coordinates.

    Args:
        t: Coordinates, shape (q,).
        values: Predictions in standard uncertainties of the data, shape (n,).
        slopes: Their derivatives by the coordinates, shape (n, q).
        weight: Its weight in the fit.
    """

    t: Array
    values: Array
    slopes: Array
    weight: float = 1.0


@dataclass(frozen=True, eq=False)
class Surface:
    """Polynomials in q coordinates.

    Args:
        powers: Powers of the monomials, shape (terms, q).
        coefficients: Their coefficients, shape (terms, n).
        sizes: Sizes of the coordinates, by which they are divided, shape (q,).
    """

    powers: GlobalIndices
    coefficients: Array
    sizes: Array

    @classmethod
    def linear(cls, point: Point) -> Surface:
        """Return the linear functions of one evaluation, the point of which is the origin."""
        powers = powers_up_to(len(point.t), 1)
        return cls(powers, np.vstack([point.values, point.slopes.T]), np.ones(len(point.t)))

    @classmethod
    def through(cls, points: Sequence[Point]) -> Surface:
        """Return the polynomials that fit values and slopes of evaluations best.

        Args:
            points: Evaluations; the first one counts most, and is close to the origin.
        """
        q = len(points[0].t)
        equations = sum(1 + q for _ in points)
        degree = max(
            (
                d
                for d in range(3, HIGHEST + 1)
                if _terms(q, d) <= min(DETERMINED * equations, MOST_TERMS)
            ),
            default=2,
        )
        powers = powers_up_to(q, degree)
        t = np.array([point.t for point in points])
        sizes = np.maximum(np.abs(t).max(axis=0), LEAST_SIZE)
        t = t / sizes
        root = np.sqrt([point.weight for point in points])
        rows = [root[:, None] * monomials(powers, t)]
        right = [root[:, None] * np.array([point.values for point in points])]
        for k in range(q):
            rows.append(root[:, None] * slopes_of_monomials(powers, t, k))
            right.append(
                root[:, None] * np.array([sizes[k] * point.slopes[:, k] for point in points])
            )
        matrix = np.concatenate(rows)
        found, *_ = np.linalg.lstsq(matrix, np.concatenate(right), rcond=_NULL)
        return cls(powers, np.asarray(found), sizes)

    @property
    def is_linear(self) -> bool:
        """Whether the polynomials are linear."""
        return int(self.powers.sum(axis=1).max(initial=0)) <= 1

    def terms(self, t: Array) -> Array:
        """Return the monomials, shape (m, terms), at coordinates of shape (m, q)."""
        return monomials(self.powers, t / self.sizes)

    def slopes_of_terms(self, terms: Array, k: int) -> Array:
        """Return the derivatives of the monomials by the k-th coordinate, shape (m, terms).

        Args:
            terms: The monomials, shape (m, terms).
            k: Number of the coordinate.
        """
        lower = self._lower[k]
        return np.asarray(np.where(lower >= 0, terms[:, lower], 0.0) / self.sizes[k])

    @cached_property
    def _lower(self) -> GlobalIndices:
        """Number of the monomial that is a derivative of another, shape (q, terms); -1 for zero.

        Each a^k/k! has the derivative a^(k-1)/(k-1)!, which is a monomial of the same surface.
        """
        numbers = {power.tobytes(): i for i, power in enumerate(self.powers)}
        steps = np.eye(self.powers.shape[1], dtype=np.int64)
        return np.array(
            [[numbers.get(power.tobytes(), -1) for power in self.powers - step] for step in steps]
        )

    def at(self, t: Array) -> Array:
        """Return the predictions, shape (m, n), at coordinates of shape (m, q)."""
        return np.asarray(self.terms(t) @ self.coefficients)


def powers_up_to(q: int, degree: int) -> GlobalIndices:
    """Return the powers of all monomials of q variables up to a degree, shape (terms, q)."""
    powers = []
    for total in range(degree + 1):
        for chosen in combinations_with_replacement(range(q), total):
            powers.append([chosen.count(k) for k in range(q)])
    return np.array(powers, dtype=np.int64)


def monomials(powers: GlobalIndices, t: Array) -> Array:
    """Return the monomials prod_k t_k^a_k/a_k!, shape (m, terms), at points of shape (m, q).

    With the factorials, coefficients are derivatives, so that the least norm prefers no degree.
    """
    degree = int(powers.max(initial=0))
    of_one = np.ones((degree + 1, *t.shape))
    for a in range(1, degree + 1):
        of_one[a] = of_one[a - 1] * t / a
    found = np.ones((len(t), len(powers)))
    for k, of in enumerate(powers.T):
        found *= of_one[of, :, k].T
    return found


def slopes_of_monomials(powers: GlobalIndices, t: Array, k: int) -> Array:
    """Return the derivatives of the monomials by the k-th variable, shape (m, terms)."""
    lower = powers.copy()
    lower[:, k] = np.maximum(powers[:, k] - 1, 0)
    return np.asarray(monomials(lower, t) * (powers[:, k] > 0))


def _terms(q: int, degree: int) -> int:
    return factorial(q + degree) // (factorial(q) * factorial(degree))
