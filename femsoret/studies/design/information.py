"""The uncertainty of an unknown that a record of a cell promises, before anything is measured.

Without curved unknowns this is the Bayesian form of the Fisher information (A. C. Atkinson, A. N.
Donev, R. D. Tobias, Optimum Experimental Designs, with SAS, 2007, chapters 10 and 18),

    covariance = (J^T U^-2 J + P)^-1,

with J the slopes of the predictions at the prior values, U the standard uncertainties of the data
and P the precisions of the priors, and the variance of one unknown on its diagonal.

The response to a tilt of a level cell is even, so that J says nothing of it. Curved unknowns t are
therefore integrated over, which is what a fit does with data: given t and data y the others z are
normal, with the covariance H(t)^-1 and the means of least squares, and t has the density

    w(t | y) ~ p(t) exp[-chi2(t)/2] sqrt[det(A_f^T A_f)/det H],

chi2 the least sum of squares over z and A_f the slopes by unknowns without a prior, whose density
is that of :mod:`femsoret.studies.fit.posterior`. The variance of the target is that of this
mixture. It depends on the data. What is promised is its mean over data y drawn from priors and
noise, the preposterior variance (D. V. Lindley, Bayesian Statistics, A Review, 1972, section 12),
which is also the mean square of the errors of the estimates. Draws are quasi-random and the same
for all designs, so that differences between designs are no chance.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Final

import numpy as np
from scipy.stats import norm, qmc

from femsoret.base.types import Array
from femsoret.studies.design.recording import Recording
from femsoret.studies.design.response import Response
from femsoret.studies.fit.stacked import Priors
from femsoret.studies.fit.unknowns import Prior, Unknown

DRAWS: Final = 128
"""Number of draws of unknowns and noise, a power of two."""

FARTHEST: Final = 3.5
"""Largest change of a curved unknown, in standard deviations of its prior."""

NODES: Final = {1: (41, 401), 2: (15, 41), 3: (9, 15)}
"""Number of curved unknowns -> smallest and largest number of nodes along each."""

RESOLVED: Final = 0.6
"""Largest distance of nodes in standard uncertainties of a curved unknown."""

SINGULAR: Final = 1e-10
"""Smallest over largest eigenvalue of a scaled Fisher matrix that is not singular."""

NOTHING: Final = 1e-12
"""Information over that of an uncertainty of the typical size of an unknown that counts as none."""

CHUNK: Final = 4_000_000
"""Numbers in an array that is treated at once."""


@dataclass(frozen=True)
class Share:
    """A part of the promised variance.

    Args:
        kind: "noise", "prior", or "curved": what curved unknowns leave open.
        name: Name of the unknown, or names of the curved ones; empty for noise.
        uncertainty: Standard uncertainty that it makes, in the unit of the target.
    """

    kind: str
    name: str
    uncertainty: float


@dataclass(frozen=True)
class Promise:
    """What a record of a cell promises of an unknown.

    Args:
        uncertainty: Standard uncertainty, in its unit; infinite if neither data nor priors
            determine it.
        first_order: The same by the slopes at the prior values alone.
        shares: What makes it; the squares add up to that of the uncertainty.
    """

    uncertainty: float
    first_order: float
    shares: tuple[Share, ...]


def levelled(unknowns: Sequence[Unknown], levelling: float | None) -> tuple[Unknown, ...]:
    """Return unknowns with another standard uncertainty of the tilt.

    Args:
        unknowns: The unknowns.
        levelling: The uncertainty, degrees; None to leave them as they are.
    """
    if levelling is None:
        return tuple(unknowns)
    return tuple(
        replace(of, prior=Prior(of.prior.value, levelling)) if of.quantity == "tilt" else of
        for of in unknowns
    )


def promise(
    response: Response, recording: Recording, noise: Mapping[str, float], target: int
) -> Promise:
    """Return what a record promises of an unknown.

    Args:
        response: The response of the cell.
        recording: The record.
        noise: Column of the history -> standard uncertainty of its values.
        target: Number of the unknown.
    """
    matrix = response.basis(recording) / recording.noise(noise)[:, None]
    # Many samples count as the factor R of their basis: the rest of the noise says nothing.
    R = np.asarray(np.linalg.qr(matrix, mode="r"))
    priors = Priors(levelled(response.unknowns, recording.levelling))
    local = _Mixture(response, R, priors, target)
    first_order = local.first_order
    if not response.axes:
        H, data, _ = local.information(np.zeros((1, 0)))
        if not local.is_determined:
            return Promise(math.inf, first_order, ())
        shares = local.linear_shares(H, data)[0]
        total = math.sqrt(float(np.sum(shares)))
        return Promise(total, total, local.named(shares, 0.0))
    if not local.is_determined:
        return Promise(math.inf, first_order, ())
    t, weights = local.nodes()
    H, data, flat = local.information(t)
    if not _is_regular(H).all():
        return Promise(math.inf, first_order, ())
    shares, open_ = local.expected(t, weights, H, data, flat)
    total = math.sqrt(float(shares.sum()) + open_)
    return Promise(total, first_order, local.named(shares, open_))


@dataclass(frozen=True, eq=False)
class _Mixture:
    """The density of the unknowns for any data: normal given the curved ones.

    Args:
        response: The response.
        R: Triangular factor of its basis in standard uncertainties, shape (rows, columns).
        priors: The priors.
        target: Number of the target.
    """

    response: Response
    R: Array
    priors: Priors
    target: int

    @property
    def linear(self) -> list[int]:
        return list(self.response.linear)

    @property
    def curved(self) -> list[int]:
        return [axis.unknown for axis in self.response.axes]

    @property
    def first_order(self) -> float:
        """Standard uncertainty of the target by the slopes at the prior values."""
        of, origin = self.response, np.zeros((1, len(self.curved)))
        J = np.zeros((len(self.R), len(of.unknowns)))
        J[:, self.linear] = self.R @ of.weights(origin)[1][0].T
        for k, unknown in enumerate(self.curved):
            J[:, unknown] = self.R @ of.weights(origin, k)[0][0]
        H = J.T @ J + np.diag(self.priors.precision**2)
        unheard = _unheard(np.diag(H), self.priors.widths)
        H += np.diag(unheard)
        if unheard[self.target] or not _is_regular(H[None])[0]:
            return math.inf
        return math.sqrt(float(np.linalg.inv(H)[self.target, self.target]))

    @property
    def is_determined(self) -> bool:
        """Whether data and priors determine the target, whatever the curved unknowns are."""
        t = self._grid(self._coarse)[0] if self.curved else np.zeros((1, 0))
        H, data, _ = self.information(t)
        if not _is_regular(H).all():
            return False
        if self.target not in self.linear or self.priors.given[self.target]:
            return True
        k = self.linear.index(self.target)
        return not _unheard(data[:, k, k], self.priors.widths[self.target]).any()

    @property
    def _coarse(self) -> list[int]:
        """Smallest numbers of nodes along the curved unknowns."""
        return [NODES[min(len(self.curved), 3)][0]] * len(self.curved)

    def nodes(self) -> tuple[Array, Array]:
        """Return changes of the curved unknowns, shape (N, k), and their prior weights (N,)."""
        counts = self._coarse
        few, many = NODES[min(len(counts), 3)]
        t, weights = self._grid(counts)
        spreads = self._spreads(t)
        for k, spread in enumerate(spreads):
            width = 2.0 * FARTHEST * self.priors.widths[self.curved[k]]
            counts[k] = int(np.clip(math.ceil(width / (RESOLVED * spread)), few, many))
        return (t, weights) if counts == self._coarse else self._grid(counts)

    def _grid(self, counts: Sequence[int]) -> tuple[Array, Array]:
        axes, densities = [], []
        for count, unknown in zip(counts, self.curved, strict=True):
            u = self.priors.widths[unknown]
            least = max(self.priors.bounds[unknown] - self.priors.values[unknown], -FARTHEST * u)
            along = np.linspace(least, FARTHEST * u, count)
            axes.append(along)
            densities.append(norm.pdf(along / u))
        t = np.stack([each.ravel() for each in np.meshgrid(*axes, indexing="ij")], axis=1)
        weights = densities[0]
        for other in densities[1:]:
            weights = np.multiply.outer(weights, other)
        return t, np.asarray(weights.ravel() / weights.sum())

    def _spreads(self, t: Array) -> Array:
        """Return the smallest uncertainties of the curved unknowns anywhere, shape (k,)."""
        H, _, _ = self.information(t)
        A = self.response.weights(t)[1] @ self.R.T
        found = []
        for k, unknown in enumerate(self.curved):
            g = self.response.weights(t, k)[0] @ self.R.T
            mixed = np.einsum("njr,nr->nj", A, g)
            taken = np.einsum("nj,nj->n", mixed, _solved(H, mixed[:, :, None])[:, :, 0])
            information = np.sum(g**2, axis=1) - taken
            precision = self.priors.precision[unknown] ** 2
            found.append(1.0 / math.sqrt(max(float(np.max(information)), 0.0) + precision))
        return np.array(found)

    def information(self, t: Array) -> tuple[Array, Array, Array]:
        """Return the information on the linear unknowns at changes of the curved ones.

        Args:
            t: The changes, shape (N, k).

        Returns:
            That of data and priors, shape (N, q, q), that of the data, likewise, and the logarithm
            of the determinant of that of the data on unknowns without priors, shape (N,).
        """
        A = self.response.weights(t)[1] @ self.R.T
        data = A @ A.swapaxes(1, 2)
        H = data + np.diag(self.priors.precision[self.linear] ** 2)
        unheard = _unheard(np.diagonal(H, axis1=1, axis2=2), self.priors.widths[self.linear])
        H += unheard[:, :, None] * np.eye(len(self.linear))
        free = np.flatnonzero(~self.priors.given[self.linear] & (unheard == 0.0).any(axis=0))
        sign, flat = np.linalg.slogdet(data[:, free][:, :, free])  # of nothing it is 1
        flat = np.where(sign > 0.0, flat, -np.inf)
        return H, data, flat

    def linear_shares(self, H: Array, data: Array) -> Array:
        """Return the parts of the variance given the curved unknowns, shape (N, 1 + q).

        They are those of the noise and of each prior; 0 if the target is curved.
        """
        if self.target not in self.linear:
            return np.zeros((len(H), 1 + len(self.linear)))
        if not _is_regular(H).all():
            return np.full((len(H), 1 + len(self.linear)), np.inf)
        e = np.zeros((len(self.linear), 1))
        e[self.linear.index(self.target)] = 1.0
        row = _solved(H, np.broadcast_to(e, (len(H), *e.shape)))[:, :, 0]
        noise = np.einsum("nj,njk,nk->n", row, data, row)
        return np.column_stack([noise, row**2 * self.priors.precision[self.linear] ** 2])

    def expected(
        self, t: Array, weights: Array, H: Array, data: Array, flat: Array
    ) -> tuple[Array, float]:
        """Return the expected parts of the variance: of noise and priors, and of curved ones.

        Args:
            t: Changes of the curved unknowns, shape (N, k).
            weights: Their prior weights, shape (N,).
            H: Information of data and priors, shape (N, q, q).
            data: That of the data.
            flat: Logarithm of its determinant for unknowns without priors, shape (N,).
        """
        at, by = self.response.weights(t)
        g, A = at @ self.R.T, by @ self.R.T
        mean_of = _solved(H, A)  # from residuals to the linear unknowns, (N, q, rows)
        prior = np.log(weights) + 0.5 * (flat - np.linalg.slogdet(H)[1])
        each = self.linear_shares(H, data)
        y = self._data(DRAWS)
        shares, open_ = np.zeros(each.shape[1]), 0.0
        size = max(CHUNK // max(g.size, 1), 1)
        for part in np.array_split(y, math.ceil(len(y) / size)):
            left = part[:, None] - g  # (draws, N, rows)
            b = np.einsum("njr,mnr->mnj", A, left)
            z = np.einsum("njr,mnr->mnj", mean_of, left)
            chi2 = np.sum(left**2, axis=2) - np.sum(b * z, axis=2)
            log_w = prior - 0.5 * chi2
            w = np.exp(log_w - log_w.max(axis=1, keepdims=True))
            w /= w.sum(axis=1, keepdims=True)
            if self.target in self.linear:
                m = z[:, :, self.linear.index(self.target)]
            else:
                m = np.broadcast_to(t[:, self.curved.index(self.target)], w.shape)
            mean = np.sum(w * m, axis=1, keepdims=True)
            open_ += float(np.sum(w * (m - mean) ** 2))
            shares += w.sum(axis=0) @ each
        return shares / DRAWS, open_ / DRAWS

    def _data(self, number: int) -> Array:
        """Return data drawn from priors and noise, shape (number, rows)."""
        k, q, rows = len(self.curved), len(self.linear), len(self.R)
        drawn = normal_draws(number, k + q + rows)
        widths, given = self.priors.widths, self.priors.given
        least = self.priors.bounds - self.priors.values
        t = np.maximum(drawn[:, :k] * widths[self.curved], least[self.curved])
        t = np.clip(t, None, FARTHEST * widths[self.curved])
        z = drawn[:, k : k + q] * np.where(given, widths, 0.0)[self.linear]
        z = np.maximum(z, least[self.linear])
        at, by = self.response.weights(t)
        predicted = at + np.einsum("nj,njc->nc", z, by)
        return np.asarray(predicted @ self.R.T + drawn[:, k + q :])

    def named(self, shares: Array, open_: float) -> tuple[Share, ...]:
        """Return parts of the variance with their names."""
        found = [Share("noise", "", math.sqrt(float(shares[0])))]
        unknowns = self.response.unknowns
        found += [
            Share("prior", unknowns[i].name, math.sqrt(float(part)))
            for i, part in zip(self.linear, shares[1:], strict=True)
            if part > 0.0
        ]
        if self.curved:
            names = " and ".join(unknowns[i].name for i in self.curved)
            found.append(Share("curved", names, math.sqrt(open_)))
        return tuple(found)


@lru_cache(maxsize=8)
def normal_draws(number: int, dimensions: int) -> Array:
    """Return quasi-random normal draws, shape (number, dimensions)."""
    points = qmc.Sobol(dimensions, seed=20).random(number)
    return np.asarray(norm.ppf(np.clip(points, 1e-6, 1.0 - 1e-6)))


def _unheard(diagonal: Array, widths: Array | float) -> Array:
    """Return a precision for unknowns of which neither data nor priors tell anything, 0 for others.

    Such an unknown, the contrast of a signal that is not recorded, changes nothing else: any
    precision leaves the others what they are, and the matrix regular.

    Args:
        diagonal: Information on each unknown, the others known, shape (..., q).
        widths: Scales of the unknowns, shape (q,).
    """
    least = np.asarray(widths) ** -2.0
    return np.where(diagonal > NOTHING * least, 0.0, least)


def _scales(H: Array) -> Array:
    diagonal = np.diagonal(H, axis1=1, axis2=2)
    return np.asarray(1.0 / np.sqrt(np.where(diagonal > 0.0, diagonal, 1.0)))


def _is_regular(H: Array) -> Array:
    """Return whether matrices are regular, shape (N,)."""
    if not H.shape[1]:
        return np.ones(len(H), dtype=bool)
    s = _scales(H)
    values = np.linalg.eigvalsh(H * s[:, :, None] * s[:, None, :])
    return np.asarray(values[:, 0] > SINGULAR * values[:, -1])


def _solved(H: Array, right: Array) -> Array:
    """Return the solutions of scaled systems, shape (N, q, m)."""
    s = _scales(H)
    scaled = H * s[:, :, None] * s[:, None, :]
    return np.asarray(s[:, :, None] * np.linalg.solve(scaled, s[:, :, None] * right))
