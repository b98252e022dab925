"""Mixtures evaluated: their numbers at given temperatures and compositions."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import NamedTuple

import numpy as np

from femsoret.base.types import Array
from femsoret.physics.closures.medium import Mixture
from femsoret.physics.closures.point import LocalProperties
from femsoret.physics.closures.reference import Reference, eigenvalues, is_diagonal, matrix_of


class WithReference:
    """Base class of mixtures that provides `reference` and `reference_at`."""

    @cached_property
    def reference(self: Mixture) -> Reference:
        """Property values at T0 and the mean composition; all parameters must be floats."""
        return reference_of(self)

    def reference_at(self: Mixture, T: float, c: Sequence[float] | None = None) -> Reference:
        """Return the property values at a given temperature and composition.

        Args:
            T: Temperature, K.
            c: Mass fractions, shape (N,); None for the means c0.
        """
        return reference_of(self, T, c)


class Diffusivities(NamedTuple):
    """Diffusivities of heat and species at given points.

    Args:
        alpha: Thermal diffusivity, m2/s, in the shape of the temperature.
        D: Diffusivities of the N species, m2/s, with N as an additional last axis. With
            cross-diffusion all of them are the smallest eigenvalue of the diffusion matrix.
    """

    alpha: Array
    D: Array


def reference_of(
    mixture: Mixture, T: float | None = None, c: Sequence[float] | None = None
) -> Reference:
    """Return the property values of a mixture at one temperature and composition.

    Args:
        mixture: Mixture with parameters that are floats.
        T: Temperature, K; None for T0.
        c: Mass fractions, shape (N,); None for the means c0.
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
        exchange=_exchange(mixture, T, there, at),
    )


def _exchange(mixture: Mixture, T: float, c: tuple[float, ...], at: LocalProperties) -> Array:
    """Return -d(rate_i)/dc_k/rho, 1/s, shape (N, N), by differences, exact for linear rates."""
    found = np.zeros((len(c), len(c)))
    for k, own in enumerate(c if at.rates else ()):
        moved = own or 1e-3
        shifted = mixture.at(T, (*c[:k], own + moved, *c[k + 1 :]))
        change = np.array(shifted.rates, dtype=float) - np.array(at.rates, dtype=float)
        found[:, k] = -change / (moved * float(at.rho))
    return found


def diffusivities_at(mixture: Mixture, T: Array, c: tuple[Array, ...]) -> Diffusivities:
    """Return the diffusivities of heat and species at given temperatures and compositions.

    Args:
        mixture: Mixture with parameters that are floats.
        T: Temperatures, K.
        c: Mass fractions, one array in the shape of T per species.
    """
    at = mixture.at(T, c)
    alpha = np.broadcast_to(np.asarray(at.kappa / at.heat_capacity, dtype=float), T.shape)
    D = matrix_of(at, len(c), T.shape)
    if is_diagonal(D):
        return Diffusivities(alpha, np.diagonal(D, axis1=-2, axis2=-1))
    return Diffusivities(alpha, np.broadcast_to(eigenvalues(D)[..., :1], D.shape[:-1]))
