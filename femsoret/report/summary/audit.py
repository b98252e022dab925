"""summary.json of an audit: its layout and its content."""

# ruff: noqa: D101 (tables are described at the fields that contain them)

from __future__ import annotations

from dataclasses import replace
from types import MappingProxyType
from typing import Any, Literal

import numpy as np

from femsoret.report.summary.data import DataUncertainty, Fluid, fluid_part, uncertainty_part
from femsoret.report.summary.head import RunContext, Solver, SummaryHead, as_summary, head_part
from femsoret.report.summary.particle import ParticleDamkohler
from femsoret.report.summary.stability import stability_part
from femsoret.report.summary.state import Peclet
from femsoret.report.summary.vocabulary import Kelvin, Number, Part, PerKelvin, Rate, Second
from femsoret.report.words.stability import stability_clause
from femsoret.studies.audit.audit import Audit
from femsoret.studies.audit.limits import Limit as AuditLimit
from femsoret.studies.audit.regime import Regime as AuditRegime
from femsoret.studies.audit.reported import Measured, fluid_soret
from femsoret.studies.measure.state import dimensionless_groups

# -- layout ------------------------------------------------------------------------------------


class SpeciesSoret(Part):
    species: str
    """name of the component"""
    fluid: PerKelvin
    """its S'_T of the fluid, like `soret.fluid`"""
    reported: PerKelvin | None
    """its S'_T that a laboratory would report, like `soret.reported`"""


class AuditSoret(Part):
    fluid: PerKelvin
    """true S_T: that of the fluid at the mean temperature of the plates and the mean composition;
    with internal states that of all states in the ideal cell at rest, from plate to plate"""
    T_mean: Kelvin
    """mean temperature of the plates"""
    reported: PerKelvin | None
    """S_T that a laboratory would report; null if the total failed or its state is unstable"""
    each: list[SpeciesSoret]
    """one table for each transported component; the keys above are those of the first one"""


class AuditParticle(Part):
    name: str
    """its name"""
    soret: PerKelvin
    """S_T from wall to wall in the real cell, all states solved for"""
    fast: PerKelvin
    """S_T from wall to wall at rest if transitions were fast"""
    damkohler: ParticleDamkohler
    """rates of relaxation times L²/<D>"""


class BudgetEntry(Part):
    value: Number | None
    """signed bias, or contribution to the bias; null if a solve failed"""
    error: Number | None
    """estimate of its numerical error; null if it was not requested or failed"""
    failure: str
    """why there is no value; empty if there is one"""


class BudgetTerm(BudgetEntry):
    label: str
    """name of the cause for people"""
    what: str
    """description of the imperfection, with its numbers"""
    assumed: bool
    """whether it is an assumed tolerance that the case does not state"""


class SpeciesBudget(Part):
    species: str
    """name of the component"""
    terms: dict[str, BudgetEntry]
    """contribution of each cause alone to its bias, by name of the cause"""
    shape: BudgetEntry
    """bias of the ideal cell"""
    interaction: BudgetEntry
    """total less shape and terms"""
    early_flow: BudgetEntry | None
    """like `budget.early_flow`"""
    flow_by_properties: BudgetEntry | None
    """like `budget.flow_by_properties`"""
    total: BudgetEntry
    """bias with all causes"""


class Budget(Part):
    terms: dict[str, BudgetTerm]
    """contribution of each cause alone, by name of the cause"""
    shape: BudgetEntry
    """bias of the ideal cell"""
    interaction: BudgetEntry
    """total less shape and terms"""
    early_flow: BudgetEntry | None
    """part of the interaction due to the flow of the initially uniform liquid, before
    stratification by composition suppresses it; null if no march was needed"""
    flow_by_properties: BudgetEntry | None
    """part of the interaction due to the influence of variable properties on the effects of the
    other causes; null unless there are both"""
    total: BudgetEntry
    """bias with all causes"""
    dominant: str | None
    """name of the term of the largest magnitude, of all components; null if no term has a value"""
    each: list[SpeciesBudget]
    """one table for each transported component; the keys above are those of the first one. With
    several components a bias is (S'_lab - S'_fluid)/|S'_fluid|, the norm over all of them, and the
    bias of a limit is the norm of their biases"""
    method: str
    """how numerical errors were estimated; empty if they were not requested"""


class Unstated(Part):
    label: str
    """name of a possible cause that the audit did not consider"""
    advice: str
    """what to add to the case so that it is considered"""


class Approach(Part):
    kind: Literal["steady", "quiet layer", "marched"]
    """how the total at the time of the reading was found: `"steady"`, from the steady state;
    `"quiet layer"`, by the series of a layer at rest; or `"marched"`, by a solve in time, if the
    flow removes more than 1.5 % of the steady separation, or the early flow more than 0.1 %"""
    deficit: Number | None
    """estimated relative deficit due to the early flow, which the errors of `total` and
    `interaction` include; null unless `kind` is `"quiet layer"`"""


