"""summary.json of a run: of a steady state, or of the end of a transient run.

The layout, with units and meanings, is in :mod:`femsoret.report.summary_layout`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import isfinite
from typing import Any, Final

import numpy as np

from femsoret import __version__
from femsoret.case.values import Units
from femsoret.experiment import Experiment
from femsoret.experiment.schedule import relaxation_time
from femsoret.fluids.table import rows
from femsoret.physics.closures import MulticomponentMixture, of_all_components
from femsoret.physics.closures.all_components import frame_invariant, with_rest
from femsoret.post.chambers import Chamber
from femsoret.post.resolution import Resolution
from femsoret.post.soret import HotCold, SoretOutcome
from femsoret.post.statistics import NoStatistics
from femsoret.problem.orientation import heated_from, side_facing
from femsoret.report.internal_states import particle_part, particle_warnings
from femsoret.report.stability import departure_part, stability_part, stability_warnings
from femsoret.report.summary_layout import SCHEMA, RunSummary, Summary
from femsoret.report.summary_units import units_of_run
from femsoret.report.warnings import (
    corner_warnings,
    evaluation_warnings,
    failed_warnings,
    flow_warnings,
    fraction_warnings,
    resolution_warnings,
    worst_time_warnings,
)
from femsoret.studies.measure.marching import Marched
from femsoret.studies.measure.numerical_error import NumericalError
from femsoret.studies.measure.recorder import LEAST, components_of
from femsoret.studies.measure.state import MeasuredState, WallTransfer
from femsoret.studies.measure.steady import UNCERTAINTY, SteadyFindings
from femsoret.studies.measure.time_series import FittedCoefficients, layer_of
from femsoret.studies.measure.transient import TransientFindings
from femsoret.studies.measure.uncertainty import BiasUncertainty

FIELDS: Final = ("composition", "temperature", "velocity")


@dataclass(frozen=True)
class RunContext:
    """What a summary states beside the findings of its study.

    Args:
        units: "SI", or "groups" if the case is stated in units of L, alpha and dT.
        seconds: Wall time, s.
        peak_memory_mb: Peak resident memory, summed over ranks, MB.
        warnings: What a reader should know before using the numbers, one sentence each.
        case_hash: Checksum of everything that the numbers depend on; None without a case.
    """

    units: Units
    seconds: float = 0.0
    peak_memory_mb: float = 0.0
    warnings: tuple[str, ...] = ()
    case_hash: str | None = None

    @property
    def cost(self) -> dict[str, float]:
        """The cost of the computation, as keys of a summary."""
        return {"wall_seconds": self.seconds, "peak_memory_mb": self.peak_memory_mb}


def is_transient(content: Mapping[str, Any]) -> bool:
    """Return whether a summary is that of a transient run.

    Args:
        content: The summary.
    """
    return "time" in content


def summary(findings: SteadyFindings, context: RunContext) -> dict[str, Any]:
    """Return the summary of a steady run as plain data; undefined numbers are None.

    Args:
        findings: Results of the run.
        context: Units, cost, warnings and checksum of the run.
    """
    solution, failed = findings.solution, findings.failed
    uncertainty = findings.uncertainty
    content = as_summary(
        RunSummary,
        {
            **head_part("steady", solution.experiment, context),
            "groups": findings.groups,
            **_state(findings, findings.numerical_error, "not requested", findings.walls),
            "stability": {
                **stability_part(findings.stability),
                "departure": departure_part(findings.departure),
            },
            "rolls": findings.rolls,
            **({"particle": particle_part(findings.states)} if findings.states else {}),
            "data_uncertainty": (
                {
                    **uncertainty_part(uncertainty),
                    "each": [
                        {"species": component.name, **uncertainty_part(of)}
                        for component, of in zip(
                            solution.experiment.mixture.species, findings.uncertainties, strict=True
                        )
                    ],
                }
                if uncertainty
                else {"reason": failed.get(UNCERTAINTY, "no fluid data, or no bias")}
            ),
            "solver": {
                "dofs": solution.reports[-1].dofs,
                "cells": solution.experiment.cell.num_cells,
                "stabilisation": solution.experiment.stabilisation.name,
                "newton_iterations": sum(r.newton_iterations for r in solution.reports),
                "linear_iterations": sum(r.linear_iterations for r in solution.reports),
                **context.cost,
            },
        },
    )
    too_coarse = resolution_warnings(content)
    return _with_warnings(content, findings, too_coarse, stability_warnings(content))


def transient_summary(
    findings: TransientFindings,
    numerical_error: NumericalError | None,
    context: RunContext,
) -> dict[str, Any]:
    """Return the summary of a transient run as plain data, on all ranks; collective.

    Args:
        findings: Results of the run.
        numerical_error: Estimates of the numerical error; None if they were not requested.
        context: Units, cost, warnings and checksum of the run.
    """
    experiment, state, marched = findings.experiment, findings.state, findings.with_gravity
    exterior = {side: state.walls[side] for side in experiment.cell.exterior_sides}
    not_asked = "not requested (time.numerical_error)"
    content = as_summary(
        RunSummary,
        {
            **head_part("transient", experiment, context),
            "groups": state.groups,
            "time": _time(findings),
            "evaluation": _evaluation(findings),
            **_statistics(findings),
            **_state(state, numerical_error, not_asked, exterior),
            "data_uncertainty": {"reason": "not evaluated in transient runs"},
            "solver": {
                "dofs": marched.problem.num_dofs,
                "cells": experiment.cell.num_cells,
                "stabilisation": experiment.stabilisation.name,
                "newton_iterations": None,
                "linear_iterations": marched.clock.linear_iterations,
                **context.cost,
            },
        },
    )
    content["least_fraction"] = _least_in_time(findings)
    worst = findings.worst_times
    content["resolution"]["in_time"] = {
        field: vars(worst[field]) if field in worst else None for field in FIELDS
    }
    too_coarse = resolution_warnings(content) + worst_time_warnings(content)
    return _with_warnings(content, state, too_coarse, evaluation_warnings(content))


def as_summary(layout: type[Summary], content: Mapping[str, Any]) -> dict[str, Any]:
    """Return a summary as plain data, with the units of its numbers.

    Args:
        layout: Class of the summary.
        content: Keys and values of the summary; tables may be objects with attributes of the same
            names.
    """
    plain = layout.model_validate(content).model_dump(by_alias=True, exclude_unset=True)
    plain["unit_of"] = units_of_run(layout, plain)
    return plain


def _with_warnings(
    content: dict[str, Any], state: MeasuredState, too_coarse: Sequence[str], first: Sequence[str]
) -> dict[str, Any]:
    """Return a summary with the warnings that follow from its numbers added."""
    content["resolution"]["warnings"] = list(too_coarse)
    content["warnings"] += [
        *first,
        *fraction_warnings(content),
        *particle_warnings(content),
        *corner_warnings(state.hot_meets_cold),
        *too_coarse,
        *flow_warnings(content),
        *failed_warnings(state.failed),
    ]
    return content


# -- parts of all kinds ------------------------------------------------------------------------


def head_part(kind: str, experiment: Experiment, context: RunContext) -> dict[str, Any]:
    """Return the keys with which every summary begins; collective.

    Args:
        kind: "steady", "transient" or "audit".
        experiment: The experiment.
        context: Units, warnings and checksum of the run or audit.
    """
    return {
        "schema": SCHEMA,
        "kind": kind,
        "femsoret": __version__,
        "case_hash": context.case_hash,
        "title": experiment.title,
        "units": context.units,
        "warnings": list(context.warnings),
        "orientation": orientation_part(experiment),
    }


def _state(
    state: MeasuredState,
    numerical_error: NumericalError | None,
    why_no_error: str,
    flows: Mapping[str, WallTransfer],
) -> dict[str, Any]:
    """Return the parts of a summary on a state with gravity.

    Args:
        state: The measured state.
        numerical_error: Estimates of the numerical error; None if there are none.
        why_no_error: Why there are no estimates, in that case.
        flows: Side -> transfer, for sides whose flows are reported.
    """
    solution, experiment, walls = state.solution, state.solution.experiment, state.walls
    species = experiment.mixture.species
    names = [component.name for component in species]
    sherwood = [
        {side: wall.species[i].sherwood for side, wall in walls.items()}
        for i in range(len(species))
    ]
    return {
        "separation": separation_part(experiment, solution.each, state.extra),
        "soret": soret_part(experiment, solution.outcomes, solution.at_thermostats),
        "soret_reason": solution.soret_missing,
        "chambers": {chamber.name: _chamber(chamber, names) for chamber in solution.chambers},
        "bodies": {
            " + ".join(body.sides): {"velocity": body.velocity, "rotation": body.rotation}
            for body in solution.bodies
        },
        "gradients": {
            name: {"T": gradients.T, "c": gradients.c, "each": gradients.each}
            for name, gradients in state.gradients.items()
        },
        "nusselt": {side: wall.nusselt for side, wall in flows.items()},
        "nusselt_gradient": {side: wall.nusselt_gradient for side, wall in walls.items()},
        "sherwood": {side: wall.sherwood for side, wall in walls.items()},
        "sherwood_each": [
            {"species": component.name, "sides": sides}
            for component, sides in zip(species, sherwood, strict=True)
        ],
        "heat_flow": {side: wall.heat for side, wall in flows.items()},
        "max_speed": state.speed.maximum,
        "peclet": {
            "thermal": state.speed.peclet_thermal,
            "solutal": state.speed.peclet_solutal,
        },
        "least_fraction": state.least,
        "balance": state.balances,
        "resolution": _resolution(state.resolution),
        "entropy": state.entropy or {"reason": state.entropy_missing},
        "numerical_error": (
            {**numerical_error.of, "method": numerical_error.method}
            if numerical_error
            else {"reason": why_no_error}
        ),
        "fluid": fluid_part(experiment),
        "solids": _solids(experiment),
    }


def orientation_part(experiment: Experiment) -> dict[str, Any]:
    """Return the part of a summary on the orientation of the cell; collective.

    Args:
        experiment: The experiment.
    """
    frame, up = experiment.orientation, experiment.mixture.gravity.up
    walls = frame.wall_pair
    return {
        "coordinates": experiment.cell.coordinates.name,
        "hot": frame.hot,
        "cold": frame.cold,
        "axis": list(frame.axis),
        "gap": frame.gap,
        "T_hot": frame.T_hot,
        "T_cold": frame.T_cold,
        "heat_flux": frame.flux,
        "up": list(up),
        "gravity": experiment.mixture.gravity.magnitude,
        "axis_from": frame.basis,
        "distance": walls.distance if walls else None,
        "askew": walls.misalignment if walls else None,
        "aside": walls.offset_angle if walls else None,
        "heated_from": heated_from(frame, up),
        "up_side": side_facing(experiment.cell, up),
    }


def uncertainty_part(uncertainty: BiasUncertainty) -> dict[str, Any]:
    """Return the part of a summary on the uncertainty of a bias from the fluid data.

    Args:
        uncertainty: The uncertainty of the bias.
    """
    return {
        "bias": uncertainty.total,
        "unknown": list(uncertainty.unknown),
        "entries": {part.entry: part for part in uncertainty.contributions},
    }


def fluid_part(experiment: Experiment) -> dict[str, Any] | None:
    """Return the part of a summary on the fluid data; None if the case has no fluid.

    Args:
        experiment: The experiment.
    """
    fluid, mixture = experiment.fluid, experiment.mixture
    if fluid is None:
        return None
    return {
        "name": fluid.name,
        "unverified": list(fluid.unverified()),
        "gaps": list(fluid.gaps),
        "rows": rows(fluid, mixture.T0, mixture.reference.c),
    }


def _solids(experiment: Experiment) -> dict[str, Any]:
    """Return the data of the material of each solid wall, by region."""
    T0 = experiment.mixture.T0
    return {
        region: {
            "name": solid.name,
            "unverified": list(solid.unverified()),
            "rows": [
                {
                    "name": name,
                    "value": float(sourced.value(T0, 0.0)),
                    "unit": sourced.unit,
                    "uncertainty": sourced.uncertainty,
                    "source": sourced.source,
                    "verified": sourced.verified,
                    "note": sourced.note,
                }
                for name, sourced in solid.entries().items()
            ],
        }
        for region, solid in experiment.solids.items()
    }


# -- parts of runs -----------------------------------------------------------------------------


def separation_part(
    experiment: Experiment,
    readings: Sequence[tuple[HotCold, HotCold]],
    extra: Mapping[str, Sequence[HotCold]],
) -> dict[str, Any] | None:
    """Return the part of a summary on the readings; None if there are none.

    Its keys are those of the first species, with a list of all species.

    Args:
        experiment: The experiment.
        readings: Readings with gravity and without, one pair per species.
        extra: Name -> further readings with gravity, one per species.
    """
    T0, species = experiment.mixture.T0, experiment.mixture.species

    def ends(at: HotCold) -> dict[str, Any]:
        c0 = float(species[at.species].c0)
        return {
            "hot": {"T": T0 + at.theta_hot, "c": c0 + at.gamma_hot},
            "cold": {"T": T0 + at.theta_cold, "c": c0 + at.gamma_cold},
        }

    each = [
        {
            "species": species[at.species].name,
            "value": at.separation,
            "without_gravity": at_reference.separation,
            **ends(at),
            "extra": {name: more[at.species].separation for name, more in extra.items()},
            "ends": {name: ends(more[at.species]) for name, more in extra.items()},
        }
        for at, at_reference in readings
    ]
    if not each:
        return None
    return {**each[0], "each": each}


def soret_part(
    experiment: Experiment, outcomes: Sequence[SoretOutcome], at_thermostats: SoretOutcome | None
) -> dict[str, Any] | None:
    """Return the part of a summary on Soret coefficients; None if there are none.

    Its keys are those of the first species, with a list of all species.

    Args:
        experiment: The experiment.
        outcomes: Apparent and true S_T, one outcome per species.
        at_thermostats: Outcome of the first species with the temperatures imposed behind solid
            walls; None without such walls.
    """
    if not outcomes:
        return None
    each = [
        {
            "true": outcome.true.value,
            "fluid": outcome.true.fluid,
            "reading_effect": outcome.true.reading_effect,
            "apparent": outcome.apparent,
            "without_gravity": outcome.without_gravity,
            "error": outcome.error,
            "bias": outcome.bias,
        }
        for outcome in outcomes
    ]
    names = [species.name for species in experiment.mixture.species]
    return {
        **each[0],
        "each": [{"species": name, **of} for name, of in zip(names, each, strict=True)],
        "components": _components(experiment, outcomes),
        "bias_reason": (
            "S_T changes sign or vanishes between the readings" if each[0]["bias"] is None else ""
        ),
        "at_thermostats": at_thermostats
        and {
            "dT": at_thermostats.at.dT,
            "apparent": at_thermostats.apparent,
            "bias": at_thermostats.bias,
        },
    }


def _components(experiment: Experiment, outcomes: Sequence[SoretOutcome]) -> list[dict[str, Any]]:
    """Return the coefficients of all N + 1 components; empty for fewer than three."""
    mixture = experiment.mixture
    if len(outcomes) < 2 or not isinstance(mixture, MulticomponentMixture):
        return []
    fluid, D = of_all_components(mixture), mixture.reference.D
    true = np.array([outcome.true.value for outcome in outcomes])
    seen = np.array([outcome.apparent for outcome in outcomes])
    all_true, all_seen = with_rest(true, 0.0), with_rest(seen, 0.0)
    of_seen = with_rest(D @ seen, 0.0)
    S_true, S_seen = (frame_invariant(fluid.c, of) for of in (all_true, all_seen))
    size = outcomes[0].true.size
    return [
        {
            "component": name,
            "c": fluid.c[i],
            "true": all_true[i],
            "apparent": all_seen[i],
            "bias": None if size is None else (all_seen[i] - all_true[i]) / size,
            "thermodiffusion": fluid.thermodiffusion[i],
            "thermodiffusion_apparent": of_seen[i],
            "invariant": dict(zip(fluid.names, S_true[i], strict=True)),
            "invariant_apparent": dict(zip(fluid.names, S_seen[i], strict=True)),
        }
        for i, name in enumerate(fluid.names)
    ]


def _chamber(chamber: Chamber, names: Sequence[str]) -> dict[str, Any]:
    """Return the part of a summary on one chamber.

    Its keys are those of the first species, with a list of all species.
    """
    nothing: dict[str, float | None] = {"true": None, "apparent": None, "bias": None}
    coefficients: list[dict[str, float | None]] = [
        {"true": of.true.value, "apparent": of.apparent, "bias": of.bias} for of in chamber.outcomes
    ] or [nothing] * len(names)
    each = [
        {
            "filled": chamber.fillings[i],
            "mean": chamber.means[i],
            "separation": chamber.readings[i].separation if chamber.readings else None,
            **coefficients[i],
        }
        for i in range(len(names))
    ]
    return {
        "volume": chamber.volume,
        **each[0],
        "reason": chamber.missing,
        "each": [{"species": name, **of} for name, of in zip(names, each, strict=True)],
    }


def _resolution(resolution: Resolution) -> dict[str, Any]:
    """Return the part of a summary on the resolution of the mesh, without its warnings."""
    largest = resolution.solutal or resolution.thermal
    return {
        "cell_peclet": {
            "thermal": resolution.thermal.value,
            "solutal": resolution.solutal.value if resolution.solutal else None,
            "x": list(largest.x),
            "side": largest.side,
        },
        "walls": {
            side: {
                # Without flow, there is no boundary layer.
                "thickness": wall.thickness if isfinite(wall.thickness) else None,
                "cell_size": wall.cell_size,
            }
            for side, wall in resolution.walls.items()
        },
        "coarsest": resolution.coarsest,
        "temperature": resolution.temperature,
        "velocity": resolution.velocity,
        "warnings": [],
    }


# -- time --------------------------------------------------------------------------------------


def _time(findings: TransientFindings) -> dict[str, Any]:
    schedule, experiment = findings.schedule, findings.experiment
    marched, without = findings.with_gravity, findings.without_gravity
    row = max(marched.rows, key=lambda row: row["max_speed"] or 0.0)
    return {
        "tau": relaxation_time(experiment.mixture, experiment.orientation.gap),
        "start": schedule.start,
        "tolerance": schedule.march.tolerance,
        "scheme": schedule.march.scheme.name,
        "breaks": [time for time in schedule.protocol.breaks if time <= schedule.end],
        "fastest": {"t": row["t"], "max_speed": row["max_speed"] or 0.0},
        "with_gravity": _march(marched),
        "without_gravity": _march(without) if without else None,
    }


def _least_in_time(findings: TransientFindings) -> dict[str, Any] | None:
    """Return the least mass fraction of all steps; None if it is not determined."""
    rows = [row for row in findings.with_gravity.rows if row.get(LEAST) is not None]
    if not rows:
        return None
    worst = min(rows, key=lambda row: row[LEAST] or 0.0)
    cell = findings.experiment.cell
    letters = cell.coordinates.letters[: cell.dim]
    return {
        "value": worst[LEAST],
        "component": components_of(findings.experiment)[int(worst[f"{LEAST}.component"] or 1) - 1],
        "x": [worst[f"{LEAST}.{letter}"] for letter in letters],
        "t": worst["t"],
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


def _statistics(findings: TransientFindings) -> dict[str, Any]:
    """Return the statistics of an apparent S_T that does not settle, or why there are none."""
    statistics = findings.statistics
    if isinstance(statistics, NoStatistics):
        return {"statistics": None, "statistics_reason": statistics.reason}
    content = {**vars(statistics), "bias": findings.bias_statistics}
    return {"statistics": content, "statistics_reason": ""}


def _evaluation(findings: TransientFindings) -> dict[str, Any]:
    """Return the D and S_T fitted to the marches, or why there are none."""
    window, evaluations = findings.schedule.evaluation, findings.evaluations
    fitted = evaluations.of.get("with_gravity")
    if window is None or fitted is None:
        return {"reason": evaluations.why_none or evaluations.refused["with_gravity"]}
    layer = layer_of(findings.experiment)
    without = evaluations.of.get("without_gravity")
    convection = None
    if without is not None:
        soret = None
        if fitted.S_T is not None and without.S_T:
            soret = fitted.S_T / without.S_T - 1.0
        convection = {"D": fitted.fit.D / without.fit.D - 1.0, "S_T": soret}
    return {
        "t0": window.t0,
        "start": window.start,
        "end": min(window.end, findings.with_gravity.clock.t),
        "relaxing": window.relaxing,
        "gap": layer.gap,
        "cold": layer.cold,
        "hot": layer.hot,
        "D_true": fitted.D_true,
        "S_T_true": fitted.S_T_true,
        "with_gravity": _fitted(fitted),
        "without_gravity": _fitted(without) if without else None,
        "convection": convection,
    }


def _fitted(fitted: FittedCoefficients) -> dict[str, Any]:
    fit = fitted.fit
    return {
        "D": fit.D,
        "D_bias": fitted.D_bias,
        "S_T": fitted.S_T,
        "S_T_bias": fitted.S_T_bias,
        "separation": fit.separation,
        "misfit": fit.misfit,
        "points": fit.points,
        "D_fit_uncertainty": fit.D_uncertainty,
        "separation_fit_uncertainty": fit.separation_uncertainty,
        "covered": fit.covered,
    }
