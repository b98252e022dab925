"""The course of a transient run, what is fitted to it, and its statistics: layout and content."""

# ruff: noqa: D101 (tables are described at the fields that contain them)

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from pydantic import Field

from femsoret.experiment.schedule import relaxation_time
from femsoret.post.statistics import NoStatistics
from femsoret.report.summary.vocabulary import (
    Diffusivity,
    Metre,
    Number,
    Part,
    PerKelvin,
    Second,
    Speed,
)
from femsoret.studies.measure.marching import MARCHES, Marched
from femsoret.studies.measure.recorder import LEAST, components_of, endings
from femsoret.studies.measure.time_series import (
    FittedCoefficients,
    FittedComponents,
    layer_of,
)
from femsoret.studies.measure.transient import TransientFindings

# -- time --------------------------------------------------------------------------------------


class Fastest(Part):
    t: Second
    """time of the fastest flow"""
    max_speed: Speed
    """largest speed at the nodes at this time"""


class March(Part):
    end: Second
    """time at which the march ended"""
    ended_by: str
    """why the march ended"""
    steps: int
    """number of accepted steps"""
    rejections: int
    """number of rejected steps"""
    factorisations: int
    """number of factorisations or set-ups of linear solvers"""
    linear_iterations: int
    """number of iterations of linear solvers"""


class Time(Part):
    tau: Second
    """relaxation time of the separation, L²/(pi² D) at the reference state (alpha for D in a pure
    fluid)"""
    start: str
    """`"uniform"`, `"diffused"` (steady state without gravity) or `"steady"`"""
    tolerance: Number
    """tolerance of the error of each field per step, relative to its largest value"""
    scheme: str
    """name of the time-stepping scheme"""
    breaks: list[Second]
    """times at which the protocol jumps or changes its slope; may be empty"""
    fastest: Fastest
    """the fastest flow"""
    with_gravity: March
    """the march with gravity"""
    without_gravity: March | None
    """the march without gravity, with the same keys; null in a pure fluid"""


class Fitted(Part):
    D: Diffusivity
    """fitted D"""
    D_bias: Number
    """fitted over true D, less 1"""
    S_T: PerKelvin | None
    """S_T of the fitted plateau; null if all walls have the same temperature"""
    S_T_bias: Number | None
    """fitted over true S_T, less 1; null if one of them is missing"""
    separation: Number
    """separation of the fitted plateau"""
    misfit: Number
    """root-mean-square residual of the fit in time, relative to the plateau"""
    points: int
    """number of time steps used"""
    D_fit_uncertainty: Number
    """relative uncertainty of D from the residual of the fit and the tolerance of the steps; always
    below 0.5, since otherwise nothing is evaluated"""
    separation_fit_uncertainty: Number
    """relative uncertainty of the plateau from the same causes"""
    covered: Number
    """fraction of the fitted plateau that the history covers"""


class ByConvection(Part):
    D: Number
    """D with gravity over D without gravity, less 1: the effect of the flow"""
    S_T: Number | None
    """the same for S_T; null if either S_T is"""


class Evaluation(Part):
    reason: str | None = None
    """why nothing is evaluated: not requested, readings without a position on the axis, or a
    history that does not determine D and the plateau (see below); all other keys are then absent.
    Absent if there is an evaluation"""
    t0: Second | None = None
    """time at which the temperature difference is applied or removed"""
    start: Second | None = None
    """start of the evaluation window"""
    end: Second | None = None
    """end of the evaluation window"""
    relaxing: bool | None = None
    """whether the temperature difference is removed"""
    gap: Metre | None = None
    """L of the series: the measured distance of the walls"""
    cold: Number | None = None
    """position of the cold reading between the cold (0) and the hot wall (1); null if the two
    readings are not at single positions"""
    hot: Number | None = None
    """position of the hot reading, likewise"""
    modes: list[Number] | None = None
    """signals of cos(n pi z), n = 1, 3, 5..., over that of z, of readings that are not at single
    positions; null otherwise"""
    D_true: Diffusivity | None = None
    """D at the reference state"""
    S_T_true: PerKelvin | None = None
    """`soret.true`, of the steady state without flow; null if there is none"""
    with_gravity: Fitted | None = None
    """results that a laboratory would report"""
    without_gravity: Fitted | None = None
    """the same for the march without gravity, which shows the error of the evaluation itself; null
    if it cannot be evaluated"""
    convection: ByConvection | None = None
    """changes of D and S_T due to the flow; null if `without_gravity` is"""


