"""summary.json of an audit; documented in docs/summary.md."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from femsoret.report.stability import stability_clause, stability_part
from femsoret.report.summary import SCHEMA
from femsoret.report.summary_parts import fluid_part, orientation_part, uncertainty_part
from femsoret.studies.audit.audit import Audit
from femsoret.studies.audit.budget import Entry
from femsoret.studies.audit.limits import Limit, Trial
from femsoret.studies.audit.regime import Regime
from femsoret.studies.audit.reported import Measured, fluid_soret
from femsoret.studies.measure.state import dimensionless_groups


def audit_summary(
    found: Audit,
    *,
    units: str,
    seconds: float,
    peak_memory_mb: float,
    warnings: Sequence[str] = (),
) -> dict[str, Any]:
    """Return the summary of an audit as plain data; collective.

    Args:
        found: What it found.
        units: "SI" or "groups".
        seconds: Wall time.
        peak_memory_mb: Largest resident memory of all ranks together.
        warnings: What a reader should know before using the numbers, one sentence each.
    """
    budget = found.budget
    ideal, real, state = budget.ideal.experiment, budget.real.experiment, budget.state
    frame, fluid = real.orientation, fluid_soret(real)
    total = budget.total.value
    dominant = budget.dominant
    nothing = total is None or (found.regime and not found.regime.stability.lasts)
    return {
        "schema": SCHEMA,
        "title": real.title,
        "units": units,
        "warnings": [*warnings, *_too_coarse(found)],
        "groups": dimensionless_groups(real),
        "orientation": orientation_part(real),
        "target": found.plan.target,
        "soret": {
            "fluid": fluid,
            "T_mean": frame.T_mean,
            "reported": None if nothing or total is None else fluid * (1.0 + total),
        },
        "budget": {
            "terms": {
                term.cause.name: {
                    "label": term.cause.label,
                    "what": term.cause.sentence(ideal),
                    "assumed": term.cause.assumed,
                    **_entry(term.entry),
                }
                for term in budget.terms
            },
            "shape": _entry(budget.shape),
            "interaction": _entry(budget.interaction),
            "early_flow": _entry(budget.early_flow) if budget.early_flow else None,
            "flow_by_properties": (
                _entry(budget.flow_by_properties) if budget.flow_by_properties else None
            ),
            "total": _entry(budget.total),
            "dominant": dominant.cause.name if dominant else None,
            "method": budget.method,
        },
        "unstated": [{"label": u.label, "advice": u.advice} for u in found.plan.unstated],
        "relaxation_time": state.reported.time if state else None,
        "approach": _approach(state) if state else None,
        "data_uncertainty": (
            uncertainty_part(budget.uncertainty)
            if budget.uncertainty
            else {"reason": "no sourced fluid, no total, much early flow, or a solve that failed"}
        ),
        "regime": _regime(found.regime, units) if found.regime else None,
        "limits": {limit.parameter.name: _limit(limit) for limit in found.limits},
        "fluid": fluid_part(real),
        "solver": {
            "dofs": state.solution.reports[-1].dofs if state else None,
            "cells": real.cell.num_cells,
            "wall_seconds": seconds,
            "peak_memory_mb": peak_memory_mb,
        },
    }


def _entry(entry: Entry) -> dict[str, Any]:
    return {"value": entry.value, "error": entry.error, "failure": entry.failure}


def _approach(state: Measured) -> dict[str, Any]:
    """Return how the real cell is taken to approach its steady state."""
    reported = state.reported
    if reported.time is None:
        return {"kind": "steady", "deficit": None}
    if reported.marched is not None:
        return {"kind": "marched", "deficit": None}
    return {"kind": "quiet layer", "deficit": reported.deficit}


def _regime(regime: Regime, units: str) -> dict[str, Any]:
    return {
        "name": regime.name,
        "peclet": {"solutal": regime.peclet_solutal, "thermal": regime.peclet_thermal},
        "carried": regime.carried,
        "turning": regime.turning,
        "growth_rate": regime.stability.growth_rate,
        "stability": stability_clause(stability_part(regime.stability), units),
        "verdict": regime.stability.verdict,
    }


def _limit(limit: Limit) -> dict[str, Any]:
    return {
        "label": limit.parameter.label,
        "present": limit.present,
        "kind": limit.kind,
        "value": limit.value,
        "check": _trial(limit.check) if limit.check else None,
        "trials": [_trial(trial) for trial in limit.trials],
        "range": list(limit.range),
        "tried": list(limit.tried) if limit.tried else None,
        "note": limit.note,
    }


def _trial(trial: Trial) -> dict[str, Any]:
    return {
        "value": trial.value,
        "bias": trial.bias,
        "unresolved": list(trial.unresolved),
    }


def _too_coarse(found: Audit) -> list[str]:
    """Return the warnings that meshes were too coarse, for the total and for the limits."""
    said, state = [], found.budget.state
    if state is not None and (fields := state.unresolved):
        said.append(
            f"the mesh is too coarse for the {' and the '.join(fields)} of the cell with all its "
            "causes: terms and total may be off by more than their numerical errors. Grade the "
            "mesh towards the walls or take more cells"
        )
    for limit in found.limits:
        coarse = [trial for trial in limit.trials if trial.unresolved]
        if limit.check is not None and limit.check.unresolved:
            said.append(
                f"limit of the {limit.parameter.label}: the mesh is too coarse for the "
                f"{' and the '.join(limit.check.unresolved)} there"
            )
        elif limit.check is None and coarse:
            said.append(
                f"limit of the {limit.parameter.label}: of {len(limit.trials)} values that were "
                f"tried {len(coarse)} were on a mesh too coarse for what flows there"
            )
    return said
