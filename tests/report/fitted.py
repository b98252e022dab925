"""Results of fits made of numbers, without a solve, for tests of what is said of them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from femsoret.base.types import Array
from femsoret.experiment.measured import DataSet, MeasuredSeries
from femsoret.studies.fit.budget import Budget, BudgetRow
from femsoret.studies.fit.estimate import Direction, Estimate, Interval, Pull, SeriesFit
from femsoret.studies.fit.explanation import Cause, Explanation
from femsoret.studies.fit.fit import FitFindings
from femsoret.studies.fit.profile import Profile
from femsoret.studies.fit.unknowns import Prior, Unknown

SORET = Unknown("soret", "S_T", "1/K", Prior(3e-3), 3e-3, 3e-4)
TILT = Unknown("tilt", "tilt", "deg", Prior(0.0, 0.5), 0.0, 0.5)
CURVE = {"corrected": 1.0, "naive": 0.97}

TIMES = np.linspace(60.0, 6000.0, 30)
NOISE = 1e-5


def course(plateau: float) -> Array:
    """Return a made-up course of a separation."""
    return np.asarray(plateau * 1e-3 * (1.0 - np.exp(-TIMES / 1500.0)))


def data(*, stated: bool = True) -> DataSet:
    noise = NOISE * np.random.default_rng(5).standard_normal(len(TIMES))
    u = np.full(len(TIMES), NOISE) if stated else None
    series = MeasuredSeries("separation", "separation", TIMES, course(1.0) + noise, u)
    return DataSet("first", (series,))


def estimate(
    unknowns: tuple[Unknown, ...],
    values: list[float],
    uncertainties: list[float],
    curve: float = 1.0,
    **changes: object,
) -> Estimate:
    """Return an estimate with independent unknowns."""
    (series,) = data().series
    u = np.array(uncertainties)
    residuals = (series.values - course(curve)) / NOISE
    made = Estimate(
        unknowns=unknowns,
        values=np.array(values),
        mode=np.array(values),
        covariance=np.diag(u**2),
        intervals=tuple(
            Interval(v - 1.96 * s, v + 1.96 * s) if np.isfinite(s) else None
            for v, s in zip(values, u, strict=True)
        ),
        is_normal=True,
        other_minima=(),
        series=(
            SeriesFit(
                data="first",
                column="separation",
                signal="separation",
                times=TIMES,
                values=series.values,
                predicted=course(curve),
                uncertainty=np.full(len(TIMES), NOISE),
                noise_stated=True,
                neighbours=0.1,
                neighbours_expected=-0.05,
                neighbours_scatter=0.15,
                durbin_watson=1.8,
            ),
        ),
        chi2_data=float(residuals @ residuals),
        chi2_priors=0.2,
        dof=29.0,
        p_value=0.4,
        pulls=(Pull("tilt", 0.6),),
        priors_p_value=0.5,
        robust=False,
        directions=(),
        jacobian=np.ones((len(TIMES), len(values))),
        evaluations=7,
        converged=True,
    )
    return replace(made, **changes)  # type: ignore[arg-type]


def good() -> FitFindings:
    """Return a fit whose naive value is 3 % low, mostly by the flow."""
    corrected = estimate(
        (SORET, TILT),
        [3.2e-3, 0.3],
        [1e-5, 0.1],
        directions=(
            Direction(0.4, {"tilt": 1.0}, False, "The prior of tilt says more.", "A level would."),
        ),
    )
    rows = (
        BudgetRow("noise", "", 0.8e-5),
        BudgetRow("prior", "tilt", 0.6e-5),
        BudgetRow("fluid", "viscosity", 1e-5, 2e-4),
        BudgetRow("fluid", "solutal_expansion", None, 1e-4),
        BudgetRow("numerical", "", 0.5e-5),
    )
    x = np.linspace(-3.0, 3.0, 7)
    return FitFindings(
        data=(data(),),
        corrected=corrected,
        naive=estimate((SORET,), [3.104e-3], [0.9e-5], 0.97),
        naive_curves={("first", "separation"): course(0.97)},
        budgets={"S_T": Budget("S_T", rows, 0.5e-5)},
        explanations={
            "S_T": Explanation(
                "S_T",
                3.104e-3,
                3.2e-3,
                (
                    Cause("flow", "", -8e-5),
                    Cause("unknown", "tilt", -2e-5),
                    Cause("interaction", "", 4e-6),
                ),
            )
        },
        profiles={"tilt": Profile("tilt", 0.3 + 0.1 * x, x**2 - 0.2 * x**3, x**2)},
    )


def bad() -> FitFindings:
    """Return a fit whose model does not describe the data."""
    corrected = estimate(
        (SORET, TILT), [3.2e-3, 0.3], [1e-5, 0.1], p_value=1e-12, intervals=(None, None)
    )
    return FitFindings(data=(data(),), corrected=corrected, why_no_naive="there is no layer")


def undetermined() -> FitFindings:
    """Return a fit that determines neither unknown."""
    direction = Direction(
        0.0,
        {"S_T": 1.0, "tilt": 0.5},
        True,
        "The data cannot tell S_T and tilt apart, and no prior does.",
        "For tilt: an inclinometer would tell.",
    )
    corrected = estimate((SORET, TILT), [3.2e-3, 0.3], [np.inf, np.inf], directions=(direction,))
    return FitFindings(data=(data(),), corrected=corrected, why_no_naive="there is no layer")