class FittedMode(Part):
    D: Diffusivity
    """eigenvalue of the diffusion matrix, in ascending order"""
    D_bias: Number | None
    """fitted over true, less 1; null unless all eigenvalues are determined"""
    D_fit_uncertainty: Number
    """relative uncertainty from the residual of the fit and the tolerance of the steps"""


class FittedComponent(Part):
    species: str
    """name of the component"""
    S_T: PerKelvin | None
    """Soret coefficient of the fitted plateau; null if all walls have the same temperature"""
    S_T_bias: Number | None
    """fitted less true S_T over the norm of the true ones; null if one of them is missing"""
    separation: Number
    """separation of the fitted plateau"""
    separation_fit_uncertainty: Number
    """its uncertainty over the norm of all, from the same causes"""


class FittedModes(Part):
    modes: list[FittedMode]
    """one table for each mode that is determined; fewer than components for the reason in
    `why_fewer`"""
    each: list[FittedComponent]
    """one table for each transported component"""
    matrix: list[list[Diffusivity]] | None
    """diffusion matrix, row by row; null unless all modes are determined"""
    matrix_fit_uncertainty: list[list[Diffusivity]] | None
    """standard uncertainties of its entries, from the same causes"""
    misfit: Number
    """root-mean-square residual of the fit in time, relative to the norm of the plateaus"""
    points: int
    """number of time steps used"""
    why_fewer: str
    """why not all modes are determined; empty if they are"""


class EvaluationOfComponents(Part):
    t0: Second
    """time at which the temperature difference is applied or removed"""
    start: Second
    """start of the evaluation window"""
    end: Second
    """end of the evaluation window"""
    relaxing: bool
    """whether the temperature difference is removed"""
    D_true: list[Diffusivity]
    """eigenvalues of the diffusion matrix at the reference state, in ascending order"""
    matrix_true: list[list[Diffusivity]]
    """diffusion matrix at the reference state, row by row"""
    S_T_true: list[PerKelvin] | None
    """true Soret coefficients of the transported components; null if there are none"""
    with_gravity: FittedModes
    """results that a laboratory would report"""
    without_gravity: FittedModes | None
    """the same for the march without gravity; null if it cannot be evaluated"""


class Moments(Part):
    mean: PerKelvin
    """mean in time"""
    lowest: PerKelvin = Field(alias="min")
    """smallest value at a step"""
    highest: PerKelvin = Field(alias="max")
    """largest value at a step"""
    std: PerKelvin
    """standard deviation in time"""
    standard_error: PerKelvin
    """standard error of the mean due to the finite length of the history; it does not include the
    numerical error"""


class BiasMoments(Part):
    mean: Number
    """mean in time of the bias: apparent over true S_T, less 1"""
    lowest: Number = Field(alias="min")
    """smallest bias at a step"""
    highest: Number = Field(alias="max")
    """largest bias at a step"""
    std: Number
    """standard deviation in time"""
    standard_error: Number
    """standard error of the mean"""


class Statistics(Moments):
    start: Second = Field(alias="from")
    """start of the statistically steady part of the history, which ends with the run"""
    cycles: int
    """number of oscillations of S_app in this part"""
    bias: BiasMoments | None
    """the same statistics of the bias; null if `soret.bias` is"""


# -- time --------------------------------------------------------------------------------------


