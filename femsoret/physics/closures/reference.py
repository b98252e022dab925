"""Property values of a mixture at one temperature and one composition.

Scales of the unknowns, time steps, ramps, estimates and reports are computed from these values, for
any number of species. Only closures evaluate property models.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from math import nan
from typing import Final

import numpy as np
import numpy.typing as npt

from femsoret.base.errors import FluidError
from femsoret.base.types import Array
from femsoret.fluids.values import HeatAndMomentum, PropertyValues
from femsoret.physics.closures.point import LocalProperties, Matrix

ROUNDED: Final = 1e-6
"""Largest imaginary part of an eigenvalue, relative to its modulus, attributed to round-off."""


@dataclass(frozen=True, eq=False)
class Reference(HeatAndMomentum):
    """Property values of a mixture with N independent mass fractions.

    Args:
        T: Temperature, K.
        c: Mass fractions, shape (N,).
        rho: Density, kg/m3.
        cp: Specific heat capacity, J/(kg K).
        mu: Dynamic viscosity, Pa s.
        kappa: Thermal conductivity at zero mass flux, W/(m K).
        beta_T: Thermal expansion coefficient -(1/rho) drho/dT, 1/K.
        beta_c: Solutal expansion coefficients (1/rho) drho/dc_i, dimensionless, shape (N,).
        D: Diffusion matrix, m2/s, shape (N, N).
        D_T: Thermodiffusion coefficients, m2/(s K), shape (N,); D S_T f(c) for a binary mixture.
        heats: Heats of transport, J/kg, shape (N,); zero without thermodynamics of mixing.
        G: d(mu_i - mu_(N+1))/dc_k, J/kg, shape (N, N); None without thermodynamics of mixing.
        prefactors: Factors f(c_i) in D_T,i = D_ii S_T,i f(c_i), dimensionless, shape (N,); 1 if
            S_T is defined without such a factor.
        exchange: Rates at which species are converted into others, 1/s, shape (N, N): the decrease
            of the production of a species (row) with the mass fraction of another (column).
    """

    T: float
    c: tuple[float, ...]
    rho: float
    cp: float
    mu: float
    kappa: float
    beta_T: float
    beta_c: tuple[float, ...]
    D: Array
    D_T: Array
    heats: Array
    G: Array | None
    prefactors: tuple[float, ...]
    exchange: Array

    @property
    def kappa_0(self) -> float:
        """Thermal conductivity at uniform composition, kappa + rho Q*.D_T, W/(m K)."""
        return self.kappa + float(self.rho * self.heats @ self.D_T)

    @cached_property
    def diffusivities(self) -> Array:
        """Eigenvalues of the diffusion matrix in ascending order, m2/s, shape (N,)."""
        return eigenvalues(self.D)

    @property
    def slowest(self) -> float:
        """Smallest eigenvalue of the diffusion matrix, or alpha in a pure fluid, m2/s."""
        return float(self.diffusivities[0]) if self.c else self.alpha

    @cached_property
    def separation(self) -> Array:
        """Vector D^-1 D_T = -dc/dT at rest, 1/K, shape (N,); S_T f(c) for a binary mixture."""
        return np.asarray(np.linalg.solve(self.D, self.D_T), dtype=np.float64)

    @property
    def soret(self) -> Array:
        """Soret coefficients as laboratories report them, 1/K, shape (N,)."""
        return np.asarray(self.separation / np.array(self.prefactors))

    @property
    def psi(self) -> float:
        """Separation ratio: the sum over species of beta_c,i separation_i/beta_T, dimensionless.

        For a binary mixture it is (beta_c/beta_T) S_T c(1-c) with any closure.
        """
        if len(self.c) == 1:
            return self.binary.psi
        return float(np.asarray(self.beta_c) @ self.separation) / self.beta_T

    @property
    def binary(self) -> PropertyValues:
        """The property values of a binary mixture; D and S_T are nan for a pure fluid.

        Raises:
            FluidError: The mixture has more than one species.
        """
        if len(self.c) > 1:
            raise FluidError(
                f"a mixture with {len(self.c)} independent mass fractions has no single D or S_T",
                "use the matrix D and the vector D_T, or a pure fluid or a binary mixture",
            )

        def only(entries: npt.ArrayLike, none: float = nan) -> float:
            return float(next(iter(np.ravel(entries)), none))

        return PropertyValues(
            T=self.T,
            c=only(self.c, 0.0),
            rho=self.rho,
            mu=self.mu,
            kappa=self.kappa,
            cp=self.cp,
            beta_T=self.beta_T,
            beta_c=only(self.beta_c, 0.0),
            D=only(self.diffusivities),
            S_T=only(self.soret),
            Gamma=nan,
            M1=nan,
            M2=nan,
            mu_c=nan if self.G is None else only(self.G),
            Qs=only(self.heats, 0.0),
        )


def matrix_of(at: LocalProperties, n: int, shape: tuple[int, ...] = ()) -> Array:
    """Return diffusion matrices as one array, m2/s, with shape ``shape + (n, n)``.

    Args:
        at: Local properties at one or several points.
        n: Number of species.
        shape: Shape of the array of points; () for one point.
    """
    return entries_of(at.D, n, shape)


def entries_of(A: Matrix, n: int, shape: tuple[int, ...] = ()) -> Array:
    """Return matrices at one or several points as one array with shape ``shape + (n, n)``.

    Args:
        A: n x n entries, each a number or an array of the given shape.
        n: Number of species.
        shape: Shape of the array of points; () for one point.
    """
    found = np.empty((*shape, n, n))
    for i, row in enumerate(A):
        for k, entry in enumerate(row):
            found[..., i, k] = entry
    return found


def is_diagonal(D: Array) -> bool:
    """Return whether diffusion matrices are diagonal, that is, without cross-diffusion.

    Args:
        D: Diffusion matrices, shape (..., N, N), m2/s.
    """
    return not np.any(D[..., ~np.eye(D.shape[-1], dtype=bool)])


def eigenvalues(D: Array) -> Array:
    """Return the eigenvalues of diffusion matrices in ascending order, m2/s, shape (..., N).

    All eigenvalues of a matrix are nan if one of them is not real.

    Args:
        D: Diffusion matrices, m2/s, shape (..., N, N).
    """
    if D.shape[-1] <= 1:
        return np.array(D[..., 0]) if D.shape[-1] else np.empty(D.shape[:-1])
    finite = np.isfinite(np.sum(D, axis=(-2, -1)))
    found = np.where(finite[..., None], np.linalg.eigvals(np.nan_to_num(D)), np.nan)
    # Round-off can turn two equal eigenvalues into a complex pair.
    are_real = (np.abs(np.imag(found)) <= ROUNDED * np.abs(found)).all(axis=-1, keepdims=True)
    return np.sort(np.where(are_real, np.real(found), np.nan), axis=-1)
