"""summary.json of an audit: its layout, and how it is made."""

# ruff: noqa: D101 (a table is described where it is a field)

from __future__ import annotations

from collections.abc import Sequence
from types import MappingProxyType
from typing import Any, Literal

from femsoret.report.stability import stability_clause, stability_part
from femsoret.report.summary import (
    as_summary,
    fluid_part,
    head_part,
    uncertainty_part,
)
from femsoret.report.summary_layout import Kelvin, Number, Part, PerKelvin, Rate, Second
from femsoret.report.summary_tables import DataUncertainty, Fluid, Peclet, Solver, Summary
from femsoret.studies.audit.audit import Audit
from femsoret.studies.audit.limits import Limit as AuditLimit
from femsoret.studies.audit.regime import Regime as AuditRegime
from femsoret.studies.audit.reported import Measured, fluid_soret
from femsoret.studies.measure.state import dimensionless_groups

# -- layout ------------------------------------------------------------------------------------


class AuditSoret(Part):
    fluid: PerKelvin
    """S_T at the mean temperature of the plates and the mean composition: the true one"""
    T_mean: Kelvin
    """that temperature"""
    reported: PerKelvin | None
    """what a laboratory would report; null where the total failed, or its state is unstable"""


class BudgetEntry(Part):
    value: Number | None
    """bias, or part of a bias, with its sign; null where it failed"""
    error: Number | None
    """estimate of its numerical error; null where it was not asked for, or failed"""
    failure: str
    """why it failed; empty where it did not"""


class BudgetTerm(BudgetEntry):
    label: str
    """the cause, in words"""
    what: str
    """what is imperfect, with its numbers"""
    assumed: bool
    """whether it is a tolerance that nobody stated"""


class Budget(Part):
    terms: dict[str, BudgetTerm]
    """by name of the cause, what it does alone"""
    shape: BudgetEntry
    """bias of the ideal cell"""
    interaction: BudgetEntry
    """total less shape and terms"""
    early_flow: BudgetEntry | None
    """the part of the interaction that the flow makes before layers of composition hold it back;
    null where no march was needed"""
    flow_by_properties: BudgetEntry | None
    """the part of the interaction that varying properties make; null where they do not vary, or
    where nothing else is imperfect"""
    total: BudgetEntry
    """bias with all causes"""
    dominant: str | None
    """name of the largest term; null where no term has a value"""
    method: str
    """how numerical errors were estimated; empty where they were not asked for"""


class Unstated(Part):
    label: str
    """a cause that was not looked at"""
    advice: str
    """what to add to the case"""


class Approach(Part):
    kind: Literal["steady", "quiet layer", "marched"]
    """how the total at the time of reading was found: `"steady"` state read; approached like a
    `"quiet layer"`; `"marched"` in time, where the flow takes more than 1.5 % of the steady
    separation, or more than 0.1 % early"""
    deficit: Number | None
    """what the early flow may take beside that, an estimate that is in the error bounds of `total`
    and `interaction`; null unless a quiet layer"""


class Regime(Part):
    name: str
    """`"thin layer"`, `"unicellular"`, `"multicellular"`, `"convective"` or `"unstable"`; see
    [theory](theory.md)"""
    peclet: Peclet
    """Péclet numbers of the largest speed"""
    carried: Number | None
    """Nusselt number of the hot side less 1; null where it has none"""
    turning: Number | None
    """part of the flow's turning that is one way; null at rest"""
    growth_rate: Rate | None
    """growth rate of the leading mode that was found; null where modes were not sought"""
    stability: str
    """what is known of the stability, a clause"""
    verdict: str
    """as `stability.verdict` of a run: of the total, in 3D on the mesh of the limits"""


class Trial(Part):
    value: float
    """value of the parameter"""
    bias: Number
    """bias there"""
    unresolved: list[str]
    """fields for which the mesh was too coarse there; may be empty"""


class Limit(Part):
    label: str
    """what is changed"""
    present: float
    """its present value"""
    kind: Literal["at most", "at least", "always", "never", "none"]
    """of the range `tried`, the bias is below the target `"at most"` up to `value`, from `value` on
    (`"at least"`), everywhere (`"always"`) or nowhere (`"never"`), both only where all of `range`
    was tried; or `"none"`: no limit was found, see `note`"""
    value: float | None
    """the limit; null where there is none"""
    check: Trial | None
    """the solve on the cell's own mesh, at the root of the coarse one, that corrects it; null where
    there is no limit"""
    trials: list[Trial]
    """the solves on the coarse mesh, in order of the value; may be empty"""
    range: list[float]
    """smallest and largest value that were allowed"""
    tried: list[float] | None
    """ends of the range that was walked in steps (of a factor 2 at most) from state to state that
    lasts; what is said holds there; null where no such state was found"""
    note: str
    """what else to know; may be empty"""


