"""The unknowns of a model from measured data, by least squares with priors.

Data y with standard uncertainties u and a model f(x) have the sum of squares

    chi2(x) = sum [(y - f(x))/u]^2 + sum [(x - x_prior)/u_prior]^2

whose least is found by :func:`scipy.optimize.least_squares` with the slopes of the model. On
request the first sum is that of a robust loss, 2 [sqrt(1 + r^2) - 1] of each residual r, which
counts outliers linearly. Where no uncertainty is stated, it is that of the residuals.

The density of the unknowns is exp(-chi2/2) within the bounds of physics; with a noise that is not
stated the sum S of n squared residuals has the density S^(-n/2), which is what remains of normal
noise of any size (H. Jeffreys, Theory of Probability, 1961, section 3.4). How neighbouring
residuals correlate then tells how many of them are independent.

If the model is linear in the unknowns over the range of this density, it is normal, and what
follows is exact. This is checked at two points in the tail. Otherwise a response surface is fitted
to evaluations there (:mod:`femsoret.studies.fit.surface`), compared with evaluations at further
points until it holds, and the density is sampled. This covers a tilt that counts by its square,
coefficients at a bound and several minima, for which a parabola would give wrong intervals.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Final

import numpy as np
from scipy.optimize import least_squares
from scipy.stats import norm

from femsoret.base.errors import CaseError, NotConverged
from femsoret.base.log import get_logger
from femsoret.base.types import Array, Flags
from femsoret.experiment.measured import DataSet
from femsoret.studies.fit.estimate import COVERAGE, Estimate, Interval
from femsoret.studies.fit.goodness import (
    compared,
    independent,
    pulls_of_priors,
    sum_of_squares_test,
)
from femsoret.studies.fit.identifiability import untold
from femsoret.studies.fit.model import Model
from femsoret.studies.fit.posterior import (
    APART,
    DATA_DECIDE,
    Density,
    Evaluated,
    Loss,
    Posterior,
    SampledPosterior,
    plain,
    sampled,
    soft_l1,
)
from femsoret.studies.fit.stacked import Priors, Stacked
from femsoret.studies.fit.substitute import Substitute
from femsoret.studies.fit.surface import Point, Surface

log = get_logger(__name__)

CONVERGED: Final = 0.02
"""Remaining step of the least-squares solver, in standard uncertainties, that counts as zero."""

SAME_CHI2: Final = 1e-4
"""Relative decrease of the sum of squares that counts as zero."""

ASIDE: Final = 0.5
"""Distance of a further start from the first, in standard deviations of the prior."""

NEAR_ENOUGH: Final = 25.0
"""Sum of squares for each value up to which a start needs no other to compare it with."""

NO_SLOPE: Final = 0.1
"""Change of all data by one standard deviation of a prior, in standard uncertainties of the data,
up to which a start may be on a ridge, where the slope vanishes."""

TAIL: Final = 1.5
"""Distance from the mode at which linearity is checked, in standard deviations of each unknown."""

LINEAR: Final = 0.1
"""Largest deviation of the model from linear functions, in standard uncertainties of the data (root
sum of squares), with which the density is normal."""

CLOSE: Final = 0.2
"""Largest deviation from a response surface, likewise, with which the surface is good enough. The
shift of an unknown, in its standard uncertainties, is at most as large."""

NEAR: Final = 0.1
"""Distance of an evaluation from a minimum of a surface, in standard uncertainties, that is close
enough."""

SHOWN: Final = 1000
"""Number of draws of the result."""

LEAST_WEIGHT: Final = 0.01
"""Least weight of an evaluation for a response surface."""

SOME: Final = 2000
"""Number of draws with which a surface is tried."""

AS_GOOD: Final = 9.0
"""Largest difference of chi2 from the least with which another minimum is said."""

NOISE_KNOWN: Final = 0.01
"""Relative change of an estimated noise between two fits that counts as zero."""

LEAST_NOISE: Final = 1e-10
"""Least noise relative to the largest value of a series: arithmetic has some."""

WIDEST: Final = 0.1
"""Largest scale of an unknown in the Fisher matrix, in standard deviations of its prior, or in its
scale if the prior is flat: a standard uncertainty of more than some thousands of them is none."""

_NULL: Final = 1e-9
"""Eigenvalue of the scaled Fisher matrix up to which a direction is not determined."""

_FAILED: Final = 1e3
"""Residual in place of a prediction that does not exist, over the typical one at the start."""


@dataclass(frozen=True)
class FitOptions:
    """Options of a fit.

    Args:
        robust: Whether outliers count less.
        steps: Largest number of evaluations of the least-squares solver from one start.
        checks: Largest number of evaluations for the response surface.
        seed: Seed of the draws from the density.
    """

    robust: bool = False
    steps: int = 8
    checks: int = 40
    seed: int = 20

    @property
    def loss(self) -> Loss:
        """Loss of squared residuals."""
        return soft_l1 if self.robust else plain


Observer = Callable[[Array, float], None]
"""Function that is told the values of the unknowns and chi2 after every evaluation."""


def estimate(
    model: Model,
    data: Sequence[DataSet],
    options: FitOptions | None = None,
    *,
    each: Observer = lambda values, chi2: None,
    guess: Mapping[str, float] = MappingProxyType({}),
) -> Estimate:
    """Return the unknowns of a model given data and priors; collective if the model is.

    Args:
        model: The model.
        data: The data, in the order of its predictions.
        options: Options; None for those of :class:`FitOptions`.
        each: Called after every evaluation of the model.
        guess: Name of an unknown -> another value to start from, which is taken for unknowns
            without a prior if it explains the data better.

    Raises:
        CaseError: There are no data or no unknowns.
        NotConverged: The model has no prediction at the start.
    """
    fit = _Fit(
        model, Stacked.of(data), Priors(tuple(model.unknowns)), options or FitOptions(), each
    )
    best = fit.minimum(fit.first(guess))
    best, posterior = fit.explored(best)
    return fit.result(best, posterior)


def least_squares_values(
    model: Model, data: Sequence[DataSet], options: FitOptions | None = None
) -> Array:
    """Return the values of the smallest sum of squares alone, shape (p,).

    Args:
        model: The model.
        data: The data, in the order of its predictions.
        options: Options; None for those of :class:`FitOptions`.

    Raises:
        CaseError: There are no data or no unknowns.
        NotConverged: The model has no prediction at the start.
    """
    return lowest(model, data, options or FitOptions())[0]


def lowest(
    model: Model, data: Sequence[DataSet], options: FitOptions, starts: Sequence[Array] = ()
) -> tuple[Array, float]:
    """Return the values of the smallest sum of squares of data and priors, and that sum.

    Args:
        model: The model.
        data: The data, in the order of its predictions.
        options: Options.
        starts: Values of the unknowns, shape (p,) each, the best of which is where it is sought;
            none for those from which the unknowns start.

    Raises:
        CaseError: There are no data or no unknowns.
        NotConverged: The model has no prediction at the start.
    """
    priors = Priors(tuple(model.unknowns))
    fit = _Fit(model, Stacked.of(data), priors, options, lambda values, chi2: None)
    starts = starts or [np.array([unknown.start for unknown in priors.unknowns])]
    inside = [fit.at(np.maximum(start, priors.bounds)) for start in starts]
    best = fit.minimum(min(inside, key=fit.chi2).x)
    return best.x, fit.chi2(best)


@dataclass(eq=False)
class _Fit:
    """A fit while it runs: the evaluations so far, and the noise."""

    model: Model
    stacked: Stacked
    priors: Priors
    options: FitOptions
    each: Observer
    points: list[Evaluated] = field(default_factory=list)
    noise: Array = field(default_factory=lambda: np.empty(0))
    converged: bool = True
    surface_error: float = 0.0
    minima: list[Array] = field(default_factory=list)
    without_slope: Flags = field(default_factory=lambda: np.empty(0, dtype=bool))

    def __post_init__(self) -> None:
        if not self.priors.unknowns:
            raise CaseError("nothing is unknown", "name at least one unknown of the fit")
        free = np.count_nonzero(~self.priors.given)
        number = len(self.stacked.values)
        if number < free:
            raise CaseError(
                f"{number} measured value{'' if number == 1 else 's'} cannot tell {free} unknowns "
                "of which nothing is known before",
                "give more data, or priors",
            )
        self.noise = np.where(self.stacked.stated, self.stacked.uncertainty, np.nan)

    # -- evaluations -------------------------------------------------------------------------

    def at(self, x: Array) -> Evaluated:
        """Return the evaluation of the model at given values; it is made once.

        Raises:
            NotConverged: There is no prediction.
        """
        for point in self.points:
            if np.array_equal(point.x, x):
                return point
        found = self.model.predict(x.copy())
        assert found.jacobian is not None  # slopes were asked for
        point = Evaluated(x.copy(), found.values, found.jacobian)
        self.points.append(point)
        if not np.isfinite(self.noise).all():
            self._set_noise(point)
        self.each(point.x, self.chi2(point))
        return point

    def chi2(self, point: Evaluated) -> float:
        """Return the sum of squares of data and priors."""
        prior = self.priors.residuals(point.x)
        return float(self._loss(self.residuals(point) ** 2).sum() + prior @ prior)

    def residuals(self, point: Evaluated) -> Array:
        """Return predicted less measured values in standard uncertainties, shape (n,)."""
        return np.asarray((point.values - self.stacked.values) / self.noise)

    @property
    def _loss(self) -> Loss:
        return self.options.loss

    def _set_noise(self, point: Evaluated) -> float:
        """Estimate the noise that is not stated; return its largest relative change."""
        p, change = len(self.priors.unknowns), 0.0
        share = p / len(self.stacked.values)
        noise = self.noise.copy()
        for part in self.stacked.parts:
            if part.series.uncertainty is not None:
                continue
            left = (point.values - self.stacked.values)[part.where]
            n = len(left)
            if self.options.robust:
                size = float(np.median(np.abs(left))) / norm.ppf(0.75)
            else:
                size = float(np.sqrt(left @ left / max(n * (1.0 - share), 1.0)))
            size *= math.sqrt(n / self._count(left))
            size = max(size, LEAST_NOISE * (float(np.abs(part.series.values).max()) or 1.0))
            before = self.noise[part.where][0]
            change = max(change, abs(size / before - 1.0) if np.isfinite(before) else np.inf)
            noise[part.where] = size
        self.noise = noise
        return change

    def _count(self, left: Array) -> float:
        """Return the number of independent residuals that a series counts as."""
        return max(independent(left), min(len(left), len(self.priors.unknowns) + 4.0))

    # -- minima ------------------------------------------------------------------------------

    def first(self, guess: Mapping[str, float] = MappingProxyType({})) -> Array:
        """Return the values to start from, shape (p,).

        Where the slopes vanish along an unknown, which a symmetric cell has at zero tilt, the
        least-squares solver would stay: it starts aside.
        """
        priors = self.priors
        x = np.array([unknown.start for unknown in priors.unknowns])
        x = self._better(np.maximum(x, priors.bounds), guess)
        size = np.linalg.norm(self.at(x).jacobian / self.noise[:, None], axis=0) * priors.widths
        self.without_slope = size < NO_SLOPE
        if not self.without_slope.any():
            return x
        return np.asarray(np.where(self.without_slope, x + ASIDE * priors.widths, x))

    def _better(self, x: Array, guess: Mapping[str, float]) -> Array:
        """Return values, or those of a guess if they explain the data better, shape (p,)."""
        other = x.copy()
        for k, unknown in enumerate(self.priors.unknowns):
            if unknown.prior.is_flat and unknown.name in guess:
                other[k] = max(guess[unknown.name], self.priors.bounds[k])
        first = self.at(x)
        # Noise that is not stated is that of the residuals there, and says nothing of them.
        near = self.chi2(first) < NEAR_ENOUGH * len(self.stacked.values)
        if np.array_equal(other, x) or (near and self.stacked.stated.all()):
            return x
        try:
            second = self.at(other)
        except NotConverged as error:
            log.info("no prediction at %s: %s", other, error.message)
            return x
        if self.chi2(second) >= self.chi2(first):
            return x
        self._set_noise(second)
        return other

    def minimum(self, start: Array) -> Evaluated:
        """Return the evaluation at the least sum of squares near some values.

        Where noise is not stated, noise and values are found in turn.

        Raises:
            NotConverged: There is no prediction at the start.
        """
        best = self._minimum(start)
        for _ in range(20):
            if self.stacked.stated.all() or self._set_noise(best) < NOISE_KNOWN:
                break
            best = self._minimum(best.x)
        return best

    def _minimum(self, start: Array) -> Evaluated:
        first, priors = self.at(start), self.priors
        scale = 1.0 / np.sqrt(np.maximum(np.diag(self.fisher(first)), priors.widths**-2.0))
        typical = _FAILED * (1.0 + float(np.sqrt(np.mean(self.residuals(first) ** 2))))

        def residuals(z: Array) -> Array:
            x = start + scale * z
            try:
                left = self.residuals(self.at(x))
            except NotConverged as error:
                log.info("no prediction at %s: %s", x, error.message)
                left = np.full(len(self.stacked.values), typical)
            return np.concatenate([left, priors.residuals(x)])

        def slopes(z: Array) -> Array:
            return np.asarray(self._scaled_slopes(self.at(start + scale * z)) * scale)

        found = least_squares(
            residuals,
            np.zeros(len(start)),
            slopes,
            bounds=((priors.bounds - start) / scale, np.inf),
            x_scale=priors.widths / scale,
            method="dogbox",
            loss=self._scipy_loss if self.options.robust else "linear",
            ftol=SAME_CHI2,
            xtol=None,
            gtol=CONVERGED,
            max_nfev=self.options.steps,
        )
        self.converged = bool(found.success)
        return self.at(start + scale * found.x)

    def _scaled_slopes(self, point: Evaluated) -> Array:
        """Return the slopes of all residuals, shape (n + p, p)."""
        return np.vstack([point.jacobian / self.noise[:, None], np.diag(self.priors.precision)])

    def _scipy_loss(self, squares: Array) -> Array:
        """Return a loss of the data and its derivatives as SciPy wants them; priors count as is."""
        root = np.sqrt(1.0 + squares)
        rho = np.stack([2.0 * (root - 1.0), 1.0 / root, -0.5 / root**3])
        of_priors = np.arange(len(squares)) >= len(self.stacked.values)
        linear = np.stack([squares, np.ones_like(squares), np.zeros_like(squares)])
        return np.where(of_priors, linear, rho)

    def fisher(self, point: Evaluated) -> Array:
        """Return half of the curvature of the sum of squares, without that of the model, (p, p)."""
        return self.of_data(point) + np.diag(self.priors.precision**2)

    def of_data(self, point: Evaluated) -> Array:
        """Return the Fisher matrix of the data alone, shape (p, p)."""
        J = point.jacobian / self.noise[:, None]
        if self.options.robust:
            J = J * (1.0 + self.residuals(point)[:, None] ** 2) ** -0.25
        return np.asarray(J.T @ J, dtype=np.float64)

    # -- the density -------------------------------------------------------------------------

    def explored(self, best: Evaluated) -> tuple[Evaluated, SampledPosterior | None]:
        """Return the least-squares point and draws of the density; None if it is normal."""
        posterior = self._posterior(best)
        single = self.converged and not self._has_a_mirror(best, posterior)
        if single and self._is_linear(best, posterior):
            if self.stacked.stated.all() and not self.options.robust and posterior.is_inside:
                return best, None
            surface = Surface.linear(posterior.scaled(best))
            return best, sampled(posterior, surface, self.options.seed)
        return self._by_surface(best)

    def _posterior(self, best: Evaluated) -> Posterior:
        counts = [
            None
            if part.series.uncertainty is not None or self.options.robust
            else self._count((best.values - self.stacked.values)[part.where])
            for part in self.stacked.parts
        ]
        basis = _basis(self.fisher(best), self.priors)
        return Posterior(
            self.stacked, self.priors, self.noise, tuple(counts), best.x, basis, self._loss
        )

    def _has_a_mirror(self, best: Evaluated, posterior: Posterior) -> bool:
        """Return whether the mirror image about the start explains the data about as well.

        It may where the slope along an unknown vanishes at the start.
        """
        starts = np.array([unknown.start for unknown in self.priors.unknowns])
        for k in np.flatnonzero(self.without_slope):
            x = best.x.copy()
            x[k] = 2.0 * starts[k] - x[k]
            if np.linalg.norm(posterior.t_of(x)) < APART or x[k] < self.priors.bounds[k]:
                continue
            try:
                there = self.at(x)
            except NotConverged as error:
                log.info("no prediction at %s: %s", x, error.message)
                continue
            left = np.concatenate([self.residuals(there), self.priors.residuals(x)])
            step, *_ = np.linalg.lstsq(self._scaled_slopes(there), left, rcond=None)
            left = left - self._scaled_slopes(there) @ step
            if left @ left - self.chi2(best) < AS_GOOD:
                return True
        return False

    def _is_linear(self, best: Evaluated, posterior: Posterior) -> bool:
        """Return whether the model is linear in the tail of the normal density."""
        q = posterior.basis.shape[1]
        linear = Surface.linear(posterior.scaled(best))
        signs = np.where(np.arange(q) % 2, -1.0, 1.0)
        for t in (TAIL * signs, -TAIL * signs):
            error = self._checked(posterior, linear, t)
            if error is None or error > LINEAR:
                return False
        return True

    def _checked(self, posterior: Posterior, surface: Surface, t: Array) -> float | None:
        """Return the error of a surface at coordinates; None if the model has no prediction."""
        x = np.maximum(posterior.x_of(t[None])[0], self.priors.bounds)
        try:
            point = posterior.scaled(self.at(x))
        except NotConverged as error:
            log.info("no prediction at %s: %s", x, error.message)
            return None
        return float(np.linalg.norm(surface.at(point.t[None])[0] - point.values))

    def _by_surface(self, best: Evaluated) -> tuple[Evaluated, SampledPosterior]:
        """Return the least-squares point and draws of the density by a response surface."""
        posterior = self._posterior(best)
        for t in _star(posterior):
            self._checked(posterior, Surface.linear(posterior.scaled(best)), t)
        rng, good = np.random.default_rng(self.options.seed), 0
        for _ in range(self.options.checks):
            best = min(self.points, key=self.chi2)
            self._set_noise(best)
            posterior = self._posterior(best)
            surface = Surface.through(self._points_of(posterior, best))
            self.minima = Density(posterior, surface).minima()
            new = [t for t in self.minima if not self._is_known(posterior, t)]
            if new:
                self._checked(posterior, surface, new[0])
                continue
            draws = sampled(posterior, surface, self.options.seed, SOME)
            t = draws.farthest([posterior.t_of(point.x) for point in self.points], rng)
            error = self._checked(posterior, surface, t)
            if error is None:
                continue
            self.surface_error = error
            good = good + 1 if error < CLOSE else 0
            if good == 2:
                break
        self.converged = good == 2
        surface = Surface.through(self._points_of(posterior, best))
        return best, sampled(posterior, surface, self.options.seed)

    def _is_known(self, posterior: Posterior, t: Array) -> bool:
        """Return whether the model was evaluated close to a minimum of a surface."""
        return any(np.linalg.norm(posterior.t_of(point.x) - t) < NEAR for point in self.points)

    def _points_of(self, posterior: Posterior, best: Evaluated) -> list[Point]:
        """Return all evaluations for a surface, those that explain the data best count most."""
        least = self.chi2(best)
        points = [posterior.scaled(best)]
        for point in self.points:
            if point is not best:
                weight = max(math.exp(-0.25 * (self.chi2(point) - least)), LEAST_WEIGHT)
                points.append(replace(posterior.scaled(point), weight=weight))
        return points

    # -- the result --------------------------------------------------------------------------

    def result(self, best: Evaluated, draws: SampledPosterior | None) -> Estimate:
        """Return the estimate."""
        priors, p = self.priors, len(self.priors.unknowns)
        basis = _basis(self.fisher(best), priors)
        undetermined = _undetermined(self.fisher(best), priors)
        first_order = basis @ basis.T
        values, covariance = best.x, first_order
        half = norm.ppf(0.5 + 0.5 * COVERAGE) * np.sqrt(np.diag(first_order))
        intervals = [
            Interval(float(v - h), float(v + h)) for v, h in zip(best.x, half, strict=True)
        ]
        if draws is not None:
            values, covariance, intervals = draws.mean, draws.covariance, list(draws.intervals)
        covariance = covariance.copy()
        covariance[undetermined, :] = covariance[:, undetermined] = 0.0
        covariance[undetermined, undetermined] = np.inf
        jacobian = best.jacobian / self.noise[:, None]
        residuals = priors.residuals(best.x)
        squares = self.residuals(best) ** 2
        stated = self.stacked.stated
        dof, p_value = sum_of_squares_test(squares, jacobian, stated, priors, residuals)
        is_normal = draws is None or draws.surface.is_linear
        pulls, of_priors = pulls_of_priors(priors, best.x, first_order if is_normal else None)
        some = None if draws is None else draws.equal(SHOWN, self.options.seed)
        found = Estimate(
            unknowns=priors.unknowns,
            values=values,
            mode=best.x,
            covariance=covariance,
            intervals=tuple(None if undetermined[k] else intervals[k] for k in range(p)),
            is_normal=is_normal,
            other_minima=self._other_minima(best),
            series=compared(self.stacked, best.values, self.noise, jacobian @ basis),
            chi2_data=float(squares[stated].sum()) if stated.any() else float(squares.sum()),
            chi2_priors=float(residuals @ residuals),
            dof=dof,
            p_value=None if self.options.robust else p_value,
            pulls=pulls,
            priors_p_value=of_priors,
            robust=self.options.robust,
            directions=untold(priors, self.of_data(best), np.sqrt(np.diag(covariance))),
            jacobian=best.jacobian,
            evaluations=len(self.points),
            converged=self.converged,
            surface_error=self.surface_error,
            draws=None if some is None else some[0],
            draws_density=None if some is None else some[1],
            substitute=None if draws is None else Substitute(draws.posterior, draws.surface),
        )
        return replace(found, intervals=(None,) * p) if found.is_bad else found

    def _other_minima(self, best: Evaluated) -> tuple[Array, ...]:
        """Return further minima that explain the data about as well."""
        posterior, found = self._posterior(best), list[Array]()
        for t in self.minima:
            away = [float(np.linalg.norm(posterior.t_of(point.x) - t)) for point in self.points]
            near = self.points[int(np.argmin(away))]
            if np.linalg.norm(t) > APART and self.chi2(near) - self.chi2(best) < AS_GOOD:
                found.append(near.x)
        return tuple(found)


def _spectrum(fisher: Array, priors: Priors) -> tuple[Array, Array, Array]:
    """Return scales, eigenvalues and eigenvectors of the scaled Fisher matrix.

    Scales are standard uncertainties of the unknowns each alone, limited by what they are before,
    so that an unknown of which the data tell next to nothing has an eigenvalue close to zero.
    """
    diagonal = np.maximum(np.diag(fisher), (WIDEST * priors.widths) ** -2.0)
    scale = 1.0 / np.sqrt(diagonal)
    values, vectors = np.linalg.eigh(fisher * np.outer(scale, scale))
    return scale, values, vectors


def _basis(fisher: Array, priors: Priors) -> Array:
    """Return independent changes of the unknowns of one standard deviation each, shape (p, q).

    Directions that neither data nor priors determine are left out.
    """
    scale, values, vectors = _spectrum(fisher, priors)
    kept = values > _NULL
    basis = scale[:, None] * vectors[:, kept] / np.sqrt(values[kept])
    # The axes are turned to those on which the priors decide most and least.
    shares = priors.precision[:, None] * basis
    _, axes = np.linalg.eigh(shares.T @ shares)
    return np.asarray(basis @ axes)


def _undetermined(fisher: Array, priors: Priors) -> Flags:
    """Return which unknowns neither data nor priors determine, shape (p,)."""
    _, values, vectors = _spectrum(fisher, priors)
    parts = np.linalg.norm(vectors[:, values <= _NULL], axis=1)
    return np.asarray(parts > 1e-3)


def _star(posterior: Posterior) -> list[Array]:
    """Return points along the axes on which the priors decide: there a model may be anything."""
    axes = np.eye(posterior.basis.shape[1])[posterior.of_priors > DATA_DECIDE]
    return [sign * TAIL * axis for axis in axes for sign in (1.0, -1.0)]
