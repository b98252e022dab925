"""summary.json of a fit: its layout and its content."""

# ruff: noqa: D101 (tables are described at the fields that contain them)

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from femsoret.base.types import Array
from femsoret.experiment import Experiment
from femsoret.report.summary.data import Fluid, fluid_part
from femsoret.report.summary.head import RunContext, Solver, SummaryHead, as_summary, head_part
from femsoret.report.summary.vocabulary import OF_GROUPS, Number, Part, Second
from femsoret.studies.fit.budget import Budget
from femsoret.studies.fit.estimate import COVERAGE, Estimate
from femsoret.studies.fit.explanation import Explanation
from femsoret.studies.fit.fit import FitFindings
from femsoret.studies.fit.profile import Profile
from femsoret.studies.fit.unknowns import Unknown
from femsoret.studies.measure.state import dimensionless_groups

BEYOND: frozenset[str] = frozenset({"misfit", "fluid", "numerical"})
"""Kinds of contributions to a budget that the interval of an estimate does not hold."""

# -- layout ------------------------------------------------------------------------------------


class FitPrior(Part):
    value: float
    """its mean, in `unit`"""
    uncertainty: float | None
    """its standard deviation, in `unit`; null if nothing was known"""


class FitValue(Part):
    value: float
    """the expectation given data and priors, in `unit`"""
    mode: float
    """the value of the smallest sum of squares, in `unit`"""
    uncertainty: float | None
    """standard uncertainty by noise and priors, in `unit`; null if neither data nor priors
    determine it"""
    low: float | None
    """lower end of the interval of 95 % by noise and priors, in `unit`; null if none is claimed:
    the fit is bad or did not converge, or the unknown is not determined"""
    high: float | None
    """upper end, likewise"""
    at_bound: bool
    """whether the lower end is a bound of the unknown that the data do not exclude, so that only
    the upper end says something"""
    expanded_low: float | None
    """lower end of the interval of 95 % by all known contributions to the budget, in `unit`; null
    if `low` is, and for the naive value"""
    expanded_high: float | None
    """upper end, likewise"""


class FitContribution(Part):
    kind: Literal["noise", "prior", "curvature", "misfit", "fluid", "numerical"]
    """what it is"""
    name: str
    """the unknown with the prior, or the entry of the fluid data; empty for other kinds"""
    uncertainty: float | None
    """standard uncertainty that it makes, in the unit of the unknown; null if the source of the
    entry states none"""
    sensitivity: float | None
    """change of the unknown per relative change of the entry, in the unit of the unknown; null for
    all but fluid data"""


class FitBudget(Part):
    rows: list[FitContribution]
    """one table for each contribution"""
    total: float
    """root sum of squares of all that are known: the standard uncertainty, in the unit of the
    unknown"""
    shift: float | None
    """change of the value by finer numerics, in the unit of the unknown; null if not estimated"""


class FitCause(Part):
    kind: Literal["series", "formula", "flow", "unknown", "interaction", "noise", "open"]
    """what it is: `"series"` what the closed series leaves out at rest in an ideal cell,
    `"formula"` what the formula of a column leaves out in an ideal one, `"flow"` in an ideal cell,
    `"unknown"` an imperfection that is sought, `"interaction"` all imperfections less the sum of
    them, `"noise"` what the model does not describe, `"open"` the least-squares value less the
    expectation"""
    name: str
    """the unknown; empty for other kinds"""
    effect: float
    """naive value with this cause less that without it, in the unit of the unknown"""


class FitExplanation(Part):
    difference: float
    """naive less corrected value, in the unit of the unknown"""
    causes: list[FitCause]
    """one table for each cause; their effects add up to the difference"""


class FitProfile(Part):
    values: list[float]
    """values of the unknown, in its unit"""
    chi2: list[float]
    """smallest sum of squares at these values, less that of the fit"""
    parabola: list[float]
    """what the covariance says of it"""
    parabola_lies: bool
    """whether the two differ by more than a quarter where the parabola is between 1 and 9"""


