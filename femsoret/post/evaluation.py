"""Evaluation of D and S_T from the separation as a function of time, as laboratories do it.

Consider a closed layer of thickness L that has a uniform composition until t0 and a linear
temperature profile from then on. A signal S of the composition, such as its difference between two
positions or its gradient at one (:mod:`femsoret.post.signals`), approaches its steady value as

    S(t)/S_inf = 1 + sum_{n odd} 4/(n pi)^2 F[cos(n pi z)]/F[z] E_n
    E_n = exp(-n^2 (t - t0)/tau)
    tau = L^2/(pi^2 D)

with z measured from the cold to the hot wall in units of L, where F is the signal: for the
difference of two readings, F[f] = f(z_hot) - f(z_cold) (J. A. Bierlein, J. Chem. Phys. 23
(1955) 10, without the small terms: constant coefficients, linearised closure, no convection). When
the temperature difference is removed, only the sum remains. D and S_inf are found by least squares.

A least-squares fit gives two numbers for any record. Checks decide whether they are D and a
plateau: the record must change by more than its noise, the residual of the fit must be small
compared with that change, and D and the plateau must be determined separately. The residual is not
white noise but smooth in time, so that more points do not average it out: the uncertainty of D and
of the plateau is that of a single reading with this error, propagated through the fit to first
order.

The residual of samples that an instrument takes is noise, which does average out, and what is
smooth, which does not. The correlation r of neighbouring residuals tells how many of n samples are
independent, n (1 - r)/(1 + r) (G. V. Bayley, J. M. Hammersley, J. R. Stat. Soc. Suppl. 8 (1946)
184, for a correlation that decays geometrically).

An instrument may show a constant besides the separation, as light shows the temperature. Such a
baseline is a third number of the fit, in which it is linear: it is eliminated by taking their means
from the samples and from the series.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from scipy.interpolate import Akima1DInterpolator
from scipy.optimize import least_squares

from femsoret.base.errors import ConditionError
from femsoret.base.types import Array, Flags, Value

TERMS = 200
"""Number of odd terms of the series, for which S(t0) is at most 1e-3 of S_inf."""

RECORD = 1000
"""Number of evenly spaced times of the record used in the fit."""

FEWEST = 8
"""Smallest number of points for a fit of two parameters."""

CHANGE = 10.0
"""Smallest change of the separation in a record, relative to the noise of a single value."""

SURELY = 4.0
"""Standard deviations of noise that a single sample hardly ever exceeds."""

_STEP = 1e-4
"""Step in ln(tau) for finite differences."""

_SINGULAR = 1e-12
"""Ratio of the determinant to the product of the diagonal below which it is round-off."""

LEFT_OVER = 0.5
"""Largest root mean square residual of a fit, relative to the standard deviation of the record: for
larger residuals a constant explains the record about as well."""

ELSEWHERE = 0.3
"""Difference between the first separation and the fit, relative to the plateau, above which the
layer cannot have been uniform, or in its steady state, at t0."""

CARRIED = 0.1
"""Fraction of the noise of a single separation that is propagated through the fit: the errors of
the time steps change slowly and largely cancel."""

UNKNOWN = 0.5
"""Relative uncertainty above which D or the plateau counts as undetermined."""


ODD: Final = np.arange(1, 2 * TERMS, 2)
"""Numbers n of the terms of the series."""


def cosines(z: Array) -> Array:
    """Return cos(n pi z) of the terms of the series at positions z, shape (points, TERMS)."""
    return np.asarray(np.cos(np.pi * np.multiply.outer(z, ODD)))


def slopes_of_cosines(z: Array) -> Array:
    """Return the derivatives of cos(n pi z) with respect to z, shape (points, TERMS)."""
    return np.asarray(-np.pi * ODD * np.sin(np.pi * np.multiply.outer(z, ODD)))


@dataclass(frozen=True, eq=False)
class Layer:
    """The plane layer between two walls that the evaluation assumes the cell to be.

    Args:
        gap: Distance L between the walls, m.
        linear: Signal of the linear profile z, F[z], in the unit of the signal.
        modes: Signals F[cos(n pi z)] of the terms of the series, shape (TERMS,).
        cold: Position of the cold reading in units of L: 0 at the cold wall, 1 at the hot wall;
            None if the signal is not the difference of two readings at single positions.
        hot: Position of the hot reading in units of L; None likewise.
    """

    gap: float
    linear: float
    modes: Array
    cold: float | None = None
    hot: float | None = None

    @classmethod
    def between(cls, gap: float, cold: float = 0.0, hot: float = 1.0) -> Layer:
        """Return the layer whose signal is the difference of two readings, hot less cold.

        Args:
            gap: Distance L between the walls, m.
            cold: Position of the cold reading in units of L: 0 at the cold, 1 at the hot wall.
            hot: Position of the hot reading in units of L.
        """
        at_hot, at_cold = cosines(np.array([hot, cold]))
        return cls(gap, hot - cold, at_hot - at_cold, cold, hot)

    def approach(self, scaled: Value) -> Value:
        """Return S/S_inf, dimensionless, in the shape of the argument.

        Args:
            scaled: (t - t0)/tau, a number or an array; negative values count as 0.
        """
        size = 4.0 / (ODD * math.pi) ** 2 * self.modes
        decay = np.exp(-np.multiply.outer(np.maximum(scaled, 0.0), ODD**2))
        return (self.linear + decay @ size) / self.linear


@dataclass(frozen=True)
class Evaluation:
    """The result that a laboratory would report.

    Args:
        D: Diffusion coefficient, m2/s.
        separation: Separation of the plateau, S_inf, in the unit of the record.
        misfit: Root mean square over time of the residual of the fit, relative to S_inf.
        points: Number of points in time that were used.
        D_uncertainty: Relative uncertainty of D, from the residual of the fit and the noise of the
            record.
        separation_uncertainty: Relative uncertainty of the separation of the plateau.
        covered: Fraction of the approach to the plateau, according to the fit, that is complete at
            the end of the record.
        independent: Number of points whose errors are independent of each other.
        baseline: Constant that the record contains besides the separation; 0 unless it is fitted.
    """

    D: float
    separation: float
    misfit: float
    points: int
    D_uncertainty: float
    separation_uncertainty: float
    covered: float
    independent: float = 1.0
    baseline: float = 0.0


def course(
    found: Evaluation, layer: Layer, times: Array, *, t0: float, relaxing: bool = False
) -> Array:
    """Return the fitted separation at given times, in the shape of the times.

    Args:
        found: The result of an evaluation.
        layer: The layer that was assumed.
        times: Times, s.
        t0: Time when the temperature difference was applied or removed, s.
        relaxing: Whether the temperature difference was removed at t0.
    """
    tau = layer.gap**2 / (math.pi**2 * found.D)
    fit = _Fit(layer, t0, relaxing, math.log(tau), found.separation, baseline=found.baseline)
    return np.asarray(fit.at(times))


def in_window(t: Array, t0: float, window: tuple[float, float]) -> Flags:
    """Return which points in time an evaluation includes, booleans of the shape of t.

    Args:
        t: Times, s, shape (n,).
        t0: Time when the temperature difference was applied or removed, s; it is not included.
        window: First and last time to include, s.

    Raises:
        ConditionError: There are too few points in the window.
    """
    inside: Flags = (t >= window[0]) & (t <= window[1]) & (t > t0)
    number = np.count_nonzero(inside)
    if number < FEWEST:
        raise ConditionError(
            f"there are only {number} points in time between {window[0]:g} and {window[1]:g} s, "
            f"and the evaluation needs at least {FEWEST}",
            "run longer, or start the evaluation at an earlier time",
        )
    return inside


def evaluate(
    times: Sequence[float],
    separations: Sequence[float],
    layer: Layer,
    *,
    t0: float,
    window: tuple[float, float],
    relaxing: bool = False,
    noise: float = 0.0,
) -> Evaluation:
    """Fit D and the separation of the plateau to a record.

    The steps of the record may have any length and are first converted to evenly spaced times. The
    residual of a first fit is small and, like the separation itself, smooth in sqrt(t - t0). It is
    interpolated between the steps in that variable (H. Akima, J. ACM 17 (1970) 589) and added to
    the fit at evenly spaced times; a second fit to these values gives the result. A fit to the
    steps themselves would make D depend on their distribution.

    Args:
        times: Times in ascending order, s, shape (n,).
        separations: Difference of the two readings at these times, of either sign, shape (n,).
        layer: The layer, and the positions of the readings in it.
        t0: Time when the temperature difference was applied or removed, s.
        window: First and last time to include, s.
        relaxing: Whether the temperature difference was removed at t0.
        noise: Error of a single separation, relative to the largest one.

    Raises:
        ConditionError: There are too few points in the window, or the separation does not change,
            does not evolve as in a layer, or does not determine D and the plateau.
    """
    t, S = np.asarray(times, dtype=float), np.asarray(separations, dtype=float)
    inside = in_window(t, t0, window)
    t, S = t[inside], S[inside]
    size = float(np.max(np.abs(S))) or 1.0
    change = float(np.ptp(S)) / size
    if change <= CHANGE * noise:
        raise ConditionError(
            f"the separation changes by {change:.2g} of its largest value in the time that is "
            f"evaluated, and its error may be {noise:.2g}: it neither approaches a plateau nor "
            "leaves one",
            "evaluate a run that starts from the uniform mixture, or whose heating is switched on "
            "or off",
        )
    fit = _Fit(layer, t0, relaxing, math.log(0.3 * (t[-1] - t0)), S[0 if relaxing else -1] / size)
    fit = fit.to(t, S / size, np.gradient(t) / (t[-1] - t[0]))
    even = np.linspace(t[0], t[-1], RECORD)
    over = Akima1DInterpolator(np.sqrt(t - t0), S / size - fit.at(t))
    record = fit.at(even) + over(np.sqrt(even - t0))
    fit = fit.to(even, record, np.full(RECORD, 1.0 / RECORD))
    left = float(np.sqrt(np.mean((fit.at(even) - record) ** 2)))
    of_D, of_plateau = fit.uncertainties(even, math.hypot(left, CARRIED * noise))
    found = Evaluation(
        D=layer.gap**2 / (math.pi**2 * math.exp(fit.log_tau)),
        separation=fit.plateau * size,
        misfit=left / (abs(fit.plateau) or 1.0),
        points=len(t),
        D_uncertainty=of_D,
        separation_uncertainty=of_plateau,
        covered=fit.reached(t[-1]),
    )
    _check(found, fit, left / float(np.std(record)), t, S / size)
    return found


def evaluate_samples(
    times: Sequence[float],
    samples: Sequence[float],
    layer: Layer,
    *,
    t0: float,
    window: tuple[float, float],
    relaxing: bool = False,
    baseline: bool = False,
) -> Evaluation:
    """Fit D and the separation of the plateau to the samples of an instrument.

    All samples count alike. Their errors are known from the residual of the fit alone, as they are
    to a laboratory.

    Args:
        times: Times in ascending order, evenly spaced, s, shape (n,).
        samples: Separations at these times, of either sign, shape (n,).
        layer: The layer, and the positions of the readings in it.
        t0: Time when the temperature difference was applied or removed, s.
        window: First and last time to include, s.
        relaxing: Whether the temperature difference was removed at t0.
        baseline: Whether the samples contain an unknown constant besides the separation.

    Raises:
        ConditionError: As in :func:`evaluate`.
    """
    t, S = np.asarray(times, dtype=float), np.asarray(samples, dtype=float)
    inside = in_window(t, t0, window)
    t, S = t[inside], S[inside]
    size = float(np.max(np.abs(S))) or 1.0
    S = S / size
    n, last = len(t), S[0 if relaxing else -1]
    if baseline:
        last -= S[-1 if relaxing else 0]
    fit = _Fit(layer, t0, relaxing, math.log(0.3 * (t[-1] - t0)), last, with_baseline=baseline)
    fit = fit.to(t, S, np.full(n, 1.0 / n))
    residual = S - np.asarray(fit.at(t))
    left = float(np.sqrt(residual @ residual / (n - 2 - baseline)))
    alike = neighbours(residual)
    independent = max(n * (1.0 - alike) / (1.0 + alike), 1.0)
    of_D, of_plateau = fit.uncertainties(t, left / math.sqrt(independent))
    found = Evaluation(
        D=layer.gap**2 / (math.pi**2 * math.exp(fit.log_tau)),
        separation=fit.plateau * size,
        misfit=left / (abs(fit.plateau) or 1.0),
        points=n,
        D_uncertainty=of_D,
        separation_uncertainty=of_plateau,
        covered=fit.reached(t[-1]),
        independent=independent,
        baseline=fit.baseline * size,
    )
    # What is noise is no part of the shape of the record, nor of its beginning.
    spread = float(np.std(S)) or 1.0
    noise = left * math.sqrt(1.0 - alike)
    _check(found, fit, left * math.sqrt(alike) / spread, t, S, slack=SURELY * noise)
    return found


def neighbours(residual: Array) -> float:
    """Return the correlation of neighbouring residuals of a fit, from 0 to below 1.

    Negative values, which noise gives as often as positive ones, and those of a residual that is
    round-off count as 0.

    Args:
        residual: Residuals in the order of time, shape (n,).
    """
    square = float(residual @ residual)
    if square <= 0.0:
        return 0.0
    return min(max(float(residual[1:] @ residual[:-1]) / square, 0.0), 1.0 - 1.0 / len(residual))


def _check(
    found: Evaluation, fit: _Fit, left: float, t: Array, S: Array, *, slack: float = 0.0
) -> None:
    """Check that the record determines D and the plateau.

    Args:
        found: The result.
        fit: The fit.
        left: Root mean square residual of the fit that is not noise, relative to the standard
            deviation of the record.
        t: Times of the record, s, shape (n,).
        S: Separations at these times, in the unit of the fit, shape (n,).
        slack: Error that the first separation may have by noise, in the same unit.

    Raises:
        ConditionError: The record does not determine D and the plateau.
    """
    began, due = (float(value / (fit.plateau or 1.0)) for value in (S[0], fit.at(t[0])))
    if abs(began - due) > ELSEWHERE + slack / (abs(fit.plateau) or 1.0):
        raise ConditionError(
            f"the separation begins at {began:.2g} of the fitted plateau, but that of a layer that "
            f"is {'in its steady state' if fit.relaxing else 'uniform'} at t0 would be at "
            f"{due:.2g}: the series does not apply to this start",
            f"start from a {'steady' if fit.relaxing else 'uniform'} layer, or give the time when "
            "the temperature difference is applied or removed (time.evaluation)",
        )
    if left > LEFT_OVER:
        raise ConditionError(
            "the separation does not evolve as in a plane layer: the residual of the best fit is "
            f"{left:.2g} of the standard deviation of the record",
            "look at history.csv, and evaluate a part of it that does (time.evaluation)",
        )
    worst = max(found.D_uncertainty, found.separation_uncertainty)
    if worst < UNKNOWN:
        if fit.failure:
            raise ConditionError(
                f"the fit to the separation did not converge: {fit.failure}",
                "look at history.csv: there may be no relaxation in it",
            )
        return
    already = fit.reached(t[0])
    if already > 1.0 - found.covered:
        why = (
            f"{100 * already:.3g} % of the approach to the plateau is complete before the first "
            "step that is evaluated"
        )
    else:
        why = (
            f"it covers {100 * found.covered:.3g} % of the approach to the fitted plateau, and at "
            "such an early stage a higher plateau and a slower approach look alike"
        )
    raise ConditionError(
        f"the separation does not determine D and the plateau (relative uncertainties "
        f"{found.D_uncertainty:.2g} and {found.separation_uncertainty:.2g}): {why}",
        "run longer, for at least one relaxation time, or start the evaluation at an earlier time",
    )


@dataclass(frozen=True)
class _Fit:
    """A fitted function of time.

    Args:
        layer: The layer, and the positions of the readings in it.
        t0: Time when the temperature difference was applied or removed, s.
        relaxing: Whether the temperature difference was removed at t0.
        log_tau: ln(tau/s).
        plateau: Separation of the plateau.
        failure: Why the least-squares solver failed; empty if it converged.
        with_baseline: Whether a constant is fitted, too.
        baseline: The constant.
    """

    layer: Layer
    t0: float
    relaxing: bool
    log_tau: float
    plateau: float
    failure: str = ""
    with_baseline: bool = False
    baseline: float = 0.0

    def at(self, t: Value) -> Value:
        """Return the fitted record at given times, s, in the shape of the argument."""
        part = self.layer.approach((t - self.t0) / math.exp(self.log_tau))
        return self.baseline + self.plateau * (1.0 - part if self.relaxing else part)

    def reached(self, t: float) -> float:
        """Return the fraction of the approach to (or the decay from) the plateau at a time, s."""
        return float(self.layer.approach((t - self.t0) / math.exp(self.log_tau)))

    def uncertainties(self, t: Array, error: float) -> tuple[float, float]:
        """Return the relative uncertainties of D and the plateau; infinite if undetermined.

        Args:
            t: Evenly spaced times of the fit, s, shape (n,).
            error: Error of a single separation, the same at all times.
        """
        later, earlier = (replace(self, log_tau=self.log_tau + d) for d in (_STEP, -_STEP))
        by_tau = (later.at(t) - earlier.at(t)) / (2.0 * _STEP)
        by_plateau = (self.at(t) - self.baseline) / (self.plateau or 1.0)
        if self.with_baseline:
            by_tau, by_plateau = by_tau - by_tau.mean(), by_plateau - by_plateau.mean()
        normal = np.array([[a @ b for b in (by_tau, by_plateau)] for a in (by_tau, by_plateau)])
        normal /= len(t)
        determinant = float(np.linalg.det(normal))
        if determinant <= _SINGULAR * normal[0, 0] * normal[1, 1]:
            return math.inf, math.inf
        variances = error**2 * np.array([normal[1, 1], normal[0, 0]]) / determinant
        of_D, of_plateau = np.sqrt(variances)
        return float(of_D), float(of_plateau) / abs(self.plateau)

    def to(self, t: Array, S: Array, weights: Array) -> _Fit:
        """Return the weighted least-squares fit to a record, with this fit as the first guess."""
        root = np.sqrt(weights)

        def left_over(p: Array) -> Array:
            trial = replace(self, log_tau=p[0], plateau=p[1], baseline=0.0)
            return np.asarray(root * (trial.at(t) + constant(trial) - S))

        def constant(trial: _Fit) -> float:
            return float(weights @ (S - trial.at(t))) / weights.sum() if self.with_baseline else 0.0

        start = (self.log_tau, self.plateau)
        optimum = least_squares(left_over, start, xtol=1e-14, ftol=1e-14, gtol=1e-14)
        found = replace(
            self,
            log_tau=float(optimum.x[0]),
            plateau=float(optimum.x[1]),
            failure="" if optimum.success else str(optimum.message),
            baseline=0.0,
        )
        return replace(found, baseline=constant(found))
