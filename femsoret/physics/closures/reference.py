"""Reference: the numbers of a mixture at one temperature and one composition.

Natural sizes, time steps, ramps, estimates and reports are made of these numbers, for any number of
species. Nothing but closures evaluates a law of a property.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from math import nan
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from femsoret.base.errors import FluidError
from femsoret.base.types import Array
from femsoret.fluids.values import PropertyValues
from femsoret.physics.closures.medium import Mixture
from femsoret.physics.closures.point import LocalProperties

ROUNDED: Final = 1e-6
"""Imaginary part of an eigenvalue, over its modulus, that round-off makes of two equal ones."""


@dataclass(frozen=True, eq=False)
class Reference:
    """The properties of a mixture of N independent mass fractions, as numbers.

    Args:
        T: Temperature, K.
        c: Mass fractions, N.
        rho: Density, kg/m3.
        cp: Specific heat capacity, J/(kg K).
        mu: Viscosity, Pa s.
        kappa: Conductivity at j = 0, W/(m K).
        beta_T: -(1/rho) drho/dT, 1/K.
        beta_c: (1/rho) drho/dc_i, N.
        D: Diffusion matrix, N x N, m2/s.
        D_T: Thermodiffusion coefficients, N, m2/(s K): D S_T f(c) of a binary mixture.
        heats: Heats of transport, N, J/kg; zero without thermodynamics of mixing.
        G: d(mu_i - mu_(N+1))/dc_k, N x N, J/kg; None without thermodynamics of mixing.
        prefactors: f(c_i) in D_T,i = D_ii S_T,i f(c_i), N; 1 where S_T is stated without one.
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

    @property
    def nu(self) -> float:
        """Kinematic viscosity mu/rho, m2/s."""
        return self.mu / self.rho

    @property
    def alpha(self) -> float:
        """Thermal diffusivity kappa/(rho cp), m2/s."""
        return self.kappa / (self.rho * self.cp)

    @property
    def kappa_0(self) -> float:
        """Conductivity at uniform composition, kappa + rho Q*.D_T, W/(m K)."""
        return self.kappa + float(self.rho * self.heats @ self.D_T)

    @cached_property
    def diffusivities(self) -> Array:
        """Eigenvalues of the diffusion matrix, ascending, N, m2/s."""
        return eigenvalues(self.D)

    @property
    def slowest(self) -> float:
        """Diffusivity of what spreads most slowly: the least of D, alpha in a pure fluid, m2/s."""
        return float(self.diffusivities[0]) if self.c else self.alpha

    @cached_property
    def separation(self) -> Array:
        """-dc/dT at rest, D^-1 D_T, N, 1/K: S_T f(c) of a binary mixture."""
        return np.asarray(np.linalg.solve(self.D, self.D_T), dtype=np.float64)

    @property
    def soret(self) -> Array:
        """Soret coefficients as laboratories state them, N, 1/K: S_T of a binary mixture."""
        return np.asarray(self.separation / np.array(self.prefactors))

    @property
    def psi(self) -> float:
        """Separation ratio: the sum over species of beta_c,i separation_i/beta_T.

        That of a binary mixture is by definition one with c(1-c), also where its closure has c.
        """
        if len(self.c) == 1:
            return self.binary.psi
        return float(np.asarray(self.beta_c) @ self.separation) / self.beta_T

    @property
    def binary(self) -> PropertyValues:
        """The same as numbers of one diffusing species; of a pure fluid, D and S_T are nan.

        Raises:
            FluidError: There are several species.
        """
        if len(self.c) > 1:
            raise FluidError(
                f"the mixture has {len(self.c)} independent mass fractions: it has no one D or S_T",
                "a pure fluid or a binary mixture; of others take the matrix D and the vector D_T",
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


class WithReference:
    """A mixture's own reference numbers; a base class for what has the rest of its protocol."""

    @cached_property
    def reference(self: Mixture) -> Reference:
        """The numbers at T0 and the mean composition; the leaves have to be numbers."""
        return reference_of(self)

    def reference_at(self: Mixture, T: float, c: Sequence[float] | None = None) -> Reference:
        """Return the numbers at a temperature, K, and at mass fractions; None: the mean ones."""
        return reference_of(self, T, c)


class Diffusivities(NamedTuple):
    """How fast heat and composition spread at some places.

    Args:
        alpha: Thermal diffusivity, m2/s, of the shape of the temperature.
        D: Diffusivity of each composition, m2/s, likewise with an axis of N more: that of its
            species, or, where species diffuse across one another, the least that the matrix has.
    """

    alpha: Array
    D: Array


def reference_of(
    mixture: Mixture, T: float | None = None, c: Sequence[float] | None = None
) -> Reference:
    """Return the numbers of a mixture at a state.

    Args:
        mixture: The mixture; its leaves are numbers.
        T: Temperature, K; None takes the reference one, T0.
        c: Mass fractions, one a species; None takes the mean ones, c0.
    """
    T = float(mixture.T0 if T is None else T)
    means = tuple(float(species.c0) for species in mixture.species)
    there = means if c is None else tuple(map(float, c))
    at = mixture.at(T, there)
    n = len(means)
    return Reference(
        T=T,
        c=there,
        rho=float(mixture.rho0),
        cp=float(mixture.cp),
        mu=float(at.mu),
        kappa=float(at.kappa),
        beta_T=float(mixture.beta_T),
        beta_c=tuple(float(species.beta_c) for species in mixture.species),
        D=matrix_of(at, n),
        D_T=np.array(at.D_T, dtype=float),
        heats=np.array(at.heats, dtype=float),
        G=None if at.G is None else np.array(at.G, dtype=float).reshape(n, n),
        prefactors=tuple(
            float(mixture.closure.f(c_i, c0)) for c_i, c0 in zip(there, means, strict=True)
        ),
    )


def diffusivities_at(mixture: Mixture, T: Array, c: tuple[Array, ...]) -> Diffusivities:
    """Return how fast heat and composition spread at some places.

    Args:
        mixture: The mixture; its leaves are numbers.
        T: Temperatures, K.
        c: Mass fractions, one array of the same shape a species.
    """
    at = mixture.at(T, c)
    alpha = np.broadcast_to(np.asarray(at.kappa / at.heat_capacity, dtype=float), T.shape)
    D = matrix_of(at, len(c), T.shape)
    if is_diagonal(D):
        return Diffusivities(alpha, np.diagonal(D, axis1=-2, axis2=-1))
    return Diffusivities(alpha, np.broadcast_to(eigenvalues(D)[..., :1], D.shape[:-1]))


def matrix_of(at: LocalProperties, n: int, shape: tuple[int, ...] = ()) -> Array:
    """Return diffusion matrices as one array, (..., n, n), m2/s.

    Args:
        at: Properties at one or several places.
        n: Number of species.
        shape: Shape of the places.
    """
    D = np.empty((*shape, n, n))
    for i, row in enumerate(at.D):
        for k, entry in enumerate(row):
            D[..., i, k] = entry
    return D


def is_diagonal(D: Array) -> bool:
    """Return whether no species diffuses across another.

    Args:
        D: Diffusion matrices, shape (..., N, N), m2/s.
    """
    return not np.any(D[..., ~np.eye(D.shape[-1], dtype=bool)])


def eigenvalues(D: Array) -> Array:
    """Return the eigenvalues of diffusion matrices, ascending; all nan where one is not real.

    Args:
        D: Shape (..., N, N), m2/s.
    """
    if D.shape[-1] <= 1:
        return np.array(D[..., 0]) if D.shape[-1] else np.empty(D.shape[:-1])
    finite = np.isfinite(np.sum(D, axis=(-2, -1)))
    found = np.where(finite[..., None], np.linalg.eigvals(np.nan_to_num(D)), np.nan)
    # Two that are equal come out as a pair.
    are_real = (np.abs(np.imag(found)) <= ROUNDED * np.abs(found)).all(axis=-1, keepdims=True)
    return np.sort(np.where(are_real, np.real(found), np.nan), axis=-1)