class UniformLiquid(Part):
    reached: str
    """like `stability.uniform_start.reached` of a run; the budget is that of the separated liquid
    all the same"""
    reason: str
    """reason for this, a clause"""
    apparent: PerKelvin | None
    """apparent S_T of another state that it reaches, of the first species; null without one"""
    bias: Number | None
    """its bias; null likewise"""


class Regime(Part):
    name: str
    """`"thin layer"`, `"unicellular"`, `"multicellular"`, `"convective"` or `"unstable"`; see
    [theory](theory.md)"""
    peclet: Peclet
    """Péclet numbers of the largest speed"""
    carried: Number | None
    """Nusselt number of the hot side less 1; null if it has none"""
    turning: Number | None
    """net fraction of the rotation in one sense: 1 for a single roll; null at rest"""
    growth_rate: Rate | None
    """growth rate of the leading mode found; null if no modes were sought"""
    stability: str
    """result of the stability check, a clause"""
    verdict: str
    """like `stability.verdict` of a run, for the real cell (in 3D on the mesh of the limits)"""
    uniform_liquid: UniformLiquid | None = None
    """which steady state a liquid reaches that is uniform at first, where the budget is that of the
    steady state (`approach.kind`); null where this was not asked"""


class Trial(Part):
    value: float
    """value of the parameter"""
    bias: Number
    """bias at this value"""
    unresolved: list[str]
    """fields for which the mesh was too coarse; may be empty"""


class Limit(Part):
    label: str
    """name of the parameter for people"""
    present: float
    """its present value"""
    kind: Literal["at most", "at least", "always", "never", "none"]
    """where in the range `tried` the bias is below the target: up to `value` (`"at most"`), from
    `value` on (`"at least"`), everywhere (`"always"`) or nowhere (`"never"`), the last two only if
    all of `range` was tried; or `"none"`: no limit was found, see `note`"""
    value: float | None
    """the limit; null if there is none"""
    check: Trial | None
    """solve on the original mesh at the limit found on the coarse mesh, used to correct it; null if
    there is no limit"""
    trials: list[Trial]
    """solves on the coarse mesh, in ascending order of the value; may be empty"""
    range: list[float]
    """smallest and largest allowed value"""
    tried: list[float] | None
    """ends of the range that was traversed in steps (of at most a factor 2) from one stable state
    to the next, to which `kind` refers; null if no such state was found"""
    note: str
    """a further remark, such as the reason for a missing limit; may be empty"""


class AuditSummary(SummaryHead):
    """summary.json of an audit; biases are relative to ``soret.fluid``, or to a norm of several."""

    extra_units = MappingProxyType({"limits.gap": "m", "limits.tilt": "deg", "limits.dT": "K"})

    target: Number
    """largest acceptable |bias|, for which limits are sought"""
    soret: AuditSoret
    """the Soret coefficient"""
    budget: Budget
    """the artifact budget"""
    unstated: list[Unstated]
    """possible causes that were not considered; may be empty"""
    relaxation_time: Second | None
    """time constant of the separation in this cell; null if the steady state is read"""
    approach: Approach | None
    """how the cell approaches its steady state; null if the total failed"""
    data_uncertainty: DataUncertainty
    """uncertainty of the total from the fluid data (in 3D on the mesh of the limits)"""
    regime: Regime | None
    """the flow regime; null if the total failed"""
    limits: dict[str, Limit]
    """limits of the design parameters by name (`gap` in m, `tilt` in degrees, `dT` in K); empty if
    limits were not requested"""
    particle: AuditParticle | None = None
    """the solute with its internal states, all of which the audit solves for; absent without a
    table `[particle]`"""
    fluid: Fluid | None
    """the fluid at the reference state; null in a case stated by groups"""
    solver: Solver
    """size and cost of the computation"""


# -- content -----------------------------------------------------------------------------------


