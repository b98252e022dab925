"""Soret coefficients of mixtures of any number of components, in their different forms.

Vectors have an entry for each of the N + 1 components. Primed coefficients S'_i = -dc_i/dT (closed
cell at rest) add up to zero, like D'_T,i. Frame-invariant coefficients are differences
-d ln(c_i/c_n)/dT with respect to a reference component n; they are the same numbers in mass and
mole fractions. J. M. Ortiz de Zarate, Eur. Phys. J. E 42 (2019) 43.
"""

from __future__ import annotations

import numpy as np

from femsoret.base.errors import FluidError
from femsoret.base.types import Array


def composition_matrix(c: Array) -> Array:
    """Return W_ij = c_i delta_ij - c_i c_j, shape (N+1, N+1).

    W maps any S_i with S_i - S_n = -d ln(c_i/c_n)/dT to the primed coefficients, S' = W S.

    Args:
        c: Mass (or mole) fractions of all components, shape (N+1,).

    Raises:
        FluidError: The fractions are not positive, or do not add up to 1.
    """
    c = _checked(c)
    return np.diag(c) - np.outer(c, c)


def invariant_soret(primed: Array, c: Array, reference: int = -1) -> Array:
    """Return the frame-invariant coefficients S_i = S'_i/c_i - S'_n/c_n, 1/K, shape (N+1,).

    Args:
        primed: S'_i of all components, 1/K, shape (N+1,).
        c: Fractions of all components, shape (N+1,).
        reference: Index n of the reference component.

    Raises:
        FluidError: The fractions are not positive, or do not add up to 1.
    """
    relative: Array = np.asarray(primed, dtype=np.float64) / _checked(c)
    difference: Array = relative - relative[reference]
    return difference


def primed_soret(invariant: Array, c: Array) -> Array:
    """Return the primed coefficients S' = W S, 1/K, shape (N+1,).

    Args:
        invariant: Frame-invariant coefficients of all components, 1/K, with any reference, shape
            (N+1,).
        c: Fractions of all components, shape (N+1,).

    Raises:
        FluidError: The fractions are not positive, or do not add up to 1.
    """
    product: Array = composition_matrix(c) @ np.asarray(invariant, dtype=np.float64)
    return product


def primed_thermodiffusion(D: Array, primed: Array) -> Array:
    """Return D'_T,i = sum_k D_ik S'_k of the independent components, m2/(s K), shape (N,).

    Args:
        D: Fick diffusion matrix, m2/s, shape (N, N).
        primed: S'_i of the independent components, 1/K, shape (N,).
    """
    product: Array = np.asarray(D, dtype=np.float64) @ np.asarray(primed, dtype=np.float64)
    return product


def invariant_uncertainty(
    uncertainty: Array, c: Array, component: int, reference: int = -1
) -> float:
    """Return the standard uncertainty of one frame-invariant coefficient, 1/K.

    Three primed coefficients add up to zero, so that their three uncertainties determine all
    covariances; for independent errors the result would differ.

    Args:
        uncertainty: Standard uncertainties of the S'_i of a ternary mixture, 1/K, shape (3,).
        c: Fractions of all components, shape (3,).
        component: Index i of the component.
        reference: Index n of the reference component.

    Raises:
        FluidError: The mixture is not ternary, or its fractions are not positive or do not add up
            to 1.
    """
    c = _checked(c)
    u = np.asarray(uncertainty, dtype=np.float64)
    if u.shape != (3,) or c.shape != (3,):
        raise FluidError(
            f"covariances follow from the uncertainties of three components, not of {u.size}",
            "give the covariance of more components and propagate it yourself",
        )
    # S'_i + S'_j = -S'_k: the variance of the sum of two is that of the third.
    n, other = reference % 3, 3 - component % 3 - reference % 3
    covariance = (u[other] ** 2 - u[component] ** 2 - u[n] ** 2) / 2.0
    variance = (
        (u[component] / c[component]) ** 2
        + (u[n] / c[n]) ** 2
        - 2.0 * covariance / (c[component] * c[n])
    )
    return float(np.sqrt(max(variance, 0.0)))


def _checked(c: Array) -> Array:
    c = np.asarray(c, dtype=np.float64)
    if c.ndim != 1 or np.any(c <= 0.0) or abs(float(c.sum()) - 1.0) > 1e-9:
        raise FluidError(
            f"the fractions {c.tolist()} are not positive numbers that add up to 1",
            "give the fractions of all components, the last one included",
        )
    return c
