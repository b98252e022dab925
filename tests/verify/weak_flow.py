"""What weak convection takes from the separation of a side-heated closed square, by perturbation.

Another method than the code's: polynomials on the whole square (Legendre-Galerkin), and an
expansion in X = Ra Le, psi = 0, of which the first term is enough. In units of the side and of D:

    w = X curl psi,  biharmonic psi = 1,  psi = d psi/dn = 0 on the walls

    laplacian g = w_x,   no flux through the walls
    laplacian t = -w_x,  t = 0 at hot and cold wall, no flux through the others

g is what flow at first changes in c + T, t Le times what it changes in T.

The mean of x (w . grad c) over the square, by parts twice, gives the part of the separation that is
lost: X^2 [int |grad g|^2 + (1/Le) int |grad t|^2]. Inertia and what t does to the flow enter later.
"""

from __future__ import annotations

import numpy as np
from numpy.polynomial import Polynomial, legendre


def coefficients(degree: int = 16) -> tuple[float, float]:
    """Return int |grad g|^2 and int |grad t|^2 for X = 1.

    Args:
        degree: Number of polynomials an axis for psi; half as many more for g and t.
    """
    nodes, weights = legendre.leggauss(4 * degree)
    weights = weights / 2.0  # of the interval (0, 1)

    def tabulated(series, order=0):
        """Return derivatives at the nodes, shape (functions, nodes); d/dx is 2 d/dz."""
        return np.array(
            [2.0**order * legendre.legval(nodes, legendre.legder(c, order)) for c in series]
        )

    def product(a, b):
        return (a * weights) @ b.T

    # Functions that vanish at both ends with their derivatives: (1 - z^2)^2 P_n(z).
    bump = Polynomial([1.0, 0.0, -1.0]) ** 2
    clamped = [
        legendre.poly2leg((bump * Polynomial(legendre.leg2poly(c))).coef) for c in np.eye(degree)
    ]
    clamped = [c / abs(legendre.legval(nodes, c)).max() for c in clamped]
    B, B1, B2 = (tabulated(clamped, order) for order in range(3))
    M, M2, C = product(B, B), product(B2, B2), product(B2, B)
    biharmonic = np.kron(M2, M) + np.kron(M, M2) + np.kron(C, C.T) + np.kron(C.T, C)
    load = B @ weights
    psi = np.linalg.solve(biharmonic, np.kron(load, load)).reshape(degree, degree)
    w_x = B.T @ psi @ B1  # d psi/dy at the nodes (x, y)

    free = list(np.eye(degree + degree // 2))
    held = [high - low for low, high in zip(free, free[2:], strict=False)]  # zero at both ends

    def energy(along_x):
        """Return int |grad f|^2 of laplacian f = w_x, f in the given functions of x, free in y."""
        X, X1, Y, Y1 = (tabulated(s, order) for s in (along_x, free) for order in (0, 1))
        stiffness = np.kron(product(X1, X1), product(Y, Y))
        stiffness += np.kron(product(X, X), product(Y1, Y1))
        load = ((X * weights) @ w_x @ (Y * weights).T).ravel()
        # The constant, in the kernel where both ends are free, has no load.
        return float(load @ np.linalg.lstsq(stiffness, load, rcond=1e-13)[0])

    return energy(free), energy(held)


def lost(X: float, Le: float) -> float:
    """Return the part of the separation that is lost, for small X = Ra Le."""
    of_species, of_heat = coefficients()
    return X**2 * (of_species + of_heat / Le)
