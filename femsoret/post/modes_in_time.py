"""Evaluation of the modes of diffusion from the separations of several components in time.

In a layer at rest with constant coefficients, c relaxes in the eigenvectors v_m of the diffusion
matrix, each with its eigenvalue D_m. If the layer is uniform until t0 and its temperature linear
from then on, the separation of component i is

    S_i(t) = sum_m P_im s((t - t0)/tau_m),    tau_m = L^2/(pi^2 D_m),    P_im = v_m,i a_m

with the series s of a single component (:class:`~femsoret.post.evaluation.Layer`) and the plateau
S_i,inf = sum_m P_im. All separations together determine the times and the amplitudes P: the latter
enter linearly and are eliminated (G. H. Golub, V. Pereyra, SIAM J. Numer. Anal. 10 (1973) 413).
Where every mode is excited, the columns of P are the eigenvectors, and

    D = P diag(D_m) P^-1

follows, although a single record of one component has only the times.

The residual of a fit is smooth in time: it comes from heat that takes time to spread, from slowly
varying coefficients, or from flow, and more points do not average it out. Uncertainties are
therefore those of a jackknife with blocks (H. R. Kunsch, Ann. Statist. 17 (1989) 1217): the record
is fitted again without one part of it after the other, and the scatter of the results counts,
together with the noise of the record, propagated to first order.

Two exponentials of like times look like one. The fit with all N modes counts only if it determines
each D_m; otherwise fewer modes are fitted, down to one, and the result says how many were found.
The plateaus are those of the fit that counts.

A constant that an instrument shows besides each separation is eliminated like the amplitudes, by
taking the means of the records and of the courses from them.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations, pairwise

import numpy as np
from scipy.interpolate import Akima1DInterpolator
from scipy.optimize import least_squares

from femsoret.base.errors import ConditionError
from femsoret.base.types import Array
from femsoret.post.evaluation import (
    CARRIED,
    CHANGE,
    ELSEWHERE,
    LEFT_OVER,
    RECORD,
    UNKNOWN,
    Layer,
    in_window,
)

GUESSES = 12
"""Number of relaxation times among which the first guess is sought."""

SHORTEST = 0.01
"""Shortest of them, over the length of the record; the longest is three times the record."""

BLOCKS = 8
"""Number of parts of a record, even in sqrt(t - t0), that are left out one after the other."""

THINNED = 4
"""Of the evenly spaced times every how many-th is used in these fits."""

LEAST_NOISE = 1e-10
"""Noise of a record, relative to its largest value, that is always assumed: arithmetic has some."""

_STEP = 1e-4
"""Step in ln(tau) for finite differences."""

_SINGULAR = 1e-12
"""Ratio of the smallest to the largest singular value below which a parameter is round-off."""

APART = 1.05
"""Ratio of neighbouring relaxation times below which two modes are one."""


@dataclass(frozen=True, eq=False)
class ModesEvaluation:
    """What the separations of all components in time determine.

    Args:
        diffusivities: Eigenvalues of the diffusion matrix in ascending order, m2/s, shape (M,); M
            is less than the number N of components where modes cannot be told apart.
        diffusivity_uncertainties: Their relative uncertainties, shape (M,).
        separations: Separations of the plateau, shape (N,).
        separation_uncertainties: Their uncertainties over the norm of the separations, shape (N,).
        amplitudes: Part of each mode in the separations of the plateau, shape (N, M).
        matrix: Diffusion matrix, m2/s, shape (N, N); None unless all modes were determined.
        matrix_uncertainties: Its standard uncertainties, m2/s, shape (N, N); None likewise.
        misfit: Root mean square over time and components of the residual, relative to the norm of
            the separations.
        points: Number of points in time that were used.
        why_fewer: Why not all N modes were determined, a clause; empty if they were.
        baseline: Constants that the records contain besides the separations, shape (N,); zero
            unless they are fitted.
    """

    diffusivities: Array
    diffusivity_uncertainties: Array
    separations: Array
    separation_uncertainties: Array
    amplitudes: Array
    matrix: Array | None
    matrix_uncertainties: Array | None
    misfit: float
    points: int
    why_fewer: str
    baseline: Array


def evaluate_modes(
    times: Sequence[float],
    separations: Sequence[Sequence[float]],
    layer: Layer,
    *,
    t0: float,
    window: tuple[float, float],
    relaxing: bool = False,
    noise: float = 0.0,
    baseline: bool = False,
) -> ModesEvaluation:
    """Fit the eigenvalues of D and the plateaus to the separations of several components.

    Steps are converted to evenly spaced times as in :func:`~femsoret.post.evaluation.evaluate`.

    Args:
        times: Times in ascending order, s, shape (n,).
        separations: Differences of the two readings of each component, shape (N, n).
        layer: The layer, and the positions of the readings in it.
        t0: Time when the temperature difference was applied or removed, s.
        window: First and last time to include, s.
        relaxing: Whether the temperature difference was removed at t0.
        noise: Error of a single separation, relative to the largest one.
        baseline: Whether the records contain unknown constants besides the separations.

    Raises:
        ConditionError: There are too few points in the window, or the separations do not change,
            do not evolve as in a layer, or do not even determine one mode.
    """
    t, S = np.asarray(times, dtype=float), np.asarray(separations, dtype=float).T
    inside = in_window(t, t0, window)
    t, S = t[inside] - t0, S[inside]
    size = float(np.abs(S).max()) or 1.0
    S = S / size
    change = float(np.ptp(S, axis=0).max())
    if change <= CHANGE * noise:
        raise ConditionError(
            f"the separations change by {change:.2g} of the largest value in the time that is "
            f"evaluated, and their error may be {noise:.2g}: they neither approach a plateau nor "
            "leave one",
            "evaluate a run that starts from the uniform mixture, or whose heating is switched on "
            "or off",
        )
    why = ""
    for number in range(S.shape[1], 0, -1):
        model = _Modes(layer, relaxing, number, baseline)
        fit, even, record = _fitted(model, t, S)
        left = float(np.sqrt(np.mean(np.sum((fit.at(even) - record) ** 2, axis=1))))
        deviations = fit.deviations(even, math.hypot(CARRIED * noise, LEAST_NOISE))
        others = _without_blocks(fit, even[::THINNED], record[::THINNED])
        of_times = _scatter([other.log_tau for other in others])
        if deviations is not None:
            of_times = np.hypot(of_times, np.linalg.norm(deviations[:number], axis=1))
        if not (reason := _undetermined(fit, deviations, of_times)):
            break
        why = why or reason
    else:
        raise ConditionError(
            f"the separations do not determine one relaxation time and the plateaus: {reason}",
            "run longer, for at least one relaxation time, or start the evaluation at an earlier "
            "time",
        )
    assert deviations is not None  # or it would be undetermined
    _check(fit, left / float(np.sqrt(np.sum(np.var(record, axis=0)))), t, S)
    gap, plateaus = layer.gap, fit.plateaus
    norm = float(np.linalg.norm(plateaus))
    by_noise = deviations[number:].reshape(number, S.shape[1], -1).sum(axis=0)
    of_plateaus = np.hypot(
        _scatter([other.plateaus for other in others]), np.linalg.norm(by_noise, axis=1)
    )
    of_matrix = None
    if not why:
        of_matrix = np.hypot(
            _scatter([other.matrix(gap) for other in others]), fit.matrix_noise(gap, deviations)
        )
    return ModesEvaluation(
        diffusivities=_diffusivities(fit.log_tau, gap),
        diffusivity_uncertainties=of_times,
        separations=plateaus * size,
        separation_uncertainties=of_plateaus / norm,
        amplitudes=fit.amplitudes.T * size,
        matrix=None if why else fit.matrix(gap),
        matrix_uncertainties=of_matrix,
        misfit=left / norm,
        points=len(t),
        why_fewer=why,
        baseline=fit.constants * size,
    )


@dataclass(frozen=True)
class _Modes:
    """The form of the course in time.

    Args:
        layer: The layer, and the positions of the readings in it.
        relaxing: Whether the temperature difference was removed.
        number: Number of modes, M.
        baseline: Whether the records contain unknown constants.
    """

    layer: Layer
    relaxing: bool
    number: int
    baseline: bool = False

    def courses(self, log_tau: Array, t: Array) -> Array:
        """Return the courses of the modes, dimensionless, shape (n, M).

        Args:
            log_tau: ln(tau/s), shape (M,).
            t: Times since t0, s, shape (n,).
        """
        part = np.stack([self.layer.approach(t / tau) for tau in np.exp(log_tau)], axis=1)
        return 1.0 - part if self.relaxing else part

    def best(self, log_tau: Array, t: Array, S: Array, weights: Array) -> _Fit:
        """Return the fit of the amplitudes for given times, the slowest first.

        This is a problem of linear least squares.

        Args:
            log_tau: ln(tau/s), shape (M,).
            t: Times since t0, s, shape (n,).
            S: Separations, shape (n, N).
            weights: Weights of the times, shape (n,).
        """
        root, log_tau = np.sqrt(weights)[:, None], -np.sort(-log_tau)
        courses = self.courses(log_tau, t)
        means = [self.mean(of, weights) for of in (courses, S)]
        amplitudes, *_ = np.linalg.lstsq(
            root * (courses - means[0]), root * (S - means[1]), rcond=None
        )
        constants = means[1] - means[0] @ amplitudes
        return _Fit(self, log_tau, np.asarray(amplitudes, dtype=np.float64), constants)

    def mean(self, of: Array, weights: Array) -> Array:
        """Return what is taken from each column of a course: its mean, or 0 without a baseline.

        Args:
            of: The course, shape (n, ...).
            weights: Weights of the times, shape (n,).
        """
        if not self.baseline:
            return np.zeros(of.shape[1:])
        return np.asarray(np.tensordot(weights, of, 1) / weights.sum())

    def guess(self, t: Array, S: Array, weights: Array) -> Array:
        """Return the best of a grid of relaxation times, ln(tau/s), shape (M,)."""
        grid = np.log(t[-1]) + np.linspace(math.log(SHORTEST), math.log(3.0), GUESSES)
        root = np.sqrt(weights)[:, None]
        courses = self.courses(grid, t)
        courses, record = (root * (of - self.mean(of, weights)) for of in (courses, S))

        def missed(chosen: tuple[int, ...]) -> float:
            of_modes = courses[:, list(chosen)]
            amplitudes, *_ = np.linalg.lstsq(of_modes, record, rcond=None)
            return float(np.sum((of_modes @ amplitudes - record) ** 2))

        every: list[tuple[int, ...]] = list(combinations(range(GUESSES), self.number))
        best: tuple[int, ...] = min(every, key=missed)
        return np.asarray(grid[list(best)], dtype=np.float64)

    def fit(self, t: Array, S: Array, weights: Array, start: Array) -> _Fit:
        """Return the weighted least-squares fit, with relaxation times to start from."""
        root = np.sqrt(weights)[:, None]

        def left_over(log_tau: Array) -> Array:
            return np.ravel(root * (self.best(log_tau, t, S, weights).at(t) - S))

        found = least_squares(left_over, start, xtol=1e-14, ftol=1e-14, gtol=1e-14)
        return self.best(np.asarray(found.x, dtype=np.float64), t, S, weights)


@dataclass(frozen=True, eq=False)
class _Fit:
    """A fitted course of all separations.

    Args:
        model: Its form.
        log_tau: ln(tau/s) of each mode, in descending order, shape (M,).
        amplitudes: Parts of the modes in the plateaus, shape (M, N).
        constants: Constants of the records besides them, shape (N,).
    """

    model: _Modes
    log_tau: Array
    amplitudes: Array
    constants: Array

    def at(self, t: Array) -> Array:
        """Return the fitted records, shape (n, N), at times since t0, s, shape (n,)."""
        return np.asarray(self.model.courses(self.log_tau, t) @ self.amplitudes + self.constants)

    @property
    def plateaus(self) -> Array:
        """Separations of the plateau, shape (N,)."""
        return np.asarray(self.amplitudes.sum(axis=0))

    def deviations(self, t: Array, error: float) -> Array | None:
        """Return independent deviations of all parameters of one standard deviation each.

        They follow to first order from an error that is the same at all times.

        Args:
            t: Evenly spaced times of the fit, s, shape (n,).
            error: Error of all separations at one time.

        Returns:
            Deviations of the M logarithms and then of the amplitudes, row by row, one deviation per
            column, shape (M + M N, M + M N); None if a parameter is not determined.
        """
        M, N = self.amplitudes.shape
        courses = self.model.courses(self.log_tau, t)
        slopes = list[Array]()
        for step in _STEP * np.eye(M):
            later, earlier = (self.model.courses(self.log_tau + d, t) for d in (step, -step))
            slopes.append(np.asarray((later - earlier) @ self.amplitudes / (2.0 * _STEP)))
        slopes += [np.asarray(np.outer(courses[:, m], of)) for m in range(M) for of in np.eye(N)]
        even = np.ones(len(t))
        columns = [np.ravel(of - self.model.mean(of, even)) for of in slopes]
        J = np.stack(columns, axis=1) / math.sqrt(len(t))
        scale = np.linalg.norm(J, axis=0)
        if not scale.all():
            return None
        _, values, V = np.linalg.svd(J / scale, full_matrices=False)
        if values[-1] <= _SINGULAR * values[0]:
            return None
        return np.asarray(error * (V.T / values) / scale[:, None])

    def matrix(self, gap: float) -> Array:
        """Return the matrix P diag(D_m) P^-1, m2/s, shape (N, N), of as many modes as components.

        Args:
            gap: Distance L between the walls, m.
        """
        P, D = self.amplitudes.T, _diffusivities(self.log_tau, gap)
        return np.asarray(np.linalg.solve(P.T, (P * D).T).T)

    def matrix_noise(self, gap: float, deviations: Array) -> Array:
        """Return the standard uncertainties of the matrix by noise, m2/s, shape (N, N).

        Args:
            gap: Distance L between the walls, m.
            deviations: Result of :meth:`deviations`.
        """
        P, D, matrix = self.amplitudes.T, _diffusivities(self.log_tau, gap), self.matrix(gap)
        N, variance = len(D), np.zeros_like(matrix)
        for deviation in deviations.T:
            dP, dD = deviation[N:].reshape(N, N).T, -D * deviation[:N]
            change = dP * D - matrix @ dP + P * dD
            variance += np.linalg.solve(P.T, change.T).T ** 2
        return np.asarray(np.sqrt(variance))


def _diffusivities(log_tau: Array, gap: float) -> Array:
    return np.asarray(gap**2 / (math.pi**2 * np.exp(log_tau)))


def _fitted(model: _Modes, t: Array, S: Array) -> tuple[_Fit, Array, Array]:
    """Return the fit to a record at evenly spaced times, these times and the record at them."""
    weights = np.gradient(t) / (t[-1] - t[0])
    fit = model.fit(t, S, weights, model.guess(t, S, weights))
    even = np.linspace(t[0], t[-1], RECORD)
    over = Akima1DInterpolator(np.sqrt(t), S - fit.at(t))
    record = fit.at(even) + over(np.sqrt(even))
    return model.fit(even, record, np.full(RECORD, 1.0 / RECORD), fit.log_tau), even, record


def _without_blocks(fit: _Fit, even: Array, record: Array) -> list[_Fit]:
    """Return the fits to a record without one part of it after the other."""
    ends = np.linspace(math.sqrt(even[0]), math.sqrt(even[-1]), BLOCKS + 1) ** 2
    fits = []
    for first, last in pairwise(ends):
        weights = np.where((even >= first) & (even <= last), 0.0, 1.0)
        fits.append(fit.model.fit(even, record, weights / weights.sum(), fit.log_tau))
    return fits


def _scatter(found: Sequence[Array]) -> Array:
    """Return the standard deviation by the jackknife, in the shape of one result."""
    of = np.stack(found)
    return np.asarray(np.sqrt((len(of) - 1) * np.mean((of - of.mean(axis=0)) ** 2, axis=0)))


def _undetermined(fit: _Fit, deviations: Array | None, of_times: Array) -> str:
    """Return why a fit does not determine all its modes, a clause; empty if it does."""
    number = len(fit.log_tau)
    apart = np.diff(np.sort(fit.log_tau))
    if len(apart) and apart.min() < math.log(APART):
        return f"two of {number} fitted relaxation times are nearly equal"
    if deviations is None:
        return f"a fit does not determine {number} relaxation times"
    worst = float(of_times.max())
    if worst > UNKNOWN:
        return (
            f"a fit of {number} relaxation times leaves one of them uncertain by "
            f"{100.0 * worst:.2g} %"
        )
    return ""


def _check(fit: _Fit, left: float, t: Array, S: Array) -> None:
    """Check that the separations evolve as in a layer from t0 on.

    Raises:
        ConditionError: They do not.
    """
    size = float(np.linalg.norm(fit.amplitudes.sum(axis=0))) or 1.0
    off = float(np.linalg.norm(S[0] - fit.at(t[:1])[0])) / size
    if off > ELSEWHERE:
        raise ConditionError(
            f"the first separations differ by {off:.2g} of the fitted plateau from those of a "
            f"layer that is {'in its steady state' if fit.model.relaxing else 'uniform'} at t0: "
            "the series does not apply to this start",
            f"start from a {'steady' if fit.model.relaxing else 'uniform'} layer, or give the time "
            "when the temperature difference is applied or removed (time.evaluation)",
        )
    if left > LEFT_OVER:
        raise ConditionError(
            "the separations do not evolve as in a plane layer: the residual of the best fit is "
            f"{left:.2g} of the standard deviation of the record",
            "look at history.csv, and evaluate a part of it that does (time.evaluation)",
        )
