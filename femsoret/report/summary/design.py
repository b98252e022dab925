"""summary.json of a plan of an experiment: its layout and its content."""

# ruff: noqa: D101 (tables are described at the fields that contain them)

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any, Literal

from femsoret.experiment import Experiment
from femsoret.report.summary.data import Fluid, fluid_part
from femsoret.report.summary.fit import FitPrior, unit_of
from femsoret.report.summary.head import RunContext, Solver, SummaryHead, as_summary, head_part
from femsoret.report.summary.vocabulary import Degree, Kelvin, Metre, Number, Part, Second
from femsoret.studies.design.design import CloseLook, DesignFindings
from femsoret.studies.design.naive import NaiveBias
from femsoret.studies.design.search import Design, best_of_each
from femsoret.studies.fit.unknowns import Unknown
from femsoret.studies.measure.state import dimensionless_groups

# -- layout ------------------------------------------------------------------------------------


class DesignRecord(Part):
    signals: list[str]
    """columns of the history that are recorded"""
    samples: int
    """number of values of each"""
    duration: Second | None
    """last time; null for steady states"""
    spacing: str
    """`"even"` or `"geometric"` in time"""
    levelling: Degree | None
    """standard uncertainty of the tilt; null for that of its prior"""


class DesignShare(Part):
    kind: Literal["noise", "prior", "curved", "fluid"]
    """what it is: `"curved"` what unknowns leave open in which the response is not linear"""
    name: str
    """the unknown or unknowns, or the entry of the fluid data; empty for noise"""
    uncertainty: float
    """standard uncertainty that it makes, in the unit of the target"""


class DesignNaive(Part):
    at_prior: float
    """error of the naive evaluation at the prior values, in the unit of the target"""
    mean: float
    """its mean over the priors, likewise"""
    rms: float
    """its root mean square over the priors, likewise"""


class DesignPoint(Part):
    cell: list[float]
    """value of each number of `vary`, in its unit; empty for the cell as stated"""
    record: DesignRecord
    """what is recorded"""
    uncertainty: float | None
    """promised standard uncertainty of the target by noise and priors, in its unit; null if they
    do not determine it"""
    total: float | None
    """the same with the fluid data; null where these were not looked at, because noise and priors
    alone make the design worse than others, or because it is not recommended"""
    first_order: float | None
    """the same by the first derivatives at the prior values alone, which do not see unknowns in
    which the response is even"""
    doubts: list[str]
    """why it is not recommended, clauses; empty if nothing speaks against it"""
    naive: DesignNaive | None
    """error of the naive evaluation, for the best record of each cell; null for others"""


class DesignLook(Part):
    point: DesignPoint
    """the design, looked at more closely"""
    dT: Kelvin
    """temperature difference of hot and cold wall"""
    gap: Metre
    """their distance"""
    tau: Second
    """relaxation time"""
    shares: list[DesignShare]
    """what makes the uncertainty; the squares add up to that of `point.total`"""
    warnings: list[str]
    """what one should know before building the cell, sentences"""
    unknown_data: list[str]
    """entries of the fluid data whose sources give no uncertainty: they count as exact"""
    why_no_naive: str
    """why there is no naive value; empty if there is one"""
    response_error: Number
    """shift of the target by the error of the interpolated response over its uncertainty, where it
    was compared with the model"""


class DesignAxis(Part):
    name: str
    """a key of the case, `dT` or `gap`"""
    unit: str
    """unit of its values; empty for pure numbers"""
    values: list[float]
    """values of the grid"""


class DesignFailure(Part):
    cell: list[float]
    """value of each number of `vary`"""
    reason: str
    """why it promises nothing"""


class DesignUnknown(Part):
    name: str
    """its name"""
    quantity: str
    """what it is, as in `fit.unknown.quantity` of the case"""
    unit: str
    """unit of its numbers; empty for pure numbers"""
    prior: FitPrior
    """what is known of it before"""
    curved: bool
    """whether the response is not linear in it over its prior"""


class DesignSignal(Part):
    name: str
    """column of the history"""
    unit: str
    """its unit; empty for pure numbers"""
    noise: float
    """standard uncertainty of a value, in `unit`"""


