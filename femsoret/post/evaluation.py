"""Evaluation: D and S_T from the course of a separation, as laboratories evaluate it.

In a closed layer of thickness L whose temperature is linear from t0 on, and whose composition was
uniform before, the composition difference between two places approaches its steady value as

    S(t)/S_inf = 1 - sum_{n odd} 4/(n pi)^2 [cos(n pi z1) - cos(n pi z2)]/(z2 - z1) E_n
    E_n = exp(-n^2 (t - t0)/tau)
    tau = L^2/(pi^2 D)

with z from the cold to the hot wall in units of L (J. A. Bierlein, J. Chem. Phys. 23 (1955) 10,
without its small terms: constant coefficients, linearised closure, no convection). When the
temperature difference is taken away the sum alone remains. D and S_inf are found by least squares.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from scipy.interpolate import Akima1DInterpolator
from scipy.optimize import least_squares

from femsoret.errors import ConditionError

TERMS = 200
"""Odd terms of the series: S(t) then starts from 1e-3 of S_inf at most."""

RECORD = 1000
"""Evenly spaced times of the record that is fitted to."""

FEWEST = 8
"""Points that two parameters are fitted to, at least."""


@dataclass(frozen=True)
class Layer:
    """What the evaluation takes the cell for.

    Args:
        gap: Distance L between the walls, m.
        cold: Place of the cold reading, 0 at the cold wall, 1 at the hot one.
        hot: Place of the hot reading.
    """

    gap: float
    cold: float = 0.0
    hot: float = 1.0

    def approach(self, scaled: Any) -> Any:
        """Return S/S_inf.

        Args:
            scaled: (t - t0)/tau, array; 0 before t0.
        """
        n = np.arange(1, 2 * TERMS, 2)
        size = 4.0 / (n * math.pi) ** 2
        size = size * (np.cos(n * math.pi * self.cold) - np.cos(n * math.pi * self.hot))
        decay = np.exp(-np.multiply.outer(np.maximum(scaled, 0.0), n**2))
        span = self.hot - self.cold
        return (span - decay @ size) / span


@dataclass(frozen=True)
class Evaluation:
    """What a laboratory would report.

    Args:
        D: Diffusion coefficient, m2/s.
        separation: Separation of the plateau, S_inf.
        misfit: Root mean square in time of what the fit leaves over, relative to the separation.
        points: Points in time that were used.
    """

    D: float
    separation: float
    misfit: float
    points: int


def evaluate(
    times: Sequence[float],
    separations: Sequence[float],
    layer: Layer,
    *,
    t0: float,
    window: tuple[float, float],
    relaxing: bool = False,
) -> Evaluation:
    """Fit D and the separation of the plateau.

    Steps of any length are made an even record first. What a fit leaves over is small and, like the
    separation itself, smooth in sqrt(t - t0); it is interpolated there (H. Akima, J. ACM 17 (1970)
    589) between the steps, and added to the fit at evenly spaced times, to which the next fit is
    made. Fitted to the steps themselves, D would depend on where they happen to be.

    Args:
        times: Times, s, in order.
        separations: Separation at these times, hot reading less cold in sign or the other way.
        layer: Where the readings are.
        t0: When the temperature difference came or went, s.
        window: First and last time that count, s.
        relaxing: Whether the temperature difference was taken away at t0.

    Raises:
        ConditionError: Too few points in the window, or no fit.
    """
    t, S = np.asarray(times, dtype=float), np.asarray(separations, dtype=float)
    inside = (t >= window[0]) & (t <= window[1]) & (t > t0)
    t, S = t[inside], S[inside]
    if len(t) < FEWEST:
        raise ConditionError(
            f"{len(t)} points in time between {window[0]:g} and {window[1]:g} s: too few to "
            "evaluate",
            "run longer, or evaluate from an earlier time on",
        )
    size = float(np.max(np.abs(S))) or 1.0
    fit = _Fit(layer, t0, relaxing, math.log(0.3 * (t[-1] - t0)), S[0 if relaxing else -1] / size)
    fit = fit.to(t, S / size, np.gradient(t) / (t[-1] - t[0]))
    even = np.linspace(t[0], t[-1], RECORD)
    over = Akima1DInterpolator(np.sqrt(t - t0), S / size - fit.at(t))
    record = fit.at(even) + over(np.sqrt(even - t0))
    fit = fit.to(even, record, np.full(RECORD, 1.0 / RECORD))
    misfit = float(np.sqrt(np.mean((fit.at(even) - record) ** 2))) / (abs(fit.plateau) or 1.0)
    return Evaluation(
        D=layer.gap**2 / (math.pi**2 * math.exp(fit.log_tau)),
        separation=fit.plateau * size,
        misfit=misfit,
        points=len(t),
    )


@dataclass(frozen=True)
class _Fit:
    """A course of the separation.

    Args:
        layer: Where the readings are.
        t0: When the temperature difference came or went, s.
        relaxing: Whether it went.
        log_tau: ln(tau/s).
        plateau: Separation of the plateau.
    """

    layer: Layer
    t0: float
    relaxing: bool
    log_tau: float
    plateau: float

    def at(self, t: Any) -> Any:
        """Return the separation at times."""
        part = self.layer.approach((t - self.t0) / math.exp(self.log_tau))
        return self.plateau * (1.0 - part if self.relaxing else part)

    def to(self, t: Any, S: Any, weights: Any) -> _Fit:
        """Return the course nearest to a record.

        Raises:
            ConditionError: There is none.
        """
        root = np.sqrt(weights)

        def left_over(p: Any) -> Any:
            return root * (replace(self, log_tau=p[0], plateau=p[1]).at(t) - S)

        start = (self.log_tau, self.plateau)
        found = least_squares(left_over, start, xtol=1e-14, ftol=1e-14, gtol=1e-14)
        if not found.success:
            raise ConditionError(
                f"the course of the separation cannot be fitted: {found.message}",
                "look at history.csv: there may be nothing that relaxes",
            )
        return replace(self, log_tau=float(found.x[0]), plateau=float(found.x[1]))
