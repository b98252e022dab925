"""Slopes of bicubic interpolants that are monotone where their data are.

A bicubic is given by value, both slopes and the mixed derivative at the corners of each cell of a
grid (R. E. Carlson, F. N. Fritsch, SIAM J. Numer. Anal. 22 (1985) 386). Between two knots of c it
is a cubic in c with end slopes a(T), b(T) and rise D(T); it increases if 0 <= a, b <= 3 D/k at all
T of the cell, k being the distance of the knots. These are cubics in T, which are not negative if
their Bernstein coefficients are not: linear inequalities for the slopes at the corners.
"""

from __future__ import annotations

from itertools import product
from typing import Final, NamedTuple

import numpy as np
from scipy.interpolate import PchipInterpolator
from scipy.optimize import nnls
from scipy.sparse import csr_array, diags_array
from scipy.sparse.linalg import norm

from femsoret.base.types import Array, Flags, Indices

_ROUNDED: Final = 1e-12
"""Violation of an inequality that is round-off, relative to the range of the values."""

_REPEATS: Final = 6
"""Number of times at most that the shortest change is looked for."""


class Slopes(NamedTuple):
    """Derivatives of an interpolant at the knots, each of shape (knots in T, knots in c).

    Args:
        of_T: Derivatives with respect to T.
        of_c: Derivatives with respect to c.
        mixed: Mixed second derivatives.
    """

    of_T: Array
    of_c: Array
    mixed: Array


def monotone_slopes(T: Array, c: Array, values: Array) -> Slopes:
    """Return the slopes of an interpolant without extrema that the data do not have.

    Along the lines of the grid they are those of scipy's PchipInterpolator. Where these do not keep
    a cell monotone between its edges, the slopes nearest to them that do are taken: a problem of
    least distance (C. L. Lawson, R. J. Hanson, Solving Least Squares Problems, 1974, ch. 23).

    Args:
        T: Knots in T, shape (n,); none for a table in c.
        c: Knots in c, shape (m,); none for a table in T.
        values: Values, shape (n, m), with 1 in place of n or m where there are no knots.
    """
    of_T, of_c = pchip_slopes(T, values), pchip_slopes(c, values.T).T
    # The mixed derivative is the same whichever axis comes first, so that no axis is preferred.
    mixed = 0.5 * (pchip_slopes(c, of_T.T).T + pchip_slopes(T, of_c))
    slopes = Slopes(of_T, of_c, mixed)
    span = float(np.ptp(values))
    if not (len(T) and len(c)) or span == 0.0:
        return slopes
    # Changes over the distance of the knots, relative to the range of the values.
    unit_T, unit_c = np.broadcast_arrays(np.gradient(T)[:, None], np.gradient(c)[None])
    units = np.stack([unit_T, unit_c, unit_T * unit_c]) / span
    given = (np.stack(slopes) * units).ravel()
    matrix, constants = _inequalities(T, c, values)
    matrix = matrix @ diags_array(1.0 / units.ravel())
    lengths = norm(matrix, axis=1)
    matrix, slack = diags_array(1.0 / lengths) @ matrix, constants / lengths
    slack = slack + matrix @ given
    # What is nearest for some of the inequalities, and fulfils all, is nearest for all.
    counted: Flags = np.zeros(len(slack), dtype=bool)
    change: Array = np.zeros(len(given))
    while (violated := (matrix @ change + slack < -_ROUNDED) & ~counted).any():
        touched = abs(matrix).T @ violated.astype(float) > 0.0
        counted |= abs(matrix) @ touched.astype(float) > 0.0
        change = _least_change(matrix[counted].toarray(), -slack[counted])
    return Slopes(*((given + change).reshape(units.shape) / units))


def pchip_slopes(x: Array, y: Array) -> Array:
    """Return the slopes of scipy's monotone interpolation along the first axis; 0 without knots."""
    return PchipInterpolator(x, y, axis=0).derivative()(x) if len(x) else np.zeros_like(y)


def _least_change(matrix: Array, bounds: Array) -> Array:
    """Return the shortest vector y with matrix y >= bounds, to round-off.

    Solvers end at a tolerance of their own, so that what is still missing is added.
    """
    change: Array = np.zeros(matrix.shape[1])
    for _ in range(_REPEATS):
        missing: Array = bounds - matrix @ change
        largest = missing.max()
        if largest <= _ROUNDED:
            break
        missing /= largest
        change += largest * _least_distance(matrix, missing)
    return change


def _least_distance(matrix: Array, bounds: Array) -> Array:
    """Return the shortest vector y with matrix y >= bounds, to the tolerance of scipy's solver."""
    system = np.vstack([matrix.T, bounds])
    target = np.zeros(len(system))
    target[-1] = 1.0
    multipliers, _ = nnls(system, target, maxiter=30 * len(bounds))
    residual = system @ multipliers - target
    change: Array = -residual[:-1] / residual[-1]
    return change


def _inequalities(T: Array, c: Array, values: Array) -> tuple[csr_array, Array]:
    """Return A and b of the inequalities A x + b >= 0 that make all monotone cells monotone.

    x holds of_T, of_c and mixed, one after the other, each of shape (n, m) row by row.
    """
    index = np.arange(3 * values.size).reshape(3, *values.shape)
    along_c = _along_columns(index, T, c, values)
    # The same with T and c exchanged.
    exchanged = np.stack([index[1].T, index[0].T, index[2].T])
    along_T = _along_columns(exchanged, c, T, values.T)
    inequalities = [*along_c, *along_T]
    rows = [row for row, found in enumerate(inequalities) for _ in found.terms]
    columns = [column for found in inequalities for column in found.terms]
    entries = [entry for found in inequalities for entry in found.terms.values()]
    shape = len(inequalities), 3 * values.size
    constants = np.array([found.constant for found in inequalities])
    return csr_array((entries, (rows, columns)), shape=shape), constants


class _Inequality(NamedTuple):
    """An inequality: the sum of factors times unknowns plus a constant is not negative.

    Args:
        terms: Factors by index of the unknown.
        constant: The constant.
    """

    terms: dict[int, float]
    constant: float


def _along_columns(index: Indices, across: Array, along: Array, values: Array) -> list[_Inequality]:
    """Return the inequalities for monotony along the second axis.

    Args:
        index: Indices of the slopes across and along and of the mixed ones, shape (3, n, m).
        across: Knots of the first axis, shape (n,).
        along: Knots of the second axis, shape (m,).
        values: Values, shape (n, m).
    """
    rises = np.diff(values, axis=1)
    found = []
    for i, j in product(range(len(across) - 1), range(len(along) - 1)):
        first, second = rises[i, j], rises[i + 1, j]
        if first * second < 0.0:
            continue  # neither increasing nor decreasing
        sign = 1.0 if first + second >= 0.0 else -1.0
        h, k = across[i + 1] - across[i], along[j + 1] - along[j]
        for (at, towards), end in product(((i, h / 3.0), (i + 1, -h / 3.0)), (j, j + 1)):
            slope, mixed = int(index[1, at, end]), int(index[2, at, end])
            left, right = int(index[0, at, j]), int(index[0, at, j + 1])
            step, rise = sign * towards, 3.0 * sign * rises[at, j]
            found += [
                _Inequality({slope: sign}, 0.0),
                _Inequality({slope: sign, mixed: step}, 0.0),
                _Inequality({slope: -k * sign}, rise),
                _Inequality(
                    {slope: -k * sign, mixed: -k * step, left: -3.0 * step, right: 3.0 * step}, rise
                ),
            ]
    return found