class DesignSummary(SummaryHead):
    """Summary of a plan of an experiment."""

    target: str
    """name of the unknown that is to be least uncertain"""
    unknowns: list[DesignUnknown]
    """one table for each unknown, in the order of the case"""
    signals: list[DesignSignal]
    """one table for each signal that may be recorded"""
    vary: list[DesignAxis]
    """one table for each number of the cell that may be chosen"""
    stated: DesignLook
    """the experiment as the case states it"""
    plan: DesignLook | None
    """the design that is proposed; null if none is recommended"""
    designs: list[DesignPoint]
    """one table for each design that was tried"""
    failed: list[DesignFailure]
    """one table for each cell that promises nothing; may be empty"""
    gain: Number
    """relative decrease of the uncertainty that counts as nothing"""
    stability: bool
    """whether growing modes were looked for in each cell"""
    settled: bool
    """whether the search ended because nothing more was gained, rather than after its largest
    number of cells"""
    fluid: Fluid | None
    """fluid data; null if the case states groups"""
    solver: Solver
    """size and cost of the computation"""


# -- content -----------------------------------------------------------------------------------


def design_summary(
    findings: DesignFindings,
    experiment: Experiment,
    unknowns: Sequence[Unknown],
    units: Mapping[str, str],
    context: RunContext,
) -> dict[str, Any]:
    """Return the content of summary.json of a plan; collective.

    Args:
        findings: The plan.
        experiment: The experiment of the case.
        unknowns: The unknowns.
        units: Unit of each signal by the name of its column of the history.
        context: Units, cost and warnings.
    """
    system, curved = context.units, {unknown.name for unknown in findings.curved}
    return as_summary(
        DesignSummary,
        {
            **head_part("design", experiment, context),
            "groups": dimensionless_groups(experiment),
            "target": findings.target.name,
            "unknowns": [
                {
                    "name": unknown.name,
                    "quantity": unknown.quantity,
                    "unit": unit_of(unknown.unit, system),
                    "prior": {
                        "value": unknown.prior.value,
                        "uncertainty": _finite(unknown.prior.uncertainty),
                    },
                    "curved": unknown.name in curved,
                }
                for unknown in unknowns
            ],
            "signals": [
                {"name": name, "unit": unit_of(units[name], system), "noise": noise}
                for name, noise in findings.noise.items()
            ],
            "vary": [
                {"name": axis.name, "unit": axis.unit, "values": list(axis.values)}
                for axis in findings.axes
            ],
            "stated": _look(findings.stated),
            "plan": None if findings.plan is None else _look(findings.plan),
            "designs": _points(findings),
            "failed": [
                {"cell": list(each.values), "reason": each.reason} for each in findings.failed
            ],
            "gain": findings.options.gain,
            "stability": findings.options.stability,
            "settled": findings.settled,
            "fluid": fluid_part(experiment),
            "solver": {
                "dofs": experiment.problem().num_dofs,
                "cells": experiment.cell.num_cells,
                **context.cost,
            },
        },
    )


def _points(findings: DesignFindings) -> list[dict[str, Any]]:
    """Return all designs; the best of each cell has the error of the naive evaluation."""
    best = best_of_each(findings.designs)
    return [
        _point(
            each,
            findings.naive.get(each.cell.values) if best[each.cell.values] is each else None,
        )
        for each in findings.designs
    ]


def _point(design: Design, naive: NaiveBias | None) -> dict[str, Any]:
    record = design.recording
    return {
        "cell": list(design.cell.values),
        "record": {
            "signals": list(record.signals),
            "samples": record.samples,
            "duration": None if record.is_steady else record.duration,
            "spacing": record.spacing,
            "levelling": record.levelling,
        },
        "uncertainty": _finite(design.uncertainty),
        "total": None if design.fluid is None else _finite(design.total),
        "first_order": _finite(design.promise.first_order),
        "doubts": list(design.doubts),
        "naive": None if naive is None else vars(naive),
    }


def _look(look: CloseLook) -> dict[str, Any]:
    cell = look.design.cell
    shares = [vars(each) for each in look.design.promise.shares]
    shares += [
        {"kind": "fluid", "name": each.entry, "uncertainty": each.uncertainty}
        for each in look.design.fluid or ()
    ]
    return {
        "point": _point(look.design, look.naive),
        "dT": cell.experiment.orientation.dT,
        "gap": cell.experiment.orientation.gap,
        "tau": cell.tau,
        "shares": shares,
        "warnings": list(cell.warnings),
        "unknown_data": list(look.unknown_data),
        "why_no_naive": look.why_no_naive,
        "response_error": look.response_error,
    }


def _finite(value: float) -> float | None:
    return float(value) if math.isfinite(value) else None
