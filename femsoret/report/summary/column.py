"""A cell evaluated as a thermogravitational column: layout and content."""

# ruff: noqa: D101 (tables are described at the fields that contain them)

from __future__ import annotations

from typing import Any, Final

from femsoret.experiment.column import NoColumn
from femsoret.report.summary.vocabulary import (
    Degree,
    Diffusivity,
    Kelvin,
    Metre,
    Number,
    Part,
    PerKelvin,
    PerMetre,
    Second,
    Thermodiffusion,
)
from femsoret.studies.measure.column import OVERTURNS, ColumnFindings
from femsoret.studies.measure.column_in_time import ColumnInTime

SMALL: Final = 0.01
"""Relative size up to which an effect that the formula leaves out is taken as small."""

TWO: Final = 0.5
"""Size of a negative psi from which a weak flow has the same slope for two Soret coefficients."""

VARIES: Final = 0.1
"""Relative difference of the properties between the walls up to which they count as constant."""


class ColumnPort(Part):
    height: Metre
    """height above the lower end"""
    c: Number
    """mass fraction of the first component that is read"""


class ColumnCheck(Part):
    name: str
    """what is checked, a clause"""
    value: Number
    """its value"""
    limit: Number
    """largest value for which the formula holds"""
    met: bool
    """whether it is met"""


class ColumnApproach(Part):
    reason: str | None = None
    """why the history gives nothing; all other keys are then absent. Absent if it gives
    something"""
    separation: Number | None = None
    """fitted plateau of `column.separation`"""
    spreading: Diffusivity | None = None
    """fitted diffusivity along the column"""
    relaxation_time: Second | None = None
    """height²/(pi² times `spreading`)"""
    S_T: PerKelvin | None = None
    """S_T of the fitted plateau by the formula of parallel flow"""
    S_T_bias: Number | None = None
    """this over the S_T of the fluid, less 1"""
    covered: Number | None = None
    """fraction of the plateau that the history covers"""
    uncertainty: Number | None = None
    """relative uncertainty of the plateau from the residual of the fit and the tolerance of the
    steps"""


class Column(Part):
    walls: str
    """`"plates"` or `"tubes"`"""
    gap: Metre
    """distance a of hot and cold wall"""
    height: Metre
    """height of the liquid along the walls"""
    ratio: Number
    """outer over inner radius between tubes; 1 between plates"""
    depth: Metre | None
    """depth of the liquid between walls in front and behind in 3D, twice that to a plane of
    symmetry; null without such walls"""
    lean: Degree
    """angle between the walls and the vertical"""
    dT: Kelvin
    """temperature difference of the walls of the liquid as computed, which the formula takes"""
    dT_thermostats: Kelvin | None
    """the one imposed behind walls of finite conductivity; null without such walls"""
    X: Number
    """Ra Le of the gap and this difference, g beta_T dT a³/(nu D)"""
    optimum: Number
    """X of the largest slope, without the effect of the composition on the flow"""
    psi: Number
    """separation ratio of the fluid, with the factor f of its closure"""
    stratification: Number
    """g beta_c (-dc/dz) a⁴/(nu D) of the measured slope"""
    ports: list[ColumnPort]
    """one table for each port, from the lowest to the highest"""
    separation: Number
    """c at the lowest port less c at the highest one"""
    slope: PerMetre
    """dc/dz at the mean composition, from the straight line through Phi(c) at all ports"""
    slope_standard_error: PerMetre | None
    """its standard error, from the residuals of the line; null for two ports"""
    slope_interior: PerMetre
    """the same in the interior, without up to three gaps at each end"""
    slope_formula: PerMetre
    """that of the formula of parallel flow with the S_T of the fluid"""
    S_T: PerKelvin | None
    """S_T from the slope by the formula of parallel flow, with the effect of the composition on
    the flow; null if the formula gives this slope for no S_T"""
    S_T_true: PerKelvin
    """S_T of the fluid at the reference state"""
    S_T_bias: Number | None
    """`S_T` over `S_T_true`, less 1; null if one is missing or zero"""
    S_T_classical: PerKelvin | None
    """S_T by the formula of Furry, Jones and Onsager, without that effect"""
    S_T_classical_bias: Number | None
    """its bias"""
    S_T_across_bias: Number | None
    """bias of the S_T from means across the gap at the heights of the ports: without what their
    places in the gap change"""
    S_T_interior_bias: Number | None
    """bias of the S_T from `slope_interior`: without what the ends change"""
    D_T: Thermodiffusion | None
    """D `S_T`"""
    D_T_true: Thermodiffusion
    """D `S_T_true`"""
    D_T_strong: Thermodiffusion
    """D_T by the formula for strong flow, which requires no D: -(dc/dz) g beta_T a⁴/(504 nu f)
    between plates"""
    D_T_strong_bias: Number | None
    """its bias; null if `D_T_true` is zero"""
    relaxation_time: Second
    """height²/(pi² D_z), D_z = D (1 + X²/9!) between plates without psi"""
    in_time: ColumnApproach | None = None
    """evaluation of the approach to the steady state; absent in a steady run"""
    checks: list[ColumnCheck]
    """one table for each assumption of the formula, with the measured value"""