class FitUnknown(Part):
    name: str
    """its name"""
    quantity: str
    """what it is, as in `fit.unknown.quantity` of the case"""
    unit: str
    """unit of all its numbers; empty for pure numbers"""
    data: str | None
    """the only data set that has it; null if all share it"""
    prior: FitPrior
    """what was known before the data"""
    pull: Number | None
    """least-squares value less that of the prior, over the standard deviation that this difference
    has if the prior is right; null without a prior"""
    naive: FitValue | None
    """by the closed series of a layer at rest, as laboratories evaluate; null if it does not have
    this unknown"""
    corrected: FitValue
    """by the whole model"""
    budget: FitBudget | None
    """what makes it uncertain; null if that was not evaluated"""
    explanation: FitExplanation | None
    """what makes the difference between the naive and the corrected value; null if there is no
    naive one, or it was not evaluated"""
    profile: FitProfile | None
    """profile of the likelihood; null if that was not evaluated"""


class FitSeries(Part):
    data: str
    """name of the data set"""
    column: str
    """name of the column in its file"""
    signal: str
    """name of the column of the history that predicts it"""
    unit: str
    """its unit; empty for pure numbers"""
    values: int
    """number of values"""
    begin: Second | None
    """first time on the clock of the data; null for steady data"""
    end: Second | None
    """last time; null for steady data"""
    noise: float
    """standard uncertainty of the values, root mean square, in `unit`"""
    noise_stated: bool
    """whether it was stated with the data, rather than estimated from the residuals"""
    residual: Number
    """root mean square of the residuals over the standard uncertainties"""
    naive_residual: Number | None
    """the same of the naive evaluation, where it has a value; null if it does not use this
    series"""
    neighbours: Number
    """correlation of neighbouring residuals; 0 for a few values"""
    durbin_watson: Number
    """Durbin-Watson statistic of the residuals, 2 for white noise"""
    correlated: bool
    """whether neighbouring residuals are alike beyond chance"""


class FitDirection(Part):
    information: Number
    """information of the data on this combination of unknowns, in units of what was known before:
    below 1 the priors decide; 0 says that the data tell nothing"""
    parts: dict[str, Number]
    """part of each unknown in the combination"""
    undetermined: bool
    """whether neither data nor priors determine it"""
    sentence: str
    """what that means"""
    advice: str
    """which measurement would tell"""


class FitQuality(Part):
    bad: bool
    """whether the model does not describe the data, so that no interval is claimed"""
    why_bad: list[str]
    """why, in clauses; empty if it does"""
    chi2_data: Number
    """sum of the squared residuals of the data, over their standard uncertainties"""
    chi2_priors: Number
    """sum of the squared differences from the priors"""
    dof: Number
    """degrees of freedom of the sum of both, of the data whose noise is stated"""
    p_value: Number | None
    """probability of a sum as large as that; null if no noise is stated, or the fit is robust: it
    then tells nothing"""
    priors_p_value: Number | None
    """probability of differences from the priors as large as those found; null without priors"""
    robust: bool
    """whether outliers count less"""
    outliers: int
    """number of values with stated noise that are more than three standard uncertainties away"""
    normal: bool
    """whether the parabola about the least-squares values describes the unknowns"""
    converged: bool
    """whether the least-squares solver converged"""
    evaluations: int
    """number of evaluations of the model"""
    other_minima: list[list[float]]
    """further values of all unknowns that explain the data about as well; may be empty"""


class FitDataSet(Part):
    name: str
    """its name"""
    file: str
    """its file"""
    steady: bool
    """whether its rows are steady states"""
    run: Second | None
    """length of the run that predicts it; null for steady states"""
    stated: Second | None
    """length of the run that the case states; null for steady states"""
    changes: dict[str, str]
    """keys of the case that are different in this data set -> their values"""


