"""The density of the unknowns given data and priors, on a response surface.

A flat prior is not the same in S_T as in 1/S_T, and which of them is taken matters where the slopes
of the model change: flat in S_T, it would favour tilts at which S_T hardly counts. Unknowns without
a prior have therefore the reference prior given the others, the square root of the determinant of
their own Fisher matrix, so that the data alone do not change what was known of the others
(D. Sun, J. O. Berger, Biometrika 85 (1998) 55). It is constant if the model is linear.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Final

import numpy as np

from femsoret.base.types import Array, Indices
from femsoret.studies.fit.estimate import COVERAGE, Interval
from femsoret.studies.fit.sampling import LAST, Component, Draws, sample, weighted_quantiles
from femsoret.studies.fit.stacked import Priors, Stacked
from femsoret.studies.fit.surface import Point, Surface

FAR: Final = 5.0
"""Distance of a bound from the mode, in standard deviations, at which it does not matter."""

APART: Final = 0.5
"""Distance of two minima in standard deviations below which they are one."""

DATA_DECIDE: Final = 0.05
"""Share of the priors in the information on a coordinate below which the data decide."""

STEPS: Final = 6
"""Gauss-Newton steps to the least chi2 over the coordinates on which the data decide."""

MANY_STEPS: Final = 25
"""The same over all coordinates, along some of which the surface curves."""

LONGEST: Final = 3.0
"""Longest of these steps, in standard deviations."""

SETTLED: Final = 1e-2
"""Length of a step, likewise, that counts as zero."""

STILL: Final = 0.1
"""Remaining step to a minimum, in standard deviations, with which it counts as one."""

FARTHEST: Final = 1e6
"""The same over those on which the data decide."""

_DAMPED: Final = 1e-12

CHUNK: Final = 4000
"""Draws that are treated at once."""

LOOKED_AT: Final = 15.0
"""Difference of chi2 from the least up to which a minimum of a surface is looked at."""

AT_BOUND: Final = 0.02
"""Distance of the shortest interval from a bound, over its length, below which it begins there."""

AXES: Final = (1.0,)
"""Distances of starts from the means of priors, in standard deviations."""

CHECKED: Final = 40
"""Draws among which the next point to be checked is chosen."""


Loss = Callable[[Array], Array]
"""Loss of squared residuals."""


def plain(squares: Array) -> Array:
    """Return the loss of normal noise, the squares themselves."""
    return squares


def soft_l1(squares: Array) -> Array:
    """Return the loss 2 [sqrt(1 + r^2) - 1], which counts outliers linearly."""
    return np.asarray(2.0 * (np.sqrt(1.0 + squares) - 1.0))


@dataclass(frozen=True, eq=False)
class Evaluated:
    """An evaluation of a model.

    Args:
        x: Values of the unknowns, shape (p,).
        values: Predictions, shape (n,).
        jacobian: Their slopes, shape (n, p).
    """

    x: Array
    values: Array
    jacobian: Array


@dataclass(frozen=True, eq=False)
class Posterior:
    """The density of the unknowns, to first order about the mode.

    The coordinates t are independent standard normal if the model is linear: x = mode + basis t.

    Args:
        stacked: The data.
        priors: The priors.
        noise: Standard uncertainties of the data, shape (n,).
        counts: For each series the number of independent values, if its noise is not stated, else
            None.
        mode: Values of the unknowns at the origin, shape (p,).
        basis: Changes of the unknowns with the coordinates, shape (p, q).
        loss: Loss of squared residuals.
    """

    stacked: Stacked
    priors: Priors
    noise: Array
    counts: tuple[float | None, ...]
    mode: Array
    basis: Array
    loss: Loss

    @cached_property
    def to_t(self) -> Array:
        """Changes of the coordinates with the unknowns, shape (q, p)."""
        widths = self.priors.widths
        return np.asarray(np.linalg.pinv(self.basis / widths[:, None]) / widths)

    @property
    def is_inside(self) -> bool:
        """Whether the mode is so far from all bounds that they do not matter."""
        width = np.linalg.norm(self.basis, axis=1)
        return bool((self.mode - self.priors.bounds >= FAR * width).all())

    @property
    def of_priors(self) -> Array:
        """Share of the priors in the information on each coordinate, from 0 to 1, shape (q,)."""
        return np.asarray(np.sum((self.priors.precision[:, None] * self.basis) ** 2, axis=0))

    def x_of(self, t: Array) -> Array:
        """Return the unknowns, shape (m, p), at coordinates of shape (m, q)."""
        return np.asarray(self.mode + t @ self.basis.T)

    def t_of(self, x: Array) -> Array:
        """Return the coordinates, shape (q,), of unknowns, shape (p,)."""
        return np.asarray(self.to_t @ (x - self.mode))

    def scaled(self, point: Evaluated) -> Point:
        """Return an evaluation in these coordinates and in standard uncertainties of the data."""
        return Point(
            self.t_of(point.x),
            point.values / self.noise,
            point.jacobian @ self.basis / self.noise[:, None],
        )


@dataclass(frozen=True, eq=False)
class Density:
    """The density of the unknowns, with a response surface in place of the model.

    Sums of squares of many residuals are those of as many as the surface has terms, by a QR
    factorisation of its coefficients.

    Args:
        posterior: The density to first order.
        surface: The response surface.
    """

    posterior: Posterior
    surface: Surface

    @property
    def every(self) -> Indices:
        """Numbers of all coordinates, shape (q,)."""
        return np.arange(self.posterior.basis.shape[1], dtype=np.int32)

    @cached_property
    def _blocks(self) -> tuple[tuple[Array, float | None], ...]:
        """Matrices from the terms and 1 to residuals, and counts of values of unknown noise."""
        of, right = self.posterior, self.posterior.stacked.values / self.posterior.noise
        matrix = np.vstack([self.surface.coefficients, -right]).T
        if of.loss is not plain:
            return ((matrix, None),)
        parts = list(zip(of.stacked.parts, of.counts, strict=True))
        stated = [matrix[part.where] for part, count in parts if count is None]
        blocks = [(np.vstack(stated), None)] if stated else []
        unstated = [(matrix[part.where], count) for part, count in parts if count is not None]
        return tuple(
            (np.asarray(np.linalg.qr(block, mode="r")), count)
            for block, count in (*blocks, *unstated)
        )

    def _residuals(self, terms: Array) -> Array:
        """Return the residuals of the data, shape (m, rows), from the terms of the surface."""
        matrix = np.vstack([block for block, _ in self._blocks])
        return np.asarray(terms @ matrix[:, :-1].T + matrix[:, -1])

    def _slopes(self, terms: Array, along: Indices) -> Array:
        """Return the slopes of the residuals along some coordinates, shape (m, rows, k)."""
        matrix = np.vstack([block for block, _ in self._blocks])[:, :-1].T
        slopes = [self.surface.slopes_of_terms(terms, int(k)) @ matrix for k in along]
        return np.stack(slopes, axis=2)

    def at(self, t: Array) -> Array:
        """Return its logarithm at coordinates of shape (m, q), up to a constant, shape (m,)."""
        of, terms = self.posterior, self.surface.terms(t)
        x, squares = of.x_of(t), of.loss(self._residuals(terms) ** 2)
        found, begin = self._log_of_priors(terms, x), 0
        for block, count in self._blocks:
            total = squares[:, begin : begin + len(block)].sum(axis=1)
            begin += len(block)
            found -= 0.5 * (total if count is None else count * np.log(np.maximum(total, 1e-300)))
        return np.asarray(np.where((x >= of.priors.bounds).all(axis=1), found, -np.inf))

    def _log_of_priors(self, terms: Array, x: Array) -> Array:
        of = self.posterior
        found = -0.5 * np.sum(of.priors.residuals(x) ** 2, axis=1)
        flat = np.flatnonzero(~of.priors.given)
        if len(flat) and not self.surface.is_linear and len(x.T) == len(self.every):
            J = self._slopes(terms, self.every) @ of.to_t[:, flat]
            sign, log_determinant = np.linalg.slogdet(J.swapaxes(1, 2) @ J)
            found += 0.5 * np.where(sign > 0.0, log_determinant, -np.inf)
        return np.asarray(found)

    def _normal_equations(self, t: Array, along: Indices) -> tuple[Array, Array]:
        """Return gradient, shape (m, k), and Fisher matrix, shape (m, k, k), of some coordinates.

        They are of chi2/2; robust losses are reweighted least squares.
        """
        of, terms = self.posterior, self.surface.terms(t)
        left, J = self._residuals(terms), self._slopes(terms, along)
        prior = (of.priors.precision[:, None] * of.basis)[:, along]
        weights = np.ones_like(left) if of.loss is plain else (1.0 + left**2) ** -0.5
        transposed = J.swapaxes(1, 2)
        gradient = (transposed @ (weights * left)[:, :, None])[:, :, 0]
        fisher = transposed @ (weights[:, :, None] * J)
        return gradient + of.priors.residuals(of.x_of(t)) @ prior, fisher + prior.T @ prior

    def relaxed(self, t: Array, along: Indices, steps: int = STEPS) -> tuple[Array, Array]:
        """Return the least chi2 over some coordinates, the others held, by Gauss-Newton steps.

        Args:
            t: Coordinates to start from, shape (m, q).
            along: Coordinates that change, k of them.
            steps: Number of steps.

        Returns:
            Coordinates, shape (m, q), and the Fisher matrix of the coordinates that changed, shape
            (m, k, k).
        """
        t = t.copy()
        for _ in range(steps):
            gradient, fisher = self._normal_equations(t, along)
            change = _limited(_change(gradient, fisher), FARTHEST)
            t[:, along] -= change
            if np.abs(change).max(initial=0.0) < SETTLED:
                return t, fisher
        return t, self._normal_equations(t, along)[1]

    def minima(self) -> list[Array]:
        """Return the minima of chi2 that are about as good as the least one.

        They are sought from the mode, from its mirror images about the means of priors, and from
        both sides of these.

        Returns:
            Coordinates, shape (q,) each, the best first.
        """
        of = self.posterior
        starts = [of.mode]
        for k in np.flatnonzero(of.priors.given):
            mirror = of.mode.copy()
            mirror[k] = 2.0 * of.priors.values[k] - mirror[k]
            starts.append(np.maximum(mirror, of.priors.bounds))
            for away in (*AXES, *(-each for each in AXES)):
                x = of.mode.copy()
                x[k] = of.priors.values[k] + away * of.priors.widths[k]
                starts.append(np.maximum(x, of.priors.bounds))
        t, every = np.array([of.t_of(x) for x in starts]), self.every
        given = np.flatnonzero(of.of_priors >= DATA_DECIDE)
        best = np.flatnonzero(of.of_priors < DATA_DECIDE).astype(np.int32)
        for _ in range(MANY_STEPS):
            if len(best) < len(every):
                t, _ = self.relaxed(t, best, 1)
            gradient, fisher = self._normal_equations(t, every)
            change = _change(gradient, fisher)
            # Along ridges only coordinates on which the priors decide must not go far.
            size = np.linalg.norm(change[:, given] if len(given) else change, axis=1)
            t -= change * np.minimum(1.0, LONGEST / np.maximum(size, 1e-300))[:, None]
            if np.abs(change).max() < SETTLED:
                break
        gradient, fisher = self._normal_equations(t, every)
        left = np.linalg.norm(_change(gradient, fisher), axis=1)
        found = t[left < STILL] if (left < STILL).any() else t[[np.argmin(left)]]
        heights = self.at(found)
        order = np.argsort(-heights)
        kept: list[Array] = []
        for k in order:
            if not heights[k] > heights[order[0]] - 0.5 * LOOKED_AT:
                break
            if all(np.linalg.norm(found[k] - other) > APART for other in kept):
                kept.append(found[k])
        return kept


@dataclass(frozen=True, eq=False)
class Straightened:
    """Coordinates in which thin curved ridges are straight.

    Coordinates on which the priors decide are kept. From those on which the data decide, their best
    values are taken, and what is left is scaled by their uncertainties there.

    Args:
        density: The density.
    """

    density: Density

    @cached_property
    def _along(self) -> Indices:
        return np.flatnonzero(self.density.posterior.of_priors < DATA_DECIDE).astype(np.int32)

    def t_of(self, s: Array) -> tuple[Array, Array]:
        """Return coordinates t, shape (m, q), and ln |dt/ds|, shape (m,)."""
        along, t = self._along, s.copy()
        if not len(along) or len(along) == s.shape[1]:
            return t, np.zeros(len(s))
        t[:, along] = 0.0
        t, fisher = self.density.relaxed(t, along)
        L = np.linalg.cholesky(fisher)
        t[:, along] += np.linalg.solve(L.swapaxes(1, 2), s[:, along][:, :, None])[:, :, 0]
        return t, -np.sum(np.log(np.diagonal(L, axis1=1, axis2=2)), axis=1)

    def at(self, s: Array) -> Array:
        """Return the logarithm of the density of s, up to a constant, shape (m,)."""
        found = []
        for part in np.array_split(s, max(len(s) // CHUNK, 1)):
            t, log_volume = self.t_of(part)
            found.append(self.density.at(t) + log_volume)
        return np.concatenate(found)

    def components(self) -> list[Component]:
        """Return where to look for the density first: about all minima, narrow and wide."""
        q = len(self.density.posterior.of_priors)
        centres = self.density.minima() or [np.zeros(q)]
        every, found = self.density.every, list[Component]()
        kept = 0 < len(self._along) < q
        for t in centres:
            _, fisher = self.density.relaxed(t[None], every, 0)
            covariance, s = np.linalg.inv(fisher[0] + 1e-3 * np.eye(q)), t.copy()
            if kept:
                covariance[self._along, :] = covariance[:, self._along] = 0.0
                covariance[self._along, self._along] = 1.0
                s[self._along] = 0.0
            found += [Component(1.0, s, scale * covariance) for scale in (1.0, 4.0)]
        spread = np.eye(q) + np.cov(np.array([c.mean for c in found]).T).reshape(q, q)
        found.append(Component(1.0, np.mean([c.mean for c in found], axis=0), 4.0 * spread))
        return [Component(1.0 / len(found), c.mean, c.covariance) for c in found]


@dataclass(frozen=True, eq=False)
class SampledPosterior:
    """Draws of the unknowns.

    Args:
        posterior: The density.
        surface: The response surface that stands for the model.
        draws: The draws in its coordinates.
    """

    posterior: Posterior
    surface: Surface
    draws: Draws

    @cached_property
    def x(self) -> Array:
        """The draws, shape (m, p)."""
        return self.posterior.x_of(self.draws.t)

    @property
    def mean(self) -> Array:
        """Expectations, shape (p,)."""
        return np.asarray(self.draws.weights @ self.x)

    @property
    def covariance(self) -> Array:
        """Covariance, shape (p, p)."""
        away = self.x - self.mean
        return np.asarray(away.T @ (self.draws.weights[:, None] * away))

    @property
    def intervals(self) -> tuple[Interval, ...]:
        """Ranges of 95 % of all unknowns.

        They leave out as much on both sides (JCGM 101:2008, 7.7.2), unless the shortest interval
        begins at a bound: then they leave out nothing there.
        """
        return tuple(
            _interval(self.x[:, k], self.draws.weights, float(bound))
            for k, bound in enumerate(self.posterior.priors.bounds)
        )

    def equal(self, number: int, seed: int) -> tuple[Array, Array]:
        """Return draws of equal weight, shape (number, p), and their log density, (number,)."""
        t = self.draws.resampled(number, np.random.default_rng(seed))
        return self.posterior.x_of(t), Density(self.posterior, self.surface).at(t)

    def farthest(self, known: Sequence[Array], rng: np.random.Generator) -> Array:
        """Return the draw that is farthest from known points, in standard deviations, shape (q,).

        Args:
            known: Coordinates of points, shape (q,) each.
            rng: Random numbers.
        """
        some = self.draws.resampled(CHECKED, rng)
        mean = self.draws.weights @ self.draws.t
        away = self.draws.t - mean
        covariance = away.T @ (self.draws.weights[:, None] * away)
        L = np.linalg.cholesky(covariance + 1e-12 * np.trace(covariance) * np.eye(len(mean)))
        scaled = np.linalg.solve(L, (some - mean).T).T
        others = np.linalg.solve(L, (np.array(known) - mean).T).T
        distances = np.linalg.norm(scaled[:, None] - others[None], axis=2).min(axis=1)
        return np.asarray(some[np.argmax(distances)])


def _change(gradient: Array, fisher: Array) -> Array:
    """Return Gauss-Newton steps, shape (m, k)."""
    size = np.trace(fisher, axis1=1, axis2=2)[:, None, None]
    damped = fisher + _DAMPED * size * np.eye(gradient.shape[1])
    return np.asarray(np.linalg.solve(damped, gradient[:, :, None])[:, :, 0])


def _limited(change: Array, longest: float) -> Array:
    """Return steps of a limited length."""
    size = np.linalg.norm(change, axis=1, keepdims=True)
    return np.asarray(change * np.minimum(1.0, longest / np.maximum(size, 1e-300)))


def sampled(
    posterior: Posterior, surface: Surface, seed: int, number: int = LAST
) -> SampledPosterior:
    """Return draws of the unknowns.

    Args:
        posterior: The density to first order.
        surface: The response surface that stands for the model.
        seed: Seed of the draws.
        number: Number of draws.
    """
    straight = Straightened(Density(posterior, surface))
    draws = sample(straight.at, straight.components(), np.random.default_rng(seed), number)
    t = np.concatenate(
        [straight.t_of(part)[0] for part in np.array_split(draws.t, len(draws.t) // CHUNK + 1)]
    )
    return SampledPosterior(posterior, surface, Draws(t, draws.weights))


def _interval(x: Array, weights: Array, bound: float) -> Interval:
    out = 1.0 - COVERAGE
    if np.isfinite(bound):
        lows = np.linspace(0.0, out, 41)
        ends = weighted_quantiles(x, weights, np.concatenate([lows, lows + COVERAGE]))
        lengths = ends[41:] - ends[:41]
        shortest = int(np.argmin(lengths))
        if ends[shortest] - bound < AT_BOUND * lengths[shortest]:
            (high,) = weighted_quantiles(x, weights, [COVERAGE])
            return Interval(bound, float(high), at_bound=True)
    low, high = weighted_quantiles(x, weights, [0.5 * out, 1.0 - 0.5 * out])
    return Interval(float(low), float(high))
