"""summary.json: the stable interface of a run; documented in docs/summary.md."""

from __future__ import annotations

from collections.abc import Sequence
from math import isfinite
from typing import Any

from femsoret.fluids.table import Row, rows
from femsoret.post.resolution import Resolution
from femsoret.post.soret import HotCold
from femsoret.report.warnings import resolution_warnings
from femsoret.studies.findings import Findings

SCHEMA = 1
"""Version of the layout; it grows when a key changes its meaning or goes."""


def summary(
    findings: Findings,
    *,
    units: str,
    seconds: float,
    peak_memory_mb: float,
    warnings: Sequence[str] = (),
) -> dict[str, Any]:
    """Return the summary of a run as plain data; what has no meaning is None with its reason.

    Args:
        findings: The findings.
        units: "SI", or "groups" where the case is stated in units of L, alpha and dT.
        seconds: Wall time of the run.
        peak_memory_mb: Largest resident memory of all ranks together.
        warnings: What a reader should know before using the numbers, one sentence each.
    """
    solution = findings.solution
    experiment = solution.experiment
    frame = experiment.orientation
    uncertainty = findings.uncertainty
    numerical = findings.numerical_error
    content: dict[str, Any] = {
        "schema": SCHEMA,
        "title": experiment.title,
        "units": units,
        "warnings": list(warnings),
        "groups": findings.groups,
        "orientation": {
            "hot": frame.hot,
            "cold": frame.cold,
            "axis": list(frame.axis),
            "gap": frame.gap,
            "T_hot": frame.T_hot,
            "T_cold": frame.T_cold,
            "up": list(experiment.mixture.gravity.up),
            "gravity": experiment.mixture.gravity.magnitude,
        },
        "separation": _separation(findings),
        "soret": _soret(findings),
        "nusselt": {side: wall.nusselt for side, wall in findings.walls.items()},
        "nusselt_gradient": {side: wall.nusselt_gradient for side, wall in findings.walls.items()},
        "sherwood": {side: wall.sherwood for side, wall in findings.walls.items()},
        "heat_flow": {side: wall.heat for side, wall in findings.walls.items()},
        "max_speed": findings.speed.maximum,
        "peclet": {
            "thermal": findings.speed.peclet_thermal,
            "solutal": findings.speed.peclet_solutal,
        },
        "balance": {
            "mass": findings.balances.mass,
            "heat": findings.balances.heat,
            "species": findings.balances.species,
            "entropy": findings.balances.entropy,
            "spurious_peclet": findings.balances.spurious_peclet,
        },
        "resolution": _resolution(findings.resolution),
        "entropy": (
            {
                "produced": findings.entropy.produced,
                "leaving": findings.entropy.leaving,
                "viscous": findings.entropy.viscous,
            }
            if findings.entropy
            else {"reason": findings.entropy_missing}
        ),
        "numerical_error": (
            {**numerical.of, "method": numerical.method}
            if numerical
            else {"reason": "not asked for"}
        ),
        "data_uncertainty": (
            {
                "bias": uncertainty.total,
                "entries": {
                    c.entry: {
                        "relative": c.relative,
                        "sensitivity": c.sensitivity,
                        "of_bias": c.of_bias,
                    }
                    for c in uncertainty.contributions
                },
            }
            if uncertainty
            else {"reason": "no sourced fluid, or no bias"}
        ),
        "fluid": _fluid(findings),
        "solver": {
            "dofs": solution.reports[-1].dofs,
            "cells": experiment.cell.num_cells,
            "stabilisation": experiment.stabilisation.name,
            "newton_iterations": sum(r.newton_iterations for r in solution.reports),
            "linear_iterations": sum(r.linear_iterations for r in solution.reports),
            "wall_seconds": seconds,
            "peak_memory_mb": peak_memory_mb,
        },
    }
    too_coarse = resolution_warnings(content)
    content["resolution"]["warnings"] = list(too_coarse)
    content["warnings"] += too_coarse
    return content


def _resolution(found: Resolution) -> dict[str, Any]:
    largest, coarsest = found.solutal or found.thermal, found.coarsest
    return {
        "cell_peclet": {
            "thermal": found.thermal.value,
            "solutal": found.solutal.value if found.solutal else None,
            "x": list(largest.x),
            "side": largest.side,
        },
        "walls": {
            side: {
                # Without flow a layer has no thickness.
                "thickness": wall.thickness if isfinite(wall.thickness) else None,
                "cell_size": wall.cell_size,
            }
            for side, wall in found.walls.items()
        },
        "coarsest": (
            {
                "missed": coarsest.missed,
                "limit": coarsest.limit,
                "x": list(coarsest.x),
                "side": coarsest.side,
                "cell_peclet": coarsest.cell_peclet,
                "cell_size": coarsest.cell_size,
                "needed": coarsest.needed,
            }
            if coarsest
            else None
        ),
    }


def _separation(findings: Findings) -> dict[str, Any] | None:
    solution = findings.solution
    outcome = solution.soret
    if outcome is None:
        return None
    mixture = solution.experiment.mixture
    law = mixture.species[0]
    return {
        "species": law.name,
        "value": outcome.at.separation,
        "without_gravity": outcome.at_reference.separation,
        "hot": _reading(findings, outcome.at, hot=True),
        "cold": _reading(findings, outcome.at, hot=False),
        "extra": {name: at.separation for name, at in findings.extra.items()},
    }


def _reading(findings: Findings, at: HotCold, *, hot: bool) -> dict[str, float]:
    mixture = findings.solution.experiment.mixture
    theta, gamma = (at.theta_hot, at.gamma_hot) if hot else (at.theta_cold, at.gamma_cold)
    return {"T": mixture.T0 + theta, "c": mixture.species[0].c0 + gamma}


def _soret(findings: Findings) -> dict[str, Any] | None:
    solution = findings.solution
    outcome = solution.soret
    if outcome is None:
        return None
    return {
        "true": outcome.true.value,
        "apparent": outcome.apparent,
        "without_gravity": outcome.without_gravity,
        "error": outcome.error,
        "bias": outcome.bias,
        "bias_reason": (
            "S_T changes sign or vanishes between the readings" if outcome.bias is None else ""
        ),
    }


def _fluid(findings: Findings) -> dict[str, Any] | None:
    experiment = findings.solution.experiment
    fluid, mixture = experiment.fluid, experiment.mixture
    if fluid is None:
        return None
    return {
        "name": fluid.name,
        "unverified": list(fluid.unverified()),
        "gaps": list(fluid.gaps),
        "rows": [_fluid_row(row) for row in rows(fluid, mixture.T0, mixture.species[0].c0)],
    }


def _fluid_row(row: Row) -> dict[str, Any]:
    return {
        "name": row.name,
        "symbol": row.symbol,
        "value": row.value,
        "unit": row.unit,
        "uncertainty": row.uncertainty,
        "source": row.source,
        "verified": row.verified,
        "assumed": row.assumed,
        "note": row.note,
    }
