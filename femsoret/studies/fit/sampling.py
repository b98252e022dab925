"""Draws from a density by adaptive importance sampling with a mixture of t distributions.

The mixture is adapted to the density by the updates of O. Cappe, R. Douc, A. Guillin, J.-M. Marin,
C. P. Robert, Statistics and Computing 18 (2008) 447: weights, means and covariances of the
components are those of the draws, each shared among the components in proportion to their
densities. Heavy tails of the components keep the weights of the draws bounded. Draws are weighted,
so that the result is right whatever the mixture is; the effective number of draws tells how good
the mixture has become.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from scipy.special import gammaln, logsumexp

from femsoret.base.types import Array, GlobalIndices

TAILS: Final = 5.0
"""Degrees of freedom of the t distributions."""

ROUNDS: Final = 8
"""Largest number of adaptations."""

FIRST: Final = 2000
"""Draws in each adaptation."""

LAST: Final = 12000
"""Draws of the result."""

ENOUGH: Final = 0.3
"""Effective number over number of draws with which a mixture is good enough."""

FEW: Final = 20
"""Smallest effective number of draws for each coordinate from which a mixture is adapted."""

_LEAST: Final = 1e-3
"""Weight of a component below which it is left out."""


@dataclass(frozen=True, eq=False)
class Component:
    """A t distribution.

    Args:
        weight: Its share of the mixture.
        mean: Its centre, shape (q,).
        covariance: Its scale matrix, shape (q, q).
    """

    weight: float
    mean: Array
    covariance: Array

    def log_density(self, t: Array) -> Array:
        """Return the logarithm of its weighted density at points, shape (m,)."""
        q = len(self.mean)
        L = np.linalg.cholesky(self.covariance)
        away = np.linalg.solve(L, (t - self.mean).T)
        square = np.sum(away**2, axis=0)
        constant = (
            gammaln(0.5 * (TAILS + q))
            - gammaln(0.5 * TAILS)
            - 0.5 * q * np.log(TAILS * np.pi)
            - np.sum(np.log(np.diag(L)))
        )
        return np.asarray(
            np.log(self.weight) + constant - 0.5 * (TAILS + q) * np.log1p(square / TAILS)
        )


@dataclass(frozen=True, eq=False)
class Draws:
    """Weighted draws.

    Args:
        t: The draws, shape (m, q).
        weights: Their weights, which add up to 1, shape (m,).
    """

    t: Array
    weights: Array

    @property
    def effective(self) -> float:
        """Number of equally weighted draws of the same worth."""
        return float(1.0 / np.sum(self.weights**2))

    def resampled(self, number: int, rng: np.random.Generator) -> Array:
        """Return draws of equal weight, shape (number, q)."""
        chosen: GlobalIndices = rng.choice(len(self.t), size=number, p=self.weights)
        return np.asarray(self.t[chosen])


def sample(
    log_density: Callable[[Array], Array],
    components: Sequence[Component],
    rng: np.random.Generator,
    number: int = LAST,
) -> Draws:
    """Return draws from a density.

    Args:
        log_density: Logarithm of the density up to a constant, at points of shape (m, q); minus
            infinity outside of its support.
        components: Where to look for it first.
        rng: Random numbers.
        number: Number of draws.
    """
    mixture = list(components)
    for _ in range(ROUNDS):
        draws, shares = _drawn(log_density, mixture, FIRST, rng)
        mixture = _adapted(draws, shares)
        if draws.effective > ENOUGH * FIRST:
            break
    draws, _ = _drawn(log_density, mixture, number, rng)
    return draws


def _drawn(
    log_density: Callable[[Array], Array],
    mixture: Sequence[Component],
    number: int,
    rng: np.random.Generator,
) -> tuple[Draws, Array]:
    """Return weighted draws and the shares of the components in them, shape (m, components)."""
    weights = np.array([component.weight for component in mixture])
    numbers = rng.multinomial(number, weights / weights.sum())
    q = len(mixture[0].mean)
    parts = []
    for component, m in zip(mixture, numbers, strict=True):
        L = np.linalg.cholesky(component.covariance)
        tail = np.sqrt(TAILS / rng.chisquare(TAILS, size=m))
        parts.append(component.mean + tail[:, None] * (rng.standard_normal((m, q)) @ L.T))
    t = np.concatenate(parts)
    of_each = np.stack([component.log_density(t) for component in mixture], axis=1)
    of_all = logsumexp(of_each, axis=1)
    log_weights = log_density(t) - of_all
    weights = np.exp(log_weights - log_weights.max())
    return Draws(t, np.asarray(weights / weights.sum())), np.exp(of_each - of_all[:, None])


def _adapted(draws: Draws, shares: Array) -> list[Component]:
    """Return the mixture that is adapted to draws."""
    q, found = draws.t.shape[1], []
    weights = _tempered(draws.weights, FEW * (q + 1))
    mean = weights @ draws.t
    spread = (draws.t - mean).T @ (weights[:, None] * (draws.t - mean))
    least = 1e-6 * np.trace(spread) / q * np.eye(q)
    for share in shares.T:
        w = weights * share
        weight = float(w.sum())
        if weight < _LEAST:
            continue
        centre = w @ draws.t / weight
        away = draws.t - centre
        found.append(Component(weight, centre, away.T @ (w[:, None] * away) / weight + least))
    # A wide component keeps what the others may have missed.
    found.append(Component(0.05, mean, 4.0 * spread + least))
    total = sum(component.weight for component in found)
    return [Component(c.weight / total, c.mean, c.covariance) for c in found]


def _tempered(weights: Array, number: int) -> Array:
    """Return powers of weights of which at least a number of draws has its share.

    The first mixture may be so far from the density that a few draws have all of the weight.
    """
    power = 1.0
    for _ in range(30):
        powers = np.exp(power * np.log(np.maximum(weights / weights.max(), 1e-300)))
        powers = np.where(weights > 0.0, powers, 0.0)
        found = powers / powers.sum()
        if 1.0 / np.sum(found**2) >= min(number, 0.5 * np.count_nonzero(weights)):
            break
        power *= 0.7
    return np.asarray(found)


def weighted_quantiles(values: Array, weights: Array, levels: Sequence[float]) -> Array:
    """Return quantiles of weighted draws, shape (levels,).

    Args:
        values: The draws of one unknown, shape (m,).
        weights: Their weights, shape (m,).
        levels: Probabilities.
    """
    order = np.argsort(values)
    below = np.cumsum(weights[order]) - 0.5 * weights[order]
    return np.asarray(np.interp(levels, below, values[order]))
