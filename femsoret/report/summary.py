"""summary.json: the stable interface of a run; documented in docs/summary.md."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from femsoret.report.stability import departure_part, stability_part, stability_warnings
from femsoret.report.summary_parts import (
    chambers_part,
    fluid_part,
    gradients_part,
    orientation_part,
    resolution_part,
    separation_part,
    sherwood_of_each,
    solids_part,
    soret_part,
    uncertainty_part,
)
from femsoret.report.warnings import (
    corner_warnings,
    failed_warnings,
    flow_warnings,
    resolution_warnings,
)
from femsoret.studies.measure.steady import UNCERTAINTY, SteadyFindings

SCHEMA = 2
"""Version of the layout; it grows when a key changes its meaning or goes."""


def is_transient(content: Mapping[str, Any]) -> bool:
    """Return whether a summary is that of a transient run.

    Args:
        content: The summary.
    """
    return "time" in content


def summary(
    findings: SteadyFindings,
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
    uncertainty = findings.uncertainty
    numerical = findings.numerical_error
    content: dict[str, Any] = {
        "schema": SCHEMA,
        "title": experiment.title,
        "units": units,
        "warnings": list(warnings),
        "groups": findings.groups,
        "orientation": orientation_part(experiment),
        "separation": (
            separation_part(experiment, solution.each, findings.extra) if solution.each else None
        ),
        "soret": (
            soret_part(experiment, solution.outcomes, solution.at_thermostats)
            if solution.outcomes
            else None
        ),
        "soret_reason": solution.soret_missing,
        "chambers": chambers_part(solution.chambers),
        "gradients": gradients_part(findings.gradients),
        "nusselt": {side: wall.nusselt for side, wall in findings.walls.items()},
        "nusselt_gradient": {side: wall.nusselt_gradient for side, wall in findings.walls.items()},
        "sherwood": {side: wall.sherwood for side, wall in findings.walls.items()},
        "sherwood_each": sherwood_of_each(
            experiment,
            [
                {side: wall.species[i].sherwood for side, wall in findings.walls.items()}
                for i in range(len(experiment.mixture.species))
            ],
        ),
        "heat_flow": {side: wall.heat for side, wall in findings.walls.items()},
        "stability": {
            **stability_part(findings.stability),
            "departure": departure_part(findings.departure),
        },
        "rolls": findings.rolls,
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
        "resolution": resolution_part(findings.resolution),
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
            uncertainty_part(uncertainty)
            if uncertainty
            else {"reason": findings.failed.get(UNCERTAINTY, "no sourced fluid, or no bias")}
        ),
        "fluid": fluid_part(experiment),
        "solids": solids_part(experiment),
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
    content["warnings"] += [
        *stability_warnings(content),
        *corner_warnings(findings.hot_meets_cold),
        *too_coarse,
        *flow_warnings(content),
        *failed_warnings(findings.failed),
    ]
    return content
