"""Compositions at rest: the separation of a closed mixture without flow, between two temperatures.

Without flow D grad c = -D_T grad T everywhere, so that the mass fractions are functions of the
temperature alone, dc/dT = -D^-1 D_T. The integration variables are Phi_i, the integrals of
dc_i/f(c_i):

    dPhi_i/dT = -S_i(T, c),    S_i = (D^-1 D_T)_i/f(c_i).

S_i are the Soret coefficients as laboratories report them; for a binary mixture S_1 = S_T. If S_T
is constant, Phi is linear in T and the integration is exact.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import TypeAlias

import numpy as np
from scipy.integrate import solve_ivp

from femsoret.base.errors import FluidError
from femsoret.base.types import Array
from femsoret.physics.closures.medium import Mixture
from femsoret.physics.closures.point import solve

Changes: TypeAlias = Callable[[Array | float], Array]
"""Function from T - T0, K, shape (n,) or (), to changes of Phi, shape (N, n) or (N,)."""


@dataclass(frozen=True, eq=False)
class AtRest:
    """Compositions at rest as functions of theta = T - T0, through one given state.

    Args:
        mixture: Mixture of N species, with parameters that are floats.
        theta: T - T0 at the start of the integration, K.
        phi: Phi at the start, shape (N,).
    """

    mixture: Mixture
    theta: float
    phi: Array
    _integrals: dict[float, Changes] = field(default_factory=dict, init=False, repr=False)

    @classmethod
    def through(cls, mixture: Mixture, theta: float, gamma: Sequence[float] | Array) -> AtRest:
        """Return the compositions at rest that start from a temperature and a composition.

        Args:
            mixture: Mixture of N species, with parameters that are floats.
            theta: T - T0 at the start, K.
            gamma: Deviations c - c0 at the start, shape (N,).
        """
        return cls(mixture, theta, phi_of(mixture, gamma))

    def moved(self, by: Array) -> AtRest:
        """Return the compositions at rest with another Phi at the start.

        Args:
            by: Change of Phi at the start, shape (N,).
        """
        return replace(self, phi=self.phi + by)

    def changes(self, end: float) -> Changes:
        """Return the change of Phi since the start as a function of theta.

        Args:
            end: T - T0 at the end of the integration, K.

        Returns:
            Function of theta, K, valid from the start to the end of the integration.
        """
        if end == self.theta:
            return lambda theta: np.zeros((len(self.phi), *np.shape(theta)))
        if end not in self._integrals:
            self._integrals[end] = self._integrated(end)
        return self._integrals[end]

    def _integrated(self, end: float) -> Changes:
        solution = solve_ivp(
            lambda theta, change: -self._soret(theta, self.phi + change),
            (self.theta, end),
            np.zeros(len(self.phi)),
            method="DOP853",
            rtol=1e-12,
            atol=1e-14 * phi_range(self.mixture),
            dense_output=True,
        )
        return lambda theta: np.asarray(solution.sol(theta))

    def soret_along(self, end: float) -> Array:
        """Return the Soret coefficients at 101 equidistant temperatures from the start to an end.

        Args:
            end: T - T0 at the end, K.

        Returns:
            Soret coefficients S_i, 1/K, shape (101, N).
        """
        theta: Array = np.linspace(self.theta, end, 101, dtype=np.float64)
        return self._soret(theta, self.phi[:, None] + self.changes(end)(theta)).T

    def compositions(self, theta: Array) -> Array:
        """Return the deviations gamma = c - c0 at given temperatures.

        Args:
            theta: T - T0, K, shape (n,).

        Returns:
            Deviations, shape (N, n); nan where theta is nan.
        """
        phi = np.full((len(self.phi), len(theta)), np.nan)
        for part, farthest in ((theta > self.theta, np.max), (theta <= self.theta, np.min)):
            if part.any():
                there = theta[part]
                phi[:, part] = self.changes(float(farthest(there)))(there)
        means = _means(self.mixture)
        return self._of_phi(self.phi[:, None] + phi) - means[:, None]

    def _of_phi(self, phi: Array) -> Array:
        """Return the mass fractions for given Phi, with one row per species in both."""
        inverse, means = self.mixture.closure.phi_inverse, _means(self.mixture)
        return np.array([inverse(each, c0) for each, c0 in zip(phi, means, strict=True)])

    def _soret(self, theta: Array | float, phi: Array) -> Array:
        """Return the Soret coefficients at given temperatures and given Phi.

        Args:
            theta: T - T0, K, shape (n,) or ().
            phi: Phi, shape (N, n) or (N,).

        Returns:
            Soret coefficients, 1/K, in the shape of phi.

        Raises:
            FluidError: A Soret coefficient is not finite.
        """
        m, c = self.mixture, self._of_phi(phi)
        with np.errstate(all="ignore"):
            at = m.at(m.T0 + theta, tuple(c))
            f = [m.closure.f(c_i, c0) for c_i, c0 in zip(c, _means(m), strict=True)]
            S = np.empty_like(phi)
            for i, (slope, factor) in enumerate(zip(solve(at.D, at.D_T), f, strict=True)):
                S[i] = slope / factor
        if not np.isfinite(S).all():
            where = np.unravel_index(np.argmin(np.isfinite(S).all(axis=0)), np.shape(theta))
            T, there = m.T0 + np.asarray(theta)[where], (c_i[where] for c_i in c)
            raise FluidError(
                "cannot compute the composition at rest: a Soret coefficient is not finite at "
                f"T = {T:.6g} K, c = {', '.join(f'{c_i:.4g}' for c_i in there)}",
                "start from mass fractions between 0 and 1, and use property models that are valid "
                "at all temperatures between the readings",
            )
        return S


def _means(mixture: Mixture) -> Array:
    return np.array([float(species.c0) for species in mixture.species])


def phi_of(mixture: Mixture, gamma: Sequence[float] | Array) -> Array:
    """Return Phi of every species, shape (N,); infinite or nan where it is undefined.

    Args:
        mixture: Mixture of N species, with parameters that are floats.
        gamma: Deviations c - c0, shape (N,).
    """
    means = _means(mixture)
    pairs = zip(means + np.asarray(gamma), means, strict=True)
    with np.errstate(all="ignore"):
        return np.array([float(mixture.closure.phi(c, c0)) for c, c0 in pairs])


def phi_range(mixture: Mixture) -> Array:
    """Return the order of magnitude of the changes of Phi of every species, shape (N,).

    It is c0(1-c0)/f(c0): 1 if f = c(1-c), and c0(1-c0) if f = 1, so that absolute tolerances scale
    with the mass fractions of trace species.
    """
    means = _means(mixture)
    with np.errstate(all="ignore"):
        across = means * (1.0 - means) / np.array([mixture.closure.f(c0, c0) for c0 in means])
    return np.where(across > 0.0, across, 1.0)


def phi_change(mixture: Mixture, species: int, gamma: tuple[float, float]) -> float:
    """Return Phi(c_hot) - Phi(c_cold), dimensionless.

    It is nan if Phi is undefined at one of the mass fractions, such as a negative one.

    Args:
        mixture: Mixture with parameters that are floats.
        species: Index of the species.
        gamma: Deviations c - c0 at the hot and at the cold end.
    """
    c0 = mixture.species[species].c0
    hot, cold = gamma
    with np.errstate(all="ignore"):
        difference = mixture.closure.phi_difference(c0 + cold, -(cold - hot), c0)
    return float(difference) if np.isfinite(difference) else np.nan


def phi_slope(mixture: Mixture, species: int, gamma: float) -> float:
    """Return dPhi/dc = 1/f(c), dimensionless; nan if Phi is undefined at this mass fraction.

    Args:
        mixture: Mixture with parameters that are floats.
        species: Index of the species.
        gamma: Deviation c - c0.
    """
    c0 = mixture.species[species].c0
    f = float(mixture.closure.f(c0 + gamma, c0))
    return 1.0 / f if f > 0.0 else np.nan


def apparent_soret(mixture: Mixture, species: int, gamma: tuple[float, float], dT: float) -> float:
    """Return the apparent Soret coefficient -[Phi(c_hot) - Phi(c_cold)]/(T_hot - T_cold), 1/K.

    It is nan if Phi is undefined at one of the mass fractions, such as a negative one.

    Args:
        mixture: Mixture with parameters that are floats.
        species: Index of the species.
        gamma: Deviations c - c0 at the hot and at the cold end.
        dT: T_hot - T_cold, K; not zero.
    """
    return (0.0 - phi_change(mixture, species, gamma)) / dT  # without minus zeros
