"""summary.json of a run: of a steady state, or of the end of a transient run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from pydantic import Field

from femsoret.report.summary.column import Column, column_parts
from femsoret.report.summary.data import DataUncertainty, Fluid, Solid, uncertainty_part
from femsoret.report.summary.head import RunContext, Solver, SummaryHead, as_summary, head_part
from femsoret.report.summary.instruments import Deflection, Interferogram, instruments_part
from femsoret.report.summary.particle import (
    Particle,
    ParticleInTime,
    Tracer,
    particle_parts,
)
from femsoret.report.summary.records import Record, records_part
from femsoret.report.summary.signals import Signal, Thermometer, signals_part
from femsoret.report.summary.soret import Chamber, Separation, Soret
from femsoret.report.summary.stability import (
    Stability,
    departure_part,
    stability_part,
    uniform_start_part,
)
from femsoret.report.summary.state import (
    Balance,
    Body,
    Entropy,
    Gradients,
    Heating,
    LeastFraction,
    NumericalError,
    Peclet,
    Resolution,
    Sherwood,
    state_part,
)
from femsoret.report.summary.transient import (
    Evaluation,
    EvaluationOfComponents,
    Statistics,
    Time,
    components_part,
    evaluation_part,
    least_in_time,
    statistics_part,
    time_part,
)
from femsoret.report.summary.vocabulary import Number, Speed, Watt
from femsoret.report.words.warnings import (
    body_warnings,
    column_warnings,
    corner_warnings,
    evaluation_warnings,
    failed_warnings,
    flow_warnings,
    fraction_warnings,
    particle_warnings,
    resolution_warnings,
    stability_warnings,
    worst_time_warnings,
)
from femsoret.studies.measure.numerical_error import NumericalError as ErrorEstimates
from femsoret.studies.measure.state import MeasuredState
from femsoret.studies.measure.steady import UNCERTAINTY, SteadyFindings
from femsoret.studies.measure.transient import TransientFindings


class RunSummary(SummaryHead):
    """summary.json of a run: of a steady state, or of the end of a transient run."""

    time: Time | None = None
    """course of a transient run; absent in a steady run"""
    evaluation: Evaluation | None = None
    """D and S_T that a laboratory would evaluate from the history of the separation, see
    [theory](theory.md); absent in a steady run"""
    evaluation_of_components: EvaluationOfComponents | None = None
    """eigenvalues of D and S'_T that a laboratory would evaluate from the histories of several
    components, see [theory](theory.md); null if they cannot be evaluated, absent in a steady run
    and for one component"""
    statistics: Statistics | None = None
    """mean and range in time of an apparent S_T that does not settle, over the part of the history
    in which it is [statistically steady](#when-a-record-has-a-mean); null for the reason in
    `statistics_reason`; absent in a steady run"""
    statistics_reason: str | None = None
    """why there are no statistics: steady, still settling or drifting, too short, or no apparent
    S_T; empty if there are; absent in a steady run"""
    separation: Separation | None
    """readings of the first species; null in a pure fluid, and if the composition is imposed at a
    wall"""
    soret: Soret | None
    """the Soret coefficient; null for the reason in `soret_reason`"""
    soret_reason: str
    """why there is no Soret coefficient: a pure fluid, a wall with imposed composition, two
    readings of the same temperature (such as the ports of a column, or at the end of a transient
    run), or readings in separate chambers or in chambers filled differently; empty if there is
    one"""
    chambers: dict[str, Chamber]
    """the chambers, by name, of a fluid that solids separate into several. A chamber is named after
    its groups of mesh cells, with a number in the order of x, y, z if other chambers belong to the
    same groups; empty if the fluid is in one part or pure, or its composition is imposed at a
    wall"""
    bodies: dict[str, Body]
    """the rigid bodies, by the names of their sides; empty without any"""
    column: Column | None = None
    """the cell evaluated as a thermogravitational column, see [theory](theory.md#columns); null for
    the reason in `column_reason`; absent in summaries of version 0.2.0 and earlier"""
    column_reason: str | None = None
    """why the cell is not evaluated as a column; empty if it is; absent if `column` is"""
    gradients: dict[str, Gradients]
    """gradients at points given in the case, by name; empty unless the case defines such points"""
    signals: dict[str, Signal] = Field(default_factory=dict)
    """further signals, by name: pairs of readings, gradients and instruments, with the Soret
    coefficient that follows from each of them; empty unless the case defines some"""
    deflections: dict[str, Deflection] = Field(default_factory=dict)
    """instruments that record the deflection of a beam, by name, in a transient run at its end. The
    Soret coefficients in `signals` are those of temperature and composition in the fluid that the
    beam passes; here are those of the record"""
    interferometers: dict[str, Interferogram] = Field(default_factory=dict)
    """interferometers, by name, likewise"""
    records: dict[str, Record] | None = None
    """records of virtual instruments (`[[time.record]]`), by name, and what a laboratory would
    evaluate from them; empty unless the case asks for some, absent in a steady run"""
    thermometers: dict[str, Thermometer] = Field(default_factory=dict)
    """temperatures at places given in the case, by name; empty unless the case defines some"""
    heating: Heating | None = None
    """heat sources and their effect on the temperature; absent without any"""
    nusselt: dict[str, Number | None]
    """by side, for walls of the fluid and outer sides: heat flow over that of pure conduction
    through the same side; in a transient run the mean over the last step. At a side whose imposed
    heat flux drives the cell: the temperature difference of hot and cold wall by pure conduction
    over that with flow (null in a transient run). Null on adiabatic sides, on sides through which
    pure conduction would carry less than 1 % of the largest heat flow, and where hot meets cold
    (see `heat_flow`)"""
    nusselt_gradient: dict[str, Number | None]
    """by side: heat flow from the gradient at the wall over that of pure conduction, a less
    accurate cross-check; null like `nusselt.*`, and at a side whose imposed flux drives the cell"""
    sherwood: dict[str, Number | None]
    """by side: mass flow over that of pure diffusion (u = 0, S_T = 0); null unless c is imposed at
    the side, and for the same reasons as `nusselt.*`"""
    sherwood_each: list[Sherwood]
    """one table for each transported component, of which `sherwood` is the first; empty in a pure
    fluid"""
    heat_flow: dict[str, Watt | None]
    """by side: heat flow, positive outwards, at an interface from the fluid to the solid (per metre
    of depth in plane cells, of the whole side in axisymmetric ones; interfaces in steady runs
    only); in a transient run the mean over the last step. Null where hot meets cold: adjacent walls
    with different imposed temperatures, in whose corner the flux is infinite (see `warnings`)"""
    stability: Stability | None = None
    """stability of the steady state, see [theory](theory.md#stability); absent in a transient
    run"""
    rolls: int | None = None
    """number of rolls side by side in a plane cell: intervals of the nearly horizontal line through
    the middle of the fluid on which the stream function has one sign; null in 3D and in
    axisymmetric cells, and for negligible flow (Péclet number of the slowest diffusion below 10⁻³);
    absent in a transient run"""
    max_speed: Speed
    """largest speed at the nodes"""
    peclet: Peclet
    """Péclet numbers"""
    least_fraction: LeastFraction | None = None
    """least mass fraction of all components in the cell: all are between 0 and 1 if it is not
    negative. Null in a pure fluid, and with the closure `"linearised"`, whose results do not depend
    on the mean composition"""
    balance: Balance
    """relative defects of the balances of conserved quantities"""
    resolution: Resolution
    """how well the mesh resolves the fields"""
    entropy: Entropy
    """entropy rates"""
    particle: Particle | None = None
    """the solute with its [internal states](theory.md#particles-with-internal-states), in a steady
    run; absent without a table `[particle]`"""
    states_in_time: list[ParticleInTime] | None = None
    """one table for each particle with internal states at the end of a transient run, which marches
    all of them, the solute first; absent in steady runs and without a table `[particle]`"""
    tracers: list[Tracer] | None = None
    """one table for each further particle with internal states; absent without tables
    `[[tracer]]`"""
    numerical_error: NumericalError
    """estimates of the numerical error; [how](numerics.md#numerical-error)"""
    data_uncertainty: DataUncertainty
    """uncertainty of the bias from the fluid data"""
    fluid: Fluid | None
    """the fluid at the reference state; null in a case stated by groups"""
    solids: dict[str, Solid]
    """data of the materials of solid walls, by region; empty without solids"""
    solver: Solver
    """size and cost of the computation"""


FIELDS: Final = ("composition", "temperature", "velocity")


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
            **state_part(findings, findings.numerical_error, "not requested", findings.walls),
            **signals_part(findings, None),
            **instruments_part(findings),
            "stability": {
                **stability_part(findings.stability),
                "slow": findings.slow,
                "departure": departure_part(findings.departure),
                "uniform_start": uniform_start_part(findings.uniform_start),
            },
            "rolls": findings.rolls,
            **column_parts(findings.column),
            **particle_parts(findings.states),
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
    numerical_error: ErrorEstimates | None,
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
            "time": time_part(findings),
            "evaluation": evaluation_part(findings),
            **components_part(findings),
            **statistics_part(findings),
            **column_parts(state.column, findings.column_in_time),
            **({"states_in_time": list(findings.particles)} if findings.particles else {}),
            **state_part(state, numerical_error, not_asked, exterior),
            **signals_part(state, findings),
            **instruments_part(state),
            **records_part(findings),
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
    content["least_fraction"] = least_in_time(findings)
    for name, moved in findings.displacements.items():
        content["bodies"][name]["moved"] = moved
    worst = findings.worst_times
    content["resolution"]["in_time"] = {
        field: vars(worst[field]) if field in worst else None for field in FIELDS
    }
    too_coarse = resolution_warnings(content) + worst_time_warnings(content)
    return _with_warnings(content, state, too_coarse, evaluation_warnings(content))


def _with_warnings(
    content: dict[str, Any], state: MeasuredState, too_coarse: Sequence[str], first: Sequence[str]
) -> dict[str, Any]:
    """Return a summary with the warnings that follow from its numbers added."""
    content["resolution"]["warnings"] = list(too_coarse)
    content["warnings"] += [
        *first,
        *fraction_warnings(content),
        *particle_warnings(content),
        *body_warnings(content),
        *column_warnings(content),
        *corner_warnings(state.hot_meets_cold),
        *too_coarse,
        *flow_warnings(content),
        *failed_warnings(state.failed),
    ]
    return content
