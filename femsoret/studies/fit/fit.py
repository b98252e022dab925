"""A fit as a whole: naive and corrected values, their difference by cause, and the budget."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Final, TypeVar

import numpy as np

from femsoret.base.errors import ConditionError, NotConverged
from femsoret.base.log import get_logger
from femsoret.base.types import Array
from femsoret.experiment.measured import DataSet
from femsoret.physics.closures.parameter_names import data_parameters
from femsoret.studies.fit.budget import Budget, Entry, budgets
from femsoret.studies.fit.estimate import Estimate
from femsoret.studies.fit.explanation import OF_THE_CELL, Explanation, Ideals, explanations
from femsoret.studies.fit.least_squares import FitOptions, Observer, estimate
from femsoret.studies.fit.model import FullModel, MeasuredRun
from femsoret.studies.fit.priors import sought_entries
from femsoret.studies.fit.profile import Profile, profile
from femsoret.studies.fit.series import Naive, naive_model
from femsoret.studies.fit.stacked import Stacked
from femsoret.studies.fit.unknowns import Unknown
from femsoret.studies.measure.numerical_error import second_solves

log = get_logger(__name__)

T = TypeVar("T")

PERFECT: Final = 1e6
"""Heat transfer at a plate that conducts perfectly, over that through the liquid, kappa/gap."""

TIGHTER: Final = 1.0 / 3.0
"""Tolerance of the time steps of the finer numerics over that of the fit."""


@dataclass(frozen=True, eq=False)
class FitFindings:
    """What a fit found.

    Args:
        data: The measured data.
        corrected: The unknowns by the full model.
        naive: The unknowns by the closed series, as laboratories evaluate; None for the reason in
            `why_no_naive`.
        naive_curves: (data set, column) -> predictions of the naive evaluation at all times of the
            series, shape (n,), nan outside of what it evaluates; series that it does not use are
            left out.
        why_no_naive: Why there is no naive value; empty if there is one.
        budgets: Uncertainty budget of each unknown by its name.
        explanations: Name of an unknown with a naive value -> what makes the difference to the
            corrected one.
        profiles: Name of an unknown -> profile of its likelihood.
    """

    data: tuple[DataSet, ...]
    corrected: Estimate
    naive: Estimate | None = None
    naive_curves: Mapping[tuple[str, str], Array] = MappingProxyType({})
    why_no_naive: str = ""
    budgets: Mapping[str, Budget] = MappingProxyType({})
    explanations: Mapping[str, Explanation] = MappingProxyType({})
    profiles: Mapping[str, Profile] = MappingProxyType({})


def fit(
    runs: Sequence[MeasuredRun],
    unknowns: Sequence[Unknown],
    options: FitOptions | None = None,
    *,
    each: Observer = lambda values, chi2: None,
    numerical: bool = True,
) -> FitFindings:
    """Fit the full model to measured data, beside the naive evaluation; collective.

    A bad fit has neither a budget nor an explanation: they would be those of another experiment.

    Args:
        runs: The data sets with their experiments.
        unknowns: What is sought.
        options: Options; None for those of :class:`FitOptions`.
        each: Called after every evaluation of the full model for the corrected values.
        numerical: Whether the budget has the numerical error, which takes a finer run.

    Raises:
        CaseError: There are no data or no unknowns, or an experiment has no such unknown.
        NotConverged: The full model has no prediction at the start.
    """
    options = options or FitOptions()
    data = tuple(run.data for run in runs)
    naive, why = _naive(runs, unknowns)
    evaluated = None if naive is None else estimate(naive.model, naive.data, options)
    model = FullModel(runs, unknowns)
    corrected = estimate(model, data, options, each=each, guess=_guess(evaluated))
    found = FitFindings(
        data=data,
        corrected=corrected,
        naive=evaluated,
        naive_curves={} if naive is None or evaluated is None else _curves(naive, evaluated, data),
        why_no_naive=why,
    )
    if corrected.is_bad:
        return found
    finer = _tried("numerical error", lambda: _finer(runs, corrected)) if numerical else None
    slopes = _tried("uncertainties of the fluid data", lambda: _entries(model, corrected))
    causes = None
    if naive is not None and evaluated is not None:
        ideals = _tried("causes", lambda: _ideals(model, corrected, needs_flow=naive.of_columns))
        causes = ideals and explanations(naive, evaluated, corrected, ideals)
    return replace(
        found,
        budgets=budgets(corrected, slopes or {}, finer),
        explanations=causes or {},
        profiles=_profiles(model, data, corrected, options),
    )


def _naive(runs: Sequence[MeasuredRun], unknowns: Sequence[Unknown]) -> tuple[Naive | None, str]:
    """Return the naive model, or why there is none."""
    try:
        return naive_model(runs, unknowns), ""
    except ConditionError as error:
        return None, error.message


def _guess(naive: Estimate | None) -> dict[str, float]:
    """Return the naive values, from which the full model may start: S_T may have another sign."""
    if naive is None:
        return {}
    names = [unknown.name for unknown in naive.unknowns]
    return dict(zip(names, map(float, naive.mode), strict=True))


def _tried(what: str, make: Callable[[], T]) -> T | None:
    """Return a result of further solves; None if one of them fails, which is said."""
    log.info("%s of the fit", what)
    try:
        return make()
    except NotConverged as error:
        log.warning("warning: %s of the fit: none, %s", what, error.message)
        return None


def _curves(
    naive: Naive, evaluated: Estimate, data: Sequence[DataSet]
) -> dict[tuple[str, str], Array]:
    stacked, found = Stacked.of(data), {}
    every = np.full(len(stacked.values), np.nan)
    every[naive.where] = evaluated.predicted
    for part in stacked.parts:
        values = every[part.where]
        if np.isfinite(values).any():
            found[part.data, part.series.column] = values
    return found


def _finer(runs: Sequence[MeasuredRun], corrected: Estimate) -> Array:
    """Return the predictions at the corrected values with finer numerics."""
    finer = []
    for run in runs:
        second, *_ = second_solves(run.experiment)
        experiment = replace(second.experiment, degree=second.degree)
        schedule = run.schedule
        if schedule is not None:
            march = replace(schedule.march, tolerance=TIGHTER * schedule.march.tolerance)
            schedule = replace(schedule, march=march)
        finer.append(replace(run, experiment=experiment, schedule=schedule))
    return FullModel(finer, corrected.unknowns).predict(corrected.mode, slopes=False).values


def _entries(model: FullModel, corrected: Estimate) -> dict[str, Entry]:
    """Return the effects of the fluid data that are not sought."""
    first = model.runs[0].experiment
    if first.fluid is None:
        return {}
    known = data_parameters(first.mixture, first.fluid.entries())
    sought = sought_entries(first.mixture, corrected.unknowns)
    names = [name for name in known if name not in sought]
    uncertainties = first.fluid.uncertainties()
    slopes = model.slopes_by_entries(corrected.mode, names)
    return {
        name: Entry(uncertainties.get(name), slopes[:, i])
        for i, name in enumerate(names)
        if slopes[:, i].any()
    }


def _ideals(model: FullModel, corrected: Estimate, *, needs_flow: bool) -> Ideals:
    """Return predictions at the corrected values with causes left out.

    Args:
        model: The full model.
        corrected: What it made of the data.
        needs_flow: Whether nothing is naive without flow, as in a column.
    """
    of_cell = [k for k, u in enumerate(corrected.unknowns) if u.quantity in OF_THE_CELL]
    ideal = corrected.mode.copy()
    for k in of_cell:
        ideal[k] = _in_an_ideal_cell(model.runs, corrected.unknowns[k])
    alone = {}
    for k in of_cell:
        if len(of_cell) == 1 or corrected.mode[k] == ideal[k]:
            continue
        values = ideal.copy()
        values[k] = corrected.mode[k]
        alone[corrected.unknowns[k].name] = model.predict(values, slopes=False).values
    flowing = model.predict(ideal, slopes=False).values
    if len(of_cell) == 1:  # alone is everything
        alone = {corrected.unknowns[of_cell[0]].name: corrected.predicted}
    if needs_flow:
        return Ideals(flowing, flowing, alone)
    at_rest = FullModel(model.runs, model.unknowns, flow=False).predict(ideal, slopes=False).values
    return Ideals(at_rest, flowing, alone)


def _in_an_ideal_cell(runs: Sequence[MeasuredRun], unknown: Unknown) -> float:
    """Return the value of an unknown of the cell where it makes no difference to a laboratory.

    A wall loses no heat, but a plate that is heated or cooled has the temperature of its
    thermostat.
    """
    experiment = next(run.experiment for run in runs if unknown.belongs_to(run.data.name))
    frame = experiment.orientation
    if unknown.quantity == "side_loss" and {frame.hot_outside, frame.cold_outside} & {
        *unknown.sides
    }:
        return PERFECT * float(experiment.mixture.reference.kappa) / frame.gap
    return 0.0


def _profiles(
    model: FullModel, data: Sequence[DataSet], corrected: Estimate, options: FitOptions
) -> dict[str, Profile]:
    """Return the profiles of what the fit is about, where the parabola may lie."""
    found = {}
    for unknown in corrected.unknowns:
        if unknown.quantity == "soret" and not corrected.is_normal:
            log.info("profile of the likelihood of %s", unknown.name)
            of = profile(model, data, corrected, unknown.name, options)
            if of is not None:
                found[unknown.name] = of
    return found
