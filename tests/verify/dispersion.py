"""Growth rates of a layer at rest between rigid plates, with any number of coupled scalars.

Normal modes exp(i k x + sigma t) f(z), in units of the gap, by Chebyshev collocation (J. P. Boyd,
Chebyshev and Fourier Spectral Methods, 2nd ed., 2001, ch. 3 and 6): with s = (theta, z_1 ... z_N),

    sigma (D^2 - k^2) u_z = nu (D^2 - k^2)^2 u_z - k^2 w.s        sigma s = K (D^2 - k^2) s - g u_z

where u_z, its derivative, theta and the fluxes of all components vanish at the plates.
"""

from __future__ import annotations

import numpy as np
from scipy.linalg import eigvals


def growth_rate(weights, upward, K, nu: float, k: float, points: int = 16) -> complex:
    """Return the eigenvalue sigma with the largest real part.

    Args:
        weights: Upward acceleration w per unit of each scalar, shape (1 + N,).
        upward: Upward gradient g of each scalar, shape (1 + N,).
        K: Matrix of their diffusion, shape (1 + N, 1 + N).
        nu: Kinematic viscosity.
        k: Wavenumber.
        points: Number of intervals between the points of collocation.
    """
    D, number = _derivative(points), len(weights)
    size, identity, last = points + 1, np.eye(points + 1), points
    laplacian = D @ D - k**2 * identity
    rates = np.kron(np.diag([0.0] + [1.0] * number), identity)
    rates[:size, :size] = laplacian
    A = np.kron(np.block([[np.zeros((1, 1 + number))], [np.zeros((number, 1)), K]]), laplacian)
    A[:size, :size] = nu * laplacian @ laplacian
    A[:size, size:] = -(k**2) * np.kron(weights, identity)
    A[size:, :size] = -np.kron(np.reshape(upward, (-1, 1)), identity)
    at_walls = {0: (0, identity[0]), last: (0, identity[last])}
    at_walls |= {1: (0, D[0]), last - 1: (0, D[last])}
    at_walls |= {size + end: (1, identity[end]) for end in (0, last)}
    for row, (block, values) in at_walls.items():
        A[row] = rates[row] = 0.0
        A[row, block * size : (block + 1) * size] = values
    for i in range(1, number):
        for end in (0, last):
            row = (1 + i) * size + end
            A[row] = rates[row] = 0.0
            A[row, size:] = np.kron(K[i], D[end])
    found = eigvals(A, rates)
    found = found[np.isfinite(found) & (np.abs(found) < 1e8 * nu)]  # conditions have infinite ones
    return complex(found[np.argmax(found.real)])


def _derivative(points: int):
    """Return the matrix of the derivative at the points cos(pi n/points), for the interval 0..1."""
    x = np.cos(np.pi * np.arange(points + 1) / points)
    c = np.r_[2.0, np.ones(points - 1), 2.0] * (-1.0) ** np.arange(points + 1)
    D = np.outer(c, 1.0 / c) / (x[:, None] - x + np.eye(points + 1))
    return 2.0 * (D - np.diag(D.sum(axis=1)))
