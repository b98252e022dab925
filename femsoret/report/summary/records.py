"""Records of virtual instruments, and what is evaluated from them: layout and content."""

# ruff: noqa: D101 (tables are described at the fields that contain them)

from __future__ import annotations

from typing import Any

from femsoret.io.records import record_name
from femsoret.report.summary.vocabulary import Diffusivity, Number, Part, PerKelvin, Second
from femsoret.studies.measure.time_series import Evaluations, FittedCoefficients, FittedComponents
from femsoret.studies.measure.transient import TransientFindings
from femsoret.studies.measure.virtual_records import VirtualRecord

MARCH = "with_gravity"
"""The march that instruments record."""


class RecordColumn(Part):
    name: str
    """name of the column of the history that was recorded"""
    unit: str
    """its unit; empty for pure numbers"""
    noise: Number
    """standard deviation of the noise over the largest value of the signal"""
    drift: Number
    """drift at the end of the record, over the same"""
    interpolation: Number
    """estimated error of the values between the steps of the run, over the same"""


class RecordFit(Part):
    species: str
    """name of the component"""
    D: Diffusivity | None
    """D of the series fitted to the record; null for several components"""
    D_fit_uncertainty: Number | None
    """its relative standard uncertainty, from the residual of the fit alone"""
    D_of_history: Diffusivity | None
    """D fitted to the history of the same signal, without noise, drift and error of the clock; null
    if that is not evaluated"""
    D_shift: Number | None
    """fitted to the record over fitted to the history, less 1"""
    S_T: PerKelvin | None
    """S_T of the plateau fitted to the record"""
    S_T_fit_uncertainty: Number | None
    """its relative standard uncertainty, from the residual of the fit alone"""
    S_T_of_history: PerKelvin | None
    """S_T fitted to the history, likewise"""
    S_T_shift: Number | None
    """fitted to the record over fitted to the history, less 1"""


class Record(Part):
    file: str
    """path of the file in the run folder"""
    signal: str
    """name of what was recorded"""
    every: Second
    """sampling interval"""
    samples: int
    """number of samples"""
    zero_of_time: Second
    """time of the run at which the clock of the instrument starts; unknown to the evaluation"""
    seed: int
    """seed of the noise"""
    columns: list[RecordColumn]
    """one table for each column of the record besides the time"""
    misfit: Number | None
    """root-mean-square residual of the fit, relative to the plateau; null if there is no fit, and
    for several components over the norm of the plateaus"""
    independent: Number | None
    """number of samples whose residuals are independent of each other, by the correlation of
    neighbours: far fewer than samples where drift or flow leave a smooth residual; null for
    several components"""
    evaluation: list[RecordFit]
    """one table for each transported component: what a laboratory would report from the record;
    empty for the reason in `reason`"""
    reason: str
    """why nothing is fitted; empty if something is"""


def records_part(findings: TransientFindings) -> dict[str, Any]:
    """Return the part of a summary on records; collective.

    Args:
        findings: Results of a transient run.
    """
    names = [species.name for species in findings.experiment.mixture.species]
    main = findings.experiment.pair.name
    return {
        "records": {
            name: _record(record, findings.of_history(record), names, main)
            for name, record in findings.records.items()
        }
    }


def _record(
    record: VirtualRecord, history: Evaluations, names: list[str], main: str
) -> dict[str, Any]:
    made, fitted = record.instrument, record.fitted
    last = float(record.times[-1]) if len(record.times) else 0.0
    size = [float(largest) or 1.0 for largest in record.largest]
    return {
        "file": record_name(made.name),
        "signal": made.signal or main,
        "every": made.every,
        "samples": len(record.times),
        "zero_of_time": made.zero_of_time,
        "seed": made.seed,
        "columns": [
            {
                "name": column.name,
                "unit": column.unit,
                "noise": record.noise[i] / size[i],
                "drift": record.drift[i] * last / size[i],
                "interpolation": record.interpolation[i] / size[i],
            }
            for i, column in enumerate(record.columns)
        ],
        "misfit": None if fitted is None else fitted.fit.misfit,
        "independent": (fitted.fit.independent if isinstance(fitted, FittedCoefficients) else None),
        "evaluation": _fits(fitted, history, names),
        "reason": record.refused,
    }


def _fits(
    fitted: FittedCoefficients | FittedComponents | None, history: Evaluations, names: list[str]
) -> list[dict[str, Any]]:
    """Return the fitted coefficients of each component; none if nothing was fitted."""
    if isinstance(fitted, FittedCoefficients):
        one = history.of.get(MARCH)
        of_D = (fitted.fit.D, fitted.fit.D_uncertainty, one.fit.D if one else None)
        of_S = (fitted.S_T, fitted.fit.separation_uncertainty, one.S_T if one else None)
        return [_fit(names[0], of_D, of_S)]
    if fitted is None:
        return []
    several, found = history.components.get(MARCH), []
    for i, name in enumerate(names):
        S = None if fitted.S_T is None else float(fitted.S_T[i])
        known = None if several is None or several.S_T is None else float(several.S_T[i])
        # The uncertainties of the plateaus are over the norm of all of them.
        norm = sum(float(x) ** 2 for x in fitted.fit.separations) ** 0.5
        own = abs(float(fitted.fit.separations[i])) or norm
        uncertainty = float(fitted.fit.separation_uncertainties[i]) * norm / own
        found.append(_fit(name, (None, None, None), (S, uncertainty, known)))
    return found


def _fit(
    name: str,
    of_D: tuple[float | None, float | None, float | None],
    of_S: tuple[float | None, float | None, float | None],
) -> dict[str, Any]:
    fit: dict[str, Any] = {"species": name}
    for key, (value, uncertainty, known) in (("D", of_D), ("S_T", of_S)):
        fit |= {
            key: value,
            f"{key}_fit_uncertainty": None if value is None else uncertainty,
            f"{key}_of_history": known,
            f"{key}_shift": value / known - 1.0 if value is not None and known else None,
        }
    return fit