class FitSummary(SummaryHead):
    """Summary of a fit."""

    coverage: Number
    """probability of all intervals"""
    unknowns: list[FitUnknown]
    """one table for each unknown, in the order of the case"""
    correlation: list[list[float | None]]
    """correlation matrix of the unknowns in this order; null where one is not determined"""
    corrected: FitQuality
    """how well the whole model describes the data"""
    naive: FitQuality | None
    """how well the closed series does; null for the reason in `why_no_naive`"""
    why_no_naive: str
    """why there is no naive value; empty if there is one"""
    series: list[FitSeries]
    """one table for each series of data, in the order of residuals.csv"""
    data: list[FitDataSet]
    """one table for each data set"""
    untold: list[FitDirection]
    """one table for each combination of unknowns that the data cannot tell apart; may be empty"""
    fluid: Fluid | None
    """fluid data; null if the case states groups"""
    solver: Solver
    """size and cost of the computation"""


# -- content -----------------------------------------------------------------------------------


@dataclass(frozen=True)
class DataOrigin:
    """Where a data set comes from, and the run that predicts it.

    Args:
        name: Its name.
        file: Its file.
        steady: Whether its rows are steady states.
        run: Length of the run, s; None for steady states.
        stated: Length of the run that the case states, s; None for steady states.
        changes: Keys of the case that are different in this data set -> their values.
    """

    name: str
    file: str
    steady: bool
    run: float | None
    stated: float | None
    changes: dict[str, str]


def fit_summary(
    findings: FitFindings,
    experiment: Experiment,
    origins: Sequence[DataOrigin],
    units: dict[str, str],
    context: RunContext,
) -> dict[str, Any]:
    """Return the content of summary.json of a fit; collective.

    Args:
        findings: What the fit found.
        experiment: The experiment of the case.
        origins: The data sets.
        units: Unit of each signal by the name of its column of the history.
        context: Units, cost and warnings.
    """
    corrected, naive = findings.corrected, findings.naive
    return as_summary(
        FitSummary,
        {
            **head_part("fit", experiment, context),
            "groups": dimensionless_groups(experiment),
            "coverage": COVERAGE,
            "unknowns": [
                _unknown(findings, i, context.units) for i in range(len(corrected.unknowns))
            ],
            "correlation": [[_number(r) for r in row] for row in corrected.correlation],
            "corrected": _quality(corrected),
            "naive": None if naive is None else _quality(naive),
            "why_no_naive": findings.why_no_naive,
            "series": _series(findings, units, context.units),
            "data": [vars(origin) for origin in origins],
            "untold": [vars(direction) for direction in corrected.directions],
            "fluid": fluid_part(experiment),
            "solver": {
                "dofs": experiment.problem().num_dofs,
                "cells": experiment.cell.num_cells,
                **context.cost,
            },
        },
    )


def unit_of(unit: str, units: str) -> str:
    """Return the unit of an unknown or a signal as summaries state it.

    Args:
        unit: Unit in SI; empty for a pure number.
        units: "SI", or "groups" where the case is stated by groups.
    """
    spelled = {"W/m^2/K": "W/(m^2 K)"}.get(unit, unit)
    if units == "SI":
        return spelled
    return {**OF_GROUPS, "W/(m^2 K)": "kappa/L"}.get(spelled, spelled)


def _unknown(findings: FitFindings, i: int, units: str) -> dict[str, Any]:
    corrected, naive = findings.corrected, findings.naive
    unknown = corrected.unknowns[i]
    budget = findings.budgets.get(unknown.name)
    pulls = {pull.name: pull.standardised for pull in corrected.pulls}
    return {
        "name": unknown.name,
        "quantity": unknown.quantity,
        "unit": unit_of(unknown.unit, units),
        "data": unknown.data,
        "prior": {
            "value": unknown.prior.value,
            "uncertainty": _number(unknown.prior.uncertainty),
        },
        "pull": pulls.get(unknown.name),
        "naive": _naive(naive, unknown),
        "corrected": _value(corrected, i, budget),
        "budget": _budget(budget),
        "explanation": _explanation(findings.explanations.get(unknown.name)),
        "profile": _profile(findings.profiles.get(unknown.name)),
    }


