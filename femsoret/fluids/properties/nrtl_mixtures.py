"""The non-random two-liquid model of three or more components, as derivatives of potentials.

The excess Gibbs energy of n_1 ... n_(N+1) moles (H. Renon, J. M. Prausnitz, AIChE J. 14 (1968) 135)

    E = G^E/(R T) = sum_i n_i A_i/B_i    A_i = sum_j tau_ji g_ji n_j    B_i = sum_j g_ji n_j
    g_ji = exp(-alpha_ji tau_ji)

is a homogeneous function of first degree. With n_i = c_i/M_i moles in a kilogram, the ideal part
adds sum_i n_i ln(n_i/n), and mu_i - mu_(N+1) are the derivatives of R T times the sum by c_i at
constant mass fractions of all others but the rest. Its second derivatives, in closed form here, are
symmetric, so that the chemical potentials satisfy the Gibbs-Duhem relation.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from femsoret.base.errors import FluidError
from femsoret.base.parameters import LITERAL
from femsoret.base.types import Value
from femsoret.fluids.elementary import exp
from femsoret.fluids.properties.law import R

Rows = tuple[tuple[float, ...], ...]
"""A matrix of parameters, one row for each of the N + 1 components."""


@dataclass(frozen=True)
class NRTLPotential:
    """G_ik = d(mu_i - mu_rest)/dc_k of a mixture by the NRTL model, J/kg.

    tau_ij = a_ij + b_ij/T. Rows and columns of the matrices belong to the components in the order
    of the fluid, the rest last; their diagonals are zero.

    Args:
        molar_masses: Molar masses of the N + 1 components, kg/mol.
        alpha: Non-randomness alpha_ij, a symmetric matrix.
        a: Parameters a_ij, dimensionless.
        b: Parameters b_ij, K: energies (g_ij - g_jj)/R.
        row: Number of component i, counted from 1.
        column: Number of component k, counted from 1.
    """

    molar_masses: tuple[float, ...]
    alpha: Rows
    a: Rows
    b: Rows
    row: int = field(metadata=LITERAL)
    column: int = field(metadata=LITERAL)

    def check(self) -> None:
        """Check the sizes of the matrices and the numbers of the components.

        Raises:
            FluidError: A matrix is not square of the size of the components, a diagonal is not
                zero, alpha is not symmetric, or a number is not that of a component before the
                last one.
        """
        n = len(self.molar_masses)
        for name in ("alpha", "a", "b"):
            rows = getattr(self, name)
            if len(rows) != n or any(len(row) != n for row in rows):
                raise FluidError(
                    f"{name} is not a matrix of {n} rows of {n} numbers, as many as molar_masses",
                    "the components are in the order of the fluid, the rest last",
                )
            if any(rows[i][i] for i in range(n)):
                raise FluidError(
                    f"a number on the diagonal of {name} is not zero",
                    "tau of a component with itself is 0",
                )
        if any(self.alpha[i][k] != self.alpha[k][i] for i in range(n) for k in range(i)):
            raise FluidError("alpha is not symmetric", "alpha_ij = alpha_ji")
        for name in ("row", "column"):
            if not 1 <= getattr(self, name) < n:
                raise FluidError(
                    f"{name} = {getattr(self, name)} is not the number of one of the first {n - 1} "
                    "components",
                    "components are counted from 1; the last one is the rest",
                )

    def __call__(self, T: Value, c: Value) -> Value:
        """Return the derivative at temperature T (K) and the N mass fractions c."""
        rest, i, k = len(self.molar_masses) - 1, self.row - 1, self.column - 1
        masses = self.molar_masses
        n = [c_i / M for c_i, M in zip((*c, 1.0 - sum(c)), masses, strict=True)]
        curvature = _Curvature(self, T, n)
        return (R * T) * (
            curvature.of(i, k) / (masses[i] * masses[k])
            - curvature.of(i, rest) / (masses[i] * masses[rest])
            - curvature.of(rest, k) / (masses[rest] * masses[k])
            + curvature.of(rest, rest) / masses[rest] ** 2
        )


class _Curvature:
    """Second derivatives of G/(R T) by numbers of moles, kg/mol.

    Args:
        model: Parameters.
        T: Temperature, K.
        n: Moles of each component in a kilogram, mol/kg.
    """

    def __init__(self, model: NRTLPotential, T: Value, n: list[Value]) -> None:
        every = range(len(n))
        tau = [[model.a[i][j] + model.b[i][j] / T for j in every] for i in every]
        self._n = n
        # g[j][i] and the products tau[j][i] g[j][i]: the weight of j around i.
        self._g = [[exp(-model.alpha[j][i] * tau[j][i]) for i in every] for j in every]
        self._t = [[tau[j][i] * self._g[j][i] for i in every] for j in every]
        self._A = [sum(self._t[j][i] * n[j] for j in every) for i in every]
        self._B = [sum(self._g[j][i] * n[j] for j in every) for i in every]

    def of(self, p: int, q: int) -> Value:
        """Return the derivative by the moles of components p and q."""
        n, g, t, A, B = self._n, self._g, self._t, self._A, self._B
        ideal = (1.0 / n[p] if p == q else 0.0) - 1.0 / sum(n)
        around_p = (t[q][p] - A[p] * g[q][p] / B[p]) / B[p]
        around_q = (t[p][q] - A[q] * g[p][q] / B[q]) / B[q]
        around_all = sum(
            n[i]
            * (2.0 * A[i] * g[p][i] * g[q][i] / B[i] - t[p][i] * g[q][i] - t[q][i] * g[p][i])
            / B[i] ** 2
            for i in range(len(n))
        )
        return ideal + around_p + around_q + around_all


def nrtl_potentials(
    molar_masses: tuple[float, ...], *, alpha: Rows, a: Rows, b: Rows
) -> tuple[tuple[NRTLPotential, ...], ...]:
    """Return the laws of all G_ik, N x N, such as `G` of a :class:`.MeasuredTransport`.

    Args:
        molar_masses: Molar masses of the N + 1 components, kg/mol.
        alpha: Non-randomness, (N + 1) x (N + 1), symmetric.
        a: Parameters a_ij of tau_ij = a_ij + b_ij/T, (N + 1) x (N + 1).
        b: Parameters b_ij, K, (N + 1) x (N + 1).

    Raises:
        FluidError: A matrix does not fit; see :meth:`NRTLPotential.check`.
    """
    numbers = range(1, len(molar_masses))
    laws = tuple(
        tuple(NRTLPotential(molar_masses, alpha, a, b, i, k) for k in numbers) for i in numbers
    )
    for row in laws:
        for law in row:
            law.check()
    return laws