def time_part(findings: TransientFindings) -> dict[str, Any]:
    """Return the part of a summary on the course of a transient run.

    Args:
        findings: Results of the run.
    """
    schedule, experiment = findings.schedule, findings.experiment
    marched, without = findings.with_gravity, findings.without_gravity
    row = max(marched.rows, key=lambda row: row.get("max_speed") or 0.0)
    return {
        "tau": relaxation_time(experiment.mixture, experiment.orientation.gap),
        "start": schedule.start,
        "tolerance": schedule.march.tolerance,
        "scheme": schedule.march.scheme.name,
        "breaks": [time for time in schedule.protocol.breaks if time <= schedule.end],
        "fastest": {"t": row["t"], "max_speed": row.get("max_speed") or 0.0},
        "with_gravity": _march(marched),
        "without_gravity": _march(without) if without else None,
    }


def least_in_time(findings: TransientFindings) -> dict[str, Any] | None:
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


def statistics_part(findings: TransientFindings) -> dict[str, Any]:
    """Return the statistics of an apparent S_T that does not settle, or why there are none."""
    statistics = findings.statistics
    if isinstance(statistics, NoStatistics):
        return {"statistics": None, "statistics_reason": statistics.reason}
    content = {**vars(statistics), "bias": findings.bias_statistics}
    return {"statistics": content, "statistics_reason": ""}


def evaluation_part(findings: TransientFindings) -> dict[str, Any]:
    """Return the D and S_T fitted to the marches, or why there are none."""
    window, evaluations = findings.schedule.evaluation, findings.evaluations
    fitted = evaluations.of.get("with_gravity")
    if evaluations.components:
        return {"reason": "several components have more than one D: see below"}
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
        "modes": None if layer.cold is not None else (layer.modes / layer.linear).tolist(),
        "D_true": fitted.D_true,
        "S_T_true": fitted.S_T_true,
        "with_gravity": _fitted(fitted),
        "without_gravity": _fitted(without) if without else None,
        "convection": convection,
    }


def components_part(findings: TransientFindings) -> dict[str, Any]:
    """Return what is fitted to the histories of several components; empty for one component."""
    window, names = findings.schedule.evaluation, endings(findings.experiment)
    if len(names) < 2:
        return {}
    fitted = findings.evaluations.components
    with_gravity, without = (fitted.get(name) for name in MARCHES)
    if window is None or with_gravity is None:
        return {"evaluation_of_components": None}
    species = [component.name for component in findings.experiment.mixture.species]
    true = with_gravity.S_T_true
    content = {
        "t0": window.t0,
        "start": window.start,
        "end": min(window.end, findings.with_gravity.clock.t),
        "relaxing": window.relaxing,
        "D_true": with_gravity.diffusivities_true.tolist(),
        "matrix_true": with_gravity.D_true.tolist(),
        "S_T_true": None if true is None else true.tolist(),
        "with_gravity": _fitted_modes(with_gravity, species),
        "without_gravity": _fitted_modes(without, species) if without else None,
    }
    return {"evaluation_of_components": content}


def _fitted_modes(fitted: FittedComponents, species: Sequence[str]) -> dict[str, Any]:
    fit, of_modes, of_soret = fitted.fit, fitted.diffusivity_bias, fitted.S_T_bias
    return {
        "modes": [
            {
                "D": D,
                "D_bias": None if of_modes is None else of_modes[m],
                "D_fit_uncertainty": fit.diffusivity_uncertainties[m],
            }
            for m, D in enumerate(fit.diffusivities)
        ],
        "each": [
            {
                "species": name,
                "S_T": None if fitted.S_T is None else fitted.S_T[i],
                "S_T_bias": None if of_soret is None else of_soret[i],
                "separation": fit.separations[i],
                "separation_fit_uncertainty": fit.separation_uncertainties[i],
            }
            for i, name in enumerate(species)
        ],
        "matrix": None if fit.matrix is None else fit.matrix.tolist(),
        "matrix_fit_uncertainty": (
            None if fit.matrix_uncertainties is None else fit.matrix_uncertainties.tolist()
        ),
        "misfit": fit.misfit,
        "points": fit.points,
        "why_fewer": fit.why_fewer,
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