class AuditSummary(Summary):
    """summary.json of an audit; biases are relative to ``soret.fluid``."""

    extra_units = MappingProxyType({"limits.gap": "m", "limits.tilt": "deg", "limits.dT": "K"})

    target: Number
    """largest |bias| that limits are for"""
    soret: AuditSoret
    """the Soret coefficient"""
    budget: Budget
    """the artifact budget"""
    unstated: list[Unstated]
    """causes that were not looked at; may be empty"""
    relaxation_time: Second | None
    """time constant of the separation in this cell; null where the steady state is read"""
    approach: Approach | None
    """how the cell approaches its steady state; null where the total failed"""
    data_uncertainty: DataUncertainty
    """what the uncertainty of the fluid data does to the total (in 3D on the mesh of the limits)"""
    regime: Regime | None
    """what the flow is like; null where the total failed"""
    limits: dict[str, Limit]
    """by name (`gap` in m, `tilt` in degrees, `dT` in K), how far a parameter may be changed; empty
    where limits were not asked for"""
    fluid: Fluid | None
    """the fluid at the reference state; null in a case stated by groups"""
    solver: Solver
    """the work"""


# -- content -----------------------------------------------------------------------------------


def audit_summary(
    audit: Audit,
    *,
    units: str,
    seconds: float,
    peak_memory_mb: float,
    warnings: Sequence[str] = (),
    case_hash: str | None = None,
) -> dict[str, Any]:
    """Return the summary of an audit as plain data; collective.

    Args:
        audit: What it found.
        units: "SI" or "groups".
        seconds: Wall time.
        peak_memory_mb: Largest resident memory of all ranks together.
        warnings: What a reader should know before using the numbers, one sentence each.
        case_hash: Checksum of all that the audit depends on; None where there is no case.
    """
    budget = audit.budget
    ideal, real, state = budget.ideal.experiment, budget.real.experiment, budget.state
    fluid, total, dominant = fluid_soret(real), budget.total.value, budget.dominant
    nothing = total is None or (audit.regime and not audit.regime.stability.lasts)
    return as_summary(
        AuditSummary,
        {
            **head_part("audit", real, units, [*warnings, *_too_coarse(audit)], case_hash),
            "groups": dimensionless_groups(real),
            "target": audit.plan.target,
            "soret": {
                "fluid": fluid,
                "T_mean": real.orientation.T_mean,
                "reported": None if nothing or total is None else fluid * (1.0 + total),
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
            },
            "unstated": audit.plan.unstated,
            "relaxation_time": state.reported.time if state else None,
            "approach": _approach(state) if state else None,
            "data_uncertainty": (
                uncertainty_part(budget.uncertainty)
                if budget.uncertainty
                else {
                    "reason": "no sourced fluid, no total, much early flow, or a solve that failed"
                }
            ),
            "regime": _regime(audit.regime, units) if audit.regime else None,
            "limits": {limit.parameter.name: limit_part(limit) for limit in audit.limits},
            "fluid": fluid_part(real),
            "solver": {
                "dofs": state.solution.reports[-1].dofs if state else None,
                "cells": real.cell.num_cells,
                "wall_seconds": seconds,
                "peak_memory_mb": peak_memory_mb,
            },
        },
    )


def _approach(state: Measured) -> dict[str, Any]:
    """Return how the real cell is taken to approach its steady state."""
    reported = state.reported
    if reported.time is None:
        return {"kind": "steady", "deficit": None}
    if reported.marched is not None:
        return {"kind": "marched", "deficit": None}
    return {"kind": "quiet layer", "deficit": reported.deficit}


def _regime(regime: AuditRegime, units: str) -> dict[str, Any]:
    return {
        "name": regime.name,
        "peclet": {"solutal": regime.peclet_solutal, "thermal": regime.peclet_thermal},
        "carried": regime.carried,
        "turning": regime.turning,
        "growth_rate": regime.stability.growth_rate,
        "stability": stability_clause(stability_part(regime.stability), units),
        "verdict": regime.stability.verdict,
    }


def limit_part(limit: AuditLimit) -> dict[str, Any]:
    """Return how far a parameter may be changed.

    Args:
        limit: The limit.
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


def _too_coarse(audit: Audit) -> list[str]:
    """Return the warnings that meshes were too coarse, for the total and for the limits."""
    warnings, state = [], audit.budget.state
    if state is not None and (fields := state.unresolved):
        warnings.append(
            f"the mesh is too coarse for the {' and the '.join(fields)} of the cell with all its "
            "causes: terms and total may be off by more than their numerical errors. Grade the "
            "mesh towards the walls or take more cells"
        )
    for limit in audit.limits:
        coarse = [trial for trial in limit.trials if trial.unresolved]
        if limit.check is not None and limit.check.unresolved:
            warnings.append(
                f"limit of the {limit.parameter.label}: the mesh is too coarse for the "
                f"{' and the '.join(limit.check.unresolved)} there"
            )
        elif limit.check is None and coarse:
            warnings.append(
                f"limit of the {limit.parameter.label}: of {len(limit.trials)} values that were "
                f"tried {len(coarse)} were on a mesh too coarse for what flows there"
            )
    return warnings
