"""Onsager's reciprocal relations in a mixture of N + 1 components, from measured data.

    L = rho T D G^-1,    G_ik = d(mu_i - mu_(N+1))/dc_k

relates the barycentric mass fluxes to the forces -grad(mu_i - mu_(N+1))/T at constant T. It is
symmetric (L. Onsager, Phys. Rev. 37 (1931) 405; S. R. de Groot, P. Mazur, Non-Equilibrium
Thermodynamics (1962), ch. XI). Measured D and G never satisfy this exactly, so the asymmetry is a
number with an uncertainty, which is compared with zero. A binary has one entry L only.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from femsoret.base.types import Array

SIGNIFICANT: Final = 2.0
"""Standard deviations from which on the asymmetry of measured data is warned of."""


@dataclass(frozen=True)
class Asymmetry:
    """How far data are from Onsager's reciprocal relations.

    Args:
        value: |L - L^T|/|L + L^T| in Frobenius norms; 0 if the relations hold.
        uncertainty: Standard uncertainty of `value` from those of D and G, if the relations hold;
            None if one of them is unknown.
        deviations: Number of standard deviations of a normal distribution that is exceeded with the
            same probability as the differences L_ik - L_ki of the data, taking their correlations
            into account, so that it is the same for any reference component; None if `uncertainty`
            is.
    """

    value: float
    uncertainty: float | None
    deviations: float | None

    @property
    def is_significant(self) -> bool:
        """Whether the data contradict the reciprocal relations by more than two deviations."""
        return self.deviations is not None and self.deviations > SIGNIFICANT

    def __str__(self) -> str:
        """Return the asymmetry with its uncertainty, in per cent."""
        value = f"{100.0 * self.value:.2g}"
        if self.uncertainty is None or self.deviations is None:
            return f"{value} %, of unknown uncertainty"
        return (
            f"({value} ± {100.0 * self.uncertainty:.2g}) %, "
            f"{self.deviations:.2g} standard deviations from 0"
        )


def onsager_matrix(rho: float, T: float, D: Array, G: Array) -> Array:
    """Return L = rho T D G^-1, kg2 K/(m s J), shape (N, N).

    Args:
        rho: Density, kg/m3.
        T: Temperature, K.
        D: Diffusion matrix in the barycentric frame, m2/s, shape (N, N).
        G: d(mu_i - mu_(N+1))/dc_k, J/kg, shape (N, N).
    """
    return np.asarray(rho * T * np.linalg.solve(G.T, D.T).T)


def asymmetry(
    rho: float, T: float, D: Array, G: Array, u_D: Array | None = None, u_G: Array | None = None
) -> Asymmetry:
    """Return the asymmetry of Onsager's matrix and what the uncertainties of the data say of it.

    Uncertainties are propagated to first order, dL = rho T (dD - D G^-1 dG) G^-1. Entries of D are
    independent of each other, and so are those of the symmetric matrix G.

    Args:
        rho: Density, kg/m3.
        T: Temperature, K.
        D: Diffusion matrix in the barycentric frame, m2/s, shape (N, N).
        G: d(mu_i - mu_(N+1))/dc_k, J/kg, shape (N, N), symmetric.
        u_D: Standard uncertainties of D, m2/s, shape (N, N); None if one is unknown.
        u_G: Standard uncertainties of G, J/kg, shape (N, N); None if one is unknown.
    """
    L = onsager_matrix(rho, T, D, G)
    size = float(np.linalg.norm(L + L.T))
    value = float(np.linalg.norm(L - L.T)) / size
    if u_D is None or u_G is None:
        return Asymmetry(value, None, None)
    changes = [_antisymmetric(change) for change in _changes(rho, T, D, G, u_D, u_G)]
    covariance = np.einsum("pi,pj->ij", changes, changes)
    uncertainty = float(np.sqrt(2.0 * np.trace(covariance))) / size
    return Asymmetry(value, uncertainty, _deviations(_antisymmetric(L), covariance))


def _changes(rho: float, T: float, D: Array, G: Array, u_D: Array, u_G: Array) -> list[Array]:
    """Return the changes of L by one standard uncertainty of each entry of D and of G."""
    n, found = len(D), []
    for i in range(n):
        for k in range(n):
            dD = np.zeros((n, n))
            dD[i, k] = u_D[i, k]
            found.append(onsager_matrix(rho, T, dD, G))
            if k >= i:
                dG = np.zeros((n, n))
                dG[i, k] = dG[k, i] = u_G[i, k]
                found.append(-onsager_matrix(rho, T, np.linalg.solve(G.T, D.T).T @ dG, G))
    return found


def _antisymmetric(L: Array) -> Array:
    """Return the differences L_ik - L_ki of the entries above the diagonal."""
    return np.asarray((L - L.T)[np.triu_indices(len(L), 1)])


def _deviations(differences: Array, covariance: Array) -> float:
    """Return how many standard deviations of a normal distribution differences from 0 amount to."""
    if not np.any(differences):
        return 0.0
    size = np.sqrt(np.diag(covariance))
    if not np.all(size):
        return float("inf")
    correlation = covariance / np.outer(size, size)
    scaled = differences / size
    square = float(scaled @ np.linalg.solve(correlation, scaled))
    from scipy.stats import chi2, norm  # its import takes a while

    # norm.isf of half the probability is the square root of `square` for one difference.
    return float(norm.isf(0.5 * chi2.sf(square, len(differences))))
