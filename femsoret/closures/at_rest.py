"""Composition at rest: what a closed mixture separates into between two temperatures.

Without flow D grad c = -D_T grad T everywhere, so that the mass fractions are functions of the
temperature alone, dc/dT = -D^-1 D_T. They are integrated as Phi_i, the integral of dc_i/f(c_i),

    dPhi_i/dT = -S_i(T, c),    S_i = (D^-1 D_T)_i/f(c_i),

whose slope is the Soret coefficient as laboratories state it, S_T of a binary mixture.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.integrate import solve_ivp

from femsoret.closures.local import solve
from femsoret.closures.media import Mixture

Array = npt.NDArray[np.float64]


@dataclass(frozen=True)
class AtRest:
    """Compositions at rest that go through one state, as functions of theta = T - T0.

    Args:
        mixture: The mixture (numbers).
        theta: T - T0 where they start, K.
        phi: Phi there, one a species.
    """

    mixture: Mixture
    theta: float
    phi: tuple[float, ...]

    @classmethod
    def through(cls, mixture: Mixture, theta: float, gamma: Sequence[float]) -> AtRest:
        """Return those through a state.

        Args:
            mixture: The mixture (numbers).
            theta: T - T0, K.
            gamma: Deviations c - c0, one a species.
        """
        return cls(mixture, theta, tuple(phi_of(mixture, i, each) for i, each in enumerate(gamma)))

    def moved(self, species: int, by: float) -> AtRest:
        """Return those that start with another Phi of a species.

        Args:
            species: Its index.
            by: Change of its Phi at the start.
        """
        phi = (x + by if i == species else x for i, x in enumerate(self.phi))
        return replace(self, phi=tuple(phi))

    def changes(self, end: float) -> Callable[[Any], Any]:
        """Return theta -> changes of Phi on the way to an end, one a species.

        Args:
            end: T - T0 there, K.
        """
        n, start = len(self.phi), np.array(self.phi)
        if end == self.theta:
            return lambda theta: np.zeros((n, *np.shape(theta)))
        found = solve_ivp(
            lambda theta, change: [-S for S in self._soret(theta, start + change)],
            (self.theta, end),
            np.zeros(n),
            method="DOP853",
            rtol=1e-12,
            atol=1e-14,
            dense_output=True,
        )
        return lambda theta: found.sol(theta)

    def soret_along(self, species: int, end: float) -> list[float]:
        """Return the Soret coefficient of a species at 101 temperatures on the way to an end, 1/K.

        Args:
            species: Its index.
            end: T - T0 there, K.
        """
        start, changes = np.array(self.phi), self.changes(end)
        return [
            self._soret(theta, start + changes(theta))[species]
            for theta in np.linspace(self.theta, end, 101)
        ]

    def composition(self, species: int) -> Callable[[Array], Array]:
        """Return the law theta -> gamma = c - c0 of a species; nan where theta is.

        Args:
            species: Its index.
        """

        def law(theta: Array) -> Array:
            phi = np.full_like(theta, np.nan)
            for part, farthest in ((theta > self.theta, np.max), (theta <= self.theta, np.min)):
                if part.any():
                    there = theta[part]
                    phi[part] = self.changes(float(farthest(there)))(there)[species]
            phi += self.phi[species]
            c0 = float(self.mixture.species[species].c0)
            return np.asarray(self.mixture.closure.phi_inverse(phi, c0) - c0)

        return law

    def _soret(self, theta: float, phi: Array) -> list[float]:
        """Return the Soret coefficients at a temperature and at Phi of every species, 1/K."""
        closure, means = self.mixture.closure, [float(s.c0) for s in self.mixture.species]
        c = tuple(float(closure.phi_inverse(each, c0)) for each, c0 in zip(phi, means, strict=True))
        at = self.mixture.at(self.mixture.T0 + theta, c)
        slopes = solve(at.D, at.D_T)
        return [
            float(slope / closure.f(c_i, c0))
            for slope, c_i, c0 in zip(slopes, c, means, strict=True)
        ]


def phi_of(mixture: Mixture, species: int, gamma: float) -> float:
    """Return Phi of a species at a deviation c - c0.

    Args:
        mixture: The mixture (numbers).
        species: Index of the species.
        gamma: The deviation.
    """
    c0 = float(mixture.species[species].c0)
    return float(mixture.closure.phi(c0 + gamma, c0))


def apparent_soret(mixture: Mixture, species: int, gamma: tuple[float, float], dT: float) -> float:
    """Return -[Phi(c_hot) - Phi(c_cold)]/(T_hot - T_cold), 1/K; nan where c is outside 0..1.

    Args:
        mixture: The mixture (numbers).
        species: Index of the species.
        gamma: Deviations c - c0 at the hot and the cold end.
        dT: T_hot - T_cold, K, not zero.
    """
    c0 = mixture.species[species].c0
    hot, cold = gamma
    with np.errstate(all="ignore"):
        difference = mixture.closure.phi_difference(c0 + cold, -(cold - hot), c0)
    return (0.0 - difference) / dT if np.isfinite(difference) else np.nan  # without minus zeros
