"""summary.json of a transient run: its last state, its time, and what its course evaluates to."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any, Final

from femsoret.experiment.schedule import relaxation_time
from femsoret.post.statistics import NoStatistics, Statistics
from femsoret.report.summary import SCHEMA
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
)
from femsoret.report.warnings import (
    corner_warnings,
    evaluation_warnings,
    failed_warnings,
    flow_warnings,
    resolution_warnings,
    worst_time_warnings,
)
from femsoret.studies.measure.marching import Marched
from femsoret.studies.measure.numerical_error import NumericalError
from femsoret.studies.measure.time_series import FittedCoefficients, layer_of
from femsoret.studies.measure.transient import TransientFindings

RUNS: Final = ("with_gravity", "without_gravity")
"""The marches of a transient run."""


def transient_summary(
    findings: TransientFindings,
    numerical_error: NumericalError | None = None,
    *,
    units: str,
    seconds: float,
    peak_memory_mb: float,
    warnings: Sequence[str] = (),
) -> dict[str, Any]:
    """Return the summary of a transient run as plain data, on all ranks; collective.

    What has no meaning is None, or a table with its reason.

    Args:
        findings: The findings.
        numerical_error: Their error estimates; None where they were not asked for.
        units: "SI", or "groups" where the case is stated in units of L, alpha and dT.
        seconds: Wall time of the run.
        peak_memory_mb: Largest resident memory of all ranks together.
        warnings: What a reader should know before using the numbers, one sentence each.
    """
    experiment, state = findings.experiment, findings.state
    solution, marched = state.solution, findings.with_gravity
    sides = list(experiment.cell.exterior_sides)
    content: dict[str, Any] = {
        "schema": SCHEMA,
        "title": experiment.title,
        "units": units,
        "warnings": list(warnings),
        "groups": state.groups,
        "orientation": orientation_part(experiment),
        "time": _time(findings),
        "evaluation": _evaluation(findings),
        **_statistics(findings),
        "separation": (
            separation_part(experiment, solution.each, state.extra) if solution.each else None
        ),
        "soret": soret_part(experiment, solution.outcomes) if solution.outcomes else None,
        "soret_reason": solution.soret_missing,
        "chambers": chambers_part(solution.chambers),
        "gradients": gradients_part(state.gradients),
        "nusselt": {side: state.walls[side].nusselt for side in sides},
        "nusselt_gradient": {side: wall.nusselt_gradient for side, wall in state.walls.items()},
        "sherwood": {side: wall.sherwood for side, wall in state.walls.items()},
        "sherwood_each": sherwood_of_each(
            experiment,
            [
                {side: wall.species[i].sherwood for side, wall in state.walls.items()}
                for i in range(len(experiment.mixture.species))
            ],
        ),
        "heat_flow": {side: state.walls[side].heat for side in sides},
        "max_speed": state.speed.maximum,
        "peclet": {"thermal": state.speed.peclet_thermal, "solutal": state.speed.peclet_solutal},
        "balance": {
            "mass": state.balances.mass,
            "heat": state.balances.heat,
            "species": state.balances.species,
            "entropy": None,
            "spurious_peclet": state.balances.spurious_peclet,
        },
        "resolution": {**resolution_part(state.resolution), "in_time": _worst_times(findings)},
        "entropy": {"reason": state.entropy_missing},
        "numerical_error": (
            {**numerical_error.of, "method": numerical_error.method}
            if numerical_error
            else {"reason": "not asked for (time.numerical_error)"}
        ),
        "data_uncertainty": {"reason": "not evaluated in transient runs"},
        "fluid": fluid_part(experiment),
        "solids": solids_part(experiment),
        "solver": {
            "dofs": marched.problem.num_dofs,
            "cells": experiment.cell.num_cells,
            "stabilisation": experiment.stabilisation.name,
            "newton_iterations": None,
            "linear_iterations": marched.clock.linear_iterations,
            "wall_seconds": seconds,
            "peak_memory_mb": peak_memory_mb,
        },
    }
    too_coarse = resolution_warnings(content) + worst_time_warnings(content)
    content["resolution"]["warnings"] = list(too_coarse)
    content["warnings"] += [
        *evaluation_warnings(content),
        *corner_warnings(state.hot_meets_cold),
        *too_coarse,
        *flow_warnings(content),
        *failed_warnings(state.failed),
    ]
    return content


# -- time --------------------------------------------------------------------------------------


def _time(findings: TransientFindings) -> dict[str, Any]:
    schedule, experiment = findings.schedule, findings.experiment
    without = findings.without_gravity
    return {
        "tau": relaxation_time(experiment.mixture, experiment.orientation.gap),
        "start": schedule.start,
        "tolerance": schedule.march.tolerance,
        "scheme": schedule.march.scheme.name,
        "breaks": [time for time in schedule.protocol.breaks if time <= schedule.end],
        "fastest": _fastest(findings.with_gravity),
        "with_gravity": _march(findings.with_gravity),
        "without_gravity": _march(without) if without else None,
    }


def _fastest(marched: Marched) -> dict[str, float]:
    """Return when the fluid flows fastest, and how fast."""
    row = max(marched.rows, key=lambda row: row["max_speed"] or 0.0)
    return {"t": float(row["t"] or 0.0), "max_speed": float(row["max_speed"] or 0.0)}


def _worst_times(findings: TransientFindings) -> dict[str, Any]:
    """Return when the mesh missed most of each field."""
    found = findings.worst_times
    return {
        field: asdict(found[field]) if field in found else None
        for field in ("composition", "temperature", "velocity")
    }


def _march(marched: Marched) -> dict[str, Any]:
    clock = marched.clock
    return {
        "end": clock.t,
        "ended_by": marched.ended_by,
        "steps": clock.steps,
        "rejections": clock.rejections,
        "factorisations": clock.factorisations,
        "linear_iterations": clock.linear_iterations,
    }


# -- statistics --------------------------------------------------------------------------------


def _statistics(findings: TransientFindings) -> dict[str, Any]:
    """Return the statistics of an apparent S_T that goes on, and why there are none."""
    found = findings.statistics
    if isinstance(found, NoStatistics):
        return {"statistics": None, "statistics_reason": found.reason}
    bias = findings.bias_statistics
    content = {
        "from": found.start,
        "cycles": found.cycles,
        **_moments(found),
        "bias": _moments(bias) if bias else None,
    }
    return {"statistics": content, "statistics_reason": ""}


def _moments(found: Statistics) -> dict[str, float]:
    return {
        "mean": found.mean,
        "min": found.lowest,
        "max": found.highest,
        "std": found.std,
        "standard_error": found.standard_error,
    }


# -- evaluation --------------------------------------------------------------------------------


def _evaluation(findings: TransientFindings) -> dict[str, Any]:
    window, experiment = findings.schedule.evaluation, findings.experiment
    found = findings.evaluations.of.get(RUNS[0])
    if window is None or found is None:
        why = findings.evaluations
        return {"reason": why.why_none or why.refused[RUNS[0]]}
    layer = layer_of(experiment)
    last = findings.with_gravity.clock.t
    content: dict[str, Any] = {
        "t0": window.t0,
        "start": window.start,
        "end": min(window.end, last),
        "relaxing": window.relaxing,
        "gap": layer.gap,
        "cold": layer.cold,
        "hot": layer.hot,
        "D_true": found.D_true,
        "S_T_true": found.S_T_true,
    }
    without = findings.evaluations.of.get(RUNS[1])
    content["with_gravity"] = _evaluated(found)
    content["without_gravity"] = _evaluated(without) if without else None
    content["convection"] = _by_convection(found, without)
    return content


def _evaluated(found: FittedCoefficients) -> dict[str, Any]:
    return {
        "D": found.fit.D,
        "D_bias": found.D_bias,
        "S_T": found.S_T,
        "S_T_bias": found.S_T_bias,
        "separation": found.fit.separation,
        "misfit": found.fit.misfit,
        "points": found.fit.points,
        "D_fit_uncertainty": found.fit.D_uncertainty,
        "separation_fit_uncertainty": found.fit.separation_uncertainty,
        "covered": found.fit.covered,
    }


def _by_convection(
    found: FittedCoefficients, without: FittedCoefficients | None
) -> dict[str, float | None] | None:
    """Return what the flow changes in what is evaluated, relative."""
    if without is None:
        return None
    soret = None
    if found.S_T is not None and without.S_T:
        soret = found.S_T / without.S_T - 1.0
    return {"D": found.fit.D / without.fit.D - 1.0, "S_T": soret}
