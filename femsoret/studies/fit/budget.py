"""Uncertainty budget of the unknowns, from all that makes them uncertain (JCGM 100:2008, 5.1).

A change df of the predictions shifts the least-squares values by -H^-1 J^T W df, with the Fisher
matrix H = J^T W J + P of data and priors. Hence the contributions of the noise of the data, of each
prior, of each entry of the fluid data and of the numerics. Where the model is not linear over what
data and priors leave open, the variance of the unknowns differs from that of noise and priors to
first order; what is more is the contribution of the curvature. Where it is linear, all of the
variance is that of noise and priors: noise of unknown size makes it larger than the first order.
In a robust fit W has the curvature (1 + r^2)^(-3/2) of the loss of each residual r.

If chi2 is larger than its degrees of freedom beyond chance, or the residuals are correlated, the
noise of the data does not say all. The misfit is what is missing: noise of the size of the
residuals, if they exceed what is stated (R. T. Birge, Phys. Rev. 40 (1932) 207), of which n (1 -
r)/(1 + r) are independent. Correlated noise hides in the unknowns, so that its residuals may well
be smaller than stated.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal

import numpy as np
from scipy.stats import chi2

from femsoret.base.types import Array
from femsoret.studies.fit.estimate import Estimate
from femsoret.studies.fit.goodness import independent
from femsoret.studies.fit.stacked import Priors

Kind = Literal["noise", "prior", "curvature", "misfit", "fluid", "numerical"]

SCATTER: Final = 0.05
"""Relative difference of variances up to which it may come from the finite number of draws."""

BY_CHANCE: Final = 0.05
"""Probability of a chi2 as large as that found from which on it is taken as chance."""


@dataclass(frozen=True)
class BudgetRow:
    """One contribution to the uncertainty of an unknown.

    Args:
        kind: "noise", "prior", "curvature", "misfit", "fluid" or "numerical".
        name: What it is of: an unknown with a prior, an entry of the fluid data; empty for others.
        uncertainty: Standard uncertainty that it makes, in the unit of the unknown; None if the
            source gives no uncertainty of the entry.
        sensitivity: Change of the unknown by a relative change of the entry, in the unit of the
            unknown; None for all but fluid data.
    """

    kind: Kind
    name: str
    uncertainty: float | None
    sensitivity: float | None = None


@dataclass(frozen=True)
class Budget:
    """The uncertainty budget of one unknown.

    Args:
        name: Name of the unknown.
        rows: The contributions.
        shift: What finer numerics would change the value by, in its unit; None if not estimated.
    """

    name: str
    rows: tuple[BudgetRow, ...]
    shift: float | None = None

    @property
    def total(self) -> float:
        """Root sum of squares of all contributions that are known."""
        return math.sqrt(sum((row.uncertainty or 0.0) ** 2 for row in self.rows))


@dataclass(frozen=True, eq=False)
class Entry:
    """An entry of the fluid data that is no unknown of the fit.

    Args:
        relative: Its relative standard uncertainty; None where the source gives none.
        slopes: Derivatives of the predictions by its logarithm, shape (data,).
    """

    relative: float | None
    slopes: Array


def budgets(
    found: Estimate,
    entries: Mapping[str, Entry],
    finer: Array | None = None,
) -> dict[str, Budget]:
    """Return the uncertainty budgets of all unknowns that are determined.

    Args:
        found: The estimate.
        entries: Name of an entry of the fluid data -> its effect on the predictions.
        finer: Predictions at the mode with finer numerics, shape (data,); None without.
    """
    priors, u = Priors(found.unknowns), found.uncertainties
    root = _roots_of_curvatures(found) / found.noise
    J = found.jacobian * root[:, None]
    scale = np.where(np.isfinite(u), u, priors.widths)
    fisher = (J.T @ J + np.diag(priors.precision**2)) * np.outer(scale, scale)
    inverse = np.linalg.pinv(fisher, rcond=1e-12, hermitian=True) * np.outer(scale, scale)
    by_data = inverse @ J.T  # change of the unknowns by the data in standard uncertainties
    noise = np.linalg.norm(by_data, axis=1)
    of_priors = np.abs(inverse) * priors.precision  # one column for each prior
    linear = noise**2 + np.sum(of_priors**2, axis=1)
    sampled = np.diag(found.covariance)
    excess = _excess(found)
    made = {}
    for k, unknown in enumerate(found.unknowns):
        if not np.isfinite(u[k]):
            continue
        # A bound cuts off a part of what noise and priors leave open.
        more = sampled[k] / linear[k]
        size = math.sqrt(more if found.is_normal else min(1.0, more))
        rows = [BudgetRow("noise", "", float(size * noise[k]))]
        rows += [
            BudgetRow("prior", other.name, float(size * of_priors[k, i]))
            for i, other in enumerate(found.unknowns)
            if priors.given[i]
        ]
        if not found.is_normal and more > 1.0 + SCATTER:
            rows.append(BudgetRow("curvature", "", math.sqrt(sampled[k] - linear[k])))
        if excess > 0.0:
            rows.append(BudgetRow("misfit", "", float(math.sqrt(excess) * noise[k])))
        for name, entry in entries.items():
            by_entry = -float(by_data[k] @ (entry.slopes * root))
            made_by = None if entry.relative is None else abs(by_entry) * entry.relative
            rows.append(BudgetRow("fluid", name, made_by, by_entry))
        shift = None
        if finer is not None:
            shift = -float(by_data[k] @ ((finer - found.predicted) * root))
            rows.append(BudgetRow("numerical", "", abs(shift)))
        made[unknown.name] = Budget(unknown.name, tuple(rows), shift)
    return made


def _roots_of_curvatures(found: Estimate) -> Array:
    """Return the square roots of the curvatures of the loss at all residuals, shape (data,)."""
    if not found.robust:
        return np.ones(len(found.noise))
    squares = np.concatenate([series.residuals for series in found.series]) ** 2
    return np.asarray((1.0 + squares) ** -0.75)


def _excess(found: Estimate) -> float:
    """Return the variance that the stated noise lacks, over the stated one; 0 if none by chance."""
    stated = [series for series in found.series if series.noise_stated]
    if not stated or found.dof < 1.0:
        return 0.0
    n = sum(len(series.values) for series in stated)
    counted = sum(
        independent(series.residuals, series.neighbours_expected)
        if series.is_correlated
        else len(series.values)
        for series in stated
    )
    total, size = found.chi2_data + found.chi2_priors, 1.0
    # Outliers count in full in the sum of squares of a robust fit, in the values they do not.
    if not found.robust and (counted < n or chi2.sf(total, found.dof) < BY_CHANCE):
        size = max(total / found.dof, 1.0)
    return size * n / counted - 1.0