def _naive(naive: Estimate | None, unknown: Unknown) -> dict[str, Any] | None:
    if naive is None:
        return None
    names = [each.name for each in naive.unknowns]
    return _value(naive, names.index(unknown.name), None) if unknown.name in names else None


def _value(estimate: Estimate, i: int, budget: Budget | None) -> dict[str, Any]:
    value, interval = float(estimate.values[i]), estimate.intervals[i]
    if not estimate.converged:
        interval = None
    found = {
        "value": value,
        "mode": float(estimate.mode[i]),
        "uncertainty": _number(float(estimate.uncertainties[i])),
        "low": None if interval is None else interval.low,
        "high": None if interval is None else interval.high,
        "at_bound": interval is not None and interval.at_bound,
        "expanded_low": None,
        "expanded_high": None,
    }
    if interval is not None and budget is not None:
        beyond = _beyond(budget)
        found["expanded_low"] = value - math.hypot(value - interval.low, beyond)
        found["expanded_high"] = value + math.hypot(interval.high - value, beyond)
        if interval.at_bound:
            found["expanded_low"] = interval.low
    return found


def _beyond(budget: Budget) -> float:
    """Return half the width of 95 % that contributions beyond noise and priors make together."""
    square = sum((row.uncertainty or 0.0) ** 2 for row in budget.rows if row.kind in BEYOND)
    return 1.959964 * math.sqrt(square)


def _budget(budget: Budget | None) -> dict[str, Any] | None:
    if budget is None:
        return None
    return {
        "rows": [vars(row) for row in budget.rows],
        "total": budget.total,
        "shift": budget.shift,
    }


def _explanation(explanation: Explanation | None) -> dict[str, Any] | None:
    if explanation is None:
        return None
    return {
        "difference": explanation.difference,
        "causes": [vars(cause) for cause in explanation.causes],
    }


def _profile(profile: Profile | None) -> dict[str, Any] | None:
    if profile is None:
        return None
    return {
        "values": profile.values.tolist(),
        "chi2": profile.chi2.tolist(),
        "parabola": profile.parabola.tolist(),
        "parabola_lies": profile.parabola_lies,
    }


def _quality(estimate: Estimate) -> dict[str, Any]:
    return {
        "bad": estimate.is_bad,
        "why_bad": list(estimate.why_bad),
        "chi2_data": estimate.chi2_data,
        "chi2_priors": estimate.chi2_priors,
        "dof": estimate.dof,
        "p_value": estimate.p_value,
        "priors_p_value": estimate.priors_p_value,
        "robust": estimate.robust,
        "outliers": estimate.outliers,
        "normal": estimate.is_normal,
        "converged": estimate.converged,
        "evaluations": estimate.evaluations,
        "other_minima": [values.tolist() for values in estimate.other_minima],
    }


def _series(findings: FitFindings, units: dict[str, str], system: str) -> list[dict[str, Any]]:
    found = []
    for each in findings.corrected.series:
        curve = findings.naive_curves.get((each.data, each.column))
        found.append(
            {
                "data": each.data,
                "column": each.column,
                "signal": each.signal,
                "unit": unit_of(units.get(each.signal, ""), system),
                "values": len(each.values),
                "begin": float(each.times[0]) if len(each.times) else None,
                "end": float(each.times[-1]) if len(each.times) else None,
                "noise": _rms(each.uncertainty),
                "noise_stated": each.noise_stated,
                "residual": _rms(each.residuals),
                "naive_residual": (
                    None if curve is None else _rms((each.values - curve) / each.uncertainty)
                ),
                "neighbours": each.neighbours,
                "durbin_watson": each.durbin_watson,
                "correlated": each.is_correlated,
            }
        )
    return found


def _rms(values: Array) -> float | None:
    """Return the root mean square of the finite values; None without any."""
    known = values[np.isfinite(values)]
    return float(np.sqrt(np.mean(known**2))) if len(known) else None


def _number(value: float) -> float | None:
    return float(value) if math.isfinite(value) else None