def column_parts(
    findings: ColumnFindings | NoColumn, in_time: ColumnInTime | NoColumn | None = None
) -> dict[str, Any]:
    """Return the parts of a summary on a cell evaluated as a column.

    Args:
        findings: The column, or why the cell is none.
        in_time: What its history gives; None in a steady run.
    """
    if isinstance(findings, NoColumn):
        return {"column": None, "column_reason": findings.reason}
    theory, column, line = findings.theory, findings.column, findings.line
    f, D, true = theory.f, theory.D, theory.S_T
    c0 = theory.experiment.mixture.reference.c[0]
    soret, classical = findings.S_T, theory.soret_of(line.slope, classical=True)
    strong, error = theory.strong(line.slope), line.standard_error
    part: dict[str, Any] = {
        "walls": "tubes" if column.ratio > 1.0 else "plates",
        "gap": column.gap,
        "height": column.height,
        "ratio": column.ratio,
        "depth": column.depth,
        "lean": column.lean,
        "dT": theory.dT,
        "dT_thermostats": findings.dT_thermostats,
        "X": theory.X,
        "optimum": theory.flow.optimum,
        "psi": theory.psi,
        "stratification": theory.stratification(line.slope),
        "ports": [
            {"height": z, "c": c0 + dc}
            for z, dc in zip(findings.heights, findings.gamma, strict=True)
        ],
        "separation": findings.separation,
        "slope": f * line.slope,
        "slope_standard_error": None if error is None else f * error,
        "slope_interior": f * findings.interior.slope,
        "slope_formula": f * theory.slope,
        "S_T": soret,
        "S_T_true": true,
        "S_T_bias": findings.bias(soret),
        "S_T_classical": classical,
        "S_T_classical_bias": findings.bias(classical),
        "S_T_across_bias": findings.bias(theory.soret_of(findings.across.slope)),
        "S_T_interior_bias": findings.bias(theory.soret_of(findings.interior.slope)),
        "D_T": None if soret is None else D * soret,
        "D_T_true": D * true,
        "D_T_strong": strong,
        "D_T_strong_bias": findings.bias(strong / D),
        "relaxation_time": theory.relaxation_time,
        "checks": _checks(findings),
    }
    if in_time is not None:
        part["in_time"] = _in_time(in_time)
    return {"column": part, "column_reason": ""}


def _checks(findings: ColumnFindings) -> list[dict[str, Any]]:
    """Return what the formula assumes, with its measured values."""
    theory, column = findings.theory, findings.column
    at = theory.experiment.mixture.reference
    lowest = theory.flow.lowest
    inner = findings.interior.slope
    means = findings.across.slope
    ends = abs(means / inner - 1.0) if inner else 0.0
    places = abs(findings.line.slope / means - 1.0) if means else 0.0
    values = {
        "the ends change the slope between the ports": (ends, SMALL),
        "the composition at the ports is off a straight line": (findings.line.scatter, SMALL),
        "the temperature stratifies along the column, over what would stop the flow": (
            abs(findings.thermal) / lowest,
            SMALL,
        ),
        "the denser component is on top, over what overturns the column": (
            max(0.0, -theory.stratification(inner)) / lowest,
            1.0,
        ),
        "ψ is negative in slow flow, where two Soret coefficients may give one slope, −ψ": (
            max(0.0, -theory.psi) if abs(theory.X) < theory.flow.optimum else 0.0,
            TWO,
        ),
        "properties vary between the walls": (findings.varies, VARIES),
        "the Grashof number of the gap, over that of the onset of cells": (
            abs(theory.X) * theory.D / at.nu / OVERTURNS,
            1.0,
        ),
        "the walls lean, in degrees": (column.lean, 1.0),
        "the ports read other than the mean across the gap, which changes their slope": (
            places,
            SMALL,
        ),
    }
    if column.depth is not None:
        duct = "the walls in front and behind change the slope, by the flow in a duct"
        values[duct] = (abs(theory.depth_changes), SMALL)
    return [
        {"name": name, "value": value, "limit": limit, "met": value <= limit}
        for name, (value, limit) in values.items()
    ]


def _in_time(found: ColumnInTime | NoColumn) -> dict[str, Any]:
    if isinstance(found, NoColumn):
        return {"reason": found.reason}
    return {
        "separation": found.fit.separation,
        "spreading": found.fit.D,
        "relaxation_time": found.relaxation_time,
        "S_T": found.S_T,
        "S_T_bias": found.bias,
        "covered": found.fit.covered,
        "uncertainty": found.fit.separation_uncertainty,
    }
