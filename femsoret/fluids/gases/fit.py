"""Fits of the properties of a binary gas to values of kinetic theory."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import numpy as np
from numpy.polynomial import chebyshev

from femsoret.base.errors import FluidError
from femsoret.base.types import Array
from femsoret.fluids.properties import GasPolynomial, Polynomial

FIT_ERROR: Final = 3e-4
"""Largest error of a fit at the points where the property was computed, relative to the largest
value there."""

_DEGREES: Final = (9, 19)
"""Largest degrees in ln T and in the mole fraction."""


def nodes(T_range: tuple[float, float]) -> tuple[Array, Array]:
    """Return the temperatures, K, and mole fractions at which a property is computed.

    They are Chebyshev nodes, so that the interpolating polynomial is near the best one; none of
    the mole fractions is 0 or 1.

    Args:
        T_range: Lowest and highest temperature, K.
    """
    low, high = np.log(T_range)
    t, y = (chebyshev.chebpts1(degree + 1) for degree in _DEGREES)
    return np.exp(0.5 * (low + high) + 0.5 * (high - low) * t), 0.5 + 0.5 * y


def gas_polynomial(
    name: str, values: Array, T_range: tuple[float, float], exponent: float, M: tuple[float, float]
) -> GasPolynomial:
    """Return the shortest law that has the values at the nodes to :data:`FIT_ERROR`.

    Args:
        name: What is fitted, for the message of an error.
        values: Values at the :func:`nodes`, shape (number of temperatures, of compositions).
        T_range: Lowest and highest temperature, K.
        exponent: Exponent of T that is divided off.
        M: Molar masses, kg/mol.

    Raises:
        FluidError: No polynomial of the degrees that are tried has them.
    """
    T, x = nodes(T_range)
    T_ref = float(np.sqrt(T_range[0] * T_range[1]))
    power = (T / T_ref)[:, None] ** exponent
    bases = [chebyshev.chebvander(chebyshev.chebpts1(n), n - 1) for n in (T.size, x.size)]
    full = np.linalg.solve(bases[0], values / power) @ np.linalg.inv(bases[1]).T
    allowed = FIT_ERROR * np.abs(values).max()

    def error(rows: int, columns: int) -> float:
        found = bases[0][:, :rows] @ full[:rows, :columns] @ bases[1][:, :columns].T
        return float(np.abs(found * power - values).max())

    sizes = sorted(np.ndindex(T.size, x.size), key=lambda n: (n[0] + 1) * (n[1] + 1))
    for rows, columns in sizes:
        if error(rows + 1, columns + 1) <= allowed:
            kept = full[: rows + 1, : columns + 1]
            break
    else:
        raise FluidError(
            f"{name}: no polynomial fits it from {T_range[0]:g} to {T_range[1]:g} K",
            "use a smaller range of temperatures",
        )
    # From Chebyshev polynomials on -1..1 to powers of ln(T/T_ref) and of 2x - 1.
    powers = np.apply_along_axis(_to_powers, 1, np.apply_along_axis(_to_powers, 0, kept))
    half = 0.5 * np.log(T_range[1] / T_range[0])
    powers = powers / half ** np.arange(powers.shape[0])[:, None]
    coefficients = tuple(tuple(float(a) for a in row) for row in powers)
    return GasPolynomial(coefficients, T_ref, exponent, *M)


def polynomial(f: Callable[[float], float], T_range: tuple[float, float]) -> Polynomial:
    """Return a polynomial in T that agrees with a function to :data:`FIT_ERROR`.

    Args:
        f: Function of the temperature, K.
        T_range: Lowest and highest temperature, K.
    """
    middle = 0.5 * (T_range[0] + T_range[1])
    half = 0.5 * (T_range[1] - T_range[0])
    z = chebyshev.chebpts1(_DEGREES[0] + 1)
    values = np.array([f(middle + half * one) for one in z])
    full = chebyshev.chebfit(z, values, _DEGREES[0])
    for size in range(1, full.size + 1):
        if np.abs(chebyshev.chebval(z, full[:size]) - values).max() <= FIT_ERROR * values.max():
            break
    powers = _to_powers(full[:size])
    return Polynomial(tuple(float(a) for a in powers / half ** np.arange(size)), middle)


def _to_powers(coefficients: Array) -> Array:
    """Return the coefficients of powers, of the same number as those of Chebyshev polynomials."""
    powers = chebyshev.cheb2poly(coefficients)
    return np.asarray(np.pad(powers, (0, coefficients.size - powers.size)))