def audit_summary(audit: Audit, context: RunContext) -> dict[str, Any]:
    """Return the summary of an audit as plain data; collective.

    Args:
        audit: Results of the audit.
        context: Units, cost, warnings and checksum of the audit.
    """
    budget = audit.budget
    ideal, real, state = budget.ideal.experiment, budget.real.experiment, budget.state
    known = fluid_soret(replace(real, particles=())) if state is None else state.reported.fluid
    fluid, total, dominant = known, budget.total.value, budget.dominant
    size = float(fluid[0]) if len(fluid) == 1 else float(np.linalg.norm(fluid))
    warnings = (*context.warnings, *_too_coarse(audit))
    nothing = total is None or (audit.regime and not audit.regime.stability.lasts)
    reported = [
        None if nothing else float(S) + size * (of.total.value or 0.0)
        for S, of in zip(fluid, budget.each, strict=True)
    ]
    return as_summary(
        AuditSummary,
        {
            **head_part("audit", real, replace(context, warnings=warnings)),
            "groups": dimensionless_groups(real),
            **_particle(audit),
            "target": audit.plan.target,
            "soret": {
                "fluid": fluid[0],
                "T_mean": real.orientation.T_mean,
                "reported": reported[0],
                "each": [
                    {"species": of.component, "fluid": fluid[i], "reported": reported[i]}
                    for i, of in enumerate(budget.each)
                ],
            },
            "budget": {
                "terms": {
                    term.cause.name: {
                        "label": term.cause.label,
                        "what": term.cause.sentence(ideal),
                        "assumed": term.cause.assumed,
                        **vars(term.entry),
                    }
                    for term in budget.terms
                },
                "shape": budget.shape,
                "interaction": budget.interaction,
                "early_flow": budget.early_flow,
                "flow_by_properties": budget.flow_by_properties,
                "total": budget.total,
                "dominant": dominant.cause.name if dominant else None,
                "method": budget.method,
                "each": [
                    {
                        "species": of.component,
                        "terms": {term.cause.name: term.entry for term in of.terms},
                        "shape": of.shape,
                        "interaction": of.interaction,
                        "early_flow": of.early_flow,
                        "flow_by_properties": of.flow_by_properties,
                        "total": of.total,
                    }
                    for of in budget.each
                ],
            },
            "unstated": audit.plan.unstated,
            "relaxation_time": state.reported.time if state else None,
            "approach": _approach(state) if state else None,
            "data_uncertainty": (
                {
                    **uncertainty_part(budget.uncertainty),
                    "each": [
                        {"species": of.component, **uncertainty_part(of.uncertainty)}
                        for of in budget.each
                        if of.uncertainty
                    ],
                }
                if budget.uncertainty
                else {"reason": "no fluid data, no total, too much early flow, or a failed solve"}
            ),
            "regime": _regime(audit, audit.regime, context.units) if audit.regime else None,
            "limits": {limit.parameter.name: limit_part(limit) for limit in audit.limits},
            "fluid": fluid_part(real),
            "solver": {
                "dofs": state.solution.reports[-1].dofs if state else None,
                "cells": real.cell.num_cells,
                **context.cost,
            },
        },
    )


def _approach(state: Measured) -> dict[str, Any]:
    """Return the part of the summary on the approach to the steady state."""
    reported = state.reported
    if reported.time is None:
        return {"kind": "steady", "deficit": None}
    if reported.marched:
        return {"kind": "marched", "deficit": None}
    return {"kind": "quiet layer", "deficit": reported.deficit}


def _regime(audit: Audit, regime: AuditRegime, units: str) -> dict[str, Any]:
    return {
        "name": regime.name,
        "peclet": {"solutal": regime.peclet_solutal, "thermal": regime.peclet_thermal},
        "carried": regime.carried,
        "turning": regime.turning,
        "growth_rate": regime.stability.growth_rate,
        "stability": stability_clause(stability_part(regime.stability), units),
        "verdict": regime.stability.verdict,
        "uniform_liquid": _uniform_liquid(audit),
    }


def _uniform_liquid(audit: Audit) -> dict[str, Any] | None:
    """Return the part on the state that a uniform liquid reaches; None if it was not sought."""
    begun = audit.uniform_start
    if begun is None:
        return None
    outcome = begun.solution.soret if begun.solution else None
    return {
        "reached": begun.reached,
        "reason": begun.reason,
        "apparent": outcome.apparent if outcome else None,
        "bias": outcome.bias if outcome else None,
    }


def limit_part(limit: AuditLimit) -> dict[str, Any]:
    """Return the part of the summary on one limit.

    Args:
        limit: The limit of a design parameter.
    """
    return {
        "label": limit.parameter.label,
        "present": limit.present,
        "kind": limit.kind,
        "value": limit.value,
        "check": limit.check,
        "trials": limit.trials,
        "range": list(limit.range),
        "tried": list(limit.tried) if limit.tried else None,
        "note": limit.note,
    }


def _particle(audit: Audit) -> dict[str, Any]:
    """Return the part on a particle with internal states; empty without any."""
    if audit.states is None:
        return {}
    found = audit.states.transport
    return {
        "particle": {
            "name": found.name,
            "soret": found.soret,
            "fast": found.fast,
            "damkohler": found.damkohler,
        }
    }


def _too_coarse(audit: Audit) -> list[str]:
    """Return warnings of meshes that were too coarse for the total or the limits."""
    warnings, state = [], audit.budget.state
    if state is not None and (fields := state.unresolved):
        warnings.append(
            f"the mesh is too coarse for the {' and the '.join(fields)} of the cell with all "
            "causes: the errors of terms and total may exceed their estimates. Grade the mesh "
            "towards the walls or use more cells"
        )
    for limit in audit.limits:
        coarse = [trial for trial in limit.trials if trial.unresolved]
        if limit.check is not None and limit.check.unresolved:
            warnings.append(
                f"limit of the {limit.parameter.label}: the mesh is too coarse for the "
                f"{' and the '.join(limit.check.unresolved)} at this limit"
            )
        elif limit.check is None and coarse:
            warnings.append(
                f"limit of the {limit.parameter.label}: for {len(coarse)} of the "
                f"{len(limit.trials)} values tried, the mesh was too coarse for a field"
            )
    return warnings
